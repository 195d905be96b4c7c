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

from ansible_collections.certops.cdn.plugins.module_utils._tencent import Status
from ansible_collections.certops.cdn.plugins.module_utils._tencent_cert_info import Details, Filters
from ansible_collections.certops.cdn.plugins.modules.tencent_cert_info import main
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import LocalServer, Received, json_answer

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)

ROW: dict[str, Any] = {
    "CertificateId": "abc",
    "Domain": "www.example.com",
    "SubjectAltName": ["www.example.com", "*.shop.example.com"],
    "Alias": "shop",
    "Status": 1,
    "StatusName": "some word",
    "StatusMsg": "CA-REVIEWING",
    "From": "trustasia",
    "CertificateType": "SVR",
    "PackageTypeName": "OV SSL",
    "ProductZhName": "another name",
    "VerifyType": "DNS",
    "CertBeginTime": "2025-01-02 10:00:00",
    "CertEndTime": "2026-01-31 07:59:59",
    "InsertTime": "2025-01-01 07:30:00",
    "RenewAble": True,
    "AutoRenewFlag": 1,
    "Deployable": False,
    "ProjectId": "0",
    "Tags": [{"TagKey": "team", "TagValue": "web"}],
    "SubmittedData": {"KeyPassword": "CANARY"},
    "CertificatePrivateKey": "CANARY",
    "OwnerUin": "CANARY",
}


def row(**changed: Any) -> dict[str, Any]:
    return Details.parse({**ROW, **changed}).as_result(NOW)


# ---- Rows ------------------------------------------------------------------------------------------------------------


def test_a_row_has_our_names_and_times_and_nothing_personal() -> None:
    assert row() == {
        "certificate_id": "abc",
        "alias": "shop",
        "domain": "www.example.com",
        "sans": ["www.example.com", "*.shop.example.com"],
        "status": 1,
        "status_name": "issued",
        "status_message": "CA-REVIEWING",
        "resubmittable": False,
        "source": "bought",
        "certificate_authority": "trustasia",
        "certificate_type": "server",
        "product_name": "OV SSL",
        "validation_method": "DNS",
        "not_before": "2025-01-02T02:00:00Z",
        "not_after": "2026-01-30T23:59:59Z",
        "days_left": 29,
        "created": "2024-12-31T23:30:00Z",
        "renewable": True,
        "auto_renew": True,
        "deployable": False,
        "project_id": "0",
        "tags": {"team": "web"},
    }
    assert "CANARY" not in repr(Details.parse(ROW))


def test_everything_can_be_missing_but_the_id() -> None:
    sparse = Details.parse({"CertificateId": "abc"}).as_result(NOW)
    assert set(sparse) == set(row())
    assert (sparse["certificate_id"], sparse["sans"], sparse["tags"], sparse["resubmittable"]) == ("abc", [], {}, False)
    assert {value for value in sparse.values() if not isinstance(value, (str, list, dict, bool))} == {None}


@pytest.mark.parametrize(
    ("changed", "key", "value"),
    [
        ({"Status": 16}, "status_name", None),
        ({"Status": "2"}, "status", 2),
        ({"From": "upload"}, "source", "uploaded"),
        ({"From": "upload"}, "certificate_authority", None),
        ({"From": None}, "source", None),
        ({"CertificateType": "CA"}, "certificate_type", "client"),
        ({"CertificateType": "NEW"}, "certificate_type", "NEW"),
        ({"PackageTypeName": None}, "product_name", "another name"),
        ({"StatusMsg": ""}, "status_message", None),
        ({"CertEndTime": None}, "days_left", None),
        ({"CertEndTime": "0001-01-01 00:00:00"}, "not_after", None),
        ({"CertEndTime": "2025-12-31 23:00:00"}, "days_left", -1),
        ({"AutoRenewFlag": 0}, "auto_renew", False),
        ({"AutoRenewFlag": None}, "auto_renew", None),
        ({"RenewAble": "yes"}, "renewable", None),
        ({"ProjectId": 7}, "project_id", "7"),
        ({"Tags": None}, "tags", {}),
        ({"Status": 2}, "resubmittable", True),
        ({"Status": 7}, "resubmittable", True),
        ({"Status": 7, "From": "upload"}, "resubmittable", False),
        ({"Status": 5}, "resubmittable", False),
    ],
)
def test_single_fields(changed: dict[str, Any], key: str, value: object) -> None:
    assert row(**changed)[key] == value


# ---- Filters ---------------------------------------------------------------------------------------------------------

OPTIONS: dict[str, Any] = dict.fromkeys(
    ("certificate_ids", "domains", "alias", "statuses", "expires_within", "resubmittable")
)


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({}, True),
        ({"domains": ["www.example.com"]}, True),
        ({"domains": ["WWW.Example.Com."]}, True),
        ({"domains": ["*.example.com"]}, True),
        ({"domains": ["a.shop.example.com"]}, False),
        ({"domains": ["*.shop.example.com"]}, True),
        ({"domains": ["nobody.example.com", "*shop*"]}, True),
        ({"alias": "shop"}, True),
        ({"alias": "sho"}, False),
        ({"alias": "s*"}, True),
        ({"statuses": ["issued", "rejected"]}, True),
        ({"statuses": ["rejected"]}, False),
        ({"expires_within": 29}, True),
        ({"expires_within": 28}, False),
        ({"resubmittable": True}, False),
        ({"resubmittable": False}, True),
        ({"domains": ["www.example.com"], "alias": "other"}, False),
    ],
)
def test_a_certificate_has_to_pass_all_filters(options: dict[str, Any], passes: bool) -> None:
    assert Filters.from_options({**OPTIONS, **options}).passes(Details.parse(ROW), NOW) is passes


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        ({}, None),
        ({"resubmittable": False}, None),
        ({"resubmittable": True}, {Status.REJECTED, Status.CANCELLED}),
        ({"resubmittable": True, "statuses": ["rejected", "issued"]}, {Status.REJECTED}),
        ({"resubmittable": True, "statuses": ["issued"]}, set()),
        ({"statuses": ["issued"]}, {Status.ISSUED}),
    ],
)
def test_statuses_that_the_provider_is_asked_for(options: dict[str, Any], statuses: set[Status] | None) -> None:
    assert Filters.from_options({**OPTIONS, **options}).wanted_statuses() == statuses


# ---- Whole runs ------------------------------------------------------------------------------------------------------


class Account:
    """DescribeCertificates over HTTP, as strict as is needed here."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.bodies: list[dict[str, Any]] = []
        self.broken_offset: int | None = None

    def answer(self, _connection: socket.socket, request: Received) -> bytes:
        assert request.headers["x-tc-action"] == "DescribeCertificates"
        body = request.json()
        self.bodies.append(body)
        if body["Offset"] == self.broken_offset:
            return json_answer({"Response": {"Error": {"Code": "UnauthorizedOperation", "Message": "No."}}})
        assert len(body.get("CertIds", [])) <= 50
        found = [
            item
            for item in self.rows
            if item["CertificateId"] in body.get("CertIds", [item["CertificateId"]])
            and item["Status"] in body.get("CertificateStatus", [item["Status"]])
        ]
        page = found[body["Offset"] :][: body["Limit"]]
        return json_answer({"Response": {"TotalCount": len(found), "Certificates": page or None, "RequestId": "r"}})


Query = Callable[..., dict[str, Any]]


def numbered(count: int, **changed: Any) -> list[dict[str, Any]]:
    return [
        {**ROW, "CertificateId": f"c{number}", "Domain": f"d{number}.example.com", **changed} for number in range(count)
    ]


@pytest.fixture
def account() -> Account:
    return Account(*numbered(250))


@pytest.fixture
def query(play: Callable[..., dict[str, Any]], serve: Callable[..., LocalServer], account: Account) -> Query:
    """Run the module against the account."""
    url = serve(account.answer).url

    def run(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {"api_url": url, "secret_id": "id", "secret_key": "a-secret-key", "rate_limit": 10000, **options}
        result = play(main, given, check_mode=check_mode)
        assert not result.get("changed")
        told = {key: value for key, value in result.items() if key != "invocation"}
        assert "CANARY" not in json.dumps(told)
        assert "a-secret-key" not in json.dumps(told)
        return result

    return run


def ids(result: dict[str, Any]) -> list[str]:
    return [item["certificate_id"] for item in result["certificates"]]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_all_pages_are_read_once(query: Query, account: Account, concurrency: int, check_mode: bool) -> None:
    result = query(concurrency=concurrency, check_mode=check_mode)
    assert ids(result) == [f"c{number}" for number in range(250)]
    assert result["not_found"] == []
    assert sorted(body["Offset"] for body in account.bodies) == [0, 100, 200]
    assert {tuple(sorted(body)) for body in account.bodies} == {("Limit", "Offset")}


def test_the_provider_filters_by_status_and_is_not_believed(query: Query, account: Account) -> None:
    account.rows[3]["Status"] = 2
    assert ids(query(statuses=["rejected"])) == ["c3"]
    assert account.bodies == [{"CertificateStatus": [2], "Offset": 0, "Limit": 100}]
    account.bodies.clear()
    assert ids(query(resubmittable=True)) == ["c3"]
    assert account.bodies == [{"CertificateStatus": [2, 7], "Offset": 0, "Limit": 100}]
    account.bodies.clear()
    assert ids(query(resubmittable=True, status="issued")) == []
    assert account.bodies == []


def test_by_id_in_the_order_asked_for(query: Query, account: Account) -> None:
    wanted = [f"c{number}" for number in range(119, -1, -1)]
    result = query(certificate_ids=[*wanted, "nobody"])
    assert ids(result) == wanted
    assert result["not_found"] == ["nobody"]
    assert sorted(len(body["CertIds"]) for body in account.bodies) == [21, 50, 50]


def test_ids_and_other_filters(query: Query) -> None:
    result = query(certificate_ids=["c1", "c2"], domain="d2.*")
    assert (ids(result), result["not_found"]) == (["c2"], [])


def test_a_certificate_on_two_pages_is_told_once(query: Query, account: Account) -> None:
    account.rows[100] = account.rows[99]
    assert len(ids(query())) == 249


def test_a_page_that_cannot_be_read_does_not_hide_the_others(query: Query, account: Account) -> None:
    account.broken_offset = 100
    result = query()
    assert result["failed"]
    assert result["error"]["code"] == "UnauthorizedOperation"
    assert "the key needs the CAM permission ssl:DescribeCertificates" in result["msg"]
    assert ids(result) == [f"c{number}" for number in (*range(100), *range(200, 250))]


def test_ids_that_cannot_be_read_are_not_called_unknown(query: Query, account: Account) -> None:
    account.broken_offset = 0
    result = query(certificate_ids=["c1"])
    assert (result["failed"], ids(result), result["not_found"]) == (True, [], [])


@pytest.mark.parametrize("changed", [{"CertificateId": ""}, {"SubjectAltName": "x"}, {"Tags": [7]}, {"Alias": {}}])
def test_a_row_of_another_shape_is_an_error(query: Query, account: Account, changed: dict[str, Any]) -> None:
    account.rows = [{**ROW, **changed}]
    result = query(retries=0)
    assert result["error"]["code"] == "UnexpectedReply"
    assert "Traceback" not in result["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"certificate_ids": []}, "certificate_ids is an empty list"),
        ({"certificate_ids": ["a", " a"]}, "certificate_ids contains 'a' more than once"),
        ({"domains": [" "]}, "domains contains a blank value"),
        ({"domains": ["a.example.com", "A.example.com."]}, "domains contains 'A.example.com.' more than once"),
        ({"alias": " "}, "alias is blank"),
        ({"statuses": ["issued", "issued"]}, "statuses contains 'issued' more than once"),
        ({"statuses": ["fine"]}, "value of statuses must be one or more of: reviewing, issued"),
        ({"expires_within": -1}, "expires_within: -1 was given, but it must not be negative"),
        ({"concurrency": 0}, "concurrency: 0 was given"),
        ({"secret_key": ""}, "secret_id is given without secret_key"),
    ],
)
def test_bad_input_is_one_sentence_and_no_call(
    query: Query, account: Account, options: dict[str, Any], words: str
) -> None:
    assert words in query(**options)["msg"]
    assert account.bodies == []


def test_days_are_counted_from_now(query: Query, account: Account) -> None:
    china = timezone(timedelta(hours=8))
    ends = datetime.now(china) + timedelta(days=10, minutes=5)
    account.rows = [{**ROW, "CertEndTime": ends.strftime("%Y-%m-%d %H:%M:%S")}]
    assert [item["days_left"] for item in query(expires_within=10)["certificates"]] == [10]
    assert query(expires_within=9)["certificates"] == []
