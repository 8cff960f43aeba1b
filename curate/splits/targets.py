"""How much of what each split should hold: sizes as typed, shrunk to what is there, per stratum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.errors import ConfigError, Fault, raise_all

LARGEST_SHARE: Mapping[str, float] = {"eval": 0.10, "test": 0.15}
"""At most this share of the clean hours becomes eval or test: training data come first. A corpus
of 200 clean hours or more meets the default 20 h and 30 h in full."""

ALPHA = 0.5
"""Strata get hours in proportion to H^ALPHA: 1 is proportional, 0 uniform."""

LARGEST_STRATUM_SHARE = 0.3
"""At most this share of a stratum's clean hours goes to one split."""

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(h|m|s)\Z")


def in_words(seconds: float) -> str:
    """A duration as people say it: 12.3 h, 4.5 min, 6.7 s."""
    if seconds >= 3600:
        return f"{seconds / 3600:.4g} h"
    return f"{seconds / 60:.3g} min" if seconds >= 60 else f"{seconds:.3g} s"


@dataclass(frozen=True, slots=True)
class Target:
    """One split's size: asked for, and aimed at once the corpus is known; seconds."""

    name: str
    asked_s: float
    target_s: float

    @property
    def shrunk(self) -> bool:
        """Whether the corpus is too small for what was asked."""
        return self.target_s < self.asked_s


@dataclass(frozen=True, slots=True)
class Targets:
    """Sizes of the splits to draw, by name."""

    asked_s: Mapping[str, float]

    @classmethod
    def parse(cls, sizes: Mapping[str, str]) -> Targets:
        """Read sizes such as 20h, 45m, 90s; ConfigError with every fault."""
        found = {name: _SIZE.match(size.strip()) for name, size in sizes.items()}
        raise_all(
            ConfigError,
            [
                Fault(f"--{name}", f"{sizes[name]!r} is no duration", "write 20h, 45m or 90s")
                for name, match in found.items()
                if match is None
            ],
        )
        return cls({n: float(m[1]) * _UNITS[m[2]] for n, m in found.items() if m is not None})

    def within(self, clean_s: float) -> list[Target]:
        """The targets that a corpus of so many clean seconds allows."""
        return [
            Target(name, asked, min(asked, LARGEST_SHARE.get(name, 0.10) * clean_s))
            for name, asked in self.asked_s.items()
        ]


def allocate(available: npt.NDArray[np.float64], target_s: float) -> npt.NDArray[np.float64]:
    """Seconds due from each stratum: in proportion to available^ALPHA, capped, sum = target_s.

    No stratum gives more than LARGEST_STRATUM_SHARE of what it has, as long as the others can
    make up for it; what a capped stratum cannot give is shared out among the rest.
    """
    caps = available * max(LARGEST_STRATUM_SHARE, target_s / max(available.sum(), 1e-9))
    due = np.zeros_like(available)
    free = available > 0
    while free.any() and target_s - due.sum() > 1e-9:
        weights = np.where(free, available**ALPHA, 0.0)
        due += (target_s - due.sum()) * weights / weights.sum()
        free &= due < caps
        due = np.minimum(due, caps)
    return due
