"""The template environment: everything printed is escaped, hidden characters included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.format import UNKNOWN
from reports.transcripts import escaped, visible

FOLDER = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Autoescape is on for every template: jinja2's own default is off, even for `.html.j2`."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=_printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["unbroken"] = unbroken
    made.filters["linked"] = linked
    return made


_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|h|min|s|points?|words?|utterances?|speakers?|lines?|rows?)(?![\w-]))"
)


def unbroken(text: str | Markup | None) -> str | Markup | None:
    r"""The text with a number and its unit on one line.

    >>> unbroken("WER 6.9 % after 2 min")
    'WER 6.9\xa0% after 2\xa0min'
    """
    if text is None:
        return None
    return type(text)(_UNIT.sub("\u00a0", text))


def linked(text: str, titles: Sequence[str]) -> Markup:
    """The text with `see TITLE` as a link, where TITLE is that of a section by its place.

    >>> linked("2 lines malformed; see Malformed lines.", ["Rules", "Malformed lines"])
    Markup('2 lines malformed; <a href="#s2">see Malformed lines</a>.')
    """
    shown = escaped(text)
    for at, title in enumerate(titles, start=1):
        words = re.escape(str(escape(f"see {title}")))
        shown = re.sub(rf"\b{words}(?=[.,;]|$)", rf'<a href="#s{at}">\g<0></a>', shown)
    return Markup(shown)  # noqa: S704 - the text is escaped


def _printed(value: object) -> object:
    """What a template prints for `value`; escaping follows, save for Markup."""
    if value is None:
        return UNKNOWN
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render(name: str, **values: object) -> Markup:
    """The template `name`.html.j2 with `values`."""
    template = environment().get_template(f"{name}.html.j2")
    return Markup(template.render(**values))  # noqa: S704 - autoescaped


def load_all() -> None:
    """Compile the templates, which the environment keeps."""
    for name in environment().list_templates(extensions=["j2"]):
        environment().get_template(name)


def text_of(name: str) -> str:
    """A file beside the templates, as it is."""
    return (FOLDER / name).read_text(encoding="utf-8")
