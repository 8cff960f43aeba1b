"""What `curate split` does: profile where need be, split, put the results in place whole."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import reports
from curate.api import figures
from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.outputs import whole_directory
from curate.artifacts.profile import Profile
from curate.artifacts.split import Split
from curate.cli.given import Inputs
from curate.environment.execution import Execution, Progress
from curate.errors import ConfigError, CurateError, Fault, parameter, raise_all
from curate.gates import Checked, Gate
from curate.manifest.mapping import ReadOptions
from curate.profiles import profile_into
from curate.profiles.request import ProfileRequest, RuleOptions
from curate.splits import (
    GENDER,
    LOCK,
    SESSIONS,
    GivenSplits,
    LineMarks,
    SplitTerms,
    Targets,
    impossible,
    moved,
    output_files,
    split_profile,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What `curate split` was asked for: sizes by name, further splits as typed, and the rest."""

    sizes: Mapping[str, str]
    splits: list[str]
    seed: int
    by: list[str]
    group: list[str]
    lock: Path | None
    resplit: bool
    reading: ReadOptions
    to: str | None
    terms: SplitTerms
    marks: LineMarks
    judging: RuleOptions
    group_from: str | None
    audio_identity: str
    gates: Sequence[Gate] = ()


def split(
    inputs: Inputs,
    out: Path,
    wish: Wish,
    command: str,
    advance: Progress,
) -> tuple[Split, CurateError | None]:
    """`curate split`: split.json, and the gates that failed.

    ConfigError for what cannot be had at all, and where an old split in `out` would be upset.
    """
    targets = _targets(inputs, wish)
    if wish.lock is not None and wish.resplit:
        raise ConfigError.of("--resplit", "is the opposite of --lock", "name one of them")
    with whole_directory(out, output_files(targets.names), "split.json") as folder:
        manifests = inputs.names or inputs.manifests
        profiled = _profiled(manifests, folder, wish, command, advance)
        made = split_profile(
            profiled, folder, targets, wish.seed, wish.by, wish.group, command, wish.to,
            wish.lock, wish.marks, wish.group_from, wish.audio_identity,
        )  # fmt: skip
        checked = Checked.of(wish.gates, figures.of_split(made), out)
        made = made.with_gates(checked.results)
        write_artifact(folder, made)
        if isinstance(targets, Targets):
            raise_all(ConfigError, impossible(made, targets))
        if wish.lock is None and not wish.resplit:
            _refuse_upset(out / LOCK, folder / LOCK, inputs.given is None)
        if profiled.parent == folder:
            shutil.rmtree(profiled)
        reports.build("split", folder)
    return made, checked.failed


def _targets(inputs: Inputs, wish: Wish) -> Targets | GivenSplits:
    """Sizes of splits to draw, or the splits that are given, by the sources of the input."""
    if inputs.given is None:
        return Targets.named(wish.sizes, wish.splits, wish.terms)
    if not inputs.names:
        return inputs.given.resolve(wish.reading)
    profile = read_artifact(Path(inputs.names[0]), Profile)
    return inputs.given.resolve(known=[entry.source for entry in profile.inputs])


def _refuse_upset(old: Path, new: Path, drawn: bool) -> None:
    """An evaluation set that changes unasked makes old results worthless."""
    if not old.is_file():
        return
    keep = f"--lock {old} keeps them where they are; " if drawn else ""
    faults = [
        Fault(
            str(old.parent),
            f"{count} records of its {name} would move to another split",
            f"{keep}--resplit lets them move",
        )
        for name, count in moved(old, new).items()
    ]
    raise_all(ConfigError, faults)


def _profiled(
    inputs: Sequence[str],
    folder: Path,
    wish: Wish,
    command: str,
    advance: Progress,
) -> Path:
    """The profile to split: the one that was named, or one made now of the manifests named."""
    if len(inputs) == 1 and (Path(inputs[0]) / "records.parquet").is_file():
        _refuse_rules(wish.judging)
        if wish.reading.fields or wish.reading.lenient:
            what = "a profile was read already, with the fields that it was made with"
            fields = parameter("fields")
            raise ConfigError.of(fields, what, f"profile again with {fields}")
        if wish.reading.format is not None:
            what = "the input is a profile, which has been read already"
            hint = "leave it out, or name the manifests"
            raise ConfigError.of(parameter("format"), what, hint)
        return Path(inputs[0])
    request = ProfileRequest(
        manifests=inputs,
        judging=wish.judging,
        by=wish.by,
        group=wish.group,
        optional=[*(() if wish.group else SESSIONS), GENDER],
        reading=wish.reading,
    )
    plan = request.resolve()
    scratch = folder / ".profile"
    scratch.mkdir()
    profile_into(plan, scratch, Execution(command=command, on_read=advance))
    return scratch


def _refuse_rules(judging: RuleOptions) -> None:
    """ConfigError with each option of rules, since the input is a profile."""
    faults = [
        Fault(
            parameter(name),
            "a profile has been evaluated already, with its own rules",
            f"profile again with {parameter(name)}, or name the manifests instead of the profile",
        )
        for name in ("rules", "overrides", "max_rejected", "max_borderline")
        if getattr(judging, name) is not None
    ]
    raise_all(ConfigError, faults)
