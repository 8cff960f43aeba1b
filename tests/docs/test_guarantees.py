"""Every statement has a test that is there."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def guarantees(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("guarantees", root / "docs" / "guarantees.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "guarantees", module)
        spec.loader.exec_module(module)
    return module


def test_every_guarantee_is_whole_and_tested(guarantees: Any) -> None:
    assert len(guarantees.GUARANTEES) >= 25
    for each in guarantees.GUARANTEES:
        assert all((each.area, each.statement, each.stated_by, each.checked, each.otherwise)), each
    assert guarantees.missing_tests() == []


@pytest.mark.parametrize(
    "tests", [(), ("tests/nosuch.py::test_x",), ("tests/docs/test_guarantees.py::test_nosuch",)]
)
def test_a_test_that_is_not_there_is_found(guarantees: Any, tests: tuple[str, ...]) -> None:
    made = replace(guarantees.GUARANTEES[0], tests=tests)
    assert len(guarantees.missing_tests((made,))) == 1
