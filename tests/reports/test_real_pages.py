"""The whole job on real recordings, and each of its pages on every screen.

`CURATE_PICTURES=DIR` keeps a picture of each page on each screen there, to be looked at.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import SCREENS, Screen, look
from tests.command_tree import run
from tests.processes import curate
from tests.train.world import NEMO

pytestmark = NEMO

PAGES = {
    "profile", "compared", "split", "what-if", "compare", "diff", "audit", "reconsider",
    "shards", "verification", "run", "eval",
}  # fmt: skip


@pytest.fixture(scope="module")
def pages(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page there is, made by the commands from 210 recordings in 30 languages."""
    for name in ("lhotse", "nemo"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: the extras shards and train")
    folder = tmp_path_factory.mktemp("real")
    manifest = str(real_data / "manifests" / "cv61_dev_audio.jsonl")
    larger = str(real_data / "manifests" / "cv61_dev_all.jsonl")
    audio = ("--audio-root", str(real_data))
    sides = [f"split/{name}.jsonl" for name in ("train", "eval", "test")]
    short = ("trainer.max_steps=8", "trainer.val_check_interval=4", "optim.warmup_steps=2")
    for command in (
        ("profile", manifest, *audio, "--rules", "audio", "--clips", "12", "--out", "profile"),
        ("profile", larger, "--out", "compared"),
        ("split", "profile", "--out", "split", "--eval", "1m", "--test", "2m"),
        ("rules", "what-if", "profile", "--out", "what-if"),
        ("rules", "compare", "default", "lang/id", "compared", "--out", "compare"),
        ("diff", "profile", "compared", "--out", "diff"),
        ("audit", *sides, "--out", "audit"),
        ("shard", "split", *audio, "--resample", "16000", "--out", "shards"),
        ("shard", "--verify", "shards", "--out", "verification"),
    ):
        _ended(curate(*command, cwd=folder))
    for words in (
        ("tiny", "tiny.nemo", "--kind", "ctc", "--manifest", "shards/train.jsonl"),
        ("run", "--data", "shards", "--model", "tiny.nemo", "--config", "tiny-ctc",
         *(each for key in short for each in ("--set", key)), "--out", "run"),
        ("eval", "run/model.nemo", "--manifest", "shards/test.jsonl", "--out", "eval"),
    ):  # fmt: skip
        code, _, errors = run(folder, "train", *words)
        assert code == 0, f"{words}: {errors}"
    _ended(curate("reconsider", "eval", "profile", "--out", "reconsider", cwd=folder))
    page_of = {page.parent.name: page for page in folder.glob("*/report.html")}
    assert set(page_of) == PAGES
    return page_of


def _ended(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, f"{' '.join(done.args)}: {done.stderr}"


def test_pages_of_real_recordings(pages: dict[str, Path], opened: Any) -> None:
    wrong = {}
    for name, page in pages.items():
        wrong[name] = look(opened, page, SCREENS, partial(_picture, name))
        assert page.stat().st_size < 3_000_000, name
    assert wrong == {name: [] for name in pages}


def _picture(name: str, screen: Screen) -> Path | None:
    folder = os.environ.get("CURATE_PICTURES")
    if not folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) / f"{name}-{screen['viewport']['width']}-{screen['color_scheme']}.png"
