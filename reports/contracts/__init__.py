"""What the JSON artefacts hold, as models: only what pages show; further keys are ignored.

Nearly every field may be absent, because a page about a broken run is the page one needs most.
"""

from __future__ import annotations

from reports.contracts.base import Artefact, Model
from reports.contracts.compare import Compare
from reports.contracts.diff import Diff
from reports.contracts.profile import Profile
from reports.contracts.training import Run
from reports.contracts.wer import Wer
from reports.contracts.whatif import WhatIf

__all__ = [
    "Artefact",
    "Compare",
    "Diff",
    "Model",
    "Profile",
    "Run",
    "Wer",
    "WhatIf",
]
