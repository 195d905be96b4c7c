# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's Python SDK against the emulator: what it sends is accepted, and refused where the service would."""

import datetime as dt
import hashlib
import hmac
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from tencentcloud.common import abstract_client
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.ssl.v20191205 import models
from tencentcloud.ssl.v20191205.ssl_client import SslClient

from conformance.emulated import Emulated, until


def code_of(client: SslClient, action: str = "DescribeCertificates", body: dict[str, Any] | None = None) -> str:
    with pytest.raises(TencentCloudSDKException) as caught:
        client.call_json(action, body or {})
    assert caught.value.get_request_id()
    return str(caught.value.get_code())


def describe(emulator: Emulated, identity: str) -> Any:
    request = models.DescribeCertificateRequest()
    request.CertificateId = identity
    return emulator.tencent().DescribeCertificate(request)


def resubmit(emulator: Emulated, identity: str) -> Any:
    request = models.ModifyCertificateResubmitRequest()
    request.CertificateId = identity
    return emulator.tencent().ModifyCertificateResubmit(request)


def test_right_secret(emulator: Emulated) -> None:
    answer = describe(emulator, "rejected")
    assert (answer.CertificateId, answer.Status, answer.Domain) == ("rejected", 2, "rejected.example.com")
    assert answer.ProjectId == "0"
    assert answer.SubmittedData.KeyPassword.startswith("CANARY-personal-data")


def test_resubmit(emulator: Emulated) -> None:
    assert resubmit(emulator, "rejected").CertificateId == "rejected"
    assert describe(emulator, "rejected").Status == 5
    assert emulator.calls(writes="true")[0]["action"] == "ModifyCertificateResubmit"


@pytest.mark.parametrize("prefix", ["FailedOperation", "InvalidParameter"])
@pytest.mark.parametrize("identity", ["issued00", "review00"])
def test_resubmit_in_a_wrong_status(emulator: Emulated, prefix: str, identity: str) -> None:
    emulator.settings(tencent={"wrong_status_prefix": prefix})
    code = code_of(emulator.tencent(), "ModifyCertificateResubmit", {"CertificateId": identity})
    assert code == f"{prefix}.CertificateStatusNotAllowResubmit"


@pytest.mark.parametrize(
    ("identity", "key", "token", "code"),
    [
        ("demo-secret-id", "wrong", None, "AuthFailure.SignatureFailure"),
        ("unknown", "demo-secret-key", None, "AuthFailure.SecretIdNotFound"),
        ("demo-secret-id", "demo-secret-key", "a-token", "AuthFailure.TokenFailure"),
        ("demo-temporary-secret-id", "demo-temporary-secret-key", None, "AuthFailure.TokenFailure"),
        ("demo-temporary-secret-id", "demo-temporary-secret-key", "wrong", "AuthFailure.TokenFailure"),
        (
            "demo-expired-secret-id",
            "demo-expired-secret-key",
            "demo-expired-security-token",
            "AuthFailure.TokenFailure",
        ),
    ],
)
def test_wrong_credentials(emulator: Emulated, identity: str, key: str, token: str | None, code: str) -> None:
    assert code_of(emulator.tencent(identity, key, token)) == code


def test_temporary_credentials(emulator: Emulated) -> None:
    client = emulator.tencent("demo-temporary-secret-id", "demo-temporary-secret-key", "demo-security-token")
    assert client.call_json("DescribeCertificates", {})["Response"]["TotalCount"] == 4


@pytest.mark.parametrize("skew", [-290, 290])
def test_clock_within_five_minutes(emulator: Emulated, monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    monkeypatch.setattr(abstract_client, "time", SimpleNamespace(time=lambda: time.time() + skew))
    assert describe(emulator, "rejected").Status == 2


@pytest.mark.parametrize("skew", [-310, 310, -86400])
def test_clock_too_wrong(emulator: Emulated, monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    monkeypatch.setattr(abstract_client, "time", SimpleNamespace(time=lambda: time.time() + skew))
    assert code_of(emulator.tencent()) == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize("tampered", [{"data": b'{"Limit": 1}'}, {"header": {"Content-Type": "application/json; x=y"}}])
def test_changed_after_signing(emulator: Emulated, monkeypatch: pytest.MonkeyPatch, tampered: dict[str, Any]) -> None:
    client = emulator.tencent()
    send = client.request.send_request

    def change(request: Any) -> Any:
        request.data = tampered.get("data", request.data)
        request.header.update(tampered.get("header", {}))
        return send(request)

    monkeypatch.setattr(client.request, "send_request", change)
    assert code_of(client) == "AuthFailure.SignatureFailure"


def test_unsigned_payload(emulator: Emulated) -> None:
    client = emulator.tencent()
    client.profile.unsignedPayload = True
    assert client.call_json("DescribeCertificates", {})["Response"]["TotalCount"] == 4


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("NoSuchAction", {}, "InvalidAction"),
        ("DescribeCertificate", {}, "MissingParameter"),
        ("DescribeCertificate", {"CertificateId": "unknown0"}, "FailedOperation.CertificateNotFound"),
        ("DescribeCertificate", {"CertificateId": "rejected", "Limit": 1}, "UnknownParameter"),
        ("DescribeCertificates", {"Limit": "10"}, "InvalidParameterValue"),
        ("DescribeCertificates", {"CertIds": "rejected"}, "InvalidParameterValue"),
        ("DescribeCertificates", {"CertificateStatus": [16]}, "InvalidParameterValue"),
        ("DescribeCertificates", {"Offset": -1}, "InvalidParameterValue"),
        ("ModifyCertificateResubmit", {"CertificateId": "unknown0"}, "FailedOperation.CertificateNotFound"),
        (
            "CancelAuditCertificate",
            {"CertificateId": "issued00"},
            "FailedOperation.CertificateNotFoundOrCantCancel",
        ),
    ],
)
def test_error_codes(emulator: Emulated, action: str, body: dict[str, Any], code: str) -> None:
    assert code_of(emulator.tencent(), action, body) == code


def test_wrong_version(emulator: Emulated) -> None:
    client = emulator.tencent()
    client._apiVersion = "2020-01-01"
    assert code_of(client) == "NoSuchVersion"


def test_lists(emulator: Emulated) -> None:
    request = models.DescribeCertificatesRequest()
    request.CertIds = ["rejected", "cancelled", "unknown0"]
    request.CertificateStatus = [7]
    answer = emulator.tencent().DescribeCertificates(request)
    assert answer.TotalCount == 1
    assert [(row.CertificateId, row.Status) for row in answer.Certificates] == [("cancelled", 7)]


def test_detail_carries_a_private_key(emulator: Emulated) -> None:
    request = models.DescribeCertificateDetailRequest()
    request.CertificateId = "issued00"
    assert "CANARY" in emulator.tencent().DescribeCertificateDetail(request).CertificatePrivateKey


def test_operate_logs(emulator: Emulated) -> None:
    resubmit(emulator, "rejected")
    answer = emulator.tencent().DescribeCertificateOperateLogs(models.DescribeCertificateOperateLogsRequest())
    assert (answer.AllTotal, answer.TotalCount) == (1, 1)
    row = answer.OperateLogs[0]
    assert (row.CertId, row.Type) == ("rejected", "Resubmit")
    china = dt.timezone(dt.timedelta(hours=8))
    created = dt.datetime.strptime(row.CreatedOn, "%Y-%m-%d %H:%M:%S").replace(tzinfo=china)
    assert abs(created.timestamp() - time.time()) < 30


def test_cancel_then_resubmit(emulator: Emulated) -> None:
    emulator.settings(tencent={"cancel_seconds": 0.3})
    request = models.CancelAuditCertificateRequest()
    request.CertificateId = "review00"
    assert emulator.tencent().CancelAuditCertificate(request).Result is True
    assert describe(emulator, "review00").Status == 6
    until(lambda: describe(emulator, "review00").Status == 7)
    resubmit(emulator, "review00")
    assert describe(emulator, "review00").Status == 5


def test_rate_limit(emulator: Emulated) -> None:
    emulator.settings(tencent={"rate_limit": 2})
    answers = [emulator.tencent_call("DescribeCertificates") for _turn in range(3)]
    assert [answer.get("Error") for answer in answers] == [None, None, "RequestLimitExceeded"]
    assert "Error" not in emulator.tencent_call("DescribeCertificate", {"CertificateId": "rejected"})


def test_content_type_is_exact(emulator: Emulated) -> None:
    answer = requests.post(emulator.url, json={}, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["Response"]["Error"]["Code"] == "AuthFailure.InvalidAuthorization"


def signed_with_action(emulator: Emulated, signed_action: str, sent_action: str, date: str | None = None) -> Any:
    """The newer edition of the documentation signs the action too, in lower case."""
    body, now = b'{"CertificateId":"rejected"}', int(time.time())
    date = date or dt.datetime.fromtimestamp(now, dt.timezone.utc).strftime("%Y-%m-%d")
    names = "content-type;host;x-tc-action"
    headers = f"content-type:application/json\nhost:{emulator.host}\nx-tc-action:{signed_action.lower()}\n"
    canonical = f"POST\n/\n\n{headers}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date}/ssl/tc3_request"
    text = f"TC3-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"TC3demo-secret-key"
    for part in (date, "ssl", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    sent = {
        "Content-Type": "application/json",
        "X-TC-Action": sent_action,
        "X-TC-Version": "2019-12-05",
        "X-TC-Timestamp": str(now),
        "Authorization": f"TC3-HMAC-SHA256 Credential=demo-secret-id/{scope}, SignedHeaders={names}, "
        f"Signature={signature}",
    }
    return json.loads(requests.post(emulator.url, data=body, headers=sent, timeout=10).content)["Response"]


def test_signed_action(emulator: Emulated) -> None:
    assert signed_with_action(emulator, "DescribeCertificate", "DescribeCertificate")["Status"] == 2


def test_signed_action_protects_it(emulator: Emulated) -> None:
    answer = signed_with_action(emulator, "DescribeCertificate", "ModifyCertificateResubmit")
    assert answer["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert emulator.state("tencent")["certificates"]["rejected"]["resubmits"] == 0


def test_scope_date_must_be_the_timestamp_s(emulator: Emulated) -> None:
    answer = signed_with_action(emulator, "DescribeCertificate", "DescribeCertificate", date="2020-01-01")
    assert answer["Error"]["Code"] == "AuthFailure.SignatureFailure"
