"""`curate review`: review records in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import app
from curate.cli.audio import AllowRoot, AudioRoot
from curate.errors import ConfigError


@app.command(name="review")
def review_command(
    profile: Annotated[Path | None, typer.Argument(help="A profile directory.")] = None,
    overrides: Annotated[
        Path, typer.Option(help="The log to which decisions are appended.")
    ] = Path("overrides.jsonl"),
    blind: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two predictions.jsonl of `train eval`, to be voted on blindly."),
    ] = None,
    votes: Annotated[Path, typer.Option(help="With --blind: the log of votes.")] = Path(
        "votes.jsonl"
    ),
    reviewer: Annotated[
        str | None, typer.Option(help="Who decides.", show_default="the user's name")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any.")] = 0,
    audio_root: AudioRoot = None,
    allow_root: AllowRoot = [],  # noqa: B006
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Look at records, listen to them, and decide: keep, borderline, reject, or correct the text.

    A page on this machine alone. Decisions are added to the log at once, and count when it is
    given to `curate profile --overrides`. With --blind A B, two models' hypotheses are compared
    without their names.

    Example: `curate review profile/ --overrides overrides.jsonl`
    """
    import getpass

    from curate.cli import reviewing
    from curate.cli.render import terminal as show

    if (profile is None) == (blind is None):
        raise ConfigError.of("PROFILE", "or --blind A B: one of the two", "curate review profile/")
    who = reviewer or getpass.getuser()
    wish = reviewing.Setting(who, port, audio_root, allow_root, browser, show.say(False))
    if blind is not None:
        reviewing.blind(*blind, votes, wish)
    elif profile is not None:
        reviewing.review(profile, overrides, wish)
