"""What shards are made of is what the standard library makes: lines of JSON, members of tars."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.files import on_disk
from curate.files.state import sha256_of
from curate.files.tar_members import tar_members
from curate.shards.audio import Audio
from curate.shards.readback import _parse
from curate.shards.records import (
    Row,
    cut_line,
    cut_of,
    format_json,
    placeholder,
    placeholder_line,
)
from curate.shards.tar import HashedFile, TarFile, _header

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXTS, SCALARS, max_size=2)
NAMES = st.sampled_from(["lang", "speaker", "gender", "channel", "offset", "duration", "pnc"])
RECORDS = st.dictionaries(NAMES | TEXTS, VALUES, max_size=6)


@given(
    RECORDS,
    TEXTS | st.none(),
    st.lists(TEXTS, max_size=2),
    st.none() | st.floats(0, 9),
    st.integers(1, 1 << 40),
    st.integers(1, 192_000),
)
def test_a_cut_is_the_json_of_its_parts(
    record: dict[str, object],
    text: str | None,
    tags: list[str],
    weight: float | None,
    samples: int,
    rate: int,
) -> None:
    whole = {**record, "text": text, "audio_filepath": "/a/ä.wav"}
    row = Row("m.jsonl:7", "m000-000000007", whole, "good", tags, weight)
    audio = Audio(b"", "wav", samples, rate)
    recording = placeholder_line(row.key, audio)
    assert recording == format_json(placeholder(row.key, audio))
    assert cut_line(row, audio, recording) == format_json(cut_of(row, audio))


@given(st.from_regex(r"[a-z0-9.-]{1,100}", fullmatch=True), st.integers(0, 8**11 - 1))
def test_a_header_is_what_tarfile_writes(name: str, size: int) -> None:
    expected = tarfile.TarInfo(name)
    expected.size = size
    assert _header(name, size) == expected.tobuf(tarfile.USTAR_FORMAT)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.sampled_from(["", " ", "\n", "\r"]))
def test_a_line_is_read_as_json_reads_it(value: dict[str, object], around: str) -> None:
    text = json.dumps(value, ensure_ascii=False)
    for line in (
        f"{around}{text}{around}".encode(),
        text.encode("utf-16"),
        text.encode("utf-8-sig"),
    ):
        assert _parse(line) == json.loads(line) == value


@pytest.mark.parametrize(
    "line", [b"{", b'{"a": 1} x', b'{"a": 1}{}', b"{}\0", b'{"a": "\xff"}', b"\0"]
)
def test_what_is_no_json_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        json.loads(line)
    with pytest.raises(ValueError):
        _parse(line)


@given(sizes=st.lists(st.integers(0, 2000), max_size=12))
def test_members_are_those_of_tarfile_whatever_their_size(
    sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "members.tar"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number, size in enumerate(sizes):
            member = tarfile.TarInfo(f"{number}.json")
            member.size = size
            tar.addfile(member, io.BytesIO(bytes(size)))
    with tarfile.open(path) as tar:
        expected = [(each.name, each.offset_data, each.size) for each in tar]
    assert [tuple(member) for member in tar_members(path)] == expected


@pytest.mark.parametrize("has_calls", [True, False])
def test_a_long_file_has_its_room_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_calls: bool
) -> None:
    called: list[tuple[str, int, int]] = []
    calls = on_disk._call

    def call(name: str) -> Callable[[int, int, int, int], int] | None:
        def record(descriptor: int, *numbers: int) -> int:
            start, size = numbers[1:] if name == "fallocate" else numbers[:2]
            called.append((name, start, size))
            done = calls(name)
            assert done is not None, "Linux has both"
            return done(descriptor, *numbers)

        return record if has_calls else None

    monkeypatch.setattr(on_disk, "_call", call)
    path = tmp_path / "a.tar"
    tar = TarFile(HashedFile.create(path))
    for number in range(12):
        tar.add(f"{number}", bytes([number]) * (10 << 20))
    written = tar.close()
    assert written.bytes == path.stat().st_size
    assert written.sha256 == sha256_of(path)
    assert path.stat().st_blocks * 512 < written.bytes + (1 << 20)
    for name in ("fallocate", "sync_file_range"):
        pieces = [(start, size) for each, start, size in called if each == name]
        ends = accumulate(size for _, size in pieces)
        assert [start + size for start, size in pieces] == list(ends), "one behind the other"
        assert bool(pieces) == has_calls


def test_where_no_room_can_be_reserved_a_file_takes_what_there_is(small_disk: Path) -> None:
    tar = TarFile(HashedFile.create(small_disk / "a.tar"))
    tar.add("a", bytes(1 << 20))
    assert tar.close().sha256 == sha256_of(small_disk / "a.tar")
    tar = TarFile(HashedFile.create(small_disk / "b.tar"))
    with pytest.raises(OSError, match="No space left"):
        tar.add("b", bytes(3 << 20))
    with pytest.raises(OSError, match="No space left"):
        tar.close()
    assert tar.out.file.closed
