"""The pictures of generated pages, which stand below their titles."""

from __future__ import annotations

from collections.abc import Mapping

ILLUSTRATIONS: Mapping[str, str] = {
    "docs/artifacts.md": "![The files of a split directory, and a query of a profile's records]"
    "(images/artifacts.svg)",
    "docs/cases.md": "![curate rules explain: the verdict on a repeated phrase, and each rule that "
    "triggered](images/cases.svg)",
    "docs/cli.md": "![curate --help: the commands, in the order of the work](images/cli.svg)",
    "docs/formats.md": "![curate manifest reads the segments of a Kaldi directory]"
    "(images/formats.svg)",
    "docs/gates.md": "![Two failed gates of curate profile, with what they count]"
    "(images/gates.svg)",
    "docs/guarantees.md": "![curate audit: what was compared between the splits, and no leaks]"
    "(images/guarantees.svg)",
    "docs/metrics.md": "![Histograms of metrics, with the limits of the rules](images/metrics.png)",
    "docs/misuse.md": "![train plan: what a run would do, before its first step]"
    "(images/misuse.svg)",
}


def illustrated(name: str, text: str, note: str) -> str:
    """The page with its picture behind the note below the title; as it is, if it has none."""
    if name not in ILLUSTRATIONS:
        return text
    return text.replace(note, f"{note}\n\n{ILLUSTRATIONS[name]}", 1)
