"""Which correlations a profile's page shows: those that say something."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from curate.artifacts.profile import Profile
from reports.sections.correlations import correlations
from tests.reports import corpus_fixtures

NAMES = [name for name, *_ in corpus_fixtures.METRICS]


def profile(pearson: Sequence[Sequence[float]], rows: int) -> Profile:
    """A profile of as many metrics, which go together so much, in so many rows."""
    made = Profile.model_validate_json(json.dumps(corpus_fixtures.profile()))
    metrics = tuple(
        metric.model_copy(update={"rows": rows}) for metric in made.metrics[: len(pearson)]
    )
    table = made.correlations.model_copy(
        update={"metrics": tuple(metric.name for metric in metrics), "pearson": pearson}
    )
    return made.model_copy(update={"metrics": metrics, "correlations": table})


PAIRS = '<th scope="col" class="k-name">metric</th>'


@pytest.mark.parametrize(
    ("pearson", "rows", "shown"),
    [
        (0.5, 1000, True),
        (-0.5, 1000, True),
        (0.2, 1_000_000, False),  # certain, and weak
        (0.5, 30, False),  # 0.17 to 0.73, by Fisher's z
        (0.6, 50, True),  # 0.385 to 0.75
        (0.9, 3, False),  # no interval of three rows
    ],
)
def test_what_says_something(pearson: float, rows: int, shown: bool) -> None:
    section = correlations(profile([[1.0, pearson], [pearson, 1.0]], rows))
    assert (section is not None and PAIRS in section) is shown


def words(markup: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(markup)))


def test_two_names_of_one_measure_are_a_family_and_no_pair() -> None:
    section = correlations(profile([[1.0, -0.97], [-0.97, 1.0]], 1000))
    assert section is not None
    assert PAIRS not in section
    assert f"{NAMES[0]} , {NAMES[1]}" in words(section)


def test_of_two_families_the_strongest_pair_is_shown() -> None:
    """The first and third are linked by the second; the last two are a family too."""
    matrix = [
        [1.0, 0.9, 0.7, 0.5, 0.4],
        [0.9, 1.0, 0.85, -0.6, 0.1],
        [0.7, 0.85, 1.0, 0.3, 0.35],
        [0.5, -0.6, 0.3, 1.0, 0.8],
        [0.4, 0.1, 0.35, 0.8, 1.0],
    ]
    section = words(correlations(profile(matrix, 1000)))
    one, two, three, four, five = NAMES[:5]
    assert f"{one} , {two} , {three} {four} , {five} metric" in section
    table = section.partition("strength, 0 to 1")[2]
    assert table.split()[:3] == [two, four, "-0.6"]
    assert f" {one} " not in table and f" {five} " not in table
    # 0.1, 0.3 and 0.35 of 1,000 rows reach below 0.3: 0.35 down to 0.295.
    assert "Left out: 3 pairs whose 95 % interval reaches below 0.3" in section
