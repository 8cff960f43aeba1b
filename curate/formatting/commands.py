"""A command line with other values of its options, to be copied."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple


class Option(NamedTuple):
    """An option with its value. Of an option that is repeated, `key` begins the value that this one
    takes the place of, such as `dev=` of `--split dev=1h`. A switch has no value.
    """

    name: str
    value: str | None = None
    key: str = ""

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name} {self.value}"


def with_options(command: str, options: Sequence[Option]) -> str:
    """The command with these options, in the place of those that it has, else at its end.

    >>> with_options("curate split p --eval=20h --out s", [Option("--eval", "1m")])
    'curate split p --eval 1m --out s'
    >>> with_options("curate split p --out s -- -x", [Option("--resplit")])
    'curate split p --out s --resplit -- -x'
    """
    words = shlex.split(command)
    end = words.index("--") if "--" in words else len(words)
    before, behind = words[:end], words[end:]
    for option in options:
        before = _replaced(before, option)
    return shlex.join([*before, *behind])


def option_value(command: str, name: str) -> str | None:
    """The value that a command gives an option; None where it does not.

    >>> option_value("curate profile m --rules=a.yaml --out p", "--rules")
    'a.yaml'
    >>> option_value("curate profile m --out p -- --rules x", "--rules") is None
    True
    """
    words = shlex.split(command)
    words = words[: words.index("--")] if "--" in words else words
    for word, value in zip(words, [*words[1:], ""], strict=True):
        if word == name:
            return value
        if word.startswith(f"{name}="):
            return word.removeprefix(f"{name}=")
    return None


def _replaced(words: Sequence[str], option: Option) -> list[str]:
    new = [option.name] if option.value is None else [option.name, option.value]
    others: list[str] = []
    place, at = None, 0
    while at < len(words):
        taken = _taken(words[at:], option)
        if taken:
            place = len(others)  # of an option that is given twice the last one counts
        else:
            others.append(words[at])
        at += max(taken, 1)
    place = len(others) if place is None else place
    return [*others[:place], *new, *others[place:]]


def _taken(words: Sequence[str], option: Option) -> int:
    """How many of the first words are this option: the name with its value, in one or two words."""
    name, is_switch = option.name, option.value is None
    if words[0] == name:
        if is_switch:
            return 1
        return 2 if len(words) > 1 and words[1].startswith(option.key) else 0
    return int(not is_switch and words[0].startswith(f"{name}={option.key}"))
