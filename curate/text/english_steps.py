"""The steps of the normaliser that only English has, by name, in their order. Their tables are
loaded where a text is compared (`curate.text.english`).
"""

from __future__ import annotations

from typing import Final

FILLERS: Final = "fillers"
CONTRACTIONS: Final = "contractions"
SPELLING: Final = "spelling"
NUMBERS: Final = "numbers"
STEPS: Final = (FILLERS, CONTRACTIONS, SPELLING, NUMBERS)
