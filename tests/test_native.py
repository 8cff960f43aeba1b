"""Declarations in Python and sources in C belong together."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.text.words import hash_bytes

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "curate" / "native" / "src").glob("*.c"))
MODULE = re.compile(r"\A/\* (?:The loops|Constants) of ([\w.]+)\. \*/")
EXPORTED = re.compile(r"^EXPORT \w+ \*?(\w+)\(", re.MULTILINE)


def constants() -> list[tuple[str, str, float]]:
    """Module, name and value of every number that C has and its module of Python, too."""
    shared = []
    for file in SOURCES:
        text = file.read_text("utf-8")
        heading = MODULE.match(text)
        if not heading:
            continue
        module = import_module(heading[1])
        define = rf"^#define {file.stem.upper()}_(\w+) (?:U?INT64_C\()?\(?(-?[\w.]+)\)?"
        for name, value in re.findall(define, text, re.MULTILINE):
            own = next((each for each in (name, f"_{name}") if hasattr(module, each)), None)
            if own:
                number = float("inf") if value == "INFINITY" else ast.literal_eval(value)
                shared.append((heading[1], own, number))
    return shared


SHARED = constants()


def test_constants_were_compared() -> None:
    assert len(SHARED) >= 90


@pytest.mark.parametrize(("module", "name", "value"), SHARED)
def test_a_constant_is_the_same_in_both(module: str, name: str, value: float) -> None:
    assert getattr(import_module(module), name) == value


def declarations() -> set[str]:
    """C names of what Python declares."""
    declared = re.compile(r'^@kernel\("(\w+)"\)\ndef _*(\w+)\(', re.MULTILINE)
    files = (ROOT / "curate").rglob("*.py")
    pairs = (pair for path in files for pair in declared.findall(path.read_text("utf-8")))
    return {f"{file}_{name}" for file, name in pairs}


def test_what_is_declared_is_exported_and_nothing_else() -> None:
    exported = {name for file in SOURCES for name in EXPORTED.findall(file.read_text("utf-8"))}
    assert len(exported) >= 50
    assert exported == declarations()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros(4, np.int32), "a contiguous int32 array of 1 dimensions"),
        (np.zeros(8, np.uint8)[::2], "a strided uint8 array of 1 dimensions"),
        (np.zeros((2, 2), np.uint8), "a contiguous uint8 array of 2 dimensions"),
    ],
)
def test_an_array_that_c_would_misread_is_refused(data: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"data: {words}, not a contiguous uint8 vector"):
        hash_bytes(data, 0, 1)
