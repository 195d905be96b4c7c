# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that a run takes at least: no program can be faster than the calls that have to follow each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

PAGE = 100
"""Domains that a list shows, or is asked for, in one call."""


@dataclass(frozen=True)
class Conditions:
    """What the service and the options allow; times in seconds."""

    latency: float = 0.05
    rollout: float = 2.0
    concurrency: int = 25
    rate_limit: int = 1000

    def __str__(self) -> str:
        return (
            f"{self.latency * 1000:g} ms a call, {self.rollout:g} s a rollout, "
            f"concurrency {self.concurrency}, rate_limit {self.rate_limit}"
        )

    def _calls(self, *batches: int) -> float:
        """Batches of calls, each of which needs the one before it complete.

        A batch takes so many rounds of the latency. All of them together need a second for each `rate_limit` calls
        that came before the last one.
        """
        rounds = sum(math.ceil(batch / self.concurrency) for batch in batches)
        return max(rounds * self.latency, (sum(batches) - 1) // self.rate_limit + self.latency)

    @staticmethod
    def _listing(count: int) -> tuple[int, int]:
        """The first page, which tells how many there are, and the others."""
        return 1, math.ceil(count / PAGE) - 1

    def listing(self, count: int) -> float:
        """List the domains, and read each one's certificate."""
        return self._calls(*self._listing(count), count)

    def nothing_to_do(self, count: int) -> float:
        """Find the certificate and the domains, and read what is bound to each."""
        return self._calls(1, *self._listing(count), count)

    def bind(self, count: int) -> float:
        """The same, write each binding, wait for the last rollout, and look at all of them once."""
        calls = self._calls(1, *self._listing(count), count, count)
        return calls + self.rollout + math.ceil(math.ceil(count / PAGE) / self.concurrency) * self.latency
