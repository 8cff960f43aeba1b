"""Starlette, as far as the review applications use it; imported when an application is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from curate.audio.clip import wav
from curate.audio.faults import Unusable
from curate.environment.extras import require
from curate.errors import CurateError, Fault
from curate.reviews.decisions import Changed, Refused
from curate.reviews.guard import App
from curate.reviews.query import NoSuch
from curate.reviews.spectrogram import spectrogram

PAGES: Mapping[str, str] = {
    "review.html": "text/html",
    "blind.html": "text/html",
    "review.css": "text/css",
    **dict.fromkeys(
        (
            "common.js",
            "layout.js",
            "table.js",
            "record.js",
            "sound.js",
            "review.js",
            "bulk.js",
            "blind.js",
            "views.js",
            "histogram.js",
            "panels.js",
            "words.js",
            "groups.js",
        ),
        "text/javascript",
    ),
}
"""The files beside this module that are served, with their types."""


class Web:
    """Routes, and what they answer with."""

    def __init__(self) -> None:
        self._applications = require("starlette.applications", "curate review")
        self._responses = require("starlette.responses", "curate review")
        self._routing = require("starlette.routing", "curate review")

    def app(self, routes: list[Any]) -> App:
        """An application of these routes."""
        made: App = self._applications.Starlette(routes=routes)
        return made

    def route(self, path: str, answer: Callable[[Any], Any]) -> Any:
        """A GET route; served in a thread, so that no request waits for another."""

        def endpoint(request: Any) -> Any:
            return self._answered(lambda: answer(request))

        return self._routing.Route(path, endpoint)

    def post(self, path: str, answer: Callable[[Any, Mapping[str, Any]], Any]) -> Any:
        """A path that a JSON object is sent to."""

        async def endpoint(request: Any) -> Any:
            body = await request.body()
            return await self._in_thread(
                lambda: self._answered(lambda: answer(request, _object(body)))
            )

        return self._routing.Route(path, endpoint, methods=["POST"])

    def upload(self, path: str, answer: Callable[[bytes], Any]) -> Any:
        """A path that a file is sent to."""

        async def endpoint(request: Any) -> Any:
            body = await request.body()
            return await self._in_thread(lambda: self._answered(lambda: answer(body)))

        return self._routing.Route(path, endpoint, methods=["POST"])

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        concurrency = require("starlette.concurrency", "curate review")
        return await concurrency.run_in_threadpool(work)

    def _answered(self, answer: Callable[[], Any]) -> Any:
        """The answer, or what is wrong in one line."""
        try:
            return answer()
        except Unusable as error:
            return self.json({"error": str(error)}, 404)
        except Changed as error:
            return self.json({"error": str(error)}, 409)
        except CurateError as error:
            return self.json({"error": "; ".join(map(_in_words, error.faults))}, 400)
        except (NoSuch, Refused, ValueError, KeyError, TypeError) as error:
            return self.json({"error": str(error)}, 400)

    def page(self, name: str) -> Any:
        """A GET route of a file of PAGES, whose name is its path; `.html` is the root."""
        text = files("curate.reviews").joinpath("pages", name).read_text(encoding="utf-8")
        path = "/" if name.endswith(".html") else f"/{name}"
        return self.route(path, lambda request: self.text(text, PAGES[name]))

    def json(self, value: object, status: int = 200) -> Any:
        """JSON."""
        return self._responses.JSONResponse(value, status)

    def text(self, text: str, kind: str) -> Any:
        """A text of a media type."""
        return self._responses.Response(text, media_type=f"{kind}; charset=utf-8")

    def download(self, text: str, kind: str, name: str) -> Any:
        """A text to be saved as a file of this name."""
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return self._responses.Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)

    def wav(self, clip: Any) -> Any:
        """A clip to be played."""
        cut = {"x-cut": "1"} if clip.cut else {}
        return self._responses.Response(wav(clip), media_type="audio/wav", headers=cut)

    def png(self, clip: Any) -> Any:
        """A clip to be seen."""
        return self._responses.Response(spectrogram(clip), media_type="image/png")


def _in_words(fault: Fault) -> str:
    hint = f" ({fault.hint})" if fault.hint else ""
    return f"{fault.where}: {fault.what}{hint}"


def _object(body: bytes) -> Mapping[str, Any]:
    value = json.loads(body or b"{}")
    if not isinstance(value, dict):
        raise Refused("expected a JSON object")
    return value
