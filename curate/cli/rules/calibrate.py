"""`curate rules calibrate`: eval limits proposed for each language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, OneProfile, ProfilesRules, Quiet, rules_app


@rules_app.command(name="calibrate")
def calibrate_command(
    profile: OneProfile,
    by: Annotated[
        str, typer.Option("--by", help="Field whose values are calibrated separately.")
    ] = "lang",
    rules: ProfilesRules = None,
    threshold: Annotated[
        float, typer.Option(min=1.0, help="Outlier threshold in robust standard deviations.")
    ] = 3.5,
    min_rows: Annotated[
        int, typer.Option(min=20, help="Sound records that a stratum must have.")
    ] = 100,
    out: Annotated[Path | None, typer.Option("--out", help="Rule file to write.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Propose eval limits for each language from its speaking rate.

    The file extends the rules that it was made on: bad limits stay what they are, and nothing is
    loosened. Records beyond the thresholds stay in training, and measure no model.

    Example: `curate rules calibrate profile/ --by lang --out calibrated.yaml`
    """
    from curate.api.calibrate import CalibrateRequest, run_calibrate
    from curate.cli.render.calibration import tables
    from curate.cli.render.terminal import line, summary
    from curate.cli.running import page_only

    request = CalibrateRequest(
        profile=profile, rules=rules, by=by, threshold=threshold, min_rows=min_rows
    )
    summary(run_calibrate(request, out, page_only()), as_json, quiet, tables, None)
    if out is not None and not quiet:
        line(f"written: {out}; try it with: curate rules compare RULES {out} {profile}")
