"""Whether smaller tests rank models as the whole test does: Kendall's tau, as SciPy has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from curate.statistics.bootstrap import DRAWS
from reports.sections.errors import against as section
from tests.train.test_intervals import scored_row
from train.cli.render.evaluation import tables
from train.evaluate import EvalRequest, make_record
from train.scoring.against import compare
from train.scoring.smaller import smaller_tests


def test_tau_equals_scipys_in_every_draw() -> None:
    random = np.random.default_rng(5)
    errors = random.random((4, 60)) + np.array([[0.0], [0.02], [0.05], [0.3]])
    clusters = np.repeat(np.arange(20), 3)
    tests = smaller_tests(errors, clusters, np.full(60, 36.0), seed=3)
    assert [each.clusters for each in tests] == [1, 2, 4, 7, 10, 15]
    assert [each.hours for each in tests] == [0.03, 0.06, 0.12, 0.21, 0.3, 0.45]
    by_cluster = errors.reshape(4, 20, 3).sum(axis=2)
    drawn = np.random.RandomState(3)
    orders = [drawn.permutation(20) for _ in range(DRAWS)]
    for each in tests[1::3]:
        sums = [by_cluster[:, order[: each.clusters]].sum(axis=1) for order in orders]
        taus = [kendalltau(part, errors.sum(axis=1)).statistic for part in sums]
        assert each.kendall_tau == pytest.approx(np.mean(taus), abs=1e-4)
        assert each.same_order == pytest.approx(np.mean(np.isclose(taus, 1)), abs=1e-4)


@pytest.mark.parametrize(
    ("errors", "clusters"),
    [
        ([[1, 0, 2, 1], [0, 1, 1, 0]], [0, 1, 2, 3]),  # too few speakers
        ([[1, 0, 2, 1, 0], [0, 1, 1, 2, 0]], [0, 1, 2, 3, 4]),  # as many errors: no order
        ([[1, 0, 2, 1, 0]], [0, 1, 2, 3, 4]),  # one model
    ],
)
def test_no_order_is_no_figure(errors: list[list[int]], clusters: list[int]) -> None:
    counts = np.array(errors, np.float64)
    assert smaller_tests(counts, np.array(clusters), np.ones(len(clusters))) == ()


def test_a_comparison_says_what_smaller_tests_would() -> None:
    new = [scored_row("a b", "a b", line, speaker=f"s{line}") for line in range(10)]
    old = [scored_row("a b", "a x", line, speaker=f"s{line}") for line in range(10)]
    against = compare(new, old, "old.nemo")
    smaller = against.smaller_tests
    assert [each.clusters for each in smaller] == [1, 2, 4, 5, 8]
    assert {(each.kendall_tau, each.same_order) for each in smaller} == {(1.0, 1.0)}
    record = make_record(new, EvalRequest("new.nemo", [], Path("out")), against=against)
    assert "Kendall" in str(section(record))
    last = list(tables(record))[-1]
    assert str(last.title).startswith("smaller tests")
    assert last.row_count == len(smaller)


def test_utterances_that_only_one_model_has_are_left_out() -> None:
    new = [scored_row("a b", "a b", line, speaker=f"s{line}") for line in range(6)]
    old = [scored_row("a b", "a x", line, speaker=f"s{line}") for line in range(1, 4)]
    assert compare(new, old, "old.nemo").smaller_tests == ()
