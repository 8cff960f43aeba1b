"""What the top of a page is made of: a sentence, alerts, and advice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from markupsafe import Markup

from curate.artifacts.ledger import Ledger
from reports.transcripts import visible

NEW_LINE = Markup(" <br>")
"""Between the points of an advice."""
Level = Literal["fault", "warning", "note"]
MUCH_WORSE = 2.0
"""Times an expected figure from which on an alert names it."""
_ORDER: tuple[Level, ...] = ("fault", "warning", "note")


class Alert(NamedTuple):
    """Something a reader must not miss."""

    level: Level
    what: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence with the verdict; alerts, worst first; `calm` is shown where there are none.

    `advice` says what stands out and what to do next; None where nothing does.
    """

    sentence: Markup
    alerts: Sequence[Alert]
    calm: str = ""
    advice: Markup | None = None

    @property
    def points(self) -> list[Markup]:
        """The advice, a point at a time."""
        return self.advice.split(NEW_LINE) if self.advice else []


def line(text: str, *values: str) -> Markup:
    """A sentence with values in it, as a page prints them; the text is markup, a constant."""
    return Markup(text).format(*map(visible, values))  # noqa: S704 - the pattern is a constant


def made(
    sentence: Markup, alerts: Iterable[Alert], calm: str, advice: Markup | None = None
) -> Headline:
    """A headline with its alerts in the order of their weight."""
    ordered = sorted(alerts, key=lambda alert: _ORDER.index(alert.level))
    return Headline(sentence, ordered, calm, advice)


def ledger_alerts(ledger: Ledger | None) -> list[Alert]:
    """The fault of a ledger that does not balance."""
    if ledger is None or ledger.balanced:
        return []
    what = "The ledger does not balance: rows, bytes or hours went in that came out nowhere."
    return [Alert("fault", what)]
