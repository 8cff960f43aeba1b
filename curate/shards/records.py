"""Manifest records made ready for training: absolute paths, and the fields that Canary needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curate.manifest.strict import channel_of
from curate.shards.audio import Audio

Record = dict[str, object]

format_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
"""JSON as lines of shards have it; `json.dumps` would make an encoder for each. What is written was
read from JSON, so that nothing in it holds itself.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row to store: its id, its record, and the results of the rules."""

    id: str
    key: str
    record: Record
    verdict: str
    tags: Sequence[str]
    weight: float | None = None

    @property
    def channel(self) -> int | None:
        """The channel of its file that the record names."""
        value = self.record.get("channel")
        return None if value is None else channel_of(json.dumps(value))

    @property
    def curated(self) -> Record:
        """The results of the rules, and how often to train on it where that was requested."""
        marks: Record = {"id": self.id, "verdict": self.verdict, "tags": list(self.tags)}
        return marks if self.weight is None else {**marks, "weight": self.weight}


_NAMED = {"lang": "language", "speaker": "speaker", "gender": "gender"}
"""Fields of a record that a supervision has by these names."""


def cut_of(row: Row, audio: Audio) -> Mapping[str, object]:
    """The Lhotse MonoCut of a row, its recording a Shar placeholder."""
    record = row.record
    supervision = {
        "id": row.key,
        "recording_id": row.key,
        "start": 0.0,
        "duration": audio.duration_s,
        "channel": 0,
        "text": record["text"],
        **_present(record, _NAMED),
    }
    return {
        "id": row.key,
        "start": 0.0,
        "duration": audio.duration_s,
        "channel": 0,
        "supervisions": [supervision],
        "recording": placeholder(row.key, audio),
        "custom": _own_fields(row),
        "type": "MonoCut",
    }


def cut_line(row: Row, audio: Audio, recording: str) -> str:
    """The JSON of `cut_of`, `recording` being that of its placeholder, in a third of the time."""
    record, key, length = row.record, row.key, f"{audio.duration_s!r}"
    named = "".join(
        f', "{name}": {format_json(value)}' for name, value in _present(record, _NAMED).items()
    )
    return (
        f'{{"id": "{key}", "start": 0.0, "duration": {length}, "channel": 0, "supervisions": '
        f'[{{"id": "{key}", "recording_id": "{key}", "start": 0.0, "duration": {length}, '
        f'"channel": 0, "text": {format_json(record["text"])}{named}}}], '
        f'"recording": {recording}, "custom": {format_json(_own_fields(row))}, "type": "MonoCut"}}'
    )


_KNOWN = frozenset(
    {"audio_filepath", "duration", "offset", "text", "lang", "speaker", "gender", "_curate"}
)


def _own_fields(row: Row) -> Record:
    """The custom fields of a cut: those of the record, and the results of the rules."""
    fields = _custom(without_channel(row))
    fields |= {"record_id": row.id, "verdict": row.verdict, "tags": list(row.tags)}
    return fields if row.weight is None else {**fields, "weight": row.weight}


def _custom(record: Record) -> Record:
    """The record's other fields: all that are plain. Lhotse would take an object for a manifest."""
    return {
        name: value
        for name, value in record.items()
        if name not in _KNOWN and (_is_plain(value) or _is_plain_list(value))
    }


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_plain_list(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_plain, value))


def record_of(row: Row, audio_name: str, duration_s: float) -> Record:
    """The record of a stored row: its audio is a file of its own now, as long as it says."""
    record = {key: value for key, value in without_channel(row).items() if key != "offset"}
    stored = {"audio_filepath": audio_name, "duration": duration_s}
    return {**record, **stored, "_curate": row.curated}


def without_channel(row: Row) -> Record:
    """The record without the channel that was taken: what is stored is mono."""
    if row.channel is None:
        return row.record
    return {key: value for key, value in row.record.items() if key != "channel"}


def placeholder(key: str, audio: Audio) -> Mapping[str, object]:
    """A recording whose samples stand beside it in the tar file."""
    return {
        "id": key,
        "sources": [{"type": "shar", "channels": [0], "source": ""}],
        "sampling_rate": audio.rate,
        "num_samples": audio.samples,
        "duration": audio.duration_s,
        "channel_ids": [0],
    }


def placeholder_line(key: str, audio: Audio) -> str:
    """The JSON of `placeholder`."""
    return (
        f'{{"id": "{key}", "sources": [{{"type": "shar", "channels": [0], "source": ""}}], '
        f'"sampling_rate": {audio.rate}, "num_samples": {audio.samples}, '
        f'"duration": {audio.duration_s!r}, "channel_ids": [0]}}'
    )


def _present(record: Mapping[str, object], names: Mapping[str, str]) -> Record:
    return {
        to: value if isinstance(value, str) else str(value)
        for name, to in names.items()
        if (value := record.get(name)) is not None
    }
