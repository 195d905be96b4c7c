# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import contextlib
import gzip
import importlib.util
import ipaddress
import json
import math
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from responses.matchers import request_kwargs_matcher

from ansible_collections.certops.cdn.plugins.module_utils import _http
from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    CheckModeError,
    Outcome,
    UnexpectedReplyError,
)
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._signing import (
    BearerAuth,
    NoAuth,
    OAuth2Auth,
    Token,
    Zc2Auth,
    zc2_authorization,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import (
    Answer,
    FakeClock,
    LocalServer,
    Received,
    hang_up,
    http_answer,
    json_answer,
    reset,
    tunnel,
)
from edges.certificates import make

READ = Call("Describe", path="/v1", body={"id": "a"})
WRITE = replace(READ, action="Modify", writes=True)
HTML = b"<html><body>Bad gateway</body></html>"


class AcmeEnvelope:
    """Results as they are; errors as ``{"error": message, "outcome": ..., "code": ..., "requestId": ...}``."""

    provider = "Acme"

    def open(self, _call: Call, reply: Reply) -> Any:
        body = reply.json()
        if isinstance(body, dict) and "error" in body:
            raise ApiError(
                body["error"],
                code=body.get("code", ""),
                request_id=body.get("requestId"),
                outcome=Outcome(body.get("outcome", "refused")),
            )
        return body


class Doubling:
    """Pauses of 1, 2, 4... times so many seconds, without chance."""

    def __init__(self, first: float = 1.0) -> None:
        self._first = first

    def pause(self, attempt: int) -> float:
        return self._first * 2.0**attempt


def as_it_is(result: Any) -> Any:
    return result


def client(server: LocalServer | str, auth: Any = None, **settings: Any) -> JsonClient:
    url = server if isinstance(server, str) else server.url
    settings = {"timeout": 5, "retries": 3, **settings}
    return JsonClient(
        url, AcmeEnvelope(), auth or NoAuth(), Settings(**settings), Redactor("s3cret"), backoff=Doubling()
    )


def failure(api: JsonClient, call: Call = READ, parse: Callable[[Any], Any] = as_it_is, **options: Any) -> ApiError:
    with pytest.raises(ApiError) as failed:
        api.call(call, parse, **options)
    assert str(failed.value) == failed.value.message
    return failed.value


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address on which nobody listens, and nobody will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


# ---- What is sent ----


def test_result_is_what_parse_makes_of_the_answer(serve: Callable[..., LocalServer]) -> None:
    assert client(serve(json_answer({"items": [1, 2]}))).call(READ, lambda result: result["items"]) == [1, 2]


def test_body_is_sent_as_compact_json_in_utf8(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    client(server).call(replace(READ, body={"name": "é", "list": [1, None]}), as_it_is)
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/v1")
    assert request.body == '{"name":"é","list":[1,null]}'.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"


def test_form_is_sent_as_a_form(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    client(server).call(replace(READ, body={"scope": "a b", "secret": "ä&"}, form=True), as_it_is)
    assert server.requests[0].body == b"scope=a+b&secret=%C3%A4%26"
    assert server.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_call_without_body_sends_none(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    client(server).call(Call("Get", path="/v1/a b", method="GET", query={"q": "x y&z"}), as_it_is)
    [request] = server.requests
    assert (request.method, request.path) == ("GET", "/v1/a%20b?q=x+y%26z")
    assert request.body == b""
    assert "content-type" not in request.headers


def test_headers_of_the_call_are_added(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    client(server, user_agent="certops.cdn/test").call(replace(READ, headers={"x-action": "Describe"}), as_it_is)
    assert server.requests[0].headers["x-action"] == "Describe"
    assert server.requests[0].headers["user-agent"] == "certops.cdn/test"


def test_request_is_sent_under_the_limits_of_the_settings() -> None:
    limits = {"timeout": (10, 30), "verify": "/etc/ssl/our-ca.pem", "stream": True, "proxies": {}}
    with responses.RequestsMock() as mocked:
        mocked.post("https://api.example.com/v1", json={}, match=[request_kwargs_matcher(limits)])
        client("https://api.example.com", timeout=30, ca_path="/etc/ssl/our-ca.pem").call(READ, as_it_is)


@pytest.mark.parametrize(
    ("settings", "verify"),
    [
        ({}, True),
        ({"validate_certs": False}, False),
        ({"ca_path": "/ca.pem"}, "/ca.pem"),
        ({"validate_certs": False, "ca_path": "/ca.pem"}, False),
    ],
)
def test_trust_is_what_the_options_say(settings: dict[str, Any], verify: bool | str) -> None:
    with responses.RequestsMock() as mocked:
        mocked.post("https://api.example.com/v1", json={}, match=[request_kwargs_matcher({"verify": verify})])
        client("https://api.example.com", **settings).call(READ, as_it_is)


@pytest.mark.parametrize(
    ("timeout", "left", "expected"),
    [
        (30, 100, (10, 30)),
        (4, 100, (4, 4)),
        (30, 12, (10, 12)),
        (30, 5, (5, 5)),
        (30, 0.1, (1, 1)),
        (30, 0, (1, 1)),
    ],
)
def test_no_request_takes_longer_than_the_deadline_but_the_last_look_gets_a_second(
    clock: FakeClock, timeout: float, left: float, expected: tuple[float, float]
) -> None:
    with responses.RequestsMock() as mocked:
        mocked.post("https://api.example.com/v1", json={}, match=[request_kwargs_matcher({"timeout": expected})])
        client("https://api.example.com", timeout=timeout).call(READ, as_it_is, Deadline(left, clock))


def test_connections_are_kept_alive(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    api = client(server)
    for _attempt in range(3):
        api.call(READ, as_it_is)
    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_the_way_to_the_host_is_worked_out_once(
    serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out = []
    for name in ("connection_from_host", "connection_from_url"):
        original = getattr(urllib3.PoolManager, name)
        monkeypatch.setattr(
            urllib3.PoolManager, name, lambda *a, original=original, **k: (worked_out.append(1), original(*a, **k))[1]
        )
    server = serve(json_answer({}))
    api = client(server)
    api.call(READ, as_it_is)
    first = len(worked_out)
    api.call(replace(READ, path="/other"), as_it_is)
    assert (first >= 1, len(worked_out)) == (True, first)
    assert [request.path for request in server.requests] == [READ.path, "/other"]


def test_close_ends_the_connections(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    api = client(server)
    api.call(READ, as_it_is)
    api.close()
    api.call(READ, as_it_is)
    assert [request.connection for request in server.requests] == [1, 2]


def test_what_must_happen_only_once_is_sent_on_a_connection_of_its_own(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    api = client(server)
    for call in (READ, replace(WRITE, once=True), READ, replace(WRITE, once=True)):
        api.call(call, as_it_is)
    assert [request.connection for request in server.requests] == [1, 2, 1, 3]


def test_every_attempt_of_what_must_happen_only_once_has_a_fresh_connection(
    serve: Callable[..., LocalServer],
) -> None:
    server = serve(http_answer(429), json_answer({}))
    client(server).call(replace(WRITE, once=True), as_it_is)
    assert [request.connection for request in server.requests] == [1, 2]


def test_cookies_are_not_kept(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}, set_cookie="session=abc; Path=/"))
    api = client(server)
    for _attempt in range(2):
        api.call(READ, as_it_is)
    assert "cookie" not in server.requests[1].headers


def test_netrc_replaces_no_credentials(
    serve: Callable[..., LocalServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(json_answer({}))
    client(server, BearerAuth("abc")).call(READ, as_it_is)
    client(server, NoAuth()).call(READ, as_it_is)
    assert [request.headers.get("authorization") for request in server.requests] == ["Bearer abc", None]


def test_proxy_of_the_environment_is_used(serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(json_answer({}))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    client("http://api.example.com").call(READ, as_it_is)
    assert proxy.requests[0].path == "http://api.example.com/v1"


def test_proxy_is_not_used_where_the_environment_excepts_the_host(
    serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(json_answer({})), serve(json_answer({}))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    client(server).call(READ, as_it_is)
    assert (len(proxy.requests), len(server.requests)) == (0, 1)


# ---- Check mode ----


def test_check_mode_sends_no_write(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    with pytest.raises(CheckModeError, match="Modify changes something and was not sent in check mode"):
        client(server, check_mode=True).call(WRITE, as_it_is)
    assert server.requests == []


def test_check_mode_sends_reads(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({}))
    client(server, check_mode=True).call(READ, as_it_is)
    assert len(server.requests) == 1


# ---- Not executed: anything is sent again ----


@pytest.mark.parametrize("call", [READ, WRITE])
def test_refused_connection_is_tried_again_and_then_told(closed_port: str, clock: FakeClock, call: Call) -> None:
    error = failure(client(closed_port), call)
    assert (error.code, error.outcome, error.http_status) == ("ConnectionFailed", Outcome.NOT_EXECUTED, None)
    assert clock.sleeps == [1, 2, 4]
    host = closed_port.partition("//")[2]
    assert error.message.startswith(f"Acme {call.action} failed: no connection to {host}: ")
    assert "refused" in error.message
    assert "0x" not in error.message
    assert "Connection(" not in error.message
    assert error.message.endswith(" Tried 4 times.")


def test_nothing_is_tried_again_where_the_options_say_so(closed_port: str, clock: FakeClock) -> None:
    error = failure(client(closed_port, retries=0))
    assert clock.sleeps == []
    assert "Tried" not in error.message


def test_name_that_does_not_resolve_was_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(client("http://api.example.com"), WRITE)
    assert (error.code, error.outcome) == ("ConnectionFailed", Outcome.NOT_EXECUTED)
    assert "Name or service not known" in error.message


@pytest.fixture
def deaf() -> Iterator[tuple[str, int]]:
    """An address that answers no attempt to connect."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _attempt in range(3):  # fill the queue of connections that nobody accepts
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()


def test_connection_that_does_not_come_about_in_time_was_not_executed(deaf: tuple[str, int], clock: FakeClock) -> None:
    error = failure(client(f"http://127.0.0.1:{deaf[1]}", timeout=0.05, retries=1), WRITE)
    assert (error.code, error.outcome) == ("ConnectionFailed", Outcome.NOT_EXECUTED)
    assert "0x" not in error.message
    assert clock.sleeps == [1]


def test_address_that_does_not_answer_leaves_time_for_the_next_one(
    deaf: tuple[str, int], serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port = serve(json_answer({"done": True})).host.split(":")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in (deaf, (host, int(port)))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: found)
    assert client("http://api.example.com", timeout=1, retries=0).call(READ, as_it_is) == {"done": True}


def test_proxy_that_does_not_answer_was_not_executed(
    closed_port: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", closed_port)
    error = failure(client("https://api.example.com", retries=1), WRITE)
    assert (error.code, error.outcome) == ("ConnectionFailed", Outcome.NOT_EXECUTED)
    assert clock.sleeps == [1]


def test_proxy_that_opens_no_tunnel_was_not_executed(
    serve: Callable[..., LocalServer], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", serve(http_answer(403)).url)
    error = failure(client("https://api.example.com", retries=1), WRITE)
    assert (error.code, error.outcome) == ("ConnectionFailed", Outcome.NOT_EXECUTED)
    assert "403" in error.message
    assert clock.sleeps == [1]


@pytest.mark.parametrize("call", [READ, WRITE])
@pytest.mark.parametrize(
    "busy",
    [http_answer(429), http_answer(429, HTML), json_answer({"error": "slow down", "outcome": "not_executed"}, 429)],
)
def test_rate_limit_is_waited_for(serve: Callable[..., LocalServer], clock: FakeClock, call: Call, busy: bytes) -> None:
    server = serve(busy, busy, json_answer({"done": True}))
    assert client(server).call(call, as_it_is) == {"done": True}
    assert clock.sleeps == [1, 2]


def test_rate_limit_that_lasts_is_told(serve: Callable[..., LocalServer]) -> None:
    error = failure(client(serve(http_answer(429))))
    assert error.message == "Acme Describe failed: too many requests (HTTP 429). Tried 4 times."
    assert (error.code, error.http_status, error.outcome) == ("429", 429, Outcome.NOT_EXECUTED)


def http_date(seconds: float) -> str:
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("7", 7),
        ("2.5", 2.5),
        ("0", 1),
        ("0.5", 1),
        ("-5", 1),
        ("3600", 60),
        ("inf", 1),
        ("nan", 1),
        ("", 1),
        ("soon", 1),
        ("Wed, 99 Foo 2026", 1),
        ("Mon, 01 Jan 0100 00:00:00 -0000", 1),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda after: http_answer(429, HTML, retry_after=after), id="html"),
        pytest.param(
            lambda after: json_answer({"error": "slow down", "outcome": "not_executed"}, 429, retry_after=after),
            id="json",
        ),
    ],
)
def test_pause_that_the_provider_asks_for_is_kept_within_bounds(
    serve: Callable[..., LocalServer], clock: FakeClock, answer: Callable[[str], bytes], retry_after: str, pause: float
) -> None:
    client(serve(answer(retry_after), json_answer({}))).call(READ, as_it_is)
    assert clock.sleeps == [pause]


@pytest.mark.parametrize(("retry_after", "pause"), [(None, 0.2), ("0.1", 0.2), ("0.3", 0.3)])
def test_short_pauses_are_as_long_as_was_asked_for(
    serve: Callable[..., LocalServer], clock: FakeClock, retry_after: str | None, pause: float
) -> None:
    headers = {"retry_after": retry_after} if retry_after else {}
    settings = Settings(timeout=5)
    url = serve(http_answer(429, **headers), json_answer({})).url
    JsonClient(url, AcmeEnvelope(), NoAuth(), settings, Redactor(), backoff=Doubling(0.2)).call(READ, as_it_is)
    assert clock.sleeps == [pause]


def test_a_pause_until_the_deadline_leaves_no_time_for_another_attempt(
    serve: Callable[..., LocalServer], clock: FakeClock
) -> None:
    server = serve(http_answer(429, retry_after="7"))
    failure(client(server), deadline=Deadline(7, clock))
    assert (clock.sleeps, len(server.requests)) == ([], 1)


@pytest.mark.parametrize(("seconds", "pause"), [(30, 29), (-100, 1), (3600, 60)])
def test_date_to_retry_after_is_waited_for(
    serve: Callable[..., LocalServer], clock: FakeClock, seconds: float, pause: float
) -> None:
    client(serve(http_answer(429, retry_after=http_date(seconds)), json_answer({}))).call(READ, as_it_is)
    assert clock.sleeps == [pytest.approx(pause, abs=2 if pause == 29 else 0)]


@pytest.mark.parametrize("ahead", [-200, 200])
def test_the_providers_clock_is_known_from_its_last_answer(serve: Callable[..., LocalServer], ahead: float) -> None:
    api = client(serve(json_answer({}, date=http_date(ahead)), json_answer({}), json_answer({}, date="soon")))
    assert api.clock_ahead == 0
    for _answer in range(3):
        api.call(READ, as_it_is)
        assert api.clock_ahead == pytest.approx(ahead, abs=2)


def test_calls_keep_to_the_rate_limit(serve: Callable[..., LocalServer], clock: FakeClock) -> None:
    api = client(serve(json_answer({})), rate_limit=2)
    for _attempt in range(4):
        api.call(READ, as_it_is)
    assert clock.sleeps == [1]


def test_repeated_attempts_count_against_the_rate_limit(serve: Callable[..., LocalServer], clock: FakeClock) -> None:
    server = serve(http_answer(429), json_answer({}))
    api = client(server, rate_limit=1)
    api.call(READ, as_it_is)
    assert clock.sleeps == [1]  # before the repeat
    api.call(READ, as_it_is)
    assert clock.sleeps == [1, 1]


# ---- Unknown: reads are sent again, writes are not ----


def silent(_connection: socket.socket, _request: Received) -> None:
    """Receive the request and never answer."""


def cut_off(connection: socket.socket, _request: Received) -> None:
    connection.sendall(http_answer(200, b'{"half":', content_length="100"))
    connection.shutdown(socket.SHUT_RDWR)


def cut_off_chunk(connection: socket.socket, _request: Received) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"half":')
    connection.shutdown(socket.SHUT_RDWR)


UNKNOWN = {
    "reset": (reset, "ConnectionLost"),
    "hang-up": (hang_up, "ConnectionLost"),
    "silence": (silent, "Timeout"),
    "no-http": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "ConnectionLost"),
    "cut-off": (cut_off, None),
    "cut-off-chunk": (cut_off_chunk, "ConnectionLost"),
    "html-200": (http_answer(200, HTML), "UnexpectedReply"),
    "html-502": (http_answer(502, HTML), "UnexpectedReply"),
    "empty-200": (http_answer(200), "UnexpectedReply"),
    "empty-204": (http_answer(204), "UnexpectedReply"),
    "empty-503": (http_answer(503), "UnexpectedReply"),
    "html-408": (http_answer(408, HTML), "UnexpectedReply"),
    "nan": (http_answer(200, b'{"a": NaN}'), "UnexpectedReply"),
    "infinity": (http_answer(200, b"-Infinity"), "UnexpectedReply"),
    "deep": (http_answer(200, b"[" * 200_000 + b"]" * 200_000), "UnexpectedReply"),
    "rather-deep": (http_answer(200, b"[" * 33 + b"]" * 33), "UnexpectedReply"),
    "too-large": (http_answer(200, b'{"a": 1e999}'), "UnexpectedReply"),
    "no-utf8": (http_answer(200, b'{"a": "\xff"}'), "UnexpectedReply"),
    "half-json": (http_answer(200, b'{"a": '), "UnexpectedReply"),
    "no-gzip": (http_answer(200, b"{}", content_encoding="gzip"), "ConnectionLost"),
    "json-500": (json_answer({"error": "oops", "outcome": "unknown"}, 500), ""),
}


def unknown(*names: str) -> Any:
    chosen = names or tuple(UNKNOWN)
    return pytest.mark.parametrize(("answer", "code"), [pytest.param(*UNKNOWN[name], id=name) for name in chosen])


@unknown()
def test_read_with_unknown_outcome_is_tried_again(
    serve: Callable[..., LocalServer], clock: FakeClock, answer: Answer, code: str
) -> None:
    server = serve(answer, json_answer({"done": True}))
    assert client(server, timeout=0.3).call(READ, as_it_is) == {"done": True}
    assert len(server.requests) == 2
    assert clock.sleeps == [1]


@unknown()
def test_write_with_unknown_outcome_is_never_tried_again(
    serve: Callable[..., LocalServer], clock: FakeClock, answer: Answer, code: str | None
) -> None:
    server = serve(answer, json_answer({"done": True}))
    error = failure(client(server, timeout=0.3), WRITE)
    assert error.outcome is Outcome.UNKNOWN
    assert code is None or error.code == code
    assert len(server.requests) == 1
    assert clock.sleeps == []


def test_old_urllib3_does_not_hide_that_an_answer_was_cut_off(
    serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urllib3.response.HTTPResponse, "_init_length", lambda *_args: None)
    error = failure(client(serve(cut_off)), WRITE)
    assert (error.code, error.outcome) == ("UnexpectedReply", Outcome.UNKNOWN)
    assert "the answer was cut off after 8 of 100 bytes" in error.message


@unknown("html-200", "html-502", "nan", "deep", "rather-deep", "too-large")
def test_answer_of_another_shape_has_its_own_class(serve: Callable[..., LocalServer], answer: bytes, code: str) -> None:
    assert isinstance(failure(client(serve(answer), retries=0)), UnexpectedReplyError)


def test_answer_may_be_nested_as_deeply_as_any_that_is_documented(serve: Callable[..., LocalServer]) -> None:
    server = serve(http_answer(200, b"[" * 32 + b"]" * 32))
    assert client(server).call(READ, lambda data: str(data).count("[")) == 32


def test_half_a_surrogate_pair_is_no_character(serve: Callable[..., LocalServer]) -> None:
    server = serve(http_answer(200, rb'{"a\udc00": ["cut \ud83d", "whole \ud83d\ude00", 1]}'))
    assert client(server).call(READ, as_it_is) == {"a\ufffd": ["cut \ufffd", "whole \U0001f600", 1]}


def test_number_that_no_parser_can_use_is_no_defect(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({"a": 10**400}))
    error = failure(client(server, retries=0), READ, lambda data: float(data["a"]))
    assert (error.code, error.outcome) == ("UnexpectedReply", Outcome.UNKNOWN)


def test_time_out_names_the_option(serve: Callable[..., LocalServer]) -> None:
    server = serve(silent)
    error = failure(client(server, timeout=0.05, retries=0))
    assert error.message == f"Acme Describe failed: {server.host} did not answer in time (option timeout)."


def test_unreadable_answer_is_shown_in_short(serve: Callable[..., LocalServer]) -> None:
    page = b"<html>\n\n  <h1>Bad gateway</h1> " + b"x" * 1000
    error = failure(client(serve(http_answer(502, page)), retries=0))
    assert error.message.startswith(
        "Acme Describe failed: the answer is not the documented JSON, it begins: <html> <h1>Bad gateway</h1> xxx"
    )
    assert error.message.endswith("x (HTTP 502).")
    assert len(error.message) < 350


def test_empty_answer_is_told_as_such(serve: Callable[..., LocalServer]) -> None:
    error = failure(client(serve(http_answer(200)), retries=0))
    assert error.message == "Acme Describe failed: the answer is not the documented JSON, it is empty (HTTP 200)."


@pytest.mark.parametrize(
    "body",
    [
        b"token: s3cret",
        b" " * 797 + b"s3cret",
        b"-----BEGIN CERTIFICATE-----" + b"A" * 770 + b"-----END CERTIFICATE-----s3cret",
        b"-----BEGIN CERTIFICATE-----" + b"A" * 743 + b"-----END CERTIFICATE-----s3cret",
    ],
)
def test_no_part_of_a_secret_is_shown(serve: Callable[..., LocalServer], body: bytes) -> None:
    error = failure(client(serve(http_answer(200, body)), retries=0))
    assert "********" in error.message
    assert "s3" not in error.message


@pytest.mark.parametrize("defect", [ValueError, TypeError, KeyError, AttributeError, IndexError])
def test_result_that_cannot_be_parsed_is_not_a_traceback(
    serve: Callable[..., LocalServer], defect: type[Exception]
) -> None:
    def parse(_result: Any) -> Any:
        raise defect("missing")

    error = failure(client(serve(json_answer({"id": 1})), retries=0), READ, parse)
    assert isinstance(error, UnexpectedReplyError)
    assert 'it begins: {"id": 1} (HTTP 200)' in error.message


def test_answer_that_is_too_large_is_not_read_to_its_end(
    serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "MAX_BODY", 2 * 1024 * 1024)
    error = failure(client(serve(http_answer(200, b'"' + b"x" * 2 * 1024 * 1024 + b'"')), retries=0), WRITE)
    assert (error.code, error.outcome) == ("UnexpectedReply", Outcome.UNKNOWN)
    assert "the answer is larger than 2 MiB" in error.message


def test_compressed_answer_is_bounded_too(serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "MAX_BODY", 1024 * 1024)
    bomb = gzip.compress(b'"' + b"x" * 20 * 1024 * 1024 + b'"')
    error = failure(client(serve(http_answer(200, bomb, content_encoding="gzip")), retries=0))
    assert "the answer is larger than 1 MiB" in error.message


def drip(connection: socket.socket, clock: FakeClock, head: bytes) -> None:
    """A byte now and then for ever, each in time for a limit that counts for single bytes."""
    connection.sendall(head)
    while True:
        connection.sendall(b"x")
        clock.time += 0.1
        time.sleep(0.001)  # the client reads it meanwhile


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"", id="first-line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx-slow: ", id="headers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="before-it"),
        pytest.param(http_answer(200, b'"', content_length="1000000"), id="body"),
        pytest.param(http_answer(302, b'"', content_length="1000000", location="/v2"), id="body-of-a-redirect"),
        pytest.param(http_answer(502, b'"', content_length="1000000"), id="body-of-an-error"),
    ],
)
@pytest.mark.parametrize("connections", ["fresh", "kept alive"])
def test_answer_that_drips_does_not_keep_the_task(
    serve: Callable[..., LocalServer], clock: FakeClock, head: bytes, connections: str
) -> None:
    first = [json_answer({})] if connections == "kept alive" else []
    server = serve(*first, lambda connection, _request: drip(connection, clock, head))
    api = client(server, timeout=5, retries=0)
    for _answer in first:
        api.call(READ, as_it_is)
    error = failure(api, WRITE)
    assert (error.code, error.outcome) == ("Timeout", Outcome.UNKNOWN)
    assert clock.time - 1000 < 60


def test_name_that_is_resolved_for_ever_does_not_keep_the_task(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: ended.wait(30))
    error = failure(client("http://api.example.com", timeout=0.05, retries=1), WRITE)
    ended.set()
    assert (error.code, error.outcome) == ("ConnectionFailed", Outcome.NOT_EXECUTED)
    assert error.message == "Acme Modify failed: no connection to api.example.com: not within 0.15 s. Tried 2 times."
    assert clock.sleeps == [1]


@pytest.mark.parametrize("read1", [True, False], ids=["read1", "old-urllib3"])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(json_answer(list(range(1000))), id="plain"),
        pytest.param(http_answer(200, b"\xef\xbb\xbf" + json.dumps(list(range(1000))).encode()), id="byte-order-mark"),
        pytest.param(
            http_answer(200, gzip.compress(json.dumps(list(range(1000))).encode()), content_encoding="gzip"), id="gzip"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[0, 1\r\n%x\r\n%s\r\n0\r\n\r\n"
            % (len(json.dumps(list(range(1000)))) - 5, json.dumps(list(range(1000))).encode()[5:]),
            id="chunked",
        ),
    ],
)
def test_answer_is_read_completely_however_it_is_sent(
    serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch, answer: bytes, read1: bool
) -> None:
    if not read1:
        for kind in urllib3.response.HTTPResponse.__mro__:
            if "read1" in vars(kind):
                monkeypatch.delattr(kind, "read1")
    server = serve(answer)
    api = client(server, retries=0)
    assert api.call(READ, as_it_is) == list(range(1000))
    assert api.call(READ, as_it_is) == list(range(1000))
    assert server.requests[1].connection == 1


# ---- Refused: final ----


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_refusal_is_final(serve: Callable[..., LocalServer], clock: FakeClock, status: int) -> None:
    server = serve(json_answer({"error": "no such thing", "code": "NOT_FOUND", "requestId": "r-1"}, status))
    error = failure(client(server), replace(READ, subject="thing a"))
    assert len(server.requests) == 1
    assert clock.sleeps == []
    assert error.as_result() == {
        "provider": "Acme",
        "action": "Describe",
        "code": "NOT_FOUND",
        "message": f"Acme Describe failed for thing a: NOT_FOUND: no such thing (HTTP {status}, request id r-1).",
        "http_status": status,
        "request_id": "r-1",
        "outcome": "refused",
    }


def test_error_without_code_and_id_is_told_without_them(serve: Callable[..., LocalServer]) -> None:
    error = failure(client(serve(json_answer({"error": "no"}, 400))))
    assert error.message == "Acme Describe failed: no (HTTP 400)."


def test_error_that_the_provider_told_is_redacted(serve: Callable[..., LocalServer]) -> None:
    error = failure(client(serve(json_answer({"error": "wrong key s3cret"}, 400))))
    assert error.message == "Acme Describe failed: wrong key ******** (HTTP 400)."


@pytest.mark.parametrize("encode", [bytes, base64.b64encode, lambda data: data.hex().encode()])
def test_signature_that_an_answer_repeats_is_not_shown(
    serve: Callable[..., LocalServer], encode: Callable[[bytes], bytes]
) -> None:
    def repeat(_connection: socket.socket, request: Received) -> bytes:
        told = encode(request.headers["authorization"].encode())
        return http_answer(400, told) if request.body == b"{}" else json_answer({"error": told.decode()})

    for body in ({}, {"a": 1}):
        server = serve(repeat)
        error = failure(client(server, Zc2Auth("id", "another secret")), replace(READ, body=body))
        signature = server.requests[0].headers["authorization"].partition("Signature=")[2]
        assert len(signature) == 64
        for form in (signature, base64.b64encode(signature.encode()).decode()[4:-8], signature.encode().hex()):
            assert form not in error.message
        assert "********" in error.message


def test_error_that_parse_raises_is_completed(serve: Callable[..., LocalServer]) -> None:
    def parse(_result: Any) -> Any:
        raise ApiError("job failed", code="FAILED", outcome=Outcome.REFUSED)

    error = failure(client(serve(json_answer({}))), READ, parse)
    assert error.message == "Acme Describe failed: FAILED: job failed (HTTP 200)."


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refusal_without_readable_error_is_final_too(
    serve: Callable[..., LocalServer], clock: FakeClock, status: int
) -> None:
    error = failure(client(serve(http_answer(status, HTML))), replace(READ, subject="thing a"))
    assert (error.code, error.outcome, error.http_status) == (str(status), Outcome.REFUSED, status)
    assert error.message.startswith(
        "Acme Describe failed for thing a: the answer has no readable error, it begins: <html>"
    )
    assert clock.sleeps == []


BLOCKED = ": the request was blocked by a security policy in front of the API (HTTP 451)."
CHALLENGE = ": a browser challenge stands in front of the API; ask the provider to admit this host (HTTP 403)."


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (http_answer(451, HTML), "REQUEST_BLOCKED", BLOCKED),
        (http_answer(403, HTML, cf_mitigated="challenge"), "SECURITY_CHALLENGE", CHALLENGE),
        (http_answer(403, HTML, CF_Mitigated="Challenge"), "SECURITY_CHALLENGE", CHALLENGE),
        (json_answer({"error": "x"}, 451), "REQUEST_BLOCKED", BLOCKED),
    ],
)
def test_block_in_front_of_the_api_is_final(
    serve: Callable[..., LocalServer], clock: FakeClock, answer: bytes, code: str, text: str
) -> None:
    error = failure(client(serve(answer)), WRITE)
    assert (error.code, error.outcome) == (code, Outcome.REFUSED)
    assert text in error.message
    assert clock.sleeps == []


def test_refusal_with_another_mitigation_is_no_challenge(serve: Callable[..., LocalServer]) -> None:
    assert failure(client(serve(json_answer({"error": "no"}, 403, cf_mitigated="log")))).code == ""


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_redirect_is_not_followed(serve: Callable[..., LocalServer], clock: FakeClock, status: int) -> None:
    elsewhere = serve(json_answer({}))
    server = serve(http_answer(status, location=f"{elsewhere.url}/v1"))
    error = failure(client(server, BearerAuth("abc")), WRITE)
    assert (error.code, error.outcome) == ("Redirect", Outcome.REFUSED)
    assert f"the answer points to {elsewhere.host}; redirects are not followed" in error.message
    assert (len(server.requests), len(elsewhere.requests)) == (1, 0)
    assert clock.sleeps == []


@pytest.mark.parametrize("location", ["/v2", "", "http://[", "//[::1", "https://h:port/"])
def test_redirect_to_nowhere_is_told_too(serve: Callable[..., LocalServer], location: str) -> None:
    error = failure(client(serve(http_answer(302, location=location))))
    assert error.code == "Redirect"
    assert ("points to h:port;" if "h:port" in location else "points to elsewhere;") in error.message


def test_redirect_without_a_target_is_told_too(serve: Callable[..., LocalServer]) -> None:
    assert "the answer points to elsewhere; redirects" in failure(client(serve(http_answer(302)))).message


def test_credentials_in_a_redirect_are_not_shown(serve: Callable[..., LocalServer]) -> None:
    error = failure(client(serve(http_answer(302, location="https://user:hidden@login.example.com/"))))
    assert "points to login.example.com;" in error.message


@pytest.mark.parametrize(("seconds", "direction"), [(3600, "behind"), (-3600, "ahead of")])
def test_wrong_clock_is_told_with_an_error(serve: Callable[..., LocalServer], seconds: float, direction: str) -> None:
    error = failure(client(serve(json_answer({"error": "signature expired"}, 401, date=http_date(seconds)))))
    told = re.search(rf"The clock of this host is (\d+) s {direction} the provider's; correct it\.$", error.message)
    assert told
    assert int(told[1]) == pytest.approx(3600, abs=5)


@pytest.mark.parametrize("date", [100, -100, "", "yesterday", "Mon, 99 Jan 2026 00:00:00 GMT"])
def test_clock_is_not_blamed_without_reason(serve: Callable[..., LocalServer], date: str | int) -> None:
    told = http_date(date) if isinstance(date, int) else date
    error = failure(client(serve(json_answer({"error": "no"}, 401, date=told))))
    assert error.message == "Acme Describe failed: no (HTTP 401)."


# ---- Time limits of a call with all its attempts ----


def test_no_pause_reaches_beyond_the_deadline(closed_port: str, clock: FakeClock) -> None:
    error = failure(client(closed_port, retries=10), READ, deadline=Deadline(5, clock))
    assert clock.sleeps == [1, 2]
    assert error.message.endswith("Tried 3 times.")


def test_deadline_that_has_passed_still_allows_one_attempt(serve: Callable[..., LocalServer], clock: FakeClock) -> None:
    assert client(serve(json_answer({}))).call(READ, as_it_is, Deadline(0, clock)) == {}


# ---- Credentials ----


def test_every_attempt_is_signed_anew(serve: Callable[..., LocalServer], clock: FakeClock) -> None:
    server = serve(http_answer(429), http_answer(429), json_answer({}))
    auth = Zc2Auth("key", "s3cret", lambda: 1_700_000_000 + clock.now())
    client(server, auth).call(READ, as_it_is)
    times = [request.headers["x-zc-timestamp"] for request in server.requests]
    assert times == ["1700001000", "1700001001", "1700001003"]
    for request in server.requests:
        assert request.headers["authorization"] == zc2_authorization(
            key_id="key",
            secret="s3cret",
            host=request.headers["host"],
            content_type=request.headers["content-type"],
            timestamp=request.headers["x-zc-timestamp"],
            body=request.body,
        )


class Tokens:
    """An OAuth 2 identity service that hands out t-1, t-2, ..."""

    def __init__(self) -> None:
        self.count = 0

    def fetch(self, _deadline: Any) -> Token:
        self.count += 1
        return Token(f"t-{self.count}", 3600)


@pytest.mark.parametrize("call", [READ, WRITE])
@pytest.mark.parametrize("rejection", [http_answer(401), json_answer({"error": "expired"}, 401)])
def test_rejected_token_is_renewed_at_once(
    serve: Callable[..., LocalServer], clock: FakeClock, call: Call, rejection: bytes
) -> None:
    server = serve(rejection, json_answer({"done": True}))
    assert client(server, OAuth2Auth(Tokens().fetch)).call(call, as_it_is) == {"done": True}
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer t-1", "Bearer t-2"]
    assert clock.sleeps == []


def test_token_is_renewed_only_once(serve: Callable[..., LocalServer]) -> None:
    server = serve(json_answer({"error": "expired"}, 401))
    error = failure(client(server, OAuth2Auth(Tokens().fetch)))
    assert error.http_status == 401
    assert len(server.requests) == 2


def test_fixed_token_is_not_renewed(serve: Callable[..., LocalServer]) -> None:
    server = serve(http_answer(401))
    assert failure(client(server, BearerAuth("abc"))).code == "401"
    assert len(server.requests) == 1


def test_error_of_the_identity_service_is_passed_on(serve: Callable[..., LocalServer]) -> None:
    def fetch(_deadline: Any) -> Token:
        raise ApiError("wrong client secret", code="invalid_client", outcome=Outcome.REFUSED)

    server = serve(json_answer({}))
    assert failure(client(server, OAuth2Auth(fetch))).code == "invalid_client"
    assert server.requests == []


def test_identity_service_is_given_the_deadline_of_the_call(
    serve: Callable[..., LocalServer], clock: FakeClock
) -> None:
    deadlines: list[Any] = []

    def fetch(deadline: Any) -> Token:
        deadlines.append(deadline)
        return Token("t-1", 3600)

    deadline = Deadline(5, clock)
    client(serve(json_answer({})), OAuth2Auth(fetch)).call(READ, as_it_is, deadline)
    assert deadlines == [deadline]


@pytest.mark.parametrize("token", ["abc\ndef", "abc\r\nX-Evil: 1", "\u201cabc\u201d", "abc\x00"])
def test_credentials_that_no_header_can_carry_are_told(
    serve: Callable[..., LocalServer], clock: FakeClock, token: str
) -> None:
    server = serve(json_answer({}))
    error = failure(client(server, BearerAuth(token)), WRITE)
    assert (error.code, error.outcome) == ("InvalidHeader", Outcome.NOT_EXECUTED)
    assert "header Authorization" in error.message
    assert "abc" not in error.message
    assert (server.requests, clock.sleeps) == ([], [])


def test_url_that_cannot_be_called_is_told(clock: FakeClock) -> None:
    error = failure(client("https://*.example.com"), WRITE)
    assert (error.code, error.outcome) == ("InvalidUrl", Outcome.NOT_EXECUTED)
    assert clock.sleeps == []


# ---- TLS ----


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "certops.cdn unit tests")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


@pytest.fixture
def tls(tls_files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls_files)
    return context


def test_untrusted_certificate_is_final_and_nothing_is_sent(
    serve: Callable[..., LocalServer], tls: ssl.SSLContext, clock: FakeClock
) -> None:
    server = serve(json_answer({}), tls=tls)
    error = failure(client(server, BearerAuth("abc")), WRITE)
    assert (error.code, error.outcome) == ("TlsError", Outcome.NOT_EXECUTED)
    assert error.message.replace("self signed", "self-signed") == (
        f"Acme Modify failed: {server.host} was not trusted (check ca_path and validate_certs): certificate verify "
        "failed: self-signed certificate."
    )
    assert "self-signed certificate" in error.message.replace("self signed", "self-signed")
    assert (server.requests, clock.sleeps) == ([], [])


def test_certificate_is_trusted_through_ca_path(
    serve: Callable[..., LocalServer], tls: ssl.SSLContext, tls_files: tuple[Path, Path]
) -> None:
    assert client(serve(json_answer({}), tls=tls), ca_path=str(tls_files[0])).call(READ, as_it_is) == {}


def test_what_is_trusted_is_read_once_for_all_connections(
    serve: Callable[..., LocalServer],
    tls: ssl.SSLContext,
    tls_files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []
    original = ssl.SSLContext.load_verify_locations

    def load(self: ssl.SSLContext, *places: Any) -> None:
        read.append(places)
        original(self, *places)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    calls = client(serve(*[json_answer({})] * 3, tls=tls), ca_path=str(tls_files[0]))
    for call in (READ, replace(WRITE, once=True), replace(WRITE, once=True)):
        assert calls.call(call, as_it_is) == {}
    assert read == [(str(tls_files[0]), None)]


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("bundle", [None, "/nonexistent.pem"])
def test_certificate_is_not_checked_where_the_options_say_so(
    serve: Callable[..., LocalServer], tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, bundle: str | None
) -> None:
    if bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        monkeypatch.setenv("CURL_CA_BUNDLE", bundle)
    assert client(serve(json_answer({}), tls=tls), validate_certs=False).call(READ, as_it_is) == {}


def test_environment_does_not_widen_the_trust(
    serve: Callable[..., LocalServer],
    tls: ssl.SSLContext,
    tls_files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls_files[0]))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tls_files[0]))
    assert failure(client(serve(json_answer({}), tls=tls))).code == "TlsError"


def test_ca_path_that_holds_no_certificate_is_final(
    serve: Callable[..., LocalServer], tls: ssl.SSLContext, tmp_path: Path, clock: FakeClock
) -> None:
    no_pem = tmp_path / "ca.pem"
    no_pem.write_text("no certificate")
    error = failure(client(serve(json_answer({}), tls=tls), ca_path=str(no_pem)), WRITE)
    assert (error.code, error.outcome) == ("TlsError", Outcome.NOT_EXECUTED)
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("address", "names"),
    [("localhost", ["127.0.0.1"]), ("127.0.0.1", ["localhost"]), ("localhost", [])],
    ids=["another address", "another name", "a common name alone"],
)
def test_certificate_for_another_name_is_final_and_nothing_is_sent(
    serve: Callable[..., LocalServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    names: list[str],
) -> None:
    identity = make(*names, common_name="localhost")
    (tmp_path / "ca.pem").write_text(identity.pem)
    server = serve(json_answer({}), tls=identity.context())
    for proxy in ("", serve(tunnel).url):
        monkeypatch.setenv("https_proxy", proxy)
        error = failure(client(server.url.replace("127.0.0.1", address), ca_path=str(tmp_path / "ca.pem")), WRITE)
        assert (error.code, error.outcome) == ("TlsError", Outcome.NOT_EXECUTED)
        assert " was not trusted (check ca_path and validate_certs): " in error.message
        assert address in error.message.partition("validate_certs")[2]
        assert not error.message.endswith("..")
    assert server.requests == []


@pytest.mark.filterwarnings("ignore:.*TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("validate_certs", [True, False])
def test_tls_below_1_2_is_final_even_where_python_and_openssl_allow_it(
    serve: Callable[..., LocalServer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, validate_certs: bool
) -> None:
    create = urllib3.util.ssl_.create_urllib3_context

    def lenient(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        context = create(*args, **kwargs)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    for module in (urllib3.util.ssl_, urllib3.connection):
        monkeypatch.setattr(module, "create_urllib3_context", lenient)
    identity = make("localhost")
    (tmp_path / "ca.pem").write_text(identity.pem)
    server = serve(json_answer({}), tls=identity.context(ssl.TLSVersion.TLSv1_1))
    url = server.url.replace("127.0.0.1", "localhost")
    options = {"ca_path": str(tmp_path / "ca.pem"), "validate_certs": validate_certs}
    error = failure(client(url, **options), WRITE)
    assert (error.code, error.outcome) == ("TlsError", Outcome.NOT_EXECUTED)
    assert "TLS 1.2 is the least" in error.message
    assert server.requests == []


def test_server_without_tls_is_final(clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_in_plain() -> None:
            connection, _address = listener.accept()
            connection.recv(1000)
            connection.sendall(http_answer(400, HTML))
            connection.close()

        threading.Thread(target=answer_in_plain, daemon=True).start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        error = failure(client(f"https://{host}"), WRITE)
    assert (error.code, error.outcome) == ("TlsError", Outcome.NOT_EXECUTED)
    assert f"failed: no TLS connection to {host} (check scheme and port; TLS 1.2 is the least): " in error.message
    assert "SSL" not in error.message
    assert clock.sleeps == []


def garbage(connection: socket.socket, _request: Received) -> None:
    """After the request has come through TLS, send something else than TLS on the same connection."""
    assert isinstance(connection, ssl.SSLSocket)
    raw = socket.socket(fileno=connection.detach())
    raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 10)
    raw.close()


@pytest.mark.parametrize("broken", [garbage, reset, hang_up])
def test_tls_that_breaks_after_the_request_leaves_a_write_unknown(
    serve: Callable[..., LocalServer],
    tls: ssl.SSLContext,
    tls_files: tuple[Path, Path],
    clock: FakeClock,
    broken: Answer,
) -> None:
    server = serve(broken, tls=tls)
    error = failure(client(server, ca_path=str(tls_files[0])), WRITE)
    assert (error.code, error.outcome) == ("ConnectionLost", Outcome.UNKNOWN)
    assert len(server.requests) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize("broken", [garbage, reset, hang_up])
def test_tls_that_breaks_after_the_request_is_no_reason_to_give_up_a_read(
    serve: Callable[..., LocalServer], tls: ssl.SSLContext, tls_files: tuple[Path, Path], broken: Answer
) -> None:
    server = serve(broken, json_answer({"done": True}), tls=tls)
    assert client(server, ca_path=str(tls_files[0])).call(READ, as_it_is) == {"done": True}


def test_connection_that_breaks_behind_a_proxy_leaves_a_write_unknown(
    serve: Callable[..., LocalServer],
    tls: ssl.SSLContext,
    tls_files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received = []

    def tunnel_with_an_end(connection: socket.socket, request: Received) -> None:
        assert request.method == "CONNECT"
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        inner = tls.wrap_socket(connection, server_side=True)
        received.append(inner.recv(100))
        reset(inner, request)

    monkeypatch.setenv("https_proxy", serve(tunnel_with_an_end).url)
    error = failure(client("https://127.0.0.1", ca_path=str(tls_files[0])), WRITE)
    assert (error.code, error.outcome) == ("ConnectionLost", Outcome.UNKNOWN)
    assert received[0].startswith(b"POST /v1 ")


# ---- Where requests is missing ----


def test_missing_library_is_noted_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    spec = importlib.util.spec_from_file_location("http_without_requests", _http.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    assert "requests" in module.REQUESTS_IMPORT_ERROR


def test_present_library_is_no_error() -> None:
    assert _http.REQUESTS_IMPORT_ERROR is None
    assert _http.requests is requests
    assert Settings().rate_limit == math.inf
