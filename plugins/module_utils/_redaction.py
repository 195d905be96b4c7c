# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the one place that takes secrets out of text before anybody sees it (DESIGN, rule 7)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from urllib.parse import quote, quote_plus

MASK = "********"

_SHAPES = (
    # PEM of any kind: a certificate is no secret, but it drowns a message.
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)", re.DOTALL), MASK),
    (re.compile(r"(?i)\b(bearer|TOK:)\s*[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"(?i)\b(signature\s*=\s*)[0-9a-f]{16,}"), rf"\1{MASK}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"), MASK),
    (
        re.compile(
            r"(?i)(\"(?:access_token|refresh_token|client_secret|certificateKey|[A-Za-z]*PrivateKey|KeyPassword"
            r"|private_key|password|token)\"\s*:\s*)\"(?:[^\"\\]|\\.)*\"?"
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
            forms = {*self._known, secret, quote(secret, safe=""), quote_plus(secret)}
            forms |= {json.dumps(secret, ensure_ascii=escaped)[1:-1] for escaped in (True, False)}
            # The longest first: a secret may contain another one.
            self._known = tuple(sorted(forms, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._known:
            text = text.replace(secret, MASK)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text
