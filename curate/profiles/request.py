"""The request of a profile, and its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from curate.audio.options import AudioOptions
from curate.errors import ConfigError, parameter
from curate.gates import Gate
from curate.manifest.corpus import rules_of_inputs
from curate.manifest.mapping import ReadOptions
from curate.manifest.origin import Origin
from curate.manifest.read import find_sources
from curate.metrics import groups_of
from curate.metrics.compute.phrases import known_phrases
from curate.metrics.compute.tokens import read_tokenizer
from curate.metrics.measure import Settings
from curate.profiles.measure.record_fields import grouped_fields, opt_in_groups
from curate.rules.file import RuleSet, load_rules
from curate.rules.overrides import Overrides, read
from curate.text.normaliser import Normaliser, steps_of

Rules = RuleSet | str | Path | None
"""Rules that are loaded, a preset's name, a rule file; None is the default preset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOptions:
    """What is measured beside what always is.

    `metrics` are opt-in groups of metrics (docs/metrics.md), `phrases` files of phrases that
    recognisers hallucinate, `tokenizer` a .model or .nemo whose tokens are counted, `normalise` the
    steps before word and character errors are counted (docs/concepts.md; none named: the default
    ones). `audio` says where audio is, and of how many records, where a metric needs it.
    """

    metrics: Sequence[str] = ()
    phrases: Sequence[str | Path] = ()
    tokenizer: str | Path | None = None
    normalise: Sequence[str] = ()
    audio: AudioOptions = field(default_factory=AudioOptions)

    def settings(self, rules: RuleSet) -> Settings:
        """What to measure: these metrics, and those that the rules need.

        ConfigError for a group or a step that is unknown, for a file that cannot be read, and for
        tokens without a tokenizer.
        """
        groups = opt_in_groups(self.metrics) | groups_of(rules.measured)
        tokenizer = None if self.tokenizer is None else read_tokenizer(self.tokenizer)
        if tokenizer is not None:
            groups |= {"tokens"}
        elif "tokens" in groups:
            what, hint = "is missing: tokens are to be counted", "name a model's .model or .nemo"
            raise ConfigError.of(parameter("tokenizer"), what, hint)
        normaliser = Normaliser(steps_of(self.normalise))
        return Settings(groups, known_phrases(self.phrases), tokenizer, self.audio, normaliser)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    """The rules that give verdicts, the manual `overrides` above them (docs/overrides.md), and the
    shares of a stratum's hours above which is warned (None: those of the rules).
    """

    rules: Rules = None
    overrides: str | Path | None = None
    max_rejected: float | None = None
    max_borderline: float | None = None

    @classmethod
    def parse(
        cls,
        rules: str | None,
        overrides: Path | None,
        max_rejected: str | None,
        max_borderline: str | None,
    ) -> RuleOptions:
        """Read shares as people write them, `10%`. ConfigError for what is no share."""
        return cls(
            rules=rules,
            overrides=None if overrides is None else str(overrides),
            max_rejected=_share_of(max_rejected, "max_rejected"),
            max_borderline=_share_of(max_borderline, "max_borderline"),
        )

    def load(self) -> RuleSet:
        """The rules with these shares. ConfigError with every fault of a rule file."""
        rules = self.rules if isinstance(self.rules, RuleSet) else load_rules(self.rules)
        if self.max_rejected is not None:
            rules = replace(rules, max_rejected=self.max_rejected)
        if self.max_borderline is not None:
            rules = replace(rules, max_borderline=self.max_borderline)
        return rules

    def read_overrides(self) -> Overrides:
        """The manual overrides; none where no log is named."""
        return Overrides(read(self.overrides) if self.overrides else None)


def _share_of(text: str | None, field: str) -> float | None:
    """A share, `10%` or `0.1`. ConfigError for what is none."""
    if text is None:
        return None
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        what = f"'{text}' is not a share of hours above 0"
        raise ConfigError.of(parameter(field), what, "write 10% or 0.1")
    return share


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRequest:
    """A profile of `manifests`: all that its content depends on.

    `by` are manifest fields that become columns, and that amounts are grouped by, beside lang and
    speaker; `group` and `optional` become columns too, for a split: a field of `optional` need not
    be there. `clips` is how many borderline records and outliers can be played on the page.
    """

    manifests: Sequence[str]
    rule_options: RuleOptions = field(default_factory=RuleOptions)
    by: Sequence[str] = ()
    group: Sequence[str] = ()
    optional: Sequence[str] = ()
    measure: MeasureOptions = field(default_factory=MeasureOptions)
    reading: ReadOptions = field(default_factory=ReadOptions)
    clips: int = 0
    gates: Sequence[Gate] = ()

    def resolve(self) -> ProfilePlan:
        """The request with its rules loaded and its manifests resolved.

        Raises InputError where a manifest cannot be read, ConfigError for what cannot be.
        """
        rules = self._rule_options().load()
        settings, overrides = self.measure.settings(rules), self.rule_options.read_overrides()
        root = self.measure.audio.root
        reading = replace(self.reading, audio_root=None if root is None else str(root))
        sources = find_sources(self.manifests, reading)
        grouped, fields = grouped_fields([*self.by, *self.group, *self.optional], sources)
        return ProfilePlan(
            request=self,
            sources=tuple(sources),
            rules=rules,
            settings=settings,
            overrides=overrides,
            grouped=tuple(grouped),
            fields=tuple(fields),
        )

    def _rule_options(self) -> RuleOptions:
        """The rules that are named, else those that a corpus.yaml among the inputs names."""
        if self.rule_options.rules is not None:
            return self.rule_options
        return replace(self.rule_options, rules=rules_of_inputs(self.manifests))


class ProfilePlan(NamedTuple):
    """A request that was resolved: what is read, measured and evaluated.

    `grouped` are the columns that amounts are grouped by beside language and speaker, `fields` the
    manifest fields among them, which become columns of their own.
    """

    request: ProfileRequest
    sources: tuple[Origin, ...]
    rules: RuleSet
    settings: Settings
    overrides: Overrides
    grouped: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def required(self) -> Mapping[str, str]:
        """The fields that some record must have, and what the request calls them."""
        request = self.request
        group = dict.fromkeys(request.group, parameter("group"))
        return {**group, **dict.fromkeys(request.by, parameter("by"))}
