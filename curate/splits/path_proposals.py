"""Patterns proposed for group keys, by how audio paths without a speaker divide into groups."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import polars as pl

from curate.artifacts.leaks import Proposal
from curate.formatting.units import plural

CANDIDATES = (
    ("folder", r"(.*)/[^/]+$"),
    ("folder above", r"(.*)/[^/]+/[^/]+$"),
    ("file name before its last number", r"([^/]*?)[-_. ]*\d+[^/\d]*\.[^/.]+$"),
    ("name before its last number", r"(?:^|/)([^/.]*?)[-_ ]*\d+[^/.\d]*$"),
    ("file name up to the first - or _", r"([^/_-]+)[-_][^/]*$"),
    ("file name up to the second - or _", r"([^/_-]+[-_][^/_-]+)[-_][^/]*$"),
    ("file name behind the last - or _", r"[-_]([^/_-]+)\.[^./]+$"),
)
"""What corpora commonly say of recordings and speakers by their files' names. The digits of .mp3
and .m4a are no number of a recording; names without any extension have a pattern of their own.
"""
_LONGEST_NAME, _LONGEST_PATH = 255, 4096
"""Characters, of which a byte each is the least: NAME_MAX and PATH_MAX of Linux."""
FEWEST = 3
"""Groups below which no pattern is proposed: train, eval and test need one each."""
MANY = 10
"""Groups below which a pattern may tell kinds of files apart (clean, noisy), not speakers."""
LARGEST_OF_FEW = 0.8
"""The share of the rows that the largest of fewer than MANY groups has at most."""
NEARLY_ALL = 0.95
"""The share of the rows for which something holds, where a few other names are tolerated."""
_KIND = re.compile(
    r"(train|dev|val|valid|validation|test|eval|clean|noisy|other|dirty|good|bad|short|long|"
    r"audio|wavs?|flac|mp3|clips|data|original|augmented|denoised|speech|music|noise|silence|"
    r"part|shard|chunk|batch|split|set|fold|section|disc|disk|cd|left|right|mic|ch|channel)"
    r"[-_. ]?\d*"
)
"""Names of kinds or portions of files."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A pattern's groups by size, of how many rows, and whether their names recur in each part."""

    what: str
    pattern: str
    groups: pl.Series
    counted: pl.DataFrame
    is_crossed: bool

    @property
    def rows(self) -> int:
        return self.groups.count()

    @property
    def rank(self) -> tuple[bool, bool]:
        """Names that recur in each part of the corpus come last, and few groups behind many."""
        return self.is_crossed, self.counted.height < MANY

    def equals(self, other: _Candidate) -> bool:
        """Whether the other pattern divides the same rows into the same groups."""
        if self.counted.height != other.counted.height or self.rows != other.rows:
            return False
        both = pl.DataFrame([self.groups.alias("own"), other.groups.alias("other")]).drop_nulls()
        return both.height == self.rows and both.unique().height == self.counted.height


def proposals(paths: pl.Series) -> tuple[Proposal, ...]:
    """Patterns that would make groups of these paths, the most plausible first.

    Each gives FEWEST groups or more, of several rows each, with how many groups of how many rows,
    how many rows the largest has, and a group for an example. A counter that begins again in every
    folder (or behind every speaker in the file's name) makes no groups; nor do kinds of files
    (train, noisy) where there are fewer than MANY groups.
    """
    proposed: list[_Candidate] = []
    for what, text in CANDIDATES:
        candidate = _candidate(what, text, paths)
        if candidate is not None and not any(candidate.equals(each) for each in proposed):
            proposed.append(candidate)
    proposed.sort(key=lambda each: each.rank)
    return tuple(_propose(each, paths.len()) for each in proposed)


def _candidate(what: str, text: str, paths: pl.Series) -> _Candidate | None:
    """A pattern's groups; None where they are too many or too few, kinds of files or a counter."""
    matches = [re.search(text, path) if _can_exist(path) else None for path in paths]
    groups = pl.Series("group", [match and match.group(1) for match in matches], pl.String)
    before = pl.Series(
        "before", [match and match.string[: match.start(1)] for match in matches], pl.String
    )
    counted = groups.drop_nulls().value_counts().sort("count", "group", descending=True)
    if not FEWEST <= counted.height <= groups.count() / 2:
        return None
    is_crossed = _is_crossed(groups, before)
    if is_crossed and _is_counter(groups):
        return None
    if counted.height < MANY and not _tells_few_apart(counted):
        return None
    return _Candidate(what, text, groups, counted, is_crossed)


def _can_exist(path: str) -> bool:
    """Whether a file may have this path. The patterns take time by the cube of a name's length:
    hours for one line with a million digits.
    """
    if len(path) <= _LONGEST_NAME:
        return True
    return len(path) <= _LONGEST_PATH and max(map(len, path.split("/"))) <= _LONGEST_NAME


def _is_crossed(groups: pl.Series, before: pl.Series) -> bool:
    """Whether a name stands only once behind the same beginning of a path, as takes and prompts
    of one speaker do: rec_01, rec_02 in each folder. Beginnings of one path tell nothing.
    """
    rows = pl.DataFrame([groups, before]).drop_nulls()
    several = rows.filter(pl.len().over("before") > 1)
    return (
        2 * several.height >= rows.height and several.unique().height >= NEARLY_ALL * several.height
    )


def _is_counter(groups: pl.Series) -> bool:
    """Whether nearly all names are numbers, behind the same letters or none."""
    letters = groups.drop_nulls().str.extract(r"^(\D*)\d+$", 1)
    most = letters.drop_nulls().value_counts()["count"].max()
    return isinstance(most, int) and most >= NEARLY_ALL * letters.len()


def _tells_few_apart(counted: pl.DataFrame) -> bool:
    """Whether a few groups may be speakers: none has nearly all rows, nor the name of a kind."""
    if counted["count"][0] > LARGEST_OF_FEW * float(counted["count"].sum()):
        return False
    names = [os.path.basename(name).lower() for name in counted["group"]]  # noqa: PTH119
    return not any(_KIND.fullmatch(name) for name in names)


def _propose(candidate: _Candidate, of: int) -> Proposal:
    counted, rows = candidate.counted, candidate.rows
    groups, largest, example = counted.height, int(counted["count"][0]), str(counted["group"][0])
    message = (
        f"--group-from '{candidate.pattern}' ({candidate.what}) would make "
        f"{plural(groups, 'group')} of {rows:,} of {plural(of, 'row')} examined, such as "
        f"{example!r}; the largest has {plural(largest, 'row')}"
    )
    return Proposal(
        what=candidate.what, pattern=candidate.pattern, groups=groups, rows=rows, of=of,
        largest=largest, example=example, message=message,
    )  # fmt: skip
