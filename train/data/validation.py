"""The rows that a run validates on: its own manifests, beside its configuration.

They are the manifests given, without the rows that were set aside, the longest rows first: a batch
then holds rows of one length, and the largest batch comes first. Audio is named by absolute paths.
With `trainer.limit_val_batches` a set is a sample of its manifest, and `full` is all of `eval`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.artifacts.outputs import whole_file
from curate.errors import InputError
from train.artifacts.validation import EVAL, FULL, ValidationSet, ValidationStratum
from train.config import RunConfig
from train.data.rows import Row, read_rows
from train.data.subset import Part, Subset, choose_subset

MOST_WAITED_S = 600.0
LOOK_EVERY_S = 0.2

FOLDER = "validation"
"""Where the manifests lie, inside the run's directory."""


def set_names(run: RunConfig) -> tuple[str, ...]:
    """The names of all validation sets, in NeMo's order; the first decides which weights are best.

    `full` is the last, and is not decoded in every validation.
    """
    full = (FULL,) if run.trainer.limit_val_batches else ()
    return (EVAL, *run.validation_ds.also, *full)


def validation_manifest(run: RunConfig, name: str) -> Path:
    """The run's own manifest of a validation set."""
    return run.out / FOLDER / f"{name}.jsonl"


@dataclass(frozen=True)
class ChosenRows:
    """The rows of one validation set, the longest first, and what they are of each stratum."""

    name: str
    rows: tuple[Row, ...] = field(repr=False)
    parts: tuple[Part, ...]
    batch_size: int
    padding_in_order: float

    @property
    def padded_s(self) -> float:
        """Seconds that the encoder reads, padding included."""
        durations = [row.duration_s for row in self.rows]
        return sum(durations) * padding_factor(durations, self.batch_size)

    def record(self) -> ValidationSet:
        """The set for plan.json and run.json."""
        durations = [row.duration_s for row in self.rows]
        return ValidationSet(
            name=self.name,
            rows=len(self.rows),
            hours=round(sum(durations) / 3600, 6),
            padding=round(padding_factor(durations, self.batch_size), 4),
            padding_in_order=round(self.padding_in_order, 4),
            strata=tuple(_stratum(part) for part in self.parts),
        )


def _stratum(part: Part) -> ValidationStratum:
    return ValidationStratum(
        stratum=part.stratum,
        rows=part.rows,
        hours=round(part.seconds / 3600, 6),
        of_rows=part.of_rows,
        of_hours=round(part.of_seconds / 3600, 6),
    )


def choose_validation(
    run: RunConfig,
    sets: Mapping[str, Path],
    aside: Mapping[str, frozenset[str]],
    columns: Sequence[str],
) -> tuple[ChosenRows, ...]:
    """The rows of every set, in the order of `set_names`. `aside` has the places of rows that are
    not used; `columns` divide a set into strata, beside language and tags.
    """
    trainer, size = run.trainer, run.validation_ds.batch_size
    devices = trainer.devices * trainer.num_nodes
    most = trainer.limit_val_batches and trainer.limit_val_batches * size * devices
    used = {name: _used(manifest, aside.get(name, frozenset())) for name, manifest in sets.items()}
    chosen = [_chosen(run, name, rows, most, columns) for name, rows in used.items()]
    full = [_chosen(run, FULL, used[EVAL], None, columns)] if most and EVAL in used else []
    return (*chosen, *full)


def _used(manifest: Path, aside: frozenset[str]) -> list[Row]:
    rows, _ = read_rows(manifest)
    return [row for row in rows if not row.is_skipped and row.place not in aside]


def _chosen(
    run: RunConfig, name: str, rows: Sequence[Row], most: int | None, columns: Sequence[str]
) -> ChosenRows:
    size = run.validation_ds.batch_size
    subset: Subset = choose_subset(rows, len(rows) if most is None else most, columns, run.seed)
    in_order = padding_factor([row.duration_s for row in subset.rows], size)
    longest_first = tuple(sorted(subset.rows, key=lambda row: -row.duration_s))
    return ChosenRows(name, longest_first, subset.parts, size, in_order)


def padding_factor(durations: Sequence[float], batch_size: int) -> float:
    """Seconds that batches of these rows hold over the seconds of the rows, 1 or more.

    >>> padding_factor([1.0, 3.0], 2), padding_factor([1.0, 3.0], 1)
    (1.5, 1.0)
    """
    batches = (durations[at : at + batch_size] for at in range(0, len(durations), batch_size))
    padded = sum(len(batch) * max(batch) for batch in batches)
    return padded / sum(durations) if durations else 1.0


def write_validation(run: RunConfig, sets: Iterable[ChosenRows]) -> None:
    """Write a manifest for each set."""
    (run.out / FOLDER).mkdir(exist_ok=True)
    for each in sets:
        with whole_file(validation_manifest(run, each.name)) as beside:
            beside.write_text(_text(each), encoding="utf-8")


def changed_sets(run: RunConfig, sets: Iterable[ChosenRows]) -> list[str]:
    """The sets of which a stopped run had other rows."""
    return [each.name for each in sets if _had_other_rows(run, each)]


def _had_other_rows(run: RunConfig, chosen: ChosenRows) -> bool:
    manifest = validation_manifest(run, chosen.name)
    return manifest.is_file() and manifest.read_text(encoding="utf-8") != _text(chosen)


def await_validation(
    run: RunConfig, sets: Iterable[ChosenRows], most_s: float = MOST_WAITED_S
) -> None:
    """Wait until the first process has written the manifests; InputError where it does not.

    `torchrun` and `srun` start all processes at once, and only the first one writes.
    """
    until = time.monotonic() + most_s
    for each in sets:
        manifest, text = validation_manifest(run, each.name), _text(each)
        while not (manifest.is_file() and manifest.read_text(encoding="utf-8") == text):
            if time.monotonic() > until:
                what = f"was not written by the first process within {most_s:g} s"
                hint = "--out must be on storage that all nodes share, and --data the same on all"
                raise InputError.of(manifest, what, hint)
            time.sleep(LOOK_EVERY_S)


def _text(chosen: ChosenRows) -> str:
    return "".join(map(_line, chosen.rows))


def _line(row: Row) -> str:
    if Path(str(row.fields["audio_filepath"])).is_absolute():
        return f"{row.raw}\n"
    return json.dumps(row.fields | {"audio_filepath": str(row.audio)}, ensure_ascii=False) + "\n"
