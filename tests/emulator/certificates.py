# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509: make test certificates, read uploaded ones."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

ISSUER = "Emulator Issuing CA"


@dataclass(frozen=True)
class Pair:
    """A certificate chain (leaf first) and its private key, both PEM."""

    chain: str
    key: str


class Issuer:
    """A certificate authority that lives as long as the scenario."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(timezone.utc).replace(microsecond=0)
        self._certificate = self._build(ISSUER, [], self._key, now - timedelta(days=3650), now + timedelta(days=3650))

    def issue(
        self,
        names: list[str],
        not_before_days: float,
        not_after_days: float,
        key_type: str = "ec",
        common_name: str | None = None,
    ) -> Pair:
        """A leaf for these names; the days count from now. An empty common name leaves the subject without one."""
        key: CertificateIssuerPrivateKeyTypes
        if key_type == "rsa":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        else:
            key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(timezone.utc).replace(microsecond=0)
        subject = names[0] if common_name is None else common_name
        leaf = self._build(
            subject, names, key, now + timedelta(days=not_before_days), now + timedelta(days=not_after_days)
        )
        chain = b"".join(item.public_bytes(serialization.Encoding.PEM) for item in (leaf, self._certificate))
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Pair(chain.decode(), text.decode())

    def _build(
        self,
        common_name: str,
        names: list[str],
        key: CertificateIssuerPrivateKeyTypes,
        not_before: datetime,
        not_after: datetime,
    ) -> x509.Certificate:
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])] if common_name else []
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(attributes))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
        return builder.sign(self._key, hashes.SHA256())


class Leaf:
    """What a service reads out of the first certificate of a PEM text."""

    def __init__(self, pem: str):
        certificate = x509.load_pem_x509_certificates(pem.encode())[0]
        subject = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        issuer = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        self.pem = pem
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.common_name = str(subject[0].value) if subject else ""
        self.issuer = str(issuer[0].value) if issuer else certificate.issuer.rfc4514_string()
        self.names = _names(certificate)
        self.not_before = certificate.not_valid_before_utc
        self.not_after = certificate.not_valid_after_utc
        public_key = certificate.public_key()
        self.public_key = public_key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if isinstance(public_key, rsa.RSAPublicKey):
            self.algorithm = "RSA"
        elif isinstance(public_key, ec.EllipticCurvePublicKey):
            self.algorithm = "ECDSA"
        else:
            self.algorithm = type(public_key).__name__.removesuffix("PublicKey")

    def fingerprint(self, algorithm: str) -> str:
        """Lower-case hex of md5, sha1 or sha256 over the DER form."""
        return hashlib.new(algorithm, self.der, usedforsecurity=False).hexdigest()

    def covers(self, name: str) -> bool:
        """Does one of the names match? A wildcard stands for exactly one label."""
        return any(name_matches(pattern, name) for pattern in self.names or [self.common_name])


def parse_leaf(pem: str) -> Leaf | None:
    """None if the text is no certificate."""
    try:
        return Leaf(pem)
    except (ValueError, IndexError, UnsupportedAlgorithm):
        return None


def public_key_of(pem: str) -> bytes | None:
    """The public half of an unencrypted private key, or None if the text is no such key."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def name_matches(pattern: str, name: str) -> bool:
    """Does the certificate name cover the host name (which may itself be a wildcard domain)?"""
    pattern, name = pattern.lower(), name.lower()
    if pattern == name:
        return True
    head, _dot, rest = name.partition(".")
    return pattern.startswith("*.") and pattern[2:] == rest and head not in ("", "*")


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    addresses = [str(address) for address in extension.value.get_values_for_type(x509.IPAddress)]
    return extension.value.get_values_for_type(x509.DNSName) + addresses


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
