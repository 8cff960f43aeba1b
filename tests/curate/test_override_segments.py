"""A corrected segment: trimmed by hand, measured, split, and undone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import ConfigError
from curate.profiles.request import RuleOptions
from curate.rules.overrides import Decision, append, content_of, read, undone
from curate.splits.line_edits import trimmed
from tests.lines import lines_of

NOW = "2026-11-26T10:00:00Z"
TEXT = "a sentence of some words"


def rows() -> list[dict[str, Any]]:
    texts = [f"{TEXT} and number {at} in a row" for at in range(30)]
    return [
        {"audio_filepath": f"{at}.wav", "offset": 1.5, "duration": 4.0, "text": text, "kept": 1.50}
        for at, text in enumerate(texts)
    ]


def trim(at: int, offset: float, duration: float, **more: Any) -> Decision:
    return Decision(
        "trim", "anna", NOW, f"{at}.wav", offset=1.5, new_offset=offset, new_duration=duration,
        **more,
    )  # fmt: skip


@pytest.fixture
def profiled(
    manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[dict[str, Any]]]:
    """Records of a profile of `rows` with these further decisions in the log."""
    monkeypatch.chdir(tmp_path)
    manifest(*map(json.dumps, rows()), name="m.jsonl")

    def made(*decisions: Decision) -> list[dict[str, Any]]:
        for each in decisions:
            append("o.jsonl", each)
        profile = curate.profile("m.jsonl", out="p", rules=RuleOptions(overrides=Path("o.jsonl")))
        return profile.records().collect().to_dicts()

    return made


def test_metrics_and_hours_are_of_the_corrected_segment(
    profiled: Callable[..., list[dict[str, Any]]],
) -> None:
    first = trim(3, 2.0, 1.25)
    records = profiled(first, Decision("text", "ben", NOW, "4.wav", offset=1.5, text="so"))
    row = records[3]
    assert (row["offset_s"], row["duration_s"], row["duration_us"]) == (2.0, 1.25, 1_250_000)
    assert (row["offset_fix"], row["duration_fix"], row["text_fix"]) == (2.0, 1.25, None)
    assert row["char_rate"] == pytest.approx(len(rows()[3]["text"]) / 1.25)
    assert "override:trim" in row["tags"]
    assert row["reason"].startswith(f"segment trimmed by anna at {NOW}")
    assert records[2]["duration_fix"] is None
    other = json.loads(Path("p/profile.json").read_text())["overrides"]
    assert other["rows_by_decision"] == {"text": 1, "trim": 1}
    content = content_of(rows()[3])
    assert content is not None
    again = profiled(trim(3, 2.5, 1.0, content=content))  # the record as its manifest has it
    assert (again[3]["offset_s"], again[3]["duration_s"]) == (2.5, 1.0)
    assert again[:3] == records[:3]
    both = profiled(Decision("text", "ben", NOW, "3.wav", offset=1.5, text="so"))
    assert (both[3]["duration_s"], both[3]["text_fix"], both[3]["chars"]) == (1.0, "so", 2)
    undo = undone(trim(3, 2.5, 1.0, content=content), "anna", NOW)
    assert profiled(undo)[3]["duration_s"] == 1.25
    back = profiled(undone(Decision("text", "ben", NOW, "3.wav", offset=1.5, text="so"), "a", NOW),
                    undone(first, "anna", NOW))  # fmt: skip
    assert (back[3]["offset_s"], back[3]["duration_s"], back[3]["tags"]) == (1.5, 4.0, [])


def test_a_split_has_the_corrected_segment(profiled: Callable[..., list[dict[str, Any]]]) -> None:
    profiled(trim(3, 2.0, 3.25))
    curate.split("p", out="s", sizes={"eval": "20s", "test": "20s"})
    lines = [
        line
        for name in ("train", "eval", "test", "held_out")
        if (path := Path(f"s/{name}.jsonl")).exists()
        for line in lines_of(path.read_text(encoding="utf-8"))
    ]
    parts = {record["audio_filepath"]: record for record in map(json.loads, lines)}
    assert len(parts) == 30
    assert (parts["3.wav"]["offset"], parts["3.wav"]["duration"]) == (2.0, 3.25)
    before = parts["3.wav"]["offset_before"], parts["3.wav"]["duration_before"]
    assert before == (1.5, 4.0)
    assert parts["5.wav"] == rows()[5]
    ledger = json.loads(Path("s/ledger.json").read_text(encoding="utf-8"))
    seconds = sum(record["duration"] for record in parts.values())
    assert ledger["inputs"]["duration_us"] == round(seconds * 1e6)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"duration": 4e0, "x": 1.50}',
         b'{"duration": 1.0, "x": 1.50, "offset": 2.0, "duration_before": 4.0}'),
        (b'{"offset": 0, "duration": 4, "duration_before": 9}',
         b'{"offset": 2.0, "duration": 1.0, "duration_before": 9}'),
        (b'{"duration": 4, "sampling_rate": 16000}',
         b'{"duration": 1.0, "offset": 2.0, "duration_before": 4}'),
    ],
)  # fmt: skip
def test_a_line_with_another_segment(line: bytes, expected: bytes) -> None:
    assert json.loads(trimmed(line, 2.0, 1.0)) == json.loads(expected)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"new_offset": 1.0}, "needs 'new_offset' and 'new_duration'"),
        ({"new_offset": -1.0, "new_duration": 1.0}, "'new_offset' is 0 or more"),
        ({"new_offset": 1.0, "new_duration": 0}, "'new_duration' is more than 0"),
        ({"new_offset": "1", "new_duration": 1}, "'new_offset' is a number of seconds"),
        ({"new_offset": 1.0, "new_duration": 1e9}, "'new_duration' is a number of seconds"),
        ({"new_offset": 1.0, "new_duration": 1.0, "text": "a"}, "'trim' with a 'text'"),
        ({"decision": "keep", "new_offset": 1.0}, "'new_offset' goes with decision 'trim'"),
    ],
)
def test_what_is_no_segment(tmp_path: Path, stated: Mapping[str, object], message: str) -> None:
    line = {"decision": "trim", "audio_filepath": "a", "by": "anna", "at": NOW, **stated}
    (tmp_path / "o.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read(tmp_path / "o.jsonl")
    assert message in str(refused.value)
    assert "o.jsonl:1: " in str(refused.value)


@pytest.mark.parametrize(
    ("decision", "confidence"),
    [
        (Decision("text", "ben", NOW, "a.wav", offset=1.5, text=TEXT[:-1]), 0.75),
        (trim(0, 2.0, 1.25, why="late"), None),
    ],
    ids=lambda value: value.decision if isinstance(value, Decision) else "",
)
def test_what_a_model_said_of_a_corrected_row(
    decision: Decision, confidence: float | None, tmp_path: Path
) -> None:
    """Alignment and loss were of another text or segment: they are null, not wrong."""
    row = {
        "audio_filepath": "a.wav", "offset": 1.5, "duration": 4.0, "text": TEXT,
        "sampling_rate": 16000, "_score": {"confidence": 0.75, "align_logprob": -9.0},
    }  # fmt: skip
    (tmp_path / "m.jsonl").write_text(json.dumps(row))
    append(tmp_path / "o.jsonl", replace(decision, audio_filepath="a.wav"))
    rules = RuleOptions(overrides=tmp_path / "o.jsonl")
    made = curate.profile(tmp_path / "m.jsonl", out=tmp_path / "p", rules=rules)
    (record,) = made.records().collect().to_dicts()
    assert record["rate_beside_offset"] == 1
    assert record["confidence"] == confidence
    assert record["align_logprob"] is None
