"""What is below a folder of audio and not read with it is named, with the command that reads it."""

from __future__ import annotations

import json
import shlex
import tarfile
from pathlib import Path

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
