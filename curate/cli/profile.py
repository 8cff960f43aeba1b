"""The command that profiles manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import reports
from curate.cli.app import (
    PREPARE,
    AsJson,
    By,
    Cast,
    Decisions,
    Engine,
    FailOn,
    Format,
    LenientJson,
    MapFields,
    MaxBorderline,
    MaxRejected,
    MeasureDuration,
    NoCache,
    Out,
    PathMap,
    Quiet,
    RayAddress,
    RulesFile,
    Strict,
    app,
    listed,
    listed_maps,
)
from curate.cli.audio import AllowRoot, Audio, AudioRoot, AudioSample, audio_metrics
from curate.cli.page_process import begin_page
from curate.cli.running import Tables, conclude, running
from curate.environment.execution import no_progress

if TYPE_CHECKING:
    from rich.console import RenderableType

    from curate.artifacts.profile import Profile


@app.command(name="profile", rich_help_panel=PREPARE)
def profile_command(
    manifests: Annotated[
        list[str], typer.Argument(help="Manifests, tables, directories, globs; - is stdin.")
    ],
    out: Out,
    rules: RulesFile = None,
    by: By = [],  # noqa: B006 - Typer reads it, nobody writes it
    metrics: Annotated[
        list[str],
        typer.Option(
            "--metrics",
            help="Measure additional groups of metrics: compression, duplicates, lid, "
            "near_duplicates, ngrams.",
        ),
    ] = [],  # noqa: B006
    phrases: Annotated[
        list[str],
        typer.Option("--phrases", help="Files of known ASR hallucination phrases, one per line."),
    ] = [],  # noqa: B006
    tokenizer: Annotated[
        Path | None,
        typer.Option(help="Count this model's tokens: a SentencePiece .model, or a .nemo."),
    ] = None,
    normalise: Annotated[
        list[str],
        typer.Option(
            help="Steps before word and character errors are counted: `default`, or names "
            "(docs/concepts.md)."
        ),
    ] = [],  # noqa: B006
    audio: Audio = None,
    audio_sample: AudioSample = None,
    audio_root: AudioRoot = None,
    allow_root: AllowRoot = [],  # noqa: B006
    format: Format = None,
    map_: MapFields = [],  # noqa: B006
    lenient_json: LenientJson = False,
    path_map: PathMap = [],  # noqa: B006
    cast: Cast = False,
    measure_duration: MeasureDuration = False,
    overrides: Decisions = None,
    max_rejected: MaxRejected = None,
    max_borderline: MaxBorderline = None,
    strict: Strict = False,
    clips: Annotated[
        int,
        typer.Option(min=0, help="Maximum borderline records and outliers with audio on the page."),
    ] = 0,
    plots: Annotated[
        Path | None,
        typer.Option(help="Directory for every histogram as PNG and PDF, for papers and slides."),
    ] = None,
    fail_on: FailOn = [],  # noqa: B006
    no_cache: NoCache = False,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    part: Annotated[
        str | None,
        typer.Option(
            help="Measure only the k-th of n parts (k/n) of the manifests into the folder --out, "
            "as one task of an array of jobs; `curate merge` makes the profile."
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="List all metrics.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure every record, apply the rules, and report.

    Example: `curate profile train.jsonl 'more/*.jsonl' --out profile/`
    """
    from curate.files.missing import refuse_missing

    refuse_missing(manifests)
    page, tables = None, Tables(lambda made: _tables(made, verbose))
    if part is None and (no_cache or not out.exists()):  # else nothing may be left to draw
        page = begin_page("profile", manifests, no_progress if quiet or as_json else tables.make)
    from curate.api.profile import (
        AudioOptions,
        MeasureOptions,
        ProfileRequest,
        ReadOptions,
        RuleOptions,
        measure_part,
        run_profile,
    )
    from curate.artifacts.outputs import check_directory
    from curate.gates import gates_for

    check_directory(plots)
    request = ProfileRequest(
        manifests=manifests,
        rule_options=RuleOptions.parse(rules, overrides, max_rejected, max_borderline),
        by=listed(by),
        measure=MeasureOptions(
            metrics=[*listed(metrics), *audio_metrics(audio)],
            phrases=phrases,
            tokenizer=tokenizer,
            normalise=listed(normalise),
            audio=AudioOptions.of(audio_root, allow_root, audio_sample),
        ),
        reading=ReadOptions.parse(
            format, listed_maps(map_), lenient_json, path_map, cast, measure_duration
        ),
        clips=clips,
        gates=gates_for("curate profile", fail_on, strict),
    )
    if part is not None:
        from curate.cli.render.terminal import line

        line(measure_part(request, out, part))
        return
    with running(manifests, quiet, engine, ray_address, page=page) as execution:
        outcome = run_profile(request, out, execution, cached=not no_cache)
    if plots is not None:
        reports.plot("profile", out, plots)
    conclude(outcome, as_json, quiet, tables, out)


def _tables(made: Profile, verbose: bool) -> Sequence[RenderableType]:
    from curate.cli.render.profile import profile_tables

    return profile_tables(verbose)(made)
