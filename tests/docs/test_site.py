"""The documentation: no broken link, no foreign asset, and a tutorial that can be followed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lines import lines_of

BIN = Path(sys.executable).parent
NOT_RUN = 4
"""Blocks of the tutorial that say why they are not run: install, desk, training, its errors."""

DECISION = (
    '{"decision": "keep", "audio_filepath": "corpus/audio/en01_002.flac", "by": "ben", '
    '"at": "2026-11-26T09:00:00Z"}'
)

_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]*) -->\n)?```(?P<kind>bash|python|yaml)\n(?P<code>.*?)```", re.DOTALL
)


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="the docs extra is not installed")
    made = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [BIN / "mkdocs", "build", "--strict", "--site-dir", made],
        cwd=root, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return made


def test_every_page_is_there_and_loads_nothing_from_elsewhere(site: Path, root: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    sources = [path for path in (root / "docs").rglob("*.md") if path.name != "0000-template.md"]
    assert len(pages) >= len(sources) + 4
    loaded = re.compile(r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["'](https?:)?//""")
    for page in pages:
        foreign = [
            m[0] for m in loaded.finditer(page.read_text("utf-8")) if "canonical" not in m[0]
        ]
        assert not foreign, page


def test_a_broken_link_would_be_found(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("material", reason="the docs extra is not installed")
    for name in ("docs", "benchmarks", "rules"):
        shutil.copytree(root / name, tmp_path / name)
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(root / name, tmp_path)
    with (tmp_path / "docs" / "faq.md").open("a") as page:
        page.write("\n[nowhere](nowhere.md)\n")
    done = subprocess.run(
        [BIN / "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "nowhere.md" in done.stderr


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    for match in _BLOCK.finditer(text):
        yield match["mark"] or "", match["kind"], match["code"]


def test_the_tutorial_can_be_followed(root: Path, tmp_path: Path) -> None:
    """Every block, in order, beside a folder that holds audio and a table of transcripts."""
    pytest.importorskip("lhotse", reason="the shards extra is not installed")
    speech = root / "examples" / "speech"
    corpus = tmp_path / "corpus"
    shutil.copytree(speech / "audio", corpus / "audio")
    table = ["path\ttext\tlang\tspeaker"]
    for line in lines_of((speech / "manifest.jsonl").read_text("utf-8")):
        try:
            row = json.loads(line)
            name, text = row["audio_filepath"], row["text"]
            if (corpus / name).is_file() and "\t" not in text and "\n" not in text:
                table.append("\t".join([name, text, row["lang"], row["speaker"]]))
        except (ValueError, KeyError, TypeError):
            continue
    (corpus / "transcripts.tsv").write_text("\n".join(table) + "\n", encoding="utf-8")
    assert len(table) > 200
    left_out = 0
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    for mark, kind, code in blocks((root / "docs" / "tutorial.md").read_text("utf-8")):
        if mark.startswith("not run"):
            left_out += 1
            if "curate review" in code:  # as whoever opens the page decides
                (tmp_path / "overrides.jsonl").write_text(f"{DECISION}\n", encoding="utf-8")
            continue
        if kind == "yaml":
            (tmp_path / mark.removeprefix("file: ")).write_text(code, encoding="utf-8")
            continue
        command = ["bash", "-euo", "pipefail", "-c", code]
        done = subprocess.run(
            command if kind == "bash" else [sys.executable, "-c", code],
            cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    assert left_out == NOT_RUN
    assert (tmp_path / "shards" / "shards.json").is_file()
    decisions = (tmp_path / "overrides.jsonl").read_text()
    assert decisions.startswith(DECISION), "a decision of the review stands"
    assert '"a door"' in decisions


def test_no_example_replaces_a_log(root: Path) -> None:
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    assert len(pages) > 20
    for page in pages:
        redirects = re.findall(r"[^>]>\s*\S*(?:overrides|votes)\S*\.jsonl", page.read_text("utf-8"))
        assert not redirects, f"{page}: {redirects}"
