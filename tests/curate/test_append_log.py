"""Logs that several programs add to at once: no line is lost, cut or mixed with another."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.artifacts import append_log
from curate.errors import ConfigError, CurateError, InputError
from curate.reviews.blind import Ballot, Pair
from curate.rules.overrides import Decision, append, read, undone
from tests.lines import lines_of

NOW = "2026-11-26T10:00:00Z"
WRITERS, LINES = 4, 40


def decide(path: Path, writer: int) -> None:
    for at in range(LINES):
        why = "x" * (500 * (at % 9))  # lines of many lengths, longer than a page of memory too
        append(path, Decision("keep", f"w{writer}", NOW, f"{writer}-{at}.wav", why=why))


def vote(path: Path, writer: int) -> None:
    pairs = [Pair(f"p{at}", {}, "a", "b", swapped=False) for at in range(LINES)]
    ballot = Ballot(pairs, path, f"w{writer}")
    for pair in pairs:
        ballot.vote(pair.id, "first", NOW)


@pytest.mark.parametrize("write", [decide, vote])
def test_several_writers_lose_no_line_and_readers_see_none_cut(
    tmp_path: Path, write: Callable[[Path, int], None]
) -> None:
    path = tmp_path / "log.jsonl"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write, args=(path, at)) for at in range(WRITERS)]
    for each in writers:
        each.start()
    looked = 0
    while any(each.is_alive() for each in writers):
        if path.exists():
            content = append_log.read(path)
            assert content.endswith(b"\n") or not content
            assert all(json.loads(line) for _, line in append_log.numbered_lines(content))
            looked += 1
    assert [each.exitcode for each in writers] == [0] * WRITERS
    lines = [json.loads(line) for line in lines_of(path.read_text())]
    assert looked > 0
    assert len(lines) == WRITERS * LINES
    assert {each["by"] for each in lines} == {f"w{at}" for at in range(WRITERS)}


def test_who_looks_before_adding_waits_for_the_others(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append_log.append(path, b"1")

    def count_up() -> None:
        for _ in range(25):
            with append_log.exclusive(path) as log:
                (*_, last) = log.read().split()
                log.append(b"%d" % (int(last) + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert path.read_bytes().split() == [b"%d" % at for at in range(1, 102)]


def test_two_reviewers_cannot_undo_the_same_decision(tmp_path: Path) -> None:
    """Both lines would make the log one that nobody can read."""
    log = tmp_path / "overrides.jsonl"
    append(log, Decision("keep", "anna", NOW, "a.wav"))
    (keep,) = read(log).decisions
    append(log, undone(keep, "anna", NOW))
    with pytest.raises(ConfigError, match="there is nothing to undo"):
        append(log, undone(keep, "ben", NOW))
    assert [each.by for each in read(log).decisions] == ["anna", "anna"]


@pytest.mark.parametrize("kind", ["decisions", "votes"])
def test_a_line_that_was_cut_short_is_ended_and_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log.jsonl"
    pairs = [Pair("p", {}, "a", "b", swapped=False)]
    ballot = Ballot(pairs, path, "anna")
    path.write_bytes(b'{"id": "p", "cho')

    def look() -> object:
        return read(path) if kind == "decisions" else Ballot(pairs, path, "ben")

    with pytest.raises(CurateError, match=r"log\.jsonl:1: [^\n]*\n  hint: the line was cut short"):
        look()
    if kind == "votes":
        ballot.vote("p", "first", NOW)
    else:
        append(path, Decision("keep", "anna", NOW, "a.wav"))
    torn, whole, end = path.read_bytes().split(b"\n")
    assert (torn, end) == (b'{"id": "p", "cho', b"")
    assert json.loads(whole)["by"] == "anna"
    path.write_bytes(whole + b"\n")
    assert look()


def test_votes_of_others_count_at_once(tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    pairs = [Pair(name, {}, "a", "b", swapped=False) for name in ("p", "q")]
    anna, ben, twin = (Ballot(pairs, path, name) for name in ("anna", "ben", "anna"))
    anna.vote("p", "first", NOW)
    assert ben.result()["a"] == 1
    assert twin.next() == pairs[1]
    assert (anna.written, ben.written) == (1, 0)


def test_a_write_that_did_not_fit_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    append_log.append(path, b"first")
    write = os.write

    def short(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(ConfigError, match=r"(?s)no space left on device.*make room"):
        append_log.append(path, b"second")
    monkeypatch.undo()
    assert path.read_bytes() == b"first\n"
    append_log.append(path, b"third")
    assert path.read_bytes() == b"first\nthird\n"


def test_a_full_disk_takes_no_decision_and_says_so(small_disk: Path) -> None:
    log = small_disk / "overrides.jsonl"
    append(log, Decision("keep", "anna", NOW, "a.wav"))
    with pytest.raises(OSError, match="No space left"), (small_disk / "filler").open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    before = log.read_bytes()
    with pytest.raises(ConfigError, match="cannot be written: no space left"):
        append(log, Decision("reject", "anna", NOW, "b.wav", why="x" * 8192))
    assert log.read_bytes() == before


def test_a_log_that_an_editor_replaced_is_the_one_that_is_added_to(tmp_path: Path) -> None:
    path, edited = tmp_path / "log", tmp_path / "edited"
    path.write_bytes(b"old\n")
    edited.write_bytes(b"new\n")
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = threading.Thread(target=append_log.append, args=(path, b"line"))
        waiting.start()
        edited.replace(path)
        fcntl.flock(held, fcntl.LOCK_UN)
        waiting.join()
    assert path.read_bytes() == b"new\nline\n"


def test_a_file_system_without_locks_holds_no_shared_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ConfigError, match="cannot be written: no locks available") as raised:
        append_log.append(tmp_path / "log", b"line")
    assert "a file system with locks (flock)" in raised.value.faults[0].hint


@pytest.mark.parametrize("what", ["directory", "pipe", "absent", "no folder"])
def test_what_is_no_log(tmp_path: Path, what: str) -> None:
    path = tmp_path / "log"
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "no folder":
        path = tmp_path / "none" / "log"
    with pytest.raises(InputError, match="cannot be read"):
        append_log.read(path)
    if what != "absent":
        with pytest.raises(ConfigError, match="cannot be written"):
            append_log.append(path, b"line")
        with pytest.raises(ConfigError, match="cannot be written"):
            append_log.check_writable(path)
    else:
        append_log.check_writable(path)
        assert not path.exists()
