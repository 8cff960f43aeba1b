"""Warnings about one input each that are equal, or alike, but for its name: each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from curate.formatting.alike import without_name, without_numbers
from curate.formatting.units import first_and_more, plural

MARK = ": "
SHOWN = 3
"""Warnings that differ in amounts which are shown one by one, and inputs that are named of more."""


class _About(NamedTuple):
    """A warning: the input that it begins with ("": none), and what it says of it."""

    name: str
    rest: str


def grouped(warnings: Iterable[str], names: Iterable[str]) -> list[str]:
    """The warnings in their order; those that begin with the names of inputs and are equal behind
    them stand at the first, with a count. Of those that differ in numbers too the first SHOWN stand
    there, and then how many others there are.

    >>> grouped(["a: empty", "b: odd", "c: empty"], ["a", "b", "c"])
    ['a and 1 more input: empty', 'b: odd']
    >>> grouped([f"{name}: {at} rows are late" for at, name in enumerate("abcde")], "abcde")[2:]
    ['c: 2 rows are late', 'so it is with 2 more inputs: d, e']
    """
    known = frozenset(names)
    equal: dict[tuple[bool, str], list[_About]] = {}
    for about in (next(_cuts(warning, known), _About("", warning)) for warning in warnings):
        key = without_name(about.rest, about.name) if about.name else about.rest
        equal.setdefault((bool(about.name), key), []).append(about)
    alike: dict[tuple[bool, str], list[list[_About]]] = {}
    for (is_of_input, key), those in equal.items():
        shape = without_numbers(key) if is_of_input else key
        alike.setdefault((is_of_input, shape), []).append(those)
    return [line for groups in alike.values() for line in _lines(groups)]


def _lines(groups: list[list[_About]]) -> Iterator[str]:
    """Warnings that are alike, those that are equal together."""
    for those in groups[:SHOWN]:
        names, rest = [about.name for about in those], those[0].rest
        yield f"{first_and_more(names, 'input')}{MARK}{rest}" if names[0] else rest
    others = [about.name for those in groups[SHOWN:] for about in those]
    if others:
        named = ", ".join(others[:SHOWN]) + (", ..." if len(others) > SHOWN else "")
        yield f"so it is with {plural(len(others), 'more input')}: {named}"


def _cuts(warning: str, known: frozenset[str]) -> Iterator[_About]:
    """The name of an input that a warning begins with, and the rest."""
    at = warning.find(MARK)
    while at >= 0:
        if warning[:at] in known:
            yield _About(warning[:at], warning[at + len(MARK) :])
        at = warning.find(MARK, at + 1)
