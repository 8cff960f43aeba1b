"""`--audio-root` and `--path-map` mean the same to every command that takes manifests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.lines import lines_of
from tests.whole_way.journey import command

RATE = 8_000
ROWS = 40


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Manifests in one folder; audio in another, by paths relative to it or of another machine."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sounds").mkdir()
    (tmp_path / "lists").mkdir()
    rng = np.random.default_rng(7)
    lines = []
    for at in range(ROWS):
        sf.write(f"sounds/{at}.wav", 0.1 * rng.standard_normal(2 * RATE), RATE)
        text = f"sentence number {at} of all"
        lines.append(
            {"audio_filepath": f"{at}.wav", "duration": 2.0, "text": text, "speaker": f"s{at}"}
        )
    write("lists/relative.jsonl", lines)
    write("lists/moved.jsonl", [{**row, "audio_filepath": f"D:\\old\\{at}.wav"}
                                for at, row in enumerate(lines)])  # fmt: skip
    return tmp_path


def write(name: str, rows: list[dict[str, object]]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


RELATIVE = ("lists/relative.jsonl", "--audio-root", "sounds")
MOVED = ("lists/moved.jsonl", "--path-map", "D:\\old=sounds")


@pytest.mark.parametrize("words", [RELATIVE, MOVED], ids=["root", "map"])
@pytest.mark.parametrize("way", ["manifest", "profile"])
def test_a_split_knows_where_the_audio_is(corpus: Path, words: tuple[str, ...], way: str) -> None:
    """Its page warns of no missing file, and curate shard stores every row with no --audio-root."""
    if way == "profile":
        assert command("curate", "profile", *words, "--out", "p", "-q").exit_code == 0
        words = ("p",)
    ran = command("curate", "split", *words, "--out", "s", "--eval", "8s", "--test", "12s", "-q")
    assert ran.exit_code == 0, ran.stderr
    made = json.loads((corpus / "s/split.json").read_bytes())
    assert not [each for each in made["warnings"] if "audio" in each and "clean" not in each]
    ran = command("curate", "shard", "s", "--out", "sh", "--workers", "1", "-q")
    assert ran.exit_code == 0, ran.stderr
    index = json.loads((corpus / "sh/shards.json").read_bytes())
    assert index["skipped_rows"] == 0
    stored = [index["manifests"][name]["rows"] for name in ("train", "eval", "test")]
    assert sum(stored) == ROWS


def test_without_the_root_the_audio_is_missing(corpus: Path) -> None:
    ran = command("curate", "split", RELATIVE[0], "--out", "s", "--eval", "8s", "-q")
    assert ran.exit_code == 0
    made = json.loads((corpus / "s/split.json").read_bytes())
    assert [each for each in made["warnings"] if "--audio-root" in each]


def test_a_root_for_a_profile_stands_above_its_own(corpus: Path) -> None:
    assert command("curate", "profile", RELATIVE[0], "--out", "p", "-q").exit_code == 0
    (corpus / "sounds").rename(corpus / "elsewhere")
    ran = command("curate", "split", "p", "--out", "s", "--audio-root", "elsewhere", "-q")
    assert ran.exit_code == 0, ran.stderr
    assert json.loads((corpus / "s/split.json").read_bytes())["audio_root"] == str(
        corpus / "elsewhere"
    )


def test_an_audit_compares_files_below_one_root(corpus: Path) -> None:
    """Manifests of two folders name the same ten files; without the root they are others."""
    rows = [json.loads(line) for line in lines_of((corpus / RELATIVE[0]).read_text())]
    for name, part in (("a", rows[:25]), ("b", rows[15:])):
        (corpus / name).mkdir()
        write(f"{name}/m.jsonl", [{**row, "speaker": f"{name}{row['speaker']}",
                                   "text": f"{row['text']} {name}"} for row in part])  # fmt: skip
    sides = ("a/m.jsonl", "b/m.jsonl", "--json")
    apart = command("curate", "audit", *sides).answer
    same = command("curate", "audit", *sides, "--audio-root", "sounds").answer
    of_files = [
        {leak["kind"]: leak["count"] for leak in made["leaks"]}["recording"]
        for made in (apart, same)
    ]
    assert of_files == [0, 10]
    content = (*sides, "--audio-root", "sounds", "--audio-identity", "content")
    (by_content,) = (
        each["count"]
        for each in command("curate", "audit", *content).answer["leaks"]
        if each["kind"] == "recording"
    )
    assert by_content == 10


@pytest.mark.parametrize(
    "words", [("--path-map", "a=b"), ("--cast",), ("--measure-duration",), ("--map", "text=t")]
)
def test_a_profile_is_not_read_again(corpus: Path, words: tuple[str, ...]) -> None:
    assert command("curate", "profile", *RELATIVE, "--out", "p", "-q").exit_code == 0
    ran = command("curate", "split", "p", "--out", "s", "-q", *words)
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"{words[0]}: a profile was read already")
    assert f"profile again with {words[0]}" in ran.stderr
