"""The command that was typed: a hint that names a whole command keeps its inputs and options."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Self, TypeAlias

OptionWords: TypeAlias = tuple[str, ...]
"""An option as it is typed: its name, and its value where it takes one."""


class TypedCommand(NamedTuple):
    """A command as it was typed: `name` is `curate manifest`, and `known` are the names of all
    options that it takes, of which `repeatable` ones may be given several times.
    """

    name: str
    inputs: Sequence[str]
    options: Sequence[OptionWords]
    known: frozenset[str]
    repeatable: frozenset[str]

    def completed(self, options: Sequence[OptionWords]) -> Self | None:
        """The command with these options too, where it lacks them, and in place of other values;
        None where it does not take one of them.

        >>> typed = TypedCommand("curate manifest", ["a.csv"], [("--out", "m.jsonl")],
        ...     frozenset({"--out", "--cast"}), frozenset())
        >>> str(typed.completed([("--cast",)]))
        'curate manifest a.csv --out m.jsonl --cast'
        """
        if not {words[0] for words in options} <= self.known:
            return None
        missing = [each for each in options if not self._has(each)]
        changed = {words[0] for words in missing} - self.repeatable
        others = [words for words in self.options if words[0] not in changed]
        return self._replace(options=[*others, *missing])

    def _has(self, option: OptionWords) -> bool:
        """Whether an option stands there with this value, be it among others after a comma."""
        name, *values = option
        texts = [words[1] for words in self.options if words[0] == name and len(words) > 1]
        is_there = any(values[0] in (text, *text.split(",")) for text in texts) if values else False
        return option in self.options or is_there

    def __str__(self) -> str:
        words = [word for option in self.options for word in option]
        return shlex.join([*self.name.split(), *self.inputs, *words])


_typed: list[Callable[[], TypedCommand | None]] = [lambda: None]


@contextmanager
def typed_as(command: Callable[[], TypedCommand | None]) -> Iterator[None]:
    """Within, this is the command that was typed."""
    _typed.append(command)
    try:
        yield
    finally:
        _typed.pop()


def typed_command() -> TypedCommand | None:
    """The command that was typed; None where the library is called otherwise."""
    return _typed[-1]()
