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
