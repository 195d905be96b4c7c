# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: what a decision table can answer, and what a look at a pending change can tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Union


@dataclass(frozen=True)
class Keep:
    """The target is as wanted; nothing is written. ``note`` tells the user what is still theirs to do."""

    note: str = ""


@dataclass(frozen=True)
class Change:
    """Write. ``outcome`` is the row's outcome after the write, ``predicted`` the one in check mode."""

    outcome: str
    predicted: str
    note: str = ""
    """What the user should know beside the change."""


@dataclass(frozen=True)
class Await:
    """Something runs at the provider: wait for its end, read again, decide again.

    ``predicted`` is what that will most likely lead to (check mode); ``unwaited`` is the verdict without waiting.
    """

    predicted: Verdict
    unwaited: Verdict


@dataclass(frozen=True)
class Refuse:
    """The wanted state cannot be reached from here; ``reason`` is a sentence, ``code`` its error's code."""

    reason: str
    code: str = "Refused"


Verdict = Union[Keep, Change, Await, Refuse]


class Progress(Enum):
    """What a look at a target that is waited for means."""

    RUNNING = "running"
    STALE = "stale"
    """It shows what was there before the write; nothing can be told from it yet."""
    CONFIRM = "confirm"
    """It has shown the same for so long that it may be the end: read the target itself before believing it."""
    DONE = "done"
    FAILED = "failed"
