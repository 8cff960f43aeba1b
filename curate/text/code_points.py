"""Code points of UTF-8, compiled, and what points and commas are in numbers.

Both kernels inline these: what they hold of a text's normal form is the same.
"""

from __future__ import annotations

import unicodedata

from curate.text.normal import mapped_text

COMPOSED, UNSURE, ODD = range(3)
"""Whether a normal hash is right: yes, where composing changes nothing, no (use Python)."""


def composes_nothing(text: str) -> bool:
    """Whether NFC changes nothing, neither before characters take their forms nor after."""
    return unicodedata.is_normalized("NFC", text) and unicodedata.is_normalized(
        "NFC", mapped_text(text)
    )
