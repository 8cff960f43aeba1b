"""Groups from audio paths, where nobody says who speaks: proposed, never applied unasked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.curate.splitting import sentence
from tests.lines import lines_of
from tests.whole_way.corpus import write_manifest
from tests.whole_way.journey import Ran, command

SIZES = ("--eval", "30s", "--test", "30s", "--floor", "0s", "--cap", "0.5")

PATTERNS = [
    ("talk/{g:02d}/{n}.wav", r"(\d+)/[^/]*$"),  # a folder each
    ("{g:02d}_{n}.wav", r"^([^_]*)_"),  # the file name's beginning
    ("a/rec{g:02d}-{n:04d}.wav", r"(?P<talk>rec\d+)-"),  # by name
    ("{n}_spk{g:02d}.wav", r"spk(\d+)"),  # the end
    ("x/{g:02d}/y/{n}.wav", r"(x)/(?P<talk>\d+)/y"),  # the named group, not the first
]


def manifest(folder: Path, name: str, **more: object) -> Path:
    """60 rows of 5 s in 30 groups of two, which only their paths show."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "audio_filepath": name.format(g=n // 2, n=n), "duration": 5.0,
            "text": sentence(f"row {n}"), "lang": "en", **more,
        }
        for n in range(60)
    ]  # fmt: skip
    return write_manifest(folder / "m.jsonl", rows)


def split(folder: Path, *words: object) -> tuple[Ran, Mapping[str, Any]]:
    ran = command("curate", "split", *words, *SIZES, "--out", folder)
    path = folder / "split.json"
    return ran, json.loads(path.read_text()) if path.exists() else {}


@pytest.mark.parametrize(("name", "pattern"), PATTERNS)
def test_a_pattern_keeps_its_groups_together(tmp_path: Path, name: str, pattern: str) -> None:
    """From the manifest and from its profile; the check is then made, and --strict content."""
    source = manifest(tmp_path, name)
    profiled = tmp_path / "p"
    command("curate", "profile", source, "--out", profiled, "-q")
    for number, given in enumerate((source, profiled)):
        out = tmp_path / str(number)
        ran, certificate = split(out, given, "--group-from", pattern, "--strict")
        assert ran.exit_code == 0, ran.stderr
        assert certificate["groups"]["total"] == 30
        assert certificate["groups"]["columns"] == ["speaker", "group_from"]
        speaker = next(each for each in certificate["coverage"] if each["key"] == "speaker")
        assert (speaker["known"], speaker["substituted"], speaker["unchecked"]) == (0, 60, False)
        assert "the path is used instead in 60 rows" in speaker["message"]
        assert all(target["effective_groups"] > 1 for target in certificate["targets"].values())
        audit = ("curate", "audit", out, "--strict", "-q")
        assert command(*audit, "--group-from", pattern).exit_code == 0
        assert command(*audit).exit_code == 1, "without the pattern it is not checked"


def test_an_audit_finds_what_a_pattern_shows(tmp_path: Path) -> None:
    sides = [
        write_manifest(
            tmp_path / f"{side}.jsonl",
            [
                {
                    "audio_filepath": f"t{n}_{side}.wav",
                    "duration": 5.0,
                    "text": sentence(f"{side}{n}"),
                }
                for n in range(first, first + 5)
            ],
        )
        for side, first in (("a", 0), ("b", 4))
    ]
    assert command("curate", "audit", *sides, "-q").exit_code == 0
    ran = command("curate", "audit", *sides, "--group-from", r"(t\d+)_", "--json", "-q")
    assert ran.exit_code == 1
    leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"] if leak["count"]}
    assert leaks == {"group_from": 1}


@pytest.mark.parametrize(("name", "pattern"), PATTERNS[:4])
def test_patterns_are_proposed_and_not_applied(tmp_path: Path, name: str, pattern: str) -> None:
    ran, certificate = split(tmp_path / "s", manifest(tmp_path, name))
    assert certificate["groups"]["total"] == 60
    proposals = [each for each in certificate["proposals"] if each["groups"] == 30]
    assert proposals, certificate["proposals"]
    assert (proposals[0]["rows"], proposals[0]["largest"]) == (60, 2)
    assert f"--group-from '{proposals[0]['pattern']}'" in ran.stdout.replace("\n", " ")
    again, grouped = split(
        tmp_path / "t", tmp_path / "m.jsonl", "--group-from", proposals[0]["pattern"]
    )
    assert again.exit_code == 0
    assert grouped["groups"]["total"] == 30


def test_nothing_is_proposed_where_speakers_are_known(tmp_path: Path) -> None:
    rows = [
        {
            "audio_filepath": f"a/{n // 2}_{n}.wav", "duration": 5.0, "lang": "en",
            "text": sentence(f"row {n}"), "speaker": f"s{n // 2}",
        }
        for n in range(60)
    ]  # fmt: skip
    _, certificate = split(tmp_path / "s", write_manifest(tmp_path / "m.jsonl", rows))
    assert certificate["proposals"] == []


BAD = [
    ("(", "is not a regular expression"),
    (r"\d+", "captures nothing"),
    ("(zzz)", "matches no audio path"),
    ("", "captures nothing"),
]


@pytest.mark.parametrize(("pattern", "message"), BAD)
@pytest.mark.parametrize("name", ["split", "audit"])
def test_a_pattern_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, pattern: str, message: str
) -> None:
    source = manifest(tmp_path, "{g}_{n}.wav")
    other = manifest(tmp_path / "other", "{g}_{n}.wav")
    inputs = [source, "--out", tmp_path / "s"] if name == "split" else [source, other]
    ran = command("curate", name, *inputs, "--group-from", pattern)
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert "--group-from" in ran.stderr


def test_a_real_corpus_without_speakers(real_data: Path, tmp_path: Path) -> None:
    """What the paths of arz_adapt show is clean or noisy: proposed at most, and nothing assumed."""
    source = real_data / "manifests" / "arz_adapt.jsonl"
    words = ("--eval", "10m", "--test", "10m", "--out", tmp_path / "s")
    ran = command("curate", "split", source, *words)
    certificate = json.loads((tmp_path / "s" / "split.json").read_text())
    assert ran.exit_code == 0
    assert (
        "no leak found in audio, text and near-duplicate text; speakers and sessions unknown"
        in " ".join(ran.stdout.split())
    )
    assert "NOT CHECKED" in ran.stderr
    assert all("64" not in line.split() for line in lines_of(ran.stdout))
    assert "64 effective" not in ran.stderr
    assert certificate["groups"]["total"] == 2199
    assert command("curate", "split", source, *words, "--resplit", "--strict").exit_code == 1
