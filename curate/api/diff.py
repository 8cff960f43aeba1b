"""Two profiles compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.api import figures
from curate.api.outcome import Outcome
from curate.artifacts.base import write_artifact
from curate.artifacts.diff import Diff
from curate.artifacts.outputs import whole_directory
from curate.environment.execution import QUIET, Execution
from curate.environment.versions import versions
from curate.gates import Checked, Gate
from curate.inspect.diff import OUTPUT_FILES, compare
from curate.profiles.named import LIBRARIES

__all__ = ["Diff", "diff", "run_diff"]


def diff(a: str | Path, b: str | Path, *, out: str | Path | None = None) -> Diff:
    """Compare two profiles: rows, hours, verdicts, rules, strata, and drift per metric.

    As `curate diff`; `out` is a directory for diff.json. InputError where one is no profile.
    """
    return run_diff(Path(a), Path(b), None if out is None else Path(out)).artifact


def run_diff(
    a: Path, b: Path, out: Path | None, execution: Execution = QUIET, gates: Sequence[Gate] = ()
) -> Outcome[Diff]:
    """`curate diff`: diff.json, written with a page where `out` is named; the gates that failed."""
    made = compare(a, b, execution.command, versions(LIBRARIES))
    checked = Checked.of(gates, figures.of_diff(made), "curate diff")
    made = made.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, Diff.file) as folder:
            write_artifact(folder, made)
            execution.draw("diff", folder)
    return Outcome(made, checked.failed)
