# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: Tencent Cloud SSL. Its actions, its states, its decision table, and what the stages mean for it.

Facts and their evidence are in docs/fidelity.md; "api/tencent.md 4.2" names the section of the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import base_url, env, given_by_environment, unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import chunks, each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import Read, Target
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

PROVIDER = "Tencent Cloud"
API_URL = "https://ssl.tencentcloudapi.com"
API_VERSION = "2019-12-05"

SERVICE = "ssl"
"""The service in the credential scope, whatever the host (api/tencent.md 1.1)."""

LANGUAGE = "en-US"
"""Asked for in messages; some actions answer in Chinese all the same (api/tencent.md 1.3)."""

PAGE_SIZE = 100
"""Rows a page; always sent, because the default differs between editions. Maximum 1000 (api/tencent.md 3.3)."""

MAX_PAGES = 1000

MAX_IDS = 50
"""Ids in one DescribeCertificates; unverified, documented for another action only (api/tencent.md 3.3)."""

LOG_ALLOWANCE = 60.0
"""Seconds that the clocks may differ when a row of the operation log is compared with the time of a write.

Too few leave a lost answer unclear, and the next run finds out. Too many would take an earlier resubmit for this one.
"""

LOG_SECONDS = 20.0
"""Time limit for reading the operation log: it is a help, and many writes may wait for it."""

ID_VARIABLES = ("TENCENTCLOUD_SECRET_ID",)
KEY_VARIABLES = ("TENCENTCLOUD_SECRET_KEY",)
TOKEN_VARIABLES = ("TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SECURITY_TOKEN")

OPTIONS: dict[str, Any] = {
    "secret_id": env(*ID_VARIABLES),
    "secret_key": env(*KEY_VARIABLES, secret=True),
    "token": env(*TOKEN_VARIABLES, secret=True),
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

_WRONG_STATUS = ".CertificateStatusNotAllowResubmit"
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
    if code.endswith(_WRONG_STATUS):
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
            message = as_text(error.get("Message")).strip().rstrip(".") or "no message"
            advice = advice_on(code, call.action)
            raise TencentError(
                f"{message} ({advice})" if advice else message,
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


FROM_STATUSES = (Status.REJECTED.label, Status.CANCELLED.label)
"""Choices, and default, of the option ``from_statuses``: the statuses that a certificate can be resubmitted from."""

RESUBMITTED = frozenset(
    {
        Status.REVIEWING,
        Status.ISSUED,
        Status.DNS_RECORD_ADDED,
        Status.AWAITING_DOCUMENTS,
        Status.AWAITING_CONFIRMATION_LETTER,
        Status.REISSUING,
    }
)
"""Where a certificate stands once it was submitted again; which one comes first is unverified (api/tencent.md 4.2)."""


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


# ---- Decisions (api/tencent.md 4.2), pure ----------------------------------------------------------------------------

_RESUBMIT = Change("resubmitted", "would_resubmit")

_KEPT = {
    Status.REVIEWING: "",
    Status.DNS_RECORD_ADDED: "",
    Status.ISSUED: "",
    Status.AWAITING_DOCUMENTS: "waits for its documents (status 5). Submit them at Tencent Cloud to have it reviewed",
    Status.AWAITING_CONFIRMATION_LETTER: (
        "waits for its confirmation letter (status 8). Upload it at Tencent Cloud to have it reviewed"
    ),
    Status.REISSUING: "is being reissued (status 11), so there is no review to ask for",
}

_REFUSED = {
    Status.EXPIRED: "has expired (status 3) and cannot be reviewed again",
    Status.REVOKING: "is being revoked (status 9) and cannot be reviewed again",
    Status.REVOKED: "is revoked (status 10) and cannot be reviewed again",
    Status.AWAITING_REVOCATION_LETTER: (
        "waits for the confirmation letter of its revocation (status 12) and cannot be reviewed again"
    ),
    Status.FREE_AWAITING_DOCUMENTS: (
        "is a free one and waits for its documents (status 13). Only paid ones can be submitted again: submit its "
        "documents, or apply for it again"
    ),
    Status.REFUNDED: "was refunded (status 14) and cannot be reviewed again",
    Status.MIGRATING: "is being migrated (status 15). Run again when that has ended",
}


def decide(told_status: object, from_statuses: Collection[Status]) -> Verdict:
    """The decision table for one certificate.

    :param told_status: the status as the provider told it
    :param from_statuses: those of :data:`FROM_STATUSES` from which a resubmit is wanted
    :return: notes and reasons are the part of a sentence that follows the certificate's name
    """
    status = Status.of(told_status)
    if status is None:
        return Refuse(f"has a status that is not known ({_shown(told_status)})")
    if status in (Status.REJECTED, Status.CANCELLED):
        return _RESUBMIT if status in from_statuses else _left_out(status)
    if status is Status.CANCELLING:
        return Await(
            predicted=_RESUBMIT if Status.CANCELLED in from_statuses else _left_out(Status.CANCELLED),
            unwaited=Refuse("is being cancelled (status 6). Run again when that has ended, or with wait=true"),
        )
    return Keep(_KEPT[status]) if status in _KEPT else Refuse(_REFUSED[status])


def _left_out(status: Status) -> Keep:
    return Keep(f"is {status.label} (status {status.value}) and was left so, because from_statuses leaves that out")


def _shown(told_status: object) -> str:
    """A status that is not known, in a message; anything but a short scalar is only named by its type."""
    text = "null" if told_status is None else repr(told_status)
    return (
        text
        if isinstance(told_status, (str, int, float, type(None))) and len(text) <= 40
        else type(told_status).__name__
    )


def said_of(subject: str, verdict: Verdict) -> Verdict:
    """The verdict with its note or reason as a sentence about ``subject``."""
    if isinstance(verdict, Keep):
        return replace(verdict, note=f"{subject} {verdict.note}.") if verdict.note else verdict
    if isinstance(verdict, Refuse):
        return replace(verdict, reason=f"{subject} {verdict.reason}.")
    if isinstance(verdict, Await):
        return Await(predicted=said_of(subject, verdict.predicted), unwaited=said_of(subject, verdict.unwaited))
    return verdict


def resubmit_progress(status: Status | None, *, written: bool, accepted: bool) -> Progress:
    """What a look at a certificate means.

    :param written: a resubmit was sent; otherwise the end of a cancellation is waited for
    :param accepted: and the provider has said so; otherwise its answer was lost
    """
    if not written:
        return Progress.RUNNING if status is Status.CANCELLING else Progress.DONE
    if status in RESUBMITTED:
        return Progress.DONE
    if status is Status.CANCELLING:
        return Progress.RUNNING
    if status in (None, Status.REJECTED, Status.CANCELLED):
        return Progress.STALE
    # Refunded, expired and the like: nothing more to wait for, and no sign that a lost write was executed.
    return Progress.DONE if accepted else Progress.FAILED


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
        parse_item: Any,
        *,
        items: str,
        total: str,
        deadline: Deadline | None = None,
    ) -> Iterator[Any]:
        """All items of a list action. Ends at an empty page or when the total is reached (api/tencent.md 3.3).

        :param items: name of the list in the answer
        :param total: name of the number of all items
        """
        seen = 0
        for _page in range(MAX_PAGES):
            count, page = self._call(
                action,
                {**filters, "Offset": seen, "Limit": PAGE_SIZE},
                lambda data: (as_number(data.get(total)), [parse_item(item) for item in as_objects(data.get(items))]),
                deadline=deadline,
            )
            yield from page
            seen += len(page)
            if not page or (count is not None and seen >= count):
                return

    def certificates(self, statuses: Collection[Status]) -> list[Certificate]:
        """DescribeCertificates: all in one of these statuses, each once."""
        filters = {"CertificateStatus": sorted(int(status) for status in statuses)}
        found = self._pages(
            "DescribeCertificates", filters, Certificate.parse, items="Certificates", total="TotalCount"
        )
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

        :param since: UNIX seconds
        """
        start = datetime.fromtimestamp(since, CHINA_STANDARD_TIME).strftime("%Y-%m-%d %H:%M:%S")
        rows = self._pages(
            "DescribeCertificateOperateLogs",
            {"StartTime": start},
            LogRow.parse,
            items="OperateLogs",
            total="AllTotal",
            deadline=deadline,
        )
        return list(rows)

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, self._client.clock)


def credentials(params: Mapping[str, Any]) -> Tc3Auth:
    """The auth object for the credentials that the options or the environment give.

    A token that merely lies in the environment does not belong to a pair that is given by options.

    :raises InputError: they are missing, incomplete, or cannot be right
    """
    secret_id, secret_key, token = (_credential(name, params[name]) for name in ("secret_id", "secret_key", "token"))
    if secret_id and secret_key:
        pair_by_option = not given_by_environment(secret_id, ID_VARIABLES) and not given_by_environment(
            secret_key, KEY_VARIABLES
        )
        if token and pair_by_option and given_by_environment(token, TOKEN_VARIABLES):
            token = ""
        return Tc3Auth(secret_id, secret_key, token or None, service=SERVICE)
    if secret_id or secret_key:
        given, missing = ("secret_id", "secret_key")[:: 1 if secret_id else -1]
        variable = (KEY_VARIABLES if secret_id else ID_VARIABLES)[0]
        raise InputError(
            f"{given} is given without {missing}: set the option {missing} or the environment variable {variable}.",
            provider=PROVIDER,
        )
    start = "token is given without the secret_id and secret_key that belong to it" if token else "No credentials"
    raise InputError(
        f"{start}: set secret_id and secret_key as options or as environment variables {ID_VARIABLES[0]} and "
        f"{KEY_VARIABLES[0]}.",
        provider=PROVIDER,
    )


def _credential(name: str, value: str | None) -> str:
    """The value of an option; empty if it is not given.

    :raises InputError: it has characters that no such value has, such as the line end of a file
    """
    if not (value or "").strip():
        return ""
    text = str(value)
    if not text.isascii() or not text.isprintable() or " " in text:
        raise InputError(
            f"{name} has blanks, line ends or special characters in it; check where the value comes from.",
            provider=PROVIDER,
        )
    return text


# ---- The resubmission of certificates, as stages ---------------------------------------------------------------------


class Resubmissions:
    """The certificates that the options select, none of which is to sit in "review failed" or "cancelled"."""

    provider = PROVIDER
    all_or_nothing = False
    repeatable = False  # there is no idempotency token, and what a second call does is not documented
    unwaited_outcome = ""

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._check(params)
        self._params = params
        self._concurrency = settings.concurrency
        self._api = Tencent.from_options(params, settings, redact)
        self._from = frozenset(status for status in Status if status.label in params["from_statuses"])
        self._certificates: dict[str, Certificate] = {}
        # Certificates that have just been listed, so that they need not be read again.
        self._fresh: set[str] = set()
        # UNIX seconds of the writes.
        self._sent_at: dict[str, float] = {}
        self._log: tuple[Deadline, list[LogRow]] | None = None

    @staticmethod
    def _check(params: Mapping[str, Any]) -> None:
        if params["certificate_ids"] is not None:
            unique("certificate_ids", params["certificate_ids"])
        if params["all_resubmittable"] is False:
            raise InputError("all_resubmittable is false, and nothing else says which certificates are meant.")
        unique("from_statuses", params["from_statuses"])

    # select

    def select(self) -> list[str]:
        if self._params["certificate_ids"] is not None:
            return unique("certificate_ids", self._params["certificate_ids"])
        found = self._api.certificates(self._from)
        self._certificates = {certificate.certificate_id: certificate for certificate in found}
        self._fresh = set(self._certificates)
        return list(self._certificates)

    # read

    def name(self, key: str) -> str:
        return str(self._certificates[key]) if key in self._certificates else f"certificate {key}"

    def read(self, keys: Sequence[str]) -> dict[str, Read[Certificate]]:
        """The certificates; one that has just been listed is not read again."""
        results: dict[str, Read[Certificate]] = {key: self._certificates[key] for key in keys if key in self._fresh}
        self._fresh -= set(keys)
        results.update(self._look_up([key for key in keys if key not in results]))
        for key in keys:
            results.setdefault(key, self._not_found(key))
        return results

    def _look_up(self, keys: Sequence[str], deadline: Deadline | None = None) -> dict[str, Read[Certificate]]:
        """DescribeCertificates for any number of ids; unknown ones are missing in the result."""
        batches = {batch[0]: batch for batch in chunks(keys, MAX_IDS)}
        answers = each(
            lambda first: self._api.certificates_by_id(batches[first], deadline), list(batches), self._concurrency
        )
        results: dict[str, Read[Certificate]] = {}
        for first, answer in answers.items():
            if isinstance(answer, CdnError):
                results.update(dict.fromkeys(batches[first], answer))
            else:
                results.update(answer)
                self._certificates.update(answer)
        return results

    def _not_found(self, key: str) -> CdnError:
        return CdnError(
            f"{self.name(key)} is not a certificate of this account ({_ADVICE[NOT_FOUND]}).",
            provider=PROVIDER,
            action="DescribeCertificates",
            code=NOT_FOUND,
        )

    # plan

    def plan(self, key: str, state: Certificate) -> Verdict:
        return said_of(str(state), decide(state.told_status, self._from))

    # apply

    def apply(self, target: Target[Certificate]) -> None:
        self._sent_at[target.key] = time.time()
        try:
            target.wrote(self._api.resubmit(self._certificates[target.key]))
        except ApiError as error:
            if error.outcome is Outcome.UNKNOWN:
                error.add("Nobody can tell whether it was executed; run again, a run begins with reading the status.")
            raise

    def may_be_done_already(self, error: ApiError) -> bool:
        return error.code.endswith(_WRONG_STATUS)

    def was_executed(self, target: Target[Certificate]) -> bool:
        """Whether the operation log has a row of our write (api/tencent.md 3.5, 5.4)."""
        since = self._sent_at[target.key] - LOG_ALLOWANCE
        return any(
            row.certificate_id == target.key
            and row.kind.lower() == "resubmit"
            and row.created is not None
            and row.created.timestamp() >= since
            for row in self._recent_log()
        )

    def _recent_log(self) -> list[LogRow]:
        """The log since the first write. One look serves all writes whose answers were lost at the same time."""
        if self._log is None or self._log[0].passed():
            try:
                since = min(self._sent_at.values()) - LOG_ALLOWANCE
                rows = self._api.operate_logs(since, self._api.deadline(LOG_SECONDS))
            except CdnError:
                rows = []  # it needs a permission of its own; without it there is no evidence
            self._log = (self._api.deadline(1.0), rows)
        return self._log[1]

    # settle

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Certificate]]:
        return self._look_up(keys, deadline)

    def progress(self, target: Target[Certificate], state: Certificate, age: float) -> Progress:
        return resubmit_progress(state.status, written=target.written_at is not None, accepted=target.changed)

    def confirms(self, target: Target[Certificate], state: Certificate) -> bool:
        return state.status in RESUBMITTED

    def failure(self, target: Target[Certificate]) -> CdnError:
        """Only a write whose answer was lost can fail this way."""
        return target.lost_answer or self._unfinished(target, "was not resubmitted")

    def overdue(self, target: Target[Certificate], seconds: float) -> CdnError | None:
        if not target.changed:
            return self._unfinished(
                target, f"is still being cancelled after {seconds:g} s (wait_timeout). Run again later"
            )
        status = target.state.status if target.state else None
        shown = status.label if status is not None else "unknown"
        target.remark(
            f"{self.name(target.key)} was resubmitted, but after {seconds:g} s (wait_timeout) its status is still "
            f"{shown}: it may be shown late, or the review has failed again."
        )
        return None

    def _unfinished(self, target: Target[Certificate], what: str) -> CdnError:
        return CdnError(
            f"{self.name(target.key)} {what}.", provider=PROVIDER, action="DescribeCertificates", code="Timeout"
        )

    # roll back: the provider has no way back

    def can_revert(self, target: Target[Certificate]) -> bool:
        return False

    def revert(self, target: Target[Certificate]) -> None:
        """Nothing."""

    # report

    def report(self, targets: Sequence[Target[Certificate]]) -> dict[str, Any]:
        rows = [self._row(target) for target in targets]
        return {
            "certificates": rows,
            "summary": {
                "total": len(rows),
                "changed": sum(row["changed"] for row in rows),
                "unchanged": sum(row["outcome"] == "unchanged" for row in rows),
                "failed": sum(row["error"] is not None for row in rows),
            },
            "diff": [self._diff(target) for target in targets if target.changed],
        }

    def _row(self, target: Target[Certificate]) -> dict[str, Any]:
        unread = Certificate(target.key, "", None)
        state, before = target.state or unread, target.before or unread
        return {
            "certificate_id": target.key,
            "domain": state.domain or None,
            "changed": target.changed,
            # A wait that was too short is a failure here (DESIGN 4.3).
            "outcome": "failed" if target.error else target.outcome,
            **state.status_as_result(),
            **before.status_as_result("previous_"),
            "request_id": target.request_id,
            "error": target.error.as_result() if target.error else None,
        }

    def _diff(self, target: Target[Certificate]) -> dict[str, Any]:
        title = self.name(target.key)
        before = target.before.status_as_result() if target.before else {}
        after = target.state.status_as_result() if target.state else {}
        if after == before:
            # Not written in check mode, or not seen yet: the next status is not known beforehand.
            after = {"status": None, "status_name": "resubmitted"}
        return {"before_header": title, "after_header": title, "before": before, "after": after}
