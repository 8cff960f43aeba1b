"""One row as NeMo's data loader sees it: a cut of a shard, or a line of a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curate.nemo.manifest_fields import has_rate_beside_offset
from train.data.cuts import cut_key, duration_of
from train.data.row_audio import AudioProbe, probe_audio
from train.data.rows import Row

READ_AWAY = frozenset({"audio_filepath", "duration", "offset"})
"""Fields of a manifest that NeMo takes out before the rest becomes the cut's custom fields."""

Problems = dict[str, str]
"""Problems of one row: what it is, by the code of its kind."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row: `duration_s` as it is loaded, `language` that of the transcript, as NeMo takes it.

    `fields` are the custom fields of the cut. `problems` are those that its source shows.
    """

    place: str
    id: str
    duration_s: float
    text: str
    language: Any
    fields: Mapping[str, Any]
    problems: Problems


def from_cut(place: str, cut: Mapping[str, Any], shard: object = "") -> Record:
    """The record of a cut as Lhotse writes it; its id names the `shard` too."""
    duration_s = duration_of(cut)
    problems: Problems = {}
    if duration_s is None:
        problems["malformed"] = f"its duration is {cut.get('duration')!r}, not a number of seconds"
    custom = cut.get("custom") or {}
    supervisions = cut.get("supervisions") or []
    first = supervisions[0] if supervisions else {}
    if not supervisions:
        problems["no-supervision"] = "the cut has no supervision"
    if cut.get("type", "MonoCut") != "MonoCut":
        problems["channels"] = f"is a {cut['type']}; NeMo takes a MonoCut"
    texts = [each.get("text") for each in supervisions]
    strange = next((text for text in texts if not isinstance(text, str | None)), None)
    if strange is not None:
        problems["malformed"] = f"its text is {strange!r}, not text"
    if any("text" in each and each["text"] is None for each in supervisions):
        problems["malformed"] = "its text is null: nobody has transcribed it"
    text = " ".join(str(text) for text in texts if text is not None)
    if not _is_encodable(text):
        problems["malformed"] = "its text has a lone surrogate (cannot be written as UTF-8)"
    language = first.get("language")
    return Record(
        place=place,
        id=cut_key(shard, cut.get("id")),
        duration_s=duration_s or 0.0,
        text=text,
        language=custom.get("target_lang") if language is None else language,
        fields=custom,
        problems=problems,
    )


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def from_row(row: Row) -> Record:
    """The record of a manifest's line; the header of its audio is read."""
    probe = probe_audio(row)
    fields = {name: value for name, value in row.fields.items() if name not in READ_AWAY}
    return Record(
        place=row.place,
        id=row.place,
        duration_s=row.duration_s if probe.loaded_s is None else probe.loaded_s,
        text=row.text,
        language=fields.get("target_lang"),
        fields=fields,
        problems=_problems_of(row, probe),
    )


def _problems_of(row: Row, probe: AudioProbe) -> Problems:
    problems: Problems = {probe.code: f"audio {probe.fault}: {row.audio}"} if probe.code else {}
    if has_rate_beside_offset(row.fields):
        problems["rate-beside-offset"] = "sampling_rate is given with offset"
    return problems
