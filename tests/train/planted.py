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

import numpy as np
import soundfile

from curate.artifacts.shard_index import Shard
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
            for key, suffix in (("model_path", "model"), ("spe_tokenizer_vocab", "vocab")):
                content = (Path(part["dir"]) / f"tokenizer.{suffix}").read_bytes()
                files[f"{name}_tokenizer.{suffix}"] = content
                part[key] = f"nemo:{name}_tokenizer.{suffix}"
    return section, files


def write_model(
    path: Path,
    kind: Kind = "canary",
    changes: Mapping[str, Any] | None = None,
    pieces: int = 24,
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """An archive of a tiny model with stand-ins for weights; `changes` by dotted key, `more` are
    members beside its own, or in their place.
    """
    text = (ARCHITECTURES / f"{FAMILIES[kind].architecture}.yaml").read_text(encoding="utf-8")
    config: Any = plain_value(read_tree(text, kind))
    section, files = tokenizer_of(kind, pieces)
    config |= {"target": FAMILIES[kind].target, "tokenizer": json.loads(json.dumps(section))}
    for key, value in (changes or {}).items():
        put(config, key, value)
    members = {"model_config.yaml": json.dumps(config).encode(), "model_weights.ckpt": bytes(4000)}
    with tarfile.open(path, "w") as tar:
        for name, content in (members | files | dict(more or {})).items():
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


def spoken(**changes: Any) -> Json:
    """A sound row of the eval manifest, but for the changes; None takes a field out."""
    sound: Json = {
        "audio_filepath": "mono.wav", "duration": 1.0, "offset": 0.0, "text": "ja nein",
        "lang": "de", "source_lang": "de", "target_lang": "de", "pnc": "no",
    }  # fmt: skip
    absent = [name for name, value in changes.items() if value is None]
    return {name: value for name, value in (sound | changes).items() if name not in absent}


def write_rows(path: Path, rows: Sequence[Json]) -> None:
    """A manifest of these rows."""
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")


def write_shards(folder: Path, rows: Sequence[Json] = ROWS, eval_hours: float = 2.0) -> Path:
    """A shard folder that lists these records; the recordings are stand-ins. Its eval manifest has
    nine rows, or none, whatever hours are listed.
    """
    (folder / "train").mkdir(parents=True, exist_ok=True)
    shard = write_cuts(folder, 0, [cut_of(number, r) for number, r in enumerate(rows)])
    evaluation = (9 if eval_hours else 0, eval_hours)
    soundfile.write(folder / "mono.wav", np.zeros(16_000), 16_000)
    write_rows(folder / "eval.jsonl", [spoken()] * evaluation[0])
    write_index(folder, [shard], {"eval": evaluation})
    return folder


def write_cuts(folder: Path, number: int, cuts: Sequence[Json]) -> Shard:
    """The shard of this number, of cuts as they are, with a stand-in for their audio."""
    with gzip.open(folder / f"train/cuts.{number:06d}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(cut) + "\n" for cut in cuts)
    (folder / f"train/recording.{number:06d}.tar").write_bytes(b"audio")
    seconds = [cut["duration"] for cut in cuts if cut["duration"] > 0]
    return shard_of(folder, number, len(cuts), sum(seconds) / 3600)


def stratify(folder: Path, *weights: float) -> None:
    """Give each shard of a directory a stratum of its own, with these weights."""
    path = folder / "shards.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    index["strata"] = []
    for number, (shard, weight) in enumerate(zip(index["shards"], weights, strict=True)):
        shard["stratum"] = [f"s{number}"]
        stratum = {"stratum": [f"s{number}"], "shards": 1, "cuts": shard["cuts"]}
        index["strata"].append({**stratum, "hours": shard["hours"], "weight": weight})
    path.write_text(json.dumps(index), encoding="utf-8")


def cut_of(number: int, record: Json) -> Json:
    """The cut of a record, as `curate shard` writes it."""
    supervision = {"text": record["text"], "language": record["lang"]}
    return {
        "id": str(number),
        "duration": record["duration"],
        "supervisions": [{key: value for key, value in supervision.items() if value is not None}],
        "custom": record["custom"],
    }
