"""Known ASR hallucination phrases, and remarks in place of words: the lists, and what they find."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.alike import alike
from curate.artifacts.frames import Spans
from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import unreadable
from curate.files.presets import presets_folder
from curate.text.phrases import Phrase, Phrasebook
from curate.text.remarks import Remarks, known_remarks

KINDS = ("spoken", "credit")
"""What a phrase is: words that may be spoken, or a subtitle credit, which is not speech."""


def known_phrases(files: Sequence[str | Path] = ()) -> Phrases:
    """The phrases of our lists and of these files, and our remarks.

    ConfigError with every file that cannot be read and every line that is none.
    """
    if not files:
        return _built_in_phrases()
    more: list[Phrase] = []
    faults: list[Fault] = []
    for file in map(Path, files):
        try:
            more += _phrases(file.read_text(encoding="utf-8-sig"), str(file), faults)
        except OSError as error:
            faults.append(unreadable(file, error, "name a file of phrases, one a line"))
        except UnicodeDecodeError:
            faults.append(Fault(str(file), "cannot be read: not UTF-8"))
    raise_all(ConfigError, faults)
    return Phrases(_book({*_built_in_book().phrases, *more}), known_remarks())


def phrase_metrics(
    texts: Spans, keys: npt.NDArray[np.uint64], phrases: Phrases
) -> Mapping[str, pl.Series]:
    """The metrics of phrases; `keys` are the NORMAL_KEYs of the texts.

    A text that is one phrase is known by its key. The others are read where they have a word of a
    phrase (curate.text.anchors).
    """
    rows = keys.size
    whole = phrases.book.rows(keys)
    covers = {
        row: cover
        for row in phrases.book.anchors.rows(texts.data, texts.start, texts.length).tolist()
        if (cover := phrases.book.cover(texts.decode(row))).phrases
    }
    if not covers and not whole.size:
        none = alike(0.0, rows, pl.Float64())
        return {
            "hallucination": alike(0, rows, pl.Int32()),
            "hallucination_share": none,
            "credit_share": none,
        }
    shares = np.zeros((2, rows))
    for row, cover in covers.items():
        shares[:, row] = cover.phrases / cover.total, cover.credits / cover.total
    shares[0, whole] = 1
    return {
        "hallucination": pl.Series((shares[0] == 1).astype(np.int32)),
        "hallucination_share": pl.Series(shares[0]),
        "credit_share": pl.Series(shares[1]),
    }


def remark_metrics(
    texts: Spans, rows: npt.NDArray[np.intp], phrases: Phrases
) -> Mapping[str, pl.Series]:
    """The metrics of remarks; `rows` are the texts that may have one."""
    if not rows.size:
        none = alike(0, texts.start.size, pl.Int32())
        return {"remark_chars": none, "remarks_alone": none}
    chars = np.zeros(texts.start.size, np.int32)
    is_remark_only = np.zeros(texts.start.size, np.int32)
    for row in rows.tolist():
        chars[row], is_remark_only[row] = phrases.remarks.measure(texts.decode(row))
    return {"remark_chars": pl.Series(chars), "remarks_alone": pl.Series(is_remark_only)}


@functools.cache
def _built_in_book() -> Phrasebook:
    files = sorted((presets_folder() / "phrases").glob("*.txt"))
    assert files, "the lists travel with the rules"
    faults: list[Fault] = []
    phrases = {
        each
        for file in files
        for each in _phrases(file.read_text(encoding="utf-8"), file.name, faults)
    }
    raise_all(ConfigError, faults)
    return _book(phrases)


def _book(phrases: set[Phrase]) -> Phrasebook:
    """The phrases in an order of their own."""
    return Phrasebook(tuple(sorted(phrases)))


def _phrases(text: str, file: str, faults: list[Fault]) -> Iterator[Phrase]:
    """The phrases of a list: `phrase`, `phrase count`, or columns `phrase`, `kind`, `source`.

    `# ...` is a comment; lists made by counting say `phrase count`, and a phrase of only digits is
    no phrase. `*` behind a phrase stands for a name.
    """
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        phrase, *columns = map(str.strip, line.split("\t"))
        kind = columns[0] if columns else KINDS[0]
        if kind not in KINDS:
            what = f"'{kind}' is not a kind of phrase"
            faults.append(Fault(f"{file}:{number}", what, f"known: {', '.join(KINDS)}"))
            continue
        words = phrase.split()
        if not columns and words[-1].isdecimal():
            words.pop()
        if plain := " ".join(words).removesuffix("*").strip():
            yield Phrase(plain, kind == "credit", phrase.endswith("*"))


@dataclass(frozen=True)
class Phrases:
    """What is looked for in texts."""

    book: Phrasebook = field(default_factory=_built_in_book)
    remarks: Remarks = field(default_factory=known_remarks)

    @functools.cached_property
    def name(self) -> str:
        """One name for all of it."""
        contents = (repr(self.book.phrases), repr(self.remarks.texts))
        return blake2b("".join(contents).encode(), digest_size=16).hexdigest()


@functools.cache
def _built_in_phrases() -> Phrases:
    return Phrases()
