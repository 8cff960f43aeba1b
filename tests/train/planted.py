"""Models and data for the tests of plans: real tokenizers and real shards' lists, no NeMo."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from curate.files.marked_yaml import plain_value, read_tree
from tests.shard_indexes import shard_of, write_index
from train.tiny import ARCHITECTURES, FAMILIES, Kind

Json = dict[str, Any]

TEXTS = {
    "de": ["ja nein", "doch ja", "nein doch ja", "Ja, nein."],
    "en": ["yes no", "well yes", "no well", "Well, no."],
}


def row(text: str = "ja nein", lang: str | None = "de", seconds: float = 2.0, **slots: Any) -> Json:
    """A record to train on, as it should be."""
    sound = {"source_lang": lang, "target_lang": lang, "pnc": "no"}
    given = {key: value for key, value in (sound | slots).items() if value is not None}
    return {"text": text, "lang": lang, "duration": seconds, "custom": given}


ROWS = tuple(row(text, lang) for lang, texts in TEXTS.items() for text in texts[:3]) * 8


@cache
def tokenizer_of(kind: Kind, pieces: int) -> tuple[Json, dict[str, bytes]]:
    """A `tokenizer` section as NeMo saves it, and the files that it names."""
    with tempfile.TemporaryDirectory() as folder:
        section = FAMILIES[kind].tokenizer(TEXTS, pieces, Path(folder))
        files: dict[str, bytes] = {}
        for name, part in (section.get("langs") or {"all": section}).items():
            files[f"{name}_tokenizer.model"] = (Path(part["dir"]) / "tokenizer.model").read_bytes()
            part["model_path"] = f"nemo:{name}_tokenizer.model"
    return section, files


def write_model(
    path: Path, kind: Kind = "canary", changes: Mapping[str, Any] | None = None, pieces: int = 24
) -> Path:
    """An archive of a tiny model with stand-ins for weights; `changes` by dotted key."""
    text = (ARCHITECTURES / f"{FAMILIES[kind].architecture}.yaml").read_text(encoding="utf-8")
    config: Any = plain_value(read_tree(text, kind))
    section, files = tokenizer_of(kind, pieces)
    config |= {"target": FAMILIES[kind].target, "tokenizer": json.loads(json.dumps(section))}
    for key, value in (changes or {}).items():
        put(config, key, value)
    members = {"model_config.yaml": json.dumps(config).encode(), "model_weights.ckpt": bytes(4000)}
    with tarfile.open(path, "w") as tar:
        for name, content in (members | files).items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def put(config: Json, key: str, value: Any) -> None:
    """Set a dotted key, making sections where there are none."""
    *sections, last = key.split(".")
    for name in sections:
        config[name] = config.get(name) or {}
        config = config[name]
    config[last] = value


def write_shards(folder: Path, rows: Sequence[Json] = ROWS, eval_hours: float = 2.0) -> Path:
    """A shard folder that lists these records; the recordings are stand-ins."""
    (folder / "train").mkdir(parents=True, exist_ok=True)
    cuts, recording = "train/cuts.000000.jsonl.gz", "train/recording.000000.tar"
    with gzip.open(folder / cuts, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(_cut(number, r)) + "\n" for number, r in enumerate(rows))
    (folder / recording).write_bytes(b"audio")
    hours = sum(r["duration"] for r in rows) / 3600
    evaluation = (9 if eval_hours else 0, eval_hours)
    write_index(folder, [shard_of(folder, 0, len(rows), hours)], {"eval": evaluation})
    return folder


def _cut(number: int, record: Json) -> Json:
    supervision = {"text": record["text"], "language": record["lang"]}
    return {
        "id": str(number),
        "duration": record["duration"],
        "supervisions": [{key: value for key, value in supervision.items() if value is not None}],
        "custom": record["custom"],
    }
