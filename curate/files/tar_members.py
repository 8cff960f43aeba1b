"""The members of a tar file, by their headers; a tar that is not whole to its end is damaged."""

from __future__ import annotations

import os
import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

BLOCK = tarfile.BLOCKSIZE
_BLOCKS = 3 * BLOCK
"""Bytes that are read at a header: a small member, and the header behind it, come with it."""
NOTHING = (".nodata", ".nometa")
"""What Lhotse writes for a cut that lacks a field."""


class Damage(ValueError):  # noqa: N818 - a finding about a file
    """What is wrong with a file of a shard."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(what)
        self.path, self.what = path, what


class Member(NamedTuple):
    """A member of a tar file: `size` bytes from `offset` on."""

    name: str
    offset: int
    size: int

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return self.name.rpartition(".")[0] or self.name


def tar_members(path: Path) -> list[Member]:
    """The members of a tar file that is whole to its end."""
    try:
        plain = _plaintar_members(path) if path.name.endswith(".tar") else None
        if plain is not None:
            return plain
        with tarfile.open(path) as tar:
            return [
                Member(member.name, member.offset_data, member.size)
                for member in tar
                if member.isfile()
            ]
    except FileNotFoundError:
        raise
    except (OSError, tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise Damage(path, f"is damaged: {error}") from None


def _plaintar_members(path: Path) -> list[Member] | None:
    """As `_members`, quickly; None where there are other members than plain files."""
    members, size, at = [], path.stat().st_size, 0
    first, blocks = 0, b""
    with path.open("rb", buffering=0) as file:
        while True:
            if not first <= at <= first + len(blocks) - BLOCK:
                first, blocks = at, os.pread(file.fileno(), _BLOCKS, at)
            header = blocks[at - first : at - first + BLOCK]
            if len(header) < BLOCK:
                raise ValueError("it is cut short: no end of archive")
            if not any(header):
                break
            member = _parse_header(header, at)
            if member is None:
                return None
            at = member.offset + -(-member.size // BLOCK) * BLOCK
            if at > size:
                raise ValueError(f"it is cut short in {member.name}")
            members.append(member)
        if any(os.pread(file.fileno(), BLOCK, at + BLOCK)) or size < at + 2 * BLOCK:
            raise ValueError("it is cut short: no end of archive")
    return members


def _parse_header(header: bytes, at: int) -> Member | None:
    if header[156:157] not in {b"0", b"\0"} or header[345:346] != b"\0" or header[124] & 0x80:
        return None
    counted = block_sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if int(header[148:156].strip(b"\0 ") or b"0", 8) != counted:
        raise ValueError(f"the header at byte {at} is damaged (checksum)")
    name = header[:100].rstrip(b"\0").decode()
    return Member(name, at + BLOCK, int(header[124:136].strip(b"\0 ") or b"0", 8))


def block_sum(block: bytes | bytearray) -> int:
    """The sum of a block's bytes: what Adler-32 has in its lower half, one more, of either half of
    the block, whose sum is less than what it divides by. Several times as fast as `sum`.

    >>> block_sum(bytes(range(256)) + bytes([255]) * 256) == sum(range(256)) + 255 * 256
    True
    """
    middle = BLOCK // 2
    low, high = zlib.adler32(block[:middle]), zlib.adler32(block[middle:])
    return (low & 0xFFFF) + (high & 0xFFFF) - 2
