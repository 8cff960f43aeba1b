"""Scores by the workers of a Ray cluster: those of one process, to the byte."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, Fault, InputError
from tests.curate.remote import by_value
from tests.train.scored import Site, Stub, line
from train.score import score
from train.score.cluster import engine_of, on_ray
from train.score.pieces import finish

pytest.importorskip("ray")


def request_of(site: Site, out: str = "out") -> Any:
    durations = [0.5 + number % 3 / 10 for number in range(14)]
    rows = [line(f"n{at}", duration=seconds) for at, seconds in enumerate(durations)]
    return site.request(*rows, out=out)


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


def test_workers_give_the_bytes_of_one_process_and_a_dead_one_is_replaced(site: Site) -> None:
    site.use(Stub())
    score(request_of(site, "whole"))
    messages: list[str] = []
    on_workers = partial(on_ray, task=by_value(score_as_the_stub))
    with pytest.raises(InputError, match="is of another world") as error:
        score(request_of(site, "faulty"), messages.append, on_workers)
    assert error.value.faults == (Fault("piece", "is of another world"),)
    assert any("piece 2 of 4: its worker died (1 of 3)" in message for message in messages)
    assert not (site.folder / "faulty").exists()
    rest = site.use(Stub())
    score(request_of(site, "faulty"))
    assert site.scores("faulty") == site.scores("whole")
    assert len(rest.calls) == 1  # the others are the workers'


def test_without_due_pieces_no_cluster_is_started(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.use(Stub(3))
    with pytest.raises(KeyboardInterrupt):
        score(request_of(site))
    site.use(Stub())

    def cluster(*_: object, **__: object) -> None:
        raise AssertionError("nothing is due")

    monkeypatch.setattr("train.score.cluster.cluster", cluster)

    def nothing_due(*given: Any) -> None:
        finish(*given)
        on_ray(*given)

    assert score(request_of(site), finish_pieces=nothing_due).scored == 14


def test_an_address_is_for_ray() -> None:
    assert engine_of("local", None) is finish
    with pytest.raises(ConfigError, match="is for --engine ray"):
        engine_of("local", "auto")


def test_without_ray_the_extra_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("curate.environment.extras.importlib.import_module", absent)
    with pytest.raises(ConfigError, match=r"--engine ray.*\n.*asr-curate\[ray\]"):
        score(request_of(site), finish_pieces=engine_of("ray", None))
    assert not Path(site.folder / "out").exists()
