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
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parent.parent

WORDS: tuple[tuple[str, str], ...] = (
    # The rows of the vocabulary, in its order.
    (r"\bmend(?:s|ing)?\b:?", "hint:"),
    # Audio is silent, and so is a pitfall that raises no error.
    (r"\bspoke\b|\bsilent rules?\b|\brules? (?:that )?speaks?\b", "triggered, not applicable"),
    (r"\bjudge[sd]?\b|\bjudging\b|\bjudgements?\b", "evaluate, apply rules; verdict"),
    (r"\bpeople(?:'s decisions| decided| have the last word)", "manual overrides"),
    # Reviewers listen, and so do servers and handlers of signals.
    (
        r"\bheard\b|\bhears?\b|\blistening\b|\bear\b|\blooked at\b"
        r"|\blook(?:s|ing)? at (?:the|its|their) audio",
        "analysed, audio_cache",
    ),
    (r"\bwish(?:es|ed)?\b|\bterms\b|\bask(?:s|ing)?\b", "request, options"),
    # Room, Note, Seen, Side and Marks are names of classes: CLASSES.
    (r"\b(?:tape|desk)s?\b", "SegmentReader, ReviewSession"),
    # A search has found a file, a parser found another token; what is not dropped is kept.
    (
        r"\b(?:said|told|asked|ours|theirs)\b|\bfound (?:out|sound)\b|\bkept apart\b",
        "what the value is",
    ),
    (r"\bmended\b", "corrected, remeasured, fixed"),
    # Cuts are Lhotse's, and `patience` is that of early stopping.
    (
        r"\blay\b|\blonely\b|\bladders?\b|\brungs?\b|\bgrades?\b|\bpace\b|\bfences?\b|--fence\b",
        "apply_lock, is_singleton, threshold grid, bins, speaking rate",
    ),
    (r"\b(?:caught|spared)\b|\b(?:rules?|limits?) catch(?:es)?\b", "flagged / passed"),
    (r"\bworth\b", "effective number of speakers; to show"),
    (r"\bsees \d", "95 % CI, minimum detectable difference"),
    (r"\balone\b", "unique, only"),
    (r"\banew\b", "bootstrap, again"),
    (r"\bstands? on (?:both|two) sides\b|\bon both sides\b|\bnear texts?\b", "in both splits"),
    (r"\bprices?\b", "held-out data, cost"),
    (r"\bgot of aim\b", "achieved / target"),
    (r"\bcan be no (?:training )?record\b", "is not a valid training record"),
    (r"\bduration is no number\b", "is not a number"),
    (r"\binvent(?:s|ed|ions?)?\b", "hallucinations"),
    (r"\bJSON twins?\b", "machine-readable file"),
    (r"\bworst records\b", "outliers"),
    (r"would be heard \d+ times", "epochs"),
    (r"\bjumps about\b", "is noisy"),
    (r"\btraps\b", "known configuration pitfalls"),
    (r"\bwhere somebody speaks\b", "voice activity (VAD)"),
    (r"\bSay the version\b", "Show the version"),
    (r"\btold by (?:their|its) content\b", "auto-detected"),
    (r"\bwhat the machine offers\b", "hardware and installed packages"),
    (r"\bh of audio an hour\b", "RTFx"),
    # Near is a preposition, and a ledger counts copies: names of metrics and groups are meant.
    (r"\b(?:text|audio|near|sound)_copies\b", "text_duplicates, near_duplicates, ..."),
    (r"--with\b", "--metrics"),
    (r"--piece\b", "--part"),
    (r"\bspeech_share\b|--audio (?:voice|decode)\b", "vad_share, --audio vad, --audio signal"),
    (r"\bslots\.py\b|\bsidecar\b", "canary_prompt.py, shard_index.py"),
    (r"^## (?:why it came up|what else was weighed|what follows)", "Context, Alternatives, ..."),
    (r"\btest_(?:further|hostile|corner|a_flood)", "the behaviour that is tested"),
    # What the rewording turned up beside them.
    (r"\bnobody says\b", "faster than human speech"),
    (r"curate\.(?:tags|ruleset|operators|slots|resample|nemo_reads)\b", "its package now"),
)
"""(regular expression, any case; what to write). A comment names the sense that is exempt."""

CLASSES: frozenset[str] = frozenset({"Ask", "Marks", "Note", "Room", "Seen", "Side", "Terms"})
"""Names of classes, with or without an underscore before them; those of NAMES are barred too."""

EVERYWHERE: frozenset[str] = frozenset(
    {
        "asked",
        "caught",
        "found",
        "heard",
        "judged",
        "ours",
        "said",
        "theirs",
        "told",
        "wanted",
    }
)
"""Identifiers that are barred in tests, benchmarks and examples too."""

NAMES: frozenset[str] = EVERYWHERE | {
    "alone",
    "asks",
    "desk",
    "ear",
    "kept",
    "mended",
    "spoke",
    "tape",
    "wish",
}
"""Identifiers, with or without an underscore before them, in any case."""

SEARCHED = ("curate", "train", "reports", "rules", "docs", "README.md", "CONTRIBUTING.md")
NAMED = ("tests", "benchmarks", "examples")
"""What is searched for identifiers only: their prose has transcripts and quotations."""
SUFFIXES = (".py", ".md", ".yaml", ".html", ".j2", ".js", ".css", ".txt")
HISTORY = (
    "docs/vocabulary.py",
    "rules/phrases/",
    "rules/remarks.txt",
    "curate/rules/file/preset_trees.txt",  # transcripts of examples; their YAML is searched
    "curate/text/spelling.py",
)


_TRANSCRIPT = re.compile(r'\b"?text"?: "[^"]*"')
_ANY_WORD = "|".join(f"(?:{pattern})" for pattern, _ in WORDS)
_ANY_NAME = re.compile(r"\b_*(?:" + "|".join(NAMES | CLASSES) + r")_*\b", re.IGNORECASE)


def files(places: Sequence[str] = SEARCHED) -> list[Path]:
    """What is searched: tracked files of these places."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *places], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [
        ROOT / name
        for name in listed.split("\0")
        if name.endswith(SUFFIXES) and not name.startswith(HISTORY) and (ROOT / name).is_file()
    ]


def words_in(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, word, what to write) for each of WORDS in a text, but for transcripts in examples."""
    lines = [_TRANSCRIPT.sub("", line) if "text" in line else line for line in text.split("\n")]
    # All patterns at once, in compiled code: few lines contain a word of any.
    is_met = pl.Series(lines, dtype=pl.String).str.contains(f"(?i){_ANY_WORD}")
    for index in is_met.arg_true():
        for pattern, better in WORDS:
            if match := re.search(pattern, lines[index], re.IGNORECASE):
                yield index + 1, match[0], better


def names_in(source: str, barred: Set[str] = NAMES | CLASSES) -> Iterator[tuple[int, str, str]]:
    """(line, identifier, what to write) for each barred name that Python code binds or defines.

    Fields of classes are exempt: they are keys of files.
    """
    if not _ANY_NAME.search(source):
        return
    nodes = list(ast.walk(ast.parse(source)))
    fields = {
        id(each.target)
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for each in node.body
        if isinstance(each, ast.AnnAssign)
    }
    for node in nodes:
        bound = None
        if id(node) in fields:
            continue
        if isinstance(node, ast.ClassDef) and node.name.strip("_") in CLASSES & barred:
            yield node.lineno, node.name, "a name of the field"
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            bound = node.attr
        elif isinstance(node, ast.arg):
            bound = node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound = node.name
        if bound and bound.strip("_").lower() in NAMES & barred:
            yield node.lineno, bound, "a name that says what it holds"


def main() -> int:
    """Print every find with its place; 1 where there is one."""
    finds: dict[Path, list[tuple[int, str, str]]] = {}
    for path in files():
        finds[path] = list(words_in(path.read_text(encoding="utf-8")))
    for places, barred in ((SEARCHED, NAMES | CLASSES), (NAMED, EVERYWHERE)):
        for path in files(places):
            if path.suffix == ".py":
                names = names_in(path.read_text(encoding="utf-8"), barred)
                finds.setdefault(path, []).extend(names)
    for path, own in finds.items():
        for line, word, better in sorted(own):
            print(f"{path.relative_to(ROOT)}:{line}: '{word}'\n  hint: {better}")
    assert len(finds) > 100, "the project has more files"
    return int(any(finds.values()))


if __name__ == "__main__":
    sys.exit(main())
