"""Tokenizers out of archives: what they know, and what makes two of them different."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from curate.nemo.archive import open_archive
from tests.train.planted import TEXTS, write_model
from train.plan.tokenizer import Tokenizer, read_folder, read_tokenizer
from train.tiny import Kind
from train.tiny.tokenizer import single


def tokenizer(folder: Path, kind: Kind = "canary", **changes: Any) -> Tokenizer:
    return read_tokenizer(open_archive(write_model(folder / "m.nemo", kind, changes)))


@pytest.mark.parametrize(
    ("kind", "name", "parts", "languages"),
    [
        ("canary", "CanaryTokenizer", ["spl_tokens", "de", "en"], ("de", "en")),
        ("unified", "CanaryBPETokenizer", [""], ()),
        ("ctc", None, [""], ()),
    ],
)
def test_what_an_archive_says(
    tmp_path: Path, kind: Kind, name: str | None, parts: list[str], languages: tuple[str, ...]
) -> None:
    read = tokenizer(tmp_path, kind)
    assert read.custom == name
    assert [part.name for part in read.parts] == parts  # in the order of ids
    assert read.languages == languages


@pytest.mark.parametrize(("kind", "languages"), [("canary", 2), ("unified", 2), ("ctc", 0)])
def test_languages_of_a_prompt_are_parts_or_tokens(
    tmp_path: Path, kind: Kind, languages: int
) -> None:
    assert tokenizer(tmp_path, kind).prompt_languages == ("de", "en")[:languages]


@pytest.mark.parametrize("kind", ["canary", "unified"])
def test_special_tokens_are_one_piece_each(tmp_path: Path, kind: Kind) -> None:
    read = tokenizer(tmp_path, kind)
    for token in ("<|de|>", "<|en|>", "<|pnc|>", "<|endoftext|>", "<|spltoken29|>"):
        assert read.knows(token)
    assert not read.knows("<|fr|>")
    assert not read.knows("ja")  # a word, and in a unified vocabulary perhaps even a piece
    assert (read.supports("de"), read.supports("fr")) == (True, False)


def test_a_language_of_the_first_canary_is_found_under_its_region(tmp_path: Path) -> None:
    read = tokenizer(tmp_path)
    regional = replace(
        read, parts=tuple(replace(p, name="en-US") if p.name == "en" else p for p in read.parts)
    )
    part = regional.part_for("en")
    assert part is not None
    assert part.name == "en-US"
    assert regional.part_for("fr") is None


def test_a_mix_of_tokenizers_is_told_by_everything_that_differs(tmp_path: Path) -> None:
    mine, other = tokenizer(tmp_path), tokenizer(tmp_path, "unified")
    differences = "; ".join(mine.differences(other))
    assert "'aggregate' against 'unified'" in differences
    assert "'CanaryTokenizer' against 'CanaryBPETokenizer'" in differences
    assert "['spl_tokens', 'de', 'en'] against ['']" in differences
    assert mine.differences(mine) == []


def test_equal_sizes_are_not_enough(tmp_path: Path) -> None:
    mine = tokenizer(tmp_path)
    changed = tuple(replace(p, sha256="0") if p.name == "de" else p for p in mine.parts)
    assert mine.differences(replace(mine, parts=changed)) == ["another SentencePiece for 'de'"]
    turned = replace(mine, parts=tuple(reversed(mine.parts)))
    assert len(mine.differences(turned)) == 1  # the order is the order of ids


def test_a_tokenizer_of_a_folder(tmp_path: Path) -> None:
    section = single(TEXTS, 16, tmp_path)
    read = read_folder(Path(section["dir"]), "bpe")
    assert (read.kind, len(read.parts)) == ("single", 1)
    assert tokenizer(tmp_path, "ctc").differences(read) == ["another SentencePiece for 'all'"]
    with pytest.raises(InputError, match="there is no"):
        read_folder(tmp_path / "absent", "bpe")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"tokenizer": None}, "no tokenizer section"),
        ({"tokenizer.langs.de.model_path": "/elsewhere/tokenizer.model"}, "no file of its own"),
        ({"tokenizer.langs.de.model_path": "nemo:absent.model"}, "holds no 'absent.model'"),
        ({"tokenizer.langs.de.model_path": "nemo:model_weights.ckpt"}, "is not a SentencePiece"),
    ],
)
def test_an_archive_without_a_usable_tokenizer(
    tmp_path: Path, changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError) as raised:
        tokenizer(tmp_path, "canary", **changes)
    assert what in str(raised.value)
