"""Reading the JSON artefacts that pages are about: one model per file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from curate.artifacts.audit import Audit
from curate.artifacts.base import Artifact, parse_artifact
from curate.artifacts.clips import Clips
from curate.artifacts.compare import Compare
from curate.artifacts.diff import Diff
from curate.artifacts.ledger import Ledger
from curate.artifacts.profile import Profile
from curate.artifacts.reconsider import Reconsider
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.split import Split
from curate.artifacts.text_changes import TextChanges
from curate.artifacts.verification import Verification
from curate.artifacts.what_if import WhatIf
from curate.artifacts.words import WordCounts
from curate.errors import Fault, InputError, raise_all
from train.artifacts.run import Run
from train.artifacts.wer import Wer

_WITH_CLIPS = frozenset({"profile", "what-if"})

AnyModel = TypeVar("AnyModel", bound=Artifact)
AnyArtefact = TypeVar("AnyArtefact", bound=Artifact, covariant=True)


class Source(NamedTuple):
    """Where a kind of page reads: its model, its file, and who writes the file."""

    model: type[Artifact]
    file: str
    ledger: bool
    writer: str


SOURCES: dict[str, Source] = {
    "profile": Source(Profile, "profile.json", True, "curate profile"),
    "split": Source(Split, "split.json", True, "curate split"),
    "shards": Source(ShardIndex, "shards.json", True, "curate shard"),
    "train": Source(Run, "run.json", False, "train run"),
    "eval": Source(Wer, "wer.json", False, "train eval"),
    "audit": Source(Audit, "audit.json", False, "curate audit"),
    "diff": Source(Diff, "diff.json", False, "curate diff"),
    "compare": Source(Compare, "compare.json", False, "curate rules compare"),
    "reconsider": Source(Reconsider, "reconsider.json", False, "curate reconsider"),
    "what-if": Source(WhatIf, "what-if.json", False, "curate rules what-if"),
    "words": Source(WordCounts, "words.json", False, "curate words"),
    "text-changes": Source(TextChanges, "text_changes.json", False, "curate manifest --text-rules"),
    "verification": Source(Verification, "verification.json", False, "curate shard --verify"),
}


class SourceFile(NamedTuple):
    """A JSON file that a page is made from."""

    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Loaded(Generic[AnyArtefact]):
    """What a page is about: the artefact, what is beside it, and the files of both.

    `ledger` is None for an artefact that keeps none, `clips` where none were requested.
    """

    artefact: AnyArtefact
    ledger: Ledger | None
    clips: Clips | None
    files: tuple[SourceFile, ...]


AnyLoaded = Loaded[Artifact]


def load(kind: str, folder: Path) -> AnyLoaded:
    """Read the artefact of `kind`, and what is beside it. InputError with all that is wrong."""
    source = SOURCES.get(kind)
    if source is None:
        fault = Fault("kind", f"there is no page of kind {kind!r}", f"known: {', '.join(SOURCES)}")
        raise InputError(fault)
    reader = _Reader(folder, source.writer)
    artefact = reader.read(source.file, source.model)
    ledger = reader.read(Ledger.file, Ledger) if source.ledger else None
    clips = None
    if kind in _WITH_CLIPS and (folder / Clips.file).is_file():
        clips = reader.read(Clips.file, Clips)
    raise_all(InputError, reader.faults)
    assert artefact is not None
    return Loaded(artefact, ledger, clips, tuple(reader.files))


def build_models(kind: str) -> None:
    """Let pydantic build what reads the files of a kind, which it does at their first use else."""
    source = SOURCES[kind]
    source.model.model_rebuild()
    if source.ledger:
        Ledger.model_rebuild()


class _Reader:
    """Reads files of one folder, and collects the faults of all."""

    def __init__(self, folder: Path, writer: str) -> None:
        self._folder, self._hint = folder, f"write it again with `{writer}`"
        self.files: list[SourceFile] = []
        self.faults: list[Fault] = []

    def read(self, name: str, model: type[AnyModel]) -> AnyModel | None:
        """The file as this model; None where it has faults."""
        path = self._folder / name
        try:
            raw = path.read_bytes()
            self.files.append(SourceFile(name, hashlib.sha256(raw).hexdigest(), len(raw)))
            return parse_artifact(raw, model, path)
        except InputError as error:
            self.faults += [Fault(each.where, each.what, self._hint) for each in error.faults]
        except OSError as error:
            self.faults.append(Fault(str(path), error.strerror or "cannot be read", self._hint))
        return None
