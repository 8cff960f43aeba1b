"""What wer.json holds."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from reports.contracts.base import Artefact, Model, Steps


class Rate(Model):
    """Error rates and their intervals, where they could be given; `primary` is the one to name."""

    rows: int | None = None
    primary: str = "wer"
    wer: float | None = None
    wer_low: float | None = None
    wer_high: float | None = None
    cer: float | None = None
    cer_low: float | None = None
    cer_high: float | None = None

    @property
    def named(self) -> tuple[float | None, float | None, float | None]:
        """The rate to name, and its interval."""
        if self.primary == "cer":
            return self.cer, self.cer_low, self.cer_high
        return self.wer, self.wer_low, self.wer_high


class Overall(Rate):
    """Error rates over everything."""

    ref_words: int | None = None
    substitutions: int | None = None
    deletions: int | None = None
    insertions: int | None = None


class Macro(Rate):
    """The mean of the strata's rates."""

    strata: int | None = None


class Slice(Rate):
    """Error rates over the rows that share one value."""

    value: str | None = None
    ref_words: int | None = None


class Drawn(Model):
    """How intervals were made: which clusters were drawn, and how often."""

    unit: str | None = None
    clusters: int | None = None
    draws: int | None = None
    confidence: float | None = None


class Change(Model):
    """Two models over the same rows; `difference` is new less old, of the rate `metric`."""

    value: str | None = None
    rows: int | None = None
    metric: str = "wer"
    wer_old: float | None = None
    wer_new: float | None = None
    cer_old: float | None = None
    cer_new: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    says: str | None = None
    limit: float | None = None
    passed: bool | None = None


class Against(Model):
    """The comparison with another model."""

    model: str | None = None
    missing: int | None = None
    overall: Change = Change()
    by: Mapping[str, tuple[Change, ...]] = Field(default_factory=dict)
    guardrail: Change | None = None


class Kind(Model):
    """A kind of invention, and how many rows are one."""

    kind: str | None = None
    meaning: str | None = None
    rows: int | None = None


class Invention(Model):
    """An utterance in which a model said what nobody said."""

    id: str | None = None
    kinds: tuple[str, ...] = ()
    reference: str | None = None
    said: str | None = None


class Inventions(Model):
    """Loops, words out of nothing, and far too many words."""

    rows: int | None = None
    words_inserted: int | None = None
    kinds: tuple[Kind, ...] = ()
    examples: tuple[Invention, ...] = ()


class Utterance(Model):
    """An utterance that the model got wrong."""

    id: str | None = None
    lang: str | None = None
    speaker: str | None = None
    duration_s: float | None = None
    reference: str | None = None
    hypothesis: str | None = None
    wer: float | None = None


class Wer(Artefact):
    """wer.json."""

    contract = "train.wer/1"

    model: str | None = None
    normaliser: Steps = Steps()
    interval: Drawn = Drawn()
    overall: Overall = Overall()
    macro: Macro = Macro()
    weighted: Rate | None = None
    by: Mapping[str, tuple[Slice, ...]] = Field(default_factory=dict)
    against: Against | None = None
    inventions: Inventions = Inventions()
    worst: tuple[Utterance, ...] = ()
