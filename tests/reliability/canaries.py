# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that are easy to recognise, and the search for them in whatever was written, in every form."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

# What nobody writes unless he shows a secret: signatures, bearer tokens, private keys, and what providers must keep
# to themselves (the emulator's private keys and personal data contain the word CANARY).
MARKS = {
    "a signature": re.compile(r"Signature\W{0,5}[0-9a-f]{16}"),
    "a bearer token": re.compile(r"Bearer [A-Za-z0-9]"),
    "a private key": re.compile(r"PRIVATE.?KEY-----\W*[A-Za-z0-9+/]{16}"),
    "a key's password": re.compile(r"KeyPassword"),
    "personal data": re.compile(r"SubmittedData|CANARY"),
}

# Line ends and blanks, as they are and as they are written in JSON, URLs and HTML.
_SPACE = re.compile(r"\s|(?:\\+[nrt])|%0[AaDd]|%20|<br ?/?>|&#1[03];")

FRAGMENT = 24
"""Characters of a private key that are looked for together, wherever lines break."""


def forms(secret: str) -> dict[str, str]:
    """How a secret can be written, by the name of the form."""
    data = secret.encode()
    found = {
        "as it is": secret,
        "URL-quoted": quote(secret, safe=""),
        "URL-quoted but for slashes": quote(secret),
        "form-quoted": quote_plus(secret),
        "in JSON": json.dumps(secret)[1:-1],
        "in JSON, not ASCII": json.dumps(secret, ensure_ascii=False)[1:-1],
        "in JSON in JSON": json.dumps(json.dumps(secret)[1:-1])[1:-1],
        "in HTML": html.escape(secret),
        "in Python": repr(secret)[1:-1],
        "in hexadecimal": data.hex(),
    }
    for before in range(3):
        # Depending on what stands before it, base64 has three ways to write it; its ends depend on the neighbours.
        end = -(-(before + len(data)) % 3) % 3
        for kind, encode in (("base64", base64.b64encode), ("URL-safe base64", base64.urlsafe_b64encode)):
            text = encode(b"\0" * before + data + b"\0" * end).decode()
            found[f"in {kind}, {before} before it"] = text[(0, 2, 3)[before] : len(text) - (0, 2, 3)[end]]
    return found


def squeezed(text: str) -> str:
    """The text without blanks and line ends."""
    return _SPACE.sub("", text)


class Canaries:
    """Secrets with their names, and the search for them."""

    def __init__(self, public: str = "", **secrets: str) -> None:
        """
        :param public: what may be shown: a certificate has parts in common with its private key
        """
        self._public = squeezed(public)
        self._needles: dict[str, str] = {}
        self.add(**secrets)

    def add(self, **secrets: str) -> None:
        """Look for more of them. Those that are PEM texts are looked for in pieces, and empty ones not at all."""
        for name, secret in secrets.items():
            if not secret:
                continue
            parts = fragments(secret) if "-----BEGIN " in secret else [secret]
            for part in parts:
                if part in self._public:
                    continue
                for form, text in forms(part).items():
                    self._needles.setdefault(squeezed(text), f"{name} {form}")

    def found_in(self, text: str) -> list[str]:
        """The names of those that are shown, with their forms, and of the marks."""
        squeezed_text = squeezed(text)
        shown = {name for needle, name in self._needles.items() if needle in squeezed_text}
        marks = {name for name, mark in MARKS.items() if mark.search(text) or mark.search(squeezed_text)}
        return sorted(shown | marks)


def leaks(secrets: Iterable[str], text: str, public: str = "") -> list[str]:
    """Which of some secrets are shown, in which form, and the marks.

    :param public: what may be shown, see :class:`Canaries`
    """
    return Canaries(public, **{secret: secret for secret in secrets}).found_in(text)


def proof_in(authorization: str) -> str:
    """What is secret in an Authorization header: its signature, or its token."""
    return authorization.rpartition("Signature=")[2].removeprefix("Bearer ")


def fragments(pem: str) -> list[str]:
    """The content of a PEM text, in pieces."""
    content = "".join(line for line in pem.split() if re.fullmatch(r"[A-Za-z0-9+/=]{20,}", line))
    return [content[start : start + FRAGMENT] for start in range(0, len(content) - FRAGMENT + 1, FRAGMENT)]


def leaks_of(channels: Mapping[str, str], canaries: Canaries) -> dict[str, list[str]]:
    """What is shown, by the name of the channel that shows it."""
    found = {channel: canaries.found_in(text) for channel, text in channels.items()}
    return {channel: names for channel, names in found.items() if names}


def text_of(paths: Iterable[Path]) -> str:
    """All that is in these files."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file())
