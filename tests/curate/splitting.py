"""Small corpora to split, and where each of their records ended up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curate.artifacts.base import read_artifact
from curate.artifacts.score_fields import VOICE_ROWS, VOICE_VECTORS
from curate.artifacts.split import Split
from curate.rules.file import load_rules
from curate.splits import AllocationOptions, SplitRequest, Targets, split_profile
from tests.lines import lines_of
from tests.profiling import write_profile as profile

Row = dict[str, object]


def sentence(of: str) -> str:
    """Nine words that no other name's sentence has."""
    digest = hashlib.blake2b(of.encode(), digest_size=36).hexdigest()
    return " ".join(digest[at : at + 8] for at in range(0, 72, 8))


def rows_of(speakers: Mapping[str, int], seconds: float = 5.0, **more: object) -> list[Row]:
    """So many utterances of each speaker, each with a text of its own."""
    return [
        {
            "audio_filepath": f"{who}/{n}.wav",
            "duration": seconds,
            "text": sentence(f"{who}/{n}"),
            "lang": "en",
            "speaker": who,
            **more,
        }
        for who, count in speakers.items()
        for n in range(count)
    ]


def split(
    folder: Path, rows: list[Row], sizes: Mapping[str, str],
    allocation: AllocationOptions | None = None, lock: Path | None = None, **options: Any,
) -> Mapping[str, Any]:  # fmt: skip
    """The certificate of the split of these rows; `voices` are embeddings beside their manifest."""
    profile_rows(folder, rows, options.pop("kept", ()), options.pop("voices", None))
    return split_again(folder, folder, sizes, allocation, lock, **options)


def profile_rows(
    folder: Path, rows: list[Row], kept: Sequence[str] = (), voices: Any = None
) -> None:
    """Profile these rows, in a folder that is made."""
    folder.mkdir(parents=True)
    manifest = folder / "m.jsonl"
    if voices is not None:
        manifest = folder / VOICE_ROWS
        np.save(folder / VOICE_VECTORS, voices)
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "p").mkdir()
    profile([str(manifest)], folder / "p", load_rules(None), kept)


def split_again(
    folder: Path, profiled: Path, sizes: Mapping[str, str],
    allocation: AllocationOptions | None = None, lock: Path | None = None, **options: Any,
) -> Mapping[str, Any]:  # fmt: skip
    """The certificate of the split, into this folder, of rows that `profile_rows` profiled."""
    (folder / "s").mkdir(parents=True)
    targets = Targets.parse(sizes, allocation)
    request = SplitRequest(targets=targets, lock=lock, **options)
    return split_profile(profiled / "p", folder / "s", request).as_json()


def certificate(folder: Path) -> Split:
    """The certificate that `split` wrote in `folder`."""
    return read_artifact(folder / "s", Split)


def placed(folder: Path) -> dict[str, str]:
    """Audio path to the output that it stands in."""
    output_of = {}
    for name in ("train", "eval", "test", "extra", "held_out", "rejected"):
        path = folder / "s" / f"{name}.jsonl"
        if path.exists():
            for line in lines_of(path.read_text()):
                output_of[json.loads(line)["audio_filepath"]] = name
    return output_of
