"""Eval limits learnt from a profile, stratum by stratum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.artifacts.calibration import Calibration
from curate.environment.execution import QUIET, Execution
from curate.inspect.subjects import rules_or_own
from curate.profiles.request import Rules
from curate.whatif.calibrate import as_artifact, propose_limits
from curate.whatif.preset import write_preset
from curate.whatif.speaking_rate import LEAST_ROWS, OUTLIER_DEVIATIONS

__all__ = ["CalibrateRequest", "Calibration", "calibrate", "run_calibrate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateRequest:
    """A profile whose clean records limits are learnt from, for each value of the field `by`.

    Proposals extend `rules` (None: the profile's own). `threshold` is the outlier threshold in
    robust standard deviations, `min_rows` the fewest sound records of a stratum.
    """

    profile: Path
    rules: Rules = None
    by: str = "lang"
    threshold: float = OUTLIER_DEVIATIONS
    min_rows: int = LEAST_ROWS


def calibrate(
    profile: str | Path,
    rules: Rules = None,
    *,
    by: str = "lang",
    threshold: float = OUTLIER_DEVIATIONS,
    min_rows: int = LEAST_ROWS,
    out: str | Path | None = None,
) -> Calibration:
    """Propose eval limits on the speaking rate of each language of a profile; none is loosened.

    As `curate rules calibrate`; `out` is a rule file to write. Raises curate.errors.CurateError
    with every fault.
    """
    request = CalibrateRequest(
        profile=Path(profile), rules=rules, by=by, threshold=threshold, min_rows=min_rows
    )
    return run_calibrate(request, None if out is None else Path(out))


def run_calibrate(
    request: CalibrateRequest, out: Path | None, execution: Execution = QUIET
) -> Calibration:
    """`curate rules calibrate`: the proposed limits; a rule file of them where `out` is named."""
    base, warnings = rules_or_own(request.profile, request.rules)
    proposed = propose_limits(
        request.profile, base, request.by, request.threshold, request.min_rows
    )
    if out is not None:
        write_preset(proposed, out)
    return as_artifact(proposed, execution.command, warnings, out)
