"""What each command does: compose the stages, and put their results in place whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import reports
from curate.api import figures
from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.diff import Diff
from curate.artifacts.outputs import whole_directory
from curate.artifacts.profile import Profile
from curate.audio.options import AudioWish
from curate.errors import ConfigError, CurateError, InputError, raise_all
from curate.gates import Checked, Gate
from curate.manifest.examples import clips_of
from curate.manifest.mapping import ReadAs
from curate.metrics import groups_of
from curate.metrics.measure import Settings, measure
from curate.profiles import OURS as PROFILE_FILES
from curate.profiles import Engine, settings_for, unchanged
from curate.profiles import profile_into as build_profile
from curate.profiles.examples.clips import Heard, asked_for, of_profile, write_clips
from curate.profiles.measure.records import Progress
from curate.profiles.statistics.rejection import share_of
from curate.rules.evaluate import check_examples
from curate.rules.file import RuleSet, load_rules
from curate.rules.overrides import Overrides
from curate.rules.overrides import read as read_log


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of a stratum's hours as typed (`10%`); None is what the rules say."""

    max_rejected: str | None = None
    max_borderline: str | None = None

    def apply(self, rules: RuleSet) -> RuleSet:
        """The rules with these shares. ConfigError for what is no share."""
        if self.max_rejected is not None:
            rules = replace(rules, max_rejected=share_of(self.max_rejected))
        if self.max_borderline is not None:
            share = share_of(self.max_borderline, "--max-borderline")
            rules = replace(rules, max_borderline=share)
        return rules


def input_bytes(names: Sequence[str]) -> int:
    """Size of the inputs for a progress bar; 0 where it cannot be told."""
    try:
        return sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    except OSError:
        return 0


def profile(
    manifests: Sequence[str],
    out: Path,
    rules: str | None,
    by: Sequence[str],
    command: str,
    advance: Progress,
    cached: bool = True,
    say: Callable[[str], None] = lambda said: None,
    groups: Sequence[str] = (),
    phrases: Sequence[str] = (),
    format: ReadAs = None,
    tokenizer: Path | None = None,
    overrides: Path | None = None,
    audio: AudioWish | None = None,
    on_audio: Progress = lambda done, files: None,
    engine: Engine | None = None,
    shares: Shares | None = None,
    clips: int = 0,
    normalise: Sequence[str] = (),
    gates: Sequence[Gate] = (),
) -> tuple[Profile, CurateError | None]:
    """`curate profile`: profile.json, and the gates that failed.

    Where nothing changed, nothing is done.
    """
    chosen = load_rules(rules)
    chosen = (shares or Shares()).apply(chosen)
    settings = settings_for(chosen, groups, phrases, tokenizer, audio, normalise)
    people = Overrides(read_log(overrides) if overrides else None)
    kept = cached and (out / "report.html").is_file() and asked_for(out) == clips
    kept = kept and _gates_of(out) == [gate.text for gate in gates]
    if kept and unchanged(out, manifests, chosen, by, settings, format, people):
        say("nothing has changed since this profile was made; it is kept (--no-cache makes anew)")
        made = read_artifact(out, Profile)
        return made, Checked.of(gates, figures.of_profile(made), out).failed
    old = out if cached else None
    with whole_directory(out, PROFILE_FILES, "profile.json") as folder:
        made = build_profile(
            manifests, folder, chosen, by, command, advance,
            settings=settings, old=old, on_reuse=say, format=format,
            overrides=people, on_audio=on_audio, engine=engine,
        )  # fmt: skip
        checked = Checked.of(gates, figures.of_profile(made), out)
        made = made.with_gates(checked.results)
        write_artifact(folder, made)
        if clips:
            heard = Heard(folder, made.inputs, settings.audio, clips)
            write_clips(folder, of_profile(made), heard)
        reports.build("profile", folder)
    return made, checked.failed


def _gates_of(folder: Path) -> list[str] | None:
    """The gates of a profile that was made earlier; None where there is none."""
    try:
        return [each.gate for each in read_artifact(folder, Profile).fail_on]
    except InputError:
        return None


def check_rules(name: str) -> str:
    """`curate rules check`: one line about a sound file; ConfigError with every fault else."""
    rules = load_rules(name)
    settings = Settings(groups_of(rules.names))
    checked = check_examples(rules, lambda records: measure(clips_of(records), settings))
    raise_all(ConfigError, checked.faults)
    groups = f" and {len(rules.groups)} for groups" if rules.groups else ""
    return f"{name}: {len(rules.rules)} rules{groups}, {checked.run} examples hold"


def diff(
    a: Path, b: Path, out: Path | None, command: str, gates: Sequence[Gate] = ()
) -> tuple[Diff, CurateError | None]:
    """`curate diff`: diff.json, written with a page where `out` is named; the gates that
    failed.
    """
    from curate.inspect.diff import OURS, compare
    from curate.profiles import LIBRARIES, versions

    made = compare(a, b, command, versions(LIBRARIES))
    checked = Checked.of(gates, figures.of_diff(made), "curate diff")
    made = made.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, OURS, "diff.json") as folder:
            write_artifact(folder, made)
            reports.build("diff", folder)
    return made, checked.failed
