"""The rows that most validations decode have the strata of the whole set."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from curate.splits.strata import duration_bin
from tests.shard_indexes import index_of
from train.data.rows import Row
from train.data.subset import choose_subset, strata_columns
from train.data.validation import padding_factor

LANGUAGES = ("de", "de", "de", "en")
"""Three quarters of the rows are German."""


def row(line: int, seconds: float = 2.0) -> Row:
    fields = {
        "duration": seconds + line % 7,
        "lang": LANGUAGES[line % 4],
        "speaker": f"s{line // 100}",
        "domain": "calls" if line % 10 else "read",
        "_curate": {"id": f"m:{line}", "tags": ["noisy"] if line % 5 == 0 else []},
    }
    return Row(Path("eval.jsonl"), line, "{}", fields)


ROWS = [row(line) for line in range(1, 1001)]  # a speaker after the other, as manifests are


def test_a_subset_has_the_strata_of_the_whole() -> None:
    subset = choose_subset(ROWS, 200, ("domain",), seed=0)
    assert len(subset.rows) == 200
    for part in subset.parts:
        assert part.rows == pytest.approx(part.of_rows / 5, abs=1)
        assert part.seconds == pytest.approx(part.of_seconds / 5, rel=0.35, abs=10)
    assert sum(part.of_rows for part in subset.parts) == len(ROWS)
    german_s = sum(each.duration_s for each in subset.rows if each.language == "de")
    whole_s = sum(each.duration_s for each in subset.rows)
    assert german_s / whole_s == pytest.approx(0.75, abs=0.03)


def test_every_speaker_has_a_turn() -> None:
    speakers = Counter(each.speaker for each in choose_subset(ROWS, 100, (), seed=0).rows)
    assert speakers.pop("s10") == 1  # the only row of that speaker
    assert (len(speakers), min(speakers.values()), max(speakers.values())) == (10, 9, 11)


def test_a_subset_depends_on_the_seed_and_not_on_the_order() -> None:
    first = [each.line for each in choose_subset(ROWS, 100, (), seed=0).rows]
    again = [each.line for each in choose_subset(ROWS[::-1], 100, (), seed=0).rows]
    other = [each.line for each in choose_subset(ROWS, 100, (), seed=1).rows]
    assert first == sorted(again)
    assert first != other


def test_a_set_that_is_small_enough_is_taken_whole() -> None:
    assert list(choose_subset(ROWS[:50], 64, (), seed=0).rows) == ROWS[:50]


def test_sorted_batches_have_little_padding() -> None:
    seconds = [each.duration_s for each in ROWS]
    in_order, by_length = padding_factor(seconds, 16), padding_factor(sorted(seconds), 16)
    assert in_order > 1.4
    assert by_length < 1.07
    assert padding_factor([], 16) == 1.0


def test_many_small_strata_do_not_change_the_share_of_a_language() -> None:
    rows = [row(line) for line in range(1, 41)]
    tagged = [replace(each, fields=each.fields | {"domain": each.line}) for each in rows]
    subset = choose_subset(tagged, 8, ("domain",), seed=0)
    assert [part.of_rows for part in subset.parts] == [1] * 40
    assert Counter(each.language for each in subset.rows) == {"de": 6, "en": 2}


SECONDS = (0.5, 1.0, 1.999, 2.0, 5.0, 10.0, 20.0, 29.9, 30.0, 3600.0)


def test_duration_classes_are_those_of_a_split() -> None:
    rows = [replace(row(1), fields={"duration": each}) for each in SECONDS]
    frame = pl.DataFrame({"duration_us": [round(each * 1e6) for each in SECONDS]})
    expected = frame.select(duration_bin()).to_series().to_list()
    strata = [choose_subset([each], 1, ("duration_bin",), 0).parts[0].stratum for each in rows]
    assert [stratum[1] for stratum in strata] == expected
    assert len(set(expected)) == 7


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"_curate": {"id": "more/calls.jsonl:7"}}, "more/calls.jsonl"),
        ({"_curate": {"id": "C:\\calls.jsonl:7"}}, "C:\\calls.jsonl"),
        ({}, "eval.jsonl"),
        ({"source": "radio"}, "eval.jsonl"),  # not a field of that name, as in a split
    ],
)
def test_the_source_of_a_row_is_its_manifest(fields: dict[str, object], value: str) -> None:
    one = Row(Path("eval.jsonl"), 7, "{}", {"duration": 1.0, **fields})
    assert choose_subset([one], 1, ("source",), 0).parts[0].stratum[1] == value


@pytest.mark.parametrize(
    ("of_split", "of_shards", "columns"),
    [
        ((), (), ()),
        (("lang", "duration_bin"), ("lang",), ("duration_bin",)),
        (("lang", "domain", "duration_bin"), ("source",), ("domain", "duration_bin", "source")),
        (("duration_bin",), ("duration", "lang"), ("duration_bin",)),
    ],
)
def test_columns_are_those_of_the_split_and_of_the_shards(
    of_split: tuple[str, ...], of_shards: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    update = {"strata_columns": of_split, "stratum_by": of_shards}
    assert strata_columns(index_of([], {}).model_copy(update=update)) == columns
