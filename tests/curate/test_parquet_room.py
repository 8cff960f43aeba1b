"""A file for which there is no room is an error with the system's words, wherever it ends."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import polars as pl
import pytest

from curate.artifacts.outputs import full_disk_as_error
from curate.errors import ConfigError
from curate.profiles.whole_input.duplicate_counts import sink

TABLE = pl.DataFrame(
    {f"column_{number:02}": [f"{row * number}" for row in range(2000)] for number in range(20)}
)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No file may be longer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def size(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Bytes of the table."""
    path = tmp_path_factory.mktemp("whole") / "table.parquet"
    sink(TABLE.lazy(), path)
    return path.stat().st_size


@pytest.mark.parametrize("opened", [False, True])
def test_the_systems_words_wherever_the_file_ends(tmp_path: Path, size: int, opened: bool) -> None:
    footer = 4000  # its last bytes are the footer, mostly
    for limit in [*range(0, size, size // 20), *range(size - footer, size, 200), size - 1]:
        path = tmp_path / f"{limit}.parquet"
        file: Path | FileIO = path.open("w+b", buffering=0) if opened else path
        words = os.strerror(errno.EFBIG)
        with at_most(limit), pytest.raises(ConfigError, match=words), full_disk_as_error(tmp_path):
            sink(TABLE.lazy(), file)
        if isinstance(file, FileIO):
            file.close()
    with at_most(size):
        sink(TABLE.lazy(), tmp_path / "whole.parquet")
    assert pl.read_parquet(tmp_path / "whole.parquet").equals(TABLE)


@pytest.mark.parametrize("kilobytes", [1, 16])
def test_a_command_says_it(root: Path, tmp_path: Path, kilobytes: int) -> None:
    example, out = root / "examples" / "speech" / "manifest.jsonl", tmp_path / "out"
    curate = f"{sys.executable} -c 'from curate.cli import script; script()'"
    shell = f"ulimit -f {kilobytes}; exec {curate} profile {example} --out {out}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "File too large; the previous output is unchanged" in done.stderr
    assert "hint: raise the limit of file sizes (ulimit -f)" in done.stderr
    assert "Traceback" not in done.stderr
