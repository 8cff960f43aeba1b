"""The review app beside a notebook or a script: served on a thread until it is closed."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self

from curate.api.review import Beside, ReviewOptions, open_review
from curate.reviews.serve import BackgroundServer

__all__ = ["Explorer", "explore"]


class Explorer:
    """A review session in the background: `url` opens it in a browser of this machine.

    It ends with `close()`, at the end of a `with` block, or with the process. `overrides` is the
    log that decisions are appended to.
    """

    def __init__(
        self, profile: Path, overrides: Path, beside: Beside, options: ReviewOptions
    ) -> None:
        self.profile, self.overrides = profile, overrides
        with ExitStack() as open_parts:
            opened = open_parts.enter_context(open_review(profile, overrides, beside, options))
            self.url = opened.url
            open_parts.callback(BackgroundServer(opened.app, opened.at).stop)
            opened.session.start()
            self._open_parts: ExitStack | None = open_parts.pop_all()
        atexit.register(self.close)

    @property
    def is_open(self) -> bool:
        """Whether the address is answered."""
        return self._open_parts is not None

    def close(self) -> None:
        """Stop answering; what was decided is in the log. A second call does nothing."""
        open_parts, self._open_parts = self._open_parts, None
        if open_parts is not None:
            atexit.unregister(self.close)
            open_parts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __str__(self) -> str:
        state = self.url if self.is_open else "closed"
        return f"review session of {self.profile}: {state}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: a link, since the app refuses to be shown in a frame."""
        of = f"review session of {escape(str(self.profile))}"
        if not self.is_open:
            return f"<p>{of}: closed</p>"
        link = f'<a href="{escape(self.url)}" target="_blank" rel="noopener">open it</a>'
        log = escape(str(self.overrides))
        return f"<p>{of}: {link} (on this machine; decisions are appended to {log})</p>"


def explore(
    profile: str | Path,
    overrides: str | Path = "overrides.jsonl",
    *,
    split: str | Path | None = None,
    evaluation: str | Path | None = None,
    options: ReviewOptions | None = None,
) -> Explorer:
    """Open the review app of a profile directory in the background, as `curate review` does.

    Decisions are appended to the log `overrides`. `split` is a split directory of the profile,
    whose splits may be filtered by; `evaluation` an output of `train eval`, whose hypotheses and
    error rates are shown. Sessions may be open at once, each at its own port. Raises
    curate.errors.CurateError where one of them cannot be opened, the port is taken or the extra
    `review` is not installed.
    """
    beside = Beside(*(None if each is None else Path(each) for each in (split, evaluation)))
    return Explorer(Path(profile), Path(overrides), beside, options or ReviewOptions())
