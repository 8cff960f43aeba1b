"""Sizes that are proposed where those requested cannot be met can be drawn, as they are typed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from curate.splits import AllocationOptions, Targets, impossible
from curate.splits.feasible import typed
from curate.splits.targets import DEFAULT_CAP, size_s
from tests.command_tree import run
from tests.curate.splitting import (
    Row,
    certificate,
    profile_rows,
    rows_of,
    split,
    split_again,
)
from tests.lines import lines_of

SPEAKERS = {
    "two equal": (30, 30),
    "two, one small": (6, 54),
    "three": (20, 20, 20),
    "six": (10, 10, 10, 10, 10, 10),
    "six unequal": (2, 4, 8, 12, 16, 18),
}
SIZES: tuple[Mapping[str, str], ...] = (
    {"eval": "1m", "test": "1m"},
    {"eval": "5s"},
    {"eval": "40m", "test": "40m"},
    {"eval": "20h", "test": "30h", "extra": "2m"},
)


def speech(counts: tuple[int, ...], minutes: int) -> list[Row]:
    """So many minutes of utterances in all, by speakers with so many sixtieths each."""
    return rows_of({f"s{n}": count * minutes // 5 for n, count in enumerate(counts)})


def check_proposal(profiled: Path, folder: Path, sizes: Mapping[str, str]) -> bool:
    """Draw by the proposal, if there is one: every size that is not 0h is met. Whether there is."""
    split_again(folder / "first", profiled, sizes)
    made = certificate(folder / "first")
    feasible = made.feasible
    refused = impossible(made, Targets.parse(sizes))
    empty = [name for name, each in made.targets.items() if not each.rows]
    if feasible is None:
        assert not refused
        assert not empty
        return False
    assert set(feasible.sizes) == set(sizes)
    allocation = replace(AllocationOptions(), cap=feasible.cap, max_held_out=feasible.max_held_out)
    split_again(folder / "then", profiled, feasible.sizes, allocation)
    then = certificate(folder / "then")
    assert set(then.targets) == {name for name, size in feasible.sizes.items() if size != "0h"}
    assert all(each.met and each.rows and not each.shrunk for each in then.targets.values())
    assert next(each.rows for each in then.outputs if each.name == "train") > 0
    assert then.feasible is None
    assert then.gates == ("speaker: 's0' in all 60 rows separates no speakers: NOT CHECKED",) or (
        not any("of the hours" in gate for gate in then.gates)
    )
    return True


@pytest.mark.parametrize(
    ("speakers", "minutes"), [*((name, 5) for name in SPEAKERS), ("three", 30)]
)
def test_what_is_proposed_can_be_drawn(tmp_path: Path, speakers: str, minutes: int) -> None:
    profiled = tmp_path / "profiled"
    profile_rows(profiled, speech(SPEAKERS[speakers], minutes))
    proposals = [
        check_proposal(profiled, tmp_path / str(at), sizes) for at, sizes in enumerate(SIZES)
    ]
    assert any(proposals), "else nothing is tested"


def test_a_proposal_leaves_two_speakers_one_split(tmp_path: Path) -> None:
    """Of two speakers one is train's: eval has the other, whole, and test has nothing."""
    split(tmp_path / "a", speech(SPEAKERS["two, one small"], 5), {"eval": "1m", "test": "1m"})
    feasible = certificate(tmp_path / "a").feasible
    assert feasible is not None
    assert feasible.sizes == {"eval": "30s", "test": "0h"}
    assert (feasible.cap, feasible.max_held_out) == (DEFAULT_CAP, 0.05)


def test_a_single_recording_goes_to_train(tmp_path: Path) -> None:
    rows = [
        {**row, "audio_filepath": "a.wav", "offset": 5.0 * at, "speaker": None}
        for at, row in enumerate(rows_of({"only": 60}))
    ]
    split(tmp_path / "a", rows, {"eval": "1m", "test": "1m"})
    made = certificate(tmp_path / "a")
    (first, last) = impossible(made, Targets.parse({"eval": "1m", "test": "1m"}))
    assert first.hint == ""
    assert last.hint == "no split can be drawn; for all in train: eval 0h, test 0h"


def test_shared_prompts_are_held_out_for_what_is_proposed(tmp_path: Path) -> None:
    """Six speakers read the same ten sentences: a split of one holds out the others' rows."""
    rows = [
        {**row, "text": rows_of({"all": 10})[at % 10]["text"]}
        for at, row in enumerate(speech(SPEAKERS["six"], 5))
    ]
    profile_rows(tmp_path / "profiled", rows)
    assert check_proposal(tmp_path / "profiled", tmp_path, {"eval": "20s", "test": "30s"})


def words(counts: Mapping[str, int], texts: int = 10) -> list[Row]:
    """Six speakers who each say the same few texts in turn, five seconds each time."""
    return [
        {**row, "text": rows_of({"all": texts})[at % texts]["text"]}
        for who, count in counts.items()
        for at, row in enumerate(rows_of({who: count}))
    ]


def test_texts_that_all_speakers_share_are_the_stated_reason(tmp_path: Path) -> None:
    """Four speakers with ten seconds of each of ten texts, two with five: 500 s in all. Of a text
    there are 50 s; a speaker has at most 10 of them, so that 40 s of others leave train with it.
    """
    rows = words({"a": 20, "b": 20, "c": 20, "d": 20, "e": 10, "f": 10})
    sizes = {"eval": "80s", "test": "80s"}
    split(tmp_path / "a", rows, sizes, AllocationOptions(cap=0.5))
    made = certificate(tmp_path / "a")
    what = [each.what for each in impossible(made, Targets.parse(sizes))]
    assert what == [
        f"no record can go to {name} (1.33 min): at most 5% of the hours may be held out "
        "(max_held_out): 100 of 100 clean records have one of 10 texts that several groups share: "
        f"each text that {name} has is taken out of train, at least 40 s of other groups (8.0% of "
        "the hours) a text; splits of your own may share texts (given); 6 groups by speaker"
        for name in sizes
    ]


def test_a_smaller_split_is_proposed_where_all_texts_are_shared(tmp_path: Path) -> None:
    """80 s and 80 s of 500 s cannot be drawn for at most half of the hours, fewer can."""
    rows = words({"a": 20, "b": 20, "c": 20, "d": 20, "e": 10, "f": 10})
    sizes = {"eval": "80s", "test": "80s"}
    split(tmp_path / "a", rows, sizes, AllocationOptions(cap=0.5))
    feasible = certificate(tmp_path / "a").feasible
    assert feasible is not None
    assert feasible.sizes["test"] == "0h"
    held_out = AllocationOptions(cap=feasible.cap, max_held_out=feasible.max_held_out)
    split(tmp_path / "b", rows, feasible.sizes, held_out)
    then = certificate(tmp_path / "b")
    assert then.targets["eval"].met
    assert then.held_out.share <= feasible.max_held_out <= 0.5
    assert not any(each.count for each in then.leaks)
    assert {each.name: each.rows > 0 for each in then.outputs}["train"]


@pytest.mark.parametrize(
    ("shared", "reason"),
    [
        (0, "no whole group fits (the smallest has 50 s), and a part of one would hold out more "
            "than 1% of the hours (max_held_out); 2 groups by speaker"),
        (2, "no whole group fits (the smallest has 50 s), and a part of one would hold out more "
            "than 1% of the hours (max_held_out); 2 groups by speaker"),
        (8, "no whole group fits (the smallest has 50 s), and a part of one would hold out more "
            "than 1% of the hours (max_held_out); 16 of 20 clean records have one of 8 texts that "
            "several groups share: each text that eval has is taken out of train, at least 5 s of "
            "other groups (5.0% of the hours) a text; splits of your own may share texts (given); "
            "2 groups by speaker"),
    ],
)  # fmt: skip
def test_shared_texts_are_named_where_most_records_have_one(
    tmp_path: Path, shared: int, reason: str
) -> None:
    """Two speakers with ten records of 5 s; so many texts are the same, the others their own."""
    rows = rows_of({"a": 10, "b": 10})
    for first, second in zip(rows[:shared], rows[10:], strict=False):
        second["text"] = first["text"]
    split(tmp_path / "a", rows, {"eval": "10s"}, AllocationOptions(max_held_out=0.01))
    (fault,) = impossible(certificate(tmp_path / "a"), Targets.parse({"eval": "10s"}))
    assert fault.what == f"no record can go to eval (10 s): {reason}"


@pytest.mark.parametrize("seconds", [0.31, 44.21, 60, 99.99, 201.3, 615, 7200, 39_999, 40_000.5])
def test_a_size_as_it_is_typed_is_hardly_more(seconds: float) -> None:
    size = size_s(typed(seconds))
    assert size is not None
    assert seconds <= size <= seconds + max(0.01 * seconds, 0.1) + 1e-6


COMMANDS = (
    ((10, 10, 10, 10, 10, 10), "--eval 5s --test 5s"),
    ((30, 30), "--eval=1m --test 1m"),
    ((20, 20, 20), "--split dev=10m --split 'other=2m' --eval 0h --test 0h"),
    ((60,), "--eval 40m --test 1m"),
)


@pytest.mark.parametrize(("speakers", "options"), COMMANDS)
def test_the_command_of_a_refusal_works(
    tmp_path: Path, speakers: tuple[int, ...], options: str
) -> None:
    """Also in the place of a split that was made without these sizes."""
    rows = speech(speakers, 5)
    (tmp_path / "my corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = shlex.split(f"curate split 'my corpus.jsonl' --out s {options} -q")
    first = ("curate", "split", "my corpus.jsonl", "--out", "s", "-q")
    assert run(tmp_path, *first)[0] == 0
    code, _, errors = run(tmp_path, *line)
    assert code == 2, errors
    (hint,) = (each for each in lines_of(errors) if each.startswith("  hint: "))
    code, _, errors = run(tmp_path, *shlex.split(f"curate{hint.partition(': curate')[2]}"))
    assert code == 0, errors
    assert "warning: eval" not in errors
