"""What holds of every split of every corpus: tried on corpora of many shapes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st

from curate.errors import InputError
from curate.splits import LOCK, AllocationOptions
from curate.splits.targets import PREFERENCES
from curate.text import normalise
from tests.curate import splitting
from tests.curate.splitting import Row, placed, sentence

SIZES = {"eval": "2m", "test": "3m"}
NAMED = ("eval", "test")

SHAPES = st.fixed_dictionaries(
    {
        "speakers": st.integers(1, 40),
        "utterances": st.integers(1, 12),
        "unknown": st.sampled_from([0.0, 0.2, 1.0]),  # share of rows without a speaker
        "prompts": st.sampled_from([1, 5, 10_000]),  # how many different sentences there are
        "langs": st.sampled_from([["en"], ["en", "de", "fi"]]),
        "longest": st.sampled_from([6.0, 12.0, 29.0]),
        "borderline": st.sampled_from([0.0, 0.3]),
        "seed": st.integers(0, 9),
        "prefer": st.sampled_from(PREFERENCES),
    }
)
Shape = Mapping[str, Any]


def corpus(shape: Shape, of: str = "a") -> list[Row]:
    """A corpus of the shape; that of another letter shares speakers with it, and no audio."""
    rng = random.Random(f"{shape['seed']}{of}")
    rows: list[Row] = []
    for speaker in range(shape["speakers"]):
        for number in range(rng.randint(1, shape["utterances"])):
            seconds = round(rng.uniform(2.0, shape["longest"]), 3)
            text = sentence(f"{rng.randrange(shape['prompts'])}")
            if rng.random() < shape["borderline"]:
                text, seconds = "well well well well it is", 2.5  # a loop: borderline
            known = rng.random() >= shape["unknown"]
            rows.append(
                {
                    "audio_filepath": f"{of}{speaker}/{number}.wav",
                    "duration": seconds,
                    "text": text,
                    "lang": shape["langs"][speaker % len(shape["langs"])],
                    **({"speaker": f"s{speaker}"} if known else {}),
                }
            )
    return rows


def split(folder: Path, rows: list[Row], shape: Shape, **options: Any) -> Any:
    """A split, of a corpus of which something can be evaluated on; another is refused."""
    allocation = AllocationOptions(prefer=shape["prefer"])
    try:
        return splitting.split(folder, rows, SIZES, allocation, **options)
    except InputError as error:
        if "none of" not in str(error):
            raise
    return reject()


TRIED = settings(max_examples=16, deadline=None)


@TRIED
@given(SHAPES, st.integers(0, 99))
def test_splits_share_nothing_meet_their_hours_and_ignore_the_order_of_rows(
    tmp_path_factory: pytest.TempPathFactory, shape: Shape, order: int
) -> None:
    folder = tmp_path_factory.mktemp("p")
    rows = corpus(shape)
    certificate = split(folder / "x", rows, shape)
    where = placed(folder / "x")
    assert set(where) == {row["audio_filepath"] for row in rows}
    assert_nothing_is_shared(rows, where)
    assert [leak for leak in certificate["leaks"] if leak["count"]] == []
    assert_hours_are_met_or_the_shortfall_is_stated(rows, where, certificate)
    random.Random(order).shuffle(rows)
    split(folder / "y", rows, shape)
    assert placed(folder / "y") == where


def assert_nothing_is_shared(rows: list[Row], where: Mapping[str, str]) -> None:
    """No text and no speaker stands on two sides."""
    is_one_speaker = (
        len({row.get("speaker") for row in rows}) == 1
    )  # one value over all rows is nobody
    for field in ("text",) if is_one_speaker else ("text", "speaker"):
        sides: dict[str, set[str]] = {name: set() for name in (*NAMED, "train")}
        for row in rows:
            side, value = where[str(row["audio_filepath"])], row.get(field)
            if side in sides and value is not None:
                sides[side].add(normalise(str(value)))
        assert not sides["eval"] & sides["test"]
        assert not (sides["eval"] | sides["test"]) & sides["train"]


def assert_hours_are_met_or_the_shortfall_is_stated(
    rows: list[Row], where: Mapping[str, str], certificate: Any
) -> None:
    for name, target in certificate["targets"].items():
        mine = [float(str(r["duration"])) for r in rows if where[str(r["audio_filepath"])] == name]
        assert sum(mine) == pytest.approx(target["achieved_s"], abs=1e-3)
        longest = max((float(str(row["duration"])) for row in rows), default=0.0)
        off = abs(target["achieved_s"] - target["target_s"])
        if off > max(0.01 * target["target_s"], longest):
            assert any(str(name) in warning for warning in certificate["warnings"]), name


@TRIED
@given(SHAPES)
@example(
    {
        "speakers": 15, "utterances": 12, "unknown": 0.0, "prompts": 10_000, "langs": ["en"],
        "longest": 6.0, "borderline": 0.0, "seed": 6, "prefer": "hours",
    }
)  # fmt: skip
def test_a_grown_corpus_moves_nothing(
    tmp_path_factory: pytest.TempPathFactory, shape: Shape
) -> None:
    """New records come in before the old ones, of old speakers and of new ones: records that are
    still clean stay.
    """
    folder = tmp_path_factory.mktemp("p")
    old = corpus(shape)
    assume(len({row.get("speaker") for row in old}) > 1)  # nobody, who becomes one of several
    split(folder / "x", old, shape)
    before = placed(folder / "x")
    grown = [*corpus({**shape, "speakers": shape["speakers"] + 8}, "b"), *old]
    certificate = split(folder / "y", grown, shape, lock=folder / "x" / "s" / LOCK)
    after = placed(folder / "y")
    verdicts = pl.read_parquet(folder / "y" / "p" / "records.parquet")["verdict"].cast(pl.String)
    clean = {
        row["audio_filepath"] for row, each in zip(grown, verdicts, strict=True) if each == "clean"
    }
    named = {path: side for path, side in before.items() if side in NAMED}
    stayed = {path: side for path, side in named.items() if path in clean}
    assert {path: after[path] for path in stayed} == stayed
    # New records of a speaker can make the old ones borderline, by a rule for groups.
    fallen = named.keys() - stayed.keys()
    assert not {path for path in fallen if after[path] in NAMED}
    stated = [each for each in certificate["warnings"] if "no longer clean are excluded" in each]
    assert bool(stated) == bool(fallen)
    trained = {path for path, side in before.items() if side == "train"}
    assert not {path for path in trained if after[path] in NAMED}
    assert [leak for leak in certificate["leaks"] if leak["count"]] == []
