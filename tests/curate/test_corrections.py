"""Records corrected while they are read: fields by patterns, moved paths, numbers as text, missing
durations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

import curate
from curate.errors import ConfigError, InputError
from curate.manifest.corrections import extracted, moved_path, number_written
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import sound
from tests.lines import lines_of

# (path, OLD to NEW, the path afterwards)
MOVES: Sequence[tuple[str, Mapping[str, str], str]] = [
    ("/old/a.wav", {"/old": "/new"}, "/new/a.wav"),
    ("/old/a.wav", {"/old/": "/new/"}, "/new/a.wav"),
    ("/older/a.wav", {"/old": "/new"}, "/older/a.wav"),  # whole directories
    ("/old/a.wav", {"/old": ""}, "a.wav"),
    ("/old/a.wav", {"/old/a.wav": "b.wav"}, "b.wav"),
    ("/old/x/a.wav", {"/old/x": "/1", "/old": "/2"}, "/1/a.wav"),  # the first that fits
    ("s3://bucket/k/a.wav", {"s3://bucket": "/data"}, "/data/k/a.wav"),
    (r"C:\old\x\a.wav", {r"C:\old": "/new"}, "/new/x/a.wav"),
    (r"C:\Old\x\a.wav", {"c:/old": "/new"}, "/new/x/a.wav"),
    (r"\\server\share\a.wav", {r"\\server\share": "/mnt"}, "/mnt/a.wav"),
    (r"clips\a.wav", {"clips": "x"}, r"clips\a.wav"),  # a name of Linux, in which \ is a letter
    ("/Old/a.wav", {"/old": "/new"}, "/Old/a.wav"),
]


@pytest.mark.parametrize(("path", "moves", "expected"), MOVES)
def test_paths_are_moved(path: str, moves: Mapping[str, str], expected: str) -> None:
    assert moved_path(path, moves) == expected


NUMBERS = [
    ("1.5", 1.5), ("1,5", 1.5), (" 2 ", 2), ("01:02.5", 62.5), ("0:01:02,500", 62.5),
    ("2.5 s", 2.5), ("2,5sec", 2.5), ("1500 ms", 1.5), ("1:75", "1:75"), ("", ""), ("x", "x"),
    ("1,234,5", "1,234,5"), ("nan", "nan"), ("1e400", "1e400"), ("٣", "٣"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_numbers_that_people_write(text: str, expected: object) -> None:
    assert number_written(text) == expected


def test_patterns_search_the_name_or_the_path() -> None:
    paths = ["x/anna_1.wav", r"C:\y\bert_2.wav", "z/3.wav", ""]
    assert extracted(r"^(\w+)_", paths) == ["anna", "bert", None, None]
    assert extracted(r"(\w+)/[^/]*$", paths) == ["x", None, "z", None]
    assert extracted(r"^(a+)+b", ["a" * 5000 + ".wav"]) == [None]  # in linear time


Rows = list[dict[str, Any]]


def converted(folder: Path, name: str, content: str, **options: Any) -> tuple[Rows, Rows]:
    """The records that a file becomes, and its malformed lines; the audio is of 1.5 s."""
    sound(folder / "audio/anna_1.wav", 24_000)
    (folder / name).write_text(content, encoding="utf-8")
    out = folder / "out.jsonl"
    write_manifest(ManifestRequest([str(folder / name)], out, ReadOptions(**options)))
    bad = folder / "out.malformed.jsonl"
    both = [path.read_text() if path.exists() else "" for path in (out, bad)]
    good_rows, bad_rows = ([json.loads(line) for line in lines_of(text)] for text in both)
    return good_rows, bad_rows


VOICE = "client_id\tpath\tsentence\n"
TABLE = "path;sentence;length\n"
JSONL = '{"audio_filepath": "C:\\\\x\\\\audio\\\\anna_1.wav",  "text": "ja"%s}\n'
MOVED = {"path_map": {"C:/x": "."}, "measure_duration": True}

# (name, content, options, what is in the records, the first reason)
INPUTS: list[tuple[str, str, Mapping[str, Any], Rows, str]] = [
    ("t.csv", f"{TABLE}audio/anna_1.wav;ja;1,25\naudio/anna_1.wav;no;x\n", {"cast": True},
     [{"text": "ja", "duration": 1.25}], "duration is not a number (string)"),
    ("t.csv", "path;sentence\naudio/anna_1.wav;ja\naudio/gone.wav;no\n",
     {"measure_duration": True}, [{"text": "ja", "duration": 1.5}],
     "its audio file is missing (no such file): audio/gone.wav"),
    ("t.csv", "path;sentence;start;end\nc:/x/audio/anna_1.wav;ja;0,5;00:01,25\n",
     {"cast": True, "path_map": {"C:\\x": "."}},
     [{"audio_filepath": "./audio/anna_1.wav", "offset": 0.5, "duration": 0.75}], ""),
    ("t.csv", "path;sentence;begin\naudio/anna_1.wav;ja;0.5\n", {"measure_duration": True},
     [{"offset": 0.5, "duration": 1.0}], ""),
    ("t.csv", "Name, first;path;sentence;dur\nx;audio/anna_1.wav;ja;1\n", {},
     [{"Name, first": "x", "duration": 1}], ""),  # the delimiter gives names that are known
    ("cv.tsv", f"{VOICE}s\t./audio/anna_1.wav\tja\ns\tgone.wav\tno\n",
     {"measure_duration": True}, [{"text": "ja", "duration": 1.5}],
     "its audio file is missing (no such file): clips/gone.wav"),
    ("m.jsonl", JSONL % "", MOVED, [{"audio_filepath": "./audio/anna_1.wav", "duration": 1.5}], ""),
    ("m.jsonl", JSONL % ', "duration": 9' + "\n{oops\n", MOVED, [{"duration": 9}], "not JSON"),
    ("m.jsonl", JSONL % ', "duration": 0' + JSONL % ', "duration": -1.0', MOVED,
     [{"duration": 1.5}, {"duration": 1.5}], ""),
    ("m.jsonl", JSONL % ', "duration": "0:01.2", "n": 1.50', {"cast": True},
     [{"duration": 1.2, "n": 1.5}], ""),
    ("m.jsonl", JSONL % ', "duration": 1, "speaker": "x"',
     {"fields": {"speaker": r"regex:^([a-z]+)_", "lang": "regex:(zz)"}}, [{"speaker": "anna"}], ""),
    ("m.jsonl", '{"audio_filepath": "s3://b/x.wav", "text": "a"}\n' + JSONL % "", MOVED,
     [{"text": "ja"}], "its audio has no header that can be read"),
    ("m.jsonl", '{"audio_filepath": "cat x |", "text": "a"}\n' + JSONL % "", MOVED,
     [{"text": "ja"}], "its audio has no header that can be read"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "options", "rows", "reason"), INPUTS, ids=range(len(INPUTS))
)
def test_inputs_are_corrected(
    tmp_path: Path,
    name: str,
    content: str,
    options: Mapping[str, Any],
    rows: Rows,
    reason: str,
) -> None:
    records, malformed = converted(tmp_path, name, content, **options)
    assert len(records) == len(rows)
    for record, expected in zip(records, rows, strict=True):
        assert {key: record.get(key) for key in expected} == expected
    assert [row["reason"][: len(reason)] for row in malformed] == ([reason] if reason else [])


def test_the_other_bytes_of_a_line_stay(tmp_path: Path) -> None:
    line = '{"n": 1.50, "audio_filepath": "/old/a.wav",  "text": "caf\\u00e9", "duration": "1,5"}'
    (tmp_path / "m.jsonl").write_text(f"\n{line}\n")
    reading = ReadOptions(path_map={"/old": "/new"}, cast=True)
    made = curate.profile(tmp_path / "m.jsonl", tmp_path / "p", reading=reading)
    assert made.verdicts["malformed"].rows == 0
    curate.split(tmp_path / "p", out=tmp_path / "s", sizes={})
    expected = line.replace("/old", "/new").replace('"1,5"', "1.5")
    assert (tmp_path / "s/train.jsonl").read_text() == f"{expected}\n"


def test_a_folder_is_mapped(tmp_path: Path) -> None:
    sound(tmp_path / "in/wavs/anna_1.wav", 24_000)
    sound(tmp_path / "in/wavs/bert_1.wav", 24_000)
    (tmp_path / "in/metadata.csv").write_text("anna_1|Mr. B|mister b\nbert_1|Mrs. C|missis c\n")
    out = tmp_path / "out.jsonl"
    fields = {"text": "normalized_text", "speaker": "regex:^([a-z]+)_"}
    write_manifest(ManifestRequest([str(tmp_path / "in")], out, ReadOptions(fields=fields)))
    rows = [json.loads(line) for line in lines_of(out.read_text())]
    assert [(row["text"], row["text_before"], row["speaker"]) for row in rows] == [
        ("mister b", "Mr. B", "anna"), ("missis c", "Mrs. C", "bert"),
    ]  # fmt: skip


def test_wrong_options_are_errors_all_at_once() -> None:
    maps = ["speaker=regex:(", "lang=regex:ab", "text=sentence"]
    with pytest.raises(ConfigError) as raised:
        ReadOptions.parse(None, maps, path_map=["x", "=y", "a=b"])
    assert [fault.what.partition(" (")[0] for fault in raised.value.faults] == [
        "'speaker=regex:(' holds no regular expression", "'lang=regex:ab' has no group",
        "'x' is not OLD=NEW", "'=y' is not OLD=NEW",
    ]  # fmt: skip
    assert ReadOptions.parse(None, ["text=s"], path_map=["a=b=c"]).path_map == {"a": "b=c"}


# (content, part of the hint)
HINTS = [
    ("path;sentence\na.wav;ja\n", "audio_root DIR names another folder; path_map OLD=NEW"),
    ("path;sentence;duration\na.wav;ja;1,5\n", "duration is written as text ('1,5'): cast reads"),
    ("path;sentence;start;end\na.wav;ja;0,5;1,5\n", "cast reads times that are written as text"),
    ("client_id\tpath\tsentence\ns\ta.mp3\tja\n", "audio_root DIR names another folder"),
    ("Datei;Satz\na.wav;ja\n", "--map audio_filepath=Datei --map text=Satz --out"),
]


@pytest.mark.parametrize(("content", "hint"), HINTS)
def test_errors_name_the_option_that_helps(tmp_path: Path, content: str, hint: str) -> None:
    with pytest.raises(InputError) as raised:
        converted(tmp_path, "t.csv", content)
    assert hint in raised.value.faults[0].hint


def test_audio_that_is_nowhere_is_not_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no line is usable: its audio file is missing") as raised:
        converted(tmp_path, "t.csv", "path;text\na.wav;ja\n", measure_duration=True)
    assert "path_map OLD=NEW" in raised.value.faults[0].hint


def windows_manifest(folder: Path) -> Path:
    """A file of Windows, whose name has another Unicode form on this disk."""
    sound(folder / "moved" / normalize("NFD", "über.wav"), 16_000)
    row = {"audio_filepath": "C:\\corpus\\über.wav", "text": "one"}
    (folder / "list").mkdir()
    (folder / "list/m.jsonl").write_text(json.dumps(row) + "\n")
    return folder / "list/m.jsonl"


def test_paths_of_windows_are_missing_files(tmp_path: Path) -> None:
    reading = ReadOptions(measure_duration=True)
    with pytest.raises(InputError) as raised:
        write_manifest(
            ManifestRequest([str(windows_manifest(tmp_path))], tmp_path / "o.jsonl", reading)
        )
    (fault,) = raised.value.faults
    assert "its audio file is missing" in fault.what
    assert "path_map" in fault.hint


def test_a_moved_path_is_measured_in_the_form_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the new place is relative to the working folder too."""
    manifest = windows_manifest(tmp_path)
    monkeypatch.chdir(tmp_path)
    reading = ReadOptions(measure_duration=True, path_map={"C:\\corpus": "moved"})
    made = write_manifest(ManifestRequest([str(manifest)], tmp_path / "o.jsonl", reading))
    assert made.hours * 3600 == pytest.approx(1.0)
    (row,) = [json.loads(line) for line in lines_of((tmp_path / "o.jsonl").read_text())]
    assert (tmp_path / row["audio_filepath"]).is_file()
