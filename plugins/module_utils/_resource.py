# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: what the stages of a run and a provider tell each other: a target, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar, Union

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Progress, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

S = TypeVar("S")


class Target(Generic[S]):
    """One thing to bring into its wanted state, and all that is known of it so far."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.before: S | None = None
        """Its state when the run began."""
        self.state: S | None = None
        """Its state as last seen."""
        self.verdict: Verdict | None = None
        self.outcome = "unchanged"
        self.changed = False
        """Its state at the provider is, or in check mode would be, another one because of this run."""
        self.error: CdnError | None = None
        self.note = ""
        """What the user should know although nothing failed."""
        self.request_id: str | None = None
        self.seconds = 0.0
        """From the first write or wait to the end."""

        # What the run remembers while it works.
        self.began_at: float | None = None
        self.accepted_at: float | None = None
        """When the provider accepted its write; the others may still have been on their way."""
        self.written_at: float | None = None
        """The same once all are written, or when it was found that it was written: from now on its end is watched."""
        self.planned: Change | None = None
        self.writes = 0
        self.lost_answer: ApiError | None = None
        """The error of a write that may have been executed all the same."""
        self.seen_running = False
        self.settled = False
        self.reverting: CdnError | None = None
        """The failure that made the run bring back the state from before."""

    def wrote(self, request_id: str | None = None) -> None:
        """The provider has accepted a write."""
        self.changed = True
        self.request_id = request_id or self.request_id

    def remark(self, sentence: str) -> None:
        """Add a sentence to the note, once."""
        if sentence and sentence not in self.note:
            self.note = f"{self.note} {sentence}".lstrip()

    def fail(self, error: CdnError, outcome: str = "failed") -> None:
        self.error = error
        self.outcome = outcome

    @property
    def watched(self) -> bool:
        """Whether the end of something, our write or what ran before, is still to be seen."""
        return (
            self.error is None and not self.settled and (self.written_at is not None or isinstance(self.verdict, Await))
        )

    @property
    def pending(self) -> bool:
        """Whether there is still something to do for it: to read it, to write, or to see the end of that."""
        undecided = self.verdict is None or (isinstance(self.verdict, (Await, Change)) and not self.changed)
        return self.error is None and not self.settled and (undecided or self.watched)


Read = Union[S, CdnError]


class Resource(Protocol[S]):
    """What a provider says about one kind of target; ``S`` is the state of a target."""

    provider: str
    all_or_nothing: bool
    """Whether one target that is refused, or that cannot be used, stops the whole task before any write."""
    repeatable: bool
    """Whether writing twice does no harm, so that a write whose answer was lost may be sent once more."""
    unwaited_outcome: str
    """The outcome of a change that nobody waited for; "" where a change is complete once it is accepted."""

    def select(self) -> Sequence[str]:
        """The keys of the targets, in the order asked for.

        :raises InputError: what the options name cannot be used
        """

    def name(self, key: str) -> str:
        """The target in messages, such as "domain shop.example.com (dom-1)"."""

    def read(self, keys: Sequence[str]) -> dict[str, Read[S]]:
        """The present states, or why there is none: an InputError where that is the fault of what the options name."""

    def plan(self, key: str, state: S) -> Verdict:
        """The decision table. Pure."""

    def apply(self, target: Target[S]) -> None:
        """Write what the plan says; calls ``target.wrote()`` after each accepted write.

        :raises ApiError: a write failed
        """

    def may_be_done_already(self, error: ApiError) -> bool:
        """Whether a refused write can mean that somebody else was faster. Pure."""

    def was_executed(self, target: Target[S]) -> bool:
        """Evidence beside the state that a write whose answer was lost was executed."""

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[S]]:
        """A look at watched targets, as cheap as the provider allows."""

    def progress(self, target: Target[S], state: S, age: float) -> Progress:
        """What a look means, ``age`` seconds after the write or the begin of the wait. Pure."""

    def confirms(self, target: Target[S], state: S) -> bool:
        """Whether a state that was read shows what was written. Pure."""

    def failure(self, target: Target[S]) -> CdnError:
        """The error of a target whose change failed at the provider. Pure."""

    def overdue(self, target: Target[S], seconds: float) -> CdnError | None:
        """The error of a target that was waited for in vain; None where a note on the target is enough. Pure."""

    def can_revert(self, target: Target[S]) -> bool:
        """Whether the state from before is to be, and can be, brought back after a failure. Pure."""

    def revert(self, target: Target[S]) -> None:
        """Bring back the state from before."""

    def report(self, targets: Sequence[Target[S]]) -> dict[str, Any]:
        """The result's own keys, and ``diff``. Pure."""


class OneWay:
    """Part of a resource whose provider has no way back: what was changed stays changed."""

    def can_revert(self, target: Target[Any]) -> bool:
        return False

    def revert(self, target: Target[Any]) -> None:
        """Nothing is ever taken back."""
