# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from ansible.module_utils.common.parameters import set_fallbacks

from ansible_collections.certops.cdn.plugins.module_utils import _zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    CheckModeError,
    InputError,
    Outcome,
)
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._reconcile import Reconciliation, Waiting
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._signing import BearerAuth, Zc2Auth
from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock, Deadline
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import (
    OPTIONS,
    Certificate,
    Domain,
    Envelope,
    Rollout,
    Zenlayer,
    ZenlayerError,
    credentials,
    normalise_code,
    outcome_of,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_domain_cert import (
    DomainBindings,
    decide,
    rollout_progress,
)
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock

NOW = datetime.now(timezone.utc)
CALL = Call("DescribeDomains", path="/api/v2/cdn")

# ---- A stand-in for the service ----


def certificate_info(certificate_id: str, *sans: str, **more: Any) -> dict[str, Any]:
    """A certificate as the service tells it, valid for another month."""
    return {
        "certificateId": certificate_id,
        "certificateLabel": f"label-{certificate_id}",
        "common": sans[0] if sans else "",
        "fingerprint": "AB" * 20,
        "issuer": "Example CA",
        "sans": list(sans),
        "algorithm": "RSA",
        "startTime": (NOW - timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endTime": (NOW + timedelta(days=30, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "expired": False,
        **more,
    }


def domain_info(domain_id: str, name: str, config_status: str = "DEPLOYED", **more: Any) -> dict[str, Any]:
    return {
        "domainId": domain_id,
        "domainName": name,
        "cname": f"{name}.cdn.example.net",
        "configStatus": config_status,
        "domainStatus": "ENABLED",
        **more,
    }


class Account:
    """An account with certificates and domains. Binding a certificate starts a rollout of ten seconds.

    It stands in for the HTTP client too, so that a call is answered where it would have been sent.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.certificates: list[dict[str, Any]] = []
        self.domains: dict[str, dict[str, Any]] = {}
        self.bound: dict[str, str | None] = {}
        self.duration = 10.0
        self.ends: dict[tuple[str, str], str] = {}
        """How the rollout of a certificate to a domain ends; DEPLOYED where nothing is said."""
        self.faults: dict[tuple[str, str], list[ApiError]] = {}
        """What becomes of the next calls of an action for a domain, instead of an answer."""
        self.executes_faulty_writes = False
        self.page_limit = 1000
        self.check_mode = False
        self._rollouts: dict[str, tuple[float, str]] = {}

    # what the test sets up

    def certificate(self, certificate_id: str, *sans: str, **more: Any) -> None:
        self.certificates.append(certificate_info(certificate_id, *sans, **more))

    def domain(self, domain_id: str, name: str, bound: str | None = None, **more: Any) -> None:
        self.domains[domain_id] = domain_info(domain_id, name, **more)
        self.bound[domain_id] = bound

    def roll_out(self, domain_id: str, certificate_id: str) -> None:
        self.bound[domain_id] = certificate_id
        end = self.ends.get((domain_id, certificate_id), "DEPLOYED")
        self._rollouts[domain_id] = (self.clock.now() + self.duration, end)

    # what the test looks at

    def count(self, action: str) -> int:
        return sum(call.action == action for call in self.calls)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(call.body["domainId"], call.body["certificateId"]) for call in self.calls if call.writes]

    # the client

    def call(self, call: Call, parse: Callable[[Any], Any], _deadline: Deadline | None = None) -> Any:
        if call.writes and self.check_mode:
            raise CheckModeError("a write in check mode")
        self.calls.append(call)
        fault = self.faults.get((call.action, call.body.get("domainId", "")))
        error = fault.pop(0) if fault else None
        if error is None or self.executes_faulty_writes:
            result = getattr(self, f"_{call.action}")(call.body)
        if error is not None:
            raise error
        number = f"T-{len(self.calls)}"
        body = {"requestId": number, **({} if result is None else {"response": {"requestId": number, **result}})}
        return parse(Envelope().open(call, Reply(200, {}, json.dumps(body).encode())))

    def _page(self, found: list[dict[str, Any]], body: Mapping[str, Any]) -> dict[str, Any]:
        size = min(body["pageSize"], self.page_limit)
        start = (body["pageNum"] - 1) * size
        return {"totalCount": len(found), "dataSet": found[start : start + size]}

    def _DescribeCertificates(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            info
            for info in self.certificates
            if info["certificateId"] in body.get("certificateIds", [info["certificateId"]])
            and body.get("certificateLabel", "") in info["certificateLabel"]
            and body.get("resourceGroupId") in (None, info.get("resourceGroupId"))
        ]
        return self._page(found, body)

    def _DescribeDomains(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = []
        for domain_id, info in self.domains.items():
            if (
                domain_id not in body.get("domainIds", [domain_id])
                or body.get("domainName", "") not in info["domainName"].lower()
                or body.get("resourceGroupId") not in (None, info.get("resourceGroupId"))
            ):
                continue
            ends, end = self._rollouts.get(domain_id, (0.0, info["configStatus"]))
            found.append({**info, "configStatus": end if self.clock.now() >= ends else "DEPLOYING"})
        return self._page(found, body)

    def _DescribeDomainCertificate(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        bound = self.bound[body["domainId"]]
        known = {info["certificateId"]: info for info in self.certificates}
        return {"certificate": known.get(bound, certificate_info(bound)) if bound else None}

    def _ModifyDomainCertificate(self, body: Mapping[str, Any]) -> None:  # noqa: N802
        self.roll_out(body["domainId"], body["certificateId"])


@pytest.fixture
def account(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with two certificates and one domain, which has the older one."""
    fake = Account(clock)
    fake.certificate("new", "*.example.com", "example.com")
    fake.certificate("old", "*.example.com", "example.com")
    fake.domain("d-www", "www.example.com", "old")
    monkeypatch.setattr(_zenlayer, "JsonClient", lambda *_args: fake)
    return fake


class Canned:
    """A client that gets the same results again and again, whatever is asked."""

    def __init__(self, *results: dict[str, Any]) -> None:
        self.results = results
        self.calls: list[Call] = []

    def call(self, call: Call, parse: Callable[[Any], Any], _deadline: Deadline | None = None) -> Any:
        result = self.results[min(len(self.calls), len(self.results) - 1)]
        self.calls.append(call)
        return parse(result)


def zenlayer(client: Any) -> Zenlayer:
    return Zenlayer(client)


# ---- Errors and envelopes (api/zenlayer.md 1.5, 5) ----


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("INVALID_DOMAIN_NOT_FOUND", "INVALID_DOMAIN_NOT_FOUND"),
        ("Certificate.Duplicated", "CERTIFICATE_DUPLICATED"),
        (" cert-not.match_DOMAIN ", "CERT_NOT_MATCH_DOMAIN"),
        ("", ""),
    ],
)
def test_codes_are_compared_in_upper_snake_case(code: str, expected: str) -> None:
    assert normalise_code(code) == expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "MISSING_PARAMETER", Outcome.REFUSED),
        (401, "AUTHFAILURE_SIGNATURE_FAILURE", Outcome.REFUSED),
        (403, "DOMAIN_OPERATION_NO_PERMISSION", Outcome.REFUSED),
        (404, "INVALID_DOMAIN_NOT_FOUND", Outcome.REFUSED),
        (200, "CERT_NOT_MATCH_DOMAIN_OR_EXPIRED", Outcome.REFUSED),
        (429, "REQUEST_LIMIT_EXCEEDED", Outcome.NOT_EXECUTED),
        (429, "ANYTHING", Outcome.NOT_EXECUTED),
        (400, "REQUEST_LIMIT_EXCEEDED", Outcome.NOT_EXECUTED),
        (500, "INTERNAL_SERVER_ERROR", Outcome.UNKNOWN),
        (503, "SERVICE_TEMPORARY_UNAVAILABLE", Outcome.UNKNOWN),
        (503, "REQUEST_TIMED_OUT", Outcome.UNKNOWN),
        (200, "INTERNAL_SERVER_ERROR", Outcome.UNKNOWN),
        (400, "SERVICE_TEMPORARY_UNAVAILABLE", Outcome.UNKNOWN),
        (200, "REQUEST_TIMED_OUT", Outcome.UNKNOWN),
        (502, "HTTP_502", Outcome.UNKNOWN),
    ],
)
def test_outcome_of_an_error(status: int, code: str, expected: Outcome) -> None:
    assert outcome_of(status, code) is expected


def opened(body: Any, status: int = 200) -> Any:
    return Envelope().open(CALL, Reply(status, {}, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"requestId": "T-1", "response": {"requestId": "T-1", "a": 1}}, {"requestId": "T-1", "a": 1}),
        ({"requestId": "T-1"}, {"requestId": "T-1"}),
        ({"requestId": "T-1", "response": None}, {"requestId": "T-1"}),
        ({"response": {"requestId": "T-2", "a": 1}}, {"requestId": "T-2", "a": 1}),
        ({"requestId": "T-1", "response": {"requestId": "T-2"}}, {"requestId": "T-1"}),
        ({"requestId": "T-1", "code": "", "response": {}}, {"requestId": "T-1"}),
        ({"requestId": "T-1", "code": None, "response": {}}, {"requestId": "T-1"}),
        ({}, {"requestId": None}),
    ],
)
def test_success_in_all_its_shapes(body: Any, expected: dict[str, Any]) -> None:
    assert opened(body) == expected


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (404, {"code": "INVALID_DOMAIN_NOT_FOUND", "message": "no"}, "INVALID_DOMAIN_NOT_FOUND", "no"),
        (200, {"code": "INVALID_DOMAIN_NOT_FOUND", "message": "no"}, "INVALID_DOMAIN_NOT_FOUND", "no"),
        (400, {"code": "Invalid.Domain-NotFound", "message": "no"}, "INVALID_DOMAIN_NOTFOUND", "no"),
        (400, {"message": "no"}, "HTTP_400", "no"),
        (500, {}, "HTTP_500", "no message"),
        (400, {"code": "X", "message": None}, "X", "no message"),
        (400, {"code": "X", "message": "no", "response": "odd"}, "X", "no"),
        (
            401,
            {"code": "AUTHFAILURE_SIGNATURE_FAILURE", "message": "no"},
            "AUTHFAILURE_SIGNATURE_FAILURE",
            "no (check access_key_password)",
        ),
        (
            429,
            {"code": "Request.Limit.Exceeded", "message": "no"},
            "REQUEST_LIMIT_EXCEEDED",
            "no (lower rate_limit or concurrency)",
        ),
    ],
)
def test_error_in_all_its_shapes(status: int, body: Any, code: str, message: str) -> None:
    with pytest.raises(ZenlayerError) as failed:
        opened({"requestId": "T-1", **body}, status)
    error = failed.value
    assert (error.provider, error.code, error.message, error.request_id) == ("Zenlayer", code, message, "T-1")
    assert error.outcome is outcome_of(status, code)


@pytest.mark.parametrize("body", [[], "text", None, 1, {"response": []}, {"response": "text"}, {"code": ["X"]}])
def test_another_shape_is_told(body: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        opened(body)


# ---- Data (api/zenlayer.md 3.1) ----


def test_certificate_is_told_in_the_words_of_the_field() -> None:
    certificate = Certificate.parse(
        {
            "certificateId": "cert-1",
            "certificateLabel": "example",
            "common": "*.example.com",
            "fingerprint": "AB:" * 19 + "AB",
            "issuer": "Example CA",
            "sans": ["*.example.com", "example.com"],
            "startTime": "2026-01-01T00:00:00Z",
            "endTime": "2026-04-01T00:00:00Z",
            "expired": False,
            "somethingNew": {"is": "ignored"},
        }
    )
    assert certificate.as_result(datetime(2026, 3, 1, 12, tzinfo=timezone.utc)) == {
        "certificate_id": "cert-1",
        "certificate_label": "example",
        "common_name": "*.example.com",
        "sans": ["*.example.com", "example.com"],
        "fingerprint": "ab" * 20,
        "issuer": "Example CA",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2026-04-01T00:00:00Z",
        "days_left": 30,
        "expired": False,
    }


def test_certificate_of_which_little_is_known_has_the_same_shape() -> None:
    certificate = Certificate.parse({"certificateId": 7, "endTime": "0001-01-01T00:00:00Z", "sans": None})
    assert certificate.as_result(NOW) == {
        "certificate_id": "7",
        "certificate_label": "",
        "common_name": "",
        "sans": [],
        "fingerprint": "",
        "issuer": "",
        "not_before": None,
        "not_after": None,
        "days_left": None,
        "expired": False,
    }


@pytest.mark.parametrize(
    ("common", "sans", "expected"),
    [
        ("a.example", ["b.example", "c.example"], ["b.example", "c.example"]),
        ("a.example", [], ["a.example"]),
        ("a.example", None, ["a.example"]),
    ],
)
def test_common_name_counts_only_without_other_names(common: str, sans: Any, expected: list[str]) -> None:
    assert Certificate.parse({"certificateId": "c", "common": common, "sans": sans}).names == expected


@pytest.mark.parametrize(
    ("marked", "ends", "expected"),
    [
        (True, "2099-01-01T00:00:00Z", True),
        (False, "2020-01-01T00:00:00Z", True),
        (False, "2026-03-01T12:00:00Z", True),
        (False, "2026-03-01T12:00:01Z", False),
        (None, None, False),
        (True, None, True),
        ("true", None, False),
    ],
)
def test_expired(marked: Any, ends: str | None, expected: bool) -> None:
    certificate = Certificate.parse({"certificateId": "c", "expired": marked, "endTime": ends})
    assert certificate.expired(datetime(2026, 3, 1, 12, tzinfo=timezone.utc)) is expected


@pytest.mark.parametrize("data", [{}, {"certificateId": ""}, {"certificateId": "c", "sans": "x"}])
def test_certificate_of_another_shape_is_told(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        Certificate.parse(data)


@pytest.mark.parametrize(
    "data", [{"domainName": "a.example"}, {"domainId": "d"}, {"domainId": "d", "domainName": None}]
)
def test_domain_without_id_or_name_is_told(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected an id, got nothing"):
        Domain.parse(data)


def test_domain_is_named_by_name_and_id() -> None:
    domain = Domain.parse({"domainId": "d-1", "domainName": "a.example"})
    assert str(domain) == "domain a.example (d-1)"
    assert domain.certificate_id is None


@pytest.mark.parametrize(
    ("config_status", "domain_status", "expected"),
    [
        ("DEPLOYED", "ENABLED", Rollout.DEPLOYED),
        ("Deployed", "ENABLED", Rollout.DEPLOYED),
        (" deployed ", "", Rollout.DEPLOYED),
        ("FAILED", "ENABLED", Rollout.FAILED),
        ("Failed", "", Rollout.FAILED),
        ("DEPLOYING", "ENABLED", Rollout.IN_PROGRESS),
        ("Deploying", "Deployed", Rollout.IN_PROGRESS),
        ("SOMETHING_NEW", "Deployed", Rollout.IN_PROGRESS),
        ("", "Deployed", Rollout.DEPLOYED),
        ("", "FAILED", Rollout.FAILED),
        ("", "Deploying", Rollout.IN_PROGRESS),
        ("", "ENABLED", Rollout.IN_PROGRESS),
        ("", "", Rollout.IN_PROGRESS),
        ("FAILED", "Deployed", Rollout.FAILED),
    ],
)
def test_rollout_of_the_two_status_fields(config_status: str, domain_status: str, expected: Rollout) -> None:
    assert Rollout.of(config_status, domain_status) is expected


# ---- Decisions (DESIGN 4.2) ----

BIND = Change("bound", "would_bind")
REAPPLY = Change("reapplied", "would_bind")


@pytest.mark.parametrize(
    ("bound", "rollout", "expected"),
    [
        ("wanted", Rollout.DEPLOYED, Keep()),
        ("wanted", Rollout.IN_PROGRESS, Await(predicted=Keep(), unwaited=Keep())),
        ("wanted", Rollout.FAILED, REAPPLY),
        ("other", Rollout.DEPLOYED, BIND),
        ("other", Rollout.FAILED, BIND),
        ("other", Rollout.IN_PROGRESS, Await(predicted=BIND, unwaited=BIND)),
        (None, Rollout.DEPLOYED, BIND),
        (None, Rollout.FAILED, BIND),
        (None, Rollout.IN_PROGRESS, Await(predicted=BIND, unwaited=BIND)),
    ],
)
def test_decision_table(bound: str | None, rollout: Rollout, expected: Verdict) -> None:
    assert decide(bound, "wanted", rollout) == expected


@pytest.mark.parametrize(
    ("now", "before", "seen_running", "age", "expected"),
    [
        (Rollout.IN_PROGRESS, Rollout.DEPLOYED, False, 0, Progress.RUNNING),
        (Rollout.IN_PROGRESS, Rollout.FAILED, True, 100, Progress.RUNNING),
        (Rollout.DEPLOYED, Rollout.DEPLOYED, True, 0, Progress.DONE),
        (Rollout.DEPLOYED, Rollout.DEPLOYED, False, 0, Progress.STALE),
        (Rollout.DEPLOYED, Rollout.DEPLOYED, False, 2.9, Progress.STALE),
        (Rollout.DEPLOYED, Rollout.DEPLOYED, False, 3, Progress.CONFIRM),
        (Rollout.DEPLOYED, Rollout.FAILED, False, 0, Progress.STALE),
        (Rollout.DEPLOYED, Rollout.FAILED, False, 3, Progress.CONFIRM),
        (Rollout.FAILED, Rollout.DEPLOYED, False, 0, Progress.FAILED),
        (Rollout.FAILED, Rollout.DEPLOYED, True, 0, Progress.FAILED),
        (Rollout.FAILED, Rollout.FAILED, False, 0, Progress.STALE),
        (Rollout.FAILED, Rollout.FAILED, False, 2.9, Progress.STALE),
        (Rollout.FAILED, Rollout.FAILED, False, 3, Progress.FAILED),
        (Rollout.FAILED, Rollout.FAILED, True, 0, Progress.FAILED),
    ],
)
def test_what_a_look_at_a_rollout_means(
    now: Rollout, before: Rollout, seen_running: bool, age: float, expected: Progress
) -> None:
    assert rollout_progress(now, before, seen_running, age) is expected


# ---- Actions (api/zenlayer.md 3) ----

WWW = Domain("d-www", "www.example.com", "", "DEPLOYED", "ENABLED")


@pytest.mark.parametrize(
    ("act", "action", "body", "writes", "subject"),
    [
        (lambda api: api.domains(), "DescribeDomains", {"pageSize": 100, "pageNum": 1}, False, ""),
        (
            lambda api: api.domains(name="www.example.com", resource_group_id="rg-1"),
            "DescribeDomains",
            {"domainName": "www.example.com", "resourceGroupId": "rg-1", "pageSize": 100, "pageNum": 1},
            False,
            "domain www.example.com",
        ),
        (
            lambda api: api.domains_by_id(["d-1", "d-2"], "rg-1"),
            "DescribeDomains",
            {"domainIds": ["d-1", "d-2"], "resourceGroupId": "rg-1", "pageSize": 100, "pageNum": 1},
            False,
            "",
        ),
        (
            lambda api: api.certificates(certificate_ids=["c-1"]),
            "DescribeCertificates",
            {"certificateIds": ["c-1"], "pageSize": 100, "pageNum": 1},
            False,
            "",
        ),
        (
            lambda api: api.certificates(label="example", resource_group_id="rg-1"),
            "DescribeCertificates",
            {"certificateLabel": "example", "resourceGroupId": "rg-1", "pageSize": 100, "pageNum": 1},
            False,
            "",
        ),
        (
            lambda api: api.bound_certificate(WWW),
            "DescribeDomainCertificate",
            {"domainId": "d-www"},
            False,
            "domain www.example.com (d-www)",
        ),
        (
            lambda api: api.bind_certificate(WWW, "c-1"),
            "ModifyDomainCertificate",
            {"domainId": "d-www", "certificateId": "c-1"},
            True,
            "domain www.example.com (d-www)",
        ),
    ],
)
def test_calls_are_made_as_documented(
    act: Callable[[Zenlayer], Any], action: str, body: dict[str, Any], writes: bool, subject: str
) -> None:
    client = Canned({"requestId": "T-1", "totalCount": 0, "dataSet": []})
    act(zenlayer(client))
    assert client.calls == [
        Call(
            action=action,
            path="/api/v2/cdn",
            method="POST",
            body=body,
            headers={"x-zc-action": action, "x-zc-version": "2022-11-20", "x-zc-service": "cdn"},
            writes=writes,
            subject=subject,
        )
    ]


def test_binding_returns_the_request_id() -> None:
    assert zenlayer(Canned({"requestId": "T-1"})).bind_certificate(WWW, "c-1") == "T-1"


def page(*names: str, total: Any = None) -> dict[str, Any]:
    items = [domain_info(name, f"{name}.example") for name in names]
    return {"dataSet": items, **({} if total is None else {"totalCount": total})}


@pytest.mark.parametrize(
    ("pages", "found", "calls"),
    [
        ([page(total=0)], [], 1),
        ([{"dataSet": None}], [], 1),
        ([{}], [], 1),
        ([page("a", "b", total=2)], ["a", "b"], 1),
        ([page("a", "b", total=3), page("c", total=3)], ["a", "b", "c"], 2),
        ([page("a", "b", total="3"), page("c", total="3")], ["a", "b", "c"], 2),
        ([page("a", "b"), page("c"), page()], ["a", "b", "c"], 3),
        ([page("a", total=True), page()], ["a"], 2),
        ([page("a", total=5), page(total=5)], ["a"], 2),
        ([page("a", "b", total=4), page("b", "c", total=4)], ["a", "b", "c"], 2),
    ],
)
def test_pages_are_read_to_their_end(pages: list[dict[str, Any]], found: list[str], calls: int) -> None:
    client = Canned(*pages)
    assert [domain.domain_id for domain in zenlayer(client).domains()] == found
    assert [call.body["pageNum"] for call in client.calls] == list(range(1, calls + 1))


def test_pages_that_never_end_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_zenlayer, "MAX_PAGES", 5)
    client = Canned(page("a", "b"))
    assert [domain.domain_id for domain in zenlayer(client).domains()] == ["a", "b"]
    assert len(client.calls) == 5


def test_certificates_are_listed_once_each() -> None:
    info = certificate_info("c-1", "a.example")
    client = Canned({"dataSet": [info, info], "totalCount": 2})
    assert [certificate.certificate_id for certificate in zenlayer(client).certificates()] == ["c-1"]


def test_domains_by_id_are_only_those_asked_for() -> None:
    client = Canned(page("a", "b", "c", total=3))
    assert list(zenlayer(client).domains_by_id(["c", "a", "unknown"])) == ["a", "c"]


def test_domains_by_id_are_all_read_where_the_service_makes_smaller_pages() -> None:
    client = Canned(page("a", "b", total=3), page("c", total=3))
    assert list(zenlayer(client).domains_by_id(["a", "b", "c"])) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"certificate": None},
        {"certificate": {}},
        {"certificate": {"certificateId": ""}},
        {"certificate": {"certificateId": None, "sans": []}},
    ],
)
def test_no_certificate_is_told_in_several_ways(data: dict[str, Any]) -> None:
    assert zenlayer(Canned(data)).bound_certificate(WWW) is None


def test_bound_certificate() -> None:
    certificate = zenlayer(Canned({"certificate": certificate_info("c-1", "a.example")})).bound_certificate(WWW)
    assert certificate is not None
    assert (certificate.certificate_id, certificate.names) == ("c-1", ["a.example"])


@pytest.mark.parametrize("data", [{"certificate": "c-1"}, {"certificate": ["c-1"]}])
def test_bound_certificate_of_another_shape_is_told(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        zenlayer(Canned(data)).bound_certificate(WWW)


def test_client_is_made_of_the_options() -> None:
    params = {"api_url": "https://h.example/", "access_key_id": "i", "access_key_password": "p", "api_token": None}
    with pytest.raises(InputError, match=r"api_url: .* must not end with a slash"):
        Zenlayer.from_options(params, Settings(), Redactor())
    assert Zenlayer.from_options({**params, "api_url": "https://h.example"}, Settings(), Redactor())


# ---- Credentials ----


def authorization(**given: str) -> str:
    """What a request would carry with these options and the environment as it is."""
    params: dict[str, Any] = dict(given)
    set_fallbacks(OPTIONS, params)
    auth = credentials({**dict.fromkeys(OPTIONS), **params})
    request = requests.Request("POST", "https://h.example/", headers={"Content-Type": "a/b"}, auth=auth).prepare()
    return request.headers["Authorization"].partition(",")[0]


PAIR = {"access_key_id": "id", "access_key_password": "pw"}
TERRAFORM = {"ZENLAYERCLOUD_ACCESS_KEY_ID": "tf-id", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD": "tf-pw"}
CLI = {"ZENLAYER_ACCESS_KEY_ID": "cli-id", "ZENLAYER_ACCESS_KEY_SECRET": "cli-pw"}
TOKEN = {"ZENLAYER_TOKEN": "env-token"}


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (PAIR, {}, "ZC2-HMAC-SHA256 Credential=id"),
        ({"access_key_id": " id\n", "access_key_password": " pw "}, {}, "ZC2-HMAC-SHA256 Credential=id"),
        ({"api_token": "t"}, {}, "Bearer t"),
        ({"api_token": " t\n"}, {}, "Bearer t"),
        ({**PAIR, "api_token": " "}, {}, "ZC2-HMAC-SHA256 Credential=id"),
        ({}, TERRAFORM, "ZC2-HMAC-SHA256 Credential=tf-id"),
        ({}, CLI, "ZC2-HMAC-SHA256 Credential=cli-id"),
        ({}, {**TERRAFORM, **CLI}, "ZC2-HMAC-SHA256 Credential=tf-id"),
        ({}, {**CLI, "ZENLAYERCLOUD_ACCESS_KEY_ID": "half"}, "ZC2-HMAC-SHA256 Credential=cli-id"),
        ({}, TOKEN, "Bearer env-token"),
        (PAIR, {**TERRAFORM, **TOKEN}, "ZC2-HMAC-SHA256 Credential=id"),
        (PAIR, TOKEN, "ZC2-HMAC-SHA256 Credential=id"),
        ({"api_token": "t"}, TERRAFORM, "Bearer t"),
        ({"api_token": "t"}, CLI, "Bearer t"),
        ({"access_key_id": "id"}, {"ZENLAYERCLOUD_ACCESS_KEY_PASSWORD": "pw"}, "ZC2-HMAC-SHA256 Credential=id"),
        ({"access_key_id": "id"}, {**TOKEN, "ZENLAYER_ACCESS_KEY_SECRET": "pw"}, "ZC2-HMAC-SHA256 Credential=id"),
    ],
)
def test_credentials_of_options_and_environment(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], environment: dict[str, str], expected: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert authorization(**given) == expected


NO_CREDENTIALS = (
    "No credentials: set access_key_id and access_key_password, or api_token, as options or as environment variables "
    "ZENLAYERCLOUD_ACCESS_KEY_ID and ZENLAYERCLOUD_ACCESS_KEY_PASSWORD, or ZENLAYER_TOKEN."
)
NO_PASSWORD = (
    "access_key_id is given without access_key_password: set the option access_key_password or the environment "
    "variable ZENLAYERCLOUD_ACCESS_KEY_PASSWORD."
)
NO_ID = (
    "access_key_password is given without access_key_id: set the option access_key_id or the environment variable "
    "ZENLAYERCLOUD_ACCESS_KEY_ID."
)
BOTH = "Both kinds of credentials are given: use either api_token or access_key_id with access_key_password."


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ({}, {}, NO_CREDENTIALS),
        ({"access_key_id": " ", "access_key_password": "", "api_token": " "}, {}, NO_CREDENTIALS),
        ({"access_key_id": "id"}, {}, NO_PASSWORD),
        ({}, {"ZENLAYER_ACCESS_KEY_ID": "id"}, NO_PASSWORD),
        ({"access_key_password": "pw"}, {}, NO_ID),
        ({}, {"ZENLAYER_ACCESS_KEY_ID": "id", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD": "pw"}, NO_ID),
        ({**PAIR, "api_token": "t"}, {}, BOTH),
        ({"access_key_id": "id", "api_token": "t"}, {}, BOTH),
        ({}, {**TERRAFORM, **TOKEN}, BOTH),
        ({}, {**CLI, **TOKEN}, BOTH),
    ],
)
def test_credentials_that_are_not_clear_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], environment: dict[str, str], expected: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as refused:
        authorization(**given)
    assert refused.value.message == expected
    assert refused.value.provider == "Zenlayer"


def test_kinds_of_credentials() -> None:
    params = dict.fromkeys(OPTIONS)
    assert isinstance(credentials({**params, **PAIR}), Zc2Auth)
    assert isinstance(credentials({**params, "api_token": "t"}), BearerAuth)


def test_secrets_are_marked_as_such() -> None:
    assert {name for name, spec in OPTIONS.items() if spec["no_log"]} == {"access_key_password", "api_token"}


def test_url_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    params: dict[str, Any] = {}
    monkeypatch.setenv("ZENLAYERCLOUD_API_URL", "http://127.0.0.1:8080")
    set_fallbacks(OPTIONS, params)
    assert params["api_url"] == "http://127.0.0.1:8080"
    assert OPTIONS["api_url"]["default"] == "https://console.zenlayer.com"


# ---- Options of the module ----

DEFAULTS = {
    **dict.fromkeys(["domain_ids", "domain_names", "all_covered", "certificate_label", "resource_group_id"]),
    "certificate_id": "new",
    "allow_no_match": False,
    "rollback": False,
    "api_url": "https://console.zenlayer.com",
    "api_token": "token",
    "access_key_id": None,
    "access_key_password": None,
}


def bindings(concurrency: int = 4, **params: Any) -> DomainBindings:
    if params.get("certificate_label") is not None:
        params["certificate_id"] = None
    return DomainBindings({**DEFAULTS, **params}, Settings(concurrency=concurrency), Redactor())


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"domain_ids": []}, "domain_ids is an empty list; name at least one."),
        ({"domain_ids": ["d-1", " "]}, "domain_ids contains a blank value."),
        ({"domain_ids": ["d-1", " d-1 "]}, "domain_ids contains 'd-1' more than once."),
        ({"domain_names": []}, "domain_names is an empty list; name at least one."),
        ({"domain_names": ["a.example", "A.example."]}, "domain_names contains 'A.example.' more than once."),
        ({"domain_names": ["."]}, "domain_names contains a blank value."),
        ({"all_covered": False}, "all_covered is false, and nothing else says which domains are meant."),
        ({"all_covered": True, "certificate_id": " "}, "certificate_id is blank."),
        ({"all_covered": True, "certificate_label": ""}, "certificate_label is blank."),
        ({"all_covered": True, "resource_group_id": " "}, "resource_group_id is blank."),
        ({"all_covered": True, "api_token": None}, NO_CREDENTIALS),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_any_call(
    account: Account, params: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InputError) as refused:
        bindings(**params)
    assert refused.value.message == expected
    assert account.calls == []


# ---- Select ----


def refusal(**params: Any) -> InputError:
    with pytest.raises(InputError) as refused:
        bindings(**params).select()
    assert refused.value.provider == "Zenlayer"
    return refused.value


def test_certificate_is_found_by_id(account: Account) -> None:
    resource = bindings(domain_ids=["d-www"], certificate_id=" new ")
    resource.select()
    assert resource.certificate is not None
    assert resource.certificate.certificate_id == "new"
    assert account.calls[0].body["certificateIds"] == ["new"]


def test_certificate_is_found_by_its_whole_label(account: Account) -> None:
    account.certificate("newer", "*.example.com", certificateLabel="label-new-2")
    resource = bindings(domain_ids=["d-www"], certificate_label=" label-new ")
    resource.select()
    assert resource.certificate is not None
    assert resource.certificate.certificate_id == "new"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"certificate_id": "unknown"}, "certificate_id: 'unknown' is not a certificate of this account."),
        ({"certificate_label": "label"}, "certificate_label: 'label' is not a certificate of this account."),
        ({"certificate_label": "LABEL-NEW"}, "certificate_label: 'LABEL-NEW' is not a certificate of this account."),
    ],
)
def test_unknown_certificate_is_refused(account: Account, params: dict[str, Any], expected: str) -> None:
    error = refusal(domain_ids=["d-www"], **params)
    assert (error.message, error.code) == (expected, "NotFound")


def test_label_of_several_certificates_is_refused_with_their_ids(account: Account) -> None:
    account.certificate("another", "*.example.com", certificateLabel="label-new")
    error = refusal(domain_ids=["d-www"], certificate_label="label-new")
    assert error.code == "Ambiguous"
    assert error.message == (
        "certificate_label: 'label-new' matches 2 certificates (another, new); use certificate_id."
    )


@pytest.mark.parametrize(
    "more",
    [{"expired": True, "endTime": "2020-02-03T04:05:06Z"}, {"expired": False, "endTime": "2020-02-03T04:05:06Z"}],
)
def test_expired_certificate_is_refused(account: Account, more: dict[str, Any]) -> None:
    account.certificate("stale", "*.example.com", **more)
    error = refusal(domain_ids=["d-www"], certificate_id="stale")
    assert error.code == "CertificateExpired"
    assert error.message == "certificate label-stale (stale) has expired (2020-02-03T04:05:06Z); nothing was changed."


def test_domains_are_selected_by_id_in_the_order_asked_for(account: Account) -> None:
    for number in range(5):
        account.domain(f"d-{number}", f"w{number}.example.com")
    assert bindings(domain_ids=["d-3", " d-www", "d-0"]).select() == ["d-3", "d-www", "d-0"]
    assert account.count("DescribeDomains") == 1


def test_unknown_ids_are_refused_by_name(account: Account) -> None:
    error = refusal(domain_ids=["d-2", "d-www", "d-1"])
    assert (error.message, error.code) == ("domain_ids: no such domain in this account: d-2, d-1.", "NotFound")


def test_many_ids_are_looked_up_in_chunks(account: Account) -> None:
    ids = [f"d-{number}" for number in range(250)]
    for domain_id in ids:
        account.domain(domain_id, f"{domain_id}.example.com")
    assert bindings(domain_ids=ids).select() == ids
    asked = [call.body["domainIds"] for call in account.calls if call.action == "DescribeDomains"]
    assert sorted(map(len, asked)) == [50, 100, 100]
    assert sorted(key for batch in asked for key in batch) == sorted(ids)


def test_domains_are_selected_by_name(account: Account) -> None:
    account.domain("d-shop", "Shop.Example.com")
    account.domain("d-old", "old.shop.example.com")
    selected = bindings(domain_names=["SHOP.example.com.", "www.example.com"]).select()
    assert selected == ["d-shop", "d-www"]
    assert sorted(call.body["domainName"] for call in account.calls[1:]) == ["shop.example.com", "www.example.com"]


def test_many_names_are_found_in_one_list(account: Account) -> None:
    names = [f"w{number}.example.com" for number in range(6)]
    for name in names:
        account.domain(f"d-{name}", name)
    assert bindings(domain_names=names).select() == [f"d-{name}" for name in names]
    assert [call.body.get("domainName") for call in account.calls[1:]] == [None]


def test_pattern_selects_one_label(account: Account) -> None:
    account.domain("d-shop", "shop.example.com")
    account.domain("d-deep", "a.shop.example.com")
    account.domain("d-apex", "example.com")
    account.domain("d-wild", "*.example.com")
    assert bindings(domain_names=["*.example.com"]).select() == ["d-www", "d-shop", "d-wild"]


def test_domain_that_is_named_twice_is_selected_once(account: Account) -> None:
    account.domain("d-shop", "shop.example.com")
    assert bindings(domain_names=["shop.example.com", "*.example.com"]).select() == ["d-shop", "d-www"]


def test_name_of_several_domains_is_refused_with_their_ids(account: Account) -> None:
    account.domain("d-2", "www.example.com")
    error = refusal(domain_names=["www.example.com"])
    assert error.code == "Ambiguous"
    assert error.message == "domain_names: 'www.example.com' matches 2 domains (d-2, d-www); use domain_ids."


def test_names_that_match_nothing_are_refused(account: Account) -> None:
    error = refusal(domain_names=["www.example.com", "ample.com", "*.example.org"])
    assert error.code == "NotFound"
    assert error.message == "domain_names: no domain of this account matches: ample.com, *.example.org."


def test_names_that_match_nothing_are_fine_where_the_options_say_so(account: Account) -> None:
    assert bindings(domain_names=["gone.example.com", "www.example.com"], allow_no_match=True).select() == ["d-www"]
    assert bindings(domain_names=["gone.example.com"], allow_no_match=True).select() == []


def test_all_covered_domains_are_selected(account: Account) -> None:
    account.domain("d-apex", "EXAMPLE.com")
    account.domain("d-deep", "a.b.example.com")
    account.domain("d-else", "www.example.org")
    account.domain("d-wild", "*.example.com")
    assert bindings(all_covered=True).select() == ["d-www", "d-apex", "d-wild"]


def test_no_covered_domain_is_refused(account: Account) -> None:
    account.certificate("org", "*.example.org", "example.org")
    error = refusal(all_covered=True, certificate_id="org")
    assert error.code == "NoMatch"
    assert error.message == (
        "all_covered: no domain is covered by certificate label-org (org) (*.example.org, example.org)."
    )


def test_no_covered_domain_is_fine_where_the_options_say_so(account: Account) -> None:
    account.certificate("org", "*.example.org")
    assert bindings(all_covered=True, certificate_id="org", allow_no_match=True).select() == []


@pytest.mark.parametrize(
    "domains",
    [
        {"domain_ids": ["d-www"]},
        {"domain_names": ["www.example.com"]},
        {"domain_names": ["*.example.com"]},
        {"all_covered": True},
    ],
)
def test_resource_group_narrows_the_search(account: Account, domains: dict[str, Any]) -> None:
    account.domains["d-www"]["resourceGroupId"] = "rg-1"
    account.certificates[0]["resourceGroupId"] = "rg-1"
    account.certificate("twin", "*.example.com", certificateLabel="label-new", resourceGroupId="rg-2")
    assert bindings(certificate_label="label-new", resource_group_id=" rg-1 ", **domains).select() == ["d-www"]
    assert all(call.body["resourceGroupId"] == "rg-1" for call in account.calls)


@pytest.mark.parametrize(
    ("action", "domains"),
    [
        ("DescribeCertificates", {"domain_ids": ["d-www"]}),
        ("DescribeDomains", {"domain_ids": ["d-www"]}),
        ("DescribeDomains", {"domain_names": ["www.example.com"]}),
        ("DescribeDomains", {"domain_names": ["*.example.com"]}),
        ("DescribeDomains", {"all_covered": True}),
    ],
)
def test_search_that_fails_ends_the_task(account: Account, action: str, domains: dict[str, Any]) -> None:
    account.faults = {(action, ""): [ApiError("down", code="DOWN")]}
    with pytest.raises(ApiError, match="down"):
        bindings(**domains).select()


def test_plan_needs_a_selection(account: Account) -> None:
    with pytest.raises(RuntimeError, match=r"select\(\) comes first"):
        bindings(domain_ids=["d-www"]).plan("d-www", WWW)


# ---- Whole runs ----


def run(account: Account, *, wait: float | None = 60, check_mode: bool = False, **params: Any) -> dict[str, Any]:
    """The module's own part of the result."""
    account.check_mode = check_mode
    resource = bindings(
        **(params if {"domain_names", "all_covered"} & set(params) else {"domain_ids": ["d-www"], **params})
    )
    waiting = None if wait is None else Waiting(wait, 10)
    return resource.report(
        Reconciliation[Domain](resource, check_mode=check_mode, waiting=waiting, concurrency=4).run()
    )


def only(result: dict[str, Any]) -> dict[str, Any]:
    [row] = result["domains"]
    return row  # type: ignore[no-any-return]


def test_bound_certificate_is_told_in_a_row(account: Account) -> None:
    row = only(run(account))
    assert 10 <= row.pop("seconds") <= 12
    assert row.pop("request_id").startswith("T-")
    assert row == {
        "domain_id": "d-www",
        "domain_name": "www.example.com",
        "cname": "www.example.com.cdn.example.net",
        "changed": True,
        "outcome": "bound",
        "certificate_id": "new",
        "previous_certificate_id": "old",
        "config_status": "DEPLOYED",
        "domain_status": "ENABLED",
        "error": None,
    }
    assert account.writes == [("d-www", "new")]


def test_second_run_changes_nothing_and_costs_three_calls(account: Account) -> None:
    run(account)
    account.calls.clear()
    result = run(account)
    assert (only(result)["outcome"], only(result)["changed"]) == ("unchanged", False)
    assert (only(result)["certificate_id"], only(result)["previous_certificate_id"]) == ("new", "new")
    assert [call.action for call in account.calls] == [
        "DescribeCertificates",
        "DescribeDomains",
        "DescribeDomainCertificate",
    ]


def test_domain_without_certificate_gets_one(account: Account) -> None:
    account.bound["d-www"] = None
    result = run(account)
    assert (only(result)["outcome"], only(result)["previous_certificate_id"]) == ("bound", None)
    assert result["diff"][0]["before"] == {"certificate_id": None, "config_status": "DEPLOYED"}


def test_failed_rollout_of_the_wanted_certificate_is_applied_again(account: Account) -> None:
    account.domain("d-www", "www.example.com", "new", config_status="FAILED")
    row = only(run(account))
    assert (row["outcome"], row["changed"], row["previous_certificate_id"]) == ("reapplied", True, "new")


def test_check_mode_predicts_without_a_write(account: Account) -> None:
    account.domain("d-new", "new.example.com", "new")
    account.domain("d-bad", "bad.example.com", "new", config_status="FAILED")
    result = run(account, check_mode=True, all_covered=True)
    assert [(row["outcome"], row["certificate_id"]) for row in result["domains"]] == [
        ("would_bind", "new"),
        ("unchanged", "new"),
        ("would_bind", "new"),
    ]
    assert account.writes == []
    assert result["summary"] == {
        "total": 3,
        "changed": 2,
        "unchanged": 1,
        "failed": 0,
        "pending": 0,
        "rolled_back": 0,
    }


def test_nobody_waits_where_the_options_say_so(account: Account, clock: FakeClock) -> None:
    result = run(account, wait=None)
    assert (only(result)["outcome"], only(result)["changed"]) == ("pending", True)
    assert result["summary"]["pending"] == 1
    assert clock.sleeps == []


def test_polls_ask_for_all_domains_at_once(account: Account, clock: FakeClock) -> None:
    for number in range(150):
        account.domain(f"d-{number}", f"w{number}.example.com", "old")
    result = run(account, all_covered=True)
    assert result["summary"]["changed"] == 151
    polls = [call for call in account.calls if call.action == "DescribeDomains" and "domainIds" in call.body]
    assert len(polls) == 2 * len(clock.sleeps)
    assert account.count("DescribeDomainCertificate") == 151


def test_certificate_is_told_even_without_domains(account: Account) -> None:
    result = run(account, domain_names=["gone.example.com"], allow_no_match=True)
    assert result["certificate"]["certificate_id"] == "new"
    assert result["certificate"]["days_left"] == 30
    assert result["domains"] == result["diff"] == []
    assert set(result["summary"].values()) == {0}


def test_domain_that_is_not_covered_stops_all(account: Account) -> None:
    account.domain("d-org", "www.example.org", "old")
    result = run(account, domain_names=["*.example.com", "*.example.org"])
    [fine, refused] = result["domains"]
    assert (fine["outcome"], fine["error"]) == ("unchanged", None)
    assert (refused["outcome"], refused["changed"]) == ("failed", False)
    assert refused["error"]["message"] == (
        "certificate label-new (new) does not cover domain www.example.org (d-org); it is valid for *.example.com, "
        "example.com. Nothing was changed."
    )
    assert account.writes == []


def test_domain_whose_binding_cannot_be_read_does_not_hide_the_others(account: Account) -> None:
    account.domain("d-shop", "shop.example.com", "old")
    account.faults = {("DescribeDomainCertificate", "d-www"): [ApiError("forbidden", code="NO")]}
    [failed, bound] = run(account, all_covered=True)["domains"]
    assert (failed["outcome"], failed["error"]["code"], failed["changed"]) == ("failed", "NO", False)
    assert (failed["certificate_id"], failed["previous_certificate_id"]) == (None, None)
    assert bound["outcome"] == "bound"


def test_write_that_is_refused_is_told_in_its_row(account: Account) -> None:
    account.faults = {("ModifyDomainCertificate", "d-www"): [ApiError("no", code="NO", outcome=Outcome.REFUSED)]}
    result = run(account)
    row = only(result)
    assert (row["outcome"], row["changed"], row["certificate_id"]) == ("failed", False, "old")
    assert row["error"]["code"] == "NO"
    assert (result["summary"]["failed"], result["summary"]["unchanged"], result["diff"]) == (1, 0, [])


@pytest.mark.parametrize("executed", [True, False])
def test_write_whose_answer_is_lost_is_found_out(account: Account, executed: bool) -> None:
    lost = ApiError("lost", code="Timeout", outcome=Outcome.UNKNOWN)
    account.faults = {("ModifyDomainCertificate", "d-www"): [lost]}
    account.executes_faulty_writes = executed
    row = only(run(account))
    assert (row["outcome"], row["changed"], row["certificate_id"]) == ("bound", True, "new")
    assert account.count("ModifyDomainCertificate") == (1 if executed else 2)


def test_failed_rollout_is_told_with_both_states(account: Account) -> None:
    account.ends = {("d-www", "new"): "FAILED"}
    row = only(run(account))
    assert (row["outcome"], row["changed"], row["certificate_id"]) == ("failed", True, "new")
    assert row["config_status"] == "FAILED"
    assert row["error"] == {
        "provider": "Zenlayer",
        "action": "ModifyDomainCertificate",
        "code": "RolloutFailed",
        "message": (
            "domain www.example.com (d-www): the rollout of certificate new has failed (configStatus 'FAILED', "
            "domainStatus 'ENABLED'). Run again to wait for it or to apply it again."
        ),
        "http_status": None,
        "request_id": row["request_id"],
        "outcome": "refused",
    }


def test_rollout_that_does_not_end_in_time_is_told(account: Account) -> None:
    account.duration = 1000
    result = run(account)
    row = only(result)
    assert (row["outcome"], row["changed"], row["seconds"]) == ("timeout", True, 60)
    assert (row["error"]["code"], row["error"]["outcome"]) == ("Timeout", "unknown")
    assert row["error"]["message"] == (
        "domain www.example.com (d-www): the rollout of certificate new has not ended within 60 s (wait_timeout) "
        "(configStatus 'DEPLOYING', domainStatus 'ENABLED'). Run again to wait for it or to apply it again."
    )
    assert (result["summary"]["pending"], result["summary"]["failed"]) == (1, 1)


def test_rollout_that_ran_before_is_waited_for(account: Account) -> None:
    account.roll_out("d-www", "other")
    row = only(run(account))
    assert (row["outcome"], row["previous_certificate_id"]) == ("bound", "other")
    assert row["seconds"] >= 20


def test_rollout_that_ran_before_and_does_not_end_is_told(account: Account) -> None:
    account.duration = 1000
    account.roll_out("d-www", "other")
    row = only(run(account))
    assert (row["outcome"], row["changed"], row["certificate_id"]) == ("timeout", False, "other")
    assert row["error"]["action"] == "DescribeDomains"
    assert row["error"]["message"] == (
        "domain www.example.com (d-www): a rollout that was running before has not ended within 60 s (wait_timeout) "
        "(configStatus 'DEPLOYING', domainStatus 'ENABLED'). Run again when it has ended."
    )
    assert account.writes == []


def test_certificate_that_somebody_else_bound_meanwhile_is_told_as_bound(account: Account, clock: FakeClock) -> None:
    account.roll_out("d-www", "other")
    polls = account._DescribeDomains

    def poll(body: Mapping[str, Any]) -> dict[str, Any]:
        if clock.now() > 1010:
            account.bound["d-www"] = "new"
        return polls(body)

    account._DescribeDomains = poll  # type: ignore[method-assign]
    row = only(run(account))
    assert (row["outcome"], row["changed"]) == ("unchanged", False)
    assert (row["previous_certificate_id"], row["certificate_id"]) == ("other", "new")
    assert account.writes == []


def test_domain_that_vanishes_while_it_is_waited_for_is_told(account: Account) -> None:
    polls = account._DescribeDomains

    def poll(body: Mapping[str, Any]) -> dict[str, Any]:
        if account.writes:
            account.domains.clear()
        return polls(body)

    account._DescribeDomains = poll  # type: ignore[method-assign]
    row = only(run(account))
    assert (row["outcome"], row["changed"], row["error"]["code"]) == ("failed", True, "NotFound")
    assert row["error"]["message"] == "domain www.example.com (d-www) was not found."


def test_poll_that_fails_does_not_end_the_wait(account: Account) -> None:
    down = ApiError("down", outcome=Outcome.UNKNOWN)
    account.faults = {("DescribeDomains", ""): []}
    modify = account._ModifyDomainCertificate

    def modify_and_break_polls(body: Mapping[str, Any]) -> None:
        account.faults["DescribeDomains", ""] = [down, down]
        modify(body)

    account._ModifyDomainCertificate = modify_and_break_polls  # type: ignore[method-assign]
    assert only(run(account))["outcome"] == "bound"


# ---- Rolling back ----


def test_failed_rollout_is_rolled_back(account: Account) -> None:
    account.ends = {("d-www", "new"): "FAILED"}
    result = run(account, rollback=True)
    row = only(result)
    assert account.writes == [("d-www", "new"), ("d-www", "old")]
    assert (row["outcome"], row["changed"]) == ("rolled_back", False)
    assert (row["certificate_id"], row["previous_certificate_id"], row["config_status"]) == ("old", "old", "DEPLOYED")
    assert row["error"]["code"] == "RolloutFailed"
    assert result["summary"] == {
        "total": 1,
        "changed": 0,
        "unchanged": 0,
        "failed": 1,
        "pending": 0,
        "rolled_back": 1,
    }
    assert result["diff"] == []


def test_rollback_after_a_lost_answer_is_told_with_the_certificate_that_is_bound_again(account: Account) -> None:
    account.ends = {("d-www", "new"): "FAILED"}
    account.faults = {("ModifyDomainCertificate", "d-www"): [ApiError("lost", outcome=Outcome.UNKNOWN)]}
    account.executes_faulty_writes = True
    row = only(run(account, rollback=True))
    assert (row["outcome"], row["changed"], row["certificate_id"]) == ("rolled_back", False, "old")


def test_rollback_that_fails_is_told(account: Account) -> None:
    account.ends = {("d-www", "new"): "FAILED", ("d-www", "old"): "FAILED"}
    row = only(run(account, rollback=True))
    assert (row["outcome"], row["changed"]) == ("failed", True)
    assert (
        "Rolling it back failed too: domain www.example.com (d-www): the rollout of certificate old has failed"
        in (row["error"]["message"])
    )


def test_rollout_that_does_not_end_is_rolled_back(account: Account) -> None:
    account.duration = 100
    row = only(run(account, rollback=True, wait=90))
    assert account.writes == [("d-www", "new"), ("d-www", "old")]
    assert row["outcome"] == "failed"
    assert "Rolling it back failed too" in row["error"]["message"]


def test_nothing_is_bound_back_where_nothing_was_bound(account: Account) -> None:
    account.bound["d-www"] = None
    account.ends = {("d-www", "new"): "FAILED"}
    row = only(run(account, rollback=True))
    assert account.writes == [("d-www", "new")]
    assert (row["outcome"], row["changed"]) == ("failed", True)
    assert row["error"]["message"].endswith("There was no certificate before to roll back to.")


def test_reapplied_certificate_is_not_rolled_back_to_itself(account: Account) -> None:
    account.domain("d-www", "www.example.com", "new", config_status="FAILED")
    account.ends = {("d-www", "new"): "FAILED"}
    assert only(run(account, rollback=True))["outcome"] == "failed"
    assert account.writes == [("d-www", "new")]


def test_nothing_is_rolled_back_unasked(account: Account) -> None:
    account.ends = {("d-www", "new"): "FAILED"}
    run(account)
    assert account.writes == [("d-www", "new")]


# ---- The diff ----


def test_diff_shows_fingerprints_of_what_is_bound_before_and_after(account: Account) -> None:
    account.domain("d-new", "new.example.com", "new")
    result = run(account, all_covered=True)
    ends = result["certificate"]["not_after"]
    assert result["diff"] == [
        {
            "before_header": "domain www.example.com (d-www)",
            "after_header": "domain www.example.com (d-www)",
            "before": {
                "config_status": "DEPLOYED",
                "certificate_id": "old",
                "certificate_label": "label-old",
                "fingerprint": "ab" * 20,
                "not_after": ends,
            },
            "after": {
                "config_status": "DEPLOYED",
                "certificate_id": "new",
                "certificate_label": "label-new",
                "fingerprint": "ab" * 20,
                "not_after": ends,
            },
        }
    ]


def test_diff_of_check_mode_is_that_of_the_run(account: Account) -> None:
    predicted = run(account, check_mode=True)["diff"]
    assert run(account)["diff"] == predicted


def test_diff_of_a_reapplied_certificate_shows_the_status(account: Account) -> None:
    account.domain("d-www", "www.example.com", "new", config_status="FAILED")
    [diff] = run(account)["diff"]
    assert (diff["before"]["config_status"], diff["after"]["config_status"]) == ("FAILED", "DEPLOYED")
    assert diff["before"]["certificate_id"] == diff["after"]["certificate_id"] == "new"
