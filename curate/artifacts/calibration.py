"""What `curate rules calibrate --json` answers: limits proposed for each stratum."""

from __future__ import annotations

from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, RuleFile, SchemaId


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
    """What `--json` answers (no directory holds it): limits for each stratum of a profile, beside
    the rules `base`. `written` is the rule file that was written, null where none was named.
    """

    file: ClassVar[str] = "calibration.json"
    made_by: ClassVar[str] = "curate rules calibrate"

    schema_id: SchemaId[Literal["curate.calibration/1"]] = "curate.calibration/1"
    profile: str
    by: str
    threshold: float
    base: RuleFile
    strata: tuple[CalibratedStratum, ...]
    written: str | None
