"""Two hypotheses of the same audio, compared without knowing whose is whose.

Which one stands first is decided by a hash of the record, so that it is the same for everyone and
says nothing. Votes are appended to a log, one JSON object a line, that several may vote into.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifacts import append_log
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.errors.nearest import unreadable
from curate.files.state import FileState
from curate.profiles.opened import Json

HINT = "name a predictions.jsonl of `train eval`"
CHOICES = ("first", "second", "same")


@dataclass(frozen=True, slots=True)
class Pair:
    """A record with two hypotheses that differ; `swapped` says that B stands first."""

    id: str
    record: Mapping[str, Any]
    a: str
    b: str
    swapped: bool

    def as_json(self) -> Json:
        """What the one who votes may see: the hypotheses in their order, and no name."""
        first, second = (self.b, self.a) if self.swapped else (self.a, self.b)
        return {"id": self.id, "first": first, "second": second}


def pairs(a: Path, b: Path) -> list[Pair]:
    """The records of two `predictions.jsonl` (of `train eval`) whose hypotheses differ.

    Records are matched by audio and offset. InputError, with all faults, for files that are none,
    and where no record is in both.
    """
    rows_a, rows_b = _read(a), _read(b)
    both = [key for key in rows_a if key in rows_b]
    if not both:
        what = f"shares no record with {b}"
        raise InputError.of(a, what, "name two predictions.jsonl of the same manifest")
    differing = []
    for key in both:
        one, two = str(rows_a[key]["pred_text"]), str(rows_b[key]["pred_text"])
        if one.split() != two.split():
            name = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
            differing.append(Pair(name, rows_a[key], one, two, int(name, 16) % 2 == 1))
    return sorted(differing, key=lambda pair: pair.id)


def _read(path: Path) -> dict[tuple[str, float], Mapping[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(unreadable(path, error, HINT)) from None
    rows: dict[tuple[str, float], Mapping[str, Any]] = {}
    faults = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            str(row["pred_text"])
            key = str(row["audio_filepath"]), float(row.get("offset") or 0.0)
            float(row["duration"])
            rows[key] = row
        except (ValueError, KeyError, TypeError, AttributeError):
            what = "is not a prediction: audio_filepath, duration and pred_text"
            faults.append(Fault(f"{path}:{number}", what, HINT))
    raise_all(InputError, faults[:20])
    return rows


class Ballot:
    """Pairs to vote on, and the log of votes; the last vote of a person on a pair counts.

    `written` counts the votes that this session has added; those of others count at once.
    """

    def __init__(self, differing: Sequence[Pair], votes: Path, reviewer: str) -> None:
        self.pairs = {pair.id: pair for pair in differing}
        self.path, self._reviewer, self.written = votes, reviewer, 0
        self._known: tuple[FileState | None, Votes] = None, {}
        append_log.check_writable(votes)
        self._cast()

    def next(self) -> Pair | None:
        """The first pair that this reviewer has not voted on."""
        cast = self._cast()
        return next((p for p in self.pairs.values() if (p.id, self._reviewer) not in cast), None)

    def vote(self, id: str, choice: str, at: str) -> None:
        """Add a vote, on disk when this returns. ConfigError for what is none."""
        if id not in self.pairs or choice not in CHOICES:
            raise ConfigError.of("vote", f"{choice!r} on {id!r} is not a vote")
        pair = self.pairs[id]
        winner = "same" if choice == "same" else "ab"[(choice == "second") != pair.swapped]
        row = {"id": id, "choice": winner, "by": self._reviewer, "at": at}
        append_log.append(self.path, json.dumps(row, ensure_ascii=False).encode())
        self.written += 1

    def result(self) -> Json:
        """Votes for A and B, and how likely so uneven a result is between equals (sign test)."""
        cast = self._cast()
        votes = [choice for (id, _), choice in cast.items() if id in self.pairs]
        a, b = votes.count("a"), votes.count("b")
        left = sum((id, self._reviewer) not in cast for id in self.pairs)
        return {
            "a": a, "b": b, "same": votes.count("same"), "left": left, "p": sign_test(a, b),
        }  # fmt: skip

    def _cast(self) -> Votes:
        """The votes that stand in the log now. ConfigError for a bad log."""
        state = append_log.log_state(self.path)
        if state is None:
            return {}
        if state != self._known[0]:
            self._known = state, _votes_of(self.path, append_log.read(self.path))
        return self._known[1]


Votes = Mapping[tuple[str, str], str]
"""By pair and voter: who won, `a`, `b` or `same`."""


def _votes_of(path: Path, content: bytes) -> Votes:
    cast, faults = {}, []
    for number, line in append_log.numbered_lines(content):
        try:
            row = json.loads(line)
            cast[str(row["id"]), str(row["by"])] = str(row["choice"])
        except (ValueError, KeyError, TypeError):
            cut = append_log.is_cut_short(content, number)
            hint = f"{append_log.CUT_SHORT}: delete it" if cut else "name a log of votes"
            faults.append(Fault(f"{path}:{number}", "is not a vote", hint))
    raise_all(ConfigError, faults)
    return cast


def sign_test(a: int, b: int) -> float:
    """Two-sided probability of a split at least as uneven as `a` to `b` by a fair coin.

    >>> sign_test(9, 1), sign_test(0, 0)
    (0.0215, 1.0)
    """
    n, few = a + b, min(a, b)
    tail: float = sum(math.comb(n, k) for k in range(few + 1)) / 2**n
    return round(min(1.0, 2 * tail), 4)
