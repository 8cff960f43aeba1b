"""Splits: representative, leak-free evaluation sets, or those that a corpus comes with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.api import figures
from curate.api.outcome import Outcome
from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.outputs import whole_directory
from curate.artifacts.split import Split
from curate.audio.options import AudioOptions
from curate.environment.execution import QUIET, Execution
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.formatting.commands import Option, with_options
from curate.formatting.units import plural
from curate.gates import Checked
from curate.profiles.request import MeasureOptions, ProfileRequest, RuleOptions, Rules
from curate.profiles.run import profile_into
from curate.splits import (
    GENDER,
    LOCK,
    SESSIONS,
    AllocationOptions,
    LineMarks,
    SplitRequest,
    Targets,
    impossible,
    moved,
    output_files,
    split_profile,
)
from curate.splits.given_options import NamedManifests

__all__ = [
    "AllocationOptions",
    "LineMarks",
    "NamedManifests",
    "Split",
    "SplitRequest",
    "Targets",
    "read_split",
    "run_split",
    "split",
]


def split(
    inputs: str | Path | Sequence[str | Path] | SplitRequest,
    out: str | Path,
    *,
    sizes: Mapping[str, str] | None = None,
    by: Sequence[str] | None = None,
    group: Sequence[str] | None = None,
    lock: str | Path | None = None,
    rules: Rules | RuleOptions = None,
) -> Split:
    r"""Draw evaluation sets from a profile directory, or from manifests, and write the directory
    `out`, which is replaced.

    As `curate split`, without the page. All other usable records go to train. `sizes` are 20 h of
    eval and 30 h of test by default, or less where the corpus is small; `by` names the columns of
    strata, `group` those whose values stay in one split; records of an earlier `lock` keep their
    split. `rules` are for manifests; a profile has been evaluated already.

    All that the command line offers is in a SplitRequest, which may be given in place of `inputs`;
    other arguments then replace its fields. Raises curate.errors.CurateError with every fault.

    >>> import json, tempfile, curate
    >>> folder = Path(tempfile.mkdtemp())
    >>> lines = [
    ...     {"audio_filepath": f"{n}.wav", "duration": 2.0, "text": f"line {n}", "speaker": f"s{n}"}
    ...     for n in range(100)
    ... ]
    >>> _ = (folder / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    >>> split = curate.split(folder / "m.jsonl", out=folder / "split", sizes={"eval": "10s"})
    >>> split.targets["eval"].achieved_s, sum(leak.count or 0 for leak in split.leaks)
    (10.0, 0)
    """
    request = inputs if isinstance(inputs, SplitRequest) else SplitRequest(inputs=_names(inputs))
    options = rules if isinstance(rules, RuleOptions) else RuleOptions(rules=rules)
    changes: dict[str, Any] = {
        "targets": None if sizes is None else Targets.parse(sizes),
        "by": by,
        "group": group,
        "lock": None if lock is None else Path(lock),
        "rule_options": None if rules is None else options,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return run_split(replace(request, **given), Path(out)).passed()


def _names(inputs: str | Path | Sequence[str | Path]) -> list[str]:
    return [str(name) for name in ([inputs] if isinstance(inputs, str | Path) else inputs)]


def read_split(folder: str | Path) -> Split:
    """The certificate of a split directory made earlier. InputError where it is none."""
    return read_artifact(Path(folder), Split)


def run_split(request: SplitRequest, out: Path, execution: Execution = QUIET) -> Outcome[Split]:
    """`curate split`: split.json, and the gates that failed.

    ConfigError for what cannot be had at all, and where records of an old split in `out` would
    move to another unasked.
    """
    resolved = request.resolve()
    if request.lock is not None and request.resplit:
        what = f"is the opposite of {parameter('lock')}"
        raise ConfigError.of(parameter("resplit"), what, "name one of them")
    with whole_directory(out, output_files(resolved.targets.names), Split.file) as folder:
        profile = _profile_of(request, folder, execution)
        made = split_profile(profile, folder, resolved, execution.command, execution.on_draw)
        checked = Checked.of(request.gates, figures.of_split(made), out)
        made = made.with_gates(checked.results)
        write_artifact(folder, made)
        _refuse(request, made, out, folder, execution.command)
        if profile.parent == folder:
            shutil.rmtree(profile)
        execution.draw("split", folder, made)
    return Outcome(made, checked.failed)


def _refuse(request: SplitRequest, made: Split, out: Path, folder: Path, command: str) -> None:
    """ConfigError for sizes that cannot be had, and where an evaluation set would change unasked:
    results on the old one would be worthless.
    """
    old = out / LOCK
    replaces = request.lock is None and old.is_file()
    is_drawn = isinstance(request.targets, Targets)
    if isinstance(request.targets, Targets):
        raise_all(ConfigError, impossible(made, request.targets, command, replaces))
    if not replaces or request.resplit:
        return
    moving = moved(old, folder / LOCK)
    faults = [
        Fault(str(out), f"{plural(count, 'record')} of its {name} would move to another split")
        for name, count in moving.items()
    ]
    hint = _moving_hint(command, old if is_drawn else None)
    raise_all(ConfigError, [*faults[:-1], *(each._replace(hint=hint) for each in faults[-1:])])


def _moving_hint(command: str, lock: Path | None) -> str:
    """How records of an old split keep their splits, where they are drawn, and how they move."""
    keep, move = Option(parameter("lock"), str(lock)), Option(parameter("resplit"))
    ways = [(keep, "keeps them where they are"), (move, "lets them move")]
    return "; ".join(
        f"`{with_options(command, [way])}` {what}" if command else f"{way} {what}"
        for way, what in ways[lock is None :]
    )


def _profile_of(request: SplitRequest, folder: Path, execution: Execution) -> Path:
    """The profile to split: the one that is named, or one made now of the manifests named."""
    if request.profile is not None:
        _refuse_evaluated(request)
        return request.profile
    plan = ProfileRequest(
        manifests=request.manifests,
        rule_options=request.rule_options,
        by=request.by,
        group=request.group,
        optional=[*(() if request.group else SESSIONS), GENDER],
        measure=MeasureOptions(audio=AudioOptions.of(request.reading.root, (), None)),
        reading=request.reading,
    ).resolve()
    scratch = folder / ".profile"
    scratch.mkdir()
    profile_into(plan, scratch, execution)
    return scratch


def _refuse_evaluated(request: SplitRequest) -> None:
    """ConfigError with all that was fixed when the profile was made, and cannot be named now."""
    faults = [
        Fault(
            parameter(name),
            "a profile has been evaluated already, with its own rules",
            f"profile again with {parameter(name)}, or name the manifests instead of the profile",
        )
        for name in ("rules", "overrides", "max_rejected", "max_borderline")
        if getattr(request.rule_options, name) is not None
    ]
    reading = request.reading
    named = {
        "format": reading.format is not None,
        "fields": bool(reading.fields),
        "lenient": reading.lenient,
        "path_map": bool(reading.path_map),
        "cast": reading.cast,
        "measure_duration": reading.measure_duration,
    }
    faults += [
        Fault(
            parameter(name),
            "a profile was read already, as it was when it was made",
            f"profile again with {parameter(name)}, or name the manifests instead of the profile",
        )
        for name, is_named in named.items()
        if is_named
    ]
    raise_all(ConfigError, faults)
