r"""Patterns and replacements as `re.sub` and Speech Data Processor write them, in Rust's words."""

from __future__ import annotations

import re

import polars as pl

_ESCAPE = re.compile(r"\\(?:g<(\w+)>|([1-9][0-9]?)|(.)|\Z)|(\$)", re.DOTALL)
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "\\": "\\"}
_HINTS = (
    ("look-around", "match more, and put back what stays: 'a(b)' with repl '\\1' for 'a(?=b)'"),
    ("backreferences", "write each alternative out; a replacement may name groups (\\1)"),
    ("unrecognized escape", "\\z, not \\Z, is the end; \\A the beginning"),
)
_SYNTAX = "syntax: https://docs.rs/regex/latest/regex/#syntax"


def template_of(repl: str) -> str:
    r"""A replacement of `re.sub` as one of Polars. ValueError for an escape that is none.

    >>> template_of(r"\1-\g<end> $5\n")
    '${1}-${end} $$5\n'
    """

    def written(match: re.Match[str]) -> str:
        name, number, character, dollar = match.groups()
        if dollar:
            return "$$"
        if name or number:
            return f"${{{name or number}}}"
        if character in _CHARACTERS:
            return _CHARACTERS[character]
        if character is None or character.isalnum():
            raise ValueError(match[0])
        return match[0]

    return _ESCAPE.sub(written, repl)


def groups_of(template: str) -> set[str]:
    """The groups that a replacement names."""
    return set(re.findall(r"\$\{(\w+)\}", template.replace("$$", "")))


def why_no_pattern(pattern: str) -> tuple[str, str] | None:
    """What is wrong with a pattern, and a hint; None where nothing is."""
    try:
        pl.Series([""]).str.replace_all(pattern, "")
    except pl.exceptions.PolarsError as error:
        lines = str(error).split("\n")
        what = next((line for line in lines if line.startswith("error: ")), lines[0])
        what = what.removeprefix("error: ")
        return what, next((hint for known, hint in _HINTS if known in what), _SYNTAX)
    return None


def known_groups(pattern: str) -> set[str]:
    """The groups of a valid pattern, by number and by name."""
    fields = pl.Series([""], dtype=pl.String).str.extract_groups(pattern).struct.fields
    return {"0", *map(str, range(1, len(fields) + 1)), *fields}
