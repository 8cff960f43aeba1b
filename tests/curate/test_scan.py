"""The compiled scanner vouches for nothing that the strict reading refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.manifest.chunks import Chunk
from curate.manifest.nemo import read_batch, read_lines
from curate.manifest.scan import OK, scan
from curate.manifest.strict import Malformed, parse_line, why_no_record
from curate.manifest.syntax import ESCAPED, NUMBER, STRING
from curate.manifest.values import numbers, strings, unescape
from tests.lines import lines_of

FIELDS = ("audio_filepath", "duration", "text")
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FIELDS, JSON), "lang": JSON, "speaker": JSON, "x": JSON}
)
LINES = st.builds(
    lambda record, ascii_only: json.dumps(record, ensure_ascii=ascii_only).encode(
        "utf-8", "surrogatepass"
    ),
    RECORDS,
    st.booleans(),
)


def mutate(line: bytes, at: int, junk: bytes) -> bytes:
    at %= len(line) + 1
    return (line[:at] + junk + line[at + len(junk) // 2 :]).replace(b"\n", b" ")


BROKEN = st.builds(mutate, LINES, st.integers(0, 500), st.binary(max_size=4))


@settings(max_examples=1500, deadline=None)
@given(st.one_of(LINES, BROKEN, st.binary(max_size=60).map(lambda b: b.replace(b"\n", b" "))))
@example(b'{"text":"a","text":"b"}')
@example(b'{"\x7f": null}')
@example(b'{"te\\u0078t":"a","text":"b"}')
@example(b'{"text":"\\ud800"}')
@example(b'{"text":"\\ud83d\\ude00","x":[{}, [], {"a":[null,true,-1.5e3]}]}')
@example(b'{"duration":01}')
@example(b'{"x":' + b"1" * 5000 + b"}")  # Python reads no integer of over 4,300 digits
@example(b'{"duration":NaN}')
@example(b'{"a":1}{"b":2}')
@example(b'\x0b{"a":1}')
@example(b'{"a":' + b"[" * 61 + b"]" * 61 + b"}")
def test_scanner_agrees_with_strict(line: bytes) -> None:
    scanned = scan(np.frombuffer(line, np.uint8), FIELDS)
    if not line:
        assert scanned.status.size == 0
        return
    status = int(scanned.status[0])
    try:
        record = parse_line(line)
    except Malformed:
        assert status != OK, "vouched for a line that is none"
        return
    assert status == OK or b"\\" in line or not line.isascii() or len(line) > 60, (
        "a plain line needs no second look"
    )
    if status == OK:
        _compare_fields(line, record)


def _compare_fields(line: bytes, record: dict[str, object]) -> None:
    data = np.frombuffer(line, np.uint8)
    scanned = scan(data, FIELDS)
    for at, name in enumerate(FIELDS):
        kind = scanned.kind[:, at]
        start, length = (
            scanned.start[:, at].astype(np.int64),
            scanned.length[:, at].astype(np.int64),
        )
        value = record.get(name)
        if isinstance(value, str):
            assert kind[0] in (STRING, ESCAPED)
            plain, first, size = unescape(data, kind, start, length)
            assert plain[first[0] : first[0] + size[0]].tobytes().decode() == value
            assert strings(data, kind, start, length)[0] == value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            assert kind[0] == NUMBER
            got = float(numbers(data, kind, start, length)[0])
            assert got == (float(value) if abs(value) < 1e300 else got)
        else:
            assert kind[0] not in (STRING, ESCAPED, NUMBER)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@example([0.1, 1.5396371882086168, 2.75, 1e22, 123456789012345678.0, 5e-324, -0.0])
def test_numbers_are_the_nearest_doubles(values: list[float]) -> None:
    texts = [repr(value) for value in values]
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    length = np.array([len(text) for text in texts], np.int64)
    kind = np.full(len(texts), NUMBER, np.uint8)
    got = numbers(data, kind, np.cumsum(length) - length, length)
    assert got.tolist() == values
    assert [math.copysign(1, v) for v in got] == [math.copysign(1, v) for v in values]


def reason_of(line: bytes) -> str | None:
    try:
        return why_no_record(parse_line(line))
    except Malformed as fault:
        return str(fault)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(LINES, BROKEN, st.just(b""), st.just(b" \t\r")), max_size=8))
def test_every_line_becomes_one_row(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    if not data:
        return
    clips, [batch] = read_lines([Chunk("m", 100, data)])
    frame = clips.frame
    assert batch.lines == len(lines)
    assert batch.blank_lines + frame.height == len(lines)
    rows = frame.select("line", "byte_offset", "byte_length", "malformed", "duration_s").rows()
    for number, offset, length, malformed, duration in rows:
        line = lines[number - 1]
        assert data[offset - 100 : offset - 100 + length] == line
        assert malformed == reason_of(line)
        if malformed is None:
            assert duration == parse_line(line)["duration"]
    for row in range(frame.height):
        if frame["malformed"][row] is None:
            text = parse_line(lines[frame["line"][row] - 1])["text"]
            assert clips.texts.decode(row) == text


def test_strings_beyond_the_room_for_them_are_read_again() -> None:
    speakers = [f"speaker \u00e9 {row} {'x' * (row % 90)}" for row in range(3000)]
    lines = [
        json.dumps(
            {"audio_filepath": f"{row}.wav", "duration": 1, "text": "a", "speaker": speaker,
             "lang": ("d\u00e9", "en")[row % 2]}
        )
        for row, speaker in enumerate(speakers)
    ]  # fmt: skip
    assert "\\u00e9" in lines[0]
    frame = read_batch(Chunk("m", 0, "\n".join(lines).encode())).frame
    assert frame["speaker"].to_list() == [each.strip() for each in speakers]
    assert frame["lang"].to_list() == ["d\u00e9", "en"] * 1500


@pytest.mark.parametrize(
    ("source", "target", "translation"),
    [
        ('"en"', '"de"', True),
        ('"en"', '"en"', False),
        ('"\\u0065n"', '"en"', False),
        ('"\\u0065n"', '"e\\u006e"', False),
        ('"\\u0065n"', '"e\\u006f"', True),
        ('"en"', '"en2"', True),
        ('"en"', "null", False),
        ("1", '"en"', False),
    ],
)
def test_a_translation_is_one_between_two_languages(
    source: str, target: str, translation: bool
) -> None:
    line = (
        f'{{"audio_filepath": "a.wav", "duration": 1, "text": "a", "source_lang": {source}, '
        f'"target_lang": {target}}}'
    )
    clips = read_batch(Chunk("m", 0, line.encode()))
    assert clips.translation is not None
    assert clips.translation.tolist() == [translation]


FILES = st.lists(st.one_of(LINES, BROKEN, st.just(b""), st.just(b" ")), max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FILES, st.booleans()), min_size=1, max_size=5))
def test_files_read_together_are_files_read_alone(files: list[tuple[list[bytes], bool]]) -> None:
    """Whether or not their last lines end in a newline."""
    chunks = [
        Chunk(f"{at}.jsonl", 3 * at, b"\n".join(lines) + (b"\n" if ended else b""))
        for at, (lines, ended) in enumerate(files)
    ]
    chunks = [chunk for chunk in chunks if chunk.data]
    if not chunks:
        return
    together, batches = read_lines(chunks)
    separate = [read_lines([chunk]) for chunk in chunks]
    assert together.frame.equals(pl.concat([clips.frame for clips, _ in separate]))
    assert batches == [batch for _, each in separate for batch in each]
    texts = [clips.texts.decode(row) for clips, _ in separate for row in range(clips.frame.height)]
    assert [together.texts.decode(row) for row in range(together.frame.height)] == texts


def test_json_test_suite(real_data: Path) -> None:
    """nst/JSONTestSuite: what must be refused is refused, what must be accepted is accepted."""
    folder = real_data / "foreign" / "JSONTestSuite"
    cases = [json.loads(line) for line in lines_of((folder / "expected.jsonl").read_text())]
    seen = 0
    for case in cases:
        content = (folder / str(case["file"])).read_bytes()
        if b"\n" in content.strip(b"\n"):
            continue  # more than a line
        line = b'{"x": ' + content.strip(b"\n") + b"}"
        status = int(scan(np.frombuffer(line, np.uint8), FIELDS).status[0])
        try:
            parse_line(line)
            refused = False
        except Malformed:
            refused = True
        assert status != OK or not refused, case
        if case["expected"].startswith("reject"):
            assert refused, case
        if case["expected"].startswith("accept"):
            assert not refused, case
        seen += 1
    assert seen > 100


@pytest.mark.parametrize("ending", [b"\n", b""])
def test_last_line_needs_no_newline(ending: bytes) -> None:
    line = b'{"audio_filepath": "a.wav", "duration": 1, "text": "x"}'
    clips = read_batch(Chunk("m", 0, line + b"\n" + line + ending))
    assert clips.frame["malformed"].to_list() == [None, None]
    assert clips.frame["byte_length"].to_list() == [len(line), len(line)]
