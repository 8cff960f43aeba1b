"""Ids of speakers, sessions and recordings: one spelling for each, none for placeholders.

Profile, split, audit and evaluation compare ids only by `canonical_ids`, so that none of them can
find two people where another finds one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

SPEAKER_FIELDS: Final = ("speaker", "speaker_id", "spk_id", "spkid", "client_id")
"""Names that manifests give to the speaker; the first that holds an id counts."""

PLACEHOLDERS: Final = frozenset(
    [
        "-1", "n/a", "na", "nan", "nil", "none", "null", "undefined", "unspecified", "unset",
        "missing", "empty", "anonymous", "anon", "unk", "unknown", "unidentified", "unnamed",
        "not available", "not applicable", "not known",
        "unbekannt", "inconnu", "inconnue", "desconocido", "desconocida", "desconhecido",
        "desconhecida", "sconosciuto", "onbekend", "неизвестно", "неизвестный", "未知", "不明",
    ]
)  # fmt: skip
"""Ids that name nobody, in lower case, without brackets; also with a role beside, as in `spk_unk`
and `unknown speaker`. An id without any letter or digit names nobody either.
"""

_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_ROLE = r"^(speaker|spk|client|session|recording|id) | (speaker|spk|client|session|recording|id)$"
_EXACT = 2.0**53
"""Above it not every whole number is a double."""

_SPELLINGS: dict[str, str | None] = {}
_MOST_SPELLINGS = 1 << 16
_NEW = "\0"
"""Stands for a spelling that is not known yet; no id has it, which would be a placeholder."""


def canonical_ids(values: pl.Series) -> pl.Series:
    """Ids in one spelling each, as strings (as categories where they are given so); null for what
    names nobody (see PLACEHOLDERS).

    Unicode in NFC, no blanks at the ends and single ones inside; a whole number by its digits, so
    that `84`, `84.0`, `8.4e1` and `"84 "` are one id. `0084` is another, and case counts.

    >>> canonical_ids(pl.Series([" 8.4e1", "spk  A", "N/A", "<unk>", "-", "0084"])).to_list()
    ['84', 'spk A', None, None, None, '0084']
    """
    ids = values if values.dtype == pl.Categorical else values.cast(pl.String)
    distinct = ids.unique().drop_nulls()
    spelled = _spelled(distinct.cast(pl.String)).cast(ids.dtype)
    if spelled.equals(distinct):
        return ids
    known = pl.DataFrame({"id": distinct, "spelled": spelled})
    rows = ids.to_frame("id").join(known, on="id", how="left", maintain_order="left")
    return rows["spelled"].alias(values.name)


def spelled_ids(ids: Sequence[str | None]) -> list[str | None]:
    """The same of ids at hand, each of which is spelled once: the next call remembers it.

    >>> spelled_ids(["8.4e1", None, "N/A"])
    ['84', None, None]
    """
    known = {each: _SPELLINGS.get(each, _NEW) for each in ids if each is not None}
    new = [each for each, spelled in known.items() if spelled is _NEW]
    if new:
        spelled = _spelled(pl.Series("id", new, dtype=pl.String)).to_list()
        known.update(zip(new, spelled, strict=True))
        if len(_SPELLINGS) + len(new) > _MOST_SPELLINGS:
            _SPELLINGS.clear()
        _SPELLINGS.update((each, known[each]) for each in new)
    return [None if each is None else known[each] for each in ids]


def canonical_id(value: object) -> str | None:
    """One id as `canonical_ids` has it; numbers by their JSON text.

    >>> canonical_id(84.0), canonical_id(" unknown"), canonical_id(None)
    ('84', None, None)
    """
    if value is None:
        return None
    canonical = canonical_ids(pl.Series([value if isinstance(value, str) else json.dumps(value)]))[
        0
    ]
    return None if canonical is None else str(canonical)


def _spelled(ids: pl.Series) -> pl.Series:
    """In steps, each of which is computed once: an expression of them all is many times as slow."""
    plain = pl.col("id").str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    number = pl.when(pl.col("plain").str.contains(_NUMBER)).then("plain")
    whole = (pl.col("number") == pl.col("number").round()) & (pl.col("number").abs() < _EXACT)
    digits = pl.when(whole).then("number").cast(pl.Int64).cast(pl.String)
    bare = pl.col("spelled").str.to_lowercase().str.replace_all(r"[\s_]+", " ")
    bare = bare.str.replace(r"^[^\w-]+", "").str.replace(r"[^\w]+$", "")
    role = pl.col("bare").str.replace(_ROLE, "")
    frame = (
        ids.to_frame("id")
        .with_columns(plain.alias("plain"))
        .with_columns(number.cast(pl.Float64, strict=False).alias("number"))
        .with_columns(digits.fill_null(pl.col("plain")).alias("spelled"))
        .with_columns(bare.alias("bare"))
        .with_columns(role.alias("role"))
    )
    nobody = pl.col("bare").str.strip_chars("-") == ""
    for name in ("bare", "role"):
        nobody |= pl.col(name).is_in(list(PLACEHOLDERS))
    return frame.select(pl.when(~nobody).then("spelled").alias(ids.name)).to_series()
