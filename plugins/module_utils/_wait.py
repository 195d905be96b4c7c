# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: everything that has to do with waiting: clock, deadline, back-off, pace of polls, rate cap."""

from __future__ import annotations

import contextlib
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

T = TypeVar("T")


class Clock:
    """Seconds that never jump, and sleep. Tests put a clock of their own in its place."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Deadline:
    """A moment that is not overslept."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._at = clock.now() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._at - self._clock.now())

    def passed(self) -> bool:
        return self.remaining() <= 0.0


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, if that takes no longer.

    For calls of the system that take no time limit, such as the resolution of names. One that takes too long goes on in
    a thread that nobody waits for, not even at the end of the program.

    :raises TimeoutError: it takes longer
    """
    answers: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except Exception as exc:  # noqa: BLE001 - raised again where it is waited for
            answers.put((None, exc))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"not done within {seconds:g} s") from None
    if error is not None:
        raise error
    return cast("T", result)


class Backoff:
    """Pauses between attempts: they double from ``base`` up to ``cap`` seconds, each with a random half off it."""

    def __init__(self, base: float = 1.0, cap: float = 15.0) -> None:
        self._base = base
        self._cap = cap

    def pause(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number ``attempt`` (from 0)."""
        ceiling = min(self._cap, self._base * 2.0 ** min(attempt, 32))
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret


def poll_pauses(interval: float, head_start: float = 0.0) -> Iterator[float]:
    """Pauses between polls in seconds: half a second first, then 15 % of the time waited, up to ``interval``.

    A rollout of any length is thus noticed soon after its end, at a number of polls that grows with its logarithm.

    :param head_start: seconds for which the oldest of what is waited for has been going on: it shortens the first pause
    """
    waited = min(0.5, interval)
    yield max(0.0, waited - head_start)
    while True:
        pause = min(interval, max(0.25, 0.15 * waited))
        waited += pause
        yield pause


class RateLimiter:
    """Lets at most ``limit`` calls arrive at the provider in any second, over all threads of the task.

    Nobody here knows when a call arrives, only that this is between its start and its end: connections take their time,
    threads are held up. So a call has one of ``limit`` places, and another may have that place a second after its end.
    However long their ways are, calls of one place are a second apart where they are counted. What every call takes
    anyway, as the quickest of many tells, is the same for both and is taken off, but for what their ways may differ in.
    """

    PAUSE = 1.0
    SLACK = 0.05
    LEARNING = 3
    """Calls for each place until the quickest of them counts: on a busy host all of the first ones can be slow."""

    def __init__(self, limit: float, clock: Clock) -> None:
        """
        :param limit: calls a second; ``math.inf`` for none
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._untaken = limit
        self._to_learn = self.LEARNING * limit
        self._ends: SimpleQueue[float] = SimpleQueue()
        self._quickest = math.inf

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Enter when a call may start, and leave when it has ended."""
        if math.isinf(self._untaken):
            yield
            return
        ended = self._take_place()
        try:
            if ended is not None:
                pause = ended + self.PAUSE - self._anyway() - self._clock.now()
                if pause > 0:
                    self._clock.sleep(pause)
            began = self._clock.now()
            yield
            # The first call of a place has to connect before it is on its way.
            if ended is not None:
                with self._lock:
                    self._quickest = min(self._quickest, self._clock.now() - began)
                    self._to_learn -= 1
        finally:
            self._ends.put(self._clock.now())

    def _anyway(self) -> float:
        return 0.0 if self._to_learn > 0 else max(0.0, self._quickest - self.SLACK)

    def _take_place(self) -> float | None:
        """When the last call of a place has ended, None where it was never taken. The longest ago comes first."""
        with self._lock:
            if self._untaken > 0:
                self._untaken -= 1
                return None
        return self._ends.get()
