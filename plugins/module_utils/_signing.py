# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the signatures of the providers, as pure functions and as ``auth=`` objects for requests.

An auth object is asked anew for every attempt, so a repeated call never carries an old time or an expired token.
Passing one also keeps requests from replacing the ``Authorization`` header by an entry of ``~/.netrc``.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from requests import PreparedRequest

_DEFAULT_PORTS = {"http": 80, "https": 443}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    # Most of what an HMAC takes is its setting up, which a copy of one that was does not need.
    return hmac.new(key, digestmod="sha256")


def _hmac_sha256(key: bytes, text: str) -> bytes:
    code = _keyed(key).copy()
    code.update(text.encode("utf-8"))
    return code.digest()


def host_header(url: str) -> str:
    """The ``Host`` header of a URL: lower case, with the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def _payload(request: PreparedRequest) -> bytes:
    body: Any = request.body or b""
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


# ---- Zenlayer: ZC2-HMAC-SHA256 (api/zenlayer.md 2) -------------------------------------------------------------------


def zc2_authorization(
    *, key_id: str, secret: str, host: str, content_type: str, timestamp: int | str, body: bytes
) -> str:
    """The ``Authorization`` header of a Zenlayer POST. The signed path is always ``/`` (api/zenlayer.md 2.3)."""
    signed = "content-type;host"
    canonical = f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{signed}\n{_sha256(body)}"
    to_sign = f"ZC2-HMAC-SHA256\n{timestamp}\n{_sha256(canonical.encode('utf-8'))}"
    signature = _hmac_sha256(secret.encode("utf-8"), to_sign).hex()
    return f"ZC2-HMAC-SHA256 Credential={key_id}, SignedHeaders={signed}, Signature={signature}"


class Zc2Auth:
    """Signs a prepared request with an access key pair."""

    def __init__(self, key_id: str, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._key_id = key_id
        self._secret = secret
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        timestamp = str(int(self._clock()))
        host = host_header(request.url or "")
        request.headers["Host"] = host
        request.headers["x-zc-timestamp"] = timestamp
        request.headers["x-zc-signature-method"] = "ZC2-HMAC-SHA256"
        request.headers["Authorization"] = zc2_authorization(
            key_id=self._key_id,
            secret=self._secret,
            host=host,
            content_type=request.headers["Content-Type"],
            timestamp=timestamp,
            body=_payload(request),
        )
        return request


# ---- Tencent Cloud: TC3-HMAC-SHA256 (api/tencent.md 2) ---------------------------------------------------------------


@lru_cache(maxsize=8)
def _utc_date(day: int) -> str:
    """
    :param day: days since the begin of UNIX time
    """
    return time.strftime("%Y-%m-%d", time.gmtime(day * 86400))


@lru_cache(maxsize=8)
def _tc3_key(secret_key: str, date: str, service: str) -> bytes:
    return _hmac_sha256(
        _hmac_sha256(_hmac_sha256(f"TC3{secret_key}".encode(), date), service),
        "tc3_request",
    )


def tc3_authorization(
    *,
    secret_id: str,
    secret_key: str,
    service: str,
    headers: Mapping[str, str],
    timestamp: int,
    payload: bytes,
    method: str = "POST",
    query: str = "",
) -> str:
    """The ``Authorization`` header of a Tencent Cloud call.

    :param headers: exactly the headers to sign; ``content-type`` and ``host`` are mandatory
    :param timestamp: UNIX seconds, the same number as in ``X-TC-Timestamp``; its UTC date enters the signature
    """
    lines = sorted((name.lower(), value.strip().lower()) for name, value in headers.items())
    signed = ";".join(name for name, _value in lines)
    canonical_headers = "".join(f"{name}:{value}\n" for name, value in lines)
    canonical = f"{method}\n/\n{query}\n{canonical_headers}\n{signed}\n{_sha256(payload)}"
    date = _utc_date(timestamp // 86400)
    scope = f"{date}/{service}/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{_sha256(canonical.encode('utf-8'))}"
    signature = _hmac_sha256(_tc3_key(secret_key, date, service), to_sign).hex()
    return f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={signed}, Signature={signature}"


class Tc3Auth:
    """Signs a prepared request with a secret id and key, and the token of temporary credentials.

    The action is signed too: without it a captured read could be replayed as a write (api/tencent.md 2.2).
    """

    def __init__(
        self,
        secret_id: str,
        secret_key: str,
        token: str | None = None,
        *,
        service: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._token = token
        self._service = service
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        timestamp = int(self._clock())
        headers = request.headers
        headers["Host"] = host_header(request.url or "")
        headers["X-TC-Timestamp"] = str(timestamp)
        if self._token:
            headers["X-TC-Token"] = self._token
        headers["Authorization"] = tc3_authorization(
            secret_id=self._secret_id,
            secret_key=self._secret_key,
            service=self._service,
            headers={name: headers[name] for name in ("Content-Type", "Host", "X-TC-Action")},
            timestamp=timestamp,
            payload=_payload(request),
        )
        return request


# ---- Tokens ----------------------------------------------------------------------------------------------------------


class NoAuth:
    """Sends no credentials, and keeps requests from taking some out of ``~/.netrc``."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class BearerAuth:
    """A fixed access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class Token:
    """An OAuth 2 access token and its lifetime in seconds."""

    value: str
    lifetime: float


class OAuth2Auth:
    """Bearer tokens that are fetched when needed and renewed before they expire (api/vdms.md 1.6)."""

    def __init__(self, fetch: Callable[[Any], Token], clock: Callable[[], float] = time.monotonic) -> None:
        """
        :param fetch: asks the identity service for a new token, by the deadline that :meth:`by` was given, or None
        :param clock: seconds that never jump
        """
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renew_at = 0.0

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return self.by(None)(request)

    def by(self, deadline: Any) -> Callable[[PreparedRequest], PreparedRequest]:
        """The auth object for a request that has a deadline, which then counts for a new token too."""

        def sign(request: PreparedRequest) -> PreparedRequest:
            request.headers["Authorization"] = f"Bearer {self._current(deadline).value}"
            return request

        return sign

    def renew(self, rejected: str) -> None:
        """Forget the token of a rejected ``Authorization`` header, unless another thread has renewed it already."""
        with self._lock:
            if self._token is not None and rejected == f"Bearer {self._token.value}":
                self._token = None

    def _current(self, deadline: Any) -> Token:
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                asked_at = self._clock()
                self._token = self._fetch(deadline)
                self._renew_at = asked_at + self._token.lifetime - min(30.0, self._token.lifetime / 4)
            return self._token
