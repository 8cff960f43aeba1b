"""Where the audio of a transcript is: a file of the same name beside it, or in the audio root."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from curate.errors import InputError, parameter
from curate.manifest.audio_suffix import AUDIO_SUFFIXES
from curate.manifest.chunks import open_manifest
from curate.manifest.origin import Origin
from curate.manifest.readable_twins import without_twins
from curate.manifest.sniff import Look
from curate.manifest.spool import is_local
from curate.manifest.strict import Malformed
from curate.text.languages import is_language_code, language_code

AUDIO = "recording"
"""Where an origin names the audio of all its records."""
FOLDER = "audio_folder"
"""Where it names the folder in which each record's recording is looked for."""
NO_AUDIO = "the audio of its recording is missing"
"""Why a segment of a recording that is not there is malformed."""
NO_FILE = "no audio file has the name of the text file"
"""Why a transcript that names no recording is malformed."""
_COMPRESSED = (".gz", ".zst")


class NoAudioError(InputError):
    """A transcript that is paired with no audio: none, or several files have its name; `reason` is
    why it is a malformed row among others that are paired.
    """

    reason = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """The audio that a transcript belongs to, and the language that its name gives, if any."""

    audio: str
    lang: str | None = None


def find_talk(look: Look, kind: str) -> Talk:
    """The audio beside a transcript: `talk.wav` of `talk.srt`, `talk.wav.srt` and `talk.en.srt`.

    NoAudioError, which calls the transcript `kind`, where none or several have the name.
    """
    folder, name = folder_of(look), Path(look.name).name
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    stem = Path(name).stem
    if Path(stem).suffix.lower() in AUDIO_SUFFIXES and (same := _spelled(folder, stem)):
        return Talk(same)
    shorter, _, tag = stem.rpartition(".")
    names, lang = audio_names(folder, stem), None
    if not names and shorter and is_language_code(language_code(tag) or ""):
        names, lang = audio_names(folder, shorter), tag
    if len(names) == 1:
        return Talk(names[0], lang)
    several = f"{len(names)} audio files have its name: {', '.join(names)}"
    what = several if names else f"no audio file {stem}.* is in {folder}"
    act = f"put {stem}.wav (or .flac, .mp3 ...) there" if not names else "leave one of them there"
    hint = f"{act}, or name the folder of the audio: {parameter('audio_root')} DIR"
    if look.audio_root is None:
        hint += f"; where {folder} is the input, what has no audio is listed as malformed"
    error = NoAudioError.of(look.name, f"is {kind}, and {what}", hint)
    several = f"several audio files have its name ({', '.join(names[:3])})"
    error.reason = several if names else f"{NO_FILE} ({name})"
    raise error


def folder_of(look: Look) -> str:
    """Where audio is looked for: the audio root, or the transcript's own folder."""
    if look.audio_root is not None:
        return look.audio_root
    if not is_local(look.name):
        hint = f"name the folder of the audio: {parameter('audio_root')} DIR"
        raise InputError.of(look.name, "has no folder in which its audio could be", hint)
    return str(Path(look.name).parent)


def audio_names(folder: str, stem: str) -> list[str]:
    """Audio files of this name in a folder, by any suffix of AUDIO_SUFFIXES, each once; without
    those that only ffmpeg reads where there is another.
    """
    by_identity: dict[tuple[int, int], str] = {}
    for suffix in AUDIO_SUFFIXES:
        for spelled in (suffix, suffix.upper()):
            for name in _forms(stem + spelled):
                identity = _file(folder, name)
                if identity is not None:
                    by_identity.setdefault(identity, name)
    return [*without_twins(sorted(by_identity.values()))[0]]


def _spelled(folder: str, name: str) -> str | None:
    """A file's name as the disk has it, in NFC or NFD; None where there is none."""
    return next((each for each in _forms(name) if _file(folder, each) is not None), None)


def _forms(name: str) -> Iterator[str]:
    yield name
    if not name.isascii():
        yield normalize("NFC", name)
        yield normalize("NFD", name)


def _file(folder: str, name: str) -> tuple[int, int] | None:
    try:
        status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - for thousands of names
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino)


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings that a file names, looked for in one folder, or by `find`, which gives a path
    relative to the folder, or raises Malformed.
    """

    folder: str
    find: Callable[[str], str] | None = None
    _names: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, origin: Origin) -> Recordings:
        """Those of an origin whose `beside` names the folder."""
        return cls(origin.beside[FOLDER][0])

    def fields(self, recording: str, channel: str) -> Mapping[str, object]:
        """The audio path, and the channel where the audio has several.

        Malformed where none or several files have the recording's name, or not the channel.
        """
        name = self._name(recording)
        index = _channel(channel)
        count = channels(f"{self.folder}/{name}")
        if count is not None and index is not None and index >= count:
            what = f"{channel} of {count}"
            raise Malformed(f"its channel is not in the audio ({what})")
        named = index if count != 1 and (count is not None or index) else None
        return {"audio_filepath": name, "channel": named}

    def _name(self, recording: str) -> str:
        if "/" in recording or "\0" in recording:
            raise Malformed(f"its recording is not a name ({recording[:40]})")
        if self.find is not None:
            return self.find(recording)
        if recording not in self._names:
            names = [recording] if _is_audio(self.folder, recording) else None
            names = names or audio_names(self.folder, recording) or self._tedlium(recording)
            if len(names) > 1:
                several = ", ".join(names)
                raise Malformed(f"several audio files have its recording's name ({several})")
            self._names[recording] = names[0] if names else None
        name = self._names[recording]
        if name is None:
            raise Malformed(f"{NO_AUDIO} ({recording})")
        return name

    def _tedlium(self, recording: str) -> list[str]:
        """The audio of a TED-LIUM release, which is in sph/ beside stm/."""
        if Path(self.folder).absolute().name != "stm":
            return []
        return [f"../sph/{name}" for name in audio_names(f"{self.folder}/../sph", recording)]


def _is_audio(folder: str, name: str) -> bool:
    return Path(name).suffix.lower() in AUDIO_SUFFIXES and _file(folder, name) is not None


def _channel(text: str) -> int | None:
    """The channel's index: `1` and `A` are the first; None for what names none."""
    if text.isdecimal() and len(text) < 4:
        return max(int(text) - 1, 0)
    return ord(text.upper()) - ord("A") if len(text) == 1 and text.upper() in "ABCDEFGH" else None


@lru_cache(maxsize=1 << 16)
def channels(path: str) -> int | None:
    """Channels of an audio file by its header; None where it cannot be read."""
    import soundfile

    try:
        with (
            os.fdopen(open_manifest(path), "rb") as file,
            soundfile.SoundFile(file.fileno(), closefd=False) as sound,
        ):
            return int(sound.channels)
    except (InputError, OSError, soundfile.SoundFileError):
        return None
