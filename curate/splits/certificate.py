"""split.json: what was asked, what was got, what it can measure, and the proof of no leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import polars as pl

from curate.artifacts.columns import BYTE_LENGTH, DURATION_US, VERDICT, VERDICTS
from curate.artifacts.ledger import Amount
from curate.audio.options import root_of
from curate.manifest.formats import CONVERTED, MAPPED
from curate.profiles import versions
from curate.profiles.statistics.rejection import warnings_of
from curate.profiles.summary import Json, hours
from curate.profiles.whole_input.conventions import warnings_of as of_conventions
from curate.rules.routes import POOL, TRAIN
from curate.splits.assign import Assignment
from curate.splits.balance import balance
from curate.splits.coverage import KNOWN, Keys, coverage, statement
from curate.splits.figures import OVER, gates_by_figure
from curate.splits.leaks import leaks
from curate.splits.lock import STRATUM, WEIGHT, Lock, said_of
from curate.splits.path_patterns import proposed
from curate.splits.precision import ASSUMED, precision
from curate.splits.strata import DURATION_BIN
from curate.splits.strategy import Strategy

SCHEMA = "curate.split/1"


def certificate(
    done: Assignment,
    strategy: Strategy,
    outputs: Sequence[str],
    seed: int,
    by: Sequence[str],
    keys: Keys,
    near: Sequence[Json],
    facts: Json,
    command: str,
    lock: Lock | None,
) -> Json:
    """The certificate of a finished assignment by this strategy; `facts` is profile.json, `near`
    what is left of near-duplicate texts.
    """
    names = [aim.name for aim in done.targets]
    sums = _per_group(done.rows, [STRATUM.name, *by, DURATION_BIN])
    found: Json = {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(("asr-curate", "polars", "numba", "numpy")),
        "seed": seed,
        "rules": facts["rules"],
        "inputs": facts["inputs"],
        **_audio_root(facts),
        "lock": None if lock is None else _lock(lock),
        **strategy.facts(done),
        "outputs": [_output(done.rows, name) for name in outputs],
        "strata_columns": [*by, DURATION_BIN],
        "strata": _strata(done, sums, by),
        "assumed": dict(ASSUMED),
        "measures": _measures(sums, sorted(names), [*by, DURATION_BIN]),
        "groups": _groups(done.rows, sorted(names), keys.columns),
        "coverage": coverage(done.rows, keys, by),
        "proposals": [{**each, "said": proposed(each)} for each in keys.proposals],
        "leaks": [*leaks(done.rows, [TRAIN, *sorted(names)], keys.columns), *near],
        "balance": balance(done.rows, done.reference_s, done.available_s),
    }
    found["statement"] = _statement(found, [TRAIN, *sorted(names)])
    found["gates_by_figure"] = by_figure = gates_by_figure(found, facts, strategy, done)
    found["gates"] = gates = [said for texts in by_figure.values() for said in texts]
    shares: list[Any] = [facts[key] for key in OVER.values() if key in facts]
    of_speakers = [said for share in shares for said in warnings_of(share)]
    found["warnings"] = [
        *gates,
        *of_conventions(facts.get("conventions", ())),  # type: ignore[arg-type]
        *(said for said in of_speakers if said not in gates),
        *(said_of(lock) if lock else []),
        *_thin(found),
        *_notes(facts["inputs"]),  # type: ignore[arg-type]
    ]
    return found


def _statement(found: Mapping[str, Any], splits: Sequence[str]) -> str:
    rows = {output["name"]: output["rows"] for output in found["outputs"]}
    empty = [name for name in splits if not rows[name]]
    return statement(found["leaks"], found["coverage"], empty, len(splits) - len(empty))


def amount(rows: pl.DataFrame) -> Amount:
    """What the rows count in a ledger."""
    return Amount(rows.height, int(rows[BYTE_LENGTH.name].sum()), int(rows[DURATION_US.name].sum()))


def _lock(lock: Lock) -> Json:
    return {
        "path": str(lock.path),
        "new_rows": lock.new_rows,
        "no_longer_clean": {name: dict(counts) for name, counts in lock.fallen.items()},
        "gone": dict(lock.gone),
    }


def _output(rows: pl.DataFrame, name: str) -> Json:
    chosen = rows.filter(pl.col("split") == name)
    there = amount(chosen)
    counts = dict(chosen[VERDICT.name].cast(pl.String).value_counts().iter_rows())
    return {
        "name": name,
        "file": f"{name}.jsonl",
        "rows": there.rows,
        "bytes": there.bytes,
        "hours": hours(there.duration_us),
        "verdicts": {verdict: counts.get(verdict, 0) for verdict in VERDICTS},
    }


def _strata(done: Assignment, sums: pl.DataFrame, by: Sequence[str]) -> list[Json]:
    """Per stratum: clean and train seconds; per split its seconds, aim (null where nothing was
    drawn), precision and weight.
    """
    got, train, clean_groups = _sums(sums, STRATUM.name)
    names = sorted(each.name for each in done.targets)
    return [
        {
            "stratum": {column: row[column] for column in (*by, DURATION_BIN)},
            "clean_s": round(row["available_s"], 6),
            "clean_groups": clean_groups.get(number, 0),
            "train_s": train.get(number, 0) / 1e6,
            **dict(
                chain.from_iterable(
                    (
                        (f"{name}_s", got.get((name, number), _NOTHING)["us"] / 1e6),
                        (f"{name}_target_s", _due_s(done, name, number)),
                    )
                    for name in names
                )
            ),
            "splits": {
                name: _part(
                    got.get((name, number), _NOTHING),
                    _due_s(done, name, number),
                    row["available_s"],
                )
                for name in names
            },
        }
        for number, row in enumerate(done.strata.iter_rows(named=True))
    ]


def _due_s(done: Assignment, name: str, stratum: int) -> float | None:
    return round(float(done.due_s[name][stratum]), 6) if name in done.due_s else None


_SUMMED = ("rows", "words", "units", "spaceless", KNOWN)
_NOTHING = dict.fromkeys(("us", "groups", "squares", *_SUMMED), 0)
_SPACELESS = pl.col("word_len").is_null() & (pl.col("words") > 0)
"""Whether a row is in a script that writes no spaces between words."""
_UNITS = pl.when(_SPACELESS).then(pl.col("chars")).otherwise(pl.col("words")).cast(pl.Int64)
"""What errors are counted over: words, or characters in such a script, as `train eval` has it."""


def _per_group(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """What is counted below, summed up once by group and these columns: many times fewer rows."""
    return rows.group_by("split", "route", "group", *dict.fromkeys(columns)).agg(
        WEIGHT.expr.is_not_null().any().alias("named"),
        pl.col(KNOWN).sum().cast(pl.Int64),
        pl.col(DURATION_US.name).sum(),
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col("words").sum().cast(pl.Int64),
        _UNITS.sum().alias("units"),
        _SPACELESS.sum().cast(pl.Int64).alias("spaceless"),
    )


def _sums(
    rows: pl.DataFrame, column: str
) -> tuple[dict[tuple[str, object], dict[str, int]], dict[object, int], dict[object, int]]:
    """By split and value: sums of named splits; train's time; and how many groups are clean."""
    chosen = rows.filter("named")
    per_group = chosen.group_by("split", column, "group").agg(
        pl.col(DURATION_US.name).sum().alias("us"),
        pl.col(_SUMMED).sum(),
    )
    sums = per_group.group_by("split", column).agg(
        pl.col("us", *_SUMMED).sum(),
        pl.len().cast(pl.Int64).alias("groups"),
        (pl.col("units") ** 2).sum().alias("squares"),
    )
    train = (
        rows.filter(pl.col("split") == TRAIN).group_by(column).agg(pl.col(DURATION_US.name).sum())
    )
    clean = rows.filter(pl.col("route") == POOL).group_by(column).agg(pl.col("group").n_unique())
    return (
        {(each["split"], each[column]): each for each in sums.iter_rows(named=True)},
        dict(train.iter_rows()),
        dict(clean.iter_rows()),
    )


def _part(got: Mapping[str, int], due_s: float | None, available_s: float) -> Json:
    """One split's part of a stratum. `weight`: clean seconds that one second stands for."""
    got_s = got["us"] / 1e6
    return {
        "s": got_s,
        "target_s": due_s,
        "deviation_s": None if due_s is None else round(got_s - due_s, 6),
        "rows": got["rows"],
        "weight": round(available_s / got_s, 6) if got_s else None,
        **_precision(got),
        "known_rows": got[KNOWN],
        "lower_bound": got[KNOWN] < got["rows"],
    }


def _precision(part: Mapping[str, int]) -> Json:
    """What a part of a split can measure; CER where most of its rows are written without spaces."""
    metric = "cer" if 2 * part["spaceless"] > part["rows"] else "wer"
    found = precision(part["units"], part["groups"], part["squares"], metric)
    return {"words": part["words"], **found.as_json()}


def _measures(sums: pl.DataFrame, names: Sequence[str], columns: Sequence[str]) -> list[Json]:
    """What each split can measure: as a whole, and by the values of each stratum column."""
    whole = sums.with_columns(pl.lit("all").alias("(all)"))
    found: list[Json] = []
    for column in ("(all)", *columns):
        got, _, clean_groups = _sums(whole, column)
        for value in sorted(clean_groups, key=lambda value: (value is None, str(value))):
            found += [
                {
                    "split": name,
                    "by": column,
                    "value": value,
                    "s": part["us"] / 1e6,
                    "rows": part["rows"],
                    "known_rows": part[KNOWN],
                    "clean_groups": clean_groups[value],
                    **_precision(part),
                    "lower_bound": part[KNOWN] < part["rows"],
                }
                for name in names
                for part in (got.get((name, value), _NOTHING),)
            ]
    return found


def _groups(rows: pl.DataFrame, names: Sequence[str], group: Sequence[str]) -> Json:
    alone = pl.all_horizontal([pl.col(column).is_null() for column in group])
    return {
        "columns": list(group),
        "total": rows["group"].n_unique(),
        "ungrouped_rows": rows.filter(alone).height,
        "widest": [each for column in group if (each := _widest(rows, column))],
        **{
            name: rows.filter(pl.col("split") == name)["group"].n_unique()
            for name in (TRAIN, *names)
        },
    }


def _widest(rows: pl.DataFrame, column: str) -> Json | None:
    """The value that more than half of the rows have, where there is one: it goes to one split."""
    counted = rows[column].drop_nulls().value_counts().sort("count", column, descending=True)
    if not counted.height or 2 * counted["count"][0] <= rows.height:
        return None
    value, count = counted.row(0)
    return {"key": column, "value": value, "rows": count, "share": round(count / rows.height, 4)}


def _thin(found: Json) -> list[str]:
    """Values of strata columns with too few groups to stand in train and in every split."""
    measures: list[Json] = found["measures"]  # type: ignore[assignment]
    splits: Mapping[str, object] = found["targets"]  # type: ignore[assignment]
    thin = {
        f"{each['by']} {each['value']}": each["clean_groups"]
        for each in measures
        if each["by"] not in ("(all)", DURATION_BIN)
        and 0 < int(each["clean_groups"]) <= len(splits)  # type: ignore[call-overload]
    }
    if not thin or not splits:
        return []
    shown = ", ".join(f"{name} ({count})" for name, count in list(thin.items())[:3])
    more = f" and {len(thin) - 3} more" if len(thin) > 3 else ""
    return [
        f"too few groups of clean records to stand in train, {' and '.join(splits)}: {shown}{more};"
        " what a split lacks of them is not measurable"
    ]


def _audio_root(facts: Json) -> Json:
    """Where the profile found audio, if not beside manifests; `curate shard` looks there too."""
    root = root_of(facts)
    return {"audio_root": str(root)} if root else {}


def _notes(inputs: Sequence[Mapping[str, object]]) -> list[str]:
    """What the outputs do not hold of these inputs."""
    converted = [str(entry["source"]) for entry in inputs if entry.get("copied") == CONVERTED]
    strict = [str(entry["source"]) for entry in inputs if entry.get("not_finite")]
    mapped = [str(entry["source"]) for entry in inputs if entry.get("copied") == MAPPED]
    tagged = [str(entry["source"]) for entry in inputs if entry.get("added")]
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
