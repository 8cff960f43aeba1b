"""What `curate doctor` says of the installation and the machine."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from curate.cli.render.doctor import tables
from curate.inspect import doctor

SCRIPT = """
import json, sys
from curate.inspect.doctor import examine
found = examine()
heavy = {"torch", "nemo", "lhotse", "polars", "duckdb", "ray"} & sys.modules.keys()
print(json.dumps([sorted(heavy), found]))
"""


def test_nothing_heavy_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    heavy, report = json.loads(done.stdout)
    assert not heavy
    assert report["missing"] == []
    assert report["base"]["polars"] == version("polars")
    assert {"FLAC", "WAV"} <= set(report["sound"]["formats"])
    assert report["machine"]["usable_cores"] >= 1
    assert report["disk"]["free_bytes"] > 0


def test_what_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"ray", "polars"}
    monkeypatch.setattr(doctor, "installed_version", lambda name: None if name in missing else "1")
    report: Any = doctor.examine()
    assert report["missing"] == ["polars"]
    extras = {each["extra"]: each for each in report["extras"]}
    assert {"shards", "train", "ray", "vad", "remote", "dev"} <= extras.keys()
    assert extras["ray"]["installed"] == {"ray": None}
    assert extras["ray"]["hint"] == "pip install 'asr-curate[ray]'"
    assert extras["shards"]["complete"]
    assert not extras["shards"]["hint"]
    cells = [
        str(cell) for table in tables(report) for column in table.columns for cell in column.cells
    ]
    assert "missing: polars" in cells
    assert "pip install 'asr-curate[ray]'" in cells


# a marker of a requirement, whether it is for a Linux machine of the x86-64 kind
MARKERS = [
    ("", True),
    ("extra == 'vad'", True),
    ("platform_machine == 'x86_64' and extra == 'vad'", True),
    ("(platform_machine == 'aarch64' or sys_platform == 'darwin') and extra == 'vad'", False),
]


@pytest.mark.parametrize(("marker", "here"), MARKERS)
def test_markers(monkeypatch: pytest.MonkeyPatch, marker: str, here: bool) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    assert doctor._applies(marker) is here


def test_a_tool_that_hangs_or_fails_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(doctor, "SECONDS", 1)
    scripts: list[tuple[str, list[tuple[object, ...]] | None]] = [
        ("sleep 60", None),
        ("exit 9", None),
        ("echo 'NVIDIA H100, 81559, 580.1'", [("NVIDIA H100", "81559", "580.1")]),
    ]
    for script, expected in scripts:
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        gpus = doctor._gpus()
        assert (None if gpus is None else [tuple(gpu.values()) for gpu in gpus]) == expected, script


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    report: Any = doctor.examine(tmp_path / "a" / "b")
    assert report["disk"]["folder"] == str(tmp_path)
