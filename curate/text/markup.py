"""Characters of a text that are marks for machines: tags, entities, braces, brackets, addresses;
what subtitles, escapes and emoji leave in texts.
"""

from __future__ import annotations

import numpy as np

from curate.arrays import Bytes, Int32s, Int64s
from curate.native import kernel

TAGS = (
    rb"<[^<> ][^<>]*>|\{[^{}]*\}|\[[^\[\]]*\]"
    rb"|&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]+);"
    rb"|https?://[^ \t\n\r\f\v]+"
    rb"|ignore_time_segment_in_scoring"
)
"""Tags, brackets, entities, addresses, and NIST's word for a segment that is not scored."""
LEFT_OVER = (
    rb"|>>+|-->|[0-9]{2}:[0-9]{2}:[0-9]{2}[,.][0-9]{3}"
    rb"|\\(?:[NnrthR\"'/\\]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})"
    rb"|\xe2\x81\x87|\xf0\x9f(?!\x8e[\xb5\xb6])[\x80-\xbf]{2}"
    rb"|\xe2(?!\x99[\xa9-\xaf])[\x98-\x9e][\x80-\xbf]"
)
"""A change of speaker and the times of subtitles, escapes (`\\N`, `\\u00e4`), SentencePiece's sign
for an unknown piece (U+2047), emoji and dingbats. Notes (U+2669 to U+266F, two emoji) are remarks.
"""
MARKUP = TAGS + LEFT_OVER
"""The definition, over UTF-8; what follows finds the same, from left to right, much faster."""


_PLAIN, _OPENS, _ENTITY, _LINK, _ARROW, _CLOCK, _ESCAPE, _SIGN, _WORD = range(9)
_ESCAPED = np.zeros(256, np.bool_)
_ESCAPED[list(b"NnrthR\"'/\\")] = True


def _starts() -> Bytes:
    """What a byte may begin."""
    kinds = np.full(256, _PLAIN, np.uint8)
    kinds[list(b"<{[")] = _OPENS
    kinds[ord("&")], kinds[ord("h")] = _ENTITY, _LINK
    kinds[list(b">-")] = _ARROW
    kinds[list(b"0123456789")] = _CLOCK
    kinds[ord("\\")], kinds[ord("i")] = _ESCAPE, _WORD
    kinds[[0xE2, 0xF0]] = _SIGN
    return kinds


_CLOSES = np.zeros(256, np.uint8)
_CLOSES[list(b"<{[")] = list(b">}]")
_BLANK = np.zeros(256, np.bool_)
_BLANK[list(b" \t\n\r\f\v")] = True


def markup_chars(data: Bytes, start: Int64s, length: Int64s) -> Int32s:
    """Code points that lie in MARKUP, of each text: `length[i]` bytes of UTF-8 from `start[i]`."""
    counts = np.zeros(start.size, np.int32)
    _count_all(data, start, length, counts)
    return counts


@kernel("markup")
def _count_all(data: Bytes, start: Int64s, length: Int64s, counts: Int32s) -> None:
    raise NotImplementedError
