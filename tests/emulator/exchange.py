# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes in and out of a service: a call, a reply, a refusal. The services know nothing about the HTTP server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

NOT_JSON = object()


@dataclass
class Call:
    """One request as it arrived. `now` is the server's wall clock, `ticks` its monotonic clock."""

    service: str
    action: str
    write: bool
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float
    ticks: float
    token_expired: bool = False

    @cached_property
    def json(self) -> Any:
        """The parsed body, or NOT_JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, UnicodeDecodeError):
            return NOT_JSON


@dataclass
class Reply:
    """One answer. `code` is the business code for the record, `executed` says that the action was carried out."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = None
    executed: bool = False


class RefusedError(Exception):
    """A service says no."""

    def __init__(self, code: str, message: str, status: int = 400, source: str | None = None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.source = source


class Service(Protocol):
    """What the server needs from each of the three services."""

    name: str

    def identify(self, method: str, raw_path: str, headers: Mapping[str, str]) -> tuple[str, bool]:
        """The name of the action and whether it writes."""

    def handle(self, call: Call) -> Reply:
        """Check everything, do it, answer."""

    def error(self, code: str, message: str, status: int | None = None) -> Reply:
        """An error in the service's own envelope."""

    def failure(self, status: int) -> Reply:
        """What the service itself says with this HTTP status (429, 5xx)."""

    def state(self) -> dict[str, Any]:
        """Everything that a test may want to assert."""


def json_reply(status: int, body: Any, content_type: str = "application/json", **more: Any) -> Reply:
    """A reply with a JSON body."""
    return Reply(status, json.dumps(body).encode(), content_type, **more)
