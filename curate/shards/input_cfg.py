"""input_cfg.yaml: the shards as NeMo's data configuration, a weighted entry for each stratum."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from curate.artifacts.shard_index import Shard, ShardStratum
from curate.errors import ConfigError
from curate.formatting.units import US_PER_HOUR
from curate.shards.options import ShardOptions

_PATTERN = re.compile(r"[(\[<{}>\])]|_OP_|_CL_")
"""What NeMo takes for a pattern in a path."""

_HEAD = """\
# The shards beside this file, for NeMo's training configuration:
#
#   model.train_ds.input_cfg=<this file>
#
# Paths are absolute: write the shards again, or edit them, where the folder moves.
"""


def check_place(out: Path, options: ShardOptions) -> None:
    """ConfigError where NeMo could not name shards in this place."""
    if options.format == "nemo_tarred" and _PATTERN.search(str(out)):
        what = "NeMo takes brackets in a path for a pattern"
        raise ConfigError.of(out, what, "name a directory without any of ( [ { < > } ] )")


def strata_of(shards: Sequence[Shard], temperature: float) -> tuple[ShardStratum, ...]:
    """Each stratum with its shards, cuts, hours, and the weight that training draws it with."""
    grouped = {
        stratum: list(some) for stratum, some in groupby(shards, lambda shard: shard.stratum)
    }
    hours = [sum(shard.duration_us for shard in some) / US_PER_HOUR for some in grouped.values()]
    return tuple(
        ShardStratum(
            stratum=stratum,
            shards=len(some),
            cuts=sum(shard.cuts for shard in some),
            hours=spent,
            weight=weight,
        )
        for (stratum, some), spent, weight in zip(
            grouped.items(), hours, temperature_weights(hours, temperature), strict=True
        )
    )


def input_cfg(out: Path, shards: Sequence[Shard], options: ShardOptions) -> str:
    """The file's text; `out` is where the shards will be.

    Each stratum (`--shard-by`) is an entry, with the share `hours^temperature` as weight: 1 draws
    by hours, 0 draws all strata alike. A stratum's values are tags on its cuts.
    """
    strata = strata_of(shards, options.temperature)
    entries = []
    for each in strata:
        some = [shard for shard in shards if shard.stratum == each.stratum]
        place = _place(out, some, options.format, len(strata) == 1)
        tags = _tags(each.stratum, options.shard_by)
        entries.append({**place, "weight": each.weight, **tags})
    return _HEAD + yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)


def temperature_weights(hours: Sequence[float], temperature: float) -> list[float]:
    """Shares that add up to 1, in proportion to hours to the power of `temperature`.

    >>> temperature_weights([1.0, 9.0], 0.5)
    [0.25, 0.75]
    """
    raised = [value**temperature for value in hours]
    return [round(value / sum(raised), 6) for value in raised]


def _tags(stratum: Sequence[str], shard_by: Sequence[str]) -> dict[str, Any]:
    names = {"lang": "lang", "source": "source", "duration": "duration_bin"}
    tags = {names[by]: value for by, value in zip(shard_by, stratum, strict=False)}
    return {"tags": tags} if tags else {}


def _place(out: Path, shards: Sequence[Shard], format: str, whole: bool) -> dict[str, Any]:
    if format == "hf":
        return {"type": "parquet", "manifest_filepath": _files(out, shards, "parquet")}
    if format == "nemo_tarred":
        return {
            "type": "nemo_tarred",
            "manifest_filepath": _range(out, shards, "manifest"),
            "tarred_audio_filepaths": _range(out, shards, "audio"),
        }
    if whole:
        return {"type": "lhotse_shar", "shar_path": str(out / "train")}
    paths = {kind: _range(out, shards, kind) for kind in ("cuts", "recording")}
    return {"type": "lhotse_shar", "shar_path": paths}


def _files(out: Path, shards: Sequence[Shard], kind: str) -> list[str]:
    return [str(shard.paths(out)[kind]) for shard in shards]


def _range(out: Path, shards: Sequence[Shard], kind: str) -> str | list[str]:
    """The files as one numbered pattern of NeMo's; as a list where their path is a pattern."""
    files = _files(out, shards, kind)
    if _PATTERN.search(str(out)):
        return files
    if len(files) == 1:
        return files[0]
    number = re.compile(r"[0-9]+(?=\.[^/]*$)")
    first, last = (number.search(file) for file in (files[0], files[-1]))
    assert first is not None
    assert last is not None
    span = f"_OP_{first[0]}..{last[0]}_CL_"
    return files[0][: first.start()] + span + files[0][first.end() :]
