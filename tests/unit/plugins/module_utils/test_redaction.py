# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import html
import json
import threading
import tracemalloc
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils._redaction import MASK, Redactor

SECRETS = st.text(st.characters(blacklist_characters="*", blacklist_categories=["Cs"]), min_size=4)


def test_known_secrets_are_masked_wherever_they_stand() -> None:
    redact = Redactor("s3cret", "t0ken")
    assert redact("s3cret: t0ken,s3cret.") == f"{MASK}: {MASK},{MASK}."


def test_other_text_is_kept() -> None:
    text = 'Zenlayer ModifyDomainCertificate failed: {"code": "X", "domainId": "dom-1"} (HTTP 400, request id T-1).'
    assert Redactor("s3cret")(text) == text


def test_without_secrets_text_is_kept() -> None:
    assert Redactor(None, "")("anything at all") == "anything at all"


def test_longest_secret_is_masked_first() -> None:
    assert Redactor("abcd", "abcdefgh")("abcdefgh abcd") == f"{MASK} {MASK}"


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_gone_in_every_form_it_may_be_sent_in(secret: str, before: str, after: str) -> None:
    redact = Redactor(secret)
    forms = [
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        html.escape(secret),
    ]
    for form in forms:
        assert redact(f"<{form}>") == f"<{MASK}>"
        assert secret not in redact(before + form + after)


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=7), st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_is_gone_in_base64_and_hexadecimal_wherever_it_stands(
    secret: str, before: bytes, after: bytes
) -> None:
    redact = Redactor(secret)
    data = before + secret.encode() + after
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert MASK in redact(text)
        left = sum(len(part) for part in redact(text).split(MASK))
        assert left <= 4 * (len(before) + len(after)) / 3 + 8
    if len(secret.encode()) >= 8:
        assert redact(data.hex()) == data.hex().replace(secret.encode().hex(), MASK)


@pytest.mark.parametrize("secret", ["s3cret-k", "s3cret-kW", "s3cret-key"])
@pytest.mark.parametrize("before", [b"", b"?", b"??"])
@pytest.mark.parametrize("after", [b"", b"!", b"!!"])
def test_what_stands_for_the_secret_alone_is_masked_in_base64_and_nothing_else(
    secret: str, before: bytes, after: bytes
) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()
    first, end = -(-len(before) * 4 // 3), (len(before) + len(secret)) * 4 // 3  # each character stands for six bits
    assert Redactor(secret)(text) == text[:first] + MASK + text[end:]


def test_eight_characters_of_base64_are_enough() -> None:
    assert Redactor("s3cret")("<czNjcmV0> <c3ecret>") == f"<{MASK}> <c3ecret>"


def test_eight_bytes_are_looked_for_in_hexadecimal_digits_of_both_kinds() -> None:
    redact = Redactor("s3cret-k")
    assert redact("<7333637265742d6b> <7333637265742D6B>") == f"<{MASK}> <{MASK}>"


def test_what_is_short_is_not_looked_for_in_base64_and_hexadecimal() -> None:
    assert Redactor("abc")("YWJj 616263 YWJjYWJj") == "YWJj 616263 YWJjYWJj"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n", "%0A", " ", "<br>"])
def test_a_private_key_is_gone_whatever_its_lines_end_with(line_end: str) -> None:
    lines = ["MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg", "dGhlIHByaXZhdGUga2V5IG9mIG5vYm9keQ/+"]
    redact = Redactor("\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"]))
    for text in (line_end.join(lines), quote(line_end.join(lines)), line_end.join(reversed(lines))):
        assert not any(line[:20] in redact(text) for line in lines)
    assert redact("-----BEGIN CERTIFICATE-----") == MASK


def test_lines_of_a_private_key_are_looked_for_one_by_one_but_for_short_ones_and_those_around_it() -> None:
    redact = Redactor("-----BEGIN PRIVATE KEY-----\ndGhpcyBp\ncyBhIGt\n-----END PRIVATE KEY-----\n")
    assert redact("dGhpcyBp, cyBhIGt, -----END PRIVATE KEY-----") == f"{MASK}, cyBhIGt, -----END PRIVATE KEY-----"


def test_lines_of_other_secrets_are_no_secrets_by_themselves() -> None:
    assert Redactor("a long line\nand another one")("a long line and") == "a long line and"


def test_secrets_that_need_not_be_kept() -> None:
    redact = Redactor("first")
    assert redact("first, second", "second", "") == f"{MASK}, {MASK}"
    assert redact("second") == "second"


def test_no_text_is_too_strange_for_a_secret() -> None:
    assert Redactor("\udce9\ud800-secret")("a \udce9\ud800-secret") == f"a {MASK}"


def test_secret_that_is_learnt_is_masked_from_then_on_and_told() -> None:
    told: list[str] = []
    redact = Redactor("first", on_new_secret=told.append)
    assert redact("a new-token") == "a new-token"
    redact.learn("new-token")
    assert redact("a new-token, first") == f"a {MASK}, {MASK}"
    assert told == ["new-token"]


def test_secret_can_be_learnt_without_anybody_listening() -> None:
    redact = Redactor()
    redact.learn("new-token")
    assert redact("new-token") == MASK


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", MASK),
        ("x -----BEGIN RSA PRIVATE KEY-----\\nMIIB\\n-----END RSA PRIVATE KEY----- y", f"x {MASK} y"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB... cut off", MASK),
        ("-----BEGIN+PRIVATE+KEY-----%0AMIIB%0A-----END+PRIVATE+KEY-----&a=b", f"{MASK}&a=b"),
        ("-----BEGIN%20PRIVATE%20KEY-----%0AMIIB%0A-----END%20PRIVATE%20KEY-----&a=b", f"{MASK}&a=b"),
        ("Signature%3D0123456789abcdef0123%0A", f"Signature%3D{MASK}%0A"),
        ("Authorization: Bearer abc.def-123_456~+/=", f"Authorization: Bearer {MASK}"),
        ("BEARER   abcdefgh12", f"BEARER {MASK}"),
        ("TOK:0123456789abcdef", f"TOK: {MASK}"),
        ("bearer short", "bearer short"),
        ("SignedHeaders=host, Signature=0123456789abcdef0123", f"SignedHeaders=host, Signature={MASK}"),
        ("signature = ABCDEF0123456789", f"signature = {MASK}"),
        ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln, b", f"a {MASK}, b"),
        ('{"access_token": "abc", "expires_in": 1}', f'{{"access_token": "{MASK}", "expires_in": 1}}'),
        ('{"Token":"a\\"b"}', f'{{"Token":"{MASK}"}}'),
        ('{"client_secret": "cut of', f'{{"client_secret": "{MASK}"'),
        (
            '{"CertificatePrivateKey": "x", "KeyPassword" : "y"}',
            f'{{"CertificatePrivateKey": "{MASK}", "KeyPassword" : "{MASK}"}}',
        ),
        ('{"tokenType": "opaque"}', '{"tokenType": "opaque"}'),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, expected: str) -> None:
    assert Redactor()(text) == expected


def test_nothing_is_learnt_from_an_empty_secret() -> None:
    told: list[str] = []
    redact = Redactor(on_new_secret=told.append)
    redact.learn("")
    assert told == []
    assert redact("text") == "text"


def test_secrets_that_threads_learn_at_the_same_time_are_all_kept() -> None:
    redact = Redactor()
    secrets = [f"secret-{number:03}" for number in range(50)]
    threads = [threading.Thread(target=redact.learn, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert redact(" ".join(secrets)) == " ".join([MASK] * 50)


@pytest.mark.parametrize("text", ["a/b c+d", "a%2Fb%20c%2Bd", "a%2Fb+c%2Bd"])
def test_a_secret_is_known_in_each_of_its_forms_in_a_url(text: str) -> None:
    assert Redactor("a/b c+d")(f"({text})") == f"({MASK})"


def test_a_secret_inside_another_one_does_not_leave_the_rest_of_it() -> None:
    assert Redactor("zinc", "a-zinc-b")("a-zinc-b zinc") == f"{MASK} {MASK}"


@pytest.mark.parametrize("escape", ["", r"\n", r"\""])
def test_a_secret_of_many_lines_is_masked_whole(escape: str) -> None:
    assert (
        Redactor()('{"private_key": "' + f"MIIE{escape}" * 9999 + '", "a": "b"}')
        == f'{{"private_key": "{MASK}", "a": "b"}}'
    )


@pytest.mark.parametrize("character", ["x", r"\n"])
def test_a_text_of_many_mebibytes_takes_no_more_memory_than_a_few_times_its_size(character: str) -> None:
    text = '"password": "' + character * (2 * 2**20)
    redact = Redactor("s3cret")
    tracemalloc.start()
    try:
        redact(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * len(text) + 2**24
