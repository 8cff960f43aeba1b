"""What reconsider.json holds."""

from __future__ import annotations

from reports.contracts.base import Artefact, Model, Rules
from reports.contracts.profile import Record


class Predicted(Record):
    """A row with its prediction, and the errors of that over the words of the text."""

    wer: float | None = None


class Weighed(Model):
    """One limit: what its rows say, and on what grounds."""

    rule: str | None = None
    metric: str | None = None
    severity: str | None = None
    limit: str | None = None
    says: str | None = None
    meaning: str | None = None
    rows: int | None = None
    hours: float | None = None
    words: int | None = None
    clusters: int | None = None
    wer: float | None = None
    clean_wer: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    propose: float | None = None
    examples: tuple[Predicted, ...] = ()


class Sound(Model):
    """The rows that no rule tagged."""

    rows: int | None = None
    words: int | None = None
    wer: float | None = None


class Reconsider(Artefact):
    """reconsider.json."""

    contract = "curate.reconsider/1"

    evaluation: str | None = None
    profile: str | None = None
    rules: Rules = Rules()
    rows: int | None = None
    unmatched: int | None = None
    clean: Sound = Sound()
    limits: tuple[Weighed, ...] = ()
    warnings: tuple[str, ...] = ()
