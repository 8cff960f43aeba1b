"""A model as a person names it, to its vetted archive."""

from __future__ import annotations

from pathlib import Path

from train import runtime
from train.archive import Archive, open_archive


def archive_of(model: str) -> Archive:
    """The vetted archive of `model`: a path, else the name of a pretrained one, downloaded."""
    path = Path(model)
    if not (path.exists() or path.suffix == ".nemo"):
        runtime.prepare()
        from train.model import download

        path = download(model)
    return open_archive(path)
