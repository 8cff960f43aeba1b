"""What every command of `train` shares: the application, common options, what is shown and how.

torch and NeMo are imported when a command runs, so that --help is quick.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from curate.terminal.command import printable
from curate.terminal.output import answers

app = typer.Typer(
    name="train",
    help="Fine-tune NeMo speech models on curated shards, and see where they err.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"train {version('asr-curate')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """What stands before a command."""


CONSOLE = Console(stderr=True, highlight=False)
"""For progress, warnings and notes; what a command answers goes to stdout."""

AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]
FailOn = Annotated[
    list[str],
    typer.Option(
        "--fail-on", help="Exit 1 where this is so: 'wer>12%,unscored>0' (docs/gates.md)."
    ),
]
Manifests = Annotated[
    list[Path], typer.Option("--manifest", help="A NeMo manifest; repeat it for several.")
]


def say(text: str) -> None:
    """One line for people, on stderr; untrusted text is made printable."""
    CONSOLE.print(Text(printable(text)))


def answer(as_json: bool, value: object, *parts: RenderableType) -> None:
    """End a command: its answer on stdout, as one JSON document where asked, else as drawn."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
        return
    console = answers()
    for part in parts:
        console.print(part)


def percent(rate: float | None) -> str:
    """A rate for people; a dash where there is none."""
    return "-" if rate is None else f"{rate:.1%}"


def command_line() -> str:
    """The command as it was typed, for the provenance of artefacts."""
    return shlex.join(["train", *sys.argv[1:]])
