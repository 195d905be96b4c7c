# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: how far a run is, told to the controller while the module still runs.

A module has no way of its own to say anything before its end. Where it runs on the controller, the action plugin that
started it names a channel in its environment: a UDP port on loopback, and a word that the reports begin with. Reports
may get lost, and nobody has to listen: a run goes the same way with and without them.
"""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import NamedTuple

from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock

VARIABLE = "CERTOPS_CDN_PROGRESS_CHANNEL"
"""The environment variable that names the channel."""

LOOPBACK = "127.0.0.1"

PACE = 0.5
"""Seconds between two reports of the same stage, at least."""


class Stage(str, Enum):
    """What a run is doing."""

    READING = "reading"
    WRITING = "writing"
    WAITING = "waiting"
    ROLLING_BACK = "rolling back"


class Tally(NamedTuple):
    """How many targets there are, and how many of them need no more work, or have failed."""

    total: int
    done: int
    failed: int


@dataclass(frozen=True)
class Report:
    """How far a run is: counts alone, no names."""

    stage: str
    total: int
    done: int
    failed: int
    seconds: float
    """Since the stage began."""
    limit: float | None = None
    """Seconds that the stage may take; None where nothing limits it."""

    @property
    def pending(self) -> int:
        return self.total - self.done - self.failed


class Channel(NamedTuple):
    """Where reports go to."""

    port: int
    word: str
    """What tells these reports from those of others."""

    def __str__(self) -> str:
        return f"{self.port}:{self.word}"

    @classmethod
    def named(cls, text: str) -> Channel | None:
        """The channel that an environment variable names; None where it names none."""
        port, separator, word = text.partition(":")
        if not (separator and word and port.isdecimal() and 0 < int(port) < 65536):
            return None
        return cls(int(port), word)

    def encode(self, report: Report) -> bytes:
        return json.dumps({"word": self.word, **asdict(report)}).encode()

    def decode(self, datagram: bytes) -> Report | None:
        """The report in a datagram; None where it is none of this channel's."""
        try:
            fields = json.loads(datagram)
            if fields.pop("word") != self.word:
                return None
            report = Report(**fields)
            Stage(report.stage)
            counts = (report.total, report.done, report.failed, report.pending)
            seconds = (report.seconds, 0.0 if report.limit is None else report.limit)
            plausible = all(isinstance(count, int) and count >= 0 for count in counts)
            return report if plausible and all(map(math.isfinite, seconds)) else None
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def send(self, report: Report) -> None:
        """Send a report, or do nothing where that is not possible."""
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(self.encode(report), (LOOPBACK, self.port))
        except OSError:
            pass


class Reporter:
    """Reports the stages of a run, and how far each is; at no cost where nobody listens."""

    def __init__(self, count: Callable[[], Tally], clock: Clock, send: Callable[[Report], None] | None = None) -> None:
        """
        :param count: counts the targets; called for each report that is sent
        :param send: takes the reports; without it, the channel that the environment names does, if it names one
        """
        if send is None:
            channel = Channel.named(os.environ.get(VARIABLE, ""))
            send = channel.send if channel else None
        self._count = count
        self._clock = clock
        self._send = send
        self._stage = Stage.READING
        self._limit: float | None = None
        self._began = self._sent = clock.now()

    def enter(self, stage: Stage, limit: float | None = None) -> None:
        """A stage begins.

        :param limit: seconds that it may take
        """
        self._stage, self._limit, self._began = stage, limit, self._clock.now()
        self._report()

    def update(self, stage: Stage) -> None:
        """Counts may have changed, as they are seen in this stage. Soon after another report, this one is left out."""
        if stage is self._stage and self._clock.now() - self._sent >= PACE:
            self._report()

    def _report(self) -> None:
        if self._send is None:
            return
        self._sent = self._clock.now()
        seconds = round(self._sent - self._began, 3)
        self._send(Report(self._stage.value, *self._count(), seconds=seconds, limit=self._limit))
