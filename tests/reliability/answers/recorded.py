# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real answers: recorded once, and given again by what stands in for the network, below the client."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from ansible_collections.certops.cdn.plugins.module_utils import _http

READS = ("GET", "Describe", "POST/connect/token")


@dataclass(frozen=True)
class Answer:
    """What a provider says, as it comes over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def response(self, request: requests.PreparedRequest) -> requests.Response:
        """The same for the client, which reads, expands and bounds it itself."""
        body = b"" if self.status in (204, 304) else self.body  # as http.client reads it
        raw = HTTPResponse(io.BytesIO(body), headers=dict(self.headers), status=self.status, preload_content=False)
        return HTTPAdapter().build_response(request, raw)


@dataclass(frozen=True)
class Exchange:
    """A call and its answer."""

    key: tuple[Any, ...]
    call: str
    answer: Answer


def call_of(request: requests.PreparedRequest) -> str:
    """The name of a call: the action of a header, or method and path; ``N`` stands for a number."""
    action = request.headers.get("x-zc-action") or request.headers.get("X-TC-Action")
    path = urlsplit(str(request.url)).path.removeprefix("/sec/cps/v2.0")
    return action or f"{request.method}{re.sub(r'[0-9]+', 'N', path)}"


def writes(call: str) -> bool:
    """Whether a call changes something at the provider."""
    return not call.startswith(READS)


def _key_of(request: requests.PreparedRequest) -> tuple[Any, ...]:
    return (call_of(request), urlsplit(str(request.url))[2:4], request.body)


class Recorder:
    """Sends for real, and remembers."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._adapter = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = self._adapter.send(request, **options)
        headers = tuple((name, text) for name, text in response.headers.items() if name != "Content-Length")
        answer = Answer(response.status_code, headers, response.content)
        self.exchanges.append(Exchange(_key_of(request), call_of(request), answer))
        return answer.response(request)

    def close(self) -> None:
        self._adapter.close()


class TooManyCallsError(AssertionError):
    """The module does not come to an end."""


@dataclass
class Player:
    """Gives the recorded answers: to a call that is known those that it was given, in their order and the last one ever
    again; to one that is not, the last one that a call of the same name was given.

    :ivar change: has a look at every answer before it is given
    :ivar limit: so many calls are answered
    :ivar calls: the names of the calls that were made
    :ivar authorizations: the headers that were sent
    """

    exchanges: tuple[Exchange, ...]
    change: Callable[[int, Answer, requests.PreparedRequest], Answer] = lambda _number, answer, _request: answer
    limit: int = 1000
    calls: list[str] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    _asked: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
        name = call_of(request)
        self.calls.append(name)
        self.authorizations.add(request.headers.get("Authorization", ""))
        if len(self.calls) > self.limit:
            raise TooManyCallsError(f"more than {self.limit} calls")
        number = self._number_of(_key_of(request), name)
        if number is None:
            return Answer(404, (), b"").response(request)
        return self.change(number, self.exchanges[number].answer, request).response(request)

    def _number_of(self, key: tuple[Any, ...], name: str) -> int | None:
        """The exchange that tells the answer; None where no such call was recorded."""
        same = [number for number, exchange in enumerate(self.exchanges) if exchange.key == key]
        asked = self._asked.get(key, 0)
        self._asked[key] = asked + 1
        if same:
            return same[min(asked, len(same) - 1)]
        alike = [number for number, exchange in enumerate(self.exchanges) if exchange.call == name]
        return alike[-1] if alike else None

    def close(self) -> None:
        """There are no connections."""


def placed(stand_in: Recorder | Player, monkeypatch: Any) -> None:
    """Have every client of this process talk to this."""
    monkeypatch.setattr(_http, "bounded_adapter", lambda *_given: stand_in)
