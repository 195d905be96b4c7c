# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""What a report tells of one provider: its rows in one shape, and what is wrong with them. All pure.

What comes in are the results of the modules that list what there is. A provider is one entry of :data:`PROVIDERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, normalise
from ansible_collections.certops.cdn.plugins.module_utils._times import days_left, iso_time, parse_time
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import HOPELESS, Status
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import Rollout

# ---- The shape of a report -------------------------------------------------------------------------------------------


class Severity(IntEnum):
    """How much it matters. The number is what the metrics tell."""

    OK = 0
    NOTICE = 1
    """Something to tidy up."""
    WARNING = 2
    """Somebody has to act, and there is time left."""
    CRITICAL = 3
    """Users see errors now or soon, something has failed that serves them, or the report is blind."""

    @property
    def label(self) -> str:
        return self.name.lower()


WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.NOTICE)

PROBLEMS: Mapping[str, tuple[Severity, ...]] = {
    "unread": (Severity.CRITICAL,),
    "expired": (Severity.CRITICAL, Severity.NOTICE),
    "expiring": WORST_FIRST,
    "mismatch": (Severity.CRITICAL,),
    "rollout_failed": (Severity.CRITICAL,),
    "rejected": (Severity.WARNING,),
    "attention": (Severity.WARNING,),
    "cancelled": (Severity.NOTICE,),
    "unbound": (Severity.NOTICE,),
    "no_certificate": (Severity.NOTICE,),
}
"""The classes of problems in the order in which they are told, and how severe each can be."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to do about it.

    :ivar affected: the domains that it is about, where the row itself does not say
    """

    problem: str
    severity: Severity
    summary: str = ""
    next_step: str = ""
    affected: tuple[str, ...] = ()

    @property
    def listed(self) -> bool:
        """Whether it is told by itself. Without a text it only marks its row: another problem tells of it."""
        return bool(self.summary)


UNREAD = Problem("unread", Severity.CRITICAL)
"""Marks a row of which something could not be read; the provider's own problem says why."""


@dataclass(frozen=True)
class Row:
    """A certificate, a certificate request or a domain.

    :ivar names: the host names it is valid for, or the domain's
    :ivar used_by: the domains that have it bound; None where nobody can tell
    :ivar active: whether it is in force or on its way there; the end of what was revoked or cancelled is of no interest
    """

    kind: str
    id: str
    name: str
    names: tuple[str, ...]
    status: str
    not_before: datetime | None = None
    not_after: datetime | None = None
    days_left: int | None = None
    issuer: str | None = None
    auto_renew: bool | None = None
    certificate: str | None = None
    used_by: tuple[str, ...] | None = None
    active: bool = True
    problems: tuple[Problem, ...] = ()

    @property
    def severity(self) -> Severity:
        return max((problem.severity for problem in self.problems), default=Severity.OK)

    @property
    def watched(self) -> bool:
        """Whether somebody may be cut off when it expires."""
        return self.active and self.kind != "domain" and self.used_by != () and self.not_after is not None

    def as_result(self, provider: str) -> dict[str, Any]:
        return {
            "provider": provider,
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "names": list(self.names),
            "severity": self.severity.label,
            "problems": [problem.problem for problem in self.problems],
            "status": self.status,
            "not_before": iso_time(self.not_before),
            "not_after": iso_time(self.not_after),
            "days_left": self.days_left,
            "expires": None if self.days_left is None else when(self.days_left),
            "issuer": self.issuer,
            "auto_renew": self.auto_renew,
            "certificate": self.certificate,
            "used_by": None if self.used_by is None else list(self.used_by),
            "active": self.active,
        }


@dataclass(frozen=True)
class View:
    """From where the reader looks: the time, and from how many days left on an end is told."""

    now: datetime
    warning_days: int
    critical_days: int

    def expiry(self, row: Row, *, replaced: bool = False) -> tuple[str, Severity] | None:
        """Whether the end of a certificate is a problem, and which.

        :param replaced: another certificate is there that can take over, and nobody knows whether it has
        """
        left = row.days_left
        if left is None or left > self.warning_days:
            return None
        if left < 0:
            return "expired", Severity.NOTICE if replaced else Severity.CRITICAL
        severity = Severity.CRITICAL if left <= self.critical_days else Severity.WARNING
        return "expiring", Severity(severity - 1) if replaced else severity


def when(days: int) -> str:
    """When something ends or has ended, in words that say what its whole days left say, rounded down as these are."""
    if days < 0:
        return f"less than {plural(-days, 'day') if days < -1 else 'a day'} ago"
    return "in less than a day" if days == 0 else f"in {plural(days, 'day')}"


def ends(row: Row) -> str:
    """``Expires in 5 days``, from a row that has days left."""
    days = row.days_left or 0
    return f"{'Expired' if days < 0 else 'Expires'} {when(days)}."


def plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class Replacements:
    """Which certificates can take over from another: they cover all of its names, and end later."""

    def __init__(self, candidates: Iterable[Row], now: datetime) -> None:
        self._by_name: dict[str, dict[str, Row]] = {}
        for row in candidates:
            begun = row.not_before is None or row.not_before <= now
            if row.active and begun and row.not_after is not None and row.not_after > now:
                for name in row.names:
                    self._by_name.setdefault(normalise(name), {})[row.id] = row

    def of(self, row: Row) -> Row | None:
        """The one that lasts longest."""
        found: dict[str, Row] | None = None
        for name in map(normalise, row.names):
            label, _dot, parent = name.partition(".")
            covering = dict(self._by_name.get(name, {}))
            if label != "*":
                covering.update(self._by_name.get(f"*.{parent}", {}))
            found = covering if found is None else {key: found[key] for key in found if key in covering}
        later = [
            one
            for one in (found or {}).values()
            if one.id != row.id and one.not_after and (row.not_after is None or one.not_after > row.not_after)
        ]
        return max(later, key=lambda one: (one.not_after, one.id), default=None)


# ---- Taking results apart --------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What the modules have told of a provider.

    :ivar messages: why something could not be read; empty if all could
    """

    lists: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @classmethod
    def from_results(cls, results: Iterable[Mapping[str, Any]]) -> Told:
        told = cls()
        # What concerns all of a provider's modules alike, such as wrong credentials, is told once.
        messages: dict[str, str] = {}
        for result in results:
            if result.get("failed") or result.get("unreachable"):
                message = str(result.get("msg") or "no message").strip()
                code = (result.get("error") or {}).get("code")
                messages.setdefault(str(code or message), message)
            for name in ("certificates", "domains", "certificate_requests"):
                if name in result:
                    told.lists.setdefault(name, []).extend(result[name])
        told.messages = list(messages.values())
        return told

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        return self.lists.get(name, [])

    @property
    def partly_failed(self) -> bool:
        """Whether rows say themselves what of them could not be read."""
        return any(row.get("error") for rows in self.lists.values() for row in rows)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _texts(values: Iterable[object] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(value) for value in values or () if _text(value)))


def _dated(row: Row, told: Mapping[str, Any], now: datetime, end: str = "not_after") -> Row:
    not_after = parse_time(told.get(end))
    left = days_left(not_after, now)
    if told.get("expired") and (left is None or left >= 0):
        left = -1  # the provider says so, whatever the date
    return replace(row, not_before=parse_time(told.get("not_before")), not_after=not_after, days_left=left)


# ---- Zenlayer --------------------------------------------------------------------------------------------------------


def _zenlayer(told: Told, view: View) -> list[Row]:
    domains = told.rows("domains")
    stored = {_text(one.get("certificate_id")): one for one in told.rows("certificates")}
    users: dict[str, list[str]] = {}
    for domain in domains:
        certificate = domain.get("certificate")
        if certificate:
            key = _text(certificate.get("certificate_id"))
            stored.setdefault(key, certificate)
            users.setdefault(key, []).append(_text(domain.get("domain_name")))
    bindings_known = "domains" in told.lists and (not told.messages or told.partly_failed)
    unknown = [_text(domain.get("domain_name")) for domain in domains if domain.get("error")]

    def used_by(key: str, names: Sequence[str]) -> tuple[str, ...] | None:
        found = tuple(users.get(key, ()))
        certain = bindings_known and not any(covered(names, name) for name in unknown)
        return found if found or certain else None

    certificates = []
    for key, one in stored.items():
        names = _texts(one.get("sans")) or _texts([one.get("common_name")])
        row = Row(
            kind="certificate",
            id=key,
            name=_text(one.get("certificate_label")) or _text(one.get("common_name")) or key,
            names=names,
            status="",
            issuer=_text(one.get("issuer")) or None,
            used_by=used_by(key, names),
        )
        certificates.append(_dated(row, one, view.now))
    replacements = Replacements(certificates, view.now)
    return [
        *(_zenlayer_certificate(row, replacements.of(row), view) for row in certificates),
        *(_zenlayer_domain(domain, replacements, view) for domain in domains),
    ]


def _zenlayer_certificate(row: Row, replacement: Row | None, view: View) -> Row:
    if row.used_by == ():
        gone = row.days_left is not None and row.days_left < 0
        problem = Problem(
            "unbound",
            Severity.NOTICE,
            f"{ends(row)} No domain has it bound." if gone else "No domain has it bound.",
            f"Delete it: certops.cdn.zenlayer_certificate with certificate_id: {row.id} and state: absent."
            if gone or replacement
            else "Bind it with certops.cdn.zenlayer_domain_cert, or delete it with certops.cdn.zenlayer_certificate.",
        )
        return replace(row, status="not bound", problems=(problem,))
    status = "bindings unknown" if row.used_by is None else f"bound to {plural(len(row.used_by), 'domain')}"
    found = view.expiry(row)
    if found is None:
        return replace(row, status=status)
    step = (
        f"Bind {replacement.name}, which covers the same names {_until(replacement)}: "
        f"certops.cdn.zenlayer_domain_cert with certificate_id: {replacement.id} and all_covered: true."
        if replacement
        else "Renew it, store the renewed one with certops.cdn.zenlayer_certificate, "
        "and bind it with certops.cdn.zenlayer_domain_cert."
    )
    return replace(row, status=status, problems=(Problem(*found, ends(row), step, row.used_by or ()),))


def _zenlayer_domain(domain: Mapping[str, Any], replacements: Replacements, view: View) -> Row:
    name, certificate = _text(domain.get("domain_name")), domain.get("certificate") or {}
    rollout = Rollout.of(_text(domain.get("config_status")), _text(domain.get("domain_status")))
    words = [{Rollout.DEPLOYED: "deployed", Rollout.FAILED: "rollout failed"}.get(rollout, "rolling out")]
    state = _text(domain.get("domain_status")).lower()
    if state not in ("", "enabled", "deployed", "failed", "deploying"):
        words.append(state)
    row = Row(
        kind="domain",
        id=_text(domain.get("domain_id")),
        name=name,
        names=(name,),
        status=", ".join(words),
        certificate=_text(certificate.get("certificate_label") or certificate.get("certificate_id")) or None,
    )
    row = _dated(row, certificate, view.now)
    problems = []
    if domain.get("error"):
        row = replace(row, status="binding unknown")
        problems.append(UNREAD)
    elif not certificate:
        better = replacements.of(row)
        step = (
            f"If it is to serve HTTPS, bind {better.name}, which covers it: "
            f"certops.cdn.zenlayer_domain_cert with certificate_id: {better.id} and domain_ids: [{row.id}]."
            if better
            else "If it is to serve HTTPS, store a certificate for it with certops.cdn.zenlayer_certificate."
        )
        problems.append(Problem("no_certificate", Severity.NOTICE, "No certificate is bound to it.", step))
    elif not covered(_texts(certificate.get("sans")) or _texts([certificate.get("common_name")]), name):
        step = "Bind one that covers it: certops.cdn.zenlayer_domain_cert."
        summary = f"Its certificate {row.certificate} is not valid for its name."
        problems.append(Problem("mismatch", Severity.CRITICAL, summary, step))
    if rollout is Rollout.FAILED:
        step = (
            f"Have it rolled out again: certops.cdn.zenlayer_domain_cert with domain_ids: [{row.id}] "
            f"and certificate_id: {_text(certificate.get('certificate_id'))}."
            if certificate
            else "Look at the domain in the provider's console."
        )
        problems.append(Problem("rollout_failed", Severity.CRITICAL, "Its last rollout has failed.", step))
    found = view.expiry(row)
    if found is not None:
        problems.append(Problem(*found))  # the certificate's own problem tells of all its domains
    return replace(row, problems=tuple(problems))


def _until(row: Row) -> str:
    return f"until {row.not_after:%Y-%m-%d}"


# ---- Tencent Cloud ---------------------------------------------------------------------------------------------------

_GONE = ("cancelled", "revoked", "refunded")

_WAITS_FOR = {
    "awaiting_documents": ("documents", "Hand in the documents at the provider's console."),
    "free_awaiting_documents": ("documents", "Hand in what the order asks for at the provider's console."),
    "awaiting_confirmation_letter": ("the confirmation letter", "Upload it, signed, at the provider's console."),
    "awaiting_revocation_letter": ("the revocation letter", "Upload it, signed, at the provider's console."),
}


def _tencent(told: Told, view: View) -> list[Row]:
    given = told.rows("certificates")
    rows = []
    for one in given:
        key, status = _text(one.get("certificate_id")), _text(one.get("status_name"))
        row = Row(
            kind="certificate",
            id=key,
            name=_text(one.get("alias")) or _text(one.get("domain")) or key,
            names=_texts([one.get("domain"), *(one.get("sans") or ())]),
            status=status.replace("_", " ") or f"status {_text(one.get('status'))}",
            issuer=_text(one.get("certificate_authority")) or None,
            auto_renew=one.get("auto_renew"),
            active=status not in _GONE,
        )
        rows.append(_dated(row, {**one, "expired": status == "expired"}, view.now))
    issued = (row for row, one in zip(rows, given) if one.get("status_name") == "issued")
    replacements = Replacements(issued, view.now)
    return [_tencent_certificate(row, one, replacements, view) for row, one in zip(rows, given)]


def _tencent_certificate(row: Row, told: Mapping[str, Any], replacements: Replacements, view: View) -> Row:
    status, reason = _text(told.get("status_name")), _text(told.get("status_message"))
    resubmit = f"certops.cdn.tencent_cert_resubmit with certificate_ids: [{row.id}]."
    problems = []
    if status == "rejected":
        summary = f"Its review has failed: {reason}" if reason else "Its review has failed."
        step = (
            f"Correct what the review objects to, and have it reviewed again: {resubmit}"
            if told.get("resubmittable")
            else "It cannot be reviewed again: apply for it, or upload it, anew."
        )
        problems.append(Problem("rejected", Severity.WARNING, summary, step))
    elif status == "cancelled":
        step = (
            f"If it is still wanted: {resubmit}"
            if told.get("resubmittable")
            else "Delete it at the provider's console."
        )
        problems.append(Problem("cancelled", Severity.NOTICE, "Its application was cancelled.", step))
    elif status in _WAITS_FOR:
        what, step = _WAITS_FOR[status]
        problems.append(Problem("attention", Severity.WARNING, f"It waits for {what}.", step))
    elif not status:
        summary = f"The provider tells a {row.status} that this collection does not know."
        problems.append(Problem("attention", Severity.WARNING, summary, "Look at it in the provider's console."))
    replacement = replacements.of(row)
    found = view.expiry(row, replaced=replacement is not None) if row.active else None
    if found is not None:
        problems.append(Problem(*found, *_tencent_expiry(row, replacement)))
    return replace(row, problems=tuple(problems))


def _tencent_expiry(row: Row, replacement: Row | None) -> tuple[str, str]:
    if replacement is not None:
        summary = f"{ends(row)} {replacement.name} ({replacement.id}) covers the same names {_until(replacement)}."
        step = "See that nothing uses it any more, and delete it at the provider's console."
        return summary, step if (row.days_left or 0) < 0 else "Deploy that one wherever this one is still in use."
    if row.auto_renew:
        return ends(row), "The provider is to renew it by itself: see that it does."
    return ends(row), "Renew it at the provider's console, and deploy the renewed one."


# ---- VDMS ------------------------------------------------------------------------------------------------------------


def _vdms(told: Told, view: View) -> list[Row]:
    return [_vdms_request(one, view) for one in told.rows("certificate_requests")]


def _vdms_request(told: Mapping[str, Any], view: View) -> Row:
    key, order = _text(told.get("id")), _text(told.get("order_status"))
    words = [_words(_text(told.get("status"))) or "status unknown"]
    if order and order.lower() != "issued":
        words.append(f"order {_words(order)}")
    row = Row(
        kind="request",
        id=key,
        name=_text(told.get("certificate_label")) or key,
        names=_texts(domain.get("name") for domain in told.get("domains") or ()),
        status=", ".join(words),
        issuer=_text(told.get("certificate_authority")) or None,
        auto_renew=told.get("auto_renew"),
        active=Status.of(_text(told.get("status"))) is not Status.DELETED,
    )
    row = _dated(row, told, view.now, end="expiration_date")
    problems = []
    if told.get("error"):
        problems.append(UNREAD)
    found = view.expiry(row) if row.active else None
    if found is not None:
        step = (
            "The provider is to renew it by itself: see that its domains still pass the validation."
            if row.auto_renew
            else f"Renew it: certops.cdn.vdms_cert_request_action with certificate_id: {key} and action: renew."
        )
        problems.append(Problem(*found, ends(row), step))
    if row.active:
        problems += _vdms_attention(told, key, order)
    return replace(row, problems=tuple(problems))


def _vdms_attention(told: Mapping[str, Any], key: str, order: str) -> list[Problem]:
    """Whether somebody has to do something before a request goes on: one problem at most."""
    reason = _text(told.get("error_message")) or _text(told.get("workflow_error_message"))
    because = f" The provider says: {reason}" if reason else ""
    action = f"certops.cdn.vdms_cert_request_action with certificate_id: {key} and action:"
    if order.lower() in HOPELESS:
        summary = f"Its order at the certificate authority is {_words(order)}.{because}"
        again = {
            "renewalrejected": f"have it renewed again: {action} renew",
            "reissuerejected": "make the change again with certops.cdn.vdms_cert_request",
        }.get(order.lower(), f"submit it again: {action} retrigger")
        return [Problem("rejected", Severity.WARNING, summary, f"Correct the cause, and {again}.")]
    unproved = [
        record
        for record in told.get("dcv_records") or ()
        if _text(record.get("validation_status")).lower() != "approved"
    ]
    if unproved:
        domains = _texts(record.get("domain") for record in unproved)
        by_mail = all(record.get("type") == "Email" for record in unproved)
        step = (
            f"Have the certificate authority's e-mails answered. To have them sent again: {action} resend_emails."
            if by_mail
            else "Publish the DNS records that certops.cdn.vdms_cert_request_info returns as dcv_records. "
            f"To have them checked at once: {action} check_dcv."
        )
        summary = f"The control of {plural(len(domains), 'domain')} is not proved yet.{because}"
        return [Problem("attention", Severity.WARNING, summary, step, domains)]
    if told.get("requires_attention") or reason:
        step = f"Correct the cause at the provider, and submit it again: {action} retrigger."
        return [Problem("attention", Severity.WARNING, f"It does not go on by itself.{because}", step)]
    return []


def _words(text: str) -> str:
    """``domain control validation`` for ``DomainControlValidation``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()


# ---- All of them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Provider:
    """A provider: its name for people, and what makes rows of what its modules have told."""

    name: str
    rows: Callable[[Told, View], list[Row]]


PROVIDERS: Mapping[str, Provider] = {
    "zenlayer": Provider("Zenlayer", _zenlayer),
    "tencent": Provider("Tencent Cloud", _tencent),
    "vdms": Provider("VDMS", _vdms),
}
