"""Text to tokens, and how a place in an expression is shown to people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from curate.errors import ConfigError, Fault
from curate.rules.expression.declare import OPERATORS

MAX_LENGTH = 2_000
"""Characters of one expression; deeper trees would exhaust the stack of either engine."""
MAX_TOKENS = 300

KEYWORDS = ("and", "or", "not", "in", "is", "null")

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')"
    rf"|(?P<symbol>{'|'.join(re.escape(each.symbol) for each in OPERATORS)}|[-+*/()\[\],])"
)

_MISTAKES: Mapping[str, str] = {
    "=": "write '==' to compare",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or '!=' to compare",
    "≥": "write '>='",
    "≤": "write '<='",
    "≠": "write '!='",
    '"': "close the quotation mark",
    "'": "close the quotation mark",
}

TokenType = Literal["number", "word", "text", "symbol", "end"]


class Token(NamedTuple):
    """A piece of the text and where it starts; keywords are symbols."""

    type: TokenType
    text: str
    at: int

    def __str__(self) -> str:
        return self.text if self.type == "end" else f"'{self.text}'"


class Place(NamedTuple):
    """An expression and where it is in its file."""

    text: str
    where: str

    def fault(self, what: str, at: int, hint: str = "") -> Fault:
        """A fault that shows the expression with a caret below its character `at`."""
        # One character for one, so that the caret stays below its place.
        shown = "".join(char if char.isprintable() else " " for char in self.text)
        return Fault(self.where, f"{what}\n    {shown}\n    {' ' * at}^", hint)


def scan(place: Place) -> tuple[Token, ...]:
    """The tokens with an `end` token after them; ConfigError at the first meaningless character."""
    if len(place.text) > MAX_LENGTH:
        raise ConfigError.of(place.where, f"an expression of more than {MAX_LENGTH:,} characters")
    tokens = tuple(_tokens(place))
    if len(tokens) > MAX_TOKENS:
        fault = place.fault(f"more than {MAX_TOKENS} words and signs", tokens[MAX_TOKENS].at)
        raise ConfigError(fault)
    return (*tokens, Token("end", "the end of the expression", len(place.text.rstrip())))


def _tokens(place: Place) -> Iterator[Token]:
    at = _after_blanks(place.text, 0)
    while at < len(place.text):
        match = _TOKEN.match(place.text, at)
        if match is None:
            character = place.text[at]
            hint = _MISTAKES.get(character, "")
            raise ConfigError(place.fault(f"'{character}' has no meaning here", at, hint))
        yield _token(place, match)
        at = _after_blanks(place.text, match.end())


def _token(place: Place, match: re.Match[str]) -> Token:
    text, at = match.group(), match.start()
    match match.lastgroup:
        case "word" if text in KEYWORDS:
            return Token("symbol", text, at)
        case "word" if text.lower() in KEYWORDS:
            hint = f"write '{text.lower()}'"
            raise ConfigError(place.fault(f"'{text}' has no meaning here", at, hint))
        case "number" | "word" | "text" | "symbol" as type_:
            return Token(type_, text, at)
    raise AssertionError("every group of the pattern is a type of token")


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
