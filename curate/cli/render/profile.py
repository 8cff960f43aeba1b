"""A profile as tables for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.artifacts.distributions import Metric
from curate.artifacts.profile import Agreement, ErrorRates, Profile
from curate.artifacts.profile_audio import Audio
from curate.cli.render.terminal import colour_of, number, plain_table
from curate.formatting.units import hours, percent, plural
from curate.terminal.command import printable

_LIST = re.compile(r"\[[^\[\]]*\]")
_VALUES = 2
"""Values shown of a longer list in a condition."""
_BARS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


def profile_tables(verbose: bool = False) -> Callable[[Profile], Sequence[RenderableType]]:
    """Hours per verdict, what each rule flagged, and how metrics are spread: those that a rule has
    a limit on and that differ between rows, or all of them.
    """
    return lambda profile: list(_tables(profile, verbose))


def _tables(profile: Profile, verbose: bool) -> Iterator[RenderableType]:
    total = profile.totals
    verdicts = plain_table(
        f"{plural(total.rows, 'row')}, {hours(total.hours)}", "verdict|rows|length|share|"
    )
    for entry in profile.verdicts:
        share = entry.rows / total.rows
        colour = colour_of(entry.verdict)
        verdicts.add_row(
            Text(entry.verdict, style=colour),
            f"{entry.rows:,}",
            hours(entry.hours),
            f"{share:.1%}",
            Text("\u2588" * round(share * 30), style=colour),
        )
    yield verdicts
    yield _rules(profile)
    if profile.audio:
        yield _audio_faults(profile.audio)
    if profile.agreement:
        yield _agreement(profile.agreement)
    shown = [each for each in profile.metrics if verbose or _varies_at_a_limit(each)]
    yield _metrics(shown)
    if hidden := len(profile.metrics) - len(shown):
        yield Text(f"{hidden} more metrics are on the page (--verbose lists them)", style="dim")


def _agreement(totals: Agreement) -> Table:
    """Errors over words and characters of the whole corpus, and by language where it has more."""
    steps = ", ".join(totals.normaliser.steps)
    table = plain_table(
        f"text against pred_text (normalised: {steps})",
        "language|rows|words|errors|WER|CER|WER raw|CER raw",
    )
    table.add_row(Text("all"), *_rates(totals))
    for entry in totals.languages if len(totals.languages) > 1 else ():
        table.add_row(Text(printable(entry.lang or "(none)")), *_rates(entry))
    return table


def _rates(rates: ErrorRates) -> Iterator[Text]:
    """Rows, words, errors, and the rates with the one to name in bold."""
    yield from (Text(f"{count:,}") for count in (rates.rows, rates.ref_words, rates.word_edits))
    for name, rate in (("wer", rates.wer), ("cer", rates.cer)):
        yield Text(percent(rate, 2, ""), style="bold" if name == rates.primary else "")
    yield from (Text(percent(rate, 2, "")) for rate in (rates.wer_raw, rates.cer_raw))


def _varies_at_a_limit(metric: Metric) -> bool:
    return bool(metric.thresholds) and metric.min != metric.max


def _audio_faults(audio: Audio) -> RenderableType:
    """What is wrong with audio files, by kind, each with an example record."""
    title = f"audio ({audio.depth}): {audio.analysed:,} of {plural(audio.rows, 'row')} analysed"
    if not audio.analysed:
        return Text(f"{title}: NOT CHECKED", style="yellow")
    if not audio.faults:
        return Text(f"{title}, no fault", style="yellow" if audio.unread else "green")
    table = plain_table(title, "fault|rows|length|example|why")
    for entry in audio.faults:
        table.add_row(
            Text(entry.fault, style=colour_of("bad")),
            f"{entry.rows:,}",
            hours(entry.hours),
            Text(printable(entry.example.id)),
            Text(printable(entry.example.why or "")),
        )
    return table


def _rules(profile: Profile) -> Table:
    table = plain_table("triggered rules", "rule|verdict|condition|rows|length|unique")
    for entry in profile.rules_hit:
        if entry.rows:
            table.add_row(
                Text(printable(entry.rule)),
                Text(entry.severity, style=colour_of(entry.severity)),
                Text(printable(brief(entry.condition))),
                f"{entry.rows:,}",
                hours(entry.hours),
                f"{entry.only_rows:,}",
            )
    for kind in profile.malformed:
        table.add_row(
            Text("(line)"),
            Text("malformed", style=colour_of("malformed")),
            Text(printable(kind.reason)),
            f"{kind.rows:,}",
            "",
            "",
        )
    return table


def brief(condition: str) -> str:
    """A condition with its lists of many values cut short.

    >>> brief("audio_fault in ['command', 'url', 'outside', 'missing'] and words > 0")
    "audio_fault in ['command', 'url', ... 2 more] and words > 0"
    """
    return _LIST.sub(_cut, condition)


def _cut(match: re.Match[str]) -> str:
    values = match[0][1:-1].split(", ")
    more = len(values) - _VALUES
    return match[0] if more < 2 else f"[{', '.join(values[:_VALUES])}, ... {more} more]"


def _metrics(metrics: Sequence[Metric]) -> Table:
    table = plain_table("metrics", "metric|unit||p01|median|p99|max|null")
    for metric in metrics:
        points = metric.quantiles
        values = [points["p01"], points["p50"], points["p99"], metric.max]
        table.add_row(
            Text(metric.name),
            Text(metric.unit, style="dim"),
            Text(sparkline(metric.histogram.rows), style="cyan"),
            *(number(value) for value in values),
            f"{metric.nulls:,}" if metric.nulls else "",
        )
    return table


def sparkline(counts: Sequence[int], width: int = 10) -> str:
    """A histogram from its first to its last bin that holds a row, in at most `width` characters.

    >>> sparkline([0, 1, 4, 8, 2, 0, 0])
    '\u2581\u2584\u2588\u2582'
    """
    used = [at for at, count in enumerate(counts) if count]
    if not used:
        return ""
    used_counts = counts[used[0] : used[-1] + 1]
    step = -(-len(used_counts) // width)
    bars = [sum(used_counts[at : at + step]) for at in range(0, len(used_counts), step)]
    top = max(bars)
    return "".join(_BARS[-(-(len(_BARS) - 1) * bar // top)] for bar in bars)
