"""The shapes of an archive's weights, read from the index of its checkpoint without torch."""

from __future__ import annotations

import math
import pickle
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from curate.nemo.archive import WEIGHTS_NAME, Archive, member_name

INDEX = "/data.pkl"
"""The member of a torch checkpoint that lists its tensors; their numbers are in other members."""

MOST_INDEX_BYTES = 64 * 2**20

NOT_TRAINED = ("running_mean", "running_var", "num_batches_tracked", "pos_enc")
"""Last parts of names of statistics, and of fixed positions of NeMo's decoder."""

FEATURES = "preprocessor."
"""Windows and filters of the features: fixed numbers."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor of the checkpoint; two names of one tensor have one `storage`."""

    storage: object
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)


def read_weights(archive: Archive) -> Mapping[str, Weight] | None:
    """Every tensor by its name; None where the checkpoint has another format."""
    try:
        with tarfile.open(archive.path, "r:") as tar:
            member = next(each for each in tar if member_name(each) == WEIGHTS_NAME)
            file = tar.extractfile(member)
            assert file is not None
            with zipfile.ZipFile(file) as checkpoint:
                name = next(each for each in checkpoint.namelist() if each.endswith(INDEX))
                if checkpoint.getinfo(name).file_size > MOST_INDEX_BYTES:
                    return None
                with checkpoint.open(name) as index:
                    weights = _Shapes(index).load()
    except (StopIteration, tarfile.TarError, zipfile.BadZipFile, pickle.UnpicklingError, OSError):
        return None
    if not isinstance(weights, dict):
        return None
    return {str(name): each for name, each in weights.items() if isinstance(each, Weight)}


def parameters_of(weights: Mapping[str, Weight]) -> Mapping[str, Weight]:
    """The tensors that can be trained: no statistics, no fixed positions, no filters."""
    return {
        name: each
        for name, each in weights.items()
        if not name.startswith(FEATURES) and name.rpartition(".")[2] not in NOT_TRAINED
    }


def normalised_modules(weights: Mapping[str, Weight]) -> frozenset[str]:
    """The names of the modules with running statistics: BatchNorm."""
    parts = (name.rpartition(".") for name in weights)
    return frozenset(module for module, _, last in parts if last == "running_mean")


def count(weights: Mapping[str, Weight]) -> int:
    """Numbers in these weights; those of two names count once."""
    return sum({each.storage: each.size for each in weights.values()}.values())


class _Shapes(pickle.Unpickler):
    """Builds shapes in place of tensors; nothing else in the file is called or imported."""

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a class or function of torch."""
        if (module, name) in _REPLACED:
            return _REPLACED[module, name]
        if module == "torch" and name.endswith("Storage"):
            return None
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> object:
        """The key of the storage."""
        return pid[2]


def _tensor(storage: object, offset: int, shape: tuple[int, ...], *_: object) -> Weight:
    return Weight((storage, offset), tuple(shape))


def _parameter(weight: Weight, *_: object) -> Weight:
    return weight


_REPLACED: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}
