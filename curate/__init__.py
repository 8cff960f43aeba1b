"""Data quality and manifest curation for speech recognition.

>>> import curate
>>> curate.measure({"audio_filepath": ["a.wav"], "duration": [2.0], "text": ["two words"]})[
...     "char_rate"
... ].to_list()
[4.5]

Everything here is loaded at its first use, so that `import curate` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.api.audit import Audit, AuditRequest, audit
    from curate.api.calibrate import CalibrateRequest, Calibration, calibrate
    from curate.api.compare import Compare, CompareRequest, compare_rules
    from curate.api.diff import Diff, diff
    from curate.api.explain import ExplainRequest, Explanation, explain
    from curate.api.explore import Explorer, explore
    from curate.api.frames import apply_rules, measure
    from curate.api.look import head, query, sample
    from curate.api.manifest import ManifestWritten, write_manifest
    from curate.api.profile import (
        AudioOptions,
        MeasureOptions,
        Profile,
        ProfileRequest,
        ReadOptions,
        RuleOptions,
        merge,
        profile,
        read_profile,
    )
    from curate.api.reconsider import Reconsider, reconsider
    from curate.api.review import ReviewOptions
    from curate.api.rules import RuleSet, load_rules
    from curate.api.select import Selection, select
    from curate.api.shard import (
        ShardIndex,
        ShardOptions,
        ShardRequest,
        ShardSize,
        StoredAudio,
        Verification,
        VerifyRequest,
        shard,
        verify_shards,
    )
    from curate.api.split import (
        AllocationOptions,
        LineMarks,
        NamedManifests,
        Split,
        SplitRequest,
        Targets,
        read_split,
        split,
    )
    from curate.api.what_if import WhatIf, WhatIfRequest, what_if
    from curate.api.words import WordCounts, count_words

_MODULES = {
    "audit": ("Audit", "AuditRequest", "audit"),
    "calibrate": ("CalibrateRequest", "Calibration", "calibrate"),
    "compare": ("Compare", "CompareRequest", "compare_rules"),
    "diff": ("Diff", "diff"),
    "explain": ("ExplainRequest", "Explanation", "explain"),
    "explore": ("Explorer", "explore"),
    "frames": ("apply_rules", "measure"),
    "look": ("head", "query", "sample"),
    "manifest": ("ManifestWritten", "write_manifest"),
    "profile": (
        *("AudioOptions", "MeasureOptions", "Profile", "ProfileRequest", "ReadOptions"),
        *("RuleOptions", "merge", "profile", "read_profile"),
    ),
    "reconsider": ("Reconsider", "reconsider"),
    "review": ("ReviewOptions",),
    "rules": ("RuleSet", "load_rules"),
    "select": ("Selection", "select"),
    "shard": (
        *("ShardIndex", "ShardOptions", "ShardRequest", "ShardSize", "StoredAudio"),
        *("Verification", "VerifyRequest", "shard", "verify_shards"),
    ),
    "split": (
        *("LineMarks", "NamedManifests", "Split", "SplitRequest", "AllocationOptions", "Targets"),
        *("read_split", "split"),
    ),
    "what_if": ("WhatIf", "WhatIfRequest", "what_if"),
    "words": ("WordCounts", "count_words"),
}
"""The names that the modules of curate.api offer."""

_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AllocationOptions",
    "AudioOptions",
    "Audit",
    "AuditRequest",
    "CalibrateRequest",
    "Calibration",
    "Compare",
    "CompareRequest",
    "Diff",
    "ExplainRequest",
    "Explanation",
    "Explorer",
    "LineMarks",
    "ManifestWritten",
    "MeasureOptions",
    "NamedManifests",
    "Profile",
    "ProfileRequest",
    "ReadOptions",
    "Reconsider",
    "ReviewOptions",
    "RuleOptions",
    "RuleSet",
    "Selection",
    "ShardIndex",
    "ShardOptions",
    "ShardRequest",
    "ShardSize",
    "Split",
    "SplitRequest",
    "StoredAudio",
    "Targets",
    "Verification",
    "VerifyRequest",
    "WhatIf",
    "WhatIfRequest",
    "WordCounts",
    "apply_rules",
    "audit",
    "calibrate",
    "compare_rules",
    "count_words",
    "diff",
    "explain",
    "explore",
    "head",
    "load_rules",
    "measure",
    "merge",
    "profile",
    "query",
    "read_profile",
    "read_split",
    "reconsider",
    "sample",
    "select",
    "shard",
    "split",
    "verify_shards",
    "what_if",
    "write_manifest",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'curate' has no attribute {name!r}")
    return getattr(import_module(f"curate.api.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
