"""Which versions of which packages are installed, for provenance; nothing is imported for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache


@cache
def installed_version(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    from importlib import metadata  # 15 ms, which `--help` need not take

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The version of each package that is installed."""
    installed = ((name, installed_version(name)) for name in packages)
    return {name: number for name, number in installed if number is not None}
