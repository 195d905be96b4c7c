# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _certificates
from ansible_collections.certops.cdn.plugins.module_utils._certificates import (
    as_pem,
    certificates_in,
    fingerprints,
    given_fingerprint,
    normalise_fingerprint,
    normalise_pem,
    pem_blocks,
    private_key_in,
)
from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor

BLOCKS = st.lists(
    st.tuples(st.sampled_from(["CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "X509 CRL"]), st.binary(max_size=200)),
    max_size=4,
)


def pem(label: str, der: bytes, width: int = 64, newline: str = "\n") -> str:
    lines = textwrap.wrap(base64.b64encode(der).decode(), width)
    return newline.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


@given(BLOCKS)
def test_blocks_come_back_in_their_order(blocks: list[tuple[str, bytes]]) -> None:
    text = "".join(pem(label, der) for label, der in blocks)
    assert list(pem_blocks(text)) == blocks


@given(BLOCKS, st.integers(1, 100), st.sampled_from(["\n", "\r\n", "\r", " \n ", "\n\n"]))
def test_line_ends_widths_and_blanks_do_not_matter(blocks: list[tuple[str, bytes]], width: int, newline: str) -> None:
    plain = "".join(pem(label, der) for label, der in blocks)
    odd = "a comment\n".join(["", *(pem(label, der, width, newline) for label, der in blocks), "  "])
    assert normalise_pem(odd) == normalise_pem(plain) == plain


@given(BLOCKS)
def test_normalising_twice_changes_nothing_more(blocks: list[tuple[str, bytes]]) -> None:
    once = normalise_pem("".join(pem(label, der, 70, "\r\n") for label, der in blocks))
    assert normalise_pem(once) == once


@given(BLOCKS)
def test_content_stays_the_same(blocks: list[tuple[str, bytes]]) -> None:
    text = normalise_pem("".join(pem(label, der, 20) for label, der in blocks))
    assert list(pem_blocks(text)) == blocks


def test_order_of_a_chain_is_kept() -> None:
    leaf, issuer = pem("CERTIFICATE", b"leaf"), pem("CERTIFICATE", b"issuer")
    assert normalise_pem(leaf + issuer) != normalise_pem(issuer + leaf)


@pytest.mark.parametrize(
    "text", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA", "-----BEGIN A-----\n-----END B-----"]
)
def test_text_without_a_whole_block_has_none(text: str) -> None:
    assert list(pem_blocks(text)) == []
    assert normalise_pem(text) == ""


@pytest.mark.parametrize("content", ["A", "????", "AAAA=AAA", "Proc-Type: 4,ENCRYPTED", "AAÄA"])
def test_what_is_not_base64_is_told_with_its_label(content: str) -> None:
    with pytest.raises(ValueError, match="the PEM block 'RSA PRIVATE KEY' is not base64"):
        list(pem_blocks(f"-----BEGIN RSA PRIVATE KEY-----\n{content}\n-----END RSA PRIVATE KEY-----"))


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("AB" * 16, "ab" * 16),
        ("AB" * 20, "ab" * 20),
        ("ab" * 32, "ab" * 32),
        (":".join(["AB"] * 20), "ab" * 20),
        (" ab cd" * 8 + "\n", "abcd" * 8),
        ("ab" * 19, ""),
        ("zz" * 20, ""),
        ("", ""),
        (None, ""),
        (40 * 10**39, ""),
    ],
)
def test_normalise_fingerprint(given_text: object, expected: str) -> None:
    assert normalise_fingerprint(given_text) == expected


def test_fingerprints_are_the_three_digests() -> None:
    assert fingerprints(b"abc") == {
        "900150983cd24fb0d6963f7d28e17f72",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }


@given(st.binary(max_size=100), st.booleans(), st.sampled_from(["", ":", " "]))
def test_fingerprints_are_found_however_they_are_written(der: bytes, upper: bool, between: str) -> None:
    for digits in fingerprints(der):
        text = between.join(textwrap.wrap(digits, 2))
        assert normalise_fingerprint(text.upper() if upper else text) == digits


def test_a_digest_that_the_system_forbids_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    new = hashlib.new

    def without_md5(name: str, *args: Any, **options: Any) -> Any:
        if name == "md5":
            raise ValueError("disabled for FIPS")
        return new(name, *args, **options)

    monkeypatch.setattr(_certificates.hashlib, "new", without_md5)
    assert {len(digits) for digits in fingerprints(b"abc")} == {40, 64}


# ---- PEM in options ----

LEAF, ISSUER, KEY = pem("CERTIFICATE", b"leaf"), pem("CERTIFICATE", b"issuer"), pem("PRIVATE KEY", b"s3cret" * 20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LEAF, [b"leaf"]),
        (LEAF + ISSUER, [b"leaf", b"issuer"]),
        (ISSUER + LEAF, [b"issuer", b"leaf"]),
        (f"subject=x\n{LEAF}issuer=y\n{ISSUER}".replace("\n", "\r\n"), [b"leaf", b"issuer"]),
        (pem("X509 CRL", b"crl") + LEAF, [b"leaf"]),
        (LEAF.replace("\n", " "), [b"leaf"]),
    ],
)
def test_certificates_of_an_option(text: str, expected: list[bytes]) -> None:
    assert certificates_in("certificate", text, Redactor()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.pem", "certificate contains no PEM certificate; give its text, not its path."),
        (LEAF.replace("-----END", "----END"), "certificate contains no PEM certificate; give its text, not its path."),
        (pem("X509 CRL", b"crl"), "certificate contains no PEM certificate; give its text, not its path."),
        (LEAF.replace("bGVhZg==", "bGVhZg="), "certificate cannot be read: the PEM block 'CERTIFICATE' is not base64."),
        (LEAF + ISSUER[:-10], "certificate cannot be read: a PEM block in it has no end."),
        (LEAF + KEY, "certificate contains a private key; give the certificate alone."),
        (KEY, "certificate contains a private key; give the certificate alone."),
        (LEAF + KEY[:-20], "certificate contains a private key; give the certificate alone."),
    ],
)
def test_certificates_that_cannot_be_used_are_told(text: str, expected: str) -> None:
    with pytest.raises(InputError) as refused:
        certificates_in("certificate", text, Redactor())
    assert refused.value.message == expected


def test_key_in_the_wrong_option_is_a_secret() -> None:
    learnt: list[str] = []
    with pytest.raises(InputError):
        certificates_in("certificate", LEAF + KEY, Redactor(on_new_secret=learnt.append))
    assert learnt == [LEAF + KEY]


@pytest.mark.parametrize("label", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])
@pytest.mark.parametrize("around", ["{}", "{}" + LEAF, pem("EC PARAMETERS", b"curve") + "{}", "a comment\n  {}\n\n"])
def test_key_of_an_option_is_taken_out_in_its_canonical_form(label: str, around: str) -> None:
    text = around.format(pem(label, b"s3cret" * 20, 70, "\r\n"))
    assert private_key_in("private_key", text, Redactor()) == pem(label, b"s3cret" * 20)


ENCRYPTED = KEY.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("privkey.pem", "private_key contains no PEM private key; give its text, not its path."),
        (LEAF, "private_key contains no PEM private key; give its text, not its path."),
        (KEY[:-20], "private_key contains no PEM private key; give its text, not its path."),
        (pem("PUBLIC KEY", b"x"), "private_key contains no PEM private key; give its text, not its path."),
        (KEY + pem("RSA PRIVATE KEY", b"y"), "private_key contains 2 private keys; give the one of the certificate."),
        (KEY + KEY, "private_key contains 2 private keys; give the one of the certificate."),
        (pem("ENCRYPTED PRIVATE KEY", b"x"), "private_key is encrypted; give it without a passphrase."),
        (ENCRYPTED, "private_key is encrypted; give it without a passphrase."),
        (pem("OPENSSH PRIVATE KEY", b"x"), "private_key is in OpenSSH's own format; give it in PKCS#8."),
        (KEY.replace("czNj", "cz?j"), "private_key cannot be read: the PEM block 'PRIVATE KEY' is not base64."),
    ],
)
def test_keys_that_cannot_be_used_are_told(text: str, expected: str) -> None:
    with pytest.raises(InputError) as refused:
        private_key_in("private_key", text, Redactor())
    assert refused.value.message == expected


def test_key_is_a_secret_in_every_form() -> None:
    redact = Redactor()
    key = private_key_in("private_key", pem("PRIVATE KEY", b"s3cret" * 20, 70, "\r\n"), redact)
    content = "".join(key.splitlines()[1:-1])
    assert redact(f"a {content} b") == redact(f"a {key} b") == "a ******** b"


@given(st.lists(st.binary(max_size=100), max_size=4))
def test_certificates_are_written_as_they_are_read(ders: list[bytes]) -> None:
    text = as_pem("CERTIFICATE", *ders)
    assert [der for _label, der in pem_blocks(text)] == ders
    assert normalise_pem(text) == text


def test_fingerprint_of_an_option() -> None:
    assert given_fingerprint("fingerprint", "AB:" * 15 + "AB") == "ab" * 16
    with pytest.raises(InputError, match=r"^fingerprint: 'AB' is none; it must be 32 \(MD5\), 40 \(SHA-1\) or 64"):
        given_fingerprint("fingerprint", "AB")
