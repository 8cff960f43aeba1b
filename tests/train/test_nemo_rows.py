"""The check of rows agrees with NeMo's own prompt, row by row, on real NeMo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curate.nemo.archive import open_archive
from tests.train.world import NEMO, World
from train.plan.rows.record import from_cut
from train.plan.rows.rules import RowRules, rules_of
from train.plan.rows.source import RowSet
from train.plan.tokenizer import read_tokenizer
from train.recipe import Recipe
from train.tiny import Kind

pytestmark = NEMO

SOUND = {"source_lang": "de", "target_lang": "de", "pnc": "no"}

RAISES: list[dict[str, Any]] = [
    {"pnc": True}, {"pnc": None}, {"pnc": "maybe"}, {"pnc": "YES"}, {"itn": 1}, {"timestamp": "x"},
    {"diarize": []}, {"source_lang": None}, {"target_lang": 3}, {"emotion": "sad"},
    {"emotion": None}, {"decodercontext": None}, {"decodercontext": 5},
    {"source_lang": ...}, {"target_lang": ...},
]  # fmt: skip
"""Slots that NeMo stops at; `...` takes one out."""

PASSES: list[dict[str, Any]] = [
    {}, {"pnc": ...}, {"pnc": "yes"}, {"pnc": "<|pnc|>"}, {"pnc": "nopnc"}, {"itn": "true"},
    {"timestamp": "notimestamp"}, {"emotion": "<|emo:sad|>"}, {"decodercontext": "ja nein"},
    {"source_lang": "<|de|>"}, {"target_lang": "en", "lang": "en"}, {"own": {"any": 1}},
]  # fmt: skip


def cut_of(changes: dict[str, Any], text: Any = "nein doch ja") -> dict[str, Any]:
    custom = {name: value for name, value in (SOUND | changes).items() if value is not ...}
    language = custom.pop("lang", "de")
    return {
        "id": "a", "start": 0.0, "duration": 1.0, "channel": 0, "type": "MonoCut",
        "supervisions": [
            {"id": "a", "recording_id": "a", "start": 0.0, "duration": 1.0, "channel": 0,
             "text": text, "language": language}
        ],
        "custom": custom,
    }  # fmt: skip


class Both:
    """One model's rules, and NeMo's own prompt for it."""

    def __init__(self, path: Path) -> None:
        from nemo.collections.common.prompts import PromptFormatter

        from train.nemo import model

        self.archive = open_archive(path)
        tokenizer = read_tokenizer(self.archive)
        recipe = Recipe("aed", self.archive.model_class, self.archive.config, ())
        self.rules: RowRules = rules_of(self.archive, recipe, tokenizer)
        restored = model.restore(self.archive).model
        self.prompt = PromptFormatter.resolve("canary2")(restored.tokenizer)

    def codes(self, cut: dict[str, Any]) -> set[str]:
        rows = RowSet("train", "s", 0.0, 9.0, "dropped", lambda: iter([from_cut("s:1", cut)]))
        ((_, problems),) = self.rules.check(rows)
        return set(problems)

    def tokens(self, cut: dict[str, Any]) -> list[int]:
        """The tokens of the cut, by NeMo; whatever it raises passes."""
        from lhotse.cut import MonoCut
        from nemo.collections.common.data import apply_prompt_format_fn

        given = {key: value for key, value in cut.items() if key != "type"}
        encoded = apply_prompt_format_fn(MonoCut.from_dict(given), self.prompt)
        return [int(token) for token in encoded["input_ids"]]


@pytest.fixture(scope="module", params=["canary", "unified"])
def both(world: World, request: pytest.FixtureRequest) -> Both:
    kind: Kind = request.param
    return Both(world.model(kind).path)


def test_what_stops_nemo_is_refused_and_nothing_else(both: Both) -> None:
    for changes in RAISES:
        with pytest.raises((AssertionError, RuntimeError, AttributeError, TypeError)):
            both.tokens(cut_of(changes))
        assert both.codes(cut_of(changes)), changes
    for changes in PASSES:
        both.tokens(cut_of(changes))
        assert both.codes(cut_of(changes)) == set(), changes
    assert (len(RAISES), len(PASSES)) == (15, 12)


def test_a_language_without_a_token_is_refused_where_nemo_stops_and_where_it_does_not(
    both: Both,
) -> None:
    cut = cut_of({"source_lang": "fr"})
    assert both.codes(cut) == {"unknown-language"}
    if both.rules.tokenizer.kind == "aggregate":
        with pytest.raises(KeyError, match="fr"):
            both.tokens(cut)
    else:
        assert both.prompt.tokenizer.unk_id in both.tokens(cut)  # and not a word of it


def test_a_cut_without_supervision_stops_nemo_too(both: Both) -> None:
    cut = cut_of({}) | {"supervisions": []}
    assert both.codes(cut) == {"no-supervision"}
    with pytest.raises(IndexError):
        both.tokens(cut)


def test_yes_with_a_capital_becomes_no(both: Both) -> None:
    assert both.codes(cut_of({"pnc": "Yes"})) == {"slot-read-as-no"}
    assert both.tokens(cut_of({"pnc": "Yes"})) == both.tokens(cut_of({"pnc": "no"}))


@pytest.mark.parametrize("changes", [{}, {"decodercontext": "ja nein doch"}])
def test_the_length_of_a_row_is_nemos(both: Both, changes: dict[str, Any]) -> None:
    cut = cut_of(changes)
    length = len(both.tokens(cut))
    for positions, codes in ((length - 1, set[str]()), (length - 2, {"too-long"})):
        rules = RowRules(**{**vars(both.rules), "positions": positions})
        rows = RowSet("train", "s", 0.0, 9.0, "dropped", lambda: iter([from_cut("s:1", cut)]))
        ((_, problems),) = rules.check(rows)
        assert set(problems) == codes, (length, positions)
