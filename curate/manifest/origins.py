"""The origins of inputs: the files behind a name, and as which format each is read.

Formats are loaded only for an input that may be of another one than NeMo's.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product

from curate.errors import ConfigError, InputError, parameter, raise_all
from curate.errors.nearest import suggest
from curate.manifest.audio_files import bases_of
from curate.manifest.audio_suffix import suffix_of, with_suffix
from curate.manifest.corpus import corpus_file, read_corpus
from curate.manifest.corrections import Corrections, corrected, moved_path
from curate.manifest.mapping import ReadAs, ReadOptions, fields_of, reading_of
from curate.manifest.nemo_lines import NEMO, NEMO_MAPPED, is_plain
from curate.manifest.origin import Origin, Portion
from curate.manifest.sniff import Format, Look, RowPlace
from curate.manifest.spool import is_local
from curate.manifest.text_role import ROLE as TEXT_RULES
from curate.manifest.text_role import cleaned
from curate.manifest.together import find_together

_GLOB = frozenset("*?[")
_BRACES = re.compile(r"_OP_(.*?)_CL_|\{([^{}]*)\}")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})\Z")
_MOST_NAMES = 1_000_000


_MAPPABLE = ("table", "common_voice", "parquet", "arrow", "hf", "xlsx", "webdataset", "folder")
"""Formats with columns, whose names a mapping can say."""

_NAMING = ("table", "common_voice", "xlsx", "nemo_mapped")
"""Formats whose rows name audio files, often by ids."""
_NATIVE = (NEMO.name, "nemo_tarred")
"""Formats whose records are NeMo's lines."""
_EXAMINED = 20
"""Paths by which the suffix is known that they lack."""
_TIERED = ("textgrid", "elan")
"""Formats with tiers, of which `text` names the one that is read."""


def with_corrections(format: Format) -> Format:
    """A format that reads with the corrections and the text rules of an origin."""
    read_rows = format.read_rows

    def read_some(origin: Origin, rows: Sequence[RowPlace]) -> Iterator[Portion]:
        assert read_rows is not None
        yield from cleaned(corrected(lambda each: read_rows(each, rows)))(origin)

    return format._replace(
        read=cleaned(corrected(format.read)),
        read_rows=None if read_rows is None else read_some,
    )


@cache
def format_named(name: str) -> Format:
    """The format of this name; it reads with the corrections and the text rules of an origin."""
    if name in _LINES:
        return with_corrections(_LINES[name])
    from curate.manifest.formats import BY_NAME

    return BY_NAME[name]


_LINES = {each.name: each for each in (NEMO, NEMO_MAPPED)}


def _refuse_unknown(name: str) -> None:
    """ConfigError for a format that is not known."""
    if name in _LINES:
        return
    from curate.manifest.formats import BY_NAME

    if name not in BY_NAME:
        what = f"unknown format {name!r}"
        raise ConfigError.of(parameter("format"), what, suggest(name, BY_NAME))


def find_origins(name: str, read_as: ReadAs = None) -> list[Origin]:
    """The files of records behind one name, each with how to read it; of a corpus.yaml, or of the
    folder that has one, those of its inputs.

    InputError where there is nothing to read, ConfigError for a format that is not known, or that
    has no fields to map.
    """
    reading, file = reading_of(read_as), corpus_file(name)
    if file is None:
        return origins_of(name, reading)
    corpus = read_corpus(file)
    inputs = [each for one in corpus.inputs for each in expand(one)]
    own = corpus.reading_with(reading)

    def find(name: str, format: str | None = None) -> list[Origin]:
        return origins_of(name, replace(own, format=format or own.format))

    origins, faults = find_together(inputs, find)
    raise_all(InputError, faults)
    described = [corpus.described(origin) for origin in origins]
    return [_as_mapped(origin) if Corrections.of(origin) else origin for origin in described]


def origins_of(name: str, reading: ReadOptions) -> list[Origin]:
    """The same without regard to a corpus.yaml."""
    look = Look.at(name, reading.renamed, reading.audio_root)
    if reading.format is not None:
        _refuse_unknown(reading.format)
    format = format_named(reading.format) if reading.format is not None else _format_of(look)
    is_changed = reading.renamed or reading.lenient or reading.corrections
    if not is_changed:
        return [_with_suffix(origin, look, reading) for origin in format.find(look)]
    is_native = format.name in _NATIVE
    _refuse_idle(reading, NEMO_MAPPED if is_native else format, name)
    origins = (_as_mapped(reading.with_fields(origin)) for origin in format.find(look))
    return [_with_suffix(origin, look, reading) for origin in origins]


def _with_suffix(origin: Origin, look: Look, reading: ReadOptions) -> Origin:
    """The origin of a table with the suffix that its audio paths lack, where they lead to files
    with one.
    """
    if origin.format not in _NAMING:
        return origin
    from curate.manifest.hints.samples import audio_paths

    paths = [moved_path(each, reading.path_map) for each in audio_paths(look)[:_EXAMINED]]
    suffix = suffix_of(paths, bases_of(origin, reading.root))
    return origin if suffix is None else with_suffix(origin, suffix, paths[0])


def _refuse_idle(reading: ReadOptions, format: Format, name: str) -> None:
    """ConfigError for options that do nothing to a format."""
    if reading.lenient and format != NEMO_MAPPED:
        what = f"is for JSON lines; {name} is {format.name}"
        raise ConfigError.of(parameter("lenient"), what, "leave it out for this input")
    if format.name in _TIERED and reading.renamed.keys() <= {"text"}:
        return
    if reading.renamed and format.name not in (*_MAPPABLE, NEMO_MAPPED.name):
        what = f"renames fields of JSON lines and columns of tables; {name} is {format.name}"
        raise ConfigError.of(parameter("fields"), what, "leave it out for this input")


def _as_mapped(origin: Origin) -> Origin:
    """The origin, read in the way in which NeMo's lines can be changed (those of a blend)."""
    is_native = origin.format in _NATIVE
    return replace(origin, format=NEMO_MAPPED.name) if is_native else origin


def _format_of(look: Look) -> Format:
    """The format that an input looks like; InputError where it is one that nobody reads."""
    if is_plain(look):
        return NEMO
    from curate.manifest.formats import format_of

    return format_of(look)


def as_origin(source: str | Origin) -> Origin:
    """An origin as it is; a plain name is a NeMo manifest."""
    return Origin(source) if isinstance(source, str) else source


COPIED = "original lines"
CONVERTED = "records as NeMo lines"
MAPPED = "original lines with mapped fields added"
STRICT = "original lines with null for NaN and Infinity"


def copied_as(origin: Origin) -> str:
    """What a split writes of it: COPIED, CONVERTED, MAPPED or STRICT."""
    if origin.format == NEMO_MAPPED.name:
        is_mapped = bool(fields_of(origin)) or Corrections.of(origin) is not None
        is_mapped |= TEXT_RULES in origin.beside
        return MAPPED if is_mapped else STRICT
    return CONVERTED if format_named(origin.format).converted else COPIED


def kept_fields(origins: Sequence[Origin]) -> list[str]:
    """Fields that the origins' formats keep as columns, and those that were added to them."""
    return list(
        dict.fromkeys(
            name
            for origin in origins
            for name in (*format_named(origin.format).extra_columns, *origin.added)
            if name not in {"lang", "speaker", "task", "target_lang", "source_lang"}
        )
    )


def expand(pattern: str) -> list[str]:
    """Names behind a literal name, NeMo's `_OP_0..7_CL_` (or `{0..7}`), or a glob (sorted).

    InputError where a glob matches nothing.
    """
    if not is_local(pattern) or os.path.lexists(pattern):
        return [pattern]
    return [path for name in _unbrace(pattern) for path in _unglob(name)]


def _unbrace(pattern: str) -> list[str]:
    parts: list[list[str]] = []
    end = count = 0
    for match in _BRACES.finditer(pattern):
        choices = _choices(match.group(1) if match.group(1) is not None else match.group(2))
        if choices is None:
            continue
        count = max(count, 1) * len(choices)
        if count > _MOST_NAMES:
            raise InputError.of(pattern, f"matches more than {_MOST_NAMES} names")
        parts += [[pattern[end : match.start()]], choices]
        end = match.end()
    return ["".join(chosen) for chosen in product(*parts, [pattern[end:]])]


def _choices(inside: str) -> list[str] | None:
    if match := _RANGE.match(inside):
        first, last = match.groups()
        if int(last) - int(first) >= _MOST_NAMES:
            raise InputError.of(inside, f"matches more than {_MOST_NAMES} names")
        width = len(first) if first.startswith("0") and len(first) > 1 else 0
        return [str(number).zfill(width) for number in range(int(first), int(last) + 1)]
    return inside.split(",") if "," in inside else None


def _unglob(name: str) -> list[str]:
    if os.path.lexists(name) or not _GLOB & set(name):
        return [name]
    paths = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - keeps the spelling
    if not paths:
        hint = "quote the pattern, and look with ls what there is"
        raise InputError.of(name, "no file matches this pattern", hint)
    return paths
