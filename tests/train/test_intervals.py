"""Intervals cover what they promise, pairs are compared as pairs, hallucinations are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.statistics.bootstrap import DRAWS, Bootstrap, Clusters, interval, p_value, ratio
from tests.train.evaluated import results
from train.data.rows import Row
from train.evaluate import EvalRequest
from train.scoring.against import compare, passes_guardrail
from train.scoring.clusters import clusters_of
from train.scoring.edits import count_edits
from train.scoring.hallucinations import KINDS, count_hallucinations, kinds_of
from train.scoring.scoring import Scored


def scored_row(text: str, hypothesis: str, line: int = 1, **fields: Any) -> Scored:
    whole = {"audio_filepath": f"{line}.wav", "duration": 3.0, "text": text, "lang": "en"} | fields
    row = Row(Path("m.jsonl"), line, json.dumps(whole), whole)
    return Scored(row, hypothesis, count_edits(text, hypothesis, row.language))


def holds(low: float | None, rate: float | None, high: float | None) -> bool:
    """Whether the interval holds the rate; all three are known."""
    assert low is not None
    assert rate is not None
    assert high is not None
    return low <= rate <= high


# --- edits by language ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "reference", "hypothesis", "wer"),
    [
        ("zh", "今天天气很好", "今天天气不好", 1 / 6),  # characters, where nobody writes spaces
        ("th", "สวัสดี", "สวัสดี", 0.0),
        ("tr", "ILIK SU", "ılık su", 0.0),  # the small letter of I has no dot in Turkish
        ("en", "ILIK SU", "ılık su", 0.5),
        ("de", "Straße", "strasse", 0.0),
    ],
)
def test_edits_know_the_language(lang: str, reference: str, hypothesis: str, wer: float) -> None:
    assert count_edits(reference, hypothesis, lang).wer == pytest.approx(wer, abs=1e-6)


TEXT = st.lists(st.sampled_from(["a", "bb", "c", "da"]), min_size=1, max_size=8).map(" ".join)


@given(TEXT, TEXT)
def test_edits_are_those_of_jiwer(reference: str, hypothesis: str) -> None:
    edits = count_edits(reference, hypothesis)
    assert edits.wer == pytest.approx(jiwer.wer(reference, hypothesis), abs=1e-6)
    assert edits.cer == pytest.approx(jiwer.cer(reference, hypothesis), abs=1e-6)


# --- intervals -----------------------------------------------------------------------------------


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Where speakers differ, theirs covers the true rate, and that of single rows does not."""
    random = np.random.RandomState(3)
    speakers, per, covered, naive = 40, 25, 0, 0
    of_row = np.repeat(np.arange(speakers), per)
    words, tries = np.full(speakers * per, 10.0), 60
    for attempt in range(tries):
        rate = np.clip(random.normal(0.2, 0.08, speakers), 0.0, 1.0)
        errors = random.binomial(10, rate[of_row]).astype(float)
        everything = [np.arange(of_row.size)]
        for unit, clusters in (("speaker", of_row), ("row", np.arange(of_row.size))):
            sums = Bootstrap(Clusters(unit, clusters), attempt).sums(everything, errors, words)
            bounds = interval(ratio(*sums)[0])
            assert bounds is not None
            holds = bounds.low <= 0.2 <= bounds.high
            covered, naive = (
                covered + (holds and unit == "speaker"),
                naive + (holds and unit == "row"),
            )
    assert covered >= 0.85 * tries
    assert naive < 0.8 * tries


def test_sums_are_those_of_the_drawn_clusters() -> None:
    of_row = np.array([0, 0, 1, 2, 2, 2])
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    parts = [np.arange(6), np.array([0, 2]), np.zeros(0, np.int64)]
    (sums,) = Bootstrap(Clusters("speaker", of_row)).sums(parts, values)
    assert sums.shape == (3, DRAWS)
    random = np.random.RandomState(0)
    for draw in range(60):  # the second block of draws is reached
        times = np.bincount(random.randint(0, 3, 3), minlength=3)
        assert sums[0, draw] == (times * [3, 4, 56]).sum()
        assert sums[1, draw] == (times * [1, 4, 0]).sum()
    assert not sums[2].any()


@pytest.mark.parametrize(
    ("fields", "unit", "count"),
    [
        ([{"speaker": f"s{n % 6}"} for n in range(12)], "speaker", 6),
        ([{"speaker": n % 2} for n in range(12)], "recording", 12),  # two speakers say nothing
        ([{"audio_filepath": f"{n % 5}.wav", "offset": n} for n in range(10)], "recording", 5),
        ([{"audio_filepath": "one.wav", "offset": n} for n in range(10)], "utterance", 10),
        ([{"speaker": "a"}] + [{} for _ in range(7)], "speaker", 8),  # the rest by recording
        ([{"speaker": "unknown"} for _ in range(8)], "recording", 8),  # nobody, not one person
        (
            [{"speaker": ["N/A", "s1"][n % 2]} for n in range(12)],
            "speaker",
            7,
        ),  # six rows of nobody
        (
            [{"speaker": ["8", "8.0", " 8"][n % 3]} for n in range(12)],
            "recording",
            12,
        ),  # one person
        ([{"client_id": f"c{n % 6}"} for n in range(12)], "speaker", 6),
    ],
)
def test_what_is_drawn(fields: list[dict[str, Any]], unit: str, count: int) -> None:
    rows = [scored_row("a", "a", at, **each).row for at, each in enumerate(fields)]
    clusters = clusters_of(rows)
    assert (clusters.unit, clusters.count) == (unit, count)


def test_too_few_clusters_give_no_interval() -> None:
    scored = [
        scored_row("a b", "a", n, speaker=f"s{n % 6}", lang="de" if n % 6 else "en")
        for n in range(18)
    ]
    content = results(scored)
    by = {entry.value: entry for entry in content.by["lang"]}
    assert (by["de"].clusters, by["en"].clusters) == (5, 1)
    assert (by["de"].wer_low, by["de"].wer_high) == (0.5, 0.5)
    assert by["en"].wer_low is None
    assert content.interval.unit == "speaker"


def test_macro_and_weighted_rates() -> None:
    long = [
        scored_row("a b c d", "a b c d", n, lang="de", _curate={"weight": 9.0}) for n in range(9)
    ]
    short = [scored_row("a b", "x b", 90 + n, lang="en", _curate={"weight": 1.0}) for n in range(6)]
    content = results([*long, *short])
    assert content.overall.wer == pytest.approx(6 / 48)
    assert content.macro.strata == 2
    assert content.macro.wer == pytest.approx(0.25)
    assert content.weighted is not None
    assert content.weighted.wer == pytest.approx(6 / (9 * 36 + 12), abs=1e-6)
    assert holds(content.weighted.wer_low, content.weighted.wer, content.weighted.wer_high)
    assert results(short[:0]).macro.wer is None


# --- comparison ----------------------------------------------------------------------------------


def both(new_errs: int, old_errs: int, rows: int = 60) -> tuple[list[Scored], list[Scored]]:
    """So many of the rows have one wrong word of four; the rest have none."""

    def some(errs: int) -> list[Scored]:
        texts = ("a b c x" if n % rows < errs else "a b c d" for n in range(rows))
        return [scored_row("a b c d", text, n, speaker=f"s{n}") for n, text in enumerate(texts)]

    return some(new_errs), some(old_errs)


@pytest.mark.parametrize(
    ("new", "old", "says"),
    [
        (0, 30, "better"),
        (30, 0, "worse"),
        (20, 20, "no measurable difference"),
        (21, 20, "no measurable difference"),
    ],
)
def test_pairs(new: int, old: int, says: str) -> None:
    comparison = compare(*both(new, old), "old.nemo")
    whole = comparison.overall
    assert whole.conclusion == says
    assert whole.difference == pytest.approx((new - old) / 240, abs=1e-6)
    assert whole.p is not None
    assert (whole.p < 0.05) == (says in {"better", "worse"})


def test_only_what_both_models_heard_is_compared() -> None:
    new, old = both(10, 10)
    comparison = compare(new, old[:40], "old")
    assert (comparison.missing, comparison.overall.rows) == (20, 40)
    changed = [Scored(new[0].row, None, None, "gone"), *new[1:]]
    assert compare(changed, old, "old").missing == 0


@pytest.mark.parametrize(
    ("difference", "low", "passed"),
    [
        (0.005, 0.001, True),  # a rise, within the limit
        (0.02, 0.005, False),
        (0.02, -0.001, True),  # this data cannot tell
        (0.02, None, False),  # no interval: better safe
        (None, None, True),
        (-0.3, -0.4, True),
    ],
)
def test_the_gate_of_forgetting(difference: float | None, low: float | None, passed: bool) -> None:
    assert passes_guardrail(0.01, difference, low) is passed


def test_the_guardrail_counts_by_itself() -> None:
    new, old = both(30, 0)
    comparison = compare(new, old, "old", {"m.jsonl": 0.01})
    assert comparison.guardrail is not None
    assert not comparison.guardrail.passed
    assert comparison.overall.rows == 0
    assert comparison.guardrail.rows == 60


def test_a_guardrail_needs_a_model_to_compare_with() -> None:
    with pytest.raises(ConfigError, match="--against"):
        EvalRequest("m", [], Path("out"), guardrail=[Path("general.jsonl")]).check()


def test_chance_is_never_certain() -> None:
    assert p_value(np.full(DRAWS, -1.0)) == pytest.approx(2 / (DRAWS + 1), abs=1e-4)
    assert p_value(np.zeros(DRAWS)) == 1.0
    assert p_value(np.zeros(0)) is None


# --- hallucinations ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "hypothesis", "kinds"),
    [
        ("so it was", "so it was it was it was it was it was", ["loop"]),
        ("no no no no no", "no no no no no", []),  # said, and heard
        ("yes", "well I think that this is one of the best ways there are", ["runaway"]),
        ("so", "so so so so so so so so so so", ["loop", "runaway"]),
        ("", "thank you", ["from_nothing"]),
        ("", "", []),
        ("a b c d", "", []),
    ],
)
def test_kinds_of_hallucinations(reference: str, hypothesis: str, kinds: list[str]) -> None:
    assert kinds_of(scored_row(reference, hypothesis)) == kinds


def test_hallucinations_are_counted_and_listed() -> None:
    scored = [
        scored_row("", "thank you"),
        scored_row("so", "so so so so so so"),
        scored_row("a", "a"),
    ]
    hallucinated = count_hallucinations([*scored, Scored(scored[0].row, None, None, "gone")])
    assert hallucinated.rows == 2
    assert [kind.kind for kind in hallucinated.kinds] == list(KINDS)
    assert {kind.kind: kind.rows for kind in hallucinated.kinds}["from_nothing"] == 1
    assert [example.hypothesis for example in hallucinated.examples] == [
        "so so so so so so",
        "thank you",
    ]


# --- scripts without spaces ----------------------------------------------------------------------


def chinese(errors: int, rows: int = 40, english: int = 20) -> list[Scored]:
    """Rows of ten characters of which so many are wrong, and English rows without an error."""
    text, hypothesis = "今天天气很好我们出去", "今天天气很好我们出去"[: 10 - errors] + "来" * errors
    return [
        *(scored_row(text, hypothesis, at, lang="zh", speaker=f"z{at % 8}") for at in range(rows)),
        *(
            scored_row("all well", "all well", 99 + at, speaker=f"e{at % 8}")
            for at in range(english)
        ),
    ]


def test_cer_is_named_where_no_spaces_are_written() -> None:
    content = results(chinese(1))
    by = {each.value: each for each in content.by["lang"]}
    assert (by["zh"].primary, by["en"].primary) == ("cer", "wer")
    assert by["zh"].cer == pytest.approx(0.1)
    assert holds(by["zh"].cer_low, by["zh"].cer, by["zh"].cer_high)
    assert by["en"].cer_low is None, "intervals are of the rate to name"
    assert by["en"].wer_low == 0.0
    assert content.overall.primary == "cer"  # most rows are Chinese


def test_comparisons_and_gates_go_by_the_named_rate() -> None:
    new, old = chinese(2, english=0), chinese(0, english=0)
    comparison = compare(new, old, "old", {"m.jsonl": 0.01})
    assert comparison.guardrail is not None
    assert not comparison.guardrail.passed
    assert comparison.guardrail.metric == "cer"
    rail = comparison.guardrail
    assert (rail.metric, rail.cer_old, rail.cer_new) == ("cer", 0.0, 0.2)
    assert rail.difference == pytest.approx(0.2)
