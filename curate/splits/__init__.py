"""`curate split`: a representative eval and test set, no leak, and every row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from curate.columns import (
    AUDIO_KEY,
    BYTE_LENGTH,
    DURATION_US,
    JUDGEMENT,
    LANG,
    LINE,
    NORMAL_KEY,
    OFFSET_S,
    RECORD,
    SOURCE,
    TAGS,
    VERDICT,
    VERDICTS,
)
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.ledger import Amount, Entry, Ledger
from curate.manifest.formats import CONVERTED
from curate.outputs import write_json
from curate.profile import read_profile, versions
from curate.profile.summary import Json, hours
from curate.routes import MALFORMED, POOL, REJECTED, TRAIN
from curate.splits.assign import HELD_OUT, Assignment, assign
from curate.splits.audit import balance, leaks
from curate.splits.cuts import CUTS_ENDING, check_target, write_cuts
from curate.splits.targets import LARGEST_SHARE, Target, Targets, in_words
from curate.splits.write import write_lines, write_reasons

__all__ = ["OURS", "Targets", "split_profile"]

SCHEMA = "curate.split/1"
BORDERLINE_COPY = "eval_borderline"
LOCK = "splits.lock.parquet"
OURS = frozenset(
    {
        *(
            f"{name}.{ending}"
            for name in ("train", "eval", "test", REJECTED, MALFORMED, HELD_OUT, BORDERLINE_COPY)
            for ending in ("jsonl", CUTS_ENDING)
        ),
        "rejected.reasons.jsonl",
        "malformed.reasons.jsonl",
        "split.json",
        LOCK,
        "ledger.json",
        "report.html",
    }
)
"""What a split directory holds."""


def split_profile(
    profile: Path,
    folder: Path,
    targets: Targets,
    seed: int,
    by: Sequence[str],
    group: Sequence[str],
    command: str = "",
    to: str | None = None,
) -> Json:
    """Split the records of a profile directory into `folder` (which exists).

    Writes each split's original lines, the certificate split.json, splits.lock.parquet and
    ledger.json; returns split.json's content. `to`="lhotse" adds Lhotse cuts of each.
    Raises ConfigError where a column is not in the
    profile, InputError where the manifests are no longer those profiled.
    """
    check_target(to)
    facts = read_profile(profile)
    records = _read_records(profile, [*by, *group])
    done = assign(records, targets, seed, by, group)
    done = replace(done, rows=_mark_borderline(done.rows))
    names = [aim.name for aim in done.targets]
    outputs = [TRAIN, *sorted(names), REJECTED, MALFORMED]
    held = done.rows.filter(pl.col("split") == HELD_OUT)
    written = [*outputs, HELD_OUT] if held.height else outputs
    inputs = {entry["source"]: entry for entry in facts["inputs"]}  # type: ignore[attr-defined]
    write_lines(done.rows, written, inputs, folder)
    copies = _write_borderline_copy(done.rows, inputs, folder)
    for name in (REJECTED, MALFORMED):
        write_reasons(done.rows, name, folder)
    _write_lock(done.rows, folder / LOCK)
    ledger = _ledger(done.rows, written, copies, facts)
    ledger.check()
    write_json(folder / "ledger.json", ledger.as_json())
    found = _certificate(done, written, seed, by, group, facts, command)
    if to is not None:
        found["cuts"] = write_cuts(done.rows, written, folder)
    write_json(folder / "split.json", found)
    return found


def _read_records(profile: Path, wanted: Sequence[str]) -> pl.DataFrame:
    path = profile / "records.parquet"
    if not path.is_file():
        raise InputError.of(profile, "holds no records.parquet", "run curate profile first")
    present = pl.scan_parquet(path).collect_schema().names()
    absent = [name for name in dict.fromkeys(wanted) if name not in present]
    raise_all(
        ConfigError,
        [
            Fault(
                "--by or --group",
                f"the profile has no column {name!r}",
                f"profile with --by {name}",
            )
            for name in absent
        ],
    )
    columns = [column.name for column in (*RECORD, *JUDGEMENT)]
    return pl.read_parquet(
        path, columns=list(dict.fromkeys([*columns, "char_rate", "words", *wanted]))
    )


def _mark_borderline(rows: pl.DataFrame) -> pl.DataFrame:
    groups = rows.filter(pl.col("split") == "eval")["group"].unique()
    marked = (
        (pl.col("split") == HELD_OUT)
        & (VERDICT.expr == "borderline")
        & pl.col("group").is_in(groups.implode())
    )
    return rows.with_columns(marked.alias(BORDERLINE_COPY))


def _write_borderline_copy(
    rows: pl.DataFrame, inputs: Mapping[str, Mapping[str, object]], folder: Path
) -> list[Entry]:
    """Borderline rows of eval's own groups: held out anyway, and good for measuring by."""
    copy = rows.filter(BORDERLINE_COPY).with_columns(split=pl.lit(BORDERLINE_COPY))
    if not copy.height:
        return []
    write_lines(copy, [BORDERLINE_COPY], inputs, folder)
    return [Entry(BORDERLINE_COPY, _amount(copy))]


def _write_lock(rows: pl.DataFrame, path: Path) -> None:
    """Every assignment, in input order; what a later run and `curate shard` need of each row."""
    columns = (
        SOURCE, LINE, BYTE_LENGTH, AUDIO_KEY, NORMAL_KEY, LANG, OFFSET_S, DURATION_US, TAGS,
    )  # fmt: skip
    rows.select(
        *(column.name for column in columns),
        VERDICT.expr.cast(pl.String),
        pl.col("split").cast(pl.String),
        BORDERLINE_COPY,
    ).write_parquet(path, compression="zstd")


def _amount(rows: pl.DataFrame) -> Amount:
    return Amount(rows.height, int(rows[BYTE_LENGTH.name].sum()), int(rows[DURATION_US.name].sum()))


def _ledger(
    rows: pl.DataFrame, outputs: Sequence[str], copies: Sequence[Entry], facts: Json
) -> Ledger:
    """The profile's rows against what went into each output."""
    total = _amount(rows)
    assert total.rows == facts["totals"]["rows"], "the profile's rows are all here"  # type: ignore[index]
    entries = [Entry(name, _amount(rows.filter(pl.col("split") == name))) for name in outputs]
    return Ledger("split", total, entries, copies)


def _certificate(
    done: Assignment,
    outputs: Sequence[str],
    seed: int,
    by: Sequence[str],
    group: Sequence[str],
    facts: Json,
    command: str,
) -> Json:
    names = sorted(aim.name for aim in done.targets)
    certificate: Json = {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(("asr-curate", "polars", "numba", "numpy")),
        "seed": seed,
        "rules": facts["rules"],
        "inputs": facts["inputs"],
        "targets": {
            aim.name: _target(done.rows, aim) for aim in sorted(done.targets, key=_by_name)
        },
        "outputs": [_output(done.rows, name) for name in outputs],
        "strata_columns": [*by, "duration_bin"],
        "strata": _strata(done, by),
        "groups": _groups(done.rows, names, group),
        "leaks": leaks(done.rows, [TRAIN, *names], group),
        "balance": balance(done.rows, names),
    }
    clean = done.rows.filter(pl.col("route") == POOL)[DURATION_US.name]
    longest_us = int(clean.max() or 0)  # type: ignore[arg-type]
    certificate["warnings"] = _warnings(certificate, longest_us / 1e6)
    return certificate


def _by_name(aim: Target) -> str:
    return aim.name


def _target(rows: pl.DataFrame, aim: Target) -> Json:
    chosen = rows.filter(pl.col("split") == aim.name)
    return {
        "asked_s": aim.asked_s,
        "target_s": round(aim.target_s, 6),
        "got_s": int(chosen[DURATION_US.name].sum()) / 1e6,
        "rows": chosen.height,
        "groups": chosen["group"].n_unique(),
        "words": int(chosen["words"].sum()),
        "shrunk": aim.shrunk,
    }


def _output(rows: pl.DataFrame, name: str) -> Json:
    chosen = rows.filter(pl.col("split") == name)
    amount = _amount(chosen)
    counts = dict(chosen[VERDICT.name].cast(pl.String).value_counts().iter_rows())
    return {
        "name": name,
        "file": f"{name}.jsonl",
        "rows": amount.rows,
        "bytes": amount.bytes,
        "hours": hours(amount.duration_us),
        "verdicts": {verdict: counts.get(verdict, 0) for verdict in VERDICTS},
    }


def _strata(done: Assignment, by: Sequence[str]) -> list[Json]:
    columns = [*by, "duration_bin"]
    seconds = done.rows.group_by("stratum", "split").agg(pl.col(DURATION_US.name).sum()).iter_rows()
    got = {(stratum, split): us / 1e6 for stratum, split, us in seconds}
    return [
        {
            "stratum": {column: row[column] for column in columns},
            "clean_s": round(row["available_s"], 6),
            "train_s": got.get((row["stratum"], TRAIN), 0.0),
            **{
                key: value
                for name, due in sorted(done.due_us.items())
                for key, value in (
                    (f"{name}_s", got.get((row["stratum"], name), 0.0)),
                    (f"{name}_target_s", float(due[row["stratum"]]) / 1e6),
                )
            },
        }
        for row in done.strata.iter_rows(named=True)
    ]


def _groups(rows: pl.DataFrame, names: Sequence[str], group: Sequence[str]) -> Json:
    alone = pl.all_horizontal([pl.col(column).is_null() for column in group])
    return {
        "columns": list(group),
        "total": rows["group"].n_unique(),
        "ungrouped_rows": rows.filter(alone).height,
        **{
            name: rows.filter(pl.col("split") == name)["group"].n_unique()
            for name in (TRAIN, *names)
        },
    }


def _warnings(certificate: Json, longest_s: float) -> list[str]:
    """What a reader must not miss, worst first. A target is met to 1 % or to one utterance."""
    leaked: list[Json] = certificate["leaks"]  # type: ignore[assignment]
    targets: Mapping[str, Mapping[str, float]] = certificate["targets"]  # type: ignore[assignment]
    inputs: Sequence[Mapping[str, object]] = certificate["inputs"]  # type: ignore[assignment]
    said = [
        f"{leak['count']} {leak['kind']} leak(s) between {' and '.join(leak['between'])}"  # type: ignore[arg-type]
        for leak in leaked
        if leak["count"]
    ]
    for name, target in targets.items():
        asked, aim, got = (target[key] for key in ("asked_s", "target_s", "got_s"))
        if target["shrunk"]:
            share = LARGEST_SHARE.get(name, 0.1)
            said.append(
                f"{name}: {in_words(asked)} asked, but at most {share:.0%} of the clean hours are "
                f"given: the target is {in_words(aim)}"
            )
        if abs(got - aim) > max(0.01 * aim, longest_s):
            said.append(
                f"{name}: {in_words(got)} of {in_words(aim)}, since whole groups of the pool fit "
                "no better"
            )
    return said + _notes(inputs)


def _notes(inputs: Sequence[Mapping[str, object]]) -> list[str]:
    """What the outputs do not hold of these inputs."""
    converted = [str(entry["source"]) for entry in inputs if entry.get("copied") == CONVERTED]
    tagged = [str(entry["source"]) for entry in inputs if entry.get("added")]
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {what}"
        for names, what in (
            (converted, "the outputs hold its records as NeMo lines, not its original bytes"),
            (tagged, "its blend's weight and tags are columns of the lock, not of the lines"),
        )
        if names
    ]
