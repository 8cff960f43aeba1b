"""Two hypotheses of the same audio, judged without knowing whose is whose.

Which one stands first is decided by a hash of the record, so that it is the same for everyone and
says nothing. Votes are appended to a log, one JSON object a line.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.profile.summary import Json

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
    ours, theirs = _read(a), _read(b)
    both = [key for key in ours if key in theirs]
    if not both:
        what = f"shares no record with {b}"
        raise InputError.of(a, what, "name two predictions.jsonl of the same manifest")
    found = []
    for key in both:
        one, two = str(ours[key]["pred_text"]), str(theirs[key]["pred_text"])
        if one.split() != two.split():
            name = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
            found.append(Pair(name, ours[key], one, two, int(name, 16) % 2 == 1))
    return sorted(found, key=lambda pair: pair.id)


def _read(path: Path) -> dict[tuple[str, float], Mapping[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.of(path, f"cannot be read: {error}") from None
    found: dict[tuple[str, float], Mapping[str, Any]] = {}
    faults = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            str(row["pred_text"])
            key = str(row["audio_filepath"]), float(row.get("offset") or 0.0)
            float(row["duration"])
            found[key] = row
        except (ValueError, KeyError, TypeError, AttributeError):
            what = "is no prediction: audio_filepath, duration and pred_text"
            faults.append(Fault(f"{path}:{number}", what, "name a predictions.jsonl"))
    raise_all(InputError, faults[:20])
    return found


class Ballot:
    """Pairs to vote on, and the log of votes; the last vote of a person on a pair counts."""

    def __init__(self, found: Sequence[Pair], votes: Path, reviewer: str) -> None:
        self.pairs = {pair.id: pair for pair in found}
        self._path, self._reviewer = votes, reviewer
        self._cast = self._read()

    def next(self) -> Pair | None:
        """The first pair that this reviewer has not voted on."""
        return next(
            (p for p in self.pairs.values() if (p.id, self._reviewer) not in self._cast), None
        )

    def vote(self, id: str, choice: str, at: str) -> None:
        """Add a vote, on disk when this returns. ConfigError for what is none."""
        if id not in self.pairs or choice not in CHOICES:
            raise ConfigError.of("vote", f"{choice!r} on {id!r} is no vote")
        pair = self.pairs[id]
        winner = "same" if choice == "same" else "ab"[(choice == "second") != pair.swapped]
        row = {"id": id, "choice": winner, "by": self._reviewer, "at": at}
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, json.dumps(row, ensure_ascii=False).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._cast[id, self._reviewer] = winner

    def result(self) -> Json:
        """Votes for A and B, and how likely so uneven a result is between equals (sign test)."""
        votes = [choice for (id, _), choice in self._cast.items() if id in self.pairs]
        a, b = votes.count("a"), votes.count("b")
        left = sum((id, self._reviewer) not in self._cast for id in self.pairs)
        return {
            "a": a, "b": b, "same": votes.count("same"), "left": left, "p": sign_test(a, b),
        }  # fmt: skip

    def _read(self) -> dict[tuple[str, str], str]:
        if not self._path.is_file():
            return {}
        cast, faults = {}, []
        for number, line in enumerate(self._path.read_bytes().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                cast[str(row["id"]), str(row["by"])] = str(row["choice"])
            except (ValueError, KeyError, TypeError):
                faults.append(Fault(f"{self._path}:{number}", "is no vote"))
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
