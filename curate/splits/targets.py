"""How much of what each split should hold: sizes as typed, shrunk to what is there, per stratum."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from curate.errors import ConfigError, Fault, parameter, raise_all

LARGEST_SHARE: Mapping[str, float] = {"eval": 0.10, "test": 0.15}
"""At most this share of the clean hours becomes eval or test: training data come first. A corpus
of 200 clean hours or more meets the default 20 h and 30 h in full."""
OTHER_SHARE = 0.10
"""The same for any other split that is named."""
DEFAULT_CAP = 0.3
"""Up to this cap these shares hold; a higher one raises them in proportion until it is filled."""

DEFAULT_SIZES: Mapping[str, str] = {"eval": "20h", "test": "30h"}

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(h|m|s)\Z")
_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")
TAKEN_NAMES = frozenset(
    {
        "train",
        "rejected",
        "untranscribed",
        "skipped",
        "malformed",
        "held_out",
        "eval_borderline",
        "ledger",
    }
)

HOURS, BALANCE, SPEAKERS = "hours", "balance", "speakers"
PREFERENCES = (HOURS, BALANCE, SPEAKERS)
"""What a split may be best in: its size with many small groups, its likeness in strata, or its
effective number of groups."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AllocationOptions:
    """How the hours of splits are allocated.

    Strata get hours in proportion to H^`alpha` (1 is proportional, 0 uniform), at least `floor_s`
    seconds each, so that they can be measured, and at most `cap` of what they have, over all
    splits. A cap above DEFAULT_CAP also raises the share of the clean hours that each split may
    have (LARGEST_SHARE). At most `max_held_out` of the usable hours may be held out to keep splits
    apart. `prefer` is what counts most where whole groups do not allow all at once (PREFERENCES).
    """

    alpha: float = 0.5
    floor_s: float = 600.0
    cap: float = DEFAULT_CAP
    max_held_out: float = 0.05
    prefer: str = HOURS

    @classmethod
    def parse(
        cls, alpha: float, floor: str, cap: float, max_held_out: str, prefer: str = HOURS
    ) -> AllocationOptions:
        """Read the options; ConfigError with every fault."""
        floor_s, held = size_s(floor), _percent(max_held_out)
        wrong = (
            (not 0 <= alpha <= 1, "alpha", f"{alpha:g} is not within 0 and 1",
             "1 is proportional, 0 uniform"),
            (floor_s is None, "floor", f"{floor!r} is not a duration", "write 10m, 90s or 0h"),
            (not 0 < cap <= 1, "cap", f"{cap:g} is not a share", "write a number such as 0.3"),
            (held is None, "max_held_out", f"{max_held_out!r} is not a share of hours",
             "write 5% or 0.05"),
            (prefer not in PREFERENCES, "prefer", f"{prefer!r} is no preference",
             f"write {', '.join(PREFERENCES[:-1])} or {PREFERENCES[-1]}"),
        )  # fmt: skip
        faults = [Fault(parameter(field), *about) for bad, field, *about in wrong if bad]
        raise_all(ConfigError, faults)
        return cls(alpha, floor_s or 0.0, cap, held or 0.0, prefer)


def size_s(text: str) -> float | None:
    """Seconds of a size such as 20h, 45m, 90s; None where it is none."""
    match = _SIZE.match(text.strip())
    return float(match[1]) * _UNITS[match[2]] if match else None


def _percent(text: str) -> float | None:
    match = re.match(r"(\d+(?:\.\d+)?)(%?)\Z", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else None
    return value if value is not None and value <= 1 else None


@dataclass(frozen=True, slots=True)
class Target:
    """One split's size: requested, and aimed at once the corpus is known; seconds."""

    name: str
    requested_s: float
    target_s: float

    @property
    def shrunk(self) -> bool:
        """Whether the corpus is too small for what was requested."""
        return self.target_s < self.requested_s


@dataclass(frozen=True, slots=True)
class Targets:
    """Sizes of the splits to draw, by name, and how their hours are allocated."""

    requested_s: Mapping[str, float]
    allocation: AllocationOptions = field(default_factory=AllocationOptions)

    @property
    def names(self) -> list[str]:
        """The splits beside train."""
        return list(self.requested_s)

    @classmethod
    def parse(
        cls, sizes: Mapping[str, str], allocation: AllocationOptions | None = None
    ) -> Targets:
        """Read sizes such as 20h, 45m, 90s (0h for no such split); ConfigError with every fault."""
        seconds = {name: size_s(size) for name, size in sizes.items()}
        faults = [
            Fault(parameter(name), f"{sizes[name]!r} is not a duration", "write 20h, 45m or 90s")
            for name, size in seconds.items()
            if size is None
        ]
        raise_all(ConfigError, faults)
        return cls(
            {name: size for name, size in seconds.items() if size},
            allocation or AllocationOptions(),
        )

    @classmethod
    def named(
        cls, sizes: Mapping[str, str], splits: list[str], allocation: AllocationOptions
    ) -> Targets:
        """The sizes of eval and test, and further splits written NAME=SIZE."""
        pairs = [text.partition("=") for text in splits]
        names, option = [name for name, _, _ in pairs], parameter("split")
        faults = [
            Fault(option, f"{text!r} {what}", f"write {option} NAME=20h, a new name each")
            for text, (name, mark, size) in zip(splits, pairs, strict=True)
            for what in _naming_faults(name, mark, size, [*sizes, *names])
        ]
        raise_all(ConfigError, faults)
        return cls.parse({**sizes, **{name: size for name, _, size in pairs}}, allocation)

    def within(self, clean_s: float) -> list[Target]:
        """The targets that a corpus of so many clean seconds allows, in the order of drawing."""
        cap = self.allocation.cap
        is_raised = cap > DEFAULT_CAP and clean_s > 0
        raised = _raised(self.requested_s, cap * clean_s, clean_s) if is_raised else 1.0
        allowed = {
            name: min(size, raised * share_of(name) * clean_s)
            for name, size in self.requested_s.items()
        }
        scale = min(1.0, cap * clean_s / max(sum(allowed.values()), 1e-9))
        return [
            Target(name, self.requested_s[name], scale * allowed[name])
            for name in sorted(allowed, key=drawing_order)
        ]


def share_of(name: str) -> float:
    """The largest share of the clean hours that a split has at the default cap."""
    return LARGEST_SHARE.get(name, OTHER_SHARE)


def is_default(name: str, seconds: float) -> bool:
    """Whether a size is the one that a split has where none is typed."""
    return seconds == size_s(DEFAULT_SIZES.get(name, ""))


def _raised(requested_s: Mapping[str, float], room_s: float, clean_s: float) -> float:
    """By how much the shares of splits are raised until all splits together fill `room_s`; what a
    small one does not need is the others'.
    """
    needed = {name: size / (share_of(name) * clean_s) for name, size in requested_s.items()}
    names = sorted(needed, key=lambda name: needed[name])
    for at, name in enumerate(names):
        left_s = room_s - sum(requested_s[each] for each in names[:at])
        raised = left_s / (clean_s * sum(share_of(each) for each in names[at:]))
        if needed[name] > raised:
            return raised
    return math.inf


def drawing_order(name: str) -> tuple[int, str]:
    """The final test is drawn first: it has the first claim on rare strata; then eval."""
    return {"test": 0, "eval": 1}.get(name, 2), name


def _naming_faults(name: str, mark: str, size: str, names: list[str]) -> list[str]:
    if not mark or size_s(size) is None:
        return ["is not NAME=SIZE"]
    if not _NAME.match(name):
        return ["has a name that cannot be a file's: small letters, digits, - and _"]
    if name in TAKEN_NAMES or names.count(name) > 1:
        return ["has a name that is taken"]
    return []


def allocate(
    available: Floats, target_s: float, allocation: AllocationOptions | None = None
) -> Floats:
    """Seconds due from each stratum: x * available^alpha within floor and cap, sum = target_s.

    No stratum gives more than `cap` of what it has, as long as the others can make up for it.
    Floors take at most half of the target: beyond that a split of many strata would be nothing
    but floors.
    """
    allocation = allocation or AllocationOptions()
    caps: Floats = available * max(allocation.cap, target_s / max(available.sum(), 1e-9))
    floors = np.minimum(allocation.floor_s, caps)
    floors *= min(1.0, 0.5 * target_s / max(floors.sum(), 1e-9))
    weights = np.where(available > 0, available**allocation.alpha, 0.0)
    there = weights > 0
    turns = np.unique(np.concatenate([bound[there] / weights[there] for bound in (floors, caps)]))
    if not turns.size or target_s >= caps.sum():
        return caps

    def given(x: float) -> Floats:
        due: Floats = np.clip(x * weights, floors, caps)
        return due

    # The sum grows with x, along a straight line between two turns: find them, then the place.
    at = bisect_left(turns, target_s, lo=1, hi=turns.size - 1, key=lambda x: given(x).sum())
    sums = [float(given(turns[side]).sum()) for side in (at - 1, at)]
    way = (target_s - sums[0]) / max(sums[1] - sums[0], 1e-300)
    low, high = given(turns[at - 1]), given(turns[at])
    due: Floats = low + (high - low) * min(1.0, max(0.0, way))
    return due
