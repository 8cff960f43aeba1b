"""Write one Lhotse Shar shard: cuts.N.jsonl.gz beside recording.N.tar, the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.shards.audio import Audio
from curate.shards.records import placeholder


@dataclass(slots=True)
class Shard:
    """A shard being written; `close` gives its entry of shards.json."""

    folder: Path
    index: int
    cuts: int = 0
    samples_s: float = 0.0
    _lines: list[bytes] = field(default_factory=list)
    _tar: tarfile.TarFile | None = None

    @property
    def names(self) -> tuple[str, str]:
        """File names of the cuts and of the recordings."""
        return f"cuts.{self.index:06d}.jsonl.gz", f"recording.{self.index:06d}.tar"

    def add(self, cut: Mapping[str, object], audio: Audio) -> None:
        """Append a cut and its audio; the audio comes first in its pair, as Lhotse reads it."""
        if self._tar is None:
            path = self.folder / self.names[1]
            self._tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        key = str(cut["id"])
        self._member(f"{key}.{audio.extension}", audio.data)
        self._member(f"{key}.json", json.dumps(placeholder(key, audio)).encode())
        self._lines.append(json.dumps(cut, ensure_ascii=False).encode() + b"\n")
        self.cuts += 1
        self.samples_s += audio.duration_s

    def _member(self, name: str, data: bytes) -> None:
        assert self._tar is not None
        info = tarfile.TarInfo(name)  # time 0, owner 0: the same bytes each time
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))

    def close(self) -> Mapping[str, object]:
        """Finish both files; counts, hours and sha256 of each."""
        assert self._tar is not None, "an empty shard is never begun"
        self._tar.close()
        cuts, recording = (self.folder / name for name in self.names)
        with cuts.open("wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as file:
            file.writelines(self._lines)
        return {
            "index": self.index,
            "cuts_file": f"{self.folder.name}/{cuts.name}",
            "recording_file": f"{self.folder.name}/{recording.name}",
            "cuts": self.cuts,
            "hours": round(self.samples_s / 3600, 6),
            "bytes": cuts.stat().st_size + recording.stat().st_size,
            "sha256": {"cuts": sha256(cuts), "recording": sha256(recording)},
        }


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
