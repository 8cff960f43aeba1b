"""Two profiles side by side: what differs is said, what does not is zero."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.errors import InputError
from curate.inspect.diff import compare, ks, psi
from tests import processes

COUNTS = st.lists(st.integers(0, 1000), min_size=12, max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Profiles `slow` and `fast`: the same rows, spoken twice as fast, one language renamed."""
    folder = tmp_path_factory.mktemp("compare")
    for name, pace, lang in (("slow", 1.0, "de"), ("fast", 2.0, "fr")):
        rows = [
            {
                "audio_filepath": f"{n}.wav",
                "duration": (2 + n % 9) / pace,
                "text": "some words " * (1 + n % 5),
                "lang": "en" if n % 2 else lang,
            }
            for n in range(200)
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        curate.profile(folder / f"{name}.jsonl", out=folder / name)
    return folder


def test_a_profile_does_not_differ_from_itself(folder: Path) -> None:
    diff = compare(folder / "slow", folder / "slow", "", {}).as_json()
    assert len(diff["metrics"]) >= 12
    for each in diff["metrics"]:
        assert (each["ks"] or 0, each["psi"] or 0) == (0, 0), each
        assert each["same"]
    assert diff["metrics_of_one"] == {"a": [], "b": []}
    for each in [*diff["verdicts"], *diff["rules"], *diff["strata"]["lang"]]:
        assert (each["a_rows"], each["a_hours"]) == (each["b_rows"], each["b_hours"])


def test_metrics_that_went_missing_have_not_stayed_the_same(tmp_path: Path) -> None:
    rows = [{"audio_filepath": f"{n}.wav", "duration": 2, "text": "a b"} for n in range(40)]
    rows = [{**row, "pred_text": "a b"} for row in rows]
    for name, predicted_rows in (("all", 40), ("half", 20), ("none", 0)):
        lines = [
            {key: value for key, value in row.items() if key != "pred_text" or n < predicted_rows}
            for n, row in enumerate(rows)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
        curate.profile(tmp_path / f"{name}.jsonl", out=tmp_path / name)
    diff = compare(tmp_path / "all", tmp_path / "half", "", {}).as_json()
    cer = next(each for each in diff["metrics"] if each["name"] == "cer")
    assert (cer["ks"], cer["same"], cer["a_nulls"], cer["b_nulls"]) == (0, False, 0, 20)
    diff = compare(tmp_path / "all", tmp_path / "none", "", {}).as_json()
    assert "cer" in diff["metrics_of_one"]["a"]
    assert diff["metrics_of_one"]["b"] == []


def test_what_differs_is_said(folder: Path) -> None:
    diff = compare(folder / "slow", folder / "fast", "", {}).as_json()
    drift = {each["name"]: each for each in diff["metrics"]}
    assert drift["char_rate"]["ks"] > 0.3
    assert drift["char_rate"]["psi"] > 0.25
    assert drift["char_rate"]["b_p50"] == 2 * drift["char_rate"]["a_p50"]
    assert drift["chars"]["ks"] == drift["chars"]["psi"] == 0
    lang = {each["value"]: (each["a_rows"], each["b_rows"]) for each in diff["strata"]["lang"]}
    assert lang == {"en": (100, 100), "de": (100, 0), "fr": (0, 100)}
    assert diff["a"]["hours"] == pytest.approx(2 * diff["b"]["hours"], abs=2e-6)


def test_the_command(folder: Path) -> None:
    done = processes.curate("diff", "slow", "fast", "--out", "diff", "--json", cwd=folder)
    assert json.loads(done.stdout) == json.loads((folder / "diff/diff.json").read_text())
    assert sorted(path.name for path in (folder / "diff").iterdir()) == ["diff.json", "report.html"]
    assert "char_rate has shifted" in (folder / "diff/report.html").read_text()


def test_all_that_is_no_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        compare(tmp_path / "one", tmp_path / "two", "", {})
    assert len(raised.value.faults) == 2


@given(COUNTS, COUNTS)
def test_distances_are_distances(one: list[int], two: list[int]) -> None:
    a, b = np.array(one), np.array(two)
    far, shift = ks(a, b), psi(a, b)
    if not a.any() or not b.any():
        assert far is shift is None
        return
    assert far is not None
    assert shift is not None
    assert 0 <= far <= 1
    assert far == ks(b, a)
    assert shift >= 0
    assert ks(a, 3 * a) == psi(a, 3 * a) == 0
