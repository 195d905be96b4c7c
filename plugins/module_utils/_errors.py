# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the one exception family of the collection.

Everything below a module raises one of these; :mod:`_module` catches them in one place and turns them into
``fail_json``. :meth:`CdnError.as_result` is the ``error`` dictionary that ``rescue:`` blocks read.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class Outcome(str, Enum):
    """What is known about a call that failed; it alone decides what may be repeated (DESIGN, rule 4)."""

    NOT_EXECUTED = "not_executed"
    """The provider did not act on it: refused connection, rate limit. Anything may be sent again."""
    UNKNOWN = "unknown"
    """Nobody can tell: time-out or reset after sending, 5xx, unreadable body. Reads may be sent again, writes not."""
    REFUSED = "refused"
    """The provider said no. Sending it again changes nothing."""


class CdnError(Exception):
    """Base of all errors; ``str()`` is one clear sentence for people."""

    provider = ""

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        action: str = "",
        code: str = "",
        http_status: int | None = None,
        request_id: str | None = None,
        outcome: Outcome = Outcome.NOT_EXECUTED,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider or self.provider
        self.action = action
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.outcome = outcome

    def as_result(self) -> dict[str, Any]:
        """The ``error`` dictionary of a result: provider, action, code, message, http_status, request_id, outcome."""
        return {
            "provider": self.provider,
            "action": self.action,
            "code": self.code,
            "message": self.message,
            "http_status": self.http_status,
            "request_id": self.request_id,
            "outcome": self.outcome.value,
        }

    def add(self, sentence: str) -> None:
        """Add to the message what is known only further up."""
        self.message = f"{self.message} {sentence}"
        self.args = (self.message,)


class InputError(CdnError):
    """An option, or the target it names, cannot be used. Raised before any write."""

    def __init__(self, message: str, *, provider: str = "", code: str = "InvalidInput") -> None:
        super().__init__(message, provider=provider, code=code)


class ApiError(CdnError):
    """A call to a provider failed.

    :ivar retry_after: seconds the provider asked to wait, or None
    """

    retry_after: float | None = None


class UnexpectedReplyError(ApiError):
    """The answer is not of the documented shape (HTML, truncated, wrong types): what happened is unknown."""


class CheckModeError(CdnError):
    """A mutating call was about to be sent in check mode: a defect of this collection, stopped by the client."""
