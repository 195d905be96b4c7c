# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls per second and action."""

from collections import defaultdict, deque


class RateLimit:
    """Counts the accepted calls of the last second."""

    def __init__(self) -> None:
        self._accepted: dict[str, deque[float]] = defaultdict(deque)

    def allows(self, action: str, limit: int | None, ticks: float) -> bool:
        """True, and the call counts; or False, and it does not."""
        if limit is None:
            return True
        times = self._accepted[action]
        while times and times[0] <= ticks - 1:
            times.popleft()
        if len(times) >= limit:
            return False
        times.append(ticks)
        return True
