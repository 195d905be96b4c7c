# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: what can be asked for at VDMS CPS beside the properties of a certificate request: when it is possible, what
it has led to, and what the stages mean for it. Nothing is ever sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import normalise
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_negative, unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import OneWay, Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._shape import as_text
from ansible_collections.certops.cdn.plugins.module_utils._vdms import (
    NamedRequest,
    answered,
    connect,
    named_by,
    order_of,
    with_dcv,
)
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import (
    ISSUED,
    PROVIDER,
    RENEWING,
    Action,
    DcvRecord,
    Request,
    Status,
    days_left_of,
    dns_zones,
    missing_tokens,
    notes,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

EMAIL = "email"
"""The DCV method, lower case, that has e-mails and no tokens (api/vdms.md 2.2)."""

DEAD_ORDERS = frozenset({"rejected", "expired", "canceled"})
"""Order statuses, lower case, of a request that has ended without a certificate."""

DEAD_DOMAINS = frozenset({"timedout", "rejected", "secretrejected"})
"""Domain statuses, lower case, likewise. What a time-out looks like is described nowhere (api/vdms.md 2.1, C8)."""


# ---- Decisions (api/vdms.md 4.2, 7.15), pure -------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What the options ask for.

    :ivar domains: names, in the form in which they are compared; None for all
    :ivar expires_within: renew only if at most so many days are left
    """

    action: Action
    domains: tuple[str, ...] | None = None
    expires_within: int | None = None

    @classmethod
    def from_options(cls, params: Mapping[str, Any]) -> Asked:
        """
        :raises InputError: an option cannot be used
        """
        action, domains = Action(params["action"]), params["domains"]
        not_negative(params, "expires_within")
        if domains is not None and not action.on_domains:
            raise InputError(f"domains: {action.value} is for a request as a whole.", provider=PROVIDER)
        if params["expires_within"] is not None and action is not Action.RENEW:
            raise InputError(f"expires_within is for renew, not for {action.value}.", provider=PROVIDER)
        names = None if domains is None else tuple(map(normalise, unique("domains", domains, normalise)))
        return cls(action, names, params["expires_within"])


def decide(name: str, request: Request, asked: Asked, now: datetime) -> Verdict:
    """The decision table.

    :param name: the request in messages
    """
    if not request.live or request.certificate is None:
        deleted = request.certificate is not None
        return Refuse(f"{name} {'has status Deleted' if deleted else 'does not exist in this account'}.", "NotFound")
    verdict = _decide(request, asked, now)
    if isinstance(verdict, Refuse):
        return Refuse(f"{name}: {verdict.reason} Nothing was sent.")
    return verdict


def _decide(request: Request, asked: Asked, now: datetime) -> Verdict:
    if asked.action is Action.RENEW:
        return _decide_renewal(request, asked.expires_within, now)
    if asked.action is Action.RETRIGGER:
        return _decide_retrigger(request)
    return _decide_on_domains(request, asked)


_SEND = Change("sent", "would_send")


def _decide_renewal(request: Request, within: int | None, now: datetime) -> Verdict:
    if request.report is not None and request.report.order in RENEWING:
        return Keep()
    if request.status is not Status.ACTIVE:
        return Refuse(f"its {request.report} forbids to renew it; only a certificate that is Active can be renewed.")
    left = days_left_of(request.certificate.fields, now) if request.certificate else None
    return Keep() if within is not None and left is not None and left > within else _SEND


def _decide_retrigger(request: Request) -> Verdict:
    if request.status in ISSUED:
        return Refuse(f"its {request.report} forbids to resubmit it; that is for requests that were never issued.")
    if not has_ended(request):
        return Refuse(f"it has {request.report} and shows no sign of a time-out; only then it can be resubmitted.")
    return _SEND


def has_ended(request: Request) -> bool:
    """Whether the CA has given a request up that it has not issued, or the provider tells an error of it."""
    domains = request.certificate.present_domains if request.certificate else []
    validations = request.report.validations.values() if request.report else ()
    return (
        (request.report is not None and request.report.order in DEAD_ORDERS)
        or any(domain.status.lower() in DEAD_DOMAINS for domain in domains)
        or "rejected" in map(str.lower, validations)
        or any(text.strip() for text in _errors_told(request))
    )


def _errors_told(request: Request) -> list[str]:
    """The errors with the present step, and with the request as a whole; "" for none (api/vdms.md 3.1, 3.5)."""
    fields = request.certificate.fields if request.certificate else {}
    return [request.report.error_message if request.report else "", as_text(fields.get("workflow_error_message"))]


def _decide_on_domains(request: Request, asked: Asked) -> Verdict:
    method = request.certificate.dcv_method if request.certificate else ""
    if asked.action is Action.REGENERATE_TOKENS and method.lower() == EMAIL:
        return Refuse("its domains are validated by e-mail, which has no tokens; use resend_emails.")
    if asked.action is Action.RESEND_EMAILS and method.lower() != EMAIL:
        return Refuse(f"its dcv_method is {method}, for which no e-mails are sent.")
    if not request.awaits_domains:
        return Refuse(f"its {request.report} forbids {asked.action.value}; it does not wait for the proof of control.")
    known = request.certificate.names_by_id.values() if request.certificate else ()
    unknown = [name for name in asked.domains or () if name not in known]
    return Refuse(f"domains: it has no {', '.join(unknown)}.") if unknown else _SEND


def was_executed(action: Action, before: Request, now: Request) -> bool:
    """Whether what is read now shows that an action was executed whose answer was lost (api/vdms.md 7.15)."""
    if not before.live or not now.live or before.certificate is None or now.certificate is None:
        return False
    order = now.report.order if now.report else ""
    if action is Action.RENEW:
        renewed = order == "renewed" and before.report is not None and before.report.order != order
        ends = [request.certificate.fields.get("expiration_date") for request in (before, now) if request.certificate]
        return order in RENEWING or renewed or ends[0] != ends[1]
    if action is Action.RETRIGGER:
        return has_ended(before) and not has_ended(now)
    if action is Action.REGENERATE_TOKENS:
        old = {record.domain: record.token for record in before.dcv}
        return any(record.token and old.get(record.domain) not in (None, record.token) for record in now.dcv)
    # The CA checks by itself too; what was wanted of the call has come about in either case. E-mails leave no trace.
    return action is Action.CHECK_DCV and (not now.awaits_domains or _pending(now) < _pending(before))


def _pending(request: Request) -> set[str]:
    validations = request.report.validations if request.report else {}
    return {name for name, word in validations.items() if word.lower() == "pending"}


# ---- An action, as stages --------------------------------------------------------------------------------------------


class RequestAction(OneWay):
    """The one request that the options name, and what is asked for."""

    provider = PROVIDER
    all_or_nothing = False
    repeatable = False
    unwaited_outcome = ""

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        certificate_id, label = named_by(params)
        self._asked = Asked.from_options(params)
        self._zones = dns_zones(params["dns_zones"])
        self._api = connect(params, settings, redact)
        self._named = NamedRequest(self._api, certificate_id, label)
        self._now = datetime.now(timezone.utc)
        # The request as it was when the action was sent.
        self._sent_for: Request | None = None

    # select

    def select(self) -> list[str]:
        self._named.find()
        return [str(self._named.certificate_id or self._named.label)]

    # read

    def name(self, key: str) -> str:
        return self._named.name

    def read(self, keys: Sequence[str]) -> dict[str, Read[Request]]:
        return dict(each(lambda _key: with_dcv(self._api, self._named.read()), keys, concurrency=1))

    # plan

    def plan(self, key: str, state: Request) -> Verdict:
        name = self._named.name
        if self._sent_for is not None and was_executed(self._asked.action, self._sent_for, state):
            return Keep()
        verdict = decide(name, state, self._asked, self._now)
        return replace(verdict, note=notes(name, state)) if isinstance(verdict, (Keep, Change)) else verdict

    # apply

    def apply(self, target: Target[Request]) -> None:
        state = target.state or Request()
        if state.certificate is None:
            return
        self._sent_for = state
        try:
            tokens = self._api.act(self._asked.action, state.certificate, self._domain_ids(state), self._named.name)
        except ApiError as error:
            if error.outcome is Outcome.UNKNOWN:
                error.add(
                    "Nobody can tell whether it was executed, so it was not sent again; look at the request first."
                )
            raise
        target.wrote()
        target.state = replace(state, dcv=_merged(state.dcv, tokens))
        latest = self.read([target.key])[target.key]
        if isinstance(latest, Request) and latest.live:
            target.state = latest
            target.remark(notes(self._named.name, latest))
            target.remark(missing_tokens(self._named.name, latest))

    def _domain_ids(self, state: Request) -> list[int]:
        names = state.certificate.names_by_id if state.certificate else {}
        return [number for number, name in names.items() if name in (self._asked.domains or ())]

    def may_be_done_already(self, error: ApiError) -> bool:
        return self._asked.action is Action.RENEW and answered(error, 400, 409)

    def was_executed(self, target: Target[Request]) -> bool:
        """There is no evidence beside the request itself, see :meth:`plan`."""
        return False

    # settle: an action is complete once it is accepted

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Request]]:
        return self.read(keys)

    def progress(self, target: Target[Request], state: Request, age: float) -> Progress:
        return Progress.DONE

    def confirms(self, target: Target[Request], state: Request) -> bool:
        return False

    def failure(self, target: Target[Request]) -> CdnError:
        return target.lost_answer or CdnError(f"{self._named.name}: the action has failed.", provider=PROVIDER)

    def overdue(self, target: Target[Request], seconds: float) -> CdnError | None:
        return None

    # report

    def report(self, targets: Sequence[Target[Request]]) -> dict[str, Any]:
        (target,) = targets
        before, state = target.before or Request(), target.state or Request()
        sent = self._sent(before) if target.changed else None
        result: dict[str, Any] = {"sent": sent, "dcv_records": state.dcv_records(self._zones), "diff": []}
        if target.state is not None:
            result["certificate_request"] = state.as_result(self._now)
        if sent is not None:
            title = self._named.name
            result["diff"] = [
                {"before_header": title, "after_header": title, "before": {"sent": None}, "after": {"sent": sent}}
            ]
        return result

    def _sent(self, before: Request) -> dict[str, Any] | None:
        """The call that was, or in check mode would be, sent."""
        if before.certificate is None:
            return None
        order = order_of(self._asked.action, before.certificate.certificate_id, self._domain_ids(before))
        return order.as_result()


def _merged(old: Sequence[DcvRecord], new: Sequence[DcvRecord]) -> tuple[DcvRecord, ...]:
    """The records with those that are new in place of the old ones of the same domains."""
    by_domain = {record.domain: record for record in new}
    return tuple(by_domain.get(record.domain, record) for record in old)
