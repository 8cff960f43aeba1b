"""`--plots`: histograms and training curves as PNG and PDF for papers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import reports
from curate.artifacts.profile import Profile
from curate.cli.app import app
from reports.artefacts import load
from tests.reports.fixtures import make

SIGNATURES = {".png": b"\x89PNG\r\n", ".pdf": b"%PDF-"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A profile of three metrics, char_rate among them: a plot takes a tenth of a second."""
    file = make("profile", tmp_path) / "profile.json"
    profile = json.loads(file.read_text("utf-8"))
    at = [metric["name"] for metric in profile["metrics"]].index("char_rate")
    profile["metrics"] = profile["metrics"][max(0, at - 1) :][:3]
    file.write_text(json.dumps(profile), "utf-8")
    return file.parent


def test_a_profile_gives_two_files_per_histogram(folder: Path, tmp_path: Path) -> None:
    files = reports.plot("profile", folder, tmp_path / "plots")
    assert sorted(files) == sorted((tmp_path / "plots").iterdir())
    profile = load("profile", folder).artefact
    assert isinstance(profile, Profile)
    assert {"char_rate.png", "char_rate.pdf"} <= {file.name for file in files}
    assert {file.stem for file in files} <= {metric.name for metric in profile.metrics}
    for file in files:
        assert file.read_bytes().startswith(SIGNATURES[file.suffix])
    again = reports.plot("profile", folder, tmp_path / "again")
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]


def test_a_run_gives_its_curves(tmp_path: Path) -> None:
    files = reports.plot("train", make("train", tmp_path), tmp_path / "plots")
    names = [
        f"{name}.{suffix}" for name in ("loss", "wer", "learning_rate") for suffix in ("png", "pdf")
    ]
    assert [file.name for file in files] == names


def test_the_option_of_a_profile_that_is_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = '{"audio_filepath": "%d.wav", "text": "%s", "duration": 2.5}\n'
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(line % (at, "good " * (at + 1)) for at in range(9)), "utf-8")
    plotted: list[tuple[object, ...]] = []
    monkeypatch.setattr("reports.plot", lambda *arguments: plotted.append(arguments))
    words = ["profile", str(manifest), "--out", str(tmp_path / "p")]
    for more in ([], ["--plots", str(tmp_path / "plots")]):
        done = CliRunner().invoke(app, [*words, *more])
        assert done.exit_code == 0, done.output
    assert plotted == [("profile", tmp_path / "p", tmp_path / "plots")]
