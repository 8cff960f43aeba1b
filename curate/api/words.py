"""The characters and words of a profile's texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import whole_directory
from curate.artifacts.words import WordCounts
from curate.environment.execution import QUIET, Execution
from curate.files.parquet_room import room_for
from curate.inspect import words
from curate.inspect.words.compared import ERRORS, compare_errors, read_errors
from curate.metrics.compute.tokens import read_tokenizer

__all__ = ["WordCounts", "WordOptions", "count_words", "run_words"]

WORDS = "words.parquet"
OUTPUT_FILES = frozenset({WordCounts.file, WORDS, ERRORS, "report.html"})


def count_words(
    profile: str | Path,
    *,
    out: str | Path | None = None,
    tokenizer: str | Path | None = None,
    against: str | Path | None = None,
) -> WordCounts:
    """Count the characters of each language and the words of all texts; reads the manifests again.

    As `curate words`: `out` is a directory for words.json and all words, `tokenizer` a
    SentencePiece model or a .nemo, `against` the directory of another model's words.
    InputError where a manifest has changed since it was profiled or nothing can be compared,
    ConfigError where the tokenizer cannot be read.
    """
    options = WordOptions(_path(out), _path(tokenizer), _path(against))
    return run_words(Path(profile), options)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


@dataclass(frozen=True, slots=True)
class WordOptions:
    """Where words.json goes, a tokenizer to check, and words of other predictions to compare."""

    out: Path | None = None
    tokenizer: Path | None = None
    against: Path | None = None


def run_words(profile: Path, options: WordOptions, execution: Execution = QUIET) -> WordCounts:
    """`curate words`: words.json, written with all words and a page where `out` is named."""
    out, tokenizer = options.out, options.tokenizer
    pieces = None if tokenizer is None else read_tokenizer(tokenizer)
    other = None if options.against is None else read_errors(options.against)
    counted = words.count_words(profile, pieces, execution.command)
    made = counted.artifact
    if other is not None:
        pairs = compare_errors(made, counted.word_errors, other)
        made = made.model_copy(update={"compared": pairs})
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, WordCounts.file) as folder:
            write_artifact(folder, made)
            tables = {WORDS: counted.words}
            if made.errors is not None:
                tables[ERRORS] = counted.word_errors
            for name, table in tables.items():
                with room_for(folder / name):
                    table.write_parquet(folder / name)
            execution.draw("words", folder)
    return made
