"""Voices in two splits, by embeddings: as all pairs have it by the definition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.arrays import Floats
from curate.cli.render.split import split_tables
from curate.splits import voice_leakage
from reports.sections.split import leaks
from tests.curate.splitting import Row, certificate, placed, rows_of, split

SIZES = {"eval": "100s", "test": "150s"}
SPLITS = ("train", "eval", "test")


def voices_of(rows: Sequence[Row], of: Mapping[str, str] | None = None) -> Floats:
    """An embedding of each row: its speaker's voice (or that of the name in `of`) and noise."""
    rng = np.random.default_rng(3)
    known = {str(row["speaker"]): rng.normal(size=16) for row in rows}
    names = [str(row["speaker"]) for row in rows]
    own = np.array([known[(of or {}).get(name, name)] for name in names])
    return own + rng.normal(size=own.shape) * 0.3


def sides_of(folder: Path, rows: Sequence[Row], voices: Floats) -> list[list[Floats]]:
    """The unit vectors of each split, of the lines that were written."""
    where = placed(folder)
    sides: dict[str, list[Floats]] = {name: [] for name in SPLITS}
    for row, voice in zip(rows, voices, strict=True):
        if np.isfinite(voice).all() and voice.any() and where[str(row["audio_filepath"])] in sides:
            sides[where[str(row["audio_filepath"])]].append(voice / np.linalg.norm(voice))
    return list(sides.values())


def by_all_pairs(sides: Sequence[Sequence[Floats]]) -> float:
    """Cosines of all pairs in different sides, over those of all pairs."""
    records = [(number, voice) for number, side in enumerate(sides) for voice in side]
    cosines = [
        (a != b, max(0.0, float(one @ two))) for (a, one), (b, two) in combinations(records, 2)
    ]
    return sum(cosine for apart, cosine in cosines if apart) / sum(c for _, c in cosines)


def near_by_all_pairs(side: Sequence[Floats], train: Sequence[Floats]) -> float:
    return sum(max(float(voice @ other) for other in train) >= 0.75 for voice in side) / len(side)


def stated(folder: Path, rows: list[Row], voices: Floats, **options: Any) -> Mapping[str, Any]:
    made = split(folder, rows, SIZES, voices=voices, **options)["voice_similarity"]
    assert isinstance(made, Mapping)
    return made


@pytest.mark.parametrize("mistaken", [False, True])
def test_voices_between_splits_are_those_of_all_pairs(tmp_path: Path, mistaken: bool) -> None:
    """Also where voices are under names of others, so that splits by names share voices."""
    rows = rows_of({f"s{n}": 5 for n in range(40)})
    of = {f"s{n}": f"s{n % 20}" for n in range(40)} if mistaken else None
    voices = voices_of(rows, of)
    voices[3], voices[7, 2] = 0, np.nan
    made = stated(tmp_path / "a", rows, voices)
    sides = sides_of(tmp_path / "a", rows, voices)
    assert made["between_splits"] == pytest.approx(by_all_pairs(sides), abs=1e-4)
    train, *others = sides
    near = {
        name: near_by_all_pairs(side, train) for name, side in zip(SPLITS[1:], others, strict=True)
    }
    assert made["near"] == pytest.approx(near, abs=1e-6)
    assert (max(near.values()) > 0.5) == mistaken
    assert min(made["near_of_random_split"].values()) > 0.9  # of five records of a speaker
    assert made["compared"] == {n: len(side) for n, side in zip(SPLITS, sides, strict=True)}
    assert made["lacking"] == 2
    everything = sum(map(len, sides)) + 2
    assert everything == 200
    assert made["cosine"] == 0.75


def test_the_random_split_is_of_the_same_sizes(tmp_path: Path) -> None:
    rows = rows_of({f"s{n}": 5 for n in range(40)})
    voices = voices_of(rows)
    made = stated(tmp_path / "a", rows, voices)
    counts = [len(side) for side in sides_of(tmp_path / "a", rows, voices)]
    apart = sum(one * other for one, other in combinations(counts, 2))
    assert made["of_random_split"] == pytest.approx(apart / math.comb(sum(counts), 2), abs=1e-6)


def test_a_sample_stands_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of({f"s{n}": 5 for n in range(80)})
    voices = voices_of(rows, {f"s{n}": f"s{n % 8}" for n in range(80)})
    rows.append({"audio_filepath": "nothing.wav"})  # malformed: it has no keys
    voices = np.vstack([voices, voices[:1]])
    whole = stated(tmp_path / "a", rows, voices)
    for name in ("COMPARED", "COMPARED_TRAIN", "AT_ONCE"):
        monkeypatch.setattr(voice_leakage, name, 17)
    sampled = stated(tmp_path / "b", rows, voices)
    assert sampled["compared"] == {"train": 17, "eval": 17, "test": 17}
    assert whole["compared"]["train"] > 300
    assert sampled["between_splits"] == pytest.approx(whole["between_splits"], abs=0.05)
    assert sampled["of_random_split"] == whole["of_random_split"]
    monkeypatch.setattr(voice_leakage, "COMPARED_TRAIN", 500)
    assert stated(tmp_path / "c", rows, voices)["near"]["test"] == 1


def test_without_embeddings_of_these_lines_nothing_is_measured(tmp_path: Path) -> None:
    rows = rows_of({f"s{n}": 5 for n in range(20)})
    voices = voices_of(rows)
    assert "voice_similarity" not in split(tmp_path / "a", rows, SIZES)
    for name, other in (("fewer", voices[1:]), ("flat", voices[:, 0]), ("none", voices * np.nan)):
        made = split(tmp_path / name, rows, SIZES, voices=other)
        assert "voice_similarity" not in made, name


@pytest.mark.parametrize("has_voices", [False, True])
def test_terminal_and_page_state_voices_or_that_they_are_not_measured(
    tmp_path: Path, has_voices: bool
) -> None:
    rows = rows_of({f"s{n}": 5 for n in range(40)})
    split(tmp_path / "a", rows, SIZES, voices=voices_of(rows) if has_voices else None)
    made = certificate(tmp_path / "a")
    page = str(leaks(made))
    (line,) = [str(each) for each in split_tables(made) if "similarity of voices" in str(each)]
    assert ("not measured" in page, "not measured" in line) == (not has_voices, not has_voices)
    stated = made.voice_similarity.near_of_random_split if made.voice_similarity else {}
    assert set(stated) == ({"eval", "test"} if has_voices else set())
    assert all(f"(random split: {share:.1%})" in line for share in stated.values())
    assert ("A voice of train is near (cosine 0.75 or more)" in page) == has_voices
