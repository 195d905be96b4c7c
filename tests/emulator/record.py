# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was called: for assertions about writes, retries, connections and rates."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from .exchange import NOT_JSON, Call

SECRET = "<secret>"
SECRET_FIELDS = {
    "certificatekey",
    "client_secret",
    "certificateprivatekey",
    "encryptprivatekey",
    "keypassword",
    "keypass",
    "password",
    "token",
    "access_token",
}


@dataclass
class Entry:
    """One call. `status` is null as long as nothing was answered; `executed`: the action was carried out."""

    n: int
    time: float
    service: str
    action: str
    method: str
    path: str
    query: dict[str, str]
    write: bool
    body: Any
    auth: str | None
    user_agent: str | None
    connection: int
    status: int | None = None
    code: str | None = None
    executed: bool = False
    fault: str | None = None
    seconds: float | None = None


class Record:
    """All calls to the services since the start or the last clearing."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.clear()

    def clear(self) -> None:
        """Forget the calls and their statistics."""
        self._entries: list[Entry] = []
        self._in_flight = 0
        self._in_flight_most = 0

    def begin(self, call: Call, connection: int) -> Entry:
        """A call has arrived."""
        entry = Entry(
            n=len(self._entries) + 1,
            time=round(time.monotonic() - self._started, 6),
            service=call.service,
            action=call.action,
            method=call.method,
            path=call.path,
            query={key: _hidden(key, value) for key, value in call.query.items()},
            write=call.write,
            body=_hidden("", parsed_body(call)),
            auth=call.headers.get("Authorization", "").partition(" ")[0] or None,
            user_agent=call.headers.get("User-Agent"),
            connection=connection,
        )
        self._entries.append(entry)
        self._in_flight += 1
        self._in_flight_most = max(self._in_flight_most, self._in_flight)
        return entry

    def end(self, entry: Entry) -> None:
        """The call is over, answered or not."""
        entry.seconds = round(time.monotonic() - self._started - entry.time, 6)
        if self._in_flight:
            self._in_flight -= 1

    def calls(self, service: str | None, action: str | None, write: bool | None) -> list[dict[str, Any]]:
        """The calls that were asked for."""
        return [
            asdict(entry)
            for entry in self._entries
            if service in (None, entry.service) and action in (None, entry.action) and write in (None, entry.write)
        ]

    def stats(self) -> dict[str, Any]:
        """Counts and rates."""
        services = sorted({entry.service for entry in self._entries})
        actions = sorted({entry.action for entry in self._entries})
        return {
            "time": time.monotonic() - self._started,
            "calls": len(self._entries),
            "writes": sum(entry.write for entry in self._entries),
            "in_flight": self._in_flight,
            "max_in_flight": self._in_flight_most,
            "service_connections": len({entry.connection for entry in self._entries}),
            "max_calls_per_second": busiest_second(entry.time for entry in self._entries),
            "max_calls_per_second_by_service": {
                name: busiest_second(entry.time for entry in self._entries if entry.service == name)
                for name in services
            },
            "max_calls_per_second_by_action": {
                name: busiest_second(entry.time for entry in self._entries if entry.action == name) for name in actions
            },
            "calls_by_action": dict(sorted(Counter(entry.action for entry in self._entries).items())),
        }


def parsed_body(call: Call) -> Any:
    """JSON, a form, the beginning of something else, or None."""
    if not call.body:
        return None
    if call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    if call.json is not NOT_JSON:
        return call.json
    return {"text": call.body[:200].decode("utf-8", "replace")}


def _hidden(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(key, item) for item in value]
    if isinstance(value, str) and (key.lower() in SECRET_FIELDS or "PRIVATE KEY" in value):
        return SECRET
    return value


def busiest_second(times: Iterable[float]) -> int:
    """How many of these moments, in seconds, are in any one second at most."""
    most, start, window = 0, 0, sorted(times)
    for place, moment in enumerate(window):
        while moment - window[start] >= 1.0:
            start += 1
        most = max(most, place - start + 1)
    return most
