"""Faults of many inputs that are alike but for their names, as texts for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curate.errors import Fault
from curate.formatting.alike import without_name

MOST = 4
"""So many alike faults are printed one by one."""
NAMED = 3
"""Places that are named of those that are not printed."""


def alike_together(faults: Sequence[Fault]) -> Iterator[str]:
    r"""The faults in their order; of more than MOST that are alike but for their places the first,
    with the number of the others.

    >>> list(alike_together([Fault(f"{at}.wav", "is audio", f"see {at}.txt") for at in range(9)]))
    ['0.wav: is audio\n  hint: see 0.txt\n  and 8 more: 1.wav, 2.wav, 3.wav, ...']
    """
    alike: dict[str, list[Fault]] = {}
    for fault in faults:
        alike.setdefault(without_name(f"{fault.what}\n{fault.hint}", fault.where), []).append(fault)
    for those in alike.values():
        if len(those) <= MOST:
            yield from map(str, those)
            continue
        first, *others = those
        named = ", ".join(each.where for each in others[:NAMED])
        more = ", ..." if len(others) > NAMED else ""
        yield f"{first}\n  and {len(others):,} more: {named}{more}"
