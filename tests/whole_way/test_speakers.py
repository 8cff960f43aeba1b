"""Who speaks, whatever the spelling, and what is said where nobody knows: profile, split, audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.curate.splitting import sentence
from tests.lines import lines_of
from tests.whole_way.corpus import Record, write_manifest
from tests.whole_way.journey import Journey, Options, command

PLAIN = Options(
    profile=(), split=("--eval", "30s", "--test", "30s", "--floor", "0s", "--cap", "0.5")
)
FEW = "speaker: known for 0 of 60 rows"


def rows_with(speakers: Sequence[Mapping[str, Any]], seconds: float = 5.0) -> list[Record]:
    """A row for each of these fields, with a text and a file of its own."""
    return [
        {
            "audio_filepath": f"{n}.wav", "duration": seconds, "text": sentence(f"row {n}"),
            "lang": "en", **fields,
        }
        for n, fields in enumerate(speakers)
    ]  # fmt: skip


def travel(folder: Path, rows: Sequence[Record], *audit: str) -> Journey:
    manifest = write_manifest(folder / "m.jsonl", list(rows))
    options = Options(PLAIN.profile, PLAIN.split, audit)
    return Journey([manifest], folder, options).go("profile", "split", "audit")


def of_key(artefact: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return next(each for each in artefact["coverage"] if each["key"] == key)


NOBODY: list[tuple[str, Mapping[str, Any], str]] = [
    ("no field", {}, f"{FEW}: NOT CHECKED"),
    ("null", {"speaker": None}, f"{FEW}: NOT CHECKED"),
    ("empty", {"speaker": ""}, f"{FEW} ('' is a placeholder): NOT CHECKED"),
    ("blank", {"speaker": " "}, f"{FEW} (' ' is a placeholder): NOT CHECKED"),
    ("N/A", {"speaker": "N/A"}, f"{FEW} ('N/A' is a placeholder): NOT CHECKED"),
    ("unknown", {"speaker": "unknown"}, f"{FEW} ('unknown' is a placeholder): NOT CHECKED"),
    ("in capitals", {"speaker": "UNKNOWN"}, f"{FEW} ('UNKNOWN' is a placeholder): NOT CHECKED"),
    ("with a role", {"speaker": "spk_unk"}, f"{FEW} ('spk_unk' is a placeholder): NOT CHECKED"),
    ("in brackets", {"speaker": "<unk>"}, f"{FEW} ('<unk>' is a placeholder): NOT CHECKED"),
    ("a dash", {"speaker": "-"}, f"{FEW} ('-' is a placeholder): NOT CHECKED"),
    ("none", {"speaker": "None"}, f"{FEW} ('None' is a placeholder): NOT CHECKED"),
    ("pandas", {"speaker": "nan"}, f"{FEW} ('nan' is a placeholder): NOT CHECKED"),
    ("minus one", {"speaker": -1}, f"{FEW} ('-1' is a placeholder): NOT CHECKED"),
    ("by another name", {"client_id": "null"}, f"{FEW} ('null' is a placeholder): NOT CHECKED"),
    # a name, but the same over all rows: the message names it
    ("one value", {"speaker": "corpus A"}, "'corpus A' in all 60 rows separates no speakers"),
    ("one number", {"speaker": 0}, "'0' in all 60 rows separates no speakers"),
    ("one value by another name", {"speaker_id": "x"}, "'x' in all 60 rows separates no speakers"),
]


@pytest.mark.parametrize(
    ("fields", "expected"), [case[1:] for case in NOBODY], ids=[case[0] for case in NOBODY]
)
def test_placeholders_are_nobody(tmp_path: Path, fields: Mapping[str, Any], expected: str) -> None:
    """Rows of nobody are no group of one person: the split is drawn, and says what is unknown."""
    way = travel(tmp_path, rows_with([fields] * 60))
    assert not way.failures
    for name in ("split", "audit"):
        artefact = _split(way) if name == "split" else way.steps[name].artefact
        speaker = of_key(artefact, "speaker")
        assert (speaker["known"], speaker["rows"], speaker["unchecked"]) == (0, 60, True), name
        assert expected in speaker["message"], name
        assert artefact["statement"].startswith(
            "no leak found in audio, text and near-duplicate text; "
        )
        assert "speakers and sessions unknown" in artefact["statement"]
        assert {leak["count"] for leak in artefact["leaks"] if leak["kind"] == "speaker"} == {None}
    split = _split(way)
    assert all(target["met"] for target in split["targets"].values())
    assert all(target["effective_groups"] is None for target in split["targets"].values())
    assert all(each["lower_bound"] for each in split["measures"] if each["rows"])
    assert any(expected in gate for gate in split["gates"])


def _split(way: Journey) -> Mapping[str, Any]:
    certificate: Mapping[str, Any] = json.loads((way.split / "split.json").read_text())
    return certificate


def test_what_could_not_be_checked_fails_a_strict_run(tmp_path: Path) -> None:
    way = travel(tmp_path, rows_with([{}] * 60))
    words = (tmp_path / "profile", *PLAIN.split, "--strict", "--out", tmp_path / "strict")
    for ran in (
        command("curate", "split", *words),
        command("curate", "audit", way.split, "--strict"),
        command("curate", "audit", way.split, "--strict", "--json", "-q"),
    ):
        assert ran.exit_code == 1
        assert "speaker: known for 0 of 60 rows: NOT CHECKED (unchecked>0)" in ran.stderr
    assert (tmp_path / "strict" / "split.json").exists(), "outputs are written all the same"


ONE = [
    ("as JSON numbers", [84, 84.0, 8.4e1]),
    ("a number and its text", [84, "84", "84 "]),
    ("blanks at the ends, as Kaldi's two give", ["spkA", " spkA", "\tspkA "]),
    ("blanks inside", ["Ann Bee", "Ann  Bee"]),
    ("composed and decomposed", ["Ren\u00e9e", "Rene\u0301e"]),
    ("Hangul", ["\uac00", "\u1100\u1161"]),
]


@pytest.mark.parametrize("spellings", [case[1] for case in ONE], ids=[case[0] for case in ONE])
def test_one_person_spelled_in_several_ways_is_one(tmp_path: Path, spellings: list[Any]) -> None:
    """The rows of one person stay together, and a leak is found whichever way it is spelled."""
    others = [{"speaker": f"s{n // 4}"} for n in range(48)]
    rows = rows_with([*others, *({"speaker": spellings[n % len(spellings)]} for n in range(6))])
    way = travel(tmp_path, rows)
    assert not way.failures
    assert _split(way)["groups"]["total"] == 12 + 1
    places = {
        name
        for name in ("train", "eval", "test", "held_out")
        for line in _lines(way.split / f"{name}.jsonl")
        if json.loads(line)["audio_filepath"] in {f"{n}.wav" for n in range(48, 54)}
    }
    assert len(places) == 1
    apart = [
        write_manifest(tmp_path / f"{n}.jsonl", rows_with([{"speaker": who}, {"speaker": f"o{n}"}]))
        for n, who in enumerate(spellings[:2])
    ]
    assert _speaker_leaks(command("curate", "audit", *apart, "--json", "-q")) == 1


DIFFERENT = [
    ("zeros in front", ["84", "0084"]),
    ("upper and lower case", ["Ann", "ann"]),
    ("a decimal", ["1.5", "1.50"]),
    ("beyond what a double holds", ["12345678901234567", "12345678901234568"]),
    ("a number with a letter", ["84", "84a"]),
]


@pytest.mark.parametrize("pair", [case[1] for case in DIFFERENT], ids=[c[0] for c in DIFFERENT])
def test_different_people_stay_different(tmp_path: Path, pair: list[str]) -> None:
    sides = [
        write_manifest(tmp_path / f"{n}.jsonl", rows_with([{"speaker": who}, {"speaker": f"o{n}"}]))
        for n, who in enumerate(pair)
    ]
    ran = command("curate", "audit", *sides, "--json", "-q")
    assert _speaker_leaks(ran) == 0


FIELDS = [
    ("the same field", {"speaker": "A"}, {"speaker": "A"}),
    ("speaker_id", {"speaker_id": "A"}, {"speaker_id": "A"}),
    ("speaker here, speaker_id there", {"speaker": "A"}, {"speaker_id": "A"}),
    ("client_id, spk_id", {"client_id": "A"}, {"spk_id": "A"}),
    ("a placeholder before the id", {"speaker": "unknown", "speaker_id": "A"}, {"speaker": "A"}),
    ("session", {"session": "A"}, {"session": "A"}),
    ("session_id with blanks", {"session_id": "A"}, {"session_id": "A "}),
    ("video_id by number", {"video_id": 7}, {"video_id": "7"}),
]


@pytest.mark.parametrize(("one", "two"), [c[1:] for c in FIELDS], ids=[c[0] for c in FIELDS])
def test_audit_looks_at_what_split_groups_by(tmp_path: Path, one: Record, two: Record) -> None:
    """What stands together in a split of both manifests is a leak in an audit of the two."""
    manifests = [
        write_manifest(tmp_path / f"{n}.jsonl", _apart(n, each))
        for n, each in enumerate((one, two))
    ]
    ran = command("curate", "audit", *manifests, "--json", "-q")
    leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"] if leak["count"]}
    assert sum(leaks.values()) == 1
    assert ran.exit_code == 1
    command("curate", "split", *manifests, *PLAIN.split, "--out", tmp_path / "split", "-q")
    split = json.loads((tmp_path / "split" / "split.json").read_text())
    assert split["groups"]["total"] == 2 * 20 - 1


def _apart(number: int, fields: Record) -> list[Record]:
    """20 rows of as many speakers and sessions, the first as these fields say."""
    rows = rows_with([fields, *({"speaker": f"{number} {n}"} for n in range(1, 20))])
    return [
        {**row, "audio_filepath": f"{number}/{n}.wav", "text": sentence(f"{number} {n}")}
        for n, row in enumerate(rows)
    ]


def test_each_stratum_says_what_is_known_of_it(tmp_path: Path) -> None:
    """One language has speakers, another none: the one is measured, the other bounded."""
    named = rows_with([{"speaker": f"s{n % 30}", "lang": "id"} for n in range(60)])
    nameless = [
        {**row, "audio_filepath": f"x{n}.wav", "text": sentence(f"other {n}"), "lang": "de"}
        for n, row in enumerate(rows_with([{}] * 60))
    ]
    way = travel(tmp_path, [*named, *nameless])
    split = _split(way)
    speaker = of_key(split, "speaker")
    assert speaker["message"] == (
        "speaker: known for 60 of 120 rows: NOT CHECKED for the other 60 of lang de (0 of 60)"
    )
    assert speaker["lacking"] == [{"by": "lang", "value": "de", "rows": 60, "known": 0}]
    assert split["statement"].endswith("; sessions unknown; speaker known for 60 of 120 rows")
    bounds = {each["value"]: each["lower_bound"] for each in split["measures"] if each["rows"]}
    assert (bounds["id"], bounds["de"], bounds["all"]) == (False, True, True)
    for target in split["targets"].values():
        assert target["effective_groups"] is None
        assert target["effective_groups_at_most"] > 1
    audit = of_key(way.steps["audit"].artefact, "speaker")
    assert {"by": "lang", "value": "de", "rows": 60, "known": 0} in audit["lacking"]


def test_where_speakers_are_known_nothing_is_bounded(tmp_path: Path) -> None:
    way = travel(tmp_path, rows_with([{"speaker": f"s{n // 2}"} for n in range(60)]), "--strict")
    assert not way.failures
    split = _split(way)
    assert split["gates"] == []
    assert (
        split["statement"]
        == "no leak found in speaker, audio, text and near-duplicate text; sessions unknown"
    )
    assert not any(each["lower_bound"] for each in split["measures"])
    assert all(target["effective_groups"] > 1 for target in split["targets"].values())


def _lines(path: Path) -> list[str]:
    return lines_of(path.read_text()) if path.exists() else []


def _speaker_leaks(ran: Any) -> int:
    counts = [leak["count"] for leak in ran.answer["leaks"] if leak["kind"] == "speaker"]
    assert len(counts) == 1
    return int(counts[0])
