"""Cosines of voices and their clusters, held to plain definitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from curate.arrays import Float32s, Int64s
from train.scoring import voices as comparing
from train.scoring.voice_clusters import cluster_voices
from train.scoring.voices import compare_voices, equal_error_rate, number_of, unit_vectors

NAN = float("nan")
East, North, West = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)
Between = (0.6, 0.8)


def units(*vectors: Sequence[float]) -> Float32s:
    return unit_vectors(np.array(vectors, np.float32))


def of_names(*names: str | None) -> tuple[Int64s, int]:
    known, numbers = number_of(names)
    return numbers, len(known)


def test_rows_that_are_no_voice_are_nan() -> None:
    given = [[3, 4], [0, 0], [NAN, 1], [np.inf, 1]]
    assert np.allclose(unit_vectors(np.array(given))[0], [0.6, 0.8])
    assert np.isnan(unit_vectors(np.array(given))[1:]).all()


@pytest.mark.parametrize(
    ("vectors", "names", "own", "other", "nearest"),
    [
        # The record itself is not in its speaker's voice.
        ([East, North, Between], "aaa", [0.3162, 0.4472, 0.9899], [NAN] * 3, [-1] * 3),
        # One record has nothing of its own to be compared with, and is no speaker to others.
        ([East, East, North], "aab", [1, 1, NAN], [NAN, NAN, 0], [-1, -1, 0]),
        ([East, East, North, Between], "aabb", [1, 1, 0.8, 0.8], [0.3162, 0.3162, 0, 0.6],
         [1, 1, 0, 0]),
        # Another voice under a name is nearer to its own speaker.
        ([East, East, North, North, East], "aabbb", [1, 1, 0.7071, 0.7071, 0],
         [0.4472, 0.4472, 0, 0, 1], [1, 1, 0, 0, 0]),
        # Who has no name has a nearest speaker; what has no voice has nothing.
        ([East, East, East, (NAN, NAN)], ["a", "a", None, "a"], [1, 1, NAN, NAN],
         [NAN, NAN, 1, NAN], [-1, -1, 0, -1]),
        ([East, North], [None, None], [NAN] * 2, [NAN] * 2, [-1] * 2),
    ],
)  # fmt: skip
def test_cosines(
    vectors: list[Sequence[float]],
    names: Sequence[str | None],
    own: list[float],
    other: list[float],
    nearest: list[int],
) -> None:
    scores = compare_voices(units(*vectors), *of_names(*names))
    np.testing.assert_allclose(scores.own, own, atol=1e-4)
    np.testing.assert_allclose(scores.other, other, atol=1e-4)
    assert scores.nearest.tolist() == nearest


def plain_cosines(voices: Float32s, speaker: Int64s, at: int) -> tuple[float, float]:
    """Own and other of one record, by loops over the records."""

    def cosine(members: list[int]) -> float:
        mean = np.mean([voices[each] for each in members], axis=0)
        return float(voices[at] @ mean / np.linalg.norm(mean))

    groups = {
        name: [each for each in range(len(voices)) if speaker[each] == name and each != at]
        for name in set(speaker.tolist()) - {-1}
    }
    mine = int(speaker[at])
    own = cosine(groups[mine]) if mine >= 0 and groups[mine] else NAN
    others = [cosine(of) for name, of in groups.items() if name != mine and len(of) >= 2]
    return own, max(others, default=NAN)


def test_any_voices_are_compared_as_by_the_plain_definition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparing, "AT_ONCE", 7)
    rng = np.random.default_rng(5)
    voices = unit_vectors(rng.normal(size=(60, 6)))
    speaker = rng.integers(-1, 12, 60)
    scores = compare_voices(voices, speaker, 12)
    expected = [plain_cosines(voices, speaker, at) for at in range(60)]
    np.testing.assert_allclose(scores.own, [own for own, _ in expected], atol=1e-5)
    np.testing.assert_allclose(scores.other, [other for _, other in expected], atol=1e-5)


@pytest.mark.parametrize(
    ("vectors", "names", "clusters"),
    [
        ([East, North, East, West], [None] * 4, [0, 1, 0, 2]),
        ([East, North, (NAN, NAN)], [None] * 3, [0, 1, -1]),
        # Two names of one voice, and a record without a name of the same.
        ([East, East, North, East], ["a", "b", "c", None], [0, 0, 1, 0]),
        # A name stays whole, and its records without a voice go with it.
        ([East, West, (NAN, NAN), North], ["a", "a", "a", None], [0, 0, 0, 1]),
        # By the mean of all pairs: 0.8 and 0.6 of the two that are one cluster.
        ([East, (0.8, 0.6), (0.28, 0.96)], [None] * 3, [0, 0, 1]),
        ([(NAN, NAN), North], ["a", None], [-1, 0]),
    ],
)
def test_clusters(
    vectors: list[Sequence[float]], names: Sequence[str | None], clusters: list[int]
) -> None:
    assert cluster_voices(units(*vectors), *of_names(*names), 0.7).tolist() == clusters


def spread(rng: np.random.Generator, voices: int, records: int) -> tuple[Float32s, Int64s]:
    """Records of distinct voices, in any order, and whose each is."""
    of = np.repeat(np.arange(voices), records)[rng.permutation(voices * records)]
    centres = rng.normal(size=(voices, 64))
    return unit_vectors(centres[of] + rng.normal(size=(of.size, 64)) * 0.4), of


@pytest.mark.parametrize("at_once", [5, 4096])
def test_voices_that_are_far_apart_are_the_clusters(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("train.scoring.voice_clusters.AT_ONCE", at_once)
    voices, of = spread(np.random.default_rng(2), 20, 9)
    clusters = cluster_voices(voices, np.full(of.size, -1), 0, 0.6)
    assert clusters.max() + 1 == 20
    assert len({*zip(clusters.tolist(), of.tolist(), strict=True)}) == 20
    firsts = [clusters.tolist().index(each) for each in range(20)]
    assert firsts == sorted(firsts)


def test_the_equal_error_rate_is_where_both_errors_are_the_same() -> None:
    voices = units(East, East, North, North)
    perfect = equal_error_rate(voices, np.array([0, 0, 1, 1]))
    assert perfect is not None
    assert (perfect.rate, perfect.pairs, perfect.pairs_of_one_name) == (0.0, 6, 2)
    # One pair of a name is far apart, and half of the others are as near as can be.
    mixed = equal_error_rate(voices, np.array([0, 1, 0, 1]))
    assert mixed is not None
    assert mixed.rate == pytest.approx(0.75)


@pytest.mark.parametrize("names", [[0, 0, 0], [0, 1, 2], [-1, -1, -1], [0, -1, -1]])
def test_no_rate_without_pairs_of_both_kinds(names: list[int]) -> None:
    assert equal_error_rate(units(East, North, West), np.array(names)) is None


def test_of_many_records_some_are_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "PAIRED", 20)
    voices, of = spread(np.random.default_rng(3), 4, 30)
    rates: list[Any] = [equal_error_rate(voices, of) for _ in range(2)]
    assert rates[0] == rates[1]
    assert rates[0].pairs == 190
