"""Drive a manifest through the commands: profile, split, audit, shard, verify, plan, run, eval.

Each command runs in this process by its own command line, with what it prints and its exit code;
`Step.rows` and `Step.seconds` are what its artefact counts, by output. An error that nobody foresaw
is the test's failure.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from curate.errors import CurateError

Json = dict[str, Any]

LINE = ("profile", "split", "audit", "shard", "verify", "plan")
"""The commands that need no NeMo, in order."""

RECIPE = """\
trainer: {max_steps: 3, val_check_interval: 3, log_every_n_steps: 1, accelerator: cpu}
optim: {lr: 1e-3, warmup_steps: 1, min_lr: 1e-5}
train_ds: {batch_duration: 20, max_duration: 20, num_buckets: 2, num_workers: 0}
validation_ds: {batch_size: 4}
"""


@dataclass(frozen=True)
class Ran:
    """A command that ended: its exit code, what it printed, its JSON where it printed some."""

    exit_code: int
    stderr: str
    stdout: str = field(repr=False, default="")

    @property
    def answer(self) -> Any:
        """The JSON document on stdout; None where there is none."""
        return json.loads(self.stdout) if self.stdout.strip() else None


def command(name: str, *words: object) -> Ran:
    """Run `curate ...` or `train ...` in this process."""
    out, errors = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(errors):
        try:
            _parser(name)([str(word) for word in words], prog_name=name)
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else int(done.code is not None)
        except CurateError as error:
            code = error.exit_code
            errors.write("".join(f"{fault}\n" for fault in error.faults))
    return Ran(code, errors.getvalue(), out.getvalue())


@cache
def _parser(name: str) -> Any:
    """The program's commands and options; Typer makes all of them anew for each call of an app."""
    return typer.main.get_command(import_module(f"{name}.cli.app").app)


@dataclass(frozen=True)
class Step:
    """What a command of the way did, and what its artefact counts: rows and seconds by output."""

    ran: Ran
    rows: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    artefact: Json = field(repr=False, default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The command's exit code."""
        return self.ran.exit_code


@dataclass(frozen=True)
class Options:
    """Further words for each command of the way."""

    profile: Sequence[object] = ("--audio", "signal")
    split: Sequence[object] = ("--eval", "6s", "--test", "6s", "--floor", "0s", "--cap", "0.5")
    audit: Sequence[object] = ()
    shard: Sequence[object] = ()
    verify: Sequence[object] = ("--decode", "all")
    plan: Sequence[object] = ()
    run: Sequence[object] = ()
    eval: Sequence[object] = ()


USUAL = Options()


@dataclass
class Journey:
    """A manifest on its way through the commands; `steps` are those that ran, by name.

    `eval` takes the model that `run` made, or `model` where there was no run.
    """

    inputs: Sequence[Path]
    out: Path
    options: Options = USUAL
    model: Path | None = None
    steps: dict[str, Step] = field(default_factory=dict)

    @property
    def shards(self) -> Path:
        """What `curate shard` writes."""
        return self.out / "shards"

    @property
    def split(self) -> Path:
        """What `curate split` writes."""
        return self.out / "split"

    @property
    def failures(self) -> list[str]:
        """The commands that did not exit 0, with what they said."""
        return [
            f"{name}: exit {step.exit_code}: {step.ran.stderr}"
            for name, step in self.steps.items()
            if step.exit_code
        ]

    def go(self, *names: str) -> Journey:
        """Run these commands, by default all that need no NeMo; stop behind one that wrote nothing.

        `run` and `eval` need a model, and so does `plan`, which is passed over without one.
        """
        for name in names or LINE:
            if name == "plan" and self.model is None:
                continue
            step: Step = getattr(self, f"_{name}")()
            self.steps[name] = step
            if step.exit_code not in (0, 1):
                break
        return self

    def continued(self, out: Path, **options: Sequence[object]) -> Journey:
        """A journey that goes on from here in another folder, with other words for a command."""
        shutil.copytree(self.out, out)
        changed = replace(self.options, **options)
        return Journey(self.inputs, out, changed, self.model, dict(self.steps))

    def _profile(self) -> Step:
        folder = self.out / "profile"
        words = (*self.inputs, "--out", folder, *self.options.profile, "-q")
        ran = command("curate", "profile", *words)
        return by_ledger(ran, folder)

    def _split(self) -> Step:
        words = (self.out / "profile", "--out", self.split, *self.options.split, "-q")
        return by_ledger(command("curate", "split", *words), self.split)

    def _audit(self) -> Step:
        ran = command("curate", "audit", self.split, *self.options.audit, "--json", "-q")
        return Step(ran, artefact=ran.answer or {})

    def _shard(self) -> Step:
        words = (self.split, "--out", self.shards, "--workers", 1, *self.options.shard, "-q")
        return by_ledger(command("curate", "shard", *words), self.shards)

    def _verify(self) -> Step:
        words = ("--verify", self.shards, "--workers", 1, *self.options.verify, "--json", "-q")
        ran = command("curate", "shard", *words)
        verification: Json = ran.answer or {}
        if not verification:
            return Step(ran)
        rows = {"train": verification["cuts"], "decoded": verification["decoded"]}
        return Step(ran, rows, {"train": round(verification["hours"] * 3600, 6)}, verification)

    def _plan(self) -> Step:
        words = self._training(self.options.plan)
        ran = command("train", "plan", *words, "--json")
        plan: Json = ran.answer or {}
        if not plan:
            return Step(ran)
        data = plan["data"]
        validation = data["validation"] or {"rows": 0, "hours": 0}
        rows = {"train": data["cuts"], "eval": validation["rows"]}
        hours = {"train": data["hours"], "eval": validation["hours"]}
        return Step(ran, rows, {name: number * 3600 for name, number in hours.items()}, plan)

    def _run(self) -> Step:
        folder = self.out / "run"
        words = self._training(self.options.run)
        ran = command("train", "run", *words, "--out", folder, "--json")
        content = _json(folder / "run.json")
        if not content:
            return Step(ran)
        data = content["data"]
        rows = {"train": data["train_cuts"], "eval": data["eval_rows"]}
        return Step(ran, rows, {"train": data["train_hours"] * 3600}, content)

    def _eval(self) -> Step:
        assert self.model is not None, "train eval needs a model"
        folder = self.out / "evaluation"
        manifests = [w for name in ("eval", "test") for w in self._manifest(name)]
        trained = self.out / "run" / "model.nemo"
        model = trained if trained.is_file() else self.model
        words = (model, *manifests, "--out", folder, *self.options.eval, "--json")
        return evaluated(command("train", "eval", *words), folder)

    def _manifest(self, name: str) -> tuple[object, ...]:
        path = self.shards / f"{name}.jsonl"
        there = path.is_file() and path.stat().st_size
        return ("--manifest", path) if there else ()

    def _training(self, further: Sequence[object]) -> tuple[object, ...]:
        assert self.model is not None, "training needs a model"
        recipe = self.out / "recipe.yaml"
        recipe.write_text(RECIPE, encoding="utf-8")
        return ("--data", self.shards, "--model", self.model, "--recipe", recipe, *further)


def evaluated(ran: Ran, folder: Path) -> Step:
    """A `train eval` that ended: rows that were scored and those that were not."""
    content = _json(folder / "wer.json")
    if not content:
        return Step(ran)
    predictions = folder / "predictions.jsonl"
    lines = predictions.read_bytes().split(b"\n")[:-1]
    rows = {
        "scored": content["overall"]["rows"] + sum(t["rows"] for t in content["translations"]),
        "unscored": len(content["unscored"]),
        "predictions": len(lines),
    }
    return Step(ran, rows, {}, content)


def by_ledger(ran: Ran, folder: Path) -> Step:
    """What a ledger counts, by output; `inputs` is what came in."""
    ledger = _json(folder / "ledger.json")
    if not ledger:
        return Step(ran)
    entries = {"inputs": ledger["inputs"], **{entry["name"]: entry for entry in ledger["outputs"]}}
    rows = {name: entry["rows"] for name, entry in entries.items()}
    seconds = {name: entry["duration_us"] / 1e6 for name, entry in entries.items()}
    return Step(ran, rows, seconds, ledger)


def _json(path: Path) -> Json:
    """An artefact; empty where it was not written."""
    return dict(json.loads(path.read_bytes())) if path.is_file() else {}
