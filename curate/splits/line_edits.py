"""Lines that are not copied as they are: a corrected text or segment in them, the verdict behind
them.

Whatever is added or replaced, all other bytes of a line stay as they were: key order, number
formats, escapes, blanks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    FIXES,
    LANG,
    LINE,
    MALFORMED,
    REASON,
    SOURCE,
    TAGS,
    VERDICT,
    record_id,
)
from curate.manifest.members import encoded, ended, with_members, without_member
from curate.manifest.scan import OK, scan
from curate.manifest.strict import parse_line
from curate.manifest.syntax import ESCAPED, MISSING, STRING
from curate.metrics import BY_NAME
from curate.nemo.canary_prompt import complete
from curate.nemo.manifest_fields import RATE_FIELDS, without_rate
from curate.rules.routes import REJECTED
from curate.splits.lock import HELD_OUT

ADDED = "_curate"
SKIPME = "_skipme"
MARKED = tuple(f'"{name}"'.encode() for name in (ADDED, SKIPME))
"""What a line holds that carries a member which marks add."""
BEFORE = "text_before"
SEGMENT_BEFORE = ("offset_before", "duration_before")
"""The members that keep the offset and duration of a line whose segment was corrected."""
FIX_NAMES = tuple(column.name for column in FIXES)
UNRATED = BY_NAME["rate_beside_offset"]
"""Rows whose line is written without its sampling rate (see `curate.nemo.manifest_fields`)."""
NEEDED = (
    SOURCE.name, LINE.name, BYTE_OFFSET.name, BYTE_LENGTH.name, MALFORMED.name, LANG.name,
    VERDICT.name, TAGS.name, REASON.name, UNRATED.name, *FIX_NAMES, "split",
)  # fmt: skip
"""What a line's place and changes are taken from, where rows have it."""
WOULD_LEAK = "held out: it would leak into another split"


@dataclass(frozen=True, slots=True)
class LineMarks:
    """What lines get: `tags`, a field `_curate` with id, verdict and tags; `skipme`, NeMo's own
    `_skipme` with the reason where a row is rejected or held out; `canary`, the prompt slots that
    Canary models need (see `curate.nemo.canary_prompt.complete`).
    """

    tags: bool = False
    skipme: bool = False
    canary: bool = False


AS_THEY_ARE = LineMarks()


def changes(rows: pl.DataFrame, marks: LineMarks) -> pl.DataFrame | None:
    """Per row, what to splice: `ending` (JSON members, or null), FIXES and `slots` (the language
    for a Canary's slots, empty where none is known; null: they stay), and `unrated`, whether
    the line loses a sampling rate beside which NeMo would misread its offset; None where no line
    changes. Malformed lines stay as they are.

    `rows` has the record columns, the verdict and `split`; those of FIXES that are not null
    everywhere, and the metric `rate_beside_offset`.
    """
    members = []
    if marks.tags:
        verdict_fields = pl.struct(record_id(), VERDICT.expr.cast(pl.String), TAGS.expr)
        members.append(_member(ADDED, verdict_fields))
    if marks.skipme:
        reason = (
            pl.when(pl.col("split") == HELD_OUT).then(pl.lit(WOULD_LEAK)).otherwise(REASON.expr)
        )
        skipped = pl.col("split").cast(pl.String).is_in([REJECTED, HELD_OUT])
        members.append(pl.when(skipped).then(_member(SKIPME, reason)))
    has_corrections = not set(FIX_NAMES).isdisjoint(rows.columns)
    unrated = rows[UNRATED.name].eq(1).any()
    if not (members or has_corrections or marks.canary or unrated):
        return None
    ending = pl.concat_str(members, separator=", ", ignore_nulls=True) if members else pl.lit(None)
    sound = MALFORMED.expr.is_null()
    return rows.select(
        pl.when(sound & (ending != "")).then(ending).cast(pl.String).alias("ending"),
        *(
            each.expr if each.name in rows.columns else pl.lit(None, each.dtype).alias(each.name)
            for each in FIXES
        ),
        pl.when(sound & marks.canary).then(LANG.expr.fill_null("")).alias("slots"),
        (UNRATED.expr == 1).fill_null(False).alias("unrated"),
    )


def _member(name: str, value: pl.Expr) -> pl.Expr:
    """`"name":value` as JSON."""
    return pl.struct(value.alias(name)).struct.json_encode().str.slice(1).str.head(-1)


def is_unmarked(data: bytes) -> bool:
    """Whether no line carries a member that marks add: they need not be looked for then."""
    return not any(name in data for name in MARKED)


def spliced(line: bytes, ending: str | None, text: str | None) -> bytes:
    """The line with its text replaced (the one it had is stored as `text_before`, once) and the
    members of `ending` in front of its last brace. A member that stands there already is replaced.
    """
    added = [ending.encode()] if ending else []
    if text is not None:
        line, before = _with_text(line, text)
        added += before
    if ending and not is_unmarked(line):
        return with_members(line, json.loads(f"{{{ending}}}"), added[1:])
    return ended(line, added)


def trimmed(line: bytes, offset_s: float, duration_s: float) -> bytes:
    """The line with another segment; the one it had is stored as SEGMENT_BEFORE, once. It loses a
    sampling rate, beside which NeMo would misread the offset.
    """
    record = parse_line(line)
    before = {name: record.get(name.removesuffix("_before")) for name in SEGMENT_BEFORE}
    if SEGMENT_BEFORE[1] in record:
        before = {}
    elif before[SEGMENT_BEFORE[0]] is None:
        del before[SEGMENT_BEFORE[0]]
    return with_members(unrated(line), {"offset": offset_s, "duration": duration_s, **before})


def filled(line: bytes, lang: str | None) -> bytes:
    """The line with a Canary's prompt slots added or corrected; all else as it was."""
    done, names = complete(parse_line(line), lang)
    return with_members(line, {name: done[name] for name in names}, []) if names else line


def unrated(line: bytes) -> bytes:
    """The line without RATE_FIELDS; all else as it was."""
    scanned = scan(np.frombuffer(line, np.uint8), RATE_FIELDS)
    if scanned.status[0] != OK:
        return encoded(without_rate(parse_line(line)))
    for at in np.argsort(-scanned.start[0]).tolist():  # the last first, so that places stay true
        if scanned.kind[0, at] != MISSING:
            start = int(scanned.start[0, at])
            line = without_member(line, RATE_FIELDS[at], start, start + int(scanned.length[0, at]))
    return line


def _with_text(line: bytes, text: str) -> tuple[bytes, list[bytes]]:
    """The line with another text, and the member that keeps the one it had."""
    scanned = scan(np.frombuffer(line, np.uint8), ("text", BEFORE))
    kind, start = int(scanned.kind[0, 0]), int(scanned.start[0, 0])
    if scanned.status[0] != OK or kind not in (STRING, ESCAPED):
        record = parse_line(line)
        before_field = {BEFORE: record.get(BEFORE, record["text"])}
        return encoded({**record, "text": text, **before_field}), []
    end = start + int(scanned.length[0, 0])
    before = b'"' + BEFORE.encode() + b'": ' + line[start - 1 : end + 1]
    changed = line[: start - 1] + json.dumps(text, ensure_ascii=False).encode() + line[end + 1 :]
    return changed, [before] if scanned.kind[0, 1] == MISSING else []
