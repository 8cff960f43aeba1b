"""The server: one socket on this machine's own address, open until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable

from curate.environment.extras import require
from curate.errors import ConfigError, parameter
from curate.reviews.guard import App

ADDRESS = "127.0.0.1"


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
    uvicorn = require("uvicorn", "curate review")

    class Server(uvicorn.Server):  # type: ignore[misc, name-defined]
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready()

    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, lifespan="off"
    )
    Server(settings).run(sockets=[at])
