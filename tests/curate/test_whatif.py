"""What-if: the same figures as rule_options every row again with the limit moved."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import curate
from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError, InputError
from curate.profiles.request import RuleOptions
from curate.rules.evaluate import explain, verdict_of
from curate.rules.expression import BY_SYMBOL, holds
from curate.rules.file import Limit, Rule, RuleSet, load_rules
from curate.whatif import compare_rules, what_if
from curate.whatif.overlap import Kinds
from curate.whatif.sweep import sweep
from curate.whatif.threshold_grid import ThresholdGrid, threshold_grids, threshold_steps
from tests import processes

WORDS = "so it was that every one of them had gone home before the rain set in again at noon"

RULES = """
schema: curate.rules/1
name: every kind of rule
extends: null
rules:
  - {id: fast, metric: char_rate, bad: ">= 8", eval: ">= 5", where: "words > 0"}
  - {id: slow, metric: char_rate, eval: "< 2", bad: "<= 1"}
  - {id: both_ends, metric: duration_s, bad: ["< 0.5", "> 9"], eval: "> 4"}
  - {id: long_word, metric: word_len, eval: "> 3", where: {lang: [de, null]}}
  - {id: exactly, metric: words, bad: "== 0"}
  - {id: free, bad_if: "words / duration_s > 3 and lang == 'en'", eval_if: "word_len is null"}
  - {id: listed, eval_if: "lang not in ['de', 'en'] or words in [2, 3]"}
  - {id: heard, metric: wer, eval: ">= 0.5", "null": clean}
"""
ROWS = st.fixed_dictionaries(
    {
        "duration": st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0, 9.0, 9.5, -1.0]),
        "text": st.sampled_from(
            ["", "a", "abc", "ab cd", "abcd efgh", "a b c d", "今天天气", "x" * 9]
        ),
        "lang": st.sampled_from(["de", "en", "zh", None]),
        "pred_text": st.sampled_from([None, "a", "ab xx"]),
    }
)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("rules") / "every.yaml"
    path.write_text(RULES)
    return load_rules(path)


@pytest.mark.parametrize(
    ("limit", "metric", "first", "next_", "last"),
    [
        ((">=", 30.0), "char_rate", 10.0, 31.0, 50.0),
        (("<", 4.0), "char_rate", 0.0, 4.2, 8.0),
        (("<", 0.3), "char_rate", 0.1, 0.31, 0.5),
        ((">=", 15.0), "repetitions", 0.0, 16.0, 35.0),  # counts have whole steps
        ((">=", 4.0), "repetitions", 0.0, 5.0, 24.0),
        ((">=", 0.5), "loop_share", 0.1, 0.52, 0.9),
        ((">", 0.0), "hidden_chars", 0.0, 1.0, 20.0),  # nothing is below nothing
        ((">=", 22.3), "char_rate", 2.0, 23.0, 42.0),  # an odd limit stands among round steps
    ],
)
def test_a_threshold_grid_has_round_steps_around_the_limit(
    limit: tuple[str, float], metric: str, first: float, next_: float, last: float
) -> None:
    steps_around = threshold_steps(Limit(BY_SYMBOL[limit[0]], limit[1]), metric).tolist()
    assert (steps_around[0], steps_around[steps_around.index(limit[1]) + 1], steps_around[-1]) == (
        first,
        next_,
        last,
    )
    assert steps_around == sorted(set(steps_around))


def _written(rows: Sequence[dict[str, Any]], folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    measured = curate.measure(pl.DataFrame(list(rows), schema_overrides={"pred_text": pl.String}))
    path = folder / "records.parquet"
    measured.write_parquet(path)
    return path, measured.to_dicts()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROWS, min_size=1, max_size=30))
def test_moving_a_limit_is_judging_again(
    rows: list[dict[str, Any]], rules: RuleSet, tmp_path: Path
) -> None:
    records, plain = _written(rows, tmp_path)
    steps = threshold_grids(rules)
    swept = sweep(records, rules, steps, threads=2)
    kinds = Kinds.of(swept)
    verdicts = [verdict_of(explain(row, rules)) for row in plain]
    counted = [int(kinds.rows[kinds.verdicts() == at].sum()) for at in range(4)]
    unread = [kinds.fixed.get(at, (0, 0))[0] for at in range(len(counted), len(VERDICTS))]
    assert [*counted, *unread] == [verdicts.count(name) for name in VERDICTS]
    assert len(steps) == 9
    for grid in steps:
        at = [rule.id for rule in rules.rules].index(grid.rule.id)
        table, edges = swept.tables[grid.rule.metric], swept.edges[grid.rule.metric].values
        inside = kinds.applies[:, at]
        only_this_rule = inside & kinds.only_this_rule(at, grid.severity)
        sums = [
            grid.flagged(part[kinds.at[chosen]].sum(axis=0), edges).tolist()
            for chosen in (inside, only_this_rule)
            for part in table[:2]
        ]
        assert list(zip(*sums, strict=True)) == _again(plain, rules, grid)


def _again(
    rows: Sequence[dict[str, Any]], rules: RuleSet, grid: ThresholdGrid
) -> list[tuple[int, int, int, int]]:
    """Rows and microseconds, in all and alone, at each threshold: the definition."""
    expected = []
    for value in grid.thresholds.tolist():
        flagged = [row for row in rows if _catches(row, grid.rule, grid.limit, value)]
        only_this_rule = [row for row in flagged if not _others(row, rules, grid)]
        expected.append((len(flagged), _us(flagged), len(only_this_rule), _us(only_this_rule)))
    return expected


def _catches(row: dict[str, Any], rule: Rule, limit: Limit, value: float) -> bool:
    inside = rule.where is None or holds(rule.where.node, row)
    known = row["malformed"] is None and row[rule.metric] is not None
    return bool(inside and known and limit.operator.compare(row[rule.metric], value))


def _others(row: dict[str, Any], rules: RuleSet, grid: ThresholdGrid) -> bool:
    verdicts = [finding.verdict for finding in explain(row, rules) if finding.rule != grid.rule.id]
    return "bad" in verdicts if grid.severity == "bad" else bool(verdicts)


def _us(rows: Sequence[dict[str, Any]]) -> int:
    return sum(row["duration_us"] for row in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of rows at 1 to 40 characters a second, one second each, ten of them loops too."""
    folder = tmp_path_factory.mktemp("whatif")
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 1.0, "text": "x" * n, "lang": "en"}
        for n in range(1, 20)
    ]
    rows += [
        {"audio_filepath": f"{n}.wav", "duration": 1.0, "text": "a " * 19 + "b" * (n - 38)}
        for n in range(39, 44)
    ]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n{}\n")
    curate.profile(folder / "manifest.jsonl", out=folder / "profile")
    return folder


def _limit_of(content: Any, rule: str, severity: str) -> Any:
    (limit,) = [
        limit
        for limit in content["limits"]
        if (limit["rule"], limit["severity"]) == (rule, severity)
    ]
    return limit


def test_figures_read_off_by_hand(folder: Path) -> None:
    content: Any = what_if(folder / "profile", load_rules()).as_json()
    assert content["profile"]["rows"] == 25
    bad = _limit_of(content, "char_rate", "bad")
    assert (bad["rows"], bad["unique_rows"]) == (5, 0)  # all five are loops as well
    assert bad["hours"] == round(5 / 3600, 6)
    fast = _limit_of(content, "char_rate", "borderline")
    # Of the texts of 19 letters and fewer no other rule speaks: the next step costs one row.
    assert fast["tighter"] == {"value": 19.0, "rows": 1, "hours": round(1 / 3600, 6)}
    assert fast["looser"] is None
    assert [each["text"] for each in fast["passed"]] == ["x" * 19, "x" * 18, "x" * 17]
    assert [each["value"] for each in fast["flagged"]] == [39.0, 40.0, 41.0]
    assert {each["verdict"] for each in fast["flagged"]} == {"bad"}
    ids = content["overlap"]["rules"]
    both = content["overlap"]["bad"]["rows"][ids.index("char_rate")][ids.index("repetitions")]
    assert both == 5
    assert sum(each["rows"] for each in content["verdicts"]) == 25


def test_threads_and_the_order_of_rows_change_nothing(folder: Path, tmp_path: Path) -> None:
    records = pl.read_parquet(folder / "profile/records.parquet")
    shuffled = tmp_path / "records.parquet"
    records.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(shuffled)
    steps = threshold_grids(load_rules())
    one = sweep(folder / "profile/records.parquet", load_rules(), steps, threads=1)
    other = sweep(shuffled, load_rules(), steps, threads=3)
    assert one.kinds.keys() == other.kinds.keys()
    for name, tables in one.tables.items():
        for kind, at in one.kinds.items():
            other_cells = other.tables[name][0][other.kinds[kind]]
            assert tables[0][at].tolist() == other_cells.tolist()


def test_what_people_decided_stays(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "overrides.jsonl"
    decision = {"decision": "keep", "by": "Ann", "at": "2026-11-26T10:00:00Z"}
    log.write_text(json.dumps({"audio_filepath": "40.wav", **decision}) + "\n")
    profile = tmp_path / "profile"
    curate.profile(folder / "manifest.jsonl", out=profile, rules=RuleOptions(overrides=log))
    content: Any = what_if(profile, load_rules()).as_json()
    assert {each["verdict"]: each["rows"] for each in content["verdicts"]}["bad"] == 4
    assert sum(each["rows"] for each in content["verdicts"]) == 25
    assert _limit_of(content, "char_rate", "bad")["rows"] == 4
    (tmp_path / "none.yaml").write_text(
        "schema: curate.rules/1\nname: none\nextends: null\n"
        "rules:\n  - {id: x, metric: words, bad: '> 99'}\n"
    )
    moved = compare_rules(profile, load_rules(tmp_path / "none.yaml"), load_rules())
    assert f"{folder}/manifest.jsonl:21" not in moved.records["id"].to_list()
    assert f"{folder}/manifest.jsonl:22" in moved.records["id"].to_list()


def test_a_lost_manifest_costs_the_texts_only(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_bytes((folder / "manifest.jsonl").read_bytes())
    curate.profile(tmp_path / "manifest.jsonl", out=tmp_path / "profile")
    (tmp_path / "manifest.jsonl").unlink()
    content: Any = what_if(tmp_path / "profile", load_rules()).as_json()
    assert len(content["warnings"]) == 1
    assert "manifest.jsonl" in content["warnings"][0]
    flagged = _limit_of(content, "char_rate", "bad")["flagged"]
    assert [(each["value"], each["text"]) for each in flagged] == [
        (39, None),
        (40, None),
        (41, None),
    ]


def test_what_cannot_be_asked_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no records|there is no"):
        what_if(tmp_path, load_rules())
    (tmp_path / "dear.yaml").write_text(
        "schema: curate.rules/1\nname: dear\nextends: default\nrules:\n"
        '  - {id: packed, metric: compression_ratio, bad: "> 2.4"}\n'
    )
    with pytest.raises(ConfigError) as raised:
        what_if(folder / "profile", load_rules(tmp_path / "dear.yaml"))
    assert "needs compression_ratio" in str(raised.value)
    assert f"curate profile {folder}/manifest.jsonl --metrics compression" in str(raised.value)


def test_the_command(folder: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return processes.curate("rules", "what-if", "profile", *words, cwd=folder)

    done = run("--out", "moved", "--json")
    assert json.loads(done.stdout) == json.loads((folder / "moved/what-if.json").read_text())
    assert {path.name for path in (folder / "moved").iterdir()} == {"what-if.json", "report.html"}
    glance = run()
    assert (glance.returncode, glance.stderr) == (0, "")
    assert ">= 19" in glance.stdout
    curve = run("--rule", "char_rate")
    assert "now" in curve.stdout
    assert "passed" in curve.stdout
    wrong = run("--rule", "char_rat")
    assert wrong.returncode == 2
    assert "did you mean 'char_rate'?" in wrong.stderr


def test_real_manifests(real_data: Path, tmp_path: Path) -> None:
    """Indonesian Common Voice, voted down: the figures that the rules' evidence names."""
    curate.profile(real_data / "manifests/cv_id_invalidated.jsonl", out=tmp_path / "profile")
    content: Any = what_if(tmp_path / "profile", load_rules()).as_json()
    bad = _limit_of(content, "char_rate_id", "bad")
    at = {point["value"]: point["rows"] for point in bad["curve"]}
    assert (at[30.0], at[25.0], at[22.0], at[20.0], at[18.0]) == (180, 326, 471, 590, 743)


def test_failing_groups_are_counted_as_the_profile_has_them(tmp_path: Path) -> None:
    """One speaker says everything too fast for a while; what else that speaker says is kept out."""
    rows = [
        {
            "duration": 1.0,
            "text": WORDS[n : n + (34 if n < 5 else 24 if n < 10 else 12)],
            "speaker": "a",
        }
        for n in range(40)
    ]
    rows += [{"duration": 1.0, "text": WORDS[n : n + 12], "speaker": "b"} for n in range(40)]
    lines = [json.dumps({"audio_filepath": f"{n}.wav", **row}) for n, row in enumerate(rows)]
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    made = curate.profile(tmp_path / "manifest.jsonl", out=tmp_path / "profile")
    content: Any = what_if(tmp_path / "profile", load_rules()).as_json()
    counted = {each["verdict"]: each["rows"] for each in content["verdicts"]}
    assert counted == {name: amount.rows for name, amount in made.verdicts.items()}
    assert counted["borderline"] == 35
    by_rule = {each["rule"]: each for each in content["by_rule"]}
    assert (by_rule["bad_speaker"]["rows"], by_rule["bad_speaker"]["unique_rows"]) == (40, 30)
    # The speaker's other rows are out of eval already: moving the limit costs the other's alone.
    fast = _limit_of(content, "char_rate", "borderline")
    assert {point["value"]: point["unique_rows"] for point in fast["curve"]}[12.0] == 40
    (tmp_path / "none.yaml").write_text(
        "schema: curate.rules/1\nname: none\nextends: null\n"
        "rules:\n  - {id: x, metric: words, bad: '> 99'}\n"
    )
    moved = compare_rules(tmp_path / "profile", load_rules(tmp_path / "none.yaml"), load_rules())
    assert moved.comparison.moved.rows == 40
    assert (
        "speaker a" in moved.records.filter(pl.col("id").str.ends_with(":31"))["to_reason"].item()
    )
