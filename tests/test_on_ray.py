"""Profiles, shards and scores on Ray, with workers that are killed: the same, to the byte."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from curate.artifacts.outputs import resumable_directory
from curate.artifacts.shard_index import ShardIndex
from curate.environment.execution import Execution
from curate.environment.ray_tasks import cluster
from curate.errors import CurateError, Fault, InputError
from curate.profiles.run import profile_into
from curate.scale.array import job_of
from curate.scale.cluster import run_on_ray
from curate.scale.parts import Job, Pieces, incomplete
from curate.shards.cluster import on_ray
from curate.shards.export import OUTPUT_FILES, ShardOptions, export_key, shard_split
from curate.shards.markers import TaskMarker
from curate.shards.options import ShardSize
from curate.shards.tasks import Task
from curate.shards.work import Workplace
from tests.curate.measured import RUN, bytes_of, local, request_of, write_corpus
from tests.curate.remote import by_value
from tests.curate.shard_fixtures import contents, export, splitted
from tests.train.scored import Site, Stub, scoring_request
from train.score import score
from train.score.cluster import on_ray as score_on_ray

pytest.importorskip("lhotse", reason="the shards extra is not installed")
ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("ray")]


@pytest.fixture(scope="module")
def kept() -> Iterator[None]:
    """A Ray of two workers for all runs from here on, that none starts or ends: 4 s for each."""
    with cluster(workers=2), pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray, "init", lambda **_: None)
        patch.setattr(ray, "shutdown", lambda: None)
        yield
        patch.undo()


def dies_once(job: Job, index: int) -> tuple[Fault, ...]:
    """A worker that is killed in the middle of the second piece, the first time."""
    import os
    import signal

    from curate.scale.parts import measure_piece

    flag = job.folder / "died"
    if index == 1 and not flag.exists():
        flag.touch()
        job.path(index, "parquet").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return measure_piece(job, index)


def test_ray_with_a_killed_worker_a_poisoned_piece_and_then_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Two workers of this machine; the first run starts them and ends them."""
    corpus = write_corpus(tmp_path, monkeypatch)
    Path("pieces").mkdir()
    job = job_of(request_of(corpus), Path("pieces").resolve())
    messages: list[str] = []
    poison = 3

    def task(job: Job, index: int) -> tuple[Fault, ...]:
        if index == poison:
            os.kill(os.getpid(), signal.SIGKILL)
        return dies(job, index)

    dies = by_value(dies_once)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(InputError, match=r"d\.jsonl: 3 workers died") as raised:
        run_on_ray(job, workers=2, say=messages.append, task=task)
    assert len(raised.value.faults) == 1
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) == before
    assert sum("b.jsonl: its worker died (1 of 3)" in line for line in messages) == 1
    assert sum("d.jsonl: its worker died" in line for line in messages) == 3
    assert incomplete(job) == [poison]
    request.getfixturevalue("kept")
    run_on_ray(job, workers=2, say=messages.append)
    assert "4 of 5 manifests were measured before and are reused" in messages
    local(request_of(corpus), "local")
    Path("ray").mkdir()
    profile_into(job.plan, Path("ray"), RUN, engine=lambda _: Pieces(job))
    expected = bytes_of("local")
    del expected["report.html"]  # drawn by the command, from these
    assert bytes_of("ray") == expected


def kills_its_worker(place: Workplace, task: Task) -> TaskMarker:
    """Task 1 kills its worker the first time; task 2 each time, for as long as there is a flag."""
    import os
    import signal

    from curate.shards.work import run_task

    folder = place.stage.parent
    first, always = folder / "died", folder / "poison"
    if task.name == "train-000001" and not first.exists():
        first.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if task.name == "train-000002" and always.exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return run_task(place, task)


@pytest.mark.usefixtures("kept")
def test_ray_exports_the_same_with_a_killed_worker_and_goes_on(root: Path, tmp_path: Path) -> None:
    split = splitted(root / "examples" / "speech" / "manifest.jsonl", tmp_path)
    export(split, tmp_path / "local")
    (tmp_path / "poison").touch()
    messages: list[str] = []
    options, out = ShardOptions(size=ShardSize(cuts=10)), tmp_path / "ray"
    task = by_value(kills_its_worker)

    def on_two_workers() -> ShardIndex:
        key = export_key(split, options)
        with resumable_directory(out, OUTPUT_FILES, "shards.json", key) as stage:
            run = on_ray(say=messages.append, run=task)
            return shard_split(
                split, stage, out, options, Execution(workers=2), with_lhotse=False, run=run
            )

    with pytest.raises(CurateError, match="train-000002: 3 workers died") as raised:
        on_two_workers()
    assert len(raised.value.faults) == 1
    assert not out.exists()
    assert sum("train-000001: its worker died (1 of 3)" in line for line in messages) == 1
    assert sum("train-000002: its worker died" in line for line in messages) == 3
    (tmp_path / "poison").unlink()
    index = on_two_workers()
    assert index.shards_kept == len(list((out / "train").glob("cuts.*"))) - 1 > 10
    assert contents(out) == contents(tmp_path / "local")


def score_as_the_stub(bench: Any, piece: Any) -> Any:
    """Score a piece by a stand-in; the first worker of the second piece dies, and the last piece
    cannot be scored in the folder `faulty`.
    """
    import os
    import signal
    from pathlib import Path

    from curate.errors import Fault
    from train.score.pieces import score_piece
    from train.scoring.row_scores import RowScore

    class Model:
        def supports(self, language: str) -> bool:
            return True

        def score(self, rows: Any, batch_size: int) -> Any:
            return [RowScore(f"say {row['text']}", {"token_loss": row["duration"]}) for row in rows]

    died = Path(bench.request.out).parent / "died"
    if piece.number == 1 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if piece.number == 3 and bench.request.out.name == "faulty":
        return (Fault("piece", "is of another world"),)
    score_piece(bench, piece, Model())
    return ()


@pytest.mark.usefixtures("kept")
def test_scores_of_workers_are_those_of_one_process_and_a_dead_one_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, monkeypatch)
    site.use(Stub())
    score(scoring_request(site, "whole"))
    messages: list[str] = []
    on_workers = partial(score_on_ray, task=by_value(score_as_the_stub))
    with pytest.raises(InputError, match="is of another world") as error:
        score(scoring_request(site, "faulty"), messages.append, on_workers)
    assert error.value.faults == (Fault("piece", "is of another world"),)
    assert any("piece 2 of 4: its worker died (1 of 3)" in message for message in messages)
    assert not (site.folder / "faulty").exists()
    rest = site.use(Stub())
    score(scoring_request(site, "faulty"))
    assert site.scores("faulty") == site.scores("whole")
    assert len(rest.calls) == 1  # the others are the workers'
