"""Importing NeMo, Lightning and Lhotse without their noise.

They speak through a dozen loggers and through Python warnings about their own internals; none of
it tells the user anything that this program does not say itself. Import this module first.
"""

from __future__ import annotations

import logging
import os
import warnings

NOISY_LOGGERS = (
    "lhotse",
    "lightning.fabric",
    "lightning.pytorch",
    "matplotlib",
    "numexpr",
    "nv_one_logger",
    "nemo_logger",
    "pytorch_lightning",
    "torch.distributed",
)

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
TINY_MACHINE_CORES = 4


def quieten() -> None:
    """Silence the loggers and warnings of NeMo and what it stands on; safe to call again."""
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore", module=r"(nemo|lightning|lhotse|torch|torchmetrics|pydub)\b")


def quieten_nemo() -> None:
    """Silence NeMo's own logger, which exists only once NeMo is imported."""
    from nemo.utils import logging as nemo_logging

    nemo_logging.setLevel(logging.ERROR)
