"""The web application of `curate review`: a page, and the API of its script."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from curate.artifacts.distributions import Metric
from curate.artifacts.profile import RuleHit
from curate.audio.clip import Clip, load_clip
from curate.manifest.strict import channel_of
from curate.profiles.opened import Json
from curate.reviews.agreement import agreements
from curate.reviews.blind import Ballot
from curate.reviews.bulk import (
    BulkRequest,
    batches,
    bulk_request,
    decide_all,
    preview,
    undo_all,
)
from curate.reviews.decisions import Refused, Segment, now
from curate.reviews.groups import groups_request
from curate.reviews.guard import App, Guard
from curate.reviews.proposals import NAME as PROPOSALS
from curate.reviews.proposals import proposals
from curate.reviews.requests import PageRequest, page_request, query_of
from curate.reviews.session import ReviewSession
from curate.reviews.sheet import NAME as CSV_NAME
from curate.reviews.sheet import as_csv, import_csv
from curate.reviews.unread import unread_lines
from curate.reviews.views import View
from curate.reviews.web import Web
from curate.reviews.words import words_request
from curate.rules.overrides.decision import SEGMENT

REVIEW_PAGE = (
    "review.html", "review.css", "common.js", "layout.js", "table.js", "record.js", "sound.js",
    "review.js", "bulk.js", "views.js", "histogram.js", "panels.js", "words.js", "groups.js",
)  # fmt: skip
Audio = Callable[[Mapping[str, Any]], Clip]
"""Gives a record's clip."""

Draw = Callable[[Metric, Sequence[RuleHit]], tuple[str, str]]
"""Draws a metric, with what rules flagged, as inline SVG, and gives a note on it."""


class Look(NamedTuple):
    """How pages look: the style sheet of all, and how their histograms are drawn."""

    style: str
    draw: Draw


_PARTS = ("strata", "rules_hit", "verdicts", "totals", "rules")
_DRAWN = {"name", "unit", "meaning", "rows", "nulls", "min", "max", "histogram"}


def review_app(session: ReviewSession, look: Look, token: str, port: int) -> App:
    """The application over a session."""
    web = Web()
    routes = [
        *(web.page(name) for name in REVIEW_PAGE),
        web.route("/page.css", lambda request: web.text(look.style, "text/css")),
        web.route("/favicon.ico", lambda request: web.text("", "image/x-icon")),
        web.route("/api/profile", lambda request: web.json(about(session))),
        web.route("/api/records", lambda r: web.json(session.answer(_request(session, r)))),
        web.route("/api/histogram", lambda r: web.json(_histogram(session, r, look.draw))),
        web.route(
            "/api/words", lambda r: web.json(session.words.answer(words_request(r.query_params)))
        ),
        web.route(
            "/api/groups",
            lambda r: web.json(session.groups.answer(*groups_request(r.query_params))),
        ),
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
        *_bulk_routes(web, session),
        *_view_routes(web, session),
    ]
    return Guard(web.app(routes), token, port)


def _bulk_routes(web: Web, session: ReviewSession) -> list[Any]:
    """Decisions about many records: all that a query is about, and those of a CSV file."""

    def bulk(sent: Mapping[str, Any]) -> BulkRequest:
        parameters = dict(parse_qsl(str(sent.get("query", "")), keep_blank_values=True))
        return bulk_request(sent, query_of(parameters, _keys(session, parameters)))

    def undo(sent: Mapping[str, Any]) -> Any:
        by, at, why = (str(sent.get(name)) for name in ("by", "at", "why"))
        return undo_all(session, (by, at, why))

    def exported(request: Any) -> Any:
        text = as_csv(session.log.overrides().standing.decisions)
        return web.download(text, "text/csv", CSV_NAME)

    return [
        web.route("/api/bulk", lambda request: web.json(batches(session))),
        web.post("/api/bulk/preview", lambda r, sent: web.json(preview(session, bulk(sent)))),
        web.post("/api/bulk/decision", lambda r, sent: web.json(decide_all(session, bulk(sent)))),
        web.post("/api/bulk/undo", lambda r, sent: web.json(undo(sent))),
        web.route(f"/api/{CSV_NAME}", exported),
        web.route(
            f"/api/{PROPOSALS}",
            lambda request: web.download(as_csv(proposals(session)), "text/csv", PROPOSALS),
        ),
        web.upload(
            f"/api/import/{CSV_NAME}",
            lambda content: web.json({"written": import_csv(session.log, content)}),
        ),
    ]


def _view_routes(web: Web, session: ReviewSession) -> list[Any]:
    """Saved views, which a session may list, add to and delete from."""

    def save(request: Any, sent: Mapping[str, Any]) -> Any:
        name, query = _text(sent, "name"), _text(sent, "query")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        requested = page_request(parameters, _keys(session, parameters))
        session.table.browser.check(requested.query, requested.columns)
        return listed(session.views.save(name, query))

    def listed(views: Sequence[View]) -> Any:
        return web.json([asdict(view) for view in views])

    return [
        web.route("/api/views", lambda request: listed(session.views.all())),
        web.post("/api/views/save", save),
        web.post(
            "/api/views/delete", lambda r, sent: listed(session.views.delete(_text(sent, "name")))
        ),
    ]


def blind_app(ballot: Ballot, audio: Audio, style: str, token: str, port: int) -> App:
    """The application that collects votes between two hypotheses."""
    web = Web()

    def clip(request: Any) -> Clip:
        return audio(ballot.pairs[request.path_params["id"]].record)

    def vote(request: Any, sent: Mapping[str, Any]) -> Any:
        ballot.vote(request.path_params["id"], str(sent.get("choice")), now())
        return web.json(_next_pair(ballot))

    routes = [
        *(web.page(name) for name in ("blind.html", "review.css", "blind.js")),
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
        "unread": unread_lines(session.folder, session.profile),
        "decided": session.log.decided(),
        "agreement": [each._asdict() for each in agreements(session.decisions())],
        "evaluation": session.table.evaluation and session.table.evaluation.as_json(),
        "splits": session.table.browser.splits(),
        "metrics": [
            {"name": m.name, "unit": m.unit, "meaning": m.meaning} for m in session.metrics
        ],
    }


def _request(session: ReviewSession, request: Any) -> PageRequest:
    return page_request(request.query_params, _keys(session, request.query_params))


def _keys(session: ReviewSession, parameters: Mapping[str, str]) -> Callable[[], tuple[int, ...]]:
    is_disputed = parameters.get("decided") == "disputed"
    return session.disputed_keys if is_disputed else session.decided_keys


def _histogram(session: ReviewSession, request: Any, draw: Draw) -> Json:
    parameters = request.query_params
    query = query_of(parameters, _keys(session, parameters))
    answer = session.histograms.answer(query, parameters.get("of", ""))
    metric = answer.metric
    svg, note = ("", "") if metric is None else draw(metric, session.profile.rules_hit)
    return {
        **answer._asdict(),
        "metric": metric and metric.model_dump(mode="json", include=_DRAWN),
        "svg": svg,
        "note": note,
    }


def _decide(session: ReviewSession, request: Any, sent: Mapping[str, Any]) -> Any:
    text = sent.get("text")
    if text is not None and not isinstance(text, str):
        raise Refused("'text' is a text")
    decision, why = str(sent.get("decision")), str(sent.get("why", ""))
    return session.decide(_row(request), decision, text, why, _seen(sent), _segment(sent))


def _segment(sent: Mapping[str, Any]) -> Segment | None:
    """The corrected segment that a page has sent, to the millisecond."""
    given = [sent.get(name) for name in SEGMENT]
    if given == [None, None]:
        return None
    if any(type(value) not in (int, float) for value in given):
        raise Refused("'new_offset' and 'new_duration' are seconds")
    offset, duration = (round(float(value), 3) for value in given if value is not None)
    return offset, duration


def _seen(sent: Mapping[str, Any]) -> int | None:
    """The last line of the log about the record, as the requesting page was shown it."""
    seen = sent.get("seen")
    if seen is not None and type(seen) is not int:
        raise Refused("'seen' is a line of the log")
    return seen


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str):
        raise Refused(f"{name!r} is a text")
    return value


def _row(request: Any) -> int:
    return int(request.path_params["row"])


def _next_pair(ballot: Ballot) -> Mapping[str, object]:
    """The next pair, and how many are left; never how the votes stand, which would sway them."""
    pair = ballot.next()
    left = ballot.result()["left"]
    return {"pair": pair and pair.as_json(), "left": left, "of": len(ballot.pairs)}
