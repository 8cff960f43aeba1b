"""What Lhotse itself reads from a shard: the last word on whether training will see it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from curate.environment.extras import require
from curate.errors import Fault
from curate.shards.lhotse_start import started

SAMPLED = 8
"""Recordings of a shard that are decoded where not all are."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """Which recordings of a shard are decoded: `none`, a `sample` of 8, or `all`."""

    of: str = "sample"

    def rows(self, count: int) -> frozenset[int]:
        """The row numbers to decode, spread over the shard, its first and last among them."""
        number = {"none": 0, "sample": min(SAMPLED, count), "all": count}[self.of]
        if number <= 1:
            return frozenset(range(min(number, count)))
        return frozenset(round(at * (count - 1) / (number - 1)) for at in range(number))


def read_with_lhotse(
    paths: Mapping[str, Path], ids: Sequence[str], decoding: Decoding
) -> list[Fault]:
    """Faults where Lhotse reads other cuts than these, or cannot decode one."""
    lhotse = require("lhotse", "reading shards")
    fields = {kind: [str(path)] for kind, path in paths.items()}
    chosen = decoding.rows(len(ids))
    read: list[str] = []
    where = str(paths["cuts"])
    try:
        for at, cut in enumerate(lhotse.CutSet.from_shar(fields=fields)):
            read.append(cut.id)
            if at in chosen:
                _decode(cut)
    except Exception as error:  # whatever it is, Lhotse cannot read the shard
        what = f"Lhotse cannot read it: {type(error).__name__}: {_short(error)}"
        return [Fault(where, f"{what} (cut {len(read)}: {read[-1] if read else 'none'})")]
    if read != list(ids):
        return [Fault(where, f"Lhotse reads {len(read)} cuts of {len(ids)}, or others")]
    return []


Faults = Callable[[], list[Fault]]
BeginReading = Callable[[Mapping[str, Path], Sequence[str], Decoding], Faults]
"""Begins to read a shard as `read_with_lhotse` does; what it returns waits for the faults. Those of
several shards are to be waited for in the order in which their reading began.
"""


def read_now(paths: Mapping[str, Path], ids: Sequence[str], decoding: Decoding) -> Faults:
    """Read a shard in this process, at once."""
    faults = read_with_lhotse(paths, ids, decoding)
    return lambda: faults


@contextmanager
def lhotse_process() -> Iterator[BeginReading]:
    """What begins to read shards, in a process of its own within the block.

    Importing Lhotse and torch takes as long as writing thousands of cuts, so the process imports
    them while this one writes. Where Lhotse is imported here already, there is no other process.
    """
    if "lhotse" in sys.modules:
        yield read_now
        return
    with started() as process:
        try:
            yield partial(_request, process)
        finally:
            process.kill()


def _request(
    process: subprocess.Popen[str],
    paths: Mapping[str, Path],
    ids: Sequence[str],
    decoding: Decoding,
) -> Faults:
    """Have the process read a shard, which is read here where the process ended: what it lacks is
    reported here.
    """
    named = {kind: str(path) for kind, path in paths.items()}
    assert process.stdin is not None, "its input is a pipe"
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps([named, list(ids), decoding.of]) + "\n")
        process.stdin.flush()
    return partial(_answered, process, paths, ids, decoding)


def _answered(
    process: subprocess.Popen[str],
    paths: Mapping[str, Path],
    ids: Sequence[str],
    decoding: Decoding,
) -> list[Fault]:
    assert process.stdout is not None, "its output is a pipe"
    try:
        faults = json.loads(process.stdout.readline())
    except ValueError:
        return read_with_lhotse(paths, ids, decoding)
    return [Fault(*fields) for fields in faults]


def answer() -> None:
    """Read the shards that lines of standard input name; ends with its parent, which closes it."""
    answers, sys.stdout = sys.stdout, sys.stderr
    require("lhotse", "reading shards")
    for line in sys.stdin:
        named, ids, of = json.loads(line)
        paths = {kind: Path(path) for kind, path in named.items()}
        faults = read_with_lhotse(paths, ids, Decoding(of))
        fields = [(fault.where, fault.what, fault.hint) for fault in faults]
        print(json.dumps(fields), file=answers, flush=True)


def _decode(cut: Any) -> None:
    if not cut.has_recording:
        return
    samples = cut.load_audio()
    if samples.shape[-1] != cut.num_samples:
        raise ValueError(f"{cut.id} decodes to {samples.shape[-1]} samples of {cut.num_samples}")
    if not np.isfinite(samples).all():
        raise ValueError(f"{cut.id} decodes to samples that are not finite")


def _short(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
