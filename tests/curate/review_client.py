"""A review session over HTTP, for tests: the session, a client of its own, and requests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import reports
from curate.profiles.duck import open_records
from curate.reviews.app import Look, review_app
from curate.reviews.session import ReviewSession
from curate.reviews.table import Beside

TOKEN, PORT = "the-token", 4711
OWN = f"http://127.0.0.1:{PORT}"


@contextmanager
def opened_session(
    folder: Path, log: Path, evaluation: Path | None = None
) -> Iterator[ReviewSession]:
    """Anna's session on `folder/profile`, whose decisions go to `log`."""
    with open_records(folder / "profile" / "records.parquet") as records:
        beside = Beside(evaluation=evaluation)
        session = ReviewSession(folder / "profile", records, log, "anna", beside=beside)
        with closing(session):
            yield session


def client_of(session: ReviewSession) -> Any:
    """A client that the session has let in."""
    from starlette.testclient import TestClient

    app = review_app(session, Look("", reports.histogram), TOKEN, PORT)
    client = TestClient(app, base_url=OWN, follow_redirects=False)
    client.cookies.set(f"curate_review_{PORT}", TOKEN)
    return client


def complete(client: Any, address: str, listed: str) -> Any:
    """The answer with a list that is built in the background, once it is."""
    deadline = time.monotonic() + 60
    while (answer := client.get(address).json())["loaded"] < 1:
        assert answer[listed] == []
        assert time.monotonic() < deadline, f"{address} is not complete after a minute"
    return answer


def post(client: Any, path: str, sent: object, **headers: str) -> Any:
    """Send JSON, or bytes as they are, as the app's own page does."""
    content = sent if isinstance(sent, bytes) else json.dumps(sent)
    return client.post(path, content=content, headers={"origin": OWN, **headers})
