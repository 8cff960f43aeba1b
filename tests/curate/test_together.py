"""Transcripts that are named together, as a glob does, are paired with audio as in their folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.artifacts.manifest import ManifestWritten
from curate.errors import InputError
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import RATE, sound
from tests.lines import lines_of

SRT = "1\n00:00:00,200 --> 00:00:00,700\nHello {}.\n\n"
NO_AUDIO = "no audio file has the name of the text file"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two recordings with texts and subtitles, and one of each without audio."""
    for name in ("a", "b"):
        sound(tmp_path / "in" / f"{name}.wav", RATE)
    for name in ("a", "b", "lost"):
        (tmp_path / "in" / f"{name}.txt").write_text(f"hello, {name}\n")
        (tmp_path / "in" / f"{name}.srt").write_text(SRT.format(name))
    return tmp_path


def write(folder: Path, *patterns: str) -> ManifestWritten:
    inputs = [str(folder / "in" / pattern) for pattern in patterns]
    return write_manifest(ManifestRequest(inputs, folder / "m.jsonl"))


def texts(folder: Path) -> list[str]:
    return [json.loads(line)["text"] for line in lines_of((folder / "m.jsonl").read_text())]


@pytest.mark.parametrize(
    ("patterns", "expected", "malformed"),
    [
        (["*.srt"], ["Hello a.", "Hello b."], 1),
        (["*.txt"], ["hello, a", "hello, b"], 1),
        (["a.txt", "lost.txt"], ["hello, a"], 1),
        (["a.txt"], ["hello, a"], 0),
        (["lost.srt", "a.srt"], ["Hello a."], 1),
        (["lost.txt", "b.srt", "a.txt"], ["hello, a", "Hello b."], 1),
    ],
)
def test_what_has_no_audio_is_counted(
    patterns: Sequence[str], expected: Sequence[str], malformed: int, corpus: Path
) -> None:
    made = write(corpus, *patterns)
    assert (texts(corpus), made.malformed) == (expected, malformed)
    assert Counter(made.reasons) == Counter({NO_AUDIO: malformed} if malformed else {})
    rows = lines_of((corpus / "m.malformed.jsonl").read_text()) if malformed else []
    assert ["lost." in json.loads(row)["reason"] for row in rows] == [True] * malformed


def test_profile_and_split_account_for_it(corpus: Path) -> None:
    """Its bytes too: the ledger of what is read holds."""
    curate.profile(str(corpus / "in" / "*.srt"), corpus / "p")
    verdicts = pl.read_parquet(corpus / "p/records.parquet")["verdict"].to_list()
    assert (len(verdicts), verdicts.count("malformed")) == (3, 1)
    split = curate.split([str(corpus / "in" / "*.srt")], corpus / "s")
    rows = {each.name: each.rows for each in split.outputs}
    assert (rows["malformed"], sum(rows.values())) == (1, 3)


def test_many_are_warned_about_together(corpus: Path) -> None:
    for number in range(9):
        (corpus / "in" / f"x{number}.srt").write_text(SRT.format(number))
    made = write(corpus, "*.srt")
    assert (made.records, made.malformed) == (2, 10)
    (warning,) = made.warnings
    assert "lost.srt and 9 more inputs: is paired with no audio" in warning


@pytest.mark.parametrize(("pattern", "faults"), [("*.srt", 3), ("*.txt", 3)])
def test_nothing_that_pairs_is_an_error(pattern: str, faults: int, corpus: Path) -> None:
    for name in ("a", "b"):
        (corpus / "in" / f"{name}.wav").unlink()
    with pytest.raises(InputError) as raised:
        write(corpus, pattern)
    assert len(raised.value.faults) == faults


def test_two_files_of_one_name_are_not_chosen_from(corpus: Path) -> None:
    sound(corpus / "in" / "b.flac", RATE)
    made = write(corpus, "a.srt", "b.srt")
    assert texts(corpus) == ["Hello a."]
    assert made.reasons == {"several audio files have its name": 1}


def test_inputs_of_a_corpus_file_too(corpus: Path) -> None:
    (corpus / "in" / "corpus.yaml").write_text("schema: curate.corpus/1\ninputs: ['*.srt']\n")
    made = write(corpus, "corpus.yaml")
    assert (made.records, made.malformed) == (2, 1)


def test_a_corpus_file_beside_texts_is_not_read(corpus: Path) -> None:
    """It is for who names it, or its folder; texts that are named are read by themselves."""
    (corpus / "in" / "corpus.yaml").write_text("schema: curate.corpus/1\ninputs: ['*.srt']\n")
    write(corpus, "*.txt")
    assert texts(corpus) == ["hello, a", "hello, b"]
