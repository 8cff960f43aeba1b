"""`--fail-on`: outputs are written, the failing gates are named with their figures, exit 1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from curate.errors import ConfigError
from curate.gates import Figure, check_gates, gates_for, parse_gates
from curate.gates.names import GATED
from tests.command_tree import RECIPE, WORDS, commands
from tests.train.planted import ROWS, row, write_model, write_shards
from tests.whole_way.journey import Ran, command

FIGURES = {
    "bad": Figure(7, 0.5),
    "malformed": Figure(0, 0.0),
    "leaks": Figure(3, None, "leaks"),
    "wer": Figure(30, None, "words", (), 200),
    "cer": Figure(0, None, "characters", (), 0),
}
WHOLE = Figure(100, 10.0)

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"  # Lhotse leaves shards open
)

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
    ("leaks>0", True, "3 leaks"),
    ("wer>14.9%", True, "30 of 200 words, 15%"),
    ("wer>15%", False, "30 of 200 words, 15%"),
    ("cer>5%", True, "0 characters: NOT CHECKED"),  # of nothing there is no rate
]


@pytest.mark.parametrize(("text", "failed", "figure"), GATES)
def test_a_gate_compares_its_figure(text: str, failed: bool, figure: str) -> None:
    [result] = check_gates(parse_gates([text]), FIGURES, WHOLE)
    assert result.as_json() == {"gate": text, "figure": figure, "failed": failed}


# (what is typed, part of what is said)
WRONG = [
    ("bad", "is not a gate"),
    ("bad>", "is not a gate"),
    ("bad>5%%", "is not a gate"),
    ("bad>-1", "is not a gate"),
    ("bda>0", "did you mean bad"),
    ("missing_audio>0", "audio was not analysed"),
    ("leaks>1h", "are not counted"),
    ("wer>0.1", "write wer>NUMBER%"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_no_gate_is_an_error_and_no_pass(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
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
    ("bad>4%,malformed>0", 1, ["bad>4%: 1 row of 22, 4.545%", "malformed>0: 1 row"]),
    ("char_rate>0", 1, ["char_rate>0: 1 row"]),
    ("clean<1h", 1, ["clean<1h: 0.02222 h"]),
    ("over_rejected>0", 0, []),
    ("nosuch>0", 2, ["nothing is counted as 'nosuch'"]),
    ("missing_audio>1%", 2, ["audio was not analysed"]),
]


@pytest.mark.parametrize(("gates", "code", "messages"), PROFILE)
def test_gates_of_a_profile(tmp_path: Path, gates: str, code: int, messages: list[str]) -> None:
    out = tmp_path / "p"
    ran = command("curate", "profile", corpus(tmp_path), "--out", out, "-q", "--fail-on", gates)
    assert ran.exit_code == code, ran.stderr
    assert all(each in ran.stderr for each in messages), ran.stderr
    assert out.exists() == (code != 2)
    if code != 2:
        results: Any = json.loads((out / "profile.json").read_text())["fail_on"]
        assert [each["gate"] for each in results] == gates.split(",")
        assert [each["failed"] for each in results].count(True) == len(messages)
        page = (out / "report.html").read_text(encoding="utf-8")
        assert all(each["figure"] in page for each in results)


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
    results: Any = json.loads((tmp_path / "named" / "profile.json").read_text())["fail_on"]
    assert [each["gate"] for each in results if each["failed"]] == [f"{beyond}>0"] * bool(beyond)


def test_an_unchanged_profile_is_held_against_other_gates(tmp_path: Path) -> None:
    words = ("profile", corpus(tmp_path), "--out", tmp_path / "p", "-q")
    codes = [
        command("curate", *words, "--fail-on", gate).exit_code
        for gate in ("bad>5", "bad>0", "bad>0", "bad>5")
    ]
    assert codes == [0, 1, 1, 0]


# (command, named gates, --strict, the gates that hold)
EFFECTIVE = [
    ("curate profile", "", False, []),
    ("curate profile", "bad>5%", True, ["bad>5%", "over_rejected>0", "over_borderline>0"]),
    ("curate profile", "over_rejected>2", True, ["over_rejected>2", "over_borderline>0"]),
    ("curate audit", "", False, ["leaks>0"]),
    ("curate audit", "malformed>0", False, ["malformed>0", "leaks>0"]),
    ("curate audit", "speaker_leaks>7", True, ["speaker_leaks>7", "unchecked>0"]),
    ("curate shard", "", True, ["left_out>0"]),
    ("curate shard --verify", "cuts<9", True, ["cuts<9", "undecoded>0", "faults>0"]),
    ("train plan", "small-validation>0", True, ["small-validation>0", "warnings>0"]),
    ("train eval", "wer>12%", False, ["wer>12%", "unscored>0", "forgetting>0"]),
    ("train eval", "unscored>1%", False, ["unscored>1%", "forgetting>0"]),
]


@pytest.mark.parametrize(("words", "named", "strict", "effective"), EFFECTIVE)
def test_presets_give_way_to_what_is_named(
    words: str, named: str, strict: bool, effective: list[str]
) -> None:
    assert [gate.text for gate in gates_for(words, [named], strict)] == effective


def test_every_command_with_the_option_is_in_the_table() -> None:
    having = {
        words: any(each.name == "strict" for each in tree.params)
        for words, tree in commands().items()
        if any(each.name == "fail_on" for each in tree.params)
    }
    assert {name.removesuffix(" --verify") for name in GATED} == {*having}
    for words, gated in GATED.items():
        assert having[words.removesuffix(" --verify")] == bool(gated.strict), words
        if "*" not in {each.name for each in gated.names}:
            with pytest.raises(ConfigError, match="nothing is counted as 'nosuch'"):
                gates_for(words, ["nosuch>0"])
    assert len(having) == 9


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each command is given: corpora of tones, one without speakers and with a lost file."""
    folder = tmp_path_factory.mktemp("gates")
    for n in range(24):
        tone = 0.1 * np.sin(np.arange(16_000) * (n + 5) / 90)
        soundfile.write(folder / f"{n}.wav", tone, 16_000)
    words = WORDS[:10]
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 1.0, "lang": "en", "speaker": f"s{n // 2}",
         "text": " ".join(words[(n * k + n // 10) % 10] for k in (1, 3))}
        for n in range(24)
    ]  # fmt: skip
    write(folder / "sound.jsonl", rows)
    write(folder / "nobody.jsonl", [{k: each[k] for k in each if k != "speaker"} for each in rows])
    write(folder / "lost.jsonl", [*rows[:23], {**rows[23], "audio_filepath": "lost.wav"}])
    fast = [{**each, "duration": 0.4} for each in rows]
    write(folder / "fast.jsonl", [{**each, "duration": 120.0} for each in rows[:9]] + fast * 2)
    for name in ("sound", "lost"):
        ran("profile", f"{name}.jsonl", "--out", f"{name}-p", in_=folder)
        ran("split", f"{name}-p", "--out", f"{name}-s", *SMALL, in_=folder)
    ran("shard", "sound-s", "--out", "sound-shards", "--workers", 1, in_=folder)
    ran("profile", "fast.jsonl", "--part", "1/1", "--out", "pieces", in_=folder)
    write_model(folder / "model.nemo", "canary", None, 24)
    write_shards(folder / "planned", ROWS, 2.0)
    write_shards(folder / "unmarked", [row(pnc=None) for _ in range(9)], 2.0)
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


SMALL = ("--eval", "2s", "--test", "2s", "--floor", "0s", "--cap", "0.5")


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def ran(*words: object, in_: Path, program: str = "curate") -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(in_)
        return command(program, *words)


# (command, its further words, exit code with --strict, part of what is said)
STRICT = [
    ("curate profile", "sound.jsonl --no-cache --out p1", 0, ""),
    ("curate profile", "fast.jsonl --no-cache --out p2", 1, "is rejected (limit 10%)"),
    ("curate merge", "pieces --out p3", 1, "is rejected (limit 10%)"),
    ("curate split", "sound-p --out s1 --eval 2s --test 2s --floor 0s --cap 0.5", 0, ""),
    ("curate split", "sound-p --out s2 --eval 20h", 1, "instead of 20 h"),
    ("curate split", "nobody.jsonl --out s3 --eval 2s --test 0h", 1, "speaker: known for 0 of 24"),
    ("curate split", "--given train=sound.jsonl --out s4", 0, ""),
    ("curate audit", "sound.jsonl sound-s/eval.jsonl", 1, "1 speaker leak between"),
    ("curate audit", "sound-s/train.jsonl sound-s/eval.jsonl", 0, ""),
    ("curate audit", "nobody.jsonl sound-s/eval.jsonl", 1, "NOT CHECKED"),
    ("curate shard", "sound-s --workers 1 --out d1", 0, ""),
    ("curate shard", "lost-s --workers 1 --out d2", 1, "left out: cannot be opened: No such file"),
    ("curate shard --verify", "sound-shards --decode all", 0, ""),
    ("curate shard --verify", "sound-shards --decode none", 1, "recordings were not decoded"),
    ("curate shard --verify", "recipe.yaml", 3, "holds no shards"),
    ("train plan", "--data planned --model model.nemo --recipe recipe.yaml", 0, ""),
    ("train plan", "--data unmarked --model model.nemo --recipe recipe.yaml", 1, "[slot-missing]"),
    ("train plan", "--data sound-s --model model.nemo --recipe recipe.yaml", 2, ""),
]


@pytest.mark.parametrize(("name", "line", "code", "message"), STRICT)
def test_strict_is_its_preset_written_out(
    made: Path, name: str, line: str, code: int, message: str
) -> None:
    program, *words = name.split()
    words += [*line.split(), "--json"]
    strict = ran(*words, "--strict", in_=made, program=program)
    named = ran(*words, "--fail-on", GATED[name].strict, in_=made, program=program)
    assert (strict.exit_code, strict.stderr) == (named.exit_code, named.stderr)
    assert strict.exit_code == code, strict.stderr
    assert message in strict.stderr
    if code != 3:
        assert strict.answer["fail_on"] == named.answer["fail_on"]
        failed = [each["gate"] for each in strict.answer["fail_on"] if each["failed"]]
        assert code == 2 or bool(failed) == bool(code)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (name, line)
        for name, line, code, _ in STRICT
        if (not code or name == "train plan") and "--given" not in line
    ]
    + [("curate diff", "sound-p lost-p"), ("curate rules compare", "default multilingual sound-p")],
)
def test_names_of_the_table_are_counted(made: Path, name: str, line: str) -> None:
    """Each fixed name of the table is a figure of the command."""
    program, *words = name.split()
    fixed = [each.name for each in GATED[name].names if "*" not in each.name]
    fixed = [each for each in fixed if (words, each) != (["plan"], "missing_audio")]  # a share
    gates = ",".join(f"{each}>9999" for each in fixed)
    done = ran(*words, *line.split(), "--json", "--fail-on", gates, in_=made, program=program)
    assert done.exit_code == (2 if name == "train plan" and "sound-s" in line else 0), done.stderr
    assert [each["gate"] for each in done.answer["fail_on"]][: len(fixed)] == gates.split(",")


def test_a_failed_gate_stands_on_the_page(made: Path) -> None:
    words = ("sound-s", "--workers", 1, "--out", "d3", "--fail-on", "train>0,left_out>5%")
    done = ran("shard", *words, in_=made)
    assert (done.exit_code, "train>0: 20 rows" in done.stderr) == (1, True), done.stderr
    page = (made / "d3" / "report.html").read_text(encoding="utf-8")
    assert "0 rows of 24, 0%" in page
    assert ran("shard", "--verify", "d3", "--decode", "all", in_=made).exit_code == 0


def test_gates_of_a_split_and_an_audit(tmp_path: Path) -> None:
    out, manifest = tmp_path / "s", corpus(tmp_path)
    words = ("split", manifest, "--out", out, "-q", "--eval", "8s", "--test", "0h")
    ran = command("curate", *words, "--fail-on", "leaks>0,rejected>0", "--fail-on", "eval<2")
    assert ran.exit_code == 1
    assert "rejected>0: 1 row" in ran.stderr
    assert "leaks>0" not in ran.stderr
    assert (out / "train.jsonl").is_file()
    audit = ("audit", manifest, manifest.with_name("copy.jsonl"))
    manifest.with_name("copy.jsonl").write_bytes(manifest.read_bytes())
    for gates, code in ((None, 1), ("speaker_leaks>7", 1), ("speaker_leaks>8", 0)):
        ran = command("curate", *audit, "-q", *(["--fail-on", gates] if gates else []))
        assert ran.exit_code == code, (gates, ran.stderr)
