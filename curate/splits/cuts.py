"""`--to lhotse`: the well-formed records of each output as Lhotse cuts beside it."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import polars as pl

from curate.columns import LINE, SOURCE
from curate.errors import ConfigError
from curate.manifest.lhotse import cut_of_record
from curate.manifest.strict import parse_line
from curate.profile.summary import Json
from curate.routes import MALFORMED

CUTS_ENDING = "cuts.jsonl.gz"
ASSUMED_RATE = 16_000
"""Lhotse wants a sampling rate; NeMo's records rarely say one, and NeMo resamples to this."""


def check_target(to: str | None) -> None:
    """ConfigError for a format that splits are not written in."""
    if to not in (None, "lhotse"):
        raise ConfigError.of("--to", f"unknown format {to!r}", "known: lhotse")


def write_cuts(rows: pl.DataFrame, outputs: Sequence[str], folder: Path) -> list[Json]:
    """Write NAME.cuts.jsonl.gz for each NAME.jsonl but the malformed; what was written of each.

    Cut ids are the record ids, audio paths as the records have them.
    """
    return [_write(rows, name, folder) for name in outputs if name != MALFORMED]


def _write(rows: pl.DataFrame, name: str, folder: Path) -> Json:
    wanted = rows.filter(pl.col("split") == name).select(SOURCE.name, LINE.name)
    path = folder / f"{name}.{CUTS_ENDING}"
    assumed = 0
    with (
        (folder / f"{name}.jsonl").open("rb") as lines,
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as file,
    ):
        for line, (source, number) in zip(lines, wanted.iter_rows(), strict=True):
            assumed += _write_cut(line.rstrip(b"\n"), f"{source}:{number}", file)
    return {"name": name, "file": path.name, "cuts": wanted.height, "rate_assumed": assumed}


def _write_cut(line: bytes, id: str, file: IO[bytes] | gzip.GzipFile) -> bool:
    """Write one cut; whether its sampling rate had to be assumed."""
    record = parse_line(line)
    rate = record.get("sampling_rate")
    known = isinstance(rate, int) and not isinstance(rate, bool) and rate > 0
    used = rate if isinstance(rate, int) and known else ASSUMED_RATE
    file.write(cut_of_record(id, record, used, str(record["audio_filepath"])) + b"\n")
    return not known
