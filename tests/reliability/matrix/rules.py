# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, and what must come of it. DESIGN rule 4 in this file's own words; it shares none with plugins/."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from reliability.matrix.tasks import Task

RETRIES = 3
PATIENT = 30.0
IMPATIENT = 0.3
"""The option timeout, in seconds: for most faults, and for those that take their time."""

HASTE = 50
"""So many seconds of the collection's pauses take one."""

ONCE = frozenset(
    {
        "ModifyCertificateResubmit",
        "CreateCertificate",
        "CreateCertificateRequest",
        "RenewCertificate",
        "RetriggerCertificate",
        "CheckDcv",
        "GenerateDcvToken",
        "ResendDcvEmail",
    }
)
"""Writes that do harm where they are executed twice."""

BODILESS = frozenset(
    {
        "CancelCertificate",
        "DeleteCertificate",
        "RenewCertificate",
        "RetriggerCertificate",
        "CheckDcv",
        "ResendDcvEmail",
    }
)
"""They are answered with 204, so there is no body that could be cut off or come too slowly."""

TRACELESS = frozenset({"ResendDcvEmail"})
"""Nothing that can be read shows that these were executed."""


class Access(Enum):
    """What a call does."""

    READ = "read"
    WRITE = "write"
    ONCE = "once"

    @classmethod
    def of(cls, action: str, writes: bool) -> "Access":
        if not writes:
            return cls.READ
        return cls.ONCE if action in ONCE else cls.WRITE


class Effect(Enum):
    """What a client can know of a call that the fault has hit."""

    NOTHING = "nothing is wrong"
    NOT_EXECUTED = "the provider did not act"
    UNKNOWN = "the outcome is not known"
    REFUSED = "the provider, or something in front of it, said no"
    STALE_TOKEN = "the provider did not act, and wants a new token"


@dataclass(frozen=True)
class Fault:
    """One kind of trouble.

    :ivar order: what the emulator is asked for
    :ivar effect: on most services; ``effects`` has those on which it is another
    :ivar executed: the call is carried out all the same
    :ivar slow: it is about time
    :ivar of_body: it is about the body of an answer that is all right
    :ivar haste: another one, as a listener that is closed for a while opens in its own time
    :ivar everywhere: it hits later calls of an action too, and not only the first or all of them
    :ivar orders: more to order on some services, such as their own codes
    :ivar lasting: what to order in place of `order` to have it last
    """

    name: str
    order: Mapping[str, Any]
    effect: Effect
    executed: bool = False
    slow: bool = False
    of_body: bool = False
    haste: int = HASTE
    everywhere: bool = False
    effects: Mapping[str, Effect] = field(default_factory=dict)
    orders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lasting: Mapping[str, Any] = field(default_factory=dict)

    def on(self, service: str, action: str) -> Effect:
        """What it does to a call."""
        if self.of_body and action in BODILESS:
            return Effect.NOTHING
        if action == "Token" and self.effects.get(service) is Effect.STALE_TOKEN:
            return Effect.REFUSED
        return self.effects.get(service, self.effect)


def status(number: int, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": number, **more}


def codes(zenlayer: str, tencent: str, vdms: str, number: int) -> dict[str, dict[str, Any]]:
    """An error in each service's own words; Tencent's come with 200."""
    return {
        "zenlayer": {"code": zenlayer, "status": number},
        "tencent": {"code": tencent},
        "vdms": {"code": vdms, "status": number},
    }


_BUSY = codes("INTERNAL_SERVER_ERROR", "InternalError", "internal_error", 500)
_FORBIDDEN = codes("AUTHFAILURE_UNAUTHORIZED_OPERATION", "UnauthorizedOperation", "forbidden", 403)
_TAKEN = codes("CERTIFICATE_DUPLICATED", "FailedOperation.CertificateStatusNotAllowResubmit", "conflict", 409)
_SIGNED = {"vdms": Effect.NOTHING}  # its tokens do not hang on the client's clock

FAULTS = (
    # No connection
    Fault("refuse", {"kind": "refuse", "seconds": 0.02}, Effect.NOT_EXECUTED, executed=True, haste=5,
          lasting={"kind": "refuse", "seconds": 2.0}),
    # Cut off
    Fault("reset_before", {"kind": "reset_before"}, Effect.UNKNOWN, everywhere=True),
    Fault("reset_after", {"kind": "reset_after"}, Effect.UNKNOWN, executed=True, everywhere=True),
    Fault("truncated", {"kind": "truncated"}, Effect.UNKNOWN, executed=True, of_body=True),
    # Time
    Fault("timeout", {"kind": "timeout", "seconds": 60, "execute": False}, Effect.UNKNOWN, slow=True),
    Fault("timeout_executed", {"kind": "timeout", "seconds": 60}, Effect.UNKNOWN, executed=True, slow=True),
    Fault("late", {"kind": "timeout", "seconds": 0.05}, Effect.NOTHING, executed=True),
    Fault("drip", {"kind": "drip", "seconds": 0.1}, Effect.NOTHING, executed=True),
    Fault("drip_too_slow", {"kind": "drip", "seconds": 3}, Effect.UNKNOWN, executed=True, slow=True,
          of_body=True),
    # The service says that it cannot
    Fault("status_408", status(408), Effect.UNKNOWN),
    Fault("status_429", status(429), Effect.NOT_EXECUTED, everywhere=True),
    Fault("status_500", status(500), Effect.UNKNOWN),
    Fault("status_500_executed", status(500, execute=True), Effect.UNKNOWN, executed=True),
    Fault("status_503", status(503), Effect.UNKNOWN),
    Fault("status_503_retry_after", status(503, retry_after=2), Effect.UNKNOWN),
    Fault("busy", {"kind": "business"}, Effect.UNKNOWN, orders=_BUSY),
    Fault("busy_executed", {"kind": "business", "execute": True}, Effect.UNKNOWN, executed=True, orders=_BUSY),
    # It, or something in front of it, says no
    Fault("forbidden", {"kind": "business"}, Effect.REFUSED, orders=_FORBIDDEN),
    Fault("taken", {"kind": "business"}, Effect.REFUSED, orders=_TAKEN),
    Fault("challenge", {"kind": "challenge"}, Effect.REFUSED),
    Fault("blocked", {"kind": "blocked"}, Effect.REFUSED, everywhere=True),
    Fault("redirect", {"kind": "redirect"}, Effect.REFUSED),
    Fault("expired_token", {"kind": "expired_token"}, Effect.REFUSED, effects={"vdms": Effect.STALE_TOKEN}),
    Fault("clock_skew", {"kind": "clock_skew", "seconds": 3600}, Effect.REFUSED, effects=_SIGNED),
    # No answer of this service
    Fault("html_502", {"kind": "html"}, Effect.UNKNOWN),
    Fault("html_200", {"kind": "html", "status": 200}, Effect.UNKNOWN),
    Fault("json", {"kind": "json", "body": []}, Effect.UNKNOWN),
    Fault("json_executed", {"kind": "json", "body": None, "execute": True}, Effect.UNKNOWN, executed=True),
    Fault("huge", {"kind": "huge", "bytes": 9 * 2**20}, Effect.UNKNOWN),
)  # fmt: skip


class Times(Enum):
    """Which calls of an action are hit."""

    FIRST = "first"
    LAST = "last"
    REST = "all but the first"
    EVER = "ever"

    @property
    def transient(self) -> bool:
        return self in (Times.FIRST, Times.LAST)

    def order(self, calls: int) -> dict[str, Any]:
        """In the emulator's words.

        :param calls: so many there are where nothing goes wrong
        """
        skip = {Times.LAST: calls - 1, Times.REST: 1}.get(self, 0)
        return {"skip": skip, "times": 1 if self.transient else None}


@dataclass(frozen=True)
class Case:
    """One fault on one action of one task."""

    task: Task
    fault: Fault
    action: str
    access: Access
    times: Times
    calls: int

    @property
    def name(self) -> str:
        return f"{self.task.name}:{self.fault.name}:{self.action}:{self.times.value}"

    @property
    def order(self) -> dict[str, Any]:
        """What the emulator is asked for."""
        chosen = self.fault.order if self.times.transient else self.fault.lasting or self.fault.order
        own = self.fault.orders.get(self.task.service, {})
        return {**chosen, **own, "action": self.action, **self.times.order(self.calls)}

    @property
    def effect(self) -> Effect:
        return self.fault.on(self.task.service, self.action)


@dataclass(frozen=True)
class Expectation:
    """What must come of a fault.

    :ivar survived: True: it ends as if nothing had been wrong. False: it is told as a failure. None: either, but as
        it is: that depends on what the call was for
    :ivar sends: so many times more than asked the faulted write is sent at most; any write, where it is the token
        that is gone
    :ivar executions: and so many times more it is executed
    """

    survived: bool | None
    sends: int
    executions: int


def expected(
    effect: Effect, access: Access, *, executed: bool, transient: bool, traceless: bool, alone: bool
) -> Expectation:
    """DESIGN rule 4.

    :param executed: the call is carried out all the same
    :param transient: one call is hit
    :param traceless: nothing that can be read shows that it was executed
    :param alone: no other call of this action is under way
    """
    if access is Access.READ:
        # Reads are repeated. Whether a run can do without one that fails for good depends on the read.
        survived = True if effect is Effect.NOTHING or (transient and effect is not Effect.REFUSED) else None
        return Expectation(survived, int(effect is Effect.STALE_TOKEN), 0)
    repeatable = access is Access.WRITE
    if effect is Effect.NOTHING:
        return Expectation(True, 0, 0)
    if effect is Effect.REFUSED:
        return Expectation(False, 0, 0)
    if effect is Effect.STALE_TOKEN:
        return Expectation(transient, 1, 0)
    if effect is Effect.NOT_EXECUTED:
        if executed:
            # The write is answered. It is what follows that has no connection, and nobody knows what became of another
            # write that was just on its way.
            survived = True if transient and (repeatable or alone) else None
            return Expectation(survived, int(repeatable), int(repeatable))
        return Expectation(transient, RETRIES, 0)
    # Nobody knows: a read finds out. What sets a state may then be sent once more.
    if executed:
        return Expectation(not traceless, int(repeatable), int(repeatable))
    return Expectation(transient and repeatable, int(repeatable), 0)


def expectation(case: Case) -> Expectation:
    return expected(
        case.effect,
        case.access,
        executed=case.fault.executed,
        transient=case.times.transient,
        traceless=case.action in TRACELESS,
        alone=case.calls == 1,
    )
