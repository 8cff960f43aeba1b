"""Two rule files compared on the records of a profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.api import figures
from curate.api.outcome import Outcome
from curate.artifacts.base import write_artifact
from curate.artifacts.compare import Compare
from curate.artifacts.outputs import whole_directory
from curate.environment.execution import QUIET, Execution
from curate.files.parquet_room import room_for
from curate.gates import Checked, Gate
from curate.profiles.request import RuleOptions, Rules
from curate.whatif import compare_rules as compute_moves
from curate.whatif.compare import OUTPUT_FILES

__all__ = ["Compare", "CompareRequest", "compare_rules", "run_compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """Rules `old` and `new`, the profile whose records both give verdicts, and the columns that
    moves are grouped by, beside lang.
    """

    profile: Path
    old: Rules
    new: Rules
    by: Sequence[str] = ()
    gates: Sequence[Gate] = ()


def compare_rules(
    profile: str | Path,
    old: Rules,
    new: Rules,
    *,
    by: Sequence[str] = (),
    out: str | Path | None = None,
) -> Compare:
    """Compute which records and hours change verdict from the rules `old` to the rules `new`.

    As `curate rules compare`; `out` is a directory for compare.json and every record that moves
    (moved.parquet, moved.jsonl). Raises curate.errors.CurateError with every fault.
    """
    request = CompareRequest(profile=Path(profile), old=old, new=new, by=by)
    return run_compare(request, None if out is None else Path(out)).artifact


def run_compare(
    request: CompareRequest, out: Path | None, execution: Execution = QUIET
) -> Outcome[Compare]:
    """`curate rules compare`: compare.json, and the gates that failed; all that moves is written
    to `out`, with a page.
    """
    old, new = (RuleOptions(rules=rules).load() for rules in (request.old, request.new))
    moved = compute_moves(request.profile, old, new, request.by, execution.command)
    checked = Checked.of(
        request.gates, figures.of_comparison(moved.comparison), "curate rules compare"
    )
    made = moved.comparison.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, Compare.file) as folder:
            write_artifact(folder, made)
            with room_for(folder / "moved.parquet"):
                moved.records.write_parquet(folder / "moved.parquet")
            moved.records.write_ndjson(folder / "moved.jsonl")
            execution.draw("compare", folder)
    return Outcome(made, checked.failed)
