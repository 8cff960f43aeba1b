"""Lhotse in a process of its own reads shards as it does here, whatever becomes of the process."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.shards import lhotse_start
from curate.shards.lhotse_reads import Decoding, lhotse_process, read_now
from curate.shards.lhotse_start import start_ahead
from curate.shards.readback import read_shard
from tests.curate.shard_fixtures import sharded, splitted

# Lhotse's reader leaves its tar files to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("collected"),
]
pytest.importorskip("lhotse", reason="the shards extra is not installed")

Shard = Mapping[str, Path]


@pytest.fixture(scope="module")
def collected() -> Iterator[None]:
    """Open shards are found at the end of the module, where they are expected."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def shard(collected: None, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Shard:
    """The files of the only shard of an export."""
    folder = tmp_path_factory.mktemp("export")
    split = splitted(root / "examples" / "speech" / "manifest.jsonl", folder)
    sharded(split, folder / "out", shard_size=1000)
    train = folder / "out" / "train"
    return {"cuts": train / "cuts.000000.jsonl.gz", "recording": train / "recording.000000.tar"}


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The processes that are started, as if Lhotse were not imported here."""
    started: list[subprocess.Popen[str]] = []

    class Popen(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            started.append(self)

    monkeypatch.delitem(sys.modules, "lhotse")
    monkeypatch.setattr(subprocess, "Popen", Popen)
    return started


def test_reads_what_lhotse_reads_here_and_ends_with_the_block(
    shard: Shard, processes: list[subprocess.Popen[str]]
) -> None:
    ids = read_shard("shar", shard).ids
    with lhotse_process() as read:
        right, wrong = (read(shard, each, Decoding("sample")) for each in (ids, [*ids, "lost"]))
        assert right() == []
        (fault,) = wrong()
    assert fault.what == f"Lhotse reads {len(ids)} cuts of {len(ids) + 1}, or others"
    (process,) = processes
    assert process.returncode is not None


def test_reads_here_where_the_process_was_killed(
    shard: Shard, processes: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = read_shard("shar", shard).ids
    with lhotse_process() as read:
        early = read(shard, ids, Decoding("none"))
        processes[0].kill()
        processes[0].wait()
        late = read(shard, ids, Decoding("none"))
        monkeypatch.undo()
        assert early() == late() == []


def test_starts_no_process_where_lhotse_is_imported() -> None:
    with lhotse_process() as read:
        assert read is read_now


def test_a_process_that_was_started_ahead_is_taken_once(
    shard: Shard, processes: list[subprocess.Popen[str]]
) -> None:
    ids = read_shard("shar", shard).ids
    start_ahead()
    (ahead,) = processes
    with lhotse_process() as read:
        assert read(shard, ids, Decoding("none"))() == []
    assert processes == [ahead]
    assert ahead.returncode is not None
    with lhotse_process():
        assert len(processes) == 2


def test_no_process_is_started_ahead_where_lhotse_is_imported() -> None:
    start_ahead()
    assert lhotse_start._AHEAD == []
