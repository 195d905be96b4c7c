# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews over time in the emulated Tencent Cloud SSL."""

import time
from typing import Any

import pytest

from conformance.emulated import Emulated, until


def shown(emulator: Emulated, identity: str) -> int:
    """The status as reads show it."""
    return int(emulator.tencent_call("DescribeCertificate", {"CertificateId": identity})["Status"])


def resubmit(emulator: Emulated, identity: str) -> dict[str, Any]:
    """The write."""
    return emulator.tencent_call("ModifyCertificateResubmit", {"CertificateId": identity})


def test_status_lag(emulator: Emulated) -> None:
    emulator.settings(tencent={"status_lag_seconds": 0.4})
    resubmit(emulator, "cancelled")
    assert shown(emulator, "cancelled") == 7
    assert resubmit(emulator, "cancelled")["Error"].endswith("CertificateStatusNotAllowResubmit"), "really 5 already"
    until(lambda: shown(emulator, "cancelled") == 5)


def test_status_after_resubmit(emulator: Emulated) -> None:
    emulator.settings(tencent={"status_after_resubmit": 0})
    emulator.control("POST", "tencent/certificates/cancelled", json={"after_resubmit": 8})
    resubmit(emulator, "rejected")
    resubmit(emulator, "cancelled")
    assert (shown(emulator, "rejected"), shown(emulator, "cancelled")) == (0, 8)


def test_rejected_again(emulator: Emulated) -> None:
    emulator.settings(tencent={"rejected_again_seconds": 0.3})
    resubmit(emulator, "rejected")
    assert shown(emulator, "rejected") == 5
    until(lambda: shown(emulator, "rejected") == 2)
    assert resubmit(emulator, "rejected")["CertificateId"] == "rejected"
    assert emulator.state("tencent")["certificates"]["rejected"]["resubmits"] == 2


def test_cancelling_for_ever(emulator: Emulated) -> None:
    emulator.settings(tencent={"cancel_seconds": None})
    assert emulator.tencent_call("CancelAuditCertificate", {"CertificateId": "review00"})["Result"] is True
    assert shown(emulator, "review00") == 6
    assert "Error" in resubmit(emulator, "review00")


def test_cancel_that_says_false(emulator: Emulated) -> None:
    emulator.settings(tencent={"cancel_result": False})
    assert emulator.tencent_call("CancelAuditCertificate", {"CertificateId": "review00"})["Result"] is False
    assert shown(emulator, "review00") == 0
    assert emulator.calls(action="CancelAuditCertificate")[0]["executed"] is False


def test_cancel_of_a_later_year(emulator: Emulated) -> None:
    emulator.control("POST", "tencent/certificates/review00", json={"multi_year": True})
    answer = emulator.tencent_call("CancelAuditCertificate", {"CertificateId": "review00"})
    assert answer["Error"] == "FailedOperation.CertificateCancelFailedMulti"


@pytest.mark.parametrize("status", [0, 1, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15])
def test_resubmit_only_from_2_and_7(emulator: Emulated, status: int) -> None:
    emulator.control("POST", "tencent/certificates/rejected", json={"status": status})
    assert resubmit(emulator, "rejected")["Error"].endswith("CertificateStatusNotAllowResubmit")


def test_operate_log_delay(emulator: Emulated) -> None:
    emulator.settings(tencent={"operate_log_delay_seconds": 0.4})
    resubmit(emulator, "rejected")
    assert emulator.tencent_call("DescribeCertificateOperateLogs")["AllTotal"] == 0
    time.sleep(0.45)
    assert emulator.tencent_call("DescribeCertificateOperateLogs")["AllTotal"] == 1
    later = {"StartTime": "2099-01-01 00:00:00"}
    assert emulator.tencent_call("DescribeCertificateOperateLogs", later)["AllTotal"] == 0
    assert emulator.tencent_call("DescribeCertificateOperateLogs", {"StartTime": "now"})["Error"] == (
        "InvalidParameterValue"
    )


def test_pages_and_filters(emulator: Emulated) -> None:
    certificates = [
        {"domain": "d{n}.example.com", "count": 25, "status": 2},
        {"id": "uploaded", "domain": "up.example.org", "status": 2, "from": "upload"},
    ]
    secrets = [{"id": "demo-secret-id", "key": "demo-secret-key"}]
    emulator.control(
        "POST", "reset", json={"scenario": {"tencent": {"secrets": secrets, "certificates": certificates}}}
    )

    def listed(**body: Any) -> tuple[int, int]:
        answer = emulator.tencent_call("DescribeCertificates", body)
        return answer["TotalCount"], len(answer["Certificates"])

    assert listed() == (26, 10), "the default limit"
    assert listed(Limit=5000, Offset=20) == (26, 6)
    assert listed(SearchKey="D1.EXAMPLE") == (1, 1)
    assert listed(SearchKey="example.com") == (25, 10)
    assert listed(FilterSource="upload") == (1, 1)
    assert listed(CertificateStatus=[1, 7]) == (0, 0)
    assert listed(CertIds=["tc000001", "tc000002", "nope"]) == (2, 2)
    assert resubmit(emulator, "uploaded")["Error"].endswith("CertificateStatusNotAllowResubmit")
    emulator.settings(tencent={"max_cert_ids": 2})
    assert emulator.tencent_call("DescribeCertificates", {"CertIds": ["a", "b", "c"]})["Error"]


def test_personal_data_only_before_issue(emulator: Emulated) -> None:
    before = emulator.tencent_call("DescribeCertificate", {"CertificateId": "rejected"})
    after = emulator.tencent_call("DescribeCertificate", {"CertificateId": "issued00"})
    assert "CANARY-personal-data" in before["SubmittedData"]["KeyPassword"]
    assert after["SubmittedData"] is None
    assert "SubmittedData" not in emulator.tencent_call("DescribeCertificates")["Certificates"][0]
