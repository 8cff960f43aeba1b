"""Texts with characters that other readers take for line ends go the whole way as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import Corpus
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.referee import disagreements
from tests.whole_way.stepped import miscounted

pytestmark = NEMO

MARKS = ("\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r")
FORMS: tuple[Sequence[str], ...] = ((), ("--format", "nemo_tarred"), ("--format", "hf"))


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_text_is_one_line(world: World, tmp_path: Path, form: Sequence[str]) -> None:
    """In every form; where `train run` reads the form, plan and evaluation count it too."""
    corpus = Corpus.sound(tmp_path)
    for number, row in enumerate(corpus.rows):
        row["text"] = row["text"].replace(" ", f" {MARKS[number % len(MARKS)]} ", 1)
    corpus.refer("absent.wav")  # its shard is left empty, so those behind it are renumbered
    options = replace(USUAL, profile=(), shard=[*form, "--shard-size", "1"])
    journey = Journey([corpus.manifest()], tmp_path / "out", options)
    journey.go()
    assert (len(journey.steps), journey.failures) == (5, [])
    assert journey.steps["shard"].rows["skipped"] == 1
    assert disagreements(journey) == []
    if not form:
        journey.model = world.model("ctc").path
        journey.go("plan", "eval")
        assert (journey.failures, miscounted(journey)) == ([], [])
