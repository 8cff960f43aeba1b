"""The commands by name. A module is imported when its command is named; heavy imports wait until a
command runs, so that --help is quick.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from curate.errors import parameters_as
from curate.terminal.command import option_of
from curate.terminal.program import Program

app = Program(
    "curate.cli",
    (
        "audit", "manifest", "merge", "profile", "select", "shard", "split",
        "card", "diff", "head", "query", "sample", "summary", "words",
        "reconsider", "review",
        "doctor",
    ),
    name="curate",
    help="Profile, split and shard speech-recognition manifests; no input line is lost.",
)  # fmt: skip


def _print_version(requested: bool) -> None:
    if requested:
        from curate.environment.versions import installed_version

        typer.echo(f"curate {installed_version('asr-curate')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What stands before a command."""
    context.with_resource(parameters_as(option_of))


rules_app = Program(
    "curate.cli.rules",
    ("calibrate", "check", "compare", "explain", "what-if"),
    help="Check, explain and tune rule files.",
)
PREPARE = "Prepare a corpus"
LOOK = "Look into profiles"
IMPROVE = "Improve rules and labels"
SETUP = "Set up"
"""Panels of commands in `curate --help`."""
app.add_typer(rules_app, name="rules", rich_help_panel=IMPROVE)

Out = Annotated[Path, typer.Option("--out", help="Directory for the results; replaced whole.")]
RulesFile = Annotated[
    str | None,
    typer.Option("--rules", help="Rule file or preset name.", show_default="the default preset"),
]
ProfilesRules = Annotated[
    str | None,
    typer.Option("--rules", help="Rule file or preset name.", show_default="the profile's own"),
]
OneProfile = Annotated[Path, typer.Argument(help="A profile directory.")]
RecordCount = Annotated[int, typer.Option("-n", "--count", min=1, help="How many records.")]
Where = Annotated[
    str | None,
    typer.Option(
        help="Show records that a condition holds for, in the language of rules, over metrics and "
        "manifest fields: 'char_rate > 20 and lang == \"de\"'.",
        show_default="all",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")]
By = Annotated[
    list[str],
    typer.Option("--by", help="Manifest fields to group by (repeatable, or comma-separated)."),
]
Engine = Annotated[str, typer.Option(help="Execution engine: local, or ray (extra [ray]).")]
RayAddress = Annotated[
    str | None,
    typer.Option(help="Address of a running Ray cluster.", show_default="a local one"),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Recompute everything, including what has not changed.")
]
GroupFrom = Annotated[
    str | None,
    typer.Option(
        "--group-from",
        help="A regular expression whose first (or named) group, found in the audio path, names a "
        "group that stays together.",
    ),
]
AudioIdentity = Annotated[
    str,
    typer.Option(
        "--audio-identity",
        help="Identify recordings by path, or by content (bytes; only files of equal size are "
        "read).",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="Format of the inputs: nemo, nemo_tarred, lhotse_cuts, lhotse_shar, "
        "lhotse_supervisions, kaldi, input_cfg, hf, parquet, arrow, xlsx, common_voice, fleurs, "
        "table, webvtt, srt, textgrid, elan, whisper, audacity_labels, ctm, stm, webdataset or "
        "folder.",
        show_default="auto-detected",
    ),
]
FailOn = Annotated[
    list[str],
    typer.Option(
        "--fail-on",
        help="Exit 1 if one of these holds: 'bad>5%,malformed>0' (rows, %, h, %h; docs/gates.md).",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Exit 1 if a strict gate of the command fails (docs/gates.md)."),
]
MapFields = Annotated[
    list[str],
    typer.Option(
        "--map",
        metavar="NAME=FIELD",
        help="Read a field from another name: text=sentence, or from the audio's name (its path, "
        "with a slash in the pattern): speaker='regex:^(\\w+)_' (repeatable).",
    ),
]
PathMap = Annotated[
    list[str],
    typer.Option(
        "--path-map",
        metavar="OLD=NEW",
        help="Replace what audio paths begin with: C:/data=/mnt/data, s3://bucket=/data "
        "(repeatable).",
    ),
]
Cast = Annotated[
    bool,
    typer.Option(
        "--cast", help="Read durations and offsets that are text: '1,5', '01:02.5', '2.5 s'."
    ),
]
MeasureDuration = Annotated[
    bool,
    typer.Option(
        "--measure-duration",
        help="Measure durations that are missing or 0, by the audio's headers.",
    ),
]
LenientJson = Annotated[
    bool,
    typer.Option(
        "--lenient-json",
        help="Read NaN and Infinity as null; without it, such lines are malformed.",
    ),
]
Decisions = Annotated[
    Path | None,
    typer.Option(
        "--overrides", help="Manual overrides, one decision per line (docs/overrides.md)."
    ),
]
MaxRejected = Annotated[
    str | None,
    typer.Option(
        "--max-rejected",
        help="Warn where more of a stratum's hours is rejected, such as 15%.",
        show_default="from the rules, else 10%",
    ),
]
MaxBorderline = Annotated[
    str | None,
    typer.Option(
        "--max-borderline",
        help="Warn where more of a stratum's hours is borderline, such as 40%.",
        show_default="from the rules, else 25%",
    ),
]
GivenOption = Annotated[
    list[str],
    typer.Option(
        "--given",
        metavar="NAME=MANIFEST",
        help="A split that the corpus comes with: train=A.jsonl, eval=B.jsonl (dev and validation "
        "are eval), test=C.jsonl (repeatable). Nothing is drawn.",
    ),
]
KeepWhole = Annotated[
    list[str],
    typer.Option(
        "--keep-whole",
        metavar="NAME",
        help="Given splits that keep their bad and borderline records, so that results compare "
        "with published ones.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Random seed of the draw.")]


def listed(values: list[str]) -> list[str]:
    """The names in repeated and comma-separated options."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def listed_maps(values: list[str]) -> list[str]:
    """The same of NAME=FIELD; a pattern may hold commas."""
    return [
        part for value in values for part in ([value] if "=regex:" in value else listed([value]))
    ]


def command_line() -> str:
    """The command as it was typed, for the provenance of artefacts."""
    return shlex.join(["curate", *sys.argv[1:]])


def read_stdin() -> list[str]:
    """The lines of standard input."""
    return sys.stdin.read().split("\n")
