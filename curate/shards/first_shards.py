"""The first shards of an export, as Lhotse reads them while others are still written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.artifacts.shard_index import Shard
from curate.shards.lhotse_reads import BeginReading, Decoding, Faults
from curate.shards.readback import cut_ids
from curate.shards.tasks import Task
from curate.shards.work import RESULT, is_marked, read_marker

MOST_READ_BACK = 500
"""An export has Lhotse read so many cuts, one shard of the usual size; `--verify` has it read all.
More here proves little: every cut of every shard is read back by our own reader.
"""


@dataclass(slots=True)
class FirstShards:
    """Has Lhotse read the first shards, 500 cuts or all there are, each once it is stored.

    `tasks` are those of the shards, in order; none where the shards are not Lhotse's.
    """

    stage: Path
    tasks: Sequence[Task]
    lhotse: BeginReading
    cuts: int = 0
    _faults: list[Faults] = field(default_factory=list)

    def read_stored(self) -> None:
        """Begin to read those that are stored by now, up to one that a task is still writing.

        Behind a task that stored no shard the numbers of shards are not final: not these.
        """
        while self.cuts < MOST_READ_BACK and len(self._faults) < len(self.tasks):
            task = self.tasks[len(self._faults)]
            if not is_marked(self.stage, task):
                return
            shard = read_marker(self.stage, task).shard
            if shard is None:
                return
            files = shard.files.items()
            self._read({kind: self.stage / file.path for kind, file in files})

    def read_rest(self, shards: Sequence[Shard]) -> int:
        """Read those that are left, of all that there are; how many cuts were read."""
        for shard in shards[len(self._faults) :] if self.tasks else ():
            if self.cuts >= MOST_READ_BACK:
                break
            self._read(shard.paths(self.stage / RESULT))
        for faults in self._faults:
            assert not (wrong := faults()), f"Lhotse reads what was written: {wrong}"
        return self.cuts

    def _read(self, files: Mapping[str, Path]) -> None:
        ids = cut_ids(files)
        self._faults.append(self.lhotse(files, ids, Decoding("none")))
        self.cuts += len(ids)
