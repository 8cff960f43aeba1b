"""What `curate review` does: a desk over a profile, or a ballot over two sets of hypotheses."""

from __future__ import annotations

import secrets
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import reports
from curate.artifacts.written import describe
from curate.audio.paths import allowed_roots
from curate.errors import InputError
from curate.profiles.duck import open_records
from curate.profiles.summary import RECORDS, missing_file
from curate.reviews.app import blind_app, clip_of_record, review_app
from curate.reviews.blind import Ballot, pairs
from curate.reviews.serve import ADDRESS, bind_socket, serve
from curate.reviews.session import ReviewSession

Say = Callable[[str], None]

WARM_UP_S = 10
"""Seconds that the end of a review waits for imports that are under way."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Who reviews, at which port (0: any), where audio lies, and whether a browser is opened."""

    reviewer: str
    port: int
    root: Path | None
    allow: Sequence[Path]
    browser: bool
    say: Say


def review(profile: Path, log: Path, wish: Setting) -> None:
    """Serve the desk until it is told to end."""
    if fault := missing_file(profile):
        raise InputError(fault)
    table = profile / RECORDS
    token = secrets.token_urlsafe(24)
    with open_records(table) as records, bind_socket(wish.port) as at:
        desk = ReviewSession(
            profile, records, log, wish.reviewer, wish.root, allowed_roots(wish.allow)
        )
        warm_up = threading.Thread(target=desk.warm_up, daemon=True)
        warm_up.start()
        port = at.getsockname()[1]
        app = review_app(desk, reports.page_style(), token, port)
        describe(lambda: _ended(desk.log.written, "decision", log))
        try:
            serve(app, at, lambda: _say(wish, port, token))
        finally:  # a library that ends while it is imported complains behind the last line
            warm_up.join(WARM_UP_S)


def blind(a: Path, b: Path, votes: Path, wish: Setting) -> None:
    """Serve the ballot until it is told to end."""
    ballot = Ballot(pairs(a, b), votes, wish.reviewer)
    clip = clip_of_record(wish.root or a.parent, allowed_roots(wish.allow))
    token = secrets.token_urlsafe(24)
    with bind_socket(wish.port) as at:
        port = at.getsockname()[1]
        app = blind_app(ballot, clip, reports.page_style(), token, port)
        describe(lambda: _ended(ballot.written, "vote", votes))
        serve(app, at, lambda: _say(wish, port, token))


def _ended(written: int, kind: str, log: Path) -> str:
    """What a person reads who ended the session."""
    if not written:
        return f"review ended; no {kind} was written, {log} is as it was"
    many = f"{written:,} {kind} was" if written == 1 else f"{written:,} {kind}s were"
    return f"review ended; {many} written to {log}"


def _say(wish: Setting, port: int, token: str) -> None:
    address = f"http://{ADDRESS}:{port}/?token={token}"
    wish.say(f"review desk: {address}")
    wish.say("only this machine can open this address; Ctrl-C ends it")
    if wish.browser:
        webbrowser.open(address)
