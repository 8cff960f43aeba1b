"""Every row that a run will read is checked before it starts; no NeMo in here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from curate.errors import ConfigError
from curate.nemo.archive import open_archive
from tests.shard_indexes import write_index
from tests.train.planted import ROWS, TEXTS, Json, row, write_cuts, write_model, write_shards
from train.artifacts.rows import CheckedSet, RowProblem
from train.config import RunConfig, Setting, load_config, parse_setting
from train.plan import Plan, figures_of, make_plan, refuse
from train.plan.rows.kinds import KINDS
from train.tiny import Kind

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 10, max_duration: 10, num_buckets: 2, num_workers: 4}
"""

LONG = " ".join(["doch"] * 600)
VALIDATION = 200
"""Rows of the eval manifest: 1 % of them are 2."""


class Corpus:
    """Planted shards, with an eval manifest of one second a row."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        soundfile.write(folder / "mono.wav", np.zeros(16000), 16000)
        soundfile.write(folder / "stereo.wav", np.zeros((16000, 2)), 16000)
        (folder / "broken.wav").write_bytes(b"RIFF")
        (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")

    def config(
        self,
        train: Sequence[Json] = ROWS,
        validation: Sequence[Json] = (),
        settings: Sequence[str] = (),
        kind: Kind = "canary",
        **changes: Any,
    ) -> RunConfig:
        data = write_shards(self.folder / "shards", train)
        self.manifest(data / "eval.jsonl", validation)
        model = write_model(self.folder / "model.nemo", kind, changes)
        given = {"model": model, "data": data, "out": self.folder / "run"}
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        return load_config(self.folder / "recipe.yaml", [*options, *map(parse_setting, settings)])

    def manifest(self, path: Path, extra: Sequence[Json]) -> Path:
        """A manifest of sound rows, the given ones last."""
        rows = [spoken() for _ in range(VALIDATION - len(extra))] + list(extra)
        path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
        return path

    def plan(self, **planted: Any) -> Plan:
        run = self.config(**planted)
        return make_plan(run, open_archive(Path(run.model)))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def spoken(**changes: Any) -> Json:
    """A sound row of the eval manifest, but for the changes; None takes a field out."""
    sound: Json = {
        "audio_filepath": "../mono.wav", "duration": 1.0, "offset": 0.0, "text": "ja nein",
        "lang": "de", "source_lang": "de", "target_lang": "de", "pnc": "no",
    }  # fmt: skip
    absent = [name for name, value in changes.items() if value is None]
    return {name: value for name, value in (sound | changes).items() if name not in absent}


def problems(plan: Plan) -> dict[tuple[str, str], RowProblem]:
    return {(each.name, problem.code): problem for each, problem in plan.facts.rows.problems()}


def test_sound_rows_have_no_problem(corpus: Corpus) -> None:
    plan = corpus.plan()
    assert problems(plan) == {}
    assert [(each.name, each.rows) for each in plan.facts.rows.sets] == [
        ("train", len(ROWS)),
        ("eval", VALIDATION),
    ]


EVAL: list[tuple[str, str, Json]] = [
    ("channels", "refused", {"audio_filepath": "../stereo.wav"}),
    ("unreadable-validation", "refused", {"audio_filepath": "../broken.wav"}),
    ("unreadable-validation", "refused", {"audio_filepath": "../absent.wav"}),
    ("unreadable-validation", "refused", {"offset": 3.0}),
    ("rate-beside-offset", "refused", {"sampling_rate": 16000}),
    ("short-audio", "set aside", {"duration": 3600.0}),
    ("durations", "set aside", {"duration": 0.05}),
    ("too-long", "set aside", {"text": LONG}),
    ("slot-not-text", "refused", {"pnc": True}),
    ("slot-not-text", "refused", {"source_lang": 7}),
    ("slot-literal", "refused", {"pnc": "maybe"}),
    ("slot-literal", "refused", {"emotion": "<|spltoken0|>"}),
    ("slot-read-as-no", "refused", {"pnc": "Yes"}),
    ("slot-no-language", "refused", {"source_lang": None, "target_lang": None}),
    ("unknown-language", "refused", {"source_lang": "fr"}),
    ("unknown-language", "refused", {"target_lang": "fr"}),
    ("malformed", "refused", {"text": None}),
    ("malformed", "refused", {"text": "ja \ud800"}),
]


@pytest.mark.parametrize(("code", "action", "changes"), EVAL)
@pytest.mark.parametrize("kind", ["canary", "unified"])
def test_a_row_to_validate_on_is_named_with_its_line(
    corpus: Corpus, kind: Kind, code: str, action: str, changes: Json
) -> None:
    plan = corpus.plan(validation=[spoken(**changes)], kind=kind)
    problem = problems(plan)["eval", code]
    assert (problem.action, problem.rows) == (action, 1)
    assert problem.places == (f"{plan.facts.run.data / 'eval.jsonl'}:{VALIDATION}",)
    levels = {finding.code: finding.level for finding in plan.findings}
    assert levels[code] == ("error" if action == "refused" else "warning")


TRAIN: list[tuple[str, str, Json]] = [
    ("slot-not-text", "refused", row(pnc=True)),
    ("slot-literal", "refused", row(emotion="sad")),
    ("slot-read-as-no", "refused", row(itn="Yes")),
    ("slot-no-language", "refused", row(lang=None)),
    ("unknown-language", "refused", row(lang="fr")),
    ("malformed", "refused", row(text="ja \ud800")),
    ("too-long", "set aside", row(text=LONG)),
    ("dropped", "set aside", row(seconds=11.0)),
]


@pytest.mark.parametrize(("code", "action", "planted"), TRAIN)
def test_a_cut_to_train_on_is_named_with_its_line(
    corpus: Corpus, code: str, action: str, planted: Json
) -> None:
    rows = [*ROWS * 3, planted]
    plan = corpus.plan(train=rows)
    problem = problems(plan)["train", code]
    assert (problem.action, problem.rows) == (action, 1)
    assert problem.places == (f"{plan.facts.run.data / 'train/cuts.000000.jsonl.gz'}:{len(rows)}",)


def rewrite(data: Path, change: Callable[[Json], Json]) -> None:
    path = data / "train/cuts.000000.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        cuts = [json.loads(line) for line in file]
    cuts[0] = change(cuts[0])
    write_index(data, [write_cuts(data, 0, cuts)], {"eval": (VALIDATION, 2.0)})


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("no-supervision", lambda cut: cut | {"supervisions": []}),
        ("channels", lambda cut: cut | {"type": "MultiCut", "channel": [0, 1]}),
    ],
)
def test_a_cut_that_nemo_cannot_read_is_refused(
    corpus: Corpus, code: str, change: Callable[[Json], Json]
) -> None:
    run = corpus.config()
    rewrite(run.data, change)
    plan = make_plan(run, open_archive(Path(run.model)))
    assert problems(plan)["train", code].action == "refused"


def test_a_further_set_is_checked_as_the_first(corpus: Corpus) -> None:
    calls = corpus.folder / "shards/calls.jsonl"
    only_lang = spoken(source_lang=None, target_lang=None)
    settings = [f"validation_ds.also={{calls: {calls}}}"]
    corpus.config()
    corpus.manifest(calls, [only_lang])
    plan = corpus.plan(settings=settings)
    assert set(problems(plan)) == {("calls", "slot-no-language")}


def test_a_behaviour_that_is_neither_on_nor_off_is_refused(corpus: Corpus) -> None:
    pair = 'behaviors.verbatim={on: "<|spltoken0|>", off: "<|spltoken1|>"}'
    plan = corpus.plan(validation=[spoken(verbatim="perhaps")], settings=[pair])
    assert problems(plan)["eval", "behavior"].what == "'verbatim' is 'perhaps', neither on nor off"


@pytest.mark.parametrize("kind", ["canary", "ctc"])
def test_texts_that_are_all_empty_are_refused(corpus: Corpus, kind: Kind) -> None:
    empty = [spoken(text=" ")] * VALIDATION
    plan = corpus.plan(train=[row(text="")] * 40, validation=empty, kind=kind)
    assert {key: each.rows for key, each in problems(plan).items() if key[1] == "no-text"} == {
        ("train", "no-text"): 40,
        ("eval", "no-text"): VALIDATION,
    }


def test_a_set_of_which_no_row_is_left_is_refused(corpus: Corpus) -> None:
    reported = problems(corpus.plan(validation=[spoken(duration=0.05)] * VALIDATION))
    assert reported["eval", "durations"].action == "set aside"
    assert (reported["eval", "none-left"].action, reported["eval", "none-left"].rows) == (
        "refused",
        200,
    )


def test_more_rows_than_may_be_set_aside_are_refused(corpus: Corpus) -> None:
    too_long = [spoken(text=LONG)] * 3
    assert problems(corpus.plan(validation=too_long))["eval", "too-long"].action == "refused"
    allowed = corpus.plan(validation=too_long, settings=["faults.max_missing=0.02"])
    assert problems(allowed)["eval", "too-long"].action == "set aside"
    assert allowed.facts.rows.aside["eval"] == frozenset(
        problems(allowed)["eval", "too-long"].places
    )


def test_an_utterance_of_many_kinds_is_named_under_each_at_once(corpus: Corpus) -> None:
    bad = spoken(pnc=True, target_lang="fr", audio_filepath="../stereo.wav")
    plan = corpus.plan(validation=[bad, bad])
    with pytest.raises(ConfigError) as raised:
        refuse(plan)
    manifest = plan.facts.run.data / "eval.jsonl"
    assert [fault.where for fault in raised.value.faults] == [
        f"{manifest}:{VALIDATION - 1} [{code}]"
        for code in ("channels", "unknown-language", "slot-not-text")
    ]
    assert all("eval: 2 of 200 rows" in fault.what for fault in raised.value.faults)
    assert all(fault.hint for fault in raised.value.faults)


def test_a_gate_may_name_every_kind(corpus: Corpus) -> None:
    figures, _ = figures_of(corpus.plan(validation=[spoken(duration=0.05)]))
    assert set(KINDS) <= set(figures)
    assert (figures["durations"].count, figures["channels"].count) == (1, 0)


def test_many_rows_are_counted_and_the_first_named(corpus: Corpus) -> None:
    plan = corpus.plan(validation=[spoken(pnc=True)] * 30)
    problem = problems(plan)["eval", "slot-not-text"]
    assert (problem.rows, len(problem.places)) == (30, 10)


def test_lines_that_nemo_skips_are_not_checked(corpus: Corpus) -> None:
    plan = corpus.plan(validation=[spoken(pnc=True, _skipme="twice")])
    assert problems(plan) == {}
    assert plan.facts.rows.sets[1].rows == VALIDATION - 1


def test_a_model_without_a_prompt_needs_no_slots(corpus: Corpus) -> None:
    plan = corpus.plan(validation=[spoken(pnc=True, source_lang=None)], kind="ctc")
    assert problems(plan) == {}


def test_every_kind_is_planted_in_this_file() -> None:
    planted = {code for code, _, _ in (*EVAL, *TRAIN)}
    elsewhere = {"no-supervision", "behavior", "no-text", "slot-no-task", "none-left", "leak"}
    assert planted | elsewhere == set(KINDS)


def test_the_first_canary_needs_its_task(corpus: Corpus) -> None:
    plan = corpus.plan(validation=[spoken(taskname="sing")], prompt_format="canary")
    assert problems(plan)["eval", "slot-no-task"].rows == VALIDATION - 1
    assert (
        problems(plan)["eval", "slot-literal"].what == "taskname is 'sing'; asr and ast are known"
    )


def test_the_plan_records_every_set(corpus: Corpus) -> None:
    record = corpus.plan(validation=[spoken(duration=0.05)]).record()
    sets: tuple[CheckedSet, ...] = record.rows
    assert [each.name for each in sets] == ["train", "eval"]
    assert [problem.code for problem in sets[1].problems] == ["durations"]
    assert TEXTS  # the texts that the rows are made of
