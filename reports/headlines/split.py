"""The headline of a split: whether its eval and test can measure a model, its sizes, its leaks."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.leaks import Leak
from curate.artifacts.ledger import Ledger
from curate.artifacts.split import Measure, Split
from reports.format import hours, percent, plural, points, seconds
from reports.headlines.coverage import missing, unmeasured
from reports.headlines.declare import Alert, Headline, ledger_alerts, line, made
from reports.headlines.notes import level_of
from reports.headlines.sentences import as_sentence

_WIDE = 0.01
"""Half a 95 % interval of an error rate from which on a split is small."""
_TOO_WIDE = 0.02
"""Half an interval from which on a split is too small to compare models by."""
_SPARED = 0.3
"""Share of a corpus that eval and test may take at most, for the advice to enlarge them."""


def split_headline(split: Split, ledger: Ledger | None) -> Headline:
    """Whether eval and test are large enough, sizes and leaks; alerts on leaks, on what of train no
    other split measures, and on small splits.
    """
    spent = {output.name: output.hours for output in split.outputs}
    alerts = ledger_alerts(ledger)
    for leak in split.leaks:
        if leak.count:
            alerts.append(Alert("fault", f"{_leak(leak)}."))
    words = split.statement if split.leaks else "leaks were not checked"
    leaks = {_leak(leak) for leak in split.leaks}
    warnings = [*unmeasured(split), *_small(split), *missing(split), *_shrunk(split)]
    alerts += [Alert("warning", text) for text in warnings]
    alerts += [
        Alert(level_of(text), as_sentence(text)) for text in split.warnings if text not in leaks
    ]
    written = [name for name in ("train", *split.targets) if name in spent]
    sizes = Markup(", ").join(line("<b>{}</b> {}", hours(spent[name]), name) for name in written)
    sentence = _too_small(split) + sizes + line("; {}.", words)
    done = "The splits are as they were given" if split.given else "Targets reached"
    calm = f"{done}, {words}; the ledger balances."
    return made(sentence, alerts, calm, _next_step(split, spent))


def _leak(leak: Leak) -> str:
    return f"{plural(leak.count, f'{leak.kind} leak')} between {' and '.join(leak.between)}"


def _shrunk(split: Split) -> list[str]:
    return [
        f"{name.capitalize()}: {seconds(target.requested_s)} requested, the data allows "
        f"{seconds(target.target_s)}."
        for name, target in split.targets.items()
        if target.shrunk
    ]


def _wider(split: Split, limit: float) -> list[Measure]:
    """The splits whose error rate is known to no better than the limit."""
    wholes = [each for each in split.measures if each.by == "(all)" and each.rows]
    return [each for each in wholes if each.half_width is not None and each.half_width > limit]


def _too_small(split: Split) -> Markup:
    """That splits are too small to measure a model, with their intervals; empty where none is."""
    small = _wider(split, _TOO_WIDE)
    if not small:
        return Markup("")
    names, widths, metric = _names(small), _widths(small), small[0].metric
    rate = f"{metric.upper()} {percent(split.assumed.get(metric), 0)}"
    verb = "is" if len(small) == 1 else "are"
    text = "{} {} <b>too small</b> to compare models: {} is known to {}. "
    return line(text, names, verb, rate, widths)


def _small(split: Split) -> list[str]:
    """One sentence on the splits whose error rate is known to no better than a point."""
    small = _wider(split, _WIDE)
    if not small:
        return []
    noun = "reference characters" if small[0].metric == "cer" else "reference words"
    amounts = " and ".join(f"{each.units:,}" for each in small)
    if any(each.metric == "wer" and each.units != each.words for each in small):
        noun += ", each character counted where a language is written without spaces"
    rate = f"{percent(split.assumed.get(small[0].metric), 0)} {small[0].metric.upper()}"
    verb, intervals = ("is", "interval is") if len(small) == 1 else ("are", "intervals are")
    return [
        f"{_names(small)} {verb} small: {amounts} {noun}; at {rate} the 95 % {intervals} "
        f"{_widths(small)}."
    ]


def _names(measures: list[Measure]) -> str:
    return as_sentence(" and ".join(each.split for each in measures), end="")


def _widths(measures: list[Measure]) -> str:
    """Half-widths, as in "± 4.7 and ± 4.2 points"."""
    widths = [
        f"\u00b1\u00a0{'at least ' if each.lower_bound else ''}{points(each.half_width)}"
        for each in measures
    ]
    before = [width.removesuffix(" points") for width in widths[:-1]]
    return " and ".join([*before, widths[-1].replace(" points", "\u00a0points")])


def _next_step(split: Split, spent: dict[str, float]) -> Markup | None:
    """What to do next; None where a leak is to be removed first."""
    if any(leak.count for leak in split.leaks):
        return None
    shard = line("<b>Next:</b> write the shards: <code>curate shard SPLIT --out shards</code>")
    small = _wider(split, _TOO_WIDE)
    if not small:
        return shard
    needed = {each.split: each.s * ((each.half_width or 0.0) / _TOO_WIDE) ** 2 for each in small}
    usable = sum(spent.get(name, 0.0) for name in ("train", *split.targets))
    sizes = " and ".join(f"{seconds(s)} of {name}" for name, s in needed.items())
    text = f"\u00b1\u00a0{points(_TOO_WIDE)} take about {sizes}"
    if split.given or sum(needed.values()) > _SPARED * 3600 * usable:
        more = (
            "<b>Next:</b> {}, more than this corpus can spare: measure with another test set too."
        )
        return line(more, text)
    options = " ".join(f"--{name} {_minutes(s)}" for name, s in needed.items())
    command = "<b>Next:</b> {}: <code>curate split PROFILE --out SPLIT {}</code>"
    return line(command, text, options)


def _minutes(s: float) -> str:
    return f"{max(1, round(s / 60 + 0.5))}m"
