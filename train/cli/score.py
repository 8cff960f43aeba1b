"""`train score`: what a model says of every record, as metrics for the next profile."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Literal

import typer

from train.cli.app import (
    AsJson,
    Device,
    Manifests,
    PartOf,
    ShardDirectories,
    answer,
    app,
    command_line,
    say,
)


@app.command(name="score")
def score(
    model: Annotated[str, typer.Argument(help="A .nemo file, or the name of a pretrained model.")],
    out: Annotated[Path, typer.Option(help="Directory for the results; replaced as a whole.")],
    manifest: Manifests = [],  # noqa: B006 - Typer reads it, nobody writes it
    data: ShardDirectories = [],  # noqa: B006
    batch_size: Annotated[int, typer.Option(min=1, help="Utterances per batch.")] = 16,
    device: Device = "auto",
    max_duration: Annotated[
        float, typer.Option(min=0.1, help="Seconds; longer records are not scored.")
    ] = 40.0,
    part: PartOf = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Where pieces are scored: in this process, or on Ray (extra [ray])."),
    ] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(help="Address of a running Ray cluster.", show_default="a local one"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score every record with a model: hypothesis, confidence, loss, alignment of text and audio.

    `scores.jsonl` is the manifest with the scores added, for `curate profile`. After an
    interruption the same command goes on.

    Example: `train score model.nemo --manifest train.jsonl --out scored/`
    """
    from train.cli.render.scores import tables
    from train.score import Part, ScoreRequest, score_part
    from train.score import score as score_manifests
    from train.score.cluster import engine_of

    finish = engine_of(engine, ray_address)
    request = ScoreRequest(
        model, manifest, out, batch_size, device, max_duration, command_line(), data
    )  # fmt: skip
    if part is not None:
        with redirect_stdout(sys.stderr):
            pieces = score_part(request, Part.parse(part), say, finish)
        say(f"part {part}: {pieces} pieces")
        return
    with redirect_stdout(sys.stderr):
        record = score_manifests(request, say, finish)
    answer(as_json, record, *tables(record))
    say(f"scores: {out / 'scores.jsonl'}")
