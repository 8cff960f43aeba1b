"""wer.json: the error rates of a model, as `train eval` counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import GatedArtifact, Model, Normaliser, SchemaId
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import percent, plural

RateName = Literal["wer", "cer"]
Conclusion = Literal["better", "worse", "no measurable difference", "too few to compare"]
Bounds = tuple[float | None, float | None]
Named = tuple[float | None, float | None, float | None]


class Intervals(Model):
    """How intervals were made: by this many draws of whole clusters, such as speakers."""

    unit: str
    clusters: int
    draws: int
    seed: int
    confidence: float


class Rates(Model):
    """Error rates over some rows; `primary` is the one to name.

    A rate is null without reference words or characters. An interval is null where there are too
    few clusters, that of CER also where WER is the rate to name.
    """

    rows: int
    primary: RateName
    ref_words: int
    wer: float | None
    wer_low: float | None
    wer_high: float | None
    ref_chars: int
    cer: float | None
    cer_low: float | None
    cer_high: float | None

    @property
    def named(self) -> Named:
        """The rate to name, and its interval."""
        if self.primary == "cer":
            return self.cer, self.cer_low, self.cer_high
        return self.wer, self.wer_low, self.wer_high


class Overall(Rates):
    """Error rates over everything, and the edits that the word errors consist of."""

    substitutions: int
    deletions: int
    insertions: int


class Macro(Model):
    """The mean of the strata's WERs, null where none has reference words, and its interval."""

    strata: int
    wer: float | None
    wer_low: float | None
    wer_high: float | None


class Weighted(Model):
    """The WER of the corpus that the rows were drawn from, by the weights that rows carry."""

    rows: int
    wer: float | None
    wer_low: float | None
    wer_high: float | None


class Score(Model):
    """A score from 0 to 100, and how sacrebleu counted it; null where no reference has a word.

    The interval is null where there are too few clusters.
    """

    score: float | None
    low: float | None
    high: float | None
    signature: str


class _OfPair(Model):
    """Translations from one language to another, and their number."""

    source_lang: str
    target_lang: str
    rows: int

    @property
    def languages(self) -> str:
        """The pair for people, such as `de to en`."""
        return f"{self.source_lang} to {self.target_lang}"


class Translation(_OfPair):
    """How good the translations are, and of how many clusters they come; `wer` is the share of
    words that differ from the reference.
    """

    clusters: int
    bleu: Score
    chrf: Score
    wer: float | None


class _OfValue(Model):
    """What rows have in common; null for those that lack it."""

    value: str | None


class Slice(Rates, _OfValue):
    """Error rates over the rows that share one value, and of how many clusters they are."""

    clusters: int


class Change(Model):
    """Two models over the same rows; `difference` is new less old, of the rate `metric`.

    A rate is null without reference words, an interval where there are too few clusters.
    """

    rows: int
    ref_words: int
    metric: RateName
    wer_old: float | None
    wer_new: float | None
    cer_old: float | None
    cer_new: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    conclusion: Conclusion

    @property
    def then_and_now(self) -> Bounds:
        """The compared rate of the old model and of the new one."""
        if self.metric == "cer":
            return self.cer_old, self.cer_new
        return self.wer_old, self.wer_new


class SliceChange(Change, _OfValue):
    """Two models over the rows that share one value."""


class Guardrail(Change):
    """Two models over the guardrail manifests, and by how much the rate may rise."""

    limit: float
    passed: bool


class TranslationChange(_OfPair):
    """BLEU of two models over the same translations; `difference` is new less old."""

    bleu_old: float | None
    bleu_new: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    conclusion: Conclusion


class SmallerTest(Model):
    """A test of fewer `clusters` (speakers, recordings), of these hours on average: Kendall's tau
    of its order of the models with that of the whole test, from -1 to 1, and the share of draws in
    which the order is the same.
    """

    clusters: int
    hours: float
    kendall_tau: float
    same_order: float


class Against(Model):
    """The comparison with another model; `missing` rows lack a prediction of one of the two.

    `smaller_tests` say whether fewer utterances would rank the two alike; none with too few
    clusters, or without a difference.
    """

    model: str
    missing: int
    overall: Change
    by: Mapping[str, tuple[SliceChange, ...]]
    translations: tuple[TranslationChange, ...]
    guardrail: Guardrail | None
    smaller_tests: tuple[SmallerTest, ...] = ()


class HallucinationKind(Model):
    """A kind of hallucination, and how many rows are one."""

    kind: str
    meaning: str
    rows: int


class Hallucination(Model):
    """An utterance with hallucinated words."""

    id: str
    kinds: tuple[str, ...]
    reference: str
    hypothesis: str


class Hallucinations(Model):
    """Loops, words out of nothing, and far too many words."""

    kinds: tuple[HallucinationKind, ...]
    rows: int
    words_inserted: int
    examples: tuple[Hallucination, ...]


class Utterance(Model):
    """An utterance that the model got wrong; language and speaker are null where not known."""

    id: str
    lang: str | None
    speaker: str | None
    duration_s: float
    reference: str
    hypothesis: str
    wer: float


class Unscored(Model):
    """A row without a prediction, or a line that is not a record; and the reason."""

    id: str
    reason: str


class Wer(GatedArtifact):
    """wer.json. `weighted` is null where no row has a weight, `against` without another model.

    `trained_on` are the manifests that the model's own configuration names as training data.

    Error rates and `worst` are of recognition; rows whose languages differ are `translations`.
    """

    file: ClassVar[str] = "wer.json"
    made_by: ClassVar[str] = "train eval"

    schema_id: SchemaId[Literal["train.wer/1"]] = "train.wer/1"
    model: str
    normaliser: Normaliser
    interval: Intervals
    overall: Overall
    macro: Macro
    weighted: Weighted | None
    by: Mapping[str, tuple[Slice, ...]]
    translations: tuple[Translation, ...]
    hallucinations: Hallucinations
    worst: tuple[Utterance, ...]
    skipped: tuple[Unscored, ...]
    unscored: tuple[Unscored, ...]
    against: Against | None
    trained_on: tuple[str, ...] = ()

    def headline(self) -> str:
        """The rate to name over all rows."""
        rate, rows = percent(self.overall.named[0]), plural(self.overall.rows, "row")
        return f"{self.model}: {self.overall.primary.upper()} {rate} over {rows}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Error rates with their intervals over all rows, and by each field that was compared."""
        heads = ("rows", "words", "WER", "CER", "95 % interval")
        yield HtmlTable(heads, [_rates(self.overall)])
        for by, slices in self.by.items():
            rows = [(each.value or "—", *_rates(each)) for each in slices]
            yield HtmlTable((by, *heads), rows, f"By {by}")


def _rates(rates: Rates) -> tuple[str, ...]:
    _, low, high = rates.named
    between = "—" if low is None else f"{percent(low)} to {percent(high)}"
    return (
        f"{rates.rows:,}", f"{rates.ref_words:,}", percent(rates.wer, unknown="—"),
        percent(rates.cer, unknown="—"), between,
    )  # fmt: skip
