"""Where a profile is measured, by name: on this machine, or on Ray."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from curate.environment.execution import Execution
from curate.errors import ConfigError, parameter
from curate.errors.nearest import suggest
from curate.profiles.audio.depth import AUDIO_CACHE

if TYPE_CHECKING:
    from curate.profiles.request import ProfilePlan
    from curate.profiles.run import Engine
    from curate.scale.parts import Pieces

ENGINES = ("local", "ray")


def check_engine(name: str, address: str | None) -> None:
    """ConfigError for an engine that there is not, and for a cluster's address without Ray."""
    engine = parameter("engine")
    if name not in ENGINES:
        raise ConfigError.of(engine, f"unknown engine {name!r}", suggest(name, ENGINES))
    if name == "local" and address is not None:
        raise ConfigError.of(parameter("ray_address"), f"is for {engine} ray", f"add {engine} ray")


@contextmanager
def engine_of(execution: Execution, out: Path, cached: bool = True) -> Iterator[Engine | None]:
    """The engine of an execution; None for the local one. ConfigError for an unknown one.

    With `cached`, the audio analysis of an earlier profile at `out` holds for audio that is
    unchanged. Pieces are in `OUT.pieces` beside the output, and go when it is in place.
    """
    check_engine(execution.engine, execution.ray_address)
    if execution.engine == "local":
        yield None
        return
    from curate.scale.array import refuse_stdin
    from curate.scale.cluster import run_on_ray
    from curate.scale.parts import Job, Pieces

    folder = Path(f"{out.resolve()}.pieces")

    def measure(plan: ProfilePlan) -> Pieces:
        refuse_stdin([origin.name for origin in plan.sources])
        folder.mkdir(parents=True, exist_ok=True)
        job = Job(folder, plan, (out.resolve() / AUDIO_CACHE,) if cached else ())
        run_on_ray(job, execution.ray_address, say=execution.notify)
        return Pieces(job)

    yield measure
    shutil.rmtree(folder, ignore_errors=True)
