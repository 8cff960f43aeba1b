"""Kinds of RFC 8259 values, as `syntax.c` finds them."""

from __future__ import annotations

import numpy as np

MISSING, STRING, ESCAPED, NUMBER, TRUE, FALSE, NULL, OBJECT, ARRAY = range(9)
"""Kind of a value; ESCAPED is a string with backslashes in it."""


_PLAIN, _QUOTE, _BACKSLASH, _CONTROL, _HIGH = range(5)
_CLASS = np.zeros(256, np.uint8)
_CLASS[:0x20] = _CONTROL
_CLASS[0x80:] = _HIGH
_CLASS[ord('"')] = _QUOTE
_CLASS[ord("\\")] = _BACKSLASH
_HEX = np.full(256, 255, np.uint8)
for _digit in b"0123456789abcdefABCDEF":
    _HEX[_digit] = int(chr(_digit), 16)
