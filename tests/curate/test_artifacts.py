"""Artifacts: written as declared, read back as they were, refused in one error otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, ValidationError

from curate.artifacts.base import (
    Gate,
    GatedArtifact,
    Model,
    OptionalKey,
    SchemaId,
    read_artifact,
    write_artifact,
)
from curate.errors import InputError


class Step(Model):
    before: str = Field(alias="from")
    rows: OptionalKey[int] = None


class Plan(GatedArtifact):
    file = "plan.json"
    made_by = "curate plan"
    schema_id: SchemaId[Literal["curate.plan/2"]] = "curate.plan/2"

    steps: tuple[Step, ...]
    share: float | None


PLAN = Plan(
    command="curate plan",
    versions={"polars": "2"},
    steps=(Step(before="a"), Step(before="b", rows=3)),
    share=None,
)
WRITTEN = {
    "schema": "curate.plan/2",
    "command": "curate plan",
    "versions": {"polars": "2"},
    "warnings": [],
    "fail_on": [],
    "steps": [{"from": "a"}, {"from": "b", "rows": 3}],
    "share": None,
}


def test_an_artifact_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_artifact(tmp_path, PLAN)
    text = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert text == json.dumps(WRITTEN, indent=2) + "\n"  # keys in the order of declaration
    assert read_artifact(tmp_path, Plan) == read_artifact(tmp_path / "plan.json", Plan) == PLAN


def test_gates_are_added_to_a_copy() -> None:
    gate = Gate(gate="drifted>0", figure="2 metrics", failed=True)
    assert PLAN.with_gates([gate]).fail_on == (gate,)
    assert PLAN.fail_on == ()


@pytest.mark.parametrize("value", [{"from": 1}, {"from": "a", "row": 2}, {}])
def test_an_object_is_strict(value: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Step.model_validate(value)


AGAIN = "\n  hint: make it again with curate plan"
FAULTS = (
    ("{", "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char"),
    ("[]", "(top level): is no JSON object"),
    ("{}", "states no schema; this version reads curate.plan/2"),
    ('{"schema": "curate.plan/1"}', "is of schema 'curate.plan/1'; this version reads curate.plan"),
    ('{"schema": ["x"]}', "is of schema ['x']; this version reads curate.plan/2"),
    (json.dumps({**WRITTEN, "share": float("nan")}), "is not JSON: NaN is not a JSON number"),
    (json.dumps({k: v for k, v in WRITTEN.items() if k != "schema"}), "states no schema; this ver"),
)


@pytest.mark.parametrize(("text", "what"), FAULTS)
def test_a_file_of_something_else_is_refused(text: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_artifact(tmp_path, Plan)
    assert str(raised.value).startswith(f"{tmp_path / 'plan.json'}: {what}")
    assert str(raised.value).endswith(AGAIN)
    assert len(raised.value.faults) == 1


def test_all_wrong_keys_are_named_at_once(tmp_path: Path) -> None:
    wrong = {
        **{key: value for key, value in WRITTEN.items() if key != "versions"},
        "steps": [{"from": "a"}, {"before": "b", "rows": "3"}],
        "shares": 1,
    }
    (tmp_path / "plan.json").write_text(json.dumps(wrong), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_artifact(tmp_path, Plan)
    places = {fault.where.rpartition(": ")[2]: fault.what for fault in raised.value.faults}
    assert places == {
        "versions": "is missing",
        "steps[1].from": "is missing",
        "steps[1].before": "is not a key of this schema",
        "steps[1].rows": "input should be a valid integer",
        "shares": "is not a key of this schema",
    }


def test_keys_that_are_wrong_alike_are_one_fault(tmp_path: Path) -> None:
    wrong = {**WRITTEN, "steps": [{"from": 1}] * 500}
    (tmp_path / "plan.json").write_text(json.dumps(wrong), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_artifact(tmp_path, Plan)
    (fault,) = raised.value.faults
    assert fault.where == f"{tmp_path / 'plan.json'}: steps[0].from"
    assert fault.what == "input should be a valid string (and in 499 more places like it)"


def test_a_missing_file_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_artifact(tmp_path, Plan)
    assert str(raised.value) == f"{tmp_path}: holds no plan.json\n  hint: make it with curate plan"
    with pytest.raises(InputError, match="there is no such file or directory"):
        read_artifact(tmp_path / "other.json", Plan)


def test_a_lone_surrogate_is_spelt_out(tmp_path: Path) -> None:
    text = json.dumps({**WRITTEN, "command": "\ud800"})  # escaped: no UTF-8 text can hold it
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    assert read_artifact(tmp_path, Plan).command == "\\ud800"
