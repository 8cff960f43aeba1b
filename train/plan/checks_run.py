"""Checks of the settings: how long, how often, how fast, and on what."""

from __future__ import annotations

from collections.abc import Iterator

from curate.formatting.units import duration, plural
from train.artifacts.plan import Level
from train.plan.checks_model import HEAD_MULTIPLE
from train.plan.demand import CPU
from train.plan.facts import Facts
from train.plan.findings import Check

USUAL_EPOCHS = 5
FEW_HOURS = 20.0
HIGH_LR_FEW_HOURS = 3e-5
LONG_WARMUP = 0.1
FEWEST_VALIDATIONS = 3
LARGEST_LR = 0.1
TIGHT_MEMORY = 0.9
ESTIMATE_WITHIN = 2
ENOUGH_WORKERS = 4
SINGLE = 1.5
LONGEST_RIR_S = 10.0
LONGEST_AVERAGE = 0.2


def _many_epochs(facts: Facts) -> Iterator[str]:
    epochs, run = facts.batches.epochs, facts.run.trainer
    if epochs > USUAL_EPOCHS:
        steps = f"{run.max_steps:,} steps of {facts.batches.steps_per_epoch:,.0f} an epoch"
        yield f"{epochs:,.0f} epochs ({steps})"


def _no_epoch(facts: Facts) -> Iterator[str]:
    if 0 < facts.batches.epochs < 1:
        share = facts.batches.epochs
        yield f"the run ends after {share:.0%} of the data: the rest is never used"


def _schedule(facts: Facts) -> Iterator[str]:
    ends, steps = facts.recipe.config["optim"]["sched"]["max_steps"], facts.run.trainer.max_steps
    if ends != steps:
        yield f"the schedule ends at step {ends:,}, the trainer at {steps:,}"


def _long_warmup(facts: Facts) -> Iterator[str]:
    warmup, steps = facts.run.optim.warmup_steps, facts.run.trainer.max_steps
    if warmup > LONG_WARMUP * steps:
        yield f"{warmup:,} of {steps:,} steps are warm-up ({warmup / steps:.0%})"


def _rate_not_lower(facts: Facts) -> Iterator[str]:
    before, now = facts.archive.value("optim.lr"), facts.run.optim.lr
    if isinstance(before, int | float) and now > before:
        yield f"lr is {now:g}, above the {before:g} of the pretraining"


def _rate_for_few_hours(facts: Facts) -> Iterator[str]:
    hours, rate = facts.batches.hours, facts.run.optim.lr
    if 0 < hours < FEW_HOURS and rate > HIGH_LR_FEW_HOURS:
        yield f"lr is {rate:g} for {duration(hours=hours)} of speech"


def _seldom_validated(facts: Facts) -> Iterator[str]:
    interval, proposed = facts.run.trainer.val_check_interval, facts.batches.val_check_interval
    times = facts.run.trainer.max_steps // interval
    if times < FEWEST_VALIDATIONS:
        yield f"validated {times} times, every {interval:,} steps; {proposed:,} would be usual"


def _memory(facts: Facts) -> Iterator[tuple[Level, str]]:
    """The estimate is right within a factor of two: beyond that, the run cannot fit.

    Where batch sizes were measured, there is nothing to estimate.
    """
    need, gpu = facts.demand.memory_gib, facts.demand.gpu
    if need is None or gpu.memory_gib is None or facts.run.train_ds.batch_sizes:
        return
    if need > TIGHT_MEMORY * gpu.memory_gib:
        level: Level = "error" if need > ESTIMATE_WITHIN * gpu.memory_gib else "warning"
        yield level, f"about {need:,.0f} GiB are needed, the {gpu.name} has {gpu.memory_gib:,.0f}"


def _one_batch_of_all(facts: Facts) -> Iterator[str]:
    whole_h, batch_s = facts.batches.hours, facts.run.train_ds.batch_duration
    if 0 < whole_h * 3600 < batch_s and not facts.run.train_ds.batch_sizes:
        size = duration(hours=batch_s / 3600)
        yield f"train_ds.batch_duration is {size}, all of the data {duration(hours=whole_h)}"


def _no_rate_of_adamw(facts: Facts) -> Iterator[str]:
    if facts.run.optim.name != "sgd" and facts.run.optim.lr >= LARGEST_LR:
        yield f"optim.lr is {facts.run.optim.lr:g}"


def _one_cut_batches(facts: Facts) -> Iterator[str]:
    single = [b for b in facts.batches.bins if b.cuts_a_batch < SINGLE]
    if single and len(facts.batches.bins) > 1:
        share = sum(b.share for b in single)
        yield f"{share:.1%} of the cuts are batches of their own (up to {single[-1].upto_s:.0f} s)"


def _buckets(facts: Facts) -> Iterator[str]:
    buckets, cuts = facts.run.train_ds.num_buckets, facts.batches.cuts
    if facts.run.train_ds.batch_sizes:  # with buckets of their own
        return
    if buckets == 1:
        yield "num_buckets is 1, and Lhotse asserts that there are more"
    elif 0 < cuts < buckets:
        yield f"num_buckets is {buckets}, and there are {cuts} cuts to share out"


def _few_workers(facts: Facts) -> Iterator[str]:
    workers, run = facts.run.train_ds.num_workers, facts.run.trainer
    if workers < ENOUGH_WORKERS and (run.devices > 1 or run.accelerator == "gpu"):
        yield f"audio is decoded by {plural(workers, 'worker')} a GPU"


def _frozen(facts: Facts) -> Iterator[str]:
    freeze = facts.run.freeze
    if freeze.encoder and freeze.batchnorm == "eval":
        yield "the encoder is frozen, and its BatchNorm with it"


def _lowpass_beyond(facts: Facts) -> Iterator[str]:
    config, rate = facts.run.augmentation, facts.sample_rate
    high = config.lowpass_frequencies_interval[1]
    if config.lowpass_enabled and high > rate // 2:
        yield f"augmentation.lowpass_frequencies_interval ends at {high:g} Hz, audio at {rate // 2}"


def _long_rirs(facts: Facts) -> Iterator[str]:
    seconds = [clip.duration_s for clip in facts.clips.rirs]
    if seconds and sum(seconds) / len(seconds) > LONGEST_RIR_S:
        mean = sum(seconds) / len(seconds)
        yield f"the files of augmentation.rir_path are {mean:.0f} s long on average"


def _nothing_to_checkpoint(facts: Facts) -> Iterator[str]:
    if facts.run.trainer.gradient_checkpointing and not _is_conformer(facts):
        target = facts.archive.value("encoder._target_")
        yield f"trainer.gradient_checkpointing is set, and the encoder is {target}"


def _no_such_layers(facts: Facts) -> Iterator[str]:
    layers, number = facts.archive.value("encoder.n_layers"), facts.run.freeze.encoder_layers
    if number and not (isinstance(layers, int) and number <= layers):
        yield f"freeze.encoder_layers is {number}, and the encoder has {layers or 'no layers'}"


def _no_adapter(facts: Facts) -> Iterator[str]:
    adapter, archive = facts.run.adapter, facts.archive
    if adapter is None:
        return
    if not _is_conformer(facts):
        yield f"adapter is set, and the encoder is {archive.value('encoder._target_')}"
    if adapter.name in (archive.config.get("adapters") or {}):
        yield f"the model has an adapter '{adapter.name}' already"


def _is_conformer(facts: Facts) -> bool:
    target = str(facts.archive.value("encoder._target_"))
    return target.rpartition(".")[2] in {"ConformerEncoder", "ConformerEncoderAdapter"}


def _long_average(facts: Facts) -> Iterator[str]:
    decay, steps = facts.run.optim.ema_decay, facts.run.trainer.max_steps
    if decay and (reach := 1 / (1 - decay)) > LONGEST_AVERAGE * steps:
        yield f"optim.ema_decay {decay} averages over some {reach:,.0f} steps, of {steps:,} in all"


def _beam(facts: Facts) -> Iterator[tuple[Level, str]]:
    beam, name = facts.run.validation_ds.beam, facts.recipe.model_class
    if beam == 1:
        return
    if name == "EncDecCTCModelBPE":
        yield "error", f"validation_ds.beam is {beam}, and a CTC model gains nothing without an LM"
    elif facts.is_prompted and facts.tokenizer.vocabulary % HEAD_MULTIPLE:
        size = facts.tokenizer.vocabulary
        yield "error", f"validation_ds.beam is {beam}, and the vocabulary of {size} is padded"
    else:
        yield "note", f"validation decodes with {beam} hypotheses a row"


def _half_precision(facts: Facts) -> Iterator[str]:
    if facts.run.trainer.precision == "bf16-true":
        yield "trainer.precision is bf16-true: weights and AdamW's moments are kept in 16 bits"


def _is_on_cpu(facts: Facts) -> bool:
    return facts.run.trainer.accelerator == "cpu" or facts.demand.gpu.name == CPU


def _tdt_on_cpu(facts: Facts) -> Iterator[str]:
    if _is_on_cpu(facts) and facts.archive.value("loss.loss_name") == "tdt":
        yield "the loss is computed in PyTorch, without a share of RNN-T (loss.tdt_kwargs.omega)"


def _fp16_on_cpu(facts: Facts) -> Iterator[str]:
    if facts.run.trainer.precision == "16-mixed" and _is_on_cpu(facts):
        yield "trainer.precision is 16-mixed, and the run is on the CPU"


def _no_gpu(facts: Facts) -> Iterator[str]:
    if facts.run.trainer.accelerator == "auto" and facts.demand.gpu.name == CPU:
        yield "trainer.accelerator is auto, and torch finds no GPU on this machine"


CHECKS = (
    Check(
        "lowpass-beyond", "error",
        "Lhotse stops at the first batch: there is no such frequency",
        "at most half of the model's sampling rate",
        _lowpass_beyond,
    ),
    Check(
        "long-rirs", "warning",
        "an impulse response of a room takes 0.1 to 2 s; these may be recordings of noise",
        "noise belongs to augmentation.noise_path",
        _long_rirs,
    ),
    Check(
        "many-epochs", "warning",
        "fine-tuning takes 1 to 5 epochs; beyond, a model learns the recordings by heart",
        "fewer trainer.max_steps, or more data",
        _many_epochs,
    ),
    Check(
        "no-epoch", "note",
        "unused data does not train the model",
        "more trainer.max_steps, or larger batches",
        _no_epoch,
    ),
    Check(
        "schedule-steps", "error",
        "the rate hits its floor early, or never gets there",
        "optim.sched.max_steps must equal trainer.max_steps",
        _schedule,
    ),
    Check(
        "long-warmup", "warning",
        "the rate is low for so long that little is learned",
        "1 to 2 % of trainer.max_steps",
        _long_warmup,
    ),
    Check(
        "rate-too-high", "error",
        "AdamW moves every weight by about the rate in a step: this destroys the model",
        "1e-5 to 1e-4; a rate like 2.0 is for NeMo's NoamAnnealing, which scales it down",
        _no_rate_of_adamw,
    ),
    Check(
        "rate-above-pretraining", "warning",
        "a rate above the one it was pretrained with undoes what it knows",
        "a lower optim.lr: 1e-5 to 1e-4 is usual",
        _rate_not_lower,
    ),
    Check(
        "rate-for-few-hours", "note",
        "NVIDIA's own advice is 3e-5 under some 20 h; a model built from nothing needs more",
        "--set optim.lr=3e-5",
        _rate_for_few_hours,
    ),
    Check(
        "seldom-validated", "note",
        "the best weights are chosen among the validated ones",
        "a lower trainer.val_check_interval",
        _seldom_validated,
    ),
    Check(
        "memory", "warning",
        "out of memory, hours in, when the longest batch comes",
        "a lower train_ds.batch_duration or quadratic_duration; gradient checkpointing needs "
        "less memory and a third more time: --set trainer.gradient_checkpointing=true",
        _memory,
    ),
    Check(
        "batch-of-everything", "error",
        "every step would be an epoch, and no memory is large enough for it on real data",
        "a lower train_ds.batch_duration: seconds of audio in a batch, some hundreds a GPU",
        _one_batch_of_all,
    ),
    Check(
        "one-cut-batches", "note",
        "such a batch costs a step and teaches little, and its length decides the memory",
        "a higher train_ds.batch_duration, or a lower max_duration",
        _one_cut_batches,
    ),
    Check(
        "buckets", "error",
        "Lhotse stops with an assertion before the first batch",
        "train_ds.num_buckets between 2 and the number of cuts",
        _buckets,
    ),
    Check(
        "few-workers", "note",
        "the GPU waits for data; the run reports the share of that time",
        "--set train_ds.num_workers=8",
        _few_workers,
    ),
    Check(
        "nothing-to-checkpoint", "error",
        "only layers of NeMo's ConformerEncoder are computed again",
        "leave trainer.gradient_checkpointing out, and lower train_ds.batch_duration",
        _nothing_to_checkpoint,
    ),
    Check(
        "no-such-layers", "error",
        "it would freeze another part of the model than it says",
        "at most the number of layers; freeze.encoder freezes all",
        _no_such_layers,
    ),
    Check(
        "no-adapter", "error",
        "NeMo has linear adapters for the layers of a ConformerEncoder, each name once",
        "another adapter.name, or leave adapter out",
        _no_adapter,
    ),
    Check(
        "long-average", "warning",
        "most of the average is then weights from before the run, or from its start",
        "1 - 1/N for an average over N steps, a tenth of the run at most",
        _long_average,
    ),
    Check(
        "beam", "note",
        "each step of the decoder takes as many times longer; on a padded vocabulary NeMo fails",
        "leave validation_ds.beam out: `train eval --beam` decodes the best model so",
        _beam,
    ),
    Check(
        "half-precision", "warning",
        "bfloat16 has 8 significant bits: an update below 1/256 of a weight is rounded away",
        "trainer.precision: bf16-mixed, which NeMo's guide calls a good default for ASR",
        _half_precision,
    ),
    Check(
        "fp16-on-cpu", "error",
        "Lightning takes bfloat16 in its place, without the scaler that leaves out steps whose "
        "gradients are not finite",
        "trainer.precision: 32-true or bf16-mixed",
        _fp16_on_cpu,
    ),
    Check(
        "no-gpu", "warning",
        "a step takes tens to hundreds of times as long on the CPU",
        "check `nvidia-smi` and the installed torch; trainer.accelerator: cpu if it is meant",
        _no_gpu,
    ),
    Check(
        "frozen-batchnorm", "note",
        "running statistics of the old data normalise the new",
        "freeze.batchnorm: train lets them adapt",
        _frozen,
    ),
    Check(
        "tdt-on-cpu", "note",
        "NeMo's TDT loss needs CUDA; this one is for trials, and slow",
        "train on a GPU; there NeMo's own loss is used",
        _tdt_on_cpu,
    ),
)  # fmt: skip
