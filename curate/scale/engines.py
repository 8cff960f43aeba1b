"""The engines by name: this machine, or Ray."""

from __future__ import annotations

from curate.errors import ConfigError
from curate.errors.nearest import suggest

ENGINES = ("local", "ray")


def check_engine(name: str, address: str | None) -> None:
    """ConfigError for an engine that there is not, and for a cluster's address without Ray."""
    if name not in ENGINES:
        raise ConfigError.of("--engine", f"unknown engine {name!r}", suggest(name, ENGINES))
    if name == "local" and address is not None:
        raise ConfigError.of("--ray-address", "is for --engine ray", "add --engine ray")
