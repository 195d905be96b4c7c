# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""What is shown of a module's reports while it runs: which lines, and when. All pure but the listener."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from ansible_collections.certops.cdn.plugins.module_utils._progress import LOOPBACK, Channel, Report
from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock

QUIET = 3.0
"""Seconds from a task's first report until something is shown: most tasks have ended by then."""

UNCHANGED = 60.0
"""Seconds after which a plain line says the same once more, so that a log does not look dead."""

TICK = 1.0
"""Seconds between two looks at the time where no report comes."""

LARGEST = 2000
"""Bytes of a report; none comes near."""


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        parts = (f"{hours} h", f"{minutes} min" if minutes else "")
    else:
        parts = (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "")
    return " ".join(filter(None, parts))


def sentence(report: Report, age: float) -> str:
    """A report in words, ``age`` seconds after it came. A limit that has passed is left out."""
    seconds = report.seconds + age
    time = duration(seconds)
    if report.limit is not None and int(seconds) <= int(report.limit):
        time += f" of {duration(report.limit)}"
    counts = f"{report.done} of {report.total} done, {report.pending} pending, {report.failed} failed"
    return f"{counts} ({report.stage}, {time})"


class Show(Protocol):
    """Turns reports into text for the display, as it is to be written."""

    def text(self, report: Report, age: float, now: float) -> str:
        """What to write now, if anything; ``now`` counts from the first report on."""

    def end(self) -> str:
        """What to write when the module has ended, if anything."""


class Lines:
    """For pipes, logs and job output: a line when counts have changed, and not too many of them."""

    def __init__(self, title: str, interval: float) -> None:
        self._title = title
        self._interval = interval
        self._last: float | None = None
        self._shown: tuple[str, int, int] | None = None

    def text(self, report: Report, age: float, now: float) -> str:
        state = (report.stage, report.done, report.failed)
        pause = self._interval if state != self._shown else max(UNCHANGED, self._interval)
        due = QUIET if self._last is None else self._last + pause
        if now < due:
            return ""
        self._last, self._shown = now, state
        return f"{self._title}: {sentence(report, age)}\n"

    def end(self) -> str:
        return ""


class OneLine:
    """For a terminal: one line that is written over and over, and wiped in the end."""

    def __init__(self, title: str, width: int) -> None:
        self._title = title
        self._width = width - 1  # a line as wide as the terminal would wrap
        self._shown = ""

    def text(self, report: Report, age: float, now: float) -> str:
        if now < QUIET:
            return ""
        line = f"{self._title}: {sentence(report, age)}"[: self._width]
        if line == self._shown:
            return ""
        # Blanks wipe what was longer before, since not every terminal has an escape sequence for that.
        wiped = line.ljust(len(self._shown))
        self._shown = line
        return "\r" + wiped

    def end(self) -> str:
        return "\r" + " " * len(self._shown) + "\r" if self._shown else ""


class Listener:
    """Receives the reports of one module in a thread of its own, and shows them."""

    def __init__(self, show: Show, write: Callable[[str], None], clock: Clock | None = None) -> None:
        """
        :param write: puts text on the display
        :raises OSError: there is no socket to be had
        """
        self._show = show
        self._write = write
        self._clock = clock or Clock()
        self._report: Report | None = None
        self._first = self._last = 0.0
        self._ended = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((LOOPBACK, 0))
            self._socket.settimeout(TICK)
            self.channel = Channel(self._socket.getsockname()[1], secrets.token_hex(8))
            self._thread = threading.Thread(target=self._listen, name="certops.cdn progress", daemon=True)
            self._thread.start()
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """The module has ended: wipe what is not to stay."""
        self._ended.set()
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", self._socket.getsockname())  # wakes the thread
        self._thread.join(2 * TICK)
        self._socket.close()
        self._put(self._show.end())

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self.take(self._socket.recv(LARGEST))
            except socket.timeout:
                self.take(b"")
            except OSError:
                return

    def take(self, datagram: bytes) -> None:
        """A datagram has come, or a moment has passed without one."""
        now = self._clock.now()
        report = self.channel.decode(datagram)
        if report is not None:
            if self._report is None:
                self._first = now
            self._report, self._last = report, now
        if self._report is not None and not self._ended.is_set():
            self._put(self._show.text(self._report, now - self._last, now - self._first))

    def _put(self, text: str) -> None:
        if text:
            self._write(text)
