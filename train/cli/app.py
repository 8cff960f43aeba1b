"""Parts that all commands of `train` share: the application, options, output.

torch and NeMo are imported when a command runs, so that --help is quick.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from curate.errors import parameters_as
from curate.terminal.command import option_of, printable
from curate.terminal.output import answers
from curate.terminal.program import Program

if TYPE_CHECKING:
    from curate.artifacts.base import Artifact

app = Program(
    "train.cli",
    ("plan", "calibrate", "tiny", "run", "sweep", "score", "voices", "eval", "average", "export"),
    modules={"eval": "evaluate"},
    name="train",
    help="Fine-tune NeMo speech models on curated shards, and evaluate them.",
)


def _show_version(requested: bool) -> None:
    if requested:
        from curate.environment.versions import installed_version

        typer.echo(f"train {installed_version('asr-curate')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options before a command."""
    context.with_resource(parameters_as(option_of))


CONSOLE = Console(stderr=True, highlight=False)
"""For progress, warnings and notes; the result of a command goes to stdout."""

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Device = Annotated[Literal["auto", "cpu", "gpu"], typer.Option(help="Where to run.")]
FailOn = Annotated[
    list[str],
    typer.Option(
        "--fail-on", help="Exit 1 if one of these holds: 'wer>12%,unscored>0' (docs/gates.md)."
    ),
]
BatchSizesFile = Annotated[
    Path | None,
    typer.Option(
        "--batch-sizes",
        help="batch_sizes.json of `train calibrate`: its buckets and batch sizes replace "
        "train_ds.batch_duration.",
    ),
]
DataFolders = Annotated[
    list[Path],
    typer.Option(
        help="Directory that `curate shard`, `split` or `profile` wrote. Repeat to blend "
        "several directories of shards."
    ),
]
Manifests = Annotated[
    list[Path], typer.Option("--manifest", help="NeMo manifest. Repeat for several.")
]
ShardDirectories = Annotated[
    list[Path],
    typer.Option(
        "--data",
        help="Directory of `curate shard`, instead of manifests: the records of its train.jsonl, "
        "by the audio in its shards. Repeat for several.",
    ),
]
PartOf = Annotated[
    str | None,
    typer.Option(
        "--part",
        help="Score only the k-th of n parts (k/n), as one task of an array of jobs; the same "
        "command without --part joins them.",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A .nemo file, or the name of a pretrained model.",
        show_default="as the recipe",
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe", "--config", help="Recipe file, or the name of one.", show_default="as the model"
    ),
]
Replay = Annotated[
    list[str],
    typer.Option(
        help="Shards of what the model must not forget, and their share of the hours drawn: "
        "DIR=10%. Repeat for several."
    ),
]
Settings = Annotated[
    list[str], typer.Option("--set", help="Change a value of the recipe: optim.lr=1e-4.")
]


def say(text: str) -> None:
    """One line for people, on stderr; untrusted text is made printable."""
    CONSOLE.print(Text(printable(text)))


def answer(as_json: bool, artifact: Artifact, *tables: RenderableType) -> None:
    """Print the result of a command on stdout: as one JSON document on request, else as tables."""
    if as_json:
        print_json(artifact.as_json())
        return
    console = answers()
    for table in tables:
        console.print(table)


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def command_line() -> str:
    """The command as it was typed, for the provenance of artifacts."""
    return shlex.join(["train", *sys.argv[1:]])
