"""Speakers and languages of earlier batches are known to a thread, and change nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.manifest import fields
from curate.manifest.chunks import Chunk
from curate.manifest.nemo import read_batch

NAMES = ["a", " a", "A b", "é", "007", "7", 7, 7.0, 1e3, "unknown", "N/A", "", None, "\\n", "x\ty"]
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "speaker": st.sampled_from(NAMES),
        "speaker_id": st.sampled_from(NAMES),
        "lang": st.sampled_from(["en", "de", "a", "", None]),
        "channel": st.sampled_from([0, 1, "0"]),
        "domain": st.sampled_from([*NAMES, [1, 2]]),
    },
)


def batch_of(records: Sequence[dict[str, object]]) -> Chunk:
    sound = {"audio_filepath": "a.wav", "duration": 1.0, "text": "so it was"}
    lines = (json.dumps({**sound, **record}) + "\n" for record in records)
    return Chunk("m.jsonl", 0, "".join(lines).encode())


def read_alone(batch: Chunk) -> pl.DataFrame:
    """As a thread reads it that has read nothing before."""
    with ThreadPoolExecutor(1) as fresh:
        return fresh.submit(lambda: read_batch(batch, ["domain"]).frame).result()


@pytest.mark.parametrize("most", [0, 3, 1 << 16])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(RECORDS, max_size=8), min_size=1, max_size=4))
def test_a_batch_is_read_as_if_it_were_the_first(
    monkeypatch: pytest.MonkeyPatch, most: int, batches: list[list[dict[str, object]]]
) -> None:
    monkeypatch.setattr(fields, "MOST_STRINGS", most)
    for records in batches:
        batch = batch_of(records)
        assert read_batch(batch, ["domain"]).frame.equals(read_alone(batch))


def test_strings_beyond_the_limit_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MOST_STRINGS", 4)

    def sizes() -> list[int]:
        known = []
        for first in range(0, 12, 3):
            read_batch(batch_of([{"speaker": f"s{first + k}"} for k in range(3)]))
            interner = fields._of_thread.interner
            assert interner is not None
            known.append(interner.size)
        return known

    with ThreadPoolExecutor(1) as fresh:
        assert fresh.submit(sizes).result() == [3, 6, 3, 6]
