"""`train`: the command line. Parses, calls one function, shows a few lines.

torch and NeMo are imported when a command runs, so that --help is quick.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from curate.command import printable
from curate.command import run as run_command
from curate.errors import Fault, GateFailed

if TYPE_CHECKING:
    from train.config import Setting

app = typer.Typer(
    name="train",
    help="Fine-tune NeMo speech models on curated shards, and see where they err.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
CONSOLE = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]
Manifests = Annotated[
    list[Path], typer.Option("--manifest", help="A NeMo manifest; repeat it for several.")
]

NAMED = 10
"""So many rows without a prediction are named; wer.json names them all."""


def main() -> None:
    """Entry point of the console script."""
    run_command(app)


@app.command()
def tiny(
    out: Annotated[Path, typer.Argument(help="The .nemo file to write.")],
    manifest: Manifests,
    kind: Annotated[Literal["canary", "ctc"], typer.Option(help="Model family.")] = "canary",
    d_model: Annotated[int, typer.Option(min=8, help="Width.")] = 128,
    layers: Annotated[int, typer.Option(min=1, help="Encoder layers.")] = 3,
    subsampling: Annotated[int, typer.Option(help="Frames of 10 ms per encoder frame.")] = 4,
    subsampling_channels: Annotated[
        int, typer.Option(min=1, help="Channels of the subsampling.")
    ] = 32,
    pieces: Annotated[
        int | None,
        typer.Option(min=8, help="SentencePiece pieces a language.", show_default="128; ctc 32"),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="A tiny model whose encoder to begin with.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the weights.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Build a very small, very real NeMo model, untrained, to try things with.

    Example: `train tiny tiny.nemo --manifest shards/train.jsonl`
    """
    from train.tiny import Sizes, build_tiny

    sizes = Sizes(
        d_model=d_model,
        layers=layers,
        subsampling=subsampling,
        subsampling_channels=subsampling_channels,
        pieces=pieces,
    )
    with redirect_stdout(sys.stderr):
        built = build_tiny(out, manifest, kind, sizes, seed, encoder)
    _say(f"{built.path}: {built.kind}, {built.parameters:,} parameters, {built.vocabulary} tokens")
    _dump(as_json, asdict(built))


@app.command()
def run(
    data: Annotated[Path, typer.Option(help="A directory that `curate shard` wrote.")],
    out: Annotated[Path, typer.Option(help="Directory for the run.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="A .nemo file, or a pretrained model's name.", show_default="as the recipe"
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", "--config", help="A recipe file or name.", show_default="as the model"
        ),
    ] = None,
    settings: Annotated[
        list[str], typer.Option("--set", help="Change a value of the recipe: optim.lr=1e-4.")
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    overwrite: Annotated[bool, typer.Option(help="Replace a run that stands there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on shards; the configuration is the model's own, with its traps mended.

    Example: `train run --data shards/ --model canary-180m-flash.nemo --out run/`
    """
    import reports
    from train.config import find_recipe, load_config, parse_setting
    from train.fit import fit
    from train.runtime import is_main_process

    chosen = [*_options(model=model, data=data, out=out), *map(parse_setting, settings)]
    config = load_config(find_recipe(recipe, model), chosen)
    with redirect_stdout(sys.stderr):  # stdout is for our JSON, whatever a library prints
        finished = fit(config, command=_command(), overwrite=overwrite, tell=_say)
    if not is_main_process():
        return
    page = reports.build("train", finished.folder)
    for finding in finished.findings:
        _say(f"{finding.level}: {finding.what}")
    _say(f"model: {finished.folder / 'model.nemo'}")
    _say(f"report: {page}")
    _dump(as_json, finished.record)


@app.command(name="eval")
def evaluate(
    model: Annotated[str, typer.Argument(help="A .nemo file, or a pretrained model's name.")],
    manifest: Manifests,
    out: Annotated[Path, typer.Option(help="Directory for the results; replaced whole.")],
    batch_size: Annotated[int, typer.Option(min=1, help="Utterances at a time.")] = 16,
    device: Annotated[Literal["auto", "cpu", "gpu"], typer.Option(help="Where to run.")] = "auto",
    allow_missing: Annotated[
        bool, typer.Option(help="Exit 0 even where audio is missing or cannot be read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Transcribe manifests and count word errors by manifest, verdict, tag, language, speaker.

    Example: `train eval run/model.nemo --manifest shards/test.jsonl --out eval/`
    """
    import reports
    from train.evaluate import evaluate as evaluate_model

    with redirect_stdout(sys.stderr):
        done = evaluate_model(
            model,
            manifest,
            out,
            batch_size=batch_size,
            device=device,
            command=_command(),
            tell=_say,
        )
    page = reports.build("eval", done.folder)
    CONSOLE.print(_rates(done.record))
    _say(f"report: {page}")
    _dump(as_json, done.record)
    if done.unscored and not allow_missing:
        raise _unscored(done.unscored, done.rows)


def _options(**given: object) -> list[Setting]:
    """The settings that have an option of their own; None was not given."""
    from train.config import Setting

    return [Setting(f"--{k} {v}", k, str(v)) for k, v in given.items() if v is not None]


def _unscored(rows: Sequence[tuple[str, str]], total: int) -> GateFailed:
    """The gate that rows without a prediction do not pass: they would flatter the model."""
    faults = [Fault(where, why) for where, why in rows[:NAMED]]
    what = f"{len(rows)} of {total} rows have no prediction and count in no rate"
    mend = "mend the manifest, or add --allow-missing; wer.json names them all"
    return GateFailed(*faults, Fault("train eval", what, mend))


def _rates(record: Mapping[str, Any]) -> Table:
    """WER and CER overall and by what curation knew."""
    table = Table(title="word errors", title_justify="left", title_style="bold", box=None)
    for name in ("by", "value"):
        table.add_column(name)
    for name in ("rows", "words", "WER", "CER"):
        table.add_column(name, justify="right")
    entries = [("all", "", record["overall"])]
    for by in ("manifest", "verdict", "tag", "lang"):
        entries += [(by, entry["value"], entry) for entry in record["by"][by]]
    for by, value, entry in entries:
        table.add_row(
            by,
            Text(printable(str(value))),
            f"{entry['rows']:,}",
            f"{entry['ref_words']:,}",
            _percent(entry["wer"]),
            _percent(entry["cer"]),
        )
    return table


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"


def _say(text: str) -> None:
    CONSOLE.print(Text(printable(text)))


def _dump(as_json: bool, value: object) -> None:
    if as_json:
        print(json.dumps(value, ensure_ascii=False, indent=2, default=str))  # noqa: T201


def _command() -> str:
    """The command as it was typed, for the provenance of artefacts."""
    return shlex.join(["train", *sys.argv[1:]])
