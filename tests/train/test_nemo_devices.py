"""Two devices, here processes on the CPU: stopped, killed and resumed, on real NeMo."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lines import lines_of
from tests.nemo_programs import run_program
from tests.train.world import NEMO, World

pytestmark = NEMO

Json = dict[str, Any]


class Scenarios:
    """What the scenarios of `devices.py` left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ends: Json = json.loads((folder / "ends.json").read_text(encoding="utf-8"))

    def batches(self, name: str, rank: int) -> dict[int, Json]:
        """The batches that a device trained on, by their number."""
        text = (self.folder / f"{name}-{rank}.txt").read_text(encoding="utf-8")
        return {line["batch"]: line for line in map(json.loads, lines_of(text))}

    def errors(self, name: str, rank: int) -> str:
        return (self.folder / f"{name}-{rank}.err").read_text(encoding="utf-8")

    def record(self, out: str) -> Json:
        record: Json = json.loads((self.folder / out / "run.json").read_text(encoding="utf-8"))
        return record


@pytest.fixture(scope="module")
def scenarios(world: World, tmp_path_factory: pytest.TempPathFactory) -> Scenarios:
    settings = ("trainer.devices=2", "train_ds.num_workers=1", "trainer.max_steps=4")
    sampled = ("trainer.val_check_interval=1", "trainer.limit_val_batches=1")
    single = "validation_ds.batch_size=1"
    config = world.config(world.model("ctc").path, "devices", *settings, *sampled, single)
    folder = tmp_path_factory.mktemp("devices")
    (folder / "recipe.yaml").write_text(config.to_yaml(), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(Path(__file__).with_name("devices.py")), str(folder)]
    run_program(command, env=environment).check_returncode()
    return Scenarios(folder)


def test_devices_draw_different_recordings_and_end_together(scenarios: Scenarios) -> None:
    assert scenarios.ends["stopped"]["codes"] == [143]  # the signal came to the second device
    assert scenarios.ends["resumed"]["codes"] == [0, 0]
    first, second = (scenarios.batches("stopped", rank) for rank in (0, 1))
    assert list(first) == list(second) == [1, 2]
    assert all(first[batch]["ids"] != second[batch]["ids"] for batch in first)
    record = scenarios.record("stopped")
    assert record["steps"] == 4
    assert record["resumed_at"] == [2]
    points = [record["baseline"], *record["validation"]]
    assert [point["step"] for point in points] == [0, 1, 2, 3, 4]
    assert [point["step"] for point in points if "full" in point["also"]] == [0, 4]
    assert all(point["val_wer"] is not None for point in points)


@pytest.mark.parametrize(
    ("name", "codes", "survivor"), [("killed", [1, -9], 0), ("killed-again", [-9, 1], 1)]
)
def test_a_killed_process_ends_the_whole_run_with_one_error(
    scenarios: Scenarios, name: str, codes: list[int], survivor: int
) -> None:
    end = scenarios.ends[name]
    assert end["codes"] == codes
    assert end["seconds"] < 30
    errors = scenarios.errors(name, survivor)
    assert "train run: the process of another device has ended: " in errors
    assert "hint: its own error comes first; --resume continues from the last" in errors
    assert "Traceback" not in errors


def test_a_killed_run_is_resumed_at_once(scenarios: Scenarios) -> None:
    """Data workers of the killed main process live on, and do not hold its directory."""
    assert "in use" not in scenarios.errors("continued", 0)
    assert scenarios.ends["continued"]["codes"] == [0, 0]
    assert scenarios.record("killed")["resumed_at"] == [2, 3]


@pytest.mark.parametrize(
    ("out", "parts"),
    [("stopped", ("stopped", "resumed")), ("killed", ("killed", "killed-again", "continued"))],
)
def test_what_is_resumed_on_two_devices_equals_an_undisturbed_run(
    scenarios: Scenarios, out: str, parts: tuple[str, ...]
) -> None:
    assert scenarios.ends["whole"]["codes"] == [0, 0]
    for rank in (0, 1):
        whole = scenarios.batches("whole", rank)
        drawn = [scenarios.batches(part, rank) for part in parts]
        assert [min(batches) for batches in drawn] == [1, 3, 4][: len(parts)]
        assert all(whole[number] == batch for part in drawn for number, batch in part.items())
        assert {number for part in drawn for number in part} == whole.keys()
    record, undisturbed = scenarios.record(out), scenarios.record("whole")
    for key in ("loss", "baseline", "validation", "recordings", "audio_hours_seen", "data"):
        assert record[key] == undisturbed[key], key


def test_run_json_counts_what_all_devices_drew(scenarios: Scenarios) -> None:
    record = scenarios.record("whole")
    batches = [line for rank in (0, 1) for line in scenarios.batches("whole", rank).values()]
    assert len(batches) == 8
    assert record["recordings"]["drawn"] == sum(len(line["ids"]) for line in batches)
    seconds = sum(line["speech_s"] for line in batches)
    assert record["audio_hours_seen"] == pytest.approx(seconds / 3600, abs=1e-6)
