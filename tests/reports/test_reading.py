"""Figures of pages in the form in which they are read."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from curate.artifacts.what_if import LimitEffect
from reports.charts.thresholds import threshold_curve
from reports.tables import Column, Table, natural
from tests.reports.fixtures import MAKERS
from tests.reports.run_fixtures import slice_of
from tests.reports.test_quiet import page, sentence

HOURS = (Column("split", "text"), Column("hours", "hours"), Column("bad h", "hours"))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((0.0045, 0.0), (">16.2 s<", ">0<")),  # below one hour, each with its unit
        ((0.5, 0.25), (">30 min<", ">15 min<")),
        ((20.0, 0.25), (">20.00<", ">0.2500<")),  # one column has hours: both are in hours
        ((20.0, 0.0), (">20.00<", ">0<")),
        ((20.0, 0.05), (">20.00 h<", ">3 min<")),  # few minutes: each with its unit
        ((20.0, -0.05), (">20.00<", ">-0.0500<")),  # a difference
    ],
)
def test_hours_of_a_table(values: tuple[float, float], shown: tuple[str, str]) -> None:
    html = Table("x", HOURS, [("train", *values)]).render()
    assert [text in html for text in shown] == [True, True], html


def test_durations_have_their_unit_in_the_cell_only() -> None:
    columns = (Column("requested, h", "hours"), Column("bad h", "hours"), Column("hours", "hours"))
    short = str(Table("x", columns, [(0.5, 0.25, 0.1)]).render())
    assert re.findall(r"<th[^>]*>(.*?)</th>", short) == ["requested", "bad", "time"]
    long = unescape(str(Table("x", columns, [(20.0, 2.0, 1.0)]).render()))
    assert re.findall(r"<th[^>]*>(.*?)</th>", long) == ["requested,\u00a0h", "bad h", "hours"]


def test_a_long_id_breaks_and_a_sentence_is_prose() -> None:
    html = Table("x", (Column("speaker", "text"),), [("a" * 40,)]).render()
    assert 'class="token"' in html
    html = Table("x", (Column("why", "text"),), [("so many words that they are prose",)]).render()
    assert 'class="prose"' in html


def test_numbers_in_names_sort_by_size() -> None:
    bins = ["2-5 s", "10-20 s", "1-2 s", None]
    assert sorted(bins, key=natural) == [None, "1-2 s", "2-5 s", "10-20 s"]


def test_a_leak_is_one_alert(tmp_path: Path) -> None:
    """The split warns of what its page calls a fault."""
    data = MAKERS["split"][1]()
    data["leaks"] = [{"kind": "speaker", "between": ["train", "eval"], "count": 2}]
    data["warnings"] = ["2 speaker leaks between train and eval", "another"]
    _, alerts = sentence("split", tmp_path, data)
    assert alerts[:2] == ["2 speaker leaks between train and eval.", "Another."]


def test_splits_that_are_not_given_are_not_in_the_headline(tmp_path: Path) -> None:
    data = MAKERS["split"][1]()
    del data["targets"]["eval"]
    data["outputs"] = [each for each in data["outputs"] if each["name"] != "eval"]
    text, _ = sentence("split", tmp_path, data)
    assert " train, " in text
    assert " eval" not in text.partition(";")[0]


def test_the_rate_of_each_manifest_is_in_the_headline(tmp_path: Path) -> None:
    data = MAKERS["eval"][1]() | {"translations": [], "against": None}
    data["by"]["manifest"] = [
        slice_of("test.jsonl", 0.04, 200),
        slice_of("calls.jsonl", 0.004, 900),
    ]
    text, _ = sentence("eval", tmp_path / "two", data)
    assert text.endswith(". WER: test.jsonl 4.0 %, calls.jsonl 0.4 %."), text
    data["by"]["manifest"] = data["by"]["manifest"][:1]
    text, _ = sentence("eval", tmp_path / "one", data)
    assert text.count("WER") == 1


def test_bleu_of_each_pair_of_languages_ends_the_headline(tmp_path: Path) -> None:
    text, _ = sentence("eval", tmp_path, MAKERS["eval"][1]())
    assert re.search(r"\. BLEU \S+ to \S+ [\d.]+ over [\d,]+ translations\.", text), text


def test_no_errors_have_no_interval_of_nothing(tmp_path: Path) -> None:
    data: dict[str, Any] = MAKERS["eval"][1]()
    data["by"] = {"speaker": [slice_of("anna", 0.0, 200)]}
    assert "± 0" not in page("eval", tmp_path, data)


def test_rules_that_move_nothing_say_so(tmp_path: Path) -> None:
    data = MAKERS["compare"][1]()
    data["moved"] = {**data["moved"], "rows": 0, "hours": 0.0}
    text, _ = sentence("compare", tmp_path, data)
    assert text.startswith("No row of ")


def test_a_metric_of_one_value_has_no_outliers(tmp_path: Path) -> None:
    data = MAKERS["profile"][1]()
    metric = next(each for each in data["metrics"] if each["worst"])
    before = page("profile", tmp_path / "before", data)
    metric["min"] = metric["max"]
    after = page("profile", tmp_path / "after", data)
    assert before.count('<details class="fold"') == after.count('<details class="fold"') + 1


def test_strata_without_any_value_are_left_out(tmp_path: Path) -> None:
    data = MAKERS["profile"][1]()
    data["strata"] = {"lang": [{**data["strata"]["lang"][0], "value": None}]}
    assert "Languages" not in page("profile", tmp_path, data)


def test_rules_that_flag_nothing_are_folded(tmp_path: Path) -> None:
    data = MAKERS["profile"][1]()
    nothing = {"rule": "hush", "rows": 0, "hours": 0.0, "only_rows": 0}
    data["rules_hit"] = [data["rules_hit"][0], {**data["rules_hit"][0], **nothing}]
    folded = page("profile", tmp_path, data).partition("1 limit flagged no row")[2]
    assert folded.count("<code>hush</code>") == 1


def test_limits_with_too_few_rows_are_only_named(tmp_path: Path) -> None:
    data = MAKERS["reconsider"][1]()
    data["limits"] = [{**data["limits"][0], "rule": "rare", "recommendation": "too_few"}]
    html = page("reconsider", tmp_path, data)
    assert "1 limit with too few rows to decide: <code>rare</code>." in html
    assert 'aria-label="Limits"' not in html


def test_no_share_is_drawn_above_one_and_no_curve_of_one_point() -> None:
    data = MAKERS["what-if"][1]()
    spent = {"rows": 1, "unique_rows": 1, "unique_hours": 0.0}
    curve = [{**spent, "value": at, "hours": 9.0 * (at == 0)} for at in (0.0, 0.5, 1.0, 1.8)]
    limit = {**data["limits"][0], "unit": "share", "value": 0.5, "hours": 0.0, "curve": curve}
    assert threshold_curve(LimitEffect.model_validate_json(json.dumps(limit))) is None
    curve = [{**spent, "value": at, "hours": 9.0} for at in (0.0, 0.5, 1.0, 1.8)]
    limit |= {"hours": 9.0, "curve": curve}
    svg = str(threshold_curve(LimitEffect.model_validate_json(json.dumps(limit))))
    assert ">1</text>" in svg
    assert ">1.5</text>" not in svg


def test_many_shifted_metrics_are_one_line(tmp_path: Path) -> None:
    content = MAKERS["diff"][1]()
    one = content["metrics"][0] | {"psi": 1.0}
    content["metrics"] = [one | {"name": f"m{number}"} for number in range(9)]
    html = page("diff", tmp_path, content)
    assert "9 metrics have shifted (PSI is 0.25 or more): m0, m1, m2, m3, m4 and others." in html
    assert "m8 has shifted" not in html
