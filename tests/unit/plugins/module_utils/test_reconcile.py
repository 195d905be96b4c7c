# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._progress import Report
from ansible_collections.certops.cdn.plugins.module_utils._reconcile import Reconciliation, Waiting
from ansible_collections.certops.cdn.plugins.module_utils._resource import Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock, Deadline
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock, Room

SET = Change("set", "would_set")
AGAIN = Change("set_again", "would_set", note="It had failed.")


@dataclass(frozen=True)
class Item:
    """A value, and how far its rollout is: "running", "done" or "failed"."""

    value: str
    status: str = "done"


@dataclass(frozen=True)
class Write:
    """What becomes of a write: whether the provider executes it, and what it answers."""

    executed: bool = True
    error: CdnError | None = None


OK = Write()
LOST = ApiError("the answer was lost", code="Timeout", outcome=Outcome.UNKNOWN)
EXECUTED_BUT_LOST = Write(executed=True, error=LOST)
LOST_ON_ITS_WAY = Write(executed=False, error=LOST)
REFUSED = Write(executed=False, error=ApiError("no", code="NO", outcome=Outcome.REFUSED))
TOO_LATE = Write(executed=False, error=ApiError("done already", code="DONE_ALREADY", outcome=Outcome.REFUSED))


class Shelf:
    """A provider that stores items. Writing one starts a rollout, which takes its time on the clock."""

    provider = "Acme"
    LAG = 3.0

    def __init__(self, clock: Clock, /, **items: Item) -> None:
        self.clock = clock
        self.items = items
        self.wanted = "new"
        self.all_or_nothing = False
        self.repeatable = True
        self.unwaited_outcome = "pending"
        self.duration = 10.0
        """Seconds from a write to the end of its rollout."""
        self.starts_after = 0.0
        """Seconds from a write until the status shows that something runs."""
        self.ends: dict[str, str] = {}
        """How rollouts end; "done" where nothing is said."""
        self.writes: dict[str, list[Write]] = {}
        """What becomes of the writes to an item, one after the other; then all goes well."""
        self.reverts: dict[str, list[Write]] = {}
        self.refused: set[str] = set()
        self.unreadable: dict[str, list[CdnError | None]] = {}
        self.unpollable: dict[str, list[CdnError | None]] = {}
        self.evidence: set[str] = set()
        self.overdue_is_an_error = True
        self.revertible = False
        self.log: list[tuple[str, str]] = []
        self._rollouts: dict[str, tuple[float, float, Item, Item, Item]] = {}

    def count(self, what: str) -> int:
        return sum(entry[0] == what for entry in self.log)

    def roll_out(self, key: str, value: str, end: str | None = None) -> None:
        before = self.shown(key)
        starts = self.clock.now() + self.starts_after
        after = Item(value, end or self.ends.get(key, "done"))
        self.items[key] = after
        self._rollouts[key] = (starts, starts + self.duration, before, Item(value, "running"), after)

    def shown(self, key: str) -> Item:
        starts, ends, before, during, after = self._rollouts.get(key, (0.0, 0.0, None, None, self.items.get(key)))
        now = self.clock.now()
        if now < starts:
            # The binding is there at once, only the status is late.
            return Item(after.value, before.status)  # type: ignore[union-attr]
        return during if now < ends else after  # type: ignore[return-value]

    # ---- the resource ----

    def select(self) -> list[str]:
        return list(self.items)

    def name(self, key: str) -> str:
        return f"item {key}"

    def read(self, keys: Sequence[str]) -> dict[str, Read[Item]]:
        return self._look("read", keys, self.unreadable)

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Item]]:
        return self._look("poll", keys, self.unpollable)

    def _look(self, what: str, keys: Sequence[str], errors: dict[str, list[CdnError | None]]) -> dict[str, Read[Item]]:
        found: dict[str, Read[Item]] = {}
        for key in keys:
            self.log.append((what, key))
            error = errors[key].pop(0) if errors.get(key) else None
            if error is not None:
                found[key] = error
            elif key in self.items:
                found[key] = self.shown(key)
        return found

    def plan(self, key: str, state: Item) -> Verdict:
        if key in self.refused:
            return Refuse(f"item {key} cannot be set.", code="Locked")
        if state.status == "running":
            verdict: Verdict = Keep("It was set already.") if state.value == self.wanted else SET
            return Await(predicted=verdict, unwaited=verdict)
        if state.value != self.wanted:
            return SET
        return AGAIN if state.status == "failed" else Keep("It was set already.")

    def apply(self, target: Target[Item]) -> None:
        self._write("apply", target.key, self.wanted, self.writes)
        target.wrote(f"r-{target.key}")

    def revert(self, target: Target[Item]) -> None:
        assert target.before is not None
        self._write("revert", target.key, target.before.value, self.reverts)

    def _write(self, what: str, key: str, value: str, fates: dict[str, list[Write]]) -> None:
        self.log.append((what, key))
        fate = fates[key].pop(0) if fates.get(key) else OK
        if fate.executed:
            self.roll_out(key, value, self.ends.get(f"{key}/{what}"))
        if fate.error is not None:
            raise fate.error

    def may_be_done_already(self, error: ApiError) -> bool:
        return error.code == "DONE_ALREADY"

    def was_executed(self, target: Target[Item]) -> bool:
        return target.key in self.evidence

    def progress(self, target: Target[Item], state: Item, age: float) -> Progress:
        if state.status == "running":
            return Progress.RUNNING
        if not target.seen_running and age < self.LAG:
            return Progress.STALE
        if state.status == "failed":
            return Progress.FAILED
        return Progress.DONE if target.seen_running else Progress.CONFIRM

    def confirms(self, target: Target[Item], state: Item) -> bool:
        aim = target.before.value if target.reverting and target.before else self.wanted
        return state.value == aim

    def failure(self, target: Target[Item]) -> CdnError:
        return CdnError(f"item {target.key}: the rollout has failed.", code="RolloutFailed", outcome=Outcome.REFUSED)

    def overdue(self, target: Target[Item], seconds: float) -> CdnError | None:
        if self.overdue_is_an_error:
            return CdnError(f"item {target.key}: not done within {seconds:g} s.", code="Timeout")
        target.remark(f"item {target.key} is not done yet.")
        return None

    def can_revert(self, target: Target[Item]) -> bool:
        return self.revertible and target.before is not None and target.before.value != self.wanted

    def report(self, targets: Sequence[Target[Item]]) -> dict[str, Any]:
        return {}


@pytest.fixture
def shelf(clock: FakeClock) -> Shelf:
    return Shelf(clock)


def put(shelf: Shelf, **items: Item) -> Shelf:
    shelf.items = items
    return shelf


def run(shelf: Any, *, wait: float | None = 60, **options: Any) -> dict[str, Target[Item]]:
    waiting = None if wait is None else Waiting(wait, 10)
    targets = Reconciliation[Item](shelf, waiting=waiting, clock=shelf.clock, **options).run()
    return {target.key: target for target in targets}


def row(target: Target[Item]) -> tuple[str, bool, str | None]:
    """What a result's row would say of a target: outcome, changed, and the error's code."""
    return target.outcome, target.changed, target.error.code if target.error else None


# ---- select, read, plan, apply ----


def test_no_targets_need_no_calls(shelf: Shelf) -> None:
    assert run(shelf) == {}
    assert shelf.log == []


def test_order_of_the_selection_is_kept(shelf: Shelf) -> None:
    names = [f"item{number}" for number in (7, 3, 9, 1)]
    targets = run(put(shelf, **{name: Item("old") for name in names}), concurrency=4)
    assert list(targets) == names


def test_selection_that_cannot_be_used_ends_the_run_before_any_read(shelf: Shelf) -> None:
    def select() -> list[str]:
        raise InputError("no such item")

    shelf.select = select  # type: ignore[method-assign]
    with pytest.raises(InputError, match="no such item"):
        run(shelf)
    assert shelf.log == []


def test_target_as_wanted_is_not_written(shelf: Shelf) -> None:
    target = run(put(shelf, a=Item("new")))["a"]
    assert row(target) == ("unchanged", False, None)
    assert shelf.log == [("read", "a")]
    assert (target.note, target.seconds, target.request_id) == ("It was set already.", 0, None)


def test_target_that_differs_is_written_and_waited_for(shelf: Shelf, clock: FakeClock) -> None:
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert (target.before, target.state) == (Item("old"), Item("new"))
    assert (target.request_id, target.note) == ("r-a", "It was set already.")
    assert shelf.count("apply") == 1
    assert 10 <= target.seconds <= 12


@pytest.fixture
def slow(shelf: Shelf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Five items, each of which takes half a second to write."""
    apply = shelf.apply

    def take_half_a_second(target: Target[Item]) -> None:
        apply(target)
        clock.time += 0.5

    monkeypatch.setattr(shelf, "apply", take_half_a_second)
    return put(shelf, **dict.fromkeys("abcde", Item("old")))


def test_rollouts_of_many_writes_are_looked_at_as_soon_as_all_are_written(slow: Shelf) -> None:
    slow.duration = 2.6  # the first one is over soon after the last write
    assert {row(target) for target in run(slow).values()} == {("set", True, None)}
    assert slow.count("read") == 5  # none was over before it was seen, which would have to be looked into


def test_age_of_a_write_counts_from_its_own_answer(slow: Shelf) -> None:
    slow.duration = 0.1  # all but the last one are over before the first look
    seconds = [target.seconds for target in run(slow).values()]
    assert [slow.LAG <= value < slow.LAG + 1.5 for value in seconds] == [True] * 5


def test_second_run_changes_nothing(shelf: Shelf) -> None:
    run(put(shelf, a=Item("old"), b=Item("new", "failed")))
    shelf.log.clear()
    assert [row(target) for target in run(shelf).values()] == [("unchanged", False, None)] * 2
    assert shelf.count("apply") == 0


def test_note_of_a_change_is_kept(shelf: Shelf) -> None:
    target = run(put(shelf, a=Item("new", "failed")), wait=None)["a"]
    assert row(target) == ("pending", True, None)
    assert target.note == "It had failed."


def test_refused_target_is_not_written_and_the_others_are(shelf: Shelf) -> None:
    shelf.refused = {"b"}
    targets = run(put(shelf, a=Item("old"), b=Item("old"), c=Item("old")))
    assert [row(target) for target in targets.values()] == [
        ("set", True, None),
        ("failed", False, "Locked"),
        ("set", True, None),
    ]
    assert ("apply", "b") not in shelf.log
    assert isinstance(targets["b"].error, InputError)
    assert targets["b"].error.as_result() | {"message": ""} == {
        "provider": "Acme",
        "action": "",
        "code": "Locked",
        "message": "",
        "http_status": None,
        "request_id": None,
        "outcome": "not_executed",
    }


@pytest.mark.parametrize("check_mode", [False, True])
def test_one_refusal_stops_all_where_the_resource_wants_it(shelf: Shelf, check_mode: bool) -> None:
    shelf.all_or_nothing, shelf.refused = True, {"b"}
    targets = run(put(shelf, a=Item("old"), b=Item("old")), check_mode=check_mode)
    assert row(targets["a"]) == ("unchanged", False, None)
    assert row(targets["b"]) == ("failed", False, "Locked")
    assert shelf.count("apply") == 0


def test_target_that_cannot_be_used_stops_all_as_a_refusal_does(shelf: Shelf) -> None:
    shelf.all_or_nothing, shelf.unreadable = True, {"b": [InputError("no such item", code="NotFound")]}
    targets = run(put(shelf, a=Item("old"), b=Item("old")))
    assert row(targets["a"]) == ("unchanged", False, None)
    assert row(targets["b"]) == ("failed", False, "NotFound")
    assert shelf.count("apply") == 0


def test_target_that_cannot_be_read_fails_and_the_others_go_on(shelf: Shelf) -> None:
    shelf.unreadable = {"a": [ApiError("down", code="DOWN")]}
    targets = run(put(shelf, a=Item("old"), b=Item("old")))
    assert row(targets["a"]) == ("failed", False, "DOWN")
    assert row(targets["b"]) == ("set", True, None)
    assert ("apply", "a") not in shelf.log


def test_target_that_has_vanished_fails(shelf: Shelf) -> None:
    shelf.select = lambda: ["a", "gone"]  # type: ignore[method-assign]
    targets = run(put(shelf, a=Item("old")))
    assert row(targets["gone"]) == ("failed", False, "NotFound")
    assert str(targets["gone"].error) == "item gone was not found."
    assert row(targets["a"]) == ("set", True, None)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_write_that_is_refused_fails_and_the_others_go_on(shelf: Shelf, concurrency: int) -> None:
    shelf.writes = {"b": [REFUSED]}
    targets = run(put(shelf, a=Item("old"), b=Item("old"), c=Item("old")), concurrency=concurrency)
    assert [row(target) for target in targets.values()] == [
        ("set", True, None),
        ("failed", False, "NO"),
        ("set", True, None),
    ]
    assert shelf.log.count(("apply", "b")) == 1


def test_defect_in_one_write_does_not_stop_the_others(shelf: Shelf) -> None:
    def apply(target: Target[Item]) -> None:
        if target.key == "a":
            raise KeyError("oops")
        Shelf.apply(shelf, target)

    shelf.apply = apply  # type: ignore[method-assign]
    targets = run(put(shelf, a=Item("old"), b=Item("old")))
    assert row(targets["a"]) == ("failed", False, "Defect")
    assert row(targets["b"]) == ("set", True, None)


def test_no_more_writes_at_a_time_than_allowed(shelf: Shelf) -> None:
    room = Room(3)

    def apply(target: Target[Item]) -> None:
        room.visit()
        Shelf.apply(shelf, target)

    shelf.apply = apply  # type: ignore[method-assign]
    run(put(shelf, **{f"i{number}": Item("old") for number in range(10)}), concurrency=3)
    assert room.most == 3
    assert shelf.count("apply") == 10


# ---- Check mode ----


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Item("new"), ("unchanged", False, None)),
        (Item("old"), ("would_set", True, None)),
        (Item("old", "failed"), ("would_set", True, None)),
        (Item("new", "failed"), ("would_set", True, None)),
        (Item("new", "running"), ("unchanged", False, None)),
        (Item("old", "running"), ("would_set", True, None)),
    ],
)
@pytest.mark.parametrize("wait", [None, 60])
def test_check_mode_predicts_and_never_writes(
    shelf: Shelf, clock: FakeClock, item: Item, expected: Any, wait: float | None
) -> None:
    target = run(put(shelf, a=item), wait=wait, check_mode=True)["a"]
    assert row(target) == expected
    assert shelf.log == [("read", "a")]
    assert clock.sleeps == []


@pytest.mark.parametrize("item", [Item("new"), Item("old"), Item("new", "failed"), Item("old", "failed")])
def test_prediction_of_changed_is_what_the_run_then_does(shelf: Shelf, item: Item) -> None:
    predicted = run(put(shelf, a=item), check_mode=True)["a"]
    assert run(shelf)["a"].changed == predicted.changed


@pytest.mark.parametrize(("wait", "outcome"), [(None, "unchanged"), (60, "would_set")])
def test_prediction_of_what_is_awaited_depends_on_waiting(shelf: Shelf, wait: float | None, outcome: str) -> None:
    shelf.plan = lambda key, state: Await(predicted=SET, unwaited=Keep())  # type: ignore[method-assign]
    assert run(put(shelf, a=Item("old", "running")), wait=wait, check_mode=True)["a"].outcome == outcome


def test_prediction_can_be_a_refusal(shelf: Shelf) -> None:
    shelf.plan = lambda key, state: Await(predicted=SET, unwaited=Refuse("Busy."))  # type: ignore[method-assign]
    assert row(run(put(shelf, a=Item("old")), wait=None, check_mode=True)["a"]) == ("failed", False, "Refused")


# ---- Writes whose answer was lost ----


def test_lost_write_that_was_executed_is_found_out_and_not_repeated(shelf: Shelf, clock: FakeClock) -> None:
    shelf.writes, shelf.duration = {"a": [EXECUTED_BUT_LOST]}, 0
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert shelf.count("apply") == 1
    assert clock.sleeps[0] == 1.0
    assert "item a: the answer to the write was lost (Timeout), but the write was executed." in target.note


def test_lost_write_whose_rollout_runs_was_executed(shelf: Shelf) -> None:
    shelf.writes = {"a": [EXECUTED_BUT_LOST]}
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert shelf.count("apply") == 1
    assert "but the write was executed" in target.note


def test_lost_write_whose_rollout_does_not_end_in_time_was_executed(shelf: Shelf) -> None:
    shelf.writes, shelf.duration = {"a": [EXECUTED_BUT_LOST]}, 1000
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("timeout", True, "Timeout")
    assert shelf.count("apply") == 1


def test_lost_write_whose_rollout_fails_is_rolled_back(shelf: Shelf) -> None:
    shelf.writes, shelf.ends, shelf.revertible = {"a": [EXECUTED_BUT_LOST]}, {"a/apply": "failed"}, True
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("rolled_back", False, "RolloutFailed")
    assert (shelf.count("apply"), shelf.count("revert")) == (1, 1)


def test_lost_write_is_found_out_without_waiting_too(shelf: Shelf) -> None:
    shelf.writes = {"a": [EXECUTED_BUT_LOST]}
    target = run(put(shelf, a=Item("old")), wait=None)["a"]
    assert row(target) == ("pending", True, None)
    assert shelf.count("apply") == 1


@pytest.mark.parametrize("wait", [None, 60])
def test_repeatable_write_that_was_not_executed_is_sent_once_more(shelf: Shelf, wait: float | None) -> None:
    shelf.writes = {"a": [LOST_ON_ITS_WAY]}
    target = run(put(shelf, a=Item("old")), wait=wait)["a"]
    assert row(target) == ("set" if wait else "pending", True, None)
    assert shelf.count("apply") == 2
    assert shelf.log[:4] == [("read", "a"), ("apply", "a"), ("read", "a"), ("apply", "a")]


@pytest.mark.parametrize("wait", [None, 60])
def test_repeatable_write_is_sent_no_more_than_twice(shelf: Shelf, wait: float | None) -> None:
    shelf.writes = {"a": [LOST_ON_ITS_WAY] * 5}
    target = run(put(shelf, a=Item("old"), b=Item("old")), wait=wait)["a"]
    assert row(target) == ("failed", False, "Timeout")
    assert target.error is LOST
    assert shelf.log.count(("apply", "a")) == 2


def test_repeated_write_whose_answer_is_lost_too_can_have_been_executed(shelf: Shelf) -> None:
    shelf.writes, shelf.duration = {"a": [LOST_ON_ITS_WAY, EXECUTED_BUT_LOST]}, 0
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("set", True, None)


def test_repeated_write_that_is_refused_tells_the_refusal(shelf: Shelf) -> None:
    shelf.writes = {"a": [LOST_ON_ITS_WAY, REFUSED]}
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("failed", False, "NO")


def test_write_that_cannot_be_looked_up_is_told_as_lost(shelf: Shelf) -> None:
    shelf.writes = {"a": [LOST_ON_ITS_WAY]}
    shelf.unreadable = {"a": [None, ApiError("down", code="DOWN")]}
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("failed", False, "Timeout")
    assert shelf.count("apply") == 1


def test_another_rollout_that_runs_after_a_lost_write_is_waited_for_first(shelf: Shelf) -> None:
    """It may be in the way of the repeat, and it may be somebody else's."""
    shelf.writes = {"a": [LOST_ON_ITS_WAY]}
    apply = shelf.apply

    def apply_while_somebody_else_writes(target: Target[Item]) -> None:
        try:
            apply(target)
        except ApiError:
            shelf.roll_out("a", "other")
            raise

    shelf.apply = apply_while_somebody_else_writes  # type: ignore[method-assign]
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert shelf.count("apply") == 2
    assert shelf.log.index(("poll", "a")) < len(shelf.log) - 1 - shelf.log[::-1].index(("apply", "a"))


def test_write_that_must_not_be_repeated_is_not(shelf: Shelf) -> None:
    shelf.repeatable, shelf.writes = False, {"a": [LOST_ON_ITS_WAY]}
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("failed", False, "Timeout")
    assert shelf.count("apply") == 1


def test_write_that_must_not_be_repeated_fails_at_once_without_waiting(shelf: Shelf, clock: FakeClock) -> None:
    shelf.repeatable, shelf.writes = False, {"a": [LOST_ON_ITS_WAY]}
    assert row(run(put(shelf, a=Item("old")), wait=None)["a"]) == ("failed", False, "Timeout")
    assert clock.sleeps == [1.0]
    assert shelf.count("apply") == 1


@pytest.mark.parametrize(("wait", "outcome"), [(None, "pending"), (60, "timeout")])
def test_evidence_shows_that_a_lost_write_was_executed(shelf: Shelf, wait: float | None, outcome: str) -> None:
    shelf.repeatable, shelf.writes, shelf.evidence = False, {"a": [LOST_ON_ITS_WAY]}, {"a"}
    target = run(put(shelf, a=Item("old")), wait=wait)["a"]
    assert (target.outcome, target.changed) == (outcome, True)
    assert shelf.count("apply") == 1


def test_evidence_that_comes_late_counts_at_the_end_of_the_wait(shelf: Shelf) -> None:
    shelf.repeatable, shelf.writes, shelf.overdue_is_an_error = False, {"a": [LOST_ON_ITS_WAY]}, False
    looks: list[bool] = [False, True]
    shelf.was_executed = lambda target: looks.pop(0)  # type: ignore[method-assign]
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert target.note.endswith("item a is not done yet.")


def test_state_that_is_late_shows_in_the_wait_that_a_lost_write_was_executed(shelf: Shelf, clock: FakeClock) -> None:
    shelf.repeatable, shelf.writes = False, {"a": [LOST_ON_ITS_WAY]}
    poll = shelf.poll

    def poll_late(keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Item]]:
        if clock.now() > 1020:
            shelf.items["a"] = Item("new")
        return poll(keys, deadline)

    shelf.poll = poll_late  # type: ignore[method-assign]
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert "but the write was executed" in target.note
    assert shelf.count("apply") == 1


# ---- Refusals that can mean that somebody else was faster ----


def test_refused_write_is_fine_where_the_target_is_as_wanted_by_now(shelf: Shelf) -> None:
    shelf.writes = {"a": [TOO_LATE]}
    apply = shelf.apply

    def apply_too_late(target: Target[Item]) -> None:
        shelf.items["a"] = Item("new")
        apply(target)

    shelf.apply = apply_too_late  # type: ignore[method-assign]
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("unchanged", False, None)
    assert shelf.count("apply") == 1


def test_refused_write_fails_where_the_target_is_not_as_wanted(shelf: Shelf) -> None:
    shelf.writes = {"a": [TOO_LATE]}
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("failed", False, "DONE_ALREADY")
    assert shelf.count("apply") == 1


# ---- Waiting ----


def test_all_targets_are_waited_for_together(shelf: Shelf, clock: FakeClock) -> None:
    run(put(shelf, **{f"i{number}": Item("old") for number in range(20)}))
    assert 10 <= clock.now() - 1000 <= 12


def test_target_that_is_done_is_not_polled_again(shelf: Shelf) -> None:
    shelf.ends = {}
    targets = put(shelf, quick=Item("old"), slow=Item("old"))
    roll_out = shelf.roll_out

    def roll_out_at_its_pace(key: str, value: str, end: str | None = None) -> None:
        shelf.duration = 2 if key == "quick" else 30
        roll_out(key, value, end)

    shelf.roll_out = roll_out_at_its_pace  # type: ignore[method-assign]
    quick = run(targets)["quick"]
    assert quick.seconds < 4
    assert shelf.log.count(("poll", "quick")) < shelf.log.count(("poll", "slow")) / 2


def test_nobody_waits_where_the_options_say_so(shelf: Shelf, clock: FakeClock) -> None:
    assert row(run(put(shelf, a=Item("old")), wait=None)["a"]) == ("pending", True, None)
    assert (clock.sleeps, shelf.count("poll")) == ([], 0)


def test_change_that_is_complete_once_accepted_is_not_pending(shelf: Shelf) -> None:
    shelf.unwaited_outcome = ""
    assert row(run(put(shelf, a=Item("old")), wait=None)["a"]) == ("set", True, None)


def test_old_status_is_not_taken_for_the_end(shelf: Shelf, clock: FakeClock) -> None:
    shelf.starts_after = 2.5
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert target.seconds >= 12.5


def test_old_failure_is_not_taken_for_a_new_one(shelf: Shelf) -> None:
    shelf.starts_after = 2.5
    assert row(run(put(shelf, a=Item("new", "failed")))["a"]) == ("set_again", True, None)


def test_end_that_was_never_seen_to_run_is_confirmed_by_reading(shelf: Shelf) -> None:
    shelf.duration = 0
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert 3 <= target.seconds <= 4
    assert shelf.log[-1] == ("read", "a")


def test_end_that_reading_does_not_confirm_is_not_believed(shelf: Shelf) -> None:
    shelf.duration = 0
    apply = shelf.apply

    def apply_without_effect(target: Target[Item]) -> None:
        apply(target)
        shelf.roll_out("a", "old")

    shelf.apply = apply_without_effect  # type: ignore[method-assign]
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("timeout", True, "Timeout")


def test_confirmation_that_cannot_be_read_is_tried_again(shelf: Shelf) -> None:
    shelf.duration = 0
    shelf.unreadable = {"a": [None, ApiError("down"), ApiError("down")]}
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("set", True, None)


def test_rollout_that_fails_is_told_with_the_change(shelf: Shelf) -> None:
    shelf.ends = {"a": "failed"}
    targets = run(put(shelf, a=Item("old"), b=Item("old")))
    assert row(targets["a"]) == ("failed", True, "RolloutFailed")
    assert row(targets["b"]) == ("set", True, None)


def test_deadline_keeps_what_is_known(shelf: Shelf, clock: FakeClock) -> None:
    roll_out = shelf.roll_out

    def roll_out_at_its_pace(key: str, value: str, end: str | None = None) -> None:
        shelf.duration = 5 if key == "quick" else 100
        roll_out(key, value, end)

    shelf.roll_out = roll_out_at_its_pace  # type: ignore[method-assign]
    targets = run(put(shelf, quick=Item("old"), slow=Item("old")), wait=30)
    assert row(targets["quick"]) == ("set", True, None)
    assert row(targets["slow"]) == ("timeout", True, "Timeout")
    assert str(targets["slow"].error) == "item slow: not done within 30 s."
    assert targets["slow"].state == Item("new", "running")
    assert targets["slow"].seconds == 30


def test_deadline_is_not_overslept_and_gets_a_last_look(shelf: Shelf, clock: FakeClock) -> None:
    shelf.duration = 29.9
    assert row(run(put(shelf, a=Item("old")), wait=30)["a"]) == ("set", True, None)
    assert clock.now() == 1030


def test_target_that_is_overdue_need_not_be_an_error(shelf: Shelf) -> None:
    shelf.duration, shelf.overdue_is_an_error = 100, False
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert target.note == "item a is not done yet."


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.NOT_EXECUTED])
def test_look_that_does_not_come_about_does_not_end_the_wait(shelf: Shelf, outcome: Outcome) -> None:
    shelf.unpollable = {"a": [ApiError("down", outcome=outcome)] * 4}
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("set", True, None)


def test_look_that_is_refused_ends_the_wait_of_that_target(shelf: Shelf) -> None:
    shelf.unpollable = {"a": [ApiError("forbidden", code="FORBIDDEN", outcome=Outcome.REFUSED)]}
    targets = run(put(shelf, a=Item("old"), b=Item("old")))
    assert row(targets["a"]) == ("failed", True, "FORBIDDEN")
    assert row(targets["b"]) == ("set", True, None)


def test_target_that_vanishes_while_it_is_waited_for_fails(shelf: Shelf) -> None:
    poll = shelf.poll

    def poll_and_remove(keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Item]]:
        shelf.items.pop("a", None)
        return poll(keys, deadline)

    shelf.poll = poll_and_remove  # type: ignore[method-assign]
    assert row(run(put(shelf, a=Item("old")))["a"]) == ("failed", True, "NotFound")


def test_what_is_in_the_way_where_the_change_has_led_to_is_noted(shelf: Shelf) -> None:
    plan = shelf.plan
    shelf.plan = (  # type: ignore[method-assign]
        lambda key, state: Refuse("Now it is locked.") if state.value == "new" else plan(key, state)
    )
    target = run(put(shelf, a=Item("old")))["a"]
    assert row(target) == ("set", True, None)
    assert target.note == "Now it is locked."


def test_change_that_led_elsewhere_needs_no_note(shelf: Shelf) -> None:
    shelf.plan = lambda key, state: SET  # type: ignore[method-assign]
    assert run(put(shelf, a=Item("old")))["a"].note == ""


# ---- What runs before ----


def test_rollout_of_another_value_is_awaited_and_then_decided_again(shelf: Shelf, clock: FakeClock) -> None:
    put(shelf, a=Item("old"))
    shelf.roll_out("a", "other")
    target = run(shelf)["a"]
    assert row(target) == ("set", True, None)
    assert target.before == Item("other", "running")
    assert shelf.count("apply") == 1
    assert clock.now() - 1000 >= 20
    assert shelf.log.index(("apply", "a")) > shelf.log.index(("poll", "a"))


def test_rollout_of_the_wanted_value_is_awaited_and_nothing_written(shelf: Shelf) -> None:
    put(shelf, a=Item("old"))
    shelf.roll_out("a", "new")
    target = run(shelf)["a"]
    assert row(target) == ("unchanged", False, None)
    assert shelf.count("apply") == 0
    assert target.seconds >= 10


def test_awaited_rollout_that_fails_is_set_again(shelf: Shelf) -> None:
    put(shelf, a=Item("old"))
    shelf.roll_out("a", "new", "failed")
    assert row(run(shelf)["a"]) == ("set_again", True, None)


def test_awaited_rollout_that_does_not_end_is_a_timeout_without_a_write(shelf: Shelf) -> None:
    shelf.duration = 1000
    put(shelf, a=Item("old"))
    shelf.roll_out("a", "other")
    assert row(run(shelf)["a"]) == ("timeout", False, "Timeout")
    assert shelf.count("apply") == 0


def test_deadline_counts_for_what_ran_before_and_the_own_rollout_together(shelf: Shelf, clock: FakeClock) -> None:
    shelf.duration = 20
    put(shelf, a=Item("old"))
    shelf.roll_out("a", "other")
    assert row(run(shelf, wait=30)["a"]) == ("timeout", True, "Timeout")
    assert clock.now() == 1030


def test_target_that_vanishes_after_what_ran_before_fails(shelf: Shelf) -> None:
    put(shelf, a=Item("old"))
    shelf.roll_out("a", "other")
    shelf.unreadable = {"a": [None, ApiError("gone", code="GONE", outcome=Outcome.REFUSED)]}
    assert row(run(shelf)["a"]) == ("failed", False, "GONE")


def test_what_a_look_takes_is_a_part_of_the_pause(shelf: Shelf, clock: FakeClock) -> None:
    looks = []
    poll = shelf.poll

    def poll_slowly(keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Item]]:
        looks.append(clock.now() - 1000)
        clock.time += 0.2 if len(looks) < 3 else 0.9
        return poll(keys, deadline)

    shelf.poll = poll_slowly  # type: ignore[method-assign]
    shelf.duration = 3
    run(put(shelf, a=Item("old")))
    assert looks == pytest.approx([0.5, 0.75, 1.0, 1.9, 2.8])


def test_new_rollout_is_looked_at_early_again(shelf: Shelf, clock: FakeClock) -> None:
    put(shelf, a=Item("old"))
    shelf.duration = 40
    shelf.roll_out("a", "other")
    pauses_before = []
    apply = shelf.apply

    def apply_and_note(target: Target[Item]) -> None:
        pauses_before.append(len(clock.sleeps))
        apply(target)

    shelf.apply = apply_and_note  # type: ignore[method-assign]
    run(shelf, wait=100)
    assert clock.sleeps[pauses_before[0] - 1] > 3
    assert clock.sleeps[pauses_before[0]] == 0.5


@pytest.mark.parametrize(
    ("value", "expected"), [("other", ("pending", True, None)), ("new", ("unchanged", False, None))]
)
def test_rollout_that_runs_is_not_awaited_without_waiting(shelf: Shelf, value: str, expected: Any) -> None:
    put(shelf, a=Item("old"))
    shelf.roll_out("a", value)
    assert row(run(shelf, wait=None)["a"]) == expected


def test_rollout_that_runs_can_be_a_refusal_without_waiting(shelf: Shelf) -> None:
    shelf.plan = lambda key, state: Await(predicted=SET, unwaited=Refuse("Busy."))  # type: ignore[method-assign]
    assert row(run(put(shelf, a=Item("old")), wait=None)["a"]) == ("failed", False, "Refused")


# ---- Rolling back ----


@pytest.fixture
def failing(shelf: Shelf) -> Shelf:
    """The rollout of item a fails, and the state from before can be brought back."""
    shelf.revertible, shelf.ends = True, {"a/apply": "failed"}
    return put(shelf, a=Item("old"))


def test_failed_change_is_rolled_back(failing: Shelf) -> None:
    target = run(failing)["a"]
    assert row(target) == ("rolled_back", False, "RolloutFailed")
    assert failing.items["a"] == Item("old")
    assert failing.count("revert") == 1
    assert target.seconds >= 20


def test_change_that_does_not_end_in_time_is_rolled_back(shelf: Shelf, clock: FakeClock) -> None:
    shelf.revertible, shelf.duration = True, 100
    put(shelf, a=Item("old"))
    write = shelf.revert

    def revert_quickly(target: Target[Item]) -> None:
        shelf.duration = 5
        write(target)

    shelf.revert = revert_quickly  # type: ignore[method-assign]
    assert row(run(shelf)["a"]) == ("rolled_back", False, "Timeout")


def test_only_what_failed_is_rolled_back(failing: Shelf) -> None:
    failing.items["b"] = Item("old")
    failing.writes = {"c": [REFUSED]}
    failing.items["c"] = Item("old")
    targets = run(failing)
    assert [row(target) for target in targets.values()] == [
        ("rolled_back", False, "RolloutFailed"),
        ("set", True, None),
        ("failed", False, "NO"),
    ]
    assert [key for what, key in failing.log if what == "revert"] == ["a"]


def test_change_that_cannot_be_rolled_back_stays(failing: Shelf) -> None:
    failing.revertible = False
    assert row(run(failing)["a"]) == ("failed", True, "RolloutFailed")


def test_nothing_to_roll_back_to_where_the_value_was_the_wanted_one(failing: Shelf) -> None:
    assert row(run(put(failing, a=Item("new", "failed")))["a"]) == ("failed", True, "RolloutFailed")
    assert failing.count("revert") == 0


def test_rollback_that_is_refused_is_told_with_the_first_error(failing: Shelf) -> None:
    failing.reverts = {"a": [REFUSED]}
    target = run(failing)["a"]
    assert row(target) == ("failed", True, "RolloutFailed")
    assert str(target.error) == "item a: the rollout has failed. Rolling it back failed too: no"


def test_rollback_that_fails_is_told_with_the_first_error(failing: Shelf) -> None:
    failing.ends["a/revert"] = "failed"
    target = run(failing)["a"]
    assert row(target) == ("failed", True, "RolloutFailed")
    assert str(target.error).endswith("Rolling it back failed too: item a: the rollout has failed.")


def test_rollback_that_does_not_end_in_time_is_told_with_the_first_error(failing: Shelf, clock: FakeClock) -> None:
    write = failing.revert

    def revert_slowly(target: Target[Item]) -> None:
        failing.duration = 1000
        write(target)

    failing.revert = revert_slowly  # type: ignore[method-assign]
    target = run(failing)["a"]
    assert row(target) == ("failed", True, "RolloutFailed")
    assert str(target.error).endswith("Rolling it back failed too: item a: not done within 60 s.")


def test_rollback_whose_answer_is_lost_is_found_out_and_not_repeated(failing: Shelf) -> None:
    failing.reverts = {"a": [EXECUTED_BUT_LOST]}
    assert row(run(failing)["a"]) == ("rolled_back", False, "RolloutFailed")
    assert failing.count("revert") == 1


def test_rollback_that_was_not_executed_is_sent_once_more(failing: Shelf) -> None:
    failing.reverts = {"a": [LOST_ON_ITS_WAY]}
    assert row(run(failing)["a"]) == ("rolled_back", False, "RolloutFailed")
    assert failing.count("revert") == 2


def test_rollback_is_sent_no_more_than_twice(failing: Shelf) -> None:
    failing.reverts = {"a": [LOST_ON_ITS_WAY] * 5}
    target = run(failing)["a"]
    assert row(target) == ("failed", True, "RolloutFailed")
    assert str(target.error).endswith("Rolling it back failed too: the answer was lost")
    assert failing.count("revert") == 2


def test_rollback_that_must_not_be_repeated_is_not(failing: Shelf) -> None:
    failing.repeatable, failing.reverts = False, {"a": [LOST_ON_ITS_WAY]}
    assert row(run(failing)["a"]) == ("failed", True, "RolloutFailed")
    assert failing.count("revert") == 1


def test_what_was_read_is_told_though_the_run_breaks_off(shelf: Shelf) -> None:
    def poll(keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Item]]:
        raise RuntimeError("a defect")

    shelf.poll = poll  # type: ignore[method-assign]
    reconciliation = Reconciliation[Item](put(shelf, a=Item("old")), waiting=Waiting(60, 10), clock=shelf.clock)
    with pytest.raises(RuntimeError):
        reconciliation.run()
    assert [target.changed for target in reconciliation.targets] == [True]


def test_clock_is_the_real_one_by_default(shelf: Shelf, clock: FakeClock) -> None:
    Reconciliation[Item](put(shelf, a=Item("old")), waiting=Waiting(60, 10)).run()
    assert clock.sleeps


# ---- progress ----


def counts(reports: Sequence[Report], stage: str) -> list[tuple[int, int, int]]:
    """Done, pending and failed, of a stage's reports; what was told twice in a row once."""
    told = [(report.done, report.pending, report.failed) for report in reports if report.stage == stage]
    return [entry for entry, before in zip(told, [None, *told]) if entry != before]


def test_nothing_is_written_once_a_run_was_broken_off(shelf: Shelf) -> None:
    put(shelf, a=Item("old"))
    reconciliation = Reconciliation[Item](shelf, clock=shelf.clock)
    reconciliation.targets = [Target[Item]("a")]
    (target,) = reconciliation.broken_off()
    assert target.error is not None
    assert target.error.outcome is Outcome.NOT_EXECUTED
    with pytest.raises(CdnError, match="Interrupted"):
        reconciliation._write(target)  # in a thread that was just about to
    assert shelf.log == []


def test_reports_of_a_run(shelf: Shelf) -> None:
    shelf.refused, shelf.ends = {"d"}, {"b": "failed"}
    put(shelf, a=Item("old"), b=Item("old"), c=Item("new"), d=Item("old"))
    reports: list[Report] = []

    targets = run(shelf, listener=reports.append)

    assert counts(reports, "reading") == [(0, 4, 0)]
    assert counts(reports, "writing") == [(1, 2, 1)]
    assert counts(reports, "waiting") == [(1, 2, 1), (2, 0, 2)]
    assert next(report.limit for report in reports if report.stage == "waiting") == 60
    assert {report.total for report in reports} == {4}
    assert [row(target)[0] for target in targets.values()] == ["set", "failed", "unchanged", "failed"]


def test_reports_while_many_targets_are_written(shelf: Shelf, clock: FakeClock) -> None:
    def apply(target: Target[Item]) -> None:
        clock.sleep(1)
        Shelf.apply(shelf, target)

    shelf.apply = apply  # type: ignore[method-assign]
    reports: list[Report] = []

    run(put(shelf, a=Item("old"), b=Item("old"), c=Item("new")), wait=None, listener=reports.append)

    assert counts(reports, "writing") == [(1, 2, 0), (2, 1, 0), (3, 0, 0)]
    assert [report.seconds for report in reports if report.stage == "writing"] == [0, 1, 2]
    assert counts(reports, "waiting") == []


def test_reports_of_a_target_whose_earlier_rollout_is_waited_for(shelf: Shelf) -> None:
    put(shelf, a=Item("other")).roll_out("a", "other")
    reports: list[Report] = []

    run(shelf, listener=reports.append)

    assert counts(reports, "waiting") == [(0, 1, 0), (1, 0, 0)]


def test_reports_of_a_rollback(shelf: Shelf) -> None:
    shelf.revertible, shelf.ends = True, {"a/apply": "failed"}
    reports: list[Report] = []

    targets = run(put(shelf, a=Item("old"), b=Item("old")), listener=reports.append)

    assert row(targets["a"])[0] == "rolled_back"
    assert counts(reports, "waiting")[-1] == (1, 0, 1)
    assert counts(reports, "rolling back") == [(1, 0, 1)]
    assert reports[-1].limit == 60


@pytest.mark.parametrize("wait", [60.0, None])
def test_reports_change_nothing(wait: float | None, clock: FakeClock) -> None:
    def outcome(**options: Any) -> tuple[Any, Any]:
        shelf = put(Shelf(clock), a=Item("old"), b=Item("old"), c=Item("new", "failed"), d=Item("new"))
        shelf.ends, shelf.refused = {"b": "failed"}, {"d"}
        shelf.writes = {"a": [EXECUTED_BUT_LOST], "c": [LOST_ON_ITS_WAY]}
        targets = run(shelf, wait=wait, **options)
        return [(row(target), target.note, target.seconds) for target in targets.values()], shelf.log

    silent, watched = outcome(), outcome(listener=lambda _report: None)

    assert silent == watched
