"""The command that looks for leaks between manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import (
    PREPARE,
    AsJson,
    AudioIdentity,
    Cast,
    FailOn,
    Format,
    GroupFrom,
    LenientJson,
    MapFields,
    MeasureDuration,
    PathMap,
    Quiet,
    Strict,
    app,
    listed,
    listed_maps,
)
from curate.cli.audio import AudioRoot


@app.command(name="audit", rich_help_panel=PREPARE)
def audit_command(
    inputs: Annotated[
        list[str], typer.Argument(help="Manifests, one dataset each; or a split directory.")
    ],
    against: Annotated[
        list[str],
        typer.Option("--against", help="A benchmark: texts, one per line (.txt), or a manifest."),
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    group: Annotated[
        list[str],
        typer.Option(
            "--group", help="Fields besides speaker whose values must stay in one dataset."
        ),
    ] = [],  # noqa: B006
    group_from: GroupFrom = None,
    audio_identity: AudioIdentity = "path",
    format: Format = None,
    map_: MapFields = [],  # noqa: B006
    lenient_json: LenientJson = False,
    path_map: PathMap = [],  # noqa: B006
    audio_root: AudioRoot = None,
    cast: Cast = False,
    measure_duration: MeasureDuration = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory for audit.json and report.html.")
    ] = None,
    fail_on: FailOn = [],  # noqa: B006
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find leaks between manifests: speakers, sessions, recordings, audio, texts.

    Near-duplicate texts too. Exit 1 where there is a leak. No audio is opened, so peers' splits can
    be audited, but for `--audio-identity content`.

    Example: `curate audit train.jsonl dev.jsonl test.jsonl --against benchmark.txt`
    """
    from curate.api.audit import AuditRequest, run_audit
    from curate.cli.render.audit import audit_tables
    from curate.cli.running import conclude, page_only
    from curate.gates import gates_for
    from curate.manifest.mapping import ReadOptions

    request = AuditRequest(
        inputs=inputs,
        against=against,
        group=listed(group),
        group_from=group_from,
        audio_identity=audio_identity,
        reading=ReadOptions.parse(
            format, listed_maps(map_), lenient_json, path_map, cast, measure_duration
        ).at(audio_root),
        gates=gates_for("curate audit", fail_on, strict),
    )
    conclude(run_audit(request, out, page_only()), as_json, quiet, audit_tables, out)
