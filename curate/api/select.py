"""Hours to train on, chosen by a metric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.artifacts.outputs import whole_directory
from curate.artifacts.selection import Selection
from curate.errors import ConfigError, parameter
from curate.selection import OUTPUT_FILES, SelectRequest, select_records

__all__ = ["SelectRequest", "Selection", "run_select", "select"]


def select(
    profile: str | Path,
    out: str | Path,
    *,
    hours: float,
    highest: str = "",
    lowest: str = "",
    by: Sequence[str] = (),
    seed: int = 0,
) -> Selection:
    """Choose hours of a profile's usable records by a metric, and as many at random.

    As `curate select`. ConfigError unless exactly one of `highest` and `lowest` names a metric of
    the profile; InputError where `profile` is none, or its manifests have changed.
    """
    request = resolved(hours, highest, lowest, by, seed)
    return run_select(Path(profile), Path(out), request)


def resolved(
    hours: float, highest: str, lowest: str, by: Sequence[str], seed: int
) -> SelectRequest:
    """The request in these words. ConfigError where they make none."""
    if bool(highest) == bool(lowest):
        where = f"{parameter('highest')}, {parameter('lowest')}"
        raise ConfigError.of(where, "exactly one metric is needed", "name one with either of them")
    if not hours > 0:
        raise ConfigError.of(parameter("hours"), f"{hours:g} h is no amount", "more than 0")
    if highest:
        return SelectRequest(hours, highest, "highest", tuple(by), seed)
    return SelectRequest(hours, lowest, "lowest", tuple(by), seed)


def run_select(profile: Path, out: Path, request: SelectRequest, command: str = "") -> Selection:
    """`curate select`: selected.jsonl, random.jsonl and select.json in `out`, whole or not at
    all.
    """
    with whole_directory(out, OUTPUT_FILES, Selection.file) as folder:
        return select_records(profile, folder, request, command)
