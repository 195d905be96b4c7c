# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: VDMS (Edgecast/Edgio) CPS: its options and credentials, its errors, its token service, its actions.

The data is in :mod:`_vdms_model`. Facts and their evidence are in docs/fidelity.md; "api/vdms.md 4.2" names the section
of the API reference.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http.client import responses
from typing import Any, NamedTuple, TypeVar

from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    CdnError,
    InputError,
    Outcome,
    UnexpectedReplyError,
)
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings, with_advice
from ansible_collections.certops.cdn.plugins.module_utils._options import (
    Credential,
    base_url,
    env,
    env_pair,
    full_url,
    not_blank,
    pair_or_token,
)
from ansible_collections.certops.cdn.plugins.module_utils._parallel import all_pages, chunks
from ansible_collections.certops.cdn.plugins.module_utils._redaction import SHORT, Redactor
from ansible_collections.certops.cdn.plugins.module_utils._shape import (
    as_key,
    as_number,
    as_object,
    as_objects,
    as_text,
)
from ansible_collections.certops.cdn.plugins.module_utils._signing import BearerAuth, NoAuth, OAuth2Auth, Token
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import (
    PROVIDER,
    Action,
    Certificate,
    DcvRecord,
    Notification,
    Removal,
    Request,
    Status,
    StatusReport,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

T = TypeVar("T")

API_URL = "https://api.vdms.io"
TOKEN_URL = "https://id.vdms.io/connect/token"  # noqa: S105 - a URL
SCOPE = "sec.cps.certificates"

BASE = "/sec/cps/v2.0"

PAGE_SIZE = 20
"""Items a page: the default and the documented limit (api/vdms.md 2.1, C1)."""

MAX_DOMAIN_IDS = 100
"""Domain ids in the query of one call; no limit is documented."""

GET_TOKEN = "GetToken"  # noqa: S105 - the name of a call

LIST = "GetAllCertificateRequests"

TOKEN_LIFETIME = 300.0
"""Seconds, where an answer does not tell: the documented default (api/vdms.md 1.3)."""

CLIENT_ID = Credential("client_id", ("VDMS_CLIENT_ID",))
CLIENT_SECRET = Credential("client_secret", ("VDMS_CLIENT_SECRET",))
ACCESS_TOKEN = Credential("access_token", ("VDMS_ACCESS_TOKEN",))

OPTIONS: dict[str, Any] = {
    CLIENT_ID.option: env_pair(CLIENT_ID.variables, CLIENT_SECRET.variables),
    CLIENT_SECRET.option: env_pair(CLIENT_SECRET.variables, CLIENT_ID.variables, secret=True),
    "scope": env("VDMS_SCOPE", default=SCOPE),
    ACCESS_TOKEN.option: env(*ACCESS_TOKEN.variables, secret=True),
    "api_url": env("VDMS_API_URL", default=API_URL),
    "token_url": env("VDMS_TOKEN_URL", default=TOKEN_URL),
}
"""Argument spec of the options that all VDMS modules share."""

DCV_OPTIONS: dict[str, Any] = {"dns_zones": {"type": "list", "elements": "str"}}
"""Argument spec of what all modules share that tell the proof of domain control."""

# ---- Errors (api/vdms.md 5) ------------------------------------------------------------------------------------------

TEXT_LENGTH = 500
"""Characters of an error page that are told."""

_ADVICE = {
    "invalid_client": "check client_id and client_secret",
    "unauthorized_client": "check client_id and client_secret",
    "invalid_scope": "check the option scope",
    "HTTP_401": "the access token is not valid, has expired or is too narrow: check the credentials and the scope",
    "HTTP_403": "the credentials may not do this, or their scope is too narrow",
}


_ADVICE_ON_404 = {GET_TOKEN: "check token_url", LIST: "check api_url"}


class VdmsError(ApiError):
    """An error that VDMS told."""

    provider = PROVIDER


def outcome_of(status: int) -> Outcome:
    """What an error answer tells about the call (api/vdms.md 5.2)."""
    if status == 429:
        return Outcome.NOT_EXECUTED
    return Outcome.UNKNOWN if status >= 500 or status == 408 else Outcome.REFUSED


def answered(error: ApiError, *statuses: int) -> bool:
    """Whether the call itself was answered with one of these, and not the call for its token."""
    return error.http_status in statuses and error.action != GET_TOKEN


def told(reply: Reply) -> tuple[str, str]:
    """Code and text of an error answer in any of the shapes of api/vdms.md 5.1 and 1.4; both can be empty."""
    try:
        body = reply.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        words = re.sub(r"<[^<>]*>", " ", reply.body.decode("utf-8", "replace")).split()
        # Whole words: half a secret would not be recognised as one.
        return "", textwrap.shorten(" ".join(words), TEXT_LENGTH, placeholder=" ...")
    details = body.get("details")
    told_details = [_detail(item) for item in (details if isinstance(details, list) else [])]
    texts = ["; ".join(filter(None, told_details))]
    texts += [_text(body.get(name)) for name in ("Message", "message", "error_description")]
    return _text(body.get("code")) or _text(body.get("error")), next(filter(None, texts), "")


def _detail(item: Any) -> str:
    if not isinstance(item, dict):
        return _text(item)
    source, description = _text(item.get("source")), _text(item.get("description"))
    return f"{source}: {description}" if source and description else description


def _text(value: Any) -> str:
    return value.strip().rstrip(".") if isinstance(value, str) else ""


class Envelope:
    """Results are bare JSON objects, or nothing with 204; errors come in several shapes. Tokens are alike."""

    provider = PROVIDER

    def open(self, call: Call, reply: Reply) -> dict[str, Any]:
        if reply.status == 204:
            return {}
        if reply.status in (200, 201):
            return as_object(reply.json())
        if 200 <= reply.status < 400:
            raise ValueError("no documented status")
        code, text = told(reply)
        code = code or f"HTTP_{reply.status}"
        advice = _ADVICE.get(code) or _ADVICE.get(f"HTTP_{reply.status}", "")
        if reply.status == 404:
            advice = _ADVICE_ON_404.get(call.action, "")
        text = with_advice(text, advice) if text else advice or responses.get(reply.status, "no message")
        raise VdmsError(text, code=code, outcome=outcome_of(reply.status))


# ---- Tokens (api/vdms.md 1) ------------------------------------------------------------------------------------------


class TokenService:
    """The identity service: OAuth 2.0 client credentials, all in the form (api/vdms.md 1.1)."""

    def __init__(self, url: str, settings: Settings, redact: Redactor) -> None:
        self._client = JsonClient(url, Envelope(), NoAuth(), settings, redact)
        self._redact = redact

    def token(self, client_id: str, secret: str, scope: str, deadline: Deadline | None) -> Token:
        """A new token. It changes nothing at the provider, so it is asked for in check mode too.

        :raises ApiError: there is none; the call that it was for was not executed
        """
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": scope}
        try:
            token = self._client.call(Call(action=GET_TOKEN, path="", body=form, form=True), _token, deadline)
        except ApiError as error:
            if isinstance(error, UnexpectedReplyError):
                error.add("Check token_url.")
            if error.outcome is Outcome.UNKNOWN:
                error.outcome = Outcome.NOT_EXECUTED
            raise
        # Masked, one of a few characters would spoil the words and numbers that have them. It is no token that is used.
        if len(token.value) >= SHORT:
            self._redact.learn(token.value)
        return token


def _token(data: Mapping[str, Any]) -> Token:
    told_lifetime = data.get("expires_in")
    lifetime = TOKEN_LIFETIME if told_lifetime is None else float(told_lifetime)
    if not math.isfinite(lifetime) or lifetime < 0:
        raise ValueError("expected a lifetime")
    return Token(as_key(data.get("access_token")), lifetime)


# ---- Actions (api/vdms.md 2) -----------------------------------------------------------------------------------------


class Vdms:
    """The actions of CPS, as methods. All of them raise :class:`ApiError`."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client
        # Whether something was read that only CPS can have answered.
        self._is_cps = False

    def _call(
        self,
        action: str,
        method: str,
        path: str,
        parse: Any,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        once: bool = False,
        subject: str = "",
        deadline: Deadline | None = None,
    ) -> Any:
        call = Call(
            action=action,
            path=BASE + path,
            method=method,
            body=body,
            query=query or {},
            writes=method != "GET",
            once=once,
            subject=subject,
        )
        return self._client.call(call, parse, deadline)

    def listed(
        self,
        parse_item: Callable[[Mapping[str, Any]], T],
        *,
        query: str | None = None,
        subject: str = "",
        concurrency: int = 1,
    ) -> tuple[list[T], list[CdnError]]:
        """Get All Certificate Requests, and the errors of pages that could not be read.

        Pages are asked for by number: no request parameter takes a cursor (api/vdms.md 2.1).

        :raises ApiError: the first page could not be read
        """

        def page(number: int, _seen: int) -> tuple[int | None, list[T]]:
            filters = {"query": query} if query else {}
            return self._page(number + 1, parse_item, filters, subject)

        return all_pages(LIST, page, PAGE_SIZE, concurrency)

    def _page(
        self,
        number: int,
        parse_item: Callable[[Mapping[str, Any]], T],
        filters: Mapping[str, str],
        subject: str = "",
    ) -> tuple[int | None, list[T]]:
        def parse(data: Mapping[str, Any]) -> tuple[int | None, list[T]]:
            if "items" not in data and "total_items" not in data:
                raise ValueError("expected a collection")
            return as_number(data.get("total_items")), [parse_item(item) for item in as_objects(data.get("items"))]

        query = {"page": str(number), "page_size": str(PAGE_SIZE), **filters}
        found: tuple[int | None, list[T]] = self._call(
            LIST, "GET", "/certificates", parse, query=query, subject=subject
        )
        self._is_cps = True
        return found

    def ids_labelled(self, label: str) -> list[int]:
        """The ids of the requests with exactly this label, deleted ones perhaps among them.

        It is unverified how ``query`` matches, and how a value is treated that is no plain word: such a label, and one
        that is not found or not accepted, is looked for in the whole list (api/vdms.md 7.7).
        """
        found: list[int] = []
        if re.fullmatch(r"[A-Za-z0-9_.-]+", label):
            try:
                found = self._ids_in_list(label, f"certificate_label:{label}")
            except ApiError as error:
                if not answered(error, 400):
                    raise
        return found or self._ids_in_list(label, None)

    def _ids_in_list(self, label: str, query: str | None) -> list[int]:
        rows, errors = self.listed(_id_and_label, query=query, subject=f"certificate_label {label}")
        if errors:
            raise errors[0]
        return list(dict.fromkeys(number for number, name in rows if name == label))

    def certificate(self, certificate_id: int) -> Certificate | None:
        """Get Certificate Request; None where it is gone: 404, or 200 with an empty object (api/vdms.md 5.2)."""
        try:
            found: Certificate | None = self._call(
                "GetCertificateRequest",
                "GET",
                f"/certificates/{certificate_id}",
                lambda data: Certificate.parse(data) if data.get("id") is not None else None,
                subject=f"certificate request {certificate_id}",
            )
        except ApiError as error:
            if not answered(error, 404):
                raise
            found = None
        if found is not None:
            self._is_cps = True
        elif not self._is_cps:
            # Any server knows no such thing. One that can list requests is the one that is meant.
            self._page(1, dict, {})
        return found

    def status(self, certificate_id: int, deadline: Deadline | None = None) -> StatusReport | None:
        """Get Certificate Request Status; None where the request is gone."""
        try:
            return self._call(  # type: ignore[no-any-return]
                "GetCertificateRequestStatus",
                "GET",
                f"/certificates/{certificate_id}/status",
                lambda data: StatusReport.parse(data) if data else None,
                subject=f"certificate request {certificate_id}",
                deadline=deadline,
            )
        except ApiError as error:
            if answered(error, 404):
                return None
            raise

    def notifications(self, certificate_id: int) -> tuple[Notification, ...]:
        """Get Certificate Request's Notification Configuration; the account's default where it has none."""
        return self._call(  # type: ignore[no-any-return]
            "GetNotificationConfiguration",
            "GET",
            f"/certificates/{certificate_id}/notifications",
            _notifications,
            subject=f"certificate request {certificate_id}",
        )

    def dcv(self, certificate: Certificate, deadline: Deadline | None = None) -> tuple[DcvRecord, ...]:
        """Get DCV Metadata of all domains; the DNS methods need their ids (api/vdms.md 2.2)."""
        names = certificate.names_by_id
        records: list[DcvRecord] = []
        for ids in chunks(names, MAX_DOMAIN_IDS):
            records += self._call(
                "GetDomainControlValidationMetadata",
                "GET",
                f"/dcv/certificates/{certificate.certificate_id}",
                lambda data: _dcv_records(data, names),
                query={"domain_ids": ",".join(map(str, ids))},
                subject=f"certificate request {certificate.certificate_id}",
                deadline=deadline,
            )
        return tuple(records)

    def create(self, body: Mapping[str, Any], subject: str) -> Certificate:
        """Add Certificate. Writes, and is never to be sent twice."""
        return self._call(  # type: ignore[no-any-return]
            "AddCertificate",
            "POST",
            "/certificates/cdnprovided",
            Certificate.parse,
            body=body,
            once=True,
            subject=subject,
        )

    def update(self, certificate_id: int, body: Mapping[str, Any], subject: str) -> Certificate:
        """Update Certificate Request. Writes."""
        return self._call(  # type: ignore[no-any-return]
            "UpdateCertificateRequest",
            "PATCH",
            f"/certificates/{certificate_id}",
            Certificate.parse,
            body=body,
            subject=subject,
        )

    def update_notifications(
        self, certificate_id: int, items: Sequence[Mapping[str, Any]], subject: str
    ) -> tuple[Notification, ...]:
        """Update Certificate Request's Notification Configuration: a bare array (api/vdms.md 2.1, C11). Writes."""
        return self._call(  # type: ignore[no-any-return]
            "UpdateNotificationConfiguration",
            "PATCH",
            f"/certificates/{certificate_id}/notifications",
            _notifications,
            body=items,
            subject=subject,
        )

    def change_organization(self, certificate_id: int, body: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """Change Organization. Writes."""
        return self._call(  # type: ignore[no-any-return]
            "ChangeOrganization",
            "PUT",
            f"/certificates/{certificate_id}/organization",
            dict,
            body=body,
            subject=subject,
        )

    def remove(self, certificate_id: int, way: Removal, subject: str) -> None:
        """Cancel Certificate Request, or Delete Certificate. Writes."""
        path = f"/certificates/{certificate_id}"
        if way is Removal.CANCEL:
            # "apply" is always sent; false would ask for a preview (api/vdms.md 2.1, C5).
            self._call(
                "CancelCertificateRequest", "PUT", f"{path}/cancel", _nothing, query={"apply": "true"}, subject=subject
            )
        else:
            self._call("DeleteCertificate", "DELETE", path, _nothing, subject=subject)

    def act(
        self, action: Action, certificate: Certificate, domain_ids: Sequence[int], subject: str
    ) -> tuple[DcvRecord, ...]:
        """One of the actions; returns the new tokens where it makes some. Writes, and is never to be sent twice."""
        order = order_of(action, certificate.certificate_id, domain_ids)
        records = self._call(
            order.action,
            order.method,
            order.path,
            lambda data: _dcv_records(data, certificate.names_by_id),
            query=order.query,
            once=True,
            subject=subject,
        )
        return tuple(records)


class Order(NamedTuple):
    """The call of an action."""

    action: str
    method: str
    path: str
    query: dict[str, str]

    def as_result(self) -> dict[str, Any]:
        return {**self._asdict(), "path": BASE + self.path}


_ORDERS = {
    Action.RENEW: ("RenewCertificate", "PUT", "/certificates/{}/renew"),
    Action.RETRIGGER: ("ResubmitCertificateRequest", "PUT", "/certificates/{}/retrigger"),
    Action.CHECK_DCV: ("ValidateDomainControl", "PUT", "/dcv/certificates/{}/check"),
    Action.REGENERATE_TOKENS: ("GenerateDomainControlValidationToken", "PUT", "/dcv/certificates/{}/token"),
    Action.RESEND_EMAILS: ("ResendDomainControlValidationEmail", "POST", "/dcv/certificates/{}/emails/resend"),
}


def order_of(action: Action, certificate_id: int, domain_ids: Sequence[int]) -> Order:
    """The call of an action (api/vdms.md 2.1, 2.2). Without ids it is for all domains of the request."""
    name, method, path = _ORDERS[action]
    query = {"domain_ids": ",".join(map(str, domain_ids))} if domain_ids else {}
    return Order(name, method, path.format(certificate_id), query)


def _id_and_label(item: Mapping[str, Any]) -> tuple[int, str]:
    return int(as_key(item.get("id"))), as_text(item.get("certificate_label"))


def _notifications(data: Mapping[str, Any]) -> tuple[Notification, ...]:
    return tuple(Notification.parse(item) for item in as_objects(data.get("items")))


def _dcv_records(data: Mapping[str, Any], names: Mapping[int, str]) -> list[DcvRecord]:
    return [DcvRecord.parse(item, names) for item in as_objects(data.get("items"))]


def _nothing(_data: Mapping[str, Any]) -> None:
    """204 has no body."""


# ---- Credentials (api/vdms.md 1) -------------------------------------------------------------------------------------


def credentials(params: Mapping[str, Any], settings: Settings, redact: Redactor) -> OAuth2Auth | BearerAuth:
    """The auth object for the client or the access token.

    :raises InputError: none, half a pair, or both kinds are given; or ``token_url`` or ``scope`` cannot be used
    """
    chosen = pair_or_token(params, CLIENT_ID, CLIENT_SECRET, ACCESS_TOKEN, PROVIDER)
    if isinstance(chosen, str):
        return BearerAuth(chosen)
    client_id, secret = chosen
    scope = (params["scope"] or "").strip()
    if not scope:
        raise InputError(f"scope is blank; it is {SCOPE} unless you were told another one.", provider=PROVIDER)
    service = TokenService(full_url("token_url", params["token_url"]), settings, redact)
    return OAuth2Auth(lambda deadline: service.token(client_id, secret, scope, deadline))


def connect(params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Vdms:
    """CPS with the credentials and the URL of the options.

    :raises InputError: they cannot be used
    """
    url = base_url("api_url", params["api_url"])
    return Vdms(JsonClient(url, Envelope(), credentials(params, settings, redact), settings, redact))


# ---- The one request that is meant -----------------------------------------------------------------------------------


def named_by(params: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """The id, or without one the label, that the options give.

    :raises InputError: none is given, or it cannot be used
    """
    certificate_id, label = params["certificate_id"], params["certificate_label"]
    if certificate_id is not None and certificate_id < 1:
        raise InputError(f"certificate_id: {certificate_id} is not an id.", provider=PROVIDER)
    label = None if label is None else not_blank("certificate_label", label)
    if certificate_id is None and label is None:
        # The argument spec lets an explicit null pass.
        raise InputError("Nothing says which request is meant: give certificate_id or certificate_label.")
    return certificate_id, (label if certificate_id is None else None)


class NamedRequest:
    """The one certificate request that an id or a label names, and how it is read."""

    def __init__(self, api: Vdms, certificate_id: int | None, label: str | None) -> None:
        """
        :param label: where there is no id; it means the one live request with exactly this label
        """
        self._api = api
        self._wanted_label = label or ""
        self.by_id = certificate_id is not None
        self.certificate_id = certificate_id
        self.label = label
        self.taken_by: list[int] = []
        """The ids of deleted requests with the label, which stays taken."""
        # A status that has just been read while looking for the label.
        self._fresh: StatusReport | None = None

    @property
    def name(self) -> str:
        """The request in messages."""
        names = [self.label] if self.label else []
        if self.certificate_id is not None:
            names.append(f"({self.certificate_id})" if names else str(self.certificate_id))
        return f"certificate request {' '.join(names)}"

    def find(self) -> None:
        """Look for the label, where the id is not known; lists do not tell the status (api/vdms.md 7.7).

        :raises InputError: there are several
        """
        if self.certificate_id is not None:
            return
        live: dict[int, StatusReport] = {}
        self.taken_by = []
        for number in self._api.ids_labelled(self._wanted_label):
            report = self._api.status(number)
            if report is not None and report.status is not Status.DELETED:
                live[number] = report
            elif report is not None:
                self.taken_by.append(number)
        if len(live) > 1:
            ids = ", ".join(map(str, sorted(live)))
            raise InputError(
                f"certificate_label: '{self._wanted_label}' belongs to {len(live)} live requests ({ids}); "
                "use certificate_id.",
                provider=PROVIDER,
                code="Ambiguous",
            )
        for number, report in live.items():
            self.certificate_id, self._fresh = number, report

    def read(self) -> Request:
        """Certificate and status; a :class:`Request` without certificate where there is none."""
        report, self._fresh = self._fresh, None
        certificate = self._api.certificate(self.certificate_id) if self.certificate_id is not None else None
        if self.certificate_id is None or certificate is None:
            return Request()
        report = report or self._api.status(self.certificate_id)
        if report is None:
            return Request()
        self.label = self.label or certificate.certificate_label
        return Request(certificate, report)


def with_dcv(api: Vdms, request: Request, deadline: Deadline | None = None) -> Request:
    """The request with what proves the control of its domains, while that is waited for.

    Where it cannot be read, what was known of it before is kept.
    """
    if request.certificate is None or not request.awaits_domains:
        return replace(request, dcv=(), notes=())
    try:
        return replace(request, dcv=api.dcv(request.certificate, deadline), notes=())
    except ApiError as error:
        return replace(request, notes=(f"dcv_records could not be read: {error.message}",))
