"""`curate manifest`: one manifest of what people have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import (
    PREPARE,
    AsJson,
    Cast,
    Format,
    LenientJson,
    MapFields,
    MeasureDuration,
    PathMap,
    Quiet,
    app,
    listed_maps,
)
from curate.cli.audio import AudioRoot


@app.command(name="manifest", rich_help_panel=PREPARE)
def manifest_command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Folders of audio, tables, transcripts, cuts, globs; - is stdin.",
            metavar="INPUT",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Manifest to write: a file, or a folder.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="Form to write: nemo (JSON lines), lhotse (cuts), kaldi (folder), csv, "
            "nemo_tarred or hf (folders with the audio).",
            show_default="nemo; csv if --out ends in .csv",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="Let Lhotse's recipe of this name prepare the corpus: librispeech, vctk and "
            "others. INPUT is the folder of the corpus.",
        ),
    ] = None,
    format: Format = None,
    map_: MapFields = [],  # noqa: B006 - Typer reads it, nobody writes it
    lenient_json: LenientJson = False,
    path_map: PathMap = [],  # noqa: B006
    cast: Cast = False,
    measure_duration: MeasureDuration = False,
    audio_root: AudioRoot = None,
    text_rules: Annotated[
        str | None,
        typer.Option(
            "--text-rules",
            help="Change the texts by a file of text rules, or by a preset: clean, clean-english, "
            "no-pnc; restore puts the original texts back (rules/README.md).",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write only the report of what text rules change.")
    ] = False,
    mono: Annotated[
        bool,
        typer.Option(
            "--mono",
            help="Mix channels down in nemo_tarred and hf; without it, records of several channels "
            "are malformed there.",
        ),
    ] = False,
    channel: Annotated[
        int | None,
        typer.Option(
            "--channel",
            min=0,
            help="Channel of records that name none: 0 is the first.",
            show_default="all of them",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make one manifest of what you have: a record per line, in the order of the inputs.

    A folder of audio is read with its texts: a.txt beside a.wav, LibriSpeech, LJSpeech, Common
    Voice and others (docs/formats.md); durations are those of the audio. Every command reads these
    inputs directly too. What holds no record, such as audio without a text, goes to
    MANIFEST.malformed.jsonl with its reason.

    Example: `curate manifest my_corpus/ --out my_corpus.jsonl`

    Example: `curate manifest 'talks/*.srt' --out talks.jsonl`

    Example: `curate manifest clips.csv --map text=sentence --out clips.jsonl`

    Example: `curate manifest my_corpus/ --to kaldi --out data/train`

    Example: `curate manifest raw.jsonl --text-rules clean --dry-run --out clean.jsonl`

    Example: `curate manifest VCTK-Corpus/ --recipe vctk --out vctk.jsonl`
    """
    from curate.files.missing import refuse_missing

    refuse_missing(inputs)
    from curate.cli.render.manifest import tables
    from curate.cli.render.terminal import line, summary
    from curate.cli.running import page_only
    from curate.exports import write_records
    from curate.manifest.mapping import ReadOptions
    from curate.manifest.write import ManifestRequest

    reading = ReadOptions.parse(
        format, listed_maps(map_), lenient_json, path_map, cast, measure_duration, text_rules
    )
    request = ManifestRequest(inputs, out, reading, audio_root, recipe, dry_run, mono, channel)
    written = write_records(request, to, page_only())
    summary(written, as_json, quiet, tables, request.text_changes if written.text_changes else out)
    if written.malformed_lines and not quiet:
        line(f"malformed lines: {written.malformed_lines}")
