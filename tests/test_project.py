"""What holds for the project as a whole: light commands, a complete wheel, honest documents."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from benchmarks.command_figures import read_figures
from tests.checkout import PACKAGES, ROOT, project_files, run
from tests.lines import lines_of

SCRIPTS = Path(sysconfig.get_path("scripts"))
COMMANDS = ("curate", "train")

HEAVY = frozenset(
    (
        *("duckdb", "jinja2", "jiwer", "llvmlite", "matplotlib", "numba", "pandas", "polars"),
        *("pyarrow", "scipy", "sklearn", "soundfile"),
        *("datasets", "lhotse", "lightning", "nemo", "omegaconf", "ray", "tensorboard", "torch"),
        *("torchaudio", "transformers"),
    )
)
"""What `--help` must not wait for."""

PRINT_MODULES = """
import json, sys
sys.argv = [{name!r}, "--help"]
try:
    import {name}.cli
    {name}.cli.main()
except SystemExit as stop:
    assert not stop.code, stop.code
finally:
    print("modules", json.dumps(sorted({{module.split(".")[0] for module in sys.modules}})))
"""


def pyproject() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# --- commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_help_imports_nothing_heavy(name: str) -> None:
    printed = run(sys.executable, "-c", PRINT_MODULES.format(name=name))
    modules = set(json.loads(lines_of(printed)[-1].removeprefix("modules ")))
    assert {name, "typer"} <= modules  # the command line was really there
    assert "Usage" in printed
    assert modules & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_users_own_module_does_not_shadow_the_command(name: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / f"{package}.py").write_text("raise SystemExit('the wrong module was imported')")
    assert (SCRIPTS / name).exists(), "not installed; run: make test"
    assert "Usage" in run(SCRIPTS / name, "--help", cwd=tmp_path)


# --- pins -------------------------------------------------------------------------------------


def requirements() -> list[Requirement]:
    """What the project asks for itself, but for the extra `ray`, which the tests do without."""
    project = pyproject()["project"]
    assert isinstance(project["dependencies"], list)
    assert isinstance(project["optional-dependencies"], dict)
    groups = [project["dependencies"]]
    groups += [
        requirement
        for extra, requirement in project["optional-dependencies"].items()
        if extra != "ray"
    ]
    return [Requirement(requirement) for group in groups for requirement in group]


def test_constraints_pin_every_direct_dependency() -> None:
    lines = lines_of((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pin) == 2 and "+" not in pin[1] for pin in pins)
    versions = {canonicalize_name(name): version for name, version in pins}
    direct = [item for item in requirements() if item.name != "asr-curate"]
    assert len(direct) > 15
    for item in direct:
        pinned = versions.get(canonicalize_name(item.name))
        assert pinned is not None, f"constraints.txt does not pin {item.name}"
        assert item.specifier.contains(pinned, prereleases=True), f"{item} against {pinned}"


# --- documents --------------------------------------------------------------------------------


def documents() -> list[Path]:
    """Every Markdown file."""
    return [path for path in project_files() if path.suffix == ".md"]


def shell_lines(path: Path) -> Iterator[list[str]]:
    """The commands in a document's shell blocks, or in a shell script, as words."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(
            re.findall(r"^```(?:bash|sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        )
    for line in lines_of(text.replace("\\\n", " ")):
        words = line.strip().removeprefix("$ ")
        if words.startswith(("make ", "stage ", *(f"{name} " for name in COMMANDS))):
            cut = shlex.split(words, comments=True)
            yield cut[2:] if cut[0] == "stage" else cut  # examples/demo.sh: stage TITLE COMMAND...


def command_at(words: list[str]) -> TyperCommand | TyperGroup:
    """The command that the words name; fails where there is none."""
    import importlib

    command: object = get_command(importlib.import_module(f"{words[0]}.cli.app").app)
    rest = words[1:]
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"no such command: {shlex.join(words)}"
        command = command.commands[rest.pop(0)]
    assert isinstance(command, TyperCommand | TyperGroup)
    return command


def test_documented_commands_exist_with_their_options() -> None:
    paths = [*documents(), ROOT / "examples" / "demo.sh"]
    calls = [words for path in paths for words in shell_lines(path) if words[0] in COMMANDS]
    assert len(calls) >= 12
    for words in calls:
        command = command_at(words)
        known = {flag for item in command.params for flag in (*item.opts, *item.secondary_opts)}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used - known - {"--help"} == set(), shlex.join(words)


def test_documented_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
    calls = [words for path in documents() for words in shell_lines(path) if words[0] == "make"]
    documented = {
        word for words in calls for word in words[1:] if "=" not in word and word[0] != "-"
    }
    assert {"demo", "test"} <= documented
    assert documented - targets == set()


def test_make_help_lists_what_people_run() -> None:
    listed = re.findall(
        r"^make ([a-z-]+)", run("make", "--no-print-directory", "help"), re.MULTILINE
    )
    assert listed == ["help", "demo", "test", "check", "bench", "docs", "clean"]


def test_links_lead_somewhere() -> None:
    links = [
        (path, link)
        for path in documents()
        for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:|#", link)
    ]
    assert len(links) >= 8
    lost = [
        f"{path.relative_to(ROOT)}: {link}"
        for path, link in links
        if not (path.parent / link.split("#")[0]).exists()
    ]
    assert lost == []


def test_named_documents_exist() -> None:
    """Also where code names them: a citation that leads nowhere is worse than none."""
    decisions = {path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")}
    seen, lost = 0, []
    for path in project_files():
        text = "" if path == Path(__file__).resolve() else text_of(path)
        cited = [(hit, hit in decisions) for hit in re.findall(r"docs/adr/(\d{4})", text)]
        named = re.findall(r"(?<![\w/])(?:docs/[\w/-]+|[A-Z]{4,})\.md\b", text)
        cited += [(name, (ROOT / name).exists() or (path.parent / name).exists()) for name in named]
        seen += len(cited)
        lost += [f"{path.relative_to(ROOT)}: {name}" for name, exists in cited if not exists]
    assert seen >= 5
    assert lost == []


def test_generated_documents_can_be_found_stale(tmp_path: Path) -> None:
    generate = (sys.executable, ROOT / "docs" / "generate.py", "--out", tmp_path)
    run(*generate)
    pages = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    picture = ["docs/images/commands.svg"] if read_figures() else []
    assert [page.relative_to(tmp_path).as_posix() for page in pages] == [
        "README.md",
        "benchmarks/results.md",
        "curate/rules/file/preset_trees.txt",
        "docs/artifacts.md",
        "docs/cases.md",
        "docs/cli.md",
        "docs/formats.md",
        "docs/gates.md",
        "docs/guarantees.md",
        *picture,
        "docs/metrics.md",
        "docs/misuse.md",
        "docs/training.md",
        "rules/schema.json",
    ]
    run(*generate, "--check")
    for page in pages:
        page.write_text(page.read_text(encoding="utf-8") + "\nan old line\n", encoding="utf-8")
    done = subprocess.run([*map(str, generate), "--check"], capture_output=True, text=True)
    assert done.returncode == 1
    assert [page.name for page in pages if page.name not in done.stderr] == []


# --- style ------------------------------------------------------------------------------------


def test_no_file_of_the_packages_is_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in project_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES
    }
    assert len(lengths) > 20
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, in classes and functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_exempt(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a parameter each is for an option of a command, or an array of a loop in C."""
    names = [
        ast.unparse(each.func if isinstance(each, ast.Call) else each)
        for each in function.decorator_list
    ]
    return any(name == "kernel" or name.endswith(".command") for name in names)


def test_few_lines_are_kept_from_mypy() -> None:
    files = [
        path
        for top in ("curate", "train", "reports", "tests", "benchmarks")
        for path in ROOT.glob(f"{top}/**/*.py")
    ]
    assert len(files) > 500
    ignored = sum(path.read_text("utf-8").count("# type: " + "ignore") for path in files)
    assert ignored <= 20, "say it by a type"


@pytest.mark.parametrize("name", ["curate", "train"])
def test_every_command_is_listed(name: str) -> None:
    package = ROOT / name / "cli"
    commands = [path for path in package.rglob("*.py") if "app.command(" in path.read_text("utf-8")]
    assert len(commands) >= 5
    programs = [import_module(f"{name}.cli.app").app]
    programs += [group.typer_instance for group in programs[0].registered_groups]
    listed = [module for program in programs for module in program.modules.values()]
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in commands]
    assert sorted(listed) == sorted(modules), f"{name}/cli/app.py"


def test_the_help_of_format_names_every_format() -> None:
    from curate.cli.app import Format
    from curate.manifest.formats import FORMATS

    text = get_args(Format)[1].help
    assert len(FORMATS) > 5
    made = {"nemo_mapped", "unpaired"}  # by --map, and beside other transcripts
    for name in {each.name for each in FORMATS} - made:
        assert re.search(rf"\b{name}\b", text), f"{name}: curate/cli/app.py"


def test_no_function_takes_more_than_seven_parameters() -> None:
    """What travels together is one frozen request."""
    seen, long, exempt = 0, [], 0
    for path in project_files():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] not in PACKAGES:
            continue
        for function in functions_of(path):
            arguments = function.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            many = sum(each.arg not in {"self", "cls"} for each in every)
            seen += 1
            if many > 7 and is_exempt(function):
                exempt += 1
            elif many > 7:
                name = f"{path.relative_to(ROOT)}:{function.lineno}: {function.name}"
                long.append(f"{name} takes {many}")
    assert seen > 1000
    assert exempt > 20, "commands and kernels are recognised"
    assert long == []


def test_faults_of_the_library_name_fields_and_no_option() -> None:
    """`parameter("audio_root")` is `--audio-root` on the command line, and itself in Python."""
    fault = re.compile(r"""(?:\bFault\(|\.of\()\s*(f?"--[a-z-]+|parameter\()""")
    places: dict[str, list[str]] = {"option": [], "parameter": []}
    for path in (ROOT / "curate").rglob("*.py"):
        if path.is_relative_to(ROOT / "curate" / "cli"):
            continue
        for match in fault.finditer(path.read_text(encoding="utf-8")):
            kind = "parameter" if match[1] == "parameter(" else "option"
            places[kind].append(f"{path.relative_to(ROOT)}: {match[1]}")
    assert len(places["parameter"]) > 20
    assert places["option"] == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(?<![\w.}])/(?:work|root|home|Users)/\w", "a path of one machine"),
        (r"(?<!\w)/tmp/\w", "a path of one machine"),
        (r"\bbreakpoint\(\)|\bimport pdb\b", "left from debugging"),
        (r"^(?:<{7}|>{7}) ", "an unresolved merge"),
        (r"\.splitlines\(", "it cuts at U+2028 and U+0085, which stand in transcripts too"),
        (r"(?:#|//)\s*(?:FIXME|TODO)\b", "unfinished: finish it, or say so in the changelog"),
    ],
)
def test_no_file_holds(pattern: str, why: str) -> None:
    matches, seen = [], 0
    for path in project_files():
        if path == Path(__file__).resolve() or not (text := text_of(path)):
            continue
        seen += 1
        matches += [
            f"{path.relative_to(ROOT)}:{text[: hit.start()].count(chr(10)) + 1}: {hit.group()}"
            for hit in re.finditer(pattern, text, re.MULTILINE)
        ]
    assert seen > 40
    assert matches == [], why


def text_of(path: Path) -> str:
    """The file as text; empty where it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_tests_are_no_package() -> None:
    tests = [path for path in project_files() if path.is_relative_to(ROOT / "tests")]
    assert len(tests) > 5
    assert [path for path in tests if path.name == "__init__.py"] == []


@pytest.mark.parametrize("name", [".ci/run", "examples/demo.sh"])
def test_scripts_run(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    run("bash", "-n", ROOT / name)
