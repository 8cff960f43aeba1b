"""Rules held against the errors of a model."""

from __future__ import annotations

from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import whole_directory
from curate.artifacts.reconsider import Reconsider
from curate.environment.execution import QUIET, Execution
from curate.evidence import OUTPUT_FILES, weigh_limits

__all__ = ["Reconsider", "reconsider", "run_reconsider"]


def reconsider(
    evaluation: str | Path, profile: str | Path, *, out: str | Path | None = None
) -> Reconsider:
    """Recommend limits to keep, relax or tighten, from a model's errors on the rows that they tag.

    As `curate reconsider`. `evaluation` is a directory that `train eval` wrote, `profile` the one
    that its records come from, `out` a directory for reconsider.json, or a .json file. InputError
    where either is not what it should be.
    """
    return run_reconsider(Path(evaluation), Path(profile), None if out is None else Path(out))


def run_reconsider(
    evaluation: Path, profile: Path, out: Path | None, execution: Execution = QUIET
) -> Reconsider:
    """`curate reconsider`: reconsider.json. It is written to `out`, with a page where that is a
    directory.
    """
    made = weigh_limits(evaluation, profile, execution.command)
    if out is not None and out.suffix == ".json":
        write_artifact(out, made)
    elif out is not None:
        with whole_directory(out, OUTPUT_FILES, Reconsider.file) as folder:
            write_artifact(folder, made)
            execution.draw("reconsider", folder)
    return made
