"""A .nemo archive, looked into without NeMo: is it safe to open, and what model is in it.

NeMo unpacks archives and builds the classes that the configurations inside name: the model's own,
and that of a model inside the model (canary-1b-v2 has one for timestamps). So the archive may hold
regular files only, once each, inside its own folder; and its configurations may name NeMo's own
classes only. Nothing is unpacked here: of an uncompressed archive only the headers, the
configurations and the requested members are read.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from curate.errors import Fault, InputError, raise_all
from curate.errors.nearest import unreadable
from curate.files.marked_yaml import plain_value, read_tree

CONFIG_NAME = "model_config.yaml"
WEIGHTS_NAME = "model_weights.ckpt"
CONFIG_SUFFIXES = frozenset({".yaml", ".yml"})
MOST_MEMBERS = 4096
MOST_CONFIG_BYTES = 16 * 2**20
MOST_FILE_BYTES = 64 * 2**20
MOST_BYTES = 256 * 2**30
TARGETS = frozenset({"_target_", "target", "cls"})
"""The keys by which a NeMo configuration names a class; `cls` is the old one."""

TRUSTED_CLASS = re.compile(r"nemo\.(?:collections|core|utils)(?:\.[a-z][a-z0-9_]*)+\.[A-Z]\w*")
"""A class of NeMo in a module of NeMo. A mere prefix would let `nemo.utils.x.os.system` through."""

TRUSTED_FUNCTIONS = frozenset({"nemo.collections.asr.modules.transformer.get_nemo_transformer"})
"""Functions that configurations of NVIDIA's models name in place of a class."""

REFERENCE = re.compile(r"\$\{([\w.]+)\}")
MOST_HOPS = 8
"""A value may refer to another one, and that to a third."""

NEMO_FILE = "nemo:"
"""How a configuration names a file that lies beside it in the archive."""


@dataclass(frozen=True)
class Archive:
    """A vetted archive. `target` is the model's class with its module, as NeMo wrote it."""

    path: Path
    size_bytes: int
    target: str
    config: dict[str, Any] = field(repr=False)
    files: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Size of every file inside, by its path in the archive."""

    other_configs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Every further configuration inside, by its path: of a timestamps model, for instance."""

    checkpoint: Path | None = None
    """A checkpoint of `train run` whose weights take the place of the archive's."""

    @property
    def weights_bytes(self) -> int:
        """Size of the model's weights; those of a model inside the model do not count."""
        return self.files.get(WEIGHTS_NAME, 0)

    def value(self, key: str, default: Any = None) -> Any:
        """The configuration's value at a dotted key; `${other.key}` is followed."""
        for _ in range(MOST_HOPS):
            value: Any = self.config
            for name in key.split("."):
                value = value.get(name) if isinstance(value, Mapping) else None
            link = REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if link is None:
                return default if value is None else value
            key = link[1]
        return default

    def read(self, name: str) -> bytes:
        """The content of a file inside, as its configuration names it; InputError without it."""
        path = artifact_name(name)
        if self.files.get(path, MOST_FILE_BYTES + 1) > MOST_FILE_BYTES:
            raise InputError.of(self.path, f"holds no {path!r} of a size to be read")
        with tarfile.open(self.path, "r:*") as tar:
            for member in tar:
                file = tar.extractfile(member) if member_name(member) == path else None
                if file is not None:
                    return file.read()
        raise InputError.of(self.path, f"holds no {path!r} any more")

    @property
    def model_class(self) -> str:
        """The model's class, without its module."""
        return self.target.rpartition(".")[2]


def open_archive(path: Path) -> Archive:
    """Vet the archive and read its configurations; InputError with everything wrong with it."""
    try:
        with tarfile.open(path, "r:*") as tar:
            members = _vet(path, tar)
            texts = dict(_config_texts(path, tar, members))
    except (tarfile.TarError, EOFError) as error:
        hint = "download or copy it again, if it was not whole"
        raise InputError.of(path, f"is not a .nemo archive: {error}", hint) from error
    except OSError as error:
        raise InputError(unreadable(path, error, "name a .nemo file")) from error
    configs, faults = _parse(path, texts)
    raise_all(InputError, faults)
    config = configs.pop(CONFIG_NAME)
    files = {member_name(member): member.size for member in members if member.isfile()}
    return Archive(path, path.stat().st_size, config["target"], config, files, configs)


def member_name(member: tarfile.TarInfo) -> str:
    """The member's path as everything names it: `./a` and `a` are one file."""
    return str(PurePosixPath(member.name))


def artifact_name(value: str) -> str:
    """The path of the file that a configuration's value names.

    >>> artifact_name("nemo:a_tokenizer.model"), artifact_name("./a_tokenizer.model")
    ('a_tokenizer.model', 'a_tokenizer.model')
    """
    return str(PurePosixPath(value.removeprefix(NEMO_FILE)))


def _vet(path: Path, tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    members: list[tarfile.TarInfo] = []
    size = 0
    for member in tar:  # the limits hold while it is read: a compressed archive may be a bomb
        members.append(member)
        size += member.size
        if len(members) > MOST_MEMBERS:
            raise InputError.of(path, f"holds more than {MOST_MEMBERS} files")
        if size > MOST_BYTES:
            raise InputError.of(path, f"unpacks to more than {MOST_BYTES} bytes")
    faults = [Fault(str(path), what) for what in _wrong_members(members)]
    if faults:
        raise InputError(*faults)
    return members


def _wrong_members(members: list[tarfile.TarInfo]) -> Iterator[str]:
    seen: set[PurePosixPath] = set()
    for member in members:
        name = PurePosixPath(member.name)
        if not (member.isfile() or member.isdir()) or member.issparse():
            yield f"holds {member.name!r}, which is neither a file nor a folder"
        if name.is_absolute() or ".." in name.parts:
            yield f"holds {member.name!r}, which lies outside the archive"
        if name in seen:
            yield f"holds {member.name!r} twice"
        seen.add(name)
    if PurePosixPath(CONFIG_NAME) not in seen:  # one in a folder is none to NeMo
        yield f"holds no {CONFIG_NAME}"
    if PurePosixPath(WEIGHTS_NAME) not in seen:
        yield f"holds no weights ({WEIGHTS_NAME})"


def _config_texts(
    path: Path, tar: tarfile.TarFile, members: Sequence[tarfile.TarInfo]
) -> Iterator[tuple[str, bytes]]:
    """Every configuration inside, by its name; small ones, all together."""
    size = 0
    for member in members:
        if not member.isfile() or PurePosixPath(member.name).suffix.lower() not in CONFIG_SUFFIXES:
            continue
        size += member.size
        if size > MOST_CONFIG_BYTES:
            raise InputError.of(
                path, f"its configurations are larger than {MOST_CONFIG_BYTES} bytes"
            )
        file: IO[bytes] | None = tar.extractfile(member)
        assert file is not None, member
        yield member_name(member), file.read()


def _parse(path: Path, texts: Mapping[str, bytes]) -> tuple[dict[str, Any], list[Fault]]:
    """The configurations by name, and everything wrong with them."""
    configs: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, text in texts.items():
        where = f"{path}:{name}"
        try:
            tree = read_tree(text.decode("utf-8"), where, aliases=True, error=InputError)
        except UnicodeDecodeError:
            faults.append(Fault(where, "is not UTF-8"))
        except InputError as error:
            faults += error.faults
        else:
            configs[name] = plain_value(tree)
            faults += _config_faults(where, configs[name], main=name == CONFIG_NAME)
    return configs, faults


def _config_faults(where: str, config: Any, *, main: bool) -> Iterator[Fault]:
    for key, name in _foreign(config):
        what = f"{key} names {name!r}, which is not NeMo's"
        yield Fault(where, what, "take the published archive: NeMo would run what is named")
    if main and not isinstance(config, dict):
        yield Fault(where, "is not a configuration")
    elif main and not isinstance(config.get("target"), str):
        yield Fault(where, "no target: which model is it?")


def _foreign(config: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every class that the configuration names and NeMo does not own, with its key."""
    if isinstance(config, dict):
        for name, value in config.items():
            inner = f"{key}.{name}".lstrip(".")
            if name in TARGETS and isinstance(value, str):
                if not (TRUSTED_CLASS.fullmatch(value) or value in TRUSTED_FUNCTIONS):
                    yield inner, value
            else:
                yield from _foreign(value, inner)
    elif isinstance(config, list):
        for index, value in enumerate(config):
            yield from _foreign(value, f"{key}[{index}]")
