"""A field that only some lines give is none of the others', whatever memory held before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.artifacts.columns import BYTE_OFFSET, LINE
from curate.artifacts.frames import Clips, Spans
from curate.artifacts.score_fields import SCORE_FIELD
from curate.manifest import fields
from curate.manifest.chunks import Chunk
from curate.manifest.fields import Lines
from curate.manifest.nemo import read_batch

TEXTS = st.sampled_from(["", "one", "é\\n", 'so "it" was', None, 7])
NUMBERS = st.sampled_from([0, 1, 0.5, -1, 3.1415926535897931, 16000, "1", None, 1e400])
WORD = st.sampled_from([None, [], [{"word": "a", "start": 0.0, "end": 0.5, "probability": 0.4}]])
OPTIONAL = {
    **dict.fromkeys(
        [
            *("lang", "target_lang", "source_lang", "speaker", "spk_id", "task", "taskname"),
            *("pred_text", "pred_text_2", "source_text", "answer", "domain"),
            "é",  # a key that only the strict reading takes
        ],
        TEXTS,
    ),
    **dict.fromkeys(["offset", "sampling_rate", "sample_rate", "channel"], NUMBERS),
    "_skipme": st.sampled_from([False, True, "noise", None]),
    SCORE_FIELD: st.sampled_from([None, {}, {"score_ctc": -0.5}]),
    "words": WORD,
    "word": WORD,
}
RECORDS = st.fixed_dictionaries(
    {
        "audio_filepath": st.sampled_from(["a.wav", "b/é.m4a", "b/c.flac", ""]),
        "duration": st.sampled_from([1.0, 2.5, 0.1234567890123456789, 0, "x", 1e400]),
        "text": st.sampled_from(["so it was", "", "\\u00e9", "tab\t", None]),
    },
    optional=OPTIONAL,
)
ASCII = st.booleans()
ODD_LINES = st.sampled_from(
    [b"", b" ", b"{}", b"[1]", b"{", b'{"text": "a", "text": "b"}', b"\xff"]
)
LINES = st.one_of(
    st.builds(
        lambda record, ascii: json.dumps(record, ensure_ascii=ascii).encode(), RECORDS, ASCII
    ),
    ODD_LINES,
)


@pytest.fixture(scope="module", autouse=True)
def _memory_that_was_used() -> Iterator[None]:
    """What is read of lines lies where something else was before."""
    empty = Lines.empty

    def used(*sizes: int) -> Lines:
        lines = empty(*sizes)
        for each in lines[Lines._fields.index("status") :]:
            each.view(np.uint8)[...] = 0xA5
        return lines

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lines, "empty", used)
        yield


@pytest.mark.parametrize("room", [None, 1])
@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=8))
def test_lines_read_together_are_lines_read_alone(room: int | None, lines: list[bytes]) -> None:
    """Also where they are more than there was room for."""
    with pytest.MonkeyPatch.context() as patch:
        if room is not None:
            patch.setattr(fields, "_likely_lines", lambda _: room)
        together = _read(b"\n".join(lines) + b"\n")
    row = 0
    for line in lines:
        alone = _read(line + b"\n")
        if alone.frame.height:
            names = [LINE.name, BYTE_OFFSET.name]
            assert_frame_equal(together.frame[row : row + 1].drop(names), alone.frame.drop(names))
            assert repr(_beside(together, row)) == repr(_beside(alone, 0))
            row += 1
    assert row == together.frame.height


def _read(data: bytes) -> Clips:
    return read_batch(Chunk("m.jsonl", 0, data), ["domain"])


def _beside(clips: Clips, row: int) -> Mapping[str, object]:
    """What is known of a row beside its columns."""
    scores = clips.scores or {}
    return {
        "text": clips.texts.decode(row),
        "predicted": _text(clips.predicted, row, -1),
        "predicted_2": _text(clips.predicted_2, row, -1),
        "other_side": _text(clips.other_side, row, 0),
        "translation": clips.translation is not None and bool(clips.translation[row]),
        "offset_fault": clips.offset_fault is not None and bool(clips.offset_fault[row]),
        "rate": clips.rate_beside_offset is not None and bool(clips.rate_beside_offset[row]),
        "scores": {n: float(v[row]) for n, v in sorted(scores.items()) if not np.isnan(v[row])},
    }


def _text(spans: Spans | None, row: int, none: int) -> str | None:
    return None if spans is None or spans.length[row] == none else spans.decode(row)


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("longest", [1, 40, 100])
@pytest.mark.parametrize("blank", [0, 1 << 17])
def test_room_for_many_lines_of_any_lengths(
    monkeypatch: pytest.MonkeyPatch, samples: int, longest: int, blank: int
) -> None:
    """The first ones long, or blank."""
    monkeypatch.setattr(fields, "_SAMPLES", samples)
    texts = ["a" * (50 if at < 5000 else at % longest) for at in range(12_000)]
    lines = [json.dumps({"audio_filepath": "a", "duration": 1, "text": text}) for text in texts]
    clips = _read(("\n" * blank + "\n".join(lines)).encode())
    assert [clips.texts.decode(row) for row in range(clips.frame.height)] == texts
    assert clips.frame[LINE.name].to_list() == [*range(blank + 1, blank + 12_001)]
