# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._signing import zc2_authorization
from ansible_collections.certops.cdn.plugins.modules import zenlayer_domain_cert
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock, LocalServer, Received, json_answer

Play = Callable[..., dict[str, Any]]

ENDS = (datetime.now(timezone.utc) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Service:
    """One domain and two certificates, over HTTP. A rollout is over once it was looked at twice."""

    def __init__(self) -> None:
        self.bound = "old"
        self.looks_left = 0

    def answer(self, _connection: socket.socket, request: Received) -> bytes:
        action = request.headers["x-zc-action"]
        return json_answer({"requestId": "T-1", "response": getattr(self, f"_{action}")(request.json())})

    def _certificate(self, certificate_id: str) -> dict[str, Any]:
        return {"certificateId": certificate_id, "certificateLabel": "", "sans": ["*.example.com"], "endTime": ENDS}

    def _DescribeCertificates(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"totalCount": 1, "dataSet": [self._certificate(key) for key in body["certificateIds"]]}

    def _DescribeDomains(self, _body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        status = "DEPLOYING" if self.looks_left else "DEPLOYED"
        self.looks_left = max(0, self.looks_left - 1)
        domain = {"domainId": "d-1", "domainName": "www.example.com", "configStatus": status, "domainStatus": "ENABLED"}
        return {"totalCount": 1, "dataSet": [domain]}

    def _DescribeDomainCertificate(self, _body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"certificate": self._certificate(self.bound)}

    def _ModifyDomainCertificate(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.bound, self.looks_left = body["certificateId"], 2
        return {}


@pytest.fixture
def server(serve: Callable[..., LocalServer]) -> LocalServer:
    return serve(Service().answer)


@pytest.fixture
def bind(play: Play, server: LocalServer) -> Play:
    """Run the module against the service."""

    def run(check_mode: bool = False, **params: Any) -> dict[str, Any]:
        given = {
            "api_url": server.url,
            "access_key_id": "key",
            "access_key_password": "s3cret-password",
            "domain_id": ["d-1"],
            "certificate_id": "new",
            **params,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return play(zenlayer_domain_cert.main, given, check_mode=check_mode)

    return run


def actions(server: LocalServer) -> list[str]:
    return [request.headers["x-zc-action"] for request in server.requests]


def test_certificate_is_bound_and_the_second_run_changes_nothing(bind: Play, server: LocalServer) -> None:
    first = bind()
    assert first["changed"] is True
    assert first["domains"][0]["outcome"] == "bound"
    second = bind()
    assert second["changed"] is False
    assert second["domains"][0]["outcome"] == "unchanged"
    assert actions(server).count("ModifyDomainCertificate") == 1


def test_check_mode_sends_no_write_and_predicts_the_run(bind: Play, server: LocalServer) -> None:
    predicted = bind(check_mode=True)
    assert "ModifyDomainCertificate" not in actions(server)
    assert predicted["domains"][0]["outcome"] == "would_bind"
    assert predicted["changed"] is bind()["changed"] is True


def test_every_request_is_signed_as_it_is_sent(bind: Play, server: LocalServer) -> None:
    bind()
    assert len(server.requests) >= 5
    for request in server.requests:
        assert (request.method, request.path) == ("POST", "/api/v2/cdn")
        assert request.headers["authorization"] == zc2_authorization(
            key_id="key",
            secret="s3cret-password",
            host=server.host,
            content_type="application/json",
            timestamp=request.headers["x-zc-timestamp"],
            body=request.body,
        )


def test_token_of_the_environment_is_sent(bind: Play, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENLAYER_TOKEN", "token-of-the-environment")
    bind(access_key_id=None, access_key_password=None)
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer token-of-the-environment"}
    assert "x-zc-timestamp" not in server.requests[0].headers


def test_waiting_can_be_left_out(bind: Play, clock: FakeClock) -> None:
    assert bind(wait=False)["domains"][0]["outcome"] == "pending"
    assert clock.sleeps == []


def test_no_secret_is_in_a_result(bind: Play) -> None:
    results = [bind(), bind(certificate_id="new", domain_id=["d-2"])]
    assert results[1]["msg"] == "domain_ids: no such domain in this account: d-2."
    for result in results:
        result.pop("invocation", None)  # it has all options; Ansible masks those that are secret
        assert "s3cret-password" not in json.dumps(result)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"domain_id": None}, "one of the following is required: domain_ids, domain_names, all_covered"),
        ({"certificate_id": None}, "one of the following is required: certificate_id, certificate_label"),
        ({"all_covered": True}, "parameters are mutually exclusive: domain_ids|domain_names|all_covered"),
        (
            {"domain_name": ["a.example"]},
            "parameters are mutually exclusive: domain_ids|domain_names|all_covered",
        ),
        ({"certificate_label": "x"}, "parameters are mutually exclusive: certificate_id|certificate_label"),
        ({"domain_id": []}, "domain_ids is an empty list; name at least one."),
        ({"timeout": 0}, "timeout: 0.0 was given, but it must be greater than 0"),
        ({"api_url": "console.zenlayer.com"}, "api_url: 'console.zenlayer.com' has no scheme http:// or https://"),
        ({"access_key_password": None}, "access_key_id is given without access_key_password"),
    ],
)
def test_options_that_say_nothing_clear_are_refused_before_any_call(
    bind: Play, server: LocalServer, params: dict[str, Any], expected: str
) -> None:
    result = bind(**params)
    assert result["failed"] is True
    assert expected in result["msg"]
    assert server.requests == []
