# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from ansible.module_utils.common.parameters import set_fallbacks

from ansible_collections.certops.cdn.plugins.module_utils import _parallel
from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    CdnError,
    InputError,
    Outcome,
)
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._signing import BearerAuth, Zc2Auth
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import (
    OPTIONS,
    Certificate,
    Domain,
    Envelope,
    Rollout,
    Stored,
    Zenlayer,
    ZenlayerError,
    credentials,
    normalise_code,
    outcome_of,
)
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import (
    NOW,
    Account,
    certificate_info,
    domain_info,
)

CALL = Call("DescribeDomains", path="/api/v2/cdn")
WRITE = Call("ModifyDomainCertificate", path="/api/v2/cdn", writes=True)


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
        (500, "ANYTHING", Outcome.UNKNOWN),
        (499, "ANYTHING", Outcome.REFUSED),
    ],
)
def test_outcome_of_an_error(status: int, code: str, expected: Outcome) -> None:
    assert outcome_of(status, code) is expected


def opened(body: Any, status: int = 200, call: Call = CALL) -> Any:
    return Envelope().open(call, Reply(status, {}, json.dumps(body).encode()))


@pytest.mark.parametrize("call", [CALL, WRITE])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"requestId": "T-1", "response": {"requestId": "T-1", "a": 1}}, {"requestId": "T-1", "a": 1}),
        ({"response": {"requestId": "T-2", "a": 1}}, {"requestId": "T-2", "a": 1}),
        ({"requestId": "T-1", "response": {"requestId": "T-2"}}, {"requestId": "T-1"}),
        ({"requestId": "T-1", "code": "", "response": {}}, {"requestId": "T-1"}),
        ({"requestId": "T-1", "code": None, "response": {}}, {"requestId": "T-1"}),
        ({"response": {}}, {"requestId": None}),
    ],
)
def test_success_in_all_its_shapes(call: Call, body: Any, expected: dict[str, Any]) -> None:
    assert opened(body, call=call) == expected


@pytest.mark.parametrize("body", [{"requestId": "T-1"}, {"requestId": "T-1", "response": None}])
def test_only_a_write_may_be_answered_without_data(body: Any) -> None:
    assert opened(body, call=WRITE) == {"requestId": "T-1"}
    with pytest.raises(ValueError, match="expected a response, got none"):
        opened(body)


@pytest.mark.parametrize("call", [CALL, WRITE])
@pytest.mark.parametrize("body", [{}, {"message": "welcome"}, {"requestId": ""}, {"dataSet": [], "totalCount": 0}])
def test_any_other_object_is_no_success(call: Call, body: Any) -> None:
    with pytest.raises(ValueError, match="expected a response, got none"):
        opened(body, call=call)


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
            {"code": "AUTHFAILURE_SIGNATURE_FAILURE", "message": "no. "},
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


# ---- Actions (api/zenlayer.md 3) ----

STORED = Certificate.parse(certificate_info("c-1", "a.example"))
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
        (
            lambda api: api.delete_certificate(STORED),
            "DeleteCertificate",
            {"certificateId": "c-1"},
            True,
            "certificate label-c-1 (c-1)",
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


@pytest.mark.parametrize(
    ("act", "action", "body", "subject"),
    [
        (
            lambda api: api.create_certificate(
                "PEM", "KEY", label="x", resource_group_id="rg-1", subject="certificate x"
            ),
            "CreateCertificate",
            {
                "certificateContent": "PEM",
                "certificateKey": "KEY",
                "certificateLabel": "x",
                "resourceGroupId": "rg-1",
            },
            "certificate x",
        ),
        (
            lambda api: api.create_certificate("PEM", "KEY", label=None, resource_group_id=None, subject="certificate"),
            "CreateCertificate",
            {"certificateContent": "PEM", "certificateKey": "KEY"},
            "certificate",
        ),
        (
            lambda api: api.replace_certificate(STORED, "PEM", "KEY"),
            "ModifyCertificate",
            {"certificateId": "c-1", "certificateContent": "PEM", "certificateKey": "KEY"},
            "certificate label-c-1 (c-1)",
        ),
    ],
)
def test_uploads_are_made_as_documented_and_only_once(
    act: Callable[[Zenlayer], Any], action: str, body: dict[str, Any], subject: str
) -> None:
    client = Canned({"requestId": "T-1", "certificateId": "c-9"})
    assert act(zenlayer(client)) == Stored("c-9", "T-1")
    (call,) = client.calls
    assert (call.action, call.body, call.subject) == (action, body, subject)
    assert call.writes
    assert call.once


@pytest.mark.parametrize("data", [{}, {"certificateId": None}, {"certificateId": ""}, {"certificateId": "c-1"}])
def test_replaced_certificate_keeps_its_id_unless_another_one_is_told(data: dict[str, Any]) -> None:
    assert zenlayer(Canned(data)).replace_certificate(STORED, "PEM", "KEY").certificate_id == "c-1"


@pytest.mark.parametrize("data", [{}, {"certificateId": None}, {"certificateId": []}])
def test_uploaded_certificate_without_an_id_is_told(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        zenlayer(Canned(data)).create_certificate("PEM", "KEY", label=None, resource_group_id=None, subject="")


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
        ([{"totalCount": 0}], [], 1),
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


def test_what_is_no_list_is_not_taken_for_an_empty_one() -> None:
    for read in (lambda api: api.domains(), lambda api: api.certificates()):
        with pytest.raises(ValueError, match="expected dataSet or totalCount, got neither"):
            read(zenlayer(Canned({"requestId": "T-1", "message": "welcome"})))


def test_pages_of_a_whole_list_are_read_several_at_a_time(clock: FakeClock) -> None:
    account = Account(clock)
    for number in range(1234):
        account.domain(f"d-{number}", f"d{number}.example.com")
    domains = Zenlayer(account, concurrency=5).domains()  # type: ignore[arg-type]
    assert [domain.domain_id for domain in domains] == [f"d-{number}" for number in range(1234)]
    assert sorted(call.body["pageNum"] for call in account.calls) == list(range(1, 14))


def test_page_that_cannot_be_read_spoils_the_list(clock: FakeClock) -> None:
    account = Account(clock)
    for number in range(201):
        account.domain(f"d-{number}", f"d{number}.example.com")
    down = ApiError("Down.")
    account.faults = {("DescribeDomains", ""): [None, down]}  # type: ignore[list-item]
    with pytest.raises(ApiError, match=r"^Down\.$"):
        Zenlayer(account, concurrency=5).domains()  # type: ignore[arg-type]


def test_the_same_page_again_and_again_is_left() -> None:
    client = Canned(page("a", "b"))
    assert [domain.domain_id for domain in zenlayer(client).domains()] == ["a", "b"]
    assert len(client.calls) == 2


def test_pages_that_never_end_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parallel, "MAX_PAGES", 3)
    client = Canned(page("a"), page("b"), page("c"), page("d"))
    with pytest.raises(CdnError, match="more than 3 pages"):
        zenlayer(client).domains()
    assert len(client.calls) == 3


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
