# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: Tencent Cloud SSL. Its actions, its states, its decision table, and what the stages mean for it.

Facts and their evidence are in docs/fidelity.md; "api/tencent.md 4.2" names the section of the API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, TypeVar

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings, with_advice
from ansible_collections.certops.cdn.plugins.module_utils._options import Credential, base_url, env, pair_of
from ansible_collections.certops.cdn.plugins.module_utils._parallel import all_pages
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._shape import (
    as_key,
    as_number,
    as_object,
    as_objects,
    as_text,
)
from ansible_collections.certops.cdn.plugins.module_utils._signing import Tc3Auth
from ansible_collections.certops.cdn.plugins.module_utils._times import CHINA_STANDARD_TIME, parse_time
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

T = TypeVar("T")

PROVIDER = "Tencent Cloud"
API_URL = "https://ssl.tencentcloudapi.com"
API_VERSION = "2019-12-05"

SERVICE = "ssl"
"""The service in the credential scope, whatever the host (api/tencent.md 1.1)."""

LANGUAGE = "en-US"
"""Asked for in messages; some actions answer in Chinese all the same (api/tencent.md 1.3)."""

PAGE_SIZE = 100
"""Rows a page; always sent, because the default differs between editions. Maximum 1000 (api/tencent.md 3.3)."""

MAX_IDS = 50
"""Ids in one DescribeCertificates; unverified, documented for another action only (api/tencent.md 3.3)."""

SECRET_ID = Credential("secret_id", ("TENCENTCLOUD_SECRET_ID",))
SECRET_KEY = Credential("secret_key", ("TENCENTCLOUD_SECRET_KEY",))
TOKEN = Credential("token", ("TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SECURITY_TOKEN"))

OPTIONS: dict[str, Any] = {
    SECRET_ID.option: env(*SECRET_ID.variables),
    SECRET_KEY.option: env(*SECRET_KEY.variables, secret=True),
    TOKEN.option: env(*TOKEN.variables, secret=True),
    "api_url": env("TENCENTCLOUD_API_URL", default=API_URL),
}
"""Argument spec of the options that all Tencent Cloud modules share."""

# ---- Errors (api/tencent.md 5) ---------------------------------------------------------------------------------------

NOT_FOUND = "FailedOperation.CertificateNotFound"

_RATE_LIMITS = ("RequestLimitExceeded", "LimitExceeded.RateLimitExceeded")

_UNKNOWN_FAMILIES = ("InternalError", "ServiceUnavailable")

_UNKNOWN = (
    "FailedOperation",
    "FailedOperation.NetworkError",
    "FailedOperation.SystemError",
    "FailedOperation.CannotGetOrder",
    "FailedOperation.CancelAuditCertificateFailed",
)

WRONG_STATUS = ".CertificateStatusNotAllowResubmit"
"""The end of two codes: the prefix is FailedOperation or InvalidParameter (api/tencent.md 3.1)."""

_NOT_PERMITTED = (
    "UnauthorizedOperation",
    "AuthFailure.UnauthorizedOperation",
    "FailedOperation.AuthError",
    "FailedOperation.CAMAuthorizedFail",
    "FailedOperation.NoProjectPermission",
)

_ADVICE = {
    "AuthFailure.InvalidSecretId": "check secret_id",
    "AuthFailure.SecretIdNotFound": "check secret_id and whether the key is enabled",
    "AuthFailure.SignatureFailure": "check secret_key",
    "AuthFailure.SignatureExpire": "check the clock of this host",
    "AuthFailure.TokenFailure": "check token, temporary credentials expire",
    "FailedOperation.CannotGetOrder": "try again later",
    "FailedOperation.NetworkError": "the certificate authority is busy, try again later",
    "FailedOperation.NoRealNameAuth": "the account has to pass the real-name verification first",
    "InvalidAction": "check api_url",
    "NoSuchProduct": "check api_url",
    "NoSuchVersion": "check api_url",
    "IpInBlacklist": "the account does not admit calls from this address",
    "IpNotInWhitelist": "the account does not admit calls from this address",
    NOT_FOUND: "check the id, and whether api_url is that of the account's site",
}


class TencentError(ApiError):
    """An error that Tencent Cloud told."""

    provider = PROVIDER


def _is_or_below(code: str, families: Sequence[str]) -> bool:
    """Whether the code is one of these or has one of them as its first part: ``InternalError.DbError``."""
    return any(code == family or code.startswith(f"{family}.") for family in families)


def outcome_of(status: int, code: str) -> Outcome:
    """What an error answer tells about the call: the classes A, B and C of api/tencent.md 5.2."""
    if status == 429 or _is_or_below(code, _RATE_LIMITS):
        return Outcome.NOT_EXECUTED
    if status >= 500 or code in _UNKNOWN or _is_or_below(code, _UNKNOWN_FAMILIES):
        return Outcome.UNKNOWN
    return Outcome.REFUSED


def advice_on(code: str, action: str) -> str:
    """What to do about an error, in a few words; empty if nobody can say."""
    if code in _NOT_PERMITTED:
        return f"the key needs the CAM permission {SERVICE}:{action}"
    if _is_or_below(code, _RATE_LIMITS):
        return "lower rate_limit or concurrency"
    if code.endswith(WRONG_STATUS):
        return "only paid certificates whose review has failed or was cancelled can be submitted again"
    return _ADVICE.get(code, "")


class Envelope:
    """``{Response: {..., RequestId}}``, with ``Error`` inside for a failure; HTTP 200 for both (api/tencent.md 1.4)."""

    provider = PROVIDER

    def open(self, call: Call, reply: Reply) -> dict[str, Any]:
        response = as_object(as_object(reply.json())["Response"])
        error = response.get("Error")
        if error is not None:
            # Without a code it is not the documented shape, and nobody knows what happened.
            code = as_key(as_object(error).get("Code"))
            raise TencentError(
                with_advice(as_text(error.get("Message")), advice_on(code, call.action)),
                code=code,
                request_id=as_text(response.get("RequestId")) or None,
                outcome=outcome_of(reply.status, code),
            )
        if reply.status != 200:
            raise ValueError("a result with another status than 200")
        return response


# ---- Data (api/tencent.md 3.3, 4) ------------------------------------------------------------------------------------


class Status(IntEnum):
    """The status of a certificate; ``label`` is our name for it in results (DESIGN 4.3)."""

    REVIEWING = 0
    ISSUED = 1
    REJECTED = 2
    EXPIRED = 3
    DNS_RECORD_ADDED = 4
    AWAITING_DOCUMENTS = 5
    CANCELLING = 6
    CANCELLED = 7
    AWAITING_CONFIRMATION_LETTER = 8
    REVOKING = 9
    REVOKED = 10
    REISSUING = 11
    AWAITING_REVOCATION_LETTER = 12
    FREE_AWAITING_DOCUMENTS = 13
    REFUNDED = 14
    MIGRATING = 15

    @classmethod
    def of(cls, value: object) -> Status | None:
        """From what the provider tells: a number, also one written as a string. None for anything else."""
        number = as_number(value)
        return None if number is None or number not in cls._value2member_map_ else cls(number)

    @property
    def label(self) -> str:
        return self.name.lower()


RESUBMITTABLE = (Status.REJECTED, Status.CANCELLED)
"""The statuses that a paid certificate can be submitted from for another review (api/tencent.md 4.1)."""


@dataclass(frozen=True)
class Certificate:
    """A certificate order: what is needed of it, and nothing personal.

    :ivar told_status: the status as the provider told it
    """

    certificate_id: str
    domain: str
    told_status: object

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Certificate:
        return cls(
            certificate_id=as_key(data.get("CertificateId")),
            domain=as_text(data.get("Domain")),
            told_status=data.get("Status"),
        )

    @property
    def status(self) -> Status | None:
        return Status.of(self.told_status)

    def status_as_result(self, prefix: str = "") -> dict[str, Any]:
        """Number and name of the status; the name is None for a number that is not known."""
        status = self.status
        return {
            f"{prefix}status": as_number(self.told_status),
            f"{prefix}status_name": status.label if status is not None else None,
        }

    def __str__(self) -> str:
        return (
            f"certificate {self.domain} ({self.certificate_id})"
            if self.domain
            else f"certificate {self.certificate_id}"
        )


@dataclass(frozen=True)
class LogRow:
    """A row of the account's operation log."""

    certificate_id: str
    kind: str
    created: datetime | None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> LogRow:
        return cls(
            certificate_id=as_text(data.get("CertId")),
            kind=as_text(data.get("Type")),
            created=parse_time(data.get("CreatedOn"), CHINA_STANDARD_TIME),
        )


def status_filter(statuses: Collection[Status]) -> dict[str, Any]:
    """The filter of DescribeCertificates for these statuses."""
    return {"CertificateStatus": sorted(int(status) for status in statuses)}


# ---- Actions (api/tencent.md 3) --------------------------------------------------------------------------------------


class Tencent:
    """The actions of service ssl, as methods. All of them raise :class:`ApiError`.

    DescribeCertificateDetail is not among them: it returns private keys (api/tencent.md 3.4).
    """

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    @classmethod
    def from_options(cls, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Tencent:
        """
        :raises InputError: credentials or URL cannot be used
        """
        url = base_url("api_url", params["api_url"])
        return cls(JsonClient(url, Envelope(), credentials(params), settings, redact))

    def _call(
        self,
        action: str,
        body: Mapping[str, Any],
        parse: Any,
        *,
        writes: bool = False,
        subject: str = "",
        deadline: Deadline | None = None,
    ) -> Any:
        call = Call(
            action=action,
            path="/",
            body=body,
            headers={"X-TC-Action": action, "X-TC-Version": API_VERSION, "X-TC-Language": LANGUAGE},
            writes=writes,
            # There is no idempotency token (api/tencent.md 0).
            once=writes,
            subject=subject,
        )
        return self._client.call(call, parse, deadline)

    def _pages(
        self,
        action: str,
        filters: Mapping[str, Any],
        parse_item: Callable[[Mapping[str, Any]], T],
        *,
        items: str,
        total: str,
        concurrency: int = 1,
        deadline: Deadline | None = None,
    ) -> tuple[list[T], list[CdnError]]:
        """All items of a list action (api/tencent.md 3.3), and the errors of pages that could not be read.

        :param items: name of the list in the answer
        :param total: name of the number of all items
        """

        def page(_number: int, seen: int) -> tuple[int | None, list[T]]:
            return self._call(  # type: ignore[no-any-return]
                action,
                {**filters, "Offset": seen, "Limit": PAGE_SIZE},
                lambda data: (as_number(data.get(total)), [parse_item(item) for item in as_objects(data.get(items))]),
                deadline=deadline,
            )

        return all_pages(action, page, PAGE_SIZE, concurrency)

    def listed(
        self, filters: Mapping[str, Any], parse_item: Callable[[Mapping[str, Any]], T], concurrency: int = 1
    ) -> tuple[list[T], list[CdnError]]:
        """DescribeCertificates: what fits the provider's own filters, and the errors of pages that could not be read.

        :raises ApiError: the first page could not be read
        """
        return self._pages(
            "DescribeCertificates",
            filters,
            parse_item,
            items="Certificates",
            total="TotalCount",
            concurrency=concurrency,
        )

    def certificates(self, statuses: Collection[Status]) -> list[Certificate]:
        """DescribeCertificates: all in one of these statuses, each once."""
        found, errors = self.listed(status_filter(statuses), Certificate.parse)
        if errors:
            raise errors[0]
        # The filter is newer than some editions of the API: what comes back is looked at again.
        wanted = (certificate for certificate in found if certificate.status in statuses)
        return list({certificate.certificate_id: certificate for certificate in wanted}.values())

    def certificates_by_id(
        self, certificate_ids: Sequence[str], deadline: Deadline | None = None
    ) -> dict[str, Certificate]:
        """DescribeCertificates for at most :data:`MAX_IDS` ids; unknown ones are missing in the result."""
        found = self._call(
            "DescribeCertificates",
            {"CertIds": list(certificate_ids), "Offset": 0, "Limit": MAX_IDS},
            lambda data: [Certificate.parse(item) for item in as_objects(data.get("Certificates"))],
            deadline=deadline,
        )
        by_id = {certificate.certificate_id: certificate for certificate in found}
        return {key: by_id[key] for key in certificate_ids if key in by_id}

    def resubmit(self, certificate: Certificate) -> str | None:
        """ModifyCertificateResubmit: asks for the review again; returns the request id. Writes."""
        wanted = certificate.certificate_id

        def parse(data: Mapping[str, Any]) -> str | None:
            if data.get("CertificateId") != wanted:
                raise ValueError("the answer names another certificate, or none")
            return as_text(data.get("RequestId")) or None

        try:
            return self._call(  # type: ignore[no-any-return]
                "ModifyCertificateResubmit", {"CertificateId": wanted}, parse, writes=True, subject=str(certificate)
            )
        except ApiError as error:
            if error.outcome is Outcome.REFUSED and error.http_status != 200 and not isinstance(error, TencentError):
                # The API says no with 200; what something in front of it says leaves it open (api/tencent.md 5.2).
                error.outcome = Outcome.UNKNOWN
            raise

    def operate_logs(self, since: float, deadline: Deadline) -> list[LogRow]:
        """DescribeCertificateOperateLogs: what was done in the account since then.

        :param since: UNIX seconds, by the provider's clock
        """
        start = datetime.fromtimestamp(since, CHINA_STANDARD_TIME).strftime("%Y-%m-%d %H:%M:%S")
        rows, errors = self._pages(
            "DescribeCertificateOperateLogs",
            {"StartTime": start},
            LogRow.parse,
            items="OperateLogs",
            total="AllTotal",
            deadline=deadline,
        )
        if errors:
            raise errors[0]
        return rows

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, self._client.clock)

    @property
    def clock_ahead(self) -> float:
        """Seconds that the provider's clock is ahead of this host's, as far as is known."""
        return self._client.clock_ahead


def credentials(params: Mapping[str, Any]) -> Tc3Auth:
    """The auth object for the credentials that the options or the environment give.

    A token that merely lies in the environment does not belong to a pair that is given by options.

    :raises InputError: they are missing, incomplete, or cannot be right
    """
    for credential in (SECRET_ID, SECRET_KEY, TOKEN):
        if credential.value(params):
            _check_characters(credential.option, params[credential.option])
    token = TOKEN.value(params)
    pair = pair_of(params, SECRET_ID, SECRET_KEY, PROVIDER)
    if pair is None:
        start = "token is given without the secret_id and secret_key that belong to it" if token else "No credentials"
        raise InputError(
            f"{start}: set secret_id and secret_key as options or as environment variables {SECRET_ID.variables[0]} "
            f"and {SECRET_KEY.variables[0]}.",
            provider=PROVIDER,
        )
    if SECRET_ID.by_option(params) and SECRET_KEY.by_option(params) and not TOKEN.by_option(params):
        token = ""
    return Tc3Auth(*pair, token or None, service=SERVICE)


def _check_characters(name: str, value: str) -> None:
    """
    :raises InputError: it has characters that no such value has
    """
    if not value.isascii() or not value.isprintable() or " " in value:
        raise InputError(
            f"{name} has blanks, line ends or special characters in it; check where the value comes from.",
            provider=PROVIDER,
        )
