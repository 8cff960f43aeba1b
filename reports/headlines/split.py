"""The headline of a split: its sizes and leaks, and what its eval and test cannot measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from curate.artifacts.leaks import Leak
from curate.artifacts.ledger import Ledger
from curate.artifacts.split import Measure, Split
from reports.format import count, hours, percent, plural, points, seconds
from reports.headlines.declare import Alert, Headline, ledger_alerts, line, made
from reports.headlines.notes import level_of
from reports.tables import natural

_WIDE = 0.01
"""Half a 95 % interval of an error rate from which on a split is small."""
_NAMED = 5
_PLURALS = {"lang": "languages", "duration_bin": "durations"}


def split_headline(split: Split, ledger: Ledger | None) -> Headline:
    """Sizes and leaks; alerts on leaks, on small splits and on what they lack of train."""
    spent = {output.name: output.hours for output in split.outputs}
    alerts = ledger_alerts(ledger)
    for leak in split.leaks:
        if leak.count:
            alerts.append(Alert("fault", f"{_leak(leak)}."))
    words = split.statement if split.leaks else "leaks were not checked"
    leaks = {_leak(leak) for leak in split.leaks}
    alerts += [Alert("warning", text) for text in _small(split)]
    alerts += [Alert("warning", text) for text in _absent(split)]
    for name, target in split.targets.items():
        if target.shrunk:
            requested, allowed = seconds(target.requested_s), seconds(target.target_s)
            alerts.append(
                Alert("warning", f"{name}: {requested} requested, the data allows {allowed}.")
            )
    alerts += [Alert(level_of(text), text) for text in split.warnings if text not in leaks]
    written = [name for name in ("train", *split.targets) if name in spent]
    sizes = Markup(", ").join(line("<b>{}</b> {}", hours(spent[name]), name) for name in written)
    sentence = sizes + line("; {}.", words)
    done = "The splits are as they were given" if split.given else "Targets reached"
    return made(sentence, alerts, f"{done}, {words}; the ledger balances.")


def _leak(leak: Leak) -> str:
    return f"{plural(leak.count, f'{leak.kind} leak')} between {' and '.join(leak.between)}"


def _small(split: Split) -> Iterator[str]:
    """A sentence for each split whose error rate is known to no better than a point."""
    for each in _of_all(split.measures):
        if each.half_width is None or each.half_width <= _WIDE or not each.rows:
            continue
        noun = "reference character" if each.metric == "cer" else "reference word"
        amount = plural(each.units, noun)
        if each.metric == "wer" and each.units != each.words:
            amount += ", characters where no spaces are written"
        least = "at least " if each.lower_bound else ""
        yield (
            f"{each.split} is small: {amount}; at "
            f"{percent(split.assumed.get(each.metric), 0)} {each.metric.upper()} the 95 % interval "
            f"is \u00b1 {least}{points(each.half_width)}."
        )


def _of_all(measures: Sequence[Measure]) -> list[Measure]:
    return [each for each in measures if each.by == "(all)"]


def _absent(split: Split) -> Iterator[str]:
    """A sentence for each split that has no row of some languages or durations of train."""
    for name in split.targets:
        lacking = [
            text for column in split.strata_columns if (text := _lacking(split, name, column))
        ]
        if lacking:
            yield f"{name} has no row of {' and of '.join(lacking)} that train has."


def _lacking(split: Split, name: str, column: str) -> str:
    """The values of a column that train has and a split lacks; empty where it lacks all or none."""
    values = dict.fromkeys(item.stratum[column] for item in split.strata if item.train_s > 0)
    present = {
        item.stratum[column]
        for item in split.strata
        if (part := item.splits.get(name)) and part.rows
    }
    lacking = sorted((value for value in values if value not in present), key=natural)
    if not lacking or not present:
        return ""
    names = ["no value" if value is None else str(value) for value in lacking[:_NAMED]]
    more = [f"{count(len(lacking) - _NAMED)} more"] if len(lacking) > _NAMED else []
    noun = _PLURALS.get(column, f"values of {column}")
    return f"{count(len(lacking))} of {count(len(values))} {noun} ({', '.join([*names, *more])})"
