"""A folder as its layouts see it, and what they give: entries, each of one text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from curate.errors import InputError
from curate.manifest.captions.audio import FOLDER, NO_FILE
from curate.manifest.captions.lines import decode_text
from curate.manifest.chunks import read_head
from curate.manifest.corrections import CAST
from curate.manifest.folders.names import AudioNames, directory, directory_parts, spelled, stem
from curate.manifest.folders.tree import Tree
from curate.manifest.mapping import fields_of
from curate.manifest.origin import Origin
from curate.manifest.sniff import Look
from curate.manifest.strict import Malformed, Record

TEXT_SUFFIXES = (".txt", ".lab")
"""Of files that hold the text of one audio file of the same name."""
NAMED = "texts_named"
"""Where an origin keeps the texts that are read of its folder, if not all of them."""


class Entry(NamedTuple):
    """A text, and the audio that it names: `audio` as written in a transcript of the directory
    `near`, to be looked for below `inside`. `place` is the file and line, `record` the fields, or
    the reason why there are none; `is_passed_over`: its transcript is not read, and the
    reason is only why its audio has no text.
    """

    place: str
    audio: str
    record: Record | str
    near: str = ""
    inside: str = ""
    is_passed_over: bool = False


@dataclass(frozen=True)
class Folder:
    """The transcripts below a folder, and the audio below it or below the audio root; `fields` is
    the mapping of `--map`, `cast` whether numbers are read as people write them, `is_named` that
    only texts which are named are read, without the audio that they leave.
    """

    texts: Tree
    audio: Tree
    names: AudioNames
    fields: Mapping[str, str] = field(default_factory=dict)
    cast: bool = False
    is_named: bool = False

    @classmethod
    def of(cls, origin: Origin) -> Folder:
        """The folder of an origin as it is now."""
        texts = Tree.read(origin.name)
        if NAMED in origin.beside:
            texts = texts.of_names(frozenset(origin.beside[NAMED]))
        root = origin.beside.get(FOLDER, (origin.name,))[0]
        audio = texts if root == origin.name else Tree.read(root)
        names = AudioNames.of(audio.audio)
        is_named = NAMED in origin.beside
        return cls(texts, audio, names, fields_of(origin), CAST in origin.beside, is_named)

    def look(self, name: str) -> Look:
        """A transcript from outside, with the mapping of the folder."""
        return Look.at(self.path(name), self.fields)

    def path(self, name: str) -> str:
        """Where a transcript is."""
        return self.texts.path(name)

    def audio_of_text(self, name: str) -> str:
        """The audio of the same stem as a text file: in its directory, else where it is mirrored
        (txt/a/1.txt and wav/a/1.wav), else the only one of the stem, if no other text has it.

        A text beside audio has its own there, or none. Malformed where none or several are meant.
        """
        key, near = self.stem_of_text(name), directory(name)
        alike = self.names.by_stem.get(key, ())
        candidates = [each for each in alike if directory(each) == near]
        if not candidates and spelled(near) not in self._audio_directories:
            mirrored = [each for each in alike if _is_mirrored(each, name)]
            unique = len(alike) == 1 and self._text_stems[key] == 1
            candidates = mirrored or (list(alike) if unique else [])
        if len(candidates) > 1:
            raise Malformed(f"several audio files have its name ({', '.join(candidates[:3])})")
        if not candidates:
            raise Malformed(f"{NO_FILE} ({name})")
        return candidates[0]

    def is_text_beside(self, name: str) -> bool:
        """Whether a text file has the name of an audio file."""
        return self.stem_of_text(name) in self.names.by_stem

    def head(self, name: str) -> str:
        """The beginning of a transcript as text; empty where it cannot be read."""
        try:
            return decode_text(read_head(self.path(name), 1 << 13))[0]
        except InputError:
            return ""

    @cached_property
    def text_names(self) -> frozenset[str]:
        """The names of all files that are no audio."""
        return frozenset(self.texts.others)

    def stem_of_text(self, name: str) -> str:
        """The stem of a text file: that of its audio for `a.wav.txt`, and for LibriTTS'
        `a.normalized.txt`.
        """
        key = stem(spelled(name.rpartition(".")[0]))
        return key if key in self.names.by_stem else key.removesuffix(".normalized")

    @cached_property
    def has_texts_beside(self) -> bool:
        """Whether any text file has the name of an audio file."""
        return any(key in self.names.by_stem for key in self._text_stems)

    @cached_property
    def _text_stems(self) -> Counter[str]:
        texts = (name for name in self.texts.others if name.lower().endswith(TEXT_SUFFIXES))
        return Counter(map(self.stem_of_text, texts))

    @cached_property
    def _audio_directories(self) -> frozenset[str]:
        return frozenset(spelled(directory(name)) for name in self.audio.audio)


def _is_mirrored(one: str, other: str) -> bool:
    """Whether two names stand in directories of which exactly one part differs."""
    some, others = directory_parts(spelled(one)), directory_parts(spelled(other))
    return len(some) == len(others) and sum(a != b for a, b in zip(some, others, strict=True)) == 1


@dataclass(frozen=True, slots=True)
class Layout:
    """A way in which people put texts beside audio.

    `claims` says whether a file of the folder is a transcript of this layout, `read` gives its
    texts in order.
    """

    name: str
    what: str
    claims: Callable[[Folder, str], bool]
    read: Callable[[Folder, str], Iterator[Entry]]
