"""`train eval`: transcribe manifests and count the errors."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from curate.terminal.command import printable
from train.cli.app import AsJson, FailOn, Manifests, answer, app, command_line, percent, say

Device = Annotated[Literal["auto", "cpu", "gpu"], typer.Option(help="Where to run.")]


@app.command(name="eval")
def evaluate(
    model: Annotated[str, typer.Argument(help="A .nemo file, or a pretrained model's name.")],
    manifest: Manifests,
    out: Annotated[Path, typer.Option(help="Directory for the results; replaced whole.")],
    batch_size: Annotated[int, typer.Option(min=1, help="Utterances at a time.")] = 16,
    device: Device = "auto",
    beam: Annotated[int, typer.Option(min=1, help="Width of the search; 1 is greedy.")] = 1,
    against: Annotated[
        str | None, typer.Option(help="Compare with this model, or with an earlier --out.")
    ] = None,
    guardrail: Annotated[
        list[Path], typer.Option(help="A manifest of what must not be forgotten; repeatable.")
    ] = [],  # noqa: B006 - Typer reads it, nobody writes it
    max_forgetting: Annotated[
        float, typer.Option(min=0, help="Points of WER by which the guardrail may rise.")
    ] = 1.0,
    normalise: Annotated[
        list[str],
        typer.Option(
            help="Steps before errors are counted, comma-separated: `default`, or names "
            "(docs/concepts.md)."
        ),
    ] = [],  # noqa: B006
    allow_missing: Annotated[
        bool, typer.Option(help="Exit 0 even where rows cannot be transcribed.")
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
    import reports
    from curate.artifacts.outputs import write_json
    from curate.gates import Checked, gates_for
    from curate.text.normaliser import Normaliser, steps_of
    from train.cli.figures import of_evaluation
    from train.evaluate import RESULTS, Wish
    from train.evaluate import evaluate as evaluate_model

    steps = [part.strip() for value in normalise for part in value.split(",") if part.strip()]
    normaliser = Normaliser(steps_of(steps))
    rails = tuple(guardrail)
    less = [*(["unscored"] if allow_missing else []), *([] if rails else ["forgetting"])]
    gates = gates_for("train eval", fail_on, less=less)
    wish = Wish(
        batch_size, device, beam, against, rails, max_forgetting / 100, normaliser, include_skipped
    )
    with redirect_stdout(sys.stderr):
        done = evaluate_model(model, manifest, out, wish, command=command_line(), tell=say)
    checked = Checked.of(gates, of_evaluation(done), "train eval")
    done.record["fail_on"] = checked.found
    write_json(done.folder / RESULTS, done.record)
    page = reports.build("eval", done.folder)
    tables = [_rates(done.record)]
    if done.record["against"]:
        tables.append(_comparison(done.record["against"]))
    answer(as_json, done.record, *tables)
    say(f"report: {page}")
    if checked.failed:
        raise checked.failed


def _rates(record: Mapping[str, Any]) -> Table:
    """WER, CER, and the interval of the one to name, overall and by what curation knew."""
    about = record["interval"]
    title = f"word errors; intervals of 95 % by drawing {about['clusters']} {about['unit']}s anew"
    columns = ("rows", "words", "WER", "CER", "95 % CI of", "from", "to")
    table = _table(title, ("by", "value"), columns)
    entries = [("all", "", record["overall"])]
    entries += [(name, "", record[name]) for name in ("macro", "weighted") if record[name]]
    for by in ("manifest", "verdict", "tag", "lang"):
        entries += [(by, entry["value"], entry) for entry in record["by"][by]]
    for by, value, entry in entries:
        counts = (f"{entry[key]:,}" if key in entry else "" for key in ("rows", "ref_words"))
        name = entry.get("primary", "wer")
        rates = [percent(entry[key]) if key in entry else "" for key in ("wer", "cer")]
        bounds = [percent(entry[f"{name}_{end}"]) for end in ("low", "high")]
        of = Text(printable("(none)" if value is None else str(value)))
        table.add_row(by, of, *counts, *rates, name.upper(), *bounds)
    return table


def _comparison(against: Mapping[str, Any]) -> Table:
    """What changed against another model."""
    title = f"against {printable(str(against['model']))}"
    columns = ("rows", "rate", "then", "now", "from", "to")
    table = _table(title, ("by", "value"), columns, ("says",))
    entries: list[tuple[str, Any, Mapping[str, Any]]] = [("all", "", against["overall"])]
    if against["guardrail"]:
        entries.append(("guardrail", "", against["guardrail"]))
    for by in ("manifest", "verdict", "tag", "lang"):
        entries += [(by, entry["value"], entry) for entry in against["by"][by]]
    for by, value, entry in entries:
        name = entry["metric"]
        rates = [percent(entry[key]) for key in (f"{name}_old", f"{name}_new", "low", "high")]
        table.add_row(
            by,
            Text(printable("(none)" if value is None else str(value))),
            f"{entry['rows']:,}",
            name.upper(),
            *rates,
            entry["says"],
        )
    return table


def _table(
    title: str, texts: Sequence[str], numbers: Sequence[str], last: Sequence[str] = ()
) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    for name in last:
        table.add_column(name)
    return table
