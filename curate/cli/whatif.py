"""Commands that weigh a change of the rules on a stored profile: what-if, compare, calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, By, FailOn, Quiet, command_line, listed
from curate.cli.audio import AllowRoot, AudioRoot
from curate.cli.rules import rules_app

OneProfile = Annotated[Path, typer.Argument(help="A profile directory.")]
ProfilesRules = Annotated[
    str | None,
    typer.Option("--rules", help="Rule file or preset name.", show_default="the profile's own"),
]


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

    Hours are those of the profile's records; no manifest is measured again. "Alone" counts what no
    other rule catches: what the corpus would really get back.

    Example: `curate rules what-if profile/ --out what-if/`

    Example: `curate rules what-if profile/ --rule char_rate`

    Example: `curate rules what-if profile/ --out what-if/ --clips 40`
    """
    from curate.audio.options import AudioOptions
    from curate.cli.render import terminal as show
    from curate.cli.render import what_if as weighed

    audio = AudioOptions.of(audio_root, allow_root, None)
    content = weighed.what_if(profile, rules, rule, out, command_line(), clips, audio)
    show.summary(content, as_json, quiet, weighed.tables(rule), out or Path())


@rules_app.command(name="compare")
def compare_command(
    old: Annotated[str, typer.Argument(help="Rule file or preset name.")],
    new: Annotated[str, typer.Argument(help="The rule file or preset to compare with it.")],
    profile: OneProfile,
    by: By = [],  # noqa: B006
    count: Annotated[int, typer.Option("-n", "--count", min=0, help="Records to show.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Directory for report.html, compare.json, moved.jsonl and moved.parquet."
        ),
    ] = None,
    fail_on: FailOn = [],  # noqa: B006
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show which records and hours change verdict under the new rules.

    With --out every record that moves is written, with both verdicts and reasons, and a page.

    Example: `curate rules compare default lang/id profile/ --out moved/`
    """
    from curate.cli.render import comparison as compared
    from curate.cli.render import terminal as show
    from curate.gates import gates_for

    gates = gates_for("curate rules compare", fail_on)
    comparison, gate = compared.compare(old, new, profile, listed(by), out, command_line(), gates)
    show.summary(comparison, as_json, quiet, compared.tables(count), out or Path())
    if gate:
        raise gate


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
    loosened. Records beyond the thresholds would train, and measure no model.

    Example: `curate rules calibrate profile/ --by lang --out calibrated.yaml`
    """
    from curate.cli.render import calibration as calibrated
    from curate.cli.render import terminal as show

    calibration = calibrated.propose(profile, rules, by, threshold, min_rows, out, command_line())
    show.summary(calibration, as_json, quiet, calibrated.tables, Path())
    if out is not None and not quiet:
        show.line(f"written: {out}; try it with: curate rules compare RULES {out} {profile}")
