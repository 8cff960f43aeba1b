"""`--fail-on`: outputs are written, the failing gates are named with their figures, exit 1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.gates import Figure, check_gates, parse_gates
from tests.whole_way.journey import command

FIGURES = {"bad": Figure(7, 0.5), "malformed": Figure(0, 0.0), "leaks": Figure(3)}
WHOLE = Figure(100, 10.0)

# (gate, whether it fails, the figure)
GATES = [
    ("bad>7", False, "7 rows"),
    ("bad>=7", True, "7 rows"),
    ("bad > 6", True, "7 rows"),
    ("bad<8", True, "7 rows"),
    ("bad<=6", False, "7 rows"),
    ("bad>5%", True, "7 rows of 100, 7%"),
    ("bad>7%", False, "7 rows of 100, 7%"),
    ("bad>0.4h", True, "0.5 h"),
    ("bad>5%h", False, "0.5 h of 10, 5%"),
    ("bad>4.9%h", True, "0.5 h of 10, 5%"),
    ("malformed>0", False, "0 rows"),
    ("leaks>0", True, "3 rows"),
]


@pytest.mark.parametrize(("text", "failed", "figure"), GATES)
def test_a_gate_compares_its_figure(text: str, failed: bool, figure: str) -> None:
    assert check_gates(parse_gates([text]), FIGURES, WHOLE) == [
        {"gate": text, "figure": figure, "failed": failed}
    ]


# (what is typed, part of what is said)
WRONG = [
    ("bad", "is no gate"),
    ("bad>", "is no gate"),
    ("bad>5%%", "is no gate"),
    ("bad>-1", "is no gate"),
    ("bda>0", "did you mean bad"),
    ("missing_audio>0", "audio was not looked at"),
    ("leaks>1h", "are not counted"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_no_gate_is_an_error_and_no_pass(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_gates(parse_gates([text]), FIGURES, WHOLE)


def corpus(folder: Path) -> Path:
    rows: list[Mapping[str, object]] = [
        {"audio_filepath": f"{n}.wav", "duration": 4.0, "speaker": f"s{n % 8}",
         "text": f"a usual sentence of about {n} words or so"}
        for n in range(20)
    ]  # fmt: skip
    rows.append({"audio_filepath": "fast.wav", "duration": 1.0, "text": "x" * 200})
    (folder / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{oops\n")
    return folder / "m.jsonl"


# (gates, exit code, what fails)
PROFILE = [
    ("bad>5%,malformed>1", 0, []),
    ("bad>4%,malformed>0", 1, ["bad>4%: 1 rows of 22, 4.545%", "malformed>0: 1 rows"]),
    ("char_rate>0", 1, ["char_rate>0: 1 rows"]),
    ("clean<1h", 1, ["clean<1h: 0.02222 h"]),
    ("over_rejected>0", 0, []),
    ("nosuch>0", 2, ["nothing is counted as 'nosuch'"]),
    ("missing_audio>1%", 2, ["audio was not looked at"]),
]


@pytest.mark.parametrize(("gates", "code", "said"), PROFILE)
def test_gates_of_a_profile(tmp_path: Path, gates: str, code: int, said: list[str]) -> None:
    out = tmp_path / "p"
    ran = command("curate", "profile", corpus(tmp_path), "--out", out, "-q", "--fail-on", gates)
    assert ran.exit_code == code, ran.stderr
    assert all(each in ran.stderr for each in said), ran.stderr
    assert out.exists() == (code != 2)
    if code != 2:
        found: Any = json.loads((out / "profile.json").read_text())["fail_on"]
        assert [each["gate"] for each in found] == gates.split(",")
        assert [each["failed"] for each in found].count(True) == len(said)
        page = (out / "report.html").read_text(encoding="utf-8")
        assert all(each["figure"] in page for each in found)


# (characters in each of twenty rows of four seconds, figure that is beyond its limit)
BEYOND = [(40, None), (98, "over_borderline"), (160, "over_rejected")]


@pytest.mark.parametrize(("characters", "beyond"), BEYOND)
def test_strict_of_a_profile_is_a_preset_of_gates(
    tmp_path: Path, characters: int, beyond: str | None
) -> None:
    text = ("usual words here " * 10)[:characters].strip()
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 4.0, "lang": "en", "text": f"{n} {text}"}
        for n in range(20)
    ]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("profile", tmp_path / "m.jsonl", "-q", "--out")
    strict = command("curate", *words, tmp_path / "strict", "--strict")
    gates = "over_rejected>0,over_borderline>0"
    named = command("curate", *words, tmp_path / "named", "--fail-on", gates)
    assert strict.exit_code == named.exit_code == (1 if beyond else 0), strict.stderr
    found: Any = json.loads((tmp_path / "named" / "profile.json").read_text())["fail_on"]
    assert [each["gate"] for each in found if each["failed"]] == [f"{beyond}>0"] * bool(beyond)


def test_an_unchanged_profile_is_held_against_other_gates(tmp_path: Path) -> None:
    words = ("profile", corpus(tmp_path), "--out", tmp_path / "p", "-q")
    codes = [
        command("curate", *words, "--fail-on", gate).exit_code
        for gate in ("bad>5", "bad>0", "bad>0", "bad>5")
    ]
    assert codes == [0, 1, 1, 0]


def test_gates_of_a_split_and_an_audit(tmp_path: Path) -> None:
    out, manifest = tmp_path / "s", corpus(tmp_path)
    words = ("split", manifest, "--out", out, "-q", "--eval", "8s", "--test", "0h")
    ran = command("curate", *words, "--fail-on", "leaks>0,rejected>0", "--fail-on", "eval<2")
    assert ran.exit_code == 1
    assert "rejected>0: 1 rows" in ran.stderr
    assert "leaks>0" not in ran.stderr
    assert (out / "train.jsonl").is_file()
    audit = ("audit", manifest, manifest.with_name("copy.jsonl"))
    manifest.with_name("copy.jsonl").write_bytes(manifest.read_bytes())
    for gates, code in ((None, 1), ("speaker_leaks>7", 1), ("speaker_leaks>8", 0)):
        ran = command("curate", *audit, "-q", *(["--fail-on", gates] if gates else []))
        assert ran.exit_code == code, (gates, ran.stderr)
