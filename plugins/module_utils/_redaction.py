# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the one place that takes secrets out of text before anybody sees it (DESIGN, rule 7)."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

MASK = "********"

_URL_SAFE = str.maketrans("+/", "-_")

SHORT = 8
"""Fewer characters than these, inside of something else, are no sign of a secret."""

_SHAPES = (
    # PEM of any kind: a certificate is no secret, but it drowns a message.
    (re.compile(r"-----BEGIN(?:[A-Z0-9 +]|%20)+-----.*?(?:-----END(?:[A-Z0-9 +]|%20)+-----|$)", re.DOTALL), MASK),
    (re.compile(r"(?i)\b(bearer|TOK:)\s*[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"(?i)\b(signature\s*(?:=|%3D)\s*)[0-9a-f]{16,}"), rf"\1{MASK}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"), MASK),
    (
        # Of JSON. Each round of a group takes memory, so there is none for plain characters, and a limit for escapes.
        re.compile(
            r"(?i)(\"(?:access_token|refresh_token|client_secret|certificateKey|[A-Za-z]*PrivateKey|KeyPassword"
            r"|private_key|password|token)\"\s*:\s*)\"[^\"\\]*(?:\\.[^\"\\]*){0,9999}\"?"
        ),
        rf'\1"{MASK}"',
    ),
)


class Redactor:
    """Masks known secrets, and whatever looks like one. Safe to use from several threads."""

    def __init__(self, *secrets: str | None, on_new_secret: Callable[[str], None] | None = None) -> None:
        """
        :param secrets: values to mask; empty ones are ignored
        :param on_new_secret: told of every secret that is learnt later, such as an access token
        """
        self._lock = threading.Lock()
        self._known: tuple[str, ...] = ()
        self._on_new_secret = on_new_secret
        for secret in secrets:
            self._remember(secret)

    def learn(self, secret: str) -> None:
        """Add a secret that was obtained at run time."""
        self._remember(secret)
        if secret and self._on_new_secret is not None:
            self._on_new_secret(secret)

    def _remember(self, secret: str | None) -> None:
        if not secret:
            return
        with self._lock:
            # The longest first: a secret may contain another one.
            self._known = tuple(sorted({*self._known, *_written(secret)}, key=len, reverse=True))

    def __call__(self, text: str, *secrets: str) -> str:
        """The text without secrets.

        :param secrets: more of them, which need not be kept
        """
        more = (form for secret in secrets if secret for form in _written(secret))
        for secret in (*self._known, *more):
            text = text.replace(secret, MASK)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text


def _written(secret: str) -> set[str]:
    """How a secret may be written by those who repeat it: as a whole, and a private key line by line as well."""
    lines = secret.splitlines() if "-----BEGIN " in secret else []
    content = (line.strip() for line in lines if "-----" not in line and len(line.strip()) >= SHORT)
    return {form for part in (secret, *content) for form in _forms(part)}


def _forms(secret: str) -> Iterator[str]:
    """As it is, and as URLs, forms, JSON, HTML, hexadecimal digits and base64 have it."""
    yield secret
    for safe in ("", "/"):
        yield quote(secret, safe, errors="surrogatepass")
    yield quote_plus(secret, errors="surrogatepass")
    yield html.escape(secret)
    for ascii_alone in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_alone)[1:-1]
        yield escaped
        yield json.dumps(escaped)[1:-1]
    data = secret.encode("utf-8", "surrogatepass")
    if len(data) >= SHORT:
        yield data.hex()
        yield data.hex().upper()
    for before in range(3):
        # Its characters stand for six bits each, so they depend on how many bytes come before, and at the ends on these
        # and on those that follow: both ends are left out.
        encoded = base64.b64encode(b"\0" * before + data).rstrip(b"=").decode("ascii")
        inner = encoded[(0, 2, 3)[before] : -1 if (before + len(data)) % 3 else None]
        if len(inner) >= SHORT:
            yield inner
            yield inner.translate(_URL_SAFE)
