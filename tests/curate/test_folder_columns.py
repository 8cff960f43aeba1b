"""Lists of a folder's texts with further columns: none of them gets into a text in silence."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from curate.artifacts.manifest import ManifestWritten
from curate.errors import InputError
from curate.manifest.mapping import ReadOptions
from curate.manifest.read import find_sources
from curate.manifest.write import ManifestRequest, write_manifest
from curate.profiles.audio.loading import origin_warnings
from tests.curate.folder_writers import RATE, sound, write
from tests.lines import lines_of

ROWS = ("u1\tyes it is\tann\tf", "u2\tno\tbob\tm", "u3\tmaybe so\tann\tf")
ANN = {"text": "yes it is", "speaker": "ann", "gender": "f"}


def corpus_of(folder: Path, name: str, *lines: str) -> Path:
    for stem in ("u1", "u2", "u3"):
        sound(folder / f"wavs/{stem}.wav", RATE)
    write(folder / name, *lines)
    return folder


def written(folder: Path, **options: Any) -> tuple[ManifestWritten, list[dict[str, Any]]]:
    """The manifest of a folder, and its records without places."""
    out = folder.parent / f"{folder.name}.jsonl"
    made = write_manifest(ManifestRequest([str(folder)], out, **options))
    records = [json.loads(line) for line in lines_of(out.read_text(encoding="utf-8"))]
    for record in records:
        del record["audio_filepath"], record["text_file"], record["duration"]
    return made, records


# (the name of the list, its lines, the first record)
HEADED: list[tuple[str, list[str], dict[str, str]]] = [
    ("meta/t.tsv", ["utterance_id\ttranscript\tspeaker_id\tgender", *ROWS], ANN),
    ("t.txt", ["utterance_id\ttranscript\tspeaker_id\tgender", *ROWS], ANN),
    ("t.txt", ["file\ttext\tspeaker\tgender", *ROWS], ANN),
    ("t.lst", ["ID\tSentence\tClient ID\tgender", *ROWS], {"text": "yes it is", "speaker": "ann",
                                                           "gender": "f"}),
    ("t.tsv", ["speaker\tutt\ttext", "ann\tu1\tyes it is", "bob\tu2\tno"],
     {"text": "yes it is", "speaker": "ann"}),
    ("t.txt", ["id\tpath\ttext", "u1\tclips/x1.mp3\tyes it is", "u2\tclips/x2.mp3\tno"],
     {"text": "yes it is", "path": "clips/x1.mp3"}),
    ("t.csv", ["id|transcript|speaker", "u1|yes it is|ann"], {"text": "yes it is",
                                                             "speaker": "ann"}),
    ("t.txt", ["utt_id\ttext", "u1\tyes it is"], {"text": "yes it is"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines", "first"), HEADED)
def test_a_list_with_a_header_is_read_by_its_columns(
    tmp_path: Path, name: str, lines: list[str], first: dict[str, str]
) -> None:
    made, records = written(corpus_of(tmp_path / "in", name, *lines))
    assert records[0] == first
    assert len(records) == len(lines) - 1
    assert made.warnings == ()


# (the name of a list, its lines, the texts): as they were always read
PLAIN = [
    ("t.txt", ["u1 text of a speaker", "u2\tid"], ["text of a speaker", "id"]),
    ("t.txt", ["u1\tone\ttwo", "u2\tone", "u3\ta\tb\tc"], ["one\ttwo", "one", "a\tb\tc"]),
    ("t.txt", ["u1\tone\t", "u2\ttwo\t"], ["one", "two"]),
    ("t.trans.txt", ["u1\tone\ttwo", "u2\tthree\tfour"], ["one\ttwo", "three\tfour"]),
    ("metadata.csv", ["u1|One|one", "u2|Two, 2|two two"], ["One", "Two, 2"]),
    ("t.txt", ["text\tsentence", "u1\tone"], ["one"]),
]


@pytest.mark.parametrize(("name", "lines", "texts"), PLAIN)
def test_lists_without_columns_are_read_as_ids_and_texts(
    tmp_path: Path, name: str, lines: list[str], texts: list[str]
) -> None:
    made, records = written(corpus_of(tmp_path / "in", name, *lines))
    assert [record["text"] for record in records] == texts
    assert made.warnings == ()


def test_a_header_without_a_usual_text_is_refused_with_the_command(tmp_path: Path) -> None:
    header = "utterance_id\tSatz\tspeaker_id"
    folder = corpus_of(tmp_path / "in", "a.txt", header, "u1\tja\tann", "u2\tnein doch\tbob")
    write(folder / "b.txt", header, "u3\tso so\tann")
    with pytest.raises(InputError) as raised:
        written(folder)
    assert not (tmp_path / "in.jsonl").exists()
    first, second = raised.value.faults
    assert (first.where, second.where) == (f"{folder}/a.txt", f"{folder}/b.txt")
    assert first.what == "its first line names columns, none of them by a usual name of text"
    maps = shlex.split(first.hint.partition(f"curate manifest {folder} ")[2])
    assert maps[:4] == ["--map", "audio_filepath=utterance_id", "--map", "text=Satz"]
    fields = {"audio_filepath": "utterance_id", "text": "Satz"}
    _, records = written(folder, reading=ReadOptions(fields=fields))
    assert [(record["text"], record["speaker"]) for record in records] == [
        ("ja", "ann"), ("nein doch", "bob"), ("so so", "ann"),
    ]  # fmt: skip


def test_columns_without_a_header_are_warned_about(tmp_path: Path) -> None:
    """The command names them, and the list is read by these names then."""
    folder = corpus_of(tmp_path / "in", "meta/t.tsv", *ROWS)
    made, records = written(folder)
    assert records[0] == {"text": "yes it is\tann\tf"}
    (warning,) = made.warnings
    assert warning.startswith(f"{folder}/meta/t.tsv: its lines have 4 columns between tabs")
    assert warning in origin_warnings(find_sources([str(folder)]))
    command = shlex.split(warning[warning.index("sed -i ") :])
    assert command[2] == r"1i audio_filepath\ttext\tcolumn_3\tcolumn_4"
    subprocess.run(command, check=True)
    made, records = written(folder)
    assert records[0] == {"text": "yes it is", "column_3": "ann", "column_4": "f"}
    assert made.warnings == ()


def test_the_column_with_the_most_words_is_proposed_as_the_text(tmp_path: Path) -> None:
    rows = ["u1\tann\tf\tone two", "u2\tbob\tm\tthree", "u3\tann\tf\tfour five six"]
    made, _ = written(corpus_of(tmp_path / "in", "t.txt", *rows))
    assert r"'1i audio_filepath\tcolumn_2\tcolumn_3\ttext'" in made.warnings[0]
