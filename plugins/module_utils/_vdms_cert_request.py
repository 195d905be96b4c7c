# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: what the stages mean for a certificate request at VDMS CPS. Its decisions are in :mod:`_vdms_model`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._parallel import each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import OneWay, Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._vdms import (
    NamedRequest,
    answered,
    connect,
    named_by,
    with_dcv,
)
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import (
    MISSING_TOKENS,
    PATCHED,
    PROVIDER,
    Certificate,
    Goal,
    Request,
    Status,
    Wanted,
    decide,
    diff,
    differences,
    dns_zones,
    missing_tokens,
    notes,
    notifications_to_send,
    planned,
    predicted_dcv,
    predicted_row,
    removal,
    towards,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

ORDER_LAG = 10.0
"""Seconds after a change of domains or organization for which ``/status`` may still show what was there before."""

# ---- A certificate request, as stages --------------------------------------------------------------------------------


class CertificateRequest(OneWay):
    """The one request that the options name, and its properties."""

    provider = PROVIDER
    all_or_nothing = False
    unwaited_outcome = ""

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        certificate_id, label = named_by(params)
        self._wanted = Wanted.from_options(params)
        self._zones = dns_zones(params["dns_zones"])
        self._absent = params["state"] == "absent"
        self._goal = Goal(params["wait_for"])
        self._check_mode = settings.check_mode
        self._api = connect(params, settings, redact)
        self._now = datetime.now(timezone.utc)
        self._named = NamedRequest(self._api, certificate_id, label)
        self._last = Request()
        # What this run has done.
        self._writing = False
        self._done: list[str] = []

    @property
    def repeatable(self) -> bool:
        """All writes set a state, but the create, which is never sent twice."""
        return self._named.certificate_id is not None

    # select

    def select(self) -> list[str]:
        self._named.find()
        return [str(self._named.certificate_id or self._wanted.certificate_label)]

    # read

    def name(self, key: str) -> str:
        return self._named.name

    @property
    def _name(self) -> str:
        return self._named.name

    def read(self, keys: Sequence[str]) -> dict[str, Read[Request]]:
        return dict(each(lambda _key: self._read(), keys, concurrency=1))

    def _read(self) -> Request:
        """Everything that is compared or told; a :class:`Request` without certificate where there is none."""
        if self._writing:
            # The answer to a create was lost: it may be there by now.
            self._named.find()
        self._last = Request()
        request = self._named.read()
        certificate = request.certificate
        if certificate is not None and not self._absent:
            if request.live and self._wanted.notifications is not None:
                request = replace(request, notifications=self._api.notifications(certificate.certificate_id))
            if request.live and self._named.by_id and not self._writing:
                request = replace(request, label_taken_by=self._label_taken_by(certificate))
            request = with_dcv(self._api, request)
        self._last = request
        return request

    def _label_taken_by(self, present: Certificate) -> tuple[int, ...]:
        """The ids of other requests with the label that a request is to get; the provider would refuse that."""
        label = self._wanted.certificate_label
        if label is None or label == present.certificate_label:
            return ()
        return tuple(number for number in self._api.ids_labelled(label) if number != present.certificate_id)

    # plan

    def plan(self, key: str, state: Request) -> Verdict:
        if self._absent:
            return Change("removed", "would_remove") if state.live else Keep()
        if not state.live and self._writing:
            return Refuse(f"{self._name} was not found after it was to be created.")
        if not state.live and not self._named.by_id and self._named.taken_by:
            return Refuse(
                f"{self._name} is deleted (id {', '.join(map(str, self._named.taken_by))}), and the label of a deleted "
                "request stays taken; use another label. Nothing was created.",
                code="LabelTaken",
            )
        verdict = decide(self._name, state, self._wanted, by_id=self._named.by_id)
        if not isinstance(verdict, Keep) or self._writing:
            return verdict
        progress = towards(self._goal, state)
        if progress is Progress.FAILED:
            return Refuse(self._hopeless(state), code="OrderFailed")
        return Await(predicted=verdict, unwaited=verdict) if progress is Progress.RUNNING else verdict

    def _hopeless(self, state: Request | None) -> str:
        seen = str(state.report) if state and state.report else "it is gone"
        return f"{self._name} cannot reach '{self._goal.value}' any more: {seen}."

    # apply

    def apply(self, target: Target[Request]) -> None:
        self._writing = True
        state = target.state or Request()
        try:
            if self._absent:
                self._remove(target, state)
            elif state.live:
                self._credit_lost_answer(target)
                try:
                    self._update(target, state)
                except ApiError as error:
                    if self._done:
                        error.add(f"Done before that: {', '.join(self._done)}.")
                    raise
            else:
                self._create(target)
        finally:
            if target.changed:
                self._look_back(target)

    def _create(self, target: Target[Request]) -> None:
        """Create the request, then its notifications. A request that was created is kept, whatever comes after."""
        try:
            certificate = self._api.create(self._wanted.create_body(), self._name)
        except ApiError as error:
            if error.outcome is Outcome.UNKNOWN:
                error.add("It was not seen to exist afterwards; a new run looks for it again before it creates it.")
            raise
        self._named.certificate_id = certificate.certificate_id
        target.state = self._last = Request(certificate)
        self._accepted(target, [name for name in self._wanted.given if name != "notifications"])
        if self._wanted.notifications is not None:
            try:
                present = replace(self._last, notifications=self._api.notifications(certificate.certificate_id))
                self._update_notifications(target, present)
            except ApiError as error:
                error.add(f"The request was created all the same, with id {certificate.certificate_id}.")
                raise
        self._compare(target)

    def _update(self, target: Target[Request], present: Request) -> None:
        """PATCH, notifications, organization: the last one, as it can change what the status allows."""
        if present.certificate is None:
            return
        certificate_id = present.certificate.certificate_id
        found = differences(present, self._wanted)
        body = {name: found[name] for name in PATCHED if name in found}
        target.state = self._last = present
        if body:
            answer = self._api.update(certificate_id, body, self._name)
            target.state = self._last = replace(present, certificate=answer)
            self._accepted(target, list(body))
        if "notifications" in found:
            self._update_notifications(target, self._last)
        if "organization" in found:
            organization = self._api.change_organization(certificate_id, found["organization"], self._name)
            changed = (self._last.certificate or present.certificate).with_fields({"organization": organization})
            target.state = self._last = replace(self._last, certificate=changed)
            self._accepted(target, ["organization"])
        self._compare(target)

    def _update_notifications(self, target: Target[Request], present: Request) -> None:
        items = notifications_to_send(present.notifications, self._wanted.notifications or ())
        answer = present.notifications
        if items and present.certificate is not None:
            certificate_id = present.certificate.certificate_id
            answer = self._api.update_notifications(certificate_id, [item.as_body() for item in items], self._name)
        target.state = self._last = replace(present, notifications=answer)
        self._accepted(target, ["notifications"])

    def _accepted(self, target: Target[Request], names: Sequence[str]) -> None:
        target.wrote()
        self._done += [name for name in names if name not in self._done]

    def _credit_lost_answer(self, target: Target[Request]) -> None:
        """Note what an earlier write of this run has done, whose answer was lost."""
        executed = self._executed_unseen(target)
        if executed:
            self._accepted(target, executed)

    def _executed_unseen(self, target: Target[Request]) -> list[str]:
        """Properties that were to be changed, and since a lost answer are read as wanted."""
        if target.lost_answer is None or target.state is None or not target.state.live:
            return []
        remaining = differences(target.state, self._wanted)
        before = target.before or Request()
        return [name for name in planned(before, self._wanted) if name not in remaining and name not in self._done]

    def _compare(self, target: Target[Request]) -> None:
        """The service may rewrite values: warn, and repeat nothing (api/vdms.md 7.2, 7.5)."""
        different = [name for name in differences(self._last, self._wanted) if name in self._done]
        if different:
            target.remark(
                f"{self._name}: the provider has accepted {', '.join(different)}, but answers with another value than "
                "was sent; the next run may find it different again."
            )

    def _remove(self, target: Target[Request], state: Request) -> None:
        """Cancel or delete by status; where that is refused, try the other one once (api/vdms.md 4.2, note 5)."""
        if state.certificate is None or state.report is None:
            return
        certificate_id, way = state.certificate.certificate_id, removal(state.report)
        try:
            self._api.remove(certificate_id, way, self._name)
        except ApiError as error:
            if not answered(error, 400, 409):
                raise
            report = self._api.status(certificate_id)
            if report is None or report.status is Status.DELETED:
                raise  # somebody else was faster, see may_be_done_already()
            try:
                self._api.remove(certificate_id, way.other, self._name)
            except ApiError as second:
                if second.outcome is not Outcome.UNKNOWN:
                    second.add(f"Before that: {error.message}")
                raise
        self._accepted(target, ["state"])

    def _look_back(self, target: Target[Request]) -> None:
        """Read once more what the writes have led to, for the result. Nothing depends on it."""
        latest = self.read([target.key])[target.key]
        if not isinstance(latest, Request):
            return
        if self._absent and latest.live and target.lost_answer is None:
            target.remark(f"{self._name}: its removal was accepted, but it still has {latest.report}; run again later.")
        if self._absent or latest.live:
            target.state = latest
            target.remark(notes(self._name, latest))
            if self._goal is Goal.NONE and not self._absent:
                target.remark(missing_tokens(self._name, latest))

    def may_be_done_already(self, error: ApiError) -> bool:
        return self._absent and answered(error, 400, 404, 409)

    def was_executed(self, target: Target[Request]) -> bool:
        return bool(self._executed_unseen(target))

    # settle

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Request]]:
        return dict(each(lambda _key: self._poll(deadline), keys, concurrency=1))

    def _poll(self, deadline: Deadline) -> Request:
        """The status alone, and what proves the control of the domains until all of it is known."""
        certificate_id = self._named.certificate_id
        report = self._api.status(certificate_id, deadline) if certificate_id is not None else None
        if report is None:
            self._last = Request()
        else:
            self._last = replace(self._last, report=report)
            known = self._last.awaits_domains and self._last.dcv and not self._last.lacks_tokens
            if not (self._absent or known):
                self._last = with_dcv(self._api, self._last, deadline)
        return self._last

    def progress(self, target: Target[Request], state: Request, age: float) -> Progress:
        if self._absent:
            return Progress.RUNNING if state.live else Progress.DONE
        ordered = self._ordered(target)
        progress = towards(self._goal, state, ordered=ordered)
        if progress is Progress.RUNNING or target.written_at is None:
            return progress
        if ordered and not target.seen_running and age < ORDER_LAG:
            return Progress.STALE
        # The end changes more than the status: thumbprint, dates, deployments.
        return Progress.CONFIRM if progress is Progress.DONE else progress

    def confirms(self, target: Target[Request], state: Request) -> bool:
        return towards(self._goal, state, ordered=self._ordered(target)) is Progress.DONE

    def _ordered(self, target: Target[Request]) -> bool:
        """Whether this run has sent a new order for a certificate that was there."""
        existed = target.before is not None and target.before.live
        return existed and ("domains" in self._done or "organization" in self._done)

    def failure(self, target: Target[Request]) -> CdnError:
        return CdnError(
            self._hopeless(target.state),
            provider=PROVIDER,
            action="GetCertificateRequestStatus",
            code="OrderFailed",
            outcome=Outcome.REFUSED,
        )

    def overdue(self, target: Target[Request], seconds: float) -> CdnError | None:
        seen = target.state.report if target.state else None
        goal = "gone" if self._absent else f"'{self._goal.value}'"
        advice = ""
        if target.state is not None and target.state.lacks_tokens and not self._absent:
            advice = f" {MISSING_TOKENS[0].upper()}{MISSING_TOKENS[1:]}."
        elif seen is not None and seen.awaits_domains:
            advice = " It waits for the proof of domain control, see dcv_records."
        elif seen is not None and seen.requires_attention:
            advice = " It requires attention at the provider's."
        return CdnError(
            f"{self._name} is not {goal} after {seconds:g} s (wait_timeout): {seen or 'its status is not known'}."
            f"{advice} Run again to go on waiting.",
            provider=PROVIDER,
            action="GetCertificateRequestStatus",
            code="Timeout",
            outcome=Outcome.UNKNOWN,
        )

    # report

    def report(self, targets: Sequence[Target[Request]]) -> dict[str, Any]:
        (target,) = targets
        before, state = target.before or Request(), target.state or Request()
        changes = self._changes(target, before)
        proof = predicted_dcv(state, self._wanted) if self._check_mode else state
        result: dict[str, Any] = {"changes": changes, "dcv_records": proof.dcv_records(self._zones), "diff": []}
        if target.state is not None:
            result["certificate_request"] = self._row(target, before, state)
        if target.changed:
            result["diff"] = [self._diff(before, changes)]
        return result

    def _changes(self, target: Target[Request], before: Request) -> list[str]:
        """The properties that this run has changed, or in check mode would change, in one order."""
        if not target.changed:
            return []
        if self._absent:
            return ["state"]
        names = planned(before, self._wanted)
        if self._check_mode:
            return names
        known = {*self._done, *self._executed_unseen(target)}
        return [name for name in names if name in known]

    def _row(self, target: Target[Request], before: Request, state: Request) -> dict[str, Any] | None:
        if not self._check_mode or not target.changed:
            return state.as_result(self._now)
        return None if self._absent else predicted_row(before, self._wanted, self._now)

    def _diff(self, before: Request, changes: Sequence[str]) -> dict[str, Any]:
        old, new = ({"state": "present"}, {"state": "absent"}) if self._absent else diff(before, self._wanted, changes)
        # As check mode tells it: a request that is created has no id yet.
        title = self._name if before.live else f"certificate request {self._named.label}"
        return {"before_header": title, "after_header": title, "before": old, "after": new}
