"""What what-if.json holds."""

from __future__ import annotations

from reports.contracts.base import Artefact, Model, Rules


class VerdictCount(Model):
    """Rows and hours of one verdict."""

    verdict: str
    rows: int | None = None
    hours: float | None = None


class Mark(Model):
    """A part of a text: what it is, and its first and last (excluded) character."""

    what: str = ""
    span: tuple[int, int]


class Record(Model):
    """A record that stands out; `marks` are parts of its text, `pred_text` what a model heard."""

    id: str | None = None
    value: float | None = None
    text: str | None = None
    marks: tuple[Mark, ...] = ()
    pred_text: str | None = None
    duration_s: float | None = None
    verdict: str | None = None
    tags: tuple[str | None, ...] = ()
    lang: str | None = None
    speaker: str | None = None
    audio_filepath: str | None = None


class Corpus(Model):
    """The profile that the rules were weighed on."""

    path: str | None = None
    rows: int | None = None
    hours: float | None = None


class Point(Model):
    """What a limit at `value` catches, and what it alone does."""

    value: float | None = None
    rows: int | None = None
    hours: float | None = None
    alone_rows: int | None = None
    alone_hours: float | None = None


class Step(Model):
    """The next threshold that changes anything: what is lost there more than now."""

    value: float | None = None
    rows: int | None = None
    hours: float | None = None


class MovedLimit(Model):
    """A limit where it stands, where it might stand, and the records beside it."""

    rule: str | None = None
    severity: str | None = None
    metric: str | None = None
    unit: str | None = None
    operator: str | None = None
    value: float | None = None
    where: str | None = None
    why: str | None = None
    rows: int | None = None
    hours: float | None = None
    alone_rows: int | None = None
    alone_hours: float | None = None
    tighter: Step | None = None
    looser: Step | None = None
    curve: tuple[Point, ...] = ()
    caught: tuple[Record, ...] = ()
    spared: tuple[Record, ...] = ()


class WeighedRule(Model):
    """What a rule rejects (bad_) and keeps out of eval, with others and alone."""

    rule: str | None = None
    bad_rows: int | None = None
    bad_hours: float | None = None
    bad_alone_hours: float | None = None
    rows: int | None = None
    hours: float | None = None
    alone_hours: float | None = None
    unknown_rows: int | None = None


class Matrix(Model):
    """Rows and hours of each pair of rules, in the order of `Overlap.rules`."""

    rows: tuple[tuple[int | None, ...], ...] = ()
    hours: tuple[tuple[float | None, ...], ...] = ()


class Overlap(Model):
    """What two rules both reject, and of what both say anything."""

    rules: tuple[str | None, ...] = ()
    bad: Matrix = Matrix()
    any: Matrix = Matrix()


class WhatIf(Artefact):
    """what-if.json."""

    contract = "curate.whatif/1"

    profile: Corpus = Corpus()
    rules: Rules = Rules()
    verdicts: tuple[VerdictCount, ...] = ()
    by_rule: tuple[WeighedRule, ...] = ()
    limits: tuple[MovedLimit, ...] = ()
    overlap: Overlap = Overlap()
    warnings: tuple[str, ...] = ()
