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
from curate.manifest.look import Format, Look, one_file
from curate.manifest.origin import (
    Origin,
    Portion,
    command_of,
    convert_lines,
    cut_lines,
    is_command,
)
from curate.manifest.strict import Malformed, Record, parse_line

_SHAR_CUTS = re.compile(r"cuts\.\d+\.jsonl(\.gz|\.zst)?\Z")
_PLAIN_CUTS = frozenset({"MonoCut", "MultiCut", "Cut"})


def record_of_cut(cut: Record) -> Record:
    """A cut as one NeMo record; Malformed where it is not one stretch of one recording.

    Several supervisions are read in order as one text; their language and speaker count where all
    of them agree.
    """
    kind = cut.get("type", "MonoCut")
    if kind not in _PLAIN_CUTS:
        raise Malformed(f"a Lhotse {kind} is no stretch of one recording")
    supervisions = cut.get("supervisions")
    if not isinstance(supervisions, list) or not supervisions:
        raise Malformed("the cut has no supervision")
    if not all(isinstance(one, dict) for one in supervisions):
        raise Malformed("a supervision is no JSON object")
    recording = _object(cut.get("recording"))
    return {
        **_custom(cut, *supervisions),
        "id": cut.get("id"),
        "audio_filepath": _audio(recording) or supervisions[0].get("recording_id"),
        "offset": cut.get("start"),
        "duration": cut.get("duration"),
        "text": _text(supervisions),
        "lang": _agreed(supervisions, "language"),
        "speaker": _agreed(supervisions, "speaker"),
        "recording_sampling_rate": recording.get("sampling_rate"),
    }


def record_of_supervision(one: Record, recordings: Mapping[str, str]) -> Record:
    """A supervision segment as one NeMo record."""
    recording = str(one.get("recording_id"))
    if recording not in recordings:
        raise Malformed(f"its recording is not in the recordings file ({recording})")
    return {
        **_custom(one),
        "id": one.get("id"),
        "audio_filepath": recordings[recording],
        "offset": one.get("start"),
        "duration": one.get("duration"),
        "text": one.get("text"),
        "lang": one.get("language"),
        "speaker": one.get("speaker"),
    }


def _object(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _audio(recording: Record) -> object:
    """The path of a recording that is one file, the address of one on the web, else its id.

    That of a recording that is a command says so, and holds nothing of the command.
    """
    sources = recording.get("sources")
    source = _object(sources[0]) if isinstance(sources, list) and len(sources) == 1 else {}
    place, kind = source.get("source"), source.get("type")
    if kind == "command" or (isinstance(place, str) and is_command(place)):
        return command_of(str(recording.get("id")))
    return place if kind in {"file", "url"} and place else recording.get("id")


def _text(supervisions: list[Record]) -> object:
    texts = [one.get("text") for one in supervisions]
    if len(texts) == 1 or not all(isinstance(text, str) for text in texts):
        return next((text for text in texts if not isinstance(text, str)), texts[0])
    return " ".join(str(text) for text in texts)


def _agreed(supervisions: list[Record], key: str) -> object:
    values = [one.get(key) for one in supervisions]
    return values[0] if all(value == values[0] for value in values) else None


def _custom(*holders: Record) -> Record:
    return {key: value for one in holders for key, value in _object(one.get("custom")).items()}


def _read_cuts(origin: Origin) -> Iterator[Portion]:
    return convert_lines(origin, lambda line: record_of_cut(parse_line(line)))


def _read_supervisions(origin: Origin) -> Iterator[Portion]:
    recordings = _recordings(origin.beside["recordings"][0])
    return convert_lines(origin, lambda line: record_of_supervision(parse_line(line), recordings))


def _recordings(name: str) -> Mapping[str, str]:
    """Audio path of each recording by id; lines that are none are left out (their users say so)."""
    found: dict[str, str] = {}
    for chunk in read_chunks(name):
        for _, line in cut_lines(chunk):
            try:
                recording = parse_line(line)
            except Malformed:
                continue
            found[str(recording.get("id"))] = str(_audio(recording))
    return found


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


def cut_of_record(
    id: str, record: Record, rate: int, audio: str, frames: int | None = None
) -> bytes:
    """A NeMo record as one line of Lhotse cuts; fields without a place there go to `custom`.

    The recording has `frames` samples; where they are not known it ends with the segment.
    """
    start, duration = float(str(record.get("offset") or 0)), float(str(record["duration"]))
    samples = round((start + duration) * rate) if frames is None else frames
    key = re.sub(r"\s", "_", id)
    supervision = {
        "id": key,
        "recording_id": key,
        "start": 0,
        "duration": duration,
        "channel": 0,
        "text": record["text"],
        "language": record.get("lang"),
        "speaker": record.get("speaker"),
    }
    cut = {
        "id": key,
        "start": start,
        "duration": duration,
        "channel": 0,
        "supervisions": [{k: v for k, v in supervision.items() if v is not None}],
        "recording": {
            "id": key,
            "sources": [{"type": "file", "channels": [0], "source": audio}],
            "sampling_rate": rate,
            "num_samples": samples,
            "duration": samples / rate,
            "channel_ids": [0],
        },
        "custom": {k: v for k, v in record.items() if k not in _IN_CUTS},
        "type": "MonoCut",
    }
    return json.dumps(cut, ensure_ascii=False).encode()
