"""`curate rules calibrate`: limits proposed from the data, stratum by stratum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.base import RuleFile
from curate.artifacts.calibration import CalibratedStratum, Calibration, ProposedThreshold
from curate.artifacts.columns import (
    BYTE_LENGTH,
    BYTE_OFFSET,
    DURATION_US,
    LANG,
    LINE,
    SOURCE,
    SPEAKER,
    TRANSLATION,
    VERDICT,
)
from curate.environment.versions import versions
from curate.errors import ConfigError, parameter
from curate.profiles.named import LIBRARIES, hours
from curate.profiles.opened import Json
from curate.rules.evaluate import tag_batch
from curate.rules.expression import FIELDS
from curate.rules.file import RuleSet
from curate.whatif.classes import settled, settling
from curate.whatif.speaking_rate import (
    LEAST_ROWS,
    OUTLIER_DEVIATIONS,
    SpeakingRate,
    fit_speaking_rate,
)
from curate.whatif.stored import Stored, open_stored, records_at

MANY = 0.05
"""A rule that flags more of a stratum's hours than this is proposed with a warning."""
EXAMPLES = 2
"""Records shown in the file on either side of a threshold."""
LONGEST = 200
"""Characters of a text that may stand as an example."""
IMPRECISE_S = 0.5
"""Below this every rate is imprecise (rules/default.yaml: too_short)."""

_TEXTS = tuple(name for name, kind in FIELDS.items() if kind == "text")
_MEASURES = ("chars", "words", "duration_s")
_PLACES = (SOURCE, LINE, BYTE_OFFSET, BYTE_LENGTH, DURATION_US, LANG, SPEAKER)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ProposedLimit:
    """One threshold: what it flags, how much of that no rule for records flags, and examples."""

    name: str
    threshold: float
    rows: int
    us: int
    new_rows: int
    new_us: int
    examples: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one stratum; `speaking_rate` is None where too few or too uniform."""

    id: str
    value: str | None
    rows: int
    us: int
    speaking_rate: SpeakingRate | None
    sides: tuple[ProposedLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposals:
    """Proposals for each stratum, the largest first, with what people should know of them."""

    by: str
    base: RuleSet
    folder: Path
    threshold: float
    proposals: tuple[Proposal, ...]
    warnings: tuple[str, ...]


def propose_limits(
    folder: Path,
    base: RuleSet,
    by: str = LANG.name,
    threshold: float = OUTLIER_DEVIATIONS,
    least_rows: int = LEAST_ROWS,
) -> Proposals:
    """Learn the speaking rate of each stratum of `by` and propose where eval should end.

    Records that `base` calls bad, or of which a person has decided, teach nothing. Nothing is
    proposed that would loosen a rule of `base`: proposals come on top of it. InputError where
    `folder` is not a profile, ConfigError for a column by which no rule can be confined, and for
    metrics that the profile lacks.
    """
    if by not in _TEXTS:
        hint = f"rules can be confined to {', '.join(_TEXTS)}"
        raise ConfigError.of(parameter("by"), f"no rule can be confined to '{by}'", hint)
    stored = open_stored(folder, base)
    base = stored.adapted(base)
    rows = _tag_records(stored, base, by)
    strata = rows.group_by(by, maintain_order=True).agg(pl.len(), DURATION_US.expr.sum())
    order = strata.sort(DURATION_US.name, by, descending=[True, False], nulls_last=True)
    names = _ids(order[by].to_list())
    warnings: list[str] = []
    proposals = [
        _proposal(stored, rows.filter(pl.col(by).eq_missing(pl.lit(value))), each, warnings)
        for each, value in zip(
            _Stratum.each(names, order[by].to_list(), by, threshold, least_rows),
            order[by].to_list(),
            strict=True,
        )
    ]
    return Proposals(by, base, folder, threshold, tuple(proposals), tuple(dict.fromkeys(warnings)))


@dataclass(frozen=True, slots=True)
class _Stratum:
    id: str
    value: str | None
    by: str
    threshold: float
    least_rows: int

    @classmethod
    def each(
        cls, ids: Sequence[str], values: Sequence[str | None], *rest: Any
    ) -> Iterator[_Stratum]:
        for name, value in zip(ids, values, strict=True):
            yield cls(name, value, *rest)


def _tag_records(stored: Stored, base: RuleSet, by: str) -> pl.DataFrame:
    """Records with their verdict by the base rules, and whether they have a speaking rate."""
    places = [column.name for column in _PLACES]
    fixed = settling(stored.records)
    names = dict.fromkeys((*_MEASURES, *base.names, *places, by, TRANSLATION.name, *fixed))
    rows = pl.scan_parquet(stored.records).select(*names).collect()
    rows = rows.filter(pl.Series(settled(rows) == 0))
    columns = dict.fromkeys((*_MEASURES, *places, by, VERDICT.name, TRANSLATION.name))
    tagged = tag_batch(rows, base).select(*columns)
    spoken = (pl.col("words") > 0) & (pl.col("duration_s") >= IMPRECISE_S)
    return tagged.with_columns(measurable=spoken & ~TRANSLATION.expr)


def _proposal(
    stored: Stored, rows: pl.DataFrame, stratum: _Stratum, warnings: list[str]
) -> Proposal:
    us = int(rows[DURATION_US.name].sum())
    measurable = rows.filter(pl.col("measurable"))
    sound = measurable.filter(VERDICT.expr.cast(pl.String) != "bad")
    writable = stratum.value is None or _quoted(stratum.value) is not None
    few = sound.height < stratum.least_rows
    speaking_rate = (
        None if few or not writable else fit_speaking_rate(*_measures(sound), stratum.threshold)
    )
    if speaking_rate is None:
        return Proposal(stratum.id, stratum.value, rows.height, us, None)
    ratio = speaking_rate.ratio(*_measures(measurable))
    sides = (
        _Tail("fast", speaking_rate.fast, ratio, ratio >= speaking_rate.fast),
        _Tail("slow", speaking_rate.slow, ratio, ratio <= speaking_rate.slow),
    )
    thresholds = [_limit(stored, measurable, stratum.by, side, warnings) for side in sides]
    for limit in thresholds:
        if limit.us > MANY * us:
            share = limit.us / us
            warnings.append(
                f"{stratum.by} {stratum.value}: the {limit.name} threshold flags {share:.0%} of "
                "the hours: check the records before you use it"
            )
    return Proposal(stratum.id, stratum.value, rows.height, us, speaking_rate, tuple(thresholds))


def _measures(rows: pl.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    chars, duration_s = (rows[name].cast(pl.Float64).to_numpy() for name in ("chars", "duration_s"))
    return chars, duration_s


@dataclass(frozen=True, slots=True)
class _Tail:
    """One end of the speaking rates: its threshold, the ratio of each row, and what it flags."""

    name: str
    threshold: float
    ratio: npt.NDArray[np.float64]
    flagged: Mask

    def nearest(self, mask: Mask) -> list[int]:
        """Rows of the mask near the threshold, but not so near that rounding decides; many, since
        some texts are too long to be shown.
        """
        distance = np.abs(np.log(self.ratio / self.threshold))
        at = np.flatnonzero(mask & (distance > 1e-3))
        order = np.argsort(distance[at], kind="stable")
        nearest: list[int] = at[order[: 8 * EXAMPLES]].tolist()
        return nearest


def _limit(
    stored: Stored, rows: pl.DataFrame, by: str, side: _Tail, warnings: list[str]
) -> ProposedLimit:
    us, flagged = rows[DURATION_US.name].to_numpy(), side.flagged
    new = flagged & (rows[VERDICT.name].cast(pl.String) == "clean").to_numpy()
    near = [
        (verdict, at)
        for verdict, mask in (("borderline", flagged), ("clean", ~flagged))
        for at in side.nearest(mask)
    ]
    return ProposedLimit(
        name=side.name,
        threshold=side.threshold,
        rows=int(flagged.sum()),
        us=int(us[flagged].sum()),
        new_rows=int(new.sum()),
        new_us=int(us[new].sum()),
        examples=tuple(_examples(stored, rows, by, near, warnings)),
    )


def _examples(
    stored: Stored,
    rows: pl.DataFrame,
    by: str,
    near: Sequence[tuple[str, int]],
    warnings: list[str],
) -> Iterator[Json]:
    """The records as examples of a rule file, EXAMPLES of each verdict at most."""
    places = rows[[at for _, at in near]].with_row_index("_row").to_dicts()
    records, warned = records_at(stored, places)
    warnings.extend(warned)
    left = {"borderline": EXAMPLES, "clean": EXAMPLES}
    for (verdict, _), place in zip(near, places, strict=True):
        record = records.get(place["_row"], {})
        text = record.get("text")
        if left[verdict] and isinstance(text, str) and len(text) <= LONGEST and text.isprintable():
            left[verdict] -= 1
            known = {name: place[name] for name in (LANG.name, by) if place[name] is not None}
            yield {"text": text, "duration": record.get("duration"), **known, "verdict": verdict}


def where(by: str, value: str | None) -> str:
    """The condition that confines a rule to a stratum, and to records that have a speaking rate."""
    inside = (
        f"{by} is null" if value is None else f"{by} is not null and {by} in [{_quoted(value)}]"
    )
    return f"{inside} and translation == 0 and words > 0 and duration_s >= {IMPRECISE_S}"


def _quoted(value: str) -> str | None:
    """The value as a text of the rules' language; None where that cannot write it."""
    if not value.isprintable():
        return None
    return next((f"{mark}{value}{mark}" for mark in "'\"" if mark not in value), None)


def _ids(values: Sequence[str | None]) -> list[str]:
    """A distinct word for each stratum, fit to end a rule's id."""
    words: dict[str, None] = {}
    for value in values:
        word = re.sub(r"[^a-z0-9]+", "_", (value or "none").lower()).strip("_")[:40] or "other"
        taken = sum(1 for known in words if known == word or known.startswith(f"{word}__"))
        words[f"{word}__{taken + 1}" if taken else word] = None
    return list(words)


def as_artifact(
    proposed: Proposals, command: str, warnings: Sequence[str], written: Path | None
) -> Calibration:
    """What the command answers: the proposals, and the rule file where one was written."""
    base = proposed.base
    return Calibration(
        command=command,
        versions=versions(LIBRARIES),
        warnings=(*warnings, *proposed.warnings),
        profile=str(proposed.folder),
        by=proposed.by,
        threshold=proposed.threshold,
        base=RuleFile(name=base.name, path=str(base.path), sha256=base.sha256),
        strata=tuple(_stratum(each) for each in proposed.proposals),
        written=None if written is None else str(written),
    )


def _stratum(each: Proposal) -> CalibratedStratum:
    speaking_rate = each.speaking_rate
    low, middle, high = speaking_rate.quartiles if speaking_rate else (0.0, 0.0, 0.0)
    return CalibratedStratum(
        value=each.value,
        rows=each.rows,
        hours=hours(each.us),
        proposed=speaking_rate is not None,
        lead_s=speaking_rate.lead_s if speaking_rate else None,
        chars_per_s=round(1 / speaking_rate.char_s, 3) if speaking_rate else None,
        quartiles=(round(low, 4), round(middle, 4), round(high, 4)) if speaking_rate else None,
        thresholds=tuple(
            ProposedThreshold(
                side=side.name,
                at=side.threshold,
                rows=side.rows,
                hours=hours(side.us),
                new_rows=side.new_rows,
                new_hours=hours(side.new_us),
            )
            for side in each.sides
        ),
    )
