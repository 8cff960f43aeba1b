"""`train eval`: transcribe manifests and count the errors."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from train.cli.app import AsJson, Device, FailOn, Manifests, answer, app, command_line, say

if TYPE_CHECKING:
    from curate.text.normaliser import Normaliser
    from train.evaluate import EvalRequest


@app.command(name="eval")
def evaluate(
    model: Annotated[str, typer.Argument(help="A .nemo file, or the name of a pretrained model.")],
    manifest: Manifests,
    out: Annotated[Path, typer.Option(help="Directory for the results; replaced as a whole.")],
    batch_size: Annotated[int, typer.Option(min=1, help="Utterances per batch.")] = 16,
    device: Device = "auto",
    beam: Annotated[int, typer.Option(min=1, help="Beam size; 1 decodes greedily.")] = 1,
    against: Annotated[
        str | None, typer.Option(help="Model, or --out of an earlier evaluation, to compare with.")
    ] = None,
    guardrail: Annotated[
        list[Path], typer.Option(help="Manifest on which the model must not get worse. Repeatable.")
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    max_forgetting: Annotated[
        float, typer.Option(min=0, help="Points by which WER may rise on the guardrail.")
    ] = 1.0,
    normalise: Annotated[
        list[str],
        typer.Option(
            help="Steps before errors are counted, comma-separated: `default`, or names "
            "(docs/concepts.md)."
        ),
    ] = [],  # noqa: B006
    allow_missing: Annotated[
        bool, typer.Option(help="Exit 0 even if rows cannot be transcribed.")
    ] = False,
    include_skipped: Annotated[
        bool,
        typer.Option(help="Score rows with _skipme too, which NeMo leaves out."),
    ] = False,
    fail_on: FailOn = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Transcribe manifests and count word errors by manifest, verdict, tag, language, speaker.

    Example: `train eval run/model.nemo --manifest shards/test.jsonl --out eval/`
    """
    from curate.gates import gates_for
    from train.evaluate import EvalRequest

    less = [*(["unscored"] * allow_missing), *([] if guardrail else ["forgetting"])]
    request = EvalRequest(
        *(model, manifest, out, batch_size, device, beam, against, guardrail),
        max_forgetting=max_forgetting / 100,
        normaliser=_normaliser(normalise),
        include_skipped=include_skipped,
        gates=gates_for("train eval", fail_on, less=less),
        command=command_line(),
    )
    _evaluate(request, as_json)


def _normaliser(steps: Iterable[str]) -> Normaliser:
    """The normaliser of comma-separated step names."""
    from curate.text.normaliser import Normaliser, steps_of

    names = (name.strip() for each in steps for name in each.split(","))
    return Normaliser(steps_of([name for name in names if name]))


def _evaluate(request: EvalRequest, as_json: bool) -> None:
    """Evaluate, write the page, and print the result; raises where a gate failed."""
    import reports
    from train.cli.render.evaluation import tables
    from train.evaluate import evaluate as evaluate_model

    with redirect_stdout(sys.stderr):
        done = evaluate_model(request, say)
    page = reports.build("eval", done.folder)
    answer(as_json, done.record, *tables(done.record))
    say(f"report: {page}")
    if done.failed:
        raise done.failed
