"""What a person reads who stops a command: what was written, or that nothing was."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.lines import lines_of
from tests.processes import Started, curate, started

STOPPED = """
import os, signal
from pathlib import Path
from curate.terminal.command import run
from curate.artifacts.outputs import resumable_directory, whole_directory, whole_file

def command():
    with whole_directory(Path("out"), frozenset(), "marker") as made:
        (made / "marker").touch()
        {inside}
    {after}

def stop():
    os.kill(os.getpid(), signal.SIGTERM)

def export():
    with resumable_directory(Path("shards"), frozenset(), "shards.json", "key") as stage:
        (stage / "done").mkdir()
        (stage / "done" / "0").touch()
        stop()

run(command)
"""


@pytest.mark.parametrize(
    ("inside", "after", "words"),
    [
        ("stop()", "", "interrupted; nothing was changed"),
        ("pass", "stop()", "interrupted; written before that: {out}"),
        ("pass", "export()", "interrupted; written before that: {out}, finished parts of {shards}"),
    ],
)
def test_what_was_written_before_the_signal(
    tmp_path: Path, inside: str, after: str, words: str
) -> None:
    code = STOPPED.format(inside=inside, after=after or "pass")
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    named = {name: str(tmp_path / name) for name in ("out", "shards")}
    assert done.returncode == 143, done.stderr
    assert done.stderr.startswith(words.format(**named))
    assert (tmp_path / "out").exists() == (inside == "pass")


def test_scratch_files_are_nothing_that_was_written(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from curate.artifacts.written import words\n"
        "from curate.artifacts.outputs import whole_directory, write_json\n"
        "with whole_directory(Path('out'), frozenset(), 'm') as made:\n"
        "    write_json(made / 'm', {})\n"
        "    print(words())\n"
        "for at in range(5):\n"
        "    write_json(Path(f'{at}.json'), {})\n"
        "print(words())\n"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    inside, end = lines_of(done.stdout)
    assert inside == "interrupted; nothing was changed"
    assert end.endswith("/out, 0.json, 1.json and 3 more")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["term", "int"]
)
@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        (0, "review ended; no decision was written, overrides.jsonl is as it was"),
        (1, "review ended; 1 decision was written to overrides.jsonl"),
        (2, "review ended; 2 decisions were written to overrides.jsonl"),
    ],
)
def test_a_review_that_is_ended_says_what_it_wrote(
    root: Path, tmp_path: Path, number: signal.Signals, code: int, decisions: int, words: str
) -> None:
    pytest.importorskip("starlette", reason="the review extra is not installed")
    pytest.importorskip("uvicorn", reason="the review extra is not installed")
    record = {"audio_filepath": "a.wav", "duration": 2.0, "text": "so it was"}
    (tmp_path / "m.jsonl").write_text(json.dumps(record) + "\n")
    assert curate("profile", "m.jsonl", "--out", "profile", cwd=tmp_path).returncode == 0
    words_of_review = ("review", "profile", "--no-browser", "--reviewer", "anna")
    with started("curate.cli", *words_of_review, cwd=tmp_path, NO_COLOR="1") as run:
        address, token = _address(run)
        headers = {
            "cookie": f"curate_review_{address.rpartition(':')[2]}={token}",
            "origin": address,
        }
        for decision in ("keep", "reject")[:decisions]:
            sent = json.dumps({"decision": decision}).encode()
            url = f"{address}/api/records/0/decision"
            urllib.request.urlopen(urllib.request.Request(url, sent, headers)).close()
        run.send(number)
        done = run.ended(30)
    assert done.returncode == code
    assert lines_of(done.stderr)[-1] == words
    log = tmp_path / "overrides.jsonl"
    assert (len(lines_of(log.read_text())) if log.exists() else 0) == decisions


def _address(review: Started) -> tuple[str, str]:
    """The address that a review serves on, and its token."""
    ends = time.monotonic() + 60
    while not (match := re.search(r"(http://\S+)/\?token=(\S+)\n", review.printed())):
        assert review.is_running() and time.monotonic() < ends, review.printed()
        time.sleep(0.01)
    return match[1], match[2]
