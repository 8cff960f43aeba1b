"""A behaviour in the data and in the configuration, for the tests on real NeMo."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

from tests.train.world import World, shard
from train.config import RunConfig
from train.tiny import Kind


def with_field(world: World, folder: Path, values: tuple[Any, ...]) -> Path:
    """The world's shards and manifests with a field `verbatim` that takes the values in turn."""
    shutil.copytree(world.data, folder)
    for cuts in sorted((folder / "train").glob("cuts.*")):
        with gzip.open(cuts, "rt", encoding="utf-8") as file:
            read_cuts = [json.loads(line) for line in file]
        for number, cut in enumerate(read_cuts):
            cut["custom"]["verbatim"] = values[number % len(values)]
        with gzip.open(cuts, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(cut) + "\n" for cut in read_cuts)
    index = json.loads((folder / "shards.json").read_text(encoding="utf-8"))
    paths = sorted((folder / "train").glob("cuts.*"))
    index["shards"] = [shard(folder, path).as_json() for path in paths]
    (folder / "shards.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


PAIR = 'behaviors={verbatim: {on: "<|spltoken0|>", off: "<|spltoken1|>"}}'


def behaving(world: World, kind: Kind, data: Path, out: str, *settings: str) -> RunConfig:
    config = world.config(world.model(kind).path, out, PAIR, *settings)
    return config.model_copy(update={"data": data})


def pieces(tokenizer: Any, ids: list[int]) -> list[str]:
    return [tokenizer.ids_to_tokens([number])[0] for number in ids]
