"""What is computed once: properties without a lock, and what a function makes with one.

`functools.cached_property` of Python 3.11 holds one lock for all objects of a class while it
computes: threads that each work on a batch of their own wait for one another. `functools.cache`
holds none: threads that begin together each make the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

__all__ = ["cached_property", "once"]

Made = TypeVar("Made")


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    """The function that returns what `make` made at its first call, for which all threads wait.

    >>> table = once(lambda: print("made") or "a table")
    >>> table(), table()
    made
    ('a table', 'a table')
    """
    making, made = Lock(), list[Made]()

    @wraps(make)
    def get() -> Made:
        if not made:
            with making:
                if not made:
                    made.append(make())
        return made[0]

    return get


if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 - it stands where functools' own would
        """A property that keeps its value. An object of several threads may compute it twice.

        >>> class Half:
        ...     @cached_property
        ...     def value(self):
        ...         print("computed")
        ...         return 0.5
        >>> half = Half()
        >>> half.value, half.value
        computed
        (0.5, 0.5)
        """

        def __init__(self, compute) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner, name) -> None:
            self._name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._compute(instance)
            return value
