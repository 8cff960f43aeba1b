"""The rows that a run validates on: its own manifests, beside its configuration.

They are the manifests given, without the rows that were set aside, the longest rows first: a batch
then holds rows of one length, and the largest batch comes first. Audio is named by absolute paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from curate.artifacts.outputs import whole_file
from train.config import RunConfig
from train.data.rows import Row, read_rows

FOLDER = "validation"
"""Where the manifests lie, inside the run's directory."""

EVAL = "eval"
"""The name of the set that decides which weights are best."""


def validation_manifest(run: RunConfig, name: str) -> Path:
    """The run's own manifest of a validation set."""
    return run.out / FOLDER / f"{name}.jsonl"


def write_validation(
    run: RunConfig, sets: Mapping[str, Path], aside: Mapping[str, frozenset[str]]
) -> None:
    """Write a manifest for each set; `aside` has the places of rows that are not used."""
    (run.out / FOLDER).mkdir(exist_ok=True)
    for name, manifest in sets.items():
        rows, _ = read_rows(manifest)
        unused = aside.get(name, frozenset())
        used = [row for row in rows if not row.is_skipped and row.place not in unused]
        with whole_file(validation_manifest(run, name)) as beside:
            beside.write_text("".join(map(_line, _sorted(used))), encoding="utf-8")


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -row.duration_s)


def _line(row: Row) -> str:
    if Path(str(row.fields["audio_filepath"])).is_absolute():
        return f"{row.raw}\n"
    return json.dumps(row.fields | {"audio_filepath": str(row.audio)}, ensure_ascii=False) + "\n"
