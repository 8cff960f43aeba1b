"""NaN and Infinity in a line: malformed, or null in whatever is written where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lines import lines_of
from tests.train.world import NEMO
from tests.whole_way import referee
from tests.whole_way.corpus import Corpus
from tests.whole_way.journey import command

pytestmark = NEMO

# what stands in a line, and in its place in the output: None where the line stays malformed
VALUES: list[tuple[str, str, str | None]] = [
    ('"snr": 1.5', '"snr": NaN', '"snr": null'),
    ('"snr": 1.5', '"snr": -Infinity', '"snr": null'),
    ('"snr": 1.5', '"snr": [1, {"a": Infinity}, "NaN \\" NaN"]',
     '"snr": [1, {"a": null}, "NaN \\" NaN"]'),
    ('"snr": 1.5', '"snr":NaN ,"peak":NaN', '"snr":null ,"peak":null'),
    ('"speaker": "s1"', '"speaker": NaN', '"speaker": null'),
    ('"snr": 1.5', '"offset": NaN', None),
    ('"snr": 1.5', '"offset": Infinity', None),
    ('"snr": 1.5', '"snr": nan', None),
    ('"snr": 1.5', '"snr": +Infinity', None),
    ('"duration": 2.0', '"duration": NaN', None),
]  # fmt: skip


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of two seconds, of which the first have odd values."""
    corpus = Corpus.sound(tmp_path_factory.mktemp("lenient"), speakers=10, each=3)
    path = corpus.manifest()
    lines = [line[:-1] + ', "snr": 1.5}' for line in lines_of(path.read_text())]
    for row, (value, odd, _) in enumerate(VALUES):
        assert value in lines[row], lines[row]
        lines[row] = lines[row].replace(value, odd)
    path.write_text("\n".join(lines) + "\n")
    return path


def written(folder: Path) -> list[str]:
    return [
        line
        for name in ("train", "eval", "test", "held_out")
        if (folder / f"{name}.jsonl").exists()
        for line in lines_of((folder / f"{name}.jsonl").read_text())
    ]


def test_a_strict_reading_takes_none(manifest: Path, tmp_path: Path) -> None:
    command("curate", "profile", manifest, "--out", tmp_path / "p", "-q")
    done = command("curate", "split", tmp_path / "p", "--out", tmp_path / "s", "--eval", "4s")
    assert "lenient" not in done.stderr
    assert len(lines_of((tmp_path / "s/malformed.jsonl").read_text())) == len(VALUES)


def test_a_lenient_one_writes_null(manifest: Path, tmp_path: Path) -> None:
    profile, split, shards = (tmp_path / name for name in ("p", "s", "x"))
    done = command("curate", "profile", manifest, "--out", profile, "--lenient-json")
    taken = [line for *_, line in VALUES if line is not None]
    assert f"{len(taken)} lines hold NaN or Infinity" in " ".join(done.stderr.split())
    sizes = ("--eval", "8s", "--test", "8s")
    assert command("curate", "split", profile, "--out", split, *sizes).exit_code == 0
    given = lines_of(manifest.read_text())
    expected = [
        line.replace(odd, now)
        for line, (_, odd, now) in zip(given, VALUES, strict=False)
        if now is not None
    ]
    assert set(expected) <= set(written(split))
    lost = [line for line, (_, _, now) in zip(given, VALUES, strict=False) if now is None]
    assert lines_of((split / "malformed.jsonl").read_text()) == lost
    assert sorted(written(split)) == sorted([*expected, *given[len(VALUES) :]])
    assert command("curate", "audit", split).exit_code == 0
    assert command("curate", "shard", split, "--out", shards, "-q").exit_code == 0
    assert command("curate", "shard", "--verify", shards).exit_code == 0
    for name in ("train", "eval", "test"):
        path = shards / f"{name}.jsonl"
        assert referee.nemo_manifest(path).rows == len(lines_of(path.read_text()))


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_it_is_for_json_lines(tmp_path: Path, name: str) -> None:
    import polars as pl

    table = pl.DataFrame({"audio_filepath": ["a.wav"], "duration": [2.0], "text": ["two words"]})
    table.write_csv(tmp_path / name) if name == "t.csv" else table.write_parquet(tmp_path / name)
    done = command("curate", "profile", tmp_path / name, "--out", tmp_path / "p", "--lenient-json")
    assert done.exit_code == 2
    assert "--lenient-json: is for JSON lines" in done.stderr
