# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener, and the connections it accepted."""

import asyncio
import ssl
from asyncio import AbstractEventLoop, Server

from aiohttp import web

BACKLOG = 1024
MANY = 4 * BACKLOG


class Connections:
    """Accepts connections, counts them, and can refuse them for a while."""

    def __init__(self, runner: web.AppRunner, host: str, port: int, tls: ssl.SSLContext | None):
        self._runner = runner
        self._host = host
        self._port = port
        self._tls = tls
        self._listener: Server | None = None
        self._busy: set[web.RequestHandler] = set()
        self._numbers: dict[web.RequestHandler, int] = {}
        self._last_number = 0
        self._accepted = 0
        self._most_open = 0
        self._reopening: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port, also if any was fine."""
        return self._port

    @property
    def refusing(self) -> bool:
        """Is the listener closed?"""
        return self._listener is None

    async def open(self) -> None:
        """Listen."""
        loop: AbstractEventLoop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._accept, self._host, self._port, ssl=self._tls, backlog=BACKLOG)
        self._port = self._listener.sockets[0].getsockname()[1]

    def refuse(self, seconds: float) -> None:
        """Close the listener and idle connections at once, listen again later."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for handler in self._open_handlers():
            if handler not in self._busy:
                handler.force_close()
        if self._reopening is not None:
            self._reopening.cancel()
        self._reopening = asyncio.create_task(self._reopen(seconds))

    async def close(self) -> None:
        """Stop for good."""
        if self._reopening is not None:
            self._reopening.cancel()
        if self._listener is not None:
            self._listener.close()

    def number(self, request: web.Request) -> int:
        """A number for the connection of this request."""
        return self._numbers.get(request.protocol, 0)

    def begin(self, request: web.Request) -> None:
        """The connection carries a request."""
        self._busy.add(request.protocol)
        self._most_open = max(self._most_open, len(self._open_handlers()))

    def end(self, request: web.Request) -> None:
        """The connection is idle again."""
        self._busy.discard(request.protocol)

    def clear(self) -> None:
        """Count from here."""
        self._accepted = 0
        self._most_open = len(self._open_handlers())

    def stats(self) -> dict[str, int]:
        """Connections of all kinds, those of the control API included."""
        return {
            "accepted_connections": self._accepted,
            "open_connections": len(self._open_handlers()),
            "max_open_connections": self._most_open,
        }

    def _accept(self) -> web.RequestHandler:
        assert self._runner.server is not None
        handler: web.RequestHandler = self._runner.server()
        self._accepted += 1
        self._last_number += 1
        self._numbers[handler] = self._last_number
        if len(self._numbers) > MANY:
            self._forget_closed()
        return handler

    def _forget_closed(self) -> None:
        still_open = set(self._open_handlers())
        self._numbers = {
            handler: number
            for handler, number in self._numbers.items()
            if handler in still_open or number > self._last_number - BACKLOG
        }

    def _open_handlers(self) -> list[web.RequestHandler]:
        assert self._runner.server is not None
        return list(self._runner.server.connections)

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while not await self._opened():
            await asyncio.sleep(0.05)

    async def _opened(self) -> bool:
        try:
            await self.open()
        except OSError:
            return False
        return True
