# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a run tells is true, by the emulator's record and state. All of it is pure: checks return complaints."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reliability.matrix.rules import IMPATIENT, ONCE, RETRIES, Case, Effect, Expectation
from reliability.matrix.tasks import WAIT, Task

ERROR_KEYS = {"provider", "action", "code", "message", "http_status", "request_id", "outcome"}
PROVIDERS = {"zenlayer": "Zenlayer", "tencent": "Tencent Cloud", "vdms": "VDMS"}

LONGEST_PAUSE = 8.0
"""Seconds between two attempts, or between a lost answer and the look that follows."""

# Property of a VDMS request -> the call that changes it beside the one that changes most of them.
CALL_OF = {"notifications": "UpdateNotifications", "organization": "UpdateOrganization"}


@dataclass(frozen=True)
class Run:
    """One run of a task.

    :ivar calls: the emulator's record
    :ivar state: the provider's state afterwards, as :func:`view` shows it
    :ivar seconds: by the collection's clock
    """

    result: Mapping[str, Any]
    calls: list[dict[str, Any]]
    state: Any
    seconds: float

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])

    @property
    def writes(self) -> list[dict[str, Any]]:
        return [call for call in self.calls if call["write"]]

    @property
    def executed(self) -> list[dict[str, Any]]:
        return [call for call in self.writes if call["executed"]]


def view(service: str, state: Mapping[str, Any], pair_sha256: str) -> Any:
    """What a task is about in a service's state: without times, tokens, and what is made at random."""
    if service == "zenlayer":
        return {
            "domains": {
                key: (one["certificate"], one["config_status"], one["served_certificate"])
                for key, one in state["domains"].items()
            },
            "certificates": sorted(
                (one["label"], one["sha256"] == pair_sha256) for one in state["certificates"].values()
            ),
        }
    if service == "tencent":
        return {key: (one["status"], one["resubmits"]) for key, one in state["certificates"].items()}
    fields = (
        "certificate_label",
        "description",
        "auto_renew",
        "dcv_method",
        "status",
        "order_status",
        "change_pending",
    )
    return [
        {
            **{name: one[name] for name in fields},
            "domains": sorted(domain["name"] for domain in one["domains"]),
            "organization": (one["organization"] or {}).get("company_name"),
            "notifications": one["notifications"],
        }
        for one in state["requests"].values()
    ]


def meant_by(call: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a write does, and to what: two with the same are the same write."""
    body = call["body"] if isinstance(call["body"], dict) else {}
    return (call["action"], call["path"], *(body.get(name) for name in ("domainId", "certificateId", "CertificateId")))


def target_of(call: Mapping[str, Any]) -> str:
    """The target in a task's rows."""
    body = call["body"] if isinstance(call["body"], dict) else {}
    return str(body.get("domainId") or body.get("CertificateId") or "")


def rows(task: Task, result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What the result tells of each target; nothing where the task has no rows, or the run did not get there."""
    if task.rows is None or task.rows[0] not in result:
        return {}
    return {row[task.rows[1]]: row for row in result[task.rows[0]]}


# ---- A run in which something was wrong ------------------------------------------------------------------------------


def complaints(case: Case, run: Run, good: Run, wanted: Expectation) -> list[str]:
    """All that is wrong with what became of one fault.

    :param good: the same task where nothing is wrong
    """
    checks: list[Callable[[], Iterator[str]]] = [
        lambda: as_expected(run, good, wanted),
        lambda: success_is_true(case.task, run, good),
        lambda: writes_are_told(case.task, run),
        lambda: sent_seldom_enough(case, run, good, wanted),
        lambda: error_is_complete(case.task, run),
        lambda: within_its_deadline(case, run, good),
    ]
    return [complaint for check in checks for complaint in check()]


def as_expected(run: Run, good: Run, wanted: Expectation) -> Iterator[str]:
    if wanted.survived is True and (run.failed, run.state) != (good.failed, good.state):
        yield f"a fault that can be survived was not: {run.result.get('msg')}"
    if wanted.survived is False and not run.failed:
        yield "success where nobody can know of any"


def success_is_true(task: Task, run: Run, good: Run) -> Iterator[str]:
    """Success is told only where the provider's state shows it, and so is a rollback."""
    if not run.failed and run.state != good.state:
        yield f"success is told, but the state is {run.state}"
    if not run.failed and run.changed != good.changed:
        yield f"changed is {run.changed}"
    undone = {meant_by(call)[0] for call in good.executed} - {meant_by(call)[0] for call in run.executed}
    if not run.failed and undone:
        yield f"success is told without {', '.join(undone)}"
    for target, row in rows(task, run.result).items():
        if row["outcome"] == "rolled_back" and run.state["domains"][target][0] != row["previous_certificate_id"]:
            yield f"{target} is told to be rolled back, but has {run.state['domains'][target][0]}"


def writes_are_told(task: Task, run: Run) -> Iterator[str]:
    """Every write that was executed is told, or told to be unclear; and no other is."""
    told = rows(task, run.result)
    executed: dict[str, list[str]] = {}
    for call in run.executed:
        executed.setdefault(target_of(call) if told else "", []).append(call["action"])
    for target, row in (told or {"": run.result}).items():
        actions = executed.get(target, [])
        unclear = (row.get("error") or {}).get("outcome") == "unknown" or row.get("outcome") == "rolled_back"
        if actions and not row["changed"] and not unclear:
            yield f"{target}: executed, but not told: {', '.join(actions)}"
        if row["changed"] and not actions:
            yield f"{target}: told to be changed, but nothing was executed"
    if told and run.changed != any(row["changed"] for row in told.values()):
        yield f"the task's changed is {run.changed}, and that of its rows another"
    if told and set(executed) - set(told):
        yield f"executed, but without a row: {', '.join(set(executed) - set(told))}"
    if "changes" in run.result and run.result.get("certificate_request") is not None:
        yield from properties_are_told(run)


def properties_are_told(run: Run) -> Iterator[str]:
    """The same for the properties of a certificate request."""
    done = {call["action"] for call in run.executed}
    unclear = (run.result.get("error") or {}).get("outcome") == "unknown"
    for name, action in CALL_OF.items():
        told = name in run.result["changes"]
        if action in done and not told and not unclear:
            yield f"{action} was executed, but {name} is not among the changes"
        if told and action not in done and "CreateCertificateRequest" not in done:
            yield f"{name} is told to be changed, but {action} was not executed"


def sent_seldom_enough(case: Case, run: Run, good: Run, wanted: Expectation) -> Iterator[str]:
    """No write is sent or executed more often than it may."""
    asked = Counter(meant_by(call) for call in good.writes)
    sent = Counter(meant_by(call) for call in run.writes)
    executed = Counter(meant_by(call) for call in run.executed)
    for meant, count in sent.items():
        hit = meant[0] == case.action or case.effect is Effect.STALE_TOKEN
        # One that is not asked for takes the place of another: delete where cancel is refused.
        most = max(asked[meant], 1)
        if count > most + (wanted.sends if hit else 0):
            yield f"{meant} was sent {count} times"
        if executed[meant] > most + (wanted.executions if hit else 0):
            yield f"{meant} was executed {executed[meant]} times"
        if meant[0] in ONCE and executed[meant] > most:
            yield f"{meant}, which does harm when it is done twice, was executed {executed[meant]} times"


def error_is_complete(task: Task, run: Run) -> Iterator[str]:
    """DESIGN rule 9."""
    if not run.failed:
        if run.result.get("error") is not None:
            yield "an error without a failure"
        return
    errors = [run.result.get("error")]
    errors += [row["error"] for row in rows(task, run.result).values() if row["error"] is not None]
    for error in errors:
        if not isinstance(error, dict) or set(error) != ERROR_KEYS:
            yield f"the error is {error}"
            continue
        if not all(error[key] for key in ("code", "message")) or error["code"] == "Defect":
            yield f"the error does not say what is wrong: {error}"
        if error["provider"] != PROVIDERS[task.service]:
            yield f"the error is of {error['provider'] or 'nobody'}"
        if error["outcome"] not in ("not_executed", "unknown", "refused"):
            yield f"the error's outcome is {error['outcome']}"
        if not isinstance(error["http_status"], int | None):
            yield f"the error's status is {error['http_status']}"
    if not run.result.get("msg") or "Traceback" in run.result["msg"]:
        yield f"msg is {run.result.get('msg')}"


def within_its_deadline(case: Case, run: Run, good: Run) -> Iterator[str]:
    """Every call ends after so many attempts and pauses, and every wait after its time."""
    answer = IMPATIENT if case.fault.slow else 1.0
    calls = len(good.calls) + 2 * len(run.calls)
    waits = 2 * case.task.options.get("wait_timeout", WAIT["wait_timeout"])
    most = waits + calls * (RETRIES + 1) * (answer + LONGEST_PAUSE)
    if run.seconds > most:
        yield f"it took {run.seconds:.0f} s, and {most:.0f} s at most was allowed"


# ---- The runs after it -----------------------------------------------------------------------------------------------


def rerun_complaints(task: Task, again: Run, good: Run, first: Run) -> Iterator[str]:
    """What is wrong with a run after the fault is gone."""
    refused = not task.state and again.failed and again.result["error"]["code"] == "Refused"
    if refused:
        # An action that is not possible any more, because it was done.
        if again.writes or not first.executed:
            yield f"the run after it failed: {again.result['msg']}"
    elif again.failed != good.failed:
        yield f"the run after it failed: {again.result.get('msg')}"
    if again.state != good.state and not task.forgets:
        yield f"the run after it has led to {again.state}"
    if task.only_reads and not first.failed and content(first) != content(again):
        yield "what was read is not what there is"


def third_complaints(task: Task, third: Run) -> Iterator[str]:
    """What is wrong with the run after that."""
    if task.state and (third.changed or third.writes):
        yield f"the run after that has sent {[call['action'] for call in third.writes]}"


def content(run: Run) -> dict[str, Any]:
    """What a query tells."""
    return {name: value for name, value in run.result.items() if name not in ("invocation", "warnings")}
