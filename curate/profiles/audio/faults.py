"""profile.json's `audio`: how many files were analysed, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import (
    AUDIO_CODEC,
    AUDIO_FAULT,
    AUDIO_WHY,
    DURATION_US,
    has_audio,
    record_id,
)
from curate.artifacts.profile_audio import (
    Audio,
    AudioFault,
    Codec,
    FaultExample,
    SamplingRate,
    Unread,
)
from curate.audio.faults import FAULTS, NONE
from curate.audio.paths import moved
from curate.errors import InputError, parameter
from curate.formatting.units import plural
from curate.manifest.absent_audio import hint_of_absent
from curate.manifest.archived_audio import archive_of, unpacked_hint
from curate.manifest.audio_files import is_windows_path
from curate.manifest.origin import Origin
from curate.metrics.measure import Settings
from curate.profiles.audio.depth import GROUPS_OF, depth_for
from curate.profiles.examples.excerpts import audio_filepath_of
from curate.profiles.named import hours
from curate.profiles.opened import records_of
from curate.profiles.records_table import open_table
from curate.profiles.rows import scan
from curate.rules.file import RuleSet

ARCHIVED = "archived"
"""No fault of the audio: it is stored in another file."""
PRESET_OF: Mapping[str, str] = {"header": "audio_header", "signal": "audio", "vad": "audio_vad"}
"""The shipped rules for what each depth measures."""


def audio_facts(records: Path, settings: Settings) -> Audio | None:
    """The entry `audio`; None where no audio was requested.

    Faults are in the order of FAULTS, each with its first record as an example; codecs by rows;
    `unread` are the reasons why rows that were to be analysed could not be, with how many.
    """
    groups = settings.groups & GROUPS_OF["vad"]
    if not groups:
        return None
    table = scan(records).filter(has_audio())
    total, looked = table.select(pl.len(), AUDIO_FAULT.expr.count()).collect().row(0)
    return Audio(
        depth=depth_for(groups),
        request=settings.audio.recorded(),
        rows=total,
        analysed=looked,
        faults=_faults(table),
        unread=_unread(table),
        codecs=_codecs(table),
        sampling_rates=_sampling_rates(table),
    )


def unread_warnings(audio: Audio | None) -> list[str]:
    """What was requested, and could not be checked."""
    if audio is None:
        return []
    return [
        f"audio NOT CHECKED of {each.rows:,} of {plural(audio.rows, 'row')}: {each.why}"
        for each in audio.unread
    ]


def undecided_warnings(audio: Audio | None, rules: RuleSet) -> list[str]:
    """What is wrong with audio and changes no verdict, since no rule reads it."""
    if audio is None or AUDIO_FAULT.name in rules.names:
        return []
    faults = [each for each in audio.faults if each.fault != ARCHIVED]
    if not faults:
        return []
    rows = plural(sum(each.rows for each in faults), "row")
    named = ", ".join(f"{each.fault} {each.rows:,}" for each in faults)
    return [
        f"what is wrong with the audio of {rows} changes no verdict ({named}): no rule of "
        f"{rules.name} reads {AUDIO_FAULT.name}, {parameter('rules')} {PRESET_OF[audio.depth]} does"
    ]


def _unread(table: pl.LazyFrame) -> tuple[Unread, ...]:
    reasons = (
        table.filter(AUDIO_FAULT.expr.is_null() & AUDIO_WHY.expr.is_not_null())
        .group_by(AUDIO_WHY.name)
        .len()
        .sort("len", AUDIO_WHY.name, descending=[True, False])
        .collect()
    )
    return tuple(Unread(why=why, rows=rows) for why, rows in reasons.iter_rows())


def refuse_all_missing(
    audio: Audio | None, folder: str, records: Path, origins: Sequence[Origin]
) -> None:
    """InputError where no file was found: most likely the paths have another root."""
    if audio is None:
        return
    missing = sum(each.rows for each in audio.faults if each.fault == "missing")
    if not missing or missing < audio.analysed:
        return
    root = audio.request.root or folder
    name = _first_name(records, origins)
    archive = next(filter(None, (archive_of(origin.name) for origin in origins)), None)
    if archive is not None:
        raise InputError.of(
            name, f"none of {missing:,} audio files was found", unpacked_hint(archive)
        )
    if is_windows_path(name):
        what = f"none of {missing:,} audio files was found"
        raise InputError.of(name, what, hint_of_absent([], [name], ""))
    if Path(name).is_absolute():
        what = f"none of {missing:,} audio files was found; absolute paths are taken as they are"
        raise InputError.of(name, what, moved(name, Path(root)))
    raise InputError.of(
        root,
        f"none of {missing:,} audio files was found; relative paths begin here",
        f"name the place where they begin with {parameter('audio.root')}, or profile without "
        f"{parameter('audio')}",
    )


def _first_name(records: Path, origins: Sequence[Origin]) -> str:
    """The path in the first record whose audio is missing."""
    missing = (AUDIO_FAULT.expr == "missing").arg_true().first()
    (number,) = scan(records).select(missing).collect().row(0)
    rows = list(open_table(records).rows([number]).values())
    stated = records_of(rows, {origin.name: origin for origin in origins})
    return next((audio_filepath_of(record) or "" for record in stated.values()), "")


def _faults(table: pl.LazyFrame) -> tuple[AudioFault, ...]:
    counted = (
        table.filter(AUDIO_FAULT.expr != NONE)
        .group_by(AUDIO_FAULT.name, maintain_order=True)
        .agg(pl.len(), DURATION_US.expr.sum(), record_id().first(), AUDIO_WHY.expr.first())
        .collect()
    )
    rows = {row[0]: row[1:] for row in counted.iter_rows()}
    return tuple(
        AudioFault(
            fault=fault.name,
            meaning=fault.meaning,
            rows=count,
            hours=hours(duration_us),
            example=FaultExample(id=first, why=why),
        )
        for fault in FAULTS
        if fault.name in rows
        for count, duration_us, first, why in [rows[fault.name]]
    )


def _codecs(table: pl.LazyFrame) -> tuple[Codec, ...]:
    counted = (
        table.filter(AUDIO_CODEC.expr.is_not_null())
        .group_by(AUDIO_CODEC.name)
        .agg(pl.len(), DURATION_US.expr.sum())
        .sort("len", AUDIO_CODEC.name, descending=[True, False])
        .collect()
    )
    return tuple(
        Codec(codec=codec, rows=rows, hours=hours(us)) for codec, rows, us in counted.iter_rows()
    )


def _sampling_rates(table: pl.LazyFrame) -> tuple[SamplingRate, ...]:
    """The rates that occur, by hours."""
    rate = pl.col("sample_rate")
    counted = (
        table.filter(rate.is_not_null())
        .group_by(rate)
        .agg(pl.len(), DURATION_US.expr.sum().alias("us"))
        .sort("us", "sample_rate", descending=[True, False])
        .collect()
    )
    return tuple(
        SamplingRate(hz=hz, rows=rows, hours=hours(us)) for hz, rows, us in counted.iter_rows()
    )
