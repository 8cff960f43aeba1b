"""The part that run.json and plan.json have in common."""

from __future__ import annotations

from typing import Any, Literal

from curate.artifacts.base import Model

Risk = Literal["silent", "stops", "elsewhere", "choice", "rebuilt"]


class Pitfall(Model):
    """An inherited value that was replaced, why, and what it would have done."""

    key: str
    inherited: Any
    used: Any
    why: str
    risk: Risk
