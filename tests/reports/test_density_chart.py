"""The chart of duration and char_rate: cells, shades, limits, words."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from curate.artifacts.distributions import Density
from curate.artifacts.profile import Profile
from reports.charts.density import density_chart
from reports.charts.limits import flagged_rows
from tests.reports.corpus_fixtures import profile as a_profile


def _chart(**changes: Any) -> str:
    data = a_profile()
    profile = Profile.model_validate_json(json.dumps(data))
    density = Density.model_validate_json(json.dumps({**data["density"], **changes}))
    return str(density_chart(density, profile.metrics, flagged_rows(profile.rules_hit)))


def test_every_cell_with_rows_is_drawn_the_fullest_darkest() -> None:
    areas = re.findall(r'<path d="([^"]*)" class="f-ink"(?: fill-opacity="([\d.]+)")?/>', _chart())
    assert sum(path.count("z") for path, _ in areas) == 6
    assert [(path.count("z"), shade) for path, shade in areas][-1] == (1, "")  # opaque: the fullest
    assert min(float(shade) for _, shade in areas if shade) >= 0.1


def test_columns_are_in_words() -> None:
    words = [unescape(each) for each in re.findall(r"<title>(.*?)</title>", _chart())]
    assert words == [
        "0.1 to 1 s: 40 rows, most of them at 10 to 20 characters/s (40)",
        "1 to 10 s: 900,212 rows, most of them at 10 to 20 characters/s (900,000)",
        "10 to 100 s: 1,003 rows, most of them at 10 to 20 characters/s (1,000)",
    ]


def test_limits_of_some_rows_are_dashed_and_shown_only_where_they_flagged() -> None:
    chart = _chart()
    assert chart.count('class="s-bad"') == 2  # char_rate >= 30, duration_s < 0.3
    hits = {hit["rule"]: hit["rows"] for hit in a_profile()["rules_hit"]}
    assert chart.count("stroke-dasharray") == (1 if hits["fast_id"] else 0)


def test_a_single_row_and_none() -> None:
    assert "<svg" in _chart(rows=[[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    assert _chart(rows=[[0, 0, 0], [0, 0, 0], [0, 0, 0]]) == "None"
