"""The text rules of an origin. Few have any, so what applies them is loaded only then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from curate.manifest.origin import Origin, Portion
    from curate.text_rules import NamedTextRules

ROLE: Final = "text_rules"
"""Where an origin keeps the name and the content of its text rules."""
RESTORE: Final = "restore"
"""In place of a name: texts are put back as they were before any rules."""


def as_role(named: NamedTextRules | None, restore: bool) -> Mapping[str, Sequence[str]]:
    """Text rules as an origin keeps them."""
    if restore:
        return {ROLE: (RESTORE,)}
    return {} if named is None else {ROLE: (named.name, named.content)}


def named_rules_of(origin: Origin) -> NamedTextRules | None:
    """The text rules of an origin; None where it has none."""
    named = origin.beside.get(ROLE, ())
    if len(named) != 2:
        return None
    from curate.text_rules import NamedTextRules

    return NamedTextRules(*named)


def cleaned(read: Callable[[Origin], Iterator[Portion]]) -> Callable[[Origin], Iterator[Portion]]:
    """A format's `read` with the text rules of the origin."""

    def read_cleaned(origin: Origin) -> Iterator[Portion]:
        if ROLE not in origin.beside:
            yield from read(origin)
            return
        from curate.manifest.text_restored import restored
        from curate.manifest.text_rules import clean

        named = named_rules_of(origin)
        rules = None if named is None else named.rules()
        restores = origin.beside[ROLE] == (RESTORE,)
        for portion in read(origin):
            if rules is not None:
                portion = clean(portion, rules)
            yield restored(portion) if restores else portion

    return read_cleaned
