"""From a matplotlib figure to inline SVG that a strict page accepts and themes with CSS.

matplotlib writes inline styles, which a hashed Content-Security-Policy blocks; here they become
presentation attributes and classes. Colours are drawn as stand-ins and named by `SHADES`, so
that the page's CSS decides them, in light and in dark. Text stays text (the reader's browser has
fonts for every script), and words that did not come from us are put in only after drawing, so
that matplotlib neither measures nor interprets them.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as Xml

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reports.transcripts import visible

SHADES = {
    "#000001": "ink",
    "#000002": "muted",
    "#000003": "rule",
    "#000004": "clean",
    "#000005": "borderline",
    "#000006": "unknown",
    "#000007": "bad",
    "#000008": "data",
}
"""Stand-in colours and the CSS shades that replace them."""

COLOUR = {shade: colour for colour, shade in SHADES.items()}

_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "reports",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": COLOUR["ink"],
    "axes.edgecolor": COLOUR["ink"],
    "axes.labelcolor": COLOUR["muted"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": COLOUR["ink"],
    "ytick.color": COLOUR["ink"],
    "xtick.major.size": 4,
    "xtick.minor.size": 2,
    "ytick.major.size": 4,
    "ytick.minor.size": 2,
    "text.parse_math": False,
}
LONGEST = 48
"""Letters of a foreign word that a chart has room for."""

_NAMESPACE = re.compile(r"\{[^}]*\}")
_REFERENCE = re.compile(r"#([A-Za-z_][\w.-]*)")
_DECIMALS = re.compile(r"-?\d+\.\d{2,}")
_BLANKS = re.compile(r"\s*([MLQCZz])\s*")
_DROPPED = frozenset({"metadata", "title", "style"})
_EMPTY = frozenset({"g", "defs"})


class Words:
    """Texts of the data, kept out of the drawing until it is done."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def keep(self, text: str) -> str:
        """A stand-in to draw in place of `text`."""
        stand_in = f"~{len(self._texts)}~"
        self._texts[stand_in] = visible(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
        return stand_in

    def put_back(self, text: str | None) -> str | None:
        """The words behind a stand-in; any other text as it is."""
        return self._texts.get((text or "").strip(), text)


def draw(width: float, height: float, label: str, paint: Callable[[Any, Words], None]) -> Markup:
    """The figure that `paint` draws, as an inline SVG of that size that says `label` aloud.

    Nothing of matplotlib's global state changes; the same figure gives the same bytes.
    """
    words, raw = Words(), io.BytesIO()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        figure = Figure(figsize=(width / 72, height / 72), facecolor="none")
        FigureCanvasSVG(figure)
        paint(figure, words)
        figure.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
    root = Xml.fromstring(raw.getvalue())  # noqa: S314 - matplotlib wrote it a line ago
    _restyle(root, words)
    _rename(root, hashlib.blake2b(raw.getvalue() + label.encode(), digest_size=4).hexdigest())
    size = {"viewBox": f"0 0 {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}"}
    root.attrib = {"class": "chart", "role": "img", "aria-label": visible(label), **size}
    return Markup(Xml.tostring(root, encoding="unicode"))  # noqa: S704 - serialised by Xml


def _restyle(element: Xml.Element, words: Words) -> None:
    element.tag = _NAMESPACE.sub("", element.tag)
    element.tail = None
    element.text = words.put_back(element.text) if element.tag == "text" else None
    element.attrib = {_NAMESPACE.sub("", key): value for key, value in element.attrib.items()}
    _unstyle(element)
    for key, value in element.attrib.items():
        element.set(key, _BLANKS.sub(r"\1", _DECIMALS.sub(_rounded, value)))
    children: list[Xml.Element] = []
    for child in list(element):
        _restyle(child, words)
        children += (
            list(child) if child.tag == "g" and not child.attrib.keys() - {"id"} else [child]
        )
    element[:] = [child for child in children if not _shows_nothing(child)]


def _shows_nothing(element: Xml.Element) -> bool:
    if element.tag == "path":
        return element.get("fill") == "none" and "class" not in element.attrib
    return element.tag in _DROPPED or (element.tag in _EMPTY and not len(element))


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")


def _unstyle(element: Xml.Element) -> None:
    """Inline style to presentation attributes; colours to classes; fonts are the page's."""
    classes = []
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if value in SHADES:
            classes.append(f"{key[0]}-{SHADES[value]}")
        elif key and not key.startswith("font"):
            element.set(key, value)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.tag == "text" and not any(name.startswith("f-") for name in classes):
        classes.append("f-ink")
    if classes:
        element.set("class", " ".join(classes))


def _rename(root: Xml.Element, prefix: str) -> None:
    """Keep only ids that something refers to, under names unique on the page."""
    used = {
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        if key in {"href", "clip-path"}
        for name in _REFERENCE.findall(value)
    }
    names = {name: f"c{prefix}{at}" for at, name in enumerate(sorted(used))}
    for element in root.iter():
        if (name := element.attrib.pop("id", "")) in names:
            element.set("id", names[name])
        for key in {"href", "clip-path"} & element.attrib.keys():
            element.set(key, _REFERENCE.sub(lambda m: f"#{names[m[1]]}", element.attrib[key]))
