"""The commands. Heavy imports wait until a command runs, so that --help is quick."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from curate.cli.audio import AllowRoot, Audio, AudioRoot, AudioSample
from curate.cli.audio import groups as audio_groups

app = typer.Typer(
    name="curate",
    help="Measure, judge, split and shard speech-recognition manifests. Nothing is ever lost.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"curate {version('asr-curate')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """What stands before a command."""


Out = Annotated[Path, typer.Option("--out", help="Directory for the results; replaced whole.")]
RulesFile = Annotated[
    str | None,
    typer.Option("--rules", help="Rule file or preset name.", show_default="the default preset"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")]
By = Annotated[
    list[str],
    typer.Option("--by", help="Manifest fields to group by; repeat it, or separate by commas."),
]
Engine = Annotated[str, typer.Option(help="Where the work is done: local, or ray (extra [ray]).")]
RayAddress = Annotated[
    str | None,
    typer.Option(help="A Ray cluster that runs.", show_default="one of this machine's own"),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Measure all again, even what has not changed.")
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
        help="What makes two files one recording: the path that they mean, or their content (the "
        "bytes; only files of the same size are read).",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="What the inputs are: nemo, nemo_tarred, lhotse_cuts, lhotse_shar, "
        "lhotse_supervisions, kaldi, input_cfg, parquet, common_voice, fleurs or table.",
        show_default="told by their content",
    ),
]
FailOn = Annotated[
    list[str],
    typer.Option(
        "--fail-on",
        help="Exit 1 where this is so: 'bad>5%,malformed>0' (rows, %, h, %h; docs/gates.md).",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit 1 by the command's strict gates (docs/gates.md).")
]
MapFields = Annotated[
    list[str],
    typer.Option(
        "--map",
        metavar="NAME=FIELD",
        help="A field that goes by another name in the inputs: text=sentence; repeat it.",
    ),
]
LenientJson = Annotated[
    bool,
    typer.Option(
        "--lenient-json",
        help="Take a line with NaN or Infinity for a value, which are null from then on; without, "
        "it is malformed.",
    ),
]
Decisions = Annotated[
    Path | None,
    typer.Option(
        "--overrides", help="What people decided about records, a line each (docs/overrides.md)."
    ),
]
MaxRejected = Annotated[
    str | None,
    typer.Option(
        "--max-rejected",
        help="Warn where more of a stratum's hours is rejected, such as 15%.",
        show_default="what the rules say, else 10%",
    ),
]
MaxBorderline = Annotated[
    str | None,
    typer.Option(
        "--max-borderline",
        help="Warn where more of a stratum's hours is borderline, such as 40%.",
        show_default="what the rules say, else 25%",
    ),
]
GivenOption = Annotated[
    list[str],
    typer.Option(
        "--given",
        metavar="NAME=MANIFEST",
        help="A split that the corpus comes with: train=A.jsonl, eval=B.jsonl (dev and validation "
        "are eval), test=C.jsonl; repeat it. Nothing is drawn.",
    ),
]
KeepWhole = Annotated[
    list[str],
    typer.Option(
        "--keep-whole",
        metavar="NAME",
        help="Given splits whose bad and borderline records stay in them, so that figures on them "
        "compare with published ones.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Changes which records are drawn.")]


@app.command(name="profile")
def profile_command(
    manifests: Annotated[
        list[str], typer.Argument(help="Manifests, tables, directories, globs; - is stdin.")
    ],
    out: Out,
    rules: RulesFile = None,
    by: By = [],  # noqa: B006 - Typer reads it, nobody writes it
    with_: Annotated[
        list[str],
        typer.Option(
            "--with", help="Metrics that cost more: compression, duplicates, lid, ngrams..."
        ),
    ] = [],  # noqa: B006
    phrases: Annotated[
        list[str],
        typer.Option("--phrases", help="Files of phrases that recognisers invent, one a line."),
    ] = [],  # noqa: B006
    tokenizer: Annotated[
        Path | None,
        typer.Option(help="Count this model's tokens: a SentencePiece .model, or a .nemo."),
    ] = None,
    normalise: Annotated[
        list[str],
        typer.Option(
            help="Steps before word and character errors are counted: `default`, or names "
            "(docs/concepts.md)."
        ),
    ] = [],  # noqa: B006
    audio: Audio = None,
    audio_sample: AudioSample = None,
    audio_root: AudioRoot = None,
    allow_root: AllowRoot = [],  # noqa: B006
    format: Format = None,
    map_: MapFields = [],  # noqa: B006
    lenient_json: LenientJson = False,
    overrides: Decisions = None,
    max_rejected: MaxRejected = None,
    max_borderline: MaxBorderline = None,
    strict: Strict = False,
    clips: Annotated[
        int,
        typer.Option(
            min=0, help="At most so many borderline and worst records can be heard on the page."
        ),
    ] = 0,
    fail_on: FailOn = [],  # noqa: B006
    no_cache: NoCache = False,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    piece: Annotated[
        str | None,
        typer.Option(
            help="Measure only the k-th of n shares (k/n) of the manifests into the folder --out, "
            "as one task of an array of jobs; `curate merge` makes the profile."
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="List all metrics.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure every record, apply the rules, and report.

    Example: `curate profile train.jsonl 'more/*.jsonl' --out profile/`
    """
    from curate.audio.options import AudioWish
    from curate.cli import scaling, stages
    from curate.cli.render import profile as profiled
    from curate.cli.render import terminal as show
    from curate.gates import gates_for
    from curate.manifest.mapping import Reading

    gates = gates_for("curate profile", fail_on, strict)
    read_as = Reading.parse(format, listed(map_), lenient_json)
    if piece is not None:
        groups = [*listed(with_), *audio_groups(audio)]
        job = (manifests, rules, listed(by), groups, phrases, read_as, tokenizer, overrides)
        where = (audio_root, allow_root, audio_sample, listed(normalise))
        show.line(scaling.measure_share(piece, out, *job, *where))
        return
    with (
        scaling.chosen(engine, ray_address, out, show.say(quiet), not no_cache) as measuring,
        show.progress(stages.input_bytes(manifests), quiet) as advance,
    ):
        found, gate = stages.profile(
            manifests,
            out,
            rules,
            listed(by),
            command_line(),
            advance,
            not no_cache,
            show.say(quiet),
            [*listed(with_), *audio_groups(audio)],
            phrases,
            read_as,
            tokenizer,
            overrides,
            AudioWish.of(audio_root, allow_root, audio_sample),
            advance.listen,
            measuring,
            stages.Shares(max_rejected, max_borderline),
            clips,
            listed(normalise),
            gates,
        )
    show.summary(found, as_json, quiet, profiled.profile_tables(verbose), out)
    if gate:
        raise gate


def listed(values: list[str]) -> list[str]:
    """The names in repeated and comma-separated options."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def command_line() -> str:
    """The command as it was typed, for the provenance of artefacts."""
    return shlex.join(["curate", *sys.argv[1:]])


def dump(value: object) -> str:
    """A summary as one JSON document."""
    return json.dumps(value, ensure_ascii=False, indent=2)
