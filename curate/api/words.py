"""The characters and words of a profile's texts."""

from __future__ import annotations

from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import whole_directory
from curate.artifacts.words import WordCounts
from curate.environment.execution import QUIET, Execution
from curate.inspect import words
from curate.metrics.compute.tokens import read_tokenizer

__all__ = ["WordCounts", "count_words", "run_words"]

WORDS, ERRORS = "words.parquet", "word_errors.parquet"
OUTPUT_FILES = frozenset({WordCounts.file, WORDS, ERRORS, "report.html"})


def count_words(
    profile: str | Path, *, out: str | Path | None = None, tokenizer: str | Path | None = None
) -> WordCounts:
    """Count the characters of each language and the words of all texts; reads the manifests again.

    As `curate words`: `out` is a directory for words.json and all words, `tokenizer` a
    SentencePiece model or a .nemo. InputError where a manifest has changed since it was profiled,
    ConfigError where the tokenizer cannot be read.
    """
    named = None if tokenizer is None else Path(tokenizer)
    return run_words(Path(profile), None if out is None else Path(out), named)


def run_words(
    profile: Path, out: Path | None, tokenizer: Path | None, execution: Execution = QUIET
) -> WordCounts:
    """`curate words`: words.json, written with all words and a page where `out` is named."""
    pieces = None if tokenizer is None else read_tokenizer(tokenizer)
    counted = words.count_words(profile, pieces, execution.command)
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, WordCounts.file) as folder:
            write_artifact(folder, counted.artifact)
            counted.words.write_parquet(folder / WORDS)
            if counted.artifact.errors is not None:
                counted.word_errors.write_parquet(folder / ERRORS)
            execution.draw("words", folder)
    return counted.artifact
