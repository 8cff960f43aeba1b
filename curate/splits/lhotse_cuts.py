"""`--to lhotse`: the well-formed records of each output as Lhotse cuts beside it."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO

import polars as pl

from curate.artifacts.columns import LINE, SOURCE
from curate.artifacts.profile import Input
from curate.artifacts.split import CutsFile
from curate.audio.faults import Unusable
from curate.audio.header import Header, open_sound, read_header
from curate.audio.paths import find_audio, open_audio
from curate.errors import ConfigError, parameter
from curate.manifest.lhotse import ASSUMED_RATE, cut_of_record, rate_of
from curate.manifest.strict import parse_line
from curate.rules.routes import MALFORMED
from curate.splits.records import StoredRecords

CUTS_ENDING = "cuts.jsonl.gz"


def check_target(to: str | None) -> None:
    """ConfigError for a format that splits are not written in."""
    if to not in (None, "lhotse"):
        raise ConfigError.of(parameter("to"), f"unknown format {to!r}", "known: lhotse")


def write_cuts(
    split: pl.Series,
    stored: StoredRecords,
    outputs: Sequence[str],
    folder: Path,
    inputs: Mapping[str, Input],
) -> tuple[CutsFile, ...]:
    """Write NAME.cuts.jsonl.gz for each NAME.jsonl but the malformed; what was written of each.

    Cut ids are the record ids, audio paths as the records have them. Sampling rates and lengths of
    recordings are those of the audio's headers; where a file is not at hand, the record's rate (or
    ASSUMED_RATE, counted as `rate_assumed`) and a recording that ends with its segment. `split` is
    each record's, in the order of `stored`; `inputs` are profile.json's by source.
    """
    rows = stored.read([SOURCE.name, LINE.name]).with_columns(split.alias("split"))
    folders = {source: Path(entry.folder) for source, entry in inputs.items()}
    return tuple(_write(rows, name, folder, folders) for name in outputs if name != MALFORMED)


def _write(rows: pl.DataFrame, name: str, folder: Path, folders: Mapping[str, Path]) -> CutsFile:
    chosen = rows.filter(pl.col("split") == name).select(SOURCE.name, LINE.name)
    path = folder / f"{name}.{CUTS_ENDING}"
    assumed = 0
    with (
        (folder / f"{name}.jsonl").open("rb") as lines,
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as file,
    ):
        for line, (source, number) in zip(lines, chosen.iter_rows(), strict=True):
            assumed += _write_cut(line.rstrip(b"\n"), f"{source}:{number}", folders[source], file)
    return CutsFile(name=name, file=path.name, cuts=chosen.height, rate_assumed=assumed)


def _write_cut(line: bytes, id: str, folder: Path, file: IO[bytes] | gzip.GzipFile) -> bool:
    """Write one cut; whether its sampling rate had to be assumed."""
    record = parse_line(line)
    audio = str(record["audio_filepath"])
    header = _header(audio, folder)
    rate = header.rate if header is not None else rate_of(record)
    frames = header.frames if header is not None and math.isfinite(header.seconds) else None
    channels = header.channels if header is not None else 1
    cut = cut_of_record(id, record, rate or ASSUMED_RATE, audio, frames, channels)
    file.write(cut + b"\n")
    return rate is None


@lru_cache(maxsize=1024)
def _header(audio: str, folder: Path) -> Header | None:
    """The header of an audio file; None where the file is not at hand or no audio."""
    try:
        path = find_audio(audio, folder)
        with open_audio(path) as descriptor, open_sound(descriptor) as sound:
            return read_header(sound, path)
    except Unusable:
        return None
