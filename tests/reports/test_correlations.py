"""Which correlations a profile's page shows: those that say something."""

from __future__ import annotations

import json
import re

import pytest

from curate.artifacts.profile import Profile
from reports.sections.depth import correlations
from tests.reports import corpus_fixtures


def profile(pearson: float, rows: int) -> Profile:
    """A profile of two metrics that go together so much, in so many rows."""
    made = Profile.model_validate_json(json.dumps(corpus_fixtures.profile()))
    metrics = tuple(metric.model_copy(update={"rows": rows}) for metric in made.metrics[:2])
    table = made.correlations.model_copy(
        update={
            "metrics": tuple(metric.name for metric in metrics),
            "pearson": ((1.0, pearson), (pearson, 1.0)),
        }
    )
    return made.model_copy(update={"metrics": metrics, "correlations": table})


@pytest.mark.parametrize(
    ("pearson", "rows", "shown"),
    [
        (0.5, 1000, True),
        (-0.5, 1000, True),
        (0.2, 1_000_000, False),  # certain, and weak
        (0.5, 30, False),  # 0.17 to 0.73, by Fisher's z
        (0.6, 50, True),  # 0.385 to 0.75
        (0.97, 1000, False),  # two names of one measure
        (0.9, 3, False),  # no interval of three rows
    ],
)
def test_what_says_something(pearson: float, rows: int, shown: bool) -> None:
    section = correlations(profile(pearson, rows))
    assert (section is not None) is shown


def test_what_is_left_out_is_counted() -> None:
    made = profile(0.5, 1000)
    one, two = made.metrics
    three = one.model_copy(update={"name": "third"})
    table = made.correlations.model_copy(
        update={
            "metrics": (one.name, two.name, three.name),
            "pearson": ((1.0, 0.5, 0.99), (0.5, 1.0, 0.1), (0.99, 0.1, 1.0)),
        }
    )
    update = {"metrics": (one, two, three), "correlations": table}
    section = correlations(made.model_copy(update=update))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", str(section)))
    assert "Left out: 1 pair of 0.95 or more" in words
    assert "and 1 pair of which the 95 % interval reaches below 0.3" in words
