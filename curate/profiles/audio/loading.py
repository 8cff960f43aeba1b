"""profile.json's `loading`: rows of which NeMo's loader would read other seconds than they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import DURATION_US, OFFSET_S, has_audio, record_id
from curate.artifacts.profile_audio import Loading
from curate.audio.lengths import OVERRUN_S
from curate.formatting.units import duration, plural
from curate.manifest.audio_suffix import suffix_warnings
from curate.manifest.corrections import measured_warnings
from curate.manifest.equal_warnings import grouped
from curate.manifest.left_out import left_out_warnings
from curate.manifest.mapping import fields_of
from curate.manifest.origin import Origin
from curate.manifest.readable_twins import twin_warnings
from curate.manifest.segment_times import OFFSET_NAMES
from curate.manifest.sniff import Look
from curate.manifest.spool import is_local
from curate.metrics import BY_NAME
from curate.nemo.manifest_fields import NEMO
from curate.profiles.named import hours
from curate.profiles.rows import scan

_GAP, _FILE = "length_gap_s", "file_s"


def loading_facts(records: Path) -> Mapping[str, Loading] | None:
    """The entry `loading`: each kind of such rows with its rows, hours, the hours that NeMo loads
    in their place, and the first record. None where there are no such rows.
    """
    table = scan(records).filter(has_audio())
    return {kind: loading for kind, loading in _kinds(table) if loading is not None} or None


def loading_warnings(kinds: Mapping[str, Loading] | None) -> list[str]:
    """One warning for each kind."""
    return [
        f"{plural(each.rows, 'row')} {_MEANING[kind]}: {NEMO} loads "
        f"{duration(hours=each.loaded_hours)} in place of their {duration(hours=each.hours)}, "
        f"first {each.example} ({_REMEDY[kind]})"
        for kind, each in (kinds or {}).items()
    ]


def origin_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning for each folder without texts, for each NeMo manifest whose first record says where
    its segment begins by a name that NeMo does not read, and for each Kaldi directory with
    utterances that have no text; and one about tiers that are not read, about tables without
    durations, about twins of audio, about what is below a folder and not read with it,
    about commands in place of audio, about lines that a manifest left out, and about lists with
    columns that no header names; those that are alike but for the input once.
    """
    sources = list(origins)
    tiers, below, tabbed = _of_folders([each for each in sources if _has_files_beside(each)])
    warnings = [*tiers, *measured_warnings(sources), *twin_warnings(sources), *below]
    warnings += [*left_out_warnings(sources), *tabbed, *suffix_warnings(sources)]
    for origin in sources:
        if _has_files_beside(origin):
            warnings += _without_texts(origin)
        if origin.format != "nemo" or "offset" in fields_of(origin) or not is_local(origin.name):
            continue
        first = Look.at(origin.name).first
        names = [name for name in OFFSET_NAMES if isinstance(first.get(name), int | float)]
        if names and first.get("offset") is None:
            warnings.append(
                f"{origin.name}: {names[0]!r} is not read, as in NeMo: every segment begins at 0 "
                f"(--map offset={names[0]} reads it, in seconds)"
            )
    return grouped(warnings, [origin.name for origin in sources])


def _has_files_beside(origin: Origin) -> bool:
    """Whether more than a file of NeMo's lines was read, or may have been."""
    return origin.format != "nemo" or bool(origin.beside)


def _of_folders(origins: Sequence[Origin]) -> tuple[list[str], list[str], list[str]]:
    """Warnings about tiers, about what is below and what is a command, and about columns."""
    if not origins:
        return [], [], []
    from curate.manifest.folders.tabbed import tabbed_warnings
    from curate.manifest.hints.below import unread_warnings
    from curate.manifest.piped_audio import piped_warnings
    from curate.manifest.unread_tiers import tier_warnings

    below = [*unread_warnings(origins), *piped_warnings(origins)]
    return tier_warnings(origins), below, tabbed_warnings(origins)


def _without_texts(origin: Origin) -> list[str]:
    from curate.manifest.folders import TEXTS
    from curate.manifest.kaldi import without_texts

    if TEXTS in origin.beside:
        return [
            f"{origin.name}: no file in the folder is a transcript, so that every text is null: it "
            "is profiled by its audio (--audio signal)"
        ]
    return without_texts(origin)


_MEANING = {
    "rate_beside_offset": "give sampling_rate beside offset",
    "whole_file": "give no offset and less than their whole file",
}
_REMEDY = {
    "rate_beside_offset": "curate split and curate shard write them without sampling_rate",
    "whole_file": 'write "offset": 0.0 to train on the beginning; curate shard stores just that',
}


def _kinds(table: pl.LazyFrame) -> list[tuple[str, Loading | None]]:
    names = table.collect_schema().names()
    duration_s = DURATION_US.expr / 1e6
    cut_short = (duration_s - OFFSET_S.expr.clip(lower_bound=0).fill_nan(0)).clip(lower_bound=0)
    pair = BY_NAME["rate_beside_offset"].expr == 1
    kinds = [("rate_beside_offset", _loading(table.filter(pair), cut_short))]
    if _GAP in names:
        longer = table.filter(pl.col(_GAP) > OVERRUN_S)
        kinds.append(("whole_file", _loading(longer, pl.col(_FILE))))
    return kinds


def _loading(rows: pl.LazyFrame, loaded_s: pl.Expr) -> Loading | None:
    count, us, loaded_us, first = (
        rows.select(
            pl.len(),
            DURATION_US.expr.sum().alias("us"),
            (loaded_s * 1e6).round().cast(pl.Int64).sum().alias("loaded"),
            record_id().first(),
        )
        .collect()
        .row(0)
    )
    if not count:
        return None
    return Loading(rows=count, hours=hours(us), loaded_hours=hours(loaded_us), example=first)
