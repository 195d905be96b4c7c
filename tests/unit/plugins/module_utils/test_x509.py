# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timezone
from ipaddress import ip_address
from typing import Any
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.certops.cdn.plugins.module_utils._x509 import (
    begins_with_leaf,
    facts_of,
    key_belongs_to,
    misplaced,
    self_issued,
    unlinked,
)
from edges.certificates import Identity, make, make_ca

ROOT = make_ca("Root")
INTERMEDIATE = make_ca("Intermediate", ROOT)
CROSS = make_ca("Intermediate", make_ca("Other Root"))
LEAF = make("www.example.com", "example.com", issuer=INTERMEDIATE)
OTHER = make("www.example.org", issuer=INTERMEDIATE)


def der(identity: Identity) -> bytes:
    return identity.certificate.public_bytes(serialization.Encoding.DER)


def test_facts_of_a_certificate() -> None:
    facts = facts_of(der(LEAF))
    assert (facts.common_name, facts.sans, facts.issuer) == (
        "www.example.com",
        ("www.example.com", "example.com"),
        "Intermediate",
    )
    assert facts.not_before == LEAF.not_before
    assert facts.not_after == LEAF.not_after


def signed(builder: x509.CertificateBuilder, key: Any) -> bytes:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    builder = builder.public_key(key.public_key()).serial_number(1).not_valid_before(now).not_valid_after(now)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def test_facts_of_a_certificate_that_says_little() -> None:
    organization = x509.Name([x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, "Example Ltd")])
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(organization)
    facts = facts_of(signed(builder, ed25519.Ed25519PrivateKey.generate()))
    assert (facts.common_name, facts.sans, facts.issuer) == (None, (), "Example Ltd")
    assert facts.not_after == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_addresses_are_names_too() -> None:
    names = [x509.DNSName("a.example"), x509.RFC822Name("a@b.example"), x509.IPAddress(ip_address("192.0.2.1"))]
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    facts = facts_of(signed(builder, ec.generate_private_key(ec.SECP256R1())))
    assert (facts.sans, facts.issuer) == (("a.example", "192.0.2.1"), None)


def test_dates_are_in_utc_with_old_releases_of_the_library() -> None:
    old = mock.Mock(spec=["subject", "issuer", "extensions", "not_valid_before", "not_valid_after"])
    old.subject = old.issuer = x509.Name([])
    old.extensions = x509.Extensions([])
    old.not_valid_before, old.not_valid_after = datetime(2026, 1, 2), datetime(2027, 1, 2)  # noqa: DTZ001
    with mock.patch("cryptography.x509.load_der_x509_certificate", return_value=old):
        facts = facts_of(b"")
    assert facts.not_before == datetime(2026, 1, 2, tzinfo=timezone.utc)
    assert facts.not_after == datetime(2027, 1, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize("error", [x509.DuplicateExtension("", mock.Mock()), x509.UnsupportedGeneralNameType("", 1)])
def test_names_that_cannot_be_read_are_told(error: Exception) -> None:
    odd = mock.Mock(subject=x509.Name([]))
    odd.extensions.get_extension_for_class.side_effect = error
    with mock.patch("cryptography.x509.load_der_x509_certificate", return_value=odd), pytest.raises(ValueError):  # noqa: PT011
        facts_of(b"")


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ([LEAF], None),
        ([LEAF, INTERMEDIATE], None),
        ([LEAF, INTERMEDIATE, ROOT], None),
        ([LEAF, INTERMEDIATE, CROSS], None),
        ([LEAF, CROSS, INTERMEDIATE], None),
        ([LEAF, CROSS, INTERMEDIATE, ROOT], None),
        ([ROOT], None),
        ([INTERMEDIATE, LEAF], 1),
        ([LEAF, ROOT, INTERMEDIATE], 1),
        ([LEAF, ROOT], 1),
        ([ROOT, INTERMEDIATE, LEAF], 1),
        ([LEAF, INTERMEDIATE, OTHER], 2),
        ([LEAF, LEAF], 1),
    ],
)
def test_chain_in_the_wrong_order(chain: list[Identity], expected: int | None) -> None:
    assert misplaced([der(identity) for identity in chain]) == expected


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ([LEAF], None),
        ([LEAF, INTERMEDIATE, ROOT], None),
        ([LEAF, ROOT, INTERMEDIATE], None),
        ([LEAF, ROOT, CROSS, INTERMEDIATE], None),
        ([LEAF, ROOT], 1),
        ([LEAF, INTERMEDIATE, OTHER], 2),
        ([LEAF, OTHER, ROOT, INTERMEDIATE], 1),
        ([LEAF, LEAF], 1),
    ],
)
def test_chain_with_a_gap(chain: list[Identity], expected: int | None) -> None:
    assert unlinked([der(identity) for identity in chain]) == expected


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ([LEAF], True),
        ([LEAF, INTERMEDIATE, ROOT], True),
        ([LEAF, ROOT, INTERMEDIATE], True),
        ([LEAF, LEAF], True),
        ([ROOT], True),
        ([ROOT, ROOT], True),
        ([INTERMEDIATE, LEAF], False),
        ([ROOT, INTERMEDIATE, LEAF], False),
    ],
)
def test_chain_that_begins_with_an_issuer(chain: list[Identity], expected: bool) -> None:
    assert begins_with_leaf([der(identity) for identity in chain]) is expected


def test_only_a_root_issues_itself() -> None:
    assert [self_issued(der(identity)) for identity in (ROOT, INTERMEDIATE, LEAF)] == [True, False, False]


KEYS: dict[str, Any] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def pem(key: Any, form: str) -> str:
    plain = serialization.NoEncryption()
    encoded: bytes = key.private_bytes(serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), plain)
    return encoded.decode()


@pytest.mark.parametrize(
    ("kind", "form"), [("rsa", "PKCS8"), ("rsa", "TraditionalOpenSSL"), ("ec", "PKCS8"), ("ed25519", "PKCS8")]
)
@pytest.mark.parametrize("other", KEYS)
def test_key_belongs_to_its_own_certificate_alone(kind: str, form: str, other: str) -> None:
    certificate = signed(x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([])), KEYS[other])
    assert key_belongs_to(pem(KEYS[kind], form), certificate) is (kind == other)


@pytest.mark.parametrize(
    "key", ["", "-----BEGIN PRIVATE KEY-----\nMDEC\n-----END PRIVATE KEY-----", "s3cret", "\u00e4"]
)
def test_what_is_no_key_is_told_without_quoting_it(key: str) -> None:
    with pytest.raises(ValueError, match=r"^\w+$"):
        key_belongs_to(key, der(LEAF))


CALLS: list[Callable[[bytes], Any]] = [
    facts_of,
    self_issued,
    lambda what: misplaced([what]),
    lambda what: unlinked([what]),
    lambda what: begins_with_leaf([what]),
    lambda what: key_belongs_to(LEAF.key_pem, what),
]


# One of a version that there is not; its number is the first thing in it.
FUTURE = der(LEAF).replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020109"), 1)


@pytest.mark.parametrize("what", [b"\x30\x03\x02\x01\x00", FUTURE], ids=["no certificate", "of an unknown version"])
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_certificate_is_told(call: Callable[[bytes], Any], what: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        call(what)


@pytest.mark.parametrize("call", CALLS)
def test_without_the_library_nothing_can_be_told(call: Callable[[bytes], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]
    with pytest.raises(ImportError):
        call(b"")
