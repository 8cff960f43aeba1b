"""What a manifest left out when it was made: `m.malformed.jsonl` beside `m.jsonl`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from curate.formatting.units import plural
from curate.manifest.chunks import read_chunks
from curate.manifest.origin import Origin, cut_lines
from curate.manifest.spool import is_local
from curate.manifest.strict import Malformed, parse_line

SUFFIX = ".malformed.jsonl"
_NAMED = 3
"""Reasons that are named."""
_FORMATS = frozenset({"nemo", "nemo_mapped"})


def malformed_beside(manifest: Path) -> Path:
    """Where lines that a manifest leaves out are written.

    >>> malformed_beside(Path("a/m.jsonl.gz")).as_posix()
    'a/m.malformed.jsonl'
    """
    name = manifest.name.removesuffix(".gz").removesuffix(".jsonl")
    return manifest.with_name(f"{name}{SUFFIX}")


def left_out_warnings(origins: Iterable[Origin]) -> list[str]:
    """A warning for each manifest that was made of lines some of which held no record: they are
    not in it, and so in no later count.
    """
    warnings = []
    for origin in origins:
        if origin.format not in _FORMATS or not is_local(origin.name):
            continue
        beside = malformed_beside(Path(origin.name))
        reasons = _reasons(beside) if beside.is_file() else Counter[str]()
        if reasons:
            warnings.append(
                f"{origin.name}: {_lines(reasons.total())} left out when it was made, and not "
                f"counted here ({beside}: {_described(reasons)})"
            )
    return warnings


def _described(reasons: Counter[str]) -> str:
    """The commonest reasons with their counts."""
    named = [f"{reason} ({count:,})" for reason, count in reasons.most_common(_NAMED)]
    more = len(reasons) - len(named)
    return ", ".join([*named, *([f"{more} more reasons"] if more else [])])


def _lines(number: int) -> str:
    return plural(number, "line", "was/were")


def _reasons(path: Path) -> Counter[str]:
    """How often each reason stands in a file of malformed lines; nothing of another file."""
    reasons = Counter[str]()
    for chunk in read_chunks(str(path)):
        for _, line in cut_lines(chunk):
            try:
                record = parse_line(line)
            except Malformed:  # not one that was written here
                continue
            reason = record.get("reason")
            if isinstance(reason, str) and "source" in record:
                reasons[reason.partition(" (")[0]] += 1
    return reasons
