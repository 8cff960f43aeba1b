"""What the JSON artefacts hold, as models: only what pages show; further keys are ignored.

Nearly every field may be absent, because a page about a broken run is the page one needs most.
"""

from __future__ import annotations

from reports.contracts.base import Artefact, Model
from reports.contracts.training import Run
from reports.contracts.wer import Wer

__all__ = [
    "Artefact",
    "Model",
    "Run",
    "Wer",
]
