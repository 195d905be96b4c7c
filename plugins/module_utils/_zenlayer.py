# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: Zenlayer CDN: its options and credentials, its errors, its data, its actions.

Facts and their evidence are in docs/fidelity.md; "api/zenlayer.md 4.2" names the section of the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from ansible_collections.certops.cdn.plugins.module_utils._certificates import normalise_fingerprint
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings, with_advice
from ansible_collections.certops.cdn.plugins.module_utils._options import (
    Credential,
    base_url,
    env,
    env_pair,
    pair_or_token,
)
from ansible_collections.certops.cdn.plugins.module_utils._parallel import all_pages
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._shape import (
    as_key,
    as_list,
    as_number,
    as_object,
    as_objects,
    as_text,
)
from ansible_collections.certops.cdn.plugins.module_utils._signing import BearerAuth, Zc2Auth
from ansible_collections.certops.cdn.plugins.module_utils._times import days_left, iso_time, parse_time
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

R = TypeVar("R")

PROVIDER = "Zenlayer"
API_URL = "https://console.zenlayer.com"

API_VERSION = "2022-11-20"
"""Value of ``x-zc-version`` for service cdn; unverified, "2024-02-29" is seen too (api/zenlayer.md 1.3)."""

PAGE_SIZE = 100
"""Items a page; documented maximum 1000 for certificates, unverified for domains (api/zenlayer.md 3.2)."""

MAX_LABEL = 64
"""Characters of a certificate's label (api/zenlayer.md 3.6)."""

MAX_IDS = 100
"""Ids in one request (api/zenlayer.md 3.5; unverified for domains)."""

KEY_ID = Credential("access_key_id", ("ZENLAYERCLOUD_ACCESS_KEY_ID", "ZENLAYER_ACCESS_KEY_ID"))
PASSWORD = Credential("access_key_password", ("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", "ZENLAYER_ACCESS_KEY_SECRET"))
TOKEN = Credential("api_token", ("ZENLAYER_TOKEN",))

OPTIONS: dict[str, Any] = {
    KEY_ID.option: env_pair(KEY_ID.variables, PASSWORD.variables),
    PASSWORD.option: env_pair(PASSWORD.variables, KEY_ID.variables, secret=True),
    TOKEN.option: env(*TOKEN.variables, secret=True),
    "api_url": env("ZENLAYERCLOUD_API_URL", default=API_URL),
}
"""Argument spec of the options that all Zenlayer modules share."""

# ---- Errors (api/zenlayer.md 5) --------------------------------------------------------------------------------------

_ADVICE = {
    "AUTHFAILURE_INVALID_AUTHORIZATION": "check the credentials",
    "AUTHFAILURE_SIGNATURE_FAILURE": "check access_key_password",
    "AUTHFAILURE_SIGNATURE_EXPIRED": "check the clock of this host",
    "AUTHFAILURE_UNAUTHORIZED_OPERATION": "the key may not use this action",
    "DOMAIN_OPERATION_NO_PERMISSION": "the key may not operate on this domain",
    "CERT_NOT_MATCH_DOMAIN_OR_EXPIRED": "the certificate has expired or does not cover the domain",
    "CERTIFICATE_NOT_COVER_ALL_DOMAIN": "it must cover all names of the certificate that it replaces",
    "REQUEST_LIMIT_EXCEEDED": "lower rate_limit or concurrency",
}


class ZenlayerError(ApiError):
    """An error that Zenlayer told, with its code in upper snake case."""

    provider = PROVIDER


def normalise_code(code: str) -> str:
    """Codes are compared in upper snake case: the SDKs also spell them with dots (api/zenlayer.md 5.1)."""
    return code.strip().upper().replace(".", "_").replace("-", "_")


def outcome_of(status: int, code: str) -> Outcome:
    """What an error answer tells about the call (api/zenlayer.md 5.2, 5.3)."""
    if status == 429 or code == "REQUEST_LIMIT_EXCEEDED":
        return Outcome.NOT_EXECUTED
    transient = ("INTERNAL_SERVER_ERROR", "SERVICE_TEMPORARY_UNAVAILABLE", "REQUEST_TIMED_OUT")
    return Outcome.UNKNOWN if status >= 500 or code in transient else Outcome.REFUSED


class Envelope:
    """``{requestId, response}``, for writes also ``{requestId}`` alone; errors are flat (api/zenlayer.md 1.5)."""

    provider = PROVIDER

    def open(self, call: Call, reply: Reply) -> dict[str, Any]:
        body = as_object(reply.json())
        inner = body.get("response")
        told = inner if isinstance(inner, dict) else {}
        request_id = as_text(body.get("requestId") or told.get("requestId")) or None
        code = as_text(body.get("code"))
        if code or not 200 <= reply.status < 300:
            code = normalise_code(code or f"HTTP_{reply.status}")
            raise ZenlayerError(
                with_advice(as_text(body.get("message")), _ADVICE.get(code, "")),
                code=code,
                request_id=request_id,
                outcome=outcome_of(reply.status, code),
            )
        if inner is None and not (call.writes and request_id):
            # Without data the documentation shows writes alone, and these with an id (api/zenlayer.md 1.5).
            raise ValueError("expected a response, got none")
        return {**({} if inner is None else as_object(inner)), "requestId": request_id}


# ---- Data (api/zenlayer.md 3.1) --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """A stored certificate; PEM and key are never returned by the provider."""

    certificate_id: str
    label: str
    common_name: str
    sans: tuple[str, ...]
    fingerprint: str
    issuer: str
    not_before: datetime | None
    not_after: datetime | None
    marked_expired: bool

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Certificate:
        return cls(
            certificate_id=as_key(data.get("certificateId")),
            label=as_text(data.get("certificateLabel")),
            common_name=as_text(data.get("common")),
            sans=tuple(as_text(name) for name in as_list(data.get("sans"))),
            fingerprint=normalise_fingerprint(data.get("fingerprint")),
            issuer=as_text(data.get("issuer")),
            not_before=parse_time(data.get("startTime")),
            not_after=parse_time(data.get("endTime")),
            marked_expired=data.get("expired") is True,
        )

    @property
    def names(self) -> list[str]:
        """The names it is valid for: its SANs; the common name counts only where there are none (RFC 6125)."""
        return list(self.sans) or [self.common_name]

    def expired(self, now: datetime) -> bool:
        return self.marked_expired or (self.not_after is not None and self.not_after <= now)

    def as_result(self, now: datetime) -> dict[str, Any]:
        """The certificate's row; every module returns it in this shape."""
        return {
            "certificate_id": self.certificate_id,
            "certificate_label": self.label,
            "common_name": self.common_name,
            "sans": list(self.sans),
            "fingerprint": self.fingerprint,
            "issuer": self.issuer,
            "not_before": iso_time(self.not_before),
            "not_after": iso_time(self.not_after),
            "days_left": days_left(self.not_after, now),
            "expired": self.expired(now),
        }

    def __str__(self) -> str:
        return f"certificate {self.label or self.common_name} ({self.certificate_id})"


@dataclass(frozen=True)
class Stored:
    """The answer to an upload."""

    certificate_id: str
    request_id: str | None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Stored:
        return cls(as_key(data.get("certificateId")), data.get("requestId"))


class Rollout(Enum):
    """The state of a domain's last configuration change."""

    IN_PROGRESS = "in progress"
    DEPLOYED = "DEPLOYED"
    FAILED = "FAILED"

    @classmethod
    def of(cls, config_status: str, domain_status: str) -> Rollout:
        """From the two status fields, in any letter case.

        The documentation's prose puts the same words into ``domainStatus``; unknown words are "in progress"
        (api/zenlayer.md 4.2).
        """
        word = config_status.strip().upper() or domain_status.strip().upper()
        return {"DEPLOYED": cls.DEPLOYED, "FAILED": cls.FAILED}.get(word, cls.IN_PROGRESS)


@dataclass(frozen=True)
class Domain:
    """An accelerated domain and, once it was read, the certificate bound to it."""

    domain_id: str
    name: str
    cname: str
    config_status: str
    domain_status: str
    certificate: Certificate | None = None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Domain:
        return cls(
            domain_id=as_key(data.get("domainId")),
            name=as_key(data.get("domainName")),
            cname=as_text(data.get("cname")),
            config_status=as_text(data.get("configStatus")),
            domain_status=as_text(data.get("domainStatus")),
        )

    @property
    def rollout(self) -> Rollout:
        return Rollout.of(self.config_status, self.domain_status)

    @property
    def certificate_id(self) -> str | None:
        return None if self.certificate is None else self.certificate.certificate_id

    def as_result(self) -> dict[str, Any]:
        """The domain's part of a row; every module returns it in this shape."""
        return {
            "domain_id": self.domain_id or None,
            "domain_name": self.name or None,
            "cname": self.cname or None,
            "config_status": self.config_status or None,
            "domain_status": self.domain_status or None,
        }

    def as_row(self, now: datetime) -> dict[str, Any]:
        """The row of a domain whose binding was read, in the shape in which modules that only read return it."""
        return {**self.as_result(), "certificate_id": self.certificate_id, "days_left": self.days_left(now)}

    def days_left(self, now: datetime) -> int | None:
        """Whole days until its certificate ends; None where that is not known, or there is none."""
        return days_left(self.certificate.not_after, now) if self.certificate else None

    def __str__(self) -> str:
        return f"domain {self.name} ({self.domain_id})"


# ---- Actions (api/zenlayer.md 3) -------------------------------------------------------------------------------------


class Zenlayer:
    """The actions of service cdn, as methods. All of them raise :class:`ApiError`."""

    def __init__(self, client: JsonClient, concurrency: int = 1) -> None:
        """
        :param concurrency: so many pages of a whole list are read at the same time
        """
        self._client = client
        self._concurrency = concurrency

    @classmethod
    def from_options(cls, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Zenlayer:
        """
        :raises InputError: credentials or URL cannot be used
        """
        url = base_url("api_url", params["api_url"])
        return cls(JsonClient(url, Envelope(), credentials(params), settings, redact), settings.concurrency)

    def _call(
        self,
        action: str,
        body: Mapping[str, Any],
        parse: Any,
        *,
        writes: bool = False,
        once: bool = False,
        subject: str = "",
        deadline: Deadline | None = None,
    ) -> Any:
        call = Call(
            action=action,
            path="/api/v2/cdn",
            body={name: value for name, value in body.items() if value is not None},
            headers={"x-zc-action": action, "x-zc-version": API_VERSION, "x-zc-service": "cdn"},
            writes=writes,
            once=once,
            subject=subject,
        )
        return self._client.call(call, parse, deadline)

    def _pages(
        self,
        action: str,
        filters: Mapping[str, Any],
        parse_item: Any,
        *,
        concurrency: int = 1,
        subject: str = "",
        deadline: Deadline | None = None,
    ) -> tuple[list[Any], list[CdnError]]:
        """All items of a list action, until an empty page or ``totalCount`` is reached (api/zenlayer.md 7.19).

        :return: the items, and the errors of pages that could not be read
        :raises ApiError: the first page could not be read
        """

        def read(number: int, before: int) -> tuple[int | None, list[Any]]:
            total, page = self._call(
                action,
                {**filters, "pageSize": PAGE_SIZE, "pageNum": number + 1},
                lambda data: _page(data, parse_item),
                subject=subject,
                deadline=deadline,
            )
            if total is None and 0 < len(page) < PAGE_SIZE:
                # A short page need not be the last one: the service may make them smaller than asked for.
                total = before + len(page) + 1
            return total, page

        return all_pages(action, read, PAGE_SIZE, concurrency)

    def domains(self, *, name: str | None = None, resource_group_id: str | None = None) -> list[Domain]:
        """DescribeDomains: all domains, each once, without their certificates.

        :param name: a filter of which it is unverified whether it matches exactly: compare the names again
        """
        return _complete(self.listed_domains(name=name, resource_group_id=resource_group_id))

    def listed_domains(
        self, *, name: str | None = None, resource_group_id: str | None = None
    ) -> tuple[list[Domain], list[CdnError]]:
        """As :meth:`domains`, but with the errors of pages that could not be read.

        :raises ApiError: the first page could not be read
        """
        filters = {"domainName": name, "resourceGroupId": resource_group_id}
        subject, concurrency = (f"domain {name}", 1) if name else ("", self._concurrency)
        found, errors = self._pages("DescribeDomains", filters, Domain.parse, concurrency=concurrency, subject=subject)
        return list({domain.domain_id: domain for domain in found}.values()), errors

    def domains_by_id(
        self, domain_ids: Sequence[str], resource_group_id: str | None = None, deadline: Deadline | None = None
    ) -> dict[str, Domain]:
        """DescribeDomains for at most :data:`MAX_IDS` ids; unknown ones are missing in the result."""
        filters = {"domainIds": list(domain_ids), "resourceGroupId": resource_group_id}
        found = _complete(self._pages("DescribeDomains", filters, Domain.parse, deadline=deadline))
        return {domain.domain_id: domain for domain in found if domain.domain_id in domain_ids}

    def bound_certificate(self, domain: Domain) -> Certificate | None:
        """DescribeDomainCertificate: the binding, the only place that shows it (api/zenlayer.md 3.3)."""
        return self._call(  # type: ignore[no-any-return]
            "DescribeDomainCertificate", {"domainId": domain.domain_id}, _bound_certificate, subject=str(domain)
        )

    def bind_certificate(self, domain: Domain, certificate_id: str) -> str | None:
        """ModifyDomainCertificate: starts a rollout; returns the request id. Writes."""
        body = {"domainId": domain.domain_id, "certificateId": certificate_id}
        return self._call(  # type: ignore[no-any-return]
            "ModifyDomainCertificate", body, lambda data: data["requestId"], writes=True, subject=str(domain)
        )

    def certificates(
        self,
        *,
        certificate_ids: Sequence[str] | None = None,
        label: str | None = None,
        resource_group_id: str | None = None,
    ) -> list[Certificate]:
        """DescribeCertificates: all that match, each once.

        :param label: a filter of which it is unverified whether it matches exactly: compare the labels again
        """
        filters = {
            "certificateIds": list(certificate_ids) if certificate_ids else None,
            "certificateLabel": label,
            "resourceGroupId": resource_group_id,
        }
        concurrency = 1 if certificate_ids else self._concurrency
        found = _complete(self._pages("DescribeCertificates", filters, Certificate.parse, concurrency=concurrency))
        return list({certificate.certificate_id: certificate for certificate in found}.values())

    def create_certificate(
        self, content: str, key: str, *, label: str | None, resource_group_id: str | None, subject: str
    ) -> Stored:
        """CreateCertificate. Writes, and doing it twice is an error at best (api/zenlayer.md 7.9)."""
        body = {
            "certificateContent": content,
            "certificateKey": key,
            "certificateLabel": label,
            "resourceGroupId": resource_group_id,
        }
        return self._call(  # type: ignore[no-any-return]
            "CreateCertificate", body, Stored.parse, writes=True, once=True, subject=subject
        )

    def replace_certificate(self, certificate: Certificate, content: str, key: str) -> Stored:
        """ModifyCertificate: other content under the same id. Writes.

        Whether the id stays is unverified: the answer tells it (api/zenlayer.md 3.7).
        """
        body = {"certificateId": certificate.certificate_id, "certificateContent": content, "certificateKey": key}

        def parse(data: Mapping[str, Any]) -> Stored:
            return Stored.parse({**data, "certificateId": data.get("certificateId") or certificate.certificate_id})

        return self._call(  # type: ignore[no-any-return]
            "ModifyCertificate", body, parse, writes=True, once=True, subject=str(certificate)
        )

    def delete_certificate(self, certificate: Certificate) -> str | None:
        """DeleteCertificate; returns the request id. Writes."""
        body = {"certificateId": certificate.certificate_id}
        return self._call(  # type: ignore[no-any-return]
            "DeleteCertificate", body, lambda data: data["requestId"], writes=True, subject=str(certificate)
        )


def _complete(listed: tuple[list[R], list[CdnError]]) -> list[R]:
    """All items of a list.

    :raises CdnError: some could not be read
    """
    items, errors = listed
    if errors:
        raise errors[0]
    return items


def _page(data: Mapping[str, Any], parse_item: Any) -> tuple[int | None, list[Any]]:
    """How many items there are in all, if that is told, and those of this page.

    An empty list may have no ``dataSet`` (api/zenlayer.md 3.5); what has no ``totalCount`` either is no list.
    """
    if "dataSet" not in data and "totalCount" not in data:
        raise ValueError("expected dataSet or totalCount, got neither")
    return as_number(data.get("totalCount")), [parse_item(item) for item in as_objects(data.get("dataSet"))]


def _bound_certificate(data: Mapping[str, Any]) -> Certificate | None:
    """No certificate is told in four ways: field absent, null, ``{}``, or without an id (api/zenlayer.md 3.3)."""
    certificate = as_object(data.get("certificate") or {})
    return Certificate.parse(certificate) if certificate.get("certificateId") else None


def credentials(params: Mapping[str, Any]) -> Zc2Auth | BearerAuth:
    """The auth object for the access key pair or the token.

    :raises InputError: none, half a pair, or both kinds are given
    """
    chosen = pair_or_token(params, KEY_ID, PASSWORD, TOKEN, PROVIDER)
    return BearerAuth(chosen) if isinstance(chosen, str) else Zc2Auth(*chosen)
