"""A record's verdict and its text are set each on its own: every order of decisions and undos."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

import curate
from curate.profiles.request import RuleOptions
from curate.rules.overrides import (
    Decision,
    Facet,
    Log,
    Overrides,
    append,
    content_of,
    read,
    standing,
)

NOW = "2026-11-26T10:00:00Z"
STEPS: dict[str, tuple[str | None, str | None]] = {
    "keep": ("keep", None),
    "borderline": ("borderline", None),
    "reject": ("reject", None),
    "text": (None, "one more of these texts"),
    "text again": (None, "quite another of these texts"),
    "keep with text": ("keep", "a text that is kept too"),
    "borderline with text": ("borderline", "a text that is borderline"),
}
"""What a decision sets: the verdict, the text."""
UNDO = "undo"
PAIRS = [pair for pair in product([*STEPS, UNDO], repeat=2) if pair[0] != UNDO]
"""Every decision, followed by every decision or by an undo."""
TRIPLES = [
    steps
    for steps in product([*STEPS, UNDO], repeat=3)
    if steps[0] != UNDO and steps != (steps[0], UNDO, UNDO)
]
VERDICTS = {"keep": "clean", "borderline": "borderline", "reject": "bad", None: "clean"}


def decision(step: str, line: int, **named: object) -> Decision:
    verdict, text = STEPS.get(step, (None, None))
    kind = UNDO if step == UNDO else verdict or "text"
    plain = Decision(kind, f"person {line}", NOW, text=text, line=line)
    return replace(plain, **{"audio_filepath": "a.wav", **named})  # type: ignore[arg-type]


def expected(steps: Sequence[str]) -> tuple[str | None, str | None, int]:
    """Verdict, text, and how many decisions are superseded: by going through them one by one."""
    left: list[str] = []
    for step in steps:
        if step == UNDO:
            left.pop()
        else:
            left.append(step)
    verdict_at = max((at for at, step in enumerate(left) if STEPS[step][0]), default=None)
    text_at = max((at for at, step in enumerate(left) if STEPS[step][1]), default=None)
    verdict = None if verdict_at is None else STEPS[left[verdict_at]][0]
    text = None if text_at is None else STEPS[left[text_at]][1]
    return verdict, text, len(set(range(len(left))) - {verdict_at, text_at})


@pytest.mark.parametrize("steps", PAIRS, ids=" > ".join)
def test_each_facet_is_as_the_last_decision_about_it_set_it(steps: tuple[str, ...]) -> None:
    lines = [decision(step, at) for at, step in enumerate(steps, 1)]
    overrides = Overrides(Log("o", "", tuple(lines)))
    record = {"audio_filepath": "a.wav", "duration": 2.0, "text": "as it was"}
    audio_key = next(iter(overrides.audio_keys), 0)
    facets = overrides.about(audio_key, str(content_of(record)), 2_000_000)
    verdict, text, _ = expected(steps)
    assert (facets[Facet.VERDICT].decision if Facet.VERDICT in facets else None) == verdict
    assert (facets[Facet.TEXT].text if Facet.TEXT in facets else None) == text


@pytest.mark.parametrize("first", STEPS)
def test_what_stands_of_every_two_and_three_steps(first: str) -> None:
    some = [steps for steps in (*PAIRS, *TRIPLES) if steps[0] == first]
    assert len(some) == 8 + 63
    for steps in some:
        lines = [decision(step, at) for at, step in enumerate(steps, 1)]
        result = standing(lines)
        verdict, text, superseded = expected(steps)
        of = {facet: [each for each in result.decisions if facet in each.facets] for facet in Facet}
        assert (of[Facet.VERDICT][-1].decision if of[Facet.VERDICT] else None) == verdict, steps
        assert (of[Facet.TEXT][-1].text if of[Facet.TEXT] else None) == text, steps
        assert (result.superseded, result.undone) == (superseded, steps.count(UNDO)), steps


def test_every_pair_of_decisions_in_a_profile(
    manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [f"a sentence like many others, number {at}" for at in range(len(PAIRS))]
    rows = [
        {"audio_filepath": f"{at}.wav", "duration": 3.0, "text": text}
        for at, text in enumerate(texts)
    ]
    manifest(*map(json.dumps, rows), name="m.jsonl")
    log = Path("overrides.jsonl")
    for at, steps in enumerate(PAIRS):
        for step in steps:
            append(log, decision(step, 0, by="anna", audio_filepath=f"{at}.wav"))
    made = curate.profile("m.jsonl", out="p", rules=RuleOptions(overrides=log))
    summary = made.json["overrides"]
    records = made.records().collect().to_dicts()
    assert len(records) == len(PAIRS) == 56
    states = [expected(steps) for steps in PAIRS]
    for steps, row, (verdict, text, _) in zip(PAIRS, records, states, strict=True):
        tags = [f"override:{verdict}"] * bool(verdict) + ["override:text"] * bool(text)
        assert (row["verdict"], row["text_fix"]) == (VERDICTS[verdict], text), steps
        assert [tag for tag in row["tags"] if tag.startswith("override:")] == tags, steps
        lines = [row[name] is not None for name in ("override", "text_override")]
        assert lines == [bool(verdict), bool(text)], steps
    assert summary["superseded"] == sum(superseded for *_, superseded in states)
    assert summary["undone"] == sum(steps.count(UNDO) for steps in PAIRS)
    assert summary["rows"] == sum(bool(verdict or text) for verdict, text, _ in states)
    by = {kind: sum(verdict == kind for verdict, *_ in states) for kind in VERDICTS if kind}
    assert summary["rows_by_decision"] == {**by, "text": sum(bool(text) for _, text, _ in states)}
    assert (summary["unmatched"]["count"], summary["stale"]["count"]) == (0, 0)


def test_the_reason_says_who_set_which_facet(
    manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"audio_filepath": f"{name}.wav", "duration": 3.0, "text": "a sentence like many others"}
        for name in "abc"
    ]
    manifest(*map(json.dumps, rows), name="m.jsonl")
    log = Path("overrides.jsonl")
    for step, name, by in (
        ("text", "a", "anna"), ("keep", "a", "ben"),
        ("keep with text", "b", "anna"),
        ("keep with text", "c", "anna"), ("reject", "c", "ben"),
    ):  # fmt: skip
        append(log, decision(step, 0, by=by, audio_filepath=f"{name}.wav"))
    reasons = (
        curate.profile("m.jsonl", out="p", rules=RuleOptions(overrides=log))
        .records()
        .collect()["reason"]
    )
    assert reasons.to_list() == [
        f"kept by ben at {NOW}; text corrected by anna at {NOW}",
        f"kept and text corrected by anna at {NOW}",
        f"rejected by ben at {NOW}; text corrected by anna at {NOW}",
    ]


@pytest.mark.parametrize("first", ["audio", "id", "content"])
@pytest.mark.parametrize("second", ["audio", "id", "content"])
def test_facets_of_one_record_that_decisions_name_in_different_ways(
    first: str, second: str
) -> None:
    record = {"audio_filepath": "a.wav", "duration": 2.0, "text": "as it was"}
    content = str(content_of(record))
    named: dict[str, dict[str, object]] = {
        "audio": {},
        "content": {"content": content},
        "id": {"audio_filepath": None, "id": "m.jsonl:1", "content": content},
    }
    lines = [decision("text", 1, **named[first]), decision("keep", 2, **named[second])]
    overrides = Overrides(Log("o", "", tuple(lines)))
    known = Overrides(Log("o", "", (decision("keep", 1),)))
    (audio_key, *_) = sorted(known.audio_keys)
    facets = overrides.about(audio_key, content, 2_000_000)
    assert {facet: each.line for facet, each in facets.items()} == {"verdict": 2, "text": 1}


def test_a_decision_for_one_duration_sets_aside_none_for_another() -> None:
    keep = decision("keep", 1, duration=2.0)
    other = decision("reject", 2, duration=3.0)
    assert standing([keep, other]).decisions == (keep, other)
    assert standing([keep, decision("reject", 2)]).superseded == 1


def test_a_log_of_an_earlier_version_means_the_same(tmp_path: Path) -> None:
    """`keep` with a text sets both; a later `reject` leaves that text, as a later `keep` does."""
    log = tmp_path / "overrides.jsonl"
    rest = '"audio_filepath": "a.wav", "by": "anna", "at": "2026-11-26T10:00:00Z"}'
    log.write_text(
        f'{{"decision": "keep", "text": "so it is", {rest}\n{{"decision": "reject", {rest}\n'
    )
    keep, rejected = read(log).decisions
    assert keep.facets == (Facet.VERDICT, Facet.TEXT)
    assert rejected.facets == (Facet.VERDICT,)
    assert standing([keep, rejected]).decisions == (keep, rejected)
    assert standing([keep, rejected]).superseded == 0
