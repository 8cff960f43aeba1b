"""Text rules applied to records while they are read; what a text was stays beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.manifest.members import with_members
from curate.manifest.origin import Portion, with_lines
from curate.manifest.scan import OK, Scan, scan, span_of
from curate.manifest.strict import Malformed, Record, parse_line
from curate.manifest.syntax import ESCAPED, MISSING, NULL, STRING
from curate.manifest.text_changes import TextChanges
from curate.manifest.text_fields import CHANGED_BY, ORIGINAL, TEXT
from curate.manifest.text_marks import EARLIER, merged_ids, with_marks
from curate.manifest.values import unescape
from curate.text_rules import Applied, TextRules, apply
from curate.text_rules.marks import MEMBERS
from curate.text_rules.model import LANG

_LANGS: Final = (LANG, "target_lang", "source_lang")
"""Fields of the language, of which the first that is given counts."""


def clean(portion: Portion, rules: TextRules) -> Portion:
    """The portion with its texts changed. All other bytes of a line stay as they were; a line whose
    text changes gets ORIGINAL, unless it has it already, and CHANGED_BY.
    """
    texts = _Texts.of(portion, rules.fields)
    applied = apply(rules, texts.values, texts.fields)
    again = np.flatnonzero(applied.changed)
    unstable = np.zeros_like(applied.by_rule)
    if again.size:
        picked = {name: column.gather(again) for name, column in applied.fields.items()}
        unstable[:, again] = apply(rules, applied.texts.gather(again), picked).by_rule
    changes = TextChanges(texts.rows, texts.values, texts.fields, applied, unstable)
    if not again.size:
        return replace(portion, text_changes=changes)
    lines = _with_changes(texts, applied, again, [rule.id for rule in rules.rules])
    return replace(with_lines(portion, lines, portion.reasons), text_changes=changes)


def _with_changes(
    texts: _Texts, applied: Applied, again: npt.NDArray[np.int64], names: Sequence[str]
) -> list[bytes]:
    """All lines of the portion; those of the records `again` with their new texts and fields."""
    lines = texts.lines
    codes, kinds = _combinations(applied.by_rule[:, again])
    ids = [[name for name, is_in in zip(names, kind, strict=True) if is_in] for kind in kinds]
    new_texts = applied.texts.gather(again).to_list()
    is_other = (applied.texts != texts.values).gather(again).to_list()
    marks = _marks(texts, applied, again)
    of_row = zip(texts.rows[again].tolist(), codes, new_texts, is_other, marks, strict=True)
    for at, code, text, is_changed, mark in of_row:
        place = texts.place(at)
        if is_changed:
            lines[at] = _changed(lines[at], place, text, ids[code])
        if mark:
            names_left = [] if is_changed else ids[code]
            is_new = place is not None and not texts.marked[at]
            lines[at] = with_marks(lines[at], mark, names_left, is_new=is_new)
    return lines


def _marks(
    texts: _Texts, applied: Applied, again: npt.NDArray[np.int64]
) -> Sequence[dict[str, str]]:
    """The fields that rules set of each of these records."""
    marks: list[dict[str, str]] = [{} for _ in range(again.size)]
    for name in MEMBERS:
        if name not in applied.fields:
            continue
        after = applied.fields[name].gather(again)
        changed = after.ne_missing(texts.fields[name].gather(again))
        for mark, value, is_set in zip(marks, after, changed, strict=True):
            if is_set:
                mark[name] = value
    return marks


def _combinations(by_rule: npt.NDArray[np.bool_]) -> tuple[list[int], list[list[bool]]]:
    """Which combination of rules each text has, and the combinations."""
    kinds, codes = np.unique(by_rule, axis=1, return_inverse=True)
    return codes.reshape(-1).tolist(), kinds.T.tolist()


_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Texts:
    """The records of a portion that have a text: their rows, texts, and fields beside. `marked`
    lines have one of MEMBERS, or what it was, already.
    """

    lines: list[bytes]
    scanned: Scan
    plain: npt.NDArray[np.bool_]
    marked: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.int64]
    values: pl.Series
    fields: Mapping[str, pl.Series]

    @classmethod
    def of(cls, portion: Portion, fields: Sequence[str]) -> _Texts:
        lines = portion.chunk.data.split(b"\n")[:-1]
        data = np.frombuffer(portion.chunk.data, np.uint8)
        read = dict.fromkeys(each for name in fields for each in _sources(name))
        marks = (*MEMBERS, *EARLIER) if not frozenset(MEMBERS).isdisjoint(fields) else ()
        known = (TEXT, ORIGINAL, CHANGED_BY, *marks)
        names = (*known, *(name for name in read if name not in known))
        scanned = scan(data, names)
        kind = scanned.kind[:, 0]
        is_text = (kind == STRING) | (kind == ESCAPED)
        is_record = np.ones(len(lines), np.bool_)
        is_record[list(portion.reasons)] = False
        certain = (scanned.status == OK) & is_record
        parsed = dict(_parsed(lines, np.flatnonzero(is_record & ~certain)))
        chosen = certain & is_text
        chosen[list(parsed)] = True
        rows = np.flatnonzero(chosen).astype(np.int64)
        columns = {
            name: pl.Series(
                _strings(data, scanned, names.index(name), rows, parsed, name), dtype=pl.String
            )
            for name in (TEXT, *read)
        }
        declared = {name: _first([columns[each] for each in _sources(name)]) for name in fields}
        plain = certain & (scanned.kind[:, 1] == MISSING) & (scanned.kind[:, 2] == MISSING)
        marked = (scanned.kind[:, 3 : len(known)] != MISSING).any(axis=1)
        return cls(lines, scanned, plain, marked, rows, columns[TEXT], declared)

    def place(self, row: int) -> _Place | None:
        """Where the text stands in its line, quotes included; None where the line must be parsed,
        or has been changed by rules before.
        """
        if not self.plain[row]:
            return None
        start = int(self.scanned.start[row, 0] - self.scanned.line_start[row])
        return start - 1, start + int(self.scanned.length[row, 0]) + 1


def _sources(name: str) -> Sequence[str]:
    """The fields of a line behind a field of rules."""
    return _LANGS if name == LANG else (name,)


def _first(columns: Sequence[pl.Series]) -> pl.Series:
    """The first value of each row that is not null."""
    result = columns[0]
    for column in columns[1:]:
        result = result.fill_null(column) if result.null_count() else result
    return result


def _parsed(lines: Sequence[bytes], rows: npt.NDArray[np.int64]) -> Iterator[tuple[int, Record]]:
    """The records of lines that the scanner does not vouch for, those with a text."""
    for row in rows.tolist():
        try:
            record = parse_line(lines[row])
        except Malformed:
            continue  # the reader of lines gives the reason
        if isinstance(record.get(TEXT), str):
            yield row, record


def _strings(
    data: npt.NDArray[np.uint8],
    scanned: Scan,
    field: int,
    rows: npt.NDArray[np.int64],
    parsed: Mapping[int, Record],
    name: str,
) -> list[str | None]:
    """A field of each row: its text, other values as JSON writes them; None where it is missing."""
    kind, start, length = span_of(scanned, field, rows)
    plain, start, length = unescape(data, kind, start, length)
    whole = plain.tobytes()
    values = [
        whole[first : first + size].decode() if given else None
        for first, size, given in zip(
            start.tolist(),
            length.tolist(),
            ((kind != MISSING) & (kind != NULL)).tolist(),
            strict=True,
        )
    ]
    if parsed:
        for at, row in enumerate(rows.tolist()):
            if row in parsed:
                value = parsed[row].get(name)
                values[at] = value if isinstance(value, str) or value is None else json.dumps(value)
    return values


def _changed(line: bytes, place: _Place | None, text: str, ids: Sequence[str]) -> bytes:
    """The line with another text, and what it was."""
    written = json.dumps(text, ensure_ascii=False).encode()
    names = json.dumps(ids).encode()
    if place is None:
        return _changed_again(line, text, ids)
    start, end = place
    brace = line.rindex(b"}")
    added = b', "%s": %s, "%s": %s' % (
        ORIGINAL.encode(), line[start:end], CHANGED_BY.encode(), names,
    )  # fmt: skip
    return b"".join((line[:start], written, line[end:brace], added, line[brace:]))


def _changed_again(line: bytes, text: str, ids: Sequence[str]) -> bytes:
    """The same of a line that keeps an earlier text, or that has to be parsed."""
    record = parse_line(line)
    members: dict[str, object] = {TEXT: text}
    if not isinstance(record.get(ORIGINAL), str):
        members[ORIGINAL] = record[TEXT]
    return with_members(line, {**members, CHANGED_BY: merged_ids(record, ids)})
