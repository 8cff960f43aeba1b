"""A warning where audio of a split does not exist: counted where the profile analysed it, else by a
sample of the paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from curate.artifacts.base import read_artifact
from curate.artifacts.columns import AUDIO_FAULT, SOURCE
from curate.artifacts.measured import Measured
from curate.artifacts.profile import Profile
from curate.formatting.units import plural
from curate.manifest.absent_audio import (
    LOOKED_FOR,
    SampledAudio,
    hint_of_samples,
    profile_rejecting,
)
from curate.manifest.origin import Origin
from curate.manifest.path_sample import evenly
from curate.manifest.strict import parse_line
from curate.splits.records import StoredRecords
from curate.splits.written_manifests import PATH

MISSING = "missing"
"""The fault of a record whose audio does not exist."""


class SplitAudio:
    """The audio of up to LOOKED_FOR records of each split, evenly spread, which is looked for.

    Their lines are taken from those that are read for another purpose.
    """

    def __init__(self, origins: Mapping[str, Origin], root: Path | None) -> None:
        self._origins, self._root = origins, root
        self.looked_for: dict[str, list[SampledAudio]] = {}

    def note(
        self,
        rows: pl.DataFrame,
        splits: Sequence[str],
        portions: Iterator[Sequence[memoryview]],
    ) -> Iterator[Sequence[memoryview]]:
        """The portions as they are; `rows` are those whose lines they hold, by split."""
        sources = {name: rows.filter(pl.col("split") == name)[SOURCE.name] for name in splits}
        chosen = {name: evenly(sources[name].len(), LOOKED_FOR) for name in splits}
        first = dict.fromkeys(splits, 0)
        paths: dict[tuple[str, str], list[str]] = {}
        for portion in portions:
            for name, data in zip(splits, portion, strict=True):
                lines = bytes(data).split(b"\n")[:-1]
                begin, end = np.searchsorted(chosen[name], [first[name], first[name] + len(lines)])
                for at in chosen[name][begin:end].tolist():
                    path = str(parse_line(lines[at - first[name]])[PATH])
                    paths.setdefault((name, str(sources[name][at])), []).append(path)
                first[name] += len(lines)
            yield portion
        for (name, source), of_source in paths.items():
            sampled = SampledAudio.of(self._origins[source], of_source, self._root)
            self.looked_for.setdefault(name, []).append(sampled)


def audio_root(profile: Path, facts: Profile) -> Path | None:
    """Where relative audio paths of a profile directory begin, if not at the manifests' folders."""
    if not (profile / Measured.file).is_file():
        return facts.audio_root
    root = read_artifact(profile, Measured).audio_root
    return None if root is None else Path(root)


def absent_audio_warnings(
    split: pl.Series,
    names: Sequence[str],
    stored: StoredRecords,
    audio: SplitAudio,
    facts: Profile,
) -> list[str]:
    """The warning about records of these splits whose audio does not exist; they stay where they
    are. `split` is each record's, in the order of `stored`; `facts` are those of their profile.
    """
    rejecting = profile_rejecting(facts.command, [each.source for each in facts.inputs])
    respelled = _respelled(audio.looked_for)
    if AUDIO_FAULT.name in stored.columns and stored.count(AUDIO_FAULT.name):
        is_missing = stored.read([AUDIO_FAULT.name]).to_series().eq(MISSING).fill_null(False)
        return [
            *_of_profile(split.filter(is_missing), names, rejecting),
            *respelled,
        ]
    return [*_of_sample(audio.looked_for, rejecting, facts.command), *respelled]


def _respelled(looked_for: Mapping[str, Sequence[SampledAudio]]) -> list[str]:
    """The warning about paths of another Unicode form than the names on disk: lines are copied as
    they are, and NeMo takes names byte by byte.
    """
    every = [each for sampled in looked_for.values() for each in sampled]
    paths = list(dict.fromkeys(path for each in every for path in each.respelled))
    if not paths:
        return []
    total = len({path for each in every for path in (*each.present, *each.absent)})
    what = f"{len(paths):,} of {plural(total, 'audio path')} looked for"
    return [
        f"{what} are in another Unicode form than the names on disk ({paths[0]}), which NeMo does "
        "not open: curate manifest writes them as the disk has them, curate shard stores the audio"
    ]


def _of_profile(split: pl.Series, names: Sequence[str], rejecting: str) -> list[str]:
    """The warning by the splits of records whose audio the profile has as missing."""
    rows = {name: int(split.eq(name).sum()) for name in names}
    counts = ", ".join(f"{plural(count, 'row')} of {name}" for name, count in rows.items() if count)
    what = f"the audio of {counts} does not exist; {rejecting} rejects such records"
    return [what] if counts else []


def _of_sample(
    looked_for: Mapping[str, Sequence[SampledAudio]], rejecting: str, profiled_by: str
) -> list[str]:
    """The warning by the files of each split that were looked for; `profiled_by` is the command of
    their profile.
    """
    counts: list[str] = []
    absent: list[str] = []
    for name, sampled in looked_for.items():
        missing = [path for each in sampled for path in each.absent]
        total = len(missing) + sum(len(each.present) for each in sampled)
        records = sum(each.records for each in sampled)
        rows = sum(each.absent_records for each in sampled)
        of_rows = f" ({rows:,} of {plural(records, 'row')})" if records != total else ""
        if missing:
            counts.append(f"{len(missing):,} of {total:,} of {name}{of_rows}")
        absent += missing
    if not absent:
        return []
    what = f"audio files looked for do not exist: {', '.join(counts)}, such as {absent[0]}"
    every = [each for some in looked_for.values() for each in some]
    return [f"{what}; {hint_of_samples(every, rejecting, profiled_by)}"]
