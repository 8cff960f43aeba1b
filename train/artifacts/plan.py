"""plan.json: everything that is known of a run before it begins, as `train plan` works it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from curate.artifacts.base import GatedArtifact, Model, OptionalKey, SchemaId
from train.artifacts.batch_sizes import BucketKind
from train.artifacts.rows import CheckedSet
from train.artifacts.shared import Pitfall
from train.artifacts.validation import ValidationSet

Level = Literal["error", "warning", "note"]


class PlanModel(Model):
    """The model's archive, and the recipe that it is trained with."""

    source: str
    class_name: str = Field(alias="class")
    bytes: int
    recipe: str
    script: str


class TokenizerPart(Model):
    """A SentencePiece model of the tokenizer; `name` is its language, empty where it is one."""

    name: str
    pieces: int
    sha256: str


class PlanTokenizer(Model):
    """The model's tokenizer; its class and prompt are null where the model has none."""

    kind: str
    meaning: str
    class_name: str | None = Field(alias="class")
    prompt_format: str | None
    vocabulary: int
    parts: tuple[TokenizerPart, ...]


class Validation(Model):
    """The eval manifest."""

    rows: int
    hours: float


class PlanData(Model):
    """The data, and how much of it was read; `validation` is null where there is none.

    `shards_sha256` names the content of all shards.
    """

    kind: Literal["shards", "split", "profile"]
    folder: str
    cuts: int
    hours: float
    durations_read: int
    examples: int
    languages: Mapping[str, float]
    validation: Validation | None
    audio_checked: int
    audio_missing: int
    validation_audio_checked: int
    validation_audio_unreadable: int
    misread: int
    shards_sha256: OptionalKey[str] = None


class LanguageLengths(Model):
    """The transcripts of one language in tokens; null where none could be encoded."""

    language: str
    examples: int
    tokens_per_s: float | None
    unknown_share: float | None
    longest: int
    longest_at: str


class PlanLengths(Model):
    """Tokens of transcripts; `longest_allowed` is null for a decoder without a limit."""

    around_a_transcript: int
    longest_allowed: int | None
    by_language: tuple[LanguageLengths, ...]


class SlotCount(Model):
    """How many of the examples have a problem with a prompt slot, and the place of the first."""

    problem: str
    slot: str
    rows: int
    place: str
    share: float


class Bin(Model):
    """A bucket: its longest cut, the mean number of cuts in a batch, its share of cuts.

    `upto_tokens` is present in buckets by tokens too.
    """

    upto_s: float
    upto_tokens: OptionalKey[int] = None
    cuts_a_batch: float
    share: float


class Augmentation(Model):
    """A change of training audio or features, and the share of recordings it changes, [0, 1].

    The share is null for dropout, which changes no recording.
    """

    name: str
    share: float | None
    effect: str


class DroppedCuts(Model):
    """Cuts that Lhotse leaves out by their duration, of one language and verdict."""

    lang: str
    verdict: str
    hours: float
    rows: int
    why: str


class Padding(Model):
    """How much longer audio and tokens become by padding, with one kind of buckets."""

    kind: BucketKind
    audio: float
    tokens: float


class PlanBatches(Model):
    """The run in batches; `cuts` and `hours` are those that are not dropped.

    `padding` is of a sample, with buckets by duration, and with 2-D buckets where the model can
    have them.
    """

    cuts: int
    hours: float
    dropped_hours: float
    dropped: tuple[DroppedCuts, ...]
    bins: tuple[Bin, ...]
    steps_per_epoch: float
    epochs: float
    hours_seen: float
    speech_a_batch_s: float
    longest_s: float
    proposed_val_check_interval: int
    padding: tuple[Padding, ...]


class PlanTrainable(Model):
    """Parameters of the model, and how many of them are trained at the start and at the end."""

    parameters: int
    at_start: int
    at_end: int


class PlanDemand(Model):
    """Estimated memory and time on one GPU; null where the model's sizes are not known, or what the
    device has.

    `disk_gib` is what checkpoints and model.nemo take at most.
    """

    gpu: str
    gpu_memory_gib: float | None
    parameters: int
    memory_gib: float | None
    hours: float | None
    disk_gib: float
    model: str


class PlanHost(Model):
    """Estimated memory of the processes of one device, and the time before its first batch.

    `buffer_bytes` are those of the cuts that all data workers hold, in `memory_bytes` too.
    """

    buffered_cuts: int
    buffer_bytes: int
    memory_bytes: int
    first_batch_s: float


class PlanValidation(Model):
    """The sets, how often they are decoded, and the encoder's share of the time for it, [0, 1]."""

    sets: tuple[ValidationSet, ...]
    validations: int
    full_validations: int
    time_share: float


class Finding(Model):
    """A finding: what it is, why it matters, how to fix it; of rows, the first places."""

    level: Level
    code: str
    what: str
    why: str
    hint: str
    places: tuple[str, ...] = ()


class Plan(GatedArtifact):
    """plan.json. `settings` are the recipe's, `config` is the configuration that NeMo gets.

    `trainable` is null where the archive's weights are of a format that cannot be counted.
    """

    file: ClassVar[str] = "plan.json"
    made_by: ClassVar[str] = "train plan"

    schema_id: SchemaId[Literal["train.plan/1"]] = "train.plan/1"
    model: PlanModel
    tokenizer: PlanTokenizer
    data: PlanData
    lengths: PlanLengths
    slots: tuple[SlotCount, ...]
    rows: tuple[CheckedSet, ...]
    validation: PlanValidation
    batches: PlanBatches
    augmentation: tuple[Augmentation, ...]
    trainable: PlanTrainable | None
    demand: PlanDemand
    host: PlanHost
    findings: tuple[Finding, ...]
    differences: tuple[Pitfall, ...]
    settings: Mapping[str, Any]
    config: Mapping[str, Any]
