"""The first screen of a profile's page: figures, what stands out, what to do next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.artifacts.profile import Profile, metrics_in_view
from reports.headlines.advice import advice
from reports.sections.overview import overview
from tests.reports.corpus_fixtures import profile as a_profile


def a(**changes: Any) -> Profile:
    return Profile.model_validate_json(json.dumps({**a_profile(), **changes}))


def words(markup: object) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", str(markup))).split())


def figures(profile: Profile) -> Mapping[str, tuple[str, str]]:
    """Label to value and remark, as the page has them."""
    cells = re.findall(
        r"<dt>(.*?)</dt><dd>(.*?)(?:<small>(.*?)</small>)?</dd>", str(overview(profile))
    )
    return {label: (value, unescape(note)) for label, value, note in cells}


def test_figures_of_a_corpus() -> None:
    assert figures(a()) == {
        "utterances": ("912,228", "2,014.2 h of audio; 112 lines malformed"),  # of 912,340 lines
        "usable for train": ("2,005.4 h", "99.6 % of the time"),  # 1927.4 + 73.92 + 4.12
        "usable for eval and test": ("1,927.4 h", "95.7 % of the time"),
        "mean duration": ("8 s", "95 % below 15.7 s"),
        "speakers": ("4,210", "declared in 50.0 % of rows"),
        "languages": ("6", "en, de, hi, …"),
        "sampling rate": ("16 kHz", "and 1 other rate"),
        "WER of pred_text": (
            "9.1 %",
            "over 8,000,000 words; pred_text in 900,000 of 912,228 records",
        ),
    }


@pytest.mark.parametrize(
    ("changes", "label", "figure"),
    [
        ({"audio": None}, "sampling rate", ("—", "audio was not analysed")),
        (
            {"coverage": {"speaker": {"values": 0, "rows": 0, "hours": 0.0}}},
            "speakers",
            ("—", "no row declares one"),
        ),
        (
            {"coverage": {"speaker": {"values": 1, "rows": 912_340, "hours": 2014.2}}},
            "speakers",
            ("1", "declared in every row"),
        ),
        (
            {"coverage": {"lang": {"values": 6, "rows": 912_340, "hours": 2014.2}}},
            "languages",
            ("6", "en, de, hi, …"),
        ),
    ],
)
def test_what_is_not_known_is_said(
    changes: Mapping[str, Any], label: str, figure: tuple[str, str]
) -> None:
    assert figures(a(**changes))[label] == figure


def test_an_older_profile_has_no_figures_of_speakers() -> None:
    old = a_profile()
    del old["coverage"]
    shown = figures(Profile.model_validate_json(json.dumps(old)))
    assert "speakers" not in shown
    assert "utterances" in shown


def test_coverage_counts_what_the_records_declare(tmp_path: Path) -> None:
    lines = [
        {"audio_filepath": f"{at}.wav", "duration": 2.0, "text": "one two three", **more}
        for at, more in enumerate(
            [{"speaker": "a", "lang": "en"}, {"speaker": "b", "lang": "en"}, {"lang": "de"}, {}]
        )
    ]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    curate.profile([manifest], tmp_path / "p")
    records = pl.read_parquet(tmp_path / "p" / "records.parquet")
    read = Profile.model_validate_json((tmp_path / "p" / "profile.json").read_text())
    assert read.coverage is not None
    for column in ("speaker", "lang"):
        declared = records.filter(pl.col(column).is_not_null())
        coverage = read.coverage[column]
        assert coverage.values == declared[column].n_unique() == 2
        assert coverage.rows == declared.height
        assert coverage.hours == round(sum(declared["duration_us"].to_list()) / 3.6e9, 6)


def hit(rule: str, severity: str, hours: float, rows: int = 10, **more: Any) -> Mapping[str, Any]:
    return {
        "rule": rule, "metric": rule, "severity": severity, "condition": f"{rule} >= 9",
        "where": "", "rows": rows, "hours": hours, "only_rows": 0, "why": "", **more,
    }  # fmt: skip


def stratum(value: str | None, hours: float, clean: float) -> Mapping[str, Any]:
    return {
        "value": value, "rows": 100, "hours": hours, "clean_hours": clean,
        "borderline_hours": hours - clean, "unknown_hours": 0.0, "bad_hours": 0.0,
        "char_rate_p50": None,
    }  # fmt: skip


def test_advice_names_the_costliest_rules_and_where() -> None:
    sentences = words(
        advice(
            a(
                rules_hit=[
                    hit("words", "bad", 0.5),
                    hit("char_rate", "bad", 2.5, rows=1),
                    hit("loop_share", "borderline", 0.05),
                    hit("<b>", "borderline", 0.01),
                ],
                strata={"lang": [stratum("en", 1500.0, 1490.0), stratum("<de>", 514.2, 440.0)]},
            )
        )
    )
    assert sentences == (
        "Most of what is borderline (for train only): loop_share ( loop_share >= 9 ), 3 min in "
        "10 rows; lang <de> holds 88 % of the borderline time, and 26 % of all time. "
        "Most of what is rejected: at least 9 characters per second ( char_rate ), 2.50 h in "
        "1 row. "
        "Next: listen to what is flagged before a split: curate review profiles/2000h"
    )


@pytest.mark.parametrize(
    ("strata", "named"),
    [
        ([stratum("en", 1000.0, 900.0)], False),  # there is no other
        ([stratum("en", 1000.0, 900.0), stratum("de", 1000.0, 900.0)], False),  # evenly spread
        ([stratum("en", 1900.0, 1700.0), stratum("de", 100.0, 90.0)], False),  # as expected
        ([stratum(None, 100.0, 10.0), stratum("de", 1900.0, 1899.0)], False),  # none is declared
        ([stratum("en", 100.0, 10.0), stratum("de", 1900.0, 1899.0)], True),
    ],
)
def test_advice_names_a_stratum_only_where_it_stands_out(
    strata: Sequence[Mapping[str, Any]], named: bool
) -> None:
    costliest = [hit("loop_share", "borderline", 0.05)]
    sentences = words(advice(a(rules_hit=costliest, strata={"lang": strata})))
    assert ("lang en holds 99 % of the borderline" in sentences) == named


def test_advice_names_the_column_in_which_a_loss_stands_out_most() -> None:
    strata = {
        "lang": [stratum("en", 1500.0, 1440.0), stratum("de", 500.0, 460.0)],
        "source": [stratum("a.jsonl", 1800.0, 1790.0), stratum("b.jsonl", 200.0, 110.0)],
    }
    sentences = words(advice(a(rules_hit=[hit("words", "borderline", 9.0)], strata=strata)))
    assert "source b.jsonl holds 90 % of the borderline time, and 10 % of all time." in sentences


def taken(value: str, hours: float, borderline: float) -> Mapping[str, Any]:
    return stratum(value, hours, hours - borderline)


@pytest.mark.parametrize(
    ("speakers", "text"),
    [
        # Of 100 h, 10 h are borderline; a lists 4 h of them in a tenth of the hours.
        ([("a", 10.0, 4.0), ("b", 60.0, 4.0), ("c", 30.0, 2.0)],
         "speaker a holds 40 % of the borderline time, and 10 % of all time."),
        ([("a", 40.0, 4.0), ("b", 30.0, 3.0), ("c", 30.0, 3.0)],
         "spread evenly over all 3 speakers."),
        ([("a", 1.0, 1.0), *((f"s{at}", 9.9, 0.9) for at in range(10))],
         "spread over 11 speakers: none has more than 10 % of it."),
        ([("a", 1.0, 1.01), *((f"s{at}", 9.9, 0.899) for at in range(10))],
         "spread over 11 speakers, most in a (10 %)."),
        ([("a", 20.0, 2.4), *((f"s{at}", 8.0, 0.76) for at in range(10))],
         "spread evenly over all 11 speakers."),
        ([("a", 19.0, 2.4), *((f"s{at}", 8.1, 0.76) for at in range(10))],
         "spread over 11 speakers, most in a (24 %)."),
    ],
)  # fmt: skip
def test_advice_names_the_place_only_of_a_large_part(
    speakers: Sequence[tuple[str, float, float]], text: str
) -> None:
    profile = a(
        rules_hit=[hit("words", "borderline", 9.0)],
        strata={"speaker": [taken(*each) for each in speakers]},
        verdicts=[
            {"verdict": "clean", "rows": 900, "hours": 90.0},
            {"verdict": "borderline", "rows": 100, "hours": 10.0},
        ],
        totals={"rows": 1000, "duration_us": 0, "hours": 100.0},
        coverage={"speaker": {"values": len(speakers), "rows": 1000, "hours": 100.0}},
    )
    assert f"rows; {text}" in words(advice(profile))


@pytest.mark.parametrize(
    ("smallest", "text"),
    [(8.0, "rows. "), (1.5, "rows; spread over 60 speakers, most in a (20 %). ")],
)
def test_speakers_that_a_profile_does_not_list_may_be_the_place(smallest: float, text: str) -> None:
    """What they may have is bound by the rest of the loss and by the smallest listed speaker."""
    profile = a(
        rules_hit=[hit("words", "borderline", 9.0)],
        strata={"speaker": [taken("a", 10.0, 2.0), taken("b", smallest, 1.0)]},
        verdicts=[{"verdict": "borderline", "rows": 1, "hours": 10.0}],
        totals={"rows": 1000, "duration_us": 0, "hours": 100.0},
        coverage={"speaker": {"values": 60, "rows": 1000, "hours": 100.0}},
    )
    assert text in words(advice(profile))


def test_hours_that_are_all_usable_are_the_whole() -> None:
    """Rounded hours of the verdicts need not add up to those of the corpus."""
    whole = {"rows": 20, "duration_us": 0, "hours": 0.475671}
    rows = [
        {"verdict": "clean", "rows": 15, "hours": 0.46843},
        {"verdict": "borderline", "rows": 5, "hours": 0.00724},
    ]
    shown = figures(a(totals=whole, verdicts=rows))
    assert shown["usable for train"] == ("28.5 min", "100 % of the time")
    assert shown["usable for eval and test"] == ("28.1 min", "98.5 % of the time")


def verdicts(**rows: int) -> list[Mapping[str, Any]]:
    return [{"verdict": name, "rows": n, "hours": n / 100} for name, n in rows.items()]


TAKEN = {
    "column": "lang", "value": "de", "hours": 10.0, "rejected_hours": 2.0, "share": 0.2,
    "most": 0.1, "worst_rule": "glued",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"verdicts": verdicts(clean=9)}, "split: curate split profiles/2000h --out split"),
        (
            {"verdicts": verdicts(clean=9, borderline=1)},
            "listen to what is flagged before a split: curate review profiles/2000h",
        ),
        (
            {"verdicts": verdicts(bad=9)},
            "no row is usable; read one: curate rules explain MANIFEST:1",
        ),
        (
            {"rejected": {"what": "rejected", "most": 0.1, "strata": [TAKEN]}},
            "check what is flagged by glued, before a split: curate review profiles/2000h",
        ),
    ],
)
def test_the_next_step_follows_from_the_profile(changes: Mapping[str, Any], step: str) -> None:
    assert words(advice(a(rules_hit=[], strata={}, **changes))) == f"Next: {step}"


def test_the_next_step_of_a_profile_whose_folder_is_not_known() -> None:
    """The library records no --out."""
    changes = {"verdicts": verdicts(clean=9), "command": "curate.profile"}
    step = words(advice(a(rules_hit=[], strata={}, **changes)))
    assert step == "Next: split: curate split PROFILE --out split"


WORDS = "We drove along the river until the road ended at an old mill. "
LOST = {"verdicts": [
    {"verdict": "clean", "rows": 234, "hours": 8.34 / 60},
    {"verdict": "borderline", "rows": 52, "hours": 2.06 / 60},
    {"verdict": "bad", "rows": 28, "hours": 4.36 / 60},
]}  # fmt: skip


def test_rows_that_another_rule_rejects_are_not_what_is_borderline() -> None:
    """Two rows of 3.11 min are too long and rejected anyway: they are none of the 2.06 min."""
    bad = hit("loops", "bad", 3.6 / 60, 5, verdict_rows=5, verdict_hours=3.6 / 60)
    long = hit("too_long", "borderline", 3.11 / 60, 2, verdict_rows=0, verdict_hours=0.0)
    slow = hit("words", "borderline", 1.2 / 60, 31, verdict_rows=29, verdict_hours=1.06 / 60)
    sentences = words(advice(a(rules_hit=[bad, long, slow], strata={}, **LOST)))
    assert "is borderline (for train only): words ( words >= 9 ), 1.06 min in 29 rows." in sentences
    assert "too_long" not in sentences
    old = [{key: value for key, value in each.items() if not key.startswith("verdict_")}
           for each in (bad, long, slow)]  # fmt: skip
    sentences = words(advice(a(rules_hit=old, strata={}, **LOST)))
    assert "too_long >= 9 ), 3.11 min in 2 rows, rows counted that other rules reject." in sentences


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("char_rate < 4", "fewer than 4 characters per second ( slow )"),
        ("char_rate < 1", "fewer than 1 character per second ( slow )"),
        ("char_rate >= 0.3", "at least 0.3 characters per second ( slow )"),
        ("duration_s > 30", "longer than 30 s ( slow )"),
        ("word_len >= 25", "slow ( word_len >= 25 )"),  # of which words, its unit does not say
        ("duration_s > 30 and words < 2", "slow ( duration_s > 30 and words < 2 )"),
        ("char_rate == 4", "slow ( char_rate == 4 )"),
    ],
)
def test_a_limit_is_in_words_where_it_has_words(condition: str, text: str) -> None:
    flagged = dict(hit("slow", "bad", 1.0)) | {"condition": condition}
    assert f"rejected: {text}, 1.00 h in 10 rows." in words(
        advice(a(rules_hit=[flagged], strata={}))
    )


def test_a_rule_for_groups_is_in_words() -> None:
    condition = "speaker: bad_share >= 0.05 and bad_share + borderline_share >= 0.25"
    failed = {**hit("bad_speaker", "borderline", 9.0), "metric": "", "condition": condition}
    text = "(for train only): clean rows of each speaker that fails bad_speaker , 9.00 h in 10 rows"
    assert text in words(advice(a(rules_hit=[failed], strata={})))


def test_that_no_audio_was_analysed_stands_first() -> None:
    text = "No audio was analysed: the verdicts are from the manifest only, such as text and"
    assert words(advice(a(audio=None))).startswith(text)
    assert text not in words(advice(a()))


def test_what_a_rule_flags_is_counted_by_verdict_too(tmp_path: Path) -> None:
    """Of three rows over 30 s one is rejected for its text, and the others are borderline."""
    texts = [(WORDS * 10, 40.0), ("", 50.0), (WORDS * 8, 31.0)]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(
        "".join(
            json.dumps({"audio_filepath": f"{at}.wav", "duration": seconds, "text": text}) + "\n"
            for at, (text, seconds) in enumerate(texts)
        )
    )
    curate.profile([manifest], tmp_path / "p")
    records = pl.read_parquet(tmp_path / "p" / "records.parquet")
    read = Profile.model_validate_json((tmp_path / "p" / "profile.json").read_text())
    (long,) = (each for each in read.rules_hit if each.rule == "too_long")
    borderline = records.filter(pl.col("verdict") == "borderline")
    of_rule = borderline.filter(pl.col("tags").list.contains("borderline:too_long"))
    spent = sum(of_rule["duration_us"].to_list()) / 3.6e9
    assert (long.rows, round(long.hours * 3600)) == (3, 121)
    assert (long.verdict_rows, long.verdict_hours) == (of_rule.height, round(spent, 6))
    assert 0 < of_rule.height < 3


def test_histograms_of_triggered_rules_come_first() -> None:
    hits = [hit("loop_share", "bad", 0.5), hit("words", "bad", 2.0), hit("chars", "bad", 9.0, 0)]
    assert metrics_in_view(a(rules_hit=hits).rules_hit) == [
        "words", "loop_share", "duration_s", "char_rate", "word_len", "repetitions",
    ]  # fmt: skip
