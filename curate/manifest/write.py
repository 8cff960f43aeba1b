"""One NeMo manifest of whatever the formats read; lines that hold no record stand beside it."""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from curate.artifacts.manifest import ConvertedInput, ManifestWritten
from curate.artifacts.outputs import full_disk_as_error, whole_file
from curate.environment.execution import QUIET, Execution
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.manifest.archived_audio import archived_warning
from curate.manifest.convert import Converter, Place
from curate.manifest.equal_warnings import grouped
from curate.manifest.hints.below import UNREAD, UNREAD_ROOT
from curate.manifest.kaldi import without_texts
from curate.manifest.left_out import malformed_beside
from curate.manifest.mapping import ReadOptions
from curate.manifest.origin import Origin, is_archived
from curate.manifest.read import find_sources
from curate.manifest.text_tally import tally_of, with_changes
from curate.manifest.unread_tiers import tier_warnings
from curate.manifest.unusable import warnings_of

GZIP_LEVEL = 6
_NO_FILES = frozenset({UNREAD, UNREAD_ROOT})
"""What an origin keeps of files that are passed over."""


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """What is to be one manifest, and where: `out`. `audio_root` is where relative audio paths
    begin, if not at each input's folder. `recipe` names one of Lhotse's, which prepares the input.
    `dry_run`: only what text rules change is written. `mono`: outputs that hold the audio mix its
    channels down. `channel` is that of records that name none.
    """

    inputs: Sequence[str]
    out: Path
    reading: ReadOptions = field(default_factory=ReadOptions)
    audio_root: Path | None = None
    recipe: str | None = None
    dry_run: bool = False
    mono: bool = False
    channel: int | None = None

    @property
    def prepared(self) -> Path:
        """Where what a recipe prepares is written."""
        return self.malformed.with_name(self.malformed.name.replace(".malformed.jsonl", ".lhotse"))

    @property
    def text_changes(self) -> Path:
        """The directory of what text rules changed."""
        name = self.malformed.name.replace(".malformed.jsonl", ".text_changes")
        return self.malformed.with_name(name)

    @property
    def reading_in_root(self) -> ReadOptions:
        """How inputs are read, transcripts with their audio in the audio root."""
        root = self.audio_root
        return self.reading if root is None else replace(self.reading, audio_root=str(root))

    @property
    def malformed(self) -> Path:
        """Where lines that hold no record are written, with their reasons."""
        return malformed_beside(self.out)


def write_manifest(request: ManifestRequest, execution: Execution = QUIET) -> ManifestWritten:
    """Write the records of all inputs, in order, as NeMo lines; whole, or nothing.

    Lines that are NeMo's already stay byte for byte, but for an audio path that would lead
    elsewhere from the new folder, and fields that a blend adds. A line that holds no record goes
    to `request.malformed` with its place and reason; what text rules change is reported in
    `request.text_changes`. InputError where an input cannot be read or none holds a record,
    ConfigError where `out` is an input or cannot be written.
    """
    origins = find_sources(request.inputs, request.reading_in_root)
    refuse_inputs(origins, request)
    tally = tally_of(origins, request.text_changes)
    with full_disk_as_error(request.out), TemporaryFile() as malformed:
        with whole_file(request.out) as scratch:
            with opened_output(scratch, request.out) as manifest:
                records, into, root = _LinesFile(manifest), request.out.parent, request.audio_root
                convert = Converter(into, root, records, malformed, tally, request.channel)
                inputs = convert.add_all(origins)
            if not any(each.records for each in inputs):
                raise InputError(*convert.unusable)
        write_malformed(malformed, request.malformed)
    warnings = warnings_of(convert.unusable)
    texts = chain.from_iterable(map(without_texts, origins))
    made = answer(
        request,
        inputs,
        convert.reasons,
        [
            *warnings,
            *convert.undecoded.warnings(),
            *convert.audio_warnings(request.out),
            *without_files(origins, request),
            *tier_warnings(origins),
            *texts,
        ],
    )
    return with_changes(made, tally, request.text_changes, execution)


def try_text_rules(request: ManifestRequest, execution: Execution = QUIET) -> ManifestWritten:
    """A dry run: what text rules would change is reported in `request.text_changes`, and nothing
    else is written. Errors as `write_manifest`; ConfigError where there are no text rules.
    """
    origins = find_sources(request.inputs, request.reading_in_root)
    tally = tally_of(origins, request.text_changes)
    if tally is None:
        what = "shows what text rules change, and there are none"
        raise ConfigError.of(parameter("dry_run"), what, "name --text-rules")
    with TemporaryFile() as malformed:
        convert = Converter(None, request.audio_root, _Nowhere(), malformed, tally)
        inputs = convert.add_all(origins)
    if not any(each.records for each in inputs):
        raise InputError(*convert.unusable)
    warnings = warnings_of(convert.unusable)
    made = answer(request, inputs, convert.reasons, [*warnings, *convert.undecoded.warnings()])
    made = made.model_copy(update={"dry_run": True, "malformed_lines": None})
    return with_changes(made, tally, request.text_changes, execution)


def answer(
    request: ManifestRequest,
    inputs: Sequence[ConvertedInput],
    reasons: Counter[str],
    warnings: Sequence[str],
    form: str = "nemo",
) -> ManifestWritten:
    """What the command answers, by what became of each input."""
    return ManifestWritten(
        manifest=str(request.out),
        form=form,
        malformed_lines=str(request.malformed) if reasons else None,
        records=sum(each.records for each in inputs),
        malformed=sum(each.malformed for each in inputs),
        hours=sum(each.hours for each in inputs),
        inputs=tuple(inputs),
        reasons=dict(reasons.most_common()),
        warnings=tuple(grouped(warnings, [each.source for each in inputs])),
    )


def without_files(origins: Sequence[Origin], request: ManifestRequest) -> list[str]:
    """A warning where audio paths are names in archives, which lead to no file."""
    archived = list(filter(is_archived, origins))
    if not archived:
        return []
    return [
        archived_warning(
            archived, request.inputs, str(request.out), request.reading_in_root.options
        )
    ]


@contextmanager
def opened_output(scratch: Path, out: Path) -> Iterator[IO[bytes]]:
    """The scratch file of an output, open for writing; compressed where `out` ends in .gz."""
    with scratch.open("wb") as file:
        if out.suffix != ".gz":
            yield file
            return
        with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as packed:
            yield packed  # type: ignore[misc]


def refuse_inputs(origins: Sequence[Origin], request: ManifestRequest) -> None:
    """ConfigError where the output would replace an input."""
    outputs = {request.out.resolve(), request.malformed.resolve()}
    inputs = [
        name
        for origin in origins
        for name in (origin.name, *_files_read(origin))
        if Path(name).resolve() in outputs
    ]
    what = "is read, and would be replaced by what is written"
    raise_all(ConfigError, [Fault(name, what, "name another file") for name in inputs])


def _files_read(origin: Origin) -> Iterator[str]:
    """What is read beside an origin, and not what is passed over."""
    yield from chain.from_iterable(
        files for role, files in origin.beside.items() if role not in _NO_FILES
    )


def write_malformed(lines: IO[bytes], path: Path) -> None:
    """Put the lines in place; without any, what an earlier command left there is removed."""
    if not lines.tell():
        path.unlink(missing_ok=True)
        return
    lines.seek(0)
    with whole_file(path) as scratch, scratch.open("wb") as file:
        shutil.copyfileobj(lines, file)


class _Nowhere:
    """Records of a dry run."""

    def add(self, origin: Origin, lines: Sequence[bytes], places: Sequence[Place]) -> None:
        """Nothing is written."""


@dataclass(frozen=True, slots=True)
class _LinesFile:
    """The records a line each, as NeMo has them."""

    file: IO[bytes]

    def add(self, origin: Origin, lines: Sequence[bytes], places: Sequence[Place]) -> None:
        self.file.write(b"".join(each + b"\n" for each in lines))
