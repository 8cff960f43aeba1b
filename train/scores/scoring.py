"""Rows to scored rows: ask the model for each, and count the edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from curate.nemo_reads import as_segment
from curate.text.normaliser import Normaliser
from train.rows import Row
from train.scores.edits import NORMALISER, Edits, count_all

ROWS_AT_ONCE = 512
"""Rows given to NeMo in one call: what is lost when a call fails, and how often we can report."""

ADDED = ("pred_text", "wer", "cer", "word_errors", "ref_words")
"""What a prediction adds to its row's line; the last two are counts that can be summed up."""

Tell = Callable[[str], None]


class Transcribes(Protocol):
    """What turns manifest rows into text."""

    def transcribe(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[str]:
        """The hypothesis of each row, in the order given."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A row with its prediction; `reason` says why there is none."""

    row: Row
    hypothesis: str | None
    edits: Edits | None
    reason: str = ""


def score(
    rows: Sequence[Row],
    transcriber: Transcribes,
    prompted: bool,
    batch_size: int,
    tell: Tell,
    normaliser: Normaliser = NORMALISER,
) -> list[Scored]:
    """Transcribe what can be transcribed, longest first (less padding); in the order of `rows`."""
    problems = {index: why for index, row in enumerate(rows) if (why := _problem(row, prompted))}
    order = sorted(set(range(len(rows))) - problems.keys(), key=lambda i: -rows[i].duration_s)
    texts: dict[int, str] = {}
    for start in range(0, len(order), ROWS_AT_ONCE):
        part = order[start : start + ROWS_AT_ONCE]
        texts.update(_transcribe(rows, part, transcriber, batch_size))
        tell(f"{start + len(part)} of {len(order)} rows transcribed")
    said = [texts.get(index) for index in range(len(rows))]
    return scored_rows(rows, said, [problems.get(i, "") for i in range(len(rows))], normaliser)


def predicted(rows: Sequence[Row], normaliser: Normaliser = NORMALISER) -> list[Scored]:
    """Rows that carry their prediction (`pred_text`) already, as predictions.jsonl has them."""
    said = [row.fields.get("pred_text") for row in rows]
    texts = [text if isinstance(text, str) else None for text in said]
    return scored_rows(rows, texts, ["no pred_text"] * len(rows), normaliser)


def _problem(row: Row, prompted: bool) -> str:
    """Why a row cannot be transcribed; empty where nothing speaks against it."""
    if not row.audio.is_file():
        return f"audio file is missing: {row.audio}"
    if prompted and not row.language:
        return "no target_lang, no lang: the model would take it for English"
    return ""


def _transcribe(
    rows: Sequence[Row], part: Sequence[int], transcriber: Transcribes, batch_size: int
) -> dict[int, str]:
    """Texts by index. NeMo drops audio that it cannot read, so a short answer is halved and
    asked again until the row that spoils it stands alone.
    """
    texts = transcriber.transcribe([_request(rows[index]) for index in part], batch_size)
    if len(texts) == len(part):
        return dict(zip(part, texts, strict=True))
    if len(part) == 1:
        return {}
    half = len(part) // 2
    halves = (part[:half], part[half:])
    found = (_transcribe(rows, piece, transcriber, batch_size) for piece in halves)
    return {index: text for texts in found for index, text in texts.items()}


def _request(row: Row) -> dict[str, Any]:
    """The row as NeMo is to read it: just its segment, whole paths, both languages; our own notes
    left out.
    """
    language = row.language
    fields = {
        k: v for k, v in as_segment(row.fields).items() if k not in {"_curate", "_skipme", *ADDED}
    }
    fields["audio_filepath"] = str(row.audio.absolute())
    if language:
        fields.setdefault("source_lang", language)
        fields.setdefault("target_lang", language)
    return fields


def scored_rows(
    rows: Sequence[Row],
    hypotheses: Sequence[str | None],
    problems: Sequence[str],
    normaliser: Normaliser = NORMALISER,
) -> list[Scored]:
    """Rows with their hypotheses and edits; `problems` say why a row has none."""
    pairs = [
        (row.text, said, row.language)
        for row, said in zip(rows, hypotheses, strict=True)
        if said is not None
    ]
    edits = iter(count_all(pairs, normaliser) if pairs else ())
    return [
        Scored(row, None, None, problem or f"audio cannot be read: {row.audio}")
        if said is None
        else Scored(row, said, next(edits))
        for row, said, problem in zip(rows, hypotheses, problems, strict=True)
    ]
