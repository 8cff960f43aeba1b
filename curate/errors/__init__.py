"""What goes wrong for a person: where, what, and how to fix it; all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Self


class Fault(NamedTuple):
    """One thing wrong with the input.

    `where` is `file`, `file:line` or an option's name; `what` says what is wrong; `hint` says
    what to do about it (may be empty where there is nothing sensible to say).
    """

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}"
        return f"{line}\n  hint: {self.hint}" if self.hint else line


class CurateError(Exception):
    """Base of every error meant for the user; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, *faults: Fault) -> None:
        assert faults, "an error must say what is wrong"
        self.faults: tuple[Fault, ...] = faults
        super().__init__("\n".join(str(fault) for fault in faults))

    @classmethod
    def of(cls, where: object, what: str, hint: str = "") -> Self:
        """Build the error for a single fault."""
        return cls(Fault(str(where), what, hint))


class GateFailed(CurateError):  # noqa: N818 - a gate is not an error: the outputs are written
    """A check that the user requested did not pass; outputs are written. Exit 1."""

    exit_code = 1


class ConfigError(CurateError):
    """Wrong usage or configuration: options, rule files, recipes, extras. Exit 2."""

    exit_code = 2


class InputError(CurateError):
    """Input that cannot be read at all. Exit 3."""

    exit_code = 3


def raise_all(kind: type[CurateError], faults: Sequence[Fault]) -> None:
    """Raise `kind` with every fault, or return where there is none."""
    if faults:
        raise kind(*faults)


_names: list[Callable[[str], str]] = [str]
"""How the fields of requests are called: by their own names, or as the options of a command."""


def parameter(field: str) -> str:
    """A field of a request by the name that the caller knows: `metrics`, or on a command line
    `--metrics`.
    """
    return _names[-1](field)


@contextmanager
def parameters_as(name: Callable[[str], str]) -> Iterator[None]:
    """Within, faults call the fields of requests by these names."""
    _names.append(name)
    try:
        yield
    finally:
        _names.pop()
