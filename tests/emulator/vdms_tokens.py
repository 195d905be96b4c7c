# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity service: POST /connect/token, and the bearer check of every other call."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from . import scenario
from .exchange import Call, RefusedError, Reply, json_reply
from .settings import Settings

DEFAULT_SCOPES = ("sec.cps.certificates",)
ROOTS = ("sec.cps.certificates", "sec.cps", "sec")
MODIFIERS = {
    "": ("GET", "POST", "PUT", "PATCH", "DELETE"),
    "read": ("GET",),
    "create": ("POST",),
    "edit": ("GET", "POST", "PUT", "PATCH"),
    "delete": ("DELETE",),
}


@dataclass(frozen=True)
class Client:
    """A REST API client of the account."""

    secret: str
    scopes: tuple[str, ...]
    expires_in: float | None


@dataclass(frozen=True)
class Token:
    """An access token; `expires` is monotonic."""

    scopes: tuple[str, ...]
    expires: float


class Tokens:
    """Gives out tokens and checks them."""

    def __init__(self, section: Mapping[str, Any], settings: Settings):
        self._settings = settings
        self._clients: dict[str, Client] = {}
        self._tokens: dict[str, Token] = {}
        for item in scenario.entries(section, "clients", ("id", "secret", "scopes", "expires_in"), "vdms"):
            self._clients[scenario.required(item, "id", "vdms.clients")] = Client(
                scenario.required(item, "secret", "vdms.clients"),
                tuple(item.get("scopes") or DEFAULT_SCOPES),
                item.get("expires_in"),
            )
        for item in scenario.entries(section, "access_tokens", ("token", "scopes", "expires_in"), "vdms"):
            expires = float("inf") if item.get("expires_in") is None else time.monotonic() + item["expires_in"]
            self._tokens[scenario.required(item, "token", "vdms.access_tokens")] = Token(
                tuple(item.get("scopes") or DEFAULT_SCOPES), expires
            )

    def grant(self, call: Call) -> Reply:
        """Client credentials, everything in the form body."""
        try:
            return self._grant(call)
        except RefusedError as refusal:
            return json_reply(refusal.status, {"error": refusal.code}, code=refusal.code)

    def _grant(self, call: Call) -> Reply:
        content_type = call.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if call.method != "POST" or content_type != "application/x-www-form-urlencoded":
            raise RefusedError("invalid_request", "")
        form = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        if any(len(values) > 1 for values in form.values()) or "grant_type" not in form:
            raise RefusedError("invalid_request", "")
        values = {name: value[0] for name, value in form.items()}
        if values["grant_type"] != "client_credentials":
            raise RefusedError("unsupported_grant_type", "")
        client = self._clients.get(values.get("client_id", ""))
        if (
            client is None
            or call.token_expired
            or not secrets.compare_digest(client.secret.encode(), values.get("client_secret", "").encode())
        ):
            raise RefusedError("invalid_client", "")
        scopes = tuple(values.get("scope", "").split())
        if not scopes or not set(scopes) <= set(client.scopes):
            raise RefusedError("invalid_scope", "")
        seconds = self._settings["vdms.token_seconds"] if client.expires_in is None else client.expires_in
        text = f"emulated.{secrets.token_urlsafe(32)}"
        self._tokens[text] = Token(scopes, call.ticks + seconds)
        return json_reply(
            200,
            {"access_token": text, "expires_in": seconds, "token_type": "Bearer", "scope": " ".join(scopes)},
            headers={"Cache-Control": "no-store"},
            executed=True,
        )

    def check(self, call: Call) -> None:
        """Refuse calls without a valid token, or with one whose scope is too narrow."""
        scheme, _blank, text = call.headers.get("Authorization", "").partition(" ")
        if call.token_expired:
            self._tokens.pop(text, None)
        token = self._tokens.get(text)
        if scheme != "Bearer" or token is None or call.ticks >= token.expires:
            raise RefusedError("unauthorized", "The access token is missing, malformed or expired.", 401)
        if not any(_allows(scope, call.method) for scope in token.scopes):
            raise RefusedError(
                "insufficient_scope",
                "The scope of the access token is too narrow.",
                self._settings["vdms.narrow_scope_status"],
            )

    def revoke_all(self) -> int:
        """Test hook: no token is valid any more."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def count(self) -> int:
        """Tokens that are valid now."""
        return sum(token.expires > time.monotonic() for token in self._tokens.values())


def _allows(scope: str, method: str) -> bool:
    root, _colon, modifier = scope.partition(":")
    return root in ROOTS and method in MODIFIERS.get(modifier, ())
