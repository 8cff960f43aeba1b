"""Which records have their audio analysed, and where it may lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.audio.paths import allowed_roots
from curate.errors import ConfigError, parameter
from curate.errors.nearest import absent

if TYPE_CHECKING:  # the model of a file, which is written at the end
    from curate.artifacts.profile_audio import AudioRequest

_SHARE = r"(\d+(?:\.\d+)?)\s*%"
_COUNT = r"\d{1,12}"


@dataclass(frozen=True, slots=True)
class Sample:
    """A part of the records: a share of them, or so many; None for the one that is not meant."""

    share: float | None = None
    rows: int | None = None

    @classmethod
    def parse(cls, text: str) -> Sample:
        """`5%` or `10000`; ConfigError else.

        >>> Sample.parse("2.5%").share, Sample.parse("300").rows
        (0.025, 300)
        """
        if (match := re.fullmatch(_SHARE, text.strip())) and 0 < float(match[1]) <= 100:
            return cls(share=float(match[1]) / 100)
        if re.fullmatch(_COUNT, text.strip()) and int(text) > 0:
            return cls(rows=int(text))
        what = f"{text!r} is not a valid sample size"
        raise ConfigError.of(parameter("audio.sample"), what, "write 5% or 10000")


@dataclass(frozen=True, slots=True)
class AudioOptions:
    """How audio is resolved and sampled.

    `root` is where relative paths begin (None: each manifest's own folder, as NeMo has it),
    `allowed` the roots that audio must lie in (empty: anywhere; symlinks resolved, see
    `allowed_roots`), `sample` the records whose audio is analysed (None: all).
    """

    root: Path | None = None
    allowed: tuple[Path, ...] = ()
    sample: Sample | None = None

    @classmethod
    def of(cls, root: Path | None, allowed: Sequence[Path], sample: str | None) -> AudioOptions:
        """The options of the command line; ConfigError for values that are not valid."""
        if root is not None and not root.is_dir():
            hint = absent(root).hint or "name a directory that exists"
            raise ConfigError.of(parameter("audio.root"), f"{root} is not a directory", hint)
        chosen = Sample.parse(sample) if sample else None
        return cls(root, allowed_roots(allowed), chosen)

    def recorded(self) -> AudioRequest:
        """What artifacts record of it: paths are absolute, for the next command to find."""
        sample = self.sample
        from curate.artifacts.profile_audio import AudioRequest

        return AudioRequest(
            root=str(self.root.absolute()) if self.root else None,
            allowed=tuple(str(root) for root in self.allowed),
            sample=(sample.share or sample.rows) if sample else None,
        )
