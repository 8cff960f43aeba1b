"""Rows to scored rows: transcribe each, and count the edits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol, TypeVar

from curate.artifacts.score_fields import SCORE_FIELD
from curate.nemo.manifest_fields import as_segment
from curate.text.normaliser import Normaliser
from train.data.row_audio import audio_fault
from train.data.rows import SKIPME, Row
from train.scoring.edits import NORMALISER, Edits, count_all

ROWS_AT_ONCE = 512
"""Rows given to NeMo in one call: what is lost when a call fails, and how often we can report."""

ADDED = ("pred_text", "wer", "cer", "word_errors", "ref_words")
"""What a prediction adds to its row's line; the last two are counts that can be summed up."""

Tell = Callable[[str], None]
T = TypeVar("T")


class NotTranscribed(Exception):  # noqa: N818 - a finding about rows, reported with their ids
    """Rows of one call that stopped the model, each by itself or one for all."""


class Supports(Protocol):
    """A model that may know languages."""

    def supports(self, language: str) -> bool:
        """Whether the model has a token for the language; True where it needs none."""
        ...


class Transcribes(Supports, Protocol):
    """What turns manifest rows into text."""

    def transcribe(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[str]:
        """The hypothesis of each row, in the order given; NotTranscribed where one stops it."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A row with its prediction; `reason` says why there is none. A `skipped` one was left out."""

    row: Row
    hypothesis: str | None
    edits: Edits | None
    reason: str = ""
    skipped: bool = False

    @classmethod
    def left_out(cls, row: Row) -> Scored:
        """A row with `_skipme`, which no model transcribes."""
        return cls(row, None, None, f"_skipme: {row.fields[SKIPME]}", True)


def score(
    rows: Sequence[Row],
    transcriber: Transcribes,
    prompted: bool,
    batch_size: int,
    tell: Tell,
    normaliser: Normaliser = NORMALISER,
) -> list[Scored]:
    """Transcribe what can be transcribed, longest first (less padding); in the order of `rows`."""
    problems = why_unusable(rows, prompted, transcriber)
    order = sorted(set(range(len(rows))) - problems.keys(), key=lambda i: -rows[i].duration_s)
    transcribe = partial(transcriber.transcribe, batch_size=batch_size)
    texts: dict[int, str] = {}
    for start in range(0, len(order), ROWS_AT_ONCE):
        part = order[start : start + ROWS_AT_ONCE]
        texts.update(run_model(rows, part, transcribe, problems))
        tell(f"{start + len(part)} of {len(order)} rows transcribed")
    hypotheses = [texts.get(index) for index in range(len(rows))]
    return scored_rows(
        rows, hypotheses, [problems.get(i, "") for i in range(len(rows))], normaliser
    )


def predicted(rows: Sequence[Row], normaliser: Normaliser = NORMALISER) -> list[Scored]:
    """Rows that carry their prediction (`pred_text`) already, as predictions.jsonl has them."""
    predictions = [row.fields.get("pred_text") for row in rows]
    texts = [text if isinstance(text, str) else None for text in predictions]
    return scored_rows(rows, texts, ["no pred_text"] * len(rows), normaliser)


def why_unusable(rows: Sequence[Row], prompted: bool, model: Supports) -> dict[int, str]:
    """By index, why a row cannot be transcribed; a `prompted` model must know its languages."""
    supports = cache(model.supports)
    reasons = (_problem(row, prompted, supports) for row in rows)
    return {index: why for index, why in enumerate(reasons) if why}


def _problem(row: Row, prompted: bool, supports: Callable[[str], bool]) -> str:
    """Why a row cannot be transcribed; empty where it can be."""
    if prompted and not row.language:
        return "no target_lang, no lang: the model would take it for English"
    request = _request(row)
    for slot in ("source_lang", "target_lang") if prompted else ():
        language = str(request[slot])
        if not supports(language):
            return f"the model has no token for {slot} {language!r}{_meant(language, supports)}"
    return audio_fault(row, whole=True)


def _meant(language: str, supports: Callable[[str], bool]) -> str:
    """The code that was meant, where it is the beginning of a locale (`en-US`)."""
    code = re.split("[-_]", language)[0].lower()
    return f"; did you mean {code!r}?" if code != language and supports(code) else ""


def run_model(
    rows: Sequence[Row],
    part: Sequence[int],
    run: Callable[[Sequence[Mapping[str, Any]]], Sequence[T]],
    problems: dict[int, str],
) -> dict[int, T]:
    """What `run` makes of each row, by index. NeMo drops audio that it cannot read, and stops at
    rows that it cannot use: then the rows are halved and tried again until the one that fails is
    isolated, and its reason in `problems`.
    """
    try:
        results = run([_request(rows[index]) for index in part])
        reason = f"audio cannot be read: {rows[part[0]].audio}"
    except NotTranscribed as stopped:
        results, reason = [], str(stopped)
    if len(results) == len(part):
        return dict(zip(part, results, strict=True))
    if len(part) == 1:
        problems[part[0]] = reason
        return {}
    half = len(part) // 2
    halves = (part[:half], part[half:])
    done = (run_model(rows, piece, run, problems) for piece in halves)
    return {index: result for results in done for index, result in results.items()}


_ADDED_BEFORE = frozenset({"_curate", SKIPME, SCORE_FIELD, *ADDED})


def _request(row: Row) -> dict[str, Any]:
    """The row as NeMo is to read it: just its segment, whole paths, both languages; our own notes
    left out.
    """
    fields = {k: v for k, v in as_segment(row.fields).items() if k not in _ADDED_BEFORE}
    fields["audio_filepath"] = str(row.audio.absolute())
    if row.language:
        fields.setdefault("source_lang", row.source_language)
        fields.setdefault("target_lang", row.language)
    return fields


def scored_rows(
    rows: Sequence[Row],
    hypotheses: Sequence[str | None],
    problems: Sequence[str],
    normaliser: Normaliser = NORMALISER,
) -> list[Scored]:
    """Rows with their hypotheses and edits; `problems` say why a row has none."""
    pairs = [
        (row.text, hypothesis, row.language)
        for row, hypothesis in zip(rows, hypotheses, strict=True)
        if hypothesis is not None
    ]
    edits = iter(count_all(pairs, normaliser) if pairs else ())
    return [
        Scored(row, None, None, problem or "was not transcribed")
        if hypothesis is None
        else Scored(row, hypothesis, next(edits))
        for row, hypothesis, problem in zip(rows, hypotheses, problems, strict=True)
    ]
