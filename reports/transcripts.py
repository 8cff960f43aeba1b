"""Untrusted text on a page: what cannot be seen is made visible, and nothing of it is markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

CUT = 180
"""Characters of a transcript that are shown before the rest is expanded."""

WHOLE = 4000
"""Characters that a page holds at most; the manifest has the others."""

MOST_MARKS = 50
MARKS = {
    "loop": "repeated over and over",
    "letters": "one character in a row",
    "word": "longest word",
    "token": "longest word, punctuation included",
    "signs": "marks for machines",
    "phrase": "a known ASR hallucination phrase",
}
"""What a marked part of a transcript is, in words."""

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_LABELS = {
    "\x00": "NUL",
    "\x07": "BEL",
    "\x08": "BS",
    "\t": "TAB",
    "\n": "LF",
    "\r": "CR",
    "\x1b": "ESC",
    "\x7f": "DEL",
}
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
_NUMBER_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd")
_JOINERS = frozenset("\u200c\u200d")
_JOINED = frozenset({"Mn", "Mc", "So", "Sk"})
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@lru_cache(maxsize=4096)
def _hides(character: str, before: str) -> bool:
    """Whether `character` shows nothing, or changes how its neighbours show.

    A joiner is left as it is where it does its work: after Arabic letters, vowel signs and emoji.
    """
    if " " <= character <= "~":
        return False
    if character in _JOINERS:
        joins = unicodedata.category(before) in _JOINED
        return not joins and unicodedata.bidirectional(before) != "AL"
    if character in _NUMBER_SIGNS:
        return False
    return character in _UNSEEN or unicodedata.category(character) in _HIDDEN_CATEGORIES


@lru_cache(maxsize=4096)
def _may_hide(character: str) -> bool:
    """Whether `character` is hidden, whatever it stands behind, or is where it joins nothing."""
    return character in _JOINERS or _hides(character, " ")


def _picture(character: str) -> str:
    code = ord(character)
    return _PICTURES.get(code, f"U+{code:04X}")


def visible(text: str) -> str:
    r"""`text` as plain characters that are safe to show anywhere, attributes included.

    >>> visible("a\x1b[31mb"), visible("x\u202ey")
    ('a␛[31mb', 'x‹U+202E›y')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_plain, text, f" {text}"))


def escaped(text: str) -> str:
    r"""`text` as HTML that shows it: `escape(visible(text))`, as a string. A page has thousands,
    and a Markup takes three times as long to make.

    >>> escaped("a<b & \"c\"")
    'a&lt;b &amp; &#34;c&#34;'
    """
    shown = visible(text)
    for character, entity in _ENTITIES:
        shown = shown.replace(character, entity)
    return shown


_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;"))


def _plain(character: str, before: str) -> str:
    if not _hides(character, before):
        return character
    picture = _picture(character)
    return picture if len(picture) == 1 else f"‹{picture}›"


def marked(text: str, lang: str | None = None) -> Markup:
    r"""`text` escaped, isolated from the page's direction, hidden characters as labelled marks.

    >>> marked("<b>\x07")
    Markup('<bdi>&lt;b&gt;<span class="mark" title="control U+0007">BEL</span></bdi>')
    """
    return isolated(unhidden(text), lang)


def isolated(content: Markup, lang: str | None = None) -> Markup:
    """`content` as one run of text with its own direction, and its language where it is a code."""
    known = lang and _LANGUAGE.fullmatch(lang)
    language = f' lang="{lang}"' if known else ""
    return Markup(f"<bdi{language}>{content}</bdi>")  # noqa: S704 - a code, and Markup


class Range(NamedTuple):
    """A part of a text, and what it is: a key of MARKS."""

    first: int
    last: int
    what: str


def highlighted(text: str, lang: str | None, parts: Sequence[Range]) -> Markup:
    r"""`text` as `marked` has it, with these parts in `<mark>`; of two that overlap the first.

    >>> highlighted("a no no", None, [Range(2, 7, "loop")])
    Markup('<bdi>a <mark title="repeated over and over">no no</mark></bdi>')
    """
    runs: list[Markup] = []
    done = 0
    for part in sorted(parts)[:MOST_MARKS]:
        if not done <= part.first < part.last <= len(text):
            continue
        inside = unhidden(text[part.first : part.last], text[part.first - 1 : part.first] or " ")
        title = MARKS.get(part.what, "flagged")
        runs.append(unhidden(text[done : part.first], text[done - 1 : done] if done else " "))
        runs.append(Markup('<mark title="{}">{}</mark>').format(title, inside))
        done = part.last
    runs.append(unhidden(text[done:], text[done - 1 : done] if done else " "))
    return isolated(Markup("").join(runs), lang)


def unhidden(text: str, before: str = " ") -> Markup:
    """`text` escaped, its hidden characters as labelled marks; its direction is the caller's.

    `before` is the character that it stands behind: joiners join what surrounds them.
    """
    if (text.isascii() and text.isprintable()) or not any(map(_may_hide, set(text))):
        return escape(text)
    runs: list[str] = []
    start = 0
    for at, (character, previous) in enumerate(zip(text, before + text, strict=False)):
        if _hides(character, previous):
            if start < at:
                runs.append(escape(text[start:at]))
            runs.append(_mark(character))
            start = at + 1
    runs.append(escape(text[start:]))
    return Markup("".join(runs))  # noqa: S704 - each is escaped, and there may be millions


@lru_cache(maxsize=4096)
def _mark(character: str) -> Markup:
    code = f"U+{ord(character):04X}"
    label, name = _LABELS.get(character, code), unicodedata.name(character, "control").lower()
    return Markup('<span class="mark" title="{} {}">{}</span>').format(name, code, label)


def transcript(
    text: str | None,
    lang: str | None = None,
    parts: Sequence[Range] = (),
    most: int = WHOLE,
) -> Markup:
    """A transcript for a page with some parts marked: whole if short, otherwise a stretch of it
    that holds the first mark, with the rest on demand, up to `most` characters.
    """
    if text is None:
        return Markup('<span class="none">no text</span>')
    if not text:
        return Markup('<span class="none">empty text</span>')
    if len(text) <= CUT:
        return highlighted(text, lang, parts)
    begin, end = _stretch(text, parts)
    inside = [_within(part, begin, end) for part in parts]
    shown = highlighted(text[begin:end], lang, inside)
    if begin:
        shown = Markup('<span class="none">… </span>') + shown
    if most < min(len(text), WHOLE):
        more = Markup('<span class="none">… of {:,} characters</span>').format(len(text))
        return shown + more
    rest = highlighted(text[:WHOLE], lang, [_within(part, 0, WHOLE) for part in parts])
    if len(text) > WHOLE:
        rest += Markup(' <span class="none">… and {:,} more characters</span>').format(
            len(text) - WHOLE
        )
    return Markup(
        '<details class="long"><summary>{}<span class="more">… {:,} characters</span></summary>'
        "<div>{}</div></details>"
    ).format(shown, len(text), rest)


def folded(text: str | None) -> Markup | None:
    """A remark: its first sentence, and the rest on demand."""
    first, stop, rest = (text or "").partition(". ")
    if not rest:
        return prose(text) if text else None
    return Markup('<details class="rest"><summary>{}</summary><div>{}</div></details>').format(
        prose(first + stop.rstrip()), prose(rest)
    )


def prose(text: str) -> Markup:
    """A remark as `marked` has it, what is between backticks as code.

    >>> prose("as `a<b`, or so")
    Markup('<bdi>as <code>a&lt;b</code>, or so</bdi>')
    """
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return marked(text)
    shown = (
        Markup("<code>{}</code>").format(unhidden(piece)) if at % 2 else unhidden(piece)
        for at, piece in enumerate(pieces)
    )
    return isolated(Markup("").join(shown))


def _stretch(text: str, parts: Sequence[Range]) -> tuple[int, int]:
    """Where the characters begin and end that stand for a long text: at its start, or a little
    before the first mark, and at a space where one is near.
    """
    first = min(parts, default=None)
    begin = 0
    if first and first.last > CUT and 0 < first.first < len(text):
        begin = max(0, first.first - CUT // 3)
        space = text.find(" ", begin, first.first)
        begin = space + 1 if begin and space >= 0 else begin
    end = min(begin + CUT, len(text))
    space = text.rfind(" ", begin, end)
    return begin, space if space > end - 30 and end < len(text) else end


def _within(part: Range, begin: int, end: int) -> Range:
    """What of a part lies in a stretch, counted from where that begins."""
    first, last = max(part.first, begin), min(part.last, end)
    return Range(first - begin, last - begin, part.what)
