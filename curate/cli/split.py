"""The command that splits a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli.app import (
    PREPARE,
    AsJson,
    AudioIdentity,
    By,
    Cast,
    Decisions,
    FailOn,
    Format,
    GivenOption,
    GroupFrom,
    KeepWhole,
    LenientJson,
    MapFields,
    MaxBorderline,
    MaxRejected,
    MeasureDuration,
    Out,
    PathMap,
    Quiet,
    RulesFile,
    Seed,
    Strict,
    app,
    listed,
    listed_maps,
)
from curate.cli.audio import AudioRoot
from curate.cli.page_process import begin_page
from curate.cli.running import Tables, conclude, running
from curate.environment.execution import no_progress
from curate.errors import Fault

if TYPE_CHECKING:
    from rich.console import RenderableType

    from curate.artifacts.split import Split as SplitFile

Group = Annotated[
    list[str],
    typer.Option(
        "--group",
        help="Fields whose values stay in one split.",
        show_default="speaker, and session or recording fields that are there",
    ),
]
Alpha = Annotated[
    float,
    typer.Option(help="Strata get hours in proportion to H^alpha: 1 is proportional, 0 is equal."),
]
Floor = Annotated[str, typer.Option(help="Minimum of each stratum in each split, where available.")]
Cap = Annotated[
    float,
    typer.Option(
        help="Largest share of a stratum, and of all clean hours, that all splits together may "
        "take. Up to 0.3 eval takes at most 10% of the clean hours, test 15%; a higher cap raises "
        "both."
    ),
]
MaxHeldOut = Annotated[
    str,
    typer.Option(help="Largest share of the hours that may be held out to prevent leaks."),
]
Prefer = Annotated[
    str,
    typer.Option(
        "--prefer",
        help="What counts most where whole speakers do not allow all: hours, balance (in strata) "
        "or speakers (their effective number).",
    ),
]


@app.command(name="split", rich_help_panel=PREPARE)
def split_command(
    context: typer.Context,
    out: Out,
    inputs: Annotated[
        list[str], typer.Argument(help="A profile directory, or manifests.", show_default=False)
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    given: GivenOption = [],  # noqa: B006
    keep_whole: KeepWhole = [],  # noqa: B006
    eval_: Annotated[
        str, typer.Option("--eval", help="Size of eval: 20h, 45m, 90s; 0h for none.")
    ] = "20h",
    test: Annotated[str, typer.Option("--test", help="Size of test, in the same format.")] = "30h",
    split: Annotated[
        list[str], typer.Option("--split", help="An additional split, NAME=20h (repeatable).")
    ] = [],  # noqa: B006
    seed: Seed = 0,
    rules: RulesFile = None,
    overrides: Decisions = None,
    max_rejected: MaxRejected = None,
    max_borderline: MaxBorderline = None,
    by: By = [],  # noqa: B006
    group: Group = [],  # noqa: B006
    group_from: GroupFrom = None,
    audio_identity: AudioIdentity = "path",
    alpha: Alpha = 0.5,
    floor: Floor = "10m",
    cap: Cap = 0.3,
    max_held_out: MaxHeldOut = "5%",
    prefer: Prefer = "hours",
    lock: Annotated[
        Path | None,
        typer.Option(
            "--lock", help="An earlier splits.lock.parquet: its records keep their splits."
        ),
    ] = None,
    resplit: Annotated[
        bool,
        typer.Option("--resplit", help="Allow records of an old split in --out to change splits."),
    ] = False,
    fail_on: FailOn = [],  # noqa: B006
    strict: Strict = False,
    format: Format = None,
    map_: MapFields = [],  # noqa: B006
    lenient_json: LenientJson = False,
    path_map: PathMap = [],  # noqa: B006
    audio_root: AudioRoot = None,
    cast: Cast = False,
    measure_duration: MeasureDuration = False,
    to: Annotated[
        str | None, typer.Option("--to", help="Also write this format: lhotse (cuts).")
    ] = None,
    tags: Annotated[
        bool, typer.Option("--tags", help="Add a field _curate to lines: id, verdict, tags.")
    ] = False,
    skipme: Annotated[
        bool,
        typer.Option(
            "--skipme", help="Add NeMo's _skipme, with the reason, to rejected and held-out lines."
        ),
    ] = False,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary", help="Add and correct the prompt slots of lines: languages, pnc, switches."
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw representative, leak-free eval and test sets; the remaining usable data is train.

    Or keep the splits that the corpus comes with (`--given`), and report what they share.

    Example: `curate split profile/ --out split/ --eval 20h --test 30h`
    """
    tables = Tables(_tables)
    page = begin_page("split", inputs, no_progress if quiet or as_json else tables.make)
    from curate.api.split import AllocationOptions, LineMarks, SplitRequest, Targets, run_split
    from curate.gates import gates_for
    from curate.manifest.mapping import ReadOptions
    from curate.profiles.request import RuleOptions
    from curate.splits.given_options import read_inputs

    faults = _faults_of_drawing(context)
    names, named = read_inputs("curate split", inputs, given, listed(keep_whole), faults)
    allocation = AllocationOptions.parse(alpha, floor, cap, max_held_out, prefer)
    request = SplitRequest(
        inputs=names,
        targets=named or Targets.named({"eval": eval_, "test": test}, split, allocation),
        seed=seed,
        by=listed(by),
        group=listed(group),
        group_from=group_from,
        audio_identity=audio_identity,
        lock=lock,
        resplit=resplit,
        to=to,
        marks=LineMarks(tags, skipme, canary),
        rule_options=RuleOptions.parse(rules, overrides, max_rejected, max_borderline),
        reading=ReadOptions.parse(
            format, listed_maps(map_), lenient_json, path_map, cast, measure_duration
        ).at(audio_root),
        gates=gates_for("curate split", fail_on, strict),
    )
    with running(request.manifests, quiet, page=page) as execution:
        outcome = run_split(request, out, execution)
    conclude(outcome, as_json, quiet, tables, out)


def _tables(made: SplitFile) -> Sequence[RenderableType]:
    from curate.cli.render.split import split_tables

    return split_tables(made)


_DRAWN = {
    "eval_": "--eval", "test": "--test", "split": "--split", "alpha": "--alpha", "floor": "--floor",
    "cap": "--cap", "max_held_out": "--max-held-out", "prefer": "--prefer", "lock": "--lock",
}  # fmt: skip
"""Options that say how splits are drawn."""


def _faults_of_drawing(context: typer.Context) -> list[Fault]:
    """A fault for each option that says how splits are drawn, if it was typed."""
    return [
        Fault(
            option,
            "applies to drawn splits, but the splits are given",
            f"leave {option} out, or --given",
        )
        for name, option in _DRAWN.items()
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]
