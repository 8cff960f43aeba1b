"""Two models side by side: the words that each has wrong more often."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.words import WordCounts
from curate.errors import InputError
from reports import build


def _profiled(folder: Path, pairs: Sequence[tuple[str, str | None]]) -> Path:
    rows = [
        {"audio_filepath": f"{at}.wav", "duration": 2.0, "text": text}
        | ({} if predicted is None else {"pred_text": predicted})
        for at, (text, predicted) in enumerate(pairs)
    ]
    folder.mkdir()
    (folder / "m.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    curate.profile(folder / "m.jsonl", out=folder / "p")
    return folder / "p"


@pytest.fixture
def old_words(tmp_path: Path) -> Path:
    """Words of a model that has `is` wrong 6 of 6 times, and `rare` 4 of 4."""
    pairs = [("monro is here", "monro as here")] * 6 + [("rare", "rear")] * 4
    curate.count_words(_profiled(tmp_path / "old", pairs), out=tmp_path / "words")
    return tmp_path / "words"


def test_each_has_the_words_that_it_has_wrong_more_often(tmp_path: Path, old_words: Path) -> None:
    pairs = [
        *[("monro is here", "monroe is here")] * 5,
        ("monro is here", "monro as here"),
        *[("rare", "rare")] * 4,  # too rare to compare
    ]
    new = _profiled(tmp_path / "new", pairs)
    made = curate.count_words(new, against=old_words, out=tmp_path / "both")
    both = made.compared
    assert both is not None
    assert (both.other, both.compared, both.other_words, both.other_wrong) == (
        str(old_words), 3, 22, 10,
    )  # fmt: skip
    rows = [(p.word, p.wrong, p.count, p.other_wrong, p.other_count) for p in both.worse]
    assert rows == [("monro", 5, 6, 0, 6)]
    rows = [(p.word, p.wrong, p.count, p.other_wrong, p.other_count) for p in both.better]
    assert rows == [("is", 1, 6, 6, 6)]
    assert read_artifact(tmp_path / "both", WordCounts) == made
    page = build("words", tmp_path / "both").read_text(encoding="utf-8")
    assert "Words of two models" in page


def test_nothing_to_compare_is_a_fault(tmp_path: Path, old_words: Path) -> None:
    silent = _profiled(tmp_path / "silent", [("no prediction", None)])
    with pytest.raises(InputError, match="no record has a pred_text"):
        curate.count_words(silent, against=old_words)
    curate.count_words(silent, out=tmp_path / "none")
    new = _profiled(tmp_path / "new", [("a", "b")])
    with pytest.raises(InputError, match=r"word_errors\.parquet: is missing"):
        curate.count_words(new, against=tmp_path / "none")
    (old_words / "word_errors.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        curate.count_words(new, against=old_words)
