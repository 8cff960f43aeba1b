"""Scores by the workers of a Ray cluster that need not be started; see tests/test_on_ray.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from tests.train.scored import Site, Stub, scoring_request
from train.score import score
from train.score.cluster import engine_of, on_ray
from train.score.pieces import finish

pytest.importorskip("ray")


def test_without_due_pieces_no_cluster_is_started(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.use(Stub(3))
    with pytest.raises(KeyboardInterrupt):
        score(scoring_request(site))
    site.use(Stub())

    def cluster(*_: object, **__: object) -> None:
        raise AssertionError("nothing is due")

    monkeypatch.setattr("train.score.cluster.cluster", cluster)

    def nothing_due(*given: Any) -> None:
        finish(*given)
        on_ray(*given)

    assert score(scoring_request(site), finish_pieces=nothing_due).scored == 14


def test_an_address_is_for_ray() -> None:
    assert engine_of("local", None) is finish
    with pytest.raises(ConfigError, match="is for --engine ray"):
        engine_of("local", "auto")


def test_without_ray_the_extra_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("curate.environment.extras.importlib.import_module", absent)
    with pytest.raises(ConfigError, match=r"--engine ray.*\n.*asr-curate\[ray\]"):
        score(scoring_request(site), finish_pieces=engine_of("ray", None))
    assert not Path(site.folder / "out").exists()
