"""Group keys that a pattern takes from audio paths, where no field names the speaker."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from curate.errors import ConfigError, parameter
from curate.manifest.origin import Origin
from curate.manifest.read import read_manifests
from curate.splits.written_manifests import PATH


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
