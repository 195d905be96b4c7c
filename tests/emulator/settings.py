# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every switch of the emulator: its name, its default, the values it takes. A name that does not exist is refused."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class SettingError(ValueError):
    """The setting does not exist, or does not take this value."""


@dataclass(frozen=True)
class Kind:
    """A set of allowed values, and its description for people."""

    text: str
    accepts: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_status(value: Any) -> bool:
    return _is_int(value) and 0 <= value <= 15


def _is_result(value: Any) -> bool:
    return value in ("DEPLOYED", "FAILED")


def one_of(*values: Any) -> Kind:
    """One of these values, types included (True is not 1)."""
    text = " / ".join("null" if value is None else str(value) for value in values)
    return Kind(text, lambda given: any(given == value and type(given) is type(value) for value in values))


FLAG = Kind("true / false", lambda value: isinstance(value, bool))
TEXT = Kind("text", lambda value: isinstance(value, str) and bool(value))
SECONDS = Kind("seconds", lambda value: _is_number(value) and value >= 0)
SECONDS_OR_NEVER = Kind("seconds, null = for ever", lambda value: value is None or (_is_number(value) and value >= 0))
SECONDS_OR_NULL = Kind("seconds, null = off", lambda value: value is None or (_is_number(value) and value >= 0))
OFFSET = Kind("seconds, may be negative", _is_number)
COUNT_OR_NULL = Kind("integer from 1, null = off", lambda value: value is None or (_is_int(value) and value >= 1))
STATUS_NUMBER = Kind("integer 0-15", _is_status)
STATUS_NUMBERS = Kind("list of integers 0-15", lambda value: isinstance(value, list) and all(map(_is_status, value)))
TEXTS = Kind("list of texts", lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value))
ROLLOUT_RESULT = Kind(
    "DEPLOYED / FAILED / a list of these, one for each rollout",
    lambda value: _is_result(value) or (isinstance(value, list) and all(map(_is_result, value))),
)


@dataclass(frozen=True)
class Setting:
    """One switch."""

    name: str
    default: Any
    kind: Kind
    text: str


ALL = (
    Setting("latency_seconds", 0, SECONDS, "added to each call of a service"),
    Setting("clock_skew_seconds", 0, OFFSET, "the server's clock is wrong by so much (shows in Date)"),
    # Zenlayer
    Setting("zenlayer.rollout_seconds", 1.0, SECONDS_OR_NEVER, "how long a rollout takes"),
    Setting(
        "zenlayer.rollout_result", "DEPLOYED", ROLLOUT_RESULT, "how rollouts end; a list is used up, then DEPLOYED"
    ),
    Setting("zenlayer.failing_certificates", [], TEXTS, "ids or labels: a rollout that binds one of these fails"),
    Setting("zenlayer.status_lag_seconds", 0, SECONDS, "DescribeDomains shows the old status so long after a write"),
    Setting(
        "zenlayer.binding_lag_seconds",
        0,
        SECONDS,
        "DescribeDomainCertificate shows the old certificate so long after a write",
    ),
    Setting("zenlayer.binding_during_rollout", "new", one_of("new", "old"), "certificate shown while rolling out"),
    Setting("zenlayer.binding_after_failure", "new", one_of("new", "old"), "certificate shown after FAILED"),
    Setting(
        "zenlayer.same_binding",
        "rollout",
        one_of("rollout", "noop"),
        "binding the certificate that is bound: a new rollout, or nothing (after FAILED always a rollout)",
    ),
    Setting(
        "zenlayer.modify_while_deploying",
        "accept",
        one_of("accept", "refuse"),
        "ModifyDomainCertificate during a rollout",
    ),
    Setting(
        "zenlayer.modify_while_stopped",
        "accept",
        one_of("accept", "refuse"),
        "ModifyDomainCertificate on a stopped domain",
    ),
    Setting(
        "zenlayer.wrong_status_code",
        "DOMAIN_STATUS_NOT_SUPPORT_OPERATION",
        TEXT,
        "code (HTTP 400) when the domain's status forbids the action",
    ),
    Setting("zenlayer.replace_rolls_out", True, FLAG, "ModifyCertificate starts rollouts on the bound domains"),
    Setting(
        "zenlayer.success_form",
        "long",
        one_of("long", "short"),
        "answer of actions without data: with or without the response object",
    ),
    Setting("zenlayer.status_case", "upper", one_of("upper", "title"), "DEPLOYED or Deployed"),
    Setting(
        "zenlayer.status_field",
        "configStatus",
        one_of("configStatus", "domainStatus"),
        "field that carries the rollout status; domainStatus = there is no configStatus",
    ),
    Setting("zenlayer.in_progress_word", "DEPLOYING", TEXT, "the status during a rollout"),
    Setting("zenlayer.stopped_word", "DISABLED", TEXT, "domainStatus of a stopped domain"),
    Setting(
        "zenlayer.no_certificate",
        "null",
        one_of("null", "absent", "empty_object", "empty_id"),
        "how DescribeDomainCertificate says that none is bound",
    ),
    Setting("zenlayer.fingerprint_algorithm", "sha1", one_of("md5", "sha1", "sha256"), "hash of the leaf"),
    Setting("zenlayer.fingerprint_case", "upper", one_of("upper", "lower"), "letter case of the fingerprint"),
    Setting("zenlayer.fingerprint_colons", False, FLAG, "AA:BB:CC instead of AABBCC"),
    Setting("zenlayer.domain_name_match", "partial", one_of("partial", "exact"), "filter domainName"),
    Setting(
        "zenlayer.domain_name_case", "ignored", one_of("ignored", "minded"), "letter case in the filter domainName"
    ),
    Setting("zenlayer.certificate_label_match", "partial", one_of("partial", "exact"), "filter certificateLabel"),
    Setting("zenlayer.san_match", "covers", one_of("covers", "exact"), "filter san: wildcards count, or same text"),
    Setting("zenlayer.oversized_page", "refuse", one_of("refuse", "lower"), "pageSize above 1000"),
    Setting(
        "zenlayer.token_error_code",
        "AUTHFAILURE_INVALID_AUTHORIZATION",
        TEXT,
        "code (HTTP 401) for an unknown or expired bearer token",
    ),
    Setting("zenlayer.rate_limit", None, COUNT_OR_NULL, "calls per second and action, then 429"),
    # Tencent
    Setting(
        "tencent.wrong_status_prefix",
        "FailedOperation",
        one_of("FailedOperation", "InvalidParameter"),
        "prefix of CertificateStatusNotAllowResubmit",
    ),
    Setting("tencent.status_after_resubmit", 5, STATUS_NUMBER, "status after ModifyCertificateResubmit"),
    Setting("tencent.status_lag_seconds", 0, SECONDS, "reads show the old status so long after a write"),
    Setting(
        "tencent.rejected_again_seconds",
        None,
        SECONDS_OR_NULL,
        "so long after a resubmit the review fails again (status 2)",
    ),
    Setting("tencent.cancel_seconds", 1.0, SECONDS_OR_NEVER, "from cancelling (6) to cancelled (7)"),
    Setting("tencent.cancel_result", True, FLAG, "Result of CancelAuditCertificate; false changes nothing"),
    Setting("tencent.cancellable_statuses", [0, 4, 8], STATUS_NUMBERS, "where CancelAuditCertificate is allowed"),
    Setting("tencent.operate_log_delay_seconds", 0, SECONDS, "from an action to its row in the operation log"),
    Setting("tencent.max_cert_ids", None, COUNT_OR_NULL, "most CertIds in one DescribeCertificates"),
    Setting("tencent.rate_limit", None, COUNT_OR_NULL, "calls per second and action"),
    Setting("tencent.rate_limit_code", "RequestLimitExceeded", TEXT, "code of a call above the rate limit"),
    # VDMS
    Setting("vdms.token_seconds", 300, SECONDS, "lifetime of access tokens (expires_in)"),
    Setting("vdms.unauthorized_body", "empty", one_of("empty", "error"), "body of 401 and 403"),
    Setting("vdms.narrow_scope_status", 401, one_of(401, 403), "answer when the token's scope is too narrow"),
    Setting("vdms.processing_seconds", 1.0, SECONDS_OR_NEVER, "time in Processing"),
    Setting("vdms.domain_control_validation_seconds", None, SECONDS_OR_NEVER, "time in DomainControlValidation"),
    Setting("vdms.other_validation_seconds", None, SECONDS_OR_NEVER, "time in OtherValidation"),
    Setting("vdms.deployment_seconds", 1.0, SECONDS_OR_NEVER, "time in Deployment"),
    Setting(
        "vdms.change_seconds", 1.0, SECONDS_OR_NEVER, "time of a reissue, renewal or organization update at the CA"
    ),
    Setting(
        "vdms.status_during_change",
        "Active",
        one_of("Active", "Processing"),
        "status after a change of an issued certificate; Processing runs through all states again",
    ),
    Setting(
        "vdms.change_result",
        "done",
        one_of("done", "rejected"),
        "how a reissue or renewal ends; rejected leaves the certificate as it was",
    ),
    Setting(
        "vdms.dcv_token_seconds",
        0,
        SECONDS_OR_NEVER,
        "from the status or the change that needs them to the DCV tokens; null in DCV metadata before",
    ),
    Setting("vdms.dcv_check", "approve", one_of("approve", "nothing"), "effect of the check call"),
    Setting("vdms.domain_ids_required", True, FLAG, "DCV metadata of DNS methods need domain_ids"),
    Setting("vdms.null_domains", "refuse", one_of("refuse", "ignore"), "PATCH with domains: null or []"),
    Setting(
        "vdms.unchanged_domains",
        "reissue",
        one_of("reissue", "nothing"),
        "PATCH of an issued certificate with the domains it has",
    ),
    Setting("vdms.removed_domains", "gone", one_of("gone", "PendingDelete"), "domains left out by a PATCH"),
    Setting("vdms.unknown_fields", "refuse", one_of("refuse", "ignore"), "unknown keys in request bodies"),
    Setting("vdms.auto_renew_default", True, FLAG, "auto_renew of a create without it"),
    Setting("vdms.failed_create_reserves_label", False, FLAG, "a refused create keeps its label taken"),
    Setting("vdms.cancel_reverts_change", False, FLAG, "cancel on an Active request with a pending change reverts it"),
    Setting(
        "vdms.delete_unissued",
        "complement",
        one_of("complement", "refuse"),
        "DELETE before issue: where cancel is not possible, or never",
    ),
    Setting("vdms.deleted_get", 200, one_of(200, 404), "GET of a deleted request"),
    Setting("vdms.list_deleted", True, FLAG, "deleted requests are in lists"),
    Setting("vdms.query_match", "contains", one_of("contains", "exact"), "query value without *"),
    Setting("vdms.oversized_page", "refuse", one_of("refuse", "lower"), "page_size above 20"),
    Setting("vdms.paging_extras", "none", one_of("none", "@links", "next_cursor"), "extra field in certificate lists"),
    Setting("vdms.rewrite_labels", "none", one_of("none", "spaces"), "labels come back with spaces for dots"),
    Setting("vdms.rewrite_domains", "none", one_of("none", "dashes"), "domains come back with dashes for dots"),
    Setting("vdms.fraction_digits", "mixed", one_of("mixed", 0, 1, 2, 3, 4, 5, 6), "of seconds in timestamps"),
    Setting("vdms.rate_limit", None, COUNT_OR_NULL, "calls per second and action, then 429"),
)

BY_NAME = {setting.name: setting for setting in ALL}


class Settings:
    """The present values. `settings["zenlayer.rollout_seconds"]` reads one."""

    def __init__(self) -> None:
        self._values = {setting.name: copy.deepcopy(setting.default) for setting in ALL}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set all of these, or none: nested ({"zenlayer": {...}}) and dotted ("zenlayer.x") names are both fine."""
        flat = dict(_flatten(changes))
        for name, value in flat.items():
            if name not in BY_NAME:
                raise SettingError(f"there is no setting {name!r}")
            check(name, value)
        self._values.update(copy.deepcopy(flat))

    def as_dict(self) -> dict[str, Any]:
        """Nested by service, as in a scenario."""
        nested: dict[str, Any] = {}
        for name, value in self._values.items():
            service, dot, short = name.partition(".")
            if dot:
                nested.setdefault(service, {})[short] = value
            else:
                nested[name] = value
        return nested


def check(name: str, value: Any) -> None:
    """Refuse a value that the setting does not take."""
    kind = BY_NAME[name].kind
    if not kind.accepts(value):
        raise SettingError(f"setting {name} does not take {value!r}, but: {kind.text}")


def _flatten(changes: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(changes, Mapping):
        raise SettingError("settings are an object of names and values")
    for key, value in changes.items():
        name = f"{prefix}{key}"
        if name not in BY_NAME and isinstance(value, Mapping):
            yield from _flatten(value, f"{name}.")
        else:
            yield name, value
