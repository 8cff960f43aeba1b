"""The tree of commands of both programs, with a right line and wrong values for each.

The command tree is walked, so a new option is tried without a line here. What a command needs
beside the option that is wrong stands in BASE, and a command without an entry there fails.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
import soundfile
import typer

from curate.cli import main as curate_main
from curate.cli.app import app as curate_app
from tests.train.planted import ROWS, write_model, write_rows, write_shards
from train.cli import app as train_app
from train.cli import main as train_main

MAINS = {"curate": curate_main, "train": train_main}

BASE: Mapping[str, str] = {
    "curate profile": "m.jsonl --out new",
    "curate audit": "split/train.jsonl split/eval.jsonl",
    "curate card": "profile",
    "curate doctor": "",
    "curate query": "SELECT_1 profile",
    "curate head": "profile",
    "curate sample": "profile",
    "curate summary": "profile",
    "curate words": "profile",
    "curate diff": "profile profile",
    "curate manifest": "m.jsonl --out new",
    "curate merge": "pieces --out new",
    "curate reconsider": "evaluation profile",
    "curate review": "profile --no-browser",
    "curate select": "profile --hours 0.001 --lowest char_rate --out new",
    "curate shard": "split --out new",
    "curate split": "profile --out new --eval 18s --test 18s",
    "curate rules check": "default",
    "curate rules explain": "m.jsonl:1",
    "curate rules what-if": "profile",
    "curate rules compare": "default multilingual profile",
    "curate rules calibrate": "profile",
    "train average": "run --out new",
    "train calibrate": "--data shards --model model.nemo --recipe recipe.yaml --memory 1GB "
    "--set trainer.accelerator=cpu --out new",
    "train eval": "model.nemo --manifest m.jsonl --out new",
    "train export": "behaving.nemo --out new.nemo",
    "train score": "model.nemo --manifest m.jsonl --out new",
    "train voices": "--manifest m.jsonl --embeddings voices.npy --out new",
    "train plan": "--data shards --model model.nemo --recipe recipe.yaml",
    "train run": "--data shards --model model.nemo --recipe recipe.yaml --out new",
    "train sweep": "--data shards --model model.nemo --recipe recipe.yaml --out new "
    "--vary optim.lr=1e-4,3e-4",
    "train tiny": "new.nemo --manifest m.jsonl",
}
"""For each command, a line of which every value is right but the one that is tried."""

BESIDE: Mapping[str, str] = {
    "curate review --blind": "--no-browser",
    "curate review --votes": "--no-browser --blind one.jsonl two.jsonl",
    "curate split --given": "--out new",
    "curate split --keep-whole": "--out new --given train=m.jsonl",
    "curate shard --given": "--out new",
    "curate shard --keep-whole": "m.jsonl --out new",
    "curate shard --rules": "m.jsonl --out new",
    "train score --data": "model.nemo --out new",
}
"""The same for single options that go with others."""

WRONG: Mapping[str, Sequence[str]] = {
    "--by": ["speakr"],
    "--group": ["speakr"],
    "--rules": ["defalt", "nosuch.yaml"],
    "--rule": ["char_rat"],
    "--metrics": ["lidd"],
    "--format": ["nemoo"],
    "--audio": ["headr"],
    "--engine": ["rya"],
    "--max-rejected": ["alot", "-5%", "200%"],
    "--eval": ["20 hours", "-3h"],
    "--test": ["20 hours"],
    "--split": ["dev", "dev=x"],
    "--given": ["m.jsonl", "trian=m.jsonl", "train="],
    "--keep-whole": ["tset"],
    "--alpha": ["x"],
    "--where": ["char_rat > 3", "char_rate >"],
    "--part": ["9/8", "x"],
    "--plots": ["m.jsonl", "m.jsonl/x"],
    "--to": ["lhotze"],
    "--set": ["optim.lr", "optim.lrr=1", "trainer.max_steps=abc"],
    "--vary": ["optim.lrr=1,2", "optim.lr"],
    "--recipe": ["canary-1b-flsh", "nosuch.yaml"],
    "--model": ["nosuch.nemo"],
    "--shard-size": ["big"],
    "--memory": ["big", "12", "900000GB"],
    "--batch-sizes": ["nosuch.json", "recipe.yaml"],
    "SQL": ["SELECT char_rat FROM records", "SELEC 1", "SELECT * FROM 'm.jsonl'"],
    "MANIFESTS": ["nosuch.jsonl", "nosuch/*.jsonl"],
    "INPUTS": ["nosuch.jsonl"],
    "RECORDS": ["nosuch.jsonl:1", "m.jsonl:99"],
    "FILES": ["defalt", "nosuch.yaml"],
    "OLD": ["defalt"],
    "NEW": ["defalt"],
    "MODEL": ["nosuch.nemo"],
    "curate review --eval": ["nosuch", "m.jsonl"],
    "curate review --overrides": ["/proc/nosuch/x", "m.jsonl/x"],
    "curate rules compare --by": ["speakr"],
    "curate rules explain --rules": ["defalt"],
    "train eval --against": ["nosuch.nemo"],
    "train tiny OUT": ["m.jsonl/x"],
    "train tiny --encoder": ["nosuch.nemo"],
}
"""Wrong values of what takes any text; others get a name that is not there."""

ANYTHING: Mapping[str, str] = {
    "--reviewer": "a name",
    "--name": "of a corpus",
    "--licence": "what the Hub does not know it shows as it is",
    "--ray-address": "is read where --engine is ray",
    "--at": "a directory that is yet to be made",
}
"""What any text is right for, and why."""

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10, accelerator: cpu}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 10, max_duration: 10, num_buckets: 2, num_workers: 4}
"""
WORDS = [
    "river",
    "stone",
    "apple",
    "window",
    "garden",
    "yellow",
    "quiet",
    "summer",
    "letter",
    "bridge",
    "silver",
    "planet",
    "market",
    "forest",
    "candle",
    "winter",
    "harbour",
    "music",
    "paper",
    "street",
    "mountain",
    "kitchen",
    "orange",
    "village",
    "morning",
]
OUTPUTS = {"out", "votes"}


@dataclass(frozen=True)
class Case:
    """A command line that is right but for one value."""

    command: str
    name: str
    arguments: tuple[str, ...]
    value: str


@cache
def commands() -> Mapping[str, Any]:
    """Every command of both programs by its words."""
    by_words: dict[str, Any] = {}

    def walk(words: str, command: Any) -> None:
        for name, inner in getattr(command, "commands", {}).items():
            walk(f"{words} {name}", inner)
        if not hasattr(command, "commands"):
            by_words[words] = command

    for program, app in (("curate", curate_app), ("train", train_app)):
        walk(program, typer.main.get_command(app))
    return by_words


def base_type(annotation: Any) -> Any:
    """The type of one value: of `list[int] | None` it is int."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType, list, tuple):
        return next(base_type(part) for part in get_args(annotation) if part is not type(None))
    return annotation


def wrong_values(command: str, parameter: Any) -> Iterator[str]:
    named = name_of(parameter)
    kind = base_type(parameter.type_descriptor.annotation)
    if getattr(parameter, "is_flag", False):
        yield "maybe"
    elif named in ANYTHING:
        return
    elif f"{command} {named}" in WRONG:
        yield from WRONG[f"{command} {named}"]
    elif named in WRONG:
        yield from WRONG[named]
    elif kind in (int, float):
        yield "abc"
        if parameter.min is not None:
            yield f"{parameter.min - 1:g}"
        if parameter.max is not None:
            yield f"{parameter.max + 1:g}"
    elif kind is Path and parameter.name in OUTPUTS:
        yield from ("/proc/nosuch/x", "m.jsonl/x")
    elif kind is Path:
        yield from ("nosuch", "nosuch/there", "m.jsonl/x")
    elif get_origin(kind) is Literal:
        yield "nosuch"
    else:
        yield "nosuch"


def name_of(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return str(max(parameter.opts, key=len))


def cases() -> Iterator[Case]:
    for words, command in commands().items():
        for parameter in command.params:
            base = BESIDE.get(f"{words} {name_of(parameter)}", BASE[words]).split()
            for value in wrong_values(words, parameter):
                yield Case(
                    words, name_of(parameter), with_value(base, command, parameter, value), value
                )


def with_value(base: Sequence[str], command: Any, parameter: Any, value: str) -> tuple[str, ...]:
    """The base line with the value in the parameter's place."""
    named, line = (
        name_of(parameter),
        [part.replace("_", " ") if part == "SELECT_1" else part for part in base],
    )
    if getattr(parameter, "is_flag", False):
        return (*line, f"{named}={value}")
    if parameter.param_type_name == "argument":
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        at = arguments.index(parameter)
        at += 1 if words_of(line) <= at else 0
        line[at if at < words_of(line) else words_of(line) - 1] = value
        return tuple(line)
    given = next((at for at, part in enumerate(line) if part in parameter.opts), None)
    if given is not None:
        return (*line[: given + 1], value, *line[given + 2 :])
    return (*line, named, *[value] * parameter.nargs)


def words_of(line: Sequence[str]) -> int:
    """How many arguments stand before the first option."""
    return next((at for at, part in enumerate(line) if part.startswith("-")), len(line))


def small_corpus(made: Path) -> Path:
    """A small corpus, and what each stage makes of it."""
    rows = [
        {"audio_filepath": f"/nosuch/{at}.wav", "duration": 3.0, "lang": "en",
         "speaker": f"s{at % 20}", "text": " ".join(random.Random(at).sample(WORDS, 7))}
        for at in range(60)
    ]  # fmt: skip
    (made / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    np.save(made / "voices.npy", np.random.default_rng(0).normal(size=(len(rows), 8)))
    code, _, err = run(made, "curate", "profile", "m.jsonl", "--out", "profile")
    assert code == 0, err
    code, _, err = run(
        made, "curate", "split", "profile", "--out", "split", "--eval", "18s", "--test", "18s"
    )
    assert code == 0, err
    code, _, err = run(made, "curate", "profile", "m.jsonl", "--part", "1/1", "--out", "pieces")
    assert code == 0, err
    (made / "evaluation").mkdir()
    evaluated = {**rows[0], "pred_text": "so", "word_errors": 1, "ref_words": 7}
    predicted = json.dumps({**evaluated, "_curate": {"id": "m.jsonl:1"}}) + "\n"
    (made / "evaluation" / "predictions.jsonl").write_text(predicted)
    for name in ("one", "two"):
        (made / f"{name}.jsonl").write_text(json.dumps({**rows[0], "pred_text": name}) + "\n")
    write_shards(made / "shards", ROWS, 2.0)
    soundfile.write(made / "shards" / "a.wav", np.zeros(48_000), 16_000)
    canary_row = {**rows[0], "audio_filepath": "a.wav", "source_lang": "en", "target_lang": "en"}
    write_rows(made / "shards" / "eval.jsonl", [canary_row] * 9)
    write_model(made / "model.nemo", "canary", None, 24)
    pair = {"behaviors.verbatim": {"on": "<|spltoken0|>", "off": "<|spltoken1|>"}}
    write_model(made / "behaving.nemo", "canary", pair, 24)
    (made / "recipe.yaml").write_text(RECIPE)
    return made


def run(folder: Path, program: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in this folder, in this process."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    old = sys.argv
    os.chdir(folder)
    sys.argv = [program, *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                MAINS[program]()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
    finally:
        os.chdir(before)
        sys.argv = old
        for each, handler in handlers.items():
            signal.signal(each, handler)
    return code, out.getvalue(), err.getvalue()
