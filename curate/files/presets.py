"""Where the presets and word lists lie that come with this package."""

from __future__ import annotations

from pathlib import Path

TEXT_PRESETS = "text"
"""The folder among them that holds the presets of text rules."""


def presets_folder() -> Path:
    """The folder `rules` of a checkout, or its copy in an installed package."""
    package = Path(__file__).parents[1]
    in_wheel = package / "_rules"
    return in_wheel if in_wheel.is_dir() else package.parent / "rules"
