"""Hours to train on, chosen by a metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from curate.artifacts.outputs import whole_directory
from curate.artifacts.selection import Selection
from curate.errors import ConfigError, parameter
from curate.selection import OUTPUT_FILES, SIMILARITY, SelectRequest, select_records

__all__ = ["SelectRequest", "Selection", "run_select", "select"]

TOWARD = "toward"
RANKINGS = ("highest", "lowest", TOWARD)


class Ranking(TypedDict, total=False):
    """What comes first: the highest or lowest values of a metric, or texts like a manifest's."""

    highest: str
    lowest: str
    toward: str | Path


def select(
    profile: str | Path,
    out: str | Path,
    *,
    hours: float,
    by: Sequence[str] = (),
    seed: int = 0,
    **ranking: Unpack[Ranking],
) -> Selection:
    """Choose hours of a profile's usable records by a metric (`highest=` or `lowest=`), or those
    whose texts are like the ones of a manifest (`toward=`), and as many at random.

    As `curate select`. ConfigError unless exactly one of the three is there, `highest` and `lowest`
    with a metric of the profile; InputError where `profile` or `toward` is none, or the profile's
    manifests have changed.
    """
    if unknown := sorted(set(ranking) - set(RANKINGS)):
        raise TypeError(f"select() got an unexpected keyword argument {unknown[0]!r}")
    named = {kind: str(ranking.get(kind, "")) for kind in RANKINGS}
    request = resolved(hours, named, by, seed)
    return run_select(Path(profile), Path(out), request)


def resolved(hours: float, named: Mapping[str, str], by: Sequence[str], seed: int) -> SelectRequest:
    """The request in these words: `named` is what `highest`, `lowest` and `toward` name, one of
    them not empty. ConfigError where they make none.
    """
    given = [(kind, name) for kind, name in named.items() if name]
    if len(given) != 1:
        where = ", ".join(parameter(kind) for kind in named)
        raise ConfigError.of(where, "exactly one is needed", "name a metric, or a target manifest")
    if not hours > 0:
        raise ConfigError.of(parameter("hours"), f"{hours:g} h is no amount", "more than 0")
    ((kind, name),) = given
    if kind == TOWARD:
        return SelectRequest(hours, SIMILARITY, "highest", tuple(by), seed, toward=name)
    return SelectRequest(hours, name, "lowest" if kind == "lowest" else "highest", tuple(by), seed)


def run_select(profile: Path, out: Path, request: SelectRequest, command: str = "") -> Selection:
    """`curate select`: selected.jsonl, random.jsonl and select.json in `out`, whole or not at
    all.
    """
    with whole_directory(out, OUTPUT_FILES, Selection.file) as folder:
        return select_records(profile, folder, request, command)
