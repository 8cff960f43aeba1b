"""Warnings about lines of inputs that are not UTF-8, with what converts them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curate.artifacts.columns import LINE, MALFORMED, SOURCE
from curate.formatting.units import plural
from curate.manifest.hints.given import new_command, stem_of
from curate.manifest.origin import FOLDER_FORMAT, Origin, is_archived
from curate.manifest.undecoded import NOT_UTF8, Undecoded
from curate.profiles.rows import scan


def undecoded_warnings(records: Path, origins: Sequence[Origin]) -> list[str]:
    """A warning for each of the first files of text whose lines are malformed because they are not
    UTF-8. The rows of a folder do not say which file they are of: `curate manifest` does.
    """
    counted = (
        scan(records)
        .filter(MALFORMED.expr.str.starts_with(NOT_UTF8))
        .group_by(SOURCE.name)
        .agg(pl.len(), pl.struct(LINE.expr, MALFORMED.expr).sort_by(LINE.expr).first().alias("row"))
        .collect()
    )
    of_source = {source: (rows, row) for source, rows, row in counted.iter_rows()}
    files, of_folders = Undecoded(), []
    for origin in origins:
        if origin.name not in of_source or is_archived(origin):
            continue
        rows, first = of_source[origin.name]
        if origin.format == FOLDER_FORMAT:
            of_folders.append(_of_folder(origin.name, rows))
        else:
            files.add_rows(origin, rows, first[LINE.name], first[MALFORMED.name])
    return [*files.warnings(), *of_folders]


def _of_folder(name: str, rows: int) -> str:
    what = f"{plural(rows, 'text', 'is/are')} not UTF-8 and {'holds' if rows == 1 else 'hold'}"
    command = new_command([name], [], stem_of(name))
    return f"{name}: {what} no record: {command} names the files, and what converts them"
