"""Files of directories that are remembered have the keys that the disk gave them at first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.arrays import UInt64s
from curate.artifacts.columns import RECORDING_KEY
from curate.manifest import audio_files, folder_keys
from curate.manifest.absent_folders import Folders, keys_of_absent
from curate.manifest.audio_files import keys_of_paths, look_anew
from curate.manifest.chunks import Chunk
from curate.manifest.nemo import read_batch

NAMES = st.sampled_from(["", "a", "clip_0001.wav", "\u00e9.wav", "e\u0301.wav", "x" * 20])
FOLDERS = st.sampled_from(
    ["", "/", "a/", "./a/", "/data/part0001/", "s3://b/", "c/../a/", "d" * 17 + "/"]
)
PATHS = st.lists(st.builds("{}{}".format, FOLDERS, NAMES), min_size=1, max_size=30)
BASES = [("/one",), ("/two", "/one")]


def keys(paths: Sequence[str], of: Sequence[int]) -> UInt64s:
    return keys_of_paths(pl.Series(paths, dtype=pl.String), np.array(of, np.int64), BASES)


@settings(max_examples=200, deadline=None)
@given(PATHS, st.randoms())
def test_a_remembered_directory_gives_the_same_keys(paths: list[str], rng: Random) -> None:
    of = [rng.randrange(2) for _ in paths]
    look_anew()
    first = keys(paths, of)
    assert keys(paths, of).tolist() == first.tolist()
    apart = []
    for path, base in zip(paths, of, strict=True):
        look_anew()
        apart += keys([path], [base]).tolist()
    assert apart == first.tolist()


@settings(max_examples=200, deadline=None)
@given(PATHS, st.booleans())
def test_lines_give_the_keys_of_their_paths(paths: list[str], ascii_only: bool) -> None:
    paths = [path for path in paths if path]
    record = {"duration": 1, "text": "a"}
    lines = [
        json.dumps({"audio_filepath": path, **record}, ensure_ascii=ascii_only) for path in paths
    ]
    broken = '{"audio_filepath": "/data/part0002/a.wav", "duration": 0}'
    chunk = Chunk("m.jsonl", 0, "\n".join([broken, *lines, broken]).encode())
    for _ in range(2):
        read = read_batch(chunk, (), BASES[0]).frame[RECORDING_KEY.name].to_list()
        assert read == [None, *keys(paths, [0] * len(paths)).tolist(), None]
        look_anew()


def test_directories_in_absent_ones_have_the_keys_of_their_paths() -> None:
    above = ["/a/", "/absent/" + "b" * 119 + "/", "/absent/" + "c" * 300 + "/", "\u00e9" * 63 + "/"]
    names = ["d", "e" * 127, "f" * 128, "g" * 129, "h" * 400, ".hidden", "\u00e9", ""]
    written = [[f"{one}{two}/".encode() for one in above for two in names], [b"d/", b"/", b""]]
    paths = [path for group in written for path in group]
    length = np.array([len(path) for path in paths], np.int64)
    folders = Folders.of(
        np.frombuffer(b"".join(paths), np.uint8), np.cumsum(length) - length, length
    )
    of = np.zeros(length.size, np.int64)
    rows, keys = keys_of_absent(folders, of, lambda path, _: None if path == "/a/" else f"+{path}")
    expected = [path for path in paths[len(names) : -3] if path[-2:-1] in b"defgh"]
    assert [paths[row] for row in rows] == expected
    assert len(expected) == 15
    digests = [blake2b(b"+" + path[:-1], digest_size=8).digest() for path in expected]
    assert keys.tolist() == [int.from_bytes(digest, "little") for digest in digests]


def test_links_and_names_beyond_ascii_are_looked_up_each_time(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.wav").touch()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "b.wav").symlink_to(tmp_path / "real" / "a.wav")
    look_anew()
    for _ in range(2):
        one, two, three = keys(
            [f"{tmp_path}/{name}" for name in ("real/a.wav", "links/b.wav", "links/c.wav")], [0] * 3
        )
        assert one == two
        assert one != three
        composed, parted = keys(["a/\u00e9.wav", "a/e\u0301.wav"], [0, 0])
        assert composed == parted


def test_more_directories_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_keys, "MOST", 3000)
    look_anew()
    paths = [f"/data/{folder}/a.wav" for folder in range(2000)]
    first = keys(paths, [0] * 2000)
    others = keys([f"/other/{folder}/a.wav" for folder in range(2000)], [0] * 2000)
    assert np.unique([first, others]).size == 4000
    assert keys(paths, [0] * 2000).tolist() == first.tolist()
    assert audio_files._FOLDERS._table.held <= 3000
