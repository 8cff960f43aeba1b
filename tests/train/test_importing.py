"""Garbage while NeMo is imported, and behind it; no NeMo in here."""

from __future__ import annotations

import gc
import sys
from types import ModuleType

import pytest

from train.runs import runtime


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many modules were loaded, each time that what is loaded was put out of reach."""
    calls: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(len(sys.modules)))
    monkeypatch.setitem(runtime._process, "is_command", False)
    return calls


def load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imported_inside", ModuleType("imported_inside"))


def test_nothing_is_searched_during_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    with runtime.importing():
        load(monkeypatch)
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failed_import_leaves_no_trace(frozen: list[int]) -> None:
    runtime.begin_command()
    with pytest.raises(ImportError), runtime.importing():
        raise ImportError
    assert gc.isenabled()
    assert frozen == []


def test_who_searches_for_no_garbage_still_does_not() -> None:
    gc.disable()
    try:
        with runtime.importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_command_keeps_what_it_imports(
    frozen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.begin_command()
    with runtime.importing():
        load(monkeypatch)
    assert frozen == [len(sys.modules)]
    with runtime.importing():  # again, behind a fit, whose garbage must be collected
        pass
    assert len(frozen) == 1


def test_a_notebooks_own_objects_stay_collectable(
    frozen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.importing():
        load(monkeypatch)
    assert frozen == []


def test_the_command_line_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from train.cli import main

    monkeypatch.setitem(runtime._process, "is_command", False)
    monkeypatch.setattr(sys, "argv", ["train", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert runtime._process["is_command"]
