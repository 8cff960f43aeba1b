"""Decisions against batches of rows: which row each is about, corrected texts, and verdicts.

A row carries, for each facet, the line of the log that set it (LINE_OF), and its corrected text
(TEXT_FIX), from the moment it is measured, so that a later evaluation can apply the decision
its due.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import (
    AUDIO_KEY,
    DURATION_US,
    OVERRIDE,
    REASON,
    TAGS,
    TEXT_FIX,
    TEXT_OVERRIDE,
    VERDICT,
    Column,
)
from curate.artifacts.frames import Clips, Spans
from curate.rules.overrides.decision import VERDICT_OF, Decision, Facet
from curate.rules.overrides.identity import audio_keys, contents, shown
from curate.rules.overrides.log import Log, standing

if TYPE_CHECKING:
    from curate.metrics.measure import Settings

Rows = npt.NDArray[np.intp]
Facets = Mapping[Facet, Decision]
"""What is decided about one record: for each facet that is set, the decision that set it last."""

LINE_OF: Mapping[Facet, Column] = {Facet.VERDICT: OVERRIDE, Facet.TEXT: TEXT_OVERRIDE}
"""The columns that say which line of the log set a facet of a row."""


class Overrides:
    """The effective decisions of a log, for look-up by row; none without a log."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log
        self.standing = standing(log.decisions if log else ())
        self.by_line = {each.line: each for each in self.standing.decisions}

    @cached_property
    def _index(self) -> _Index:
        return self._history.only(self.by_line)

    @cached_property
    def _history(self) -> _Index:
        return _Index(self.log.decisions if self.log else ())

    @property
    def audio_keys(self) -> frozenset[int]:
        """AUDIO_KEY of the segments that something is decided about."""
        return frozenset(self._index.by_audio)

    def about(self, audio_key: int, content: str, duration_us: int) -> Facets:
        """What is decided about one record, of this content (see `content_of`) and duration."""
        return _facets(self._index.about(audio_key, np.uint64(int(content, 16)), duration_us))

    def history(self, audio_key: int, content: str, duration_us: int) -> list[Decision]:
        """All that was ever decided about one record, undos too, in the order of the log."""
        decisions = self._history.about(audio_key, np.uint64(int(content, 16)), duration_us)
        return sorted(decisions, key=lambda decision: decision.line)

    def measure(self, clips: Clips, settings: Settings) -> pl.DataFrame:
        """Measured rows, those whose text is corrected by the corrected text; with DECIDED."""
        from curate.metrics.measure import (
            measure,  # who only identifies records waits for no metric
        )

        measured = measure(clips, settings)
        decided = self.decided(measured)
        fixed = _texts(decided)
        if fixed:
            rows = np.array(list(fixed), np.intp)
            again = measure(_with_texts(clips, rows, list(fixed.values())), settings)
            measured = _replaced(measured, rows, again)
        return _marked(measured, decided, fixed)

    def mark(self, measured: pl.DataFrame) -> pl.DataFrame:
        """Rows measured before, marked again; none of their texts is or is to be corrected."""
        return _marked(measured, self.decided(measured), {})

    def corrects(self, measured: pl.DataFrame) -> pl.Series:
        """Which rows' texts are to be corrected."""
        corrected = np.zeros(measured.height, np.bool_)
        corrected[list(_texts(self.decided(measured)))] = True
        return pl.Series(corrected)

    def decided(self, measured: pl.DataFrame) -> dict[int, Facets]:
        """Row numbers to what is decided about each; `measured` by the texts of the manifest."""
        if not self.by_line:
            return {}
        audio = measured[AUDIO_KEY.name].fill_null(0).to_numpy()
        row_contents = contents(measured)
        candidates = np.isin(audio, self._index.keys[0]) | np.isin(
            row_contents, self._index.keys[1]
        )
        rows = np.flatnonzero(candidates & (row_contents != 0))  # a malformed line stays what it is
        lengths = measured[DURATION_US.name]
        pairs = (
            (row, _facets(self._index.about(int(audio[row]), row_contents[row], lengths[row])))
            for row in rows.tolist()
        )
        return {row: facets for row, facets in pairs if facets}

    def decide(self, rows_frame: pl.DataFrame) -> pl.DataFrame:
        """Marked and evaluated rows, with the verdicts of manual overrides; the rules' tags
        stay.
        """
        lines = [column.name for column in LINE_OF.values()]
        rows = (
            rows_frame.select(pl.any_horizontal(pl.col(lines).is_not_null())).to_series().arg_true()
        )
        if not rows.len():
            return rows_frame
        old = rows_frame.select(VERDICT.name, TAGS.name, REASON.name, *lines)[rows]
        new = [
            _decided(self._at(lines), verdict, tags, reason)
            for verdict, tags, reason, *lines in old.iter_rows()
        ]
        types = {column.name: column.dtype for column in (VERDICT, TAGS, REASON)}
        overridden = pl.DataFrame(new, schema=types, orient="row")
        return _replaced(rows_frame, rows.to_numpy().astype(np.intp), overridden)

    def _at(self, lines: Sequence[int | None]) -> Facets:
        """The facets of a row that carries these lines, in the order of LINE_OF."""
        pairs = zip(LINE_OF, lines, strict=True)
        return {facet: self.by_line[line] for facet, line in pairs if line is not None}


class _Index:
    """Decisions by what names their records."""

    def __init__(self, decisions: Sequence[Decision] = ()) -> None:
        self.by_audio: dict[int, list[Decision]] = {}
        self.by_content: dict[int, list[Decision]] = {}
        named = [each for each in decisions if each.audio_filepath is not None]
        for each, keys in zip(named, audio_keys(named), strict=True):
            for key in keys:
                self.by_audio.setdefault(key, []).append(each)
        for each in decisions:
            if each.id is not None:
                self.by_content.setdefault(int(each.content or "0", 16), []).append(each)

    def only(self, lines: Collection[int]) -> _Index:
        """The same of the decisions of these lines."""
        part = _Index()
        for mine, its in ((self.by_audio, part.by_audio), (self.by_content, part.by_content)):
            for key, decisions in mine.items():
                if chosen := [each for each in decisions if each.line in lines]:
                    its[key] = chosen
        return part

    @cached_property
    def keys(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """The audio keys, and the contents, sorted."""
        one, two = (
            np.array(sorted(key_set), np.uint64) for key_set in (self.by_audio, self.by_content)
        )
        return one, two

    def about(self, audio: int, content: np.uint64, duration_us: int) -> Iterator[Decision]:
        """Those about one record."""
        yield from self.by_content.get(int(content), ())
        for each in self.by_audio.get(audio, ()):
            unchanged = each.content in (None, shown(content))
            lasting = each.duration is None or round(each.duration * 1e6) == duration_us
            if unchanged and lasting:
                yield each


def _facets(decisions: Iterable[Decision]) -> dict[Facet, Decision]:
    """For each facet that these set, the one that sets it last."""
    latest: dict[Facet, Decision] = {}
    for each in sorted(decisions, key=lambda decision: decision.line):
        latest.update(dict.fromkeys(each.facets, each))
    return {facet: latest[facet] for facet in Facet if facet in latest}


def _texts(decided: Mapping[int, Facets]) -> dict[int, str]:
    """The corrected text of each row that has one."""
    setting = ((row, facets.get(Facet.TEXT)) for row, facets in decided.items())
    pairs = ((row, each.text) for row, each in setting if each is not None)
    return {row: text for row, text in pairs if text is not None}


def _decided(
    facets: Facets, verdict: str, tags: Sequence[str], reason: str | None
) -> tuple[str, list[str], str]:
    """Verdict, tags and reason of a row with these facets, from what the rules say of it."""
    reasons = [_words(each, facets) for each in dict.fromkeys(facets.values())]
    named = [_TAGS[facet](each) for facet, each in facets.items()]
    if Facet.VERDICT in facets:
        verdict = VERDICT_OF[facets[Facet.VERDICT].decision]
    return verdict, [*tags, *named], "; ".join([*reasons, *([reason] if reason else [])])


def _words(each: Decision, facets: Facets) -> str:
    """What of a row a decision set, by whom and when."""
    whole = [_VERDICT_WORDS[each.decision]] if facets.get(Facet.VERDICT) is each else []
    whole += ["text corrected"] if facets.get(Facet.TEXT) is each else []
    return f"{' and '.join(whole)} by {each.by} at {each.at}{f': {each.why}' if each.why else ''}"


_VERDICT_WORDS = {"keep": "kept", "borderline": "called borderline", "reject": "rejected"}
_TAGS: Mapping[Facet, Callable[[Decision], str]] = {
    Facet.VERDICT: lambda each: f"override:{each.decision}",
    Facet.TEXT: lambda each: "override:text",
}


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
    frame: pl.DataFrame, decided: Mapping[int, Facets], fixed: Mapping[int, str]
) -> pl.DataFrame:
    lines = (
        _column(
            column,
            {row: facets[facet].line for row, facets in decided.items() if facet in facets},
            frame,
        )
        for facet, column in LINE_OF.items()
    )
    return frame.with_columns(*lines, _column(TEXT_FIX, fixed, frame))


def _column(column: Column, values: Mapping[int, object], frame: pl.DataFrame) -> pl.Series:
    """The column with these values in their rows, and null elsewhere."""
    if not values:
        return pl.Series(column.name, [None], dtype=column.dtype).new_from_index(0, frame.height)
    whole: list[object] = [None] * frame.height
    for row, value in values.items():
        whole[row] = value
    return pl.Series(column.name, whole, dtype=column.dtype)
