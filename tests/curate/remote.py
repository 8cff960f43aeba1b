"""Functions for the workers of a cluster, which cannot import a test's module."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TypeVar

Task = TypeVar("Task", bound=Callable[..., object])


def by_value(function: Task) -> Task:
    """The function, travelling with its code; it imports what it needs in its body."""
    assert isinstance(function, FunctionType)
    builtins = {"__builtins__": __builtins__}
    return FunctionType(function.__code__, builtins, function.__name__)  # type: ignore[return-value]
