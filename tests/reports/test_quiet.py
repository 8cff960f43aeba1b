"""What pages leave out because it says nothing, and that they name it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from reports import Kind, build
from reports.artefacts import load
from reports.headlines import headline
from tests.reports.corpus_fixtures import ledger
from tests.reports.fixtures import MAKERS, STAGES, write
from tests.reports.run_fixtures import slice_of


def _write(kind: Kind, folder: Path, data: dict[str, Any]) -> None:
    write(folder, MAKERS[kind][0], data)
    if kind in STAGES and not (folder / "ledger.json").exists():
        write(folder, "ledger.json", ledger(STAGES[kind]))


def page(kind: Kind, folder: Path, data: dict[str, Any]) -> str:
    _write(kind, folder, data)
    return build(kind, folder).read_text(encoding="utf-8")


def sentence(kind: Kind, folder: Path, data: dict[str, Any]) -> tuple[str, list[str]]:
    _write(kind, folder, data)
    _, _, summary = headline(load(kind, folder))
    return Markup(summary.sentence).striptags(), [alert.what for alert in summary.alerts]


def test_rules_and_metrics_of_a_comparison_that_say_nothing(tmp_path: Path) -> None:
    data = MAKERS["diff"][1]()
    nothing = {"a_rows": 0, "b_rows": 0, "a_hours": 0.0, "b_hours": 0.0}
    silent = [{"rule": name, "severity": "bad", "condition": "x", **nothing} for name in "pq"]
    spoke_once = {"rule": "char_rate", "severity": "borderline", "condition": "x", **nothing}
    data["rules"] += [*silent, spoke_once]
    data["metrics"].append({**data["metrics"][0], "name": "still", "ks": 0.0, "same": True})
    data["metrics"].append({**data["metrics"][0], "name": "blank", "ks": 0.0, "same": False})
    data["metrics_of_one"] = {"a": [], "b": ["snr_db"]}
    html = page("diff", tmp_path, data)
    assert "2 rules triggered in neither: <code>p</code>, <code>q</code>." in html
    assert "1 metric the same in both: <code>still</code>." in html
    assert "1 metric only in B: not compared: <code>snr_db</code>." in html
    row = '<td class="k-name"><code>{}</code></td>'
    assert row.format("blank") in html, "equal bins alone are no proof: it has a row"
    assert row.format("still") not in html
    assert html.count("<code>still</code>") == 1, "nor a figure"


def test_rules_that_take_nothing(tmp_path: Path) -> None:
    data = MAKERS["what-if"][1]()
    zeros = {key: 0 for key in data["by_rule"][0] if key != "rule"}
    data["by_rule"] += [{**zeros, "rule": "hush"}, {**zeros, "rule": "blind", "unknown_rows": 3}]
    html = page("what-if", tmp_path, data)
    assert "1 rule flags nothing: <code>hush</code>." in html
    assert html.count("<code>blind</code>") == 1, "what cannot decide has a row"


def test_values_that_a_split_has_nothing_of(tmp_path: Path) -> None:
    data = MAKERS["split"][1]()
    part = {**data["measures"][0], "split": "eval", "by": "lang", "words": 0, "groups": 0}
    data["measures"] = [
        {**part, "by": "(all)", "value": None, "s": 0.0},
        *({**part, "value": value, "s": 0.0} for value in ("ar", "zh")),
        {**part, "value": "en", "s": 60.0, "words": 120},
    ]
    html = page("split", tmp_path, data)
    assert "eval has nothing of lang: <bdi>ar</bdi>, <bdi>zh</bdi>." in html
    assert "<bdi>en</bdi>" in html


def test_texts_that_the_search_for_near_ones_cannot_vouch_for(tmp_path: Path) -> None:
    data = MAKERS["split"][1]()
    assert "may have been overlooked" not in page("split", tmp_path, {**data, "near_unsure": 0})
    html = page("split", tmp_path, {**data, "near_unsure": 1_200})
    assert "Of 1,200 texts nearly all stretches are shared" in html


def test_a_step_that_takes_nearly_all_is_not_the_costliest(tmp_path: Path) -> None:
    data = MAKERS["what-if"][1]()
    data["limits"][1]["tighter"] = {"value": 0, "rows": 9_000, "hours": 21.0}
    data["limits"][2]["tighter"] = {"value": 5, "rows": 90, "hours": 2.0}
    text, _ = sentence("what-if", tmp_path, data)
    assert "the costliest tighter limit is char_rate_low at char_rate < 5: 2.00 h more" in text


def test_a_model_that_does_not_stop_is_an_alert(tmp_path: Path) -> None:
    data = MAKERS["eval"][1]()
    _, alerts = sentence("eval", tmp_path / "sound", data)
    assert not [each for each in alerts if "goes on" in each]
    data["overall"] = {**data["overall"], "insertions": 49 * data["overall"]["ref_words"]}
    _, alerts = sentence("eval", tmp_path / "looping", json.loads(json.dumps(data)))
    assert (
        "The model keeps producing words after the end: 49 extra words per spoken word." in alerts
    )


def calm(kind: Kind, folder: Path, data: dict[str, Any]) -> str:
    write(folder, MAKERS[kind][0], data)
    return headline(load(kind, folder))[2].calm


def test_what_was_not_checked_is_no_good_news(tmp_path: Path) -> None:
    data = MAKERS["profile"][1]()
    write(tmp_path, "ledger.json", ledger("profile") | {"balanced": False})
    assert any("ledger does not" in what for what in sentence("profile", tmp_path, data)[1])
    write(tmp_path, "ledger.json", ledger("profile"))
    assert not any("ledger" in what for what in sentence("profile", tmp_path, data)[1])

    data = MAKERS["split"][1]() | {"leaks": []}
    assert "leaks were not checked" in calm("split", tmp_path, data)

    data = MAKERS["diff"][1]()
    data["metrics"] = [{**each, "psi": None} for each in data["metrics"]]
    assert calm("diff", tmp_path, data) == "No metric could be compared."

    data = MAKERS["eval"][1]()
    data["by"] = {"lang": [slice_of("de", 0.9, 199)]}
    text = "No tag, verdict or language has 200 words: they were not compared."
    assert calm("eval", tmp_path, data) == text
    data["by"] = {"lang": [slice_of("de", 0.0, 200)]}
    assert "of 200 words or more" in calm("eval", tmp_path, data)


@pytest.mark.parametrize(("wer", "text"), [(0.4, "0 to 40 %<"), (9.0, " and more<")])
def test_a_bar_that_is_cut_off_says_so(tmp_path: Path, wer: float, text: str) -> None:
    data = MAKERS["eval"][1]()
    data["by"] = {"lang": [slice_of("de", wer, 900)]}
    data["overall"] = {**data["overall"], "wer": 0.1}
    html = page("eval", tmp_path, data)
    assert (text in html, " and more<" in html) == (True, wer == 9.0)
