# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: which there are, and which call gets which."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .exchange import Call
from .record import parsed_body

REQUIRED = object()

# The parameters of each kind with their defaults.
KINDS: dict[str, dict[str, Any]] = {
    "refuse": {"seconds": 1.0},
    "reset_before": {},
    "reset_after": {},
    "timeout": {"seconds": REQUIRED, "execute": True},
    "status": {
        "status": REQUIRED,
        "body": None,
        "headers": {},
        "content_type": "application/json",
        "retry_after": None,
        "retry_after_date": None,
        "execute": False,
    },
    "html": {"status": 502, "execute": False},
    "truncated": {},
    "challenge": {},
    "blocked": {},
    "redirect": {"status": 307, "location": None},
    "clock_skew": {"seconds": REQUIRED},
    "expired_token": {},
    "drip": {"seconds": 5.0},
    "business": {"code": REQUIRED, "message": "Refused on demand.", "status": None, "execute": False},
    "json": {"body": REQUIRED, "status": 200, "content_type": "application/json", "execute": False},
    "huge": {"bytes": REQUIRED, "content_type": "application/json", "execute": False},
}
COMMON: dict[str, Any] = {
    "kind": REQUIRED,
    "action": None,
    "service": None,
    "times": 1,
    "skip": 0,
    "match": {},
    "probability": 1.0,
    "seed": None,
}
MODIFIERS = ("clock_skew", "expired_token")
TYPES: dict[str, tuple[type, ...]] = {
    "seconds": (int, float),
    "execute": (bool,),
    "status": (int,),
    "headers": (dict,),
    "content_type": (str,),
    "retry_after": (int, float),
    "retry_after_date": (int, float),
    "location": (str,),
    "code": (str,),
    "message": (str,),
    "bytes": (int,),
    "action": (str,),
    "service": (str,),
    "times": (int,),
    "skip": (int,),
    "match": (dict,),
    "probability": (int, float),
    "seed": (int,),
    "kind": (str,),
}


class FaultError(ValueError):
    """The fault cannot be understood; the message says why."""


@dataclass
class Fault:
    """One order for trouble."""

    id: int
    kind: str
    action: str | None
    service: str | None
    times: int | None
    skip: int
    match: dict[str, Any]
    probability: float
    seed: int | None
    parameters: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    def fits(self, call: Call) -> bool:
        """Is it meant for this call?"""
        return (
            self.action in (None, "*", call.action)
            and self.service in (None, call.service)
            and all(_field_is(call, name, value) for name, value in self.match.items())
        )

    def strikes(self) -> bool:
        """Does it take a call that it is meant for? By chance, unless the probability is 1."""
        return self._chance.random() < self.probability

    def as_dict(self) -> dict[str, Any]:
        """For the control API; `times` is what is left."""
        return {
            "id": self.id,
            "kind": self.kind,
            "action": self.action,
            "service": self.service,
            "times": self.times,
            "skip": self.skip,
            "match": self.match,
            "probability": self.probability,
            "seed": self.seed,
            "hits": self.hits,
            **self.parameters,
        }


class Faults:
    """The orders that are open, oldest first."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._open: list[Fault] = []

    def add(self, orders: Any) -> list[Fault]:
        """One order or a list; all or none."""
        made = [self._read(order) for order in (orders if isinstance(orders, list) else [orders])]
        self._open += [fault for fault in made if not immediate(fault)]
        return made

    def clear(self) -> None:
        """No more trouble."""
        self._open.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """What is open."""
        return [fault.as_dict() for fault in self._open]

    def take(self, call: Call) -> list[Fault]:
        """The faults of this call: all modifiers that fit, and the first other one."""
        taken: list[Fault] = []
        for fault in list(self._open):
            if not fault.fits(call) or (fault.kind not in MODIFIERS and _main(taken)):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if not fault.strikes():
                continue
            fault.hits += 1
            taken.append(fault)
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._open.remove(fault)
        return taken

    def _read(self, order: Any) -> Fault:
        if not isinstance(order, Mapping) or order.get("kind") not in KINDS:
            raise FaultError(f"a fault is an object with a kind of: {', '.join(KINDS)}")
        fields = COMMON | KINDS[order["kind"]]
        unknown = sorted(set(order) - set(fields))
        if unknown:
            raise FaultError(f"fault {order['kind']}: unknown {', '.join(unknown)}; known: {', '.join(fields)}")
        values = {**fields, **order}
        for name, value in values.items():
            if value is REQUIRED:
                raise FaultError(f"fault {order['kind']}: {name} is missing")
            wrong = (
                name in TYPES
                and value is not None
                and (not isinstance(value, TYPES[name]) or (isinstance(value, bool) and bool not in TYPES[name]))
            )
            if wrong:
                raise FaultError(f"fault {order['kind']}: {name} does not take {value!r}")
        if values["skip"] < 0 or (values["times"] is not None and values["times"] < 1):
            raise FaultError(f"fault {order['kind']}: times starts at 1, skip at 0")
        if not 0 < values["probability"] <= 1:
            raise FaultError(f"fault {order['kind']}: a probability is above 0 and at most 1")
        common = {name: values.pop(name) for name in COMMON}
        return Fault(id=next(self._numbers), parameters=values, **common)


def immediate(fault: Fault) -> bool:
    """A refusal that waits for no call takes effect at once."""
    waits = fault.action is not None or fault.match or fault.service is not None or fault.probability < 1
    return fault.kind == "refuse" and not waits


def _main(taken: list[Fault]) -> bool:
    return any(fault.kind not in MODIFIERS for fault in taken)


def _field_is(call: Call, name: str, wanted: Any) -> bool:
    if name == "path":
        return fnmatchcase(call.path, str(wanted))
    value = parsed_body(call)
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value == wanted or (value is None and name in call.query and call.query[name] == str(wanted))
