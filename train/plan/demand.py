"""Memory and time, estimated from the model's sizes: good for choosing a GPU, not for a promise.

Memory: weights, gradients and AdamW's two moments in 32 bits are 16 bytes a parameter (half of it
in bf16-true; 12 with novograd and sgd, which have one). Activations,
in 16 bits: a transformer layer keeps 34 bytes a frame and unit of width, and 5 bytes a head and
pair of frames (Korthikanti et al. 2022, equations 1 and 2); a FastConformer layer has a second
feed-forward half and a convolution, which makes it some 60; the subsampling's first convolution
keeps its channels at half the frame rate. Logits take 8 bytes a token and piece, at four tokens a
second. In full precision activations take twice as much. With gradient checkpointing each layer
keeps its input, 2 bytes a frame and unit of width, and one layer at a time the rest. A frozen
parameter takes a quarter of its bytes; an average of weights takes 4 more of each. Expect the truth
within a factor of two.

Time: 6 operations a parameter and encoder frame (forward once, backward twice; 8 with gradient
checkpointing, which goes forward twice), at 27 % of the
GPU's dense bf16 peak. That is what a reported 0.27 s a step of 2,200 s of speech comes to for
canary-1b-v2 on a B200; waiting for data, validation and checkpoints come on top.

Parameters are those of the weights that are trained: a timestamps model inside the archive is
neither trained nor loaded, and takes room only in model.nemo.
"""

from __future__ import annotations

from dataclasses import dataclass

from curate.nemo.archive import Archive
from train.artifacts.plan import PlanDemand
from train.config import RunConfig
from train.config.sections import Optimizer
from train.plan.batches import Batches

FRAMES_PER_S = 100
UTILISATION = 0.27
OPERATIONS = 6.0
OPERATIONS_CHECKPOINTED = 8.0
WEIGHT_BYTES = 4
MOMENTS: dict[Optimizer, int] = {"adamw": 2, "adam": 2, "novograd": 1, "sgd": 1}
"""Numbers that the optimiser keeps for each parameter."""
AVERAGE_BYTES = 4
LAYER_BYTES = 60
INPUT_BYTES = 2
ATTENTION_BYTES = 5
STEM_BYTES = 6
LOGIT_BYTES = 8
TOKENS_PER_S = 4
GIB = 2**30

SIZES = (
    ("n_layers", None),
    ("d_model", None),
    ("n_heads", 8),
    ("subsampling_factor", 8),
    ("subsampling_conv_channels", 256),
    ("feat_in", 80),
)
"""Sizes of the encoder, and what FastConformer has where a configuration does not say."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU: its memory, and its dense bf16 peak as the maker states it, where that is known.

    A CPU counts as one, with the memory that this process may use, if known, and without a peak.
    `at_hand`: this machine has it, and `precision` is then what it gives a run that leaves the
    choice.
    """

    name: str
    memory_gib: float | None
    peak_tflops: float | None
    at_hand: bool = False
    precision: str | None = None


CPU = "CPU"
"""The name of a CPU as a Gpu."""

GPUS = (
    Gpu("l4", 24, 121),
    Gpu("a100-40", 40, 312),
    Gpu("a100", 80, 312),
    Gpu("h100", 80, 989),
    Gpu("h200", 141, 989),
    Gpu("b200", 180, 2250),
)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a run requires of one GPU; None where the configuration does not say the sizes.

    `disk_gib` is what its directory takes at most.
    """

    gpu: Gpu
    parameters: int
    memory_gib: float | None
    hours: float | None
    disk_gib: float

    def record(self) -> PlanDemand:
        """The estimate for plan.json."""
        return PlanDemand(
            gpu=self.gpu.name,
            gpu_memory_gib=self.gpu.memory_gib,
            parameters=self.parameters,
            memory_gib=None if self.memory_gib is None else round(self.memory_gib, 1),
            hours=None if self.hours is None else round(self.hours, 3),
            disk_gib=round(self.disk_gib, 3),
            model="docs/training.md: within a factor of two",
        )


def estimate_demand(
    archive: Archive, run: RunConfig, batches: Batches, vocabulary: int, gpu: Gpu, frozen: int = 0
) -> Demand:
    """What the run requires of each of its GPUs; `frozen` parameters are never trained."""
    parameters = archive.weights_bytes // 4
    disk = estimate_disk(archive, run) / GIB
    layers, width, heads, subsampling, channels, features = (
        archive.value(f"encoder.{name}", default) for name, default in SIZES
    )
    if not (isinstance(layers, int) and isinstance(width, int)):
        return Demand(gpu, parameters, None, None, disk)
    seconds = batches.speech_a_batch_s
    frames = FRAMES_PER_S / subsampling * seconds
    pairs = ATTENTION_BYTES * heads * FRAMES_PER_S / subsampling * batches.longest_s
    layer = LAYER_BYTES * width + pairs
    stored = layers * layer
    operations = OPERATIONS
    if run.trainer.gradient_checkpointing:
        stored, operations = layers * INPUT_BYTES * width + layer, OPERATIONS_CHECKPOINTED
    stem = STEM_BYTES * channels * features / 2 * FRAMES_PER_S / 2 * seconds
    logits = LOGIT_BYTES * TOKENS_PER_S * vocabulary * seconds
    wide = 2 if run.trainer.precision == "32-true" else 1
    half = 2 if run.trainer.precision == "bf16-true" else 1
    trained = WEIGHT_BYTES * (2 + MOMENTS[run.optim.name])
    weights = (WEIGHT_BYTES * frozen + trained * (parameters - frozen)) / half
    weights += AVERAGE_BYTES * (parameters - frozen) if run.optim.ema_decay else 0
    memory = weights + wide * (stored * frames + stem) + logits
    steps = run.trainer.max_steps * run.trainer.accumulate_grad_batches
    work = operations * parameters * frames * steps
    peak = gpu.peak_tflops
    hours = None if peak is None else work / (peak * 1e12 * UTILISATION) / 3600
    return Demand(gpu, parameters, memory / GIB, hours, disk)


def estimate_disk(archive: Archive, run: RunConfig) -> int:
    """Bytes of checkpoints and model.nemo at most.

    `last.ckpt` has the weights, their average if any, and the optimiser's moments; each of the best
    has the weights. A new file is written beside the one that it replaces, and model.nemo beside
    all of them, with every other file that the pretrained archive holds.
    """
    weights = archive.weights_bytes
    copies = 1 + MOMENTS[run.optim.name] + bool(run.optim.ema_decay)
    last, best = copies * weights, (run.checkpoints.save_top_k + 1) * weights
    return best + last + max(last, archive.size_bytes)
