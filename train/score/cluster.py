"""The pieces of a request on a Ray cluster, or on a local one.

A worker loads the model once, and has a GPU of its own where the cluster has some. The folder of
the output, the model and the audio must be visible to all workers under the same paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from curate.environment.ray_tasks import DEATHS, Died, cluster
from curate.errors import ConfigError, CurateError, Fault, InputError, raise_all
from train.runs.lines import Lines, Piece
from train.runs.pieces import Log
from train.score.pieces import Bench, Finish, due_of, finish, score_piece
from train.scoring.row_scores import ScoresRows

Task = Callable[[Bench, Piece], tuple[Fault, ...]]


def engine_of(name: Literal["local", "ray"], address: str | None) -> Finish:
    """What scores pieces; ConfigError for a cluster's address without Ray."""
    if name == "ray":
        return partial(on_ray, address=address)
    if address is not None:
        raise ConfigError.of("--ray-address", "is for --engine ray", "add --engine ray")
    return finish


_LOADED: dict[Path, ScoresRows] = {}
"""The model of this worker, by the folder of the pieces."""


def score_on_worker(bench: Bench, piece: Piece) -> tuple[Fault, ...]:
    """Score a piece by this worker's model; returns why that cannot be done, nothing where it was.

    Faults are returned, not raised, since they have to come from another machine.
    """
    try:
        if bench.done not in _LOADED:
            _LOADED.clear()
            _LOADED[bench.done] = bench.load()
        score_piece(bench, piece, _LOADED[bench.done])
    except CurateError as error:
        return error.faults
    return ()


def on_ray(
    bench: Bench,
    lines: Lines,
    numbers: Sequence[int],
    log: Log,
    address: str | None = None,
    task: Task = score_on_worker,
) -> None:
    """Score those of the pieces that are not done, on the cluster at `address`, else on workers
    that are started here.

    A worker that dies is replaced and its piece tried again. InputError, when all other pieces are
    done, with every fault and every piece set aside; ConfigError where the extra `ray` is missing.
    """
    due = due_of(bench, lines, numbers, log)
    if not due:
        return
    faults: list[Fault] = []
    with cluster(address, say=log) as started:
        pieces = [lines.piece(number) for number in due]
        gpus = int(bench.request.device != "cpu" and started.has_gpu)

        def named(at: int) -> str:
            return f"piece {due[at] + 1} of {lines.pieces}"

        for count, (at, result) in enumerate(
            started.each(task, bench, pieces, named, gpus), start=1
        ):
            faults += [_set_aside(named(at), bench)] if isinstance(result, Died) else result
            log(f"{count} of {len(due)} pieces returned")
    raise_all(InputError, list(dict.fromkeys(faults)))


def _set_aside(name: str, bench: Bench) -> Fault:
    what = f"{DEATHS} workers died while they scored it; it was set aside"
    hint = f"the same command without --engine ray shows why; the other pieces stay in {bench.done}"
    return Fault(name, what, hint)
