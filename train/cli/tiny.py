"""`train tiny`: a very small model to try things with."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from train.cli.app import AsJson, Manifests, answer, app, say


@app.command()
def tiny(
    out: Annotated[Path, typer.Argument(help="The .nemo file to write.")],
    manifest: Manifests,
    kind: Annotated[
        Literal["canary", "unified", "ctc", "rnnt"], typer.Option(help="Model family.")
    ] = "canary",
    d_model: Annotated[int, typer.Option(min=8, help="Width.")] = 128,
    layers: Annotated[int, typer.Option(min=1, help="Encoder layers.")] = 3,
    subsampling: Annotated[int, typer.Option(help="Frames of 10 ms per encoder frame.")] = 4,
    subsampling_channels: Annotated[
        int, typer.Option(min=1, help="Channels of the subsampling.")
    ] = 32,
    pieces: Annotated[
        int | None,
        typer.Option(
            min=8, help="SentencePiece pieces a language.", show_default="Canary 128, others 32"
        ),
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
    say(f"{built.path}: {built.kind}, {built.parameters:,} parameters, {built.vocabulary} tokens")
    answer(as_json, asdict(built))
