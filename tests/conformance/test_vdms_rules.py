# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate requests of the emulated VDMS CPS."""

import re
import time
from typing import Any

import pytest

from conformance.emulated import Emulated, until

NEW = {
    "certificate_label": "img-prod",
    "certificate_authority": "DigiCert",
    "validation_type": "DV",
    "dcv_method": "DnsTxtToken",
    "domains": [{"name": "img.example.org", "is_common_name": True}, {"name": "img2.example.org"}],
}
ORGANIZATION = {
    "company_name": "New Org",
    "company_address": "1 Street",
    "city": "Town",
    "country": "AT",
    "contact_first_name": "A",
    "contact_last_name": "B",
    "contact_email": "a@example.org",
    "contact_phone": "1",
}
APPROVER = {"contact_type": "EVApprover", "first_name": "A", "last_name": "B", "email": "a@example.org"}


def created(emulator: Emulated, **changes: Any) -> Any:
    """The answer of a create."""
    return emulator.vdms("POST", "/certificates/cdnprovided", json={**NEW, **changes})


def sources(answer: Any, status: int = 400) -> list[str]:
    """The fields that an error complains about."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert (body["@type"], body["status_code"]) == ("Error", status)
    assert all(detail["@type"] == "ErrorDetail" and detail["description"] for detail in body["details"])
    return [detail["source"] for detail in body["details"]]


def status(emulator: Emulated, identity: int) -> dict[str, Any]:
    """The status object."""
    answer: dict[str, Any] = emulator.vdms("GET", f"/certificates/{identity}/status").json()
    return answer


def move(emulator: Emulated, identity: int, **changes: Any) -> None:
    """The test hook."""
    emulator.control("POST", f"vdms/requests/{identity}", json=changes)


def test_create(emulator: Emulated) -> None:
    emulator.settings(vdms={"processing_seconds": None})
    answer = created(emulator)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["thumbprint"], body["organization"], body["deployments"]) == (None, None, [])
    assert (body["expiration_date"], body["request_type"]) == ("0001-01-01T00:00:00Z", "Enterprise")
    assert [domain["status"] for domain in body["domains"]] == ["ProvisioningInitiated"] * 2
    assert [domain["is_common_name"] for domain in body["domains"]] == [True, False]
    assert emulator.vdms("GET", f"/certificates/{body['id']}").json() == body
    shown = status(emulator, body["id"])
    assert (shown["status"], shown["order_validation"], shown["requires_attention"]) == ("Processing", None, False)


def test_states_follow_by_time(emulator: Emulated) -> None:
    emulator.settings(vdms={"processing_seconds": 0.1, "deployment_seconds": 0.2})
    identity = created(emulator).json()["id"]
    until(lambda: status(emulator, identity)["status"] == "DomainControlValidation")
    shown = status(emulator, identity)
    assert (shown["step"], shown["requires_attention"], shown["order_validation"]["status"]) == (3, True, "Pending")
    assert shown["order_validation"]["organization_validation"] == {"validation_type": "DV", "status": "NA"}
    assert emulator.vdms("PUT", f"/dcv/certificates/{identity}/check").status_code == 204
    assert status(emulator, identity)["status"] == "Deployment"
    until(lambda: status(emulator, identity)["status"] == "Active")
    body = emulator.vdms("GET", f"/certificates/{identity}").json()
    assert body["deployments"][0]["platform"] == "HttpLarge"
    assert body["thumbprint"]
    assert not body["expiration_date"].startswith("0001")


def test_ov_is_validated_twice(emulator: Emulated) -> None:
    emulator.settings(vdms={"processing_seconds": 0})
    identity = created(emulator, validation_type="OV", organization=ORGANIZATION).json()["id"]
    emulator.vdms("PUT", f"/dcv/certificates/{identity}/check")
    shown = status(emulator, identity)
    assert shown["status"] == "OtherValidation"
    assert shown["order_validation"]["organization_validation"]["status"] == "Pending"


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"certificate_label": "shop-prod"}, "certificate_label"),
        ({"certificate_label": ""}, "certificate_label"),
        ({"certificate_authority": "Other"}, "certificate_authority"),
        ({"validation_type": "None"}, "validation_type"),
        ({"dcv_method": "dnstxttoken"}, "dcv_method"),
        ({"auto_renew": "yes"}, "auto_renew"),
        ({"description": None}, "description"),
        ({"domains": []}, "domains"),
        ({"domains": [{"name": "a b"}]}, "domains"),
        ({"domains": [{"name": "a.example.org"}, {"name": "A.example.org"}]}, "domains"),
        (
            {
                "domains": [
                    {"name": "a.example.org", "is_common_name": True},
                    {"name": "b.example.org", "is_common_name": True},
                ]
            },
            "domains",
        ),
        ({"organization": ORGANIZATION}, "organization"),
        ({"validation_type": "OV"}, "organization"),
        ({"validation_type": "OV", "organization": {**ORGANIZATION, "city": ""}}, "organization.city"),
        ({"validation_type": "OV", "organization": {**ORGANIZATION, "country": "US"}}, "organization.state"),
        ({"validation_type": "EV", "organization": ORGANIZATION}, "organization.additional_contacts"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_refused_creates(emulator: Emulated, changes: dict[str, Any], source: str) -> None:
    assert source in sources(created(emulator, **changes))
    assert emulator.vdms("GET", "/certificates").json()["total_items"] == 2


def test_all_complaints_in_one_answer(emulator: Emulated) -> None:
    answer = emulator.vdms("POST", "/certificates/cdnprovided", json={})
    assert {"certificate_label", "validation_type", "domains"} <= set(sources(answer))
    assert sources(emulator.vdms("POST", "/certificates/cdnprovided", data="[")) == ["body"]


def test_organizations(emulator: Emulated) -> None:
    existing = {"company_name": "Example Org Ltd", "city": "ignored"}
    body = created(emulator, validation_type="OV", organization=existing).json()
    assert (body["organization"]["id"], body["organization"]["city"]) == (512, "Springfield")
    new = {**ORGANIZATION, "additional_contacts": [APPROVER]}
    body = created(emulator, certificate_label="ev", validation_type="EV", organization=new).json()
    assert body["organization"]["id"] == 513
    found = emulator.vdms("GET", "/organizations/name/new%20org").json()
    assert [item["id"] for item in found["items"]] == [513]
    assert "contact_email" not in found["items"][0]
    registered = emulator.vdms("GET", "/organizations/0?name=Example Registered Ltd").json()
    assert (registered["id"], registered["city"]) == (0, "Wien")
    assert emulator.vdms("GET", "/organizations/default").json()["id"] == 512
    assert emulator.vdms("GET", "/organizations/999").status_code == 400


def test_update(emulator: Emulated) -> None:
    answer = emulator.vdms("PATCH", "/certificates/40021", json={"description": "", "auto_renew": False})
    assert (answer.json()["description"], answer.json()["auto_renew"]) == ("", False)
    assert answer.json()["certificate_label"] == "shop-prod"
    assert sources(emulator.vdms("PATCH", "/certificates/40021", json={"certificate_label": "blog-prod"})) == [
        "certificate_label"
    ]
    assert sources(emulator.vdms("PATCH", "/certificates/40021", json={"validation_type": "OV"})) == ["validation_type"]
    assert emulator.vdms("PATCH", "/certificates/1", json={}).status_code == 404
    assert emulator.vdms("PATCH", "/certificates/x", json={}).status_code == 400


def test_domains_are_replaced_as_a_whole(emulator: Emulated) -> None:
    emulator.settings(vdms={"change_seconds": 0.3})
    domains = [{"name": "shop.example.org", "is_common_name": True}, {"name": "new.example.org"}]
    body = emulator.vdms("PATCH", "/certificates/40021", json={"domains": domains}).json()
    assert [domain["name"] for domain in body["domains"]] == ["shop.example.org", "new.example.org"]
    assert body["domains"][0]["id"] == 91001
    shown = status(emulator, 40021)
    assert (shown["status"], shown["order_validation"]["status"]) == ("Active", "PendingReissue")
    until(lambda: status(emulator, 40021)["order_validation"]["status"] == "Issued")


@pytest.mark.parametrize("domains", [None, []])
def test_null_domains(emulator: Emulated, domains: Any) -> None:
    assert sources(emulator.vdms("PATCH", "/certificates/40021", json={"domains": domains})) == ["domains"]
    emulator.settings(vdms={"null_domains": "ignore"})
    assert emulator.vdms("PATCH", "/certificates/40021", json={"domains": domains}).status_code == 200


@pytest.mark.parametrize("state", ["Processing", "DomainControlValidation", "OtherValidation"])
def test_locked_fields(emulator: Emulated, state: str) -> None:
    move(emulator, 40021, status=state, hold=True)
    domains = [{"name": "new.example.org"}]
    assert "domains" in sources(emulator.vdms("PATCH", "/certificates/40021", json={"domains": domains}))
    assert emulator.vdms("PATCH", "/certificates/40021", json={"description": "fine"}).status_code == 200
    assert sources(emulator.vdms("PUT", "/certificates/40021/organization", json={"id": 512})) == ["organization"]


def test_removed_domains_can_stay_for_a_while(emulator: Emulated) -> None:
    emulator.settings(vdms={"removed_domains": "PendingDelete", "change_seconds": 0.2})
    body = {"domains": [{"name": "shop.example.org"}]}
    emulator.vdms("PATCH", "/certificates/40021", json=body)
    shown = emulator.vdms("GET", "/certificates/40021").json()["domains"]
    assert [(domain["name"], domain["status"]) for domain in shown] == [
        ("shop.example.org", "PendingReissue"),
        ("www.shop.example.org", "PendingDelete"),
    ]
    time.sleep(0.25)
    assert len(emulator.vdms("GET", "/certificates/40021").json()["domains"]) == 1


def test_change_that_runs_through_all_states(emulator: Emulated) -> None:
    emulator.settings(vdms={"status_during_change": "Processing", "processing_seconds": None})
    emulator.vdms("PATCH", "/certificates/40021", json={"domains": [{"name": "shop.example.org"}]})
    assert status(emulator, 40021)["status"] == "Processing"


def test_unchanged_domains(emulator: Emulated) -> None:
    emulator.settings(vdms={"unchanged_domains": "nothing", "change_seconds": None})
    same = [{"name": "www.shop.example.org"}, {"name": "SHOP.example.org", "is_common_name": True}]
    emulator.vdms("PATCH", "/certificates/40021", json={"domains": same})
    assert status(emulator, 40021)["order_validation"]["status"] == "Issued"
    emulator.settings(vdms={"unchanged_domains": "reissue"})
    emulator.vdms("PATCH", "/certificates/40021", json={"domains": same})
    assert status(emulator, 40021)["order_validation"]["status"] == "PendingReissue"


def test_cancel(emulator: Emulated) -> None:
    assert sources(emulator.vdms("PUT", "/certificates/40022/cancel")) == ["apply"]
    assert emulator.vdms("PUT", "/certificates/40022/cancel?apply=false").status_code == 200
    assert status(emulator, 40022)["status"] == "DomainControlValidation"
    assert emulator.vdms("PUT", "/certificates/40022/cancel?apply=true").status_code == 204
    assert status(emulator, 40022)["status"] == "Deleted"
    assert sources(emulator.vdms("PUT", "/certificates/40022/cancel?apply=true"), 409) == ["id"]
    assert sources(emulator.vdms("PUT", "/certificates/40021/cancel?apply=true"), 409) == ["id"]
    assert "certificate_label" in sources(created(emulator, certificate_label="blog-prod"))


def test_cancel_can_revert_a_change(emulator: Emulated) -> None:
    emulator.settings(vdms={"cancel_reverts_change": True, "change_seconds": None})
    emulator.vdms("PATCH", "/certificates/40021", json={"domains": [{"name": "new.example.org"}]})
    assert emulator.vdms("PUT", "/certificates/40021/cancel?apply=true").status_code == 204
    assert len(emulator.vdms("GET", "/certificates/40021").json()["domains"]) == 2
    assert status(emulator, 40021)["order_validation"]["status"] == "Issued"


def test_delete(emulator: Emulated) -> None:
    assert sources(emulator.vdms("DELETE", "/certificates/40022")) == ["id"]
    move(emulator, 40022, order_status="Rejected")
    assert sources(emulator.vdms("PUT", "/certificates/40022/cancel?apply=true"), 409) == ["id"]
    assert emulator.vdms("DELETE", "/certificates/40022").status_code == 204, "where cancel is not possible"
    assert emulator.vdms("DELETE", "/certificates/40021").status_code == 204
    assert status(emulator, 40021)["status"] == "Deleted"
    assert emulator.vdms("GET", "/certificates/40021").status_code == 200
    assert emulator.vdms("PATCH", "/certificates/40021", json={"description": "x"}).status_code == 400
    emulator.settings(vdms={"deleted_get": 404, "list_deleted": False})
    assert emulator.vdms("GET", "/certificates/40021").status_code == 404
    assert emulator.vdms("GET", "/certificates").json()["total_items"] == 0


def test_renew(emulator: Emulated) -> None:
    emulator.settings(vdms={"change_seconds": 0.3})
    before = emulator.vdms("GET", "/certificates/40021").json()
    assert emulator.vdms("PUT", "/certificates/40021/renew").status_code == 204
    assert sources(emulator.vdms("PUT", "/certificates/40021/renew")) == ["id"]
    until(lambda: status(emulator, 40021)["order_validation"]["status"] == "Renewed")
    assert emulator.vdms("GET", "/certificates/40021").json()["thumbprint"] != before["thumbprint"]
    assert sources(emulator.vdms("PUT", "/certificates/40022/renew")) == ["id"]


def test_retrigger(emulator: Emulated) -> None:
    assert sources(emulator.vdms("PUT", "/certificates/40022/retrigger")) == ["id"]
    move(emulator, 40022, domain_status={"blog.example.org": "TimedOut"})
    assert emulator.vdms("PUT", "/certificates/40022/retrigger").status_code == 204
    assert status(emulator, 40022)["status"] == "Processing"


@pytest.mark.parametrize("field", ["error_message", "workflow_error_message"])
def test_an_error_can_be_retriggered(emulator: Emulated, field: str) -> None:
    move(emulator, 40022, **{field: "The request timed out"})
    assert emulator.vdms("PUT", "/certificates/40022/retrigger").status_code == 204
    assert status(emulator, 40022)["error_message"] is None
    assert emulator.vdms("GET", "/certificates/40022").json()["workflow_error_message"] is None


@pytest.mark.parametrize(("change", "order"), [("reissue", "ReissueRejected"), ("renewal", "RenewalRejected")])
def test_a_change_can_be_rejected(emulator: Emulated, change: str, order: str) -> None:
    emulator.settings(vdms={"change_result": "rejected", "change_seconds": 0.2})
    before = emulator.vdms("GET", "/certificates/40021").json()
    if change == "reissue":
        emulator.vdms("PATCH", "/certificates/40021", json={"domains": [{"name": "new.example.org"}]})
    else:
        emulator.vdms("PUT", "/certificates/40021/renew")
    until(lambda: status(emulator, 40021)["order_validation"]["status"] == order)
    assert status(emulator, 40021)["status"] == "Active"
    after = emulator.vdms("GET", "/certificates/40021").json()
    assert [after[name] for name in ("domains", "thumbprint")] == [before[name] for name in ("domains", "thumbprint")]


def test_organization_of_an_issued_certificate(emulator: Emulated) -> None:
    emulator.settings(vdms={"processing_seconds": 0, "change_seconds": None})
    identity = created(emulator, validation_type="OV", organization=ORGANIZATION).json()["id"]
    move(emulator, identity, status="Active")
    answer = emulator.vdms("PUT", f"/certificates/{identity}/organization", json={"id": 512})
    assert answer.json()["company_name"] == "Example Org Ltd"
    assert status(emulator, identity)["order_validation"]["status"] == "PendingOrgUpdate"
    assert sources(emulator.vdms("PUT", "/certificates/40021/organization", json={"id": 512})) == ["organization"]


def test_notifications(emulator: Emulated) -> None:
    path = "/certificates/40021/notifications"
    shown = emulator.vdms("GET", path).json()
    assert shown["total_items"] == 3
    assert shown["items"][1] == {
        "notification_type": "CertificateExpiring",
        "enabled": True,
        "emails": ["ops@example.com"],
    }
    change = [{"notification_type": "PendingValidations", "enabled": True, "emails": ["OPS@example.com"]}]
    items = emulator.vdms("PATCH", path, json=change).json()["items"]
    assert [item["enabled"] for item in items] == [False, True, True]
    defaults = emulator.vdms("GET", "/customers/notifications").json()["items"]
    assert [item["enabled"] for item in defaults] == [False, True, False]


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"items": []}, "body"),
        ([{"notification_type": "Other", "enabled": False}], "notification_type"),
        ([{"notification_type": "CertificateRenewal", "enabled": True, "emails": []}], "emails"),
        ([{"notification_type": "CertificateRenewal", "enabled": True, "emails": ["x@example.net"]}], "emails"),
    ],
)
def test_refused_notifications(emulator: Emulated, body: Any, source: str) -> None:
    assert source in sources(emulator.vdms("PATCH", "/certificates/40021/notifications", json=body))


def test_dcv(emulator: Emulated) -> None:
    path = "/dcv/certificates/40022"
    assert sources(emulator.vdms("GET", path)) == ["domain_ids"]
    assert sources(emulator.vdms("GET", f"{path}?domain_ids=1")) == ["domain_ids"]
    (item,) = emulator.vdms("GET", f"{path}?domain_ids=91003").json()["items"]
    assert (item["dcv_method"], item["emails"]) == ("DnsTxtToken", [])
    (new,) = emulator.vdms("PUT", f"{path}/token?domain_ids=91003").json()["items"]
    assert new["dcv_token"] != item["dcv_token"]
    assert emulator.vdms("GET", f"{path}?domain_ids=91003").json()["items"][0]["dcv_token"] == new["dcv_token"]
    assert sources(emulator.vdms("POST", f"{path}/emails/resend")) == ["dcv_method"]
    assert emulator.vdms("PUT", f"{path}/method", json={"dcv_method": "Email"}).status_code == 204
    (item,) = emulator.vdms("GET", path).json()["items"]
    assert (item["dcv_token"], "admin@example.org" in item["emails"]) == (None, True)
    assert emulator.vdms("POST", f"{path}/emails/resend").status_code == 204
    assert sources(emulator.vdms("PUT", "/dcv/certificates/40021/check")) == ["id"]


def test_token_while_processing_is_not_the_final_one(emulator: Emulated) -> None:
    emulator.settings(vdms={"processing_seconds": None, "domain_ids_required": False})
    identity = created(emulator).json()["id"]
    path = f"/dcv/certificates/{identity}"
    early = emulator.vdms("GET", path).json()["items"][0]["dcv_token"]["token"]
    move(emulator, identity, status="DomainControlValidation")
    final = {item["dcv_token"]["token"] for item in emulator.vdms("GET", path).json()["items"]}
    assert len(final) == 1, "DV domains share one token"
    assert early not in final


def test_tokens_can_come_late(emulator: Emulated) -> None:
    def token(path: str) -> Any:
        return emulator.vdms("GET", path).json()["items"][0]["dcv_token"]

    path = "/dcv/certificates/40022?domain_ids=91003"
    assert token(path)["token"]
    emulator.settings(vdms={"dcv_token_seconds": None, "change_seconds": None})
    assert token(path) is None
    (new,) = emulator.vdms("PUT", "/dcv/certificates/40022/token?domain_ids=91003").json()["items"]
    emulator.settings(vdms={"dcv_token_seconds": 0})
    assert token(path) == new["dcv_token"]
    emulator.settings(vdms={"dcv_token_seconds": 0.5})
    body = emulator.vdms("PATCH", "/certificates/40021", json={"domains": [{"name": "new.example.org"}]}).json()
    path = f"/dcv/certificates/40021?domain_ids={body['domains'][0]['id']}"
    until(lambda: token(path) is not None)


def test_lists(emulator: Emulated) -> None:
    requests = [{"label": "r{n}", "count": 45, "domains": ["r{n}.example.com"]}]
    tokens = [{"token": "demo-access-token"}]
    emulator.control("POST", "reset", json={"scenario": {"vdms": {"requests": requests, "access_tokens": tokens}}})

    def listed(**query: Any) -> tuple[int, list[str]]:
        body = emulator.vdms("GET", "/certificates", params=query).json()
        return body["total_items"], [item["certificate_label"] for item in body["items"]]

    assert listed()[0] == 45
    assert len(listed()[1]) == 20
    assert len(listed(page=3)[1]) == 5
    assert listed(page=4)[1] == []
    assert listed(query="certificate_label:r44") == (1, ["r44"])
    assert listed(query="certificate_label:r4")[0] == 7, "without a wildcard: contains"
    assert listed(query="certificate_label:r4*")[0] == 7
    assert listed(query="certificate_label:*4")[0] == 5
    assert listed(query="domain_names:R45.*")[1] == ["r45"]
    assert listed(query="id:40001")[1] == ["r1"]
    assert listed(sort="id")[1][0] == "r45", "descending unless -"
    assert listed(sort="-id")[1][0] == "r1"
    emulator.settings(vdms={"query_match": "exact"})
    assert listed(query="certificate_label:r4") == (1, ["r4"])
    item = emulator.vdms("GET", "/certificates").json()["items"][0]
    assert "organization" not in item
    for query in ("page=0", "page_size=21", "page=x", "query=label", "query=x:y", "sort=created"):
        assert emulator.vdms("GET", f"/certificates?{query}").status_code == 400
    emulator.settings(vdms={"oversized_page": "lower", "paging_extras": "@links"})
    assert len(emulator.vdms("GET", "/certificates?page_size=100").json()["items"]) == 20
    assert "@links" in emulator.vdms("GET", "/certificates").json()


def test_rewriting(emulator: Emulated) -> None:
    emulator.settings(vdms={"rewrite_labels": "spaces", "rewrite_domains": "dashes"})
    body = emulator.vdms("PATCH", "/certificates/40021", json={"certificate_label": "cdn.example.com"}).json()
    assert body["certificate_label"] == "cdn example com"
    assert body["domains"][0]["name"] == "shop-example-org"
    assert emulator.state("vdms")["requests"]["40021"]["certificate_label"] == "cdn.example.com"


def test_failed_create_can_burn_the_label(emulator: Emulated) -> None:
    emulator.settings(vdms={"failed_create_reserves_label": True})
    created(emulator, dcv_method="?")
    assert sources(created(emulator)) == ["certificate_label"]


@pytest.mark.parametrize("digits", range(7))
def test_fraction_digits(emulator: Emulated, digits: int) -> None:
    emulator.settings(vdms={"fraction_digits": digits})
    shown = emulator.vdms("GET", "/certificates/40021").json()["created"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" + (rf"\.\d{{{digits}}}" if digits else "") + "Z", shown)


def test_account_and_appendix(emulator: Emulated) -> None:
    assert emulator.vdms("GET", "/customers/commits").json()["amount"] == 25.0
    statuses = emulator.vdms("GET", "/appendix/certificate-statuses").json()["items"]
    assert [item["name"] for item in statuses][-1] == "Deleted"
    (country,) = emulator.vdms("GET", "/appendix/country-codes?name=Bermuda").json()["items"]
    assert country == {"country": "Bermuda", "two_letter_code": "BM"}
    assert emulator.vdms("GET", "/appendix/nope").status_code == 404
    assert emulator.vdms("GET", "/tasks").status_code == 404
    assert emulator.vdms("POST", "/certificates").status_code == 405


def test_unauthorized_body(emulator: Emulated) -> None:
    assert emulator.vdms("GET", "/certificates", token="x").content == b""
    emulator.settings(vdms={"unauthorized_body": "error"})
    assert sources(emulator.vdms("GET", "/certificates", token="x"), 401) == [None]
