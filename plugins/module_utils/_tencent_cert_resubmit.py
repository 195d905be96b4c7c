# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: the reviews of Tencent Cloud certificates: the decision table, and what the stages mean for a resubmit."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import one_given, unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import chunks, each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import OneWay, Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._tencent import (
    MAX_IDS,
    NOT_FOUND,
    PROVIDER,
    RESUBMITTABLE,
    WRONG_STATUS,
    Certificate,
    LogRow,
    Status,
    Tencent,
    advice_on,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

LOG_ALLOWANCE = 2.0
"""Seconds that a row of the operation log may be older than the write that it tells of, by the provider's clock: the
log has whole seconds, and not all servers have quite the same time.

Too few leave a lost answer unclear, and the next run finds out. Too many would take an earlier resubmit for this one.
"""

LOG_SECONDS = 20.0
"""Time limit for reading the operation log: it is a help, and many writes may wait for it."""

FROM_STATUSES = tuple(status.label for status in RESUBMITTABLE)
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
    if status in RESUBMITTABLE:
        return _RESUBMIT if status in from_statuses else _left_out(status)
    if status is Status.CANCELLING:
        if Status.CANCELLED not in from_statuses:
            return _left_out(status)  # it will be, once it is cancelled: there is nothing to wait for
        return Await(
            predicted=_RESUBMIT,
            unwaited=Refuse("is being cancelled (status 6). Run again when that has ended, or with wait=true"),
        )
    return Keep(_KEPT[status]) if status in _KEPT else Refuse(_REFUSED[status])


def _left_out(status: Status) -> Keep:
    is_so = "is being cancelled" if status is Status.CANCELLING else f"is {status.label}"
    return Keep(f"{is_so} (status {status.value}) and was left so, because from_statuses leaves that out")


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


# ---- The resubmission of certificates, as stages ---------------------------------------------------------------------


class Resubmissions(OneWay):
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
        # UNIX seconds of the writes, by the provider's clock.
        self._sent_at: dict[str, float] = {}
        self._log: tuple[Deadline, list[LogRow]] | None = None

    @staticmethod
    def _check(params: Mapping[str, Any]) -> None:
        one_given(params, "certificate_ids", "all_resubmittable")
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
            f"{self.name(key)} is not a certificate of this account ({advice_on(NOT_FOUND, 'DescribeCertificates')}).",
            provider=PROVIDER,
            action="DescribeCertificates",
            code=NOT_FOUND,
        )

    # plan

    def plan(self, key: str, state: Certificate) -> Verdict:
        return said_of(str(state), decide(state.told_status, self._from))

    # apply

    def apply(self, target: Target[Certificate]) -> None:
        self._sent_at[target.key] = time.time() + self._api.clock_ahead
        try:
            target.wrote(self._api.resubmit(self._certificates[target.key]))
        except ApiError as error:
            if error.outcome is Outcome.UNKNOWN:
                error.add("Nobody can tell whether it was executed; run again, a run begins with reading the status.")
            raise

    def may_be_done_already(self, error: ApiError) -> bool:
        return error.code.endswith(WRONG_STATUS)

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
