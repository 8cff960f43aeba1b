"""Each misuse of CASES is refused before step 1, or named and counted: no NeMo runs in here."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.command_tree import run
from tests.train.misuse.given import Given
from tests.train.misuse.spoil import SPOIL, STOPPED
from tests.train.misuse.table import CASES, Case
from train.runs.job import FitJob

BEGINS = 77
"""The exit code of a run that would take its first step."""


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Given]:
    with ExitStack() as stack:
        yield Given(tmp_path, monkeypatch, stack)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[FitJob]:
    """The jobs of the runs that would have taken their first step; each exits by BEGINS."""
    begun: list[FitJob] = []

    def train(job: FitJob, observer: object) -> None:
        begun.append(job)
        sys.exit(BEGINS)

    module = ModuleType("train.nemo.fit")
    vars(module)["train"] = train
    monkeypatch.setitem(sys.modules, "train.nemo.fit", module)
    return begun


@dataclass(frozen=True)
class Answer:
    """What a command answered: its exit code, its errors, and the plan that it printed."""

    code: int
    errors: str
    plan: Mapping[str, Any]

    @property
    def words(self) -> str:
        """All that it said, in one line."""
        return " ".join([self.errors, *self.findings(), *self.problems(), *self.strata()])

    def findings(self, *levels: str) -> Iterator[str]:
        for each in self.plan.get("findings", ()):
            if not levels or each["level"] in levels:
                yield f"{each['what']}: {each['why']} hint: {each['hint']}"

    def problems(self) -> Iterator[str]:
        for checked in self.plan.get("rows", ()):
            yield from (f"{each['action']}: {each['what']}" for each in checked["problems"])

    def strata(self) -> Iterator[str]:
        sets = self.plan["validation"]["sets"][:1] if self.plan else ()
        for each in sets:
            rows = (f"{s['stratum'][0]} {s['rows']} of {s['of_rows']}" for s in each["strata"])
            yield f"stratum {', '.join(rows)}"


def ask(given: Given, command: str) -> Answer:
    code, out, err = run(given.folder, "train", *given.arguments(command))
    return Answer(code, " ".join(err.split()), json.loads(out) if out else {})


def files(given: Given) -> set[Path]:
    return set(given.out.rglob("*")) if given.out.exists() else set()


def cases(*outcomes: str) -> list[Any]:
    chosen = [case for case in CASES.values() if case.outcome in outcomes and case.id in SPOIL]
    return [pytest.param(case, id=case.id) for case in chosen]


@pytest.mark.parametrize("case", cases("refused"))
def test_a_misuse_is_refused_before_anything_is_written(
    given: Given, jobs: list[FitJob], case: Case
) -> None:
    SPOIL[case.id](given)
    given.write()
    before = files(given)
    plan, done = ask(given, "plan"), ask(given, "run")
    assert (plan.code in {2, 3}) is case.plan_knows, plan.words
    assert not case.plan_knows or case.message in plan.words
    assert case.message in done.errors
    assert " hint: " in done.errors
    assert done.code == case.exit_code
    assert jobs == []
    assert files(given) == before


@pytest.mark.parametrize("case", cases("set aside"))
def test_a_misuse_is_set_aside_counted_and_named(
    given: Given, jobs: list[FitJob], case: Case
) -> None:
    SPOIL[case.id](given)
    given.write()
    plan, done = ask(given, "plan"), ask(given, "run")
    assert plan.code == 0, plan.words
    assert case.message in plan.words
    assert done.code == BEGINS, done.errors
    ((problem,),) = [each.problems for each in jobs[0].rows if each.problems]
    assert (problem.action, problem.rows) == ("set aside", 1)
    assert [len(each) for each in jobs[0].aside.values() if each] == [1]


@pytest.mark.parametrize("case", cases("warning", "note"))
def test_a_misuse_is_named_and_the_run_goes_on(
    given: Given,
    jobs: list[FitJob],
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
) -> None:
    logged = io.StringIO()  # whatever NeMo did to loggers and handlers of this process
    logger = logging.Logger("locks")
    logger.addHandler(logging.StreamHandler(logged))
    monkeypatch.setattr("curate.files.lock._log", logger)
    monkeypatch.setattr(logging.root.manager, "disable", 0)
    SPOIL[case.id](given)
    given.write()
    plan, done = ask(given, "plan"), ask(given, "run")
    assert plan.code == 0, plan.words
    assert (case.message in plan.words) is case.plan_knows
    assert done.code == BEGINS, done.errors
    assert case.outcome == "note" or case.message in done.errors + logged.getvalue()
    assert len(jobs) == 1


@pytest.mark.parametrize("case", [pytest.param(CASES[name], id=name) for name in STOPPED])
def test_only_the_same_run_is_resumed(given: Given, jobs: list[FitJob], case: Case) -> None:
    given.write()
    assert ask(given, "run").code == BEGINS  # and stopped there
    given.run_options.append("--resume")
    assert ask(given, "run").code == BEGINS
    STOPPED[case.id](given)
    before = files(given)
    done = ask(given, "run")
    assert case.message in done.errors
    assert done.code == (case.exit_code if case.outcome == "refused" else BEGINS)
    assert len(jobs) == (2 if case.outcome == "refused" else 3)
    assert files(given) == before


def test_every_case_is_tried(root: Path) -> None:
    tried = {*SPOIL, *STOPPED}
    assert tried <= CASES.keys()
    elsewhere = {each.id: each.test for each in CASES.values() if each.test}
    assert {*tried, *elsewhere} == CASES.keys()
    assert not tried & elsewhere.keys()
    assert len(tried) >= 60
    for test in elsewhere.values():
        path, _, name = test.partition("::")
        assert f"\ndef {name}(" in (root / path).read_text(encoding="utf-8"), test


def test_a_world_that_nothing_spoils_begins(given: Given, jobs: list[FitJob]) -> None:
    given.write()
    plan, done = ask(given, "plan"), ask(given, "run")
    assert (plan.code, done.code) == (0, BEGINS), (plan.words, done.errors)
    assert [*plan.findings("error", "warning")] == []
    assert not any(each.problems for each in jobs[0].rows)
