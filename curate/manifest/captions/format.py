"""How a transcript of one recording, or of several that it names, is a format of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from curate.manifest.captions.audio import AUDIO, FOLDER, Recordings, find_talk, folder_of
from curate.manifest.captions.lines import (
    Block,
    Line,
    Span,
    decode_text,
    line_portions,
    read_lines,
    span_portions,
)
from curate.manifest.chunks import read_whole
from curate.manifest.origin import Origin, Portion
from curate.manifest.sniff import Format, Look, one_file
from curate.manifest.strict import Record

BESIDE = ", the audio of the same name beside (or in --audio-root)"
"""Ends what a format of one recording reads."""
TIER = "tier"
"""Where an origin keeps the name of the tier that is read, if one is named."""
LANG = "lang"
"""Where an origin keeps the language that its name gives."""

ParseLines = Callable[[Iterable[Line]], Iterator[Block]]
"""The blocks of a file's lines: every line is in one of them, in order."""
ParseWhole = Callable[[bytes], Iterator[Span]]
"""The spans of a file's content, in order."""
ParseTiers = Callable[[bytes, str | None], Iterator[Span]]
"""The spans of a file's content, in order, of the tier that is named, or of the usual ones."""
ParseRecordings = Callable[[Iterable[Line], Recordings], Iterator[Block]]


def caption_format(
    name: str, kind: str, sniff: Callable[[Look], bool], parse: ParseLines, more: str = ""
) -> Format:
    """A format of lines beside whose file its audio is; `more` is what else its readers know."""

    def find(look: Look) -> list[Origin]:
        return [with_talk(look, name, kind)]

    def read(origin: Origin) -> Iterator[Portion]:
        added = fields_of_talk(origin)
        blocks = parse(read_lines(origin.name))
        return line_portions(origin, (_with_fields(block, added) for block in blocks))

    return Format(name, f"{kind}{BESIDE}{more}", of_file(sniff), find, read)


def whole_format(
    name: str, kind: str, sniff: Callable[[Look], bool], parse: ParseWhole, more: str = ""
) -> Format:
    """A format that is read as a whole, beside whose file its audio is."""

    def find(look: Look) -> list[Origin]:
        return [with_talk(look, name, kind)]

    def read(origin: Origin) -> Iterator[Portion]:
        added, data = fields_of_talk(origin), read_whole(origin.name)
        return span_portions(origin, data, (_with_added(span, added) for span in parse(data)))

    return Format(name, f"{kind}{BESIDE}{more}", of_file(sniff), find, read)


def tier_format(
    name: str, kind: str, sniff: Callable[[Look], bool], parse: ParseTiers, more: str = ""
) -> Format:
    """A format whose files hold several tiers; `--map text=TIER` names the one to read."""

    def find(look: Look) -> list[Origin]:
        origin = with_talk(look, name, kind)
        tier = {TIER: (look.fields["text"],)} if "text" in look.fields else {}
        return [replace(origin, beside={**origin.beside, **tier})]

    def read(origin: Origin) -> Iterator[Portion]:
        added, data = fields_of_talk(origin), read_whole(origin.name)
        spans = parse(data, tier_of(origin))
        return span_portions(origin, data, (_with_added(span, added) for span in spans))

    return Format(name, f"{kind}{BESIDE}{more}", of_file(sniff), find, read)


def tier_of(origin: Origin) -> str | None:
    """The tier that is read, by its name; None where none is named."""
    return origin.beside.get(TIER, (None,))[0]


def recording_format(
    name: str, what: str, sniff: Callable[[Look], bool], parse: ParseRecordings
) -> Format:
    """A format of lines that name their recordings."""

    def find(look: Look) -> list[Origin]:
        return [Origin(one_file(look, name).name, name, {FOLDER: (folder_of(look),)})]

    def read(origin: Origin) -> Iterator[Portion]:
        return line_portions(origin, parse(read_lines(origin.name), Recordings.of(origin)))

    return Format(name, what, of_file(sniff), find, read)


def with_talk(look: Look, format: str, kind: str) -> Origin:
    """The origin of a transcript with its audio, and the language that its name gives."""
    origin, talk = one_file(look, format), find_talk(look, kind)
    lang = {} if talk.lang is None else {LANG: (talk.lang,)}
    return Origin(origin.name, format, {AUDIO: (talk.audio,), **lang})


def fields_of_talk(origin: Origin) -> Record:
    """The fields that all records of such an origin have."""
    lang = origin.beside.get(LANG, (None,))[0]
    return {"audio_filepath": origin.beside[AUDIO][0], LANG: lang}


def _with_fields(block: Block, added: Record) -> Block:
    if not isinstance(block.record, dict):
        return block
    return Block(block.lines, {**added, **block.record})


def _with_added(span: Span, added: Record) -> Span:
    if not isinstance(span.record, dict):
        return span
    return Span(span.start, span.end, {**added, **span.record})


def of_file(sniff: Callable[[Look], bool]) -> Callable[[Look], bool]:
    """The same for files only."""
    return lambda look: look.folder is None and sniff(look)


def has_suffix(look: Look, *suffixes: str) -> bool:
    """Whether the name ends so, compressed or not."""
    name = Path(look.name.lower())
    return (Path(name.stem) if name.suffix in {".gz", ".zst"} else name).suffix in suffixes


def first_lines(look: Look, number: int = 20) -> list[str]:
    """The first lines that are not blank."""
    lines = decode_text(look.head)[0].replace("\r", "\n").split("\n")[: 8 * number]
    return [line for line in lines if line.strip()][:number]
