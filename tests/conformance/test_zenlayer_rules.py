# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts, filters and certificates of the emulated Zenlayer."""

import time
from typing import Any

import pytest

from conformance.emulated import Emulated, until

OLD, NEW = "cert-0001", "cert-0002"


def bind(emulator: Emulated, domain: str = "dom-0001", certificate: str = NEW) -> Any:
    """ModifyDomainCertificate."""
    return emulator.zenlayer("ModifyDomainCertificate", {"domainId": domain, "certificateId": certificate})


def status(emulator: Emulated, domain: str = "dom-0001") -> str:
    """The rollout status."""
    return str(emulator.domain(domain)["configStatus"])


def ids(emulator: Emulated, action: str, field: str, **filters: Any) -> list[str]:
    """The ids that a list gives for these filters."""
    rows = emulator.zenlayer(action, filters).json()["response"]["dataSet"]
    return [row[field] for row in rows]


def made(emulator: Emulated, *names: str, **options: Any) -> dict[str, str]:
    """The fields of an upload."""
    pair = emulator.control("POST", "certificates", json={"names": list(names), **options})
    return {"certificateContent": pair["certificate"], "certificateKey": pair["key"]}


def code(answer: Any) -> str:
    """The business code."""
    return str(answer.json()["code"])


def test_rollout(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0.4})
    assert bind(emulator).status_code == 200
    assert status(emulator) == "DEPLOYING"
    assert emulator.bound("dom-0001") == NEW
    assert emulator.state("zenlayer")["domains"]["dom-0001"]["served_certificate"] == OLD
    until(lambda: status(emulator) == "DEPLOYED")
    assert emulator.state("zenlayer")["domains"]["dom-0001"]["served_certificate"] == NEW


def test_failed_rollouts(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0, "rollout_result": ["FAILED", "DEPLOYED"]})
    bind(emulator)
    assert status(emulator) == "FAILED"
    assert emulator.bound("dom-0001") == NEW
    bind(emulator)
    assert status(emulator) == "DEPLOYED"
    bind(emulator)
    assert status(emulator) == "DEPLOYED", "a list that is used up"


def test_failing_certificate(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0, "failing_certificates": ["example-2026"]})
    bind(emulator)
    assert status(emulator) == "FAILED"
    bind(emulator, certificate=OLD)
    assert status(emulator) == "DEPLOYED"


def test_settings_of_one_domain(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0})
    emulator.control("POST", "zenlayer/domains/shop.example.com", json={"rollout_seconds": None})
    bind(emulator)
    bind(emulator, "dom-0002")
    assert (status(emulator), status(emulator, "dom-0002")) == ("DEPLOYED", "DEPLOYING")


def test_status_lag(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": None, "status_lag_seconds": 0.4})
    bind(emulator)
    assert status(emulator) == "DEPLOYED", "still the old one"
    until(lambda: status(emulator) == "DEPLOYING")


def test_binding_lag_and_the_old_binding(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": None, "binding_lag_seconds": 0.3})
    bind(emulator)
    assert emulator.bound("dom-0001") == OLD
    until(lambda: emulator.bound("dom-0001") == NEW)
    emulator.settings(zenlayer={"binding_during_rollout": "old"})
    assert emulator.bound("dom-0001") == OLD


def test_binding_after_failure(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0, "rollout_result": "FAILED", "binding_after_failure": "old"})
    bind(emulator)
    assert emulator.bound("dom-0001") == OLD


def test_same_binding_as_nothing_to_do(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"same_binding": "noop", "rollout_seconds": None})
    assert bind(emulator, certificate=OLD).status_code == 200
    assert status(emulator) == "DEPLOYED"


def test_modify_while_deploying(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": None, "modify_while_deploying": "refuse"})
    bind(emulator)
    answer = bind(emulator, certificate=OLD)
    assert (answer.status_code, code(answer)) == (400, "DOMAIN_STATUS_NOT_SUPPORT_OPERATION")


def test_stop_and_start(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0.2})
    domain = {"domainId": "dom-0001"}
    assert code(emulator.zenlayer("StartDomain", domain)) == "DOMAIN_STATUS_NOT_SUPPORT_OPERATION"
    assert emulator.zenlayer("StopDomain", domain).status_code == 200
    assert emulator.domain("dom-0001")["domainStatus"] == "DISABLED"
    assert emulator.zenlayer("StartDomain", domain).status_code == 200
    assert emulator.domain("dom-0001")["domainStatus"] == "ENABLED"
    until(lambda: status(emulator) == "DEPLOYED")


def test_permission(emulator: Emulated) -> None:
    emulator.control("POST", "zenlayer/domains/dom-0001", json={"permitted": False})
    answer = bind(emulator)
    assert (answer.status_code, code(answer)) == (403, "DOMAIN_OPERATION_NO_PERMISSION")


def test_forms_of_the_status(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"status_field": "domainStatus", "status_case": "title", "rollout_seconds": None})
    bind(emulator)
    row = emulator.domain("dom-0001")
    assert row["domainStatus"] == "Deploying"
    assert "configStatus" not in row
    assert ids(emulator, "DescribeDomains", "domainId", domainStatus="DEPLOYING") == ["dom-0001"]


@pytest.mark.parametrize(
    ("form", "shown"),
    [("null", {"certificate": None}), ("absent", {}), ("empty_object", {"certificate": {}})],
)
def test_forms_of_no_certificate(emulator: Emulated, form: str, shown: dict[str, Any]) -> None:
    emulator.settings(zenlayer={"no_certificate": form})
    answer = emulator.zenlayer("DescribeDomainCertificate", {"domainId": "dom-0006"}).json()["response"]
    del answer["requestId"]
    assert answer == shown


def test_empty_certificate_id(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"no_certificate": "empty_id"})
    assert emulator.bound("dom-0006") == ""


@pytest.mark.parametrize(
    ("form", "length"),
    [
        ({"fingerprint_algorithm": "md5"}, 32),
        ({"fingerprint_algorithm": "sha256", "fingerprint_case": "lower"}, 64),
        ({"fingerprint_colons": True}, 59),
    ],
)
def test_forms_of_the_fingerprint(emulator: Emulated, form: dict[str, Any], length: int) -> None:
    emulator.settings(zenlayer=form)
    (shown,) = ids(emulator, "DescribeCertificates", "fingerprint", certificateIds=[OLD])
    assert len(shown) == length
    assert shown == (shown.lower() if form.get("fingerprint_case") else shown.upper())


def test_domain_filters(emulator: Emulated) -> None:
    names = ["dom-0001"]
    assert ids(emulator, "DescribeDomains", "domainId", domainName="www.") == names
    assert ids(emulator, "DescribeDomains", "domainId", domainIds=["dom-0001", "nope"]) == names
    assert ids(emulator, "DescribeDomains", "domainId", resourceGroupId="rg-other") == []
    assert ids(emulator, "DescribeDomains", "domainId", configStatus="FAILED") == []
    assert len(ids(emulator, "DescribeDomains", "domainId", PageSize=1)) == 6, "unknown fields are ignored"
    emulator.settings(zenlayer={"domain_name_match": "exact"})
    assert ids(emulator, "DescribeDomains", "domainId", domainName="www.") == []
    assert ids(emulator, "DescribeDomains", "domainId", domainName="WWW.example.com") == names
    emulator.settings(zenlayer={"domain_name_case": "minded"})
    assert ids(emulator, "DescribeDomains", "domainId", domainName="WWW.example.com") == []
    assert ids(emulator, "DescribeDomains", "domainId", domainName="www.example.com") == names


def test_pages(emulator: Emulated) -> None:
    assert ids(emulator, "DescribeDomains", "domainId", pageSize=4, pageNum=2) == ["dom-0005", "dom-0006"]
    assert ids(emulator, "DescribeDomains", "domainId", pageSize=4, pageNum=3) == []
    emulator.settings(zenlayer={"oversized_page": "lower"})
    assert len(ids(emulator, "DescribeDomains", "domainId", pageSize=5000)) == 6


def test_certificate_filters(emulator: Emulated) -> None:
    assert ids(emulator, "DescribeCertificates", "certificateId", san="a.example.org") == ["cert-0004"]
    assert ids(emulator, "DescribeCertificates", "certificateId", expired=True) == ["cert-0003"]
    assert len(ids(emulator, "DescribeCertificates", "certificateId", certificateLabel="example")) == 3
    emulator.settings(zenlayer={"certificate_label_match": "exact", "san_match": "exact"})
    assert ids(emulator, "DescribeCertificates", "certificateId", certificateLabel="example-2026") == [NEW]
    assert ids(emulator, "DescribeCertificates", "certificateId", san="a.example.org") == []


def test_upload(emulator: Emulated) -> None:
    upload = made(emulator, "a.example.com", key_type="rsa")
    answer = emulator.zenlayer("CreateCertificate", {**upload, "certificateLabel": "mine"}).json()
    (row,) = emulator.zenlayer(
        "DescribeCertificates", {"certificateIds": [answer["response"]["certificateId"]]}
    ).json()["response"]["dataSet"]
    assert (row["certificateLabel"], row["sans"], row["algorithm"]) == ("mine", ["a.example.com"], "RSA")
    assert code(emulator.zenlayer("CreateCertificate", upload)) == "CERTIFICATE_DUPLICATED"
    other = {**made(emulator, "b.example.com"), "certificateLabel": "mine"}
    assert code(emulator.zenlayer("CreateCertificate", other)) == "CERTIFICATE_DUPLICATED"


def test_bad_uploads(emulator: Emulated) -> None:
    good, other = made(emulator, "a.example.com"), made(emulator, "a.example.com")
    cases = {
        "INVALID_CERTIFICATE_CONTENT": {**good, "certificateContent": "hello"},
        "INVALID_CERTIFICATE_KEY": {**good, "certificateKey": "hello"},
        "CERTIFICATE_CONTENT_NOT_MATCH_KEY": {**good, "certificateKey": other["certificateKey"]},
        "CERTIFICATE_EXPIRED": made(emulator, "a.example.com", not_before_days=-9, not_after_days=-1),
        "INVALID_PARAMETER_EXCEED_LENGTH": {**good, "certificateLabel": "x" * 65},
        "MISSING_PARAMETER": {"certificateKey": good["certificateKey"]},
    }
    for wanted, body in cases.items():
        answer = emulator.zenlayer("CreateCertificate", body)
        assert (answer.status_code, code(answer)) == (400, wanted)


def test_replacement(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": None})
    less = {"certificateId": OLD, **made(emulator, "*.example.com")}
    assert code(emulator.zenlayer("ModifyCertificate", less)) == "CERTIFICATE_NOT_COVER_ALL_DOMAIN"
    enough = {"certificateId": OLD, **made(emulator, "*.example.com", "example.com", "more.example.net")}
    answer = emulator.zenlayer("ModifyCertificate", enough).json()
    assert answer["response"]["certificateId"] == OLD
    assert status(emulator) == "DEPLOYING"
    assert status(emulator, "dom-0006") == "DEPLOYED"


def test_deletion(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rollout_seconds": 0.3})
    for number in range(1, 6):
        bind(emulator, f"dom-000{number}")
    delete = {"certificateId": OLD}
    assert code(emulator.zenlayer("DeleteCertificate", delete)) == "CERTIFICATE_IS_USING", "still served"
    time.sleep(0.35)
    assert emulator.zenlayer("DeleteCertificate", delete).status_code == 200
    answer = emulator.zenlayer("DeleteCertificate", delete)
    assert (answer.status_code, code(answer)) == (404, "INVALID_CERTIFICATE_NOT_FOUND")


def test_rate_limit(emulator: Emulated) -> None:
    emulator.settings(zenlayer={"rate_limit": 2})
    assert [emulator.zenlayer("DescribeDomains").status_code for _turn in range(3)] == [200, 200, 429]
