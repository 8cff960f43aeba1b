"""A review session started elsewhere names the command that finds the manifests again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.profiles.opened import open_profile
from curate.reviews.unread import unread_lines
from curate.rules.file import load_rules
from tests.curate.review_session import record
from tests.profiling import write_profile


@pytest.mark.parametrize(
    ("source", "there", "line"),
    [
        ("m.jsonl", True, None),
        ("m.jsonl", False, "cd {home} && curate review {home}/my\\ profile"),
        ("data/m.jsonl", False, "cd {home} && curate review {home}/my\\ profile"),
        ("{home}/m.jsonl", True, None),
        ("{home}/gone.jsonl", False, "curate profile gone.jsonl --out 'my profile'"),
        ("gone.jsonl", False, "curate profile gone.jsonl --out 'my profile'"),
    ],
)
def test_the_command_that_finds_manifests_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, there: bool, line: str | None
) -> None:
    """A profile made in `home`, whose session starts there or elsewhere."""
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    for name in ("m.jsonl", "data/m.jsonl"):
        (home / name).write_text(json.dumps(record(0)) + "\n")
    (home / "my profile").mkdir()
    monkeypatch.chdir(home)
    named = source.format(home=home)
    is_gone = "gone" in named
    if is_gone:
        (home / named).write_text(json.dumps(record(0)) + "\n")
    write_profile([named], home / "my profile", load_rules(None))
    if is_gone:
        (home / named).unlink()
    monkeypatch.chdir(home if there else tmp_path)
    unread = unread_lines(home / "my profile", open_profile(home / "my profile"))
    assert unread["rows"] == (0 if line is None else 1)
    if line is None:
        assert unread["command"] is None
    else:
        expected = line.replace("{home}/my\\ profile", f"'{home}/my profile'").format(home=home)
        assert unread["command"]["line"] == expected
