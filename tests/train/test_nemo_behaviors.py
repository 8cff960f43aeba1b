"""A model with behaviours where this package is not: by its plug-in, as a plain copy, by neither.

One process, in which this package cannot be imported, does it all for both kinds of tokenizer:
NeMo's import takes 14 s.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curate.nemo.archive import open_archive
from tests.lines import lines_of
from tests.nemo_programs import run_program
from tests.train.behaving import behaving, pieces, with_field
from tests.train.world import NEMO, World
from train.evaluate import EvalRequest, evaluate
from train.export import export_plain
from train.fit import RunRequest, fit
from train.recipe import behaviors
from train.tiny import Kind

pytestmark = NEMO

ALONE = """
import json, sys
sys.modules.update(dict.fromkeys(("curate", "train", "reports")))  # none can be imported
from pathlib import Path
import soundfile
from nemo.collections.asr.models import ASRModel, EncDecMultiTaskModel

german = {"source_lang": "de", "target_lang": "de"}

def transcribe(model, *audio, **slots):
    seen, decode = [], model.decoding.decode_predictions_tensor

    def look(*arguments, decoder_input_ids, **named):
        for row in decoder_input_ids.tolist():
            seen.append([model.tokenizer.ids_to_tokens([number])[0] for number in row])
        return decode(*arguments, decoder_input_ids=decoder_input_ids, **named)

    model.decoding.decode_predictions_tensor = look
    texts = [h.text for h in model.transcribe(*audio, batch_size=2, verbose=False, **slots)]
    model.decoding.decode_predictions_tensor = decode
    return {"texts": texts, "prompts": seen}

def error(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def restore_plainly(run):
    return [error(kind.restore_from, f"{run}/model.nemo", map_location="cpu")
            for kind in (ASRModel, EncDecMultiTaskModel)]

def answer(run, plain, audio, manifest):
    model = ASRModel.restore_from(plain, map_location="cpu")
    yield "plain", transcribe(model, [audio, audio], **german)
    yield "by neither", restore_plainly(run)
    sys.path.insert(0, run)
    from canary2_behaviors import restore
    yield "without behaviours", error(restore, plain)
    model = restore(f"{run}/model.nemo", map_location="cpu")
    yield "class", [type(model).__name__, model.cfg.target]
    for name, value in (("yes", "yes"), ("True", True), ("no", "no"), ("token", "<|spltoken0|>")):
        yield name, transcribe(model, [audio, audio], **german, verbatim=value)
    yield "unset", transcribe(model, [audio, audio], **german)
    yield "role", transcribe(model, [audio], role="user", slots={**german, "verbatim": "yes"})
    yield "rows", transcribe(model, manifest)
    yield "rows and yes", transcribe(model, manifest, verbatim="yes")
    wave, _ = soundfile.read(audio, dtype="float32")
    yield "array", transcribe(model, [wave, wave], **german, verbatim="yes")
    yield "maybe", error(model.transcribe, [audio], verbatim="maybe", **german)
    yield "misspelt", error(model.transcribe, [audio], verbatm="yes", **german)
    yield "changed", error(model.change_prompt, prompt_defaults=[])
    yield "by neither, later", restore_plainly(run)
    yield "not imported", [n for n in ("curate", "train", "reports") if sys.modules[n] is None]

cases = json.loads(sys.argv[1])
print("ANSWERS", json.dumps({kind: dict(answer(*case)) for kind, case in cases.items()}))
"""


@dataclass(frozen=True)
class Alone:
    """What the process answered, its messages, the files of the run, and the tokens of behaviours
    that it was trained with.
    """

    answers: dict[str, Any]
    messages: str
    run: Path
    plain: Path
    trained_with: set[str]

    def tokens(self, name: str) -> list[str]:
        """The token of the behaviour in each prompt, which stands last; empty without one."""
        return [row[-1] if "spltoken" in row[-1] else "" for row in self.answers[name]["prompts"]]


KINDS: tuple[Kind, ...] = ("canary", "unified")


@pytest.fixture(scope="module")
def both(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Alone]:
    """The answers for a model of each kind."""
    folder = tmp_path_factory.mktemp("alone")
    data = with_field(world, folder / "shards", ("yes", False, "no"))
    rows = [json.loads(line) for line in lines_of((data / "eval.jsonl").read_text())][:3]
    fields: tuple[dict[str, object], ...] = ({"verbatim": True}, {"verbatim": "no"}, {})
    lines = (json.dumps(row | field) + "\n" for row, field in zip(rows, fields, strict=True))
    (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    cases: dict[Kind, tuple[str, ...]] = {}
    trained_with: dict[Kind, set[str]] = {}
    for kind in KINDS:
        config = behaving(world, kind, data, f"alone-{kind}", "trainer.max_steps=3")
        with behaviour_tokens() as trained_with[kind]:
            run = fit(RunRequest(config))
        plain = export_plain(str(run.folder), folder / f"{kind}.nemo").path
        paths = (run.folder, plain, rows[0]["audio_filepath"], folder / "rows.jsonl")
        cases[kind] = tuple(map(str, paths))
    done = run_program([sys.executable, "-c", ALONE, json.dumps(cases)], cwd=folder)
    line = next((line for line in lines_of(done.stdout) if line.startswith("ANSWERS ")), None)
    assert line, done.stderr
    answers, messages = json.loads(line.removeprefix("ANSWERS ")), done.stdout + done.stderr
    return {
        kind: Alone(answers[kind], messages, Path(case[0]), Path(case[1]), trained_with[kind])
        for kind, case in cases.items()
    }


@contextmanager
def behaviour_tokens() -> Iterator[set[str]]:
    """The tokens of behaviours in the prompts of the batches that are trained on inside."""
    from train.nemo.callbacks import Freezing

    seen: set[str] = set()
    original = Freezing.on_train_batch_start

    def look(self: Any, trainer: Any, model: Any, batch: Any, index: int) -> None:
        original(self, trainer, model, batch, index)
        for row in batch.prompt.tolist():
            seen.update(piece for piece in pieces(model.tokenizer, row) if "spltoken" in piece)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Freezing, "on_train_batch_start", look)
        yield seen


@pytest.fixture(params=KINDS)
def alone(both: dict[Kind, Alone], request: pytest.FixtureRequest) -> Alone:
    return both[request.param]


@pytest.mark.parametrize("kind", KINDS)
def test_a_behaviour_becomes_a_token_of_the_prompt(
    world: World, both: dict[Kind, Alone], kind: Kind
) -> None:
    assert both[kind].trained_with == {"<|spltoken0|>", "<|spltoken1|>"}
    archive = open_archive(both[kind].run / "model.nemo")
    name = "canary2_verbatim_0_1 (restore it with canary2_behaviors.py)"
    assert archive.config["prompt_format"] == name
    assert archive.config["behaviors"] == {
        "verbatim": {"on": "<|spltoken0|>", "off": "<|spltoken1|>"}
    }
    before, after = shapes(world.model(kind).path), shapes(archive.path)
    assert before == after  # no embedding has grown


def shapes(path: Path) -> dict[str, Any]:
    from train.nemo import model

    state = model.restore(open_archive(path)).model.state_dict()
    return {name: value.shape for name, value in state.items()}


def test_a_behaviour_is_applied_when_the_model_is_evaluated(
    world: World, both: dict[Kind, Alone], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.nemo import canary2_behaviors

    rows = lines_of((world.data / "eval.jsonl").read_text(encoding="utf-8"))
    manifest = tmp_path / "eval.jsonl"
    rows_with_field = (
        {**json.loads(row), "verbatim": number % 2 == 0} for number, row in enumerate(rows)
    )
    manifest.write_text(
        "".join(json.dumps(row) + "\n" for row in rows_with_field), encoding="utf-8"
    )
    tokens: list[str] = []
    original = canary2_behaviors.token_of

    def listen(name: str, pair: Any, value: Any) -> str:
        tokens.append(token := original(name, pair, value))
        return token

    monkeypatch.setattr(canary2_behaviors, "token_of", listen)
    model = str(both["canary"].run / "model.nemo")
    done = evaluate(EvalRequest(model, [manifest], tmp_path / "eval"))
    assert done.rows == len(rows)
    assert set(tokens) == {"<|spltoken0|>", "<|spltoken1|>"}


def test_a_plain_copy_transcribes_by_nemo_alone(alone: Alone) -> None:
    answer = alone.answers["plain"]
    assert [isinstance(text, str) for text in answer["texts"]] == [True, True]
    assert alone.tokens("plain") == ["", ""]
    assert open_archive(alone.plain).config["prompt_format"] == "canary2"


def test_the_error_of_nemo_alone_names_the_file_that_it_needs(alone: Alone) -> None:
    assert all(alone.answers["by neither"])
    assert "(restore it with canary2_behaviors.py)" in alone.answers["by neither"][1]
    assert "(restore it with canary2_behaviors.py)" in alone.messages  # ASRModel logs it


def test_nemo_alone_never_takes_a_behaviour_for_off(alone: Alone) -> None:
    assert all(alone.answers["by neither, later"])  # the plug-in is imported, and was used


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("yes", "00"),
        ("True", "00"),
        ("token", "00"),
        ("no", "11"),
        ("unset", "11"),
        ("role", "0"),
        ("rows", "011"),
        ("rows and yes", "010"),  # a row's own field comes first
        ("array", "00"),
    ],
)
def test_the_plugin_puts_the_token_into_the_prompt(alone: Alone, name: str, numbers: str) -> None:
    assert alone.tokens(name) == [f"<|spltoken{number}|>" for number in numbers]
    assert len(alone.answers[name]["texts"]) == len(numbers)


def test_what_is_neither_on_nor_off_is_an_error(alone: Alone) -> None:
    assert alone.answers["maybe"].startswith("ValueError: 'verbatim' is 'maybe', not one of")


def test_a_misspelt_behaviour_is_an_error(alone: Alone) -> None:
    assert alone.answers["misspelt"].startswith("ValueError: the prompt has no ['verbatm']")
    assert "'verbatim'" in alone.answers["misspelt"]


def test_a_model_without_behaviours_needs_no_plugin(alone: Alone) -> None:
    assert "ASRModel.restore_from restores it" in alone.answers["without behaviours"]


def test_the_model_is_nemos_own_but_for_its_prompt(alone: Alone) -> None:
    name, target = alone.answers["class"]
    assert (name, target.rpartition(".")[2]) == ("BehaviorsCanary", "EncDecMultiTaskModel")
    assert alone.answers["changed"] is None
    assert alone.answers["not imported"] == ["curate", "train", "reports"]


def test_the_plugin_lies_beside_the_model(alone: Alone) -> None:
    from train.nemo import canary2_behaviors

    source = Path(canary2_behaviors.__file__).read_bytes()
    assert (alone.run / behaviors.PLUGIN).read_bytes() == source
    assert behaviors.PLUGIN in (alone.run / "run.json").read_text(encoding="utf-8")
    assert b"from train" not in source
    assert b"from curate" not in source


def test_plugin_and_plan_read_a_field_alike() -> None:
    from train.nemo.canary2_behaviors import OFF, ON

    assert (ON, OFF) == (behaviors.ON, behaviors.OFF)
