"""`curate review`: review records in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import IMPROVE, app
from curate.cli.audio import AllowRoot, AudioRoot
from curate.errors import ConfigError


@app.command(name="review", rich_help_panel=IMPROVE)
def review_command(
    profile: Annotated[Path | None, typer.Argument(help="A profile directory.")] = None,
    overrides: Annotated[Path, typer.Option(help="Log that decisions are appended to.")] = Path(
        "overrides.jsonl"
    ),
    split: Annotated[
        Path | None, typer.Option(help="A split directory of the profile, to filter by split.")
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option("--eval", help="An output of `train eval`: its hypotheses and WER are shown."),
    ] = None,
    blind: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Compare two predictions.jsonl of `train eval` without model names."),
    ] = None,
    votes: Annotated[
        Path, typer.Option(help="With --blind: log that votes are appended to.")
    ] = Path("votes.jsonl"),
    reviewer: Annotated[
        str | None,
        typer.Option(help="Name recorded with each decision.", show_default="the user's name"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any.")] = 0,
    audio_root: AudioRoot = None,
    allow_root: AllowRoot = [],  # noqa: B006
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Review records in a browser: listen, then keep, tag as borderline, reject or correct them.

    Only this machine can open the page. Decisions are appended to the log at once, and apply
    when the log is passed to `curate profile --overrides`.

    Example: `curate review profile/ --overrides overrides.jsonl`

    Example: `curate review profile/ --split split/`

    Example: `curate review profile/ --eval wer/`

    Example: `curate review --blind a/predictions.jsonl b/predictions.jsonl`
    """
    from curate.api.review import (
        Announcement,
        Beside,
        ReviewOptions,
        compare_blindly,
        review_profile,
    )
    from curate.cli.render.terminal import line

    if (profile is None) == (blind is None):
        raise ConfigError.of("PROFILE", "or --blind A B: one of the two", "curate review profile/")
    if profile is None and evaluation is not None:
        what = "needs the profile of the records that were evaluated"
        raise ConfigError.of("--eval", what, "curate review profile/ --eval wer/")
    announcement = Announcement(line, browser)
    options = ReviewOptions(reviewer=reviewer, port=port, audio_root=audio_root, allowed=allow_root)
    if blind is not None:
        compare_blindly(*blind, votes, announcement, options)
    elif profile is not None:
        review_profile(profile, overrides, announcement, Beside(split, evaluation), options)
