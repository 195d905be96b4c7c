# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of every kind, good and bad."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import tempfile
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID


@dataclass(frozen=True)
class Identity:
    """A certificate with its key and what a server sends beside it."""

    certificate: x509.Certificate
    key: Any
    not_before: datetime
    not_after: datetime
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return self.key.private_bytes(*form).decode()

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def subject_hash(self) -> str:
        """The name of its file in a directory of CAs, as OpenSSL looks for it, without the number at the end."""
        (common_name,) = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        text = str(common_name.value).lower().encode()
        # the canonical form: SET { SEQUENCE { OID 2.5.4.3, UTF8String } }
        inner = bytes.fromhex("0603550403") + bytes([0x0C, len(text)]) + text
        sequence = bytes([0x30, len(inner)]) + inner
        canonical = bytes([0x31, len(sequence)]) + sequence
        return hashlib.sha1(canonical, usedforsecurity=False).digest()[:4][::-1].hex()

    def context(self, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """What a server with this certificate runs on.

        :param newest: the newest version of TLS that it speaks
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if newest is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
                context.maximum_version = newest
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            chain = [certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in self.chain]
            file.write("".join([self.key_pem, self.pem, *chain]))
            file.flush()
            context.load_cert_chain(file.name)
        return context


def make(
    *names: str,
    issuer: Identity | None = None,
    common_name: str | None = None,
    begins: float = -10,
    ends: float = 90.5,
    is_ca: bool = False,
    for_clients: bool = False,
    weak: bool = False,
    chained: bool = True,
    raw_names: bytes = b"",
) -> Identity:
    """A certificate for these names and addresses, self-signed unless there is an issuer.

    :param begins, ends: its validity in days from now
    :param for_clients: TLS servers must not use it
    :param weak: its key is too short for today
    :param chained: the server sends the issuer's certificate beside it, unless that is a root
    :param raw_names: DER of further names, right or wrong; all names together are short
    """
    key: Any = ec.generate_private_key(ec.SECP256R1())
    if weak:
        key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is what makes it weak
    now = datetime.now(timezone.utc).replace(microsecond=0)
    not_before, not_after = now + timedelta(days=begins), now + timedelta(days=ends)
    subject = _name(common_name or (names[0] if names else "nobody"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    )
    if raw_names:
        san = b"".join(bytes([0x82, len(name)]) + name.encode() for name in names) + raw_names
        sequence = bytes([0x30, len(san)]) + san
        builder = builder.add_extension(
            x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, sequence), False
        )
    elif names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
    if for_clients:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    is_below_root = issuer is not None and issuer.certificate.issuer != issuer.certificate.subject
    chain = (issuer.certificate, *issuer.chain) if issuer is not None and is_below_root and chained else ()
    return Identity(certificate, key, not_before, not_after, chain)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def make_ca(name: str = "Example Root CA", issuer: Identity | None = None, **validity: float) -> Identity:
    """A CA: a root unless there is an issuer."""
    return make(issuer=issuer, common_name=name, is_ca=True, **validity)
