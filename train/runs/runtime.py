"""What must be set before torch and NeMo are imported: threads, loggers, warnings, garbage."""

from __future__ import annotations

import gc
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

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


_process = {"is_command": False}


def begin_command() -> None:
    """Declare that this process is a command: what it imports, it needs to its end."""
    _process["is_command"] = True


@contextmanager
def importing() -> Iterator[None]:
    """`prepare`, then import NeMo inside: without searching for garbage among what it loads.

    These are 700,000 objects. Searching among them while their number grows takes a fifth of the
    import's processor time. In a command they are never searched later either: each search would
    take as long again, and in a data worker, which is forked, copy their memory. A process that is
    not a command's, a notebook, has objects of its own that may become garbage, so there later
    searches stay as they were.
    """
    prepare()
    collects, loaded = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
        if _process["is_command"] and len(sys.modules) > loaded:  # else: what a fit left behind
            gc.freeze()
    finally:
        if collects:
            gc.enable()


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
