"""NeMo's tarred data set: audio_0.tar with a manifest_0.json beside it, and so on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curate.exports.keys import Keys
from curate.exports.output import Output, Report
from curate.exports.spooled import Spooled
from curate.manifest.strict import Record

if TYPE_CHECKING:
    from curate.shards.audio import Audio

OF_PLACE = frozenset({"offset", "channel", "shard_id"})
"""Fields that say where in a file the audio was, which is a file of its own now."""


def _write(records: Spooled, scratch: Path, report: Report) -> None:
    from curate.exports.audio import in_shards, with_audio
    from curate.shards.records import format_json
    from curate.shards.stored import nemo_names
    from curate.shards.tar import HashedFile, TarFile

    keys = Keys(is_plain=True)
    for number, shard in enumerate(in_shards(with_audio(records, report))):
        names = nemo_names(number)
        tar = TarFile(HashedFile.create(scratch / names["audio"]))
        with (scratch / names["manifest"]).open("w", encoding="utf-8", newline="") as manifest:
            for one, audio in shard:
                member = f"{keys.of(one)}.{audio.extension}"
                tar.add(member, audio.data)
                line = {**stored_record(one.record, audio, member), "shard_id": number}
                manifest.write(format_json(line) + "\n")
        tar.close()


def stored_record(record: Record, audio: Audio, member: str) -> Record:
    """The record with its audio by the name that it is stored under, as long as that is."""
    others = {name: value for name, value in record.items() if name not in OF_PLACE}
    return {**others, "audio_filepath": member, "duration": audio.duration_s}


NEMO_TARRED = Output(
    "nemo_tarred",
    "NeMo's tarred data set with the audio: audio_0.tar, manifest_0.json...",
    _write,
    "nemo_tarred",
    marker="manifest_0.json",
    holds_audio=True,
    own_names=r"(audio|manifest)_\d+\.(tar|json)",
)
