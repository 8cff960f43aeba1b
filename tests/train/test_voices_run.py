"""From a manifest and embeddings to metrics, verdicts, groups of a split: the whole way."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.errors import InputError
from tests.command_tree import run
from tests.lines import lines_of
from train.artifacts.voices import Voices
from train.voices.run import ROWS, VECTORS, VoicesRequest, score_voices

EAST, NORTH, NONE = [2, 0], [0, 1], [0, 0]


def line(name: str, speaker: str | None, **fields: Any) -> str:
    row = {
        "audio_filepath": f"/a/{name}.wav",
        "duration": 5.0,
        "text": f"some words of {name}, long enough for five seconds of speech",
    }
    named = {} if speaker is None else {"speaker": speaker}
    return json.dumps({**row, **named, **fields})


class Site:
    """A folder with a manifest and embeddings of its lines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def request(self, lines: Sequence[str], vectors: Sequence[Any]) -> VoicesRequest:
        (self.folder / "m.jsonl").write_text("".join(f"{each}\n" for each in lines))
        np.save(self.folder / "given.npy", np.array(vectors, np.float32))
        return VoicesRequest(
            [self.folder / "m.jsonl"], self.folder / "out", self.folder / "given.npy"
        )

    def score(self, lines: Sequence[str], vectors: Sequence[Any]) -> Voices:
        return score_voices(self.request(lines, vectors))

    @property
    def rows(self) -> list[str]:
        return lines_of((self.folder / "out" / ROWS).read_text())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_every_line_stays_in_its_place_with_its_cosines_or_the_reason(site: Site) -> None:
    lines = [
        line("a1", "a", number=1.50),
        "no json",
        line("a2", "a"),
        line("b1", "b"),
        line("b2", "b", _score={"token_loss": 1.5, "reason": "of the text", "voice_own": 9}),
        line("c", None, text=None),
        line("d", "a"),
    ]
    record = site.score(lines, [EAST, EAST, EAST, NORTH, EAST, EAST, NONE])
    rows = site.rows
    assert rows[1] == "no json"
    assert rows[0].startswith(lines[0][:-1] + ", ")
    values = [json.loads(row) for at, row in enumerate(rows) if at != 1]
    assert [value["_score"]["voice_own"] for value in values] == [1.0, 1.0, 0.0, 0.0, None, None]
    assert [value["_score"]["voice_other"] for value in values[2:]] == [0.0, 1.0, 1.0, None]
    assert [value["voice_nearest"] for value in values] == ["b", "b", "a", "a", "a", None]
    clusters = [value["voice_cluster"] for value in values]
    assert clusters == ["voice1", "voice1", "voice2", "voice2", "voice1", "voice1"]
    assert values[3]["_score"]["token_loss"] == 1.5
    assert values[3]["_score"]["reason"] == "of the text"
    assert values[5]["_score"]["voice_reason"] == "no embedding is given"
    counts = (record.lines, record.embedded, record.malformed, record.named, record.speakers)
    assert counts == (7, 5, 1, 4, 2)
    assert record.values == {"voice_own": 4, "voice_other": 5, "voice_margin": 4}
    assert [(each.reason, each.rows) for each in record.missing] == [("no embedding is given", 1)]


def test_written_embeddings_are_read_again_to_the_same_bytes(site: Site) -> None:
    lines = [line("a", "a"), line("b", "b"), line("c", "a")]
    site.score(lines, [EAST, NORTH, NONE])
    rows, vectors = (site.folder / "out" / name for name in (ROWS, VECTORS))
    first = rows.read_bytes(), vectors.read_bytes()
    given = site.folder / "again.npy"
    given.write_bytes(first[1])
    score_voices(VoicesRequest([site.folder / "m.jsonl"], site.folder / "out", given))
    assert (rows.read_bytes(), vectors.read_bytes()) == first


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no array of numbers"),
        (b"text", "no array of numbers"),
        (np.zeros(3), "1 dimensions"),
        (np.array([["a"], ["b"]]), "2 dimensions of <U1"),
        (np.zeros((3, 2)), "3 rows for 2 lines"),
        (np.zeros((2, 0)), "no column"),
        (np.zeros((2, 4)), "no record has a voice .no embedding is given"),
    ],
)
def test_embeddings_that_cannot_be_used_are_refused(site: Site, content: Any, what: str) -> None:
    request = site.request([line("a", "a"), line("b", "b")], [EAST, EAST])
    if isinstance(content, bytes):
        (site.folder / "given.npy").write_bytes(content)
    else:
        np.save(site.folder / "given.npy", content)
    with pytest.raises(InputError, match=what):
        score_voices(request)
    assert not request.out.exists()


def write_parquet(path: Path, **columns: Any) -> Path:
    pl.DataFrame(columns, strict=False).write_parquet(path)
    return path


@pytest.mark.parametrize("dtype", [pl.List(pl.Float64), pl.List(pl.Int32), pl.Array(pl.Float32, 2)])
def test_embeddings_in_parquet_are_those_of_the_array(site: Site, dtype: pl.DataType) -> None:
    lines = [line("a", "a"), line("b", "b"), line("c", "a"), line("d", "a")]
    site.score(lines, [EAST, NORTH, EAST, NONE])
    expected = [(site.folder / "out" / name).read_bytes() for name in (ROWS, VECTORS)]
    vectors = pl.Series([EAST, NORTH, EAST, None], dtype=dtype)
    given = write_parquet(site.folder / "given.parquet", id=["a", "b", "c", "d"], voice=vectors)
    request = VoicesRequest([site.folder / "m.jsonl"], site.folder / "again", given)
    score_voices(request)
    assert [(request.out / name).read_bytes() for name in (ROWS, VECTORS)] == expected


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"a": [[1.0, 0.0]]}, "1 rows for 2 lines"),
        ({"a": [1.0, 2.0]}, "no column of lists of numbers"),
        ({"a": [["x"], ["y"]]}, "no column of lists of numbers"),
        ({"a": [[1.0], [2.0]], "b": [[1.0], [2.0]]}, "2 columns of lists of numbers"),
        ({"a": [[1.0], [2.0, 3.0]]}, "column 'a' has lists of 1 to 2 numbers"),
        ({"a": [[], []]}, "has no column"),
        ({"a": pl.Series([None, None], dtype=pl.List(pl.Float32))}, "has no column"),
        ({"a": pl.Series([None, [float("nan")]], dtype=pl.List(pl.Float32))}, "no record has"),
    ],
)
def test_parquet_that_cannot_be_used_is_refused(
    site: Site, columns: dict[str, Any], what: str
) -> None:
    request = site.request([line("a", "a"), line("b", "b")], [EAST, EAST])
    given = write_parquet(site.folder / "given.parquet", **columns)
    with pytest.raises(InputError, match=what):
        score_voices(replace(request, embeddings=given))
    given.write_bytes(b"text")
    with pytest.raises(InputError, match="is no Parquet file"):
        score_voices(replace(request, embeddings=given))
    given.unlink()
    with pytest.raises(InputError, match="no such file"):
        score_voices(replace(request, embeddings=given))
    assert not request.out.exists()


def test_a_split_by_clusters_has_no_voice_twice(
    tmp_path: Path, manifest: Callable[..., Path]
) -> None:
    rng = np.random.default_rng(1)
    speakers = np.repeat(np.arange(12), 8)
    rows = [line(f"{who}-{at}", None) for at, who in enumerate(speakers.tolist())]
    manifest(*rows, name="m.jsonl")
    voices = rng.normal(size=(12, 32))[speakers] + rng.normal(size=(speakers.size, 32)) * 0.3
    np.save(tmp_path / "given.npy", voices)
    for command in (
        "train voices --manifest m.jsonl --embeddings given.npy --out voices",
        "curate split voices/voices.jsonl --out split --eval 100s --test 100s "
        "--group voice_cluster",
    ):
        code, _, err = run(tmp_path, *command.split())
        assert code == 0, err
    placed = {
        name: {
            json.loads(row)["audio_filepath"].rpartition("/")[2].partition("-")[0]
            for row in lines_of((tmp_path / "split" / f"{name}.jsonl").read_text())
        }
        for name in ("train", "eval", "test")
    }
    assert all(placed.values())
    assert sum(map(len, placed.values())) == 12  # no voice is in two splits
