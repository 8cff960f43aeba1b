"""The sections of a recipe, and the configuration that they make.

Keys carry NeMo's own names where NeMo has one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from train.config.parts import FrozenPart

TAKEN_FIELDS = frozenset(
    {
        *("audio_filepath", "duration", "offset", "text", "answer", "lang", "speaker", "shard_id"),
        *("source_lang", "target_lang", "taskname", "task", "pnc", "itn", "timestamp", "diarize"),
        *("emotion", "decodercontext", "prefix"),
    }
)
"""Fields that NeMo, Canary's prompt or curation read already: no behaviour may be called so."""

SLOWEST = 0.9
"""NeMo's speed perturbation adds copies at 0.9 and 1.1 of the speed."""

Monitor = Literal["val_wer", "val_loss"]
Beta = Annotated[float, Field(ge=0, lt=1)]
SetName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
Optimizer = Literal["adamw", "adam", "novograd", "sgd"]
Interval = tuple[float, float]
Codec = Literal["opus", "mp3", "vorbis", "gsm"]
SpareToken = Annotated[str, Field(pattern=r"^<\|spltoken[0-9]{1,2}\|>$")]


class Section(BaseModel):
    """Frozen, strict: an unknown key or a value of another type is an error, never a guess."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TrainerConfig(Section):
    """How long, how often to look, and on what hardware.

    `sync_batchnorm` takes the statistics of BatchNorm over all devices. `gradient_checkpointing`:
    encoder layers keep their inputs only, and compute again backwards.
    """

    max_steps: PositiveInt
    val_check_interval: PositiveInt
    limit_val_batches: PositiveInt | None = None
    log_every_n_steps: PositiveInt = 10
    gradient_clip_val: NonNegativeFloat = 1.0
    accumulate_grad_batches: PositiveInt = 1
    precision: Literal["auto", "32-true", "bf16-mixed", "bf16-true", "16-mixed"] = "auto"
    gradient_checkpointing: bool = False
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: PositiveInt = 1
    num_nodes: PositiveInt = 1
    strategy: Literal["auto", "ddp", "ddp_find_unused_parameters_true"] = "auto"
    sync_batchnorm: bool = False


class OptimConfig(Section):
    """The optimiser and its schedule; the schedule always ends where the trainer does.

    `betas` are those of Adam's kin, `momentum` is that of sgd. With `ema_decay` an exponential
    moving average of the weights is validated and saved.
    """

    name: Optimizer = "adamw"
    lr: PositiveFloat
    momentum: Beta = 0.9
    betas: tuple[Beta, Beta] = (0.9, 0.98)
    weight_decay: NonNegativeFloat = 1e-3
    schedule: Literal["CosineAnnealing", "InverseSquareRootAnnealing"] = "CosineAnnealing"
    warmup_steps: NonNegativeInt
    min_lr: NonNegativeFloat
    ema_decay: Annotated[float, Field(gt=0, lt=1)] | None = None


class TrainData(Section):
    """How training batches are made from the shards.

    `buckets` are by duration, or by duration and tokens. `batch_sizes` is a batch_sizes.json of
    `train calibrate`, whose buckets and sizes take the place of `batch_duration`.
    """

    batch_duration: PositiveFloat
    quadratic_duration: PositiveFloat | None = None
    num_buckets: PositiveInt = 30
    buckets: Literal["1d", "2d"] = "1d"
    batch_sizes: Path | None = None
    bucket_buffer_size: PositiveInt = 10_000
    shuffle_buffer_size: PositiveInt = 10_000
    min_duration: NonNegativeFloat = 0.1
    max_duration: PositiveFloat = 40.0
    num_workers: NonNegativeInt = 1


class BlendConfig(Section):
    """What is drawn beside `data`, and how often.

    `also` are further directories of `curate shard`. Strata are drawn by their hours to the power
    of `temperature`; null takes the weights that `curate shard --temperature` recorded. `replay`
    gives directories of what the model must not forget a fixed share of the hours drawn.
    """

    also: tuple[Path, ...] = ()
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    replay: dict[str, Annotated[float, Field(gt=0, lt=1)]] = {}


class AugmentationConfig(Section):
    """What is done to training recordings when they are drawn; validation is left as it is.

    Keys and defaults are those of NeMo's data loader. `noise_path` and `rir_path` are a directory
    of audio files or a NeMo manifest. `concatenate_samples` is not among them: Canary's prompt is
    tokenized before, so the transcript of all but the first recording would be lost.
    """

    noise_path: Path | None = None
    noise_snr: Interval = (10.0, 20.0)
    noise_mix_prob: Share = 0.5
    perturb_speed: bool = False
    rir_enabled: bool = False
    rir_path: Path | None = None
    rir_prob: Share = 0.5
    lowpass_enabled: bool = False
    lowpass_frequencies_interval: Interval = (3500.0, 8000.0)
    lowpass_prob: Share = 0.5
    compression_enabled: bool = False
    compression_codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] = ("opus",)
    compression_level_interval: Interval = (0.8, 0.99)
    compression_prob: Share = 0.5

    @property
    def changes_cuts(self) -> bool:
        """Whether cuts are replaced by others when they are drawn, with other ids."""
        enabled = (self.rir_enabled, self.lowpass_enabled, self.compression_enabled)
        return self.noise_path is not None or self.perturb_speed or any(enabled)


class ValidationData(Section):
    """How validation batches are made from the eval manifest.

    `also` names further manifests, of which a WER each is recorded; the eval manifest decides. Rows
    shorter or longer than the durations are set aside. With `trainer.limit_val_batches` all of the
    eval manifest is decoded at the start, at the end, and every `full_every` validations. A `beam`
    above 1 decodes by beam search.
    """

    batch_size: PositiveInt = 16
    min_duration: NonNegativeFloat = 0.1
    max_duration: PositiveFloat = 40.0
    num_workers: NonNegativeInt = 0
    also: dict[SetName, Path] = {}
    full_every: PositiveInt | None = None
    beam: PositiveInt = 1


class FreezeConfig(Section):
    """What stays as it was. `batchnorm: train` lets BatchNorm and squeeze-excite adapt even so.

    `encoder_layers` is a number of layers, the first, with the subsampling before them. A part that
    `unfreeze_at` names is trained from the step behind that one.
    """

    encoder: bool = False
    decoder: bool = False
    encoder_layers: NonNegativeInt = 0
    batchnorm: Literal["train", "eval"] = "train"
    unfreeze_at: dict[FrozenPart, PositiveInt] = {}

    @property
    def parts(self) -> frozenset[FrozenPart]:
        """The parts that are frozen at the start."""
        names: tuple[FrozenPart, ...] = ("encoder", "decoder", "encoder_layers")
        return frozenset(name for name in names if getattr(self, name))

    def frozen_at(self, step: int) -> frozenset[FrozenPart]:
        """The parts that are frozen after so many steps."""
        return frozenset(n for n in self.parts if step < self.unfreeze_at.get(n, step + 1))


class AdapterConfig(Section):
    """A bottleneck of `dim` units in each encoder layer, which is trained in place of the model."""

    name: SetName
    dim: PositiveInt
    dropout: Beta = 0.0


class TokenizerUpdate(Section):
    """Another tokenizer for a CTC or RNN-T model, whose output layer is then initialised again."""

    dir: Path
    type: Literal["bpe", "wpe"] = "bpe"


class TokenizerConfig(Section):
    """The tokenizer is the pretrained one, unless `update` names another; never for Canary."""

    update: TokenizerUpdate | None = None


class CheckpointConfig(Section):
    """Which checkpoints to keep, which weights become model.nemo, and when more is no use.

    `patience`: so many validations in a row without a better `monitor` end the run.
    """

    export: Literal["best", "last"] = "best"
    monitor: Monitor = "val_wer"
    save_top_k: PositiveInt = 3
    patience: PositiveInt | None = None


class LogsConfig(Section):
    """Where figures go besides metrics.csv and TensorBoard, by NeMo's own ways.

    The keys of `wandb` and `mlflow` are those of Lightning's loggers; `wandb: {}` takes all as it
    comes. Their packages are not among those that come with this one.
    """

    tensorboard: bool = True
    wandb: dict[str, str | bool] | None = None
    mlflow: dict[str, str] | None = None


class Behavior(Section):
    """A pair of Canary's tokens without a meaning, to mean that something is on or off."""

    on: SpareToken
    off: SpareToken


class FaultsConfig(Section):
    """What a run puts up with before it stops.

    `nonfinite`: leave out a step whose gradients are not finite numbers, or stop at the first;
    `most_skipped` such steps in a row end the run. `max_missing` is the share of the recordings
    drawn, [0, 1], whose audio may be unreadable.
    """

    nonfinite: Literal["skip", "stop"] = "skip"
    most_skipped: PositiveInt = 10
    max_missing: Share = 0.01


class RunConfig(Section):
    """Everything that decides a training run."""

    model: str = Field(min_length=1)
    data: Path
    out: Path
    recipe: Literal["auto", "aed", "finetune"] = "auto"
    seed: NonNegativeInt = 0
    use_loss_mask_for_prompt: bool = False
    trainer: TrainerConfig
    optim: OptimConfig
    train_ds: TrainData
    blend: BlendConfig = BlendConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    validation_ds: ValidationData = ValidationData()
    freeze: FreezeConfig = FreezeConfig()
    adapter: AdapterConfig | None = None
    tokenizer: TokenizerConfig = TokenizerConfig()
    checkpoints: CheckpointConfig = CheckpointConfig()
    faults: FaultsConfig = FaultsConfig()
    logs: LogsConfig = LogsConfig()
    behaviors: dict[SetName, Behavior] = {}
    overrides: dict[str, Any] = {}
    """Values of the model's own configuration (`--set model.KEY=...`), merged last."""

    def to_yaml(self) -> str:
        """The configuration as a recipe that loads to the same configuration."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
