"""GUARANTEES: the statements of guarantees.yaml, and the tests that they name."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A statement: who makes it, what is checked, what is reported if the check cannot be made.

    `tests` are pytest ids of tests that fail if the statement is false.
    """

    area: str
    statement: str
    stated_by: str
    checked: str
    otherwise: str
    tests: tuple[str, ...]


def read_guarantees(path: Path) -> tuple[Guarantee, ...]:
    """The statements of a file, by area. TypeError for an entry that lacks a key."""
    areas = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Guarantee(area, **{**entry, "tests": tuple(entry["tests"])})
        for area, entries in areas.items()
        for entry in entries
    )


GUARANTEES = read_guarantees(Path(__file__).with_suffix(".yaml"))


@cache
def tests_of(path: Path) -> frozenset[str]:
    """The names of the tests in a file; none if it does not exist."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def missing_tests(guarantees: tuple[Guarantee, ...] = GUARANTEES) -> list[str]:
    """Tests that a guarantee names and that do not exist; and guarantees that name none."""
    lost = [f"{each.statement}: names no test" for each in guarantees if not each.tests]
    for each in guarantees:
        for test in each.tests:
            file, _, name = test.partition("::")
            if name not in tests_of(ROOT / file):
                lost.append(f"{each.statement}: no test {test}")
    return lost
