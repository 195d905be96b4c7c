# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for VDMS CPS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses
from requests import PreparedRequest

API = "https://api.vdms.io"
BASE = "/sec/cps/v2.0"
TOKEN_URL = "https://id.vdms.io/connect/token"
SECRET = "a-secret-of-the-client"
ORGANIZATION = {"id": 512, "company_name": "Example Org Ltd", "city": "Springfield", "additional_contacts": []}


def fields_of(number: int, label: str, *names: str, **changed: Any) -> dict[str, Any]:
    """A Certificate object, DV and issued (api/vdms.md 3.1)."""
    return {
        "@id": f"/v2.0/certificates/{number}",
        "@type": "Certificate",
        "id": number,
        "certificate_label": label,
        "description": "Shop front",
        "auto_renew": True,
        "certificate_authority": "DigiCert",
        "validation_type": "DV",
        "dcv_method": "DnsTxtToken",
        "domains": [
            {
                "id": number * 10 + place,
                "name": name,
                "is_common_name": place == 0,
                "status": "Active",
                "created": "2024-03-01T09:00:00.123456Z",
                "active_date": None,
            }
            for place, name in enumerate(names or ("shop.example.org", "www.example.org"))
        ],
        "organization": None,
        "request_type": "Enterprise",
        "thumbprint": "0F3C",
        "expiration_date": "2030-01-31T00:00:00Z",
        "created": "2024-03-01T09:00:00.1Z",
        "last_modified": "2024-03-02T10:30:00Z",
        "created_by": {"user_id": None},
        "modified_by": None,
        "deployments": [{"platform": "HttpLarge", "hex_url": "cs1.wpc.example.net"}],
        "workflow_error_message": None,
        **changed,
    }


@dataclass
class Stored:
    """A request at the stand-in. ``coming`` are statuses that it takes on one after the other, one with each look."""

    fields: dict[str, Any]
    status: str = "Active"
    order: str | None = "Issued"
    coming: list[tuple[str, str | None]] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    requires_attention: bool = False
    validations: dict[str, str] = field(default_factory=dict)
    token: str = "abc123"
    late_tokens: int = 0
    """So many looks at the proof of control show no tokens yet."""
    error_message: str | None = None


@dataclass
class Trouble:
    """An answer that replaces the next one to a call."""

    method: str
    path: str
    answer: Callable[[], tuple[int, dict[str, str], str]] | Exception
    executed: bool = False
    times: int = 1


class Cps:
    """CPS and its token service, so far as a module sees them."""

    def __init__(self, mocked: responses.RequestsMock) -> None:
        self.requests: dict[int, Stored] = {}
        self.default_notifications = [
            {"notification_type": "CertificateExpiring", "enabled": True, "emails": ["ops@example.com"]}
        ]
        self.calls: list[tuple[str, str, Any]] = []
        self.tokens: list[str] = []
        self.next_token = ""
        self.token_forms: list[dict[str, list[str]]] = []
        self.expires_in: Any = 300
        self.valid: set[str] = set()
        self.trouble: list[Trouble] = []
        self.rewrite: Callable[[dict[str, Any]], dict[str, Any]] = lambda fields: fields
        mocked.add_callback("POST", TOKEN_URL, self._token)
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            mocked.add_callback(method, re.compile(re.escape(API)), self._answer)

    def add(self, number: int, label: str, *names: str, **changed: Any) -> Stored:
        status = changed.pop("status", "Active")
        order = changed.pop("order", "Issued")
        self.requests[number] = Stored(fields_of(number, label, *names, **changed), status, order)
        return self.requests[number]

    def fail(
        self, method: str, path: str, status: int, body: Any = "", *, executed: bool = False, times: int = 1
    ) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.trouble.append(Trouble(method, path, lambda: (status, {}, text), executed, times))

    def lose(self, method: str, path: str, *, executed: bool, times: int = 1) -> None:
        """The connection breaks before the answer."""
        self.trouble.append(Trouble(method, path, requests.exceptions.ConnectionError("reset"), executed, times))

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        return [call for call in self.calls if call[0] != "GET"]

    def _token(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert isinstance(request.body, bytes)
        self.token_forms.append(parse_qs(request.body.decode()))
        trouble = self._trouble("POST", "/connect/token")
        if trouble is not None:
            return self._instead(trouble)
        self.tokens.append(self.next_token or f"token-number-{len(self.tokens) + 1}")
        self.valid.add(self.tokens[-1])
        return 200, {}, json.dumps({"access_token": self.tokens[-1], "expires_in": self.expires_in})

    def _trouble(self, method: str, path: str) -> Trouble | None:
        for trouble in self.trouble:
            if trouble.method == method and re.search(trouble.path, path) and trouble.times:
                trouble.times -= 1
                return trouble
        return None

    def _instead(self, trouble: Trouble) -> tuple[int, dict[str, str], str]:
        if isinstance(trouble.answer, Exception):
            raise trouble.answer
        return trouble.answer()

    def _answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert request.method
        parts = urlsplit(request.url or "")
        path = parts.path
        assert isinstance(path, str)
        path = path.removeprefix(BASE)
        query = {name: values[0] for name, values in parse_qs(str(parts.query)).items()}
        body = json.loads(request.body) if request.body else None
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid:
            return 401, {}, ""
        shown = path + (f"?{parts.query}" if request.method != "GET" and parts.query else "")
        self.calls.append((request.method, shown, body))
        trouble = self._trouble(request.method, path)
        if trouble is not None and not trouble.executed:
            return self._instead(trouble)
        status, answer = self._execute(request.method, path, query, body)
        if trouble is not None:
            return self._instead(trouble)
        return status, {}, "" if answer is None else json.dumps(answer)

    def _execute(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if (method, path) == ("GET", "/certificates"):
            return 200, self._list(query)
        if (method, path) == ("POST", "/certificates/cdnprovided"):
            number = max(self.requests, default=100) + 1
            names = [domain["name"] for domain in body["domains"]]
            plain = {"expiration_date": "0001-01-01T00:00:00Z", "thumbprint": None, "description": ""}
            self.add(number, "", *names, **{**plain, **body, "domains": None}, status="Processing", order=None)
            domains = [{"id": 900 + place, **domain} for place, domain in enumerate(body["domains"])]
            self.requests[number].fields["domains"] = domains
            return 201, self.rewrite(self.requests[number].fields)
        _empty, kind, number_text, *more = path.split("/")
        if kind == "dcv":
            number_text, more = more[0], ["dcv", *more[1:]]
        stored = self.requests.get(int(number_text))
        if stored is None:
            return 404, {"code": "not_found", "details": [{"description": "There is no such request."}]}
        return self._on_one(stored, method, "/".join(more), query, body)

    def _list(self, query: Mapping[str, str]) -> dict[str, Any]:
        assert query["page_size"] == "20"
        found = [stored.fields for stored in self.requests.values()]
        if "query" in query:
            wanted = query["query"].removeprefix("certificate_label:")
            found = [fields for fields in found if wanted in fields["certificate_label"]]
        page = int(query["page"])
        # Lists leave the organization out (api/vdms.md 2.1, C1).
        items = [{name: value for name, value in fields.items() if name != "organization"} for fields in found]
        return {"items": items[(page - 1) * 20 : page * 20], "total_items": len(items)}

    def _on_one(self, stored: Stored, method: str, what: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if what == "status":
            if stored.coming:
                stored.status, stored.order = stored.coming.pop(0)
            order = None if stored.order is None else {"status": stored.order, "domain_validations": []}
            if order and stored.validations:
                order["domain_validations"] = [
                    {"domain_names": [name], "status": word} for name, word in stored.validations.items()
                ]
            return 200, {
                "status": stored.status,
                "requires_attention": stored.requires_attention,
                "error_message": stored.error_message,
                "order_validation": order,
            }
        if what == "notifications":
            present = stored.notifications or self.default_notifications
            if method == "PATCH":
                kinds = [item["notification_type"] for item in body]
                stored.notifications = [item for item in present if item["notification_type"] not in kinds] + body
            return 200, {"items": stored.notifications or self.default_notifications}
        if what.startswith("dcv"):
            return self._on_dcv(stored, what, query)
        if what == "renew":
            stored.order = "PendingRenewal"
            return 204, None
        if what == "retrigger":
            stored.status, stored.order = "Processing", None
            return 204, None
        if what == "organization":
            stored.fields["organization"] = {**ORGANIZATION, **body}
            return 200, stored.fields["organization"]
        if what == "cancel" or method == "DELETE":
            stored.status = "Deleted"
            return 204, None
        if method == "PATCH":
            stored.fields.update(deepcopy(body))
            return 200, self.rewrite(stored.fields)
        return 200, self.rewrite(stored.fields)

    def _on_dcv(self, stored: Stored, what: str, query: Mapping[str, str]) -> tuple[int, Any]:
        domains = {domain["id"]: domain["name"] for domain in stored.fields["domains"]}
        ids = [int(number) for number in query["domain_ids"].split(",")] if "domain_ids" in query else list(domains)
        assert set(ids) <= set(domains)
        late = False
        if what == "dcv/emails/resend":
            return 204, None
        if what == "dcv/check":
            stored.validations.update({domains[number]: "Approved" for number in ids})
            if set(stored.validations.values()) == {"Approved"}:
                stored.status, stored.order = "Deployment", "Issued"
            return 204, None
        if what == "dcv/token":
            stored.token = f"{stored.token}-new"
        else:
            assert "domain_ids" in query
            late, stored.late_tokens = stored.late_tokens > 0, stored.late_tokens - 1
        method = stored.fields["dcv_method"]
        token = None if late else {"token": stored.token}
        item: dict[str, Any] = {"dcv_method": method, "dcv_token": token, "emails": []}
        if method == "Email":
            item = {"dcv_method": method, "dcv_token": None, "emails": ["admin@example.org"]}
        return 200, {"items": [{"domain_id": number, **item} for number in ids]}
