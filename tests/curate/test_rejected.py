"""Don't over-filter: strata of which the rules reject too much are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import curate
from curate.errors import ConfigError
from curate.profiles.request import RuleOptions
from curate.rules.file import load_rules
from curate.rules.overrides import Decision, append
from curate.splits import SplitRequest, Targets, split_profile
from tests import processes
from tests.profiling import without_absent_audio

RULES = "schema: curate.rules/1\nname: mine\nrules: [{id: long, metric: words, bad: '> 3'}]\n"


def row(at: int, lang: str | None, words: int, seconds: float = 10.0) -> str:
    fields = {"lang": lang} if lang else {}
    text = " ".join(f"w{at}x{word}" for word in range(words))
    named = {"audio_filepath": f"{lang}{at}.wav", "speaker": f"{lang}{at}"}
    return json.dumps({**named, "duration": seconds, "text": text, **fields})


LINES = [
    *(row(at, "de", 5 if at < 2 else 3) for at in range(10)),  # 20 % of 100 s
    *(row(at, "en", 5 if at < 1 else 3) for at in range(10)),  # 10 %: not more than that
    *(row(at, None, 5 if at < 3 else 3) for at in range(10)),
    *(row(at, "fi", 5, 2.0) for at in range(10)),  # all of it, but not a minute
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "m.jsonl").write_text("\n".join(LINES))
    (tmp_path / "mine.yaml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_strata_are_named_with_the_rule(folder: Path) -> None:
    made = curate.profile("m.jsonl", out="p", rules="mine.yaml")
    assert made.json["rejected"]["most"] == 0.1
    shares = [(each["value"], each["share"]) for each in made.json["rejected"]["strata"]]
    assert shares == [(None, 0.3), ("de", 0.2)]
    assert without_absent_audio(made.json["warnings"]) == [
        "rows without lang: 30% of 1.67 min is rejected (limit 10%), most of it by long",
        "lang 'de': 20% of 1.67 min is rejected (limit 10%), most of it by long",
    ]


def test_sources_count_where_there_are_several(folder: Path) -> None:
    Path("n.jsonl").write_text("\n".join(row(at, "sv", 3) for at in range(10)))
    made = curate.profile(["m.jsonl", "n.jsonl"], out="p", rules="mine.yaml")
    strata = [(each["column"], each["value"]) for each in made.json["rejected"]["strata"]]
    assert strata == [("lang", None), ("source", "m.jsonl"), ("lang", "de")]


def test_the_rule_file_sets_the_share_and_hands_it_on(folder: Path) -> None:
    head = "schema: curate.rules/1\nname: x\n"
    Path("base.yaml").write_text(f"{head}max_rejected: 0.25\nrules: []\n")
    Path("x.yaml").write_text(f"{head}extends: base.yaml\nrules: []\n")
    assert load_rules("x.yaml").max_rejected == 0.25
    Path("x.yaml").write_text(f"{head}extends: base.yaml\nmax_rejected: 0.5\nrules: []\n")
    assert load_rules("x.yaml").max_rejected == 0.5
    assert load_rules().max_rejected == 0.1
    for wrong in ("0", "1.5", "'0.1'", "lots", "-1"):
        Path("x.yaml").write_text(f"{head}max_rejected: {wrong}\nrules: []\n")
        with pytest.raises(ConfigError, match=r"x\.yaml:3: 'max_rejected' is a share of hours"):
            load_rules("x.yaml")


def test_what_people_reject_is_not_the_rules_doing(folder: Path) -> None:
    for at in range(3, 10):
        append("o.jsonl", Decision("reject", "a", "2026-11-26T10:00:00Z", f"en{at}.wav"))
    made = curate.profile(
        "m.jsonl", out="p", rules=curate.RuleOptions(rules="mine.yaml", overrides="o.jsonl")
    )
    assert [each["value"] for each in made.json["rejected"]["strata"]] == [None, "de"]


SHARES = [("10%", 0.1), (" 0.5 ", 0.5), ("1", 1.0), ("100 %", 1.0)]


@pytest.mark.parametrize(("text", "share"), SHARES)
def test_shares(text: str, share: float) -> None:
    assert RuleOptions.parse(None, None, text, None).max_rejected == share


@pytest.mark.parametrize("text", ["", "0", "-5%", "150%", "ten", "nan", "inf"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(ConfigError, match=r"max_rejected: .* is not a share of hours"):
        RuleOptions.parse(None, None, text, None)


COMMANDS: list[tuple[list[str], int, str]] = [
    ([], 0, "warning: lang 'de': 20% of 1.67 min is rejected"),
    (["--strict"], 1, "p: lang 'de': 20% of 1.67 min is rejected (limit 10%)"),
    (["--strict", "--max-rejected", "0.3"], 0, "report: p/report.html"),
    (["--max-rejected", "most"], 2, "--max-rejected: 'most' is not a share of hours"),
]


@pytest.mark.parametrize(("words", "code", "message"), COMMANDS)
def test_the_command(folder: Path, words: list[str], code: int, message: str) -> None:
    command = ["profile", "m.jsonl", "--out", "p", "--rules", "mine.yaml", *words]
    for _ in range(1 + (code == 1)):  # a kept profile answers as a new one does
        done = processes.curate(*command)
        assert done.returncode == code
        assert message in " ".join(done.stderr.split())
    assert (folder / "p/profile.json").exists() is (code < 2)


def test_a_split_warns_too(folder: Path) -> None:
    curate.profile("m.jsonl", out="p", rules="mine.yaml")
    Path("s").mkdir()
    made = split_profile(Path("p"), Path("s"), SplitRequest(targets=Targets.parse({"eval": "10s"})))
    warning = "lang 'de': 20% of 1.67 min is rejected (limit 10%), most of it by long"
    assert warning in made.gates
    assert warning in made.warnings
