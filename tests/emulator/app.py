# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server: record, then latency, then faults, then the service."""

import asyncio
import resource
import ssl
import time
from email.utils import formatdate
from typing import Any

from aiohttp import web

from . import control
from .connections import Connections
from .effects import Effects
from .exchange import Call, Reply, Service
from .faults import MODIFIERS, Fault, Faults
from .record import Record
from .state import State, load

MAX_BODY = 16 * 1024 * 1024
KEEP_ALIVE_SECONDS = 75.0


class Emulator:
    """One running server."""

    def __init__(self, loaded: dict[str, Any]):
        self._first_scenario = loaded
        self.state: State = load(loaded)
        self.faults = Faults()
        self.record = Record()
        app = web.Application(client_max_size=MAX_BODY)
        control.add_routes(app, self)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS, shutdown_timeout=0.2, handle_signals=False
        )
        self.connections: Connections

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen; returns the port."""
        await self._runner.setup()
        self.connections = Connections(self._runner, host, port, tls)
        await self.connections.open()
        return self.connections.port

    async def stop(self) -> None:
        """Close everything."""
        await self.connections.close()
        await self._runner.cleanup()

    def reset(self, loaded: dict[str, Any] | None = None) -> None:
        """A fresh state (of the first scenario unless another is given), no faults, no calls."""
        self.state = load(self._first_scenario if loaded is None else loaded)
        self.faults.clear()
        self.clear_calls()

    def clear_calls(self) -> None:
        """An empty record, counters at zero."""
        self.record.clear()
        self.connections.clear()

    def stats(self) -> dict[str, Any]:
        """Calls and connections, and what the process has used since its start."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = {"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_memory": usage.ru_maxrss}
        return {**self.connections.stats(), **self.record.stats(), **used}

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.connections.begin(request)
        try:
            response = await self._answer(request)
        finally:
            self.connections.end(request)
        if self.connections.refusing and not response.prepared:
            response.force_close()
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        state, record = self.state, self.record
        service = state.service(request.rel_url.raw_path)
        call = self._call(request, service, await request.read())
        entry = record.begin(call, self.connections.number(request))
        try:
            await asyncio.sleep(state.settings["latency_seconds"])
            if service is None:
                entry.status = 404
                return web.Response(status=404, text="The emulator has no such service.\n")
            faults = self.faults.take(call)
            entry.fault = "+".join(fault.kind for fault in faults) or None
            self._modify(call, faults)
            main = next((fault for fault in faults if fault.kind not in MODIFIERS), None)

            def execute() -> Reply:
                call.ticks = time.monotonic()
                reply = service.handle(call)
                entry.executed, entry.code = reply.executed, reply.code
                return reply

            effects = Effects(request, entry, service, formatdate(call.now, usegmt=True), self.connections.port)
            if main is None:
                return effects.response(execute())
            if main.kind == "refuse":
                response = effects.response(execute())
                self.connections.refuse(main["seconds"])
                return response
            return await effects.run(main, execute)
        finally:
            record.end(entry)

    def _call(self, request: web.Request, service: Service | None, body: bytes) -> Call:
        path = request.rel_url.raw_path
        name, action, write = "unknown", "(no action)", False
        if service is not None:
            name = service.name
            action, write = service.identify(request.method, path, request.headers)
        return Call(name, action, write, request.method, path, request.query, request.headers, body, 0.0, 0.0)

    def _modify(self, call: Call, faults: list[Fault]) -> None:
        skew = self.state.settings["clock_skew_seconds"]
        for fault in faults:
            if fault.kind == "clock_skew":
                skew += fault["seconds"]
            elif fault.kind == "expired_token":
                call.token_expired = True
        call.now = time.time() + skew
