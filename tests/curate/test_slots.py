"""Prompt slots: what NeMo makes of a value, and what is said about it."""

from __future__ import annotations

import pytest

from curate.nemo.canary_prompt import complete, slot_problems

BOTH = {"source_lang": "de", "target_lang": "de"}


@pytest.mark.parametrize(
    ("record", "text", "problems"),
    [
        ({"pnc": "yes"}, "Ja.", []),
        ({"pnc": "no"}, "ja", []),
        ({"pnc": "Yes"}, "ja", [("read-as-no", "pnc")]),  # trains as nopnc
        ({"pnc": "Yes"}, "Ja.", [("read-as-no", "pnc"), ("contradicts-text", "pnc")]),
        ({"pnc": "TRUE"}, "ja", [("read-as-no", "pnc")]),
        ({"pnc": True}, "Ja.", [("not-text", "pnc")]),  # an AssertionError when it is drawn
        ({"pnc": 1}, "Ja.", [("not-text", "pnc")]),
        ({}, "ja", [("missing-means-yes", "pnc")]),
        ({}, "Ja.", []),
        ({}, "\u6211\u5011", []),  # no capitals: nothing to argue from
        ({}, "  ", []),
        ({"pnc": "yes"}, "ja", [("contradicts-text", "pnc")]),
        ({"pnc": "<|nopnc|>"}, "Ja.", [("contradicts-text", "pnc")]),
        ({"pnc": "no", "itn": "Yes"}, "ja", [("read-as-no", "itn")]),
        ({"pnc": "no", "timestamp": False}, "ja", [("not-text", "timestamp")]),
        ({"pnc": "no", "target_lang": "en"}, "ja", [("translation", "target_lang")]),
        ({"pnc": "no", "source_lang": None}, "ja", [("no-language", "source_lang")]),
    ],
)
def test_what_is_said_of_a_record(
    record: dict[str, object], text: str, problems: list[tuple[str, str]]
) -> None:
    assert list(slot_problems({**BOTH, **record}, text)) == problems


@pytest.mark.parametrize(
    ("record", "completed"),
    [
        ({"pnc": True, "itn": True}, {"pnc": "yes", "itn": "yes"}),
        ({"pnc": "Yes", "diarize": "On"}, {"pnc": "yes", "diarize": "yes"}),
        ({"pnc": "no", "timestamp": "<|timestamp|>"}, {"pnc": "no", "timestamp": "<|timestamp|>"}),
        ({"itn": "No"}, {"pnc": "no", "itn": "No"}),
    ],
)
def test_what_is_mended_says_nothing_more(
    record: dict[str, object], completed: dict[str, object]
) -> None:
    text = "Ja." if completed["pnc"] == "yes" else "ja"
    done, _ = complete({**record, "text": text}, "de")
    assert {key: done[key] for key in completed} == completed
    assert list(slot_problems(done, text)) == []
