"""What documents name is there: commands, options, files, rules, metrics, groups.

Code spans and code blocks of every document, the heads of rule files and the help of every command
are read. A command is resolved in the command tree, a path in the repository.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from curate.artifacts.columns import DECIDED, DESCRIBED_BY, RECORD, VERDICT_COLUMNS, described
from curate.gates.names import GATED
from curate.manifest.formats import FORMATS
from curate.metrics import BY_NAME, GROUPS
from curate.rules.expression.declare import FIELDS
from curate.rules.file import known_presets, load_rules
from curate.rules.file.groups import COUNTS
from tests.lines import lines_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "rules/**/*.md", "examples/**/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
    if path.name not in {"0000-template.md", "CHANGELOG.md"}
)
FOREIGN_OPTIONS = {
    "--check", "--extra-index-url",
    *re.findall(r"add_argument\(\s*\"(--[a-z-]+)\"", "".join(
        path.read_text("utf-8") for path in (ROOT / "benchmarks").glob("*.py")
    )),
}  # fmt: skip
"""Of docs/generate.py, pip, and the scripts in benchmarks."""
COLUMNS = {
    *BY_NAME, *FIELDS, *COUNTS,
    *(column.name for column in (*RECORD, *VERDICT_COLUMNS, *DECIDED, *described(DESCRIBED_BY))),
}  # fmt: skip
GATES = {name.name for gated in GATED.values() for name in gated.names}
"""What gates count, in documents: tests/curate/test_gates.py holds it against the commands."""
FILES = re.compile(
    r"(?<![\w./-])((?:curate|train|reports|rules|tests|docs|examples|benchmarks)/[\w./-]*"
    r"\.(?:py|md|yaml|sh|toml|js|css)|(?:rules|lang)/[\w/-]+\.(?:yaml|txt)|[A-Z]{4,}\.md)(?![\w])"
)
COMPARED = re.compile(r"(?<![\w.'\"/-])([a-z]\w*) ?(?:>=|<=|==|!=|>|<) ?[-\d'\"]")
TAG = re.compile(r"\b(?:bad|borderline|unknown):([a-z]\w+)")


def code_of(text: str) -> Iterator[str]:
    """Code spans, and the lines of code blocks with those that a backslash continues."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    for block in blocks:
        yield from lines_of(block.replace("\\\n", " "))
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", rest))


@cache
def trees() -> dict[str, Any]:
    from curate.cli.app import app as curate_app
    from train.cli import app as train_app

    return {"curate": get_command(curate_app), "train": get_command(train_app)}


def options_of(command: Any) -> set[str]:
    return {
        "--help",
        *(opt for each in command.params for opt in (*each.opts, *each.secondary_opts)),
    }


def every_command(command: Any) -> Iterator[Any]:
    yield command
    for child in getattr(command, "commands", {}).values():
        yield from every_command(child)


@cache
def every_option() -> set[str]:
    commands = [each for tree in trees().values() for each in every_command(tree)]
    assert len(commands) >= 25
    return {option for command in commands for option in options_of(command)} | FOREIGN_OPTIONS


def commands_in(code: str) -> Iterator[list[str]]:
    """The words of each command of ours in a line of code."""
    for part in re.split(r"&&|;|\|(?!\w)|\$\(|(?<=\s)#", code):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        at = next((at for at, word in enumerate(words) if word in trees()), None)
        if at is not None and len(words) > at + 1 and re.fullmatch(r"[a-z][a-z|-]+", words[at + 1]):
            yield words[at:]


def command_faults(words: list[str]) -> Iterator[str]:
    """What a command names that is not there; `head|sample` are two commands."""
    command, rest, shown = trees()[words[0]], words[1:], [words[0]]
    while rest and hasattr(command, "commands"):
        names = rest[0].split("|")
        if any(name not in command.commands for name in names):
            if rest[0][0] not in "-[":
                yield f"no command `{' '.join([*shown, rest[0]])}`"
            return
        command, shown, rest = command.commands[names[0]], [*shown, rest[0]], rest[1:]
    for word in rest:
        option = word.split("=")[0].rstrip(",.;")
        if option.startswith("--") and option not in options_of(command):
            yield f"no option `{option}` of `{' '.join(shown)}`"


def bare(code: str) -> str:
    """The option that a piece of code begins with."""
    return re.split(r"[=\s,|]", code)[0]


def faults(code: str, folder: Path) -> Iterator[str]:
    """All that a piece of code names and that is not there."""
    named_commands = list(commands_in(code))
    for words in named_commands:
        yield from command_faults(words)
    if not named_commands and code.startswith("--") and bare(code) not in every_option():
        yield f"no option `{bare(code)}`"
    for name in FILES.findall(code):
        if not any((base / name).exists() for base in (ROOT, folder, ROOT / "rules")):
            yield f"no file `{name}`"
    for name in COMPARED.findall(code):
        if name not in COLUMNS | GATES and not named_commands and "=" not in code.split(name)[0]:
            yield f"no metric or column `{name}`"
    for name in TAG.findall(code):
        if name not in rule_ids():
            yield f"no rule `{name}`"
    groups = {each.name for each in GROUPS}
    for value in re.findall(r"--metrics ([a-z][a-z_,]*)\b", code):
        yield from (f"no group `{name}`" for name in value.split(",") if name not in groups)
    for name in re.findall(r"--rules ([a-z_/]+)\b(?![.\w/-])", code):
        if name not in known_presets():
            yield f"no preset `{name}`"


def test_help_of_format_names_every_format() -> None:
    profile = trees()["curate"].commands["profile"]
    (option,) = (each for each in profile.params if "--format" in each.opts)
    names = re.findall(r"[a-z]\w*", option.help.partition(":")[2])
    # What --map makes of an input, and a glob of a transcript without audio: nobody need name them.
    unnamed = {"nemo_mapped", "unpaired"}
    assert {*names} - {"or"} == {each.name for each in FORMATS} - unnamed


@cache
def rule_ids() -> set[str]:
    sets = [load_rules(name) for name in known_presets()]
    return {rule.id for each in sets for rule in each.rules} | {
        rule.id for each in sets for rule in each.groups
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_what_is_there(path: Path) -> None:
    missing = [
        fault for code in code_of(path.read_text("utf-8")) for fault in faults(code, path.parent)
    ]
    assert missing == []


def test_heads_of_rule_files_name_what_is_there() -> None:
    paths = sorted((ROOT / "rules").rglob("*.yaml"))
    assert len(paths) >= 10
    missing = []
    for path in paths:
        head = path.read_text("utf-8").split("\nrules:")[0]
        named = [*code_of(head), *(line for line in lines_of(head) if "/" in line)]
        missing += [
            f"{path.name}: {fault}" for code in named for fault in faults(code, path.parent)
        ]
    assert [fault for fault in missing if "schema.json" not in fault] == []


def test_help_names_what_is_there() -> None:
    missing, seen = [], 0
    for program, tree in trees().items():
        for command in every_command(tree):
            texts = [
                command.help or "",
                *(getattr(each, "help", "") or "" for each in command.params),
            ]
            seen += len(texts)
            for text in texts:
                named = [
                    *code_of(text),
                    *FILES.findall(text),
                    *re.findall(r"(?<!\w)--[a-z-]+", text),
                ]
                missing += [
                    f"{program} {command.name}: {fault}"
                    for code in named
                    for fault in faults(code, ROOT)
                ]
    assert seen > 200
    assert missing == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("curate profle x", "no command `curate profle`"),
        ("curate profile a.jsonl --outt b", "no option `--outt` of `curate profile`"),
        ("curate rules chek x", "no command `curate rules chek`"),
        ("--nosuch 5", "no option `--nosuch`"),
        ("rules/strict.yaml", "no file `rules/strict.yaml`"),
        ("curate/nosuch.py", "no file `curate/nosuch.py`"),
        ("char_rat >= 30", "no metric or column `char_rat`"),
        ("bad:nosuch", "no rule `nosuch`"),
        ("curate profile x --metrics nosuch", "no group `nosuch`"),
        ("curate profile x --rules nosuch --out y", "no preset `nosuch`"),
        ("curate profile x --rules audio --out y", None),
        ("curate head|sample profile --where 'char_rate > 3'", None),
    ],
)
def test_what_is_not_there_would_be_found(code: str, fault: str | None) -> None:
    assert list(faults(code, ROOT)) == ([fault] if fault else [])
