# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils._certificates import Facts, fingerprints
from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError
from ansible_collections.certops.cdn.plugins.module_utils._plan import Refuse
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import Certificate
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_material import (
    Material,
    checked_pair,
    material_of,
    same_names,
)
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import certificate_info
from edges.certificates import Identity, make, make_ca

NOW = datetime.now(timezone.utc)
ROOT = make_ca("Root")
CA = make_ca("Intermediate", ROOT)
LEAF = make("*.example.com", "example.com", issuer=CA)
DER = LEAF.certificate.public_bytes(serialization.Encoding.DER)
CHAIN = LEAF.pem + CA.pem


@pytest.fixture
def without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]


def checked(certificate: str = CHAIN, private_key: str = LEAF.key_pem) -> Material:
    material, key = checked_pair(certificate, private_key, Redactor(), NOW)
    assert key == LEAF.key_pem
    return material


# ---- What is given ----


@pytest.mark.parametrize(
    ("certificate", "alone"),
    [(CHAIN, False), (LEAF.pem, True), (CHAIN + ROOT.pem, False), (CHAIN.replace("\n", "\r\n"), False)],
)
def test_certificate_and_key_are_read(certificate: str, alone: bool) -> None:
    material = checked(certificate)
    assert material.digests == fingerprints(DER)
    assert material.content == certificate.replace("\r", "")
    assert material.names == ["*.example.com", "example.com"]
    assert material.alone is alone


@pytest.mark.parametrize(
    ("certificate", "code", "reason"),
    [
        (
            LEAF.pem + ROOT.pem + CA.pem,
            "ChainOrder",
            "its chain is in the wrong order; certificate 2 of 3 did not issue any of those before it. The certificate",
        ),
        (
            LEAF.pem + ROOT.pem,
            "ChainIncomplete",
            "its chain has a gap; it does not lead to certificate 2 of 2. One in between is missing, or",
        ),
    ],
)
def test_flaw_among_the_issuers_is_left_to_the_decision(certificate: str, code: str, reason: str) -> None:
    flaw = checked(certificate).flaw
    assert isinstance(flaw, Refuse)
    assert flaw.code == code
    assert flaw.reason.startswith(f"certificate: {reason}")
    assert checked(CHAIN).flaw is None


def test_self_signed_certificate_is_whole() -> None:
    leaf = make("www.example.com")
    material, _key = checked_pair(leaf.pem, leaf.key_pem, Redactor(), NOW)
    assert material.alone is False


def leaf(**validity: float) -> Identity:
    return make("www.example.com", issuer=CA, **validity)


EXPIRED, FUTURE = leaf(begins=-90, ends=-1), leaf(begins=1)
NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n"
NO_KEY = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("certificate", "private_key", "expected"),
    [
        (" ", LEAF.key_pem, "certificate is blank."),
        (CHAIN, " ", "private_key is blank."),
        ("fullchain.pem", LEAF.key_pem, "certificate contains no PEM certificate; give its text, not its path."),
        (CHAIN, "privkey.pem", "private_key contains no PEM private key; give its text, not its path."),
        (CHAIN, CA.key_pem, "private_key does not belong to certificate."),
        (EXPIRED.pem, EXPIRED.key_pem, "certificate has expired (20"),
        (FUTURE.pem, FUTURE.key_pem, "certificate is not valid before 20"),
        (CA.pem + LEAF.pem, LEAF.key_pem, "certificate: its chain is in the wrong order; certificate 2 of 2 did not"),
        (CA.pem + LEAF.pem + ROOT.pem, LEAF.key_pem, "certificate: its chain is in the wrong order; certificate 2 of "),
        (ROOT.pem + CA.pem + LEAF.pem, LEAF.key_pem, "certificate: its chain is in the wrong order; certificate 2 of "),
        (LEAF.pem + ROOT.pem, CA.key_pem, "private_key does not belong to certificate."),
        (NO_CERTIFICATE, LEAF.key_pem, "certificate cannot be read: what the PEM text holds is no X.509 certificate."),
        (LEAF.pem + NO_CERTIFICATE, LEAF.key_pem, "certificate cannot be read: its chain holds what is no X.509"),
        (CHAIN, NO_KEY, "private_key cannot be read: what the PEM text holds is no private key."),
        (CHAIN, LEAF.key_pem * 2, "private_key contains 2 private keys; give the one of the certificate."),
        (CHAIN + LEAF.key_pem, LEAF.key_pem, "certificate contains a private key; give the certificate alone."),
    ],
)
def test_what_cannot_be_uploaded_is_told(certificate: str, private_key: str, expected: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_pair(certificate, private_key, Redactor(), NOW)
    assert refused.value.message.startswith(expected)


@pytest.mark.parametrize(
    ("certificate", "private_key"),
    [(CHAIN, LEAF.key_pem), (EXPIRED.pem, LEAF.key_pem), (CA.pem + LEAF.pem, LEAF.key_pem)],
)
def test_without_cryptography_only_the_fingerprint_is_known(
    certificate: str, private_key: str, without_cryptography: None
) -> None:
    material, _key = checked_pair(certificate, private_key, Redactor(), NOW)
    assert material.facts is None
    assert len(material.digests) == 3
    with pytest.raises(InputError, match="private_key contains no PEM private key"):
        checked_pair(certificate, "privkey.pem", Redactor(), NOW)


def test_what_is_to_be_removed_may_have_expired() -> None:
    assert material_of(EXPIRED.pem, Redactor()).names == ["www.example.com"]


# ---- What it is compared with ----

BEGINS = datetime(2026, 1, 1, tzinfo=timezone.utc)
ENDS = BEGINS + timedelta(days=90)
FACTS = Facts("a.example", ("a.example", "b.example"), "Example CA", BEGINS, ENDS)
MD5, SHA1, SHA256 = (hashlib.new(name, b"der").hexdigest() for name in ("md5", "sha1", "sha256"))
WITHOUT_MD5 = frozenset([SHA1, SHA256])


def stored(fingerprint: str = SHA1, **more: Any) -> Certificate:
    dates = {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-04-01T00:00:00Z"}
    more = {**dates, "fingerprint": fingerprint, **more}
    return Certificate.parse(certificate_info("c-1", "b.example", "A.example", **more))


@pytest.mark.parametrize(
    ("material", "certificate", "same", "differs"),
    [
        (Material(fingerprints(b"der")), stored(MD5), True, False),
        (Material(fingerprints(b"der")), stored(SHA1.upper()), True, False),
        (Material(fingerprints(b"der")), stored(SHA256), True, False),
        (Material(fingerprints(b"der")), stored("ab" * 20), False, True),
        (Material(fingerprints(b"der")), stored(""), False, False),
        (Material(WITHOUT_MD5), stored(MD5), False, False),
        (Material(WITHOUT_MD5, facts=FACTS), stored("ab" * 20), False, True),
        (Material(WITHOUT_MD5, facts=FACTS), stored(MD5), True, False),
        (Material(WITHOUT_MD5, facts=FACTS), stored(""), True, False),
        (Material(WITHOUT_MD5, facts=FACTS), stored(MD5, endTime="2026-04-02T00:00:00Z"), False, True),
        (Material(WITHOUT_MD5, facts=FACTS), stored(MD5, startTime="2026-01-02T00:00:00Z"), False, True),
        (Material(WITHOUT_MD5, facts=FACTS), stored(MD5, sans=["a.example"]), False, True),
        (Material(WITHOUT_MD5, facts=FACTS), stored(MD5, endTime=None), False, False),
        (Material(frozenset([MD5])), stored(MD5), True, False),
        (Material(frozenset([MD5])), stored(SHA1), False, False),
    ],
)
def test_certificate_is_recognised(material: Material, certificate: Certificate, same: bool, differs: bool) -> None:
    assert material.is_that_of(certificate) is same
    assert material.differs_from(certificate) is differs


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], SHA256),
        ([stored(MD5)], MD5),
        ([stored("ab" * 20), stored(MD5)], SHA1),
        ([stored(""), stored("ab" * 32)], SHA256),
    ],
)
def test_fingerprint_is_predicted_as_the_provider_tells_those_of_others(
    others: list[Certificate], expected: str
) -> None:
    predicted = Material(fingerprints(b"der"), facts=FACTS).as_stored(others, "c-9", "label")
    assert predicted == Certificate(
        "c-9", "label", "a.example", ("a.example", "b.example"), expected, "Example CA", BEGINS, ENDS, False
    )


def test_prediction_without_facts_says_what_is_known() -> None:
    predicted = Material(fingerprints(b"der")).as_stored([])
    assert (predicted.fingerprint, predicted.common_name, predicted.sans, predicted.not_after) == (SHA256, "", (), None)


NAMES = st.lists(st.sampled_from(["a.example", "A.example.", "b.example", "*.a.example", "\u00e4.example", "", " "]))


@given(NAMES, NAMES)
def test_names_are_the_same_whatever_their_order_case_and_number(some: list[str], others: list[str]) -> None:
    forms = {"A.example.": "a.example", "\u00e4.example": "xn--4ca.example"}
    plain = [{forms.get(name, name) for name in names if name.strip()} for names in (some, others)]
    assert same_names(some, others) is (plain[0] == plain[1] and bool(plain[0]))
    assert same_names(*reversed([some, others])) is same_names(some, others)
