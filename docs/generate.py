"""Write the pages that are made from the code: PAGES.

`--check` exits 1 where one is stale.
"""

from __future__ import annotations

import argparse
import difflib
import json
import runpy
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands_page import cli_page
from formats_page import formats_page
from illustrations import illustrated
from markdown_parts import NOTE, cell, table

if TYPE_CHECKING:
    from benchmarks.command_figures import Figures

ROOT = Path(__file__).parents[1]


def metrics_page() -> str:
    """Every metric: the names that rules may use."""
    from curate.metrics import GROUPS, METRICS

    suspicious = {"high": "high", "low": "low", "both": "both ends", "none": "neither end"}
    rows = [
        [
            f"`{metric.name}`",
            metric.group,
            cell(metric.unit),
            cell(metric.meaning),
            cell(metric.null),
            suspicious[metric.direction],
            f"{metric.low:g} to {metric.high:g}",
            cell(metric.source),
        ]
        for metric in METRICS
    ]
    groups = [
        [
            f"`{group.name}`",
            cell(group.meaning),
            f"`--metrics {group.name}`, or a rule that names one" if group.opt_in else "always",
        ]
        for group in GROUPS
    ]
    head = ("metric", "group", "unit", "meaning", "null for", "suspicious", "histogram", "source")
    lines = [
        "# Metrics",
        "",
        NOTE,
        "",
        "The names that rules may use, and the columns of `records.parquet`. A metric that cannot",
        "be computed is null, never zero; a rule over null makes the record `unknown`.",
        "",
        *table(head, rows),
        "## Groups",
        "",
        "Metrics without a group are always measured.",
        "",
        *table(("group", "what it holds", "measured"), groups),
    ]
    return "\n".join(lines).rstrip() + "\n"


def guarantees_page() -> str:
    """Every statement with its check and tests. SystemExit for a test that does not exist."""
    from guarantees import GUARANTEES, missing_tests

    if lost := missing_tests():
        raise SystemExit("\n".join(lost))
    lines = [
        "# Guarantees",
        "",
        NOTE,
        "",
        "The statements that the tool makes about data and models: what is checked for each, what",
        "is reported where the check could not be made, and the tests that fail if it is false.",
        "",
    ]
    for area in dict.fromkeys(each.area for each in GUARANTEES):
        rows = [
            [cell(part) for part in (each.statement, each.stated_by, each.checked, each.otherwise)]
            + ["<br>".join(f"`{test}`" for test in each.tests)]
            for each in GUARANTEES
            if each.area == area
        ]
        head = ("statement", "made by", "check", "otherwise", "tests")
        lines += [f"## {area}", "", *table(head, rows)]
    return "\n".join(lines).rstrip() + "\n"


def cases_page() -> str:
    """Public bug reports that were reproduced, and the tool's answer to each."""
    path = Path(__file__).parents[1] / "tests" / "whole_way" / "reports" / "table.py"
    areas = runpy.run_path(str(path))["AREAS"]
    lines = [
        "# Cases from public reports",
        "",
        NOTE,
        "",
        "Public bug reports about preparing ASR data, each reproduced as a small input with a test",
        "under `tests/whole_way/reports`: the report, and what the tool does with such an input.",
        "Verdicts on audio are those of `--audio signal --rules rules/audio.yaml`.",
        "",
    ]
    for area, reports in areas.items():
        rows = [[each.thread, cell(each.statement), cell(each.answer)] for each in reports]
        lines += [f"## {area}", "", *table(("thread", "reported", "here"), rows)]
    return "\n".join(lines).rstrip() + "\n"


def misuse_page() -> str:
    """What a training run can be given that is wrong, and what it makes of it."""
    path = Path(__file__).parents[1] / "tests" / "train" / "misuse" / "table.py"
    areas = runpy.run_path(str(path))["AREAS"]
    lines = [
        "# Misuse of a training run",
        "",
        NOTE,
        "",
        "What a run can be given that is wrong, each tried by a test in `tests/train/misuse` on a",
        "world that is sound but for it. *Refused*: no step is taken, and nothing is written. *Set",
        "aside*: the rows are in no batch; the plan, `run.json` and the page count and name them.",
        "*Warning*, *note*: the run goes on, and reports it. *Stops*: only the run can show it.",
        "The numbers are exit codes of `train run`; `train plan` reports the same, but for what",
        "depends on the machine or on `--out`.",
        "",
    ]
    for area, cases in areas.items():
        rows = [
            [cell(each.misuse), _outcome(each), f"`{cell(each.message)}`", _yes(each.plan_knows)]
            for each in cases
        ]
        lines += [f"## {area}", "", *table(("given", "outcome", "message", "in the plan"), rows)]
    return "\n".join(lines).rstrip() + "\n"


def _outcome(case: Any) -> str:
    has_code = case.outcome in {"refused", "stops"}
    return f"{case.outcome} ({case.exit_code})" if has_code else str(case.outcome)


def _yes(value: bool) -> str:
    return "yes" if value else ""


GATES_HEAD = """\
# Gates: exit 1 if a result is not good enough

{note}

`--fail-on` names figures and their limits, separated by commas:

```
curate profile corpus.jsonl --out profile --fail-on 'bad>5%,malformed>0,clean<50h'
curate split profile --out split --fail-on 'leaks>0,held_out>2%h'
curate audit train.jsonl test.jsonl --fail-on 'speaker_leaks>0,text_leaks>10'
curate shard split --out shards --fail-on 'left_out>1%'
train eval model.nemo --manifest shards/test.jsonl --out eval --fail-on 'wer>12%,unscored>0'
```

A limit is a number of rows (`bad>100`), a share of rows (`bad>5%`), hours (`bad>2h`) or a share
of hours (`bad>5%h`); the operators are `>`, `>=`, `<`, `<=`. Outputs are written, and `fail_on` in
the JSON artefact lists each gate with its figure. A failed gate is reported with what it counts,
and the exit code is 1. A gate on an unknown name is an error (exit code 2), not a pass.

`--strict` is a preset: it adds the gates in the table. The gates under "always" apply without an
option. An explicit gate replaces a preset gate on the same figure, or on a figure of which it is
a part: `curate audit --strict --fail-on 'speaker_leaks>7'` allows seven speaker leaks and any
other leak, but still fails if a check could not be made.

`train eval --allow-missing` removes `unscored>0`. `train plan` exits with code 2 where
`train run` would refuse, whatever the gates. `curate rules what-if` tries many limits and has no
gates; `curate rules compare` and `curate diff` have.

## In CI

`curate summary` says in short what directories hold: headline, alerts, gates with their figures.
On GitHub it stands below the run, and so in the pull request; other CI systems read JUnit XML:

```
curate summary profile/ split/ eval/ >> "$GITHUB_STEP_SUMMARY"
curate summary profile/ split/ eval/ --format junit --out gates.xml
curate summary profile/ --format json | jq '.[0].gates'
```

It runs whether the gates passed or not (`if: always()`), and its exit code is 0.
"""


def gates_page() -> str:
    """What gates may name at each command, and its presets."""
    from curate.gates.names import GATED

    presets = [
        [f"`{command}`", *(f"`{text}`" if text else "" for text in (each.default, each.strict))]
        for command, each in GATED.items()
    ]
    lines = [GATES_HEAD.format(note=NOTE), "## Presets", ""]
    lines += table(("command", "always", "with `--strict`"), presets)
    for command, each in GATED.items():
        rows: dict[str, list[str]] = {}
        for name in each.names:
            rows.setdefault(name.counts, []).append(f"`{name.name}`")
        named = [[", ".join(names), cell(counts)] for counts, names in rows.items()]
        lines += [f"## {command}", "", *table(("name", "counts"), named)]
    return "\n".join(lines).rstrip() + "\n"


def artifacts_page() -> str:
    """The JSON files that commands write, key by key."""
    from artifacts import HEAD, artifact_lines, artifacts

    lines = ["# Artifacts", "", NOTE, "", HEAD]
    for model in artifacts():
        lines += artifact_lines(model)
    return "\n".join(lines).rstrip() + "\n"


RECIPES = "<!-- The table below is written by `make docs` from benchmarks/recipe_checks.json. -->\n"


def training_page() -> str:
    """docs/training.md with its table of recipes as their checks have it."""
    from benchmarks.recipe_checks import HEAD, table_rows

    text = (ROOT / "docs/training.md").read_text(encoding="utf-8")
    before, _, after = text.partition(RECIPES)
    rest = after[after.index("\n## ") + 1 :]
    return "\n".join(
        [f"{before}{RECIPES.rstrip()}", *(table(HEAD, list(table_rows())) or [""]), rest]
    )


COMMANDS = "<!-- The lines below are written by `make docs` from benchmarks/commands.json. -->\n"


def readme_page() -> str:
    """README.md with the picture and the table of whole commands."""
    from benchmarks.command_figures import readme_lines

    return with_figures(ROOT / "README.md", readme_lines)


def results_page() -> str:
    """benchmarks/results.md with the tables of whole commands."""
    from benchmarks.command_figures import result_lines

    return with_figures(ROOT / "benchmarks/results.md", result_lines)


def with_figures(path: Path, write_lines: Callable[[Figures], Iterable[str]]) -> str:
    """A document with the lines about whole commands; without any before they are measured."""
    from benchmarks.command_figures import read_figures

    before, _, after = path.read_text(encoding="utf-8").partition(COMMANDS)
    rest = after[after.index("\n## ") + 1 :]
    lines = list(write_lines(figures)) if (figures := read_figures()) else []
    return "\n".join([f"{before}{COMMANDS}", *lines, rest])


def picture() -> str:
    """README's picture of whole commands."""
    from benchmarks.command_figures import draw_picture, read_figures

    figures = read_figures()
    return draw_picture(figures) if figures else ""


def rules_schema() -> str:
    """The JSON Schema of rule files, for editors."""
    from curate.rules.file.keys import json_schema

    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def preset_trees() -> str:
    """The presets of rules as trees, which commands read in place of YAML."""
    from curate.files.presets import presets_folder
    from curate.rules.file.load import known_presets
    from curate.rules.file.stored import stored_trees

    paths = [presets_folder() / f"{name}.yaml" for name in known_presets()]
    return stored_trees(path.read_text(encoding="utf-8") for path in paths)


PAGES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("docs/cases.md", cases_page),
    ("docs/cli.md", cli_page),
    ("docs/misuse.md", misuse_page),
    ("docs/metrics.md", metrics_page),
    ("docs/formats.md", formats_page),
    ("docs/gates.md", gates_page),
    ("docs/artifacts.md", artifacts_page),
    ("docs/guarantees.md", guarantees_page),
    ("docs/training.md", training_page),
    ("rules/schema.json", rules_schema),
    ("curate/rules/file/preset_trees.txt", preset_trees),
    ("README.md", readme_page),
    ("benchmarks/results.md", results_page),
    ("docs/images/commands.svg", picture),
)


def stale(path: Path, text: str) -> list[str]:
    """The differences between the file and its expected text; empty where they agree."""
    present = path.read_text(encoding="utf-8") if path.exists() else ""
    pair = present.split("\n"), text.split("\n")
    return list(difflib.unified_diff(*pair, str(path), "from the code", lineterm="", n=0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with `--check` compare them; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    parser.add_argument("--out", type=Path, default=ROOT, help="the project's root, or another")
    options = parser.parse_args(arguments)
    status = 0
    for name, page in PAGES:
        path, text = options.out / name, illustrated(name, page(), NOTE)
        if not text:
            continue
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif difference := stale(path, text):
            print(*difference[:40], f"{path} is stale; run: make docs", sep="\n", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
