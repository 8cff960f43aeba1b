"""What several modules of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.curate.review_session import write_session

if TYPE_CHECKING:
    from curate.reviews.session import ReviewSession


@pytest.fixture(scope="module")
def review_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus and its profile, to review; made once for a module, whose tests write elsewhere."""
    return write_session(tmp_path_factory.mktemp("session"))


@pytest.fixture(scope="module")
def undecided(
    review_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReviewSession]:
    """A session for all tests that decide nothing."""
    from tests.curate.review_client import opened_session

    with opened_session(review_folder, tmp_path_factory.mktemp("log") / "log.jsonl") as session:
        yield session
        assert not session.log.path.exists()


@pytest.fixture
def reader(undecided: ReviewSession) -> Any:
    """A client of that session, with cookies of its own."""
    from tests.curate.review_client import client_of

    return client_of(undecided)
