"""What is below a folder of audio and not read with it is named, with the command that reads it."""

from __future__ import annotations

import json
import shlex
import tarfile
from pathlib import Path

import polars as pl
import pytest

from tests import processes
from tests.curate.folder_writers import sound
from tests.lines import lines_of

SECONDS = 0.1


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A recording with its text, and below it two recordings each of a Kaldi directory, of a table
    whose columns have other names, and of a tar.
    """
    root = tmp_path / "korpus"
    for name in ("a", "kaldi/wav/b", "kaldi/wav/c", "tab/ton/d", "tab/ton/e"):
        sound(root / f"{name}.wav", 800 + 800 * (name == "a"))
    (root / "a.txt").write_text("ja\n")
    data = root / "kaldi" / "data"
    data.mkdir()
    (data / "text").write_text("b eins\nc zwei\n")
    (data / "wav.scp").write_text("b wav/b.wav\nc wav/c.wav\n")
    (root / "tab" / "liste.csv").write_text("Datei;Satz\nton/d.wav;drei\nton/e.wav;vier\n")
    with tarfile.open(root / "tab" / "x.tar", "w") as tar:
        for name in ("d", "e"):
            text = root / f"{name}.txt"
            text.write_text("fünf")
            tar.add(root / f"tab/ton/{name}.wav", f"{name}.wav")
            tar.add(text, f"{name}.txt")
            text.unlink()
    return root


def warning_of(folder: Path, *words: str) -> str:
    made = processes.curate(*words, "--json", cwd=folder)
    assert made.returncode == 0, made.stderr
    (warning,) = [w for w in json.loads(made.stdout)["warnings"] if "not read with" in w]
    return str(warning)


@pytest.mark.parametrize("verb", ["manifest", "profile"])
def test_what_is_passed_over_is_named(verb: str, corpus: Path) -> None:
    warning = warning_of(corpus.parent, verb, "korpus", "--out", "o.jsonl")
    what = "korpus: not read with its audio: kaldi/data/, tab/liste.csv, tab/x.tar; what reads them"
    assert warning.startswith(what)


def test_the_commands_read_it(corpus: Path) -> None:
    warning = warning_of(corpus.parent, "manifest", "korpus", "--out", "o.jsonl")
    commands = warning.partition("what reads them: ")[2].split("; ")
    texts = []
    for each in commands:
        words = shlex.split(each)
        made = processes.curate(*words[1:], cwd=corpus.parent)
        assert made.returncode == 0, made.stderr
        lines = lines_of((corpus.parent / words[-1]).read_text())
        texts.append([json.loads(line)["text"] for line in lines])
    assert texts == [["eins", "zwei"], ["drei", "vier"], ["fünf", "fünf"]]


def test_many_are_counted_and_the_manifest_itself_is_none(corpus: Path) -> None:
    for at in range(30):
        (corpus / "tab" / f"l{at:02}.csv").write_text("Datei;Satz\nton/d.wav;drei\n")
    for _ in range(2):
        warning = warning_of(corpus, "manifest", ".", "--out", "o.jsonl")
        assert "kaldi/data/, tab/l00.csv, tab/l01.csv and 30 more; what" in warning
        assert "'./tab/*.csv' --map" in warning or "'tab/*.csv' --map" in warning


def test_a_folder_with_nothing_else_is_not_warned_about(corpus: Path) -> None:
    made = processes.curate("manifest", "korpus/kaldi/wav", "--out", "o.jsonl", cwd=corpus.parent)
    assert "not read with" not in made.stderr
    (corpus / "kaldi" / "wav" / "o.malformed.jsonl").write_text("{}\n")
    made = processes.curate("manifest", "korpus/kaldi/wav", "--out", "o.jsonl", cwd=corpus.parent)
    assert "not read with" not in made.stderr


def test_a_folder_without_audio_names_what_reads_its_parts(corpus: Path) -> None:
    (corpus / "a.wav").unlink()
    for path in [*corpus.rglob("ton/*.wav"), *corpus.rglob("wav/*.wav")]:
        path.unlink()
    refused = processes.curate("manifest", "korpus", "--out", "o.jsonl", cwd=corpus.parent)
    assert refused.returncode == 3
    shown = " ".join(refused.stderr.split())
    assert "curate manifest korpus/kaldi/data --measure-duration --out korpus.nemo.jsonl" in shown
    assert "curate manifest korpus/tab/x.tar --out x.nemo.jsonl" in shown


@pytest.mark.parametrize("verb", ["manifest", "profile"])
def test_tables_and_tars_beside_a_data_set_are_named(verb: str, corpus: Path) -> None:
    """Of its own tables, none."""
    for part in range(2):
        rows = {"path": [f"ton/{name}.wav" for name in "de"], "text": ["eins", "zwei"]}
        frame = pl.DataFrame(rows)
        frame.write_parquet(corpus / "tab" / f"train-{part}.parquet")
    warning = warning_of(corpus.parent, verb, "korpus/tab", "--out", "o.jsonl")
    what = "korpus/tab: not read with its tables: liste.csv, x.tar; what reads them: "
    assert warning.startswith(what)
    for each in warning.partition("what reads them: ")[2].split("; "):
        assert processes.curate(*shlex.split(each)[1:], cwd=corpus.parent).returncode == 0


@pytest.mark.parametrize("pattern", ["*.txt", "lists/*.txt"])
def test_lists_with_a_header_that_a_pattern_names_are_read(pattern: str, tmp_path: Path) -> None:
    """With their audio beside; each row is a record, the header none."""
    folder = tmp_path / pattern.rpartition("/")[0]
    for part, names in enumerate(("ab", "cd")):
        for name in names:
            sound(folder / f"{name}.wav", 1600)
        rows = [f"{name}\ttext of {name}\tspeaker {name}\n" for name in names]
        (folder / f"{part}.txt").write_text(
            "utterance_id\ttranscript\tspeaker_id\n" + "".join(rows)
        )
    made = processes.curate("manifest", pattern, "--out", "o.jsonl", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    rows_read = [json.loads(line) for line in lines_of((tmp_path / "o.jsonl").read_text())]
    assert [(row["text"], row["speaker"]) for row in rows_read] == [
        (f"text of {name}", f"speaker {name}") for name in "abcd"
    ]
    assert not (tmp_path / "o.malformed.jsonl").exists()
