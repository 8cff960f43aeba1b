"""Records reviewed in a browser, on this machine only."""

from __future__ import annotations

import getpass
import secrets
import socket
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from curate.artifacts.pages import draw_histogram, page_style
from curate.artifacts.written import describe
from curate.audio.paths import allowed_roots
from curate.errors import ConfigError, InputError, parameter
from curate.profiles.duck import open_records
from curate.profiles.opened import RECORDS, missing_file
from curate.reviews.app import Look, blind_app, clip_of_record, review_app
from curate.reviews.blind import Ballot, pairs
from curate.reviews.guard import App
from curate.reviews.serve import ADDRESS, bind_socket, serve
from curate.reviews.session import ReviewSession
from curate.reviews.table import NOTHING_BESIDE, Beside

__all__ = [
    "Announcement",
    "Beside",
    "OpenReview",
    "ReviewOptions",
    "compare_blindly",
    "open_review",
    "review_profile",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """Who reviews (None: the user's name), at which port (0: any), and where audio lies: under
    `audio_root` (None: beside each manifest), in one of the `allowed` roots (empty: anywhere).
    """

    reviewer: str | None = None
    port: int = 0
    audio_root: str | Path | None = None
    allowed: Sequence[str | Path] = ()

    @property
    def name(self) -> str:
        """The name that is recorded with each decision. ConfigError where there is none."""
        try:
            return self.reviewer or getpass.getuser()
        except (OSError, KeyError, ImportError):  # KeyError, ImportError: Python before 3.13
            what = "the user of this process has no name"
            raise ConfigError.of(parameter("reviewer"), what, "give a name") from None

    @property
    def root(self) -> Path | None:
        """The folder in which relative paths of audio begin."""
        return None if self.audio_root is None else Path(self.audio_root)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that audio must lie in, resolved. ConfigError where one is missing."""
        return allowed_roots([Path(each) for each in self.allowed])


@dataclass(frozen=True, slots=True)
class Announcement:
    """How a session begins on a terminal: notes in words, and perhaps a browser."""

    notify: Callable[[str], None]
    browser: bool = False

    def begin(self, url: str) -> None:
        """Name the address, and open it."""
        self.notify(f"review session: {url}")
        self.notify("only this machine can open this address; Ctrl-C ends it")
        if self.browser:
            webbrowser.open(url)


@dataclass(frozen=True, slots=True)
class OpenReview:
    """A session whose socket is bound, and which nothing answers yet; `url` lets in."""

    session: ReviewSession
    app: App
    at: socket.socket
    url: str


@contextmanager
def open_review(
    profile: Path, overrides: Path, beside: Beside, options: ReviewOptions
) -> Iterator[OpenReview]:
    """A session on the records of a profile, whose decisions are appended to the log `overrides`;
    it is closed at the end. Raises CurateError for what cannot be opened.
    """
    if fault := missing_file(profile):
        raise InputError(fault)
    token, look = secrets.token_urlsafe(24), Look(page_style(), draw_histogram)
    with open_records(profile / RECORDS) as records, bind_socket(options.port) as at:
        session = ReviewSession(
            profile, records, overrides, options.name, options.root, options.roots, beside
        )
        with closing(session):
            port = at.getsockname()[1]
            yield OpenReview(session, review_app(session, look, token, port), at, _url(port, token))


def review_profile(
    profile: Path,
    overrides: Path,
    announcement: Announcement,
    beside: Beside = NOTHING_BESIDE,
    options: ReviewOptions = ReviewOptions(),
) -> None:
    """Serve the records of a profile until the session is ended; decisions are appended to the log
    `overrides`.
    """
    with open_review(profile, overrides, beside, options) as opened:
        session = opened.session
        describe(lambda: _ended(session.log.written, "decision", overrides))

        def on_ready() -> None:
            announcement.begin(opened.url)
            if session.table.evaluation is not None:
                announcement.notify(session.table.evaluation.words())
            session.start()

        serve(opened.app, opened.at, on_ready)


def compare_blindly(
    a: Path, b: Path, votes: Path, announcement: Announcement, options: ReviewOptions
) -> None:
    """Serve pairs of predictions without their models' names until the session is ended; votes are
    appended to the log `votes`.
    """
    ballot = Ballot(pairs(a, b), votes, options.name)
    clip = clip_of_record(options.root or a.parent, options.roots)
    token = secrets.token_urlsafe(24)
    with bind_socket(options.port) as at:
        port = at.getsockname()[1]
        app = blind_app(ballot, clip, page_style(), token, port)
        describe(lambda: _ended(ballot.written, "vote", votes))
        serve(app, at, lambda: announcement.begin(_url(port, token)))


def _url(port: int, token: str) -> str:
    return f"http://{ADDRESS}:{port}/?token={token}"


def _ended(written: int, kind: str, log: Path) -> str:
    """The last line of a session."""
    if not written:
        return f"review ended; no {kind} was written, {log} is as it was"
    many = f"{written:,} {kind} was" if written == 1 else f"{written:,} {kind}s were"
    return f"review ended; {many} written to {log}"
