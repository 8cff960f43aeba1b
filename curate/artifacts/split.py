"""split.json, the certificate of a split: sizes, leaks, coverage, what each part can measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import GatedArtifact, Model, OptionalKey, RuleFile, SchemaId
from curate.artifacts.leaks import Coverage, Leak, Proposal, Value
from curate.artifacts.profile import Input
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration, plural


class Allocation(Model):
    """How the hours of a split are allocated to strata, as `curate.splits.targets` has it.

    `prefer` is what the search preferred: hours, balance or speakers.
    """

    alpha: float
    floor_s: float
    cap: float
    max_held_out: float
    prefer: OptionalKey[str] = None


class Target(Model):
    """How many seconds of a split were requested, aimed at, and achieved (`achieved_s`).

    `effective_groups` (Kish's effective number) and `largest_share` are null where the split is
    empty, or the speaker of some of its rows is unknown; then there are at most
    `effective_groups_at_most`, if any speaker is known.
    """

    requested_s: float
    target_s: float
    tolerance_s: float
    met: bool
    shrunk: bool
    achieved_s: float
    rows: int
    groups: int
    words: int
    known_rows: int
    effective_groups: float | None
    largest_share: float | None
    effective_groups_at_most: OptionalKey[float] = None


class GivenSplit(Model):
    """What a split that the corpus comes with was given, what of it is there (`not_clean_rows`
    where it is `whole`), and what was lost, in rows by verdict.
    """

    manifests: tuple[str, ...]
    whole: bool
    given_rows: int
    given_s: float
    rows: int
    not_clean_rows: int
    lost_rows: int
    lost_s: float
    lost: Mapping[str, int]


class HeldOut(Model):
    """Held-out data: seconds, their share of the usable, and the largest share allowed (null for
    splits that a corpus comes with, which have no such bound).
    """

    s: float
    share: float
    most: float | None


class Feasible(Model):
    """Sizes that the corpus can give where those requested cannot be met: as they are typed, by
    split (0h for none), with the options that they need.
    """

    sizes: Mapping[str, str]
    cap: float
    max_held_out: float


class LockResult(Model):
    """What became of the records of an earlier lock: rows by split (and verdict)."""

    path: str
    new_rows: int
    no_longer_clean: Mapping[str, Mapping[str, int]]
    gone: Mapping[str, int]


class SplitOutput(Model):
    """One file of a split, and its rows by verdict."""

    name: str
    file: str
    rows: int
    bytes: int
    hours: float
    verdicts: Mapping[str, int]


class MeasuredPart(Model):
    """How well an error rate (`metric`: wer or cer) of some rows can be measured.

    `units` are words, or characters for cer. The half-width of the interval has the name of the
    metric, and is absent without units; `design_effect` and `smallest_difference` are null then.
    `lower_bound` where speakers of some rows are unknown: the widths are at least so large.
    """

    s: float
    rows: int
    known_rows: int
    words: int
    metric: Literal["wer", "cer"]
    units: int
    groups: int
    design_effect: float | None
    wer_half_width: OptionalKey[float] = None
    cer_half_width: OptionalKey[float] = None
    smallest_difference: float | None
    measurable: bool
    lower_bound: bool

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval of the part's error rate."""
        return self.cer_half_width if self.metric == "cer" else self.wer_half_width


class Measure(MeasuredPart):
    """The precision of a split as a whole (`by` is "(all)"), or of one value of a stratum column,
    of which so many groups are clean.
    """

    split: str
    by: str
    value: Value
    clean_groups: int


class StratumPart(MeasuredPart):
    """One split's part of a stratum. `target_s` and `deviation_s` are null where nothing was drawn,
    `weight` (the clean seconds that one second stands for) where the part is empty.
    """

    target_s: float | None
    deviation_s: float | None
    weight: float | None


class SplitStratum(Model):
    """A stratum (its value in each column), its clean and training data, and each split's part.

    Splits of earlier versions lack `train_rows`.
    """

    stratum: Mapping[str, Value]
    clean_s: float
    clean_groups: int
    train_s: float
    train_rows: OptionalKey[int] = None
    splits: Mapping[str, StratumPart]


class Widest(Model):
    """The value of a group key that more than half of the rows have: it is in one split."""

    key: str
    value: str
    rows: int
    share: float


class Groups(Model):
    """The columns whose values are in one split each; how many groups they make in all, and in
    each split.
    """

    columns: tuple[str, ...]
    total: int
    ungrouped_rows: int
    widest: tuple[Widest, ...]
    by_split: Mapping[str, int]


class Balance(Model):
    """Distance of a split from its target in one covariate: KS of numbers, TVD of classes."""

    covariate: str
    split: str
    ks: OptionalKey[float] = None
    tvd: OptionalKey[float] = None


class TextSimilarity(Model):
    """The share of all similarity of texts that is between splits (DataSAIL's leakage, 0 to 1; the
    cosine of sets of shingles), that of a random split of the same sizes, and how many records of
    each split were compared.
    """

    between_splits: float
    of_random_split: float
    compared: Mapping[str, int]


class VoiceSimilarity(Model):
    """The share of all similarity of voices that is between splits (DataSAIL's leakage; the cosine
    of the embeddings that `train voices` wrote, 0 where it is negative), and that of a random split
    of the same sizes.

    `near`: the share of the records of each split beside train whose cosine with a record of train
    is `cosine` or more; `near_of_random_split` is that of a random split of the compared records.
    `compared`: the records of each split that were compared; `lacking` ones were drawn, and have no
    embedding. `between_splits` is null where no voices are similar.
    """

    between_splits: float | None
    of_random_split: float
    cosine: float
    near: Mapping[str, float]
    near_of_random_split: Mapping[str, float]
    compared: Mapping[str, int]
    lacking: int


class ChangedLines(Model):
    """How lines were changed: rows with corrected texts, without a rate that NeMo would misread,
    with mapped fields; and whether marks were added to all lines.
    """

    text_corrected: int
    tags: bool
    skipme: bool
    canary: bool
    rate_removed: int
    fields_mapped: int


class CutsFile(Model):
    """A file of Lhotse cuts beside an output; `rate_assumed` cuts have a default sampling rate."""

    name: str
    file: str
    cuts: int
    rate_assumed: int


class Split(GatedArtifact):
    """split.json, which `curate split` writes.

    `allocation` is absent, and `given` is present, where the corpus came with its splits;
    `audio_root` where audio is looked for elsewhere than beside the manifests; `cuts` with `--to
    lhotse`. `voice_similarity` is absent where it is not measured: without embeddings of `train
    voices`. `lock` is null without an earlier lock. `near_unsure` texts may have an undetected
    near-duplicate.
    """

    file: ClassVar[str] = "split.json"
    made_by: ClassVar[str] = "curate split"

    schema_id: SchemaId[Literal["curate.split/1"]] = "curate.split/1"
    seed: int
    rules: RuleFile
    inputs: tuple[Input, ...]
    audio_root: OptionalKey[str] = None
    lock: LockResult | None
    strategy: Literal["searched", "given"]
    allocation: OptionalKey[Allocation] = None
    given: OptionalKey[Mapping[str, GivenSplit]] = None
    targets: Mapping[str, Target]
    feasible: OptionalKey[Feasible] = None
    held_out: HeldOut
    outputs: tuple[SplitOutput, ...]
    strata_columns: tuple[str, ...]
    strata: tuple[SplitStratum, ...]
    assumed: Mapping[str, float]
    measures: tuple[Measure, ...]
    groups: Groups
    coverage: tuple[Coverage, ...]
    proposals: tuple[Proposal, ...]
    leaks: tuple[Leak, ...]
    balance: tuple[Balance, ...]
    text_similarity: OptionalKey[TextSimilarity] = None
    voice_similarity: OptionalKey[VoiceSimilarity] = None
    statement: str
    gates_by_figure: Mapping[str, tuple[str, ...]]
    gates: tuple[str, ...]
    near_unsure: int
    changed: ChangedLines
    cuts: OptionalKey[tuple[CutsFile, ...]] = None

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """What really makes the groups: of the speaker, other group fields and the recording those
        that records have and share. A field whose values are the groups is the only one named;
        none is where each record is a group.
        """
        used = [
            each
            for each in self.coverage
            if each.known and (each.key in self.groups.columns or _is_shared_recording(each))
        ]
        whole = [
            each.key for each in used if (each.known, each.values) == (each.rows, self.groups.total)
        ]
        return tuple(whole[:1] or [each.key for each in used])

    def headline(self) -> str:
        """What train and each drawn or given split hold, and the leaks."""
        shown = ("train", *self.targets)
        sizes = (
            f"{each.name} {duration(hours=each.hours)} ({plural(each.rows, 'row')})"
            for each in self.outputs
            if each.name in shown
        )
        return f"Split: {', '.join(sizes)}; {self.statement}"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Every output, and how near each target was met."""
        outputs = [
            (each.name, f"{each.rows:,}", duration(hours=each.hours)) for each in self.outputs
        ]
        yield HtmlTable(("output", "rows", "hours"), outputs)
        targets = [
            (name, duration(each.requested_s), duration(each.target_s), duration(each.achieved_s))
            for name, each in self.targets.items()
        ]
        yield HtmlTable(("split", "requested", "target", "achieved"), targets)
        leaks = [
            (leak.kind, " and ".join(leak.between), f"{leak.count:,}")
            for leak in self.leaks
            if leak.count
        ]
        yield HtmlTable(("leak", "between", "count"), leaks)


def _is_shared_recording(entry: Coverage) -> bool:
    return entry.key == "recording" and entry.values < entry.known
