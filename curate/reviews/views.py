"""Saved views: what the review page's address says of records, by a name.

They are a log beside the decisions, one JSON object a line, that several sessions share. The last
line about a name counts; one whose query is null deletes the view.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from curate.artifacts import append_log
from curate.errors import ConfigError, Fault, raise_all
from curate.reviews.decisions import Refused, now

MOST_VIEWS: Final = 200
MOST_NAME: Final = 80
MOST_QUERY: Final = 20_000
"""Saved views of a log, characters of a name, and of a query."""
_UNWRITABLE: Final = frozenset({"Cc", "Cs"})
_HINT: Final = "a view has name, query, by and at; delete the line"


@dataclass(frozen=True, slots=True)
class View:
    """A view: `query` is the address's part behind `#`; `by` saved it, `at` that time."""

    name: str
    query: str
    by: str
    at: str


class Views:
    """The saved views beside a log of decisions. Safe for many threads and sessions."""

    def __init__(self, decisions: Path, reviewer: str) -> None:
        self.path = decisions.with_name(f"{decisions.stem}.views.jsonl")
        self._reviewer = reviewer

    def all(self) -> list[View]:
        """The views, by name. ConfigError for a bad file."""
        if append_log.log_state(self.path) is None:
            return []
        return _sorted(_views_of(self.path, append_log.read(self.path)))

    def save(self, name: str, query: str) -> list[View]:
        """Save a view, on disk when this returns; all views then. Refused for what is no name or
        no query, where another view has the name, and where there are too many.
        """
        name = _checked(name)
        if len(query) > MOST_QUERY or not query.isascii():
            raise Refused(f"a view's query is an address of at most {MOST_QUERY:,} characters")
        with append_log.exclusive(self.path) as log:
            views = _views_of(self.path, log.read())
            if name in views and views[name].query != query:
                raise Refused(f"there is a view {name!r}: delete it, or choose another name")
            if name in views:
                return _sorted(views)
            if len(views) >= MOST_VIEWS:
                raise Refused(f"there are {MOST_VIEWS} views: delete one first")
            views[name] = View(name, query, self._reviewer, now())
            log.append(_line(asdict(views[name])))
        return _sorted(views)

    def delete(self, name: str) -> list[View]:
        """Delete a view; all views then. Refused where there is none of this name."""
        if append_log.log_state(self.path) is None:
            raise Refused(f"there is no view {name!r}")
        with append_log.exclusive(self.path) as log:
            views = _views_of(self.path, log.read())
            if views.pop(name, None) is None:
                raise Refused(f"there is no view {name!r}")
            log.append(_line({"name": name, "query": None, "by": self._reviewer, "at": now()}))
        return _sorted(views)


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MOST_NAME:
        raise Refused(f"a view's name has 1 to {MOST_NAME} characters")
    if any(unicodedata.category(character) in _UNWRITABLE for character in name):
        raise Refused("a view's name has no control characters")
    return name


def _sorted(views: dict[str, View]) -> list[View]:
    return sorted(views.values(), key=lambda view: (view.name.casefold(), view.name))


def _line(fields: dict[str, str | None]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _views_of(path: Path, content: bytes) -> dict[str, View]:
    """The views that the lines of a log leave. ConfigError, with all faults."""
    views: dict[str, View] = {}
    faults = []
    for number, line in append_log.numbered_lines(content):
        try:
            row = json.loads(line)
            name, query, by, at = (row[key] for key in ("name", "query", "by", "at"))
            if not all(isinstance(each, str) for each in (name, query or "", by, at)):
                raise ValueError("not text")
        except (ValueError, KeyError, TypeError):
            cut = append_log.is_cut_short(content, number)
            hint = f"{append_log.CUT_SHORT}: delete it" if cut else _HINT
            faults.append(Fault(f"{path}:{number}", "is not a saved view", hint))
            continue
        if query is None:
            views.pop(name, None)
        else:
            views[name] = View(name, query, by, at)
    raise_all(ConfigError, faults)
    return views
