"""Audio that only ffmpeg reads is warned about once, with a count, by every command."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.manifest.chunks import Chunk
from curate.manifest.nemo import read_lines
from curate.manifest.write import ManifestRequest, write_manifest
from curate.nemo.ffmpeg_kinds import SUFFIXES
from tests.curate.folder_writers import RATE, sound
from tests.lines import lines_of
from tests.processes import curate as cli

NAMED = "3 rows with audio of a kind that only ffmpeg reads"
COMMAND = "ffmpeg -i FILE DIR/NAME.flac makes one that is read"


def test_the_suffix_decides() -> None:
    others = [
        "a.wav",
        "a.flac",
        "a.mp3",
        "a.ogg",
        "a.opus",
        "a.sph",
        "m4a",
        "",
        "x.m4a.wav",
        "xm4a",
    ]
    names = [*(f"x/a{suffix}" for suffix in SUFFIXES), *others, "b.M4A", "é.Mp4", "z.WebM"]
    expected = [*names[: len(SUFFIXES)], "b.M4A", "é.Mp4", "z.WebM"]
    assert [name for name in names if rows_of(name) == 1] == expected
    assert rows_of(*names) == len(expected)


@settings(deadline=None)
@given(st.text(max_size=6), st.sampled_from([*SUFFIXES, "", ".wav", ".flac", "/"]), st.booleans())
def test_no_other_ending_does(name: str, suffix: str, upper: bool) -> None:
    path = name + (suffix.upper() if upper else suffix)
    path = path.encode(errors="replace").decode()
    ends = path.encode().lower().endswith(tuple(each.encode() for each in SUFFIXES))
    assert rows_of(path) == (ends and len(path.encode()) > min(map(len, SUFFIXES)))


def rows_of(*paths: str) -> int:
    """Of lines that name these, how many are of a kind that only ffmpeg reads."""
    lines = [json.dumps({"audio_filepath": path, "duration": 1, "text": "a"}) for path in paths]
    return read_lines([Chunk("m.jsonl", 0, "\n".join(lines).encode())])[1][0].ffmpeg_rows


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve speakers; the audio of three is m4a, in two manifests."""
    names = [f"{at}.{'m4a' if at < 3 else 'wav'}" for at in range(12)]
    for name in names:
        if name.endswith(".wav"):
            sound(tmp_path / name, RATE)
        else:
            (tmp_path / name).write_bytes(b"\0\0\0\x1cftypM4A " + bytes(100))
    lines = [
        json.dumps({"audio_filepath": name, "duration": 1.0, "text": "one two", "speaker": name})
        for name in names
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines[:2]) + "\n")
    (tmp_path / "b.jsonl").write_text("\n".join(lines[2:]) + "\n")
    return tmp_path


def test_every_command_warns_once(corpus: Path) -> None:
    inputs = [str(corpus / "a.jsonl"), str(corpus / "b.jsonl")]
    written = write_manifest(ManifestRequest(inputs, corpus / "m.jsonl"))
    profiles = []
    for _ in range(2):  # the second reads no line
        curate.profile(inputs, corpus / "p")
        profiles.append(json.loads((corpus / "p/profile.json").read_text())["warnings"])
    split = curate.split([str(corpus / "p")], corpus / "s")
    glob = shlex.quote(str(corpus)) + "/*.m4a"
    command = f'for f in {glob}; do ffmpeg -nostdin -i "$f" "${{f%.*}}.flac"; done'
    for warnings in (written.warnings, *profiles, split.warnings):
        (warning,) = (each for each in warnings if NAMED in each)
        assert warning.startswith(f"{inputs[0]} and 1 more input: ")
        assert (COMMAND if warnings is split.warnings else command) in warning
    index = curate.shard(corpus / "s", corpus / "sh")
    assert (index.cuts, index.skipped_rows) == (9, 3)
    (left_out,) = (each for each in index.warnings if "left out" in each)
    assert command in left_out
    assert (
        f"> {shlex.quote(str(corpus / 'a.flac.jsonl'))} names them (1 more input alike)" in left_out
    )
    assert left_out.startswith("3 records of 3 files left out for their audio (")


def test_a_split_of_such_audio_alone_counts_its_own_records_and_their_files(tmp_path: Path) -> None:
    """Twelve segments of three m4a files: eight to train on, four of eval."""
    for number in range(3):
        (tmp_path / f"{number}.m4a").write_bytes(b"\0\0\0\x1cftypM4A " + bytes(100))
    for name, files in (("train", (0, 1)), ("eval", (2,))):
        rows = [
            {"audio_filepath": f"{file}.m4a", "offset": 1.0 * at, "duration": 1.0,
             "text": f"{file} word {at}", "speaker": str(file)}
            for file in files
            for at in range(4)
        ]  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ["--given", f"train={tmp_path / 'train.jsonl'}"]
    given += ["--given", f"eval={tmp_path / 'eval.jsonl'}"]
    done = cli("split", *given, "--out", tmp_path / "s", "-q")
    assert done.returncode == 0, done.stderr
    done = cli("shard", tmp_path / "s", "--out", tmp_path / "sh", "-q", COLUMNS="900")
    assert done.returncode == 3
    command = f'for f in {tmp_path}/*.m4a; do ffmpeg -nostdin -i "$f" "${{f%.*}}.flac"; done'
    assert command in done.stderr
    kind = "MP4 audio (m4a), which libsndfile does not read and NeMo decodes by ffmpeg"
    assert done.stderr.startswith(
        f"{tmp_path / 's/train.jsonl'}: none of its 8 records can be stored: {kind} (8); "
        "12 records of 3 files left out for their audio (train 8 of 8, eval 4 of 4)\n"
    ), done.stderr


# An input of m4a files, its first line, and its line for a file.
CONVERTED = [
    ("m.jsonl", "", '{"audio_filepath": "NAME.m4a", "duration": 2.0, "text": "one two"}\n'),
    ("t.csv", "path,text,duration\n", "NAME.m4a,one two,2.0\n"),
    ("measured.csv", "path,text\n", "NAME.m4a,one two\n"),
    ("a.srt", "", "1\n00:00:00,000 --> 00:00:01,500\nOne two.\n\n"),
    (".", "", ""),
]


@pytest.mark.parametrize("names", [["a"], ["a", "b c"], ["a", "d/e", "d f/g"]])
@pytest.mark.parametrize(("source", "head", "line"), CONVERTED)
def test_the_command_makes_audio_that_is_read(
    source: str, head: str, line: str, names: list[str], tmp_path: Path
) -> None:
    """By ffmpeg itself, and with nothing but what is printed."""
    folder = tmp_path / "in"
    named = ["a"] if source == "a.srt" else names
    for name in named:
        sound(tmp_path / "wav" / f"{name}.wav", 2 * RATE)
        m4a = folder / f"{name}.m4a"
        m4a.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", tmp_path / "wav" / f"{name}.wav", m4a], check=True
        )
        if source == ".":
            m4a.with_suffix(".txt").write_text("one two")
    if line:
        (folder / source).write_text(head + "".join(line.replace("NAME", n) for n in named))
    first = cli("manifest", source, "--out", "../m.jsonl", cwd=folder, COLUMNS="2000")
    command, renaming = conversion_in(first.stderr)
    run_shell(command, folder)
    if renaming:
        run_shell(renaming, folder)
        source = renaming.rpartition(" > ")[2]
    made = cli("manifest", source, "--out", "../again.jsonl", "--json", cwd=folder)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["records"] == len(named)
    lines = lines_of((tmp_path / "again.jsonl").read_text())
    assert all(json.loads(each)["audio_filepath"].endswith(".flac") for each in lines)


def conversion_in(printed: str) -> tuple[str, str]:
    """The command that converts, and the one that names the new files, if any."""
    (text,) = [each for each in lines_of(printed) if "only ffmpeg reads" in each]
    begin = min(text.index(each) for each in ("ffmpeg -", "for f in", "find ") if each in text)
    command, _, rest = text[begin:].partition(" makes a FLAC beside each")
    if not rest:
        command = command.partition(" (")[0]
    is_named = rest.startswith("; sed ")
    return command, rest.removeprefix("; ").removesuffix(" names them") if is_named else ""


def run_shell(command: str, folder: Path) -> None:
    subprocess.run(["bash", "-c", command], check=True, cwd=folder, capture_output=True)
