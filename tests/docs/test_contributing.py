"""CONTRIBUTING names files and constants that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reports.fixtures import MAKERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PATHS = sorted(set(re.findall(r"\b(?:curate|train|reports|rules|tests|docs)/[\w./-]*\w", PAGE)))
ARTEFACTS = re.findall(
    r"^\| (\w[\w-]*\.json) \| `(\w+)` in `(\S+)` \| `(\S+?)`", PAGE, re.MULTILINE
)
ROWS = [line for line in PAGE.split("\n") if line.startswith("| a ")]


def test_the_paths_were_read() -> None:
    assert len(PATHS) >= 50
    assert len(ROWS) >= 10
    assert {kind for kind, *_ in ARTEFACTS} == {kind for kind, _ in MAKERS.values()}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("row", ROWS)
def test_constants_of_a_row_stand_in_one_of_its_files(row: str) -> None:
    files = [ROOT / path for path in PATHS if path in row and (ROOT / path).is_file()]
    texts = [file.read_text("utf-8") for file in files]
    for name in re.findall(r"`([A-Z][A-Z_]+)`", row):
        assert any(re.search(rf"^{name}\b", text, re.MULTILINE) for text in texts), name


@pytest.mark.parametrize(("file", "model", "declared_in", "producer"), ARTEFACTS)
def test_an_artefact_is_declared_and_made_where_the_table_says(
    file: str, model: str, declared_in: str, producer: str
) -> None:
    declared = (ROOT / declared_in).read_text("utf-8")
    assert re.search(rf"^class {model}\b", declared, re.MULTILINE)
    assert f'"{file}"' in declared
    assert re.search(rf"\b{model}\(", (ROOT / producer).read_text("utf-8"))
