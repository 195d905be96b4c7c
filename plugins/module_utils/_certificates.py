# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: PEM text and fingerprints, with the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor

_DIGEST_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_SPACE = re.compile(r"\s+")
_ENCRYPTED = re.compile(r"BEGIN ENCRYPTED PRIVATE KEY|Proc-Type:[^\n]*ENCRYPTED")


@dataclass(frozen=True)
class Facts:
    """What a certificate says."""

    common_name: str | None
    sans: tuple[str, ...]
    issuer: str | None
    not_before: datetime | None
    not_after: datetime | None


def normalise_fingerprint(fingerprint: object) -> str:
    """Hexadecimal digits in lower case, without colons and blanks; ``""`` for what is no fingerprint.

    The digest can be told from the length: 32 MD5, 40 SHA-1, 64 SHA-256 (api/zenlayer.md 3.1).
    """
    if not isinstance(fingerprint, str):
        return ""
    digits = re.sub(r"[:\s]", "", fingerprint).lower()
    return digits if len(digits) in _DIGEST_BY_LENGTH and re.fullmatch("[0-9a-f]+", digits) else ""


def fingerprints(der: bytes) -> frozenset[str]:
    """The MD5, SHA-1 and SHA-256 fingerprints of a DER certificate; MD5 is missing on FIPS systems."""
    found = set()
    for name in _DIGEST_BY_LENGTH.values():
        try:
            found.add(hashlib.new(name, der, usedforsecurity=False).hexdigest())
        except ValueError:
            continue
    return frozenset(found)


def pem_blocks(text: str) -> Iterator[tuple[str, bytes]]:
    """The (label, DER) pairs of all PEM blocks in a text, in their order.

    :raises ValueError: a block's content is not base64
    """
    for label, content in _PEM.findall(text):
        try:
            yield label, base64.b64decode(_SPACE.sub("", content), validate=True)
        except ValueError as exc:
            raise ValueError(f"the PEM block '{label}' is not base64") from exc


def normalise_pem(text: str) -> str:
    """PEM text in its one canonical form: LF line ends, 64 characters a line, nothing outside the blocks.

    Two texts with the same blocks in the same order give the same result, whatever their line ends and blanks.

    :raises ValueError: a block's content is not base64
    """
    return "".join(_pem_block(label, der) for label, der in pem_blocks(text))


def given_fingerprint(option: str, text: str) -> str:
    """The fingerprint that an option gives, as :func:`normalise_fingerprint` writes it.

    :raises InputError: it is none
    """
    found = normalise_fingerprint(text)
    if not found:
        raise InputError(
            f"{option}: '{text}' is none; it must be 32 (MD5), 40 (SHA-1) or 64 (SHA-256) hexadecimal digits, with or"
            " without colons."
        )
    return found


def certificates_in(option: str, text: str, redact: Redactor) -> list[bytes]:
    """The DER certificates in the PEM text of an option, in their order.

    :raises InputError: there is none, one is cut off or no base64, or there is a private key, which is then a secret
    """
    if "PRIVATE KEY-----" in text:
        redact.learn(text)
        raise InputError(f"{option} contains a private key; give the certificate alone.")
    try:
        blocks = list(pem_blocks(text))
    except ValueError as exc:
        raise InputError(f"{option} cannot be read: {exc}.") from None
    found = [der for label, der in blocks if label == "CERTIFICATE"]
    if not found:
        raise InputError(f"{option} contains no PEM certificate; give its text, not its path.")
    if text.count("-----BEGIN ") > len(blocks):
        raise InputError(f"{option} cannot be read: a PEM block in it has no end.")
    return found


def private_key_in(option: str, text: str, redact: Redactor) -> str:
    """The private key in the PEM text of an option, in its canonical form. It is a secret in every form.

    :raises InputError: there is none, or several; it is encrypted, cut off, no base64, or not for TLS
    """
    redact.learn(text)
    if _ENCRYPTED.search(text):
        raise InputError(f"{option} is encrypted; give it without a passphrase.")
    try:
        blocks = [(label, der) for label, der in pem_blocks(text) if label.endswith("PRIVATE KEY")]
    except ValueError as exc:
        raise InputError(f"{option} cannot be read: {exc}.") from None
    if len(blocks) > 1:
        raise InputError(f"{option} contains {len(blocks)} private keys; give the one of the certificate.")
    if not blocks:
        raise InputError(f"{option} contains no PEM private key; give its text, not its path.")
    ((label, der),) = blocks
    if label.startswith("OPENSSH"):
        raise InputError(f"{option} is in OpenSSH's own format; give it in PKCS#8.")
    key = as_pem(label, der)
    redact.learn(key)
    redact.learn(base64.b64encode(der).decode("ascii"))
    return key


def as_pem(label: str, *ders: bytes) -> str:
    """PEM text in its canonical form."""
    return "".join(_pem_block(label, der) for der in ders)


def _pem_block(label: str, der: bytes) -> str:
    content = base64.b64encode(der).decode("ascii")
    lines = [content[start : start + 64] for start in range(0, len(content), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"]) + "\n"
