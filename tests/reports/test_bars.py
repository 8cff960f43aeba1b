"""Bars hold every row, coloured as rules really judged it; what is drawn is what was counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.artifacts.distributions import Metric, Threshold
from curate.artifacts.profile import Profile
from curate.profiles.statistics.tally import HIT_VERDICTS
from curate.rules.file import load_rules
from reports.artefacts import load
from reports.charts.bars import NO_RULE, Bars, bars_of, limit_at
from reports.charts.histograms import beside, histogram
from reports.sections.profile import distributions
from tests.reports.corpus_fixtures import profile as a_profile

MANIFESTS = (
    "arz_adapt", "cv19_hy", "cv61_dev_all", "cv61_dev_audio", "cv_id", "cv_id_invalidated", "cv_tw",
    "earnings21_dev", "fixtures_en", "kaldi_mini_librispeech", "librispeech_devclean_part",
    "nptel_longform", "whisper_aapb_dev",
)  # fmt: skip


def drawn(bars: Bars) -> Counter[str]:
    """Rows of all bars and beyond them, by verdict."""
    parts = [*(bar.parts for bar in bars.bars), bars.below, bars.above]
    return sum((Counter(dict(each)) for each in parts), Counter())


def hits(records: pl.DataFrame, rules: set[str], metric: str) -> tuple[Counter[str], Counter[str]]:
    """Rows with and without a value by the worst verdict of a rule on the metric, counted anew."""
    own = records.filter(pl.col("verdict") != "clean").select(metric, "tags")
    known: Counter[str] = Counter()
    null: Counter[str] = Counter()
    for value, tags in own.iter_rows():
        given = {tag.partition(":")[0] for tag in tags if tag.partition(":")[2] in rules}
        worst = next((each for each in reversed(HIT_VERDICTS) if each in given), None)
        if worst:
            (null if value is None else known)[worst] += 1
    return known, null


@pytest.mark.parametrize("name", MANIFESTS)
def test_charts_of_real_manifests_hold_every_row(
    name: str, real_data: Path, tmp_path: Path
) -> None:
    assert {path.stem for path in (real_data / "manifests").glob("*.jsonl")} == set(MANIFESTS)
    curate.profile(real_data / "manifests" / f"{name}.jsonl", out=tmp_path)
    profile = load("profile", tmp_path).artefact
    records = pl.read_parquet(tmp_path / "records.parquet")
    assert isinstance(profile, Profile)
    rules = load_rules()
    triggered = 0
    for metric in profile.metrics:
        bars = bars_of(metric)
        values = records[metric.name]
        assert (metric.rows, metric.nulls) == (values.count(), values.null_count())
        if bars is None:
            assert not values.count(), f"{metric.name}: no bars, but rows"
            continue
        own = {rule.id for rule in rules.rules if rule.metric == metric.name}
        known, null = hits(records, own, metric.name)
        assert drawn(bars) - Counter({NO_RULE: metric.rows}) == known, metric.name
        assert drawn(bars).total() == metric.rows, metric.name
        assert Counter(dict(bars.null)).total() == metric.nulls, metric.name
        assert {key: n for key, n in bars.null.items() if key != NO_RULE} == null, metric.name
        triggered += known.total()
        for limit in metric.thresholds[: 3 if len(metric.thresholds) > 6 else None]:
            at = limit_at(limit, whole=bars.whole)
            assert at is not None or limit.value is None
            inside = [bar for bar in bars.bars if at is not None and bar.low < at < bar.high]
            assert limit.where or not inside, f"{metric.name}: a bar straddles {limit.value}"
    assert len(profile.metrics) >= 20
    assert triggered or records["verdict"].is_in(["clean", "malformed"]).all()


POINTS = ("p01", "p05", "p25", "p50", "p75", "p95", "p99", "p999")


def made(rows: list[int], edges: list[float], **more: Any) -> Metric:
    shape = {
        "edges": edges, "whole": False, "rows": rows, "hours": [n / 1000 for n in rows],
        "below": 0, "above": 0, "hits": [], **more.pop("shape", {}),
    }  # fmt: skip
    shape["hits"] = [{"below": 0, "above": 0, "null": 0, **hit} for hit in shape["hits"]]
    return Metric.model_validate_json(json.dumps({
        "name": "m", "unit": "s", "meaning": "", "direction": "none", "rows": sum(rows),
        "nulls": 0, "mean": None, "min": None, "max": None,
        "quantiles": dict.fromkeys(POINTS), "histogram": shape, "thresholds": [], "worst": [],
        **more,
    }))  # fmt: skip


def painted(svg: str, shade: str) -> list[tuple[float, float]]:
    """Lower and upper end of each step of the bars of this shade, in units."""
    (path,) = re.findall(rf'<path [^>]*class="f-{shade}"[^>]*>', svg)
    numbers = [float(y) for y in re.findall(r"[ML]-?[\d.]+ (-?[\d.]+)", path)]
    return [(min(numbers), max(numbers))]


def test_a_bar_is_divided_as_its_rows_are() -> None:
    hit = [{"verdict": "bad", "rows": [0, 10]}]
    svg = str(histogram(made([40, 40], [0, 1, 2], shape={"hits": hit})))
    (top, foot), (low_top, low_foot) = painted(svg, "data")[0], painted(svg, "bad")[0]
    assert low_top == top, "both bars are as high as they have rows"
    assert (low_foot - low_top) / (foot - top) == pytest.approx(0.25, abs=0.02)


def test_few_bad_rows_of_many_are_seen() -> None:
    hit = [{"verdict": "bad", "rows": [0, 1]}]
    svg = str(histogram(made([9_000, 9_999], [0, 1, 2], shape={"hits": hit})))
    top, foot = painted(svg, "bad")[0]
    assert foot - top >= 1.4


@pytest.mark.parametrize(
    ("rows", "label"),
    [([5, 1], "rows"), ([500, 1], "rows, log scale")],
)
def test_the_axis_says_what_it_counts_and_how(rows: list[int], label: str) -> None:
    assert f">{label}</text>" in str(histogram(made(rows, [0, 1, 2])))


def test_two_values_have_two_bars_and_two_ticks() -> None:
    svg = str(histogram(made([5, 3], [-0.5, 0.5, 1.5], shape={"whole": True}, unit="0 or 1")))
    assert re.findall(r"<text[^>]*>([^<]+)</text>", svg)[:3] == ["0", "1", "0 or 1"]


@pytest.mark.parametrize(
    ("operator", "value", "whole", "at"),
    [
        (">=", 4.0, True, 3.5),  # 4 is beyond the limit, 3 is not
        (">", 4.0, True, 4.5),
        ("<", 4.0, True, 3.5),
        ("<=", 4.0, True, 4.5),
        (">", 0.0, True, 0.5),
        (">=", 2.5, True, 2.5),
        (">=", 4.0, False, 4.0),
        ("", None, True, None),
    ],
)
def test_limits_stand_between_whole_numbers(
    operator: str, value: float | None, whole: bool, at: float | None
) -> None:
    limit = Threshold(rule="", severity="", operator=operator, value=value, where="")
    assert limit_at(limit, whole=whole) == at


def test_what_a_chart_does_not_show_is_said_beside_it() -> None:
    far = [{"rule": "r", "severity": "bad", "operator": ">", "value": 900.0, "where": ""}]
    hit = [{"verdict": "unknown", "rows": [0, 0], "null": 3}]
    metric = made([5, 3], [0, 1, 2], shape={"hits": hit}, nulls=1_004, thresholds=far)
    assert beside(metric) == "1,004 rows without a value (3 unknown); not drawn: bad > 900"


def test_one_bar_is_said_in_words() -> None:
    hit = [{"verdict": "bad", "rows": [210]}]
    single = made([210], [0, 0.001], shape={"hits": hit}, min=0.0, max=1.5e-05)
    assert histogram(single) is None
    profile = Profile.model_validate_json(json.dumps(a_profile()))
    page = str(distributions(profile.model_copy(update={"metrics": (single,)})))
    assert "<svg" not in page
    for text in ("0 to 1.5e-05", "210 bad"):
        assert text in page
