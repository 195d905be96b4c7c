# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 3: the stages between options and result, for one target or a thousand.

select -> read -> plan -> apply -> settle -> report. A provider's :class:`~_resource.Resource` says what each stage
means for it; this file says in which order they come, what runs at the same time, what an unknown outcome leads to,
and when to stop. Only ``apply`` and ``revert`` write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._parallel import each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._progress import Report, Reporter, Stage, Tally
from ansible_collections.certops.cdn.plugins.module_utils._resource import Resource, Target
from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock, Deadline, poll_pauses

S = TypeVar("S")

LOST_ANSWER_PAUSE = 1.0
"""Seconds before reading what became of a write whose answer was lost: the provider may still be at it."""

INTERRUPTED = "Interrupted"
"""The code of errors after a signal."""


@dataclass(frozen=True)
class Waiting:
    """How long to wait for all targets together, and the longest pause between two looks, in seconds."""

    timeout: float
    interval: float


def tally(targets: Sequence[Target[Any]]) -> Tally:
    """How many of the targets are done with, for now, and how many have failed. Pure."""
    failed = sum(target.error is not None or target.reverting is not None for target in targets)
    pending = sum(target.reverting is None and target.pending for target in targets)
    return Tally(len(targets), len(targets) - failed - pending, failed)


class Reconciliation(Generic[S]):
    """One run over all targets of a resource."""

    def __init__(
        self,
        resource: Resource[S],
        *,
        check_mode: bool = False,
        waiting: Waiting | None = None,
        concurrency: int = 1,
        clock: Clock | None = None,
        listener: Callable[[Report], None] | None = None,
    ) -> None:
        self._resource = resource
        self._check_mode = check_mode
        self._waiting = waiting
        self._concurrency = concurrency
        self._clock = clock or Clock()
        self._reporter = Reporter(lambda: tally(self.targets), self._clock, listener)
        self._over = False
        self.targets: list[Target[S]] = []
        """All targets, with what is known of them; also where the run was broken off by a defect."""

    def run(self) -> list[Target[S]]:
        """All stages up to the report; every target, in the order asked for.

        :raises InputError: what the options name cannot be used; nothing was written
        """
        self.targets = targets = [Target[S](key) for key in self._resource.select()]
        self._reporter.enter(Stage.READING)
        self._decide(targets)
        if self._resource.all_or_nothing and any(isinstance(target.error, InputError) for target in targets):
            return targets
        if self._check_mode:
            for target in targets:
                self._predict(target)
            return targets
        self._reporter.enter(Stage.WRITING)
        began = self._clock.now()
        self._act(targets)
        self._settle(targets, Stage.WAITING, began)
        self._revert([target for target in targets if target.error is not None and target.changed])
        return targets

    def broken_off(self) -> list[Target[S]]:
        """Every target, after a signal broke the run off: where something was still to do, that has failed.

        :raises CdnError: nobody knew yet which targets there are
        """
        self._over = True
        if not self.targets:
            raise CdnError("Interrupted before anything was read; nothing was changed.", code=INTERRUPTED)
        written = [target for target in self.targets if target.changed]
        for target in written:
            if target.written_at is None:
                self._written(target)
        if self._waiting is None:
            self._settle(written, Stage.WAITING, self._clock.now())  # nobody wanted to see more of them
        for target in self.targets:
            if target.pending:
                target.fail(self._interruption(target))
        return self.targets

    def _interruption(self, target: Target[S]) -> CdnError:
        name, outcome = self._resource.name(target.key), Outcome.UNKNOWN
        if target.reverting is not None:
            text = "interrupted while the state from before was brought back"
        elif target.changed:
            text = "interrupted after it was changed, before the end of that was seen"
        elif target.writes:
            text = "interrupted while it was changed; nobody can tell whether that was executed"
        else:
            text, outcome = "interrupted before anything was changed", Outcome.NOT_EXECUTED
        return CdnError(
            f"{name}: {text}. Run again.", provider=self._resource.provider, code=INTERRUPTED, outcome=outcome
        )

    # ---- read, plan ----

    def _decide(self, targets: Sequence[Target[S]]) -> None:
        """Read the targets and note each one's verdict; one that cannot be read, or is refused, has failed."""
        if not targets:
            return
        states = self._resource.read([target.key for target in targets])
        for target in targets:
            target.verdict = None
            state = states.get(target.key) or self._vanished(target)
            if isinstance(state, CdnError):
                target.fail(state)
                continue
            target.state = state
            if target.before is None:
                target.before = state
            self._note_verdict(target, self._resource.plan(target.key, state))

    def _note_verdict(self, target: Target[S], verdict: Verdict) -> None:
        target.verdict = verdict
        if isinstance(verdict, (Keep, Change)):
            target.remark(verdict.note)
        elif isinstance(verdict, Refuse):
            target.fail(InputError(verdict.reason, provider=self._resource.provider, code=verdict.code))

    def _vanished(self, target: Target[S]) -> CdnError:
        return InputError(
            f"{self._resource.name(target.key)} was not found.", provider=self._resource.provider, code="NotFound"
        )

    def _predict(self, target: Target[S]) -> None:
        """Check mode stops here: the row says what a run would do."""
        if isinstance(target.verdict, Await):
            self._note_verdict(target, target.verdict.predicted if self._waiting else target.verdict.unwaited)
        if isinstance(target.verdict, Change):
            target.outcome = target.verdict.predicted
            target.changed = True

    # ---- apply ----

    def _act(self, targets: Sequence[Target[S]]) -> None:
        """Do what the verdicts say. Afterwards every target is kept, written, watched or failed."""
        due = []
        for target in targets:
            if isinstance(target.verdict, Await):
                if self._waiting is not None:
                    self._begin(target)
                    if target.lost_answer is not None and self._confirms(target):
                        self._written(target)  # what runs is our own write
                    target.seen_running = True
                    continue
                self._note_verdict(target, target.verdict.unwaited)
            if target.error is not None:
                continue
            if target.lost_answer is not None:
                self._judge_lost_answer(target, target.lost_answer)
            if isinstance(target.verdict, Change) and target.error is None and target.written_at is None:
                due.append(target)
        self._apply(due)

    def _judge_lost_answer(self, target: Target[S], error: ApiError) -> None:
        """Decide, after the target was read again, whether a write without a clear answer was executed."""
        if isinstance(target.verdict, Keep):
            if error.outcome is Outcome.UNKNOWN:
                self._written(target)
        elif error.outcome is not Outcome.UNKNOWN:
            target.fail(error)
        elif not self._resource.repeatable:
            if self._resource.was_executed(target):
                self._written(target)
            elif self._waiting is not None:
                # The state may be late: watch it, and look for evidence once more at the end.
                target.written_at = self._clock.now()
            else:
                target.fail(error)
        elif target.writes > 1:
            target.fail(error)

    def _apply(self, targets: Sequence[Target[S]]) -> None:
        """Write for all targets, several at a time; find out what became of writes without a clear answer."""
        if not targets:
            return
        unclear = []
        for target, error in self._for_each(targets, self._write):
            if error is None:
                self._written(target)
            elif isinstance(error, ApiError) and (
                error.outcome is Outcome.UNKNOWN or self._resource.may_be_done_already(error)
            ):
                target.lost_answer = error
                unclear.append(target)
            else:
                target.fail(error)
        if unclear:
            self._clock.sleep(LOST_ANSWER_PAUSE)
            self._decide(unclear)
            for target in unclear:
                if target.error is not None and target.lost_answer is not None:
                    # Nothing more is known than that the write failed: that is the error to tell.
                    target.fail(target.lost_answer)
            self._act(unclear)

    def _write(self, target: Target[S]) -> None:
        self._begin(target)
        target.writes += 1
        if self._over:
            # This order of things leaves no gap: a target without writes is told to be unchanged, and stays so.
            raise CdnError("Interrupted.", code=INTERRUPTED)
        if isinstance(target.verdict, Change):
            target.planned = target.verdict
        self._resource.apply(target)
        target.accepted_at = self._clock.now()
        self._reporter.update(Stage.WRITING)

    def _written(self, target: Target[S]) -> None:
        """The change is at the provider: by its answer, or by what was read after the answer was lost."""
        if target.lost_answer is not None and not target.changed:
            name, code = self._resource.name(target.key), target.lost_answer.code
            target.remark(f"{name}: the answer to the write was lost ({code}), but the write was executed.")
        target.changed = True
        target.written_at = self._clock.now() if target.accepted_at is None else target.accepted_at
        target.seen_running = False
        if target.planned is not None:
            target.outcome = target.planned.outcome
        self._stop_watch(target)

    # ---- settle ----

    def _settle(self, targets: Sequence[Target[S]], stage: Stage, since: float) -> None:
        """Wait for all watched targets together until one deadline. Whatever is known when it passes is kept.

        :param since: when the first of them was written, on the clock
        """
        watched = [target for target in targets if target.watched]
        if self._waiting is None:
            for target in watched:
                target.settled = True
                target.outcome = self._resource.unwaited_outcome or target.outcome
            return
        self._reporter.enter(stage, self._waiting.timeout)
        deadline = Deadline(self._waiting.timeout, self._clock)
        # Many writes take their time, and a rollout that is over before anybody has seen it costs a look of its own.
        pauses = poll_pauses(self._waiting.interval, self._clock.now() - since)
        looked_at = self._clock.now()
        while watched and not deadline.passed():
            # From look to look: what a look itself takes is a part of the pause.
            pause = next(pauses) - (self._clock.now() - looked_at)
            self._clock.sleep(min(max(pause, 0.0), deadline.remaining()))
            looked_at = self._clock.now()
            ended = self._look(watched, deadline)
            if ended:
                # What ran before has ended: read, decide and perhaps write; a new rollout is looked at early again.
                self._decide(ended)
                self._act(ended)
                pauses, looked_at = poll_pauses(self._waiting.interval), self._clock.now()
            watched = [target for target in watched if target.watched]
            self._reporter.update(stage)
        for target in watched:
            self._give_up(target)

    def _look(self, watched: Sequence[Target[S]], deadline: Deadline) -> list[Target[S]]:
        """One poll for all. Returns the targets whose earlier rollout has ended, so that they can be decided."""
        states = self._resource.poll([target.key for target in watched], deadline)
        ended, to_confirm = [], []
        for target in watched:
            state = states.get(target.key) or self._vanished(target)
            if isinstance(state, CdnError):
                if state.outcome is Outcome.REFUSED or isinstance(state, InputError):
                    target.fail(state)
                continue  # a look that did not come about does not end the wait
            target.state = state
            progress = self._resource.progress(target, state, self._age(target))
            if progress is Progress.RUNNING:
                target.seen_running = True
            elif progress in (Progress.DONE, Progress.FAILED) and target.written_at is None:
                ended.append(target)
            elif progress is Progress.DONE:
                self._finish(target)
            elif progress is Progress.FAILED:
                target.fail(self._resource.failure(target))
            elif progress is Progress.CONFIRM:
                to_confirm.append(target)
            self._stop_watch(target)
        for target in self._confirmed(to_confirm):
            self._finish(target)
        return ended

    def _confirmed(self, targets: Sequence[Target[S]]) -> list[Target[S]]:
        """Those of the targets that, read now, show what was written."""
        states = self._resource.read([target.key for target in targets]) if targets else {}
        readable = []
        for target in targets:
            state = states.get(target.key)
            if state is not None and not isinstance(state, CdnError):
                target.state = state
                readable.append(target)
        return [target for target in readable if self._confirms(target)]

    def _finish(self, target: Target[S]) -> None:
        if not target.changed:
            # The answer to the write was lost; its effect has now been seen.
            self._written(target)
        target.settled = True
        if target.state is not None and target.reverting is None:
            self._remark_on_end(target, self._resource.plan(target.key, target.state))
        self._stop_watch(target)

    def _remark_on_end(self, target: Target[S], verdict: Verdict) -> None:
        """Note what is still the user's to do, or in the way, where the change has led to."""
        if isinstance(verdict, Keep):
            target.remark(verdict.note)
        elif isinstance(verdict, Refuse):
            target.remark(verdict.reason)

    def _give_up(self, target: Target[S]) -> None:
        """The deadline has passed."""
        self._stop_watch(target)
        if target.lost_answer is not None and not target.changed:
            if not self._resource.was_executed(target):
                target.fail(target.lost_answer)
                return
            self._written(target)
        error = self._resource.overdue(target, self._waiting.timeout if self._waiting else 0.0)
        if error is not None:
            target.fail(error, "timeout")

    # ---- roll back ----

    def _revert(self, failed: Sequence[Target[S]]) -> None:
        """Bring back the state from before for targets whose change did not end well, and wait for that too."""
        targets = [target for target in failed if self._resource.can_revert(target)]
        if not targets:
            return
        for target in targets:
            target.reverting, target.error = target.error, None
        began = self._clock.now()
        self._write_back(targets)
        for target in targets:
            target.written_at, target.seen_running = self._clock.now(), False
        self._settle(targets, Stage.ROLLING_BACK, began)
        for target in targets:
            if target.reverting is None:
                continue
            if target.error is None:
                target.changed = False
                target.fail(target.reverting, "rolled_back")
            else:
                target.reverting.add(f"Rolling it back failed too: {target.error.message}")
                target.fail(target.reverting)

    def _write_back(self, targets: Sequence[Target[S]], again: bool = True) -> None:
        """Write the states from before; as in :meth:`_apply`, a lost answer leads to a look and perhaps one repeat."""
        unclear = []
        for target, error in self._for_each(targets, self._resource.revert):
            target.error = error
            if error is not None and error.outcome is Outcome.UNKNOWN:
                unclear.append(target)
        if unclear and again:
            self._clock.sleep(LOST_ANSWER_PAUSE)
            executed = self._confirmed(unclear)
            for target in executed:
                target.error = None
            if self._resource.repeatable:
                self._write_back([target for target in unclear if target not in executed], again=False)

    # ---- small things ----

    def _confirms(self, target: Target[S]) -> bool:
        return target.state is not None and self._resource.confirms(target, target.state)

    def _for_each(
        self, targets: Sequence[Target[S]], work: Callable[[Target[S]], None]
    ) -> list[tuple[Target[S], CdnError | None]]:
        by_key = {target.key: target for target in targets}
        results = each(lambda key: work(by_key[key]), list(by_key), self._concurrency)
        return [(by_key[key], error) for key, error in results.items()]

    def _begin(self, target: Target[S]) -> None:
        if target.began_at is None:
            target.began_at = self._clock.now()

    def _age(self, target: Target[S]) -> float:
        since = target.written_at if target.written_at is not None else target.began_at
        return 0.0 if since is None else self._clock.now() - since

    def _stop_watch(self, target: Target[S]) -> None:
        if target.began_at is not None:
            target.seconds = round(self._clock.now() - target.began_at, 3)
