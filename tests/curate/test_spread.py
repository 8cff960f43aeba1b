"""Histograms and quantiles of every metric against plain counting."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.columns import DURATION_US, TAGS, VERDICT
from curate.metrics import BY_NAME, METRICS
from curate.metrics.declare import Metric
from curate.profiles.statistics.counts import Counted
from curate.profiles.statistics.histogram import Cut, Histogram, cuts_of, histogram
from curate.profiles.statistics.quantiles import Spread, measure_spreads
from curate.profiles.statistics.tally import Tally
from curate.rules.evaluate import tag_batch
from curate.rules.file import RuleSet, load_rules

SHARES = (0.01, 0.25, 0.5, 0.99)


def values_of(metric: Metric) -> list[float | None]:
    """Values on, between and beyond the edges of a metric's histogram, and no value."""
    rng = np.random.default_rng(len(metric.name))
    reach = metric.high - metric.low
    beyond = rng.uniform(metric.low - reach / 3, metric.high + reach / 3, 300).tolist()
    edges = np.linspace(metric.low, metric.high, metric.bins + 1).tolist()
    candidates = [*beyond, *edges, *edges]
    whole = metric.dtype.is_integer()
    # Metrics count or measure; those that may be negative have a histogram that is.
    clamped = [max(0.0, value) if metric.low >= 0 else value for value in candidates]
    if metric.unit == "0 or 1":
        clamped = [min(1.0, value) for value in clamped]
    return [*(float(round(value)) if whole else value for value in clamped), None]


def measured(metric: Metric, values: Sequence[float | None], tmp_path: Path) -> Spread:
    """The spread of a metric with these values, each of a second of audio."""
    path = tmp_path / "records.parquet"
    pl.DataFrame({
        metric.name: pl.Series(values, dtype=pl.Float64).cast(metric.dtype),
        DURATION_US.name: pl.Series([1_000_000] * len(values), dtype=pl.Int64),
    }).write_parquet(path)  # fmt: skip
    return measure_spreads(path, [metric], SHARES)[0][metric.name]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_counted_where_it_lies(metric: Metric, tmp_path: Path) -> None:
    values = values_of(metric)
    spread = measured(metric, values, tmp_path)
    bins = spread.histogram
    known = sorted(value for value in values if value is not None)
    assert spread.rows == len(known)
    assert bins.below == sum(value < metric.low for value in known)
    assert bins.above == sum(value > metric.high for value in known)
    inside = [value for value in known if metric.low <= value <= metric.high]
    assert list(bins.rows) == np.histogram(np.round(inside, 9), bins.edges)[0].tolist()
    assert list(bins.us) == [1_000_000 * rows for rows in bins.rows]
    assert [spread.least, spread.greatest] == [known[0], known[-1]]
    nearest = [known[max(1, math.ceil(share * len(known))) - 1] for share in SHARES]
    assert list(spread.quantiles) == nearest


@pytest.mark.parametrize(
    ("name", "values", "edges", "rows"),
    [
        ("offset_fault", [0, 0, 1], [-0.5, 0.5, 1.5], [2, 1]),  # two bars, centred on 0 and 1
        ("hallucination", [0, 0, 0], [-0.5, 0.5, 1.5], [3, 0]),  # both, though one is empty
        ("repetitions", [1, 2, 2, 4], [0.5, 1.5, 2.5, 3.5, 4.5], [1, 2, 0, 1]),
        ("loop_share", [1.0], [0.9996875, 1.0], [1]),  # the end of a share is a part of it
        ("chars", [0, 9, 10, 600], [-0.5, 9.5, 19.5], [2, 1]),  # ten numbers share a bin
        ("edge_cer", [0.5], [0.5, 0.50078125], [1]),  # all in one place: as narrow as bins get
    ],
)
def test_bins_suit_the_values(
    name: str, values: list[float], edges: list[float], rows: list[int], tmp_path: Path
) -> None:
    bins = measured(BY_NAME[name], values, tmp_path).histogram
    assert (list(bins.edges[: len(edges)]), list(bins.rows[: len(rows)])) == (edges, rows)
    assert sum(bins.rows) == len(values)
    assert bins.above == bins.below == 0


RULES = """
schema: curate.rules/1
name: limits
rules:
  - {id: fast, metric: char_rate, bad: "> 21.3", eval: "< 3"}
  - {id: fast_de, metric: char_rate, eval: ">= 20", where: {lang: [de]}}
  - {id: long_word, metric: word_len, bad: ">= 15"}
  - {id: long_text, metric: chars, eval: "> 123"}
  - {id: loops, metric: loop_share, bad: ">= 0.33", eval: "> 0"}
"""
ENDS = {"char_rate": {3, 20, 21.3}, "word_len": {14.5}, "chars": {123.5}, "loop_share": {0.33}}
RATE = (
    st.none()
    | st.integers(0, 45_000).map(lambda n: n / 1000)
    | st.sampled_from([3.0, 20.0, 21.3, 40.0, 2.9999999])
)
SHARE = st.none() | st.integers(0, 1000).map(lambda n: n / 1000) | st.sampled_from([0.0, 0.33, 1.0])
ROW = st.tuples(
    st.sampled_from(["de", "en", None]), RATE, st.integers(0, 50), st.integers(0, 700), SHARE
)
COLUMNS = {
    "malformed": pl.String(), "lang": pl.String(), "char_rate": pl.Float64(),
    "word_len": pl.Int32(), "chars": pl.Int32(), "loop_share": pl.Float64(),
}  # fmt: skip


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("rules") / "limits.yaml"
    path.write_text(RULES)
    return load_rules(path)


def expected_hits(frame: pl.DataFrame, rules: RuleSet, name: str) -> list[str]:
    """Of each row the worst verdict that a rule on the metric gave it; empty without one."""
    own = [rule.id for rule in rules.rules if rule.metric == name]
    given = [[tag for tag in tags if tag.partition(":")[2] in own] for tags in frame["tags"]]
    worst = ("bad", "unknown", "borderline")
    return [next((v for v in worst if any(t.startswith(v) for t in those)), "") for those in given]


def binned(bins: Histogram, values: Sequence[float]) -> list[int]:
    """Rows per bin: a bin holds its lower edge, save where that is a limit not to be exceeded."""
    rows = [0] * (len(bins.edges) - 1)
    for value in values:
        at = bisect_right(bins.edges, value) - 1
        rows[min(max(at - (value == 21.3), 0), len(rows) - 1)] += 1
    return rows


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=30), cut=st.integers(0, 30))
def test_bins_end_at_limits_and_hold_what_rules_gave(
    rows: list[tuple[object, ...]], cut: int, limits: RuleSet
) -> None:
    plain = pl.DataFrame([(None, *row) for row in rows], COLUMNS, orient="row")
    frame = tag_batch(plain, limits).with_columns(pl.lit(1, pl.Int64).alias(DURATION_US.name))
    metrics = [BY_NAME[name] for name in ENDS]
    one, two = Counted.of(metrics, limits), Counted.of(metrics, limits)
    one.add(frame[:cut])
    two.add(frame[cut:])
    one.merge(two)
    for metric in metrics:
        bins = histogram(metric, one.tallies[metric.name], cuts_of(limits)[metric.name])
        within = [end for end in ENDS[metric.name] if bins.edges and bins.edges[0] < end]
        assert {end for end in within if end < bins.edges[-1]} <= set(bins.edges)
        worst, values = expected_hits(frame, limits, metric.name), frame[metric.name].to_list()
        assert {hit.verdict for hit in bins.hits} == {each for each in worst if each}
        for hit in bins.hits:
            those = [v for v, given in zip(values, worst, strict=True) if given == hit.verdict]
            known = [value for value in those if value is not None]
            assert hit.null == len(those) - len(known)
            assert hit.above == sum(value > metric.high for value in known)
            assert list(hit.rows) == binned(bins, [v for v in known if v <= metric.high])


def test_rows_that_a_person_calls_clean_have_no_colour(limits: RuleSet) -> None:
    rows = [(None, "en", 40.0, 1, 1, 0.0), (None, "en", 39.0, 1, 1, 0.0)]
    frame = tag_batch(pl.DataFrame(rows, COLUMNS, orient="row"), limits)
    overridden = frame.with_columns(
        pl.Series(VERDICT.name, ["clean", "bad"], VERDICT.dtype),
        pl.Series(TAGS.name, [["bad:fast", "override:keep"], ["bad:fast"]]),
        pl.lit(1, pl.Int64).alias(DURATION_US.name),
    )
    counted = Counted.of([BY_NAME["char_rate"]], limits)
    counted.add(overridden)
    bins = histogram(BY_NAME["char_rate"], counted.tallies["char_rate"])
    assert [(hit.verdict, sum(hit.rows)) for hit in bins.hits] == [("bad", 1)]


def _bins_of(metric: str, values: list[float], tallied: list[Cut], shown: list[Cut]) -> list[int]:
    """Rows between the edges 0.3, 1 and 30 of a histogram."""
    tally = Tally.of(BY_NAME[metric], [cut.first for cut in tallied])
    tally.add(np.array(values), np.ones(len(values), np.int64), 0)
    bins = histogram(BY_NAME[metric], tally, shown)
    rows = list(zip(bins.edges, bins.rows, strict=False))
    ends = [end for end in (0.3, 1.0, 30.0) if end in bins.edges]
    spans = pairwise([0.0, *ends, math.inf])
    return [sum(n for edge, n in rows if low <= edge < high) for low, high in spans]


def test_a_value_at_a_limit_not_to_be_exceeded_lies_left_of_it() -> None:
    exclusive, inclusive = Cut(30.0, math.nextafter(30.0, math.inf)), Cut(30.0, 30.0)
    values = [29.999, 30.0, 30.0, 30.001, 35.0]
    assert _bins_of("duration_s", values, [exclusive], [exclusive]) == [3, 2]
    assert _bins_of("duration_s", values, [inclusive], [inclusive]) == [1, 4]


def test_bins_end_only_at_limits_that_were_there_when_rows_were_counted() -> None:
    """0.3 lies within a fine bin: without a cut there its rows are on both sides."""
    early, late = Cut(1.0, 1.0), Cut(0.3, 0.3)
    values = [0.299, 0.301, 2.0]
    assert _bins_of("char_rate", values, [early, late], [early, late]) == [1, 1, 1]
    assert _bins_of("char_rate", values, [early], [early, late]) == [2, 1]
