"""Runs of equal tokens: how often a word or a phrase of up to five stands back to back."""

from __future__ import annotations

from typing import Final

LONGEST_COUNTED: Final = 1 << 20
"""Bytes of text up to which distinct words are counted, and loops of long phrases: more is no
segment of speech.
"""
LONGEST_LOOP = 100
"""Tokens of the longest phrase whose loop is looked for; the runs above are of 1 to 5."""
