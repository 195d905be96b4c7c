# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _zenlayer, _zenlayer_lists
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, Outcome
from ansible_collections.certops.cdn.plugins.modules import zenlayer_domain_cert_info
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import NOW, Account, refusal

Run = Callable[..., dict[str, Any]]


def ends(days: float) -> str:
    return (NOW + timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def account(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Domains in every state."""
    fake = Account(clock)
    fake.certificate("c-new", "*.example.com", endTime=ends(300))
    fake.certificate("c-old", "*.example.com", endTime=ends(5))
    fake.certificate("c-dead", "*.example.com", endTime=ends(-9))
    fake.domain("d-www", "www.example.com", "c-new")
    fake.domain("d-shop", "shop.example.com", "c-old", config_status="FAILED")
    fake.domain("d-img", "img.example.com", "c-dead", config_status="DEPLOYING", resourceGroupId="rg-1")
    fake.domain("d-org", "www.example.org", None, config_status="Deployed", resourceGroupId="rg-1")
    monkeypatch.setattr(_zenlayer, "JsonClient", lambda *_args: fake)
    return fake


@pytest.fixture
def run(play: Run, account: Account) -> Run:
    def runs(**params: Any) -> dict[str, Any]:
        account.calls.clear()
        result = play(zenlayer_domain_cert_info.main, {"api_token": "token", **params})
        assert not result.get("changed")
        assert account.written == []
        return result

    return runs


def ids(result: dict[str, Any]) -> list[str]:
    return [row["domain_id"] for row in result["domains"]]


ALL = ["d-www", "d-shop", "d-img", "d-org"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ALL),
        ({"domain_ids": ["d-org", " d-www "]}, ["d-org", "d-www"]),
        ({"domain_id": "d-img"}, ["d-img"]),
        ({"domain_names": ["www.example.org", "WWW.example.com."]}, ["d-org", "d-www"]),
        ({"domain_name": "*.example.com"}, ["d-www", "d-shop", "d-img"]),
        ({"domain_names": ["shop.example.com", "*.example.com"]}, ["d-shop", "d-www", "d-img"]),
        ({"covered_by": ["*.example.org", "Shop.example.com."]}, ["d-shop", "d-org"]),
        ({"covered_by": ["www.*", "example.com"]}, []),
        ({"resource_group_id": "rg-1"}, ["d-img", "d-org"]),
        ({"config_status": "FAILED"}, ["d-shop"]),
        ({"config_status": ["DEPLOYED"]}, ["d-www", "d-org"]),
        ({"config_status": ["IN_PROGRESS", "FAILED"]}, ["d-shop", "d-img"]),
        ({"certificate_id": " c-old "}, ["d-shop"]),
        ({"certificate_id": "c-x"}, []),
        ({"certificate_label": "label-c-old"}, ["d-shop"]),
        ({"certificate_labels": ["*-c-d*", " label-c-new "]}, ["d-www", "d-img"]),
        ({"certificate_label": "*"}, ["d-www", "d-shop", "d-img"]),
        ({"certificate_label": "LABEL-c-old"}, []),
        ({"unbound": True}, ["d-org"]),
        ({"unbound": False}, ["d-www", "d-shop", "d-img"]),
        ({"expires_within": 5}, ["d-shop", "d-img"]),
        ({"expires_within": 4}, ["d-img"]),
        ({"expires_within": 400, "config_status": "FAILED"}, ["d-shop"]),
        ({"expires_within": 400, "unbound": True}, []),
    ],
)
def test_filters(run: Run, params: dict[str, Any], expected: list[str]) -> None:
    result = run(**params)
    assert ids(result) == expected
    assert result["not_found"] == []


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "domain_names": st.lists(st.sampled_from(["*.example.com", "www.example.org"]), min_size=1, unique=True),
            "config_status": st.lists(st.sampled_from(["DEPLOYED", "FAILED", "IN_PROGRESS"]), min_size=1, unique=True),
            "certificate_id": st.sampled_from(["c-new", "c-old"]),
            "certificate_label": st.sampled_from(["label-c-old", "*-c-*"]),
            "unbound": st.booleans(),
            "expires_within": st.integers(0, 400),
            "covered_by": st.sampled_from([["*.example.com"], ["www.example.org", "img.example.com"]]),
            "resource_group_id": st.just("rg-1"),
        },
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_filters_must_be_passed(run: Run, params: dict[str, Any]) -> None:
    alone = [set(ids(run(**{name: value}))) for name, value in params.items()]
    assert set(ids(run(**params))) == set(ALL).intersection(*alone)


def test_rows_have_the_shapes_of_the_other_modules(run: Run) -> None:
    bound, unbound = run(domain_ids=["d-shop", "d-org"])["domains"]
    certificate = bound.pop("certificate")
    assert bound == {
        "domain_id": "d-shop",
        "domain_name": "shop.example.com",
        "cname": "shop.example.com.cdn.example.net",
        "config_status": "FAILED",
        "domain_status": "ENABLED",
        "certificate_id": "c-old",
        "days_left": 5,
        "error": None,
    }
    assert (certificate["certificate_id"], certificate["days_left"], certificate["expired"]) == ("c-old", 5, False)
    assert unbound.keys() == {*bound, "certificate"}
    assert {unbound[name] for name in ("certificate", "certificate_id", "days_left", "error")} == {None}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"domain_ids": ["d-x", "d-www", "d-y"]}, ["d-x", "d-y"]),
        ({"domain_names": ["a.example.com", "www.example.com", "*.example.net"]}, ["a.example.com", "*.example.net"]),
    ],
)
def test_what_does_not_exist_is_told(run: Run, params: dict[str, Any], expected: list[str]) -> None:
    result = run(**params)
    assert (ids(result), result["not_found"]) == (["d-www"], expected)


def test_only_bindings_that_matter_are_read(run: Run, account: Account) -> None:
    run(config_status="FAILED")
    assert account.count("DescribeDomainCertificate") == 1
    run(covered_by=["*.example.org"])
    assert account.count("DescribeDomainCertificate") == 1


def test_domains_of_one_name_are_all_told(run: Run, account: Account) -> None:
    account.domain("d-www-2", "www.example.com", None)
    assert ids(run(domain_name="www.example.com")) == ["d-www", "d-www-2"]


@pytest.mark.parametrize("params", [{}, {"unbound": True}, {"expires_within": 1}, {"certificate_label": "x"}])
def test_row_that_cannot_be_read_hides_no_other(run: Run, account: Account, params: dict[str, Any]) -> None:
    no = ApiError("No permission for d-www.", code="DOMAIN_OPERATION_NO_PERMISSION", outcome=Outcome.REFUSED)
    others = ids(run(**params))
    account.faults = {("DescribeDomainCertificate", "d-www"): [no]}
    result = run(**params)
    assert (result["failed"], result["msg"]) == (True, "No permission for d-www.")
    assert set(ids(result)) == {"d-www", *others}
    (row,) = [row for row in result["domains"] if row["domain_id"] == "d-www"]
    assert [row[name] for name in ("certificate", "certificate_id", "days_left")] == [None] * 3
    assert row["error"]["code"] == "DOMAIN_OPERATION_NO_PERMISSION"
    assert [row["error"] for row in result["domains"] if row["domain_id"] != "d-www"] == [None] * (len(ids(result)) - 1)


@pytest.mark.parametrize("params", [{}, {"domain_ids": ["d-www"]}, {"domain_names": ["www.example.com"]}])
def test_list_that_cannot_be_read_fails_the_task(run: Run, account: Account, params: dict[str, Any]) -> None:
    account.faults = {("DescribeDomains", ""): [refusal("NO")]}
    result = run(**params)
    assert (result["failed"], result["msg"]) == (True, "Zenlayer refused: NO.")
    assert "domains" not in result


@pytest.mark.parametrize("asked", ["pages", "ids"])
def test_part_of_a_list_that_cannot_be_read_hides_no_other(
    run: Run, account: Account, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(_zenlayer, "PAGE_SIZE", 2)
    monkeypatch.setattr(_zenlayer_lists, "MAX_IDS", 2)
    account.domain("d-last", "last.example.org")
    params = {"domain_ids": [*ALL[:3], "d-x", "d-last"]} if asked == "ids" else {}
    faults: list[Any] = [None, refusal("NO")]
    account.faults = {("DescribeDomains", ""): faults}
    result = run(**params, concurrency=1)
    assert (result["failed"], result["msg"], faults) == (True, "Zenlayer refused: NO.", [])
    assert ids(result) == ["d-www", "d-shop", "d-last"]
    assert result["not_found"] == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"domain_ids": ["d"], "domain_names": ["n"]}, "parameters are mutually exclusive: domain_ids|domain_names"),
        ({"domain_ids": []}, "domain_ids is an empty list; name at least one."),
        ({"domain_names": ["a.example", "A.example."]}, "domain_names contains 'A.example.' more than once."),
        (
            {"domain_names": ["www.*"]},
            "domain_names: 'www.*' is no pattern; a wildcard stands for the whole first label, as in *.example.com.",
        ),
        (
            {"config_status": "DEPLOYING"},
            "value of config_status must be one or more of: IN_PROGRESS, DEPLOYED, FAILED",
        ),
        ({"certificate_id": " "}, "certificate_id is blank."),
        ({"certificate_labels": []}, "certificate_labels is an empty list; name at least one."),
        ({"resource_group_id": ""}, "resource_group_id is blank."),
        ({"expires_within": -1}, "expires_within: -1 was given, but it must not be negative"),
    ],
)
def test_bad_options_are_refused_before_any_call(
    run: Run, account: Account, params: dict[str, Any], expected: str
) -> None:
    result = run(**params)
    assert result["msg"].startswith(expected)
    assert account.calls == []
