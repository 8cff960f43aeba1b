"""The site of the documentation: no broken link, no foreign asset, no example that loses a log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lines import lines_of

BIN = Path(sys.executable).parent
BROKEN = "broken-link.md"
"""A page with a broken link, which the project does not have."""


@dataclass(frozen=True)
class Site:
    """What mkdocs made of the documentation and a page with a broken link."""

    folder: Path
    exit_code: int
    warnings: Sequence[str]


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    pytest.importorskip("material", reason="the docs extra is not installed")
    source = tmp_path_factory.mktemp("source")
    for name in ("docs", "benchmarks", "rules"):
        shutil.copytree(root / name, source / name)
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(root / name, source)
    (source / "docs" / BROKEN).write_text("# Broken\n\n[nowhere](nowhere.md)\n", encoding="utf-8")
    done = subprocess.run(
        [BIN / "mkdocs", "build", "--strict", "--site-dir", source / "site"],
        cwd=source, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    warnings = [line for line in lines_of(done.stderr) if line.startswith(("WARNING", "ERROR"))]
    return Site(source / "site", done.returncode, warnings)


def test_every_page_is_there_and_loads_nothing_from_elsewhere(site: Site, root: Path) -> None:
    pages = sorted(site.folder.rglob("*.html"))
    sources = [path for path in (root / "docs").rglob("*.md") if path.name != "0000-template.md"]
    assert len(pages) >= len(sources) + 5
    loaded = re.compile(r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["'](https?:)?//""")
    for page in pages:
        foreign = [
            m[0] for m in loaded.finditer(page.read_text("utf-8")) if "canonical" not in m[0]
        ]
        assert not foreign, page


def test_no_link_is_broken_but_the_one_that_is_planted(site: Site) -> None:
    (warning,) = site.warnings
    assert BROKEN in warning
    assert "nowhere.md" in warning
    assert site.exit_code == 1


def test_no_example_replaces_a_log(root: Path) -> None:
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    assert len(pages) > 20
    for page in pages:
        redirects = re.findall(r"[^>]>\s*\S*(?:overrides|votes)\S*\.jsonl", page.read_text("utf-8"))
        assert not redirects, f"{page}: {redirects}"
