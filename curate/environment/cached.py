"""Properties that are computed once, without a lock.

`functools.cached_property` of Python 3.11 holds one lock for all objects of a class while it
computes: threads that each work on a batch of their own wait for one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["cached_property"]

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
