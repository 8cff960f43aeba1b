"""What can be held of the look: contrast in every theme, every shade known, charts that hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from curate.artifacts.distributions import Metric, Threshold
from curate.artifacts.what_if import LimitEffect
from reports import Kind
from reports.artefacts import load
from reports.charts.curves import Series, curve
from reports.charts.histograms import histogram
from reports.charts.limits import format_limit
from reports.charts.svg import SHADES
from reports.charts.thresholds import threshold_curve
from reports.page import page
from reports.sections import SECTIONS
from reports.templating import text_of
from tests.reports.corpus_fixtures import METRICS, metric
from tests.reports.fixtures import MAKERS, make

CSS = text_of("page.css")
TEXT = ("ink", "muted", "link", "fault-ink", "warning-ink")
DRAWN = ("data", "clean", "borderline", "unknown", "bad", "malformed")


def _themes() -> list[dict[str, str]]:
    """Light, dark and print: the colours that each sets."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in blocks]


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("at", range(3), ids=("light", "dark", "print"))
def test_every_theme_keeps_wcag_aa(at: int) -> None:
    themes = _themes()
    assert len(themes) == 3
    theme = themes[at]
    for name in TEXT:
        for ground in ("paper", "faint"):
            assert _contrast(theme[name], theme[ground]) >= 4.5, (name, ground)
    for name in DRAWN:
        assert _contrast(theme[name], theme["paper"]) >= 3, name


def test_every_shade_of_a_chart_is_in_the_style() -> None:
    for shade in SHADES:
        assert f".f-{shade} {{" in CSS
        assert f".s-{shade} {{" in CSS


@pytest.mark.parametrize("kind", MAKERS)
def test_a_good_artefact_shows_every_section_that_applies(kind: Kind, tmp_path: Path) -> None:
    loaded = load(kind, make(kind, tmp_path))
    titles = [section.title for section in SECTIONS if isinstance(loaded.artefact, section.of)]
    titles = [title for title in titles if title != "Given splits"]  # of a split that was not drawn
    assert [part.title for part in page(loaded).sections] == titles
    assert len(titles) >= 3


def _drawn(**changes: Any) -> str:
    data = {**metric(METRICS[1]), **changes}
    return str(histogram(Metric.model_validate_json(json.dumps(data))))


EMPTY = {
    "edges": [], "whole": False, "rows": [], "hours": [], "below": 0, "above": 0, "hits": [],
}  # fmt: skip


def test_limits_are_drawn_as_labelled_lines() -> None:
    svg = _drawn()
    for label in ("bad ≥ 30", "borderline ≥ 25", "borderline &lt; 3", "fast_id ≥ 20"):
        assert f">{label}</text>" in svg
    assert 'class="s-bad"' in svg
    assert "stroke-dasharray" in svg  # a limit for some rows only
    assert "312 above 40 →" in svg
    assert " style=" not in svg


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"edges": [], "rows": []},
        {"edges": [0, 1], "rows": [0], "hours": [0]},
        {"edges": [0, 1, 2], "rows": [5], "hours": [5]},  # counts and edges of different numbers
        {"edges": [0, 1], "rows": [5], "hours": []},
        {"edges": [0, 1, 1], "rows": [5, 5], "hours": [5, 5]},
        {"edges": [2, 1, 0], "rows": [5, 5], "hours": [5, 5]},
    ],
)
def test_no_rows_no_chart(shape: dict[str, Any]) -> None:
    assert _drawn(histogram={**EMPTY, **shape}) == "None"


@pytest.mark.parametrize("rows", [[1], [0, 7, 0], [1, 0, 2**50], [3, 3, 3]])
def test_any_counts_can_be_drawn(rows: list[int]) -> None:
    edges = list(range(len(rows) + 1))
    hours = [n / 1000 for n in rows]
    shape = {**EMPTY, "edges": edges, "rows": rows, "hours": hours, "above": 2, "below": 1}
    assert "above" in _drawn(histogram=shape)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ({"severity": "bad", "operator": ">=", "value": 30.0}, "bad ≥ 30"),
        ({"severity": "bad", "operator": "between", "value": 2.5}, "bad between 2.5"),
        ({"rule": "x", "severity": "bad", "operator": "<", "value": 1, "where": "y"}, "x < 1"),
        ({}, "limit — —"),
    ],
)
def test_limits_read_as_rules(limit: dict[str, Any], text: str) -> None:
    unset = {"rule": "", "severity": "", "operator": "", "value": None, "where": ""}
    assert format_limit(Threshold.model_validate({**unset, **limit})) == text


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [5.0, 0.01], [-1.0, 2.0], [3.0, 3.0]])
def test_any_curve_can_be_drawn(values: list[float]) -> None:
    svg = curve("loss", [Series(range(len(values)), values)])
    assert svg is not None
    assert 'aria-label="loss"' in svg


def test_no_points_no_curve() -> None:
    assert curve("loss", [Series([], [])]) is None


@pytest.mark.parametrize(
    ("values", "linear", "label"),
    [
        ([1.0, 200.0], False, "loss, log scale"),
        ([1.0, 200.0], True, "loss"),
        ([1.0, 2.0], False, "loss"),
    ],
)
def test_a_logarithmic_axis_says_so(values: list[float], linear: bool, label: str) -> None:
    svg = str(curve("x", [Series([1, 2], values)], unit="loss", linear=linear))
    assert re.findall(r">(loss[^<]*)</text>", svg) == [label]


@pytest.mark.parametrize(
    ("at_limit", "label"), [(0.001, "time flagged, log scale"), (9.0, "time flagged")]
)
def test_a_curve_of_thresholds_ends_where_a_logarithm_has_no_place(
    at_limit: float, label: str
) -> None:
    spent = [10.0, 1.0, 0.0]
    curve = [
        {"value": at, "rows": 1, "hours": h, "unique_rows": 1, "unique_hours": h}
        for at, h in enumerate(spent)
    ]
    limit = MAKERS["what-if"][1]()["limits"][0] | {"value": 1.0, "hours": at_limit, "curve": curve}
    limit = LimitEffect.model_validate_json(json.dumps(limit))
    svg = str(threshold_curve(limit))
    assert f">{label}</text>" in svg
    paths = re.findall(r"<path [^>]*>", svg)
    (line,) = (path for path in paths if 's-ink"' in path and 'stroke-width="1.6"' in path)
    drawn = line.count("L") + line.count("M")
    assert drawn == (2 if "log" in label else 3), svg
