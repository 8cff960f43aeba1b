"""The lines of a transcript in any encoding, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from curate.manifest.chunks import UTF8_MARK, UTF16_MARKS, read_chunks, read_head, read_whole
from curate.manifest.origin import Item, Origin, Portion, portion
from curate.manifest.strict import Record

ITEMS = 16_384
"""Records in one portion."""

_UNITS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Line(NamedTuple):
    """One line: its number, where it begins, its bytes with and without its end, and its text.

    Bytes that are not UTF-8 are lone surrogates in the text.
    """

    number: int
    byte_offset: int
    data: bytes
    end: bytes
    text: str


class Block(NamedTuple):
    """Consecutive lines, and what they are: a record, the reason why they are none, or None where
    they hold none by the format's rules (a comment, a number, a blank line).
    """

    lines: Sequence[Line]
    record: Record | str | None


def decode_text(data: bytes) -> tuple[str, str, int]:
    """The text of a file's content, its encoding, and the length of the mark at its beginning.

    Text can be encoded again to the same bytes by `encode_text`, whatever they were.
    """
    encoding = _UNITS.get(data[:2])
    if encoding is None:
        mark = len(UTF8_MARK) if data.startswith(UTF8_MARK) else 0
        return data[mark:].decode(errors="surrogateescape"), "utf-8", mark
    whole = data[2 : 2 + (len(data) - 2) // 2 * 2]  # half a code unit at the end is no text
    return whole.decode(encoding, errors="surrogatepass"), encoding, 2


def encode_text(text: str, encoding: str) -> bytes:
    """The bytes that a part of a decoded text had in its file."""
    errors = "surrogateescape" if encoding == "utf-8" else "surrogatepass"
    return text.encode(encoding, errors)


def read_lines(name: str) -> Iterator[Line]:
    """The lines of a file: UTF-8 as a stream, UTF-16 (by its mark) as a whole.

    Lines end with LF or CRLF; with CR where no LF is among the first of them.
    """
    if read_head(name, 2) in UTF16_MARKS:
        yield from _wide_lines(read_whole(name))
        return
    number, newline = 0, b""
    for chunk in read_chunks(name):
        newline = newline or (b"\r" if b"\n" not in chunk.data and b"\r" in chunk.data else b"\n")
        text = chunk.data.decode(errors="surrogateescape")
        offset = chunk.byte_offset
        parts = text.split(newline.decode())
        for part, data in zip(parts, chunk.data.split(newline), strict=True):
            begin, offset = offset, offset + len(data) + 1
            end = newline if offset <= chunk.byte_offset + len(chunk.data) else b""
            if data or end:
                number += 1
                yield Line(number, begin, data, end, part.removesuffix("\r"))


def _wide_lines(data: bytes) -> Iterator[Line]:
    text, encoding, offset = decode_text(data)
    mark = "\r" if "\n" not in text and "\r" in text else "\n"
    rest = data[offset + len(text.encode(encoding, "surrogatepass")) :]
    number, parts = 0, text.split(mark)
    for at, part in enumerate(parts):
        is_last = at == len(parts) - 1
        content = encode_text(part, encoding) + (rest if is_last else b"")
        end = b"" if is_last else mark.encode(encoding)
        if content or end:
            number += 1
            yield Line(number, offset, content, end, part.removesuffix("\r"))
        offset += len(content) + len(end)


def bytes_of(lines: Sequence[Line]) -> bytes:
    """The bytes of consecutive lines, without the end of the last one."""
    if len(lines) == 1:
        return lines[0].data
    return b"".join([line.data + line.end for line in lines[:-1]]) + lines[-1].data


def line_portions(origin: Origin, blocks: Iterable[Block]) -> Iterator[Portion]:
    """Portions of a file of which every line is in one block, in the order of the file."""
    items: list[Item] = []
    raw: list[bytes] = []
    blank_lines = blank_bytes = 0
    for lines, record in blocks:
        raw.extend(part for line in lines for part in (line.data, line.end))
        if record is None:
            blank_lines += len(lines)
            blank_bytes += sum(len(line.data) for line in lines)
            continue
        data = bytes_of(lines)
        items.append(Item(lines[0].number, lines[0].byte_offset, data, record))
        if len(items) == ITEMS:
            yield portion(origin, items, b"".join(raw), blank_lines, blank_bytes)
            items, raw, blank_lines, blank_bytes = [], [], 0, 0
    yield portion(origin, items, b"".join(raw), blank_lines, blank_bytes)


class Place(NamedTuple):
    """A place in a file: its byte offset and its line."""

    byte_offset: int
    line: int


class Span(NamedTuple):
    """A part of a file that is a record, or for a reason none; `end` is behind it."""

    start: Place
    end: Place
    record: Record | str


class Cursor:
    """The places of characters of a decoded text, taken in ascending order."""

    def __init__(self, data: bytes) -> None:
        self.text, self._encoding, mark = decode_text(data)
        self._at, self._place = 0, Place(mark, 1)

    def place(self, position: int) -> Place:
        """Where a character is in the file. Positions must not descend."""
        assert position >= self._at, "positions are taken in order"
        passed = self.text[self._at : position]
        offset, line = self._place
        size = len(passed) if passed.isascii() and self._encoding == "utf-8" else -1
        offset += len(encode_text(passed, self._encoding)) if size < 0 else size
        self._at, self._place = position, Place(offset, line + passed.count("\n"))
        return self._place


def span_portions(origin: Origin, data: bytes, spans: Iterable[Span]) -> Iterator[Portion]:
    """Portions of a file that is read as a whole, by its spans in the order of the file.

    A row's line is where its span begins; where several begin on one line, the next number. Lines
    without any part of a span count as lines that hold no record.
    """
    raw = data[decode_text(data[:4])[2] :]
    lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
    items: list[Item] = []
    last = touched = covered = inside = 0
    for start, end, record in spans:
        content = data[start.byte_offset : end.byte_offset]
        last = max(start.line, last + 1)
        items.append(Item(last, start.byte_offset, content, record))
        lines -= max(0, end.line - max(start.line, touched + 1) + 1)
        touched = max(touched, end.line)
        covered += len(content)
        inside += end.line - start.line
        if len(items) == ITEMS:
            yield portion(origin, items, b"")
            items = []
    outside = len(raw) - covered - (raw.count(b"\n") - inside)
    yield portion(origin, items, raw, max(lines, 0), max(outside, 0))
