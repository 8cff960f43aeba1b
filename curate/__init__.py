"""Data quality and manifest curation for speech recognition.

>>> import curate
>>> curate.measure({"audio_filepath": ["a.wav"], "duration": [2.0], "text": ["two words"]})[
...     "char_rate"
... ].to_list()
[4.5]

Everything here is loaded when it is first asked for, so that `import curate` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.api.frames import apply_rules, measure
    from curate.api.profile import (
        AudioOptions,
        MeasureOptions,
        Profile,
        ProfileRequest,
        ReadOptions,
        RuleOptions,
        profile,
        read_profile,
    )
    from curate.api.rules import RuleSet, load_rules

_MODULES = {
    "frames": ("apply_rules", "measure"),
    "profile": (
        *("AudioOptions", "MeasureOptions", "Profile", "ProfileRequest", "ReadOptions"),
        *("RuleOptions", "profile", "read_profile"),
    ),
    "rules": ("RuleSet", "load_rules"),
}
"""The names that the modules of curate.api offer."""

_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AudioOptions",
    "MeasureOptions",
    "Profile",
    "ProfileRequest",
    "ReadOptions",
    "RuleOptions",
    "RuleSet",
    "apply_rules",
    "load_rules",
    "measure",
    "profile",
    "read_profile",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'curate' has no attribute {name!r}")
    return getattr(import_module(f"curate.api.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
