"""Transcribe manifests with a model and say where it errs: `evaluate(model, manifests, out)`.

Every row of every manifest ends in predictions.jsonl, whether it could be transcribed or not, and
carries what curation knew about it; so errors can be told by verdict and tag, and can serve as
metrics in the next round of curation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from curate.outputs import whole_directory, write_json
from train import runtime
from train.edits import NORMALISER, Edits, count_edits, total
from train.pretrained import archive_of
from train.provenance import versions
from train.recipe import recipe_for
from train.rows import Row, all_rows

SCHEMA = "train.wer/1"
PREDICTIONS = "predictions.jsonl"
RESULTS = "wer.json"
OURS = frozenset({PREDICTIONS, RESULTS, "report.html"})

DURATION_BINS_S = (1, 2, 5, 10, 20, 40)
MOST_WORST = 50
ROWS_AT_ONCE = 512
"""Rows given to NeMo in one call: what is lost when a call fails, and how often we can report."""

ADDED = ("pred_text", "wer", "cer")

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


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation: its folder, and what its wer.json says."""

    folder: Path
    rows: int
    wer: float | None
    cer: float | None
    unscored: tuple[tuple[str, str], ...]
    record: dict[str, Any] = field(repr=False)


def evaluate(
    model: str,
    manifests: Sequence[Path],
    out: Path,
    *,
    batch_size: int = 16,
    device: str = "auto",
    command: str = "",
    tell: Tell = lambda _: None,
) -> Evaluation:
    """Transcribe the manifests and write predictions.jsonl and wer.json into `out`.

    A row whose audio is missing or cannot be read is named in wer.json and stands in
    predictions.jsonl without a prediction; it counts in no rate.
    """
    rows = all_rows(manifests)
    archive = archive_of(model)
    prompted = recipe_for(archive) == "aed"
    runtime.prepare()
    from train.model import Transcriber

    scored = score(rows, Transcriber(archive, device), prompted, batch_size, tell)
    record = results(scored, model, command)
    with whole_directory(out, OURS, RESULTS) as folder:
        _write_predictions(folder / PREDICTIONS, scored)
        write_json(folder / RESULTS, record)
    overall = record["overall"]
    unscored = tuple((item.row.id, item.reason) for item in scored if item.edits is None)
    return Evaluation(out, len(rows), overall["wer"], overall["cer"], unscored, record)


def score(
    rows: Sequence[Row], transcriber: Transcribes, prompted: bool, batch_size: int, tell: Tell
) -> list[Scored]:
    """Transcribe what can be transcribed, longest first (less padding); in the order of `rows`."""
    problems = {index: why for index, row in enumerate(rows) if (why := _problem(row, prompted))}
    order = sorted(set(range(len(rows))) - problems.keys(), key=lambda i: -rows[i].duration_s)
    texts: dict[int, str] = {}
    for start in range(0, len(order), ROWS_AT_ONCE):
        part = order[start : start + ROWS_AT_ONCE]
        texts.update(_transcribe(rows, part, transcriber, batch_size))
        tell(f"{start + len(part)} of {len(order)} rows transcribed")
    return [_scored(row, texts.get(index), problems.get(index)) for index, row in enumerate(rows)]


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
    """The row as NeMo is to read it: whole paths, both languages; our own notes left out."""
    language = row.language
    fields = {k: v for k, v in row.fields.items() if k not in {"_curate", "_skipme", *ADDED}}
    fields["audio_filepath"] = str(row.audio.absolute())
    if language:
        fields.setdefault("source_lang", language)
        fields.setdefault("target_lang", language)
    return fields


def _scored(row: Row, hypothesis: str | None, problem: str | None) -> Scored:
    if hypothesis is None:
        return Scored(row, None, None, problem or f"audio cannot be read: {row.audio}")
    return Scored(row, hypothesis, count_edits(row.text, hypothesis))


def results(scored: Sequence[Scored], model: str, command: str) -> dict[str, Any]:
    """The artefact wer.json."""
    edits = total(item.edits for item in scored if item.edits)
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(),
        "model": model,
        "normaliser": NORMALISER,
        "overall": {
            "rows": sum(item.edits is not None for item in scored),
            "ref_words": edits.ref_words,
            "wer": edits.wer,
            "cer": edits.cer,
            "substitutions": edits.substitutions,
            "deletions": edits.deletions,
            "insertions": edits.insertions,
        },
        "by": {name: _table(scored, values) for name, values in GROUPS},
        "worst": _worst(scored),
        "unscored": [{"id": s.row.id, "reason": s.reason} for s in scored if s.edits is None],
    }


def _table(
    scored: Sequence[Scored], values: Callable[[Row], Iterable[str | None]]
) -> list[dict[str, Any]]:
    """Error rates by value; a row with several values (tags) counts in each."""
    groups: dict[str | None, list[Edits]] = {}
    for item in scored:
        if item.edits is not None:
            for value in values(item.row):
                groups.setdefault(value, []).append(item.edits)
    return [_group(value, groups[value]) for value in sorted(groups, key=_order)]


def _group(value: str | None, edits: Sequence[Edits]) -> dict[str, Any]:
    summed = total(edits)
    return {
        "value": value,
        "rows": len(edits),
        "ref_words": summed.ref_words,
        "wer": summed.wer,
        "cer": summed.cer,
    }


def _order(value: str | None) -> tuple[bool, float, str]:
    """Durations by their number, all else by name, nothing last."""
    number = str(value).split(" ")[0].split("-")[0]
    return value is None, float(number) if number.isdecimal() else -1.0, str(value)


def _text_field(name: str) -> Callable[[Row], Iterable[str | None]]:
    def values(row: Row) -> Iterator[str | None]:
        value = row.fields.get(name)
        yield None if value is None else str(value)

    return values


def _verdict(row: Row) -> Iterator[str | None]:
    verdict = row.curated.get("verdict")
    yield verdict if isinstance(verdict, str) else None


def _tags(row: Row) -> list[str | None]:
    tags = row.curated.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) and tags else [None]


def _duration_bin(row: Row) -> Iterator[str]:
    above = [edge for edge in DURATION_BINS_S if row.duration_s >= edge]
    below = [edge for edge in DURATION_BINS_S if row.duration_s < edge]
    yield f"{above[-1] if above else 0}-{below[0]} s" if below else f"{above[-1]} s and more"


GROUPS: tuple[tuple[str, Callable[[Row], Iterable[str | None]]], ...] = (
    ("manifest", lambda row: [str(row.manifest)]),
    ("verdict", _verdict),
    ("tag", _tags),
    ("lang", lambda row: [row.language]),
    ("speaker", _text_field("speaker")),
    ("duration", _duration_bin),
)
"""By what error rates are told, and a row's values for it."""


def _worst(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    wrong = [(item, item.edits) for item in scored if item.edits and item.edits.wer]
    wrong.sort(key=lambda pair: (-(pair[1].wer or 0), -pair[1].ref_words, pair[0].row.id))
    return [
        {
            "id": item.row.id,
            "lang": item.row.language,
            "speaker": item.row.fields.get("speaker"),
            "duration_s": item.row.duration_s,
            "reference": item.row.text,
            "hypothesis": item.hypothesis,
            "wer": edits.wer,
        }
        for item, edits in wrong[:MOST_WORST]
    ]


def _write_predictions(path: Path, scored: Sequence[Scored]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_prediction(item) for item in scored)


def _prediction(item: Scored) -> str:
    """The row's line with the prediction added; the rest stays as it was written, to the byte."""
    edits = item.edits or Edits()
    added = dict(zip(ADDED, (item.hypothesis, edits.wer, edits.cer), strict=True))
    if set(ADDED).isdisjoint(item.row.fields):
        return f"{item.row.raw[:-1].rstrip()}, {json.dumps(added, ensure_ascii=False)[1:]}\n"
    return json.dumps(item.row.fields | added, ensure_ascii=False) + "\n"
