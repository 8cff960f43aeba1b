"""`train tiny`: build a very small model for trials and tests."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from train.cli.app import AsJson, Manifests, app, print_json, say


@app.command(name="tiny")
def tiny(
    out: Annotated[Path, typer.Argument(help=".nemo file to write.")],
    manifest: Manifests,
    kind: Annotated[
        Literal["canary", "unified", "ctc", "rnnt", "tdt", "hybrid"],
        typer.Option(help="Model family."),
    ] = "canary",
    d_model: Annotated[int, typer.Option(min=8, help="Width.")] = 128,
    layers: Annotated[int, typer.Option(min=1, help="Encoder layers.")] = 3,
    subsampling: Annotated[int, typer.Option(help="10 ms frames per encoder frame.")] = 4,
    subsampling_channels: Annotated[
        int, typer.Option(min=1, help="Channels of the subsampling.")
    ] = 32,
    pieces: Annotated[
        int | None,
        typer.Option(
            min=8, help="SentencePiece pieces per language.", show_default="Canary 128, others 32"
        ),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Tiny model whose encoder to start from.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the weights.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Build a very small, untrained NeMo model of a real architecture.

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
    say(f"{built.path}: {built.kind}, {built.parameters:,} parameters, {built.vocabulary} tokens")
    if as_json:
        print_json(asdict(built))
