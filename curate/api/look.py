"""A look into profiles: SQL, the first records or a sample."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.records import ProfiledRecord
from curate.inspect import records
from curate.inspect.query import open_query

__all__ = ["head", "query", "sample"]


def query(sql: str, profiles: str | Path | Sequence[str | Path]) -> pl.DataFrame:
    """The answer to one SELECT over the view `records` of profiles (DuckDB).

    As `curate query`: fields of the manifests are columns too, read where the query names them.
    Raises curate.errors.CurateError where a manifest has changed, or the query is none.
    """
    folders = [profiles] if isinstance(profiles, str | Path) else profiles
    with open_query(sql, [Path(folder) for folder in folders]) as answer:
        rows = list(answer.rows)
        return pl.DataFrame(
            rows, schema=list(answer.columns), orient="row", infer_schema_length=None
        )


def head(profile: str | Path, count: int = 10, *, where: str | None = None) -> pl.DataFrame:
    """The first records of a profile, of those that the condition `where` holds for.

    As `curate head`: id, verdict, tags, reason, all metrics, and `record`, the line as JSON.
    """
    return _frame(records.look(Path(profile), count, where))


def sample(
    profile: str | Path, count: int = 10, *, where: str | None = None, seed: int = 0
) -> pl.DataFrame:
    """Records drawn at random, in input order; the same seed draws the same ones.

    As `curate sample`, with the columns of `head`.
    """
    return _frame(records.look(Path(profile), count, where, seed))


def _frame(looked_at: Sequence[ProfiledRecord]) -> pl.DataFrame:
    rows = [
        {
            **each.model_dump(exclude={"metrics", "record"}),
            **each.metrics,
            "record": json.dumps(each.record, ensure_ascii=False),
        }
        for each in looked_at
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
