"""The sentences of the example corpus: two small grammars, one per language."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import product


def _all(*parts: str) -> tuple[str, ...]:
    return tuple(" ".join(words) for words in product(*(part.split("|") for part in parts)))


def _inside(adjectives: str, nouns: str) -> tuple[str, ...]:
    """German: the adjective goes between the article and the noun."""
    pairs = product(adjectives.split("|"), (noun.split() for noun in nouns.split("|")))
    return tuple(f"{article} {adjective} {noun}" for adjective, (article, noun) in pairs)


# A sentence is one shape filled with one phrase per slot. The two vocabularies are small enough
# for a toy model to learn.
EN_WHO = "dog|cat|bird|child|teacher|friend"
EN_THING = "house|boat|tree|door|letter"
DE_WHO = "der hund|der lehrer|der vogel|die katze|die frau|das kind|das mädchen"
DE_THING = "die brücke|die tür|die blume|das haus|das boot|das buch"
DE_WHERE = "am fluss|hinter dem hügel|unter dem baum|im garten|am bahnhof"
PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "who": _all("the|my|your", EN_WHO),
        "old_who": _all("the|my|your", "old|young|small|quiet", EN_WHO),
        "sleeps": _all("sleeps|sings|waits|runs|swims"),
        "sees": _all("sees|finds|likes|paints"),
        "thing": _all("the", EN_THING),
        "red_thing": _all("the|a", "red|blue|green|big", EN_THING),
        "when": _all("today|now|again|slowly"),
        "where": _all(
            "near the river|behind the church|under the bridge|in the garden|at the station"
        ),
    },
    "de": {
        "who": _all(DE_WHO),
        "old_who": _inside("alte|junge|kleine|stille", DE_WHO),
        "sleeps": _all("schläft|singt|wartet|läuft|schwimmt"),
        "sees": _all("sieht|findet|mag|malt"),
        "thing": _all(DE_THING),
        "red_thing": _inside("rote|blaue|grüne|große", DE_THING),
        "when": _all("heute|jetzt|wieder|langsam"),
        "where": _all(DE_WHERE),
    },
}
# The first is the shortest, the last the longest; they take turns, so that durations spread.
SHAPES = {
    "en": (
        "who sleeps",
        "old_who sees red_thing",
        "who sleeps when",
        "who sees thing where",
        "old_who sleeps",
        "when old_who sleeps where",
        "who sleeps where",
        "old_who sees red_thing when",
    ),
    "de": (
        "who sleeps when",
        "old_who sees red_thing",
        "old_who sleeps",
        "who sees thing where",
        "who sees red_thing",
        "when sleeps old_who where",
        "who sleeps where",
        "old_who sees red_thing when",
    ),
}
GERMAN_NOUNS = frozenset(
    phrase.split()[-1] for phrase in (DE_WHO + "|" + DE_THING + "|" + DE_WHERE).split("|")
)


def rank(key: str) -> bytes:
    """A stable pseudo-random sort key."""
    return blake2b(key.encode(), digest_size=8).digest()


class Texts:
    """Hands out sentences of a language, each once."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._turn = 0
        self._left = [sorted(self._fill(shape), key=rank) for shape in SHAPES[lang]]

    def _fill(self, shape: str) -> Iterator[str]:
        phrases = PHRASES[self._lang]
        return (" ".join(words) for words in product(*(phrases[slot] for slot in shape.split())))

    def next(self) -> str:
        """The next sentence; the shapes take turns."""
        self._turn += 1
        return self._left[self._turn % len(self._left)].pop()

    def longest(self) -> str:
        """A sentence of the longest shape."""
        return self._left[-1].pop()

    def shortest(self) -> str:
        """A sentence of the shortest shape."""
        return self._left[0].pop()


def punctuated(text: str, lang: str) -> str:
    """A sentence with its capitals and full stop."""
    words = text.split()
    if lang == "de":
        words = [word.capitalize() if word in GERMAN_NOUNS else word for word in words]
    return " ".join([words[0].capitalize(), *words[1:]]) + "."
