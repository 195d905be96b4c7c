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

from ansible_collections.certops.cdn.plugins.module_utils import _zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, Outcome
from ansible_collections.certops.cdn.plugins.modules import zenlayer_certificate_info
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import NOW, Account, refusal

Run = Callable[..., dict[str, Any]]

SHAPE = [
    "certificate_id",
    "certificate_label",
    "common_name",
    "sans",
    "fingerprint",
    "issuer",
    "not_before",
    "not_after",
    "days_left",
    "expired",
    "domains",
]


def ends(days: float) -> str:
    return (NOW + timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def account(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Certificates of several ages; two domains, one of which has one of them bound."""
    fake = Account(clock)
    fake.certificate("c-new", "*.example.com", "example.com", certificateLabel="web-2026", endTime=ends(300))
    fake.certificate("c-old", "*.example.com", certificateLabel="web-2025", endTime=ends(5), resourceGroupId="rg-1")
    fake.certificate("c-dead", "www.example.com", certificateLabel="WEB-2024", endTime=ends(-9), expired=True)
    fake.certificate("c-org", "www.example.org", certificateLabel="org", endTime=None)
    fake.domain("d-www", "www.example.com", "c-old")
    fake.domain("d-org", "www.example.org", None)
    monkeypatch.setattr(_zenlayer, "JsonClient", lambda *_args: fake)
    return fake


@pytest.fixture
def run(play: Run, account: Account) -> Run:
    def runs(**params: Any) -> dict[str, Any]:
        account.calls.clear()
        result = play(zenlayer_certificate_info.main, {"api_token": "token", **params})
        assert not result.get("changed")
        assert account.written == []
        return result

    return runs


def ids(result: dict[str, Any]) -> list[str]:
    return [row["certificate_id"] for row in result["certificates"]]


ALL = ["c-new", "c-old", "c-dead", "c-org"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ALL),
        ({"certificate_ids": ["c-org", " c-new "]}, ["c-org", "c-new"]),
        ({"certificate_id": "c-org"}, ["c-org"]),
        ({"label": "web-2026"}, ["c-new"]),
        ({"label": "web-*"}, ["c-new", "c-old"]),
        ({"labels": ["*-2024", "org"]}, ["c-dead", "c-org"]),
        ({"label": "web-202?"}, []),
        ({"label": "*"}, ALL),
        ({"name": "www.example.com"}, ["c-new", "c-old", "c-dead"]),
        ({"name": "WWW.example.COM."}, ["c-new", "c-old", "c-dead"]),
        ({"name": "example.com"}, ["c-new"]),
        ({"name": "a.b.example.com"}, []),
        ({"name": "*.example.com"}, ["c-new", "c-old"]),
        ({"expired": True}, ["c-dead"]),
        ({"expired": False}, ["c-new", "c-old", "c-org"]),
        ({"expires_within": 4}, ["c-dead"]),
        ({"expires_within": 5}, ["c-old", "c-dead"]),
        ({"expires_within": 5, "expired": False}, ["c-old"]),
        ({"expires_within": 0}, ["c-dead"]),
        ({"resource_group_id": " rg-1 "}, ["c-old"]),
        ({"unbound": True}, ["c-new", "c-dead", "c-org"]),
        ({"unbound": False}, ["c-old"]),
        ({"unbound": True, "name": "example.com"}, ["c-new"]),
        ({"unbound": False, "resource_group_id": "rg-1"}, ["c-old"]),
        ({"unbound": True, "resource_group_id": "rg-1"}, []),
    ],
)
def test_filters(run: Run, params: dict[str, Any], expected: list[str]) -> None:
    result = run(**params)
    assert ids(result) == expected
    assert result["not_found"] == []
    for row in result["certificates"]:
        assert list(row) == SHAPE


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "certificate_ids": st.lists(st.sampled_from([*ALL, "c-x"]), min_size=1, unique=True),
            "label": st.sampled_from(["web-*", "*-2024", "org"]),
            "name": st.sampled_from(["www.example.com", "example.com"]),
            "expired": st.booleans(),
            "expires_within": st.integers(0, 400),
            "unbound": st.booleans(),
            "resource_group_id": st.just("rg-1"),
        },
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_filters_must_be_passed(run: Run, params: dict[str, Any]) -> None:
    alone = [set(ids(run(**{name: value}))) for name, value in params.items()]
    assert set(ids(run(**params))) == set(ALL).intersection(*alone)


def test_row_is_that_of_the_other_modules_with_its_domains(run: Run) -> None:
    (row,) = run(certificate_id="c-old", with_domains=True)["certificates"]
    assert row["days_left"] == 5
    assert row["domains"] == [
        {
            "domain_id": "d-www",
            "domain_name": "www.example.com",
            "cname": "www.example.com.cdn.example.net",
            "config_status": "DEPLOYED",
            "domain_status": "ENABLED",
            "certificate_id": "c-old",
            "days_left": row["days_left"],
        }
    ]


def test_bindings_are_read_only_where_they_are_asked_for(run: Run, account: Account) -> None:
    assert {row["domains"] for row in run()["certificates"]} == {None}
    assert account.count("DescribeDomains") == account.count("DescribeDomainCertificate") == 0
    assert [len(row["domains"]) for row in run(with_domains=True)["certificates"]] == [0, 1, 0, 0]
    assert account.count("DescribeDomainCertificate") == 2
    assert run(with_domains=True, label="nothing")["certificates"] == []
    assert account.count("DescribeDomains") == 0


def test_ids_that_do_not_exist_are_told(run: Run) -> None:
    result = run(certificate_ids=["c-x", "c-new", "c-y"], expired=True)
    assert (ids(result), result["not_found"]) == ([], ["c-x", "c-y"])


def test_more_ids_than_one_call_takes(run: Run, account: Account) -> None:
    for number in range(230):
        account.certificate(f"c-{number}", "a.example")
    wanted = [f"c-{number}" for number in range(230)]
    assert ids(run(certificate_ids=wanted)) == wanted
    sizes = [len(call.body["certificateIds"]) for call in account.calls if call.body["pageNum"] == 1]
    assert sorted(sizes) == [30, 100, 100]


def test_domain_that_cannot_be_read_makes_its_certificates_neither_bound_nor_unbound(
    run: Run, account: Account
) -> None:
    no = ApiError("No permission for d-www.", code="DOMAIN_OPERATION_NO_PERMISSION", outcome=Outcome.REFUSED)
    for unbound, expected in ((True, ["c-org"]), (False, []), (None, ALL)):
        account.faults = {("DescribeDomainCertificate", "d-www"): [no]}
        result = run(**({"with_domains": True} if unbound is None else {"unbound": unbound}))
        assert (result["failed"], ids(result)) == (True, expected)
        assert result["msg"] == "No permission for d-www."
        assert result["error"]["code"] == "DOMAIN_OPERATION_NO_PERMISSION"


@pytest.mark.parametrize("action", ["DescribeCertificates", "DescribeDomains"])
def test_list_that_cannot_be_read_fails_the_task(run: Run, account: Account, action: str) -> None:
    account.faults = {(action, ""): [refusal("NO")]}
    result = run(unbound=True)
    assert (result["failed"], result["msg"]) == (True, "Zenlayer refused: NO.")
    assert "certificates" not in result


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"certificate_ids": []}, "certificate_ids is an empty list; name at least one."),
        ({"certificate_ids": ["a", "a"]}, "certificate_ids contains 'a' more than once."),
        ({"labels": [" "]}, "labels contains a blank value."),
        ({"name": ""}, "name is blank."),
        ({"resource_group_id": ""}, "resource_group_id is blank."),
        ({"expires_within": -1}, "expires_within: -1 was given, but it must not be negative"),
        ({"rate_limit": 0}, "rate_limit: 0 was given, but it must be greater than 0"),
    ],
)
def test_bad_options_are_refused_before_any_call(
    run: Run, account: Account, params: dict[str, Any], expected: str
) -> None:
    result = run(**params)
    assert result["msg"].startswith(expected)
    assert account.calls == []
