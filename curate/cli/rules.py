"""Commands that work with rule files: check, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, RulesFile, app

rules_app = typer.Typer(help="Work with rule files.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command(name="check")
def rules_check(
    files: Annotated[list[str], typer.Argument(help="Rule files or preset names.")] = ["default"],  # noqa: B006
) -> None:
    """Read rule files and run the examples inside them.

    Example: `curate rules check my_rules.yaml`
    """
    from curate.api.rules import check_rules
    from curate.cli.render import terminal as show

    for name in files:
        show.answer(check_rules(name))


@rules_app.command(name="explain")
def rules_explain(
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
    the rules are those of the profile; --rules shows what others would say.

    Example: `curate rules explain --profile profile/ train.jsonl:17`

    Example: `curate rules explain '{"text": "Thank you.", "duration": 14.3}'`
    """
    from curate.cli.render import explanation as explained
    from curate.cli.render import terminal as show

    explanation = explained.explain(records, profile, rules)
    show.summary(explanation, as_json, False, explained.tables, Path())
