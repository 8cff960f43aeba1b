"""Scores of the records of shards: those of their manifest, by the audio that the shards hold."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import soundfile

import curate
from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.score_fields import SCORE_FIELD
from curate.artifacts.shard_index import ShardIndex
from curate.errors import InputError
from tests.lines import lines_of
from tests.train.scored import Site, Stub
from train.score import Part, ScoreRequest, score, score_part
from train.scoring.row_scores import RowScore

RATE = 16_000


class Levels(Stub):
    """Scores by what the audio is: the level of its samples, and how many there are."""

    def __init__(self, dies_at: int | None = None) -> None:
        super().__init__(dies_at)
        self.files: list[Path] = []

    def score(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[RowScore]:
        super().score(rows, batch_size)
        self.files += [Path(row["audio_filepath"]) for row in rows]
        return [RowScore(row["text"], {"token_loss": level_of(row)}) for row in rows]


def level_of(row: Mapping[str, Any]) -> float:
    """The mean sample of the segment, and its seconds."""
    first, count = round(row["offset"] * RATE), round(row["duration"] * RATE)
    samples, rate = soundfile.read(row["audio_filepath"], dtype="float64")
    assert rate == RATE
    return float(samples[first : first + count].mean() + count / RATE)


def of_shards(site: Site, shards: Path, out: str = "out") -> ScoreRequest:
    return ScoreRequest("m.nemo", [], site.folder / out, data=[shards])


def test_the_scores_are_those_of_the_manifest_of_the_same_records(site: Site, shards: Path) -> None:
    site.use(Levels())
    manifest = shards / "train.jsonl"
    by_files = score(ScoreRequest("m.nemo", [manifest], site.folder / "by-files"))
    stub = site.use(Levels())
    by_shards = score(of_shards(site, shards))
    assert all(shards.parent in path.parents for path in stub.files)
    assert site.scores() == site.scores("by-files")
    assert (by_shards.scored, by_shards.values["token_loss"]) == (10, 10)
    assert (by_shards.hours, by_shards.lines) == (by_files.hours, by_files.lines)
    assert (by_shards.manifests, by_shards.data) == ((), (str(shards),))
    levels = {round(json.loads(row)[SCORE_FIELD]["token_loss"], 3) for row in site.scores()}
    assert levels == {2.075, 1.05, 1.1, 1.15, 1.2, 1.25}  # five whole files, five segments


def test_scored_records_keep_the_ids_of_curation(site: Site, shards: Path) -> None:
    site.use(Levels())
    score(of_shards(site, shards))
    rows = [json.loads(row) for row in site.scores()]
    ids = {row["_curate"]["id"].rpartition(":")[2] for row in rows}
    assert ids == {str(line) for line in range(1, 11)}
    profile = curate.profile(site.folder / "out" / "scores.jsonl", site.folder / "profile")
    assert (profile.metrics["token_loss"].rows, profile.metrics["token_loss"].nulls) == (10, 0)


@pytest.mark.parametrize("dies_at", [0, 1, 2])
def test_a_killed_scoring_goes_on_to_the_same_bytes(site: Site, shards: Path, dies_at: int) -> None:
    site.use(Levels())
    score(of_shards(site, shards, "whole"))
    site.use(Levels(dies_at))
    with pytest.raises(KeyboardInterrupt):
        score(of_shards(site, shards))
    rest = site.use(Levels())
    score(of_shards(site, shards))
    assert site.scores() == site.scores("whole")
    assert len(rest.calls) == 3 - dies_at
    assert not list(site.folder.glob(".out.*"))


def test_parts_are_joined_to_the_same_bytes(site: Site, shards: Path) -> None:
    site.use(Levels())
    score(of_shards(site, shards, "whole"))
    parts = [score_part(of_shards(site, shards), Part(number, 2)) for number in (2, 1)]
    rest = site.use(Levels())
    score(of_shards(site, shards))
    assert (parts, site.scores(), rest.calls) == ([1, 2], site.scores("whole"), [])


def test_the_reason_of_unreadable_audio_names_its_shard(site: Site, shards: Path) -> None:
    site.use(Levels())
    tar = shards / "train" / "recording.000000.tar"
    content = bytearray(tar.read_bytes())
    content[512:900] = bytes(388)  # the beginning of the first recording, not its header
    tar.write_bytes(content)
    score(of_shards(site, shards))
    reasons = [json.loads(row)[SCORE_FIELD].get("reason", "") for row in site.scores()]
    assert [reason != "" for reason in reasons] == [True, *[False] * 9]
    assert reasons[0].startswith("audio cannot be read: ")
    assert f"{tar}/m000-" in reasons[0]
    assert "audio-" not in reasons[0]


def test_scores_of_other_shards_are_not_taken(site: Site, shards: Path) -> None:
    site.use(Levels(1))
    with pytest.raises(KeyboardInterrupt):
        score(of_shards(site, shards))
    index = read_artifact(shards, ShardIndex)
    (first, *others) = index.shards
    hashed = first.model_copy(update={"sha256": {**first.sha256, "recording": "0" * 64}})
    write_artifact(shards, index.model_copy(update={"shards": (hashed, *others)}))
    stub = site.use(Levels())
    score(of_shards(site, shards))
    assert len(stub.calls) == 3


def truncate_tar(folder: Path) -> None:
    (path := folder / "train" / "recording.000001.tar").write_bytes(path.read_bytes()[:-2048])


def overwrite_header(folder: Path) -> None:
    path = folder / "train" / "recording.000001.tar"
    path.write_bytes(b"x" * 512 + path.read_bytes()[512:])


def rename_member(folder: Path) -> None:
    path = folder / "train" / "recording.000001.tar"
    header = bytearray(path.read_bytes()[:512])
    header[0:4], header[148:156] = b"n000", b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(bytes(header) + path.read_bytes()[512:])


def damage_gzip(folder: Path) -> None:
    path = folder / "train" / "cuts.000001.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))


def change_cuts(change: Callable[[dict[str, Any]], object], folder: Path) -> None:
    """Change every cut of the second shard, and note the new size, as another tool might."""
    path = folder / "train" / "cuts.000001.jsonl.gz"
    cuts = [json.loads(line) for line in lines_of(gzip.decompress(path.read_bytes()).decode())]
    for cut in cuts:
        change(cut)
    path.write_bytes(gzip.compress("".join(json.dumps(cut) + "\n" for cut in cuts).encode()))
    index = read_artifact(folder, ShardIndex)
    shards = [
        each.model_copy(update={"sizes": {**each.sizes, "cuts": path.stat().st_size}})
        if each.index == 1
        else each
        for each in index.shards
    ]
    write_artifact(folder, index.model_copy(update={"shards": tuple(shards)}))


DAMAGES: list[tuple[Callable[[Path], object], int, str]] = [
    (truncate_tar, 1, r"recording.000001.tar: has \d+ bytes, \d+ were written"),
    (overwrite_header, 1, r"recording.000001.tar: is damaged: "),
    (rename_member, 1, r"recording.000001.tar: holds no audio of 1 of its cuts, the first 'm000-"),
    (damage_gzip, 1, r"cuts.000001.jsonl.gz:\d+: cannot be read: "),
    (lambda folder: (folder / "train" / "cuts.000001.jsonl.gz").unlink(), 1, "is missing"),
    (lambda folder: (folder / "shards.json").unlink(), 1, "shards.json"),
    (lambda folder: (folder / "train.jsonl").unlink(), 1, "train.jsonl: .*no such file"),
    (
        lambda folder: change_cuts(lambda cut: cut["custom"].pop("record_id"), folder),
        3, r"cuts.000001.jsonl.gz:1: the cut has no custom.record_id\n",
    ),
    (
        lambda folder: change_cuts(lambda cut: (cut.pop("id"), cut.pop("duration")), folder),
        3, "cuts.000001.jsonl.gz:1: the cut has no id, no duration\n",
    ),
    (
        lambda folder: change_cuts(lambda cut: cut["supervisions"][0].update(text="x"), folder),
        1, r"train.jsonl:\d+: is not the record of the cut in its place",
    ),
    (
        lambda folder: (path := folder / "train.jsonl").write_text(path.read_text() + "{}\n"),
        1, "train.jsonl:11: no audio_filepath",
    ),
    (
        lambda folder: (path := folder / "train.jsonl").write_text(path.read_text()[:-5]),
        1, "train.jsonl:10: not JSON",
    ),
    (
        lambda folder: (path := folder / "train.jsonl").write_text(
            "".join(f"{line}\n" for line in lines_of(path.read_text())[:-1])
        ),
        1, "train.jsonl: has 9 records, the shards 10 cuts",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "count", "what"), DAMAGES)
def test_damaged_shards_are_refused_and_nothing_is_written(
    site: Site, shards: Path, damage: Callable[[Path], object], count: int, what: str
) -> None:
    stub = site.use(Levels())
    damage(shards)
    with pytest.raises(InputError, match=what) as raised:
        score(of_shards(site, shards))
    assert len(raised.value.faults) == count
    assert stub.calls == []
    assert not (site.folder / "out").exists()
