# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
import responses

from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Refuse
from ansible_collections.certops.cdn.plugins.module_utils._vdms import order_of
from ansible_collections.certops.cdn.plugins.module_utils._vdms_cert_request_action import Asked, decide, was_executed
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import (
    Action,
    Certificate,
    DcvRecord,
    Request,
    StatusReport,
)
from ansible_collections.certops.cdn.plugins.modules.vdms_cert_request_action import main
from ansible_collections.certops.cdn.tests.unit.plugins.vdms_cps import SECRET, Cps, fields_of

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
TXT, EMAIL = "DnsTxtToken", "Email"
NAME = "a.example.org"


# ---- Decisions (api/vdms.md 4.2, 7.15) -------------------------------------------------------------------------------


def request_in(
    status: str,
    order: str | None = "Issued",
    method: str = TXT,
    *,
    domain: str = "Active",
    validation: str = "",
    ends: str = "2026-01-31T00:00:00Z",
    tokens: str = "",
    error: str = "",
    workflow_error: str | None = None,
) -> Request:
    fields = fields_of(7, "shop", NAME, dcv_method=method, expiration_date=ends, workflow_error_message=workflow_error)
    fields["domains"][0]["status"] = domain
    report = StatusReport(status, None, error, order, {NAME: validation} if validation else {})
    return Request(Certificate.parse(fields), report, dcv=(DcvRecord(NAME, method, tokens, ()),) if tokens else ())


SEND = Change("sent", "would_send")


@pytest.mark.parametrize(
    ("action", "status", "order", "method", "words"),
    [
        ("renew", "Processing", None, TXT, "status Processing forbids to renew"),
        ("renew", "DomainControlValidation", "Pending", TXT, "status DomainControlValidation, order status Pending fo"),
        ("renew", "OtherValidation", "Pending", TXT, "only a certificate that is Active can be renewed"),
        ("renew", "Deployment", "Issued", TXT, "status Deployment, order status Issued forbids to renew it"),
        ("renew", "Active", "Issued", TXT, SEND),
        ("renew", "active", None, TXT, SEND),
        ("renew", "Active", "Renewed", TXT, SEND),
        ("renew", "Active", "RenewalRejected", TXT, SEND),
        ("renew", "Active", "AwaitingRenewal", TXT, Keep()),
        ("renew", "Active", "pendingrenewal", TXT, Keep()),
        ("renew", "Processing", "PendingRenewal", TXT, Keep()),
        ("renew", "Deleted", None, TXT, "has status Deleted"),
        ("renew", "Reviewing", "Issued", TXT, "status Reviewing, order status Issued forbids to renew"),
        ("retrigger", "Processing", None, TXT, "shows no sign of a time-out"),
        ("retrigger", "Processing", "Rejected", TXT, SEND),
        ("retrigger", "DomainControlValidation", "Pending", TXT, "shows no sign of a time-out"),
        ("retrigger", "DomainControlValidation", "Rejected", TXT, SEND),
        ("retrigger", "OtherValidation", "Expired", TXT, SEND),
        ("retrigger", "OtherValidation", "canceled", TXT, SEND),
        ("retrigger", "Reviewing", "Rejected", TXT, SEND),
        ("retrigger", "Deployment", "Rejected", TXT, "forbids to resubmit it; that is for requests that were never"),
        ("retrigger", "Active", "Issued", TXT, "forbids to resubmit it; that is for requests that were never"),
        ("retrigger", "Deleted", "Rejected", TXT, "has status Deleted"),
        ("check_dcv", "Processing", None, TXT, "status Processing forbids check_dcv; it does not wait for the proof"),
        ("check_dcv", "DomainControlValidation", "Pending", TXT, SEND),
        ("check_dcv", "DomainControlValidation", "Pending", EMAIL, SEND),
        ("check_dcv", "OtherValidation", "Pending", TXT, "forbids check_dcv"),
        ("check_dcv", "Deployment", "Issued", TXT, "forbids check_dcv"),
        ("check_dcv", "Active", "Issued", TXT, "forbids check_dcv"),
        ("check_dcv", "Deleted", None, TXT, "has status Deleted"),
        ("check_dcv", "Reviewing", "Pending", TXT, "forbids check_dcv"),
        ("regenerate_tokens", "DomainControlValidation", "Pending", TXT, SEND),
        ("regenerate_tokens", "DomainControlValidation", "Pending", "DnsCnameToken", SEND),
        ("regenerate_tokens", "DomainControlValidation", "Pending", EMAIL, "by e-mail, which has no tokens; use rese"),
        ("regenerate_tokens", "DomainControlValidation", "Pending", "email", "by e-mail, which has no tokens"),
        ("regenerate_tokens", "Active", "Issued", TXT, "forbids regenerate_tokens"),
        ("resend_emails", "DomainControlValidation", "Pending", EMAIL, SEND),
        ("resend_emails", "DomainControlValidation", "Pending", TXT, "its dcv_method is DnsTxtToken, for which no e"),
        ("resend_emails", "Active", "Issued", EMAIL, "forbids resend_emails"),
        ("resend_emails", "Processing", None, EMAIL, "forbids resend_emails"),
    ],
)
def test_decision_table(action: str, status: str, order: str | None, method: str, words: Any) -> None:
    verdict = decide("request x", request_in(status, order, method), Asked(Action(action)), NOW)
    if isinstance(words, str):
        assert isinstance(verdict, Refuse)
        assert words in verdict.reason
        assert verdict.reason.startswith("request x")
    else:
        assert verdict == words


@pytest.mark.parametrize("request_", [Request(), Request(None, StatusReport("Active", None, "", None))])
@pytest.mark.parametrize("action", Action)
def test_a_request_that_is_not_there(request_: Request, action: Action) -> None:
    assert decide("r", request_, Asked(action), NOW) == Refuse("r does not exist in this account.", "NotFound")


@pytest.mark.parametrize(
    ("within", "ends", "verdict"),
    [
        (30, "2026-01-31T00:00:00Z", SEND),
        (29, "2026-01-31T00:00:00Z", Keep()),
        (0, "2025-12-01T00:00:00Z", SEND),
        (30, "0001-01-01T00:00:00Z", SEND),
    ],
)
def test_a_renewal_in_time(within: int, ends: str, verdict: object) -> None:
    asked = Asked(Action.RENEW, expires_within=within)
    assert decide("r", request_in("Active", ends=ends), asked, NOW) == verdict


@pytest.mark.parametrize(
    ("domain", "validation", "sent"),
    [
        ("TimedOut", "", True),
        ("timedout", "Pending", True),
        ("Rejected", "", True),
        ("SecretRejected", "", True),
        ("AwaitingCertificateAuthority", "Rejected", True),
        ("AwaitingCertificateAuthority", "Pending", False),
        ("PendingDns", "", False),
    ],
)
def test_signs_of_a_time_out(domain: str, validation: str, sent: bool) -> None:
    request = request_in("DomainControlValidation", "Pending", domain=domain, validation=validation)
    assert (decide("r", request, Asked(Action.RETRIGGER), NOW) == SEND) is sent


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (request_in("DomainControlValidation", "Pending", error="The request timed out"), True),
        (request_in("Processing", None, error="The request timed out"), True),
        (request_in("Processing", None, workflow_error="The workflow failed"), True),
        (request_in("Processing", None, error=" ", workflow_error=""), False),
        (request_in("Active", "Issued", error="The request timed out"), False),
        (request_in("Deployment", "Issued", workflow_error="The workflow failed"), False),
    ],
)
def test_an_error_of_a_request_that_is_not_issued_is_a_sign_too(request_: Request, sent: bool) -> None:
    assert (decide("r", request_, Asked(Action.RETRIGGER), NOW) == SEND) is sent


@pytest.mark.parametrize("action", [Action.CHECK_DCV, Action.REGENERATE_TOKENS])
def test_domains_of_a_certificate_that_is_reissued(action: Action) -> None:
    pending = request_in("Active", "PendingReissue", validation="Pending")
    assert decide("r", pending, Asked(action), NOW) == SEND


def test_domains_that_are_none_of_its_own() -> None:
    verdict = decide(
        "r", request_in("DomainControlValidation"), Asked(Action.CHECK_DCV, (NAME, "b.example.org", "c.org")), NOW
    )
    assert isinstance(verdict, Refuse)
    assert verdict.reason == "r: domains: it has no b.example.org, c.org. Nothing was sent."


DCV = "DomainControlValidation"


@pytest.mark.parametrize(
    ("action", "before", "now", "executed"),
    [
        ("renew", request_in("Active"), request_in("Active"), False),
        ("renew", request_in("Active"), request_in("Active", "PendingRenewal"), True),
        ("renew", request_in("Active"), request_in("Processing", "AwaitingRenewal"), True),
        ("renew", request_in("Active"), request_in("Active", "Renewed"), True),
        ("renew", request_in("Active", "Renewed"), request_in("Active", "Renewed"), False),
        ("renew", request_in("Active", "Renewed"), request_in("Active", "Renewed", ends="2027-01-01T00:00:00Z"), True),
        ("retrigger", request_in(DCV, "Rejected"), request_in(DCV, "Rejected"), False),
        ("retrigger", request_in(DCV, "Rejected"), request_in("Processing", None), True),
        ("retrigger", request_in(DCV, domain="TimedOut"), request_in(DCV, domain="PendingDns"), True),
        ("retrigger", request_in(DCV, error="timed out"), request_in("Processing", None), True),
        ("retrigger", request_in(DCV, error="timed out"), request_in(DCV, error="timed out"), False),
        ("regenerate_tokens", request_in(DCV, tokens="old"), request_in(DCV, tokens="old"), False),
        ("regenerate_tokens", request_in(DCV, tokens="old"), request_in(DCV, tokens="new"), True),
        ("regenerate_tokens", request_in(DCV), request_in(DCV, tokens="new"), False),
        ("regenerate_tokens", request_in(DCV, tokens="old"), request_in(DCV), False),
        ("check_dcv", request_in(DCV, validation="Pending"), request_in(DCV, validation="Pending"), False),
        ("check_dcv", request_in(DCV, validation="Pending"), request_in(DCV, validation="Approved"), True),
        ("check_dcv", request_in(DCV, validation="Pending"), request_in("Deployment"), True),
        ("resend_emails", request_in(DCV, method=EMAIL), request_in(DCV, method=EMAIL), False),
        ("resend_emails", request_in(DCV, method=EMAIL), request_in("Deployment", method=EMAIL), False),
        ("renew", request_in("Active"), Request(), False),
        ("renew", Request(), request_in("Active", "PendingRenewal"), False),
    ],
)
def test_what_shows_that_it_was_executed(action: str, before: Request, now: Request, executed: bool) -> None:
    assert was_executed(Action(action), before, now) is executed


# ---- Runs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cps() -> Iterator[Cps]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield Cps(mocked)


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(play: Callable[..., dict[str, Any]]) -> Run:
    """Run the module with credentials."""

    def of(action: str, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        named = {} if {"certificate_id", "certificate_label"} & set(options) else {"certificate_label": "shop"}
        given = {"client_id": "a-client", "client_secret": SECRET, "retries": 1, "action": action, **named, **options}
        result = play(main, given, check_mode=check_mode)
        assert SECRET not in json.dumps({key: value for key, value in result.items() if key != "invocation"})
        return result

    return of


PATH = "/certificates/7"
CALLS: dict[str, tuple[str, str]] = {
    "renew": ("PUT", f"{PATH}/renew"),
    "retrigger": ("PUT", f"{PATH}/retrigger"),
    "check_dcv": ("PUT", f"/dcv{PATH}/check"),
    "regenerate_tokens": ("PUT", f"/dcv{PATH}/token"),
    "resend_emails": ("POST", f"/dcv{PATH}/emails/resend"),
}


def prepare(cps: Cps, action: str) -> Any:
    """A request for which the action is possible."""
    method = EMAIL if action == "resend_emails" else TXT
    stored = cps.add(7, "shop", NAME, "b.example.org", dcv_method=method)
    if action != "renew":
        stored.status, stored.order = DCV, "Rejected" if action == "retrigger" else "Pending"
        stored.validations = {NAME: "Pending", "b.example.org": "Pending"}
    return stored


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("named", [{"certificate_label": "shop"}, {"certificate_id": 7}])
def test_check_mode_tells_what_a_run_sends(cps: Cps, run: Run, action: str, named: dict[str, Any]) -> None:
    prepare(cps, action)
    predicted = run(action, check_mode=True, **named)
    assert cps.writes == []
    done = run(action, **named)
    method, path = CALLS[action]
    assert cps.writes == [(method, path, None)]
    assert predicted["changed"] is done["changed"] is True
    assert predicted["sent"] == done["sent"]
    assert done["sent"] == {
        "action": done["sent"]["action"],
        "method": method,
        "path": f"/sec/cps/v2.0{path}",
        "query": {},
    }
    assert predicted["diff"] == done["diff"]
    assert done["diff"][0]["after"] == {"sent": done["sent"]}
    assert done["certificate_request"]["id"] == 7


def test_what_actions_lead_to(cps: Cps, run: Run) -> None:
    prepare(cps, "renew")
    assert run("renew")["certificate_request"]["order_status"] == "PendingRenewal"
    prepare(cps, "retrigger")
    result = run("retrigger")
    assert (result["certificate_request"]["status"], result["dcv_records"]) == ("Processing", [])
    prepare(cps, "check_dcv")
    result = run("check_dcv")
    assert (result["certificate_request"]["status"], result["dcv_records"]) == ("Deployment", [])


def test_a_renewal_that_is_pending_is_unchanged(cps: Cps, run: Run) -> None:
    prepare(cps, "renew")
    assert run("renew")["changed"] is True
    for check_mode in (True, False):
        again = run("renew", check_mode=check_mode)
        assert (again["changed"], again["sent"], again["diff"]) == (False, None, [])
    assert len(cps.writes) == 1


def test_a_renewal_before_its_time_is_unchanged(cps: Cps, run: Run) -> None:
    prepare(cps, "renew")
    assert run("renew", expires_within=1)["changed"] is False
    assert run("renew", expires_within=10**6)["changed"] is True
    assert len(cps.writes) == 1


def test_new_tokens_are_told(cps: Cps, run: Run) -> None:
    prepare(cps, "regenerate_tokens")
    before = run("regenerate_tokens", check_mode=True, dns_zones=["example.org"])
    result = run("regenerate_tokens", dns_zones=["example.org"])
    assert [record["value"] for record in before["dcv_records"]] == ["abc123"] * 2
    assert [record["value"] for record in result["dcv_records"]] == ["abc123-new"] * 2
    assert [record["relative_name"] for record in result["dcv_records"]] == ["a", "b"]


def test_new_tokens_are_told_even_if_they_cannot_be_read_back(cps: Cps, run: Run) -> None:
    prepare(cps, "regenerate_tokens")
    real = cps._on_dcv

    def break_reads(*given: Any) -> Any:
        if given[1] == "dcv/token":
            cps.fail("GET", "/certificates/7", 500, times=99)
        return real(*given)

    cps._on_dcv = break_reads  # type: ignore[method-assign]
    result = run("regenerate_tokens", domains=["B.example.org."], certificate_id=7)
    assert not result.get("failed")
    assert [record["value"] for record in result["dcv_records"]] == ["abc123", "abc123-new"]


def test_tokens_that_are_not_made_yet_are_told(cps: Cps, run: Run) -> None:
    prepare(cps, "check_dcv").late_tokens = 999
    cps.requests[7].validations["a second"] = "Pending"
    result = run("check_dcv", domains=[NAME])
    assert result["changed"] is True
    assert any("has not made all tokens for dcv_records yet" in warning for warning in result["warnings"])


def test_the_call_of_an_action() -> None:
    assert order_of(Action.CHECK_DCV, 7, []) == ("ValidateDomainControl", "PUT", "/dcv/certificates/7/check", {})
    order = order_of(Action.RESEND_EMAILS, 7, [71, 72])
    assert (order.action, order.method) == ("ResendDomainControlValidationEmail", "POST")
    assert order.query == {"domain_ids": "71,72"}


@pytest.mark.parametrize("action", ["check_dcv", "regenerate_tokens", "resend_emails"])
def test_single_domains(cps: Cps, run: Run, action: str) -> None:
    prepare(cps, action)
    result = run(action, domains=["B.Example.org."])
    method, path = CALLS[action]
    assert cps.writes == [(method, f"{path}?domain_ids=71", None)]
    assert result["sent"]["query"] == {"domain_ids": "71"}


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("renew", (DCV, "Pending"), r"^certificate request shop \(7\): its status DomainControlValidation, order stat"),
        ("retrigger", ("Active", "Issued"), "forbids to resubmit it"),
        ("check_dcv", ("Active", "Issued"), "forbids check_dcv"),
        ("resend_emails", (DCV, "Pending"), "its dcv_method is DnsTxtToken"),
    ],
)
def test_what_is_refused_is_refused_before_any_call(
    cps: Cps, run: Run, action: str, state: tuple[str, str], words: str, *, check_mode: bool
) -> None:
    cps.add(7, "shop", status=state[0], order=state[1])
    result = run(action, check_mode=check_mode)
    assert (result["failed"], result["changed"], result["sent"]) == (True, False, None)
    assert re.search(words, result["msg"])
    assert result["msg"].endswith("Nothing was sent.")
    assert (result["error"]["code"], result["error"]["outcome"]) == ("Refused", "not_executed")
    assert result["certificate_request"]["status"] == state[0]
    assert cps.writes == []


def test_requests_that_are_not_there(cps: Cps, run: Run) -> None:
    result = run("renew")
    assert (result["error"]["code"], result["certificate_request"], result["sent"]) == ("NotFound", None, None)
    cps.add(8, "shop", status="Deleted")
    assert "certificate request shop does not exist" in run("renew")["msg"]
    assert "certificate request shop (8) has status Deleted" in run("renew", certificate_id=8)["msg"]
    cps.add(9, "shop")
    cps.add(10, "shop")
    assert run("renew")["error"]["code"] == "Ambiguous"


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("executed", [False, True])
def test_nothing_is_sent_twice_after_a_lost_answer(cps: Cps, run: Run, action: str, executed: bool) -> None:
    prepare(cps, action)
    cps.lose(CALLS[action][0], CALLS[action][1], executed=executed)
    result = run(action)
    assert len(cps.writes) == 1
    known = executed and action != "resend_emails"
    assert result["changed"] is known
    assert bool(result.get("failed")) is not known
    if known:
        assert any("the answer to the write was lost" in warning for warning in result["warnings"])
        assert result["sent"]["path"].endswith(CALLS[action][1])
    else:
        assert result["error"]["outcome"] == "unknown"
        assert "Nobody can tell whether it was executed, so it was not sent again" in result["msg"]
        assert result["sent"] is None


@pytest.mark.parametrize("action", CALLS)
def test_what_was_not_executed_is_sent_again(cps: Cps, run: Run, action: str) -> None:
    prepare(cps, action)
    cps.fail(CALLS[action][0], CALLS[action][1], 429)
    assert run(action)["changed"] is True
    assert len(cps.writes) == 2


def test_somebody_else_was_faster_with_the_renewal(cps: Cps, run: Run) -> None:
    prepare(cps, "renew")
    cps.fail("PUT", "/renew", 400, {"code": "bad_request"}, executed=True)
    result = run("renew")
    assert not result.get("failed")
    assert (result["changed"], result["sent"]) == (False, None)


@pytest.mark.parametrize("action", CALLS)
def test_a_refusal_of_the_provider_is_told(cps: Cps, run: Run, action: str) -> None:
    prepare(cps, action)
    cps.fail(CALLS[action][0], CALLS[action][1], 400, {"code": "bad_request", "details": [{"description": "No."}]})
    result = run(action)
    assert (result["failed"], result["changed"], result["sent"]) == (True, False, None)
    assert "failed for certificate request shop (7): bad_request: No (HTTP 400)" in result["msg"]
    assert len(cps.writes) == 1


def test_records_that_cannot_be_read_do_not_hinder(cps: Cps, run: Run) -> None:
    prepare(cps, "check_dcv")
    cps.fail("GET", "/dcv/", 400, times=9)
    result = run("check_dcv")
    assert result["changed"] is True
    assert any("dcv_records could not be read" in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    ("action", "options", "words"),
    [
        ("renew", {"certificate_id": 0}, "^certificate_id: 0 is not an id"),
        ("renew", {"certificate_label": " "}, "^certificate_label is blank"),
        ("renew", {"certificate_label": None}, "^Nothing says which request is meant"),
        (
            "renew",
            {"certificate_id": 1, "certificate_label": "x"},
            "mutually exclusive: certificate_id|certificate_lab",
        ),
        ("cancel", {}, "value of action must be one of: renew, retrigger"),
        ("renew", {"domains": ["a.org"]}, "^domains: renew is for a request as a whole"),
        ("retrigger", {"domain": "a.org"}, "^domains: retrigger is for a request as a whole"),
        ("check_dcv", {"domains": []}, "^domains is an empty list"),
        ("check_dcv", {"domains": ["a.org", "A.org."]}, "^domains contains 'A.org.' more than once"),
        ("check_dcv", {"expires_within": 3}, "^expires_within is for renew, not for check_dcv"),
        ("renew", {"expires_within": -1}, "^expires_within: -1 was given"),
        ("check_dcv", {"dns_zones": [""]}, "^dns_zones contains a blank value"),
    ],
)
def test_bad_input_is_one_sentence_and_no_call(
    cps: Cps, run: Run, action: str, options: dict[str, Any], words: str
) -> None:
    result = run(action, **options)
    assert re.search(words, result["msg"])
    assert cps.calls == []
    assert cps.token_forms == []
