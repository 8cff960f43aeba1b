"""Rows that stop NeMo in an evaluation: named and counted, the rest scored, the outputs written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from tests.curate.test_whole_audio import DAMAGES, with_xing_frames
from tests.train.world import NEMO, World
from tests.whole_way.corpus import Corpus, tone, write_manifest
from tests.whole_way.journey import command, evaluated
from train.tiny import Kind

pytestmark = NEMO

Spoil = Callable[[Path], dict[str, Any]]
"""Writes a file of 2 s into a folder; the fields of its row."""


def damaged(suffix: str, damage: str) -> Spoil:
    def spoil(folder: Path) -> dict[str, Any]:
        row = Corpus(folder, suffix).add(f"{damage}{suffix}", seconds=4.0)
        path = folder / row["audio_filepath"]
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
        return row

    return spoil


def with_lying_header(folder: Path) -> dict[str, Any]:
    row = Corpus(folder).add("lying.mp3", seconds=2.0)
    path = folder / "lying.mp3"
    path.write_bytes(with_xing_frames(path.read_bytes(), 3.0))
    return row | {"duration": 6.0}


def of_channels(channels: int) -> Spoil:
    def spoil(folder: Path) -> dict[str, Any]:
        name = f"channels-{channels}.wav"
        sf.write(folder / name, tone(2.0, channels=channels), 16_000)
        return Corpus(folder).refer(name)

    return spoil


def with_fields(**fields: Any) -> Spoil:
    name = "-".join(map(str, fields.values())).replace("/", "_")[:40]
    return lambda folder: Corpus(folder).add(f"f-{name}", **fields)


def without_samples(folder: Path) -> dict[str, Any]:
    sf.write(folder / "none.wav", [], 16_000)
    return Corpus(folder).refer("none.wav")


def as_text(folder: Path) -> dict[str, Any]:
    (folder / "text.wav").write_text("no audio at all")
    return Corpus(folder).refer("text.wav")


# what spoils the row, whether only a prompted model minds, part of the reason
SPOILT: list[tuple[str, Spoil, bool, str]] = [
    ("cut FLAC", damaged(".flac", "cut in half"), False, "lost sync"),
    ("FLAC three bytes short", damaged(".flac", "three bytes short"), False, "lost sync"),
    ("zeroed FLAC", damaged(".flac", "4 KB zeroed"), False, "decoder"),
    ("Opus with a gap", damaged(".opus", "a bit flipped"), False, "decodes to"),
    ("Vorbis with a gap", damaged(".ogg", "a bit flipped"), False, "decodes to"),
    ("zeroed MP3", damaged(".mp3", "4 KB zeroed"), False, "cannot be read"),
    ("lying MP3 header", with_lying_header, False, "decodes to"),
    ("stereo", of_channels(2), False, "2 channels"),
    ("four channels", of_channels(4), False, "4 channels"),
    ("no sample", without_samples, False, "audio"),
    ("no audio", as_text, False, "cannot be read"),
    ("segment behind the end", with_fields(offset=7.5), False, "begins at 7.5 s"),
    ("ends before its segment", with_fields(duration=7.7), False, "the segment ends at 7.70 s"),
    ("negative offset", with_fields(offset=-1.0), False, "begins at -1 s"),
    ("locale", with_fields(lang="en-US"), True, "did you mean 'en'?"),
    ("locale with an underscore", with_fields(lang="de_AT"), True, "did you mean 'de'?"),
    ("name of a language", with_fields(lang="English"), True, "no token for source_lang 'English'"),
    ("another language", with_fields(lang="fr"), True, "no token for source_lang 'fr'"),
    ("unknown source", with_fields(source_lang="xx"), True, "no token for source_lang 'xx'"),
    ("a switch that is no text", with_fields(pnc=True), True, "NeMo stops at it"),
]

SOUND: list[tuple[str, Spoil]] = [
    ("rate beside offset", with_fields(offset=0.5, duration=1.0, sampling_rate=16_000)),
    ("ends a little late", with_fields(duration=2.1)),
    ("U+2028 in its text", with_fields(text="yes\u2028no")),
]

KINDS: tuple[Kind, ...] = ("canary", "ctc")


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_row_is_named_and_the_rest_scored(
    world: World, tmp_path: Path, kind: Kind
) -> None:
    good = Corpus.sound(tmp_path, speakers=4, each=2).rows
    sound = [spoil(tmp_path) for _, spoil in SOUND]
    spoilt = [spoil(tmp_path) for _, spoil, _, _ in SPOILT]
    rows = [*good[:3], *spoilt, *good[3:], *sound]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    manifest = tmp_path / "test.jsonl"
    manifest.write_text("".join(f"{line}\n" for line in [*lines, "{oops"]), encoding="utf-8")
    out = tmp_path / "evaluation"
    words = ("eval", world.model(kind).path, "--manifest", manifest, "--out", out, "--json")
    step = evaluated(command("train", *words), out)
    due = {
        f"{manifest}:{4 + number}": (name, reason)
        for number, (name, _, only_prompted, reason) in enumerate(SPOILT)
        if kind == "canary" or not only_prompted
    }
    reasons = {item["id"]: item["reason"] for item in step.artefact["unscored"]}
    assert reasons.pop(f"{manifest}:{len(rows) + 1}").startswith("not JSON")
    missed = {due.get(place, place) for place in reasons.keys() ^ due.keys()}
    assert missed == set()
    for place, (name, reason) in due.items():
        assert reason in reasons[place], (name, reasons[place])
    assert step.exit_code == 1
    assert f"{len(due) + 1} of {len(rows) + 1} rows have no prediction" in step.ran.stderr
    assert "Traceback" not in step.ran.stderr
    assert step.rows == {
        "scored": len(rows) - len(due), "unscored": len(due) + 1, "predictions": len(rows)
    }  # fmt: skip


def test_no_row_left_is_no_evaluation(world: World, tmp_path: Path) -> None:
    rows = [spoil(tmp_path) for name, spoil, only_prompted, _ in SPOILT[:3]]
    manifest = write_manifest(tmp_path / "test.jsonl", rows)
    out = tmp_path / "evaluation"
    words = ("eval", world.model("ctc").path, "--manifest", manifest, "--out", out)
    ran = command("train", *words, "--allow-missing")
    assert ran.exit_code == 3
    assert "none of 3 rows can be transcribed" in ran.stderr
    assert not out.exists()


def test_what_cannot_be_validated_on_is_refused_before_training(
    world: World, tmp_path: Path
) -> None:
    from curate.errors import InputError
    from train.fit import RunRequest, fit

    config = world.config(world.model("ctc").path, f"invalid-{tmp_path.name}")
    rows = [spoil(tmp_path) for _, spoil, only_prompted, _ in SPOILT if not only_prompted]
    also = write_manifest(tmp_path / "dev.jsonl", [*Corpus.sound(tmp_path, 2, 1).rows, *rows])
    validation = config.validation_ds.model_copy(update={"also": {"dev": also}})
    with pytest.raises(InputError) as raised:
        fit(RunRequest(config.model_copy(update={"validation_ds": validation})))
    faults = [fault.what for fault in raised.value.faults]
    assert len(faults) == 11
    assert any("2 channels" in what for what in faults)
    assert any("lost sync" in what for what in faults)
    assert "more rows whose audio cannot be loaded" in faults[-1]
