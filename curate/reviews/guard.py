"""Access: only this machine's browser, by the token it was given, and no page of anyone else's.

A page on the internet can send requests to 127.0.0.1, under a name of its own that resolves there
(DNS rebinding). So the Host must be the server's, a token must come with every request, what
changes anything must come from its own Origin, and no page may be shown in a foreign frame.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

MOST_BYTES = 4 << 20
"""Of a request's body."""

_OWN = frozenset({"none", "same-origin"})
"""Where a request comes from that no other page sent."""
_GO_ON = '<!doctype html><meta http-equiv="refresh" content="0; url=/"><title>Review</title>'

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through what comes with the token, at our own address; answers the rest itself."""

    app: App
    token: str
    port: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1").lower(): v.decode("latin-1") for key, v in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal)
        elif self._shown_token(scope) is not None:
            await self._let_in(send, linked=headers.get("sec-fetch-site", "none") not in _OWN)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}
        if headers.get("host") not in hosts:
            return 421, "this address is not served here"
        if headers.get("sec-fetch-site", "none") not in _OWN and not self._is_first(scope):
            return 403, "request from another site"
        if not self._knows(self._shown_token(scope)) and not self._knows(
            self._sent_cookie(headers)
        ):
            return 403, "no valid token: open the address that `curate review` printed"
        if scope["method"] not in {"GET", "HEAD"}:
            origin = headers.get("origin", "")
            if origin not in {f"http://{host}" for host in hosts}:
                return 403, "change requested by another origin"
            length = headers.get("content-length", "")
            if not length.isdigit():
                return 411, "how long is it?"
            if int(length) > MOST_BYTES:
                return 413, "too large"
        return None

    async def _let_in(self, send: Send, linked: bool) -> None:
        """Go on without the token in the address. After a link from another page, a redirect would
        still be that page's request, without the cookie; a page of this server sends its own.
        """
        cookie = {"set-cookie": self._cookie()}
        if linked:
            await _answer(send, 200, _GO_ON, {**cookie, "content-type": "text/html"})
        else:
            await _answer(send, 303, "", {**cookie, "location": "/"})

    def _is_first(self, scope: Scope) -> bool:
        """A link with the token may be followed from anywhere: a terminal, a chat."""
        return scope["path"] == "/" and self._knows(self._shown_token(scope))

    def _shown_token(self, scope: Scope) -> str | None:
        if scope["method"] != "GET" or scope["path"] != "/":
            return None
        values = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        return values[0] if values else None

    def _knows(self, token: str | None) -> bool:
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def _cookie(self) -> str:
        return f"{cookie_name(self.port)}={self.token}; HttpOnly; SameSite=Strict; Path=/"

    def _sent_cookie(self, headers: Mapping[str, str]) -> str | None:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_name(self.port))
        except CookieError:
            return None
        return cookie.value if cookie else None


def cookie_name(port: int) -> str:
    """The cookie of the session at a port: browsers send the cookies of all ports of a machine, and
    two sessions at once must not replace each other's.
    """
    return f"curate_review_{port}"


def _with_headers(send: Send) -> Send:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            security_headers = [(key.encode(), value.encode()) for key, value in _HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", ()), *security_headers]}
        await send(message)

    return sent


async def _answer(
    send: Send, status: int, text: str, more: Mapping[str, str] | None = None
) -> None:
    headers = {"content-type": "text/plain; charset=utf-8", **_HEADERS, **(more or {})}
    raw = [(key.encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": text.encode()})
