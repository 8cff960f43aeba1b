"""Every option and argument of every command, given a wrong value: one fault in plain words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command_tree import ANYTHING, BASE, cases, commands, name_of, run, small_corpus
from tests.lines import lines_of

LINE = re.compile(r"\S[^\n]*: \S|  hint: \S| {4}\s*\S")
"""A fault, its hint, or the expression that it is about with its mark."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus, and what each stage makes of it."""
    return small_corpus(tmp_path_factory.mktemp("wrong"))


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong value that is taken for right would be served for ever."""

    def serve(*_: object) -> None:
        raise AssertionError("a page is served")

    monkeypatch.setattr("curate.api.review.serve", serve)


def test_every_command_is_tried() -> None:
    assert set(BASE) == set(commands())
    options = {name_of(each) for command in commands().values() for each in command.params}
    assert set(ANYTHING) <= options
    assert len(list(cases())) > 250


@pytest.mark.parametrize("command", BASE)
def test_a_wrong_value_is_one_fault_in_plain_words(folder: Path, command: str) -> None:
    tried = [case for case in cases() if case.command == command]
    assert tried
    before = sorted(path.name for path in folder.iterdir())
    for case in tried:
        words = (*case.command.split(), *case.arguments)
        code, out, err = run(folder, *words)
        lines = lines_of(err)
        context = f"{' '.join(words)}\n{err}"
        assert code in {2, 3}, context
        assert out == "", context
        assert all(LINE.match(line) for line in lines), context
        assert sum("hint: " in line for line in lines) == 1, context
        named = (case.value.partition(":")[0], case.name, case.command.rpartition(" ")[2])
        assert any(f"{each}" in err for each in named), context
        assert max(map(len, lines)) < 400, context
    assert sorted(path.name for path in folder.iterdir()) == before
