"""Summaries of what commands made, for CI: a headline, the gates with their figures, and tables.

`summarise` reads directories; `FORMATS` has a writer for each form that a summary may take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from curate.errors import CurateError, Fault, InputError, raise_all
from reports.artefacts import SOURCES, load
from reports.headlines import headline
from reports.summaries.declare import Summary
from reports.summaries.junit import junit
from reports.summaries.markdown import markdown
from reports.summaries.plain import plain

__all__ = ["FORMATS", "Summary", "summarise"]

FORMATS: Mapping[str, Callable[[Sequence[Summary]], str]] = {
    "md": markdown,
    "junit": junit,
    "json": plain,
}


def summarise(directories: Sequence[Path]) -> list[Summary]:
    """A summary of every artefact in each directory. InputError with every one that has none."""
    summaries: list[Summary] = []
    faults: list[Fault] = []
    for directory in directories:
        kinds = [kind for kind, source in SOURCES.items() if (directory / source.file).is_file()]
        if not kinds:
            faults.append(_nothing_in(directory))
        for kind in kinds:
            try:
                summaries.append(_summary(kind, directory))
            except CurateError as error:
                faults += error.faults
    raise_all(InputError, faults)
    return summaries


def _summary(kind: str, directory: Path) -> Summary:
    loaded = load(kind, directory)
    name, subject, top = headline(loaded)
    return Summary(directory, name, subject, top, loaded.artefact)


def _nothing_in(directory: Path) -> Fault:
    files = ", ".join(source.file for source in SOURCES.values())
    what = "holds no artefact" if directory.is_dir() else "is no directory"
    return Fault(str(directory), what, f"name a directory with one of {files}")
