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

from curate.artifacts.alike import alike, null_columns
from curate.artifacts.columns import (
    AUDIO_KEY,
    DECIDED,
    DURATION_FIX,
    DURATION_US,
    OFFSET_FIX,
    OFFSET_S,
    OVERRIDE,
    REASON,
    SEGMENT_OVERRIDE,
    TAGS,
    TEXT_FIX,
    TEXT_OVERRIDE,
    VERDICT,
    Column,
)
from curate.artifacts.frames import Clips, Spans
from curate.artifacts.score_fields import AUDIO_VALUES
from curate.rules.overrides.decision import VERDICT_OF, Decision, Facet
from curate.rules.overrides.identity import audio_keys, contents, shown
from curate.rules.overrides.log import Log, standing

if TYPE_CHECKING:
    from curate.metrics.measure import Settings

Rows = npt.NDArray[np.intp]
Scores = Mapping[str, npt.NDArray[np.float64]]
Facets = Mapping[Facet, Decision]
"""What is decided about one record: for each facet that is set, the decision that set it last."""

LINE_OF: Mapping[Facet, Column] = {
    Facet.VERDICT: OVERRIDE,
    Facet.TEXT: TEXT_OVERRIDE,
    Facet.SEGMENT: SEGMENT_OVERRIDE,
}
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
        """Measured rows, corrected ones by their corrected text or segment; with DECIDED."""
        from curate.metrics.measure import (
            measure,  # who only identifies records waits for no metric
        )

        measured = measure(clips, settings)
        decided = self.decided(measured)
        corrected = _corrected(decided)
        if corrected:
            rows = np.array(list(corrected), np.intp)
            again = measure(_as_corrected(clips, rows, list(corrected.values())), settings)
            measured = _replaced(measured, rows, again)
        return _marked(measured, decided)

    def mark(self, measured: pl.DataFrame) -> pl.DataFrame:
        """Rows measured before, marked again; none of them is or is to be corrected."""
        return _marked(measured, self.decided(measured))

    def corrects(self, measured: pl.DataFrame) -> pl.Series:
        """Which rows' texts or segments are to be corrected."""
        corrected = np.zeros(measured.height, np.bool_)
        corrected[list(_corrected(self.decided(measured)))] = True
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
        if all(rows_frame[line].null_count() == rows_frame.height for line in lines):
            return rows_frame
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


def _corrected(decided: Mapping[int, Facets]) -> dict[int, Facets]:
    """The rows whose text or segment is corrected."""
    return {
        row: facets
        for row, facets in decided.items()
        if facets.keys() & {Facet.TEXT, Facet.SEGMENT}
    }


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
    whole += ["segment trimmed"] if facets.get(Facet.SEGMENT) is each else []
    return f"{' and '.join(whole)} by {each.by} at {each.at}{f': {each.why}' if each.why else ''}"


_VERDICT_WORDS = {"keep": "kept", "borderline": "called borderline", "reject": "rejected"}
_TAGS: Mapping[Facet, Callable[[Decision], str]] = {
    Facet.VERDICT: lambda each: f"override:{each.decision}",
    Facet.TEXT: lambda each: "override:text",
    Facet.SEGMENT: lambda each: "override:trim",
}


def _as_corrected(clips: Clips, rows: Rows, facets: Sequence[Facets]) -> Clips:
    """The clips of these rows with their corrected texts and segments."""

    def spans(some: Spans | None) -> Spans | None:
        return some and Spans(some.data, some.start[rows], some.length[rows])

    texts = [
        str(each[Facet.TEXT].text) if Facet.TEXT in each else clips.texts.decode(int(row))
        for row, each in zip(rows, facets, strict=True)
    ]
    trims = {at: each[Facet.SEGMENT] for at, each in enumerate(facets) if Facet.SEGMENT in each}
    offset_fault, beside = clips.offset_fault, clips.rate_beside_offset
    if offset_fault is not None:
        offset_fault = offset_fault[rows]
        offset_fault[list(trims)] = False
    return Clips(
        _trimmed(clips.frame[rows], trims),
        Spans.of(texts),
        spans(clips.predicted),
        None if clips.translation is None else clips.translation[rows],
        spans(clips.other_side),
        offset_fault,
        None if beside is None else beside[rows],
        clips.scores and _scores_left(clips.scores, rows, list(trims)),
        spans(clips.predicted_2),
    )


def _scores_left(scores: Scores, rows: Rows, trimmed: Sequence[int]) -> Scores:
    """What a model's scores still say of corrected rows: what is of the audio, where the
    segment is as it was; alignment and loss are of another text.
    """
    left = {name: np.full(rows.size, np.nan) for name in scores}
    for name in AUDIO_VALUES:
        left[name] = scores[name][rows]
        left[name][trimmed] = np.nan
    return left


def _trimmed(frame: pl.DataFrame, trims: Mapping[int, Decision]) -> pl.DataFrame:
    """The frame with these segments in their rows; a whole microsecond as manifests have them."""
    if not trims:
        return frame
    offsets = {at: each.new_offset for at, each in trims.items()}
    durations = {at: each.new_duration for at, each in trims.items()}
    us = {at: round((each.new_duration or 0.0) * 1e6) for at, each in trims.items()}
    changed = ((OFFSET_S.name, offsets), (DURATION_US.name, us), ("duration_s", durations))
    return frame.with_columns(
        pl.Series(
            name, [values.get(at, old) for at, old in enumerate(frame[name])], frame[name].dtype
        )
        for name, values in changed
    )


def _replaced(frame: pl.DataFrame, rows: Rows, by: pl.DataFrame) -> pl.DataFrame:
    """The frame with what `by` has in place of these rows."""
    at = np.arange(frame.height, dtype=np.int64)
    at[rows] = frame.height + np.arange(by.height)
    return frame.with_columns(
        pl.concat([frame[name], by[name].cast(frame[name].dtype)]).gather(at) for name in by.columns
    )


def _marked(frame: pl.DataFrame, decided: Mapping[int, Facets]) -> pl.DataFrame:
    """The frame with DECIDED."""
    marks = _marks(decided, frame.height) if decided else null_columns(_MARKS, frame.height)
    if not {mark.name for mark in marks} & set(frame.columns):
        return frame.hstack(marks)
    columns = {each.name: each for each in (*frame.get_columns(), *marks)}
    return pl.DataFrame([*columns.values()])  # a plan would wait for the engine's threads


_MARKS = tuple((column.name, column.dtype) for column in DECIDED)


def _marks(decided: Mapping[int, Facets], rows: int) -> list[pl.Series]:
    """The lines that decide each row, and what they put in place."""
    lines = (
        _column(column, {row: each.line for row, each in _of(facet, decided)}, rows)
        for facet, column in LINE_OF.items()
    )
    texts = {row: each.text for row, each in _of(Facet.TEXT, decided)}
    segments = dict(_of(Facet.SEGMENT, decided))
    offsets = {row: each.new_offset for row, each in segments.items()}
    durations = {row: each.new_duration for row, each in segments.items()}
    fixes: tuple[tuple[Column, Mapping[int, object]], ...]
    fixes = ((TEXT_FIX, texts), (OFFSET_FIX, offsets), (DURATION_FIX, durations))
    return [*lines, *(_column(column, of, rows) for column, of in fixes)]


def _of(facet: Facet, decided: Mapping[int, Facets]) -> Iterator[tuple[int, Decision]]:
    """The rows in which a facet is set, and by what."""
    return ((row, facets[facet]) for row, facets in decided.items() if facet in facets)


def _column(column: Column, values: Mapping[int, object], rows: int) -> pl.Series:
    """The column with these values in their rows, and null elsewhere."""
    if not values:
        return alike(None, rows, column.dtype).alias(column.name)
    whole: list[object] = [None] * rows
    for row, value in values.items():
        whole[row] = value
    return pl.Series(column.name, whole, dtype=column.dtype)
