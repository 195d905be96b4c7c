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
from collections.abc import Iterator, Mapping, Sequence
from http.client import responses
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import (
    Credential,
    base_url,
    env,
    env_pair,
    full_url,
    pair_or_token,
)
from ansible_collections.certops.cdn.plugins.module_utils._parallel import chunks
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
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
    Certificate,
    DcvRecord,
    Notification,
    Removal,
    StatusReport,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

API_URL = "https://api.vdms.io"
TOKEN_URL = "https://id.vdms.io/connect/token"  # noqa: S105 - a URL
SCOPE = "sec.cps.certificates"

BASE = "/sec/cps/v2.0"

PAGE_SIZE = 20
"""Items a page: the default and the documented limit (api/vdms.md 2.1, C1)."""

MAX_PAGES = 1000

MAX_DOMAIN_IDS = 100
"""Domain ids in the query of one call; no limit is documented."""

GET_TOKEN = "GetToken"  # noqa: S105 - the name of a call

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
        if call.action == GET_TOKEN and reply.status == 404:
            advice = "check token_url"
        if text and advice:
            text = f"{text} ({advice})"
        text = text or advice or responses.get(reply.status, "no message")
        raise VdmsError(text, code=code, outcome=outcome_of(reply.status))


# ---- Tokens (api/vdms.md 1) ------------------------------------------------------------------------------------------


class TokenService:
    """The identity service: OAuth 2.0 client credentials, all in the form (api/vdms.md 1.1)."""

    def __init__(self, url: str, settings: Settings, redact: Redactor) -> None:
        self._client = JsonClient(url, Envelope(), NoAuth(), settings, redact)
        self._redact = redact

    def token(self, client_id: str, secret: str, scope: str) -> Token:
        """A new token. It changes nothing at the provider, so it is asked for in check mode too.

        :raises ApiError: there is none; the call that it was for was not executed
        """
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": scope}
        try:
            token = self._client.call(Call(action=GET_TOKEN, path="", body=form, form=True), _token)
        except ApiError as error:
            if error.outcome is Outcome.UNKNOWN:
                error.outcome = Outcome.NOT_EXECUTED
            raise
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

    def ids_labelled(self, label: str) -> list[int]:
        """Get All Certificate Requests: the ids of those with exactly this label, deleted ones perhaps among them.

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
        rows = self._labels(query, f"certificate_label {label}")
        return list(dict.fromkeys(number for number, name in rows if name == label))

    def _labels(self, query: str | None, subject: str) -> Iterator[tuple[int, str]]:
        """Id and label of all items, by page number: no request parameter takes a cursor (api/vdms.md 2.1)."""
        seen = 0
        for number in range(1, MAX_PAGES + 1):
            filters = {"page": str(number), "page_size": str(PAGE_SIZE), **({"query": query} if query else {})}
            total, page = self._call(
                "GetAllCertificateRequests", "GET", "/certificates", _page, query=filters, subject=subject
            )
            yield from page
            seen += len(page)
            if not page or (len(page) < PAGE_SIZE if total is None else seen >= total):
                return

    def certificate(self, certificate_id: int) -> Certificate | None:
        """Get Certificate Request; None where it is gone: 404, or 200 with an empty object (api/vdms.md 5.2)."""
        try:
            return self._call(  # type: ignore[no-any-return]
                "GetCertificateRequest",
                "GET",
                f"/certificates/{certificate_id}",
                lambda data: Certificate.parse(data) if data.get("id") is not None else None,
                subject=f"certificate request {certificate_id}",
            )
        except ApiError as error:
            if answered(error, 404):
                return None
            raise

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

    def dcv(self, certificate: Certificate) -> tuple[DcvRecord, ...]:
        """Get DCV Metadata of all domains; the DNS methods need their ids (api/vdms.md 2.2)."""
        names = {domain.domain_id: domain.name for domain in certificate.present_domains if domain.domain_id}
        records: list[DcvRecord] = []
        for ids in chunks(names, MAX_DOMAIN_IDS):
            records += self._call(
                "GetDomainControlValidationMetadata",
                "GET",
                f"/dcv/certificates/{certificate.certificate_id}",
                lambda data: _dcv_records(data, names),
                query={"domain_ids": ",".join(map(str, ids))},
                subject=f"certificate request {certificate.certificate_id}",
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


def _page(data: Mapping[str, Any]) -> tuple[int | None, list[tuple[int, str]]]:
    items = as_objects(data.get("items"))
    rows = [(int(as_key(item.get("id"))), as_text(item.get("certificate_label"))) for item in items]
    return as_number(data.get("total_items")), rows


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
    return OAuth2Auth(lambda: service.token(client_id, secret, scope))


def connect(params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Vdms:
    """CPS with the credentials and the URL of the options.

    :raises InputError: they cannot be used
    """
    url = base_url("api_url", params["api_url"])
    return Vdms(JsonClient(url, Envelope(), credentials(params, settings, redact), settings, redact))
