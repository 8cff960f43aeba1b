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
EXPORTED = re.compile(r"^EXPORT (\w+) (\w+)\(([^)]*)\)", re.MULTILINE)
C_TYPES = {
    "int": "int64_t", "Int": "int64_t", "Word": "uint64_t", "float": "double", "bool": "bool",
    "None": "void", "Bytes": "uint8s", "UInt16s": "uint16s", "UInt32s": "uint32s",
    "UInt64s": "uint64s", "Int8s": "int8s", "Int16s": "int16s", "Int32s": "int32s",
    "Int64s": "int64s", "Float32s": "floats", "Floats": "doubles", "Bools": "bools",
    "ByteTable": "uint8s2", "UInt32Table": "uint32s2", "UInt64Table": "uint64s2",
    "Int16Table": "int16s2", "Int32Table": "int32s2", "Int64Table": "int64s2",
    "FloatTable": "doubles2",
}  # fmt: skip
"""Annotations of declarations, and what C calls them."""


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


Signature = tuple[tuple[str, ...], str]
"""Types of the arguments, and of what is returned, as C calls them."""


def declared() -> dict[str, Signature]:
    """What Python declares of each C function, by its name."""
    signatures = {}
    for path in sorted((ROOT / "curate").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not node.decorator_list:
                continue
            file = re.fullmatch(r"kernel\('(\w+)'\)", ast.unparse(node.decorator_list[0]))
            if file:
                types = [c_type(argument.annotation) for argument in node.args.args]
                name = f"{file[1]}_{node.name.lstrip('_')}"
                signatures[name] = (tuple(types), c_type(node.returns))
    return signatures


def c_type(annotation: ast.expr | None) -> str:
    assert annotation is not None
    name = ast.unparse(annotation)
    return C_TYPES.get(name, f"const {name}*")


def exported() -> dict[str, Signature]:
    """What C exports."""
    return {
        name: (
            tuple(" ".join(each.split()[:-1]) for each in arguments.split(",") if each != "void"),
            returned,
        )
        for file in SOURCES
        for returned, name, arguments in EXPORTED.findall(file.read_text("utf-8"))
    }


def test_what_is_declared_is_exported_with_its_types_and_nothing_else() -> None:
    assert len(exported()) >= 50
    assert declared() == exported()


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
