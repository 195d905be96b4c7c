# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: HTTP connections that keep to their time limits as a whole, and are safe with every version of urllib3.

The limits of requests and urllib3 count for each address that is connected to and for each piece that is read, and not
at all for the resolution of names. A server that sends a byte now and then could keep a task for ever. Here there are
limits for all of it: one for name and connection, one for head and body of the answer.

urllib3 1.26 leaves it to Python and OpenSSL which versions of TLS are spoken, and believes a certificate's common name.
Every version reads the file of trusted certificates anew for each connection, which takes some 20 ms.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock, Deadline, within

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter

ADDRESSES = 3
"""So many times the limit for one address is there for a name and all of its addresses: some may not answer at all."""


class _TimedStream(io.RawIOBase):
    """What a socket receives before a deadline."""

    def __init__(self, raw: Any, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._raw = raw
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def readinto(self, buffer: Any) -> int | None:
        """
        :raises socket.timeout: the deadline has passed, or passes before anything comes
        """
        remaining = self._deadline.remaining()
        if not remaining:
            raise socket.timeout("timed out")
        limit = self._connection.gettimeout()
        self._connection.settimeout(remaining)
        try:
            received: int | None = self._raw.readinto(buffer)
            return received
        finally:
            # The next request on this connection is sent under the socket's own limit.
            self._connection.settimeout(limit)

    def close(self) -> None:
        self._raw.close()
        super().close()


class TimedAnswer(HTTPResponse):
    """An answer that has to arrive as a whole within the time limit of its socket."""

    def __init__(self, sock: socket.socket, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            stream: Any = self.fp
            self.fp = io.BufferedReader(_TimedStream(stream.detach(), sock, Deadline(seconds, clock)))


class Trust:
    """What TLS connections speak, and whom they trust. Each file or folder of certificates is read once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}

    def context(self, cert_reqs: Any, host: str, file: str | None, folder: str | None) -> ssl.SSLContext:
        """The context for connections to this host: TLS 1.2 or newer, whatever is allowed elsewhere on this machine.

        :param cert_reqs: whether the certificate is verified, as urllib3 writes it
        :param file: certificates to trust
        :param folder: more of them, by their hashes
        :raises OSError: they cannot be read (ssl.SSLError is one)
        """
        from urllib3.util.ssl_ import create_urllib3_context, is_ipaddress, resolve_cert_reqs

        verify_mode = resolve_cert_reqs(cert_reqs)
        # OpenSSL compares names. Addresses are for urllib3, of which 1.26 does not tell them to OpenSSL.
        compares = verify_mode != ssl.CERT_NONE and not is_ipaddress(host)
        key = (verify_mode, compares, file, folder)
        with self._lock:
            if key not in self._contexts:
                context = create_urllib3_context(cert_reqs=verify_mode)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                if compares:
                    context.check_hostname = True
                    if ssl.HAS_NEVER_CHECK_COMMON_NAME:
                        context.hostname_checks_common_name = False
                if file or folder:
                    context.load_verify_locations(file, folder)
                self._contexts[key] = context
            return self._contexts[key]


def bounded_adapter(connections: int, clock: Clock, trust: Trust) -> HTTPAdapter:
    """A transport adapter for one host and at most so many connections at a time, all of them bounded in time."""
    from requests import Response
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """One host, one trust, the same proxies: so it keeps what requests works out for each request anew."""

        pool: Any = None
        trusting: Any = None

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
            super().init_poolmanager(*args, **kwargs)
            _bound(self.poolmanager, clock, trust)

        def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
            known = self.proxy_manager.get(proxy)
            return known or _bound(super().proxy_manager_for(proxy, **kwargs), clock, trust)

        def get_connection(self, *args: Any, **kwargs: Any) -> Any:  # of requests before 2.32
            self.pool = self.pool or super().get_connection(*args, **kwargs)
            return self.pool

        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            self.pool = self.pool or super().get_connection_with_tls_context(*args, **kwargs)
            return self.pool

        def close(self) -> None:
            super().close()
            self.pool = self.trusting = None

        def cert_verify(self, conn: Any, *args: Any) -> None:
            if conn is not self.trusting:
                super().cert_verify(conn, *args)  # type: ignore[no-untyped-call]
                self.trusting = conn

        def build_response(self, req: Any, resp: Any) -> Response:
            response = Response()
            response.request, response.url = req, req.url
            response.raw, response.status_code, response.headers = resp, resp.status, resp.headers
            return response

    return Adapter(pool_connections=1, pool_maxsize=connections)


def _bound(manager: Any, clock: Clock, trust: Trust) -> Any:
    """Have a manager of urllib3 make pools of such connections only."""
    kinds = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {
        scheme: partial(_bounded_pool, kind, clock, trust) for scheme, kind in kinds.items()
    }
    return manager


def _bounded_pool(kind: Callable[..., Any], clock: Clock, trust: Trust, *args: Any, **kwargs: Any) -> Any:
    from urllib3.exceptions import ConnectTimeoutError

    pool = kind(*args, **kwargs)

    class Connection(pool.ConnectionCls):  # type: ignore[misc,name-defined]
        response_class = staticmethod(partial(TimedAnswer, clock=clock))
        is_prepared = False

        def connect(self) -> None:
            if pool.scheme == "https" and not self.is_prepared:
                file, folder = getattr(self, "ca_certs", None), getattr(self, "ca_cert_dir", None)
                if self.proxy is None:
                    self.ca_certs = self.ca_cert_dir = None
                else:  # urllib3 reads them, for a proxy that speaks TLS too
                    file = folder = None
                self.ssl_context = trust.context(self.cert_reqs, self._tunnel_host or self.host, file, folder)
                self.is_prepared = True
            super().connect()

        def _new_conn(self) -> Any:
            limit = ADDRESSES * self.timeout
            try:
                return within(limit, super()._new_conn)
            except TimeoutError:
                raise ConnectTimeoutError(self, f"not within {limit:g} s") from None

    pool.ConnectionCls = Connection
    return pool
