"""`curate shard`: training data written as shards, or shards proven."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import AsJson, Quiet, Seed, app, command_line
from curate.errors import ConfigError


@app.command(name="shard")
def shard_command(
    split: Annotated[Path, typer.Argument(help="A directory that `curate split` wrote.")],
    out: Annotated[Path | None, typer.Option("--out", help="Directory for the shards.")] = None,
    shard_size: Annotated[int, typer.Option(min=1, help="Cuts in a shard.")] = 1000,
    seed: Seed = 0,
    audio_root: Annotated[
        Path | None,
        typer.Option(help="Where relative audio paths begin.", show_default="each manifest's own"),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check shards, write nothing.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write train as Lhotse Shar shards, eval and test as plain manifests, ready for NeMo.

    Example: `curate shard split/ --out shards/`
    """
    from curate.cli import show, stages

    if verify:
        show.summary(stages.verify(split), as_json, quiet, show.verify_table, split)
        return
    if out is None:
        raise ConfigError.of("--out", "is missing", "name a directory for the shards")
    with show.progress(0, quiet) as advance:
        found = stages.shard(split, out, shard_size, seed, audio_root, command_line(), advance)
    show.summary(found, as_json, quiet, show.shard_table, out)
