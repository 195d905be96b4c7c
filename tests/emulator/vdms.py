# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""VDMS CPS v2.0 under /sec/cps, and its identity service at /connect/token."""

import re
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from . import scenario
from .exchange import Call, RefusedError, Reply, json_reply
from .limits import RateLimit
from .settings import Settings
from .vdms_account import Account
from .vdms_lists import APPENDIX, COUNTRIES, DOMAIN_STATUSES, ORDER_STATUSES, REQUEST_STATUSES, VALIDATION_STATUSES
from .vdms_requests import CertificateRequest, Domain, notification_items
from .vdms_tokens import Tokens
from .vdms_validation import (
    UPDATE_FIELDS,
    Complaints,
    InvalidError,
    check_create,
    check_domains,
    check_known,
    check_simple_fields,
    checked_notifications,
    json_object,
)

TOKEN_PATH = "/connect/token"
BASE = "/sec/cps/v2.0"
JSON = "application/json; charset=utf-8"
MAX_PAGE = 20
DAY = 86400
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    429: "too_many_requests",
    500: "internal_error",
    503: "service_unavailable",
}
SECTION = (
    "clients",
    "access_tokens",
    "portal_users",
    "licenses",
    "organizations",
    "digicert_organizations",
    "default_notifications",
    "requests",
)
REQUEST_FIELDS = (
    "id",
    "label",
    "description",
    "auto_renew",
    "authority",
    "validation_type",
    "dcv_method",
    "domains",
    "organization_id",
    "status",
    "hold",
    "order_status",
    "requires_attention",
    "error_message",
    "workflow_error_message",
    "expires_days",
    "created_days",
    "notifications",
)
ROUTES: tuple[tuple[str, str, str], ...] = (
    ("ListCertificates", "GET", "/certificates"),
    ("CreateCertificateRequest", "POST", "/certificates/cdnprovided"),
    ("GetCertificate", "GET", "/certificates/{id}"),
    ("UpdateCertificate", "PATCH", "/certificates/{id}"),
    ("DeleteCertificate", "DELETE", "/certificates/{id}"),
    ("CancelCertificate", "PUT", "/certificates/{id}/cancel"),
    ("RenewCertificate", "PUT", "/certificates/{id}/renew"),
    ("RetriggerCertificate", "PUT", "/certificates/{id}/retrigger"),
    ("GetStatus", "GET", "/certificates/{id}/status"),
    ("GetNotifications", "GET", "/certificates/{id}/notifications"),
    ("UpdateNotifications", "PATCH", "/certificates/{id}/notifications"),
    ("UpdateOrganization", "PUT", "/certificates/{id}/organization"),
    ("GetDcv", "GET", "/dcv/certificates/{id}"),
    ("CheckDcv", "PUT", "/dcv/certificates/{id}/check"),
    ("GenerateDcvToken", "PUT", "/dcv/certificates/{id}/token"),
    ("ResendDcvEmail", "POST", "/dcv/certificates/{id}/emails/resend"),
    ("SetDcvMethod", "PUT", "/dcv/certificates/{id}/method"),
    ("GetDefaultOrganization", "GET", "/organizations/default"),
    ("FindOrganizations", "GET", "/organizations/name/{text}"),
    ("GetOrganization", "GET", "/organizations/{id}"),
    ("GetLicenses", "GET", "/customers/commits"),
    ("GetDefaultNotifications", "GET", "/customers/notifications"),
    ("UpdateDefaultNotifications", "PATCH", "/customers/notifications"),
    ("GetAppendix", "GET", "/appendix/{text}"),
)
PATTERNS = tuple(
    (action, method, re.compile(BASE + re.sub(r"\{\w+\}", "([^/]+)", path))) for action, method, path in ROUTES
)


class Vdms:
    """The service: one method for each route, named in ROUTES."""

    name = "vdms"

    def __init__(self, section: Mapping[str, Any], settings: Settings):
        scenario.known(section, SECTION, self.name)
        self._settings = settings
        self._limit = RateLimit()
        self.tokens = Tokens(section, settings)
        self.account = Account(section)
        self.requests: dict[int, CertificateRequest] = {}
        self._reserved_labels: set[str] = set()
        self._domain_serial = 91000
        for item in scenario.entries(section, "requests", REQUEST_FIELDS, self.name):
            self._add_request(item)
        self._actions: dict[str, Callable[..., Reply]] = {
            "ListCertificates": self._list,
            "CreateCertificateRequest": self._create,
            "GetCertificate": self._get,
            "UpdateCertificate": self._update,
            "DeleteCertificate": self._delete,
            "CancelCertificate": self._cancel,
            "RenewCertificate": self._renew,
            "RetriggerCertificate": self._retrigger,
            "GetStatus": self._status,
            "GetNotifications": self._get_notifications,
            "UpdateNotifications": self._update_notifications,
            "UpdateOrganization": self._update_organization,
            "GetDcv": self._get_dcv,
            "CheckDcv": self._check_dcv,
            "GenerateDcvToken": self._generate_token,
            "ResendDcvEmail": self._resend_email,
            "SetDcvMethod": self._set_method,
            "GetDefaultOrganization": self._default_organization,
            "FindOrganizations": self._find_organizations,
            "GetOrganization": self._get_organization,
            "GetLicenses": self._licenses,
            "GetDefaultNotifications": self._default_notifications,
            "UpdateDefaultNotifications": self._update_default_notifications,
            "GetAppendix": self._appendix,
        }

    # The server's side

    def identify(self, method: str, raw_path: str, headers: Mapping[str, str]) -> tuple[str, bool]:
        """The action follows from method and path."""
        if raw_path == TOKEN_PATH:
            return "Token", False
        action, _groups = self._route(method, raw_path)
        return action or "(no action)", method not in ("GET", "HEAD", "OPTIONS")

    def handle(self, call: Call) -> Reply:
        """Check the token, find the route, run it."""
        if call.action == "Token":
            if not self._limit.allows(call.action, self._settings["vdms.rate_limit"], call.ticks):
                return self.failure(429)
            return self.tokens.grant(call)
        for request in self.requests.values():
            request.advance(call.ticks, call.now, self._settings)
        try:
            self.tokens.check(call)
            action, groups = self._route(call.method, call.path)
            if action is None:
                known_path = any(pattern.fullmatch(call.path) for _action, _method, pattern in PATTERNS)
                raise RefusedError(CODES[405], "The method is not allowed here.", 405) if known_path else _not_found()
            if not self._limit.allows(action, self._settings["vdms.rate_limit"], call.ticks):
                return self.failure(429)
            return self._actions[action](call, *map(unquote, groups))
        except RefusedError as refusal:
            return self._refused(refusal)

    def error(self, code: str, message: str, status: int | None = None) -> Reply:
        """The error body of CPS."""
        return self._error_body(code, status or 400, [(None, message)])

    def failure(self, status: int) -> Reply:
        """A common error."""
        code = CODES.get(status, "internal_error")
        return self.error(code, "The service cannot do this now.", status)

    def state(self) -> dict[str, Any]:
        """Requests by id, and the account."""
        ticks, wall = time.monotonic(), time.time()
        for request in self.requests.values():
            request.advance(ticks, wall, self._settings)
        return {
            "requests": {str(item.id): item.as_dict(self._settings) for item in self.requests.values()},
            "account": self.account.as_dict(),
            "valid_tokens": self.tokens.count(),
        }

    def set_request(self, identity: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Test hook: move a request to any status."""
        fields = (
            "status",
            "order_status",
            "requires_attention",
            "error_message",
            "workflow_error_message",
            "hold",
            "domain_status",
            "domain_validation",
            "organization_validation",
            "auto_renew",
            "description",
        )
        scenario.known(changes, fields, "request")
        if identity not in self.requests:
            raise scenario.ScenarioError(f"there is no request {identity}")
        request = self.requests[identity]
        allowed = {
            "status": REQUEST_STATUSES,
            "order_status": (None, *ORDER_STATUSES),
            "organization_validation": VALIDATION_STATUSES,
        }
        for name, values in allowed.items():
            if name in changes and changes[name] not in values:
                raise scenario.ScenarioError(f"{name} does not take {changes[name]!r}")
        self._check_domain_words(request, changes)
        if "status" in changes:
            request.change = None
            request.enter(changes["status"], time.monotonic(), time.time())
        for name in set(changes) - {"status", "domain_status", "domain_validation"}:
            setattr(request, name, changes[name])
        for domain in request.domains:
            domain.status = changes.get("domain_status", {}).get(domain.name, domain.status)
            domain.validation = changes.get("domain_validation", {}).get(domain.name, domain.validation)
        return request.as_dict(self._settings)

    def _check_domain_words(self, request: CertificateRequest, changes: Mapping[str, Any]) -> None:
        names = {domain.name for domain in request.domains}
        for field, values in (("domain_status", DOMAIN_STATUSES), ("domain_validation", VALIDATION_STATUSES)):
            for name, value in changes.get(field, {}).items():
                if name not in names or value not in values:
                    raise scenario.ScenarioError(f"{field} does not take {name!r}: {value!r}")

    def _route(self, method: str, raw_path: str) -> tuple[str | None, tuple[str, ...]]:
        for action, wanted, pattern in PATTERNS:
            found = pattern.fullmatch(raw_path)
            if found and wanted == method:
                return action, found.groups()
        return None, ()

    def _refused(self, refusal: RefusedError) -> Reply:
        if refusal.status in (401, 403):
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            if self._settings["vdms.unauthorized_body"] == "empty":
                return Reply(refusal.status, headers=headers, code=refusal.code)
            reply = self._error_body(refusal.code, refusal.status, [(None, refusal.message)])
            reply.headers.update(headers)
            return reply
        details = refusal.details if isinstance(refusal, InvalidError) else [(refusal.source, refusal.message)]
        return self._error_body(refusal.code, refusal.status, details)

    def _error_body(self, code: str, status: int, details: list[Any]) -> Reply:
        body = {
            "@type": "Error",
            "code": code,
            "status_code": status,
            "details": [
                {"@type": "ErrorDetail", "description": text, "source": source, "meta": None}
                for source, text in details
            ],
        }
        return json_reply(status, body, JSON, code=code)

    # Scenario

    def _add_request(self, item: Mapping[str, Any]) -> None:
        where = "vdms.requests"
        now = time.time()
        created = now + item.get("created_days", -1) * DAY
        names = scenario.required(item, "domains", where)
        organization = item.get("organization_id")
        if organization is not None and organization not in self.account.organizations:
            raise scenario.ScenarioError(f"{where}: there is no organization {organization}")
        request = CertificateRequest(
            id=item.get("id") or self._new_id(),
            label=scenario.required(item, "label", where),
            created=created,
            last_modified=created,
            description=item.get("description", ""),
            auto_renew=item.get("auto_renew", True),
            authority=item.get("authority", "DigiCert"),
            validation_type=item.get("validation_type", "DV"),
            dcv_method=item.get("dcv_method", "DnsTxtToken"),
            hold=item.get("hold", False),
            organization=None if organization is None else self.account.organizations[organization],
            domains=self._new_domains(
                [{"name": name, "is_common_name": place == 0} for place, name in enumerate(names)], created
            ),
        )
        status = item.get("status", "Active")
        if status not in REQUEST_STATUSES:
            raise scenario.ScenarioError(f"{where}: there is no status {status!r}")
        if status == "Deleted":
            request.issue(now, "Issued")
        request.enter(status, time.monotonic(), now)
        if request.expires is not None:
            request.expires = now + item.get("expires_days", 200) * DAY
        for name in ("order_status", "requires_attention", "error_message", "workflow_error_message"):
            if name in item:
                setattr(request, name, item[name])
        if item.get("notifications"):
            request.notifications = {
                one["notification_type"]: {"enabled": one.get("enabled", False), "emails": one.get("emails", [])}
                for one in item["notifications"]
            }
        self.requests[request.id] = request

    def _new_id(self) -> int:
        return max(self.requests, default=40000) + 1

    def _new_domains(self, domains: list[Any], now: float) -> list[Domain]:
        marked = any(domain.get("is_common_name") for domain in domains)
        made = []
        for place, domain in enumerate(domains):
            self._domain_serial += 1
            common = bool(domain.get("is_common_name")) if marked else place == 0
            made.append(Domain(self._domain_serial, domain["name"], common, now))
        return made

    # Certificate requests

    def _request(self, text: str, *, live: bool = False) -> CertificateRequest:
        request = self.requests.get(_integer(text, "id"))
        if request is None:
            raise _not_found()
        if live and request.status == "Deleted":
            raise RefusedError("bad_request", "The request has been deleted.", 400, "id")
        return request

    def _list(self, call: Call) -> Reply:
        query = call.query
        page = _integer(query.get("page", "1"), "page")
        size = _integer(query.get("page_size", str(MAX_PAGE)), "page_size")
        if page < 1 or size < 1 or (size > MAX_PAGE and self._settings["vdms.oversized_page"] == "refuse"):
            raise RefusedError("bad_request", f"page starts at 1, page_size is 1 to {MAX_PAGE}.", 400, "page_size")
        size = min(size, MAX_PAGE)
        found = [
            item for item in self.requests.values() if item.status != "Deleted" or self._settings["vdms.list_deleted"]
        ]
        if "query" in query:
            found = [item for item in found if self._matches(item, query["query"])]
        found = self._sorted(found, query.get("sort"))
        rows = []
        for item in found[(page - 1) * size : page * size]:
            row = item.certificate(self._settings)
            del row["organization"]
            rows.append(row)
        body = _collection("/v2.0/certificates", rows, len(found))
        more = page * size < len(found)
        if self._settings["vdms.paging_extras"] == "@links":
            body["@links"] = {"next": f"/v2.0/certificates?page={page + 1}&page_size={size}"} if more else {}
        elif self._settings["vdms.paging_extras"] == "next_cursor":
            body["next_cursor"] = str(page + 1) if more else None
        return _ok(body)

    def _matches(self, request: CertificateRequest, query: str) -> bool:
        field, colon, wanted = query.partition(":")
        values = {
            "certificate_label": [request.label],
            "description": [request.description],
            "id": [str(request.id)],
            "domain_names": [domain.name for domain in request.domains],
        }
        if not colon or field not in values:
            raise RefusedError("bad_request", "The query must be <field>:<value>.", 400, "query")
        wanted = wanted.lower()
        texts = [text.lower() for text in values[field]]
        if "*" in wanted:
            pattern = re.sub(r"([?\[\]])", r"[\1]", wanted)
            return any(fnmatchcase(text, pattern) for text in texts)
        if self._settings["vdms.query_match"] == "exact" or field == "id":
            return wanted in texts
        return any(wanted in text for text in texts)

    def _sorted(self, found: list[CertificateRequest], sort: str | None) -> list[CertificateRequest]:
        if sort is None:
            return sorted(found, key=lambda item: item.id)
        keys: dict[str, Callable[[CertificateRequest], Any]] = {
            "certificate_label": lambda item: item.label,
            "description": lambda item: item.description,
            "id": lambda item: item.id,
        }
        key = keys.get(sort.removeprefix("-"))
        if key is None:
            raise RefusedError("bad_request", "The sort field is not known.", 400, "sort")
        return sorted(found, key=key, reverse=not sort.startswith("-"))

    def _create(self, call: Call) -> Reply:
        body = json_object(call)
        label = body.get("certificate_label")
        try:
            complaints = check_create(body, self._settings)
            if self._label_taken(label, None):
                complaints.add("certificate_label", "The certificate label is already in use.")
            complaints.refuse()
            organization = None
            if body["validation_type"] != "DV":
                organization = self.account.resolve(body["organization"], body["validation_type"], self._settings)
        except RefusedError:
            if self._settings["vdms.failed_create_reserves_label"] and isinstance(label, str):
                self._reserved_labels.add(label)
            raise
        request = CertificateRequest(
            id=self._new_id(),
            label=body["certificate_label"],
            created=call.now,
            last_modified=call.now,
            description=body.get("description", ""),
            auto_renew=body.get("auto_renew", self._settings["vdms.auto_renew_default"]),
            authority=body["certificate_authority"],
            validation_type=body["validation_type"],
            dcv_method=body["dcv_method"],
            organization=organization,
            entered=call.ticks,
            domains=self._new_domains(body["domains"], call.now),
        )
        self.requests[request.id] = request
        return _ok(request.certificate(self._settings), 201)

    def _label_taken(self, label: Any, by_other_than: CertificateRequest | None) -> bool:
        return label in self._reserved_labels or any(
            item.label == label for item in self.requests.values() if item is not by_other_than
        )

    def _get(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        if request.status == "Deleted" and self._settings["vdms.deleted_get"] == 404:
            raise _not_found()
        return _ok(request.certificate(self._settings))

    def _update(self, call: Call, identity: str) -> Reply:
        request = self._request(identity, live=True)
        body = dict(json_object(call))
        if "domains" in body and not body["domains"] and self._settings["vdms.null_domains"] == "ignore":
            del body["domains"]
        complaints = Complaints()
        check_known(body, UPDATE_FIELDS, self._settings, complaints)
        check_simple_fields(body, complaints)
        if "domains" in body:
            check_domains(body["domains"], self._settings, complaints)
            if not request.issued:
                complaints.add("domains", f"Domains cannot be changed while the status is {request.status}.")
        if "certificate_label" in body and self._label_taken(body["certificate_label"], request):
            complaints.add("certificate_label", "The certificate label is already in use.")
        complaints.refuse()
        request.label = body.get("certificate_label", request.label)
        request.description = body.get("description", request.description)
        request.auto_renew = body.get("auto_renew", request.auto_renew)
        request.dcv_method = body.get("dcv_method", request.dcv_method)
        if "domains" in body:
            self._replace_domains(request, body["domains"], call)
        request.last_modified = call.now
        return _ok(request.certificate(self._settings))

    def _replace_domains(self, request: CertificateRequest, wanted: list[dict[str, Any]], call: Call) -> None:
        old = request.domains
        present = {domain.name.lower(): domain for domain in old if domain.status != "PendingDelete"}
        new = self._new_domains(wanted, call.now)
        unchanged = {(item.name.lower(), item.is_common_name) for item in new} == {
            (name, item.is_common_name) for name, item in present.items()
        }
        if unchanged and self._settings["vdms.unchanged_domains"] == "nothing":
            return
        for place, domain in enumerate(new):
            kept = present.get(domain.name.lower())
            if kept is not None:
                new[place] = Domain(
                    kept.id, kept.name, domain.is_common_name, kept.created, "PendingReissue", kept.validation
                )
        if self._settings["vdms.removed_domains"] == "PendingDelete":
            names = {domain.name.lower() for domain in new}
            new += [
                Domain(item.id, item.name, False, item.created, "PendingDelete", item.validation)
                for item in old
                if item.name.lower() not in names
            ]
        request.domains = new
        request.begin_change("PendingReissue", call.ticks, self._settings, old_domains=old)

    def _delete(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        if request.status == "Deleted":
            raise (
                _not_found()
                if self._settings["vdms.deleted_get"] == 404
                else RefusedError("bad_request", "The request has been deleted.", 400, "id")
            )
        if request.pending and (self._settings["vdms.delete_unissued"] == "refuse" or _can_cancel(request)):
            raise RefusedError("bad_request", "The certificate has not been issued; cancel the request.", 400, "id")
        request.enter("Deleted", call.ticks, call.now)
        return _nothing()

    def _cancel(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        apply = call.query.get("apply")
        if apply not in ("true", "false"):
            raise RefusedError("bad_request", "apply must be true or false.", 400, "apply")
        reverts = (
            request.status == "Active" and request.change is not None and self._settings["vdms.cancel_reverts_change"]
        )
        if not reverts and not _can_cancel(request):
            raise RefusedError("conflict", "The request cannot be cancelled in its present state.", 409, "id")
        if apply == "false":
            name = "RevertChange" if reverts else "CancelRequest"
            identity_number = APPENDIX["cancel-actions"].index(name) + 1
            reply = _ok({"@type": "CancelPreview", "id": identity_number, "name": name})
            reply.executed = False
            return reply
        if reverts:
            request.revert_change()
        else:
            request.enter("Deleted", call.ticks, call.now)
        return _nothing()

    def _renew(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        if request.status != "Active" or request.order_status in ("AwaitingRenewal", "PendingRenewal"):
            raise RefusedError("bad_request", "Only an issued certificate without a renewal can be renewed.", 400, "id")
        request.begin_change("PendingRenewal", call.ticks, self._settings)
        return _nothing()

    def _retrigger(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        timed_out = any(domain.status == "TimedOut" for domain in request.domains)
        in_error = request.error_message or request.workflow_error_message
        if not request.pending or not (timed_out or in_error or request.order_status == "Rejected"):
            raise RefusedError("bad_request", "Only a request that timed out can be resubmitted.", 400, "id")
        request.error_message = request.workflow_error_message = None
        request.enter("Processing", call.ticks, call.now)
        for domain in request.domains:
            domain.status, domain.validation = "ProvisioningInitiated", "Pending"
        return _nothing()

    def _status(self, call: Call, identity: str) -> Reply:
        return _ok(self._request(identity).certificate_status())

    def _get_notifications(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        config = self.account.notifications if request.notifications is None else request.notifications
        return _ok(_collection(f"/v2.0/certificates/{request.id}/notifications", notification_items(config) or []))

    def _update_notifications(self, call: Call, identity: str) -> Reply:
        request = self._request(identity, live=True)
        changes = checked_notifications(call, self._settings, self.account.portal_users)
        config = self.account.notifications if request.notifications is None else request.notifications
        request.notifications = {**config, **changes}
        return self._get_notifications(call, identity)

    def _update_organization(self, call: Call, identity: str) -> Reply:
        request = self._request(identity, live=True)
        if request.validation_type not in ("OV", "EV") or not request.issued:
            raise RefusedError("bad_request", "The organization cannot be changed now.", 400, "organization")
        request.organization = self.account.resolve(json_object(call), request.validation_type, self._settings)
        request.begin_change("PendingOrgUpdate", call.ticks, self._settings)
        return _ok(request.organization)

    # Domain control validation

    def _dcv_domains(self, call: Call, request: CertificateRequest, *, needed: bool = False) -> list[Domain]:
        text = call.query.get("domain_ids")
        if not text:
            if needed:
                raise RefusedError("bad_request", "domain_ids is required.", 400, "domain_ids")
            return request.domains
        by_id = {domain.id: domain for domain in request.domains}
        wanted = [_integer(part.strip(), "domain_ids") for part in text.split(",")]
        if not set(wanted) <= set(by_id):
            raise RefusedError("bad_request", "A domain id does not belong to the request.", 400, "domain_ids")
        return [by_id[number] for number in dict.fromkeys(wanted)]

    def _get_dcv(self, call: Call, identity: str) -> Reply:
        request = self._request(identity)
        needed = request.dcv_method != "Email" and self._settings["vdms.domain_ids_required"]
        late = request.tokens_are_late(call.ticks, self._settings)
        items = [request.dcv(domain, late=late) for domain in self._dcv_domains(call, request, needed=needed)]
        return _ok(_collection(f"/v2.0/dcv/certificates/{request.id}", items))

    def _in_validation(self, identity: str) -> CertificateRequest:
        request = self._request(identity)
        if request.status != "DomainControlValidation":
            raise RefusedError("bad_request", f"Not possible while the status is {request.status}.", 400, "id")
        return request

    def _check_dcv(self, call: Call, identity: str) -> Reply:
        request = self._in_validation(identity)
        domains = self._dcv_domains(call, request)
        if self._settings["vdms.dcv_check"] == "approve":
            for domain in domains:
                domain.validation = "Approved"
            if all(domain.validation == "Approved" for domain in request.domains):
                request.leave_validation(call.ticks, call.now)
        return _nothing()

    def _generate_token(self, call: Call, identity: str) -> Reply:
        request = self._in_validation(identity)
        if request.dcv_method == "Email":
            raise RefusedError("bad_request", "E-mail validation has no token.", 400, "dcv_method")
        domains = self._dcv_domains(call, request)
        request.regenerate_tokens()
        items = [{key: value for key, value in request.dcv(domain).items() if key != "emails"} for domain in domains]
        return _ok(_collection(f"/v2.0/dcv/certificates/{request.id}/token", items))

    def _resend_email(self, call: Call, identity: str) -> Reply:
        request = self._in_validation(identity)
        if request.dcv_method != "Email":
            raise RefusedError("bad_request", "The DCV method is not e-mail.", 400, "dcv_method")
        self._dcv_domains(call, request)
        return _nothing()

    def _set_method(self, call: Call, identity: str) -> Reply:
        request = self._request(identity, live=True)
        body = json_object(call)
        complaints = Complaints()
        check_known(body, ("dcv_method",), self._settings, complaints)
        check_simple_fields({"dcv_method": body.get("dcv_method")}, complaints)
        complaints.refuse()
        request.dcv_method = body["dcv_method"]
        return _nothing()

    # Account

    def _default_organization(self, call: Call) -> Reply:
        if not self.account.organizations:
            raise _not_found()
        return _ok(next(iter(self.account.organizations.values())))

    def _get_organization(self, call: Call, identity: str) -> Reply:
        number = _integer(identity, "id")
        organization = (
            self.account.digicert(call.query.get("name")) if number == 0 else (self.account.organizations.get(number))
        )
        if organization is None:
            raise RefusedError("bad_request", "The organization does not exist.", 400, "id")
        return _ok(organization)

    def _find_organizations(self, call: Call, text: str) -> Reply:
        return _ok(_collection(f"/v2.0/organizations/name/{text}", self.account.find(text)))

    def _licenses(self, call: Call) -> Reply:
        return _ok({"@id": "/v2.0/customers/commits", "@type": "Customer", "amount": self.account.licenses})

    def _default_notifications(self, call: Call) -> Reply:
        items = notification_items(self.account.notifications) or []
        return _ok(_collection("/v2.0/customers/notifications", items))

    def _update_default_notifications(self, call: Call) -> Reply:
        self.account.notifications |= checked_notifications(call, self._settings, self.account.portal_users)
        return self._default_notifications(call)

    def _appendix(self, call: Call, name: str) -> Reply:
        path = f"/v2.0/appendix/{name}"
        if name == "country-codes":
            wanted = call.query.get("name", "").lower()
            return _ok(
                _collection(
                    path,
                    [
                        {"country": country, "two_letter_code": code}
                        for country, code in COUNTRIES.items()
                        if wanted in country.lower()
                    ],
                )
            )
        if name not in APPENDIX:
            raise _not_found()
        return _ok(_collection(path, [{"id": number, "name": text} for number, text in enumerate(APPENDIX[name], 1)]))


def _can_cancel(request: CertificateRequest) -> bool:
    if request.status == "Processing":
        return request.order_status is None
    return request.pending and request.order_status == "Pending"


def _integer(text: str, source: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise RefusedError("bad_request", f"{text!r} is not an integer.", 400, source)
    return int(text)


def _not_found() -> RefusedError:
    return RefusedError("not_found", "There is no such resource.", 404)


def _collection(path: str, items: list[Any], total: int | None = None) -> dict[str, Any]:
    return {"@id": path, "@type": "Collection", "items": items, "total_items": len(items) if total is None else total}


def _ok(body: Any, status: int = 200) -> Reply:
    return json_reply(status, body, JSON, executed=True)


def _nothing() -> Reply:
    return Reply(204, executed=True)
