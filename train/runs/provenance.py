"""Which versions of what made an artefact."""

from __future__ import annotations

from curate.environment import versions as environment

PACKAGES = ("asr-curate", "nemo_toolkit", "torch", "lightning", "lhotse", "jiwer")


def versions() -> dict[str, str]:
    """Versions of the packages that decide a result; those that are installed."""
    return environment.versions(PACKAGES)
