# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's Python SDK against the emulator: what it sends is accepted, and refused where the service would."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from zenlayercloud.common import abstract_client
from zenlayercloud.common.abstract_model import AbstractModel
from zenlayercloud.common.config import Config
from zenlayercloud.common.credential import Credential, TokenCredential
from zenlayercloud.common.excpetion.zenlayer_cloud_sdk_exception import ZenlayerCloudSdkException

from conformance.emulated import Emulated

KEY = Credential("demo-access-key-id", "demo-access-key-password")


class Request(AbstractModel):
    """Any request: the attributes are the fields."""

    def __init__(self, **fields: Any):
        super().__init__()
        self.__dict__.update(fields)


class CdnClient(abstract_client.AbstractClient):
    """The SDK has no CDN module; its base client is enough."""

    _service = "cdn"
    _api_version = "2022-11-20"

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._api_call(action, Request(**fields))
        return answer

    def code_of(self, action: str, **fields: Any) -> str:
        with pytest.raises(ZenlayerCloudSdkException) as caught:
            self.call(action, **fields)
        return str(caught.value.code)


def client(emulator: Emulated, credential: Any = KEY) -> CdnClient:
    config = Config(scheme="http", domain=emulator.host, rate_limit_retry_duration=lambda index: 0)
    return CdnClient(credential, config)


def test_right_secret(emulator: Emulated) -> None:
    answer = client(emulator).call("DescribeDomains", domainName="www.example.com", pageSize=100, pageNum=1)
    assert answer["totalCount"] == 1
    assert answer["dataSet"][0]["configStatus"] == "DEPLOYED"


def test_no_parameters(emulator: Emulated) -> None:
    assert client(emulator).call("DescribeCertificates")["totalCount"] == 4


def test_non_ascii_body(emulator: Emulated) -> None:
    assert client(emulator).call("DescribeCertificates", certificateLabel="Zürich ☂")["totalCount"] == 0


def test_write(emulator: Emulated) -> None:
    assert "requestId" in client(emulator).call(
        "ModifyDomainCertificate", domainId="dom-0001", certificateId="cert-0002"
    )
    assert emulator.calls(writes="true")[0]["executed"] is True


@pytest.mark.parametrize(
    "credential",
    [Credential("demo-access-key-id", "wrong"), Credential("unknown", "demo-access-key-password")],
)
def test_wrong_secret(emulator: Emulated, credential: Credential) -> None:
    assert client(emulator, credential).code_of("DescribeDomains") == "AUTHFAILURE_SIGNATURE_FAILURE"


@pytest.mark.parametrize("skew", [-290, 290])
def test_clock_within_five_minutes(emulator: Emulated, monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    monkeypatch.setattr(abstract_client, "time", SimpleNamespace(time=lambda: time.time() + skew, sleep=time.sleep))
    assert client(emulator).call("DescribeDomains")["totalCount"] == 6


@pytest.mark.parametrize("skew", [-310, 310])
def test_clock_too_wrong(emulator: Emulated, monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    monkeypatch.setattr(abstract_client, "time", SimpleNamespace(time=lambda: time.time() + skew, sleep=time.sleep))
    assert client(emulator).code_of("DescribeDomains") == "AUTHFAILURE_SIGNATURE_EXPIRED"


def test_server_clock_too_wrong(emulator: Emulated) -> None:
    emulator.fault("clock_skew", seconds=400, action="DescribeDomains")
    assert client(emulator).code_of("DescribeDomains") == "AUTHFAILURE_SIGNATURE_EXPIRED"
    assert client(emulator).call("DescribeDomains")["totalCount"] == 6


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("data", '{"domainName": "other"}'), ("header", {"Content-Type": "application/json; charset=utf-8"})],
)
def test_changed_after_signing(emulator: Emulated, monkeypatch: pytest.MonkeyPatch, attribute: str, value: Any) -> None:
    signed = client(emulator)
    send = signed.proxy.request

    def tampered(request: Any) -> Any:
        setattr(request, attribute, {**request.header, **value} if attribute == "header" else value)
        return send(request)

    monkeypatch.setattr(signed.proxy, "request", tampered)
    assert signed.code_of("DescribeDomains", domainName="www") == "AUTHFAILURE_SIGNATURE_FAILURE"


def test_unknown_action(emulator: Emulated) -> None:
    assert client(emulator).code_of("DescribeCdnDomains") == "AUTHFAILURE_UNAUTHORIZED_OPERATION"


@pytest.mark.parametrize(("version", "fine"), [("2022-11-20", True), ("2024-02-29", True), ("2021-01-01", False)])
def test_versions(emulator: Emulated, version: str, fine: bool) -> None:
    sdk = client(emulator)
    sdk._api_version = version
    if fine:
        assert sdk.call("DescribeDomains")["totalCount"] == 6
    else:
        assert sdk.code_of("DescribeDomains") == "INVALID_PARAMETER_VALUE"


def test_bearer_token(emulator: Emulated) -> None:
    assert client(emulator, TokenCredential("demo-api-token")).call("DescribeDomains")["totalCount"] == 6
    assert emulator.calls()[0]["auth"] == "Bearer"


@pytest.mark.parametrize("token", ["demo-expired-api-token", "unknown"])
def test_wrong_bearer_token(emulator: Emulated, token: str) -> None:
    code = client(emulator, TokenCredential(token)).code_of("DescribeDomains")
    assert code == "AUTHFAILURE_INVALID_AUTHORIZATION"


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("DescribeDomainCertificate", {}, "MISSING_PARAMETER"),
        ("DescribeDomainCertificate", {"domainId": "nope"}, "INVALID_DOMAIN_NOT_FOUND"),
        ("DescribeDomains", {"domainIds": "dom-0001"}, "INVALID_PARAMETER_TYPE"),
        ("DescribeDomains", {"domainIds": ["x"] * 101}, "INVALID_PARAMETER_EXCEED_LENGTH"),
        ("DescribeDomains", {"pageSize": 1001}, "INVALID_PARAMETER_EXCEED_MAXIMUM"),
        ("DescribeDomains", {"pageNum": 0}, "INVALID_PARAMETER_LESS_MINIMUM"),
        ("DescribeDomains", {"pageNum": "1"}, "INVALID_PARAMETER_TYPE"),
        ("ModifyDomainCertificate", {"domainId": "dom-0001", "certificateId": "x"}, "INVALID_CERTIFICATE_NOT_FOUND"),
        (
            "ModifyDomainCertificate",
            {"domainId": "dom-0001", "certificateId": "cert-0003"},
            "CERT_NOT_MATCH_DOMAIN_OR_EXPIRED",
        ),
        (
            "ModifyDomainCertificate",
            {"domainId": "dom-0001", "certificateId": "cert-0004"},
            "CERT_NOT_MATCH_DOMAIN_OR_EXPIRED",
        ),
        ("DeleteCertificate", {"certificateId": "cert-0001"}, "CERTIFICATE_IS_USING"),
    ],
)
def test_error_codes(emulator: Emulated, action: str, fields: dict[str, Any], code: str) -> None:
    assert client(emulator).code_of(action, **fields) == code


def test_sdk_retries_the_rate_limit(emulator: Emulated) -> None:
    emulator.fault("status", status=429, times=2)
    assert client(emulator).call("DescribeDomains")["totalCount"] == 6
    assert [call["status"] for call in emulator.calls()] == [429, 429, 200]


def test_sdk_sees_the_blocks(emulator: Emulated) -> None:
    emulator.control("POST", "faults", json=[{"kind": "challenge"}, {"kind": "blocked"}])
    assert client(emulator).code_of("DescribeDomains") == "SECURITY_CHALLENGE"
    assert client(emulator).code_of("DescribeDomains") == "REQUEST_BLOCKED"


def test_short_success_form_has_no_response(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"success_form": "short"})
    with pytest.raises(KeyError, match="response"):
        client(emulator).call("ModifyDomainCertificate", domainId="dom-0001", certificateId="cert-0002")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v2/cdn", 405), ("POST", "/api/v2/zga", 404), ("POST", "/api", 404)]
)
def test_method_and_path(emulator: Emulated, method: str, path: str, status: int) -> None:
    headers = {"Authorization": "Bearer demo-api-token", "x-zc-action": "DescribeDomains"}
    answer = requests.request(method, emulator.url + path, headers=headers, json={}, timeout=10)
    assert answer.status_code == status


def test_content_type(emulator: Emulated) -> None:
    answer = emulator.zenlayer("DescribeDomains", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_error_envelope_is_flat(emulator: Emulated) -> None:
    answer = emulator.zenlayer("DescribeDomainCertificate", {"domainId": "nope"})
    assert answer.status_code == 404
    assert set(answer.json()) == {"requestId", "code", "message"}
