"""The check of rows agrees with NeMo's own prompt, row by row, on real NeMo."""

from __future__ import annotations

import gzip
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import reports
from curate.errors import ConfigError
from curate.nemo.archive import open_archive
from tests.lines import lines_of
from tests.shard_indexes import write_index
from tests.train.world import NEMO, World, shard, write_data
from train.fit import RunRequest, fit
from train.plan.rows.record import from_cut
from train.plan.rows.rules import RowRules, decoder_positions, rules_of
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


def test_the_decoder_has_positions_for_as_many_tokens_as_it_says(world: World) -> None:
    import torch

    from train.nemo import model

    archive = open_archive(world.model("canary").path)
    decoder = model.restore(archive).model.transf_decoder
    encoded = {
        "encoder_embeddings": torch.zeros(1, 5, decoder.hidden_size),
        "encoder_mask": torch.ones(1, 5, dtype=torch.bool),
    }
    limit = decoder_positions(archive) or 0
    for count, error in ((limit, nullcontext()), (limit + 1, pytest.raises(IndexError))):
        ids = torch.zeros(1, count, dtype=torch.long)
        with error:
            decoder(input_ids=ids, decoder_mask=ids == 0, **encoded)


LONG = " ".join(["ja"] * 600)
"""More tokens than the tiny decoder has positions."""


@pytest.fixture(scope="module")
def long_texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards with a cut, and an eval manifest with a row, that the decoder has no positions for."""
    folder = tmp_path_factory.mktemp("long") / "shards"
    write_data(folder)
    first = folder / "train/cuts.000000.jsonl.gz"
    with gzip.open(first, "rt", encoding="utf-8") as file:
        cuts = [json.loads(line) for line in file]
    supervision = cuts[3]["supervisions"][0]
    supervision["text"] = " ".join([supervision["text"]] * 300)
    with gzip.open(first, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(cut) + "\n" for cut in cuts)
    rows = [json.loads(line) for line in lines_of((folder / "eval.jsonl").read_text("utf-8"))]
    rows += [rows[0] | {"text": LONG}, rows[1] | {"duration": 0.05, "offset": 0.0}]
    rows[2]["audio_filepath"] = Path(rows[2]["audio_filepath"]).name
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "eval.jsonl").write_text(lines, encoding="utf-8")
    shards = [shard(folder, path) for path in sorted((folder / "train").glob("cuts.*"))]
    write_index(folder, shards, {"eval": (len(rows), 0.01)})
    return folder


def test_rows_that_are_set_aside_are_named_and_never_drawn(world: World, long_texts: Path) -> None:
    model = world.model("canary").path
    settings = (f"data={long_texts}", "faults.max_missing=0.2", "train_ds.num_workers=1")
    run = fit(RunRequest(world.config(model, "aside", *settings)))
    problems = {(s.name, p.code): p for s in run.record.rows for p in s.problems}
    assert {key: (each.action, each.rows) for key, each in problems.items()} == {
        ("train", "too-long"): ("set aside", 1),
        ("eval", "too-long"): ("set aside", 1),
        ("eval", "durations"): ("set aside", 1),
    }
    manifest = long_texts / "eval.jsonl"
    assert problems["eval", "too-long"].places == (f"{manifest}:7",)
    assert problems["eval", "durations"].places == (f"{manifest}:8",)
    assert run.record.data.eval_rows == 6
    text = (run.folder / "validation/eval.jsonl").read_text(encoding="utf-8")
    used = [json.loads(line) for line in lines_of(text)]
    assert LONG not in {row["text"] for row in used}
    durations = [row["duration"] for row in used]
    assert (len(used), durations) == (6, sorted(durations, reverse=True))
    assert all(Path(row["audio_filepath"]).is_file() for row in used)
    assert "Rows set aside" in reports.build("train", run.folder).read_text(encoding="utf-8")


def test_more_of_them_are_refused_before_anything_is_written(
    world: World, long_texts: Path
) -> None:
    config = world.config(world.model("canary").path, "refused", f"data={long_texts}")
    with pytest.raises(ConfigError) as raised:
        fit(RunRequest(config))
    wheres = [fault.where for fault in raised.value.faults]
    assert wheres == [
        f"{long_texts / 'train/cuts.000000.jsonl.gz'}:4 [too-long]",
        f"{long_texts / 'eval.jsonl'}:7 [too-long]",
    ]
    assert not config.out.exists()


def test_of_two_cuts_with_one_id_only_the_one_at_fault_is_set_aside(
    world: World, long_texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo.loader import Loader

    drawn: list[str] = []
    take = Loader.take

    def noting(self: Any) -> Any:
        note = take(self)
        drawn.extend(note.ids)
        return note

    monkeypatch.setattr(Loader, "take", noting)
    with gzip.open(long_texts / "train/cuts.000000.jsonl.gz", "rt", encoding="utf-8") as file:
        name = [json.loads(line)["id"] for line in file][3]
    settings = (f"blend.also=[{long_texts}]", "faults.max_missing=0.1", "trainer.max_steps=16")
    run = fit(RunRequest(world.config(world.model("canary").path, "one-id", *settings)))
    (problem,) = run.record.rows[0].problems
    assert (problem.code, problem.action, problem.rows) == ("too-long", "set aside", 1)
    assert name in drawn  # that of the first directory; the other one would have ended the run
