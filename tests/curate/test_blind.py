"""The blind comparison of two recognisers: who is voted for, and what the votes mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from curate.errors import ConfigError, InputError
from curate.reviews.blind import Ballot, pairs, sign_test


def predictions(path: Path, texts: Mapping[str, str]) -> Path:
    rows = [
        {"audio_filepath": name, "duration": 1.0, "pred_text": text} for name, text in texts.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_votes_count_for_who_said_it_whichever_side_it_stood_on(tmp_path: Path) -> None:
    names = [f"{n}.wav" for n in range(12)]
    a = predictions(tmp_path / "a.jsonl", {name: f"a {name}" for name in names})
    b = predictions(tmp_path / "b.jsonl", {name: f"b {name}" for name in [*names[:-1], "x.wav"]})
    differing = pairs(a, b)
    assert len(differing) == 11
    assert {pair.swapped for pair in differing} == {True, False}
    ballot = Ballot(differing, tmp_path / "votes.jsonl", "anna")
    while pair := ballot.next():
        shown = pair.as_json()
        ballot.vote(pair.id, "first" if str(shown["first"]).startswith("a ") else "second", "now")
    assert ballot.result() == {"a": 11, "b": 0, "same": 0, "left": 0, "p": 0.001}
    again = Ballot(differing, tmp_path / "votes.jsonl", "ben")
    assert again.result()["a"] == 11
    assert again.next() is not None
    with pytest.raises(ConfigError, match="is not a vote"):
        again.vote(differing[0].id, "third", "now")


def test_predictions_that_are_none(tmp_path: Path) -> None:
    a = predictions(tmp_path / "a.jsonl", {"a.wav": "x"})
    (tmp_path / "b.jsonl").write_text('{"text": "no"}\nno\n')
    with pytest.raises(InputError) as raised:
        pairs(a, tmp_path / "b.jsonl")
    assert [fault.where.rpartition(":")[2] for fault in raised.value.faults] == ["1", "2"]
    with pytest.raises(InputError, match="shares no record"):
        pairs(a, predictions(tmp_path / "c.jsonl", {"c.wav": "x"}))


@pytest.mark.parametrize("mark", ["\u2028", "\u0085", "\x0b", "\x1c"])
def test_a_prediction_may_hold_what_other_readers_take_for_line_ends(
    tmp_path: Path, mark: str
) -> None:
    for name in ("a", "b"):
        row = {"audio_filepath": "a.wav", "duration": 1.0, "pred_text": f"{name}{mark}said"}
        line = json.dumps(row, ensure_ascii=False)
        (tmp_path / f"{name}.jsonl").write_text(f"{line}\n", encoding="utf-8", newline="")
    (pair,) = pairs(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert (pair.a, pair.b) == (f"a{mark}said", f"b{mark}said")


@pytest.mark.parametrize(
    ("a", "b", "p"), [(0, 0, 1.0), (1, 0, 1.0), (5, 5, 1.0), (6, 0, 0.0312), (9, 1, 0.0215)]
)
def test_sign_test(a: int, b: int, p: float) -> None:
    assert sign_test(a, b) == sign_test(b, a) == p
