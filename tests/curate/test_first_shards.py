"""Lhotse reads the first shards of an export, each as soon as it is stored, under its own name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from curate.shards import first_shards
from curate.shards.lhotse_reads import BeginReading, Decoding, Faults
from curate.shards.readback import read_shard
from tests.curate.shard_fixtures import sharded, splitted
from tests.lines import lines_of

Read = list[tuple[str, Sequence[str]]]
SIZE = 5


@pytest.fixture(scope="module")
def split(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A split of a copy of the example."""
    speech = tmp_path_factory.mktemp("corpus") / "speech"
    shutil.copytree(root / "examples" / "speech", speech)
    return splitted(speech / "manifest.jsonl", speech.parent)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """The names of the cuts that Lhotse was to read, with their ids, as they stood there then."""
    begun: Read = []

    def begin(paths: Mapping[str, Path], ids: Sequence[str], decoding: Decoding) -> Faults:
        assert read_shard("shar", paths).ids == ids
        assert decoding.of == "none"
        begun.append((paths["cuts"].name, ids))
        return list

    @contextmanager
    def lhotse() -> Iterator[BeginReading]:
        yield begin

    monkeypatch.setattr("curate.shards.export.lhotse_process", lhotse)
    return begun


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("most", [1, 2 * SIZE, 500])
def test_the_first_shards_are_read_in_order(
    split: Path,
    read: Read,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    workers: int,
) -> None:
    monkeypatch.setattr(first_shards, "MOST_READ_BACK", most)
    index = sharded(split, tmp_path / "out", shard_size=SIZE, workers=workers)
    assert len(index["shards"]) > 4
    cuts = [shard["cuts"] for shard in index["shards"]]
    count = next((n for n in range(1, len(cuts)) if sum(cuts[:n]) >= most), len(cuts))
    assert [name for name, _ in read] == [
        Path(shard["cuts_file"]).name for shard in index["shards"][:count]
    ]
    assert index["verified"]["read_by_lhotse"] == sum(cuts[:count]) == sum(len(i) for _, i in read)


def test_behind_a_shard_that_stored_nothing_the_final_names_are_read(
    split: Path, read: Read, tmp_path: Path
) -> None:
    before = sharded(split, tmp_path / "before", shard_size=SIZE)
    gone = before["shards"][1]
    ids = read[1][1]
    read.clear()
    train = lines_of((tmp_path / "before" / "train.jsonl").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in train]
    first = before["shards"][0]["cuts"]
    lost = {row["audio_filepath"] for row in rows[first : first + gone["cuts"]]}
    assert len(ids) == gone["cuts"]
    for name in lost:
        Path(name).unlink()
    index = sharded(split, tmp_path / "out", shard_size=SIZE, workers=2)
    names = [Path(shard["cuts_file"]).name for shard in index["shards"]]
    assert len(names) < len(before["shards"])
    assert [name for name, _ in read] == names
    assert names == [f"cuts.{number:06d}.jsonl.gz" for number in range(len(names))]
