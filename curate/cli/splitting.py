"""What `curate split` does: profile where need be, split, put the results in place whole."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import reports
from curate.errors import ConfigError, CurateError, GateFailed
from curate.manifest import find_sources
from curate.outputs import whole_directory
from curate.profile import profile_into as build_profile
from curate.profile.records import Progress
from curate.profile.summary import Json
from curate.ruleset import load_rules
from curate.splits import OURS, Targets, split_profile


@dataclass(frozen=True, slots=True)
class Wish:
    """What `curate split` was asked for, as typed."""

    eval: str
    test: str
    seed: int
    by: list[str]
    group: list[str]
    strict: bool
    format: str | None = None
    to: str | None = None


def split(
    inputs: Sequence[str],
    out: Path,
    rules: str | None,
    wish: Wish,
    command: str,
    advance: Progress,
) -> tuple[Json, CurateError | None]:
    """`curate split`: split.json's content, and the gate that failed under --strict."""
    targets = Targets.parse({"eval": wish.eval, "test": wish.test})
    with whole_directory(out, OURS, "split.json") as folder:
        profiled = _profiled(inputs, folder, rules, wish, command, advance)
        found = split_profile(
            profiled, folder, targets, wish.seed, wish.by, wish.group, command, wish.to
        )
        if profiled.parent == folder:
            shutil.rmtree(profiled)
        reports.build("split", folder)
    failed = wish.strict and bool(found["warnings"])
    return found, (GateFailed.of(out, "a target was not met (--strict)") if failed else None)


def _profiled(
    inputs: Sequence[str],
    folder: Path,
    rules: str | None,
    wish: Wish,
    command: str,
    advance: Progress,
) -> Path:
    """The profile to split: the one that was named, or one made now of the manifests named."""
    if len(inputs) == 1 and (Path(inputs[0]) / "records.parquet").is_file():
        if rules is not None:
            raise ConfigError.of(
                "--rules",
                "a profile was judged already, by the rules it was made with",
                "profile again with these rules, or name the manifests instead of the profile",
            )
        return Path(inputs[0])
    find_sources(inputs, wish.format)
    scratch = folder / ".profile"
    scratch.mkdir()
    fields = [*wish.by, *wish.group]
    build_profile(inputs, scratch, load_rules(rules), fields, command, advance, format=wish.format)
    return scratch
