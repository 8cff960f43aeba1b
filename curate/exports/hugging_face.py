"""A data set for Hugging Face: Parquet with the audio in it, and a card (README.md).

`datasets.load_dataset(FOLDER)` reads it: `audio` is of the feature Audio. Other fields are columns
of text, numbers or truth values; a field with several kinds of values, lists or objects holds JSON.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.environment.extras import require
from curate.exports.hugging_face_card import Totals, write_card
from curate.exports.keys import Keys
from curate.exports.output import Output, Report, is_column
from curate.exports.spooled import Spooled, SpooledRecord
from curate.exports.tarred import OF_PLACE

if TYPE_CHECKING:
    from curate.shards.audio import Audio

DATA = "data"
ROW_GROUP = 100
"""Rows that are read at once: audio is large."""
_AUDIO = "audio"
_FIRST = {_AUDIO: "audio", "duration": "float64", "text": "string"}
_OF_TYPE: Mapping[type, str] = {str: "string", bool: "bool", int: "int64", float: "float64"}
_LARGEST = 2**63


def _write(records: Spooled, scratch: Path, report: Report) -> None:
    from curate.exports.audio import in_shards, with_audio
    from curate.shards.stored import hf_names

    arrow = require("pyarrow", "writing Parquet for Hugging Face")
    parquet = require("pyarrow.parquet", "writing Parquet for Hugging Face")
    columns, totals = _columns(records, report), Totals()
    schema, keys = _schema(arrow, columns), Keys(is_plain=True)
    (scratch / DATA).mkdir()
    for number, shard in enumerate(in_shards(with_audio(records, report))):
        path = scratch / DATA / hf_names(number)["parquet"]
        # audio is compressed already, and statistics over it help nobody
        with parquet.ParquetWriter(path, schema, compression="none", write_statistics=False) as out:
            for rows in _row_groups(shard):
                made = [_row(one, audio, columns, keys, totals) for one, audio in rows]
                out.write_table(arrow.Table.from_pylist(made, schema=schema))
    write_card(scratch, records.origins, totals)


def _row_groups(
    shard: Sequence[tuple[SpooledRecord, Audio]],
) -> Iterator[Sequence[tuple[SpooledRecord, Audio]]]:
    return (shard[at : at + ROW_GROUP] for at in range(0, len(shard), ROW_GROUP))


def _columns(records: Spooled, report: Report) -> Mapping[str, str]:
    """The type of each column, by the values of all records."""
    types: dict[str, set[str]] = defaultdict(set)
    left_out = Counter[str]()
    for one in records:
        for name, value in one.record.items():
            if name in OF_PLACE or name == "audio_filepath":
                continue
            if not is_column(name) or name == _AUDIO:
                left_out[name] += 1
            elif value is not None:
                types[name].add(_type(value))
    report.warn_left_out(left_out, "fields left out, since a table would misread their names")
    return {**_FIRST, **{name: _common(its) for name, its in types.items() if name not in _FIRST}}


def _type(value: object) -> str:
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return "json"
    return _OF_TYPE.get(type(value), "json")


def _common(types: set[str]) -> str:
    """The type of a column with values of these."""
    if types == {"int64", "float64"}:
        return "float64"
    return next(iter(types)) if len(types) == 1 else "json"


def _schema(arrow: Any, columns: Mapping[str, str]) -> Any:
    """The Arrow schema, with what `datasets` reads from it: which column is audio."""
    types = {name: arrow.string() if its == "json" else None for name, its in columns.items()}
    held = arrow.struct({"bytes": arrow.binary(), "path": arrow.string()})
    features: dict[str, object] = {}
    for name, its in columns.items():
        dtype = "string" if its == "json" else its
        features[name] = {"_type": "Audio"} if its == _AUDIO else {"dtype": dtype, "_type": "Value"}
        types[name] = held if its == _AUDIO else arrow.type_for_alias(dtype)
    description = json.dumps({"info": {"features": features}})
    return arrow.schema(types.items(), metadata={"huggingface": description})


def _row(
    one: SpooledRecord, audio: Audio, columns: Mapping[str, str], keys: Keys, totals: Totals
) -> Mapping[str, object]:
    """A row of the table; it is counted in `totals`."""
    totals.add(one.record.get("lang"), audio.duration_s)
    stored = {"bytes": audio.data, "path": f"{keys.of(one)}.{audio.extension}"}
    others = {name: _value(one.record.get(name), its) for name, its in columns.items()}
    return {**others, _AUDIO: stored, "duration": audio.duration_s}


def _value(value: object, type: str) -> object:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False) if type == "json" else value


HUGGING_FACE = Output(
    "hf",
    "a data set for Hugging Face: Parquet with the audio, and a card",
    _write,
    "hf",
    marker="README.md",
    holds_audio=True,
    own_names=f"README.md|{DATA}",
)
