"""`--given`: splits that a corpus comes with, from the command line to a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from curate.errors import ConfigError, Fault, raise_all
from curate.splits.given_options import FORM, NamedManifests, is_named, parse_given

_DRAWN = {
    "eval_": "--eval", "test": "--test", "split": "--split", "alpha": "--alpha", "floor": "--floor",
    "cap": "--cap", "max_held_out": "--max-held-out", "lock": "--lock",
}  # fmt: skip
"""Options that say how splits are drawn."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a command is given: a profile or manifests by name, and splits by name if they are."""

    names: Sequence[str]
    given: NamedManifests | None = None

    @property
    def manifests(self) -> list[str]:
        """The files that are read, for a progress bar."""
        return [*self.names, *(self.given.patterns if self.given else ())]


def read_inputs(
    command: str, words: Sequence[str], given: Sequence[str], whole: Sequence[str],
    faults: Sequence[Fault] = (),
) -> Inputs:  # fmt: skip
    """The inputs as typed; beside --given, further words may be NAME=MANIFEST too.

    ConfigError with every fault, `faults` among them where splits are given.
    """
    if given:
        more = [word for word in words if is_named(word)]
        names = [word for word in words if word not in more]
        return Inputs(names, parse_given([*given, *more], whole, [*faults, *_strangers(names)]))
    wrong = []
    if whole:
        wrong.append(Fault("--keep-whole", "applies to given splits only", FORM))
    if not words:
        hint = f"name a directory or manifests, or {FORM}"
        wrong.append(Fault(command, "no input is named", hint))
    raise_all(ConfigError, wrong)
    return Inputs(words)


def drawing_faults(context: typer.Context) -> list[Fault]:
    """A fault for each option that says how splits are drawn, if it was typed."""
    return [
        Fault(
            option,
            "applies to drawn splits, but the splits are given",
            f"leave {option} out, or --given",
        )
        for name, option in _DRAWN.items()
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]


def _strangers(names: Sequence[str]) -> list[Fault]:
    """What is not a profile beside given manifests."""
    if len(names) <= 1 and all((Path(name) / "records.parquet").is_file() for name in names):
        return []
    what = "is combined with --given but is not a profile directory"
    return [Fault(name, what, f"name its split: --given NAME={name}") for name in names]
