"""Audio that is near, under another folder or another case, is named by a command that reads it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests import processes
from tests.curate.folder_writers import sound
from tests.lines import lines_of

NAMES = ("a", "b")
FRAMES = 24_000

# Where the audio is, how rows name it, and the option that leads there.
PLACES = [
    ("Clips", "clips/{}.wav", "--path-map clips=Clips"),
    ("Audio/Clips", "audio/clips/{}.wav", "--path-map audio/clips=Audio/Clips"),
    ("audio/wav", "clips/wav/{}.wav", "--path-map clips=audio"),
    ("recordings", "clips/{}.wav", "--path-map clips=recordings"),
    ("audio/clips", "clips/{}.wav", "--audio-root audio"),
    ("wavs", "{}", "--audio-root wavs"),
    ("sets/clips", "/old/disk/clips/{}.wav", "--path-map /old/disk={folder}/sets"),
    ("sets/clips", "D:\\disk\\clips\\{}.wav", "--path-map 'D:\\disk={folder}/sets'"),
]


def table(folder: Path, path: str, duration: str) -> None:
    head = "path,text" + (",duration" if duration else "")
    rows = [f"{path.format(name)},some text of {name} and more{duration}" for name in NAMES]
    (folder / "t.csv").write_text("\n".join([head, *rows]) + "\n")


def command_in(text: str) -> list[str]:
    return shlex.split(text.strip().rpartition("curate manifest ")[2])


@pytest.mark.parametrize("duration", ["", ",1.5"])
@pytest.mark.parametrize(("place", "path", "option"), PLACES)
def test_the_command_reads_it(
    place: str, path: str, option: str, duration: str, tmp_path: Path
) -> None:
    """With durations a manifest is written all the same; without, none can be."""
    for name in NAMES:
        sound(tmp_path / place / f"{name}.wav", FRAMES)
    table(tmp_path, path, duration)
    words = ["manifest", "t.csv", "--out", "m.jsonl"]
    made = processes.curate(*words, cwd=tmp_path, COLUMNS="900")
    assert made.returncode == (0 if duration else 3), made.stderr
    (line,) = [each for each in lines_of(made.stderr) if "curate manifest" in each]
    command = command_in(line)
    expected = shlex.split(option.format(folder=tmp_path))
    assert command == ["t.csv", "--out", "m.jsonl", *expected]
    again = processes.curate("manifest", *command, cwd=tmp_path, COLUMNS="900")
    assert again.returncode == 0, again.stderr
    assert "NEW_FOLDER" not in made.stderr
    rows = [json.loads(each) for each in lines_of((tmp_path / "m.jsonl").read_text())]
    assert [(tmp_path / row["audio_filepath"]).is_file() for row in rows] == [True, True]
    assert [row["duration"] for row in rows] == [1.5, 1.5]


@pytest.mark.parametrize("command", ["profile", "split"])
def test_other_commands_propose_themselves(command: str, tmp_path: Path) -> None:
    rows = ["path,text,duration,speaker"]
    for at in range(60):
        sound(tmp_path / "Clips" / f"{at}.wav", 160)
        rows.append(f"clips/{at}.wav,this is the sentence of number {at},3.0,s{at % 20}")
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    words = [command, "t.csv", "--out", "o"]
    made = processes.curate(*words, cwd=tmp_path, COLUMNS="900")
    (line,) = [each for each in lines_of(made.stderr) if "--path-map" in each]
    assert line.endswith(f"curate {command} t.csv --out o --path-map clips=Clips")


def test_an_option_that_loses_other_audio_is_not_proposed(tmp_path: Path) -> None:
    for name in ("clips/a.wav", "more/clips/b.wav"):
        sound(tmp_path / name, FRAMES)
    table(tmp_path, "clips/{}.wav", ",1.5")
    made = processes.curate("manifest", "t.csv", "--out", "m.jsonl", cwd=tmp_path, COLUMNS="900")
    assert made.returncode == 0, made.stderr
    assert "--audio-root" not in made.stderr
    assert "--path-map" not in made.stderr


SUFFIXES = ["wav", "flac", "WAV"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("command", ["manifest", "profile"])
def test_ids_are_read_with_the_suffix_of_their_files(
    command: str, suffix: str, tmp_path: Path
) -> None:
    for name in NAMES:
        sound(tmp_path / f"{name}.{suffix.lower()}", FRAMES)
        (tmp_path / f"{name}.{suffix.lower()}").rename(tmp_path / f"{name}.{suffix}")
    table(tmp_path, "{}", "")
    made = processes.curate(command, "t.csv", "--out", "o", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    hours = answer["hours"] if command == "manifest" else answer["totals"]["hours"]
    assert hours == pytest.approx(2 * 1.5 / 3600, abs=1e-6)
    warning = f"t.csv: its audio paths have no suffix, and are read with .{suffix}: a is a.{suffix}"
    assert warning in answer["warnings"]
    if command == "manifest":
        rows = [json.loads(each) for each in lines_of((tmp_path / "o").read_text())]
        assert [row["audio_filepath"] for row in rows] == [f"{name}.{suffix}" for name in NAMES]


def test_paths_with_a_suffix_or_without_a_file_stay(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", FRAMES)
    (tmp_path / "b").write_bytes((tmp_path / "a.wav").read_bytes())
    for path in ("{}.wav", "b"):
        table(tmp_path, path, ",1.5")
        made = processes.curate("manifest", "t.csv", "--out", "m.jsonl", cwd=tmp_path)
        assert "no suffix" not in made.stderr


# The layout, how many rows are records, and how many are malformed: the audio of one is missing.
LAYOUTS = {
    "table": ("t.csv", "path,text,duration\nwav/a.wav,x,1.5\nwav/b.wav,y,1.5\n"),
    "measured": ("t.csv", "path,text\nwav/a.wav,x\nwav/b.wav,y\n"),
    "kaldi": ("text", "a x\nb y\n"),
    "folder": ("metadata.csv", "a|x|x\nb|y|y\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_row_without_its_audio_is_malformed_in_every_layout(layout: str, tmp_path: Path) -> None:
    sound(tmp_path / "wav" / "a.wav", FRAMES)
    name, content = LAYOUTS[layout]
    (tmp_path / name).write_text(content)
    if layout == "kaldi":
        (tmp_path / "wav.scp").write_text(f"a {tmp_path}/wav/a.wav\nb {tmp_path}/wav/b.wav\n")
        (tmp_path / "utt2dur").write_text("a 1.5\nb 1.5\n")
    source = "." if layout in {"kaldi", "folder"} else name
    made = processes.curate("manifest", source, "--out", "m.jsonl", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    answer = json.loads(made.stdout)
    assert (answer["records"], answer["malformed"]) == (1, 1)
    assert answer["hours"] == pytest.approx(1.5 / 3600)
    (reason,) = answer["reasons"]
    assert "audio" in reason
    assert not [each for each in answer["warnings"] if "exist" in each]


def test_a_row_whose_folder_is_elsewhere_stays(tmp_path: Path) -> None:
    (tmp_path / "wav").mkdir()
    (tmp_path / "t.csv").write_text(LAYOUTS["table"][1])
    made = processes.curate("manifest", "t.csv", "--out", "m.jsonl", "--json", cwd=tmp_path)
    assert json.loads(made.stdout)["records"] == 2
    assert "none of 2 audio files looked for is there" in made.stdout
