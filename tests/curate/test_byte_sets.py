"""A text without a byte of a set has nothing of what the set is for."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.text import remarks
from curate.text.byte_sets import DAMAGE, MARKUP, REMARKS, byte_sets
from curate.text.damage import DAMAGE as DAMAGE_PATTERN
from curate.text.markup import MARKUP as MARKUP_PATTERN

SETS = [
    ("a b?c", DAMAGE), ("sch\u00c3\u00b6n", DAMAGE), ("<b>", MARKUP), (">>", MARKUP),
    ("-->", MARKUP), ("00:01:02,003", MARKUP), ("\\N", MARKUP), ("https://x.org", MARKUP),
    ("\u2047", MARKUP | REMARKS), ("(laughs)", REMARKS), ("*laughs*", REMARKS),
    ("\uff08x\uff09", REMARKS), ("\u3010x\u3011", REMARKS), ("plain words, 12.", 0), ("", 0),
]  # fmt: skip


def sets_of(text: str) -> int:
    """The same wherever the text stands in its buffer."""
    spans, last = Spans.of([text, "<?(" * 6]), Spans.of([text])
    sets = int(byte_sets(spans.data, spans.start, spans.length)[0])
    assert sets == int(byte_sets(last.data, last.start, last.length)[0])
    return sets


@pytest.mark.parametrize(("text", "sets"), SETS)
def test_sets_of_a_text(text: str, sets: int) -> None:
    assert sets_of(text) == sets


@given(st.text("ab Z0:<>{}[]&;?_\\-,.(*)\u00c3\u00b6\u2669\u2047\u3010\uff08\u0153\U0001f3b5h"))
def test_what_is_found_has_a_byte_of_its_set(text: str) -> None:
    sets = sets_of(text)
    assert sets & MARKUP or not re.search(MARKUP_PATTERN, text.encode())
    assert sets & DAMAGE or not re.search(DAMAGE_PATTERN, text)
    spans = Spans.of([text])
    enclosed = remarks.rows(spans.data, spans.start, spans.length)
    assert sets & REMARKS or not np.size(enclosed)
