# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's side of ZC2-HMAC-SHA256 and TC3-HMAC-SHA256, written from the published rules."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

_AUTHORIZATION = re.compile(
    r"(?P<method>\S+) +Credential=(?P<credential>[^,\s]+), *SignedHeaders=(?P<headers>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
CLOCK_WINDOW_SECONDS = 300


@dataclass(frozen=True)
class Authorization:
    """A parsed Authorization header of both families."""

    method: str
    credential: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(text: str, method: str) -> Authorization | None:
    """None for anything that is not exactly the documented form."""
    found = _AUTHORIZATION.fullmatch(text)
    if not found or found["method"] != method:
        return None
    names = tuple(found["headers"].split(";"))
    if list(names) != sorted(set(names)) or any(name != name.lower() for name in names):
        return None
    if not {"content-type", "host"} <= set(names):
        return None
    return Authorization(method, found["credential"], names, found["signature"])


def timestamp_is_fresh(timestamp: int, now: float) -> bool:
    """Both services allow five minutes in either direction."""
    return abs(now - timestamp) <= CLOCK_WINDOW_SECONDS


def zc2_matches(auth: Authorization, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """The path inside the signature is always /; header values count as sent, or trimmed and in lower case."""
    for values in (_verbatim(auth, headers), _lowered(auth, headers)):
        digest = _canonical_digest(auth, values, _sha256(body))
        message = f"ZC2-HMAC-SHA256\n{headers['x-zc-timestamp']}\n{digest}"
        expected = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(expected, auth.signature):
            return True
    return False


def tc3_matches(auth: Authorization, secret: str, scope: str, headers: Mapping[str, str], payload: bytes) -> bool:
    """`scope` is date/service/tc3_request as the client named it, already checked by the caller."""
    digest = _canonical_digest(auth, _lowered(auth, headers), _sha256(payload))
    message = f"TC3-HMAC-SHA256\n{headers['X-TC-Timestamp']}\n{scope}\n{digest}"
    key = f"TC3{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.digest(key, message.encode(), "sha256").hex(), auth.signature)


def utc_date(timestamp: int) -> str:
    """The date that belongs in the credential scope."""
    return datetime.fromtimestamp(timestamp, timezone.utc).strftime("%Y-%m-%d")


def _verbatim(auth: Authorization, headers: Mapping[str, str]) -> list[str]:
    return [f"{name}:{headers.get(name, '')}" for name in auth.signed_headers]


def _lowered(auth: Authorization, headers: Mapping[str, str]) -> list[str]:
    return [f"{name}:{headers.get(name, '').strip().lower()}" for name in auth.signed_headers]


def _canonical_digest(auth: Authorization, lines: Iterable[str], payload_hash: str) -> str:
    canonical = "\n".join(["POST", "/", "", *lines, "", ";".join(auth.signed_headers), payload_hash])
    return _sha256(canonical.encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
