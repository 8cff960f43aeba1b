"""The web application of `curate review`: a page, and the API of its script."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from curate.artifacts.columns import VERDICTS
from curate.audio.clip import Clip, load_clip, wav
from curate.audio.faults import Unusable
from curate.environment.extras import require
from curate.errors import CurateError, Fault
from curate.formatting.units import US_PER_HOUR
from curate.manifest.strict import channel_of
from curate.reviews.blind import Ballot
from curate.reviews.browse import MOST, NoSuch, Place, Query
from curate.reviews.decisions import Changed, Refused, now
from curate.reviews.guard import App, Guard
from curate.reviews.session import ReviewSession
from curate.reviews.spectrogram import spectrogram

PAGES: Mapping[str, str] = {
    "review.html": "text/html", "blind.html": "text/html", "review.css": "text/css",
    "review.js": "text/javascript", "blind.js": "text/javascript",
}  # fmt: skip
"""The files beside this module that are served, with their types."""

Audio = Callable[[Mapping[str, Any]], Clip]
"""Gives a record's clip."""

_PARTS = ("strata", "rules_hit", "verdicts", "totals", "rules")


def review_app(session: ReviewSession, style: str, token: str, port: int) -> App:
    """The application over a session; `style` is the style sheet of all pages."""
    web = _Web()
    page = partial(_page, web)
    routes = [
        web.route("/", page("review.html")),
        *(web.route(f"/{name}", page(name)) for name in ("review.css", "review.js")),
        web.route("/page.css", lambda request: web.text(style, "text/css")),
        web.route("/favicon.ico", lambda request: web.text("", "image/x-icon")),
        web.route("/api/profile", lambda request: web.json(about(session))),
        web.route("/api/records", lambda request: web.json(records(session, request.query_params))),
        web.route(
            "/api/records/{row:int}", lambda request: web.json(session.describe(_row(request)))
        ),
        web.route("/api/records/{row:int}/audio", lambda r: web.wav(session.clip(_row(r)))),
        web.route("/api/records/{row:int}/spectrogram", lambda r: web.png(session.clip(_row(r)))),
        web.post(
            "/api/records/{row:int}/decision", lambda r, sent: web.json(_decide(session, r, sent))
        ),
        web.post(
            "/api/records/{row:int}/undo",
            lambda r, sent: web.json(session.undo(_row(r), _seen(sent))),
        ),
    ]
    return Guard(web.app(routes), token, port)


def blind_app(ballot: Ballot, audio: Audio, style: str, token: str, port: int) -> App:
    """The application that collects votes between two hypotheses."""
    web = _Web()
    page = partial(_page, web)

    def clip(request: Any) -> Clip:
        return audio(ballot.pairs[request.path_params["id"]].record)

    def vote(request: Any, sent: Mapping[str, Any]) -> Any:
        ballot.vote(request.path_params["id"], str(sent.get("choice")), now())
        return web.json(_next_pair(ballot))

    routes = [
        web.route("/", page("blind.html")),
        *(web.route(f"/{name}", page(name)) for name in ("review.css", "blind.js")),
        web.route("/page.css", lambda request: web.text(style, "text/css")),
        web.route("/favicon.ico", lambda request: web.text("", "image/x-icon")),
        web.route("/api/pair", lambda request: web.json(_next_pair(ballot))),
        web.route("/api/result", lambda request: web.json(ballot.result())),
        web.route("/api/pairs/{id}/audio", lambda request: web.wav(clip(request))),
        web.route("/api/pairs/{id}/spectrogram", lambda request: web.png(clip(request))),
        web.post("/api/pairs/{id}/vote", vote),
    ]
    return Guard(web.app(routes), token, port)


def clip_of_record(folder: Path, allowed: Sequence[Path]) -> Audio:
    """Clips of records that name their audio themselves."""

    def clip(record: Mapping[str, Any]) -> Clip:
        offset, seconds = float(record.get("offset") or 0.0), float(record["duration"])
        channel = channel_of(json.dumps(record.get("channel")))
        name = str(record["audio_filepath"])
        return load_clip(name, folder, allowed, offset, seconds, channel=channel)

    return clip


def about(session: ReviewSession) -> Mapping[str, object]:
    """What the page needs to know of the profile before it requests records."""
    return {
        **session.profile.model_dump(mode="json", include=set(_PARTS)),
        "reviewer": session.log.reviewer,
        "log": str(session.log.path),
        "decided": len(session.log.overrides().standing.decisions),
        "metrics": [
            {"name": m.name, "unit": m.unit, "meaning": m.meaning} for m in session.metrics
        ],
    }


def records(session: ReviewSession, parameters: Mapping[str, str]) -> Mapping[str, object]:
    """A page of records, and how many there are."""
    query = query_of(session, parameters)
    count = int(parameters.get("count", "50"))
    if not 1 <= count <= MOST:
        raise NoSuch(f"a page has 1 to {MOST} records")
    listed, end = session.page(query, place_of(parameters.get("after", "")), count)
    rows, us = session.tally(query)
    after = None if end is None else json.dumps(end)
    return {"records": listed, "after": after, "rows": rows, "hours": us / US_PER_HOUR}


def query_of(session: ReviewSession, parameters: Mapping[str, str]) -> Query:
    """The records that a request's parameters name. NoSuch for what there is not."""
    verdicts = tuple(name for name in parameters.get("verdict", "").split(",") if name)
    if unknown := set(verdicts) - set(VERDICTS):
        raise NoSuch(f"{min(unknown)!r} is not a verdict")
    fields = tuple(
        (name, parameters[name]) for name in ("lang", "speaker", "source") if name in parameters
    )
    metric = parameters.get("metric") or None
    least, most = (_number(parameters.get(name, "")) for name in ("least", "most"))
    ranges = ((metric, least, most),) if metric and (least, most) != (None, None) else ()
    decided = parameters.get("decided", "")
    keys = session.decided_keys() if decided else None
    down = parameters.get("order", "down") != "up"
    tag = parameters.get("tag") or None
    sort = metric if parameters.get("sort", "metric") == "metric" else None
    return Query(verdicts, tag, fields, ranges, keys, decided == "no", sort, down)


def place_of(text: str) -> Place | None:
    """Where a page ended, as `records` gives it."""
    if not text:
        return None
    value, row = json.loads(text)
    return None if value is None else float(value), int(row)


def _number(text: str) -> float | None:
    return float(text) if text.strip() else None


def _decide(session: ReviewSession, request: Any, sent: Mapping[str, Any]) -> Any:
    text = sent.get("text")
    if text is not None and not isinstance(text, str):
        raise Refused("'text' is a text")
    decision, why = str(sent.get("decision")), str(sent.get("why", ""))
    return session.decide(_row(request), decision, text, why, _seen(sent))


def _seen(sent: Mapping[str, Any]) -> int | None:
    """The last line of the log about the record, as the requesting page was shown it."""
    seen = sent.get("seen")
    if seen is not None and type(seen) is not int:
        raise Refused("'seen' is a line of the log")
    return seen


def _row(request: Any) -> int:
    return int(request.path_params["row"])


def _next_pair(ballot: Ballot) -> Mapping[str, object]:
    """The next pair, and how many are left; never how the votes stand, which would sway them."""
    pair = ballot.next()
    left = ballot.result()["left"]
    return {"pair": pair and pair.as_json(), "left": left, "of": len(ballot.pairs)}


def _page(web: _Web, name: str) -> Callable[[Any], Any]:
    text = files("curate.reviews").joinpath("pages", name).read_text(encoding="utf-8")
    return lambda request: web.text(text, PAGES[name])


class _Web:
    """Starlette, as far as it is used here; imported when an application is made."""

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

    def json(self, value: object, status: int = 200) -> Any:
        """JSON."""
        return self._responses.JSONResponse(value, status)

    def text(self, text: str, kind: str) -> Any:
        """A text of a media type."""
        return self._responses.Response(text, media_type=f"{kind}; charset=utf-8")

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
