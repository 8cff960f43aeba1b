"""Counts that are stored beside the records answer as a pass over the records does."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.api.profile import profile
from curate.profiles import named
from curate.profiles.named import LIMIT_COUNTS
from curate.rules.file import RuleSet, load_rules
from curate.whatif import stored_counts, what_if
from curate.whatif.stored import open_stored
from curate.whatif.stored_counts import key_of, limit_counts, read_counts, write_counts
from curate.whatif.sweep import classes_of, counted_edges, sweep
from curate.whatif.threshold_grid import threshold_grids
from tests.profiling import write_profile

TEXTS = ("", "a", "ab cd", "abcd efgh ijkl", "x" * 40, "so it was that every one had gone home")
SOUND = (2.0, "two words", "en", "anna")
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.25, 0.5, 1.0, 4.0, 9.5, 31.0, -1.0]),
        st.sampled_from(TEXTS),
        st.sampled_from(["de", "en", None]),
        st.sampled_from(["anna", "ben", None]),
    ),
    min_size=1,
    max_size=25,
)


def profiled(folder: Path, rows: list[tuple[float, str, str | None, str | None]]) -> Path:
    folder.mkdir(parents=True)
    names = ("duration", "text", "lang", "speaker")
    lines = [
        json.dumps({"audio_filepath": f"{n}.wav", **dict(zip(names, row, strict=True))})
        for n, row in enumerate(rows)
    ]
    (folder / "m.jsonl").write_text("\n".join([*lines, "no record"]))
    (folder / "p").mkdir()
    write_profile([str(folder / "m.jsonl")], folder / "p", load_rules(None))
    return folder / "p"


def made(folder: Path, count: int = 60) -> Path:
    rng = random.Random(0)
    options = ([0.5, 2.0, 40.0], TEXTS, ["de", "en"], ["anna", "ben"])
    return profiled(folder, [tuple(map(rng.choice, options)) for _ in range(count)])  # type: ignore[misc]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS)
def test_what_is_read_is_what_was_counted(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, str, str | None, str | None]],
) -> None:
    records = profiled(tmp_path_factory.mktemp("counts") / "in", [*rows, SOUND]) / "records.parquet"
    rules = load_rules(None)
    grids = threshold_grids(rules)
    counted = sweep(records, rules, grids)
    edges = counted_edges(classes_of(rules, grids), grids)
    write_counts(records, counted, "this one")
    read = read_counts(records, rules, edges, "this one")
    assert read is not None
    assert list(read.kinds.items()) == list(counted.kinds.items())
    assert read.amounts == counted.amounts
    assert read.tables.keys() == counted.tables.keys()
    assert len(read.tables) > 5
    for name, tables in counted.tables.items():
        for one, other in zip(tables, read.tables[name], strict=True):
            assert (one[: len(read.kinds)] == other[: len(read.kinds)]).all()


@pytest.fixture
def always_stored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every corpus is large enough; what was counted by a pass is listed."""
    passes: list[str] = []

    def counting(records: Path, rules: RuleSet, *further: object) -> object:
        passes.append(rules.name)
        return sweep(records, rules, *further)  # type: ignore[arg-type]

    monkeypatch.setattr(named, "COUNTED_ROWS", 0)
    monkeypatch.setattr(named, "COUNTED_AHEAD_ROWS", 0)
    monkeypatch.setattr(stored_counts, "sweep", counting)
    return passes


def test_the_second_answer_is_the_first_without_a_pass(
    tmp_path: Path, always_stored: list[str]
) -> None:
    profile = made(tmp_path / "a")
    first = what_if(profile, load_rules(None))
    second = what_if(profile, load_rules(None))
    assert len(always_stored) == 1
    assert second == first
    assert first.limits
    assert sorted(path.name for path in profile.glob("*counts*")) == [LIMIT_COUNTS]


@pytest.mark.parametrize("failed", [False, True], ids=["groups pass", "a group fails"])
def test_a_profile_of_many_rows_counts_ahead(
    failed: bool, tmp_path: Path, always_stored: list[str]
) -> None:
    rules = tmp_path / "mine.yaml"
    rules.write_text(
        "schema: curate.rules/1\nname: mine\nextends: null\n"
        "rules:\n  - {id: many, metric: words, bad: '>= 3', eval: '>= 2'}\n"
        "groups:\n  - {id: poor, by: speaker, at_least: {rows: 2}, "
        f"eval_if: 'bad_share >= {0.01 if failed else 1}'}}\n"
    )
    made(tmp_path / "a")
    profile(tmp_path / "a" / "m.jsonl", tmp_path / "p", rules=rules)
    passes = list(always_stored)
    first = what_if(tmp_path / "p", load_rules(rules))
    assert passes == always_stored == ["mine"]
    assert any(effect.rule == "poor" and effect.rows for effect in first.by_rule) == failed
    (tmp_path / "p" / LIMIT_COUNTS).unlink()
    assert what_if(tmp_path / "p", load_rules(rules)) == first
    assert json.loads((tmp_path / "p" / "profile.json").read_text())["group_rules"][0][
        "failed"
    ] == (2 if failed else 0)


def other_rules(profile: Path, rules: Path) -> None:
    rules.write_text(rules.read_text().replace(">= 9", ">= 8"))


def other_records(profile: Path, rules: Path) -> None:
    path = profile / "records.parquet"
    pl.read_parquet(path).head(7).write_parquet(path)


def touched(profile: Path, rules: Path) -> None:
    os.utime(profile / "records.parquet", (1, 1))


def broken(profile: Path, rules: Path) -> None:
    (profile / LIMIT_COUNTS).write_bytes((profile / LIMIT_COUNTS).read_bytes()[:-9])


def emptied(profile: Path, rules: Path) -> None:
    path = profile / LIMIT_COUNTS
    stored = pl.read_parquet_metadata(path)
    pl.DataFrame({"metric": ["words"]}).write_parquet(path, metadata={"key": stored["key"]})


@pytest.mark.parametrize("change", [other_rules, other_records, touched, broken, emptied])
def test_what_changes_the_answer_is_counted_again(
    change: Callable[[Path, Path], None], tmp_path: Path, always_stored: list[str]
) -> None:
    profile, rules = made(tmp_path / "a"), tmp_path / "mine.yaml"
    rules.write_text(
        "schema: curate.rules/1\nname: mine\nextends: null\n"
        "rules:\n  - {id: many, metric: words, bad: '>= 9', eval: '>= 3'}\n"
    )
    what_if(profile, load_rules(rules))
    change(profile, rules)
    again = what_if(profile, load_rules(rules))
    assert len(always_stored) == 2
    (profile / LIMIT_COUNTS).unlink()
    assert again == what_if(profile, load_rules(rules))


def test_a_folder_that_takes_no_file_answers_all_the_same(
    tmp_path: Path, always_stored: list[str]
) -> None:
    profile = made(tmp_path / "a")
    (profile / LIMIT_COUNTS).mkdir()
    first = what_if(profile, load_rules(None))
    assert what_if(profile, load_rules(None)) == first
    assert len(always_stored) == 2
    assert not list(profile.glob(".*"))


def test_small_corpora_leave_no_file(tmp_path: Path) -> None:
    profile = made(tmp_path / "a")
    assert what_if(profile, load_rules(None)).limits
    assert not (profile / LIMIT_COUNTS).exists()


def test_the_key_is_of_the_thresholds_too(tmp_path: Path) -> None:
    profile, rules = made(tmp_path / "a"), load_rules(None)
    records, grids = profile / "records.parquet", threshold_grids(rules)
    keys = {
        key_of(records, rules, counted_edges(classes_of(rules, some), some))
        for some in (grids, grids[1:], grids[:3])
    }
    assert len(keys) == 3
    assert limit_counts(open_stored(profile), rules, grids).kinds
