"""Transcribe manifests with a model and count its errors: `evaluate(request)`.

Every row of every manifest ends in predictions.jsonl, whether it could be transcribed or not, with
what curation wrote beside it; so errors can be split by verdict and tag, and can serve as metrics
in the next round of curation.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import check_out, whole_directory
from curate.errors import ConfigError, Fault, GateFailed, InputError
from curate.errors.nearest import absent
from curate.formatting.units import plural
from curate.gates import Checked, Figure, Figures, Gate
from curate.nemo.manifest_fields import has_rate_beside_offset
from curate.text.normaliser import Normaliser
from train.artifacts.wer import Against, Guardrail, Unscored, Utterance, Wer
from train.data.row_audio import sampling_rate
from train.data.rows import Row, all_rows, read_manifests
from train.data.trained_on import trained_on
from train.pretrained import archive_of
from train.recipe import recipe_for, sample_rate
from train.runs import runtime
from train.runs.provenance import versions
from train.scoring.against import compare, has_some_of
from train.scoring.edits import NORMALISER
from train.scoring.hallucinations import count_hallucinations
from train.scoring.rates import ScoredRows
from train.scoring.scoring import ADDED, Scored, predicted, score
from train.scoring.translation import score_translations

PREDICTIONS = "predictions.jsonl"
PREDICTIONS_AGAINST = "against.jsonl"
OUTPUT_FILES = frozenset({PREDICTIONS, PREDICTIONS_AGAINST, Wer.file, "report.html"})

MOST_WORST = 50
MOST_NAMED = 10

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EvalRequest:
    """What to evaluate, and how.

    `against` is another model, or a directory of an earlier evaluation; `guardrail` are manifests
    on which WER may rise by at most `max_forgetting` (0.01 is a point); `normaliser` has the steps
    before edits are counted. Rows with `_skipme` are left out, as NeMo's own scripts do, unless
    `include_skipped`.
    """

    model: str
    manifests: Sequence[Path]
    out: Path
    batch_size: int = 16
    device: Literal["auto", "cpu", "gpu"] = "auto"
    beam: int = 1
    against: str | None = None
    guardrail: Sequence[Path] = ()
    max_forgetting: float = 0.01
    normaliser: Normaliser = NORMALISER
    include_skipped: bool = False
    gates: Sequence[Gate] = ()
    command: str = ""

    def check(self) -> None:
        """ConfigError where the request cannot be met, before anything is transcribed."""
        if self.guardrail and self.against is None:
            what = "needs a model to compare with"
            raise ConfigError.of("--guardrail", what, "add --against with the pretrained model")
        for names in (self.manifests, self.guardrail):
            _check_no_repeats(names)
        check_out(self.out, Wer.file)
        if _is_missing_file(self.against):
            fault = absent(Path(str(self.against)), "name a model, or an --out of `train eval`")
            raise ConfigError.of("--against", f"{fault.where}: {fault.what}", fault.hint)


def _check_no_repeats(manifests: Sequence[Path]) -> None:
    """ConfigError for a manifest that would count twice."""
    resolved = [path.resolve() for path in manifests]
    for path, place in zip(manifests, resolved, strict=True):
        if resolved.count(place) > 1:
            what = "is named twice, and its rows would count twice"
            raise ConfigError.of(path, what, "name each manifest once")


def _is_missing_file(model: str | None) -> bool:
    return (
        bool(model)
        and Path(str(model)).suffix in {".nemo", ".ckpt"}
        and not Path(str(model)).exists()
    )


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation: its directory, its wer.json, and its rows without a prediction.

    `rows` and `unscored` count those of guardrail manifests too; `failed` is the error of gates.
    """

    folder: Path
    record: Wer
    rows: int
    unscored: tuple[Unscored, ...]
    failed: GateFailed | None = field(default=None, repr=False)


def evaluate(request: EvalRequest, log: Log = lambda _: None) -> Evaluation:
    """Transcribe the manifests and write predictions.jsonl and wer.json.

    A row that the model cannot transcribe (audio that is missing, damaged or of several channels, a
    language without a token) is named in wer.json and stands in predictions.jsonl without a
    prediction; it counts in no rate. A line that is not a record is named only in wer.json. Rows
    of guardrail manifests count only in the comparison. A row with `_skipme` stands there
    likewise, and is counted apart (`skipped`). InputError where no row is left.
    """
    request.check()
    own, malformed = read_manifests(request.manifests)
    rails = all_rows(request.guardrail) if request.guardrail else []
    rows = [*own, *rails]
    earlier = _read_earlier(request, own, rails)
    scored = transcribe(request.model, rows, request, log)
    _check_some_are_scored(scored)
    warnings = (*_misread(rows), *_resampled(scored, request.model))
    for warning in warnings:
        log(warning)
    _log_skipped(scored, log)
    before = earlier or _score_before(rows, request, log)
    against = _compare(scored, before, request)
    record = make_record(scored[: len(own)], request, malformed, against, warnings)
    seen = trained_on(archive_of(request.model).config, request.manifests)
    record = record.model_copy(update={"trained_on": seen})
    done = _check_gates(request, record, _unscored(scored, malformed), len(rows) + len(malformed))
    with whole_directory(request.out, OUTPUT_FILES, Wer.file) as folder:
        _write_predictions(folder / PREDICTIONS, scored)
        if before:
            _write_predictions(folder / PREDICTIONS_AGAINST, before)
        write_artifact(folder / Wer.file, done.record)
    return done


def _misread(rows: Sequence[Row]) -> Iterator[str]:
    if misread := [row for row in rows if has_rate_beside_offset(row.fields)]:
        yield (
            f"{len(misread)} rows have sampling_rate beside offset, first {misread[0].place}: they "
            "are scored by the segment that they declare; a training would load other seconds"
        )


def _resampled(scored: Sequence[Scored], model: str) -> Iterator[str]:
    """What was recorded at a lower rate than the model's, in a sentence for each rate."""
    own = sample_rate(archive_of(model).config)
    counts = Counter(sampling_rate(item.row) for item in scored if item.edits)
    for rate, rows in sorted((rate, rows) for rate, rows in counts.items() if rate and rate < own):
        yield (
            f"{plural(rows, 'row', 'is/are')} sampled at {rate:,} Hz; the model takes {own:,} Hz: "
            f"NeMo resamples them, and they have no sound above {rate // 2:,} Hz"
        )


def _check_some_are_scored(scored: Sequence[Scored]) -> None:
    if all(item.edits is None for item in scored):
        what = f"none of {len(scored)} rows can be transcribed: nothing to count"
        none_left = Fault("train eval", what, "see the lines above; correct the manifest")
        raise InputError(*(Fault(s.row.id, s.reason) for s in scored[:MOST_NAMED]), none_left)


def _log_skipped(scored: Sequence[Scored], log: Log) -> None:
    if skipped := sum(item.skipped for item in scored):
        what = "are left out, as NeMo leaves them out; --include-skipped scores them"
        log(f"{skipped} of {len(scored)} rows with _skipme {what}")


def transcribe(model: str, rows: Sequence[Row], request: EvalRequest, log: Log) -> list[Scored]:
    """The rows with their predictions, in their order; those with `_skipme` have none, unless they
    are included.
    """
    included = [row for row in rows if request.include_skipped or not row.is_skipped]
    scored = iter(_score(model, included, request, log) if included else ())
    due = {id(row) for row in included}
    return [next(scored) if id(row) in due else Scored.left_out(row) for row in rows]


def _score(model: str, rows: Sequence[Row], request: EvalRequest, log: Log) -> list[Scored]:
    archive = archive_of(model)
    prompted = recipe_for(archive) == "aed"
    with runtime.importing():
        from train.nemo.model import Transcriber

    transcriber = Transcriber(archive, request.device, request.beam)
    return score(rows, transcriber, prompted, request.batch_size, log, request.normaliser)


def _read_earlier(request: EvalRequest, own: Sequence[Row], rails: Sequence[Row]) -> list[Scored]:
    """The predictions of the earlier evaluation to compare with, if it is one. InputError where it
    has none of the rows: the comparison would show nothing, and the guardrail would pass.
    """
    predictions = Path(request.against or "") / PREDICTIONS
    if request.against is None or not predictions.is_file():
        return []
    earlier = predicted(all_rows([predictions]), request.normaliser)
    for name, rows in (("--manifest", own), ("--guardrail", rails)):
        if rows and not has_some_of(earlier, rows):
            what = f"has a prediction for no row of {name}: there is nothing to compare"
            hint = "evaluate the other model on the same manifests, or name it as --against"
            raise InputError.of(predictions, what, hint)
    return earlier


def _score_before(rows: Sequence[Row], request: EvalRequest, log: Log) -> list[Scored]:
    """The rows by the model to compare with."""
    if request.against is None:
        return []
    log(f"the same by {request.against}")
    return transcribe(request.against, rows, request, log)


def _compare(
    scored: Sequence[Scored], before: Sequence[Scored], request: EvalRequest
) -> Against | None:
    if request.against is None:
        return None
    rails = {str(path): request.max_forgetting for path in request.guardrail}
    return compare(scored, before, request.against, rails)


def make_record(
    scored: Sequence[Scored],
    request: EvalRequest,
    malformed: Sequence[Fault] = (),
    against: Against | None = None,
    warnings: Sequence[str] = (),
) -> Wer:
    """The artifact wer.json; `malformed` are the lines that are not records."""
    rows = ScoredRows(scored)
    return Wer(
        command=request.command,
        versions=versions(),
        warnings=tuple(warnings),
        model=request.model,
        normaliser=request.normaliser.named(),
        interval=rows.intervals(),
        overall=rows.overall(),
        macro=rows.macro(),
        weighted=rows.weighted(),
        by=rows.by(),
        translations=score_translations(rows),
        hallucinations=count_hallucinations(scored),
        worst=_worst(scored),
        skipped=tuple(Unscored(id=s.row.id, reason=s.reason) for s in scored if s.skipped),
        unscored=_unscored(scored, malformed),
        against=against,
    )


def _unscored(scored: Sequence[Scored], malformed: Sequence[Fault]) -> tuple[Unscored, ...]:
    missing = (item for item in scored if item.edits is None and not item.skipped)
    return (
        *(Unscored(id=item.row.id, reason=item.reason) for item in missing),
        *(Unscored(id=fault.where, reason=fault.what) for fault in malformed),
    )


def _worst(scored: Sequence[Scored]) -> tuple[Utterance, ...]:
    wrong = [
        (item.edits.wer, item.edits.ref_words, item)
        for item in scored
        if item.edits and item.edits.wer and item.row.translation is None
    ]
    wrong.sort(key=lambda each: (-each[0], -each[1], each[2].row.id))
    return tuple(_utterance(item, wer) for wer, _, item in wrong[:MOST_WORST])


def _utterance(item: Scored, wer: float) -> Utterance:
    return Utterance(
        id=item.row.id,
        lang=item.row.language,
        speaker=item.row.speaker,
        duration_s=item.row.duration_s,
        reference=item.row.text,
        hypothesis=item.hypothesis or "",
        wer=wer,
    )


def _check_gates(
    request: EvalRequest, record: Wer, unscored: tuple[Unscored, ...], rows: int
) -> Evaluation:
    """The evaluation with the results of its gates."""
    done = Evaluation(request.out, record, rows, unscored)
    checked = Checked.of(request.gates, figures_of(done), "train eval")
    gated = record.with_gates(checked.results)
    return Evaluation(request.out, gated, rows, unscored, checked.failed)


def figures_of(done: Evaluation) -> Figures:
    """The figures that gates may name: rows without a prediction, error rates, hallucinations and,
    where there is a guardrail, whether it failed.
    """
    record, overall = done.record, done.record.overall
    words = overall.substitutions + overall.deletions + overall.insertions
    chars = round((overall.cer or 0.0) * overall.ref_chars)
    figures = {
        "unscored": Figure(len(done.unscored), None, "rows", tuple(_unscored_faults(done))),
        "wer": Figure(words, None, "words", (), overall.ref_words),
        "cer": Figure(chars, None, "characters", (), overall.ref_chars),
        "skipped": Figure(len(record.skipped)),
        "hallucinations": Figure(record.hallucinations.rows),
    }
    if record.against and (guardrail := record.against.guardrail):
        faults = tuple(_guardrail_faults(guardrail))
        figures["forgetting"] = Figure(len(faults), None, "guardrails", faults)
    return figures, Figure(done.rows)


def _unscored_faults(done: Evaluation) -> Iterator[Fault]:
    yield from (Fault(each.id, each.reason) for each in done.unscored[:MOST_NAMED])
    if done.unscored:
        what = f"{len(done.unscored)} of {done.rows} rows have no prediction and count in no rate"
        hint = "correct the manifest, or add --allow-missing; wer.json names them all"
        yield Fault("train eval", what, hint)


def _guardrail_faults(guardrail: Guardrail) -> Iterator[Fault]:
    if not guardrail.passed:
        rise, limit = f"{guardrail.difference or 0.0:.1%}", f"{guardrail.limit:.1%}"
        what = f"{guardrail.metric.upper()} on the guardrail rose by {rise}, and {limit} is allowed"
        yield Fault("--guardrail", what, "mix general data into training, or lower the rate")


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
