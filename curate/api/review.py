"""Records reviewed in a browser, on this machine only."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from curate.artifacts.written import describe
from curate.audio.paths import allowed_roots
from curate.errors import InputError
from curate.profiles.duck import open_records
from curate.profiles.opened import RECORDS, missing_file
from curate.reviews.app import Look, blind_app, clip_of_record, review_app
from curate.reviews.blind import Ballot, pairs
from curate.reviews.serve import ADDRESS, bind_socket, serve
from curate.reviews.session import ReviewSession
from curate.reviews.table import Beside

__all__ = ["Look", "ReviewOptions", "compare_blindly", "review_profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """Who reviews, at which port (0: any), where audio lies, and whether a browser is opened.

    `split` is a split directory of the profile, whose splits may be filtered by; `evaluation` an
    output of `train eval`, whose hypotheses and error rates are shown.
    `look` is how the pages look; `notify` is called with notes in words.
    """

    reviewer: str
    look: Look
    notify: Callable[[str], None]
    port: int = 0
    audio_root: Path | None = None
    allowed: Sequence[Path] = ()
    browser: bool = False
    split: Path | None = None
    evaluation: Path | None = None


def review_profile(profile: Path, overrides: Path, options: ReviewOptions) -> None:
    """Serve the records of a profile until the session is ended; decisions are appended to the log
    `overrides`.
    """
    if fault := missing_file(profile):
        raise InputError(fault)
    token, roots = secrets.token_urlsafe(24), allowed_roots(options.allowed)
    with open_records(profile / RECORDS) as records, bind_socket(options.port) as at:
        session = ReviewSession(
            profile,
            records,
            overrides,
            options.reviewer,
            options.audio_root,
            roots,
            Beside(options.split, options.evaluation),
        )
        port = at.getsockname()[1]
        app = review_app(session, options.look, token, port)
        describe(lambda: _ended(session.log.written, "decision", overrides))

        def on_ready() -> None:
            _announce(options, port, token)
            if session.table.evaluation is not None:
                options.notify(session.table.evaluation.words())
            session.start()

        with closing(session):
            serve(app, at, on_ready)


def compare_blindly(a: Path, b: Path, votes: Path, options: ReviewOptions) -> None:
    """Serve pairs of predictions without their models' names until the session is ended; votes are
    appended to the log `votes`.
    """
    ballot = Ballot(pairs(a, b), votes, options.reviewer)
    clip = clip_of_record(options.audio_root or a.parent, allowed_roots(options.allowed))
    token = secrets.token_urlsafe(24)
    with bind_socket(options.port) as at:
        port = at.getsockname()[1]
        app = blind_app(ballot, clip, options.look.style, token, port)
        describe(lambda: _ended(ballot.written, "vote", votes))
        serve(app, at, lambda: _announce(options, port, token))


def _ended(written: int, kind: str, log: Path) -> str:
    """The last line of a session."""
    if not written:
        return f"review ended; no {kind} was written, {log} is as it was"
    many = f"{written:,} {kind} was" if written == 1 else f"{written:,} {kind}s were"
    return f"review ended; {many} written to {log}"


def _announce(options: ReviewOptions, port: int, token: str) -> None:
    address = f"http://{ADDRESS}:{port}/?token={token}"
    options.notify(f"review session: {address}")
    options.notify("only this machine can open this address; Ctrl-C ends it")
    if options.browser:
        webbrowser.open(address)
