"""Words that the project does not use, and the field's words for them: `make check` runs this.

One thing has one name, the one that people of the field use. WORDS lists what had another name
once, so that it does not come back; NAMES lists identifiers that hide what they hold. Code
(comments and docstrings too), rule files, templates and documents are searched; CHANGELOG.md and
measured results are history and are not.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

WORDS: tuple[tuple[str, str], ...] = (
    (r"\bmend(?:s|ed|ing)?\b:?", "hint:, correct, remeasure, fix"),
    (r"\brules? (?:that )?spoke\b|\bsilent rules?\b", "triggered, not applicable"),
    (r"\bjudge[sd]?\b|\bjudging\b|\bjudgements?\b", "evaluate, apply rules; verdict"),
    (r"\bpeople(?:'s decisions| decided| have the last word)", "manual overrides"),
    (r"\b(?:is|was|were|are|be|been) heard\b|\bheard\.parquet|\bhears\b", "analysed, audio_cache"),
    (
        r"\blook(?:s|ed|ing)? at (?:the|its|their) audio|\blooked at\b",
        "analysed, examined, checked",
    ),
    (r"\bhallucinations? that .* invent|\binventions?\b|recognisers invent", "hallucinations"),
    (r"worth: \d|is worth \d", "effective number of speakers"),
    (r"\bspared\b|\b(?:rules?|limits?|thresholds?) catch(?:es)?\b", "flagged / passed"),
    (r"\bstands? on (?:both|two) sides\b|\bon both sides\b", "is in both splits"),
    (r"\bnear texts?\b", "near-duplicate text"),
    (r"\bgot of aim\b", "achieved / target"),
    (r"\bcan be no (?:training )?record\b", "is not a valid training record"),
    (r"\bduration is no number\b", "is not a number"),
    (r"\bJSON twins?\b", "machine-readable file"),
    (r"\bworst records\b", "outliers"),
    (r"would be heard \d+ times", "epochs"),
    (r"\bjumps about\b", "is noisy"),
    (r"\btraps? mended\b|\bknown traps\b", "known configuration pitfalls"),
    (r"\bwhere somebody speaks\b", "voice activity (VAD)"),
    (r"\bSay the version\b", "Show the version"),
    (r"\btold by (?:their|its) content\b", "auto-detected"),
    (r"\bh of audio an hour\b", "RTFx"),
    (r"\bdrawing .* anew\b|\banew\b", "bootstrap, again"),
    (r"\blonely\b|\brungs?\b|\bladders?\b|\bfences?\b", "singleton, threshold grid"),
    (r"\bnobody says\b", "faster than human speech"),
    (r"--piece\b|--with\b|--fence\b", "--part, --metrics, --threshold"),
    (r"\b(?:text|audio|near|sound)_copies\b", "text_duplicates, near_duplicates, ..."),
    (r"\bspeech_share\b|--audio (?:voice|decode)\b", "vad_share, --audio vad, --audio signal"),
    (r"^## (?:why it came up|what else was weighed|what follows)", "Context, Alternatives, ..."),
    (r"curate\.(?:tags|ruleset|operators|sidecar|slots|resample|nemo_reads)\b", "its room now"),
)
"""(regular expression, any case; what to write)."""

NAMES: frozenset[str] = frozenset(
    {
        "asked",
        "desk",
        "ear",
        "found",
        "heard",
        "judged",
        "kept",
        "mended",
        "ours",
        "said",
        "spoke",
        "tape",
        "theirs",
        "told",
        "wanted",
        "wish",
    }
)
"""Identifiers, with or without an underscore before them, in any case."""

SEARCHED = ("curate", "train", "reports", "rules", "docs", "README.md", "CONTRIBUTING.md")
SUFFIXES = (".py", ".md", ".yaml", ".html", ".j2", ".js", ".css", ".txt")
HISTORY = (
    *("docs/vocabulary.py", "rules/phrases/", "rules/remarks.txt", "curate/text/spelling.py"),
)


def files() -> list[Path]:
    """What is searched: tracked files of SEARCHED."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *SEARCHED], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [
        ROOT / name
        for name in listed.split("\0")
        if name.endswith(SUFFIXES) and not name.startswith(HISTORY) and (ROOT / name).is_file()
    ]


def words_in(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, what stands there, what to write) for each of WORDS in a text."""
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, better in WORDS:
            if match := re.search(pattern, line, re.IGNORECASE):
                yield number, match[0], better


def names_in(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, identifier, what to write) for each of NAMES that Python code binds or defines.

    Fields of classes are keys of files and no names of ours to choose anew here.
    """
    tree = ast.parse(source)
    fields = {
        id(each.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for each in node.body
        if isinstance(each, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        bound = None
        if id(node) in fields:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound = node.id
        elif isinstance(node, ast.arg):
            bound = node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound = node.name
        if bound and bound.strip("_").lower() in NAMES:
            yield node.lineno, bound, "a name that says what it holds"


def main() -> int:
    """Print every find with its place; 1 where there is one."""
    checked, faults = 0, 0
    for path in files():
        text = path.read_text(encoding="utf-8")
        checked += 1
        finds = list(words_in(text)) + (list(names_in(text)) if path.suffix == ".py" else [])
        for line, word, better in sorted(finds):
            print(f"{path.relative_to(ROOT)}:{line}: '{word}'\n  hint: {better}")
        faults += len(finds)
    assert checked > 100, "the project has more files"
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
