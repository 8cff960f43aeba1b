"""ELAN's annotations (.eaf): the time-aligned annotations of the tiers that depend on no other.

Dependent tiers (words, glosses, translations) have no times of their own, or divide what is above
them: they hold no record, unless one with times of its own is named. A tier's PARTICIPANT is the
speaker, else its name. A document type is refused, and so are all entities and external files that
one could declare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from xml.parsers import expat

from curate.manifest.captions.format import tier_format
from curate.manifest.captions.lines import Place, Span, decode_text
from curate.manifest.captions.segment import record_of, segment
from curate.manifest.captions.tiers import TierNames, no_tier
from curate.manifest.origin import number_of
from curate.manifest.sniff import Look
from curate.manifest.strict import Record

_NOT_SPEAKERS = frozenset({"default", "text", "transcript", "transcription", "utterances"})
_ALIGNED, _VALUE = "ALIGNABLE_ANNOTATION", "ANNOTATION_VALUE"


class _RefusedError(ValueError):
    """XML that is not read."""


@dataclass(slots=True)
class _Annotation:
    start: Place
    tier: Mapping[str, str]
    slots: tuple[str, str]
    text: list[str] = field(default_factory=list)


class _Document:
    """What expat reports of a document: its annotations, their places and the times."""

    def __init__(self, data: bytes, tier: str | None = None) -> None:
        self.tiers: list[tuple[str, bool]] = []
        self._named = tier
        self.annotations: list[tuple[_Annotation, Place]] = []
        self.times: dict[str, str] = {}
        self._data, self._tier = data, dict[str, str]()
        self._open: _Annotation | None = None
        self._inside = False
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse

    def read(self) -> str:
        """Read all; what is wrong with the XML, if anything is."""
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            return f"the XML cannot be read to its end ({error})"
        except (_RefusedError, LookupError, ValueError) as error:
            return f"the XML is refused ({error})"
        return ""

    def _place(self) -> Place:
        return Place(self._parser.CurrentByteIndex, self._parser.CurrentLineNumber)

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("it declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "TIME_SLOT":
            self.times[attributes.get("TIME_SLOT_ID", "")] = attributes.get("TIME_VALUE", "")
        elif name == "TIER":
            self._tier = attributes
        elif name == "ANNOTATION":
            self.tiers.append((self._tier.get("TIER_ID", ""), self._is_read()))
        elif name == _ALIGNED and self._is_read():
            slots = attributes.get("TIME_SLOT_REF1", ""), attributes.get("TIME_SLOT_REF2", "")
            self._open = _Annotation(self._place(), self._tier, slots)
        self._inside = name == _VALUE and self._open is not None

    def _is_read(self) -> bool:
        """Whether the tier's annotations are records."""
        if self._named is None:
            return not self._tier.get("PARENT_REF")
        return self._tier.get("TIER_ID", "").strip() == self._named.strip()

    def _end(self, name: str) -> None:
        if name == _ALIGNED and self._open is not None:
            offset, line = self._place()
            mark = ">".encode(decode_text(self._data[:2])[1])
            end = self._data.find(mark, offset) + len(mark)
            self.annotations.append((self._open, Place(end, line)))
            self._open = None
        self._inside = False

    def _characters(self, text: str) -> None:
        if self._inside and self._open is not None:
            self._open.text.append(text)


def parse_elan(data: bytes, tier: str | None = None) -> Iterator[Span]:
    """The annotations of a document, of the tier that is named or of those without a parent."""
    if not data.strip():
        return
    document = _Document(data, tier)
    fault = document.read()
    if tier is not None and not fault and not document.annotations:
        fault = no_tier(tier, TierNames.of(document.tiers))
    last = Place(decode_text(data[:4])[2], 1)
    for annotation, last in document.annotations:
        record = record_of(partial(_record, annotation, document.times))
        yield Span(annotation.start, last, record)
    if fault:  # in what is behind the last annotation
        end = Place(len(data), last.line + data.count(b"\n", last.byte_offset))
        yield Span(last, end, fault)


def tiers_of(data: bytes, tier: str | None = None) -> TierNames:
    """The names of tiers with annotations: those read, and the others."""
    document = _Document(data, tier)
    document.read()
    return TierNames.of(document.tiers)


def _record(annotation: _Annotation, times: Mapping[str, str]) -> Record:
    start, end = (_seconds(times.get(slot)) for slot in annotation.slots)
    tier, text = annotation.tier, " ".join("".join(annotation.text).split())
    name = tier.get("TIER_ID", "")
    known = None if name.lower() in _NOT_SPEAKERS else name
    speaker = tier.get("PARTICIPANT", "").strip() or known or None
    lang = {"lang": tier["LANG_REF"]} if tier.get("LANG_REF") else {}
    return segment(start, end, text, speaker=speaker, **lang)


def _seconds(milliseconds: str | None) -> object:
    number = number_of(milliseconds or "")
    return (milliseconds or None) if isinstance(number, str) else number / 1000


def _is_elan(look: Look) -> bool:
    text = decode_text(look.head)[0]
    return "<ANNOTATION_DOCUMENT" in text


ELAN = tier_format(
    "elan",
    "ELAN annotations (.eaf)",
    _is_elan,
    parse_elan,
    "; aligned tiers without a parent, PARTICIPANT is the speaker; --map text=TIER reads one tier",
)
