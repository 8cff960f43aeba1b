"""The fields in which a record keeps what text rules changed."""

from __future__ import annotations

from typing import Final

TEXT: Final = "text"
ORIGINAL: Final = "text_original"
"""The field that keeps the first text of a record, as its line wrote it."""
CHANGED_BY: Final = "text_rules"
"""The field that names the rules that changed the text."""
BEFORE_ORIGINAL: Final = f', "{ORIGINAL}": '.encode()
BEFORE_NAMES: Final = f', "{CHANGED_BY}": '.encode()
