# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report calls a problem, line by line, and how it puts them together."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.plugin_utils._cert_report import report_of
from ansible_collections.certops.cdn.plugins.plugin_utils._cert_report_rows import PROBLEMS, View, when

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
VIEW = View(NOW, warning_days=30, critical_days=14)


def day(days: float) -> str:
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(key: str = "c", days: float = 100, **more: Any) -> dict[str, Any]:
    """A certificate as zenlayer_certificate_info tells it."""
    return {
        "certificate_id": key,
        "certificate_label": f"label-{key}",
        "common_name": "*.example.com",
        "sans": ["*.example.com", "example.com"],
        "issuer": "CA",
        "not_before": day(-100),
        "not_after": day(days),
        "expired": days < 0,
        **more,
    }


def domain(key: str = "d", certificate: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A domain as zenlayer_domain_cert_info tells it."""
    return {
        "domain_id": key,
        "domain_name": f"{key}.example.com",
        "config_status": "DEPLOYED",
        "domain_status": "ENABLED",
        "certificate": certificate,
        "error": None,
        **more,
    }


def bought(key: str = "t", status: str | None = "issued", days: float | None = 100, **more: Any) -> dict[str, Any]:
    """A certificate as tencent_cert_info tells it."""
    return {
        "certificate_id": key,
        "alias": f"alias-{key}",
        "domain": "www.example.com",
        "sans": ["www.example.com"],
        "status": 1,
        "status_name": status,
        "status_message": None,
        "resubmittable": status in ("rejected", "cancelled"),
        "certificate_authority": "trustasia",
        "auto_renew": None,
        "not_before": None if days is None else day(-100),
        "not_after": None if days is None else day(days),
        **more,
    }


def request(key: int = 7, status: str | None = "Active", days: float | None = 100, **more: Any) -> dict[str, Any]:
    """A certificate request as vdms_cert_request_info tells it."""
    return {
        "id": key,
        "certificate_label": f"request-{key}",
        "domains": [{"name": "shop.example.org"}],
        "certificate_authority": "DigiCert",
        "auto_renew": False,
        "status": status,
        "order_status": "Issued" if status == "Active" else None,
        "requires_attention": False,
        "error_message": None,
        "workflow_error_message": None,
        "expiration_date": None if days is None else day(days),
        "dcv_records": [],
        "error": None,
        **more,
    }


def zenlayer(certificates: list[dict[str, Any]], domains: list[dict[str, Any]]) -> dict[str, Any]:
    return {"zenlayer": [{"certificates": certificates}, {"domains": domains}]}


def tencent(*certificates: dict[str, Any]) -> dict[str, Any]:
    return {"tencent": [{"certificates": list(certificates)}]}


def vdms(*requests: dict[str, Any]) -> dict[str, Any]:
    return {"vdms": [{"certificate_requests": list(requests)}]}


def found(results: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Class, severity and id of each problem."""
    return [(one["problem"], one["severity"], one["id"]) for one in report_of(results, VIEW)["problems"]]


def row_of(report: dict[str, Any], key: str) -> dict[str, Any]:
    return next(row for row in report["rows"] if row["id"] == key)


# ---- The end of certificates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (31.5, []),
        (30.5, [("expiring", "warning", "c")]),
        (15.5, [("expiring", "warning", "c")]),
        (14.5, [("expiring", "critical", "c")]),
        (0.5, [("expiring", "critical", "c")]),
        (-0.5, [("expired", "critical", "c")]),
        (-400, [("expired", "critical", "c")]),
    ],
)
def test_the_end_of_a_certificate_in_use(days: float, expected: list[tuple[str, str, str]]) -> None:
    certificate = stored(days=days)

    assert found(zenlayer([certificate], [domain(certificate=certificate)])) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (31.5, []),
        (20.5, [("expiring", "warning", "t")]),
        (10.5, [("expiring", "critical", "t")]),
        (-3, [("expired", "critical", "t")]),
    ],
)
@pytest.mark.parametrize(
    ("other", "milder"),
    [
        (None, False),
        (bought("new", days=300), True),
        (bought("new", days=300, domain="*.example.com", sans=[]), True),
        (bought("new", days=300, domain="other.example.com", sans=["other.example.com", "www.example.com"]), True),
        (bought("new", days=300, domain="*.example.org", sans=[]), False),
        (bought("new", days=300, domain="www.example.org", sans=[]), False),
        (bought("new", days=300, not_before=day(1)), False),  # not valid yet
        (bought("new", "reviewing", None), False),
        (bought("new", "revoked", 300), False),
        (bought("new", days=-5), False),
    ],
)
def test_a_replacement_makes_the_end_milder_where_nobody_knows_the_use(
    days: float, other: dict[str, Any] | None, milder: bool, expected: list[tuple[str, str, str]]
) -> None:
    weaker = {("expiring", "critical"): "warning", ("expiring", "warning"): "notice", ("expired", "critical"): "notice"}
    certificates = [bought(days=days)] + ([other] if other else [])

    problems = [one for one in found(tencent(*certificates)) if one[2] == "t"]

    assert problems == [(name, weaker[name, severity] if milder else severity, key) for name, severity, key in expected]


def test_a_replacement_is_named() -> None:
    problem = report_of(tencent(bought(days=3), bought("new", days=300.5)), VIEW)["problems"][0]

    assert problem["summary"] == "Expires in 3 days. alias-new (new) covers the same names until 2027-09-20."
    assert "Deploy that one" in problem["next_step"]


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (12, "in 12 days"), (1, "in 1 day"), (0, "in less than a day"),
        (-1, "less than a day ago"), (-2, "less than 2 days ago"), (-1001, "less than 1,001 days ago"),
    ],
)  # fmt: skip
def test_days_in_words(days: int, text: str) -> None:
    assert when(days) == text


# ---- Zenlayer --------------------------------------------------------------------------------------------------------

DEPLOYED = stored("new", 300)

ZENLAYER = [
    # what is stored, the domains, the problems
    ([], [], []),
    ([stored()], [domain(certificate=stored())], []),
    ([stored()], [], [("unbound", "notice", "c")]),
    ([stored(days=5)], [], [("unbound", "notice", "c")]),
    ([stored(days=-5)], [], [("unbound", "notice", "c")]),
    ([stored(expired=True)], [domain(certificate=stored(expired=True))], [("expired", "critical", "c")]),
    # In use it is critical, whatever else is there.
    ([stored(days=5), DEPLOYED], [domain(certificate=stored(days=5)), domain("e", DEPLOYED)],
     [("expiring", "critical", "c")]),
    # Many domains, one problem.
    ([stored(days=5)], [domain(f"d{n}", stored(days=5)) for n in range(9)], [("expiring", "critical", "c")]),
    # Only the domains tell of it.
    ([], [domain(certificate=stored(days=5))], [("expiring", "critical", "c")]),
    ([stored()], [domain(certificate=stored()), domain("e")], [("no_certificate", "notice", "e")]),
    ([stored()], [domain(certificate=stored(), domain_name="www.example.org")], [("mismatch", "critical", "d")]),
    ([stored()], [domain(certificate=stored(), domain_name="a.b.example.com")], [("mismatch", "critical", "d")]),
    ([stored(sans=[])], [domain(certificate=stored(sans=[]))], []),
    ([stored()], [domain(certificate=stored(), config_status="FAILED")], [("rollout_failed", "critical", "d")]),
    ([stored()], [domain(certificate=stored(), config_status=None, domain_status="Failed")],
     [("rollout_failed", "critical", "d")]),
    ([stored()], [domain(certificate=stored(), config_status="DEPLOYING")], []),
    ([stored()], [domain(certificate=stored(), domain_status="DISABLED")], []),
    ([stored()], [domain(certificate=stored()), domain("e", config_status="FAILED")],
     [("rollout_failed", "critical", "e"), ("no_certificate", "notice", "e")]),
]  # fmt: skip


@pytest.mark.parametrize(("certificates", "domains", "expected"), ZENLAYER)
def test_zenlayer(
    certificates: list[dict[str, Any]], domains: list[dict[str, Any]], expected: list[tuple[str, str, str]]
) -> None:
    assert found(zenlayer(certificates, domains)) == expected


def test_domains_share_the_mark_of_their_certificate_but_not_its_problem() -> None:
    certificate = stored(days=5)

    report = report_of(zenlayer([certificate], [domain("d1", certificate), domain("d2", certificate)]), VIEW)

    assert [one["affected"] for one in report["problems"]] == [["d1.example.com", "d2.example.com"]]
    assert {row["severity"] for row in report["rows"]} == {"critical"}
    assert row_of(report, "d1")["problems"] == ["expiring"]
    assert row_of(report, "d1")["certificate"] == "label-c"
    assert row_of(report, "c")["used_by"] == ["d1.example.com", "d2.example.com"]


@pytest.mark.parametrize(
    ("config_status", "domain_status", "text"),
    [
        ("DEPLOYED", "ENABLED", "deployed"),
        ("Deployed", "DISABLED", "deployed, disabled"),
        ("DEPLOYING", "ENABLED", "rolling out"),
        ("FAILED", None, "rollout failed"),
        (None, "DEPLOYED", "deployed"),
    ],
)
def test_status_of_a_domain_in_words(config_status: str | None, domain_status: str | None, text: str) -> None:
    one = domain(certificate=stored(), config_status=config_status, domain_status=domain_status)

    assert row_of(report_of(zenlayer([stored()], [one]), VIEW), "d")["status"] == text


@pytest.mark.parametrize(
    ("certificates", "domains", "expected"),
    [
        ([stored("old", 5), stored("new", 300)], [domain(certificate=stored("old", 5))], "certificate_id: new"),
        ([stored("old", 5)], [domain(certificate=stored("old", 5))], "certops.cdn.zenlayer_certificate"),
        ([stored("old", -5)], [], "Delete it: certops.cdn.zenlayer_certificate with certificate_id: old"),
        ([stored("old", 5)], [], "Bind it with"),
        ([stored("new", 300)], [domain()], "certificate_id: new and domain_ids: [d]"),
        ([], [domain()], "store a certificate"),
        ([stored()], [domain(certificate=stored(), config_status="FAILED")], "domain_ids: [d] and certificate_id: c"),
    ],
)
def test_next_steps_name_what_is_there(
    certificates: list[dict[str, Any]], domains: list[dict[str, Any]], expected: str
) -> None:
    problems = report_of(zenlayer(certificates, domains), VIEW)["problems"]

    assert any(expected in problem["next_step"] for problem in problems)


ERROR = {"provider": "Zenlayer", "code": "NO", "message": "no"}


def test_what_could_not_be_read_is_neither_bound_nor_unbound() -> None:
    broken = domain("broken", error=ERROR)
    results = {
        "zenlayer": [
            {"certificates": [stored(), stored("other", sans=["*.example.org"])]},
            {"failed": True, "msg": "It failed for domain broken.", "error": ERROR, "domains": [broken]},
        ]
    }

    report = report_of(results, VIEW)

    assert [(one["problem"], one["id"], one["affected"]) for one in report["problems"]] == [
        ("unread", "zenlayer", ["broken.example.com"]),
        ("unbound", "other", []),
    ]
    assert row_of(report, "c")["used_by"] is None
    assert row_of(report, "c")["status"] == "bindings unknown"
    assert row_of(report, "broken")["severity"] == "critical"
    assert row_of(report, "broken")["status"] == "binding unknown"


@pytest.mark.parametrize("domains", [[], [{"failed": True, "msg": "No."}], [{"skipped": True}]])
def test_without_domains_nobody_knows_what_is_unbound(domains: list[dict[str, Any]]) -> None:
    report = report_of({"zenlayer": [{"certificates": [stored(days=5)]}, *domains]}, VIEW)

    assert row_of(report, "c")["used_by"] is None
    assert ("expiring", "critical") in [(one["problem"], one["severity"]) for one in report["problems"]]


# ---- Tencent Cloud ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        (bought(), []),
        (bought(status="reviewing", days=None), []),
        (bought(status="dns_record_added", days=None), []),
        (bought(status="rejected", days=None), [("rejected", "warning", "t")]),
        (bought(status="cancelled", days=None), [("cancelled", "notice", "t")]),
        (bought(status="cancelled", days=5), [("cancelled", "notice", "t")]),
        (bought(status="cancelling", days=None), []),
        (bought(status="awaiting_documents", days=None), [("attention", "warning", "t")]),
        (bought(status="free_awaiting_documents", days=None), [("attention", "warning", "t")]),
        (bought(status="awaiting_confirmation_letter", days=None), [("attention", "warning", "t")]),
        (bought(status="awaiting_revocation_letter", days=100), [("attention", "warning", "t")]),
        (bought(status="expired", days=-5), [("expired", "critical", "t")]),
        (bought(status="expired", days=None), [("expired", "critical", "t")]),
        (bought(status="revoked", days=5), []),
        (bought(status="refunded", days=5), []),
        (bought(status="reissuing", days=5), [("expiring", "critical", "t")]),
        (bought(status="migrating", days=100), []),
        (bought(status=None, days=100), [("attention", "warning", "t")]),
    ],
)
def test_tencent(certificate: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(tencent(certificate)) == expected


@pytest.mark.parametrize(
    ("certificate", "summary", "step"),
    [
        (bought(status="rejected", status_message="wrong name"), "has failed: wrong name", "certificate_ids: [t]"),
        (bought(status="rejected", resubmittable=False), "Its review has failed.", "anew"),
        (bought(status="cancelled"), "was cancelled", "If it is still wanted: certops.cdn.tencent_cert_resubmit"),
        (bought(status="cancelled", resubmittable=False), "was cancelled", "Delete it"),
        (bought(status="awaiting_documents"), "It waits for documents.", "Hand in the documents"),
        (bought(status=None), "status 1 that this collection does not know", "console"),
        (bought(days=3), "Expires in 3 days.", "Renew it"),
        (bought(days=3, auto_renew=True), "Expires in 3 days.", "see that it does"),
    ],
)
def test_what_to_do_at_tencent(certificate: dict[str, Any], summary: str, step: str) -> None:
    problem = report_of(tencent(certificate), VIEW)["problems"][0]

    assert summary in problem["summary"]
    assert step in problem["next_step"]


# ---- VDMS ------------------------------------------------------------------------------------------------------------

PENDING = {"domain": "shop.example.org", "type": "TXT", "validation_status": "Pending"}
APPROVED = {**PENDING, "validation_status": "Approved"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (request(), []),
        (request(days=5), [("expiring", "critical", "7")]),
        (request(days=5, auto_renew=True), [("expiring", "critical", "7")]),
        (request(days=-5), [("expired", "critical", "7")]),
        (request(status="Deleted", days=5, order_status="Deleted"), []),
        (request(status="Processing", days=None), []),
        (request(status="Deployment"), []),
        (request(status="DomainControlValidation", days=None, dcv_records=[PENDING]), [("attention", "warning", "7")]),
        (request(status="DomainControlValidation", days=None, dcv_records=[APPROVED]), []),
        (request(status="OtherValidation", days=None, requires_attention=True), [("attention", "warning", "7")]),
        (request(error_message="no answer"), [("attention", "warning", "7")]),
        (request(workflow_error_message="no answer"), [("attention", "warning", "7")]),
        (request(status="OtherValidation", days=None, order_status="Rejected", requires_attention=True),
         [("rejected", "warning", "7")]),
        (request(days=5, order_status="RenewalRejected"),
         [("expiring", "critical", "7"), ("rejected", "warning", "7")]),
    ],
)  # fmt: skip
def test_vdms(one: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(vdms(one)) == expected


@pytest.mark.parametrize(
    ("one", "summary", "step"),
    [
        (
            request(status="DomainControlValidation", dcv_records=[PENDING]),
            "1 domain is not proved",
            "action: check_dcv",
        ),
        (request(dcv_records=[{**PENDING, "type": "Email"}]), "not proved", "action: resend_emails"),
        (request(order_status="Rejected", error_message="why"), "rejected. The provider says: why", "retrigger"),
        (request(order_status="RenewalRejected"), "is renewal rejected.", "certificate_id: 7 and action: renew"),
        (
            request(order_status="ReissueRejected"),
            "is reissue rejected.",
            "the change again with certops.cdn.vdms_cert",
        ),
        (request(requires_attention=True), "does not go on by itself.", "retrigger"),
        (request(days=5), "Expires in 5 days.", "certificate_id: 7 and action: renew"),
        (request(days=5, auto_renew=True), "Expires in 5 days.", "by itself"),
    ],
)
def test_what_to_do_at_vdms(one: dict[str, Any], summary: str, step: str) -> None:
    problem = report_of(vdms(one), VIEW)["problems"][0]

    assert summary in problem["summary"]
    assert step in problem["next_step"]


def test_status_of_a_request_in_words() -> None:
    one = request(status="DomainControlValidation", order_status="Pending", days=None)

    assert row_of(report_of(vdms(one), VIEW), "7")["status"] == "domain control validation, order pending"


def test_a_request_whose_status_could_not_be_read_still_expires() -> None:
    broken = request(status=None, days=5, error=ERROR, requires_attention=None)
    results = {"vdms": [{"failed": True, "msg": "It failed.", "error": ERROR, "certificate_requests": [broken]}]}

    report = report_of(results, VIEW)

    assert [one["problem"] for one in report["problems"]] == ["unread", "expiring"]
    assert report["problems"][0]["affected"] == ["request-7"]
    assert row_of(report, "7")["problems"] == ["unread", "expiring"]


# ---- The whole report ------------------------------------------------------------------------------------------------


def test_a_provider_that_could_not_be_read_is_the_first_problem() -> None:
    failure = {"failed": True, "msg": "No credentials.", "error": {"code": "x"}}
    report = report_of({"zenlayer": [failure, {**failure, "msg": "No credentials again."}], **tencent(bought())}, VIEW)

    assert [provider["complete"] for provider in report["providers"]] == [False, True]
    assert report["problems"][0]["name"] == "Zenlayer"
    assert report["problems"][0]["summary"] == "No credentials."
    assert report["summary"]["severity"] == "critical"
    assert report["summary"]["in_order"] == 1


def test_the_worst_come_first() -> None:
    results = {
        **vdms(request(1, days=20), request(2, "Active", 3), request(3)),
        **tencent(bought("t1", "rejected", None), bought("t2", days=3, domain="a.example.cn", sans=[])),
        **zenlayer([stored("c1", 3), stored("c2")], [domain("d1", stored("c1", 3), config_status="FAILED")]),
    }

    report = report_of(results, VIEW)

    assert [(one["severity"], one["problem"], one["id"]) for one in report["problems"]] == [
        ("critical", "expiring", "c1"),
        ("critical", "expiring", "t2"),
        ("critical", "expiring", "2"),
        ("critical", "rollout_failed", "d1"),
        ("warning", "expiring", "1"),
        ("warning", "rejected", "t1"),
        ("notice", "unbound", "c2"),
    ]
    assert [row["id"] for row in report["rows"]] == ["t2", "d1", "c1", "2", "1", "t1", "c2", "3"]
    assert [provider["provider"] for provider in report["providers"]] == ["zenlayer", "tencent", "vdms"]


def test_the_numbers() -> None:
    certificates = [stored("c1", 40), stored("c2", 5)]
    results = {**zenlayer(certificates, [domain("d1", certificates[0]), domain("d2")]), **vdms(request(days=35))}

    report = report_of(results, VIEW)

    assert report["summary"] == {
        "severity": "notice",
        "certificates": 3,
        "domains": 2,
        "in_order": 3,
        "problems": {"critical": 0, "warning": 0, "notice": 2},
        # what nobody uses cuts nobody off
        "next_expiry": {
            "provider": "vdms", "kind": "request", "id": "7", "name": "request-7",
            "not_after": day(35), "days_left": 35, "expires": "in 35 days",
        },
    }  # fmt: skip
    zenlayers = report["providers"][0]
    assert (zenlayers["certificates"], zenlayers["domains"], zenlayers["next_expiry"]["id"]) == (2, 2, "c1")
    assert {name: tuple(counts) for name, counts in zenlayers["problems"].items()} == {
        name: tuple(severity.label for severity in severities) for name, severities in PROBLEMS.items()
    }
    assert zenlayers["problems"]["unbound"] == {"notice": 1}


def test_an_estate_without_anything() -> None:
    report = report_of({**zenlayer([], []), **tencent(), **vdms()}, VIEW)

    assert report["rows"] == report["problems"] == []
    assert report["summary"]["severity"] == "ok"
    assert report["summary"]["next_expiry"] is None


def test_the_same_state_gives_the_same_report_for_the_rest_of_the_day() -> None:
    results = {**zenlayer([stored(days=5.9)], [domain(certificate=stored(days=5.9))]), **vdms(request(days=20.9))}

    assert report_of(results, VIEW) == report_of(results, View(NOW + timedelta(hours=11), 30, 14))


@pytest.mark.parametrize(
    ("results", "view", "message"),
    [
        ({"akamai": []}, VIEW, "no such provider: akamai; there are zenlayer, tencent, vdms"),
        ({}, View(NOW, 10, 20), "critical_days is 20 and warning_days is 10"),
        ({}, View(NOW, 10, -1), "critical_days is -1"),
    ],
)
def test_what_makes_no_sense_is_refused(results: dict[str, Any], view: View, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        report_of(results, view)
