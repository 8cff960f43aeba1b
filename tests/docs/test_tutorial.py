"""The tutorial can be followed: every block, in order, but those that say why they are not run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_tree import run
from tests.lines import lines_of
from tests.processes import curate
from tests.train.world import NEMO

pytestmark = NEMO  # it builds a tiny model

NOT_RUN = 4
"""Blocks of the tutorial that say why they are not run: install, desk, training, its errors."""

DECISION = (
    '{"decision": "keep", "audio_filepath": "corpus/audio/en01_002.flac", "by": "ben", '
    '"at": "2026-11-26T09:00:00Z"}'
)

_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]*) -->\n)?```(?P<kind>bash|python|yaml)\n(?P<code>.*?)```", re.DOTALL
)
_OF_THE_SHELL = re.compile(r"""[^\w\s./,:@+'"-]""")
"""What a shell may read in another way than as a part of a word."""


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    for match in _BLOCK.finditer(text):
        yield match["mark"] or "", match["kind"], match["code"]


def write_corpus(speech: Path, corpus: Path) -> None:
    """A folder of audio and a table of transcripts, as the tutorial begins with."""
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


def follow(kind: str, code: str, folder: Path) -> None:
    """Run a block; its plain commands by what is imported already."""
    if kind == "bash" and not _OF_THE_SHELL.search(code):
        for words in map(shlex.split, lines_of(code.strip())):
            follow_command(words, folder)
        return
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(
        shell if kind == "bash" else [sys.executable, "-c", code],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


def follow_command(words: list[str], folder: Path) -> None:
    """`curate` in a process of its own, `train` in this one, which has NeMo."""
    if words[0] == "curate":
        done = curate(*words[1:], cwd=folder)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return
    assert words[0] == "train", words
    code, out, errors = run(folder, *words)
    assert code == 0, f"{words}\n{out}\n{errors}"


def test_the_tutorial_can_be_followed(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("lhotse", reason="the shards extra is not installed")
    write_corpus(root / "examples" / "speech", tmp_path / "corpus")
    left_out = 0
    for mark, kind, code in blocks((root / "docs" / "tutorial.md").read_text("utf-8")):
        if mark.startswith("not run"):
            left_out += 1
            if "curate review" in code:  # as whoever opens the page decides
                (tmp_path / "overrides.jsonl").write_text(f"{DECISION}\n", encoding="utf-8")
        elif kind == "yaml":
            (tmp_path / mark.removeprefix("file: ")).write_text(code, encoding="utf-8")
        else:
            follow(kind, code, tmp_path)
    assert left_out == NOT_RUN
    assert (tmp_path / "shards" / "shards.json").is_file()
    decisions = (tmp_path / "overrides.jsonl").read_text()
    assert decisions.startswith(DECISION), "a decision of the review stands"
    assert '"a door"' in decisions
