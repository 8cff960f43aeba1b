"""A metric is added in one place: a row in its module gives values, rules, docs and the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import ROOT

ROW = """
    Metric(
        name="blank_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Characters of white space over characters.",
        null=f"{MALFORMED}, and empty texts",
        compute=lambda batch: share(
            batch.counts.chars - batch.counts.chars_nospace, batch.counts.chars
        ),
    ),
"""
RULES = """
schema: curate.rules/1
name: blanks
rules:
  - {id: blanks, metric: blank_share, bad: ">= 0.5", why: mostly blank}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as links, but for the one module that gets a row."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("train", "reports", "rules", "docs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "curate" / "metrics").mkdir(parents=True)
    entries = [entry for entry in (ROOT / "curate").iterdir() if entry.name != "metrics"]
    entries += list((ROOT / "curate" / "metrics").iterdir())
    assert len(entries) > 20
    for entry in entries:
        (folder / entry.relative_to(ROOT)).symlink_to(entry)
    module = folder / "curate" / "metrics" / "text.py"
    text = module.read_text(encoding="utf-8")
    module.unlink()
    end = text.rindex(")  # fmt: skip")
    module.write_text(text[:end] + ROW + text[end:], encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    lines = [("a cd", 1.0), ("a ", 1.0), ("", 1.0)]
    records = [
        {"audio_filepath": f"{at}.wav", "duration": seconds, "text": text}
        for at, (text, seconds) in enumerate(lines)
    ]
    manifest = "\n".join(json.dumps(record) for record in records) + "\n"
    (folder / "m.jsonl").write_text(manifest, encoding="utf-8")
    return folder


def _python(folder: Path, code: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_row_in_one_module_gives_values_rules_page_and_docs(folder: Path) -> None:
    _python(
        folder,
        "import sys; from curate.cli import main; sys.argv[1:] = "
        "['profile', 'm.jsonl', '--out', 'p', '--rules', 'rules.yaml', '--quiet']; main()",
    )
    records = pl.read_parquet(folder / "p" / "records.parquet")
    assert records["blank_share"].to_list() == [0.25, 0.5, None]
    assert records["verdict"].to_list() == ["clean", "bad", "unknown"]
    profile = json.loads((folder / "p" / "profile.json").read_bytes())
    (summary,) = [each for each in profile["metrics"] if each["name"] == "blank_share"]
    assert (summary["rows"], summary["nulls"], summary["max"]) == (2, 1, 0.5)
    page = (folder / "p" / "report.html").read_text(encoding="utf-8")
    assert "Characters of white space over characters." in page


def test_the_generated_page_of_metrics_lists_it(folder: Path) -> None:
    code = "import sys; sys.path.insert(0, 'docs'); import generate; print(generate.metrics_page())"
    (line,) = [
        line for line in _python(folder, code).split("\n") if line.startswith("| `blank_share`")
    ]
    assert "empty texts" in line
