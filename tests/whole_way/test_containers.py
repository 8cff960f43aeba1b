"""Workbooks, WebDataset tars, and what `curate manifest --to` writes go the whole way; hours are
those of soxi, counts those of the files.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.curate.folder_writers import CLIPS, text_beside
from tests.whole_way.journey import Journey, Options, command
from tests.whole_way.referee import seconds_on_disk

pytestmark = [  # Lhotse leaves shards open
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(shutil.which("soxi") is None, reason="soxi is not installed"),
]

SIZES = ("--eval", "4s", "--test", "4s", "--floor", "0s", "--cap", "0.6")
USUAL = Options(profile=(), split=(*SIZES, "--max-held-out", "60%"))


def webdataset(corpus: Path, out: Path) -> Path:
    """A tar of the folder's files by GNU tar, audio before text."""
    names = [
        path.relative_to(corpus) for text in texts_of(corpus) for path in (audio_of(text), text)
    ]
    subprocess.run(["tar", "cf", out / "0.tar", "-C", corpus, *names], check=True)
    with tarfile.open(out / "0.tar") as tar:
        assert len(tar.getnames()) == 2 * len(CLIPS)
    return out / "0.tar"


def workbook(corpus: Path, out: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["file", "text", "duration"])
    for text in texts_of(corpus):
        audio = audio_of(text)
        seconds = subprocess.check_output(["soxi", "-D", audio], text=True)
        book.active.append([str(audio), text.read_text(encoding="utf-8"), float(seconds)])
    book.save(out / "t.xlsx")
    return out / "t.xlsx"


def written_as(form: str) -> Callable[[Path, Path], Path]:
    """The folder as `curate manifest` writes it in a form."""

    def write(corpus: Path, out: Path) -> Path:
        ran = command("curate", "manifest", corpus, "--to", form, "--out", out / form, "-q")
        assert ran.exit_code == 0, ran.stderr
        return out / form

    write.__name__ = form
    return write


def texts_of(corpus: Path) -> list[Path]:
    """The texts beside audio."""
    texts = sorted(path for path in corpus.rglob("*.txt") if path.name != "README.txt")
    assert len(texts) == len(CLIPS)
    return texts


def audio_of(text: Path) -> Path:
    """The audio file of a text."""
    (audio,) = (path for path in text.parent.iterdir() if path.stem == text.stem and path != text)
    return audio


MADE = [webdataset, workbook, *map(written_as, ("nemo_tarred", "hf", "kaldi", "lhotse"))]


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_an_input_goes_to_shards(make: Callable[[Path, Path], Path], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    text_beside(corpus)
    seconds = seconds_on_disk(corpus)
    source = make(corpus, tmp_path)
    if make.__name__ in ("webdataset", "nemo_tarred", "hf"):
        shutil.rmtree(corpus)  # what is inside is all there is
    way = Journey([source], tmp_path / "out", USUAL).go("profile", "split", "shard", "verify")
    assert (way.failures, len(way.steps)) == ([], 4)
    for name in ("profile", "split"):
        rows, lengths = dict(way.steps[name].rows), dict(way.steps[name].seconds)
        assert rows.pop("inputs") == sum(rows.values()) == len(CLIPS), name
        assert lengths.pop("inputs") == pytest.approx(seconds, abs=0.01), name
    shards = way.steps["shard"].rows
    assert (shards["train"], shards["skipped"]) == (way.steps["split"].rows["train"], 0)
    assert shards["train"] > 0


def test_a_folder_is_sharded_without_a_split(tmp_path: Path) -> None:
    """`curate shard FOLDER` makes all of it train, as for any manifest."""
    text_beside(tmp_path / "corpus")
    ran = command("curate", "shard", tmp_path / "corpus", "--out", tmp_path / "s", "--json", "-q")
    assert ran.exit_code == 0, ran.stderr
    index = json.loads((tmp_path / "s" / "shards.json").read_text())
    hours = sum(shard["hours"] for shard in index["shards"])
    assert sum(shard["cuts"] for shard in index["shards"]) == len(CLIPS)
    assert 3600 * hours == pytest.approx(seconds_on_disk(tmp_path / "corpus"), abs=0.01)


@pytest.mark.parametrize("form", ["nemo_tarred", "hf"])
def test_what_is_inside_one_form_becomes_another(form: str, tmp_path: Path) -> None:
    """Audio out of tars and tables is what `curate manifest --to` stores; files are not needed."""
    corpus = tmp_path / "corpus"
    text_beside(corpus)
    seconds = seconds_on_disk(corpus)
    sources = [webdataset(corpus, tmp_path), written_as("hf")(corpus, tmp_path)]
    sources.append(written_as("nemo_tarred")(corpus, tmp_path))
    shutil.rmtree(corpus)
    ran = command(
        "curate", "manifest", *sources, "--to", form, "--out", tmp_path / "all", "--json", "-q"
    )
    assert (ran.exit_code, ran.answer["warnings"]) == (0, [])
    assert (ran.answer["records"], ran.answer["malformed"]) == (3 * len(CLIPS), 0)
    again = command("curate", "manifest", tmp_path / "all", "--out", tmp_path / "m.jsonl", "--json")
    assert 3600 * again.answer["hours"] == pytest.approx(3 * seconds, abs=0.01)
    (warning,) = again.answer["warnings"]
    if form == "hf":
        assert "from where curate shard takes it as long as it stays there" in warning
        assert f"curate manifest {tmp_path / 'all'} --to nemo_tarred " in warning
    else:
        assert "where no path leads: this manifest has its texts and lengths, and cannot" in warning
        assert f"curate split {tmp_path / 'all'} " in warning


def test_a_tarred_data_set_with_other_names_goes_to_shards(tmp_path: Path) -> None:
    """--map leaves the tars where they are."""
    text_beside(tmp_path / "corpus")
    source = written_as("nemo_tarred")(tmp_path / "corpus", tmp_path)
    seconds = seconds_on_disk(tmp_path / "corpus")
    shutil.rmtree(tmp_path / "corpus")
    path = source / "manifest_0.json"
    path.write_text(path.read_text().replace('"text":', '"sentence":'))
    mapped = Options(profile=("--map", "text=sentence"), split=USUAL.split)
    way = Journey([source], tmp_path / "out", mapped).go("profile", "split", "shard", "verify")
    assert way.failures == []
    assert way.steps["profile"].seconds["inputs"] == pytest.approx(seconds, abs=0.01)
    shards = way.steps["shard"].rows
    assert (shards["train"], shards["skipped"]) == (way.steps["split"].rows["train"], 0)
