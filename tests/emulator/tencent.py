# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tencent Cloud SSL, version 2019-12-05: POST /, action in X-TC-Action, always HTTP 200."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import scenario
from .exchange import NOT_JSON, Call, RefusedError, Reply, json_reply
from .limits import RateLimit
from .settings import Settings
from .signatures import parse_authorization, tc3_matches, timestamp_is_fresh, utc_date
from .tencent_certificates import Certificate, china_time, parse_china_time

METHOD = "TC3-HMAC-SHA256"
VERSION = "2019-12-05"
MAX_BODY = 10 * 1024 * 1024
MAX_LIMIT = 1000
DAY = 86400
REJECTED, CANCELLING, CANCELLED = 2, 6, 7
FAILURES = {429: "RequestLimitExceeded", 500: "InternalError", 503: "ServiceUnavailable"}
CERTIFICATE_FIELDS = (
    "id",
    "domain",
    "names",
    "alias",
    "status",
    "status_msg",
    "from",
    "type",
    "package",
    "package_name",
    "project_id",
    "inserted_days",
    "begins_days",
    "ends_days",
    "deployable",
    "renewable",
    "hosted",
    "multi_year",
    "is_dv",
    "tags",
    "after_resubmit",
)
TAG = {"TagKey": str, "TagValue": str}
LIST_FIELDS: dict[str, Any] = {
    "Offset": int,
    "Limit": int,
    "SearchKey": str,
    "CertificateType": str,
    "ProjectId": int,
    "ExpirationSort": str,
    "CertificateStatus": [int],
    "Deployable": int,
    "Upload": int,
    "Renew": int,
    "FilterSource": str,
    "IsSM": int,
    "FilterExpiring": int,
    "Hostable": int,
    "Tags": [TAG],
    "IsPendingIssue": int,
    "CertIds": [str],
    "ServiceId": str,
}


@dataclass(frozen=True)
class LogRow:
    """One row of the operation log; it can be read from `visible` (monotonic)."""

    certificate: str
    type: str
    created: float
    visible: float


@dataclass(frozen=True)
class Secret:
    """A key pair; temporary ones have a token, and end at `expires` (monotonic)."""

    key: str
    token: str | None
    expires: float


class Tencent:
    """The service: authentication, then one method for each action."""

    name = "tencent"

    def __init__(self, section: Mapping[str, Any], settings: Settings):
        scenario.known(section, ("secrets", "certificates"), self.name)
        self._settings = settings
        self._limit = RateLimit()
        self._secrets = dict(
            _secret(item)
            for item in scenario.entries(section, "secrets", ("id", "key", "token", "expires_in"), self.name)
        )
        self.certificates: dict[str, Certificate] = {}
        self._log: list[LogRow] = []
        for number, item in enumerate(scenario.entries(section, "certificates", CERTIFICATE_FIELDS, self.name), 1):
            certificate = _certificate(item, number)
            self.certificates[certificate.id] = certificate
        self._actions: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any], Call], dict[str, Any]]]] = {
            "ModifyCertificateResubmit": ({"CertificateId": str}, self._resubmit),
            "CancelAuditCertificate": ({"CertificateId": str}, self._cancel_audit),
            "DescribeCertificate": ({"CertificateId": str}, self._describe_certificate),
            "DescribeCertificateDetail": ({"CertificateId": str}, self._describe_certificate_detail),
            "DescribeCertificates": (LIST_FIELDS, self._describe_certificates),
            "DescribeCertificateOperateLogs": (
                {"Offset": int, "Limit": int, "StartTime": str, "EndTime": str},
                self._describe_operate_logs,
            ),
        }

    # The server's side

    def identify(self, method: str, raw_path: str, headers: Mapping[str, str]) -> tuple[str, bool]:
        """The action stands in a header."""
        action = headers.get("X-TC-Action", "")
        return action or "(no action)", bool(action) and not action.startswith(("Describe", "Check"))

    def handle(self, call: Call) -> Reply:
        """Authenticate, find the action, check the parameters, run it."""
        try:
            self._check_transport(call)
            self._authenticate(call)
            if call.headers.get("X-TC-Version") != VERSION:
                raise RefusedError("NoSuchVersion", "The API version does not exist.")
            if call.action not in self._actions:
                raise RefusedError("InvalidAction", f"The action {call.action!r} does not exist.")
            if not self._limit.allows(call.action, self._settings["tencent.rate_limit"], call.ticks):
                raise RefusedError(self._settings["tencent.rate_limit_code"], "Too many requests.")
            fields, action = self._actions[call.action]
            data = action(_parameters(call, fields), call)
        except RefusedError as refusal:
            return self.error(refusal.code, refusal.message)
        body = {"Response": {**data, "RequestId": str(uuid.uuid4())}}
        return json_reply(200, body, executed=data.get("Result") is not False)

    def error(self, code: str, message: str, status: int | None = None) -> Reply:
        """The Response envelope with an Error; HTTP 200 unless a fault asks for another status."""
        body = {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": str(uuid.uuid4())}}
        return json_reply(status or 200, body, code=code)

    def failure(self, status: int) -> Reply:
        """A common error."""
        return self.error(FAILURES.get(status, "InternalError"), "The service cannot do this now.", status)

    def state(self) -> dict[str, Any]:
        """Certificates by id, and the whole operation log."""
        ticks = time.monotonic()
        return {
            "certificates": {item.id: item.as_dict(ticks) for item in self.certificates.values()},
            "operate_log": [
                {
                    "certificate": row.certificate,
                    "type": row.type,
                    "created": china_time(row.created),
                    "visible": row.visible <= ticks,
                }
                for row in self._log
            ],
        }

    def set_certificate(self, identity: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Test hook: change a certificate from outside."""
        scenario.known(changes, ("status", "status_msg", "after_resubmit", "multi_year"), "certificate")
        if identity not in self.certificates:
            raise scenario.ScenarioError(f"there is no certificate {identity!r}")
        certificate = self.certificates[identity]
        if "status" in changes:
            certificate.settle(_status(changes["status"]))
        if changes.get("after_resubmit") is not None:
            _status(changes["after_resubmit"])
        for name in ("status_msg", "after_resubmit", "multi_year"):
            if name in changes:
                setattr(certificate, name, changes[name])
        return certificate.as_dict(time.monotonic())

    # Authentication

    def _check_transport(self, call: Call) -> None:
        if call.method != "POST":
            raise RefusedError("UnsupportedProtocol", "Only POST is supported here.")
        if call.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            raise RefusedError("InvalidParameter", "Content-Type must be application/json.")
        if len(call.body) > MAX_BODY:
            raise RefusedError("RequestSizeLimitExceeded", "The request is too large.")

    def _authenticate(self, call: Call) -> None:
        auth = parse_authorization(call.headers.get("Authorization", ""), METHOD)
        if auth is None:
            raise RefusedError("AuthFailure.InvalidAuthorization", "The Authorization header is malformed.")
        identity, _slash, scope = auth.credential.partition("/")
        parts = scope.split("/")
        if len(parts) != 3 or parts[2] != "tc3_request":
            raise RefusedError("AuthFailure.InvalidAuthorization", "The credential scope is malformed.")
        if identity not in self._secrets:
            raise RefusedError("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        timestamp = call.headers.get("X-TC-Timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise RefusedError("InvalidParameterValue", "X-TC-Timestamp must be seconds.")
        if not timestamp_is_fresh(int(timestamp), call.now):
            raise RefusedError("AuthFailure.SignatureExpire", "The signature has expired.")
        payload = call.body
        if call.headers.get("X-TC-Content-SHA256") == "UNSIGNED-PAYLOAD":
            payload = b"UNSIGNED-PAYLOAD"
        secret = self._secrets[identity]
        if parts[:2] != [utc_date(int(timestamp)), "ssl"] or not tc3_matches(
            auth, secret.key, scope, call.headers, payload
        ):
            raise RefusedError("AuthFailure.SignatureFailure", "The signature does not match.")
        if call.headers.get("X-TC-Token") != secret.token or call.ticks >= secret.expires or call.token_expired:
            raise RefusedError("AuthFailure.TokenFailure", "The token is not valid.")

    # Actions

    def _resubmit(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        certificate = self._certificate(given)
        settings = self._settings
        paid = certificate.source != "upload"
        if not paid or certificate.true_status(call.ticks) not in (REJECTED, CANCELLED):
            raise RefusedError(
                f"{settings['tencent.wrong_status_prefix']}.CertificateStatusNotAllowResubmit",
                "The certificate cannot be submitted again in its current status.",
            )
        after = certificate.after_resubmit
        steps = [(0.0, settings["tencent.status_after_resubmit"] if after is None else after)]
        if settings["tencent.rejected_again_seconds"] is not None:
            steps.append((settings["tencent.rejected_again_seconds"], REJECTED))
        certificate.plan(call.ticks, settings["tencent.status_lag_seconds"], *steps)
        certificate.resubmits += 1
        self._write_log(certificate, "Resubmit", call)
        return {"CertificateId": certificate.id}

    def _cancel_audit(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        settings = self._settings
        certificate = self.certificates.get(_identity(given))
        if certificate is None or (certificate.true_status(call.ticks) not in settings["tencent.cancellable_statuses"]):
            raise RefusedError("FailedOperation.CertificateNotFoundOrCantCancel", "Not found, or cannot be cancelled.")
        if certificate.multi_year:
            raise RefusedError("FailedOperation.CertificateCancelFailedMulti", "Only in the first year.")
        if not settings["tencent.cancel_result"]:
            return {"Result": False}
        steps = [(0.0, CANCELLING)]
        if settings["tencent.cancel_seconds"] is not None:
            steps.append((settings["tencent.cancel_seconds"], CANCELLED))
        certificate.plan(call.ticks, settings["tencent.status_lag_seconds"], *steps)
        self._write_log(certificate, "cancel", call)
        return {"Result": True}

    def _describe_certificate(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        return self._certificate(given).single(call.ticks)

    def _describe_certificate_detail(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        return self._certificate(given).detail(call.ticks)

    def _describe_certificates(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        offset, limit = _paging(given, default_limit=10)
        self._check_list_values(given)
        found = [item for item in self.certificates.values() if _selected(item, given, call)]
        sort = given.get("ExpirationSort")
        if sort:
            found.sort(key=lambda item: item.ends or 0.0, reverse=sort == "DESC")
        else:
            found.sort(key=lambda item: item.inserted, reverse=True)
        return {
            "TotalCount": len(found),
            "Certificates": [item.row(call.ticks) for item in found[offset : offset + limit]],
        }

    def _check_list_values(self, given: dict[str, Any]) -> None:
        largest = self._settings["tencent.max_cert_ids"]
        if largest is not None and len(given.get("CertIds") or []) > largest:
            raise RefusedError("InvalidParameterValue", f"CertIds has more than {largest} items.")
        if not all(0 <= number <= 15 for number in given.get("CertificateStatus") or []):
            raise RefusedError("InvalidParameterValue", "CertificateStatus is out of range.")
        allowed: dict[str, tuple[Any, ...]] = {
            "ExpirationSort": ("ASC", "DESC"),
            "CertificateType": ("CA", "SVR"),
            "FilterSource": ("upload", "buy"),
        }
        switches = ("Deployable", "Upload", "Renew", "IsSM", "FilterExpiring", "Hostable", "IsPendingIssue")
        allowed |= dict.fromkeys(switches, (0, 1))
        for name, values in allowed.items():
            if given.get(name) is not None and given[name] not in values:
                raise RefusedError("InvalidParameterValue", f"{name} does not take this value.")

    def _describe_operate_logs(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        offset, limit = _paging(given, default_limit=20)
        start = _moment(given, "StartTime", call.now - 15 * DAY)
        end = _moment(given, "EndTime", call.now + 1)
        rows = [row for row in reversed(self._log) if row.visible <= call.ticks and start <= int(row.created) <= end]
        page = rows[offset : offset + limit]
        return {
            "AllTotal": len(rows),
            "TotalCount": len(page),
            "OperateLogs": [
                {
                    "CertId": row.certificate,
                    "Type": row.type,
                    "Action": f"{row.type} {row.certificate}",
                    "CreatedOn": china_time(row.created),
                    "Uin": "100000000001",
                    "SubAccountUin": "100000000002",
                }
                for row in page
            ],
        }

    def _write_log(self, certificate: Certificate, kind: str, call: Call) -> None:
        delay = self._settings["tencent.operate_log_delay_seconds"]
        self._log.append(LogRow(certificate.id, kind, call.now, call.ticks + delay))

    def _certificate(self, given: dict[str, Any]) -> Certificate:
        certificate = self.certificates.get(_identity(given))
        if certificate is None:
            raise RefusedError("FailedOperation.CertificateNotFound", "The certificate does not exist.")
        return certificate


def _identity(given: dict[str, Any]) -> str:
    if not given.get("CertificateId"):
        raise RefusedError("MissingParameter", "CertificateId is missing.")
    return str(given["CertificateId"])


def _selected(item: Certificate, given: dict[str, Any], call: Call) -> bool:
    text = (given.get("SearchKey") or "").lower()
    row = item.row(call.ticks)
    in_month = item.ends is not None and 0 < item.ends - call.now <= 30 * DAY
    conditions: dict[str, Callable[[Any], bool]] = {
        "CertIds": lambda value: item.id in value,
        "CertificateStatus": lambda value: row["Status"] in value,
        "SearchKey": lambda value: any(text in part.lower() for part in (item.id, item.alias, *item.names)),
        "CertificateType": lambda value: item.type == value,
        "ProjectId": lambda value: item.project_id == value,
        "Deployable": lambda value: item.deployable == bool(value),
        "Upload": lambda value: (item.source == "upload") == bool(value),
        "Renew": lambda value: item.renewable == bool(value),
        "FilterSource": lambda value: (item.source == "upload") == (value == "upload"),
        "IsSM": lambda value: not value,
        "FilterExpiring": lambda value: in_month or not value,
        "Hostable": lambda value: item.hosted == bool(value),
        "IsPendingIssue": lambda value: row["Status"] in (0, 4, 5, 8, 13) or not value,
        "Tags": lambda value: all(tag in item.tags for tag in value),
        "ServiceId": lambda value: False,
    }
    return all(test(given[name]) for name, test in conditions.items() if given.get(name) not in (None, "", []))


def _parameters(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    if call.json is NOT_JSON or not isinstance(call.json, dict):
        raise RefusedError("InvalidParameter", "The body must be a JSON object.")
    for name, value in call.json.items():
        if name not in fields:
            raise RefusedError("UnknownParameter", f"The parameter {name} is not recognized.")
        if value is not None and not _has_type(value, fields[name]):
            raise RefusedError("InvalidParameterValue", f"The parameter {name} has a wrong type.")
    return call.json


def _has_type(value: Any, kind: Any) -> bool:
    if isinstance(kind, list):
        return isinstance(value, list) and all(_has_type(item, kind[0]) for item in value)
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(
            key in kind and _has_type(item, kind[key]) for key, item in value.items()
        )
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _paging(given: dict[str, Any], default_limit: int) -> tuple[int, int]:
    offset, limit = given.get("Offset"), given.get("Limit")
    offset = 0 if offset is None else offset
    limit = default_limit if limit is None else limit
    if offset < 0 or limit < 0:
        raise RefusedError("InvalidParameterValue", "Offset and Limit must not be negative.")
    return offset, min(limit, MAX_LIMIT)


def _moment(given: dict[str, Any], name: str, default: float) -> float:
    if given.get(name) is None:
        return default
    moment = parse_china_time(given[name])
    if moment is None:
        raise RefusedError("InvalidParameterValue", f"{name} must be YYYY-MM-DD HH:MM:SS.")
    return moment


def _status(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 15:
        raise scenario.ScenarioError(f"{value!r} is no status (0-15)")
    return value


def _secret(item: Mapping[str, Any]) -> tuple[str, Secret]:
    where = "tencent.secrets"
    expires = float("inf") if item.get("expires_in") is None else time.monotonic() + item["expires_in"]
    return scenario.required(item, "id", where), Secret(
        scenario.required(item, "key", where), item.get("token"), expires
    )


def _certificate(item: Mapping[str, Any], number: int) -> Certificate:
    domain = scenario.required(item, "domain", "tencent.certificates")
    now = time.time()

    def days(name: str) -> float | None:
        return None if item.get(name) is None else now + item[name] * DAY

    after = item.get("after_resubmit")
    return Certificate(
        id=item.get("id") or f"tc{number:06d}",
        domain=domain,
        names=item.get("names") or [domain],
        status=_status(item.get("status", 1)),
        alias=item.get("alias", ""),
        status_msg=item.get("status_msg", ""),
        source=item.get("from", "trustasia"),
        type=item.get("type", "SVR"),
        package=item.get("package", "14"),
        package_name=item.get("package_name", "OV SSL"),
        project_id=item.get("project_id", 0),
        inserted=now + item.get("inserted_days", -1) * DAY - number,
        begins=days("begins_days"),
        ends=days("ends_days"),
        deployable=item.get("deployable", False),
        renewable=item.get("renewable", False),
        hosted=item.get("hosted", False),
        multi_year=item.get("multi_year", False),
        is_dv=item.get("is_dv", False),
        tags=item.get("tags") or [],
        after_resubmit=None if after is None else _status(after),
    )
