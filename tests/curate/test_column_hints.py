"""The command that reads an input with columns of other names stands in the hint, whole: as it is,
it reads the input.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from curate.manifest.hints.nearby import audio_root_near
from tests import processes
from tests.curate.folder_writers import sound
from tests.lines import lines_of

FRAMES, SECONDS = 24_000, 1.5
NAMES = ("a", "b")
TEXTS = ("ja, gut so", "nein danke")
VOICES = ("Anna", "Ben")
GERMAN = ("Datei", "Satz", "Dauer", "Sprecher")
MAPPED = "--map audio_filepath=Datei --map text=Satz --map duration=Dauer --map speaker=Sprecher"


def table(mark: str, header: Sequence[str], folder: str = "clips/", length: str = "1,50") -> str:
    quoted = '"{}"' if mark == "," else "{}"
    rows = [
        (f"{folder}{name}.wav", text, length, voice)
        for name, text, voice in zip(NAMES, TEXTS, VOICES, strict=True)
    ]
    return "".join(mark.join(map(quoted.format, row)) + "\n" for row in (header, *rows))


def lines(audio: str, text: str, speaker: str, folder: str = "clips/") -> str:
    rows = zip(NAMES, TEXTS, VOICES, strict=True)
    records = ({audio: f"{folder}{a}.wav", text: t, speaker: s} for a, t, s in rows)
    return "".join(json.dumps(record) + "\n" for record in records)


# file, content, options of the command in the hint
INPUTS: list[tuple[str, str, str]] = [
    ("t.csv", table(";", GERMAN), f"{MAPPED} --cast"),
    ("t.tsv", table("\t", ("Fichier", "Phrase", "Durée (s)", "Locuteur"), length="1.50"),
     "--map audio_filepath=Fichier --map text=Phrase --map 'duration=Durée (s)' "
     "--map speaker=Locuteur"),
    ("t.csv", table(",", ("Nombre del archivo", "Transcripción", "Duración", "Hablante")),
     "--map 'audio_filepath=Nombre del archivo' --map 'text=Transcripción' "
     "--map 'duration=Duración' --map speaker=Hablante --cast"),
    ("t.csv", table(";", ("x", "y", "Dauer (ms)", "z")),  # these would be read as seconds
     "--map audio_filepath=x --map text=y"),
    ("t.csv", table(";", GERMAN, folder=""), f"{MAPPED} --cast --audio-root clips"),
    ("t.csv", table(";", ("path", "text", "speaker", "Wort"), "", "x"), "--audio-root clips"),
    ("t.jsonl", lines("Pfad", "Satz", "Sprecher"),
     "--map audio_filepath=Pfad --map text=Satz --map speaker=Sprecher --measure-duration"),
    ("t.jsonl", lines("audio_filepath", "sentence", "speaker", "C:\\corpus\\clips\\"),
     "--map text=sentence --measure-duration --path-map 'C:\\corpus={folder}'"),
]  # fmt: skip


def in_hint(folder: Path, *command: str) -> str:
    """The command in the hint of one that fails."""
    failed = processes.curate("manifest", *command, "--out", "o.jsonl", cwd=folder, COLUMNS="900")
    assert failed.returncode == 3, failed.stderr
    assert not (folder / "o.jsonl").exists()
    return failed.stderr.strip().rpartition("curate manifest ")[2]


def read_by(folder: Path, command: str) -> list[dict[str, object]]:
    """The records that the command writes."""
    words = shlex.split(command)
    made = processes.curate("manifest", *words, cwd=folder, COLUMNS="900")
    assert made.returncode == 0, made.stderr
    out = words[words.index("--out") + 1]
    return [json.loads(line) for line in lines_of((folder / out).read_text())]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name in NAMES:
        sound(tmp_path / "clips" / f"{name}.wav", FRAMES)
    return tmp_path


@pytest.mark.parametrize(("name", "content", "options"), INPUTS)
def test_the_hint_is_the_command_that_reads_the_input(
    corpus: Path, name: str, content: str, options: str
) -> None:
    (corpus / name).write_text(content)
    command = in_hint(corpus, name)
    assert command == f"{name} --out o.jsonl {options.format(folder=corpus)}"
    records = read_by(corpus, command)
    assert [Path(str(row["audio_filepath"])) for row in records] == [
        Path("clips", f"{name}.wav") if "path-map" not in options else corpus / f"clips/{name}.wav"
        for name in NAMES
    ]
    assert [row["text"] for row in records] == list(TEXTS)
    assert [row["duration"] for row in records] == [SECONDS] * len(NAMES)


TYPED: list[tuple[str, str]] = [
    ("manifest t.csv --to csv --out o.csv --map text=Satz",
     "manifest t.csv --out o.csv --to csv --map text=Satz --map audio_filepath=Datei "
     "--map duration=Dauer --map speaker=Sprecher --cast"),
    ("manifest 't*.csv' --out o.jsonl --map audio_filepath=Datei,speaker=Sprecher",
     "manifest 't*.csv' --out o.jsonl --map audio_filepath=Datei,speaker=Sprecher --map text=Satz "
     "--map duration=Dauer --cast"),
    ("profile t.csv --out p --rules default --cast",
     f"profile t.csv --out p --rules default --cast {MAPPED}"),
    ("split t.csv --out s --seed 5 -q", f"split t.csv --out s --seed 5 --quiet {MAPPED} --cast"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "completed"), TYPED)
def test_the_command_that_was_typed_is_completed(corpus: Path, typed: str, completed: str) -> None:
    """Each works with nothing else changed."""
    (corpus / "t.csv").write_text(table(";", GERMAN))
    failed = processes.curate(*shlex.split(typed), cwd=corpus, COLUMNS="900")
    assert failed.returncode == 3, failed.stderr
    command = failed.stderr.strip().rpartition("curate ")[2]
    assert sorted(shlex.split(command)) == sorted(shlex.split(completed))
    made = processes.curate(*shlex.split(command), cwd=corpus, COLUMNS="900")
    assert made.returncode in {0, 1}, made.stderr
    out = shlex.split(command)[shlex.split(command).index("--out") + 1]
    assert (corpus / out).exists()


def test_one_of_several_inputs_is_read_by_itself(corpus: Path) -> None:
    """Its columns are not those of the others."""
    (corpus / "t.csv").write_text(table(";", GERMAN))
    (corpus / "u.jsonl").write_text(lines("audio_filepath", "text", "speaker"))
    failed = processes.curate("manifest", "u.jsonl", "t.csv", "--out", "o.jsonl", cwd=corpus)
    command = " ".join(failed.stderr.split()).rpartition("curate manifest ")[2]
    assert command == f"t.csv {MAPPED} --cast --out t.nemo.jsonl"


def test_segments_of_a_table_are_read_from_beginning_to_end(corpus: Path) -> None:
    rows = [f"clips/{name}.wav;0,25;1,125;{text}" for name, text in zip(NAMES, TEXTS, strict=True)]
    (corpus / "t.csv").write_text("\n".join(["Datei;Beginn;Ende;Satz", *rows]))
    command = in_hint(corpus, "t.csv")
    assert "--map offset=Beginn --map end=Ende --cast" in command
    records = read_by(corpus, command)
    assert [(row["offset"], row["duration"]) for row in records] == [(0.25, 0.875)] * len(NAMES)
    assert [row["text"] for row in records] == list(TEXTS)


def test_segments_of_json_lines_are_read_from_beginning_to_end(corpus: Path) -> None:
    rows = zip(NAMES, TEXTS, strict=True)
    records = [
        {"audio": f"clips/{name}.wav", "sentence": text, "start": 0.25, "end": 1.125}
        for name, text in rows
    ]
    (corpus / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in records))
    command = in_hint(corpus, "t.jsonl")
    maps = "--map audio_filepath=audio --map text=sentence --map offset=start --map end=end"
    assert command == f"t.jsonl --out o.jsonl {maps}"
    made = read_by(corpus, command)
    assert [(row["offset"], row["duration"]) for row in made] == [(0.25, 0.875)] * len(NAMES)
    assert [row["text"] for row in made] == list(TEXTS)
    assert [{name: row[name] for name in records[0]} for row in made] == records


def test_an_end_is_no_pattern(corpus: Path) -> None:
    (corpus / "t.jsonl").write_text(lines("Pfad", "Satz", "Sprecher"))
    command = ["manifest", "t.jsonl", "--out", "o.jsonl", "--map", "end=regex:_([0-9]+)"]
    failed = processes.curate(*command, cwd=corpus, COLUMNS="900")
    assert failed.returncode == 2
    assert "names no field of a manifest ('end')" in failed.stderr


def test_a_folder_with_such_a_table_is_read_by_its_hint(corpus: Path) -> None:
    (corpus / "t.csv").write_text(table(";", GERMAN, folder=""))
    command = in_hint(corpus, str(corpus))
    assert command == f"{corpus} --out o.jsonl {MAPPED} --cast"
    assert [row["speaker"] for row in read_by(corpus, command)] == list(VOICES)


def test_a_folder_with_a_workbook_names_it_and_its_audio(corpus: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("Dateiname", "Transkription"), ("a.wav", TEXTS[0]), ("b.wav", TEXTS[1])):
        book.active.append(row)
    book.save(corpus / "t.xlsx")
    command = in_hint(corpus, ".")
    maps = "--map audio_filepath=Dateiname --map text=Transkription"
    assert command == f"./t.xlsx --out o.jsonl {maps} --audio-root clips"
    assert [row["duration"] for row in read_by(corpus, command)] == [SECONDS] * len(NAMES)


def test_a_parquet_table_has_a_hint_too(corpus: Path) -> None:
    columns = {"chemin": [f"clips/{name}.wav" for name in NAMES], "texte": TEXTS}
    pl.DataFrame(columns).write_parquet(corpus / "t.parquet")
    command = in_hint(corpus, "t.parquet")
    assert command == "t.parquet --out o.jsonl --map audio_filepath=chemin --map text=texte"
    assert [row["text"] for row in read_by(corpus, command)] == list(TEXTS)


# file, content: inputs of which no column is a guess, or whose rows are segments without an end
NO_COMMAND = [
    ("t.jsonl", '{"audio_filepath": "clips/a.wav", "text": "x", "start": 1.0}\n'),
    ("t.jsonl", '{"audio": "clips/a.wav", "sentence": "x", "start": 1.0}\n'),
    ("t.jsonl", '{"text": "x"}\n'),
    ("t.csv", "nr;id;n\n1;2;3\n"),
]


@pytest.mark.parametrize(("name", "content"), NO_COMMAND)
def test_nothing_is_proposed_that_would_read_something_else(
    corpus: Path, name: str, content: str
) -> None:
    (corpus / name).write_text(content)
    failed = processes.curate("manifest", name, "--out", "o.jsonl", cwd=corpus, COLUMNS="900")
    assert failed.returncode == 3
    assert "curate manifest" not in failed.stderr or "put the right one for COLUMN" in failed.stderr


def test_durations_are_measured_where_a_table_has_no_times(corpus: Path) -> None:
    (corpus / "t.csv").write_text("path,text\nclips/a.wav,ja\nclips/b.wav,a\nclips/none.wav,b\n")
    made = processes.curate("manifest", "t.csv", "--out", "o.jsonl", cwd=corpus, COLUMNS="900")
    warning = "t.csv: no column of durations: they are measured by the audio's headers"
    assert made.stderr.count(warning) == 1
    records = map(json.loads, lines_of((corpus / "o.jsonl").read_text()))
    assert [record["duration"] for record in records] == [SECONDS] * len(NAMES)
    (lost,) = map(json.loads, lines_of((corpus / "o.malformed.jsonl").read_text()))
    assert lost["reason"].startswith("its audio file is missing")
    options = ("--measure-duration", "--out", "o.jsonl")
    measured = processes.curate("manifest", "t.csv", *options, cwd=corpus, COLUMNS="900")
    assert warning not in measured.stderr


def test_folders_beside_are_looked_into_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    for folder in ("other", "wav"):
        sound(tmp_path / folder / "a.wav", 160)
    assert audio_root_near(["a.wav"], str(tmp_path / "tables")) == str(tmp_path / "wav")
    (tmp_path / "wav/a.wav").unlink()
    assert audio_root_near(["a.wav"], str(tmp_path / "tables")) is None
