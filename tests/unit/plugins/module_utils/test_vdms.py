# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _vdms, _vdms_cert_request
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Progress, Refuse
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._signing import BearerAuth, OAuth2Auth
from ansible_collections.certops.cdn.plugins.module_utils._vdms import (
    Envelope,
    VdmsError,
    credentials,
    outcome_of,
    told,
)
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import (
    Certificate,
    DcvRecord,
    Domain,
    Goal,
    Notification,
    Removal,
    Request,
    Status,
    StatusReport,
    Wanted,
    decide,
    differences,
    dns_zones,
    planned,
    predicted_row,
    removal,
    row,
    same_domains,
    towards,
)
from ansible_collections.certops.cdn.plugins.modules.vdms_cert_request import main
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.vdms_cps import (
    API,
    ORGANIZATION,
    SECRET,
    TOKEN_URL,
    Cps,
    Stored,
    Trouble,
    fields_of,
)

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
STATUSES = ["Processing", "DomainControlValidation", "OtherValidation", "Deployment", "Active", "Deleted", "Reviewing"]
BEFORE_ISSUE = ["Processing", "DomainControlValidation", "OtherValidation", "Reviewing"]
ISSUED = ["Deployment", "Active"]


# ---- Runs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def cps() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield Cps(mocked)


Run = Callable[..., dict[str, Any]]


def warnings_of(result: dict[str, Any]) -> list[str]:
    """The texts of the warnings; ansible-core tells them in two shapes."""
    return [json.dumps(warning) for warning in result.get("warnings", [])]


@pytest.fixture
def run(play: Callable[..., dict[str, Any]]) -> Run:
    """Run the module with credentials."""

    def of(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {"client_id": "a-client", "client_secret": SECRET, "retries": 1, **options}
        result = play(main, given, check_mode=check_mode)
        text = json.dumps({key: value for key, value in result.items() if key != "invocation"})
        assert SECRET not in text
        assert "token-number" not in json.dumps(result)
        return result

    return of


def certificate(**changed: Any) -> Certificate:
    return Certificate.parse(fields_of(40021, "shop-prod", **changed))


KNOWN = (DcvRecord("shop.example.org", "DnsTxtToken", "t0ken", ()),)


def request_in(status: str, order: str | None = "Issued", **changed: Any) -> Request:
    return Request(certificate(**changed), StatusReport(status, None, "", order), dcv=KNOWN)


def domains(*names: str, common: str = "") -> tuple[Domain, ...]:
    return tuple(Domain(name, name == common) for name in names)


PARAMS: dict[str, Any] = {
    **dict.fromkeys(
        ("certificate_label", "description", "auto_renew", "certificate_authority", "validation_type", "dcv_method")
    ),
    **dict.fromkeys(("domains", "organization", "notifications")),
}


# ---- What is told of a decision --------------------------------------------------------------------------------------


def test_a_label_that_is_taken_names_those_who_have_it() -> None:
    present = replace(request_in("Active"), label_taken_by=(10, 11))
    verdict = decide("request 1", present, Wanted(certificate_label="other"), by_id=True)
    assert verdict == Refuse(
        "request 1: certificate_label: 'other' is taken by 10, 11; the label of a deleted request stays taken too. "
        "Nothing was changed.",
        code="LabelTaken",
    )


def test_notes_of_a_request_that_is_kept_are_told_one_after_the_other() -> None:
    verdict = decide("request 1", request_in("Strange"), Wanted(), by_id=True)
    assert isinstance(verdict, Keep)
    assert verdict.note.startswith("request 1: the status 'Strange' is not known")

    noted = replace(request_in("Active", "RenewalRejected"), notes=("The records could not be read.",))
    verdict = decide("request 1", noted, Wanted(), by_id=True)
    assert isinstance(verdict, Keep)
    assert verdict.note.startswith("The records could not be read. request 1: its last renewal was rejected")


@pytest.mark.parametrize("names", [["a b.example.org"], ["https://a.example.org"], ["a.example.org", "b.example.org"]])
def test_domains_that_cannot_be_asked_for_are_told_as_errors_of_the_provider(names: list[str]) -> None:
    given = [{"name": name, "is_common_name": True} for name in names]
    with pytest.raises(InputError) as caught:
        Wanted.from_options({**PARAMS, "domains": given})
    assert caught.value.provider == "VDMS"


# ---- What check mode predicts ----------------------------------------------------------------------------------------

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
NEW = Wanted(certificate_label="new", validation_type="DV", dcv_method="Email", domains=domains("a.example.org"))


@pytest.mark.parametrize("present", [Request(None), request_in("Deleted")], ids=["none", "deleted"])
def test_the_row_of_what_would_be_created(present: Request) -> None:
    told = predicted_row(present, NEW, NOW)
    assert (told["id"], told["status"], told["order_status"], told["days_left"]) == (None, None, None, None)
    assert (told["certificate_label"], told["dcv_method"]) == ("new", "Email")
    assert [domain["name"] for domain in told["domains"]] == ["a.example.org"]


def test_the_row_of_what_would_be_changed_keeps_what_is_known() -> None:
    present = request_in("Active", "Issued", validation_type="OV", organization={"id": 512, "company_name": "Old Ltd"})
    names = domains("shop.example.org", "new.example.org", common="shop.example.org")
    wanted = Wanted(description="other", domains=names, organization={"id": 7, "company_name": "New Ltd"})

    told = predicted_row(present, wanted, NOW)

    before = row(present.certificate.fields, present.report, NOW) if present.certificate else {}
    changed = {key for key, value in told.items() if value != before[key]}
    assert changed == {"description", "domains", "organization"}
    assert told["days_left"] == 1491
    assert told["status"] == "Active"
    assert [(domain["name"], domain.get("id"), domain.get("status")) for domain in told["domains"]] == [
        ("shop.example.org", 400210, "Active"),
        ("new.example.org", None, None),
    ]
    assert (told["organization"]["id"], told["organization"]["company_name"]) == (7, "New Ltd")


def test_the_row_of_what_would_not_be_changed_is_the_present_one() -> None:
    present = request_in("Active")
    assert present.certificate is not None
    assert predicted_row(present, Wanted(), NOW) == row(present.certificate.fields, present.report, NOW)


# ---- Status table (api/vdms.md 4.2) ----------------------------------------------------------------------------------


@pytest.mark.parametrize("spelt", [str, str.lower, str.upper, lambda text: f" {text} "])
def test_status_in_any_letter_case(spelt: Callable[[str], str]) -> None:
    assert [Status.of(spelt(text)) for text in STATUSES] == list(Status)


CHANGES = {
    "auto_renew": Wanted(auto_renew=False),
    "certificate_label": Wanted(certificate_label="other"),
    "description": Wanted(description=""),
    "dcv_method": Wanted(dcv_method="Email"),
    "notifications": Wanted(notifications=(Notification("PendingValidations", True, ("ops@example.com",)),)),
    "domains": Wanted(domains=domains("shop.example.org")),
    "organization": Wanted(organization={"id": 513}),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_allowed_when(name: str, status: str) -> None:
    present = request_in(status, validation_type="OV", organization=ORGANIZATION)
    verdict = decide("request x", present, CHANGES[name], by_id=True)
    if status == "Deleted":
        assert isinstance(verdict, Refuse)
        assert "status Deleted" in verdict.reason
    elif name in ("domains", "organization") and status in BEFORE_ISSUE:
        assert isinstance(verdict, Refuse)
        assert verdict.reason == (
            f"request x: its status {status} forbids to change {name}; that is possible in Deployment and Active. "
            "Nothing was changed."
        )
    else:
        assert isinstance(verdict, Change)
        assert (verdict.outcome, verdict.predicted) == ("updated", "would_update")
        assert ("'Reviewing' is not known" in verdict.note) == (status == "Reviewing")


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "Deleted"])
def test_what_does_not_differ_is_allowed_always(status: str) -> None:
    wanted = Wanted(domains=domains("WWW.example.org".lower(), "shop.example.org"), organization={"id": 512})
    verdict = decide("r", request_in(status, validation_type="EV", organization=ORGANIZATION), wanted, by_id=True)
    assert isinstance(verdict, Keep)
    assert bool(verdict.note) == (status == "Reviewing")


def test_domains_and_organization_that_are_forbidden_are_told_together() -> None:
    wanted = Wanted(domains=domains("a.example.org"), organization={"id": 513}, description="x")
    verdict = decide("r", request_in("Processing", validation_type="OV"), wanted, by_id=True)
    assert isinstance(verdict, Refuse)
    assert "forbids to change domains and organization" in verdict.reason


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(validation_type="OV"), "validation_type is DV and cannot be changed to OV"),
        (Wanted(certificate_authority="LetsEncrypt"), "certificate_authority is DigiCert and cannot be changed"),
        (Wanted(organization={"id": 1}), "a request with validation_type DV has no organization"),
    ],
)
@pytest.mark.parametrize("status", [status for status in STATUSES if status != "Deleted"])
def test_what_never_changes(wanted: Wanted, words: str, status: str) -> None:
    verdict = decide("r", request_in(status), wanted, by_id=True)
    assert isinstance(verdict, Refuse)
    assert words in verdict.reason


def test_what_never_changes_may_be_given_as_it_is() -> None:
    wanted = Wanted(validation_type="DV", certificate_authority="DigiCert")
    assert decide("r", request_in("Active", certificate_authority="DIGICERT"), wanted, by_id=True) == Keep()
    assert decide("r", request_in("Active", certificate_authority=None), wanted, by_id=True) == Keep()


CREATE = Wanted(
    certificate_label="img", validation_type="DV", dcv_method="DnsTxtToken", domains=domains("img.example.org")
)


@pytest.mark.parametrize(
    ("wanted", "by_id", "words"),
    [
        (Wanted(certificate_label="img"), False, "give also: validation_type, dcv_method, domains"),
        (Wanted(certificate_label="img", dcv_method="Email"), False, "give also: validation_type, domains"),
        (Wanted(description="x"), True, "does not exist in this account"),
        (CREATE, True, "does not exist in this account"),
        (Wanted(**{**CREATE.__dict__, "organization": {"id": 1}}), False, "must not be given for validation_type DV"),
        (Wanted(**{**CREATE.__dict__, "validation_type": "OV"}), False, "validation_type OV needs an organization"),
        (Wanted(**{**CREATE.__dict__, "validation_type": "EV"}), False, "validation_type EV needs an organization"),
    ],
)
def test_what_cannot_be_created(wanted: Wanted, by_id: bool, words: str) -> None:
    verdict = decide("r", Request(), wanted, by_id=by_id)
    assert isinstance(verdict, Refuse)
    assert words in verdict.reason


@pytest.mark.parametrize("present", [Request(), request_in("Deleted")])
def test_what_is_created(present: Request) -> None:
    assert decide("r", present, CREATE, by_id=False) == Change("created", "would_create")
    ov = Wanted(**{**CREATE.__dict__, "validation_type": "OV", "organization": {"id": 512}})
    assert decide("r", present, ov, by_id=False) == Change("created", "would_create")
    assert planned(present, CREATE) == ["certificate_label", "validation_type", "dcv_method", "domains"]


@pytest.mark.parametrize(
    ("status", "order", "way"),
    [
        ("Processing", None, Removal.CANCEL),
        ("Processing", "Pending", Removal.CANCEL),
        ("Processing", "Issued", Removal.DELETE),
        ("DomainControlValidation", None, Removal.DELETE),
        ("DomainControlValidation", "Pending", Removal.CANCEL),
        ("DomainControlValidation", "pending", Removal.CANCEL),
        ("DomainControlValidation", "Rejected", Removal.DELETE),
        ("OtherValidation", None, Removal.DELETE),
        ("OtherValidation", "Pending", Removal.CANCEL),
        ("OtherValidation", "Rejected", Removal.DELETE),
        ("Deployment", None, Removal.DELETE),
        ("Deployment", "Pending", Removal.DELETE),
        ("Deployment", "Issued", Removal.DELETE),
        ("Active", "Issued", Removal.DELETE),
        ("Active", "Pending", Removal.DELETE),
        ("Active", "PendingReissue", Removal.DELETE),
        ("Reviewing", None, Removal.CANCEL),
        ("Reviewing", "Pending", Removal.CANCEL),
        ("Reviewing", "Issued", Removal.DELETE),
    ],
)
def test_cancel_or_delete(status: str, order: str | None, way: Removal) -> None:
    assert removal(StatusReport(status, None, "", order)) is way
    assert way.other is not way
    assert way.other.other is way


# ---- Comparison (api/vdms.md 7) --------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["a.example.org", "b.example.org", "*.example.org", "xn--mnchen-3ya.example", "_dcv.example.org", "c.d.example.org"]
)
NAME_SETS = st.sets(NAMES, min_size=1)


def respelt(name: str, spelling: int) -> str:
    return [name, name.upper(), f"{name}.", f" {name.title()} ", name.replace("xn--mnchen-3ya", "MÜNCHEN")][spelling]


def wanted_domains(names: list[str], common: str | None = None) -> tuple[Domain, ...]:
    options = [{"name": name, "is_common_name": name == common} for name in names]
    found = Wanted.from_options({**PARAMS, "domains": options}).domains
    assert found is not None
    return found


@given(names=NAME_SETS, data=st.data())
def test_domains_are_a_set(names: set[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(sorted(names)))
    spelt = [respelt(name, data.draw(st.integers(0, 4))) for name in order]
    present = certificate(domains=[{"name": name, "is_common_name": False} for name in names])
    assert same_domains(present.present_domains, wanted_domains(spelt))
    assert differences(Request(present), Wanted(domains=wanted_domains(spelt))) == {}


@given(present=NAME_SETS, wanted=NAME_SETS)
def test_domains_differ_exactly_when_the_sets_do(present: set[str], wanted: set[str]) -> None:
    there = Request(certificate(domains=[{"name": name, "is_common_name": False} for name in present]))
    found = differences(there, Wanted(domains=wanted_domains(sorted(wanted))))
    assert bool(found) == (present != wanted)
    if found:
        assert [domain["name"] for domain in found["domains"]] == sorted(wanted)


@given(names=NAME_SETS, gone=st.sets(st.sampled_from(["old.example.org", "older.example.org"])))
def test_domains_on_their_way_out_do_not_count(names: set[str], gone: set[str]) -> None:
    told = [{"name": name, "status": "Active"} for name in names]
    told += [{"name": name, "status": word} for name, word in zip(sorted(gone), ("Delete", "pendingdelete"))]
    assert same_domains(certificate(domains=told).present_domains, wanted_domains(sorted(names)))


@pytest.mark.parametrize(
    ("marked", "common_now", "differs"),
    [
        (None, "a.example.org", False),
        (None, None, False),
        ("a.example.org", "a.example.org", False),
        ("a.example.org", "b.example.org", True),
        ("a.example.org", None, True),
    ],
)
def test_common_name_counts_only_where_one_is_marked(marked: str | None, common_now: str | None, differs: bool) -> None:
    names = ["a.example.org", "b.example.org"]
    told = [{"name": name, "is_common_name": name == common_now} for name in names]
    assert same_domains(certificate(domains=told).present_domains, wanted_domains(names, marked)) is not differs


def test_the_common_name_keeps_its_mark_where_none_is_marked() -> None:
    wanted = Wanted(domains=domains("www.example.org", "new.example.org", "shop.example.org"))
    assert differences(request_in("Active"), wanted)["domains"] == [
        {"name": "www.example.org", "is_common_name": False},
        {"name": "new.example.org", "is_common_name": False},
        {"name": "shop.example.org", "is_common_name": True},
    ]
    wanted = Wanted(domains=domains("shop.example.org", "new.example.org", common="new.example.org"))
    assert [domain["is_common_name"] for domain in differences(request_in("Active"), wanted)["domains"]] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("present", "wanted", "same"),
    [
        ({"id": 512, "company_name": "A"}, {"id": 512, "company_name": "B", "city": "C"}, True),
        ({"id": "512"}, {"id": 512}, True),
        ({"id": 512, "company_name": "A"}, {"id": 513, "company_name": "A"}, False),
        ({"id": 512, "company_name": "A", "city": "B"}, {"company_name": "A", "city": "C"}, True),
        ({"id": 512, "company_name": "A"}, {"id": 0, "company_name": "A"}, True),
        ({"id": 512, "company_name": "A"}, {"company_name": "a"}, False),
        ({"id": 512, "company_name": None}, {"company_name": "A"}, False),
        (None, {"id": 512}, False),
    ],
)
def test_organizations_are_compared_by_id_else_by_name(
    present: dict[str, Any] | None, wanted: dict[str, Any], same: bool
) -> None:
    there = request_in("Active", validation_type="OV", organization=present)
    assert (differences(there, Wanted(organization=wanted)) == {}) is same


EXPIRING = Notification("CertificateExpiring", True, ("ops@example.com", "Sec@example.com"))


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (("CertificateExpiring", True, ("SEC@example.com", "ops@example.com")), None),
        (("CertificateExpiring", True, ("ops@example.com",)), {"enabled": True, "emails": ["ops@example.com"]}),
        (("CertificateExpiring", False, None), {"enabled": False, "emails": ["ops@example.com", "Sec@example.com"]}),
        (("CertificateExpiring", False, ()), {"enabled": False, "emails": []}),
        (("PendingValidations", False, None), None),
        (("PendingValidations", False, ()), None),
        (("PendingValidations", True, None), {"enabled": True, "emails": []}),
        (("PendingValidations", True, ("a@example.com",)), {"enabled": True, "emails": ["a@example.com"]}),
    ],
)
def test_notifications_by_type(wanted: tuple[str, bool, Any], sent: dict[str, Any] | None) -> None:
    present = Request(certificate(), notifications=(EXPIRING,))
    found = differences(present, Wanted(notifications=(Notification(*wanted),)))
    assert found == ({} if sent is None else {"notifications": [{"notification_type": wanted[0], **sent}]})


@pytest.mark.parametrize(
    ("option", "value", "now", "differs"),
    [
        ("auto_renew", False, True, True),
        ("auto_renew", True, True, False),
        ("auto_renew", False, None, True),
        ("description", "", "Shop front", True),
        ("description", "", None, False),
        ("description", "shop front", "Shop front", True),
        ("certificate_label", "shop-prod", "shop-prod", False),
        ("certificate_label", "Shop-prod", "shop-prod", True),
        ("dcv_method", "DnsTxtToken", "dnstxttoken", False),
        ("dcv_method", "Email", "DnsTxtToken", True),
    ],
)
def test_simple_properties(option: str, value: Any, now: Any, differs: bool) -> None:
    found = differences(request_in("Active", **{option: now}), Wanted(**{option: value}))
    assert found == ({option: value} if differs else {})


def test_what_is_not_given_never_differs() -> None:
    assert differences(request_in("Active"), Wanted()) == {}
    assert Wanted().given == []
    assert Wanted(auto_renew=False, description="").given == ["description", "auto_renew"]


# ---- Waiting ---------------------------------------------------------------------------------------------------------

FAR = {"validation": 1, "validated": 2, "deployment": 3, "active": 4}


def proving(status: str, order: str | None = "Issued", *records: DcvRecord, **validations: str) -> Request:
    """A request as a look shows it, with the proof of control."""
    return Request(certificate(), StatusReport(status, None, "", order, validations), dcv=records or KNOWN)


@pytest.mark.parametrize("goal", FAR)
@pytest.mark.parametrize("status", STATUSES)
def test_how_far_a_status_is(goal: str, status: str) -> None:
    far = STATUSES.index(status)
    expected = Progress.FAILED if far == 5 else Progress.DONE if FAR[goal] <= far < 5 else Progress.RUNNING
    assert towards(Goal(goal), proving(status)) is expected


@pytest.mark.parametrize("goal", FAR)
@pytest.mark.parametrize("order", ["Rejected", "Canceled", "Revoked", "Expired", "Deleted", "rejected"])
def test_orders_that_lead_nowhere(goal: str, order: str) -> None:
    for status in STATUSES:
        assert towards(Goal(goal), proving(status, order)) is Progress.FAILED


@pytest.mark.parametrize("goal", FAR)
@pytest.mark.parametrize("status", STATUSES)
def test_a_certificate_stays_live_when_its_renewal_or_reissue_is_rejected(goal: str, status: str) -> None:
    far = STATUSES.index(status)
    expected = Progress.DONE if status in ISSUED and FAR[goal] <= far else Progress.FAILED
    assert towards(Goal(goal), proving(status, "RenewalRejected")) is expected
    assert towards(Goal(goal), proving(status, "RenewalRejected"), ordered=True) is expected
    assert towards(Goal(goal), proving(status, "reissuerejected")) is expected
    assert towards(Goal(goal), proving(status, "ReissueRejected"), ordered=True) is Progress.FAILED


@pytest.mark.parametrize("order", ["PendingReissue", "AwaitingReissue", "PendingOrgUpdate", "AwaitingOrgUpdate"])
def test_an_order_for_a_change_belongs_to_it(order: str) -> None:
    request = proving("Active", order)
    assert towards(Goal.VALIDATION, request) is Progress.DONE
    assert towards(Goal.DEPLOYMENT, request) is Progress.RUNNING
    assert towards(Goal.ACTIVE, request) is Progress.RUNNING


@pytest.mark.parametrize("order", ["PendingReissue", "PendingRenewal"])
def test_domains_of_a_changed_certificate_are_validated_when_none_is_pending(order: str) -> None:
    assert towards(Goal.VALIDATED, proving("Active", order, a="Approved", b="Pending")) is Progress.RUNNING
    assert towards(Goal.VALIDATED, proving("Active", order, a="Approved")) is Progress.DONE


@pytest.mark.parametrize("order", [None, "Issued", "Renewed", "OrgUpdated", "PendingRenewal", "AwaitingRenewal"])
def test_a_renewal_does_not_hinder(order: str | None) -> None:
    assert towards(Goal.ACTIVE, proving("Active", order)) is Progress.DONE


def test_without_a_goal_everything_is_reached() -> None:
    assert towards(Goal.NONE, Request()) is Progress.DONE
    assert towards(Goal.ACTIVE, Request()) is Progress.FAILED


def proof(domain: str, token: str | None, method: str = "DnsTxtToken") -> DcvRecord:
    return DcvRecord(domain, method, token, ())


@pytest.mark.parametrize(
    ("request_", "lacks"),
    [
        (proving("DomainControlValidation", "Pending", proof("a", "t"), proof("b", "t")), False),
        (proving("DomainControlValidation", "Pending", proof("a", "t"), proof("b", None)), True),
        (proving("DomainControlValidation", "Pending", proof("a", None, "dnscnametoken")), True),
        # E-mails have none, and of an unknown method nobody can tell.
        (proving("DomainControlValidation", "Pending", proof("a", None, "Email"), proof("b", None, "Smoke")), False),
        # What is proved needs none any more.
        (proving("DomainControlValidation", "Pending", proof("a", None), a="Approved"), False),
        (proving("DomainControlValidation", "Pending", proof("a", None), a="NA"), False),
        (proving("DomainControlValidation", "Pending", proof("a", None), a="Pending"), True),
        (proving("Active", "PendingReissue", proof("a", None), a="Pending"), True),
        (proving("Active", "PendingReissue", proof("a", "t"), proof("b", None), a="Pending", b="Approved"), False),
        # Nothing is to be proved.
        (proving("Active", "Issued", proof("a", None), a="Pending"), False),
        (proving("Processing", None, proof("a", None)), False),
        # Nothing was told at all; or it could not be read, which is another matter.
        (replace(proving("DomainControlValidation"), dcv=()), True),
        (replace(proving("DomainControlValidation"), dcv=(), certificate=certificate(dcv_method="Email")), False),
        (replace(proving("DomainControlValidation"), dcv=(), notes=("dcv_records could not be read: no",)), False),
        (Request(), False),
    ],
)
def test_tokens_that_are_still_to_come(request_: Request, lacks: bool) -> None:
    assert request_.lacks_tokens is lacks
    if request_.awaits_domains:
        assert towards(Goal.VALIDATION, request_) is (Progress.RUNNING if lacks else Progress.DONE)


# ---- Results ---------------------------------------------------------------------------------------------------------


def test_a_row_has_the_providers_fields_with_normal_times() -> None:
    report = StatusReport("Active", True, "Oops", None)
    told = row(fields_of(40021, "shop-prod", new_field=7), report, NOW)
    assert told["id"] == 40021
    assert told["new_field"] == 7
    assert not [key for key in told if key.startswith("@")]
    assert told["expiration_date"] == "2030-01-31T00:00:00Z"
    assert told["days_left"] == 1491
    assert told["created"] == "2024-03-01T09:00:00Z"
    assert told["domains"][0] == {
        "id": 400210,
        "name": "shop.example.org",
        "is_common_name": True,
        "status": "Active",
        "created": "2024-03-01T09:00:00Z",
        "active_date": None,
    }
    assert (told["status"], told["requires_attention"], told["error_message"]) == ("Active", True, "Oops")
    assert told["order_status"] is None


@pytest.mark.parametrize("odd", [7, "x", [], [7], {"x": 1}, True, 1.5])
def test_a_row_has_the_documented_types(odd: Any) -> None:
    kinds = {
        "id": int, "certificate_label": str, "auto_renew": bool, "domains": list, "created_by": dict, "created": str,
        "organization": dict, "deployments": list, "thumbprint": str, "expiration_date": str,
    }  # fmt: skip
    told = row({**fields_of(1, "x"), **dict.fromkeys(kinds, odd)}, None, NOW)
    for name, kind in kinds.items():
        assert type(told[name]) in (kind, type(None)), name
    assert all(isinstance(domain, dict) for domain in told["domains"] or [])


def test_a_rows_objects_have_the_documented_types() -> None:
    fields = {
        "domains": [
            {"id": "7", "name": ["x"], "is_common_name": 1, "status": None, "@id": "/x", "new": {"@x": 1, "y": 2}}
        ],
        "created_by": {"user_id": {}, "identity_id": 5},
    }
    told = row(fields, None, NOW)
    assert told["domains"] == [{"id": 7, "name": None, "is_common_name": None, "status": None, "new": {"y": 2}}]
    assert told["created_by"] == {"user_id": None, "identity_id": None}


def test_placeholders_are_null() -> None:
    told = row(fields_of(1, "x", expiration_date="0001-01-01T00:00:00Z", deployments=None), None, NOW)
    assert told["expiration_date"] is None
    assert told["days_left"] is None
    assert told["deployments"] is None
    assert told["status"] is None


def test_every_field_can_be_missing_but_the_id() -> None:
    sparse = Certificate.parse({"id": 7})
    assert (sparse.domains, sparse.organization, sparse.auto_renew) == ((), None, None)
    with pytest.raises(ValueError, match="id"):
        Certificate.parse({"id": None})


RECORD = {"zone": None, "relative_name": None, "token": "abc123", "emails": [], "validation_status": None}


@pytest.mark.parametrize(
    ("method", "validation_type", "expected"),
    [
        ("DnsTxtToken", "DV", ("TXT", "example.org", "t0ken")),
        ("DnsTxtToken", "OV", ("TXT", "example.org", "t0ken")),
        ("dnstxttoken", "EV", ("TXT", "example.org", "t0ken")),
        ("DnsCnameToken", "DV", ("CNAME", "_dnsauth.example.org", "t0ken.dcv.digicert.com")),
        ("DnsCnameToken", "OV", ("CNAME", "t0ken.example.org", "dcv.digicert.com")),
        ("DnsCnameToken", "EV", ("CNAME", "t0ken.example.org", "dcv.digicert.com")),
        ("Email", "DV", ("Email", None, None)),
        ("Smoke", "DV", ("Smoke", None, None)),
    ],
)
def test_dcv_records(method: str, validation_type: str, expected: tuple[Any, ...]) -> None:
    for domain in ("example.org", "*.example.org"):
        shown = DcvRecord(domain, method, "t0ken", ("a@example.org",)).as_result(
            validation_type, {domain: "Pending"}, []
        )
        assert shown == {
            "domain": domain,
            **dict(zip(("type", "name", "value"), expected)),
            "zone": None,
            "relative_name": None,
            "token": "t0ken",
            "emails": ["a@example.org"],
            "validation_status": "Pending",
        }


@pytest.mark.parametrize(
    ("method", "validation_type", "name", "value"),
    [
        ("DnsTxtToken", "DV", "example.org", None),
        ("DnsCnameToken", "DV", "_dnsauth.example.org", None),
        ("DnsCnameToken", "OV", None, "dcv.digicert.com"),
    ],
)
def test_a_record_without_its_token_is_not_made_up(
    method: str, validation_type: str, name: str | None, value: str | None
) -> None:
    shown = DcvRecord("example.org", method, None, ()).as_result(validation_type, {}, [])
    assert (shown["name"], shown["value"], shown["token"]) == (name, value, None)
    nameless = DcvRecord("", method, "t0ken", ()).as_result(validation_type, {}, ["example.org"])
    assert (nameless["name"], nameless["zone"], nameless["relative_name"]) == (None, None, None)


@pytest.mark.parametrize(
    ("domain", "zones", "expected"),
    [
        ("img.example.org", [], (None, None)),
        ("img.example.org", ["example.com"], (None, None)),
        ("img.example.org", ["ample.org"], (None, None)),
        ("img.example.org", ["example.org"], ("example.org", "img")),
        ("a.img.example.org", ["example.org", "img.example.org"], ("img.example.org", "a")),
        ("*.example.org", ["example.org"], ("example.org", "@")),
        ("img.example.org", ["org", "img.example.org"], ("img.example.org", "@")),
    ],
)
def test_names_relative_to_the_users_zones(domain: str, zones: list[str], expected: tuple[str | None, ...]) -> None:
    shown = DcvRecord(domain, "DnsTxtToken", "t0ken", ()).as_result("DV", {}, zones)
    assert (shown["zone"], shown["relative_name"]) == expected


def test_zones_in_any_spelling() -> None:
    assert dns_zones(None) == []
    assert dns_zones(["Example.ORG.", "münchen.example"]) == ["example.org", "xn--mnchen-3ya.example"]
    with pytest.raises(InputError, match=r"^dns_zones contains 'A\.b' more than once"):
        dns_zones(["a.b", "A.b"])


@pytest.mark.parametrize(
    ("deployments", "host"),
    [
        (None, None),
        ([], None),
        ("?", None),
        ([7, {"platform": None}, {"platform": "HttpLarge", "hex_url": None}], None),
        ([{"platform": "HttpLarge", "hex_url": "cs1.example.net"}], "cs1.example.net"),
        ([{"platform": "HTTPLARGE", "hex_url": "cs1.example.net"}] * 2, "cs1.example.net"),
        ([{"platform": "HttpSmall", "hex_url": "x"}, {"platform": "HttpLarge", "hex_url": "y"}], "y"),
        ([{"platform": "HttpLarge", "hex_url": "x"}, {"platform": "HttpLarge", "hex_url": "y"}], None),
    ],
)
def test_the_target_of_the_customers_cname(deployments: Any, host: str | None) -> None:
    assert row(fields_of(1, "x", deployments=deployments), None, NOW)["target_cname"] == host


def validating(status: str, order: str | None, *words: str) -> StatusReport:
    items = [{"domain_id": n, "domain_names": [f"d{n}.Example.org"], "status": word} for n, word in enumerate(words)]
    data = {"status": status, "order_validation": {"status": order, "domain_validations": items} if order else None}
    return StatusReport.parse(data)


@pytest.mark.parametrize(
    ("report", "awaits"),
    [
        (validating("DomainControlValidation", None), True),
        (validating("domaincontrolvalidation", "Pending", "Approved"), True),
        (validating("Processing", "Pending", "Pending"), False),
        (validating("OtherValidation", "Pending", "Approved"), False),
        (validating("Active", "Issued", "Pending"), False),
        (validating("Active", "PendingReissue", "Approved", "Pending"), True),
        (validating("Deployment", "AwaitingReissue", "pending"), True),
        (validating("Active", "PendingRenewal", "Pending"), True),
        (validating("Active", "PendingReissue", "Approved", "NA"), False),
        (validating("Active", "PendingReissue"), False),
        (validating("Deleted", "PendingReissue", "Pending"), False),
        (validating("Reviewing", "PendingReissue", "Pending"), False),
    ],
)
def test_when_the_control_of_domains_is_to_be_proved(report: StatusReport, awaits: bool) -> None:
    assert report.awaits_domains is awaits


@pytest.mark.parametrize(
    ("data", "attention", "message"),
    [
        ({"requires_attention": True, "error_message": "No CAA record"}, True, "No CAA record"),
        ({"requires_attention": False, "error_message": None}, False, ""),
        ({"requires_attention": "yes"}, None, ""),
        ({}, None, ""),
    ],
)
def test_what_is_in_the_way_of_a_request(data: dict[str, Any], attention: bool | None, message: str) -> None:
    report = StatusReport.parse({"status": "Active", **data})
    assert (report.requires_attention, report.error_message) == (attention, message)
    assert ("error: No CAA record" in str(report)) == bool(message)


def test_validations_are_known_by_name() -> None:
    assert validating("Active", "Issued", "Pending", "Approved").validations == {
        "d0.example.org": "Pending",
        "d1.example.org": "Approved",
    }
    assert StatusReport.parse({"status": "Active", "order_validation": {"domain_validations": None}}).validations == {}


# ---- Errors (api/vdms.md 5) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"code": "bad_request", "details": [{"description": "In use.", "source": "label"}, {"description": "Bad"}]},
            ("bad_request", "label: In use; Bad"),
        ),
        ({"code": "conflict", "details": None}, ("conflict", "")),
        ({"code": "conflict", "details": [{"meta": 1}, None, "as text"]}, ("conflict", "as text")),
        ({"Message": "Nope."}, ("", "Nope")),
        ({"message": "nope"}, ("", "nope")),
        ({"error": "invalid_client", "error_description": "Unknown client"}, ("invalid_client", "Unknown client")),
        ({"error": "invalid_scope"}, ("invalid_scope", "")),
        ({"error": {"of": "what"}, "code": 7, "details": {}}, ("", "")),
        ({}, ("", "")),
        ([1], ("", "[1]")),
        (b"", ("", "")),
        (b"<html><head><title>503</title></head><body>Service  Unavailable</body>", ("", "503 Service Unavailable")),
        (b"word " * 1000, ("", ("word " * 99)[:-1] + " ...")),
    ],
)
def test_errors_in_all_shapes(body: Any, expected: tuple[str, str]) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert told(Reply(400, {}, raw)) == expected


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (409, Outcome.REFUSED),
        (408, Outcome.UNKNOWN),
        (429, Outcome.NOT_EXECUTED),
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        (503, Outcome.UNKNOWN),
    ],
)
def test_outcomes(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome
    with pytest.raises(VdmsError) as caught:
        Envelope().open(Call("Any"), Reply(status, {}, b""))
    assert caught.value.outcome is outcome
    assert caught.value.code == f"HTTP_{status}"
    assert caught.value.message


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"", "^the access token is not valid, has expired or is too narrow: check the credentials"),
        (403, b'{"Message": "No"}', r"^No \(the credentials may not do this, or their scope is too narrow\)$"),
        (400, b'{"error": "invalid_client"}', "^check client_id and client_secret$"),
        (400, b'{"error": "invalid_scope", "error_description": "No."}', r"^No \(check the option scope\)$"),
        (418, b"", "^I'm a Teapot$"),
        (499, b"", "^no message$"),
    ],
)
def test_advice(status: int, body: bytes, words: str) -> None:
    with pytest.raises(VdmsError) as caught:
        Envelope().open(Call("Any"), Reply(status, {}, body))
    assert re.search(words, caught.value.message, re.IGNORECASE)


def test_success() -> None:
    assert Envelope().open(Call("Any"), Reply(200, {}, b'{"id": 1}')) == {"id": 1}
    assert Envelope().open(Call("Any"), Reply(201, {}, b'{"id": 1}')) == {"id": 1}
    assert Envelope().open(Call("Any"), Reply(204, {}, b"ignored")) == {}


@pytest.mark.parametrize("reply", [Reply(200, {}, b""), Reply(200, {}, b"[]"), Reply(202, {}, b"{}")])
def test_what_is_not_documented_is_no_success(reply: Reply) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Envelope().open(Call("Any"), reply)


# ---- Credentials (api/vdms.md 1) -------------------------------------------------------------------------------------

CREDENTIALS: dict[str, Any] = {
    "client_id": None,
    "client_secret": None,
    "access_token": None,
    "scope": "sec.cps.certificates",
    "token_url": TOKEN_URL,
}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {},
            "^No credentials: set client_id and client_secret, or access_token.*VDMS_CLIENT_ID and VDMS_CL",
        ),
        ({"client_id": "a", "client_secret": " "}, "^client_id is given without client_secret.*VDMS_CLIENT_SECRET"),
        ({"client_secret": "a"}, "^client_secret is given without client_id.*VDMS_CLIENT_ID"),
        ({"client_id": "a", "client_secret": "b", "access_token": "c"}, "^Both kinds of credentials are given"),
        ({"client_id": "a", "client_secret": "b", "scope": " "}, "^scope is blank"),
        ({"client_id": "a", "client_secret": "b", "token_url": "id.vdms.io"}, "^token_url: 'id.vdms.io' has no scheme"),
    ],
)
def test_credentials_that_cannot_be_used(given: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        credentials({**CREDENTIALS, **given}, Settings(), Redactor())


def test_credentials_of_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    client = {"client_id": "a", "client_secret": "b"}
    assert isinstance(credentials({**CREDENTIALS, **client}, Settings(), Redactor()), OAuth2Auth)
    assert isinstance(credentials({**CREDENTIALS, "access_token": "t"}, Settings(), Redactor()), BearerAuth)
    both = {**CREDENTIALS, **client, "access_token": "t"}
    monkeypatch.setenv("VDMS_ACCESS_TOKEN", "t")
    assert isinstance(credentials(both, Settings(), Redactor()), OAuth2Auth)
    monkeypatch.delenv("VDMS_ACCESS_TOKEN")
    monkeypatch.setenv("VDMS_CLIENT_ID", "a")
    monkeypatch.setenv("VDMS_CLIENT_SECRET", "b")
    assert isinstance(credentials(both, Settings(), Redactor()), BearerAuth)


def test_a_token_is_asked_for_once_in_a_form_and_kept_secret(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    result = run(certificate_label="shop-prod", scope="sec.cps.certificates and.more")
    assert result["changed"] is False
    assert cps.token_forms == [
        {
            "grant_type": ["client_credentials"],
            "client_id": ["a-client"],
            "client_secret": [SECRET],
            "scope": ["sec.cps.certificates and.more"],
        }
    ]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_token_that_is_not_accepted_any_more_is_renewed(cps: Cps, run: Run, check_mode: bool) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("GET", "/certificates/40021", 401)
    result = run(certificate_label="shop-prod", description="new", check_mode=check_mode)
    assert result["changed"] is True
    assert len(cps.tokens) == 2
    assert len(cps.writes) == (0 if check_mode else 1)


def test_a_token_is_renewed_when_its_lifetime_is_over(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    cps.expires_in = 0.0001
    assert run(certificate_label="shop-prod", description="new")["changed"] is True
    assert len(cps.tokens) == len(cps.calls) > 2


def test_a_token_that_expires_during_a_write_is_renewed_and_nothing_is_lost(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("PATCH", "/certificates/40021", 401)
    assert run(certificate_label="shop-prod", description="new")["changed"] is True
    assert len(cps.tokens) == 2
    assert [body for _method, _path, body in cps.writes] == [{"description": "new"}] * 2


def test_a_token_is_renewed_once_only(cps: Cps, run: Run) -> None:
    cps.fail("GET", "/certificates", 401, times=9)
    result = run(certificate_label="shop-prod")
    assert len(cps.tokens) == 2
    assert result["error"]["http_status"] == 401
    assert "check the credentials and the scope" in result["msg"]


def test_an_access_token_is_not_renewed(cps: Cps, play: Callable[..., dict[str, Any]]) -> None:
    result = play(main, {"access_token": "stale-token", "certificate_label": "shop-prod", "retries": 0})
    assert result["error"]["http_status"] == 401
    assert cps.token_forms == []
    cps.valid.add("fixed-token")
    cps.add(40021, "shop-prod")
    result = play(main, {"access_token": "fixed-token", "certificate_label": "shop-prod"})
    assert result["certificate_request"]["id"] == 40021


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": "invalid_client"}, ("invalid_client", "refused", 1)),
        (401, {"error": "invalid_client", "error_description": "Unknown"}, ("invalid_client", "refused", 1)),
        (404, "", ("HTTP_404", "refused", 1)),
        (429, "", ("HTTP_429", "not_executed", 2)),
        (500, "<html>Oops</html>", ("HTTP_500", "not_executed", 2)),
        (200, {"access_token": ""}, ("UnexpectedReply", "not_executed", 2)),
        (200, {"access_token": "eight-ch", "expires_in": -1}, ("UnexpectedReply", "not_executed", 2)),
        (200, "no json", ("UnexpectedReply", "not_executed", 2)),
    ],
)
def test_without_a_token_nothing_was_executed(
    cps: Cps, run: Run, status: int, body: Any, expected: tuple[str, str, int]
) -> None:
    cps.fail("POST", "/connect/token", status, body, times=9)
    result = run(certificate_label="shop-prod")
    assert result["error"]["action"] == "GetToken"
    assert (result["error"]["code"], result["error"]["outcome"], len(cps.token_forms)) == expected
    assert ("heck token_url" in result["msg"]) is (status in (200, 404))
    assert result["changed"] is False
    assert cps.calls == []


@pytest.mark.parametrize("status", [400, 404, 409])
@pytest.mark.parametrize("named", [{"certificate_id": 7}, {"certificate_label": "shop-prod"}])
def test_a_refused_token_does_not_mean_that_the_request_is_gone(
    cps: Cps, run: Run, named: dict[str, Any], status: int
) -> None:
    cps.add(7, "shop-prod")
    cps.fail("POST", "/connect/token", status, times=9)
    result = run(**named, state="absent")
    assert result["failed"]
    assert (result["error"]["action"], len(cps.token_forms)) == ("GetToken", 1)


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_token_that_is_refused_for_a_removal_ends_it(cps: Cps, run: Run, status: int) -> None:
    cps.add(7, "shop-prod")
    cps.fail("DELETE", "/certificates/7", 401)
    real = cps._trouble
    cps._trouble = lambda method, path: (  # type: ignore[method-assign]
        Trouble(method, path, lambda: (status, {}, "")) if path.endswith("token") and cps.tokens else real(method, path)
    )
    result = run(certificate_id=7, state="absent")
    assert (result["error"]["action"], result["changed"]) == ("GetToken", False)
    assert len(cps.writes) == 1


def test_a_token_service_that_fails_before_a_write_leaves_no_doubt(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("PATCH", "/certificates/40021", 401)
    cps.trouble.append(Trouble("POST", "/connect/token", lambda: (200, {}, '{"access_token": "token-number-0"}')))
    cps.valid.add("token-number-0")
    cps.fail("POST", "/connect/token", 500, times=9)
    result = run(certificate_label="shop-prod", description="new")
    assert (result["error"]["action"], result["error"]["outcome"]) == ("GetToken", "not_executed")
    assert result["changed"] is False
    assert len(cps.writes) == 1


def test_a_token_service_that_fails_during_a_wait_does_not_make_it_longer(cps: Cps, run: Run, clock: FakeClock) -> None:
    cps.add(40021, "shop-prod", status="Processing")
    real = cps._trouble
    cps._trouble = lambda method, path: (  # type: ignore[method-assign]
        Trouble(method, path, lambda: (503, {}, "")) if path.endswith("token") and clock.sleeps else real(method, path)
    )
    cps.expires_in = 0.0001
    began = clock.now()
    result = run(certificate_label="shop-prod", wait_for="active", wait_timeout=20, wait_interval=5, retries=9)
    assert result["error"]["code"] == "Timeout"
    assert clock.now() - began < 20.1


def test_records_that_cannot_be_read_do_not_make_a_wait_longer(cps: Cps, run: Run, clock: FakeClock) -> None:
    later = [("DomainControlValidation", "Pending")] * 99
    cps.add(40021, "shop-prod").coming = [("Processing", None), *later]
    cps.fail("GET", "/dcv/certificates/40021", 503, times=99)
    result = run(certificate_label="shop-prod", wait_for="active", wait_timeout=20, retries=9)
    assert result["error"]["code"] == "Timeout"
    assert sum(clock.sleeps) < 20.1


def test_a_token_without_a_lifetime_lives_for_the_documented_one() -> None:
    assert _vdms._token({"access_token": "eight-ch"}).lifetime == 300
    assert _vdms._token({"access_token": "eight-ch", "expires_in": "60"}).lifetime == 60
    assert _vdms._token({"access_token": "eight-ch", "expires_in": 0}).lifetime == 0


def test_a_short_token_does_not_spoil_what_is_told(cps: Cps, run: Run) -> None:
    cps.next_token = "1"
    cps.add(40021, "shop-1")
    assert run(certificate_id=40021)["certificate_request"]["certificate_label"] == "shop-1"


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "required: certificate_id, certificate_label"),
        ({"certificate_label": None}, "^Nothing says which request is meant: give certificate_id or certificate_label"),
        ({"certificate_label": None, "certificate_id": None, "state": "absent"}, "^Nothing says which request"),
        ({"certificate_id": 0}, "^certificate_id: 0 is not an id"),
        ({"certificate_label": " "}, "^certificate_label is blank"),
        ({"certificate_label": "x", "domains": []}, "^domains is an empty list"),
        ({"certificate_label": "x", "domains": [{"name": " "}]}, "^domains contains a blank value"),
        ({"certificate_label": "x", "domains": [{}]}, "missing required arguments: name found in domains"),
        (
            {"certificate_label": "x", "domains": [{"name": "a.example.org"}, {"name": "A.example.org."}]},
            "^domains contains 'A.example.org.' more than once",
        ),
        ({"certificate_label": "x", "domains": [{"name": "https://a.example.org"}]}, "is not a domain name"),
        (
            {"certificate_label": "x", "domains": [{"name": n, "is_common_name": True} for n in ("a.b", "c.d")]},
            r"^domains: 2 are marked with is_common_name \(a.b, c.d\)",
        ),
        ({"certificate_label": "x", "dcv_method": "Dns"}, "value of dcv_method must be one of"),
        ({"certificate_label": "x", "organization": {}}, "^organization: give its id or its company_name"),
        ({"certificate_label": "x", "organization": {"id": 0}}, "^organization: give its id or its company_name"),
        ({"certificate_label": "x", "notifications": []}, "^notifications is an empty list"),
        (
            {"certificate_label": "x", "notifications": [{"notification_type": "CertificateExpiring"}]},
            "^notifications: CertificateExpiring is enabled and has no emails",
        ),
        (
            {
                "certificate_label": "x",
                "notifications": [{"notification_type": "CertificateExpiring", "emails": []}],
            },
            "^notifications: CertificateExpiring is enabled and has no emails",
        ),
        (
            {
                "certificate_label": "x",
                "notifications": [{"notification_type": "CertificateExpiring", "emails": ["a@b.org", " "]}],
            },
            "^notifications: CertificateExpiring has a blank e-mail address",
        ),
        (
            {
                "certificate_label": "x",
                "notifications": [{"notification_type": "CertificateExpiring", "enabled": False}] * 2,
            },
            "^notifications contains 'CertificateExpiring' more than once",
        ),
        ({"certificate_label": "x", "wait_for": "ever"}, "value of wait_for must be one of"),
        ({"certificate_label": "x", "wait_timeout": 0}, "^wait_timeout: 0.0 was given"),
        ({"certificate_label": "x", "api_url": "https://a.example.org/api"}, r"^api_url: .* must not have a path"),
        ({"certificate_label": "x", "label": "y"}, "Unsupported parameters.*label"),
    ],
)
def test_bad_input_is_one_sentence_and_no_call(cps: Cps, run: Run, options: dict[str, Any], words: str) -> None:
    result = run(**options)
    assert result["failed"]
    assert re.search(words, result["msg"])
    assert cps.calls == []
    assert cps.token_forms == []


# ---- Finding a request -----------------------------------------------------------------------------------------------


def test_a_label_means_exactly_this_label_on_any_page(cps: Cps, run: Run) -> None:
    for number in range(1, 46):
        cps.add(number, f"shop-{number}")
    result = run(certificate_label="shop-4")
    assert result["certificate_request"]["id"] == 4
    # "shop-4" is part of "shop-40" and others, so the search itself found them too.
    assert sum(path == "/certificates" for _method, path, _body in cps.calls) == 1


@pytest.mark.parametrize("label", ["a b", "a:b", "a*", "ä", "shop, prod"])
def test_a_label_that_is_no_plain_word_is_looked_for_in_the_whole_list(cps: Cps, run: Run, label: str) -> None:
    for number in range(1, 45):
        cps.add(number, f"shop-{number}")
    cps.add(45, label)
    assert run(certificate_label=label)["certificate_request"]["id"] == 45
    assert sum(path == "/certificates" for _method, path, _body in cps.calls) == 3


def test_a_label_that_is_not_found_is_looked_for_without_a_query(cps: Cps, run: Run) -> None:
    cps.add(1, "other")
    result = run(certificate_label="nobody")
    assert (result["error"]["code"], result["certificate_request"]) == ("NotFound", None)
    assert sum(path == "/certificates" for _method, path, _body in cps.calls) == 2


@pytest.mark.parametrize(("status", "found"), [(400, True), (403, False)])
def test_a_search_that_is_not_accepted_is_done_without_a_query(cps: Cps, run: Run, status: int, found: bool) -> None:
    cps.add(1, "shop.prod")
    cps.fail("GET", "/certificates$", status)
    result = run(certificate_label="shop.prod")
    assert ("certificate_request" in result) is found
    assert sum(path == "/certificates" for _method, path, _body in cps.calls) == (2 if found else 1)


def test_deleted_requests_do_not_count(cps: Cps, run: Run) -> None:
    cps.add(1, "shop-prod", status="Deleted")
    cps.add(2, "shop-prod")
    assert run(certificate_label="shop-prod")["certificate_request"]["id"] == 2


def test_several_live_requests_with_one_label_are_an_error(cps: Cps, run: Run) -> None:
    cps.add(12, "shop-prod")
    cps.add(11, "shop-prod")
    result = run(certificate_label="shop-prod", state="absent")
    assert result["error"]["code"] == "Ambiguous"
    assert "'shop-prod' belongs to 2 live requests (11, 12); use certificate_id" in result["msg"]
    assert cps.writes == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_label_of_a_deleted_request_is_taken(cps: Cps, run: Run, check_mode: bool) -> None:
    cps.add(40021, "img", status="Deleted")
    result = run(check_mode=check_mode, **CREATE_OPTIONS)
    assert result["error"]["code"] == "LabelTaken"
    assert "img is deleted (id 40021), and the label of a deleted request stays taken" in result["msg"]
    assert cps.writes == []


@pytest.mark.parametrize(("status", "body"), [(404, ""), (200, "{}"), (200, '{"id": null}')])
def test_an_id_that_is_not_there(cps: Cps, run: Run, status: int, body: str) -> None:
    cps.fail("GET", "/certificates/7", status, body, times=9)
    result = run(certificate_id=7, description="x")
    assert (result["error"]["code"], result["certificate_request"]) == ("NotFound", None)
    assert "certificate request 7 does not exist" in result["msg"]
    absent = run(certificate_id=7, state="absent")
    assert absent["changed"] is False
    assert absent["certificate_request"] is None


@pytest.mark.parametrize(("status", "body"), [(404, "<html>No such page</html>"), (200, "{}"), (200, '{"pages": []}')])
@pytest.mark.parametrize("named", [{"certificate_id": 7}, {"certificate_label": "shop-prod"}])
def test_what_another_server_does_not_know_is_not_absent(
    cps: Cps, run: Run, status: int, body: str, named: dict[str, Any]
) -> None:
    cps.fail("GET", "/certificates", status, body, times=9)
    result = run(**named, state="absent")
    assert result["failed"]
    assert result["error"]["action"] == "GetAllCertificateRequests"
    assert ("(check api_url)" in result["msg"]) is (status == 404)


def test_one_look_at_the_list_tells_that_it_is_the_right_server(cps: Cps, run: Run) -> None:
    run(certificate_id=7, state="absent")
    assert [path for _method, path, _body in cps.calls] == ["/certificates/7", "/certificates"]


def test_an_id_that_is_deleted(cps: Cps, run: Run) -> None:
    cps.add(7, "shop-prod", status="Deleted")
    result = run(certificate_id=7)
    assert "certificate request shop-prod (7) has status Deleted" in result["msg"]
    assert result["certificate_request"] is None
    assert run(certificate_id=7, state="absent")["changed"] is False


def test_an_id_that_is_not_accepted_is_an_error(cps: Cps, run: Run) -> None:
    cps.fail("GET", "/certificates/7", 400, {"code": "bad_request", "details": [{"description": "Bad id."}]})
    result = run(certificate_id=7)
    assert "GetCertificateRequest failed for certificate request 7: bad_request: Bad id (HTTP 400)" in result["msg"]
    assert "certificate_request" not in result


# ---- Update ----------------------------------------------------------------------------------------------------------

UPDATES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"auto_renew": False}, {"auto_renew": False}),
    ({"description": ""}, {"description": ""}),
    ({"dcv_method": "Email"}, {"dcv_method": "Email"}),
    ({"description": "New", "auto_renew": True, "dcv_method": "DnsTxtToken"}, {"description": "New"}),
    (
        {"domains": [{"name": "Neu.EXAMPLE.org."}, {"name": "shop.example.org"}]},
        {
            "domains": [
                {"name": "neu.example.org", "is_common_name": False},
                {"name": "shop.example.org", "is_common_name": True},
            ]
        },
    ),
    (
        {"domains": [{"name": "WWW.example.org", "is_common_name": True}, {"name": "shop.example.org"}]},
        {
            "domains": [
                {"name": "www.example.org", "is_common_name": True},
                {"name": "shop.example.org", "is_common_name": False},
            ]
        },
    ),
]


@pytest.mark.parametrize(("options", "body"), UPDATES)
def test_fourfold_update(cps: Cps, run: Run, options: dict[str, Any], body: dict[str, Any]) -> None:
    cps.add(40021, "shop-prod")
    check = run(certificate_label="shop-prod", **options, check_mode=True)
    assert cps.writes == []
    done = run(certificate_label="shop-prod", **options)
    assert cps.writes == [("PATCH", "/certificates/40021", body)]
    again = run(certificate_label="shop-prod", **options)
    check_again = run(certificate_label="shop-prod", **options, check_mode=True)
    assert len(cps.writes) == 1
    assert [result["changed"] for result in (check, done, again, check_again)] == [True, True, False, False]
    assert check["changes"] == done["changes"] == list(body)
    assert check["diff"] == done["diff"]
    assert again["changes"] == again["diff"] == []
    for name in set(body) - {"domains"}:
        assert check["certificate_request"][name] == done["certificate_request"][name] == body[name]
        assert done["diff"][0]["after"][name] == body[name]
    if "domains" in body:
        names = [domain["name"] for domain in check["certificate_request"]["domains"]]
        assert names == [domain["name"] for domain in body["domains"]]


def test_a_request_is_renamed_by_id(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    check = run(certificate_id=40021, certificate_label="shop-2026", check_mode=True)
    done = run(certificate_id=40021, certificate_label="shop-2026")
    assert cps.writes == [("PATCH", "/certificates/40021", {"certificate_label": "shop-2026"})]
    assert check["changes"] == done["changes"] == ["certificate_label"]
    assert check["diff"] == done["diff"]
    assert done["diff"][0]["before_header"] == "certificate request shop-prod (40021)"
    assert run(certificate_id=40021, certificate_label="shop-2026")["changed"] is False


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("status", ["Active", "Deleted"])
def test_a_label_that_another_request_has_is_taken(cps: Cps, run: Run, status: str, check_mode: bool) -> None:
    cps.add(40021, "shop")
    cps.add(40022, "shop-prod", status=status)
    cps.add(40023, "shop-prod-2")
    result = run(certificate_id=40021, certificate_label="shop-prod", description="new", check_mode=check_mode)
    assert (result["changed"], result["changes"], result["error"]["code"]) == (False, [], "LabelTaken")
    assert "certificate request shop (40021): certificate_label: 'shop-prod' is taken by 40022" in result["msg"]
    assert cps.writes == []


def test_a_label_is_looked_for_only_where_it_would_change(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    run(certificate_id=40021, certificate_label="shop-prod", description="new")
    assert [path for _method, path, _body in cps.calls if path == "/certificates"] == []
    run(certificate_id=40021, certificate_label="shop", description="new")
    assert [body for _method, _path, body in cps.writes] == [{"description": "new"}, {"certificate_label": "shop"}]


def test_nothing_is_sent_that_was_not_given(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    result = run(certificate_label="shop-prod")
    assert result["changed"] is False
    assert result["changes"] == result["dcv_records"] == result["diff"] == []
    assert cps.writes == []
    assert [path for _method, path, _body in cps.calls if path.endswith("/notifications")] == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_refused_is_refused_before_any_write(cps: Cps, run: Run, check_mode: bool) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation")
    result = run(
        certificate_label="shop-prod", description="x", domains=[{"name": "a.example.org"}], check_mode=check_mode
    )
    assert result["changed"] is False
    assert result["changes"] == []
    assert result["error"]["code"] == "Refused"
    assert "certificate request shop-prod (40021): its status DomainControlValidation forbids" in result["msg"]
    assert result["certificate_request"]["description"] == "Shop front"
    assert cps.writes == []


def test_notifications_of_the_types_given(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    wanted = [
        {"notification_type": "CertificateExpiring", "emails": ["OPS@example.com"]},
        {"notification_type": "PendingValidations", "emails": ["ops@example.com", "Ops@example.com"]},
    ]
    check = run(certificate_label="shop-prod", notifications=wanted, check_mode=True)
    done = run(certificate_label="shop-prod", notifications=wanted)
    sent = [{"notification_type": "PendingValidations", "enabled": True, "emails": ["Ops@example.com"]}]
    assert cps.writes == [("PATCH", "/certificates/40021/notifications", sent)]
    assert check["changes"] == done["changes"] == ["notifications"]
    assert check["diff"] == done["diff"]
    assert done["diff"][0]["after"] == {
        "notifications": {"PendingValidations": {"enabled": True, "emails": ["Ops@example.com"]}}
    }
    assert run(certificate_label="shop-prod", notifications=wanted)["changed"] is False


def test_organization(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", validation_type="OV", organization=ORGANIZATION)
    wanted = {
        "company_name": "Other Ltd",
        "city": "Wien",
        "additional_contacts": [{"contact_type": "EvApprover", "email": "a@example.org"}],
    }
    check = run(certificate_label="shop-prod", organization=wanted, check_mode=True)
    done = run(certificate_label="shop-prod", organization=wanted)
    assert cps.writes == [("PUT", "/certificates/40021/organization", wanted)]
    assert check["diff"] == done["diff"]
    assert done["diff"][0]["before"] == {"organization": {"id": 512, "company_name": "Example Org Ltd"}}
    assert done["diff"][0]["after"] == {"organization": {"company_name": "Other Ltd"}}
    assert done["certificate_request"]["organization"]["company_name"] == "Other Ltd"
    assert run(certificate_label="shop-prod", organization=wanted)["changed"] is False


ALL_THREE = {
    "certificate_label": "shop-prod",
    "description": "new",
    "notifications": [{"notification_type": "CertificateExpiring", "enabled": False}],
    "organization": {"id": 513},
}
STEPS = ["/certificates/40021$", "/certificates/40021/notifications", "/certificates/40021/organization"]
METHODS = ["PATCH", "PATCH", "PUT"]


def test_several_writes_come_in_a_fixed_order(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", validation_type="EV", organization=ORGANIZATION)
    assert run(**ALL_THREE)["changes"] == ["description", "organization", "notifications"]
    assert [method for method, _path, _body in cps.writes] == METHODS
    assert all(re.search(step, path) for step, (_method, path, _body) in zip(STEPS, cps.writes))
    assert cps.writes[1][2][0]["emails"] == ["ops@example.com"]


@pytest.mark.parametrize("refused", [0, 1, 2])
def test_a_later_write_that_is_refused(cps: Cps, run: Run, refused: int) -> None:
    cps.add(40021, "shop-prod", validation_type="EV", organization=ORGANIZATION)
    cps.fail(METHODS[refused], STEPS[refused], 400, {"code": "bad_request", "details": [{"description": "No."}]})
    result = run(**ALL_THREE)
    assert result["failed"]
    assert result["changed"] is (refused > 0)
    done = ["description", "notifications"][:refused]
    assert sorted(result["changes"]) == done
    assert len(cps.writes) == refused + 1
    assert ("Done before that: description" in result["msg"]) == (refused > 0)
    assert [sorted(diff["after"]) for diff in result["diff"]] == ([done] if done else [])
    assert result["certificate_request"]["description"] == ("new" if refused else "Shop front")


@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_an_answer_that_was_lost_is_found_out(cps: Cps, run: Run, lost: int, executed: bool) -> None:
    cps.add(40021, "shop-prod", validation_type="EV", organization=ORGANIZATION)
    cps.lose(METHODS[lost], STEPS[lost], executed=executed)
    result = run(**ALL_THREE)
    assert not result.get("failed")
    assert result["changed"] is True
    assert result["changes"] == ["description", "organization", "notifications"]
    assert len(cps.writes) == (3 if executed else 4)
    assert run(**ALL_THREE)["changed"] is False


def test_what_was_done_with_a_lost_answer_is_told_when_the_next_write_is_refused(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", validation_type="EV", organization=ORGANIZATION)
    cps.lose("PATCH", STEPS[0], executed=True)
    cps.fail("PATCH", STEPS[1], 400, {"Message": "No"})
    result = run(**ALL_THREE)
    assert result["failed"]
    assert result["changed"] is True
    assert result["changes"] == ["description"]


def test_a_write_whose_answer_is_lost_twice_is_not_sent_a_third_time(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    cps.lose("PATCH", STEPS[0], executed=False, times=9)
    result = run(certificate_label="shop-prod", description="new")
    assert result["error"]["outcome"] == "unknown"
    assert (result["changed"], result["changes"]) == (False, [])
    assert len(cps.writes) == 2


def test_a_write_that_was_not_executed_is_sent_again(cps: Cps, run: Run, clock: FakeClock) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("PATCH", STEPS[0], 429)
    assert run(certificate_label="shop-prod", description="new")["changed"] is True
    assert len(cps.writes) == 2
    assert clock.sleeps


def test_the_service_may_rewrite_values(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    cps.rewrite = lambda fields: {**fields, "description": "SHOP FRONT"}
    result = run(certificate_label="shop-prod", description="new", auto_renew=False)
    assert (result["changed"], result["changes"]) == (True, ["description", "auto_renew"])
    (warning,) = [text for text in warnings_of(result) if "another value" in text]
    assert "has accepted description, but answers with another value" in warning
    assert len(cps.writes) == 1


def test_an_unknown_status_is_told(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="Reviewing")
    for check_mode in (True, False):
        result = run(certificate_label="shop-prod", description=f"new {check_mode}", check_mode=check_mode)
        assert result["changed"] is True
        assert len([text for text in warnings_of(result) if "'Reviewing' is not known" in text]) == 1


# ---- Create ----------------------------------------------------------------------------------------------------------

CREATE_OPTIONS = {
    "certificate_label": "img",
    "validation_type": "DV",
    "dcv_method": "DnsTxtToken",
    "domains": [{"name": "Img.example.org"}, {"name": "img2.example.org", "is_common_name": True}],
}
CREATE_BODY = {
    "certificate_label": "img",
    "certificate_authority": "DigiCert",
    "validation_type": "DV",
    "dcv_method": "DnsTxtToken",
    "domains": [
        {"name": "img.example.org", "is_common_name": False},
        {"name": "img2.example.org", "is_common_name": True},
    ],
}
NOTIFY = [{"notification_type": "PendingValidations", "emails": ["ops@example.com"]}]
GIVEN = ["certificate_label", "validation_type", "dcv_method", "domains"]


@pytest.mark.parametrize(
    ("options", "more", "names"),
    [
        ({}, {}, GIVEN),
        (
            {"description": "", "auto_renew": False},
            {"description": "", "auto_renew": False},
            ["certificate_label", "description", "auto_renew", *GIVEN[1:]],
        ),
        (
            {"validation_type": "OV", "organization": {"id": 512}, "certificate_authority": "DigiCert"},
            {"validation_type": "OV", "organization": {"id": 512}},
            ["certificate_label", "certificate_authority", *GIVEN[1:], "organization"],
        ),
    ],
)
def test_fourfold_create(cps: Cps, run: Run, options: dict[str, Any], more: dict[str, Any], names: list[str]) -> None:
    wanted = {**CREATE_OPTIONS, **options}
    check = run(**wanted, check_mode=True)
    assert cps.writes == []
    done = run(**wanted)
    assert cps.writes == [("POST", "/certificates/cdnprovided", {**CREATE_BODY, **more})]
    again = run(**wanted)
    check_again = run(**wanted, check_mode=True)
    assert len(cps.writes) == 1
    assert [result["changed"] for result in (check, done, again, check_again)] == [True, True, False, False]
    assert check["changes"] == done["changes"] == names
    assert check["diff"] == done["diff"]
    assert done["diff"][0]["before"] == {}
    assert done["diff"][0]["before_header"] == "certificate request img"
    assert (check["certificate_request"]["id"], check["certificate_request"]["status"]) == (None, None)
    assert (done["certificate_request"]["id"], done["certificate_request"]["status"]) == (101, "Processing")
    assert done["certificate_request"]["expiration_date"] is None
    for name in ("certificate_label", "validation_type", "certificate_authority"):
        assert check["certificate_request"][name] == done["certificate_request"][name]


@pytest.mark.parametrize(
    ("notifications", "writes"),
    [(NOTIFY, 2), ([{"notification_type": "CertificateExpiring", "emails": ["ops@example.com"]}], 1)],
)
def test_notifications_of_a_new_request_are_set_where_the_default_differs(
    cps: Cps, run: Run, notifications: list[dict[str, Any]], writes: int
) -> None:
    wanted = {**CREATE_OPTIONS, "notifications": notifications}
    check = run(**wanted, check_mode=True)
    done = run(**wanted)
    assert len(cps.writes) == writes
    assert check["changes"] == done["changes"] == [*GIVEN, "notifications"]
    assert run(**wanted)["changed"] is False


def test_a_new_request_is_kept_where_its_notifications_are_refused(cps: Cps, run: Run) -> None:
    cps.fail("PATCH", "/notifications", 400, {"details": [{"description": "No portal user", "source": "emails"}]})
    result = run(**CREATE_OPTIONS, notifications=NOTIFY)
    assert result["failed"]
    assert result["changed"] is True
    assert result["changes"] == GIVEN
    assert result["certificate_request"]["id"] == 101
    assert "emails: No portal user (HTTP 400). The request was created all the same, with id 101." in result["msg"]
    assert [method for method, _path, _body in cps.writes] == ["POST", "PATCH"]


@pytest.mark.parametrize("wait_for", ["none", "validation"])
@pytest.mark.parametrize("executed", [False, True])
def test_a_create_is_never_sent_twice(cps: Cps, run: Run, clock: FakeClock, executed: bool, wait_for: str) -> None:
    cps.lose("POST", "/cdnprovided", executed=executed)
    began = clock.now()
    result = run(**CREATE_OPTIONS, notifications=NOTIFY, wait_for=wait_for, wait_timeout=60)
    assert sum(method == "POST" for method, _path, _body in cps.writes) == 1
    assert result["changed"] is executed
    if executed:
        assert result["changes"] == [*GIVEN, "notifications"]
        assert result["certificate_request"]["id"] == 101
        assert ("failed" in result) == (wait_for == "validation")
    else:
        assert result["changes"] == []
        assert result["certificate_request"] is None
        assert result["error"]["action"] == "AddCertificate"
        assert result["error"]["outcome"] == "unknown"
        assert "It was not seen to exist afterwards; a new run looks for it again" in result["msg"]
        assert clock.now() - began < 10


def test_a_lost_create_with_nothing_left_to_do(cps: Cps, run: Run) -> None:
    cps.lose("POST", "/cdnprovided", executed=True)
    result = run(**CREATE_OPTIONS)
    assert (result["changed"], result["changes"]) == (True, GIVEN)
    assert any("the answer to the write was lost" in text for text in warnings_of(result))


def test_a_create_that_was_not_executed_is_sent_again(cps: Cps, run: Run) -> None:
    cps.fail("POST", "/cdnprovided", 429)
    assert run(**CREATE_OPTIONS)["changed"] is True
    assert len(cps.writes) == 2


def test_a_create_that_is_refused(cps: Cps, run: Run) -> None:
    detail = {"description": "The certificate label is already in use.", "source": "certificate_label"}
    cps.fail("POST", "/cdnprovided", 400, {"code": "bad_request", "details": [detail]})
    result = run(**CREATE_OPTIONS)
    assert (result["changed"], result["changes"], result["certificate_request"]) == (False, [], None)
    assert (
        "AddCertificate failed for certificate request img: bad_request: certificate_label: The certificate label is "
        "already in use (HTTP 400)." in result["msg"]
    )


def test_a_label_that_comes_back_otherwise_is_told(cps: Cps, run: Run) -> None:
    cps.rewrite = lambda fields: {**fields, "certificate_label": "i m g"}
    result = run(**CREATE_OPTIONS)
    assert any("accepted certificate_label, but answers with another value" in text for text in warnings_of(result))


# ---- Absent ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "write"),
    [
        (("Processing", None), ("PUT", "/certificates/40021/cancel?apply=true", None)),
        (("DomainControlValidation", "Pending"), ("PUT", "/certificates/40021/cancel?apply=true", None)),
        (("Active", "Issued"), ("DELETE", "/certificates/40021", None)),
    ],
)
@pytest.mark.parametrize("named", [{"certificate_label": "shop-prod"}, {"certificate_id": 40021}])
def test_fourfold_absent(
    cps: Cps, run: Run, named: dict[str, Any], state: tuple[str, str | None], write: tuple[str, str, Any]
) -> None:
    cps.add(40021, "shop-prod", status=state[0], order=state[1])
    wanted = {**named, "state": "absent", "description": "does not matter", "validation_type": "OV"}
    check = run(**wanted, check_mode=True)
    assert cps.writes == []
    done = run(**wanted)
    assert cps.writes == [write]
    again = run(**wanted)
    check_again = run(**wanted, check_mode=True)
    assert len(cps.writes) == 1
    assert [result["changed"] for result in (check, done, again, check_again)] == [True, True, False, False]
    assert check["changes"] == done["changes"] == ["state"]
    assert check["certificate_request"] is done["certificate_request"] is again["certificate_request"] is None
    assert check["diff"] == done["diff"]
    assert (done["diff"][0]["before"], done["diff"][0]["after"]) == ({"state": "present"}, {"state": "absent"})
    assert warnings_of(done) == []


@pytest.mark.parametrize("code", [400, 409])
def test_where_one_way_is_refused_the_other_is_tried(cps: Cps, run: Run, code: int) -> None:
    cps.add(40021, "shop-prod", status="Processing", order="Pending")
    cps.fail("PUT", "/cancel", code)
    result = run(certificate_label="shop-prod", state="absent")
    assert result["changed"] is True
    assert [method for method, _path, _body in cps.writes] == ["PUT", "DELETE"]


def test_where_both_ways_are_refused_both_texts_are_told(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("DELETE", "/certificates/40021", 400, {"details": [{"description": "Not now."}]}, times=9)
    cps.fail("PUT", "/cancel", 409, {"details": [{"description": "Never."}]}, times=9)
    result = run(certificate_label="shop-prod", state="absent")
    assert (result["changed"], result["changes"]) == (False, [])
    assert "CancelCertificateRequest failed" in result["msg"]
    assert "Never (HTTP 409)" in result["msg"]
    assert "Before that: VDMS DeleteCertificate failed" in result["msg"]
    assert "Not now (HTTP 400)" in result["msg"]
    assert len(cps.writes) == 2


@pytest.mark.parametrize("code", [403, 500])
def test_other_errors_do_not_lead_to_the_other_way(cps: Cps, run: Run, code: int) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("DELETE", "/certificates/40021", code, times=9)
    assert run(certificate_label="shop-prod", state="absent")["error"]["http_status"] == code
    assert {method for method, _path, _body in cps.writes} == {"DELETE"}


@pytest.mark.parametrize("code", [400, 404])
def test_somebody_else_was_faster(cps: Cps, run: Run, code: int) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("DELETE", "/certificates/40021", code, executed=True)
    result = run(certificate_label="shop-prod", state="absent")
    assert not result.get("failed")
    assert result["changed"] is False
    assert len(cps.writes) == 1


@pytest.mark.parametrize("executed", [False, True])
def test_a_removal_whose_answer_was_lost(cps: Cps, run: Run, executed: bool) -> None:
    cps.add(40021, "shop-prod")
    cps.lose("DELETE", "/certificates/40021", executed=executed)
    result = run(certificate_label="shop-prod", state="absent")
    assert (result["changed"], result["changes"]) == (True, ["state"])
    assert len(cps.writes) == (1 if executed else 2)
    assert run(certificate_label="shop-prod", state="absent")["changed"] is False


def test_a_removal_that_takes_its_time(cps: Cps, run: Run) -> None:
    stored = cps.add(40021, "shop-prod")
    cps.fail("DELETE", "/certificates/40021", 204)
    result = run(certificate_label="shop-prod", state="absent")
    assert result["changed"] is True
    assert any("its removal was accepted, but it still has status Active" in text for text in warnings_of(result))
    cps.fail("DELETE", "/certificates/40021", 204)
    stored.coming = [("Active", "Issued")] * 4 + [("Deleted", "Deleted")]
    result = run(certificate_label="shop-prod", state="absent", wait_for="active")
    assert not result.get("failed")
    assert result["certificate_request"] is None
    stored.status = "Active"
    cps.fail("DELETE", "/certificates/40021", 204)
    result = run(certificate_label="shop-prod", state="absent", wait_for="active", wait_timeout=5)
    assert (result["error"]["code"], result["changed"]) == ("Timeout", True)
    assert "is not gone after 5 s (wait_timeout): status Active" in result["msg"]


# ---- Waiting in a run ------------------------------------------------------------------------------------------------

WAY: list[tuple[str, str | None]] = [
    ("Processing", None),
    ("Processing", None),
    ("DomainControlValidation", "Pending"),
    ("DomainControlValidation", "Pending"),
    ("Deployment", "Issued"),
    ("Active", "Issued"),
]


def looks(cps: Cps) -> int:
    return sum(path.endswith("/status") for _method, path, _body in cps.calls)


@pytest.mark.parametrize(
    ("goal", "status"),
    [("validation", "DomainControlValidation"), ("deployment", "Deployment"), ("active", "Active")],
)
def test_waiting_where_nothing_is_changed(cps: Cps, run: Run, clock: FakeClock, goal: str, status: str) -> None:
    way = WAY[: [word for word, _order in WAY].index(status) + 1]
    cps.add(40021, "shop-prod", status="Processing", order=None).coming = way
    check = run(certificate_label="shop-prod", wait_for=goal, check_mode=True)
    assert (check["changed"], check["certificate_request"]["status"]) == (False, "Processing")
    assert clock.sleeps == []
    result = run(certificate_label="shop-prod", wait_for=goal)
    assert (result["changed"], result["changes"]) == (False, [])
    assert result["certificate_request"]["status"] == status
    assert bool(result["dcv_records"]) == (goal == "validation")
    assert clock.sleeps
    assert cps.writes == []
    # It is there already: no more than is needed to know that.
    asleep = len(clock.sleeps)
    run(certificate_label="shop-prod", wait_for=goal)
    assert len(clock.sleeps) == asleep


def test_waiting_after_a_create(cps: Cps, run: Run) -> None:
    run_way = [("Processing", None), *WAY]

    def begin(fields: dict[str, Any]) -> dict[str, Any]:
        if run_way and len(cps.writes) == 1 and not cps.requests[101].coming:
            cps.requests[101].coming, run_way[:] = list(run_way), []
        return fields

    cps.rewrite = begin
    result = run(**CREATE_OPTIONS, wait_for="validation")
    assert result["changed"] is True
    assert result["certificate_request"]["status"] == "DomainControlValidation"
    assert result["dcv_records"] == [
        {**RECORD, "domain": name, "type": "TXT", "name": name, "value": "abc123"}
        for name in ("img.example.org", "img2.example.org")
    ]


def test_a_new_request_has_no_earlier_order_to_be_mistaken_for_its_own(cps: Cps, run: Run, clock: FakeClock) -> None:
    def quick(fields: dict[str, Any]) -> dict[str, Any]:
        for stored in cps.requests.values():
            stored.status, stored.order = "DomainControlValidation", "Pending"
        return fields

    cps.rewrite = quick
    began = clock.now()
    result = run(**CREATE_OPTIONS, wait_for="validation")
    assert result["certificate_request"]["status"] == "DomainControlValidation"
    assert clock.now() - began < _vdms_cert_request.ORDER_LAG / 2


def test_waiting_reads_the_status_alone(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="Processing", order=None)
    result = run(certificate_label="shop-prod", wait_for="active", wait_timeout=100, wait_interval=10)
    assert (result["error"]["code"], result["error"]["outcome"]) == ("Timeout", "unknown")
    assert result["certificate_request"]["status"] == "Processing"
    assert "is not 'active' after 100 s (wait_timeout): status Processing. Run again" in result["msg"]
    assert len(cps.calls) - looks(cps) == 2


def test_the_records_are_told_when_the_wait_ends_in_vain(cps: Cps, run: Run) -> None:
    stored = cps.add(40021, "shop-prod", status="Processing", order=None)
    stored.coming = [("Processing", None)] * 5 + [("DomainControlValidation", "Pending")]
    result = run(certificate_label="shop-prod", description="new", wait_for="active", wait_timeout=100)
    assert (result["changed"], result["changes"]) == (True, ["description"])
    assert result["error"]["code"] == "Timeout"
    assert "waits for the proof of domain control, see dcv_records" in result["msg"]
    assert [record["name"] for record in result["dcv_records"]] == ["shop.example.org", "www.example.org"]
    assert sum("/dcv/" in path for _method, path, _body in cps.calls) == 1


@pytest.mark.parametrize(
    ("status", "order"), [("Processing", "Rejected"), ("DomainControlValidation", "Canceled"), ("Deleted", None)]
)
@pytest.mark.parametrize("description", [None, "new"])
def test_a_wait_that_can_never_end_well(
    cps: Cps, run: Run, status: str, order: str | None, description: str | None
) -> None:
    stored = cps.add(40021, "shop-prod", status="Processing", order=None)
    stored.coming = [("Processing", None)] * 4 + [(status, order)]
    result = run(certificate_label="shop-prod", description=description, wait_for="active")
    assert result["failed"]
    assert result["changed"] is (description is not None)
    assert result["changes"] == (["description"] if description else [])
    if status != "Deleted" or description:
        assert result["error"]["code"] == "OrderFailed"
        assert f"cannot reach 'active' any more: status {status}" in result["msg"]
    else:
        assert "has status Deleted" in result["msg"] or "does not exist, or is deleted" in result["msg"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_hopeless_from_the_begin_is_told_at_once(
    cps: Cps, run: Run, clock: FakeClock, check_mode: bool
) -> None:
    cps.add(40021, "shop-prod", status="OtherValidation", order="Rejected")
    result = run(certificate_label="shop-prod", wait_for="deployment", check_mode=check_mode)
    assert result["error"]["code"] == "OrderFailed"
    assert "status OtherValidation, order status Rejected" in result["msg"]
    assert clock.sleeps == []


@pytest.mark.parametrize("goal", ["none", "deployment", "active"])
@pytest.mark.parametrize("word", ["renewal", "reissue"])
def test_what_was_rejected_before_does_not_hinder_a_live_certificate(
    cps: Cps, run: Run, clock: FakeClock, goal: str, word: str
) -> None:
    order = f"{word.title()}Rejected"
    cps.add(40021, "shop-prod", order=order)
    result = run(certificate_label="shop-prod", wait_for=goal)
    assert not result.get("failed")
    (warning,) = warnings_of(result)
    assert f"shop-prod (40021): its last {word} was rejected (status Active, order status {order})" in warning
    assert clock.sleeps == []


def test_a_reissue_that_this_run_has_ordered_and_that_is_rejected(cps: Cps, run: Run) -> None:
    stored = cps.add(40021, "shop-prod", order="ReissueRejected")
    stored.coming = [("Active", "ReissueRejected")] * 4
    stored.coming += [("Active", "PendingReissue")] * 2 + [("Active", "ReissueRejected")]
    result = run(certificate_label="shop-prod", domains=[{"name": "a.example.org"}], wait_for="active")
    assert (result["changed"], result["error"]["code"]) == (True, "OrderFailed")
    assert "cannot reach 'active' any more: status Active, order status ReissueRejected" in result["msg"]
    assert stored.coming == []
    assert warnings_of(result) == []


def test_new_domains_are_waited_for_though_the_status_stays_active(cps: Cps, run: Run, clock: FakeClock) -> None:
    stored = cps.add(40021, "shop-prod")
    stored.coming = [("Active", "Issued")] * 5 + [("Active", "PendingReissue")] * 5 + [("Active", "Issued")]
    result = run(certificate_label="shop-prod", domains=[{"name": "a.example.org"}], wait_for="active")
    assert result["certificate_request"]["order_status"] == "Issued"
    assert stored.coming == []
    assert result["changed"] is True


def test_new_domains_whose_order_is_never_seen(cps: Cps, run: Run, clock: FakeClock) -> None:
    cps.add(40021, "shop-prod")
    began = clock.now()
    result = run(certificate_label="shop-prod", domains=[{"name": "a.example.org"}], wait_for="active")
    assert not result.get("failed")
    assert _vdms_cert_request.ORDER_LAG <= clock.now() - began < 2 * _vdms_cert_request.ORDER_LAG


def test_a_lost_answer_while_something_is_to_be_waited_for(cps: Cps, run: Run) -> None:
    stored = cps.add(40021, "shop-prod", status="Processing", order=None)
    cps.lose("PATCH", STEPS[0], executed=True)
    stored.coming = [("Processing", None)] * 5 + [("Processing", "Rejected")]
    result = run(certificate_label="shop-prod", description="new", wait_for="active")
    assert result["error"]["code"] == "OrderFailed"
    assert (result["changed"], result["changes"]) == (True, ["description"])


def test_looks_that_fail_do_not_end_the_wait(cps: Cps, run: Run) -> None:
    stored = cps.add(40021, "shop-prod", status="Processing", order=None)
    stored.coming = list(WAY)
    looked = iter(range(100))
    real = cps._on_one

    def sometimes(stored: Stored, method: str, what: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if what == "status" and next(looked) in (3, 4, 5):
            return 503, {}
        return real(stored, method, what, query, body)

    cps._on_one = sometimes  # type: ignore[method-assign]
    result = run(certificate_label="shop-prod", wait_for="active", retries=0)
    assert result["certificate_request"]["status"] == "Active"


def test_a_request_that_vanishes_while_it_is_waited_for(cps: Cps, run: Run) -> None:
    stored = cps.add(40021, "shop-prod", status="Processing", order=None)
    stored.coming = [("Processing", None)] * 3
    looked = iter(range(100))
    real = cps._on_one

    def vanish(stored: Stored, method: str, what: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if what == "status" and next(looked) > 3:
            cps.requests.clear()
            return 404, {}
        return real(stored, method, what, query, body)

    cps._on_one = vanish  # type: ignore[method-assign]
    result = run(certificate_id=40021, description="new", wait_for="active")
    assert (result["changed"], result["changes"]) == (True, ["description"])
    assert "cannot reach 'active' any more: it is gone" in result["msg"]


# ---- The proof of domain control -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES[:5])
def test_records_are_told_while_they_are_waited_for(cps: Cps, run: Run, status: str) -> None:
    cps.add(40021, "shop-prod", "*.example.org", status=status, dcv_method="DnsTxtToken")
    result = run(certificate_label="shop-prod")
    expected = [{**RECORD, "domain": "*.example.org", "type": "TXT", "name": "example.org", "value": "abc123"}]
    assert result["dcv_records"] == (expected if status == "DomainControlValidation" else [])


@pytest.mark.parametrize("late", [0, 1, 3])
@pytest.mark.parametrize("description", [None, "new"])
def test_tokens_that_come_late_are_waited_for(cps: Cps, run: Run, late: int, description: str | None) -> None:
    stored = cps.add(40021, "shop-prod", "a.example.org", "b.example.org", status="DomainControlValidation")
    stored.order, stored.late_tokens = "Pending", late
    result = run(certificate_label="shop-prod", description=description, wait_for="validation")
    assert not result.get("failed")
    assert [record["value"] for record in result["dcv_records"]] == ["abc123", "abc123"]
    assert warnings_of(result) == []


def test_tokens_of_a_new_request_that_come_late_are_waited_for(cps: Cps, run: Run) -> None:
    def begin(fields: dict[str, Any]) -> dict[str, Any]:
        stored = cps.requests[101]
        stored.coming, stored.late_tokens = list(WAY[:-2]), 3
        cps.rewrite = lambda fields: fields
        return fields

    cps.rewrite = begin
    result = run(**CREATE_OPTIONS, wait_for="validation")
    assert result["certificate_request"]["status"] == "DomainControlValidation"
    assert [record["value"] for record in result["dcv_records"]] == ["abc123", "abc123"]
    assert warnings_of(result) == []


def test_tokens_that_come_late_are_told_when_another_wait_ends_in_vain(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation", order="Pending").late_tokens = 2
    result = run(certificate_label="shop-prod", wait_for="deployment", wait_timeout=60)
    assert result["error"]["code"] == "Timeout"
    assert [record["value"] for record in result["dcv_records"]] == ["abc123", "abc123"]
    # Once they are known, they are not read again.
    assert sum("/dcv/" in path for _method, path, _body in cps.calls) == 3


def test_tokens_that_do_not_come_are_told_as_the_reason(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation", order="Pending").late_tokens = 999
    result = run(certificate_label="shop-prod", wait_for="validation", wait_timeout=60)
    assert result["error"]["code"] == "Timeout"
    assert "is not 'validation' after 60 s (wait_timeout): status DomainControlValidation" in result["msg"]
    assert "The provider has not made all tokens for dcv_records yet. Run again" in result["msg"]
    assert [record["value"] for record in result["dcv_records"]] == [None, None]
    assert warnings_of(result) == []


@pytest.mark.parametrize("options", [{}, {"dcv_method": "DnsCnameToken"}])
def test_tokens_that_nobody_waits_for_are_told_to_be_missing(cps: Cps, run: Run, options: dict[str, Any]) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation", order="Pending").late_tokens = 999
    result = run(certificate_label="shop-prod", **options)
    assert not result.get("failed")
    (warning,) = warnings_of(result)
    assert "shop-prod (40021): the provider has not made all tokens for dcv_records yet" in warning


def test_records_stay_known_when_a_further_look_fails(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation", order="Pending").late_tokens = 1
    real = cps._on_one
    looked = iter(range(100))

    def fail_later(stored: Stored, method: str, what: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if what == "dcv" and next(looked) > 0:
            return 400, {}
        return real(stored, method, what, query, body)

    cps._on_one = fail_later  # type: ignore[method-assign]
    result = run(certificate_label="shop-prod", wait_for="validation", wait_timeout=60)
    assert result["error"]["code"] == "Timeout"
    assert [record["name"] for record in result["dcv_records"]] == ["shop.example.org", "www.example.org"]


def test_a_removal_asks_for_no_tokens(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation", order="Pending").late_tokens = 999
    cps.fail("PUT", "/cancel", 204)
    result = run(certificate_label="shop-prod", state="absent")
    assert [text for text in warnings_of(result) if "tokens" in text] == []
    assert [path for _method, path, _body in cps.calls if "/dcv/" in path] == []


def test_a_change_of_the_method_shows_the_new_records(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", "a.example.org", status="DomainControlValidation", dcv_method="Email")
    wanted = {"certificate_label": "shop-prod", "dcv_method": "DnsCnameToken", "dns_zones": ["example.org"]}
    (predicted,) = run(**wanted, check_mode=True)["dcv_records"]
    (record,) = run(**wanted)["dcv_records"]
    assert cps.writes == [("PATCH", "/certificates/40021", {"dcv_method": "DnsCnameToken"})]
    assert (record["type"], record["name"], record["zone"], record["relative_name"], record["value"]) == (
        "CNAME",
        "_dnsauth.a.example.org",
        "example.org",
        "_dnsauth.a",
        "abc123.dcv.digicert.com",
    )
    # Nobody knows the new token before.
    assert predicted == {**record, "value": None, "token": None}


def test_domains_of_an_issued_certificate_that_are_to_be_validated(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", "a.example.org", order="PendingReissue")
    real = cps._on_one

    def pending(stored: Stored, method: str, what: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        status, answer = real(stored, method, what, query, body)
        if what == "status":
            answer["order_validation"]["domain_validations"] = [
                {"domain_id": 400210, "domain_names": ["a.example.org"], "status": "Pending"}
            ]
        return status, answer

    cps._on_one = pending  # type: ignore[method-assign]
    result = run(certificate_label="shop-prod", wait_for="active", wait_timeout=10)
    assert "waits for the proof of domain control, see dcv_records" in result["msg"]
    assert [(record["name"], record["validation_status"]) for record in result["dcv_records"]] == [
        ("a.example.org", "Pending")
    ]


def test_email_addresses_are_told(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", "a.example.org", status="DomainControlValidation", dcv_method="Email")
    (record,) = run(certificate_label="shop-prod")["dcv_records"]
    assert (record["type"], record["name"], record["value"]) == ("Email", None, None)
    assert record["emails"] == ["admin@example.org"]


def test_records_that_cannot_be_read_are_no_failure(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod", status="DomainControlValidation")
    cps.fail("GET", "/dcv/", 400, {"Message": "No"}, times=9)
    result = run(certificate_label="shop-prod", description="new")
    assert (result["changed"], result["dcv_records"]) == (True, [])
    assert any("dcv_records could not be read" in text for text in warnings_of(result))


def test_many_domains_are_asked_for_in_parts(cps: Cps, run: Run) -> None:
    names = [f"n{number}.example.org" for number in range(250)]
    cps.add(40021, "shop-prod", *names, status="DomainControlValidation")
    assert [record["domain"] for record in run(certificate_label="shop-prod")["dcv_records"]] == names
    assert sum("/dcv/" in path for _method, path, _body in cps.calls) == 3


# ---- What may come back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ['{"items": {}}', '{"items": [7]}', '{"items": [{"id": null}]}', "[]", "<html>"])
def test_a_list_of_another_shape_is_an_error(cps: Cps, run: Run, body: str) -> None:
    cps.fail("GET", "/certificates$", 200, body, times=9)
    result = run(certificate_label="shop-prod")
    assert result["error"]["code"] == "UnexpectedReply"
    assert "Traceback" not in json.dumps(result)


@pytest.mark.parametrize("body", ['{"id": 40021, "domains": 7}', '{"id": "x"}', '{"id": 1, "organization": []}'])
def test_a_request_of_another_shape_is_an_error(cps: Cps, run: Run, body: str) -> None:
    cps.add(40021, "shop-prod")
    cps.fail("GET", "/certificates/40021$", 200, body, times=9)
    result = run(certificate_id=40021)
    assert result["error"]["code"] == "UnexpectedReply"
    assert "certificate request 40021" in result["msg"]


def test_a_create_without_an_id_in_its_answer_is_looked_for(cps: Cps, run: Run) -> None:
    cps.fail("POST", "/cdnprovided", 201, "{}", executed=True)
    result = run(**CREATE_OPTIONS)
    assert (result["changed"], result["certificate_request"]["id"]) == (True, 101)
    assert len(cps.writes) == 1


def test_lists_without_a_total_end_with_a_short_page(cps: Cps, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 26):
        cps.add(number, f"shop {number}")
    real = cps._list
    monkeypatch.setattr(cps, "_list", lambda query: {"items": real(query)["items"]})
    assert run(certificate_label="shop 25")["certificate_request"]["id"] == 25
    assert sum(path == "/certificates" for _method, path, _body in cps.calls) == 2


def test_no_write_reaches_the_network_in_check_mode() -> None:
    from ansible_collections.certops.cdn.plugins.module_utils._errors import CheckModeError
    from ansible_collections.certops.cdn.plugins.module_utils._http import JsonClient

    client = JsonClient(API, Envelope(), BearerAuth("x"), Settings(check_mode=True), Redactor())
    api = _vdms.Vdms(client)
    writes: list[Callable[[], object]] = [
        lambda: api.create({}, "x"),
        lambda: api.update(1, {}, "x"),
        lambda: api.update_notifications(1, [], "x"),
        lambda: api.change_organization(1, {}, "x"),
        lambda: api.remove(1, Removal.CANCEL, "x"),
        lambda: api.remove(1, Removal.DELETE, "x"),
    ]
    for write in writes:
        with pytest.raises(CheckModeError):
            write()


def test_what_was_written_is_told_even_if_it_cannot_be_read_back(cps: Cps, run: Run) -> None:
    cps.add(40021, "shop-prod")
    reads = iter(range(100))
    real = cps._on_one

    def blind(stored: Stored, method: str, what: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if method == "GET" and not what and next(reads) > 0:
            return 500, {}
        return real(stored, method, what, query, body)

    cps._on_one = blind  # type: ignore[method-assign]
    result = run(certificate_label="shop-prod", description="new", retries=0)
    assert not result.get("failed")
    assert (result["changed"], result["changes"]) == (True, ["description"])
    assert result["certificate_request"]["description"] == "new"


def test_errors_are_of_the_family() -> None:
    assert issubclass(VdmsError, ApiError)
    assert VdmsError("x").as_result()["provider"] == "VDMS"
