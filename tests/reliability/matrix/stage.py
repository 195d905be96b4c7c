# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the cases are played: modules in this process, the emulator in its own, and a clock between them."""

import importlib
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import requests

from ansible_collections.certops.cdn.plugins.module_utils._http import JsonClient
from emulator.process import Running
from reliability.matrix import truth
from reliability.matrix.rules import HASTE, IMPATIENT, PATIENT, RETRIES, Access, Case, Fault, Times, expectation
from reliability.matrix.tasks import WORLD, Task, tasks
from reliability.matrix.truth import Run

Play = Callable[..., dict[str, Any]]

BACK_SECONDS = 20


class Clock:
    """Time as it is, but for the pauses, which count in full and take a part of that. Calls take what they take."""

    def __init__(self) -> None:
        self.haste = HASTE
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.haste)
        with self._lock:
            self._skipped += seconds - seconds / self.haste


class Stage:
    """Plays tasks, with faults and without."""

    def __init__(self, emulator: Running):
        self.emulator = emulator
        self.pair = emulator.control("POST", "certificates", json={"names": ["*.example.com"], "not_after_days": 398})
        self.tasks = tasks(self.pair)
        self.names: set[str] = set()
        """The collection's names of the calls that were made where nothing was wrong."""
        self._good: dict[str, Run] = {}
        self._run_module: Play
        self._clock: Clock

    def enter(self, play: Play, clock: Clock) -> None:
        """A test begins, with its own way to run a module's ``main()``, and its own clock."""
        self._run_module, self._clock = play, clock

    def good(self, task: Task) -> Run:
        """What the task comes to where nothing is wrong."""
        if task.name not in self._good:
            self.begin(task)
            with mock.patch.object(JsonClient, "call", self._noting(JsonClient.call)):
                self._good[task.name] = self.run(task)
        return self._good[task.name]

    def _noting(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def call(client: JsonClient, order: Any, *more: Any) -> Any:
            self.names.add(order.action)
            return send(client, order, *more)

        return call

    def cases(self, task: Task, fault: Fault) -> list[Case]:
        """The fault on each action of the task, which its record tells when nothing is wrong.

        A read that an earlier task of the same module makes too was hit there.
        """
        known = {order["action"] for order in task.always}
        for earlier in itertools.takewhile(lambda other: other is not task, self.tasks.values()):
            if earlier.module == task.module:
                good = self.good(earlier)
                known |= {call["action"] for call in good.calls if not call["write"]}
        calls: dict[str, list[bool]] = {}
        for call in self.good(task).calls:
            calls.setdefault(call["action"], []).append(call["write"])
        return [
            Case(task, fault, action, Access.of(action, writes[0]), times, len(writes))
            for action, writes in calls.items()
            if action not in known
            for times in Times
            if times in (Times.FIRST, Times.EVER) or (fault.everywhere and len(writes) > 1)
        ]

    def play(self, case: Case) -> tuple[Run, list[str]]:
        """Play one case; the run in which something was wrong, and what is wrong with that run and those after it."""
        good = self.good(case.task)
        self.begin(case.task, case.order)
        self._clock.haste = case.fault.haste
        run = self.run(case.task, slow=case.fault.slow)
        self._clock.haste = HASTE
        found = truth.complaints(case, run, good, expectation(case))
        self.emulator.control("DELETE", "faults")
        again = self.run(case.task)
        found += truth.rerun_complaints(case.task, again, good, run)
        if again.writes and not again.failed:
            found += truth.third_complaints(case.task, self.run(case.task))
        return run, found

    def begin(self, task: Task, *orders: Any) -> None:
        """The account as it is in the beginning, and what is going to be wrong."""
        settings = {**WORLD["settings"]}
        for service, values in task.settings.items():
            settings[service] = {**settings.get(service, {}), **values}
        self.emulator.reset({**WORLD, "settings": settings})
        self.emulator.control("POST", "faults", json=[*orders, *task.always])

    def run(self, task: Task, *, slow: bool = False) -> Run:
        """Run the task once, whatever the state is."""
        module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{task.module}")
        options = {"timeout": IMPATIENT if slow else PATIENT, "retries": RETRIES, **task.options}
        if task.rows or task.only_reads:
            # The clock is common to all threads: where a second counts, the pauses of others must not.
            options.update(concurrency=1 if slow else 4, rate_limit=1000)
        started = self._clock.now()
        result = self._run_module(module.main, options)
        seconds = self._clock.now() - started
        calls = self.back().control("DELETE", "calls")
        return Run(
            result,
            [call for call in calls if call["service"] == task.service],
            truth.view(task.service, self.emulator.state(task.service), self.pair["sha256"]),
            seconds,
        )

    def back(self) -> Running:
        """The emulator, once it does not refuse connections any more."""
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            try:
                self.emulator.control("GET", "stats")
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return self.emulator
