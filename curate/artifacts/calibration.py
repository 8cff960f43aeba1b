"""What `curate rules calibrate --json` answers: limits proposed for each stratum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, RuleFile, SchemaId
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import hours


class ProposedThreshold(Model):
    """A proposed limit on one `side` (fast or slow): what it flags, and of that what no rule for
    records flags (`new`).
    """

    side: str
    at: float
    rows: int
    hours: float
    new_rows: int
    new_hours: float


class CalibratedStratum(Model):
    """A stratum and what is proposed for it; `value` is null where none is declared.

    Of a stratum that is too small or too uniform nothing is proposed: `lead_s`, `chars_per_s` and
    `quartiles` are null, and there are no thresholds.
    """

    value: str | None
    rows: int
    hours: float
    proposed: bool
    lead_s: float | None
    chars_per_s: float | None
    quartiles: tuple[float, float, float] | None
    thresholds: tuple[ProposedThreshold, ...]


class Calibration(CommandArtifact):
    """Limits proposed for each stratum of a profile, beside the rules `base`. `written` is the rule
    file that was written, null where none was named.
    """

    made_by: ClassVar[str] = "curate rules calibrate"

    schema_id: SchemaId[Literal["curate.calibration/1"]] = "curate.calibration/1"
    profile: str
    by: str
    threshold: float
    base: RuleFile
    strata: tuple[CalibratedStratum, ...]
    written: str | None

    def headline(self) -> str:
        """For how many strata limits are proposed."""
        proposed = sum(each.proposed for each in self.strata)
        total = f"{proposed} of {len(self.strata)} values of {self.by}"
        return f"Calibration of {self.base.name} on {self.profile}: limits for {total}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The speaking rate of each stratum, and the thresholds."""
        head = (self.by, "rows", "hours", "lead", "chars/s", "fast from", "slow to")
        yield HtmlTable(head, [_stratum_row(each) for each in self.strata if each.proposed])


def _stratum_row(each: CalibratedStratum) -> tuple[str, ...]:
    amounts = (f"{each.rows:,}", hours(each.hours))
    rates = (f"{each.lead_s or 0.0:g} s", f"{each.chars_per_s or 0.0:.1f}")
    limits = (f"{limit.at:g} ({limit.new_rows:,} new rows)" for limit in each.thresholds)
    return (each.value or "(none)", *amounts, *rates, *limits)
