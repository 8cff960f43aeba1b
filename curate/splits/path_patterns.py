"""Group keys from audio paths, where no field names the speaker: proposed, and used on request."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from curate.artifacts.leaks import Proposal
from curate.errors import ConfigError, parameter
from curate.formatting.units import plural
from curate.manifest.origin import Origin
from curate.manifest.read import read_manifests
from curate.splits.written_manifests import PATH

CANDIDATES = (
    ("folder", r"(.*)/[^/]+$"),
    ("folder above", r"(.*)/[^/]+/[^/]+$"),
    ("file name before its last number", r"([^/]*?)[-_. ]*\d+[^/\d]*$"),
    ("file name up to the first - or _", r"([^/_-]+)[-_][^/]*$"),
    ("file name up to the second - or _", r"([^/_-]+[-_][^/_-]+)[-_][^/]*$"),
    ("file name behind the last - or _", r"[-_]([^/_-]+)\.[^./]+$"),
)
"""What corpora commonly say of recordings and speakers by their files' names."""
FEWEST = 10
"""Groups below which a pattern tells kinds of files apart (clean, noisy), not speakers."""


def group_pattern(text: str) -> re.Pattern[str]:
    """A pattern with a capture group; ConfigError for any other text."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        what, hint = f"is not a regular expression: {error}", "quote it for the shell"
        raise ConfigError.of(parameter("group_from"), what, hint) from None
    if not pattern.groups:
        hint = r"put what names the group in (), as in '([^/_]+)_[^/]*$'"
        raise ConfigError.of(parameter("group_from"), f"{text!r} captures nothing", hint)
    return pattern


def groups_of(paths: pl.Series, pattern: re.Pattern[str]) -> pl.Series:
    """What the pattern's first named group, else its first, captures in each path, with the path's
    own text; null where it matches nothing.
    """
    at = min(pattern.groupindex.values(), default=1)
    captured = [
        match.group(at) if path is not None and (match := pattern.search(path)) else None
        for path in paths
    ]
    return pl.Series(captured, dtype=pl.String)


def refuse_idle(groups: pl.Series, paths: pl.Series, pattern: re.Pattern[str]) -> None:
    """ConfigError for a pattern that matches no path."""
    if not groups.count():
        example = paths.drop_nulls().head(1).to_list()
        what = f"{pattern.pattern!r} matches no audio path"
        raise ConfigError.of(
            parameter("group_from"), what, f"paths are such as {', '.join(example)}"
        )


def read_paths(origins: Sequence[Origin]) -> pl.Series:
    """The audio path of every row, in order; null where the line is malformed."""
    pieces = read_manifests(origins, lambda clips: clips.frame.select(PATH), [PATH])
    return pl.concat([piece.frame for piece in pieces])[PATH]


def proposals(paths: pl.Series) -> tuple[Proposal, ...]:
    """Patterns that would make groups of these paths: several rows each, FEWEST groups or more.

    With how many groups each gives, of how many rows, how many rows the largest has, and a group
    for an example.
    """
    proposed: list[Proposal] = []
    for what, text in CANDIDATES:
        groups = groups_of(paths, re.compile(text)).drop_nulls()
        counted = groups.rename("group").value_counts().sort("count", "group", descending=True)
        if not FEWEST <= counted.height <= groups.len() / 2:
            continue
        if any((counted.height, groups.len()) == (each.groups, each.rows) for each in proposed):
            continue
        proposed.append(_propose(what, text, counted, groups.len(), paths.len()))
    return tuple(proposed)


def _propose(what: str, pattern: str, counted: pl.DataFrame, rows: int, of: int) -> Proposal:
    groups, largest, example = counted.height, int(counted["count"][0]), str(counted["group"][0])
    message = (
        f"--group-from '{pattern}' ({what}) would make {plural(groups, 'group')} of {rows:,} of "
        f"{plural(of, 'row')} examined, such as {example!r}; the largest has "
        f"{plural(largest, 'row')}"
    )
    return Proposal(
        what=what, pattern=pattern, groups=groups, rows=rows, of=of, largest=largest,
        example=example, message=message,
    )  # fmt: skip
