"""Presets of rules are read as trees that are stored, which are those of their YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.errors import ConfigError
from curate.files.marked_yaml import read_tree
from curate.files.presets import presets_folder
from curate.rules.file import known_presets, load_rules, stored

HINT = "write them again: make docs"


def text_of(preset: str) -> str:
    return (presets_folder() / f"{preset}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("preset", known_presets())
def test_the_tree_of_a_preset_is_that_of_its_yaml(
    preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(preset)
    expected = read_tree(text, preset)
    monkeypatch.setattr(stored, "read_tree", lambda text, file: pytest.fail(HINT))
    tree = stored.tree_of(text, preset)
    assert tree == expected
    assert repr(tree) == repr(expected)  # in which 1 is not True


def test_all_presets_are_stored_and_nothing_else() -> None:
    assert stored.FILE.read_text(encoding="utf-8") == stored.stored_trees(
        map(text_of, known_presets())
    ), HINT


def test_a_preset_that_was_changed_is_read_as_it_is() -> None:
    text = text_of("default") + "max_rejected: 0.5\n"
    assert (
        stored.tree_of(text, "default")
        == read_tree(text, "default")
        != read_tree(text_of("default"), "default")
    )
    assert stored.is_stored(text_of("default").encode())
    assert not stored.is_stored(text.encode())
    with pytest.raises(ConfigError) as error:
        stored.tree_of(text + "name: again\n", "mine.yaml")
    assert [fault.where for fault in error.value.faults] == [f"mine.yaml:{text.count(chr(10)) + 1}"]


def test_a_preset_without_trees_is_read_as_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.txt").touch()
    monkeypatch.setattr(stored, "FILE", tmp_path / "none.txt")
    monkeypatch.setattr(stored, "_stored", stored._stored.__wrapped__)
    assert stored.tree_of(text_of("default"), "a") == read_tree(text_of("default"), "a")


def test_a_file_that_extends_a_preset_is_checked_for_conflicts(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    rule = "rules: [{id: a, metric: words, bad: '>= 0'}]"
    path.write_text(f"schema: curate.rules/1\nname: mine\nextends: default\n{rule}\n", "utf-8")
    with pytest.raises(ConfigError, match="would reject every record"):
        load_rules(path)
