# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    InputError,
    Outcome,
)
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._reconcile import Reconciliation, Waiting
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import (
    Domain,
    Rollout,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_domain_cert import (
    DomainBindings,
    decide,
    rollout_progress,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_lists import names_or_patterns
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import Account


@pytest.fixture
def account(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with two certificates and one domain, which has the older one."""
    fake = Account(clock)
    fake.certificate("new", "*.example.com", "example.com")
    fake.certificate("old", "*.example.com", "example.com")
    fake.domain("d-www", "www.example.com", "old")
    monkeypatch.setattr(_zenlayer, "JsonClient", lambda *_args: fake)
    return fake


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
    "wait": True,
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
        (
            {"domain_names": ["www.*"]},
            "domain_names: 'www.*' is no pattern; a wildcard stands for the whole first label, as in *.example.com.",
        ),
        ({"domain_names": ["."]}, "domain_names contains a blank value."),
        (
            {"domain_ids": None},
            "domain_ids, domain_names and all_covered are all empty (null); one of them must say what is meant.",
        ),
        (
            {"all_covered": True, "certificate_id": None, "certificate_label": None},
            "certificate_id and certificate_label are all empty (null); one of them must say what is meant.",
        ),
        (
            {"all_covered": True, "rollback": True, "wait": False},
            "rollback needs wait: without it nobody sees a rollout fail.",
        ),
        ({"all_covered": False}, "all_covered is false, and nothing else says which domains are meant."),
        ({"all_covered": True, "certificate_id": " "}, "certificate_id is blank."),
        ({"all_covered": True, "certificate_label": ""}, "certificate_label is blank."),
        ({"all_covered": True, "resource_group_id": " "}, "resource_group_id is blank."),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_any_call(
    account: Account, params: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InputError) as refused:
        bindings(**params)
    assert refused.value.message == expected
    assert account.calls == []


@pytest.mark.parametrize("name", ["*", "*.*.example.com", "w*.example.com", "*example.com", "**.example.com"])
def test_wildcard_stands_for_the_first_label(name: str) -> None:
    assert names_or_patterns("names", ["*.example.com ", "example.com"]) == ["*.example.com", "example.com"]
    with pytest.raises(InputError, match="is no pattern"):
        names_or_patterns("names", ["*.example.com", name])


def test_missing_credentials_are_refused_before_any_call(account: Account) -> None:
    with pytest.raises(InputError, match="No credentials: set access_key_id and access_key_password, or api_token"):
        bindings(all_covered=True, api_token=None)
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


def test_domains_are_selected_by_id_in_the_order_asked_for(account: Account) -> None:
    for number in range(5):
        account.domain(f"d-{number}", f"w{number}.example.com")
    assert bindings(domain_ids=["d-3", " d-www", "d-0"]).select() == ["d-3", "d-www", "d-0"]
    assert account.count("DescribeDomains") == 1


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


def test_name_that_the_filter_does_not_know_is_looked_for_among_all(account: Account) -> None:
    account.filter_minds_case = True
    account.domain("d-shop", "Shop.Example.com")
    account.domain("d-umlaut", "B\u00fccher.example.com")
    assert bindings(domain_names=["shop.example.com", "www.example.com"]).select() == ["d-shop", "d-www"]
    assert bindings(domain_names=["b\u00fccher.example.com"]).select() == ["d-umlaut"]
    asked = [call.body.get("domainName") for call in account.calls if call.action == "DescribeDomains"]
    assert sorted(asked[:2]) == ["shop.example.com", "www.example.com"]
    assert asked[2:] == [None, "xn--bcher-kva.example.com", None]


def test_pattern_selects_one_label(account: Account) -> None:
    account.domain("d-shop", "shop.example.com")
    account.domain("d-deep", "a.shop.example.com")
    account.domain("d-apex", "example.com")
    account.domain("d-wild", "*.example.com")
    assert bindings(domain_names=["*.example.com"]).select() == ["d-www", "d-shop", "d-wild"]


def test_domain_that_is_named_twice_is_selected_once(account: Account) -> None:
    account.domain("d-shop", "shop.example.com")
    assert bindings(domain_names=["shop.example.com", "*.example.com"]).select() == ["d-shop", "d-www"]


def test_names_that_match_nothing_are_fine_where_the_options_say_so(account: Account) -> None:
    assert bindings(domain_names=["gone.example.com", "www.example.com"], allow_no_match=True).select() == ["d-www"]
    assert bindings(domain_names=["gone.example.com"], allow_no_match=True).select() == []


@pytest.mark.parametrize("domains", [{"domain_ids": []}, {"domain_names": []}])
def test_empty_list_is_fine_where_the_options_say_so(account: Account, domains: dict[str, Any]) -> None:
    result = run(account, **domains, allow_no_match=True)
    assert (result["domains"], set(result["summary"].values())) == ([], {0})
    assert result["certificate"]["certificate_id"] == "new"
    assert account.count("DescribeDomains") == 0


def test_options_that_are_all_null_stay_refused(account: Account) -> None:
    with pytest.raises(InputError, match="are all empty"):
        bindings(allow_no_match=True)


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
        bindings(domain_ids=["d-www"]).plan("d-www", Domain("d-www", "www.example.com", "", "DEPLOYED", "ENABLED"))


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


def outcomes(result: dict[str, Any]) -> list[tuple[str | None, str | None, str, str | None]]:
    """Id, name, outcome and error of each row."""
    return [
        (row["domain_id"], row["domain_name"], row["outcome"], row["error"] and row["error"]["message"])
        for row in result["domains"]
    ]


@pytest.mark.parametrize("check_mode", [False, True])
def test_unknown_id_stops_all_but_hides_no_row(account: Account, check_mode: bool) -> None:
    result = run(account, domain_ids=["d-2", "d-www", "d-1"], check_mode=check_mode)
    assert outcomes(result) == [
        ("d-2", None, "failed", "domain_ids: no such domain in this account: d-2."),
        ("d-www", "www.example.com", "unchanged", None),
        ("d-1", None, "failed", "domain_ids: no such domain in this account: d-1."),
    ]
    unknown, known, _last = result["domains"]
    assert unknown.keys() == known.keys()
    assert {name: unknown[name] for name in unknown if unknown[name] is not None} == {
        "domain_id": "d-2",
        "changed": False,
        "outcome": "failed",
        "seconds": 0.0,
        "error": unknown["error"],
    }
    assert (unknown["error"]["code"], unknown["error"]["provider"]) == ("NotFound", "Zenlayer")
    assert (known["certificate_id"], known["previous_certificate_id"]) == ("old", "old")
    assert result["certificate"]["certificate_id"] == "new"
    assert result["summary"] == {
        "total": 3, "changed": 0, "unchanged": 1, "failed": 2, "pending": 0, "rolled_back": 0,
    }  # fmt: skip
    assert account.writes == []


def test_unknown_name_stops_all_but_hides_no_row(account: Account) -> None:
    result = run(account, domain_names=["ample.com", "www.example.com", "*.example.org"])
    assert outcomes(result) == [
        (None, "ample.com", "failed", "domain_names: no domain of this account matches: ample.com."),
        ("d-www", "www.example.com", "unchanged", None),
        (None, "*.example.org", "failed", "domain_names: no domain of this account matches: *.example.org."),
    ]
    assert {row["error"]["code"] for row in result["domains"] if row["error"]} == {"NotFound"}
    assert account.writes == []


def test_name_that_is_the_id_of_another_target_is_told_apart(account: Account) -> None:
    result = run(account, domain_names=["d-www", "www.example.com"])
    assert [row["outcome"] for row in result["domains"]] == ["failed", "unchanged"]


def test_name_of_several_domains_stops_all_but_hides_no_row(account: Account) -> None:
    account.domain("d-2", "www.example.com")
    account.domain("d-shop", "shop.example.com")
    result = run(account, domain_names=["www.example.com", "shop.example.com"], allow_no_match=True)
    message = "domain_names: 'www.example.com' matches 2 domains (d-2, d-www); use domain_ids."
    assert outcomes(result) == [
        (None, "www.example.com", "failed", message),
        ("d-shop", "shop.example.com", "unchanged", None),
    ]
    assert result["domains"][0]["error"]["code"] == "Ambiguous"
    assert account.writes == []


EXPIRED = "certificate label-stale (stale) has expired (2020-02-03T04:05:06Z); nothing was changed."


@pytest.mark.parametrize("marked", [True, False])
def test_expired_certificate_is_refused_for_each_domain(account: Account, marked: bool) -> None:
    account.certificate("stale", "*.example.com", expired=marked, endTime="2020-02-03T04:05:06Z")
    account.domain("d-shop", "shop.example.com", "stale")
    result = run(account, all_covered=True, certificate_id="stale")
    assert outcomes(result) == [
        ("d-www", "www.example.com", "failed", EXPIRED),
        ("d-shop", "shop.example.com", "failed", EXPIRED),
    ]
    assert {row["error"]["code"] for row in result["domains"]} == {"CertificateExpired"}
    assert (result["certificate"]["certificate_id"], result["certificate"]["expired"]) == ("stale", True)
    assert account.writes == []


def test_expired_certificate_is_refused_without_any_domain_too(account: Account) -> None:
    account.certificate("stale", "*.example.org", endTime="2020-02-03T04:05:06Z")
    error = refusal(all_covered=True, certificate_id="stale", allow_no_match=True)
    assert (error.code, error.message) == ("CertificateExpired", EXPIRED)


def test_run_that_is_broken_off_tells_what_was_asked_for_all_the_same(account: Account) -> None:
    resource = bindings(domain_ids=["d-9"])
    assert [resource.name(key) for key in resource.select()] == ["domain_ids: 'd-9'"]


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


def test_status_that_was_just_polled_is_not_read_again(account: Account) -> None:
    account.roll_out("d-www", "other")
    run(account)
    actions = [call.action for call in account.calls]
    write = actions.index("ModifyDomainCertificate")
    assert actions[write - 3 : write] == ["DescribeDomains", "DescribeDomains", "DescribeDomainCertificate"]
    assert actions.count("DescribeDomainCertificate") == 2


def test_status_that_is_late_is_not_taken_for_the_end(account: Account) -> None:
    account.lag = 2.5
    row = only(run(account))
    assert (row["outcome"], row["config_status"]) == ("bound", "DEPLOYED")
    assert row["seconds"] >= 12.5


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


def test_status_that_still_shows_the_failure_does_not_end_the_rollback(account: Account) -> None:
    account.lag = 2.0
    account.ends = {("d-www", "new"): "FAILED"}
    assert only(run(account, rollback=True))["outcome"] == "rolled_back"


def test_rollback_after_a_lost_answer_is_told_with_the_certificate_that_is_bound_again(account: Account) -> None:
    account.ends = {("d-www", "new"): "FAILED"}
    account.faults = {("ModifyDomainCertificate", "d-www"): [ApiError("lost", outcome=Outcome.UNKNOWN)]}
    account.executes_faulty_writes = True
    row = only(run(account, rollback=True))
    assert (row["outcome"], row["changed"], row["certificate_id"]) == ("rolled_back", False, "old")


def test_rollout_that_has_failed_before_its_lost_answer_is_looked_into_is_rolled_back(account: Account) -> None:
    account.duration = 0
    account.ends = {("d-www", "new"): "FAILED"}
    lost = [ApiError("lost", outcome=Outcome.UNKNOWN), ApiError("lost", outcome=Outcome.UNKNOWN)]
    account.faults = {("ModifyDomainCertificate", "d-www"): lost}
    account.executes_faulty_writes = True
    row = only(run(account, rollback=True))
    assert (row["outcome"], row["changed"], row["error"]["code"]) == ("rolled_back", False, "RolloutFailed")
    assert account.writes == [("d-www", "new"), ("d-www", "old")]
    assert account.bound["d-www"] == "old"


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
