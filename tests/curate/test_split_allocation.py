"""What was asked of a split: aims, locks that keep it, and what cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError, CurateError, InputError
from curate.splits import LOCK, AllocationOptions, Targets, impossible, moved
from curate.splits.precision import precision
from curate.splits.targets import allocate
from tests.curate.splitting import certificate, placed, rows_of, sentence, split


def test_a_group_is_cut_where_whole_ones_overshoot(tmp_path: Path) -> None:
    """Ten speakers of half an hour: a test of 45 minutes takes one and a half of them."""
    speakers = {f"s{n}": 180 for n in range(10)}
    artifact = split(tmp_path / "a", rows_of(speakers, 10.0), {"eval": "30m", "test": "45m"})
    assert all(target["met"] for target in artifact["targets"].values())
    assert 0 < artifact["held_out"]["share"] <= 0.05
    assert sum(leak["count"] for leak in artifact["leaks"]) == 0
    dear = AllocationOptions(max_held_out=0.01)
    artifact = split(tmp_path / "b", rows_of(speakers, 10.0), {"eval": "30m", "test": "45m"}, dear)
    assert artifact["held_out"]["share"] <= 0.01
    assert not artifact["targets"]["test"]["met"]
    assert artifact["feasible"] == {
        "sizes": {"eval": "30m", "test": "45m"}, "cap": 0.3, "max_held_out": 0.06
    }  # fmt: skip


def test_a_target_that_was_lowered_states_its_size(tmp_path: Path) -> None:
    artifact = split(tmp_path / "a", rows_of({f"s{n}": 10 for n in range(20)}), {"eval": "20h"})
    (gate,) = artifact["gates"]
    assert gate == (
        "eval: 1.67 min instead of 20 h: eval takes at most 10% of the 16.7 min of clean audio "
        "unless cap is above 0.3"
    )
    assert "feasible" not in artifact, "nobody typed 20 h"


def test_a_higher_cap_raises_what_a_split_takes(tmp_path: Path) -> None:
    """A typed size beyond 10 % of the clean hours is proposed with the cap that gives it."""
    rows = rows_of({f"s{n}": 10 for n in range(20)})
    first = split(tmp_path / "a", rows, {"eval": "5m"})
    assert first["targets"]["eval"]["achieved_s"] == 100.0
    assert first["feasible"] == {"sizes": {"eval": "5m"}, "cap": 0.31, "max_held_out": 0.05}
    then = split(tmp_path / "b", rows, {"eval": "5m"}, AllocationOptions(cap=0.31))
    assert then["targets"]["eval"]["achieved_s"] == 300.0
    assert "feasible" not in then


@pytest.mark.parametrize(
    ("cap", "sizes", "targets"),
    [
        (0.3, ("20h", "30h"), (360.0, 540.0)),
        (0.1, ("20h", "30h"), (144.0, 216.0)),
        (0.5, ("20h", "30h"), (720.0, 1080.0)),  # in proportion to 10 % and 15 %
        (0.5, ("20h", "10m"), (1200.0, 600.0)),  # what the small one leaves is the other's
        (0.5, ("10m", "10m"), (600.0, 600.0)),
        (1.0, ("20h", "30h"), (1440.0, 2160.0)),
    ],
)
def test_the_cap_sets_what_an_hour_gives(
    cap: float, sizes: tuple[str, str], targets: tuple[float, float]
) -> None:
    targets_of = Targets.parse(
        dict(zip(("eval", "test"), sizes, strict=True)), AllocationOptions(cap=cap)
    )
    aims = {each.name: each.target_s for each in targets_of.within(3600.0)}
    assert (aims["eval"], aims["test"]) == pytest.approx(targets)
    assert [each.target_s for each in targets_of.within(0.0)] == [0.0, 0.0]


def test_prompts_do_not_collapse(tmp_path: Path) -> None:
    """Forty speakers read from the same hundred sentences, all connected by their texts."""
    rng = np.random.default_rng(1)
    rows = [
        {**row, "text": sentence(str(rng.integers(100)))}
        for row in rows_of({f"s{n}": 20 for n in range(40)})
    ]
    artifact = split(
        tmp_path / "a", rows, {"eval": "2m", "test": "2m"}, AllocationOptions(max_held_out=0.5)
    )
    assert artifact["groups"]["total"] == 40
    assert all(target["rows"] for target in artifact["targets"].values())
    assert sum(leak["count"] for leak in artifact["leaks"]) == 0
    assert artifact["held_out"]["share"] <= 0.5


def test_any_number_of_splits_and_sessions(tmp_path: Path) -> None:
    rows = rows_of({f"s{n}": 10 for n in range(60)})
    for number, row in enumerate(rows):  # two speakers share each session
        row["session"] = f"session {number // 20}"
    sizes = {"eval": "200s", "test": "300s", "extra": "100s"}
    artifact = split(tmp_path / "a", rows, sizes, kept=("session",))
    assert artifact["groups"]["columns"] == ["speaker", "session"]
    assert artifact["groups"]["total"] == 30
    where = placed(tmp_path / "a")
    sides: dict[str, set[str]] = {}
    for row in rows:
        sides.setdefault(str(row["session"]), set()).add(where[str(row["audio_filepath"])])
    assert all(len(side - {"held_out"}) <= 1 for side in sides.values())
    assert set(artifact["targets"]) == {"eval", "test", "extra"}
    assert all(target["met"] for target in artifact["targets"].values())


def test_weights_give_back_the_clean_hours(tmp_path: Path) -> None:
    rows = rows_of({f"s{n}": 12 for n in range(80)}) + rows_of(
        {f"t{n}": 12 for n in range(20)}, 1.5
    )
    artifact = split(tmp_path / "a", rows, {"eval": "5m", "test": "6m"})
    lock = pl.read_parquet(tmp_path / "a" / "s" / LOCK)
    for name in ("eval", "test"):
        mine = lock.filter(pl.col("split") == name)
        reached = [s["clean_s"] for s in artifact["strata"] if s["splits"][name]["rows"]]
        weighted = float((mine["weight"] * mine["duration_us"]).sum()) / 1e6
        assert weighted == pytest.approx(sum(reached))
    assert lock.filter(~pl.col("split").is_in(["eval", "test"]))["weight"].null_count() > 0


@pytest.mark.parametrize("seed", [0, 5])
def test_a_grown_corpus_only_adds(tmp_path: Path, seed: int) -> None:
    sizes = {"eval": "4m", "test": "6m"}
    old = rows_of({f"s{n}": 15 for n in range(60 + seed)})
    split(tmp_path / "a", old, sizes)
    new = rows_of({f"n{n}": 15 for n in range(60)}) + rows_of({"s1": 20, "s2": 25})[15:]
    known = {row["audio_filepath"] for row in old}
    new = [row for row in new if row["audio_filepath"] not in known]
    lock = tmp_path / "a" / "s" / LOCK
    artifact = split(tmp_path / "b", [*new, *old], {"eval": "6m", "test": "9m"}, lock=lock)
    before, after = placed(tmp_path / "a"), placed(tmp_path / "b")
    assert {path: after[path] for path in before} == before, "nothing that was placed has moved"
    assert all(target["met"] for target in artifact["targets"].values())
    assert artifact["lock"]["new_rows"] == len(new)
    assert sum(leak["count"] for leak in artifact["leaks"]) == 0
    assert moved(lock, tmp_path / "b" / "s" / LOCK) == {}


def test_a_lock_of_itself_changes_nothing(tmp_path: Path) -> None:
    rows = rows_of({f"s{n}": 9 for n in range(70)})
    split(tmp_path / "a", rows, {"eval": "4m", "test": "5m"})
    lock = tmp_path / "a" / "s" / LOCK
    split(tmp_path / "b", rows[::-1], {"eval": "4m", "test": "5m"}, lock=lock)
    assert placed(tmp_path / "a") == placed(tmp_path / "b")


def test_locked_records_that_went_bad_stay_out(tmp_path: Path) -> None:
    """A lock from before the rules rejected loops: its record is counted, and out of eval."""
    rows = rows_of({f"s{n}": 15 for n in range(60)})
    loop = {**rows[0], "audio_filepath": "s0/loop.wav", "text": "again " * 20, "duration": 9.0}
    split(tmp_path / "a", [*rows, loop], {"eval": "4m"})
    lock = pl.read_parquet(tmp_path / "a" / "s" / LOCK)
    whom = lock.filter(pl.col("split") == "eval")["split"].len()
    assert whom > 0
    was_bad = pl.col("verdict") == "bad"
    older = lock.with_columns(
        pl.when(was_bad).then(pl.lit("eval")).otherwise(pl.col("split")).alias("split")
    ).filter((pl.col("split") == "eval") | was_bad)
    older.write_parquet(tmp_path / "older.parquet")
    artifact = split(tmp_path / "b", [*rows, loop], {"eval": "4m"}, lock=tmp_path / "older.parquet")
    assert artifact["lock"]["no_longer_clean"] == {"eval": {"bad": 1}}
    assert placed(tmp_path / "b")["s0/loop.wav"] == "rejected"
    assert any("no longer clean" in warning for warning in artifact["warnings"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: {**row, "audio_filepath": f"x{row['audio_filepath']}"}, "record in common"),
        (lambda row: {**row, "text": f"{row['text']} indeed"}, "another text or duration"),
        (lambda row: {**row, "duration": 5.5}, "another text or duration"),
    ],
)
def test_a_lock_of_another_corpus_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    rows = rows_of({f"s{n}": 15 for n in range(60)})
    split(tmp_path / "a", rows, {"eval": "4m"})
    where = placed(tmp_path / "a")
    everywhere = "common" in message
    other = [
        change(row) if everywhere or where[str(row["audio_filepath"])] == "eval" else row
        for row in rows
    ]
    with pytest.raises(ConfigError, match=message):
        split(tmp_path / "b", other, {"eval": "4m"}, lock=tmp_path / "a" / "s" / LOCK)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"eval": "40m"}, "25 min are clean"),
        ({"eval": "20m", "test": "20m"}, "sizes that fit eval and test: eval 149s, test 223s"),
        ({"extra": "26m"}, "split extra"),
        ({"eval": "20h", "test": "30h"}, None),  # the defaults shrink
        ({"eval": "2m"}, None),
    ],
)
def test_more_than_there_is(tmp_path: Path, sizes: Mapping[str, str], message: str | None) -> None:
    split(tmp_path / "a", rows_of({f"s{n}": 10 for n in range(30)}), sizes)
    faults = "\n".join(map(str, impossible(certificate(tmp_path / "a"), Targets.parse(sizes))))
    assert message in faults if message else faults == ""


def test_one_speaker_cannot_be_split(tmp_path: Path) -> None:
    """All but two rows, which are too short for eval, are one speaker's; the message names it."""
    rows = [*rows_of({"only": 198}), *rows_of({"other": 2}, seconds=0.01)]
    split(tmp_path / "a", rows, {"eval": "1m"})
    faults = impossible(certificate(tmp_path / "a"), Targets.parse({"eval": "1m"}))
    assert "no record can go to eval" in str(faults[0])
    assert "0 s of" not in str(faults[0])
    assert faults[0].hint == "no split can be drawn; for all in train: eval 0h"
    assert "speaker 'only' has 99% of the rows" in str(faults[0])


@pytest.mark.parametrize(
    ("sizes", "ending"),
    [
        ({"eval": "1m"}, "nothing to compare: leaks NOT CHECKED; eval holds no row"),
        ({"eval": "1m", "test": "1m"}, "leaks NOT CHECKED; eval and test hold no row"),
        ({}, "nothing to compare: leaks NOT CHECKED"),
    ],
)
def test_an_empty_split_has_not_been_checked(
    tmp_path: Path, sizes: Mapping[str, str], ending: str
) -> None:
    rows = [*rows_of({"only": 198}), *rows_of({"other": 2}, seconds=0.01)]
    assert split(tmp_path / "a", rows, sizes)["statement"].endswith(ending)


def test_one_recording_cannot_be_split(tmp_path: Path) -> None:
    rows = [{**row, "audio_filepath": "a.wav", "offset": 5.0 * n, "speaker": None}
            for n, row in enumerate(rows_of({"only": 200}))]  # fmt: skip
    split(tmp_path / "a", rows, {"eval": "1m"})
    fault = str(impossible(certificate(tmp_path / "a"), Targets.parse({"eval": "1m"}))[0])
    assert "no record can go to eval" in fault
    assert "1 group by recording: no field tells speakers apart\n" in fault
    assert "(the smallest has 16.7 min)" in fault


def test_one_named_speaker_of_two_cannot_be_split(tmp_path: Path) -> None:
    rows = [*rows_of({"only": 198}), *rows_of({"other": 2}, seconds=0.01)]
    split(tmp_path / "a", rows, {"eval": "1m"})
    fault = str(impossible(certificate(tmp_path / "a"), Targets.parse({"eval": "1m"}))[0])
    assert "2 groups by speaker\n" in fault
    assert "hint: no split can be drawn; for all in train: eval 0h" in fault


def test_one_value_over_all_rows_is_no_speaker(tmp_path: Path) -> None:
    artifact = split(tmp_path / "a", rows_of({"only": 200}), {"eval": "1m"})
    assert impossible(certificate(tmp_path / "a"), Targets.parse({"eval": "1m"})) == []
    assert "speaker: 'only' in all 200 rows separates no speakers: NOT CHECKED" in artifact["gates"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("alpha", (1.5, "10m", 0.3, "5%")),
        ("floor", (0.5, "ten", 0.3, "5%")),
        ("cap", (0.5, "10m", 0.0, "5%")),
        ("max_held_out", (0.5, "10m", 0.3, "5 percent")),
        ("max_held_out", (0.5, "10m", 0.3, "500%")),
    ],
)
def test_terms_are_read_strictly(field: str, values: tuple[float, str, float, str]) -> None:
    with pytest.raises(ConfigError, match=f"{field}: "):
        AllocationOptions.parse(*values)


def test_a_preference_is_one_of_three() -> None:
    with pytest.raises(ConfigError, match=r"prefer: 'words' .*\n.*hours, balance or speakers"):
        AllocationOptions.parse(0.5, "10m", 0.3, "5%", "words")


@pytest.mark.parametrize(
    "text", ["x", "x=", "x=20", "=2h", "Train=2h", "train=2h", "eval=2h", "a/b=2h"]
)
def test_names_of_splits_are_read_strictly(text: str) -> None:
    with pytest.raises(ConfigError, match="split: "):
        Targets.named({"eval": "1h", "test": "1h"}, [text], AllocationOptions())


def test_a_missing_column_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match=r"no column 'sess'(.|\n)*lang, speaker"):
        split(tmp_path / "a", rows_of({"a": 3}), {"eval": "5s"}, group=["sess"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(1, 1e6), min_size=1, max_size=30).map(np.array),
    st.floats(0.01, 0.25), st.floats(0, 1), st.floats(0, 5000), st.floats(0.26, 1),
)  # fmt: skip
def test_aims_keep_caps_and_floors(
    available: np.ndarray, share: float, alpha: float, floor_s: float, cap: float
) -> None:
    target = share * float(available.sum())
    due = allocate(available, target, AllocationOptions(alpha, floor_s, cap))
    assert due.sum() == pytest.approx(target)
    assert (due <= cap * available * (1 + 1e-9)).all()
    floors = np.minimum(floor_s, cap * available)
    scale = min(1.0, 0.5 * target / max(float(floors.sum()), 1e-9))
    assert (due >= floors * scale * (1 - 1e-9)).all()


def test_precision_is_that_of_the_field() -> None:
    """At 10 % WER, 3.5 thousand independent words know it to 1 %; a design effect of 5 takes five
    times as many."""
    independent = precision(3_500, 3_500, 3_500)
    assert independent.half_width == pytest.approx(0.01, rel=0.01)
    clustered = precision(17_500, 44, 44 * 398**2)
    assert clustered.design_effect == pytest.approx(5, rel=0.02)
    assert clustered.half_width == pytest.approx(0.01, rel=0.02)
    assert not precision(20_000, 2, 2 * 10_000**2).measurable
    assert not precision(0, 0, 0).measurable


@pytest.mark.parametrize(
    "sizes", [{}, {"eval": "0h", "test": "0h"}, {"eval": "0h", "test": "0h", "dev": "0h"}]
)
def test_no_split_is_drawn_where_none_is_asked_for(
    tmp_path: Path, sizes: Mapping[str, str]
) -> None:
    artifact = split(tmp_path / "a", rows_of({"s1": 6, "s2": 6}), sizes)
    assert {each["name"]: each["rows"] for each in artifact["outputs"]}["train"] == 12
    assert (artifact["targets"], artifact["gates"], artifact["warnings"]) == ({}, [], [])


# (texts of the rows, sizes, what is said; None: it is split)
UNCLEAN = [
    (["x" * 300], {"eval": "5s"}, "none of 4 rows can be trained on: char_rate (bad) took 4 of 4"),
    (["x" * 300], {}, "none of 4 rows can be trained on: char_rate (bad) took 4 of 4"),
    (["[noise] a usual text"], {"eval": "5s"},
     "none of 4 rows is clean, so nothing can go to eval: "),
    (["[noise] a usual text"], {}, None),
    (["a " * 60, "a usual text of nine words that is fine"], {"eval": "5s"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "sizes", "message"), UNCLEAN)
def test_says_which_rule_took_every_row(
    tmp_path: Path, texts: list[str], sizes: Mapping[str, str], message: str | None
) -> None:
    rows = [
        {**row, "text": text} for text in texts for row in rows_of({"s1": 2, "s2": 2})
    ]  # fmt: skip
    if message is None:
        split(tmp_path / "a", rows, sizes)
        return
    with pytest.raises(InputError) as raised:
        split(tmp_path / "a", rows, sizes)
    (fault,) = raised.value.faults
    assert fault.what.startswith(message)
    assert "what-if" in fault.hint
