"""split.json: sizes, what the splits can measure, and the proof of no leak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.artifacts.columns import BYTE_LENGTH, DURATION_BIN, DURATION_US, VERDICT
from curate.artifacts.leaks import Leak
from curate.artifacts.ledger import Amount
from curate.artifacts.profile import Input, Profile, StratumShares
from curate.artifacts.split import (
    ChangedLines,
    Groups,
    LockResult,
    Measure,
    Split,
    SplitOutput,
    Target,
    Widest,
)
from curate.artifacts.verdicts import VERDICTS
from curate.environment.versions import versions
from curate.formatting.values import labelled
from curate.manifest.ffmpeg_paths import ffmpeg_warnings
from curate.manifest.origins import CONVERTED, MAPPED
from curate.profiles.named import hours
from curate.profiles.statistics.rejection import gates_of, warnings_of
from curate.profiles.whole_input.conventions import warnings_of as warnings_of_conventions
from curate.rules.routes import TRAIN
from curate.splits.assign import Assignment
from curate.splits.balance import balance
from curate.splits.coverage import Keys, coverage, statement, unchecked
from curate.splits.feasibility import feasible_warning
from curate.splits.figures import describe_leaks
from curate.splits.leaks import leaks as count_leaks
from curate.splits.lock import Lock, lock_warnings
from curate.splits.measures import ALL, compute_measures
from curate.splits.precision import ASSUMED
from curate.splits.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Finished:
    """A split that is written: how it was made, and what became of its records.

    `profile` is profile.json's content; `near` are near-duplicate texts that are left in two
    splits, `near_unsure` counts the texts that could not be looked up for certain. `audio_root` is
    where relative audio paths begin, if not at the manifests' folders.
    """

    assignment: Assignment
    strategy: Strategy
    profile: Profile
    outputs: Sequence[str]
    seed: int
    by: Sequence[str]
    keys: Keys
    near: Sequence[Leak]
    near_unsure: int
    changed: ChangedLines
    audio_root: Path | None = None
    lock: Lock | None = None

    @property
    def names(self) -> list[str]:
        """The splits beside train."""
        return sorted(target.name for target in self.assignment.targets)


def certificate(finished: Finished, command: str) -> Split:
    """The certificate of a split that is written; how similar its texts are is not computed yet."""
    done, profile, splits = finished.assignment, finished.profile, [TRAIN, *finished.names]
    achieved = finished.strategy.achieved(done)
    strata, measures = compute_measures(done, finished.by)
    outputs = tuple(_output(done.rows, name) for name in finished.outputs)
    groups = _groups(done.rows, splits, finished.keys.columns)
    covered = coverage(done.rows, finished.keys, finished.by)
    leaks = (*count_leaks(done.rows, splits, finished.keys.columns), *finished.near)
    empty = [each.name for each in outputs if each.name in splits and not each.rows]
    gates = {
        "leaks": describe_leaks(leaks),
        **{
            name: tuple(texts)
            for name, texts in finished.strategy.gates(done, achieved, groups.widest).items()
        },
        "unchecked": unchecked(covered),
        **{name: tuple(gates_of(share)) for name, share in _shares_over(profile).items()},
    }
    failing = tuple(text for texts in gates.values() for text in texts)
    return Split(
        command=command,
        versions=versions(("asr-curate", "polars", "numpy")),
        seed=finished.seed,
        rules=profile.rules,
        inputs=profile.inputs,
        audio_root=None if finished.audio_root is None else str(finished.audio_root.absolute()),
        lock=_lock(finished.lock),
        strategy=achieved.strategy,
        allocation=achieved.allocation,
        given=achieved.given,
        targets=achieved.targets,
        feasible=achieved.feasible,
        held_out=achieved.held_out,
        outputs=outputs,
        strata_columns=(*finished.by, DURATION_BIN),
        strata=strata,
        assumed=dict(ASSUMED),
        measures=measures,
        groups=groups,
        coverage=covered,
        proposals=tuple(finished.keys.proposals),
        leaks=leaks,
        balance=balance(done.rows, done.reference_s, done.available_s),
        text_similarity=None,
        statement=statement(leaks, covered, empty, len(splits) - len(empty)),
        gates_by_figure=gates,
        gates=failing,
        near_unsure=finished.near_unsure,
        changed=finished.changed,
        warnings=(
            *failing,
            *feasible_warning(achieved, command),
            *_warnings(finished, failing, measures, achieved.targets),
        ),
    )


def _warnings(
    finished: Finished,
    gates: Sequence[str],
    measures: Sequence[Measure],
    targets: Mapping[str, Target],
) -> Iterator[str]:
    """What to know of a split beside what its gates may fail on."""
    profile = finished.profile
    yield from warnings_of_conventions(profile.conventions)
    shares = [text for share in _shares_over(profile).values() for text in warnings_of(share)]
    yield from (text for text in shares if text not in gates)
    yield from lock_warnings(finished.lock) if finished.lock else ()
    yield from _thin(measures, list(targets))
    yield from _notes(profile.inputs)
    yield from ffmpeg_warnings({each.source: each.ffmpeg_rows or 0 for each in profile.inputs})


def _shares_over(profile: Profile) -> Mapping[str, StratumShares]:
    """Strata that the rules take too much of, by the name of the gate's figure."""
    return {"over_rejected": profile.rejected, "over_borderline": profile.kept_from_eval}


def amount(rows: pl.DataFrame) -> Amount:
    """What the rows count in a ledger."""
    return Amount(
        rows=rows.height,
        bytes=int(rows[BYTE_LENGTH.name].sum()),
        duration_us=int(rows[DURATION_US.name].sum()),
    )


def _lock(lock: Lock | None) -> LockResult | None:
    if lock is None:
        return None
    return LockResult(
        path=str(lock.path),
        new_rows=lock.new_rows,
        no_longer_clean=lock.fallen,
        gone=lock.gone,
    )


def _output(rows: pl.DataFrame, name: str) -> SplitOutput:
    columns = rows.select("split", BYTE_LENGTH.name, DURATION_US.name, VERDICT.name)
    chosen = columns.filter(pl.col("split") == name)
    there = amount(chosen)
    counts = dict(chosen[VERDICT.name].cast(pl.String).value_counts().iter_rows())
    return SplitOutput(
        name=name,
        file=f"{name}.jsonl",
        rows=there.rows,
        bytes=there.bytes,
        hours=hours(there.duration_us),
        verdicts={verdict: counts.get(verdict, 0) for verdict in VERDICTS},
    )


def _groups(rows: pl.DataFrame, splits: Sequence[str], columns: Sequence[str]) -> Groups:
    ungrouped = pl.all_horizontal([pl.col(column).is_null() for column in columns])
    return Groups(
        columns=tuple(columns),
        total=rows["group"].n_unique(),
        ungrouped_rows=int(rows.select(ungrouped.sum()).item()),
        widest=tuple(each for column in columns if (each := _widest(rows, column))),
        by_split={name: rows["group"].filter(rows["split"] == name).n_unique() for name in splits},
    )


def _widest(rows: pl.DataFrame, column: str) -> Widest | None:
    """The value that more than half of the rows have, where there is one: it goes to one split."""
    counted = rows[column].drop_nulls().value_counts().sort("count", column, descending=True)
    if not counted.height or 2 * counted["count"][0] <= rows.height:
        return None
    value, count = counted.row(0)
    return Widest(key=column, value=value, rows=count, share=round(count / rows.height, 4))


def _thin(measures: Sequence[Measure], splits: Sequence[str]) -> list[str]:
    """Values of strata columns with too few groups to be in train and in every split."""
    thin = {
        labelled(each.by, each.value): each.clean_groups
        for each in measures
        if each.by not in (ALL, DURATION_BIN) and 0 < each.clean_groups <= len(splits)
    }
    if not thin or not splits:
        return []
    shown = ", ".join(f"{name} ({count})" for name, count in list(thin.items())[:3])
    more = f" and {len(thin) - 3} more" if len(thin) > 3 else ""
    return [
        f"too few groups of clean records for train, {' and '.join(splits)}: {shown}{more};"
        " their error rates are not measurable in splits without them"
    ]


def _notes(inputs: Sequence[Input]) -> list[str]:
    """What the outputs do not hold of these inputs."""
    converted = [entry.source for entry in inputs if entry.copied == CONVERTED]
    strict = [entry.source for entry in inputs if entry.not_finite]
    mapped = [entry.source for entry in inputs if entry.copied == MAPPED]
    tagged = [entry.source for entry in inputs if entry.added]
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {what}"
        for names, what in (
            (converted, "the outputs hold its records as NeMo lines, not its original bytes"),
            (
                mapped,
                "the outputs hold its lines with the fields added that --map named; all other "
                "bytes of them are as they were",
            ),
            (strict, "the outputs hold its lines with null for NaN and Infinity"),
            (tagged, "its blend's weight and tags are columns of the lock, not of the lines"),
        )
        if names
    ]
