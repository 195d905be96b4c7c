# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: what only a parser of X.509 can tell. It needs the library cryptography, which may be missing.

Everything here raises ImportError without it, and ValueError for what it cannot read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.cdn.plugins.module_utils._certificates import Facts

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name


def facts_of(der: bytes) -> Facts:
    """What a DER certificate says."""
    from cryptography.x509.oid import NameOID

    certificate = _parsed(der)
    return Facts(
        common_name=_attribute(certificate.subject, NameOID.COMMON_NAME),
        sans=tuple(_sans(certificate)),
        issuer=_attribute(certificate.issuer, NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME),
        not_before=_moment(certificate, "not_valid_before"),
        not_after=_moment(certificate, "not_valid_after"),
    )


def misplaced(chain: Sequence[bytes]) -> int | None:
    """The place of the first certificate in a chain that did not issue any of those before it; None where all did.

    That allows for issuers with several certificates (cross-signed ones), in whatever order these are.
    """
    wanted: list[Name] = []
    for place, certificate in enumerate(map(_parsed, chain)):
        if place and certificate.subject not in wanted:
            return place
        wanted.append(certificate.issuer)
    return None


def unlinked(chain: Sequence[bytes]) -> int | None:
    """The place of the first certificate in a chain that leads up from its first one in no order; None where all do."""
    first, *others = map(_parsed, chain)
    wanted, left = {first.issuer}, dict(enumerate(others, 1))
    while True:
        fitting = [place for place, certificate in left.items() if certificate.subject in wanted]
        if not fitting:
            return min(left, default=None)
        wanted.update(left.pop(place).issuer for place in fitting)


def begins_with_leaf(chain: Sequence[bytes]) -> bool:
    """Whether the first certificate of a chain is the issuer of none of the others."""
    first, *others = map(_parsed, chain)
    return all(other.issuer != first.subject or other.subject == other.issuer for other in others)


def self_issued(der: bytes) -> bool:
    """Whether a certificate names itself as its issuer, so that there is none above it."""
    certificate = _parsed(der)
    return certificate.subject == certificate.issuer


def key_belongs_to(key: str, der: bytes) -> bool:
    """Whether an unencrypted PEM private key is that of a certificate."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        public = load_pem_private_key(key.encode("ascii"), password=None).public_key()
        return _spki(public) == _spki(_parsed(der).public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        # Its text could quote from the key.
        raise ValueError(type(exc).__name__) from None


def _parsed(der: bytes) -> Certificate:
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    try:
        return load_der_x509_certificate(der)
    except InvalidVersion as exc:  # which is no ValueError
        raise ValueError(str(exc)) from exc


def _sans(certificate: Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as exc:
        raise ValueError(str(exc)) from exc
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def _spki(public_key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    encoded: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _attribute(name: Name, *kinds: Any) -> str | None:
    """The first attribute of one of these kinds in a distinguished name."""
    found = [attribute for kind in kinds for attribute in name.get_attributes_for_oid(kind)]
    return str(found[0].value) if found else None


def _moment(certificate: Certificate, name: str) -> datetime:
    """Releases before 42 tell times in UTC without a zone."""
    moment: datetime = getattr(certificate, f"{name}_utc", None) or getattr(certificate, name)
    return moment.replace(tzinfo=timezone.utc)
