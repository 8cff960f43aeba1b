"""Lhotse's JSON: cuts, supervisions with their recordings, and Shar. Lhotse itself is not needed.

Nothing that a file names is opened or run: of a recording that is a command the audio path is
`command:` and its id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from curate.errors import InputError
from curate.manifest.chunks import read_chunks
from curate.manifest.origin import Origin, Portion, convert_lines, cut_lines
from curate.manifest.recordings import Recording, record_of_cut, record_of_supervision
from curate.manifest.sniff import Format, Look, one_file
from curate.manifest.strict import Malformed, Record, channel_of, parse_line

_SHAR_CUTS = re.compile(r"cuts\.\d+\.jsonl(\.gz|\.zst)?\Z")


def _read_cuts(origin: Origin) -> Iterator[Portion]:
    return convert_lines(origin, lambda line: record_of_cut(parse_line(line)))


def _read_supervisions(origin: Origin) -> Iterator[Portion]:
    recordings = _recordings(origin.beside["recordings"][0])
    return convert_lines(origin, lambda line: record_of_supervision(parse_line(line), recordings))


def _recordings(name: str) -> Mapping[str, Recording]:
    """Each recording by id; lines that are none are left out (their users say so)."""
    recordings: dict[str, Recording] = {}
    for chunk in read_chunks(name):
        for _, line in cut_lines(chunk):
            try:
                recording = Recording.of(parse_line(line))
            except Malformed:
                continue
            if recording is not None:
                recordings[recording.id] = recording
    return recordings


def _find_pair(look: Look) -> list[Origin]:
    if look.folder is not None:
        supervisions = [
            str(Path(look.name) / name)
            for name in sorted(look.folder)
            if re.fullmatch(r".*supervisions.*\.jsonl(\.gz|\.zst)?", name)
        ]
        return [origin for name in supervisions for origin in _find_pair(Look.at(name))]
    name = Path(look.name).name
    if "supervisions" not in name and "recordings" in name:
        other = look.beside(_uncompressed(name.replace("recordings", "supervisions")))
        if other is None:
            raise InputError.of(look.name, "holds recordings, and no supervisions lie beside it")
        return _find_pair(Look.at(other))
    recordings = look.beside(_uncompressed(name.replace("supervisions", "recordings")))
    if recordings is None or recordings == look.name:
        raise InputError.of(
            look.name,
            "holds Lhotse supervisions, and their recordings do not lie beside it",
            "put recordings.jsonl.gz beside it, named as it is but for that word",
        )
    return [Origin(look.name, "lhotse_supervisions", {"recordings": (recordings,)})]


def _uncompressed(name: str) -> str:
    return name.removesuffix(".gz").removesuffix(".zst")


def _find_shar(look: Look) -> list[Origin]:
    if look.folder is None and _SHAR_CUTS.match(Path(look.name).name):  # a blend names its files
        return [Origin(look.name, "lhotse_shar")]
    names = sorted(name for name in look.folder or () if _SHAR_CUTS.match(name))
    if not names:
        raise InputError.of(look.name, "holds no Lhotse Shar (cuts.*.jsonl.gz)")
    return [Origin(str(Path(look.name) / name), "lhotse_shar") for name in names]


def _is_pair(look: Look) -> bool:
    if look.folder is not None:
        return any("supervisions" in name and ".jsonl" in name for name in look.folder)
    keys = look.first.keys()
    return {"recording_id", "start"} <= keys or {"sources", "num_samples"} <= keys


SHAR = Format(
    "lhotse_shar",
    "a Lhotse Shar directory: the fields of its cuts.*.jsonl.gz, no audio",
    lambda look: any(_SHAR_CUTS.match(name) for name in look.folder or ()),
    _find_shar,
    _read_cuts,
)
SUPERVISIONS = Format(
    "lhotse_supervisions",
    "Lhotse supervisions with their recordings beside (.jsonl, .gz), or the folder of both",
    _is_pair,
    _find_pair,
    _read_supervisions,
)
CUTS = Format(
    "lhotse_cuts",
    "Lhotse cuts (.jsonl, .gz)",
    lambda look: "supervisions" in look.first and "audio_filepath" not in look.first,
    lambda look: [one_file(look, "lhotse_cuts")],
    _read_cuts,
)


_IN_CUTS = frozenset(
    {
        "audio_filepath", "offset", "duration", "text", "lang", "speaker", "sampling_rate",
        "sample_rate", "recording_sampling_rate",
    }
)  # fmt: skip
"""Fields of a record that have a place of their own in a cut."""
ASSUMED_RATE = 16_000
"""Lhotse wants a sampling rate; NeMo's records rarely give one, and NeMo resamples to this."""


def rate_of(record: Mapping[str, object]) -> int | None:
    """The sampling rate that a record gives."""
    for name in ("sampling_rate", "sample_rate", "recording_sampling_rate"):
        rate = record.get(name)
        if isinstance(rate, int) and not isinstance(rate, bool) and rate > 0:
            return rate
    return None


def cut_of_record(
    id: str, record: Record, rate: int, audio: str, frames: int | None = None, channels: int = 1
) -> bytes:
    """A NeMo record as one line of Lhotse cuts; fields without a place there go to `custom`.

    The recording has `frames` samples; where they are not known it ends with the segment. A record
    that names none of several `channels` is a MultiCut of them all.
    """
    named = channel_of(json.dumps(record.get("channel")))
    there = list(range(max(channels, 1 if named is None else named + 1)))
    placed = _IN_CUTS if named is None else _IN_CUTS | {"channel"}
    channel: int | list[int] = there if named is None and len(there) > 1 else named or 0
    start, duration = float(str(record.get("offset") or 0)), float(str(record["duration"]))
    samples = round((start + duration) * rate) if frames is None else frames
    key = re.sub(r"\s", "_", id)
    supervision = {
        "id": key,
        "recording_id": key,
        "start": 0,
        "duration": duration,
        "channel": channel,
        "text": record.get("text"),
        "language": record.get("lang"),
        "speaker": record.get("speaker"),
    }
    cut = {
        "id": key,
        "start": start,
        "duration": duration,
        "channel": channel,
        "supervisions": [{k: v for k, v in supervision.items() if v is not None or k == "text"}],
        "recording": {
            "id": key,
            "sources": [{"type": "file", "channels": there, "source": audio}],
            "sampling_rate": rate,
            "num_samples": samples,
            "duration": samples / rate,
            "channel_ids": there,
        },
        "custom": {k: v for k, v in record.items() if k not in placed},
        "type": "MultiCut" if isinstance(channel, list) else "MonoCut",
    }
    return json.dumps(cut, ensure_ascii=False).encode()
