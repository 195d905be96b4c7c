# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers on loopback."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Union

from .certificates import Identity

Behaviour = Union[Identity, ssl.SSLContext, Callable[[socket.socket], object]]


class Edge:
    """A server whose behaviour can be changed at any time: TLS with a certificate, or anything else.

    :ivar before: called before each handshake
    :ivar received: what clients have sent after their handshakes
    :ivar names: the names that clients have asked for, one for each connection that came to that
    """

    def __init__(self, behaviour: Behaviour, address: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=256)
        self.address = address
        self.port: int = self._listener.getsockname()[1]
        self.received = b""
        self.names: list[str | None] = []
        self.before: Callable[[], object] = lambda: None
        self._open: list[socket.socket] = []
        self._by_name: dict[str, ssl.SSLContext] = {}
        self.serve(behaviour)
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, behaviour: Behaviour, **by_name: Identity) -> None:
        """Behave like this from now on.

        :param by_name: other certificates for clients that ask for these names (``_`` stands for a dot)
        """
        self._by_name = {name.replace("_", "."): identity.context() for name, identity in by_name.items()}
        if isinstance(behaviour, Identity):
            behaviour = behaviour.context()
        if isinstance(behaviour, ssl.SSLContext):
            behaviour.sni_callback = self._named
        self._behaviour = behaviour

    def _named(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        self.names.append(name)
        if name in self._by_name:
            connection.context = self._by_name[name]

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, self._behaviour), daemon=True).start()

    def _serve(self, connection: socket.socket, behaviour: Behaviour) -> None:
        with contextlib.suppress(OSError):
            if not isinstance(behaviour, ssl.SSLContext):
                assert not isinstance(behaviour, Identity)
                behaviour(connection)
                return
            self.before()
            with behaviour.wrap_socket(connection, server_side=True) as tls:
                self.received += tls.recv(65536)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()


def silent(connection: socket.socket) -> None:
    """Accept the connection and say nothing."""
    while connection.recv(65536):
        pass


def plain_http(connection: socket.socket) -> None:
    """Answer as a web server without TLS does."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.close()


def hang_up(connection: socket.socket) -> None:
    """Read what the client says and close the connection in good order."""
    connection.recv(65536)
    connection.close()


def reset(connection: socket.socket) -> None:
    """Break the connection."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def edges(*behaviours: Behaviour, addresses: Sequence[str] | None = None) -> Iterator[list[Edge]]:
    """Servers on one port of several addresses: 127.0.0.1, 127.0.0.2 and so on. They end with the block."""
    addresses = addresses or [f"127.0.0.{number}" for number in range(1, len(behaviours) + 1)]
    with contextlib.ExitStack() as stack:
        while True:
            started: list[Edge] = []
            try:
                for behaviour, address in zip(behaviours, addresses):
                    started.append(Edge(behaviour, address, started[0].port if started else 0))
            except OSError as exc:
                for edge in started:
                    edge.close()
                if exc.errno != errno.EADDRINUSE:
                    raise
                continue  # the port that was free on the first address is taken on another
            break
        for edge in started:
            stack.callback(edge.close)
        yield started
