"""METRICS: every measure of a record, one declared row each in the module of its kind."""

from __future__ import annotations

from collections.abc import Collection

from curate.artifacts.columns import DESCRIBED_BY
from curate.metrics.agreement import AGREEMENT
from curate.metrics.audio import AUDIO
from curate.metrics.consensus import CONSENSUS
from curate.metrics.declare import Group, Metric
from curate.metrics.opt_in import OPT_IN_TEXT
from curate.metrics.scores import SCORES, WORDS
from curate.metrics.text import TEXT
from curate.metrics.voices import VOICES
from curate.metrics.whole_input import WHOLE_INPUT

__all__ = [
    "BY_NAME",
    "GROUPS",
    "METRICS",
    "OPT_IN",
    "chosen",
    "groups_of",
    "with_needs",
]

GROUPS: tuple[Group, ...] = (
    Group("agreement", "How the text agrees with `pred_text`, where a row has one.", opt_in=False),
    Group(
        "consensus",
        "How a second recogniser (`pred_text_2`) agrees with the text and with `pred_text`.",
        opt_in=False,
    ),
    Group(
        "words",
        "Times and probabilities of a recogniser's words, where a row has them.",
        opt_in=False,
    ),
    Group(
        "scores",
        "What a model says of the record, where `train score` has written it.",
        opt_in=False,
    ),
    Group(
        "voices",
        "How the voice compares with those of the speakers, where `train voices` has written it.",
        opt_in=False,
    ),
    Group(
        "translation",
        "How the source and target of a translation compare, where both are known.",
        False,
    ),
    Group("compression", "How far the text can be compressed; ten times the work of all else."),
    Group("ngrams", "How much of the text its most repeated phrases cover."),
    Group("tokens", "What a model's tokenizer makes of the text; needs --tokenizer."),
    Group("lid", "Which language the text reads as: half a millisecond a row; extra [lid]."),
    Group(
        "duplicates", "How often a text or a segment occurs in the input; a second pass over it."
    ),
    Group("near_duplicates", "How many near-duplicates of a text the input has; extra [near]."),
    Group("audio", "Properties from each audio file's header, compared with the record's."),
    Group("signal", "What the decoded samples show.", needs=("audio",)),
    Group(
        "vad",
        "Voice activity (VAD); extra [vad].",
        needs=("audio", "signal"),
    ),
)
"""Metrics beside those that are measured always."""

METRICS: tuple[Metric, ...] = (
    *TEXT, *AGREEMENT, *CONSENSUS, *WORDS, *SCORES, *VOICES, *OPT_IN_TEXT, *WHOLE_INPUT, *AUDIO,
)  # fmt: skip
"""Every metric, in the order of the columns of records.parquet."""

BY_NAME = {metric.name: metric for metric in METRICS}
assert len(BY_NAME) == len(METRICS), "metric names are unique"

OPT_IN = frozenset(group.name for group in GROUPS if group.opt_in)
assert {metric.group for metric in METRICS} == {"", *(group.name for group in GROUPS)}


def chosen(groups: Collection[str] = ()) -> tuple[Metric, ...]:
    """The metrics that are measured where these opt-in groups are requested, in METRICS' order."""
    return tuple(m for m in METRICS if m.group not in OPT_IN or m.group in groups)


def groups_of(names: Collection[str]) -> frozenset[str]:
    """The opt-in groups that metrics and columns of these names belong to, with what those need;
    others are passed over.

    >>> sorted(groups_of(["text_duplicates", "words", "detected_lang", "snr_db"]))
    ['audio', 'duplicates', 'lid', 'signal']
    """
    metrics = {BY_NAME[name].group for name in names if name in BY_NAME}
    beside = {
        group
        for group, columns in DESCRIBED_BY.items()
        if any(column.name in names for column in columns)
    }
    return with_needs(OPT_IN & (metrics | beside))


def with_needs(names: Collection[str]) -> frozenset[str]:
    """The groups, and those that they cannot be measured without."""
    needs = {group.name: group.needs for group in GROUPS}
    return frozenset(names).union(*(needs[name] for name in names))
