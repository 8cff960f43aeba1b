"""A file that is there under another Unicode form of its name than the one that is written."""

from __future__ import annotations

import os
from typing import Literal
from unicodedata import normalize

_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


def other_form(path: str) -> str:
    """`; it is there in Unicode form NFD`, for a message about a missing file, or nothing.

    macOS writes names in NFD, most other systems in NFC; readers take a name byte by byte.
    """
    forms = () if path.isascii() else _FORMS
    written = [form for form in forms if os.path.lexists(normalize(form, path))]
    return f"; it is there in Unicode form {written[0]}" if written else ""
