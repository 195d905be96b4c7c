# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: everything that has to do with waiting: clock, deadline, back-off, pace of polls, rate cap."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import deque
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


def poll_pauses(interval: float) -> Iterator[float]:
    """Pauses between polls in seconds: half a second first, then 15 % of the time waited, up to ``interval``.

    A rollout of any length is thus noticed soon after its end, at a number of polls that grows with its logarithm.
    """
    waited = pause = min(0.5, interval)
    yield pause
    while True:
        pause = min(interval, max(0.25, 0.15 * waited))
        waited += pause
        yield pause


class RateLimiter:
    """Lets at most ``limit`` calls start in any window of one second, over all threads of the task."""

    # The window is a little longer than a second, so that calls that start late do not crowd the provider's second.
    WINDOW = 1.05

    def __init__(self, limit: float, clock: Clock) -> None:
        """
        :param limit: calls a second; ``math.inf`` for none
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._starts: deque[float] | None = None if math.isinf(limit) else deque(maxlen=int(limit))

    def wait_for_turn(self) -> None:
        """Return when a call may start."""
        if self._starts is None:
            return
        with self._lock:
            now = self._clock.now()
            full = len(self._starts) == self._starts.maxlen
            start = max(now, self._starts[0] + self.WINDOW) if full else now
            self._starts.append(start)
        if start > now:
            self._clock.sleep(start - now)
