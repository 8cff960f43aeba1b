"""What must be set before torch and NeMo are imported: threads, loggers, warnings."""

from __future__ import annotations

import logging
import os
import warnings

NOISY_LOGGERS = (
    "lightning",
    "lightning.fabric",
    "lightning.pytorch",
    "lightning_fabric",
    "nv_one_logger",
    "pytorch_lightning",
    "torch.distributed",
)

RANK_VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
"""Whichever launcher it was: torchrun, Lightning, SLURM; in Lightning's order."""

NOISY_PACKAGES = (
    "hydra|lhotse|lightning|lightning_fabric|nemo|nv_one_logger|pydub|pytorch_lightning"
    "|tensorboard|torch|torchmetrics"
)


def prepare() -> None:
    """Make NeMo start quickly, run quietly and share the machine; safe to call again."""
    # OpenMP's threads spin while they wait, so on a busy machine of few cores they take the cores
    # from each other and from data workers: a tiny model's step took 0.3 s with one thread and up
    # to 2 s with two. A GPU run does not notice; who evaluates a large model on a large CPU sets
    # the variable.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    silence_loggers()
    # They warn about their own internals, from their own modules; others still show.
    warnings.filterwarnings("ignore", module=rf"(?:{NOISY_PACKAGES})(?:\.|$)")


def silence_loggers() -> None:
    """Errors only; to be called again after the imports, since Lightning sets its own level."""
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    # NeMo requests a class of hydra where a function stands, and goes on: no error of anyone's.
    logging.getLogger("hydra").setLevel(logging.CRITICAL)
    # NeMo sets its own level to WARNING in every transcription.
    logging.getLogger("nemo_logger").addFilter(_is_error)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def choose_precision(accelerator: str) -> str:
    """What `trainer.precision: auto` is on this machine."""
    if accelerator == "cpu":
        return "32-true"
    import torch

    on_gpu = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return "bf16-mixed" if on_gpu else "32-true"


def is_main_process() -> bool:
    """Whether this process writes the run's files; with several devices only the first does."""
    ranks = (os.environ.get(name) for name in RANK_VARIABLES)
    return next((rank for rank in ranks if rank is not None), "0") == "0"
