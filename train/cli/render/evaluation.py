"""An evaluation for the terminal: error rates, and the comparison with another model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from curate.formatting.units import percent
from curate.terminal.command import printable
from train.artifacts.wer import (
    Against,
    Change,
    Macro,
    Rates,
    Score,
    TranslationChange,
    Weighted,
    Wer,
)

SHOWN = ("manifest", "verdict", "tag", "lang")
"""The slices that the terminal shows; wer.json and the page have all."""


def tables(record: Wer) -> Iterator[Table]:
    """The tables of wer.json."""
    yield _rates(record)
    if record.translations:
        yield _translations(record)
    if record.against:
        yield _comparison(record.against)
        if record.against.smaller_tests:
            yield _smaller_tests(record.against, record.interval.unit)


def _rates(record: Wer) -> Table:
    """WER, CER, and the interval of the primary rate, overall and by what curation wrote."""
    made = record.interval
    title = f"word errors; 95 % intervals by bootstrap over {made.clusters} {made.unit}s"
    table = _table(title, ("rows", "words", "WER", "CER", "95 % CI"))
    table.add_row("all", "", *_cells(record.overall))
    for name, mean in (("macro", record.macro), ("weighted", record.weighted)):
        if mean:
            table.add_row(name, "", *_mean_cells(mean))
    for by in SHOWN:
        for part in record.by[by]:
            table.add_row(by, _value(part.value), *_cells(part))
    return table


def _cells(rates: Rates) -> Iterable[str]:
    _, *bounds = rates.named
    counts = (f"{rates.rows:,}", f"{rates.ref_words:,}")
    return (
        *counts,
        *map(percent, (rates.wer, rates.cer)),
        f"{'CER ' if rates.primary == 'cer' else ''}{_interval(*bounds)}",
    )


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def _mean_cells(mean: Macro | Weighted) -> Iterable[str]:
    rows = f"{mean.rows:,}" if isinstance(mean, Weighted) else ""
    return rows, "", percent(mean.wer), "", _interval(mean.wer_low, mean.wer_high)


def _translations(record: Wer) -> Table:
    """BLEU and chrF of each pair of languages."""
    title = "translations; no error rate counts them"
    columns = ("rows", "BLEU", "95 % CI", "chrF", "95 % CI", "WER")
    table = _table(title, columns)
    for each in record.translations:
        scores = (cell for score in (each.bleu, each.chrf) for cell in _score_cells(score))
        table.add_row(
            "languages", _value(each.languages), f"{each.rows:,}", *scores, percent(each.wer)
        )
    return table


def _score_cells(score: Score) -> Iterable[str]:
    return _figure(score.score), _span(score.low, score.high)


def _figure(score: float | None) -> str:
    return "-" if score is None else f"{score:.1f}"


def _span(low: float | None, high: float | None, form: str = ".1f") -> str:
    return "-" if low is None or high is None else f"{low:{form}} to {high:{form}}"


def _comparison(against: Against) -> Table:
    """The change against another model."""
    columns = ("rows", "rate", "then", "now", "95 % CI")
    table = _table(f"against {printable(against.model)}", columns, ("conclusion",))
    table.add_row("all", "", *_change_cells(against.overall))
    if against.guardrail:
        table.add_row("guardrail", "", *_change_cells(against.guardrail))
    for by in SHOWN:
        for change in against.by[by]:
            table.add_row(by, _value(change.value), *_change_cells(change))
    for each in against.translations:
        table.add_row("languages", _value(each.languages), *_bleu_cells(each))
    return table


def _smaller_tests(against: Against, unit: str) -> Table:
    """Whether tests of fewer speakers rank the two models alike."""
    table = _table("smaller tests: do they rank the two models alike?", ())
    for name in ("hours", "Kendall's tau", "same order"):
        table.add_column(name, justify="right")
    for each in against.smaller_tests:
        figures = (f"{each.hours:.2f}", f"{each.kendall_tau:+.2f}", percent(each.same_order))
        table.add_row(f"{unit}s", f"{each.clusters:,}", *figures)
    return table


def _change_cells(change: Change) -> Iterable[str]:
    rates = (change.metric.upper(), *map(percent, change.then_and_now))
    return f"{change.rows:,}", *rates, _interval(change.low, change.high), change.conclusion


def _bleu_cells(change: TranslationChange) -> Iterable[str]:
    scores = (_figure(change.bleu_old), _figure(change.bleu_new))
    return (
        *(f"{change.rows:,}", "BLEU", *scores),
        *(_span(change.low, change.high, "+.1f"), change.conclusion),
    )


def _value(value: str | None) -> Text:
    return Text(printable("(none)" if value is None else value))


def _table(title: str, numbers: Sequence[str], last: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for name in ("by", "value"):
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    for name in last:
        table.add_column(name)
    return table
