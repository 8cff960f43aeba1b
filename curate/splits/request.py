"""The request of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from curate.artifacts.base import read_artifact
from curate.artifacts.profile import Profile
from curate.gates import Gate
from curate.manifest.mapping import ReadOptions
from curate.profiles.request import RuleOptions
from curate.splits.content import BY_PATH
from curate.splits.given_options import NamedManifests
from curate.splits.given_strategy import GivenSplits
from curate.splits.line_edits import AS_THEY_ARE, LineMarks
from curate.splits.targets import DEFAULT_SIZES, Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRequest:
    """A split of a corpus: all that its content depends on.

    `inputs` are a profile directory, or manifests that are profiled first, by `rule_options` and
    `reading`. `targets` are the sizes of the splits to draw, or the splits that the corpus comes
    with; those name their own manifests, beside which `inputs` may be a profile of them.

    `by` are the columns of the strata (by default lang, and source where there are a few manifests
    and splits are drawn), `group` those whose values stay in one split (by default speaker, and
    the session and recording fields that are there); `group_from` is a pattern whose capture in the
    audio path is a group key too. Recordings are distinguished by `audio_identity`: the `path` of
    their files, or the `content`. With an earlier `lock`, records keep the split that it gave them;
    `resplit` lets records of a replaced split change splits. `to`="lhotse" adds Lhotse
    cuts, and `marks` name what is added to lines.
    """

    inputs: Sequence[str] = ()
    targets: Targets | NamedManifests | GivenSplits = field(
        default_factory=lambda: Targets.parse(DEFAULT_SIZES)
    )
    seed: int = 0
    by: Sequence[str] = ()
    group: Sequence[str] = ()
    group_from: str | None = None
    audio_identity: str = BY_PATH
    lock: Path | None = None
    resplit: bool = False
    to: str | None = None
    marks: LineMarks = AS_THEY_ARE
    rule_options: RuleOptions = field(default_factory=RuleOptions)
    reading: ReadOptions = field(default_factory=ReadOptions)
    gates: Sequence[Gate] = ()

    @property
    def manifests(self) -> Sequence[str]:
        """The inputs; where there are none, the manifests of the given splits."""
        if self.inputs or not isinstance(self.targets, NamedManifests):
            return self.inputs
        return self.targets.patterns

    @property
    def profile(self) -> Path | None:
        """The profile directory that the inputs are; None where they are manifests."""
        folder = Path(self.inputs[0]) if len(self.inputs) == 1 else None
        has_records = folder is not None and (folder / "records.parquet").is_file()
        return folder if has_records else None

    def resolve(self) -> SplitRequest:
        """The request with the sources of given splits.

        ConfigError or InputError with every manifest that belongs to no split, or to several.
        """
        if not isinstance(self.targets, NamedManifests):
            return self
        if not self.inputs:
            return replace(self, targets=self.targets.resolve(self.reading))
        profile = read_artifact(Path(self.inputs[0]), Profile)
        known = [entry.source for entry in profile.inputs]
        return replace(self, targets=self.targets.resolve(known=known))
