"""Hours toward a target's texts: the score, and which records are chosen by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.frames import Spans
from curate.artifacts.selection import Selection, SelectionTarget
from curate.errors import ConfigError, CurateError, InputError
from curate.text import normalise, shingles
from curate.text.relevance import BUCKETS, count_shingles, define, log_ratio, relevance

COOKING = [
    "stir",
    "the",
    "onions",
    "in",
    "a",
    "heavy",
    "pan",
    "until",
    "they",
    "are",
    "soft",
    "and",
    "golden",
]
BANKING = [
    "quarterly",
    "revenue",
    "grew",
    "by",
    "nine",
    "percent",
    "over",
    "the",
    "previous",
    "fiscal",
    "year",
]
TEXTS = st.lists(st.text("ab éß中文字, .", max_size=14), min_size=1, max_size=8)
WORD = (1 << 64) - 1


def bucket(shingle: str) -> int:
    """A polynomial of the code points, mixed."""
    value = 0
    for char in shingle:
        value = value * 0x9E3779B97F4A7C15 + ord(char) & WORD
    value = value * 0x9E3779B97F4A7C15 & WORD
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & WORD
    return (value ^ value >> 33) % BUCKETS


def buckets(text: str) -> list[int]:
    normal = normalise(text)
    dense = sum(char in "中文字" for char in normal)
    is_dense = 2 * dense > sum(char.isalpha() for char in normal)
    width = shingles.DENSE if is_dense else shingles.WIDE
    return [bucket(each) for each in cut(normal, width)]


def cut(normal: str, width: int) -> list[str]:
    count = max(1, len(normal) - width + 1) if normal else 0
    return [normal[k : k + width] for k in range(count)]


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS, target=TEXTS)
def test_relevance_is_the_plain_definition(texts: list[str], target: list[str]) -> None:
    counts = [count_shingles(Spans.of(side)) for side in (target, texts)]
    for side, each in zip((target, texts), counts, strict=True):
        plain = [place for text in side for place in buckets(text)]
        assert each.tolist() == np.bincount(plain, minlength=BUCKETS).tolist()
    scores = relevance(Spans.of(texts), log_ratio(*counts))
    of_target, of_corpus = (each.tolist() for each in counts)
    for text, score in zip(texts, scores.tolist(), strict=True):
        defined = define(buckets(text), of_target, of_corpus)
        assert np.isnan(score) if defined is None else score == pytest.approx(defined, abs=1e-12)


def line(number: int, words: Sequence[str], lang: str = "en") -> str:
    text = " ".join(np.random.default_rng(number).permutation(words))
    return json.dumps(
        {"audio_filepath": f"{number}.wav", "duration": 5.0, "text": text, "lang": lang}
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Banking, in another order of words."""
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(line(1000 + n, BANKING) + "\n" for n in range(20)))
    return path


def test_records_like_the_target_are_drawn_in_each_language(
    manifest: Callable[..., Path], target: Path, tmp_path: Path
) -> None:
    lines = [line(n, BANKING if n % 4 == 0 else COOKING, "de" if n % 8 < 4 else "en")
             for n in range(80)]  # fmt: skip
    curate.profile([manifest(*lines)], tmp_path / "p")
    made = curate.select(tmp_path / "p", tmp_path / "out", hours=100 / 3600, toward=target)
    chosen, random = (
        (tmp_path / "out" / f"{name}.jsonl").read_text().split("\n")[:-1]
        for name in ("selected", "random")
    )
    assert chosen == [each for each in lines if each in chosen]
    of_target = [sum("revenue" in each for each in some) for some in (chosen, random)]
    assert of_target[0] >= 15 > 2 * of_target[1]
    again = curate.select(tmp_path / "p", tmp_path / "b", hours=100 / 3600, toward=target)
    assert (again.selected, again.strata) == (made.selected, made.strata)
    assert made.toward == SelectionTarget(path=str(target), texts=20)
    assert (made.metric, made.unscored_rows) == ("target_similarity", 0)
    assert made.random.hours == made.selected.hours
    assert [each.hours for each in made.strata] == [0.013889, 0.013889]
    assert all(each.last_score is not None for each in made.strata)
    assert f"toward {target}" in made.headline()
    assert read_artifact(tmp_path / "out", Selection) == made


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, InputError, "calls.jsonl"),  # is missing
        ('{"audio_filepath": "a.wav", "duration": 1.0, "text": ""}\n', InputError, "has no text"),
        ('{"audio_filepath": "a.wav", "duration": 1.0, "text": "…"}\n', InputError, "has no text"),
        ("not JSON\n", InputError, "calls.jsonl"),
    ],
)
def test_targets_without_texts_are_faults(
    content: str | None, error: type[CurateError], message: str,
    manifest: Callable[..., Path], tmp_path: Path,
) -> None:  # fmt: skip
    curate.profile([manifest(line(0, COOKING))], tmp_path / "p")
    target = tmp_path / "calls.jsonl"
    if content is not None:
        target.write_text(content)
    with pytest.raises(error, match=message):
        curate.select(tmp_path / "p", tmp_path / "out", hours=1, toward=target)
    assert not (tmp_path / "out").exists()


def test_a_metric_and_a_target_are_too_many(
    manifest: Callable[..., Path], target: Path, tmp_path: Path
) -> None:
    curate.profile([manifest(line(0, COOKING))], tmp_path / "p")
    with pytest.raises(ConfigError, match="exactly one is needed"):
        curate.select(
            tmp_path / "p", tmp_path / "out", hours=1, lowest="char_rate", toward=target
        )  # fmt: skip


def test_a_misspelt_ranking_is_no_ranking(tmp_path: Path) -> None:
    wrong: dict[str, Any] = {"lowset": "wer"}
    with pytest.raises(TypeError, match="unexpected keyword argument 'lowset'"):
        curate.select(tmp_path, tmp_path / "out", hours=1, **wrong)
