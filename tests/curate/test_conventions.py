"""What most rows of a stratum have in common is a convention of the corpus, no defect of rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

import curate
from curate.inspect.subjects import rules_of
from curate.rules.file import load_rules
from curate.whatif.limits import what_if
from tests import processes
from tests.profiling import without_absent_audio

ROMANISED = [
    "dharmakṣetre kurukṣetre samavetā yuyutsavaḥ",
    "māmakāḥ pāṇḍavāś caiva kim akurvata sañjaya",
    "yadā yadā hi dharmasya glānir bhavati bhārata",
    "karmaṇy evādhikāras te mā phaleṣu kadācana",
]
KOREAN = "안녕하세요 여러분 만나서 반갑습니다"


def line(at: int, text: str, lang: str | None = None, seconds: float = 3.5, **more: object) -> str:
    named = {"audio_filepath": f"{more.get('speaker', 'a')}{at}.wav", "duration": seconds}
    return json.dumps({**named, "text": text, **({"lang": lang} if lang else {}), **more})


def sanskrit(rows: int = 120) -> list[str]:
    return [
        line(at, f"{ROMANISED[at % 4]} śloka {at}", "sa", speaker=f"s{at % 24}")
        for at in range(rows)
    ]


def write(folder: Path, lines: list[str], name: str = "m.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def verdicts(made: Any) -> dict[str, int]:
    return {name: amount.rows for name, amount in made.verdicts.items() if amount.rows}


def test_a_romanised_corpus_can_be_split(tmp_path: Path) -> None:
    manifest = write(tmp_path, sanskrit())
    made = curate.profile(manifest, out=tmp_path / "p")
    assert verdicts(made) == {"clean": 120}
    (convention,) = made.json["conventions"]
    assert (convention["rule"], convention["column"], convention["value"]) == (
        "foreign_script",
        "lang",
        "sa",
    )
    assert (convention["rows"], convention["triggered"], convention["exempt"]) == (120, 120, True)
    (warning,) = without_absent_audio(made.json["warnings"])
    assert warning.startswith(
        "lang 'sa': foreign_script would trigger on 120 of 120 rows, a convention"
    )
    assert "`lang: sa-Latn`" in warning
    sizes = ("--eval", "60s", "--test", "60s", "--floor", "0s")
    done = processes.curate("split", "p", "--out", "s", *sizes, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s" / "eval.jsonl").read_text(encoding="utf-8").count("\n") > 10
    warnings = json.loads((tmp_path / "s" / "split.json").read_text(encoding="utf-8"))["warnings"]
    assert warning in warnings


def test_a_declared_script_is_no_convention_to_speak_of(tmp_path: Path) -> None:
    lines = [each.replace('"sa"', '"sa-Latn"') for each in sanskrit()]
    made = curate.profile(write(tmp_path, lines), out=tmp_path / "p")
    assert verdicts(made) == {"clean": 120}
    assert not made.json["conventions"]
    assert not without_absent_audio(made.json["warnings"])


def test_half_of_a_language_is_no_convention(tmp_path: Path) -> None:
    lines = sanskrit(20) + [line(at, f"धर्मक्षेत्रे कुरुक्षेत्रे {at}", "sa") for at in range(100, 120)]
    made = curate.profile(write(tmp_path, lines), out=tmp_path / "p")
    assert verdicts(made) == {"clean": 20, "borderline": 20}
    assert not made.json["conventions"]


def test_only_the_stratum_is_exempt(tmp_path: Path) -> None:
    """One language's convention is another's defect; a source's that of no other source."""
    english = [line(at, f"so we went home number {at}", "en") for at in range(40)]
    stray = line(900, "dharmakṣetre kurukṣetre", "hi")
    made = curate.profile(write(tmp_path, [*sanskrit(), *english, stray]), out=tmp_path / "p")
    assert verdicts(made) == {"clean": 160, "borderline": 1}


def test_a_source_has_conventions_too(tmp_path: Path) -> None:
    hidden = [line(at, f"so \u200bwe went home number {at}", "en") for at in range(30)]
    plain = [line(at, f"so we went away number {at}", "en") for at in range(100, 170)]
    one, two = write(tmp_path, hidden, "h.jsonl"), write(tmp_path, plain, "p.jsonl")
    made = curate.profile([one, two], out=tmp_path / "p")
    (convention,) = made.json["conventions"]
    assert (convention["rule"], convention["column"], convention["value"]) == (
        "hidden_chars",
        "source",
        str(one),
    )
    assert verdicts(made) == {"clean": 100}


def test_what_is_bad_stays_bad_and_is_reported(tmp_path: Path) -> None:
    """Korean under `lang: es` is certain: all of it is rejected, and the corpus is named."""
    lines = [line(at, f"{KOREAN} {'가나다라마'[at % 5]}", "es") for at in range(30)]
    made = curate.profile(write(tmp_path, lines), out=tmp_path / "p")
    assert verdicts(made) == {"bad": 30}
    (convention,) = [each for each in made.json["conventions"] if each["rule"] == "wrong_script"]
    assert (convention["severity"], convention["exempt"]) == ("bad", False)


def test_a_rule_without_the_mark_is_reported_alone(tmp_path: Path) -> None:
    texts = ["".join(f"word{at}x{each} " for each in range(50)) for at in range(30)]
    lines = [line(at, text, "en", 40.0) for at, text in enumerate(texts)]
    made = curate.profile(write(tmp_path, lines), out=tmp_path / "p")
    assert verdicts(made)["borderline"] == 30
    warnings = [
        each for each in made.json["warnings"] if "too_long" in each and "convention" in each
    ]
    assert "cut the recordings into segments" in warnings[0]


def test_few_rows_show_no_convention(tmp_path: Path) -> None:
    made = curate.profile(write(tmp_path, sanskrit(19)), out=tmp_path / "p")
    assert verdicts(made) == {"borderline": 19}
    assert not made.json["conventions"]


def test_made_again_and_asked_again_it_is_the_same(tmp_path: Path) -> None:
    manifest = write(tmp_path, sanskrit())
    first = curate.profile(manifest, out=tmp_path / "p")
    rules, _ = rules_of(tmp_path / "p")
    tagged = curate.apply_rules(first.records().drop("verdict", "tags", "reason").collect())
    assert tagged["verdict"].unique().to_list() == ["borderline"]  # the rules alone
    (rule,) = [rule for rule in rules.rules if rule.id == "foreign_script"]
    assert rule.where
    assert "lang not in ['sa']" in rule.where.text
    content: Any = what_if(tmp_path / "p", load_rules()).as_json()
    assert {each["verdict"]: each["rows"] for each in content["verdicts"]}["clean"] == 120
    second = curate.profile(manifest, out=tmp_path / "p", rules=str(write_rules(tmp_path)))
    assert second.json["conventions"] == first.json["conventions"]
    assert verdicts(second) == {"clean": 120}


def write_rules(folder: Path) -> Path:
    path = folder / "same.yaml"
    path.write_text("schema: curate.rules/1\nname: same\nextends: default\nrules: []\n")
    return path


def speaker(name: str, rows: int, chars: int) -> list[str]:
    text = ("so and then we all went home again to see what there is " * 3)[: chars - 4]
    return [line(at, f"{text}{at:04d}", "en", 4.0, speaker=name) for at in range(rows)]


def test_a_fast_speaker_is_named_with_the_hours(tmp_path: Path) -> None:
    """Median 22.5 characters a second: half of the speaker's hours never measure a model."""
    fast = speaker("fast", 40, 90) + speaker("fast", 20, 86)
    made = curate.profile(write(tmp_path, fast + speaker("slow", 240, 60)), out=tmp_path / "p")
    assert without_absent_audio(made.json["warnings"]) == [
        "speaker 'fast': 67% of 4 min is kept from eval (limit 50%), most of it by char_rate"
    ]
    (stratum,) = made.json["kept_from_eval"]["strata"]
    assert (stratum["column"], stratum["value"], stratum["borderline_hours"]) == (
        "speaker",
        "fast",
        0.044444,
    )


SHARES: list[tuple[list[str], int, str]] = [
    ([], 0, "warning: speaker 'fast': 100% of 4 min is kept from eval (limit 50%)"),
    (["--max-borderline", "100%"], 0, "report: p/report.html"),
    (["--strict"], 0, "warning: speaker 'fast': 100% of 4 min is kept from eval"),
    (
        ["--strict", "--max-borderline", "10%"],
        1,
        "p: lang 'en': 20% of 20 min is kept from eval (limit 10%), most of it by char_rate",
    ),
    (["--strict", "--max-borderline", "1"], 0, "report: p/report.html"),
    (["--max-borderline", "half"], 2, "--max-borderline: 'half' is not a share of hours above 0"),
]


@pytest.mark.parametrize(("words", "code", "message"), SHARES)
def test_the_share_that_may_be_borderline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, speaker("fast", 60, 90) + speaker("slow", 240, 60))
    done = processes.curate("profile", "m.jsonl", "--out", "p", *words)
    assert done.returncode == code, done.stderr
    assert message in " ".join((done.stdout + done.stderr).split())


def test_missing_files_condemn_no_speaker(tmp_path: Path) -> None:
    """Half of a speaker's files are not there: what is there stays clean."""
    lines = []
    for at in range(40):
        name = f"a{at}.wav"
        if at % 2:
            soundfile.write(tmp_path / name, np.zeros(48000), 16000)
        more = {"speaker": "anna", "audio_filepath": name}
        lines.append(line(at, f"so we went home number {at}", "en", 3.0, **more))
    made = curate.profile(write(tmp_path, lines), out=tmp_path / "p", rules="audio_header")
    assert verdicts(made) == {"clean": 20, "bad": 20}
    gone = made.records().filter(pl.col("verdict") == "bad").collect()
    assert gone["reason"].unique().to_list() == ["audio_fault missing: no audio can be read there"]
    content: Any = what_if(tmp_path / "p", load_rules("audio_header")).as_json()
    assert {each["verdict"]: each["rows"] for each in content["verdicts"]}["clean"] == 20
