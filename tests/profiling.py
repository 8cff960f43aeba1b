"""A profile directory for tests that begin with one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from curate.artifacts.profile import Profile
from curate.environment.execution import QUIET, Execution
from curate.profiles.request import MeasureOptions, ProfileRequest, RuleOptions, Rules
from curate.profiles.run import profile_into


def write_profile(
    manifests: Sequence[str],
    folder: Path,
    rules: Rules = None,
    by: Sequence[str] = (),
    measure: MeasureOptions | None = None,
    overrides: Path | None = None,
    execution: Execution = QUIET,
    old: Path | None = None,
) -> Profile:
    """Profile `manifests` into `folder`, which exists; profile.json."""
    request = ProfileRequest(
        manifests=manifests,
        rule_options=RuleOptions(rules=rules, overrides=overrides),
        by=by,
        measure=measure or MeasureOptions(),
    )
    return profile_into(request.resolve(), folder, execution, old)


def without_absent_audio(warnings: Iterable[str]) -> list[str]:
    """Warnings but that about audio files, which the manifest of a test mostly only names."""
    return [each for each in warnings if " looked for " not in each]
