# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each fault looks on the wire."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable
from email.utils import formatdate

from aiohttp import web

from .exchange import Reply, Service, json_reply
from .faults import Fault
from .record import Entry

HTML = "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>"
CHUNKS = 20
WATCH_SECONDS = 0.05


class Effects:
    """Answers one call that a fault was ordered for. `execute` runs the service and notes it in the record."""

    def __init__(self, request: web.Request, entry: Entry, service: Service, date: str, port: int):
        self._request = request
        self._entry = entry
        self._service = service
        self._date = date
        self._port = port

    async def run(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        """The answer, if there is one."""
        if fault.parameters.get("execute") and fault.kind != "timeout":
            execute()
        effect: Callable[..., object] = getattr(self, f"_{fault.kind}")
        result = effect(fault, execute)
        return await result if asyncio.iscoroutine(result) else self.response(result)  # type: ignore[arg-type]

    def response(self, reply: Reply) -> web.Response:
        """An ordinary answer."""
        self._entry.status = reply.status
        self._entry.code = reply.code
        headers = {"Date": self._date, "Server": "emulator", **reply.headers}
        if reply.content_type:
            headers["Content-Type"] = reply.content_type
        return web.Response(status=reply.status, body=reply.body or None, headers=headers)

    async def _reset_before(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        return self._reset()

    async def _reset_after(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        execute()
        return self._reset()

    async def _timeout(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        reply = execute() if fault["execute"] else None
        if await self._wait(fault["seconds"]) and reply is not None:
            return self.response(reply)
        return self._reset()

    def _status(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        if fault["body"] is None:
            reply = self._service.failure(fault["status"])
        elif isinstance(fault["body"], str):
            reply = Reply(fault["status"], fault["body"].encode(), fault["content_type"])
        else:
            reply = json_reply(fault["status"], fault["body"], fault["content_type"])
        if fault["retry_after"] is not None:
            reply.headers["Retry-After"] = str(fault["retry_after"])
        if fault["retry_after_date"] is not None:
            reply.headers["Retry-After"] = formatdate(time.time() + fault["retry_after_date"], usegmt=True)
        reply.headers.update({name: str(value) for name, value in fault["headers"].items()})
        return reply

    def _html(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        return Reply(fault["status"], HTML.format(status=fault["status"]).encode(), "text/html")

    async def _truncated(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        reply = execute()
        body = reply.body or b"{}"
        response = await self._start(reply, len(body))
        await response.write(body[: len(body) // 2])
        if self._request.transport is not None:
            self._request.transport.close()
        return response

    def _challenge(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        return Reply(403, HTML.format(status="Just a moment...").encode(), "text/html", {"cf-mitigated": "challenge"})

    def _blocked(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        return Reply(451, HTML.format(status="Unavailable For Legal Reasons").encode(), "text/html")

    def _redirect(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        location = fault["location"] or f"http://localhost:{self._port}/redirected"
        return Reply(fault["status"], b"", None, {"Location": location})

    async def _drip(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        reply = execute()
        response = await self._start(reply, len(reply.body))
        size = max(1, -(-len(reply.body) // CHUNKS))
        for start in range(0, len(reply.body), size):
            if not await self._wait(fault["seconds"] / CHUNKS):
                return response
            await response.write(reply.body[start : start + size])
        await response.write_eof()
        return response

    def _business(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        return self._service.error(fault["code"], fault["message"], fault["status"])

    def _json(self, fault: Fault, execute: Callable[[], Reply]) -> Reply:
        text = fault["body"] if isinstance(fault["body"], str) else json.dumps(fault["body"])
        return Reply(fault["status"], text.encode(), fault["content_type"])

    async def _huge(self, fault: Fault, execute: Callable[[], Reply]) -> web.StreamResponse:
        head, tail = b'{"padding": "', b'"}'
        left = max(0, fault["bytes"] - len(head) - len(tail))
        response = await self._start(Reply(200, b"", fault["content_type"]), len(head) + left + len(tail))
        await response.write(head)
        block = b"x" * 65536
        while left > 0:
            await response.write(block[:left])
            left -= len(block)
        await response.write(tail)
        await response.write_eof()
        return response

    async def _start(self, reply: Reply, length: int) -> web.StreamResponse:
        self._entry.status = reply.status
        self._entry.code = reply.code
        headers = {"Date": self._date, "Server": "emulator", **reply.headers, "Content-Length": str(length)}
        if reply.content_type:
            headers["Content-Type"] = reply.content_type
        response = web.StreamResponse(status=reply.status, headers=headers)
        await response.prepare(self._request)
        return response

    async def _wait(self, seconds: float) -> bool:
        """False if the client has gone."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            await asyncio.sleep(min(left, WATCH_SECONDS))
            if self._request.transport is None or self._request.transport.is_closing():
                return False
        return True

    def _reset(self) -> web.StreamResponse:
        """RST instead of an answer."""
        transport = self._request.transport
        if transport is not None:
            plain = transport.get_extra_info("socket")
            if plain is not None:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return web.Response(status=500)
