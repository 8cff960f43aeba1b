"""Which versions of what made an artefact."""

from __future__ import annotations

from importlib import metadata

PACKAGES = ("asr-curate", "nemo_toolkit", "torch", "lightning", "lhotse", "jiwer")


def versions() -> dict[str, str]:
    """Versions of the packages that decide a result; those that are installed."""
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed
