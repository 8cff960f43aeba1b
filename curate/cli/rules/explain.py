"""`curate rules explain`: why records have their verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, RulesFile, read_stdin, rules_app


@rules_app.command(name="explain")
def explain_command(
    records: Annotated[
        list[str],
        typer.Argument(help="manifest.jsonl:17, a JSON object, - (stdin), or ids of --profile."),
    ],
    profile: Annotated[
        Path | None, typer.Option("--profile", help="Profile directory that the ids are of.")
    ] = None,
    rules: RulesFile = None,
    as_json: AsJson = False,
) -> None:
    """Explain the verdicts of records: triggered rules, with their values and limits.

    Also which rules came close, which do not apply, and where the record will go. With --profile
    the rules are those of the profile; --rules evaluates others.

    Example: `curate rules explain --profile profile/ train.jsonl:17`

    Example: `curate rules explain '{"text": "Thank you.", "duration": 14.3}'`
    """
    from curate.api.explain import STDIN, ExplainRequest, run_explain
    from curate.cli.render.explanation import tables
    from curate.cli.render.terminal import summary

    lines = read_stdin() if profile is None and STDIN in records else []
    request = ExplainRequest(records=records, profile=profile, rules=rules, stdin=lines)
    summary(run_explain(request), as_json, False, tables, None)
