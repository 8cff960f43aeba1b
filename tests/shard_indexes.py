"""shards.json for folders of shards that tests write themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.artifacts.shard_index import PlainManifest, ReadBack, Shard, ShardIndex
from curate.shards.input_cfg import strata_of
from curate.shards.options import ShardOptions


def shard_of(folder: Path, index: int, cuts: int, hours: float) -> Shard:
    """The entry of a Shar whose two files stand in `folder`."""
    files = {
        "cuts": f"train/cuts.{index:06d}.jsonl.gz",
        "recording": f"train/recording.{index:06d}.tar",
    }
    content = {kind: (folder / name).read_bytes() for kind, name in files.items()}
    return Shard(
        index=index,
        cuts_file=files["cuts"],
        recording_file=files["recording"],
        cuts=cuts,
        hours=hours,
        duration_us=round(hours * 3.6e9),
        bytes=sum(map(len, content.values())),
        sizes={kind: len(data) for kind, data in content.items()},
        sha256={kind: hashlib.sha256(data).hexdigest() for kind, data in content.items()},
        text_sha256="0" * 64,
        stratum=("",),
    )


def write_index(
    folder: Path, shards: Sequence[Shard], manifests: Mapping[str, tuple[int, float]]
) -> None:
    """Write shards.json of these shards, and of manifests by name with their rows and hours."""
    write_artifact(folder, index_of(shards, manifests))


def index_of(shards: Sequence[Shard], manifests: Mapping[str, tuple[int, float]]) -> ShardIndex:
    """The index of these shards, and of manifests by name with their rows and hours."""
    cuts, hours = sum(shard.cuts for shard in shards), sum(shard.hours for shard in shards)
    return ShardIndex(
        command="",
        versions={},
        format="shar",
        options=ShardOptions().recorded(),
        seed=0,
        cuts=cuts,
        hours=hours,
        duration_us=sum(shard.duration_us for shard in shards),
        audio_format="",
        fields_added={},
        stratum_by=(),
        strata_columns=(),
        strata=strata_of(shards, 1.0),
        shards=tuple(shards),
        skipped=(),
        skipped_rows=0,
        manifests={
            name: PlainManifest(file=f"{name}.jsonl", rows=rows, hours=spent)
            for name, (rows, spent) in manifests.items()
        },
        verified=ReadBack(cuts=cuts, hours=hours, ids_match=True),
    )
