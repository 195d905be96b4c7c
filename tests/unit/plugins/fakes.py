# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for time and network."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Union

from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock


class FakeClock(Clock):
    """Time passes when somebody sleeps, and not otherwise."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "time does not run backwards"
        self.sleeps.append(seconds)
        self.time += seconds


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


class Room:
    """Counts how many are in it at the same time."""

    def __init__(self, expected: int) -> None:
        self.most = 0
        self._expected = expected
        self._inside = 0
        self._lock = threading.Lock()
        self._full = threading.Event()

    def visit(self) -> None:
        """Enter, stay until as many as expected have come and some time is left for one too many, and leave."""
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
            if self._inside >= self._expected:
                self._full.set()
        assert self._full.wait(5), f"only {self.most} came at the same time"
        time.sleep(0.02)
        with self._lock:
            self._inside -= 1


Answer = Union[bytes, Callable[[socket.socket, Received], object]]


def http_answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of an HTTP answer. ``_`` in the names of headers stands for ``-``; lengths are right unless given."""
    lines = {"content-length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode("latin-1") + body


def json_answer(data: Any, status: int = 200, **headers: str) -> bytes:
    """The bytes of an HTTP answer with JSON in it."""
    return http_answer(status, json.dumps(data).encode(), content_type="application/json", **headers)


def reset(connection: socket.socket, _request: Received) -> None:
    """Instead of an answer, break the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(connection.detach())  # at once, whoever else holds the socket


def hang_up(connection: socket.socket, _request: Received) -> None:
    """Instead of an answer, close the connection in good order."""
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def tunnel(connection: socket.socket, request: Received) -> None:
    """Instead of an answer, do what a proxy does that is asked for a tunnel."""
    assert request.method == "CONNECT"
    host, _colon, port = request.path.rpartition(":")
    with socket.create_connection((host, int(port))) as target:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=_pump, args=(target, connection), daemon=True).start()
        _pump(connection, target)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes, until it ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


class LocalServer:
    """A server on loopback that gives the answers it was told, one after the other and the last one ever again.

    It keeps connections alive, and remembers what it was asked. An answer that is a function returns what to send, or
    does with the connection what it likes; the server then leaves it alone.
    """

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.ended = threading.Event()
        self._answers = answers
        self._tls = tls
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            number = len(self._connections)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            stream = connection.makefile("rb")
            while True:
                request = self._receive(stream, number)
                if request is None:
                    break
                with self._lock:
                    answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
                    self.requests.append(request)
                made = answer if isinstance(answer, bytes) else answer(connection, request)
                if not isinstance(made, bytes):
                    return
                connection.sendall(made)

    def _receive(self, stream: Any, number: int) -> Received | None:
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while True:
            line = stream.readline().decode("latin-1").strip()
            if not line:
                break
            name, _colon, text = line.partition(":")
            headers[name.lower()] = text.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        return Received(first[0], first[1], headers, body, number)
