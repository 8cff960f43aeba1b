"""What split.json and shards.json hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from reports.contracts.base import Artefact, Model, Rules
from reports.contracts.leaks import Coverage, Leak


class Target(Model):
    """How many seconds were asked for, aimed at, and reached."""

    asked_s: float | None = None
    target_s: float | None = None
    got_s: float | None = None
    rows: int | None = None
    groups: int | None = None
    words: int | None = None
    shrunk: bool | None = None
    met: bool | None = None
    effective_groups: float | None = None
    effective_groups_at_most: float | None = None
    known_rows: int | None = None
    largest_share: float | None = None


class GivenSplit(Model):
    """What a split that the corpus comes with was given, what of it stands there (`not_clean_rows`
    where it is kept whole), and what was lost, by verdict.
    """

    manifests: tuple[str, ...] = ()
    whole: bool | None = None
    given_rows: int | None = None
    given_s: float | None = None
    rows: int | None = None
    not_clean_rows: int | None = None
    lost_rows: int | None = None
    lost_s: float | None = None
    lost: Mapping[str, int] = Field(default_factory=dict)


class SplitOutput(Model):
    """One file of a split."""

    name: str
    file: str | None = None
    rows: int | None = None
    bytes: int | None = None
    hours: float | None = None
    verdicts: Mapping[str, int] = Field(default_factory=dict)


class Measure(Model):
    """What an error rate of a part of a split tells; `units` are words, or characters for CER."""

    split: str | None = None
    by: str | None = None
    value: str | int | float | None = None
    s: float | None = None
    metric: str = "wer"
    words: int | None = None
    units: int | None = None
    groups: int | None = None
    design_effect: float | None = None
    wer_half_width: float | None = None
    cer_half_width: float | None = None
    smallest_difference: float | None = None
    measurable: bool | None = None
    lower_bound: bool | None = None
    rows: int | None = None
    known_rows: int | None = None


class StratumPart(Measure):
    """One split's part of a stratum; `weight`: clean seconds that a second of it stands for."""

    target_s: float | None = None
    weight: float | None = None


class HeldOut(Model):
    """The price of no leak: the share of the usable hours, and the most that was allowed."""

    s: float | None = None
    share: float | None = None
    most: float | None = None


class Terms(Model):
    """What the splits were to look like."""

    alpha: float | None = None
    floor_s: float | None = None
    cap: float | None = None


class LockKept(Model):
    """What became of an earlier lock's records."""

    path: str | None = None
    new_rows: int | None = None
    no_longer_clean: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    gone: Mapping[str, int] = Field(default_factory=dict)


class SplitStratum(Model):
    """Seconds of one stratum in each split, with what eval and test should hold."""

    stratum: Mapping[str, Any] = Field(default_factory=dict)
    clean_s: float | None = None
    train_s: float | None = None
    eval_s: float | None = None
    test_s: float | None = None
    eval_target_s: float | None = None
    test_target_s: float | None = None
    splits: Mapping[str, StratumPart] = Field(default_factory=dict)


class Groups(Model):
    """What must stay together, and where it went."""

    columns: tuple[str, ...] = ()
    total: int | None = None
    ungrouped_rows: int | None = None
    by_split: Mapping[str, int] = Field(default_factory=dict)


class Balance(Model):
    """Distance of a split from its target in one covariate: KS of numbers, TVD of classes."""

    covariate: str | None = None
    split: str | None = None
    ks: float | None = None
    tvd: float | None = None


class Split(Artefact):
    """split.json."""

    contract = "curate.split/1"

    seed: int | None = None
    rules: Rules = Rules()
    strategy: str = "searched"
    given: Mapping[str, GivenSplit] = Field(default_factory=dict)
    targets: Mapping[str, Target] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    outputs: tuple[SplitOutput, ...] = ()
    strata_columns: tuple[str, ...] = ()
    strata: tuple[SplitStratum, ...] = ()
    terms: Terms = Terms()
    held_out: HeldOut = HeldOut()
    lock: LockKept | None = None
    assumed: Mapping[str, float] = Field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    groups: Groups = Groups()
    coverage: tuple[Coverage, ...] = ()
    statement: str | None = None
    leaks: tuple[Leak, ...] = ()
    near_unsure: int | None = None
    """Texts of eval and test of which a near one in train may have been overlooked."""
    balance: tuple[Balance, ...] = ()


class Shard(Model):
    """One shard: cuts and recordings (Shar), manifest and audio (NeMo), or Parquet."""

    index: int | None = None
    cuts_file: str | None = None
    recording_file: str | None = None
    manifest_file: str | None = None
    audio_file: str | None = None
    parquet_file: str | None = None
    cuts: int | None = None
    hours: float | None = None
    bytes: int | None = None
    sha256: Mapping[str, str] = Field(default_factory=dict)


class Skipped(Model):
    """A row that could not be written into a shard."""

    id: str | None = None
    reason: str | None = None


class Manifest(Model):
    """A plain manifest beside the shards."""

    file: str | None = None
    rows: int | None = None
    hours: float | None = None


class ShardStratum(Model):
    """Shards that are kept apart from others, and the weight that training draws them with."""

    stratum: tuple[str, ...] = ()
    shards: int | None = None
    cuts: int | None = None
    hours: float | None = None
    weight: float | None = None


class Verified(Model):
    """What reading the shards back found."""

    read_by_lhotse: int | None = None
    cuts: int | None = None
    hours: float | None = None
    ids_match: bool | None = None


class Shards(Artefact):
    """shards.json."""

    contract = "curate.shards/1"

    format: str | None = None
    cuts: int | None = None
    hours: float | None = None
    audio_format: str | None = None
    stratum_by: tuple[str, ...] = ()
    strata: tuple[ShardStratum, ...] = ()
    skipped_rows: int | None = None
    fields_added: Mapping[str, int] = Field(default_factory=dict)
    shards: tuple[Shard, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    manifests: Mapping[str, Manifest] = Field(default_factory=dict)
    verified: Verified = Verified()
    warnings: tuple[str, ...] = ()


class ShardFault(Model):
    """Something wrong with shards: where, what, and how to fix it."""

    where: str | None = None
    what: str | None = None
    hint: str | None = None


class Verification(Artefact):
    """verification.json: what was proven of shards that lie somewhere."""

    contract = "curate.verification/1"

    folder: str | None = None
    format: str | None = None
    shards: int | None = None
    cuts: int | None = None
    hours: float | None = None
    decoded: int | None = None
    checked_against: str | None = None
    faults: tuple[ShardFault, ...] = ()
