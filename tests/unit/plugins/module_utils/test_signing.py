# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError
from ansible_collections.certops.cdn.plugins.module_utils._signing import (
    BearerAuth,
    NoAuth,
    OAuth2Auth,
    Tc3Auth,
    Token,
    Zc2Auth,
    host_header,
    tc3_authorization,
    zc2_authorization,
)
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock

DATA = Path(__file__).parents[2] / "data"


def vectors(provider: str) -> list[Any]:
    content = json.loads((DATA / f"{provider}_signing_vectors.json").read_text(encoding="utf-8"))
    assert len(content["vectors"]) == content["count"]
    return [pytest.param(vector, id=vector["name"]) for vector in content["vectors"]]


def prepared(url: str, **options: Any) -> requests.PreparedRequest:
    return requests.Request(options.pop("method", "POST"), url, **options).prepare()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://console.zenlayer.com/api/v2/cdn", "console.zenlayer.com"),
        ("https://Console.Zenlayer.COM/", "console.zenlayer.com"),
        ("https://console.zenlayer.com:443/", "console.zenlayer.com"),
        ("http://console.zenlayer.com:80/", "console.zenlayer.com"),
        ("http://console.zenlayer.com:443/", "console.zenlayer.com:443"),
        ("https://127.0.0.1:8443/", "127.0.0.1:8443"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://[2001:DB8::1]/", "[2001:db8::1]"),
    ],
)
def test_host_header(url: str, expected: str) -> None:
    assert host_header(url) == expected


# ---- Zenlayer ----


@pytest.mark.parametrize("vector", vectors("zenlayer"))
def test_zc2_vectors(vector: dict[str, Any]) -> None:
    authorization = zc2_authorization(
        key_id=vector["access_key_id"],
        secret=vector["access_key_password"],
        host=vector["host"],
        content_type=vector["content_type"],
        timestamp=vector["timestamp"],
        body=vector["body"].encode(),
    )
    assert authorization == vector["authorization"]


@pytest.mark.parametrize("vector", vectors("zenlayer"))
def test_zc2_auth_signs_a_request_like_the_vectors(vector: dict[str, Any]) -> None:
    request = prepared(
        f"https://{vector['host']}{vector['path']}",
        data=vector["body"].encode(),
        headers={"Content-Type": vector["content_type"]},
        auth=Zc2Auth(vector["access_key_id"], vector["access_key_password"], lambda: int(vector["timestamp"]) + 0.9),
    )
    assert request.headers["Authorization"] == vector["authorization"]
    assert request.headers["Host"] == vector["host"]
    assert request.headers["x-zc-timestamp"] == vector["timestamp"]
    assert request.headers["x-zc-signature-method"] == "ZC2-HMAC-SHA256"


def test_zc2_auth_signs_text_as_it_is_sent() -> None:
    options = {"headers": {"Content-Type": "application/json"}, "auth": Zc2Auth("id", "secret", lambda: 1.0)}
    text = prepared("https://h.example/", data='{"a": "é"}', **options)
    raw = prepared("https://h.example/", data='{"a": "é"}'.encode(), **options)
    assert text.headers["Authorization"] == raw.headers["Authorization"]


# ---- Tencent Cloud ----


@pytest.mark.parametrize("vector", vectors("tencent"))
def test_tc3_vectors(vector: dict[str, Any]) -> None:
    asked = vector["input"]
    signed = asked["signed_headers"].split(";")
    authorization = tc3_authorization(
        secret_id=asked["secret_id"],
        secret_key=asked["secret_key"],
        service=asked["service"],
        headers={name: value for name, value in asked["headers"].items() if name.lower() in signed},
        timestamp=asked["timestamp"],
        payload=b"UNSIGNED-PAYLOAD" if asked["unsigned_payload"] else bytes.fromhex(asked["body_utf8_hex"]),
        method=asked["method"],
        query=asked["query"],
    )
    assert authorization == vector["expected"]["authorization"]


def test_tc3_signs_headers_in_the_order_of_their_names() -> None:
    headers = {"Content-Type": "application/json", "Host": "h.example", "X-TC-Action": "a"}
    first, second = (
        tc3_authorization(
            secret_id="id", secret_key="key", service="ssl", headers=dict(pairs), timestamp=1, payload=b"{}"
        )
        for pairs in (headers.items(), reversed(headers.items()))
    )
    assert first == second
    assert "SignedHeaders=content-type;host;x-tc-action," in first


def signed_by_tc3_auth() -> list[Any]:
    """The vectors that sign what the auth object signs."""
    return [
        vector
        for vector in vectors("tencent")
        if vector.values[0]["input"]["signed_headers"] == "content-type;host;x-tc-action"
    ]


@pytest.mark.parametrize("vector", signed_by_tc3_auth())
def test_tc3_auth_signs_a_request_like_the_vectors(vector: dict[str, Any]) -> None:
    asked = vector["input"]
    headers = {name: value for name, value in asked["headers"].items() if name not in ("Host", "X-TC-Timestamp")}
    request = prepared(
        f"https://{asked['host']}/",
        data=bytes.fromhex(asked["body_utf8_hex"]),
        headers=headers,
        auth=Tc3Auth(
            asked["secret_id"], asked["secret_key"], service=asked["service"], clock=lambda: asked["timestamp"] + 0.9
        ),
    )
    assert request.headers["Authorization"] == vector["expected"]["authorization"]
    assert request.headers["X-TC-Timestamp"] == str(asked["timestamp"])
    assert "X-TC-Token" not in request.headers


def test_tc3_auth_passes_on_the_token_of_temporary_credentials() -> None:
    request = prepared(
        "https://ssl.tencentcloudapi.com/",
        data=b"{}",
        headers={"Content-Type": "application/json", "X-TC-Action": "DescribeCertificates"},
        auth=Tc3Auth("id", "key", "temporary", service="ssl"),
    )
    assert request.headers["X-TC-Token"] == "temporary"


def test_tc3_auth_signs_the_action() -> None:
    def authorization(action: str) -> str:
        auth = Tc3Auth("id", "key", service="ssl", clock=lambda: 1.0)
        headers = {"Content-Type": "application/json", "X-TC-Action": action}
        return prepared("https://h.example/", data=b"{}", headers=headers, auth=auth).headers["Authorization"]

    assert authorization("DescribeCertificates") != authorization("CancelAuditCertificate")


@pytest.mark.parametrize(
    "auth_of", [lambda clock: Zc2Auth("i", "s", clock), lambda clock: Tc3Auth("i", "s", service="x", clock=clock)]
)
def test_every_attempt_is_signed_with_its_own_time(auth_of: Any) -> None:
    times = iter([1_700_000_000.0, 1_700_000_001.0])
    auth = auth_of(lambda: next(times))
    headers = {"Content-Type": "application/json", "X-TC-Action": "A"}
    first, second = (prepared("https://h.example/", data=b"{}", headers=headers, auth=auth) for _attempt in range(2))
    assert first.headers["Authorization"] != second.headers["Authorization"]


# ---- Tokens ----


def test_no_auth_sends_no_credentials() -> None:
    assert "Authorization" not in prepared("https://h.example/", auth=NoAuth()).headers


def test_bearer_auth_sends_the_token() -> None:
    assert prepared("https://h.example/", auth=BearerAuth("abc")).headers["Authorization"] == "Bearer abc"


class TokenService:
    """Hands out t-1, t-2, ... and counts."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.handed_out = 0
        self.lifetime = lifetime
        self.deadlines: list[Any] = []

    def fetch(self, deadline: Any) -> Token:
        self.handed_out += 1
        self.deadlines.append(deadline)
        return Token(f"t-{self.handed_out}", self.lifetime)


def bearer(auth: OAuth2Auth) -> str:
    return prepared("https://h.example/", auth=auth).headers["Authorization"]


def test_token_is_fetched_when_it_is_needed_and_then_kept(clock: FakeClock) -> None:
    service = TokenService()
    auth = OAuth2Auth(service.fetch, clock.now)
    assert service.handed_out == 0
    assert [bearer(auth), bearer(auth)] == ["Bearer t-1", "Bearer t-1"]


@pytest.mark.parametrize(("lifetime", "renewed_after"), [(3600, 3570), (120, 90), (60, 45), (4, 3)])
def test_token_is_renewed_before_it_expires(clock: FakeClock, lifetime: float, renewed_after: float) -> None:
    auth = OAuth2Auth(TokenService(lifetime).fetch, clock.now)
    bearer(auth)
    clock.time += renewed_after - 0.1
    assert bearer(auth) == "Bearer t-1"
    clock.time += 0.2
    assert bearer(auth) == "Bearer t-2"


def test_lifetime_counts_from_the_question_and_not_from_the_answer(clock: FakeClock) -> None:
    service = TokenService(lifetime=120)

    def slow_fetch(deadline: Any) -> Token:
        clock.time += 80
        return service.fetch(deadline)

    auth = OAuth2Auth(slow_fetch, clock.now)
    bearer(auth)
    clock.time += 15
    assert bearer(auth) == "Bearer t-2"


def test_deadline_of_a_request_counts_for_a_new_token(clock: FakeClock) -> None:
    service = TokenService(lifetime=120)
    auth = OAuth2Auth(service.fetch, clock.now)
    for deadline in ("first", "second"):
        prepared("https://h.example/", auth=auth.by(deadline))
    clock.time += 120
    prepared("https://h.example/", auth=auth.by("third"))
    clock.time += 120
    bearer(auth)
    assert service.deadlines == ["first", "third", None]


def test_rejected_token_is_forgotten(clock: FakeClock) -> None:
    auth = OAuth2Auth(TokenService().fetch, clock.now)
    auth.renew(rejected=bearer(auth))
    assert bearer(auth) == "Bearer t-2"


def test_token_that_another_thread_has_renewed_is_kept(clock: FakeClock) -> None:
    auth = OAuth2Auth(TokenService().fetch, clock.now)
    old = bearer(auth)
    auth.renew(rejected=old)
    assert bearer(auth) == "Bearer t-2"
    auth.renew(rejected=old)
    assert bearer(auth) == "Bearer t-2"


def test_rejection_before_any_token_is_harmless(clock: FakeClock) -> None:
    auth = OAuth2Auth(TokenService().fetch, clock.now)
    auth.renew(rejected="Bearer old")
    assert bearer(auth) == "Bearer t-1"


def test_failed_fetch_is_told_and_the_next_use_tries_again(clock: FakeClock) -> None:
    service = TokenService()
    answers = [ApiError("down"), None]

    def fetch(deadline: Any) -> Token:
        error = answers.pop(0)
        if error is not None:
            raise error
        return service.fetch(deadline)

    auth = OAuth2Auth(fetch, clock.now)
    with pytest.raises(ApiError, match="down"):
        bearer(auth)
    assert bearer(auth) == "Bearer t-1"


def test_threads_share_one_token() -> None:
    service = TokenService()
    auth = OAuth2Auth(service.fetch)
    threads = [threading.Thread(target=bearer, args=(auth,)) for _attempt in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.handed_out == 1
