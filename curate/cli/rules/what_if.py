"""`curate rules what-if`: what limits cost on a profile, and would cost elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, OneProfile, ProfilesRules, Quiet, rules_app
from curate.cli.audio import AllowRoot, AudioRoot


@rules_app.command(name="what-if")
def what_if_command(
    profile: OneProfile,
    rules: ProfilesRules = None,
    rule: Annotated[
        list[str], typer.Option("--rule", help="Show this rule's curve and records; repeat it.")
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory for what-if.json and report.html.")
    ] = None,
    clips: Annotated[
        int,
        typer.Option(
            min=0, help="Embed the audio of this many records next to limits in the page."
        ),
    ] = 0,
    audio_root: AudioRoot = None,
    allow_root: AllowRoot = [],  # noqa: B006
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what each limit costs, and what moving it would cost or recover.

    Hours are those of the profile's records; no manifest is measured again. "unique" counts what no
    other rule flags: what the corpus would really recover.

    Example: `curate rules what-if profile/ --out what-if/`

    Example: `curate rules what-if profile/ --rule char_rate`

    Example: `curate rules what-if profile/ --out what-if/ --clips 40`
    """
    from curate.api.what_if import WhatIfRequest, run_what_if
    from curate.audio.options import AudioOptions
    from curate.cli.render.terminal import summary
    from curate.cli.render.what_if import tables
    from curate.cli.running import page_only

    audio = AudioOptions.of(audio_root, allow_root, None)
    request = WhatIfRequest(profile=profile, rules=rules, rule=rule, clips=clips, audio=audio)
    made = run_what_if(request, out, page_only())
    summary(made, as_json, quiet, tables(rule), out)
