"""Search in the texts of all records: a regular expression over one column, in blocks.

The expressions are those of Rust's `regex`, whose time is linear in the text whatever the
expression; a search runs beside the requests, and each waits for it no longer than it wants to.
Measured against indexes in docs/adr/0027.
"""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.environment.cores import thread_count
from curate.errors import ConfigError
from curate.inspect.words.vocabulary import OUTER
from curate.reviews.background import Background, Watch

Mask = npt.NDArray[np.bool_]
"""Of each row, whether it matches."""

HOW: Final = ("substring", "word", "token", "regex")
"""What a search may look for."""
LONGEST_PATTERN: Final = 1_000
BLOCK_ROWS: Final = 1 << 15
_ABANDONED_S: Final = 5.0
"""A search that no request has waited for since is stopped."""
_REMEMBERED: Final = 8
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to search for: `how` is one of HOW; without `case`, a and A are the same."""

    text: str
    how: str = "substring"
    case: bool = False

    @property
    def regex(self) -> str:
        """The regular expression that finds it, composed (NFC) and decomposed (NFD) alike."""
        body = self.text if self.how == "regex" else "|".join(map(_ENDS[self.how], self._forms))
        return body if self.case else f"(?i){body}"

    @property
    def first(self) -> str | None:
        """An expression that is searched for first, in a third of the time: what `regex` matches
        contains it.
        """
        return Pattern(self.text, "substring", self.case).regex if self.how == "token" else None

    @property
    def _forms(self) -> list[str]:
        return sorted({unicodedata.normalize(form, self.text) for form in ("NFC", "NFD")})


def _bounded(text: str) -> str:
    """The text where no letter, digit or underscore continues it."""
    before, after = (r"\b" if _WORD.match(end) else "" for end in (text[0], text[-1]))
    return f"{before}{re.escape(text)}{after}"


def _as_token(text: str) -> str:
    """The text as a word that is counted: between blanks, but for outer punctuation."""
    return rf"(?:^|\s){OUTER}*{re.escape(text)}{OUTER}*(?:\s|$)"


_ENDS: Final[Mapping[str, Callable[[str], str]]] = {
    "substring": re.escape,
    "word": _bounded,
    "token": _as_token,
}


def check_pattern(pattern: Pattern) -> Pattern:
    """The pattern. ConfigError for one that cannot be searched for."""
    if pattern.how not in HOW:
        raise ConfigError.of("search", f"{pattern.how!r} is none of {', '.join(HOW)}")
    if len(pattern.text) > LONGEST_PATTERN:
        what = f"is longer than {LONGEST_PATTERN:,} characters"
        raise ConfigError.of("search", what, "search for a part of it")
    try:
        pl.Series([""]).str.contains(pattern.regex)
    except pl.exceptions.PolarsError as error:
        raise ConfigError.of("search", *_fault(str(error))) from None
    return pattern


def _fault(message: str) -> tuple[str, str]:
    """The engine's words for an expression that it refuses, and what it can read."""
    words = [line.strip() for line in message.split("\n\n", 1)[0].split("\n")]
    what = words[-1].removeprefix("error: ").removeprefix("regex error: ")
    return f"is no regular expression: {what}", "the syntax is that of Rust's regex"


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows that match, among those searched so far: `share` of all, 1 at the end."""

    mask: Mask
    share: float

    @property
    def complete(self) -> bool:
        """Whether all rows were searched."""
        return self.share == 1.0


class TextSearch:
    """Searches in the texts that `load` gives, which runs once, beside the requests. Thread-safe.

    `load` is called with a function to tell how many texts have been read; `rows` is how many
    there are.
    """

    def __init__(self, rows: int, load: Callable[[Watch], pl.Series]) -> None:
        self.rows = rows
        self.texts = Background("the texts", rows, load)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max(2, thread_count()), "search")
        self._searches: OrderedDict[Pattern, _Search] = OrderedDict()

    def start(self) -> None:
        """Begin to load the texts, unless that has begun."""
        self.texts.start()

    def close(self) -> None:
        """Stop what is running."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.texts.close()

    def matches(self, pattern: Pattern, wait_s: float) -> Matches | None:
        """The rows that match, as far as they are known after `wait_s`; None while texts are being
        loaded (see `loaded_share`). The error of `load` where that failed.
        """
        deadline = time.monotonic() + wait_s
        texts = self.texts.wait(wait_s)
        if texts is None:
            return None
        with self._lock:
            search = self._search_of(pattern, texts)
        return search.wait(deadline)

    @property
    def loaded_share(self) -> float:
        """How many of the texts have been read."""
        return self.texts.share

    def _search_of(self, pattern: Pattern, texts: pl.Series) -> _Search:
        search = self._searches.get(pattern)
        if search is None or search.abandoned:
            search = self._searches[pattern] = _Search(texts, pattern, self._pool)
        self._searches.move_to_end(pattern)
        while len(self._searches) > _REMEMBERED:
            self._searches.popitem(last=False)
        return search


class _Search:
    """One pattern in all texts, block by block."""

    def __init__(self, texts: pl.Series, pattern: Pattern, pool: ThreadPoolExecutor) -> None:
        self._texts, self._first, self._regex = texts, pattern.first, pattern.regex
        self._mask = np.zeros(texts.len(), np.bool_)
        self._awaited = time.monotonic()
        self._changed = threading.Condition()
        starts = range(0, texts.len(), BLOCK_ROWS)
        self._blocks, self._done, self.abandoned = len(starts), 0, False
        for start in starts:
            pool.submit(self._block, start)

    def wait(self, deadline: float) -> Matches:
        """What is known at the deadline."""
        self._awaited = time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: self._done == self._blocks, deadline - self._awaited)
            share = self._done / self._blocks if self._blocks else 1.0
        return Matches(self._mask if share == 1.0 else self._mask.copy(), share)

    def _block(self, start: int) -> None:
        if time.monotonic() - self._awaited > _ABANDONED_S:
            self.abandoned = True
            return
        block = self._texts.slice(start, BLOCK_ROWS)
        hits = block.str.contains(self._first or self._regex).to_numpy()
        if self._first:
            hits = hits.copy()
            hits[hits] = block.filter(hits).str.contains(self._regex).to_numpy()
        self._mask[start : start + block.len()] = hits
        with self._changed:
            self._done += 1
            if self._done == self._blocks:
                self._changed.notify_all()
