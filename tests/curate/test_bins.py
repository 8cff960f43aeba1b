"""Duration buckets: the same as Lhotse and NeMo estimate, in a fraction of the time."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.shards.bins import duration_bins, token_bins


@pytest.fixture(scope="module")
def rows(root: Path) -> list[tuple[float, int]]:
    """Durations and text lengths of the example, in its order."""
    pairs = []
    for line in (root / "examples/speech/manifest.jsonl").read_bytes().split(b"\n"):
        try:
            record = json.loads(line)
            if record["text"] and 0 < record["duration"] < 100:
                pairs.append((float(record["duration"]), len(record["text"])))
        except (ValueError, TypeError, KeyError):
            continue  # the example has lines that are no records
    assert len(pairs) == 313
    return pairs


@pytest.mark.parametrize("buckets", [2, 5, 30, 200])
def test_durations_as_lhotse_has_them(rows: list[tuple[float, int]], buckets: int) -> None:
    bucketing = pytest.importorskip("lhotse.dataset.sampling.dynamic_bucketing")
    cuts = [SimpleNamespace(duration=seconds) for seconds, _ in rows]
    lhotse_bins = bucketing.estimate_duration_buckets(cuts, buckets)
    assert duration_bins(np.array([seconds for seconds, _ in rows]), buckets) == lhotse_bins
    assert len(lhotse_bins) > 0


# What NeMo's estimate_duration_bins_2d.py (commit 002ad10) comes to on the example's durations,
# with a token a character, 6 buckets and 2 sub-buckets.
NEMO_BINS = [
    (1.75, 38), (1.75, 224), (2.23, 38), (2.23, 53), (2.5, 40), (2.5, 143),
    (2.75, 41), (2.75, 53), (4.8, 42), (4.8, 143), (61.5, 23), (61.5, 23),
]  # fmt: skip
NEMO_TPS = [
    83.2636, 83.2636, 22.7027, 22.7027, 49.481, 49.481, 19.4853, 19.4853, 49.481, 49.481, 2.5, 2.5
]  # fmt: skip


def test_tokens_as_nemo_has_them(rows: list[tuple[float, int]]) -> None:
    durations, tokens = (np.array(column) for column in zip(*rows, strict=True))
    bins = token_bins(durations, tokens, 6, 2)
    assert [(round(top, 3), count) for top, count in bins.bins] == NEMO_BINS
    assert [round(tps, 4) for tps in bins.max_tps] == NEMO_TPS


@given(
    st.lists(st.tuples(st.floats(0.1, 40), st.integers(0, 300)), max_size=60),
    st.integers(2, 8),
)
def test_buckets_rise_and_hold_everything(rows: list[tuple[float, int]], buckets: int) -> None:
    durations = np.array([seconds for seconds, _ in rows], dtype=np.float64)
    tokens = np.array([count for _, count in rows], dtype=np.int32)
    starts = duration_bins(durations, buckets)
    assert starts == sorted(starts)
    assert len(starts) < max(buckets, 2)
    assert set(starts) <= set(durations.tolist())
    bins = token_bins(durations, tokens, buckets)
    tops = [top for top, _ in bins.bins]
    assert tops == sorted(tops)
    assert len(bins.max_tps) == len(bins.bins)
    if len(rows) > 1:
        assert tops[-1] == pytest.approx(durations.max(), abs=1e-3)


@pytest.mark.parametrize("durations", [[], [1.0]])
def test_nothing_to_bucket(durations: list[float]) -> None:
    values = np.array(durations)
    assert duration_bins(values, 30) == []
    assert token_bins(values, np.zeros(len(values)), 30).bins == []
