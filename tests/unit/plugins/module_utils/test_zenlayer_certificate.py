# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._certificates import Facts
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import Certificate, Domain
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_certificate import (
    decide_removal,
    decide_replacement,
    decide_upload,
    superseded_by,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_material import Material
from ansible_collections.certops.cdn.plugins.modules import zenlayer_certificate
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import Account, refusal
from edges.certificates import Identity, make, make_ca

# ---- Decisions ----

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
OURS, OTHER = "aa" * 20, "bb" * 20


def stored(
    key: str, fingerprint: str = OTHER, label: str = "", names: str = "a.example", days: int = 30
) -> Certificate:
    ends = NOW + timedelta(days=days)
    return Certificate(key, label, "", tuple(names.split()), fingerprint, "", NOW, ends, marked_expired=False)


def material(names: str = "a.example b.example", **more: Any) -> Material:
    return Material(frozenset([OURS]), facts=Facts(None, tuple(names.split()), None, NOW, NOW), **more)


UPLOAD = Change("uploaded", "would_upload")
FLAW = Refuse("Its chain is not in order.", "ChainOrder")
UNPARSED = Material(frozenset([OURS]))


@pytest.mark.parametrize(
    ("given_material", "label", "others", "expected"),
    [
        (material(), None, [], UPLOAD),
        (material(), "new", [], UPLOAD),
        (material(), None, [stored("c-1"), stored("c-2", label="x")], UPLOAD),
        (material(), "new", [stored("c-1", label="NEW")], UPLOAD),
        (material(), None, [stored("c-1", OURS)], Keep()),
        (material(), "new", [stored("c-1", OURS, "new")], Keep()),
        (material(), None, [stored("c-1", OURS, "old")], Keep()),
        (
            material(),
            "new",
            [stored("c-1", OURS, "old")],
            Keep("certificate old (c-1) is stored under that label; labels cannot be changed, so 'new' was not set."),
        ),
        (material(), "new", [stored("c-1", OURS, "old"), stored("c-2", OURS, "new")], Keep()),
        (
            material(),
            "new",
            [stored("c-1", label="new")],
            Refuse(
                "The label 'new' belongs to another certificate, c-1 (fingerprint "
                f"{OTHER}, valid until 2026-03-31T00:00:00Z). Choose another label, or replace that one with "
                "replace_id=c-1. Nothing was changed.",
                "LabelTaken",
            ),
        ),
        (
            material(alone=True),
            None,
            [],
            Change(
                "uploaded",
                "would_upload",
                "certificate holds no certificate of its issuer; clients may not trust it without the whole chain.",
            ),
        ),
        (
            UNPARSED,
            None,
            [],
            Change(
                "uploaded",
                "would_upload",
                "The Python library cryptography is missing on this host, so it could not be checked whether the "
                "private key belongs to the certificate, whether that is valid now and whether its chain is in order.",
            ),
        ),
        (UNPARSED, None, [stored("c-1", OURS)], Keep()),
        (material(flaw=FLAW), None, [stored("c-1")], FLAW),
        (material(flaw=FLAW), None, [stored("c-1", OURS)], Keep()),
    ],
)
def test_upload(given_material: Material, label: str | None, others: list[Certificate], expected: Verdict) -> None:
    assert decide_upload(given_material, label, others) == expected


REPLACE = Change("replaced", "would_replace")


def not_covered(*names: str) -> Refuse:
    return Refuse(
        f"certificate does not cover all names of certificate x (c-1), which it is to replace: {', '.join(names)}. "
        "Nothing was changed.",
        "NamesNotCovered",
    )


@pytest.mark.parametrize(
    ("given_material", "others", "expected"),
    [
        (material(), [stored("c-1")], REPLACE),
        (material(), [stored("c-1", names="b.example a.example")], REPLACE),
        (material("*.example"), [stored("c-1", names="a.example b.example")], REPLACE),
        (material(), [stored("c-1", names="")], REPLACE),
        (material(), [stored("c-1", OURS)], Keep()),
        (material("z.example"), [stored("c-1", OURS)], Keep()),
        (material(flaw=FLAW), [stored("c-1", OURS)], Keep()),
        (material(flaw=FLAW), [stored("c-1")], FLAW),
        (material("a.x"), [stored("c-1", label="x", names="a.x c.x d.x")], not_covered("c.x", "d.x")),
        (material("*.example"), [stored("c-1", label="x", names="*.a.example a.example")], not_covered("*.a.example")),
        (material(), [], Refuse("replace_id: 'c-1' is not a certificate of this account.", "NotFound")),
        (material(), [stored("c-2")], Refuse("replace_id: 'c-1' is not a certificate of this account.", "NotFound")),
        (
            material(),
            [stored("c-1"), stored("c-2", OURS, "y")],
            Refuse(
                "certificate y (c-2) has this content already, and it cannot be stored twice. Use that one, or remove "
                "it before you replace c-1. Nothing was changed.",
                "ContentTaken",
            ),
        ),
        (
            UNPARSED,
            [stored("c-1", label="x")],
            Change(
                "replaced",
                "would_replace",
                "The Python library cryptography is missing on this host, so it could not be checked whether the "
                "private key belongs to the certificate, whether that is valid now, whether its chain is in order and "
                "whether it covers all names of certificate x (c-1).",
            ),
        ),
    ],
)  # fmt: skip
def test_replacement(given_material: Material, others: list[Certificate], expected: Verdict) -> None:
    assert decide_replacement(given_material, "c-1", others) == expected


def domain(number: int) -> Domain:
    return Domain(f"d-{number}", f"d{number}.example", "", "DEPLOYED", "ENABLED")


REMOVE = Change("removed", "would_remove")


@pytest.mark.parametrize(
    ("found", "unsure", "users", "expected"),
    [
        ([], [], [], Keep()),
        ([stored("c-1")], [], [], REMOVE),
        ([stored("c-1")], [stored("c-2")], [], REMOVE),
        (
            [stored("c-2"), stored("c-1")],
            [],
            [],
            Refuse("label: 'x' matches 2 certificates (c-1, c-2); use certificate_id.", "Ambiguous"),
        ),
        (
            [stored("c-1", label="x")],
            [],
            [domain(1), domain(2)],
            Refuse(
                "certificate x (c-1) is in use. It is bound to d1.example (d-1), d2.example (d-2); bind another "
                "certificate there first. Nothing was changed.",
                "InUse",
            ),
        ),
        (
            [],
            [stored("c-1"), stored("c-2", "")],
            [],
            Refuse(
                "label: 'x' cannot be compared with the fingerprints of the stored certificates (SHA-1, none), so "
                "nobody knows whether it is among them; use certificate_id or certificate.",
                "NotComparable",
            ),
        ),
    ],
)
def test_removal(found: list[Certificate], unsure: list[Certificate], users: list[Domain], expected: Verdict) -> None:
    assert decide_removal("label: 'x'", found, unsure, users) == expected


def test_only_some_of_many_users_are_named() -> None:
    verdict = decide_removal("", [stored("c-1")], [], [domain(number) for number in range(13)])
    assert isinstance(verdict, Refuse)
    assert "d9.example (d-9) and 3 more; bind another certificate there first." in verdict.reason
    assert "d-10" not in verdict.reason


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], []),
        ([stored("c-0", days=60)], []),
        ([stored("c-1", days=10)], ["c-1"]),
        ([stored("c-1", days=10), stored("c-2", days=59), stored("c-3", days=-5)], ["c-2", "c-1", "c-3"]),
        ([stored("c-1", days=60), stored("c-2", days=61)], []),
        ([stored("c-1", days=10, names="a.example x.example"), stored("c-2", days=10, names="")], []),
        ([stored("c-1", days=10, names="A.example.")], ["c-1"]),
        ([stored("c-1", days=10, names="*.b.example a.example")], ["c-1"]),
        ([stored("c-1", days=10, names="www.b.example")], []),
    ],
)
def test_superseded(others: list[Certificate], expected: list[str]) -> None:
    current = stored("c-0", days=60, names="a.example *.b.example")
    found = superseded_by(current, [current, *others])
    assert found is not None
    assert [certificate.certificate_id for certificate in found] == expected


def test_what_is_superseded_by_an_unknown_certificate_cannot_be_told() -> None:
    assert superseded_by(UNPARSED.as_stored([]), [stored("c-1")]) is None


@given(st.lists(st.tuples(st.integers(-50, 50), st.sets(st.sampled_from("abc"), min_size=1)), max_size=8))
def test_superseded_is_what_has_no_other_names_and_ends_earlier(kept: list[tuple[int, set[str]]]) -> None:
    shelf = [stored(f"c-{place}", names=" ".join(names), days=days) for place, (days, names) in enumerate(kept)]
    for certificate, (days, names) in zip(shelf, kept):
        found = superseded_by(certificate, shelf)
        assert found is not None
        expected = {f"c-{place}" for place, (other, those) in enumerate(kept) if those <= names and other < days}
        assert {one.certificate_id for one in found} == expected


# ---- The module against an account ----

CA = make_ca("Intermediate", make_ca())
LEAF = make("www.example.com", issuer=CA)
CHAIN = LEAF.pem + CA.pem
PAIR = {"certificate": CHAIN, "private_key": LEAF.key_pem}

Run = Callable[..., dict[str, Any]]


def sha1(identity: Identity) -> str:
    der = identity.certificate.public_bytes(serialization.Encoding.DER)
    return hashlib.sha1(der).hexdigest()  # noqa: S324


def lost() -> ApiError:
    return ApiError("The connection broke.", provider="Zenlayer", code="ConnectionLost", outcome=Outcome.UNKNOWN)


@pytest.fixture
def account(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with one certificate, which a domain has bound."""
    fake = Account(clock)
    ends = (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fake.certificate("old", "www.example.com", certificateLabel="example", fingerprint="CD" * 20, endTime=ends)
    fake.domain("d-www", "www.example.com", "old")

    def client(*args: Any) -> Account:
        fake.check_mode = args[3].check_mode
        return fake

    monkeypatch.setattr(_zenlayer, "JsonClient", client)
    return fake


@pytest.fixture
def run(play: Run, account: Account) -> Run:
    def runs(check_mode: bool = False, **params: Any) -> dict[str, Any]:
        account.calls.clear()
        result = play(zenlayer_certificate.main, {"api_token": "token", **params}, check_mode=check_mode)
        result.pop("invocation", None)  # it has all options; Ansible masks those that are secret
        assert LEAF.key_pem.splitlines()[1] not in json.dumps(result)
        assert "BEGIN" not in json.dumps(result)
        return result

    return runs


@pytest.mark.parametrize("check_mode", [False, True])
def test_order_of_the_issuers_matters_to_an_upload_alone(run: Run, account: Account, check_mode: bool) -> None:
    root = make_ca("Root")
    intermediate = make_ca("Intermediate", root)
    leaf = make("www.example.com", issuer=intermediate)
    orders = [[leaf, intermediate, root], [leaf, root, intermediate], [leaf, root]]
    ordered, shuffled, gapped = (
        {"certificate": "".join(one.pem for one in order), "private_key": leaf.key_pem} for order in orders
    )

    refused = [run(**pair, check_mode=check_mode) for pair in (shuffled, gapped)]
    assert [one["error"]["code"] for one in refused] == ["ChainOrder", "ChainIncomplete"]
    assert [one["outcome"] for one in refused] == ["failed", "failed"]
    assert account.written == []

    assert run(**ordered)["changed"]
    again = [run(**pair, check_mode=check_mode) for pair in (shuffled, gapped)]
    assert [(one["changed"], one["outcome"]) for one in again] == [(False, "unchanged")] * 2


def test_certificate_is_uploaded_once(run: Run, account: Account) -> None:
    predicted = run(check_mode=True, **PAIR, label="new", resource_group_id="rg-1")
    assert account.written == []
    done = run(**PAIR, label="new", resource_group_id="rg-1")
    (call,) = [call for call in account.calls if call.writes]
    assert call.body == {
        "certificateContent": CHAIN,
        "certificateKey": LEAF.key_pem,
        "certificateLabel": "new",
        "resourceGroupId": "rg-1",
    }
    again = run(**PAIR, label="new", resource_group_id="rg-1")
    assert account.written == []
    assert [one["changed"] for one in (predicted, done, again)] == [True, True, False]
    assert [one["outcome"] for one in (predicted, done, again)] == ["would_upload", "uploaded", "unchanged"]
    assert [one["certificate"]["certificate_id"] for one in (predicted, done, again)] == [None, "c-2", "c-2"]
    assert [one["certificate"]["fingerprint"] for one in (predicted, done, again)] == [sha1(LEAF)] * 3
    assert [one["certificate"]["certificate_label"] for one in (predicted, done, again)] == ["new"] * 3
    assert predicted["certificate"]["sans"] == ["www.example.com"]
    assert predicted["diff"] == done["diff"]
    assert done["diff"][0]["before"] == {"state": "absent"}
    assert done["diff"][0]["after"]["names"] == ["www.example.com"]
    assert again["diff"] == []
    assert done["request_id"] == "T-2"
    assert [one["certificate_id"] for one in predicted["superseded"]] == ["old"]
    assert predicted["superseded"] == done["superseded"] == again["superseded"]
    assert done["warnings"] == []


def test_label_that_nobody_knows_yet_is_null(run: Run) -> None:
    predicted = run(check_mode=True, **PAIR)
    assert predicted["certificate"]["certificate_label"] is None
    assert run(**PAIR)["certificate"]["certificate_label"] == "label-c-2"


@pytest.mark.parametrize(
    "certificate",
    [
        CHAIN.replace("\n", "\r\n"),
        f"\n  subject: x\n{CHAIN}\n\n",
        LEAF.pem,
        CHAIN + make_ca("Intermediate", make_ca("Other")).pem,
    ],
)
def test_same_certificate_in_another_form_is_not_uploaded_twice(run: Run, account: Account, certificate: str) -> None:
    run(**PAIR)
    again = run(certificate=certificate, private_key=LEAF.key_pem)
    assert (again["changed"], again["warnings"], account.written) == (False, [], [])


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    "form", [str.upper, str.lower, lambda text: ":".join(text[i : i + 2] for i in range(0, 64, 2))]
)
def test_certificate_is_found_by_any_digest_on_any_page(
    run: Run, account: Account, digest: str, form: Callable[[str], str]
) -> None:
    der = LEAF.certificate.public_bytes(serialization.Encoding.DER)
    for number in range(250):
        account.certificate(
            f"c-{number}", "www.example.com", fingerprint=hashlib.new(digest, b"%d" % number).hexdigest()
        )
    ours = form(hashlib.new(digest, der).hexdigest()).rstrip(":")
    account.certificate("mine", "www.example.com", fingerprint=ours, resourceGroupId="rg-9")
    result = run(**PAIR, resource_group_id="rg-1")
    assert (result["changed"], result["certificate"]["certificate_id"]) == (False, "mine")


def test_renewed_certificate_behind_an_old_label_is_noticed(run: Run, account: Account) -> None:
    result = run(**PAIR, label="example")
    assert (result["failed"], result["changed"], account.written) == (True, False, [])
    assert result["error"]["code"] == "LabelTaken"
    assert "The label 'example' belongs to another certificate, old (" in result["msg"]
    assert (result["certificate"], result["outcome"], result["superseded"]) == (None, "failed", [])


def test_other_label_of_a_stored_certificate_is_a_warning(run: Run) -> None:
    run(**PAIR, label="new")
    again = run(**PAIR, label="newer")
    assert again["changed"] is False
    assert again["warnings"] == [
        "certificate new (c-2) is stored under that label; labels cannot be changed, so 'newer' was not set."
    ]


def test_lost_answer_is_resolved_by_the_fingerprint(run: Run, account: Account) -> None:
    account.faults = {("CreateCertificate", ""): [lost()]}
    account.executes_faulty_writes = True
    result = run(**PAIR, label="new")
    assert (result["changed"], result["outcome"], account.written) == (True, "uploaded", ["CreateCertificate"])
    assert result["certificate"]["certificate_id"] == "c-2"
    assert result["warnings"] == [
        "certificate new: the answer to the write was lost (ConnectionLost), but the write was executed."
    ]


def test_upload_that_was_lost_on_its_way_is_not_repeated(run: Run, account: Account) -> None:
    account.faults = {("CreateCertificate", ""): [lost()]}
    result = run(**PAIR)
    assert (result["failed"], result["changed"], account.written) == (True, False, ["CreateCertificate"])
    assert result["msg"] == (
        "The connection broke. It was not seen to be stored afterwards; a new run looks for it again before it "
        "uploads it."
    )
    assert result["error"]["outcome"] == "unknown"
    assert run(**PAIR)["changed"] is True


def test_refused_upload_is_told(run: Run, account: Account) -> None:
    account.faults = {("CreateCertificate", ""): [refusal("CERTIFICATE_EXPIRED")]}
    result = run(**PAIR)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "CERTIFICATE_EXPIRED")


class Meanwhile:
    """Something that happens at the provider between our look and our upload."""

    def __init__(self, account: Account, **info: Any) -> None:
        self.account, self.info = account, info

    def pop(self, _place: int) -> ApiError:
        self.account.certificate("theirs", "www.example.com", **self.info)
        return refusal("CERTIFICATE_DUPLICATED")


def test_duplicate_content_is_used(run: Run, account: Account) -> None:
    account.faults = {("CreateCertificate", ""): Meanwhile(account, fingerprint=sha1(LEAF))}  # type: ignore[dict-item]
    result = run(**PAIR)
    assert (result.get("failed"), result["changed"], result["outcome"]) == (None, False, "unchanged")
    assert result["certificate"]["certificate_id"] == "theirs"


def test_duplicate_label_names_the_certificate_that_has_it(run: Run, account: Account) -> None:
    account.faults = {("CreateCertificate", ""): Meanwhile(account, certificateLabel="new")}  # type: ignore[dict-item]
    result = run(**PAIR, label="new")
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "CERTIFICATE_DUPLICATED")
    assert "The label 'new' belongs to another certificate, theirs (fingerprint abab" in result["msg"]


def test_duplicate_of_what_cannot_be_seen_is_told(run: Run, account: Account) -> None:
    account.faults = {("CreateCertificate", ""): [refusal("CERTIFICATE_DUPLICATED")]}
    result = run(**PAIR, label="new")
    assert result["msg"].endswith(
        "Neither its content nor its label was found among the certificates that can be listed."
    )


def test_duplicate_that_cannot_be_explained_is_told(run: Run, account: Account) -> None:
    account.faults = {
        ("CreateCertificate", ""): [refusal("CERTIFICATE_DUPLICATED")],
        ("DescribeCertificates", ""): [None, refusal("NO")],  # type: ignore[list-item]
    }
    assert run(**PAIR)["msg"].endswith(
        "Whether that is its content or its label could not be read: Zenlayer refused: NO."
    )


@pytest.mark.parametrize("told", [[refusal("NO")], [None]])
def test_upload_is_told_although_it_cannot_be_read_back(run: Run, account: Account, told: list[Any]) -> None:
    account.faults = {("DescribeCertificates", ""): [None, *told]}  # type: ignore[list-item]
    if told == [None]:
        account._DescribeCertificates = hidden_from(account, "c-2")  # type: ignore[method-assign]
    result = run(**PAIR, label="new")
    assert (result["changed"], result["outcome"], result["warnings"]) == (True, "uploaded", [])
    assert (result["certificate"]["certificate_id"], result["certificate"]["certificate_label"]) == ("c-2", "new")
    assert result["certificate"]["fingerprint"] == sha1(LEAF)


def hidden_from(account: Account, certificate_id: str) -> Callable[[Any], dict[str, Any]]:
    """Lists lag behind: a certificate is not in them yet."""

    def describe(body: Any) -> dict[str, Any]:
        answer = Account._DescribeCertificates(account, body)
        shown = [info for info in answer["dataSet"] if info["certificateId"] != certificate_id]
        return {"totalCount": len(shown), "dataSet": shown}

    return describe


def test_certificate_that_would_not_be_recognised_is_a_warning(run: Run, account: Account) -> None:
    def describe(body: Any) -> dict[str, Any]:
        answer = Account._DescribeCertificates(account, body)
        return {**answer, "dataSet": [{**info, "fingerprint": "EF" * 20} for info in answer["dataSet"]]}

    account._DescribeCertificates = describe  # type: ignore[method-assign]
    result = run(**PAIR, label="new")
    assert result["changed"] is True
    assert result["warnings"][0].startswith(
        "certificate new (c-2) was stored, but the provider tells another fingerprint"
    )


# ---- replace_id ----


def test_content_is_replaced_under_its_id(run: Run, account: Account) -> None:
    predicted = run(check_mode=True, **PAIR, replace_id="old")
    assert account.written == []
    done = run(**PAIR, replace_id="old")
    (call,) = [call for call in account.calls if call.writes]
    assert call.action == "ModifyCertificate"
    assert call.body == {"certificateId": "old", "certificateContent": CHAIN, "certificateKey": LEAF.key_pem}
    again = run(**PAIR, replace_id="old")
    assert account.written == []
    assert [one["changed"] for one in (predicted, done, again)] == [True, True, False]
    assert [one["outcome"] for one in (predicted, done, again)] == ["would_replace", "replaced", "unchanged"]
    for one in (predicted, done, again):
        assert one["certificate"]["certificate_id"] == "old"
        assert one["certificate"]["certificate_label"] == "example"
        assert one["certificate"]["fingerprint"] == sha1(LEAF)
        assert one["superseded"] == []
    assert predicted["diff"] == done["diff"]
    assert done["diff"][0]["before"]["fingerprint"] == "cd" * 20
    assert done["diff"][0]["after"]["fingerprint"] == sha1(LEAF)
    assert done["diff"][0]["before_header"] == "certificate example (old)"


@pytest.mark.parametrize("check_mode", [True, False])
def test_replacement_that_covers_less_is_refused(run: Run, account: Account, check_mode: bool) -> None:
    account.certificates[0]["sans"] = ["www.example.com", "example.com"]
    result = run(check_mode=check_mode, **PAIR, replace_id="old")
    assert (result["failed"], result["changed"], account.written) == (True, False, [])
    assert result["error"]["code"] == "NamesNotCovered"
    assert "which it is to replace: example.com." in result["msg"]


@pytest.mark.parametrize("executed", [True, False])
def test_lost_answer_to_a_replacement_is_resolved(run: Run, account: Account, executed: bool) -> None:
    account.faults = {("ModifyCertificate", ""): [lost()]}
    account.executes_faulty_writes = executed
    result = run(**PAIR, replace_id="old")
    assert (result["changed"], result["outcome"]) == (True, "replaced")
    assert account.written == ["ModifyCertificate"] * (1 if executed else 2)


def test_other_id_after_a_replacement_is_told(run: Run, account: Account) -> None:
    def modify(body: Any) -> dict[str, Any]:
        Account._ModifyCertificate(account, body)
        account.certificates[0]["certificateId"] = "another"
        return {"certificateId": "another"}

    account._ModifyCertificate = modify  # type: ignore[method-assign]
    result = run(**PAIR, replace_id="old")
    assert result["certificate"]["certificate_id"] == "another"
    assert result["warnings"] == ["certificate example (old) was replaced, but has another id since: another."]


def test_late_list_after_a_replacement_is_no_warning(run: Run, account: Account) -> None:
    before = dict(account.certificates[0])

    def describe(body: Any) -> dict[str, Any]:
        return {"totalCount": 1, "dataSet": [before]}

    account._DescribeCertificates = describe  # type: ignore[method-assign]
    result = run(**PAIR, replace_id="old")
    assert (result["warnings"], result["certificate"]["fingerprint"]) == ([], sha1(LEAF))


def test_content_that_was_stored_elsewhere_meanwhile_is_told(run: Run, account: Account) -> None:
    account.faults = {("ModifyCertificate", ""): Meanwhile(account, fingerprint=sha1(LEAF))}  # type: ignore[dict-item]
    result = run(**PAIR, replace_id="old")
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "CERTIFICATE_DUPLICATED")
    assert result["msg"].endswith("certificate label-theirs (theirs) has this content already.")
    assert result["certificate"]["certificate_id"] == "old"


# ---- state=absent ----


@pytest.fixture
def unbound(account: Account) -> None:
    account.bound["d-www"] = None


@pytest.mark.parametrize(
    "named",
    [
        {"certificate_id": " old "},
        {"label": "example"},
        {"fingerprint": "CD:" * 19 + "cd"},
    ],
)
def test_certificate_is_removed_once(run: Run, account: Account, unbound: None, named: dict[str, str]) -> None:
    predicted = run(check_mode=True, state="absent", **named)
    assert account.written == []
    done = run(state="absent", **named)
    assert [call.body for call in account.calls if call.writes] == [{"certificateId": "old"}]
    again = run(state="absent", **named)
    assert account.written == []
    assert [one["changed"] for one in (predicted, done, again)] == [True, True, False]
    assert [one["outcome"] for one in (predicted, done, again)] == ["would_remove", "removed", "unchanged"]
    assert predicted["certificate"] == done["certificate"]
    assert (done["certificate"]["certificate_id"], again["certificate"]) == ("old", None)
    assert predicted["diff"] == done["diff"]
    assert done["diff"][0]["before"]["state"] == "present"
    assert done["diff"][0]["after"] == {"state": "absent"}
    assert "superseded" not in done
    assert account.count("DescribeDomainCertificate") == 0


def test_what_was_uploaded_is_removed_with_the_same_options(run: Run, account: Account) -> None:
    run(**PAIR, label="new")
    removed = run(**PAIR, label="new", state="absent")
    assert (removed["changed"], removed["certificate"]["certificate_label"]) == (True, "new")
    assert run(certificate=CHAIN, state="absent")["changed"] is False


def test_label_is_looked_for_in_one_group(run: Run, account: Account, unbound: None) -> None:
    account.certificate("c-2", "www.example.com", certificateLabel="example", resourceGroupId="rg-2")
    everywhere = run(state="absent", label="example")
    assert everywhere["error"]["code"] == "Ambiguous"
    assert everywhere["msg"] == "label: 'example' matches 2 certificates (c-2, old); use certificate_id."
    assert run(state="absent", label="example", resource_group_id="rg-2")["certificate"]["certificate_id"] == "c-2"


@pytest.mark.parametrize("fingerprint", ["ab" * 16, "ab" * 32])
def test_fingerprint_of_another_digest_is_not_taken_for_absent(run: Run, account: Account, fingerprint: str) -> None:
    result = run(state="absent", fingerprint=fingerprint)
    assert result["error"]["code"] == "NotComparable"
    assert "the fingerprints of the stored certificates (SHA-1)" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_domains_that_use_a_certificate_are_named(run: Run, account: Account, check_mode: bool) -> None:
    account.domain("d-org", "www.example.org", None)
    result = run(check_mode=check_mode, state="absent", certificate_id="old")
    assert (result["failed"], result["changed"]) == (True, False)
    assert "It is bound to www.example.com (d-www); bind another certificate there first." in result["msg"]
    assert result["error"]["code"] == ("InUse" if check_mode else "CERTIFICATE_IS_USING")
    assert account.count("DescribeDomainCertificate") == 1  # the other domain is not covered
    assert result["certificate"]["certificate_id"] == "old"


def test_certificate_in_use_by_a_rollout_is_told(run: Run, account: Account, unbound: None) -> None:
    account.faults = {("DeleteCertificate", ""): [refusal("CERTIFICATE_IS_USING")]}
    assert run(state="absent", certificate_id="old")["msg"].endswith(
        "No domain that it covers has it bound now; a rollout of another certificate may still be running."
    )


def test_domains_that_cannot_be_listed_do_not_hide_the_error(run: Run, account: Account) -> None:
    account.faults = {("DescribeDomains", ""): [refusal("NO")]}
    assert run(state="absent", certificate_id="old")["error"]["code"] == "CERTIFICATE_IS_USING"


@pytest.mark.parametrize("code", ["INVALID_CERTIFICATE_NOT_FOUND", "OPERATION_FAILED_RESOURCE_NOT_FOUND"])
def test_certificate_that_somebody_else_removed_is_absent(run: Run, account: Account, unbound: None, code: str) -> None:
    class Gone:
        def pop(self, _place: int) -> ApiError:
            account.certificates.clear()
            return refusal(code)

    account.faults = {("DeleteCertificate", ""): Gone()}  # type: ignore[dict-item]
    result = run(state="absent", certificate_id="old")
    assert (result.get("failed"), result["changed"], result["outcome"]) == (None, False, "unchanged")


@pytest.mark.parametrize("executed", [True, False])
def test_lost_answer_to_a_removal_is_resolved(run: Run, account: Account, unbound: None, executed: bool) -> None:
    account.faults = {("DeleteCertificate", ""): [lost()]}
    account.executes_faulty_writes = executed
    result = run(state="absent", certificate_id="old")
    assert (result["changed"], result["outcome"]) == (True, "removed")
    assert account.written == ["DeleteCertificate"] * (1 if executed else 2)


# ---- Without cryptography ----


@pytest.fixture
def without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]


def test_without_cryptography_it_is_uploaded_with_a_warning(
    run: Run, account: Account, without_cryptography: None
) -> None:
    predicted = run(check_mode=True, **PAIR, label="new")
    done = run(**PAIR, label="new")
    again = run(**PAIR, label="new")
    assert [one["outcome"] for one in (predicted, done, again)] == ["would_upload", "uploaded", "unchanged"]
    assert predicted["warnings"] == done["warnings"]
    assert "cryptography is missing on this host, so it could not be checked whether the" in done["warnings"][0]
    assert again["warnings"] == []
    assert (predicted["superseded"], [one["certificate_id"] for one in done["superseded"]]) == (None, ["old"])
    assert predicted["certificate"]["fingerprint"] == sha1(LEAF)


# ---- Options ----


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "state is present but all of the following are missing: certificate, private_key"),
        ({"certificate": CHAIN}, "state is present but all of the following are missing: private_key"),
        (
            {"state": "absent"},
            "state is absent but any of the following are missing: certificate_id, label, fingerprint",
        ),
        (
            {"state": "absent", "certificate_id": "c", "label": "x"},
            "parameters are mutually exclusive: certificate_id|",
        ),
        ({"state": "absent", "fingerprint": "c", "label": "x"}, "parameters are mutually exclusive: certificate_id|"),
        (
            {"state": "absent", "certificate_id": "c", "certificate": "x"},
            "parameters are mutually exclusive: certificate",
        ),
        ({**PAIR, "label": "x", "replace_id": "c"}, "parameters are mutually exclusive: label|replace_id"),
        ({**PAIR, "certificate_id": "c"}, "parameters are mutually exclusive: certificate_id|fingerprint|certificate"),
        ({**PAIR, "label": " "}, "label is blank."),
        ({**PAIR, "label": "x" * 65}, "label is longer than 64 characters."),
        ({**PAIR, "resource_group_id": ""}, "resource_group_id is blank."),
        ({**PAIR, "replace_id": ""}, "replace_id is blank."),
        ({"state": "absent", "certificate_id": " "}, "certificate_id is blank."),
        ({"state": "absent", "fingerprint": " "}, "fingerprint is blank."),
        ({"state": "absent", "fingerprint": "abc"}, "fingerprint: 'abc' is none; it must be 32 (MD5)"),
        ({"state": "absent", "certificate": "cert.pem"}, "certificate contains no PEM certificate; give its text, not"),
        (
            {"state": "absent", "label": "x", "replace_id": "c"},
            "parameters are mutually exclusive: label|replace_id",
        ),
        (
            {"state": "absent", "certificate_id": "x", "replace_id": "c"},
            "replace_id replaces a certificate that stays; it cannot be used with state=absent.",
        ),
        ({**PAIR, "private_key": CA.key_pem}, "private_key does not belong to certificate."),
        ({**PAIR, "certificate": CA.pem + LEAF.pem}, "certificate: its chain is in the wrong order"),
        ({**PAIR, "access_key_id": "x"}, "Both kinds of credentials are given"),
    ],
)
def test_bad_options_are_refused_before_any_call(
    run: Run, account: Account, params: dict[str, Any], expected: str
) -> None:
    result = run(**params)
    assert result["failed"] is True
    assert result["msg"].startswith(expected)
    assert account.calls == []
