"""`curate shard`: training data written as shards, or shards proven."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import (
    PREPARE,
    AsJson,
    Engine,
    FailOn,
    GivenOption,
    KeepWhole,
    Quiet,
    RayAddress,
    RulesFile,
    Seed,
    Strict,
    app,
    listed,
)
from curate.cli.audio import AllowRoot
from curate.errors import ConfigError


class Decode(StrEnum):
    """How much audio --verify decodes."""

    none = "none"
    sample = "sample"
    all = "all"


@app.command(name="shard", rich_help_panel=PREPARE)
def shard_command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="A directory that `curate split` wrote, or manifests of training data; with "
            "--verify, shards.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    out: Annotated[Path | None, typer.Option("--out", help="Directory for the results.")] = None,
    given: GivenOption = [],  # noqa: B006
    keep_whole: KeepWhole = [],  # noqa: B006
    rules: RulesFile = None,
    format: Annotated[
        str, typer.Option("--format", help="shar (Lhotse), nemo_tarred, or hf (Parquet).")
    ] = "shar",
    shard_size: Annotated[
        str, typer.Option(help="Maximum cuts (1000) or bytes of audio (512MB) per shard.")
    ] = "1000",
    shard_by: Annotated[
        list[str],
        typer.Option(
            help="Separate shards by lang, source, duration, each with a sampling weight."
        ),
    ] = [],  # noqa: B006
    seed: Seed = 0,
    audio_root: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Root of relative audio paths.",
            show_default="the profile's audio root, else each manifest's folder",
        ),
    ] = None,
    allow_root: AllowRoot = [],  # noqa: B006
    audio_format: Annotated[
        str | None,
        typer.Option(
            help="Store all audio as flac, wav or opus.",
            show_default="whole files as they are, segments as flac",
        ),
    ] = None,
    resample: Annotated[
        int | None, typer.Option(help="Sampling rate in Hz.", show_default="as it is")
    ] = None,
    mono: Annotated[
        bool,
        typer.Option(
            "--mono", help="Mix channels down to mono; without it, multi-channel rows are skipped."
        ),
    ] = False,
    temperature: Annotated[
        float, typer.Option(help="Exponent of the hours for the weights in input_cfg.yaml.")
    ] = 0.5,
    buckets: Annotated[int, typer.Option(help="Duration buckets in bins.json.")] = 30,
    tokenizer: Annotated[
        list[str],
        typer.Option(
            help="SentencePiece model for buckets by tokens too: FILE, or LANG=FILE for each."
        ),
    ] = [],  # noqa: B006
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes.", show_default="one per core, at least two"),
    ] = None,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Verify shards; with --out, write a report there.")
    ] = False,
    decode: Annotated[
        Decode, typer.Option(help="Recordings of a shard that --verify decodes.")
    ] = Decode.sample,
    fail_on: FailOn = [],  # noqa: B006
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write train as shards, eval and test as plain manifests, ready for NeMo; or verify shards.

    Manifests are split as given first (`split/` in the results), by the same rules as any split.

    An export that was interrupted goes on where it stopped when the same command is run again.
    The same split, seed and options give the same bytes, whatever the number of workers.

    Example: `curate shard split/ --out shards/ --shard-by lang --resample 16000`
    """
    if not verify and format == "shar" and len(inputs) == 1:
        _start_lhotse(Path(inputs[0]))
    from curate.api.shard import (
        ShardOptions,
        ShardRequest,
        StoredAudio,
        VerifyRequest,
        parse_size,
        run_shard,
        run_verify,
    )
    from curate.audio.paths import allowed_roots
    from curate.cli.render.shards import shard_table, verify_table
    from curate.cli.running import conclude, page_only, running
    from curate.gates import gates_for
    from curate.shards.request import read_source

    gates = gates_for("curate shard --verify" if verify else "curate shard", fail_on, strict)
    if verify:
        to_verify = VerifyRequest(folder=_folder_of(inputs), decode=decode, gates=gates)
        verified = run_verify(to_verify, out, page_only(workers))
        conclude(verified, as_json, quiet, verify_table, out or to_verify.folder)
        return
    if out is None:
        raise ConfigError.of("--out", "is missing", "name a directory for the shards")
    request = ShardRequest(
        split=read_source(inputs, given, listed(keep_whole), rules),
        options=ShardOptions(
            format=format,
            size=parse_size(shard_size),
            seed=seed,
            shard_by=tuple(listed(shard_by)),
            audio=StoredAudio(audio_format, resample, mono),
            audio_root=audio_root,
            allowed=tuple(map(str, allowed_roots(allow_root))),
            temperature=temperature,
            buckets=buckets,
            tokenizers=tuple(tokenizer),
        ),
        gates=gates,
    )
    with running((), quiet, engine, ray_address, workers) as execution:
        outcome = run_shard(request, out, execution)
    conclude(outcome, as_json, quiet, shard_table, out)


def _start_lhotse(folder: Path) -> None:
    """Start the process in which Lhotse reads the shards of a split, where there is one."""
    from curate.shards.lhotse_start import start_ahead

    if (folder / "split.json").is_file():
        start_ahead()


def _folder_of(names: list[str]) -> Path:
    """The one folder that --verify takes; ConfigError for none or several."""
    if len(names) != 1:
        what = "no folder is named" if not names else f"{len(names)} folders are named"
        raise ConfigError.of("--verify", what, "name one folder of shards")
    return Path(names[0])
