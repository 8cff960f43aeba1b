"""Transcripts that are read as a whole: TextGrids, JSON of Whisper and others, ELAN's XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from curate.manifest.read import find_sources
from tests.curate.caption_rows import Row, cue, read, rows_of


def grid(*tiers: str) -> str:
    """A TextGrid in the long format."""
    items = "".join(f"    item [{at}]:\n{tier}" for at, tier in enumerate(tiers, 1))
    header = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 9\n'
    return f"{header}tiers? <exists>\nsize = {len(tiers)}\nitem []:\n{items}"


def tier(name: str, *intervals: tuple[object, object, str]) -> str:
    entries = "".join(
        f"        intervals [{at}]:\n            xmin = {start}\n            xmax = {end}\n"
        f"            text = {text}\n"
        for at, (start, end, text) in enumerate(intervals, 1)
    )
    head = f'        class = "IntervalTier"\n        name = "{name}"\n        xmin = 0\n'
    return f"{head}        xmax = 9\n        intervals: size = {len(intervals)}\n{entries}"


BELL = (
    '        class = "TextTier"\n        name = "bell"\n        xmin = 0\n        xmax = 9\n'
    "        points: size = 1\n        points [1]:\n            number = 1\n"
    '            mark = "ding"\n'
)
NO_INTERVAL = "an interval has a start, an end and a text"
ALIGNED = [(0, 0.5, '"hello"'), (0.5, 0.7, '""'), (0.7, 1, '"there"'), (1, 2, '"sil"'),
           (2, 2.5, '"you"'), ("x", 3, '"lost"'), (3, 4, '"me"')]  # fmt: skip

GRIDS: list[tuple[str | bytes, Sequence[Row]]] = [
    (grid(tier("anna", (0, 1.5, '"She said ""no"""'), (1.5, 2, '""'), (2, 4, '"two\nlines"')), BELL,
          tier("transcript", (1, 2, '"hi"'))),
     [cue(0.0, 1.5, 'She said "no"', speaker="anna"), cue(2.0, 2.0, "two lines", speaker="anna"),
      cue(1.0, 1.0, "hi")]),
    (grid(tier("anna", (0, 1, '"unclosed'), ("--", 2, '"x"'), (2, 1, '"y"'), (3, 4, '"z"'))),
     [NO_INTERVAL, NO_INTERVAL, "its end is not behind its beginning (2 and 1)",
      cue(3.0, 1.0, "z", speaker="anna")]),
    (grid(tier("anna - words", *ALIGNED), tier("anna - phones", (0, 1, '"h"'))),
     [cue(0.0, 1.0, "hello there", speaker="anna", words=2),
      cue(2.0, 0.5, "you", speaker="anna", words=1), NO_INTERVAL,
      cue(3.0, 1.0, "me", speaker="anna", words=1)]),
    (grid(tier("words", (0, 1, '"no"')), tier("bob", (0, 1, '"yes"'))),
     [cue(0.0, 1.0, "yes", speaker="bob")]),
    ('"ooTextFile"\n"TextGrid"\n0\n9 ! to the end\n<exists>\n1\n"IntervalTier"\n"é"\n0\n9\n3\n'
     '0\n1\n"a"\n1\n"b"\n3\n4\n"c"\n',
     [cue(0.0, 1.0, "a", speaker="é"), NO_INTERVAL, cue(3.0, 1.0, "c", speaker="é")]),
    (grid(tier("anna", (0, 1, '"ĊĊ é"'), (1, 2, '"b"'))).encode("utf-16"),
     [cue(0.0, 1.0, "ĊĊ é", speaker="anna"), cue(1.0, 1.0, "b", speaker="anna")]),
    (grid(tier("anna", (0, 1, '"caf\xe9"'), (1, 2, '"b"'))).encode("latin-1"),
     ["not UTF-8 (byte 0xe9 at 3)", cue(1.0, 1.0, "b", speaker="anna")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), GRIDS)
def test_tiers_of_a_textgrid(tmp_path: Path, content: str | bytes, expected: Sequence[Row]) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    detected, rows, _ = read(tmp_path, "talk.TextGrid", data)
    assert detected == "textgrid"
    assert rows == list(expected)


SEGMENT = {"id": 0, "seek": 0, "start": 0.5, "end": 2.0, "text": " Hello", "tokens": [1, 2]}
SCORED = {**SEGMENT, "avg_logprob": -0.25, "no_speech_prob": 0.01, "compression_ratio": 1.5,
          "words": [{"probability": 0.5}, {"probability": 1.0}]}  # fmt: skip
BROKEN = "the JSON cannot be read to its end"

TRANSCRIPTIONS: list[tuple[str, Sequence[Row]]] = [
    (json.dumps({"text": " Hello", "segments": [SCORED, SEGMENT], "language": "fr"}),
     [cue(0.5, 1.5, "Hello", lang="fr", avg_logprob=-0.25, no_speech_prob=0.01,
          compression_ratio=1.5, confidence=0.75,
          _score={"word_confidence": 0.75, "word_confidence_min": 0.5}),
      cue(0.5, 1.5, "Hello", lang="fr")]),
    (json.dumps({"segments": [{**SEGMENT, "speaker": "S0", "words": [{"word": "a", "score": 0.5},
                                                                     {"word": "5"}]}],
                 "word_segments": [], "language": "en"}),  # WhisperX
     [cue(0.5, 1.5, "Hello", lang="en", speaker="S0", confidence=0.5,
          _score={"word_confidence": 0.5, "word_confidence_min": 0.5})]),
    (json.dumps({"text": "é" * 70_000, "segments": [SEGMENT]}, ensure_ascii=False),
     [cue(0.5, 1.5, "Hello")]),  # the segments begin behind the first 64 KiB
    (json.dumps({"chunks": [{"timestamp": [0.5, 2.0], "text": " Hello"},
                            {"timestamp": [2.0, None], "text": " cut"}], "text": " Hello cut"}),
     [cue(0.5, 1.5, "Hello"), "its end is not a time (missing)"]),  # Transformers
    (json.dumps({"result": {"language": "de"}, "transcription": [
        {"timestamps": {"from": "00:00:00,500"}, "offsets": {"from": 500, "to": 2000},
         "text": " Hallo"}]}, indent=1),
     [cue(0.5, 1.5, "Hallo", lang="de")]),  # whisper.cpp
    (json.dumps({"segments": [3, {"start": 0, "end": 1}, {**SEGMENT, "end": 0.5},
                              {**SEGMENT, "start": "0.5"}, SEGMENT]}),
     ["a segment is not a JSON object (int)", "the text of a segment is not a string",
      "its end is not behind its beginning (0.5 and 0.5)", "its start is not a time (0.5)",
      cue(0.5, 1.5, "Hello")]),
    (f'{{"segments": [{json.dumps(SEGMENT)}, {{"start": NaN, "end": 1, "text": "x"}}, {{"start": 0',
     [cue(0.5, 1.5, "Hello"), "its start is not a time (missing)", BROKEN]),
    (f'{{"segments": [{json.dumps(SEGMENT)}], "x": 1}} {{}}', [cue(0.5, 1.5, "Hello"), BROKEN]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), TRANSCRIPTIONS, ids=range(len(TRANSCRIPTIONS)))
def test_segments_of_a_json_transcription(
    tmp_path: Path, content: str, expected: Sequence[Row]
) -> None:
    (tmp_path / "talk.wav").touch()
    (tmp_path / "talk.json").write_text(content, encoding="utf-8")
    (origin,) = find_sources(
        [str(tmp_path / "talk.json")], None if "{}" not in content else "whisper"
    )
    rows = [row for _, _, row in rows_of(origin)]
    assert origin.format == "whisper"
    for row, expected_row in zip(rows, expected, strict=True):
        if isinstance(expected_row, str):
            assert str(row).startswith(expected_row)
        else:
            assert row == {"audio_filepath": "talk.wav", **expected_row}


def annotation(text: str, start: str, end: str) -> str:
    value = f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>"
    slots = f'TIME_SLOT_REF1="{start}" TIME_SLOT_REF2="{end}"'
    aligned = f"<ALIGNABLE_ANNOTATION {slots}>{value}</ALIGNABLE_ANNOTATION>"
    return f"<ANNOTATION>\n{aligned}\n</ANNOTATION>\n"


def eaf(body: str, head: str = "") -> str:
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="t{time}" TIME_VALUE="{time}"/>\n' for time in (0, 1500, 3000)
    )
    return (
        f'<?xml version="1.0"?>\n{head}<ANNOTATION_DOCUMENT>\n<TIME_ORDER>\n{slots}'
        f'<TIME_SLOT TIME_SLOT_ID="t"/></TIME_ORDER>\n{body}</ANNOTATION_DOCUMENT>\n'
    )


FIRST = annotation("Q&amp;A é", "t0", "t1500")
ANNA = f'<TIER TIER_ID="a" PARTICIPANT="Anna" LANG_REF="fra">{FIRST}</TIER>'
BROKEN_XML = "the XML cannot be read to its end (mismatched tag: line 11, column 15)"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>\n'

DOCUMENTS: list[tuple[str, Sequence[Row]]] = [
    (eaf(ANNA + f'<TIER TIER_ID="bob">{annotation("", "t1500", "t3000")}'
         f'{annotation("x", "t1500", "t")}{annotation("x", "t3000", "t1500")}'
         f'{annotation("x", "t1500", "gone")}</TIER>'
         f'<TIER TIER_ID="words" PARENT_REF="a">{annotation("A", "t0", "t1500")}</TIER>'),
     [cue(0.0, 1.5, "Q&A é", speaker="Anna", lang="fra"), cue(1.5, 1.5, "", speaker="bob"),
      "its end is not a time (missing)", "its end is not behind its beginning (3 and 1.5)",
      "its end is not a time (missing)"]),
    (eaf(f'<TIER TIER_ID="default">{annotation("<![CDATA[<b>]]>", "t0", "t1500")}</TIER>'),
     [cue(0.0, 1.5, "<b>")]),
    (eaf(ANNA + "<TIER>"),
     [cue(0.0, 1.5, "Q&A é", speaker="Anna", lang="fra"), BROKEN_XML]),
    (eaf(ANNA, ENTITIES), ["the XML is refused (it declares a document type)"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), DOCUMENTS, ids=range(len(DOCUMENTS)))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_annotations_of_elan(
    tmp_path: Path, content: str, expected: Sequence[Row], encoding: str
) -> None:
    detected, rows, _ = read(tmp_path, "talk.eaf", content.encode(encoding))
    assert detected == "elan"
    assert rows == list(expected)
