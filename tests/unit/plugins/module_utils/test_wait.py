# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import math
import threading
import time
from itertools import islice
from queue import Empty, SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils._wait import (
    Backoff,
    Clock,
    Deadline,
    RateLimiter,
    poll_pauses,
    within,
)
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock


def test_clock_shows_time_that_never_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.undo()
    monkeypatch.setattr(time, "monotonic", lambda: 42.0)
    monkeypatch.setattr(time, "sleep", slept.append)
    real = Clock()
    real.sleep(1.5)
    assert real.now() == 42.0
    assert slept == [1.5]


def test_deadline_counts_down_and_never_below_zero(clock: FakeClock) -> None:
    deadline = Deadline(10, clock)
    assert (deadline.seconds, deadline.remaining(), deadline.passed()) == (10, 10, False)
    clock.time += 9.5
    assert (deadline.remaining(), deadline.passed()) == (0.5, False)
    clock.time += 0.5
    assert (deadline.remaining(), deadline.passed()) == (0, True)
    clock.time += 100
    assert deadline.remaining() == 0


def test_what_is_done_in_time_is_returned_or_raised() -> None:
    def refuse() -> None:
        raise LookupError("none")

    assert within(5, lambda: "done") == "done"
    with pytest.raises(LookupError, match="none"):
        within(5, refuse)


def test_what_takes_too_long_is_not_waited_for() -> None:
    ended = threading.Event()
    with pytest.raises(TimeoutError, match=r"not done within 0\.01 s"):
        within(0.01, lambda: ended.wait(30))
    ended.set()


@pytest.mark.parametrize(("attempt", "ceiling"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 15), (5, 15), (10_000, 15)])
def test_pauses_double_up_to_the_cap(attempt: int, ceiling: float) -> None:
    pauses = [Backoff(base=1, cap=15).pause(attempt) for _attempt in range(200)]
    assert ceiling / 2 <= min(pauses) < max(pauses) <= ceiling


@given(st.floats(0.01, 5), st.floats(0.01, 60), st.integers(0, 100))
def test_pause_is_never_longer_than_the_cap(base: float, cap: float, attempt: int) -> None:
    assert 0 < Backoff(base, cap).pause(attempt) <= cap


@pytest.mark.parametrize(("attempt", "longest"), [(0, 1.0), (3, 8.0), (4, 15.0), (99, 15.0)])
def test_pauses_by_default(attempt: int, longest: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _least, most: most)
    assert Backoff().pause(attempt) == longest


def test_a_pause_without_a_cap_can_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _least, most: most)
    assert Backoff(cap=math.inf).pause(10**9) == 2.0**32


def test_polls_begin_early_and_grow_up_to_the_interval() -> None:
    pauses = list(islice(poll_pauses(10), 60))
    assert pauses[0] == 0.5
    assert pauses[1] == 0.25
    assert max(pauses) == pauses[-1] == 10
    assert all(later >= earlier for earlier, later in zip(pauses[1:], pauses[2:]))


@given(st.floats(0.01, 3600))
def test_no_poll_pause_is_longer_than_the_interval(interval: float) -> None:
    assert all(0 < pause <= interval for pause in islice(poll_pauses(interval), 100))


@pytest.mark.parametrize(("head_start", "first"), [(0.0, 0.5), (0.2, 0.3), (0.5, 0.0), (40.0, 0.0)])
def test_what_has_been_going_on_is_looked_at_sooner(head_start: float, first: float) -> None:
    pauses = list(islice(poll_pauses(10, head_start), 60))
    assert pauses[0] == pytest.approx(first)
    assert pauses[1:] == list(islice(poll_pauses(10), 60))[1:]


@given(st.floats(5, 600))
def test_the_end_of_a_wait_is_noticed_soon_after_it(ends: float) -> None:
    now = 0.0
    for pause in poll_pauses(60):
        now += pause
        if now >= ends:
            break
    assert now - ends <= 0.15 * ends


def test_a_long_wait_needs_few_polls() -> None:
    pauses = poll_pauses(10)
    waited, polls = 0.0, 0
    while waited < 600:
        waited += next(pauses)
        polls += 1
    assert polls < 90


def starts(limiter: RateLimiter, clock: FakeClock, calls: int, between: float = 0.0) -> list[float]:
    moments = []
    for _attempt in range(calls):
        with limiter.turn():
            moments.append(clock.now())
        clock.time += between
    return moments


def test_calls_below_the_limit_do_not_wait(clock: FakeClock) -> None:
    starts(RateLimiter(10, clock), clock, calls=100, between=0.11)
    assert clock.sleeps == []


def test_first_call_beyond_the_limit_waits_for_the_next_second(clock: FakeClock) -> None:
    moments = starts(RateLimiter(3, clock), clock, calls=4)
    assert moments == [1000.0, 1000.0, 1000.0, 1001.0]


def test_what_every_call_takes_does_not_count(clock: FakeClock) -> None:
    """Calls of a fifth of a second, as soon as they may: nearly two a second, which is the limit."""
    limiter = RateLimiter(2, clock)
    moments = []
    for _number in range(15):
        with limiter.turn():
            moments.append(clock.now())
            clock.time += 0.2
    assert [later - first for first, later in zip(moments[10:], moments[12:])] == pytest.approx(
        [1.0 + RateLimiter.SLACK] * 3
    )


def test_calls_that_get_quicker_after_a_slow_start_do_not_come_too_early(clock: FakeClock) -> None:
    """Nobody knows yet that half a second is not what every call takes."""
    limiter = RateLimiter(1, clock)
    for _number in range(3):
        with limiter.turn():
            clock.time += 0.5
    assert starts(limiter, clock, calls=1) == [1004.5]


def test_a_second_begins_with_the_end_of_a_call(clock: FakeClock) -> None:
    """The first call takes long to connect, so the provider counts it late; the second goes quickly."""
    limiter = RateLimiter(1, clock)
    with limiter.turn():
        clock.time += 0.4
    assert starts(limiter, clock, calls=1) == [1001.4]


WAY = 0.3
"""Seconds that a call takes at the least: there and back."""


@given(st.integers(1, 5), st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1), st.integers(0, 4)), max_size=60))
def test_no_second_of_the_provider_has_more_calls_than_the_limit(
    limit: int, steps: list[tuple[float, float, int]]
) -> None:
    """Calls overlap, and each is counted at some moment between its start and its end, but for its shortest way."""
    clock = FakeClock()
    limiter = RateLimiter(limit, clock)
    for _number in range(limit + limit * RateLimiter.LEARNING):  # as many as are needed to know it
        with limiter.turn():
            clock.time += WAY
    clock.time += 1
    open_turns: list[tuple[contextlib.ExitStack, float, float]] = []
    arrivals: list[float] = []

    def end(place: int) -> None:
        turn, began, share = open_turns.pop(place % len(open_turns))
        clock.time = max(clock.time, began + WAY)
        arrivals.append(began + WAY / 2 + share * (clock.now() - began - WAY))
        turn.close()

    for passed, share, place in steps:
        clock.time += passed
        if len(open_turns) == limit or (open_turns and place % 2):
            end(place)
        turn = contextlib.ExitStack()
        turn.enter_context(limiter.turn())
        open_turns.append((turn, clock.now(), share))
    while open_turns:
        end(0)

    arrivals.sort()
    for first, later in zip(arrivals, arrivals[limit:]):
        assert later - first > 1 - 1e-9  # numbers are rounded


def test_no_limit_never_waits(clock: FakeClock) -> None:
    starts(RateLimiter(math.inf, clock), clock, calls=1000)
    assert clock.sleeps == []


def test_no_more_calls_than_the_limit_are_under_way(clock: FakeClock) -> None:
    limiter = RateLimiter(2, clock)
    entered: SimpleQueue[None] = SimpleQueue()
    answered = threading.Semaphore(0)

    def call() -> None:
        with limiter.turn():
            entered.put(None)
            answered.acquire()

    for _number in range(4):
        threading.Thread(target=call, daemon=True).start()
    for _number in range(2):
        entered.get(timeout=30)
    with pytest.raises(Empty):
        entered.get(timeout=0.2)
    for _number in range(2):
        answered.release()
        entered.get(timeout=30)
    answered.release(2)


def test_a_turn_ends_with_an_error_too(clock: FakeClock) -> None:
    limiter = RateLimiter(1, clock)
    with pytest.raises(LookupError), limiter.turn():
        raise LookupError
    assert starts(limiter, clock, calls=1) == [1001.0]
