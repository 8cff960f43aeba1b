"""What several modules of tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.curate.review_session import write_session


@pytest.fixture(scope="module")
def review_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus and its profile, to review; made once for a module, whose tests write elsewhere."""
    return write_session(tmp_path_factory.mktemp("session"))
