"""How predictions agree with what a rule flags: in the profile, in its table, in the advice."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

import curate
from curate.artifacts.profile import Profile
from reports.headlines.advice import advice
from reports.sections.profile import rules
from tests.reports.corpus_fixtures import profile as a_profile
from tests.reports.test_overview import a, hit, words

TEXT = "the old mill stands by the river"


def wrong(words_wrong: int) -> str:
    """TEXT with so many of its seven words replaced."""
    return " ".join(["x"] * words_wrong + TEXT.split()[words_wrong:])


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """32 characters in 1.4 s are 22.9 a second: borderline; in 4 s they are clean."""
    folder = tmp_path_factory.mktemp("flagged")
    rows = [(1.4, wrong(3)), (1.4, wrong(1)), (1.4, wrong(0)), (1.4, wrong(7)), (1.4, None)]
    rows += [(4.0, wrong(0)) for _ in range(5)]
    lines = [
        {"audio_filepath": f"{at}.wav", "duration": seconds, "text": TEXT}
        | ({} if predicted is None else {"pred_text": predicted})
        for at, (seconds, predicted) in enumerate(rows)
    ]
    (folder / "m.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    curate.profile([folder / "m.jsonl"], folder / "p")
    return Profile.model_validate_json((folder / "p" / "profile.json").read_text())


def test_the_median_wer_of_what_a_rule_flags(profile: Profile) -> None:
    """Of 0, 1/7, 3/7 and 7/7 it is 2/7; a row without a prediction has none."""
    by_rule = {(each.rule, each.severity): each for each in profile.rules_hit}
    flagged = by_rule["char_rate", "borderline"]
    assert (flagged.rows, flagged.wer_rows) == (5, 4)
    assert flagged.median_wer == pytest.approx(2 / 7, abs=1e-6)
    assert {each.median_wer for each in profile.rules_hit if not each.rows} == {None}
    table = words(rules(profile))
    assert "median WER of pred_text" in table
    assert "28.6 %" in table


def test_without_predictions_the_rules_have_no_such_column() -> None:
    table = words(rules(a()))
    assert "unique" in table
    assert "median WER" not in table


@pytest.mark.parametrize(
    ("metric", "rows", "median_wer", "whole", "text"),
    [
        ("words", 10, 0.25, 0.06, "Their median WER of pred_text is 25.0 %, 6.0 % in all rows."),
        ("words", 99, 0.04, 0.06,
         "Their pred_text agrees as well as elsewhere (median WER 4.0 %, 6.0 % in all rows): sound "
         "rows may be flagged."),
        ("words", 0, None, 0.06, ""),
        ("words", 9, 0.04, 0.06, ""),  # too few
        ("words", 99, 0.25, None, ""),
        ("wer", 99, 0.25, 0.06, ""),  # a rule on the rate itself
    ],
)  # fmt: skip
def test_advice_compares_what_is_flagged_with_all_rows(
    metric: str, rows: int, median_wer: float | None, whole: float | None, text: str
) -> None:
    agreement = {"metric": metric, "wer_rows": rows, "median_wer": median_wer}
    flagged = {**hit("words", "borderline", 9.0), **agreement}
    sentences = words(advice(a(rules_hit=[flagged], strata={}, metrics=with_wer(whole))))
    assert ("pred_text" in sentences) == bool(text)
    assert text in sentences


def with_wer(median: float | None) -> Sequence[object]:
    """The metrics of the fixture, the last of them as WER of this median."""
    *others, last = a_profile()["metrics"]
    quantiles = {**last["quantiles"], "p50": median}
    return [*others, {**last, "name": "wer", "quantiles": quantiles}]
