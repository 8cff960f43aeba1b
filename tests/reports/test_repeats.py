"""Segments that a corpus lists more than once: counted, and listed by the query on the page."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

import curate
from reports import build
from reports.sections.profile import REPEATS

SEGMENTS: list[tuple[str, dict[str, object]]] = [
    ("a.wav", {}),
    ("a.wav", {"offset": 0.0}),
    ("a.wav", {"offset": 2.5}),
    ("b.wav", {"offset": 2.5}),
    ("b.wav", {"offset": 2.5}),
    ("b.wav", {"offset": 2.5, "channel": 1}),
    ("b.wav", {"offset": 2.5}),
    ("c.wav", {}),
]
REPEATED = [1, 2, 4, 5, 7]
"""Lines whose file, offset and channel another line has."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repeats")
    lines = [
        {"audio_filepath": path, "duration": 2.0, "text": f"text {at}", **more}
        for at, (path, more) in enumerate(SEGMENTS)
    ]
    (folder / "m.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    curate.profile([folder / "m.jsonl"], folder / "p")
    build("profile", folder / "p")
    return folder / "p"


def test_the_query_lists_the_rows_of_repeated_segments(folder: Path) -> None:
    rows = curate.query(REPEATS, folder)
    assert sorted(rows["line"].to_list()) == REPEATED
    profile = json.loads((folder / "profile.json").read_text())
    assert profile["duplicates"]["duplicate_audio_offset_keys"] == 3  # beyond the first of each


def test_the_page_has_the_query_and_its_alert_a_link_there(folder: Path) -> None:
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert REPEATS in unescape(html)
    alert = r'3\srepeats of an audio segment \(same file, same offset\); <a href="#(s\d+)">'
    (place,) = re.findall(alert, html)
    assert re.search(
        rf'<section id="{place}" class="part">\s*<div[^>]*><h2>.*Duplicates</h2>', html
    )


def test_without_repeats_there_is_neither(tmp_path: Path) -> None:
    line = {"audio_filepath": "a.wav", "duration": 2.0, "text": "so it was"}
    (tmp_path / "m.jsonl").write_text(json.dumps(line) + "\n")
    curate.profile([tmp_path / "m.jsonl"], tmp_path / "p")
    html = build("profile", tmp_path / "p").read_text(encoding="utf-8")
    assert "QUALIFY" not in html
    assert "repeats of audio segments" in html
