"""Transcribe manifests with a model and say where it errs: `evaluate(model, manifests, out)`.

Every row of every manifest ends in predictions.jsonl, whether it could be transcribed or not, and
carries what curation knew about it; so errors can be told by verdict and tag, and can serve as
metrics in the next round of curation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.artifacts.outputs import check_out, whole_directory, write_json
from curate.errors import ConfigError, Fault, InputError
from curate.errors.nearest import absent
from curate.nemo.manifest_fields import has_rate_beside_offset
from curate.text.normaliser import Normaliser
from train.data.rows import Row, all_rows, read_manifests
from train.pretrained import archive_of
from train.recipe import recipe_for
from train.runs import runtime
from train.runs.provenance import versions
from train.scoring.against import Forgetting, compare
from train.scoring.edits import NORMALISER
from train.scoring.hallucinations import inventions
from train.scoring.rates import Rates
from train.scoring.scoring import ADDED, Scored, Tell, predicted, score

SCHEMA = "train.wer/1"
PREDICTIONS = "predictions.jsonl"
BEFORE = "against.jsonl"
RESULTS = "wer.json"
OURS = frozenset({PREDICTIONS, BEFORE, RESULTS, "report.html"})

MOST_WORST = 50
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """How to evaluate. `against` is another model, or a folder of an earlier evaluation;
    `guardrail` manifests on which WER may rise by at most `max_forgetting` (0.01 is a point);
    `normaliser` what is done to texts before their edits are counted. Rows with `_skipme` are left
    out, as NeMo's own scripts do, unless `include_skipped`.
    """

    batch_size: int = 16
    device: str = "auto"
    beam: int = 1
    against: str | None = None
    guardrail: tuple[Path, ...] = ()
    max_forgetting: float = 0.01
    normaliser: Normaliser = NORMALISER
    include_skipped: bool = False

    def check(self) -> None:
        """ConfigError where the wishes contradict each other."""
        if self.guardrail and self.against is None:
            what = "needs a model to compare with"
            raise ConfigError.of("--guardrail", what, "add --against with the pretrained model")


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation: its folder, and what its wer.json says."""

    folder: Path
    rows: int
    unscored: tuple[tuple[str, str], ...]
    forgetting: Forgetting | None
    record: dict[str, Any] = field(repr=False)


def evaluate(
    model: str,
    manifests: Sequence[Path],
    out: Path,
    wish: Wish | None = None,
    *,
    command: str = "",
    tell: Tell = lambda _: None,
) -> Evaluation:
    """Transcribe the manifests and write predictions.jsonl and wer.json into `out`.

    A row that the model cannot transcribe (audio that is missing, damaged or of several channels, a
    language without a token) is named in wer.json and stands in predictions.jsonl without a
    prediction; it counts in no rate. A line that is no record is named in wer.json alone. Rows of
    guardrail manifests count in the comparison alone. A row with `_skipme` stands there likewise,
    and is counted apart (`skipped`). InputError where no row is left.
    """
    wish = wish or Wish()
    wish.check()
    check_out(out, RESULTS)
    _check_against(wish.against)
    own, malformed = read_manifests(manifests)
    general = all_rows(wish.guardrail) if wish.guardrail else []
    rows = [*own, *general]
    if misread := [row for row in rows if has_rate_beside_offset(row.fields)]:
        tell(
            f"{len(misread)} rows give sampling_rate beside offset, first {misread[0].place}: they "
            "are scored by the segment that they declare; a training would load other seconds"
        )
    scored = transcribed(model, rows, wish, tell)
    missing = [item for item in scored if item.edits is None]
    unscored = [(item.row.id, item.reason) for item in missing if not item.skipped]
    if len(missing) == len(scored):
        reasons = [Fault(item.row.id, item.reason) for item in missing[:MOST_NAMED]]
        raise InputError(*reasons, _none_left(len(scored)))
    if skipped := len(missing) - len(unscored):
        said = "are left out, as NeMo leaves them out; --include-skipped scores them"
        tell(f"{skipped} of {len(rows)} rows with _skipme {said}")
    record = results(scored[: len(own)], model, command, wish.normaliser, malformed)
    before = _before(rows, wish, tell)
    record["against"], forgetting = None, None
    if wish.against is not None:
        rails = {str(path): wish.max_forgetting for path in wish.guardrail}
        record["against"], forgetting = compare(scored, before, wish.against, rails)
    with whole_directory(out, OURS, RESULTS) as folder:
        _write_predictions(folder / PREDICTIONS, scored)
        if before:
            _write_predictions(folder / BEFORE, before)
        write_json(folder / RESULTS, record)
    unscored += [(fault.where, fault.what) for fault in malformed]
    return Evaluation(out, len(rows) + len(malformed), tuple(unscored), forgetting, record)


def _none_left(rows: int) -> Fault:
    what = f"none of {rows} rows can be transcribed: nothing to count"
    return Fault("train eval", what, "the lines above say why; correct the manifest")


def _check_against(model: str | None) -> None:
    """ConfigError for a file that is not there, before anything is transcribed."""
    if model and Path(model).suffix in {".nemo", ".ckpt"} and not Path(model).exists():
        fault = absent(Path(model), "name a model, or the --out of an earlier evaluation")
        raise ConfigError.of("--against", f"{fault.where}: {fault.what}", fault.hint)


def transcribed(model: str, rows: Sequence[Row], wish: Wish, tell: Tell) -> list[Scored]:
    """The rows with what the model says of each, in their order; it is not asked for those with
    `_skipme`, unless they are included.
    """
    asked = [row for row in rows if wish.include_skipped or not row.is_skipped]
    scored = iter(_transcribed(model, asked, wish, tell) if asked else ())
    due = {id(row) for row in asked}
    return [next(scored) if id(row) in due else Scored.left_out(row) for row in rows]


def _transcribed(model: str, rows: Sequence[Row], wish: Wish, tell: Tell) -> list[Scored]:
    archive = archive_of(model)
    prompted = recipe_for(archive) == "aed"
    runtime.prepare()
    from train.nemo.model import Transcriber

    transcriber = Transcriber(archive, wish.device, wish.beam)
    return score(rows, transcriber, prompted, wish.batch_size, tell, wish.normaliser)


def _before(rows: Sequence[Row], wish: Wish, tell: Tell) -> list[Scored]:
    """The rows by the model to compare with; an earlier evaluation has them already."""
    if wish.against is None:
        return []
    earlier = Path(wish.against) / PREDICTIONS
    if earlier.is_file():
        return predicted(all_rows([earlier]), wish.normaliser)
    tell(f"the same by {wish.against}")
    return transcribed(wish.against, rows, wish, tell)


def results(
    scored: Sequence[Scored],
    model: str,
    command: str,
    normaliser: Normaliser = NORMALISER,
    malformed: Sequence[Fault] = (),
) -> dict[str, Any]:
    """The artefact wer.json; `malformed` are the lines that are no record."""
    missing = [s for s in scored if s.edits is None]
    unscored = [{"id": s.row.id, "reason": s.reason} for s in missing if not s.skipped]
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(),
        "model": model,
        "normaliser": normaliser.named().as_json(),
        **Rates(scored).as_json(),
        "inventions": inventions(scored),
        "worst": _worst(scored),
        "skipped": [{"id": s.row.id, "reason": s.reason} for s in missing if s.skipped],
        "unscored": [*unscored, *({"id": it.where, "reason": it.what} for it in malformed)],
    }


def _worst(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    wrong = [(item, item.edits) for item in scored if item.edits and item.edits.wer]
    wrong.sort(key=lambda pair: (-(pair[1].wer or 0), -pair[1].ref_words, pair[0].row.id))
    return [
        {
            "id": item.row.id,
            "lang": item.row.language,
            "speaker": item.row.speaker,
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
    edits = item.edits
    values = (edits.wer, edits.cer, edits.word_edits, edits.ref_words) if edits else (None,) * 4
    added = dict(zip(ADDED, (item.hypothesis, *values), strict=True))
    if set(ADDED).isdisjoint(item.row.fields):
        return f"{item.row.raw[:-1].rstrip()}, {json.dumps(added, ensure_ascii=False)[1:]}\n"
    return json.dumps(item.row.fields | added, ensure_ascii=False) + "\n"
