"""Decisions against batches of rows: which row each is about, mended texts, and verdicts.

A row carries the line of the log that decided it (OVERRIDE) and its mended text (TEXT_FIX) from
the moment it is measured, so that whatever judges it later can give the decision its due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.columns import (
    AUDIO_KEY,
    DURATION_US,
    OVERRIDE,
    REASON,
    TAGS,
    TEXT_FIX,
    VERDICT,
)
from curate.frames import Clips, Spans
from curate.metrics.measure import Settings, measure
from curate.overrides.decision import VERDICT_OF, Decision
from curate.overrides.identity import audio_keys, contents, shown
from curate.overrides.log import Log, standing

Rows = npt.NDArray[np.intp]


class Overrides:
    """The standing decisions of a log, ready to be asked for rows; none without a log."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log
        self.standing = standing(log.decisions if log else ())
        self.by_line = {each.line: each for each in self.standing.decisions}

    @cached_property
    def _by_audio(self) -> Mapping[int, list[Decision]]:
        named = [each for each in self.standing.decisions if each.audio_filepath is not None]
        found: dict[int, list[Decision]] = {}
        for each, keys in zip(named, audio_keys(named), strict=True):
            for key in keys:
                found.setdefault(key, []).append(each)
        return found

    @cached_property
    def _by_content(self) -> Mapping[int, Decision]:
        named = [each for each in self.standing.decisions if each.id is not None]
        return {int(each.content or "0", 16): each for each in named}

    @cached_property
    def _keys(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        both = (self._by_audio, self._by_content)
        one, two = (np.array(sorted(found), np.uint64) for found in both)
        return one, two

    @property
    def audio_keys(self) -> frozenset[int]:
        """AUDIO_KEY of the segments that something is decided about."""
        return frozenset(self._by_audio)

    def about(self, audio_key: int, content: str, duration_us: int) -> list[Decision]:
        """What is decided about one record, of this content (see `content_of`) and duration."""
        return list(self._about(audio_key, np.uint64(int(content, 16)), duration_us))

    def measure(self, clips: Clips, settings: Settings) -> pl.DataFrame:
        """Measured rows, those whose text is mended by the mended text; OVERRIDE and TEXT_FIX."""
        measured = measure(clips, settings)
        decided = self.decided(measured)
        fixed = {row: each.text for row, each in decided.items() if each.text is not None}
        if fixed:
            rows = np.array(list(fixed), np.intp)
            again = measure(_with_texts(clips, rows, list(fixed.values())), settings)
            measured = _replaced(measured, rows, again)
        return _marked(measured, decided, fixed)

    def mark(self, measured: pl.DataFrame) -> pl.DataFrame:
        """Rows measured before, marked anew; none of their texts is or is to be mended."""
        return _marked(measured, self.decided(measured), {})

    def mends(self, measured: pl.DataFrame) -> pl.Series:
        """Which rows' texts are to be mended."""
        decided = self.decided(measured)
        wanted = np.zeros(measured.height, np.bool_)
        wanted[[row for row, each in decided.items() if each.text is not None]] = True
        return pl.Series(wanted)

    def decided(self, measured: pl.DataFrame) -> dict[int, Decision]:
        """Row numbers to the last decision about each; `measured` by the texts of the manifest."""
        if not self.by_line:
            return {}
        audio = measured[AUDIO_KEY.name].fill_null(0).to_numpy()
        found = contents(measured)
        wanted = np.isin(audio, self._keys[0]) | np.isin(found, self._keys[1])
        rows = np.flatnonzero(wanted & (found != 0))  # a malformed line stays what it is
        lengths = measured[DURATION_US.name]
        pairs = (
            (row, list(self._about(int(audio[row]), found[row], lengths[row])))
            for row in rows.tolist()
        )
        return {row: max(those, key=lambda it: it.line) for row, those in pairs if those}

    def _about(self, audio: int, content: np.uint64, duration_us: int) -> Iterator[Decision]:
        by_content = self._by_content.get(int(content))
        if by_content:
            yield by_content
        for each in self._by_audio.get(audio, ()):
            unchanged = each.content in (None, shown(content))
            lasting = each.duration is None or round(each.duration * 1e6) == duration_us
            if unchanged and lasting:
                yield each

    def decide(self, judged: pl.DataFrame) -> pl.DataFrame:
        """Marked and judged rows, with the verdicts that people gave; the rules' tags stay."""
        rows = judged[OVERRIDE.name].is_not_null().arg_true()
        if not rows.len():
            return judged
        old = judged.select(OVERRIDE.name, VERDICT.name, TAGS.name, REASON.name)[rows]
        new = [
            _decided(self.by_line[line], verdict, tags, reason)
            for line, verdict, tags, reason in old.iter_rows()
        ]
        types = {column.name: column.dtype for column in (VERDICT, TAGS, REASON)}
        told = pl.DataFrame(new, schema=types, orient="row")
        return _replaced(judged, rows.to_numpy().astype(np.intp), told)


def _decided(
    each: Decision, verdict: str, tags: Sequence[str], reason: str | None
) -> tuple[str, list[str], str]:
    why = f": {each.why}" if each.why else ""
    told = "text mended" if each.decision == "text" else _SAID[each.decision]
    mended = " with a mended text" if each.text is not None and each.decision != "text" else ""
    said = f"{told}{mended} by {each.by} at {each.at}{why}"
    rest = f"; {reason}" if reason else ""
    named = [*tags, f"override:{each.decision}"]
    return VERDICT_OF.get(each.decision, verdict), named, f"{said}{rest}"


_SAID = {"keep": "kept", "borderline": "called borderline", "reject": "rejected"}


def _with_texts(clips: Clips, rows: Rows, texts: Sequence[str]) -> Clips:
    """The clips of these rows with other texts."""

    def spans(some: Spans | None) -> Spans | None:
        return some and Spans(some.data, some.start[rows], some.length[rows])

    return Clips(
        clips.frame[rows],
        Spans.of(texts),
        spans(clips.predicted),
        None if clips.translation is None else clips.translation[rows],
        spans(clips.other_side),
        None if clips.offset_fault is None else clips.offset_fault[rows],
    )


def _replaced(frame: pl.DataFrame, rows: Rows, by: pl.DataFrame) -> pl.DataFrame:
    """The frame with what `by` has in place of these rows."""
    at = np.arange(frame.height, dtype=np.int64)
    at[rows] = frame.height + np.arange(by.height)
    return frame.with_columns(
        pl.concat([frame[name], by[name].cast(frame[name].dtype)]).gather(at) for name in by.columns
    )


def _marked(
    frame: pl.DataFrame, decided: Mapping[int, Decision], fixed: Mapping[int, str | None]
) -> pl.DataFrame:
    lines: list[int | None] = [None] * frame.height if decided else []
    texts: list[str | None] = [None] * frame.height if fixed else []
    for row, each in decided.items():
        lines[row] = each.line
    for row, text in fixed.items():
        texts[row] = text
    return frame.with_columns(
        _column(OVERRIDE.name, lines, OVERRIDE.dtype, frame.height),
        _column(TEXT_FIX.name, texts, TEXT_FIX.dtype, frame.height),
    )


def _column(name: str, values: Sequence[object], dtype: pl.DataType, rows: int) -> pl.Series:
    if values:
        return pl.Series(name, values, dtype=dtype)
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, rows)
