# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between the collection and the emulator: servers with TLS, proxies, and those that break off."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from ansible_collections.certops.cdn.tests.unit.plugins.fakes import (
    Answer,
    LocalServer,
    Received,
    hang_up,
    http_answer,
    tunnel,
)
from edges.certificates import Identity

HOP_BY_HOP = {"connection", "content-length", "keep-alive", "server", "transfer-encoding"}


class Front(LocalServer):
    """A server with TLS, called localhost, whose certificate can be replaced while it runs."""

    def __init__(self, *answers: Answer, tls: Identity | ssl.SSLContext) -> None:
        context = tls.context() if isinstance(tls, Identity) else tls
        context.sni_callback = self._greet
        self._replaced: ssl.SSLContext | None = None
        super().__init__(*answers, tls=context)
        self.host = self.host.replace("127.0.0.1", "localhost")
        self.url = f"https://{self.host}"

    def _greet(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        if self._replaced is not None:
            connection.context = self._replaced

    def replace_certificate(self, identity: Identity) -> None:
        """New connections are shown this one."""
        self._replaced = identity.context()


def forwarded(url: str, request: Received) -> bytes:
    """What the server at a URL answers to a request that came here."""
    target = urlsplit(request.path)
    path = request.path if not target.netloc else f"{target.path}?{target.query}" if target.query else target.path
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request(request.method, path, request.body, dict(request.headers))
        reply = connection.getresponse()
        body = reply.read()
        headers = {name: text for name, text in reply.getheaders() if name.lower() not in HOP_BY_HOP}
    return http_answer(reply.status, body, **headers)


def to(url: str) -> Callable[[socket.socket, Received], bytes]:
    """Answer what the server at this URL answers."""
    return lambda _connection, request: forwarded(url, request)


def as_text(request: Received) -> str:
    """A request as it came, in words."""
    head = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
    return f"{request.method} {request.path}\n{head}\n{request.body.decode()}"


# ---- Connections that are lost ---------------------------------------------------------------------------------------


def closing(url: str) -> Answer:
    """Answer, say that the connection ends, and end it."""

    def answer(connection: socket.socket, request: Received) -> None:
        reply = forwarded(url, request)
        connection.sendall(reply.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        hang_up(connection, request)

    return answer


def dropping(url: str) -> Answer:
    """Answer as if the connection were to be kept, and end it."""

    def answer(connection: socket.socket, request: Received) -> None:
        connection.sendall(forwarded(url, request))
        hang_up(connection, request)

    return answer


# ---- Proxies ---------------------------------------------------------------------------------------------------------


class Proxy(LocalServer):
    """A proxy for HTTP, and for whatever goes through tunnels. It wants credentials where it was given some."""

    def __init__(self, authorization: str = "") -> None:
        self._authorization = authorization
        super().__init__(self._serve_one)

    def _serve_one(self, connection: socket.socket, request: Received) -> bytes | None:
        if request.headers.get("proxy-authorization", "") != self._authorization:
            return http_answer(407, b"credentials, please", proxy_authenticate="Basic")
        if request.method != "CONNECT":
            return forwarded(request.path, request)
        tunnel(connection, request)
        return None
