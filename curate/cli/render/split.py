"""A split's certificate as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.artifacts.split import Measure, Split, Target, VoiceSimilarity
from curate.cli.render.terminal import leak_lines, plain_table
from curate.formatting.units import hours
from curate.formatting.values import labelled
from curate.terminal.command import printable

_SHOWN = 12
_EFFECTIVE = "effective (Kish)"


def split_tables(split: Split) -> Sequence[RenderableType]:
    """What each output got, how near the targets were met, what they measure, and the leaks."""
    held = split.held_out
    allowed = "" if held.most is None else f", {held.most:.0%} allowed"
    share = f"{held.share:.2%} of the hours held out{allowed}"
    outputs = plain_table(f"split ({share})", "output|rows|length")
    for entry in split.outputs:
        outputs.add_row(entry.name, f"{entry.rows:,}", hours(entry.hours))
    targets = _targets(split) if split.given is None else _given(split)
    leaks = leak_lines(split.leaks, split.coverage, split.statement, split.proposals)
    return [outputs, targets, *_measures(split), *leaks, *_similarity(split)]


def _similarity(split: Split) -> Iterator[Text]:
    """How much of the similarity of texts, and of voices, is between splits."""
    if split.text_similarity:
        share, random = split.text_similarity.between_splits, split.text_similarity.of_random_split
        line = (
            f"similarity of texts between splits: {share:.1%} of all (random split: {random:.1%})"
        )
        yield Text(line, style="dim")
    yield Text(_voices(split.voice_similarity), style="dim")


def _voices(voices: VoiceSimilarity | None) -> str:
    if voices is None:
        return "similarity of voices between splits: not measured (no embeddings of train voices)"
    share = "none" if voices.between_splits is None else f"{voices.between_splits:.1%} of all"
    near = ", ".join(
        f"{part:.1%} of {voices.compared[name]:,} {name} records (random split: "
        f"{voices.near_of_random_split[name]:.1%})"
        for name, part in voices.near.items()
    )
    return (
        f"similarity of voices between splits: {share} (random split: "
        f"{voices.of_random_split:.1%}); a voice of train within cosine {voices.cosine:g}: "
        f"{near or 'not measured'}"
    )


_LOST = ("held out", "rejected", "untranscribed", "skipped", "malformed")
_LOST_AS = {"held out": ("borderline", "unknown"), "rejected": ("bad",)}


def _given(split: Split) -> Table:
    """What each given split was given, what is in it, and where the rest is."""
    table = plain_table(
        "given splits", "|".join(["split", "given", "in it", *_LOST, "groups", _EFFECTIVE])
    )
    for name, given in (split.given or {}).items():
        lost = [sum(given.lost.get(v, 0) for v in _LOST_AS.get(to, (to,))) for to in _LOST]
        target = split.targets.get(name)
        groups = ("-", "-") if target is None else (_groups(target), _effective(target))
        counts = (f"{count:,}" for count in (given.given_rows, given.rows, *lost))
        table.add_row(f"{name} (whole)" if given.whole else name, *counts, *groups)
    return table


def _targets(split: Split) -> Table:
    table = plain_table("targets", f"split|requested|target|achieved|groups|{_EFFECTIVE}")
    for name, target in split.targets.items():
        sizes = (target.requested_s, target.target_s, target.achieved_s)
        amounts = (hours(seconds / 3600) for seconds in sizes)
        table.add_row(name, *amounts, _groups(target), _effective(target))
    return table


def _groups(part: Target | Measure) -> str:
    """Rows of which nobody knows who speaks are groups of their own, and may be any number."""
    if part.known_rows == part.rows:
        return f"{part.groups:,}"
    return f"at most {part.groups:,}" if part.known_rows else "unknown"


def _effective(target: Target) -> str:
    if not target.rows:
        return "-"
    if target.effective_groups is not None:
        return f"{target.effective_groups:,.0f}"
    at_most = target.effective_groups_at_most
    return "unknown" if at_most is None else f"at most {at_most:,.0f}"


def _measures(split: Split) -> Iterator[RenderableType]:
    """What each split can measure, as a whole and by the first strata column: WER, or CER where
    most rows are in scripts that write no spaces between words.
    """
    wer = split.assumed["wer"]
    table = plain_table(
        f"95 % CI at WER (CER) {wer:.0%}, and minimum detectable difference (80 % power)",
        "split|of|rate|over|groups|interval|detects",
    )
    first = split.strata_columns[0]
    candidates = [each for each in split.measures if each.by in ("(all)", first)]
    listed = [each for each in candidates if each.by == "(all)" or each.measurable]
    for each in listed[: _SHOWN * len(split.targets)]:
        of = "all" if each.by == "(all)" else labelled(first, each.value)
        unit = "characters" if each.metric == "cer" else "words"
        counts = [f"{each.units:,} {unit}", _groups(each)]
        table.add_row(each.split, Text(printable(of)), each.metric.upper(), *counts, *_widths(each))
    yield table
    for name in split.targets:
        values = [each for each in candidates if each.split == name and each.by == first]
        small = [labelled(first, each.value) for each in values if not each.measurable]
        if small and len(values) > 1:  # else it is all rows, whose line is in the table
            more = f" and {len(small) - _SHOWN} more" if len(small) > _SHOWN else ""
            what = f"{name} is too small to measure {', '.join(small[:_SHOWN])}{more} separately"
            yield Text(printable(what), style="dim")


def _widths(measure: Measure) -> tuple[str, str]:
    """The interval and the minimum detectable difference."""
    half, least = measure.half_width, measure.smallest_difference
    if not measure.measurable or half is None or least is None:
        return "not measurable", "-"
    bound = "at least " if measure.lower_bound else ""
    return f"{bound}\u00b1{half:.1%}", f"{bound}{least:.1%}"
