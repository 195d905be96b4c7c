# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import responses

from ansible_collections.certops.cdn.plugins.module_utils._vdms_cert_request_info import Filters
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import Certificate, StatusReport
from ansible_collections.certops.cdn.plugins.modules import vdms_cert_request
from ansible_collections.certops.cdn.plugins.modules.vdms_cert_request_info import main
from ansible_collections.certops.cdn.tests.unit.plugins.vdms_cps import ORGANIZATION, SECRET, Cps, fields_of

NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)
DCV = "DomainControlValidation"

OPTIONS: dict[str, Any] = dict.fromkeys(
    (
        "certificate_ids",
        "certificate_label",
        "domains",
        "validation_types",
        "expires_within",
        "statuses",
        "requires_attention",
    )
)


# ---- Filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({}, True),
        ({"certificate_label": "shop-prod"}, True),
        ({"certificate_label": "shop"}, False),
        ({"certificate_label": "shop-*"}, True),
        ({"domains": ["WWW.example.org."]}, True),
        ({"domains": ["*.example.org"]}, True),
        ({"domains": ["*.example.com", "nobody.example.org"]}, False),
        ({"domains": ["old.example.org"]}, False),
        ({"validation_types": ["OV", "DV"]}, True),
        ({"validation_types": ["EV"]}, False),
        ({"expires_within": 30}, True),
        ({"expires_within": 29}, False),
    ],
)
def test_filters_on_what_a_list_tells(options: dict[str, Any], passes: bool) -> None:
    told = fields_of(1, "shop-prod", "shop.example.org", "www.example.org", "old.example.org")
    told["domains"][2]["status"] = "PendingDelete"
    assert Filters.from_options({**OPTIONS, **options}).pass_certificate(Certificate.parse(told), NOW) is passes


def test_a_certificate_that_is_not_issued_yet_does_not_expire() -> None:
    told = fields_of(1, "x", expiration_date="0001-01-01T00:00:00Z")
    assert not Filters.from_options({**OPTIONS, "expires_within": 999}).pass_certificate(Certificate.parse(told), NOW)


@pytest.mark.parametrize(
    ("options", "status", "attention", "passes"),
    [
        ({}, "Active", None, True),
        ({}, "Reviewing", None, True),
        ({}, "Deleted", None, False),
        ({"certificate_ids": [1]}, "Deleted", None, True),
        ({"certificate_ids": [1], "statuses": ["Active"]}, "Deleted", None, False),
        ({"certificate_label": "shop"}, "Deleted", None, False),
        ({"statuses": ["Deleted"]}, "deleted", None, True),
        ({"statuses": ["Active", "Deployment"]}, "ACTIVE", None, True),
        ({"statuses": ["Active"]}, "Reviewing", None, False),
        ({"requires_attention": True}, "Active", True, True),
        ({"requires_attention": True}, "Active", False, False),
        ({"requires_attention": True}, "Active", None, False),
        ({"requires_attention": False}, "Active", False, True),
        ({"requires_attention": False}, "Active", None, True),
        ({"requires_attention": False}, "Active", True, False),
        ({"requires_attention": True, "statuses": ["Active"]}, "Processing", True, False),
    ],
)
def test_filters_on_the_status(options: dict[str, Any], status: str, attention: bool | None, passes: bool) -> None:
    report = StatusReport(status, attention, "", None)
    assert Filters.from_options({**OPTIONS, **options}).pass_status(report) is passes


# ---- Runs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cps() -> Iterator[Cps]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield Cps(mocked)


Query = Callable[..., dict[str, Any]]


@pytest.fixture
def query(play: Callable[..., dict[str, Any]], cps: Cps) -> Query:
    """Run the module with credentials."""

    def of(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {"client_id": "a-client", "client_secret": SECRET, "retries": 0, "rate_limit": 10000, **options}
        result = play(main, given, check_mode=check_mode)
        assert not result.get("changed")
        assert cps.writes == []
        assert SECRET not in json.dumps({key: value for key, value in result.items() if key != "invocation"})
        return result

    return of


def ids(result: dict[str, Any]) -> list[int]:
    return [item["id"] for item in result["certificate_requests"]]


def asked(cps: Cps, path: str) -> int:
    return sum(re.fullmatch(path, call[1]) is not None for call in cps.calls)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_all_pages_and_the_status_of_each(cps: Cps, query: Query, concurrency: int, check_mode: bool) -> None:
    for number in range(1, 46):
        cps.add(number, f"shop-{number}")
    cps.requests[3].status = "Deleted"
    result = query(concurrency=concurrency, check_mode=check_mode)
    assert ids(result) == [number for number in range(1, 46) if number != 3]
    assert result["not_found"] == []
    assert (asked(cps, "/certificates"), asked(cps, r"/certificates/\d+/status")) == (3, 45)
    assert len(cps.calls) == 48
    assert len(cps.tokens) == 1


def test_rows_are_those_of_vdms_cert_request_and_some_more(
    cps: Cps, query: Query, play: Callable[..., dict[str, Any]]
) -> None:
    cps.add(7, "shop", "a.example.org", validation_type="EV", organization=ORGANIZATION, status=DCV, order="Pending")
    cps.requests[7].validations = {"a.example.org": "Pending"}
    credentials = {"client_id": "a-client", "client_secret": SECRET, "dns_zones": ["example.org"]}
    other = play(vdms_cert_request.main, {**credentials, "certificate_id": 7})
    for options in ({}, {"certificate_id": 7}, {"certificate_label": "shop"}, {"certificate_label": "s*"}):
        (row,) = query(**options, dns_zones=["example.org"])["certificate_requests"]
        assert row == {**other["certificate_request"], "dcv_records": other["dcv_records"], "error": None}
    assert row["organization"]["company_name"] == "Example Org Ltd"
    assert row["target_cname"] == "cs1.wpc.example.net"
    assert row["dcv_records"][0]["relative_name"] == "a"


def test_an_organization_is_read_only_where_there_can_be_one(cps: Cps, query: Query) -> None:
    cps.add(1, "dv")
    cps.add(2, "ov", validation_type="OV", organization=ORGANIZATION)
    rows = query()["certificate_requests"]
    assert [row["organization"] for row in rows] == [None, ORGANIZATION]
    assert asked(cps, "/certificates/1") == 0
    assert asked(cps, "/certificates/2") == 1


def test_what_the_list_tells_is_filtered_before_anything_else_is_read(cps: Cps, query: Query) -> None:
    for number in range(1, 31):
        cps.add(number, f"shop-{number}", f"d{number}.example.org")
    assert ids(query(domain="d7.*", certificate_label="shop-*")) == [7]
    assert asked(cps, r"/certificates/\d+/status") == 1


def test_a_label_without_a_star_is_looked_for(cps: Cps, query: Query) -> None:
    for number in range(1, 41):
        cps.add(number, f"shop-{number}")
    cps.add(41, "shop-4", status="Deleted")
    assert ids(query(certificate_label="shop-4")) == [4]
    assert ids(query(certificate_label="shop-4", status="Deleted")) == [41]
    assert asked(cps, "/certificates") == 2
    assert ids(query(certificate_label="nobody")) == []


def test_by_id_in_the_order_asked_for(cps: Cps, query: Query) -> None:
    for number in (1, 2, 3):
        cps.add(number, f"shop-{number}")
    cps.requests[2].status = "Deleted"
    # One after the other: where the first answer is "no such request", the list tells whether it is CPS that says so.
    result = query(certificate_ids=[3, 99, 2, 1], concurrency=1)
    assert (ids(result), result["not_found"]) == ([3, 2, 1], [99])
    assert [row["status"] for row in result["certificate_requests"]] == ["Active", "Deleted", "Active"]
    assert asked(cps, "/certificates") == 0


def test_those_that_need_somebody(cps: Cps, query: Query) -> None:
    cps.add(1, "fine")
    cps.add(2, "waiting", "a.example.org", status=DCV, order="Pending").requires_attention = True
    (row,) = query(requires_attention=True)["certificate_requests"]
    assert (row["id"], row["status"], row["order_status"]) == (2, DCV, "Pending")
    assert [record["value"] for record in row["dcv_records"]] == ["abc123"]


def test_days_are_counted_from_now(cps: Cps, query: Query) -> None:
    ends = datetime.now(timezone.utc) + timedelta(days=10, minutes=5)
    cps.add(1, "soon", expiration_date=ends.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert [row["days_left"] for row in query(expires_within=10)["certificate_requests"]] == [10]
    assert ids(query(expires_within=9)) == []


# ---- What cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"statuses": ["Active"], "requires_attention": False}])
def test_a_status_that_cannot_be_read_does_not_hide_the_others(cps: Cps, query: Query, options: dict[str, Any]) -> None:
    for number in (1, 2, 3):
        cps.add(number, f"shop-{number}")
    cps.fail("GET", "/certificates/2/status", 500)
    result = query(**options)
    assert ids(result) == [1, 2, 3]
    first, broken, _third = result["certificate_requests"]
    assert (first["error"], broken["status"], broken["certificate_label"]) == (None, None, "shop-2")
    assert broken["error"] == result["error"]
    assert result["error"]["action"] == "GetCertificateRequestStatus"
    assert "certificate request 2" in result["msg"]
    assert set(first) == set(broken)


def test_a_request_that_cannot_be_read_has_a_row_too(cps: Cps, query: Query) -> None:
    for number in (1, 2):
        cps.add(number, f"shop-{number}")
    cps.fail("GET", "/certificates/2$", 403)
    result = query(certificate_ids=[1, 2])
    good, broken = result["certificate_requests"]
    assert set(good) == set(broken)
    assert (broken["id"], broken["certificate_label"], broken["domains"]) == (2, None, [])
    assert broken["error"]["http_status"] == 403
    assert result["not_found"] == []


@pytest.mark.parametrize("path", ["/certificates/1$", "/dcv/"])
def test_what_belongs_to_a_row_and_cannot_be_read_is_an_error(cps: Cps, query: Query, path: str) -> None:
    cps.add(1, "shop", "a.example.org", validation_type="OV", status=DCV, order="Pending")
    cps.fail("GET", path, 500)
    result = query()
    (row,) = result["certificate_requests"]
    assert (row["status"], row["dcv_records"], result["failed"]) == (DCV, [], True)
    assert row["error"]["http_status"] == 500


def test_a_page_that_cannot_be_read_does_not_hide_the_others(
    cps: Cps, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 46):
        cps.add(number, f"shop-{number}")
    real = cps._list
    monkeypatch.setattr(cps, "_list", lambda query: real(query) if query["page"] != "2" else {"items": 7})
    result = query()
    assert ids(result) == [*range(1, 21), *range(41, 46)]
    assert result["error"]["code"] == "UnexpectedReply"


def test_a_request_that_vanishes_meanwhile_is_left_out(cps: Cps, query: Query) -> None:
    cps.add(1, "shop-1")
    cps.add(2, "shop-2")
    cps.fail("GET", "/certificates/1/status", 404)
    result = query()
    assert (ids(result), result["not_found"]) == ([2], [])


def test_without_credentials_nothing_is_known(cps: Cps, query: Query) -> None:
    cps.fail("POST", "/connect/token", 400, {"error": "invalid_client"}, times=9)
    result = query()
    assert result["error"]["code"] == "invalid_client"
    assert "certificate_requests" not in result


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"certificate_ids": []}, "^certificate_ids is an empty list"),
        ({"certificate_ids": [1, 1]}, "^certificate_ids contains '1' more than once"),
        ({"certificate_ids": [1, 0]}, "^certificate_ids: 0 is not an id"),
        ({"certificate_ids": [1], "certificate_label": "x"}, "mutually exclusive"),
        ({"certificate_label": " "}, "^certificate_label is blank"),
        ({"domains": ["a.org", "A.org."]}, "^domains contains 'A.org.' more than once"),
        ({"statuses": ["Live"]}, "value of statuses must be one or more of: Processing, DomainControlValidation"),
        ({"statuses": ["Active", "Active"]}, "^statuses contains 'Active' more than once"),
        ({"validation_type": ["DV", "DV"]}, "^validation_types contains 'DV' more than once"),
        ({"expires_within": -1}, "^expires_within: -1 was given"),
        ({"dns_zones": []}, "^dns_zones is an empty list"),
        ({"rate_limit": 0}, "^rate_limit: 0 was given"),
    ],
)
def test_bad_input_is_one_sentence_and_no_call(cps: Cps, query: Query, options: dict[str, Any], words: str) -> None:
    assert re.search(words, query(**options)["msg"])
    assert cps.calls == []
    assert cps.token_forms == []
