"""`curate rules compare`: what another rule file would move between verdicts, record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.arrays import Int64s
from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    REASON,
    SOURCE,
    SPEAKER,
    TAGS,
    record_id,
)
from curate.artifacts.compare import Amount, Compare, Move, MovedRecord, MovingStratum
from curate.artifacts.records import CorpusAmount
from curate.artifacts.verdicts import VERDICTS
from curate.environment.cores import thread_count
from curate.environment.versions import versions
from curate.errors import ConfigError, parameter
from curate.errors.nearest import suggest
from curate.manifest.read import in_order
from curate.profiles.named import LIBRARIES, hours, rules_named
from curate.rules.evaluate import tag_batch
from curate.rules.evaluate.groups import demote
from curate.rules.file import RuleSet
from curate.whatif.binning import Kinds
from curate.whatif.classes import Classes, settling
from curate.whatif.grouped import Failing, all_passed, failing, verdict_codes
from curate.whatif.stored import Stored, open_stored, records_at
from curate.whatif.transitions import by_tag

OUTPUT_FILES = frozenset({"compare.json", "moved.parquet", "moved.jsonl", "report.html"})
LARGEST_STRATA = 50
MOST_TEXTS = 20_000
"""Moved records whose text is fetched from their manifests."""
SHOWN = 40
"""Moved records that compare.json itself holds."""
_BATCH = 122_880
_PLACES = (SOURCE, LINE, BYTE_OFFSET, BYTE_LENGTH, DURATION_US, LANG, SPEAKER)


@dataclass(frozen=True, slots=True)
class Moved:
    """What two rule files say of one profile: compare.json, and the records that move.

    `records` stand in input order: id, from, to, the reasons of both, what is known of the record,
    and its text where it could be fetched.
    """

    comparison: Compare
    records: pl.DataFrame


def compare_rules(
    folder: Path, old: RuleSet, new: RuleSet, by: Sequence[str] = (), command: str = ""
) -> Moved:
    """Evaluate both rule files on the stored records; no manifest is measured again.

    `by` names further columns of the profile to group by, beside lang. InputError where `folder`
    is not a profile, ConfigError where it lacks metrics or columns that are requested.
    """
    stored = open_stored(folder, old, new)
    old, new = stored.adapted(old), stored.adapted(new)
    strata = _strata_columns(stored, by)
    parts = list(_moves_by_batch(stored, old, new, strata))
    groups = pl.concat([groups for groups, _ in parts])
    placed = pl.concat([moved for _, moved in parts])
    moved, warnings = _with_texts(stored, placed)
    matrix = _matrix(groups)
    total = [sum(cell[k] for row in matrix for cell in row) for k in (0, 1)]
    stay = [sum(matrix[at][at][k] for at in range(len(VERDICTS))) for k in (0, 1)]
    comparison = Compare(
        command=command,
        versions=versions(LIBRARIES),
        profile=CorpusAmount(path=str(folder), rows=total[0], hours=hours(total[1])),
        old=rules_named(old),
        new=rules_named(new),
        moved=Amount(rows=total[0] - stay[0], hours=hours(total[1] - stay[1])),
        verdicts=tuple(
            Move(before=before, after=after, rows=rows, hours=hours(us))
            for before, row in zip(VERDICTS, matrix, strict=True)
            for after, (rows, us) in zip(VERDICTS, row, strict=True)
        ),
        rules=by_tag(stored, _timed(placed), (old, new)),
        strata={name: _by_stratum(groups, name) for name in strata},
        records=tuple(_shown(row) for row in moved.head(SHOWN).iter_rows(named=True)),
        warnings=tuple(warnings),
    )
    return Moved(comparison, moved)


def _strata_columns(stored: Stored, by: Sequence[str]) -> list[str]:
    present = stored.columns()
    texts = [name for name, dtype in present.items() if dtype == pl.String and name != REASON.name]
    for name in by:
        if name not in texts:
            hint = suggest(name, tuple(texts))
            what = f"{stored.folder} has no text column '{name}'"
            raise ConfigError.of(parameter("by"), what, hint)
    return list(dict.fromkeys((LANG.name, *by)))


def _moves_by_batch(
    stored: Stored, old: RuleSet, new: RuleSet, strata: Sequence[str]
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """For each batch: rows and microseconds by stratum and both verdicts; and what moves."""
    places = [column.name for column in _PLACES]
    fixed = settling(stored.records)
    groups = tuple(
        failing(stored.records, rules, all_passed(stored.profile, rules)) for rules in (old, new)
    )
    keys = [name for each in groups for name in each.columns]
    names = dict.fromkeys((*old.names, *new.names, *places, *strata, *fixed, *keys))
    plan = pl.scan_parquet(stored.records).select(*names)
    rows = int(plan.select(pl.len()).collect().item())
    work = partial(_batch, plan, old, new, Classes.of([old, new], {}), groups, strata)
    yield from in_order(work, range(0, max(rows, 1), _BATCH), thread_count())


def _batch(
    plan: pl.LazyFrame,
    old: RuleSet,
    new: RuleSet,
    classes: Classes,
    groups: Sequence[Failing],
    strata: Sequence[str],
    first: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = plan.slice(first, _BATCH).collect()

    def learn(fresh: Int64s) -> list[int]:
        few = rows[fresh]
        before, after = (verdict_codes(few, rules) for rules in (old, new))
        pairs: list[int] = (before * len(VERDICTS) + after).tolist()
        return pairs

    pairs = np.divmod(Kinds().of(classes.keys(rows)[0], learn), len(VERDICTS))
    before, after = (each.demoted(rows, codes) for each, codes in zip(groups, pairs, strict=True))
    verdict_rows = rows.select(
        *strata,
        pl.Series("from", before, pl.UInt8),
        pl.Series("to", after, pl.UInt8),
        DURATION_US.expr.fill_null(0).alias("us"),
    )
    sums = verdict_rows.group_by(*strata, "from", "to").agg(
        pl.len().alias("rows"), pl.col("us").sum()
    )
    return sums, _moved(rows[np.flatnonzero(before != after)], (old, new), groups)


def _moved(rows: pl.DataFrame, both: Sequence[RuleSet], groups: Sequence[Failing]) -> pl.DataFrame:
    sides = []
    for side, rules, failed in zip(("from", "to"), both, groups, strict=True):
        tagged = demote(tag_batch(rows, rules).lazy(), failed.outcomes).collect()
        sides.append(
            tagged.select(
                pl.col("verdict").alias(side),
                TAGS.expr.alias(f"{side}_tags"),
                REASON.expr.alias(f"{side}_reason"),
            )
        )
    places = rows.select(record_id(), *(column.name for column in _PLACES))
    return pl.concat([places, *sides], how="horizontal")


def _with_texts(stored: Stored, moved: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    rows = moved.head(MOST_TEXTS).with_row_index("_row")
    texts, warnings = records_at(stored, rows.to_dicts())
    if moved.height > MOST_TEXTS:
        warnings.append(f"texts are given for the first {MOST_TEXTS:,} moved records only")
    raw_texts = [texts[at].get("text") if at in texts else None for at in range(moved.height)]
    known = [each if each is None else str(each) for each in raw_texts]
    order = ("id", "from", "to", "from_reason", "to_reason")
    texts_column = pl.Series("text", known, dtype=pl.String)
    timed = _timed(moved).with_columns(texts_column)
    rest = ("duration_s", "lang", "speaker", "text", "from_tags", "to_tags", "source", "line")
    return timed.select(*order, *rest), warnings


def _timed(moved: pl.DataFrame) -> pl.DataFrame:
    return moved.with_columns(duration_s=(DURATION_US.expr / 1e6).round(6))


def _matrix(groups: pl.DataFrame) -> list[list[tuple[int, int]]]:
    """Rows and microseconds from each verdict (outer) to each (inner)."""
    sums = groups.group_by("from", "to").agg(pl.col("rows").sum(), pl.col("us").sum())
    at = {(before, after): (rows, us) for before, after, rows, us in sums.iter_rows()}
    codes = range(len(VERDICTS))
    return [[at.get((before, after), (0, 0)) for after in codes] for before in codes]


def _by_stratum(groups: pl.DataFrame, name: str) -> tuple[MovingStratum, ...]:
    """Strata in which something moves, most hours first; moved, and verdicts by both rule files."""
    us, moves = pl.col("us"), pl.col("from") != pl.col("to")
    parts = [
        us.filter(pl.col(side) == VERDICTS.index(verdict)).sum().alias(f"{side}_{verdict}")
        for side in ("from", "to")
        for verdict in ("clean", "bad")
    ]
    sums = groups.group_by(name).agg(
        pl.col("rows").sum(),
        us.sum(),
        pl.col("rows").filter(moves).sum().alias("moved_rows"),
        us.filter(moves).sum().alias("moved_us"),
        *parts,
    )
    moving = sums.filter(pl.col("moved_rows") > 0).sort(
        "moved_us", name, descending=[True, False], nulls_last=True
    )
    return tuple(
        MovingStratum(
            value=row[name],
            rows=row["rows"],
            hours=hours(row["us"]),
            moved_rows=row["moved_rows"],
            moved_hours=hours(row["moved_us"]),
            from_clean_hours=hours(row["from_clean"]),
            from_bad_hours=hours(row["from_bad"]),
            to_clean_hours=hours(row["to_clean"]),
            to_bad_hours=hours(row["to_bad"]),
        )
        for row in moving.head(LARGEST_STRATA).iter_rows(named=True)
    )


def _shown(row: Mapping[str, Any]) -> MovedRecord:
    return MovedRecord(
        id=row["id"],
        before=row["from"],
        after=row["to"],
        from_reason=row["from_reason"],
        to_reason=row["to_reason"],
        duration_s=row["duration_s"],
        lang=row["lang"],
        speaker=row["speaker"],
        text=row["text"],
    )
