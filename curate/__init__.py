"""Data quality and manifest curation for speech recognition.

>>> import curate
>>> curate.measure({"audio_filepath": ["a.wav"], "duration": [2.0], "text": ["two words"]})[
...     "char_rate"
... ].to_list()
[4.5]

Everything here is loaded when it is first asked for, so that `import curate` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.api import Profile, judge, measure, profile, read_profile

__all__ = ["Profile", "judge", "measure", "profile", "read_profile"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'curate' has no attribute {name!r}")
    from curate import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
