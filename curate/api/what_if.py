"""What limits of rules cost on a profile, and would cost elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.outputs import whole_directory
from curate.artifacts.profile import Profile
from curate.artifacts.records import MeasuredRecord
from curate.artifacts.what_if import WhatIf
from curate.audio.options import AudioOptions
from curate.environment.execution import QUIET, Execution
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.errors.nearest import suggest
from curate.inspect.subjects import rules_or_own
from curate.profiles.examples.clips import AudioSource, in_turn, write_clips
from curate.profiles.request import Rules
from curate.rules.file import RuleSet
from curate.whatif import OUTPUT_FILES
from curate.whatif import what_if as compute_what_if

__all__ = ["WhatIf", "WhatIfRequest", "run_what_if", "what_if"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfRequest:
    """The limits of `rules` (None: the profile's own) on the records of a profile directory.

    `rule` names rules of which people want to see the curves: they must exist. On the page `clips`
    records next to limits can be played, whose audio lies where `audio` says.
    """

    profile: Path
    rules: Rules = None
    rule: Sequence[str] = ()
    clips: int = 0
    audio: AudioOptions = field(default_factory=AudioOptions)


def what_if(profile: str | Path, rules: Rules = None, *, out: str | Path | None = None) -> WhatIf:
    """Compute what each limit of `rules` costs on a profile, and what moving it would cost or
    recover.

    As `curate rules what-if`. `rules` are by default the profile's own; `out` is a directory for
    what-if.json. No manifest is measured again. Raises curate.errors.CurateError with every fault.
    """
    request = WhatIfRequest(profile=Path(profile), rules=rules)
    return run_what_if(request, None if out is None else Path(out))


def run_what_if(request: WhatIfRequest, out: Path | None, execution: Execution = QUIET) -> WhatIf:
    """`curate rules what-if`: what-if.json, written with a page where `out` is named."""
    rules, warnings = rules_or_own(request.profile, request.rules)
    _refuse_unknown(request, rules, out)
    made = compute_what_if(request.profile, rules, execution.command, warnings, execution.threads)
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, WhatIf.file) as folder:
            write_artifact(folder, made)
            if request.clips:
                write_clips(folder, _records_next_to_limits(made), _audio_source(request))
            execution.draw("what-if", folder)
    return made


def _refuse_unknown(request: WhatIfRequest, rules: RuleSet, out: Path | None) -> None:
    known = tuple(rule.id for rule in rules.rules)
    faults = [
        Fault(parameter("rule"), f"{rules.path} has no rule '{name}'", suggest(name, known))
        for name in request.rule
        if name not in known
    ]
    if request.clips and out is None:
        hint = f"name one with {parameter('out')}"
        faults.append(Fault(parameter("clips"), "clips are played on the page", hint))
    raise_all(ConfigError, faults)


def _audio_source(request: WhatIfRequest) -> AudioSource:
    """The profile's audio, under the root of that time unless the request names another."""
    made = read_artifact(request.profile, Profile)
    audio = replace(request.audio, root=request.audio.root or made.audio_root)
    return AudioSource(request.profile, made.inputs, audio, request.clips)


def _records_next_to_limits(made: WhatIf) -> Iterator[MeasuredRecord]:
    """The records just past each limit, and just before it; eval limits first, since what is bad
    can be seen.
    """
    limits = sorted(made.limits, key=lambda limit: limit.severity != "borderline")
    return in_turn([each.flagged for each in limits], [each.passed for each in limits])
