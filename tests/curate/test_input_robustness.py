"""Malicious and damaged inputs: no hang, bounded memory, every rejection reported."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import CurateError, InputError
from curate.manifest import chunks, decompressed
from curate.manifest.chunks import LONGEST_LINE, read_chunks
from curate.manifest.lines import fetch_lines
from curate.manifest.read import find_sources, read_manifest
from curate.metrics.measure import measure
from curate.rules.file import load_rules
from tests.profiling import write_profile as profile

GOOD = b'{"audio_filepath": "a.wav", "duration": 2.0, "text": "hello there you"}'


def with_field(value: bytes) -> bytes:
    return GOOD[:-1] + b', "x": ' + value + b"}"


# line, the reason's beginning; None: a record
LINES: list[tuple[bytes, str | None]] = [
    (GOOD, None),
    (GOOD + b"\r", None),  # CRLF
    (b"\t " + GOOD + b" ", None),
    (with_field(b'"\\u0000"'), None),  # an escaped NUL is JSON
    (with_field(b"1" * 30), None),  # past 64 bits, and nobody's field
    (with_field(b"1" * 5000), "not JSON"),  # past what Python reads
    (with_field(b"[" * 40 + b"]" * 40), None),
    (with_field(b"[" * 10_000 + b"]" * 10_000), "nested deeper"),
    (with_field(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "nested deeper"),
    (with_field(b"NaN"), "not JSON (NaN"),
    (with_field(b"Infinity"), "not JSON (Infinity"),
    (with_field(b"-Infinity"), "not JSON (-Infinity"),
    (with_field(b'"\\ud800"'), "lone surrogate"),
    (with_field(b'"\xed\xa0\x80"'), "not UTF-8"),
    (with_field(b'"\xff"'), "not UTF-8"),
    (with_field(b'"\0"'), "not JSON"),  # a raw NUL byte
    (b"\0" * 100, "not JSON"),
    (GOOD[:-1] + b', "text": "again"}', "duplicate key (text)"),
    (GOOD[:-1] + b', "te\\u0078t": "again"}', "duplicate key (text)"),
    (GOOD.replace(b"2.0", b"1e400"), "duration is absurd"),
    (GOOD.replace(b"2.0", b"9" * 400), "duration is absurd"),
    (GOOD.replace(b"2.0", b"-0.0"), "duration is not positive"),
    (GOOD + GOOD, "not JSON (Extra data"),
    (b"\xef\xbb\xbf" + GOOD, "not JSON"),  # a byte order mark belongs to a file's beginning
    (b"null", "not a JSON object (null)"),
    (GOOD[:40], "not JSON"),  # the truncated last line
]


def test_every_line_says_why(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(line for line, _ in LINES))
    rows = pl.concat([piece.frame for piece in read_manifest(str(path), measure)])
    assert rows["line"].to_list() == list(range(1, len(LINES) + 1))
    data = path.read_bytes()
    for (line, reason), row in zip(LINES, rows.iter_rows(named=True), strict=True):
        assert data[row["byte_offset"] :][: row["byte_length"]] == line
        assert (row["malformed"] is None) == (reason is None), (line[:80], row["malformed"])
        assert (row["malformed"] or "").startswith(reason or ""), (line[:80], row["malformed"])


COMPRESS: list[Callable[[bytes], bytes]] = [
    lambda data: gzip.compress(data),
    lambda data: zstandard.ZstdCompressor().compress(data),
]


@pytest.mark.parametrize("compress", COMPRESS, ids=["gzip", "zstd"])
def test_compressed_equals_plain(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    data = b"\n".join([GOOD] * 500 + [line for line, _ in LINES])
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(data)
    whole = compress(data)
    packed.write_bytes(whole + compress(b"\n" + GOOD))
    assert b"".join(c.data for c in read_chunks(str(packed), 1 << 16)) == data + b"\n" + GOOD
    packed.write_bytes(whole)
    one, two = (
        pl.concat([piece.frame for piece in read_manifest(str(path), measure)]).drop("source")
        for path in (plain, packed)
    )
    assert one.equals(two)
    places = [(0, len(GOOD)), (len(GOOD) + 1, len(GOOD))]
    assert fetch_lines(str(packed), places) == fetch_lines(str(plain), places)
    for cut in (5, len(whole) // 2, len(whole) - 1):
        packed.write_bytes(whole[:cut])
        with pytest.raises(InputError, match="damaged"):
            list(read_chunks(str(packed)))
    packed.write_bytes(whole[:20] + b"\xff\xff\xff" + whole[23:])
    with pytest.raises(InputError, match="damaged"):
        list(read_chunks(str(packed)))


def test_gzip_without_isal_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.gz"
    whole = gzip.compress(GOOD * 9 + b"\n") * 2
    for content in (whole, whole[:-3], whole + b"junk", whole + b"\0" * 512):
        path.write_bytes(content)
        results: list[object] = []
        for reader in (decompressed._GzipReader, gzip.GzipFile):
            monkeypatch.setattr(decompressed, "_GzipReader", reader)
            try:
                results.append(b"".join(chunk.data for chunk in read_chunks(str(path))))
            except InputError as error:
                results.append(error.faults[0].where)
        assert results[0] == results[1]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b"d" * 9]), max_size=30),
    st.booleans(),
    st.integers(4, 40),
    st.sampled_from([1, 3, 1 << 15]),
)
def test_a_plain_file_is_cut_as_a_stream_is(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], mark: bool, size: int, window: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.jsonl"
    content = b"\xef\xbb\xbf" * mark + b"".join(parts)
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "_WINDOW", window)
        cut = list(read_chunks(str(path), size))
    assert cut == list(chunks._cut_lines(str(path), io.BytesIO(content), size))
    assert b"".join(each.data for each in cut) == content.removeprefix(b"\xef\xbb\xbf")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path)


def absent(path: Path) -> None:
    path.symlink_to(path.parent / "gone")


ODD_FILES: list[tuple[Callable[[Path], object], str]] = [
    (pipe, "not a regular file"),
    (loop, "symbolic links"),
    (absent, "no such file"),
    (Path.mkdir, "is a directory"),
    (lambda path: path.write_bytes(b"\xff\xfe" + "{}\n".encode("utf-16-le")), "UTF-16"),
]


@pytest.mark.parametrize(("make", "message"), ODD_FILES)
def test_odd_files_are_refused_at_once(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "odd.jsonl"
    make(path)
    with pytest.raises(InputError, match=message):
        profile([str(path)], tmp_path, load_rules(None))


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "a\0b", ""])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(CurateError):
        find_sources([name])


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes((GOOD + b"\n") * 1000)
    reading = read_chunks(str(path), 1 << 12)
    next(reading)
    with path.open("ab") as file:
        file.write(GOOD)
    with pytest.raises(InputError, match="changed while it was read"):
        list(reading)


def test_many_small_files(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number:04d}.jsonl").write_bytes(GOOD + b"\n")
    out = tmp_path / "out"
    out.mkdir()
    content = profile([str(tmp_path / "*.jsonl")], out, load_rules(None))
    assert content.totals.rows == 1000
    assert len(content.inputs) == 1000


MEMORY = """
import sys
from curate.errors import InputError
from curate.manifest.read import read_manifest
from curate.metrics.measure import measure
def held():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) >> 10 for line in file if line.startswith("RssAnon"))
measure_one = lambda clips: measure(clips)
list(read_manifest(sys.argv[1], measure_one, threads=2))
before = most = held()
rows = 0
try:
    for piece in read_manifest(sys.argv[2], measure_one, threads=2):
        rows += piece.frame.height + sum(part.blank_lines for part in piece.parts)
        most = max(most, held())
    said = "read"
except InputError as error:
    said = str(error).split("\\n")[0].split(": ", 1)[1]
# Not ru_maxrss: that outlives exec, and would tell of the process that runs the tests.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
peak = int(status["VmHWM"].split()[0]) >> 10
print(rows, peak, said)
"""


def run(tmp_path: Path, name: str) -> tuple[int, int, str]:
    """Rows read, peak resident MiB, and what was said, of a process of its own."""
    small = tmp_path / "small.jsonl"
    small.write_bytes(GOOD + b"\n")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(small), str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    rows, peak, message = done.stdout.strip().split(" ", 2)
    return int(rows), int(peak), message


def test_a_line_of_100_megabytes(tmp_path: Path) -> None:
    line = GOOD[:-2] + b"x" * (100 << 20) + b'"}\n'
    (tmp_path / "long.jsonl").write_bytes(GOOD + b"\n" + line + GOOD + b"\n")
    rows, peak, message = run(tmp_path, "long.jsonl")
    assert (rows, message) == (3, "read")
    assert peak < 1500


def bomb(tmp_path: Path, block: bytes, blocks: int) -> str:
    with gzip.open(tmp_path / "bomb.gz", "wb", 1) as file:
        for _ in range(blocks):
            file.write(block)
    return "bomb.gz"


def test_a_bomb_of_one_line(tmp_path: Path) -> None:
    name = bomb(tmp_path, b" " * (8 << 20), 128)
    assert (tmp_path / name).stat().st_size < 8 << 20
    rows, peak, message = run(tmp_path, name)
    assert rows == 0
    assert f"longer than {LONGEST_LINE >> 20} MiB" in message
    assert peak < 1500


def test_a_bomb_of_empty_lines(tmp_path: Path) -> None:
    rows, peak, message = run(tmp_path, bomb(tmp_path, b"\n" * (8 << 20), 4))
    assert (rows, message) == (4 * (8 << 20), "read")
    assert peak < 500  # a number for each line would be 256 more than the 290 that it takes


STDIN = """
import sys
from pathlib import Path
from tests.profiling import write_profile as profile
from curate.rules.file import load_rules
from curate.splits import SplitRequest, Targets, split_profile
folder = Path(sys.argv[1])
for name in ("p", "s"):
    (folder / name).mkdir()
profile(["-"], folder / "p", load_rules(None))
split_profile(folder / "p", folder / "s", SplitRequest(targets=Targets.parse({"eval": "1s"})))
"""


def test_standard_input_is_kept_for_the_split(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STDIN, str(tmp_path)],
        input=gzip.compress(GOOD + b"\n{oops\n"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "s" / "malformed.jsonl").read_bytes() == b"{oops\n"
    assert (tmp_path / "s" / "train.jsonl").read_bytes() == GOOD + b"\n"
