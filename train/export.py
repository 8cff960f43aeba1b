"""Write a plain copy of a model with behaviours, which NeMo restores by itself: `export_plain`."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from curate.artifacts.outputs import full_disk_as_error, whole_file
from curate.errors import ConfigError
from curate.nemo.archive import CONFIG_NAME, Archive
from curate.nemo.members import copy_members
from train.pretrained import archive_of
from train.recipe import DATA_SECTIONS
from train.recipe.behaviors import CONFIG_KEY, PROMPT, of_config


@dataclass(frozen=True, slots=True)
class PlainModel:
    """The file that was written, and the behaviours that it has no more."""

    path: Path
    behaviors: tuple[str, ...]


def export_plain(model: str, out: Path) -> PlainModel:
    """Write the archive of `model` to `out` with NeMo's own canary2 prompt; all else is the same.

    The weights are those of the model, whose prompt had a token more for each behaviour: what it
    transcribes without them is neither on nor off, and is to be evaluated. ConfigError where the
    model has no behaviours, or is a checkpoint.
    """
    archive = archive_of(model)
    behaviors = of_config(archive.config)
    if not behaviors:
        raise ConfigError.of(archive.path, "has no behaviours", "NeMo restores it as it is")
    if archive.checkpoint:
        hint = "name the run's directory, or its model.nemo"
        raise ConfigError.of(archive.checkpoint, "is a checkpoint, not an archive", hint)
    if out.resolve() == archive.path.resolve():
        raise ConfigError.of("--out", f"{out} is the model itself", "name another file")
    with full_disk_as_error(out), whole_file(out) as beside:
        _write(archive, _plain(archive.config), beside)
    return PlainModel(out, tuple(behaviors))


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with NeMo's own prompt."""
    plain = {key: value for key, value in config.items() if key != CONFIG_KEY}
    for name in DATA_SECTIONS:
        if isinstance(section := plain.get(name), dict) and "prompt_format" in section:
            plain[name] = section | {"prompt_format": PROMPT}
    return plain | {"prompt_format": PROMPT}


def _write(archive: Archive, config: dict[str, Any], path: Path) -> None:
    """The archive with another configuration, which comes first as NeMo writes it."""
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode("utf-8")
    header = tarfile.TarInfo(f"./{CONFIG_NAME}")
    header.size = len(text)
    with tarfile.open(path, "w:") as tar:
        tar.addfile(header, io.BytesIO(text))
        copy_members(archive, archive.files.keys() - {CONFIG_NAME}, tar)
