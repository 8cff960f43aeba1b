"""The server: one socket on this machine's own address, open until it is stopped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

from curate.environment.extras import require
from curate.errors import ConfigError, parameter
from curate.reviews.guard import App

ADDRESS = "127.0.0.1"
START_S = 30.0
"""Seconds in which a server in the background has to start."""
FINISH_S = 2
"""Seconds that requests have to finish when a server in the background is stopped."""
STOP_S = 10.0
"""Seconds in which a server in the background has to end; more than FINISH_S."""


def bind_socket(port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. ConfigError where the port is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((ADDRESS, port))
    except (OSError, OverflowError) as error:
        bound.close()
        what = f"{port} cannot be had: {error}"
        raise ConfigError.of(parameter("port"), what, "name another, or leave it out") from None
    return bound


def serve(app: App, at: socket.socket, on_ready: Callable[[], None]) -> None:
    """Answer until SIGINT or SIGTERM."""
    _server(app, on_ready).run(sockets=[at])


class BackgroundServer:
    """A server on a thread of its own, for a process that does other things meanwhile.

    The thread has its own event loop, so that a notebook's loop may run in the main thread. It is a
    daemon: no process stays alive for it, and the threads that answer requests inherit that.
    """

    def __init__(self, app: App, at: socket.socket) -> None:
        self._running = threading.Event()
        self._server = _server(
            app, self._running.set, log_config=None, timeout_graceful_shutdown=FINISH_S
        )
        self._thread = threading.Thread(target=self._run, args=[at], name="review", daemon=True)
        self._thread.start()
        if not (self._running.wait(START_S) and self._server.started):
            self.stop()
            raise ConfigError.of("the review session", "the server did not start")

    def stop(self) -> None:
        """Stop answering. Returns when the thread has ended, at the latest after STOP_S: a request
        that takes longer ends by itself. A second call does nothing.
        """
        self._server.should_exit = True
        self._thread.join(STOP_S)

    def _run(self, at: socket.socket) -> None:
        try:
            self._server.run(sockets=[at])
        finally:
            self._running.set()


def _server(app: App, on_ready: Callable[[], None], **settings: Any) -> Any:
    uvicorn = require("uvicorn", "curate review")

    class Server(uvicorn.Server):  # type: ignore[misc, name-defined]
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        **settings,
    )
    return Server(config)
