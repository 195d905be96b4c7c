# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lines are shown of a module's reports, and when."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._progress import Channel, Report
from ansible_collections.certops.cdn.plugins.plugin_utils._progress import (
    QUIET,
    UNCHANGED,
    Lines,
    Listener,
    OneLine,
    duration,
    sentence,
)
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock


def report(done: int = 0, failed: int = 0, stage: str = "waiting", seconds: float = 0, limit: float = 600) -> Report:
    return Report(stage, total=10, done=done, failed=failed, seconds=seconds, limit=limit)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3725, "1 h 2 min"),
        (90000, "25 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_report_in_words() -> None:
    assert sentence(report(3, 1, seconds=58), 4) == "3 of 10 done, 6 pending, 1 failed (waiting, 1 min 2 s of 10 min)"
    reading = Report("reading", total=10, done=0, failed=0, seconds=5)
    assert sentence(reading, 0) == "0 of 10 done, 10 pending, 0 failed (reading, 5 s)"


@pytest.mark.parametrize(
    ("seconds", "age", "text"),
    [(2, 0, "2 s of 2 s"), (2.9, 0, "2 s of 2 s"), (1, 2, "3 s"), (3, 0, "3 s")],
)
def test_a_limit_that_has_passed_is_told_no_more(seconds: float, age: float, text: str) -> None:
    assert sentence(report(seconds=seconds, limit=2), age) == f"0 of 10 done, 10 pending, 0 failed (waiting, {text})"


# ---- Plain lines ----


def shown(lines: Lines, now: float, **fields: int) -> str:
    return lines.text(report(**fields), 0, now).partition(" (")[0]


def test_lines_begin_after_a_moment_of_quiet() -> None:
    lines = Lines("job", interval=10)

    assert lines.text(report(), 0, 0) == ""
    assert lines.text(report(), 0, QUIET - 0.1) == ""
    assert lines.text(report(2), 1, QUIET) == "job: 2 of 10 done, 8 pending, 0 failed (waiting, 1 s of 10 min)\n"


def test_a_change_is_told_once_the_interval_has_passed() -> None:
    lines = Lines("job", interval=10)
    shown(lines, QUIET)

    assert shown(lines, QUIET + 5, done=1) == ""
    assert shown(lines, QUIET + 10, done=2) == "job: 2 of 10 done, 8 pending, 0 failed"
    assert shown(lines, QUIET + 19, done=3) == ""
    assert shown(lines, QUIET + 20, done=2, failed=1) == "job: 2 of 10 done, 7 pending, 1 failed"


@pytest.mark.parametrize(("interval", "pause"), [(10, UNCHANGED), (100, 100)])
def test_the_same_is_told_again_after_a_while(interval: float, pause: float) -> None:
    lines = Lines("job", interval)
    shown(lines, QUIET)

    assert shown(lines, QUIET + pause - 1) == ""
    assert shown(lines, QUIET + pause) == "job: 0 of 10 done, 10 pending, 0 failed"
    assert shown(lines, QUIET + pause + 1) == ""


def test_lines_need_no_end() -> None:
    lines = Lines("job", interval=10)
    shown(lines, QUIET)
    assert lines.end() == ""


# ---- One line on a terminal ----


def test_one_line_is_written_over_and_wiped() -> None:
    line = OneLine("job", width=80)

    assert line.text(report(), 0, QUIET - 0.1) == ""
    first = line.text(report(9, seconds=59), 0, QUIET)
    second = line.text(report(10, seconds=59), 1, QUIET + 1)

    assert first == "\rjob: 9 of 10 done, 1 pending, 0 failed (waiting, 59 s of 10 min)"
    assert second == "\rjob: 10 of 10 done, 0 pending, 0 failed (waiting, 1 min of 10 min)"
    assert line.end() == "\r" + " " * (len(second) - 1) + "\r"


def test_a_shorter_line_leaves_nothing_of_a_longer_one() -> None:
    line = OneLine("job", width=80)
    longer = line.text(report(seconds=3599), 0, QUIET)
    shorter = line.text(report(seconds=3600), 0, QUIET + 1)

    assert shorter.rstrip() != shorter
    assert len(shorter) == len(longer)
    assert line.end() == "\r" + " " * len(shorter.rstrip("\n ").lstrip("\r")) + "\r"


def test_the_same_line_is_not_written_again() -> None:
    line = OneLine("job", width=80)
    line.text(report(), 0, QUIET)

    assert line.text(report(), 0.4, QUIET + 0.4) == ""


def test_a_line_never_wraps() -> None:
    assert len(OneLine("job", width=20).text(report(), 0, QUIET)) == 1 + 19


def test_nothing_is_wiped_where_nothing_was_written() -> None:
    line = OneLine("job", width=80)
    line.text(report(), 0, 0)
    assert line.end() == ""


# ---- The listener ----


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def listener(clock: FakeClock, written: list[str]) -> Iterator[Listener]:
    made = Listener(OneLine("job", 80), written.append, clock)
    yield made
    made.close()


def test_time_goes_on_between_reports(listener: Listener, written: list[str], clock: FakeClock) -> None:
    listener.take(listener.channel.encode(report()))
    for _tick in range(int(QUIET) + 1):
        clock.sleep(1)
        listener.take(b"")

    assert [text.partition(" (")[2] for text in written] == ["waiting, 3 s of 10 min)", "waiting, 4 s of 10 min)"]


def test_before_the_first_report_nothing_is_shown(listener: Listener, written: list[str], clock: FakeClock) -> None:
    clock.sleep(100)
    listener.take(b"")
    listener.take(Channel(1, "other").encode(report()))
    assert written == []


def test_a_report_that_arrives_is_shown(clock: FakeClock) -> None:
    shown = threading.Event()
    lines: list[str] = []

    def write(text: str) -> None:
        lines.append(text)
        shown.set()

    listener = Listener(Lines("job", 1), write, clock)
    listener.take(listener.channel.encode(report()))
    clock.sleep(QUIET)
    listener.channel.send(report(4))

    assert shown.wait(10)
    listener.close()
    assert lines == ["job: 4 of 10 done, 6 pending, 0 failed (waiting, 0 s of 10 min)\n"]
    assert not [thread for thread in threading.enumerate() if thread.name == "certops.cdn progress"]


def test_the_end_wipes_the_line_and_nothing_comes_after(clock: FakeClock, written: list[str]) -> None:
    listener = Listener(OneLine("job", 80), written.append, clock)
    listener.take(listener.channel.encode(report()))
    clock.sleep(QUIET)
    listener.take(b"")
    assert len(written) == 1

    listener.close()
    listener.take(listener.channel.encode(report(5)))

    assert written[1:] == ["\r" + " " * (len(written[0]) - 1) + "\r"]


def test_without_a_socket_there_is_no_listener(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(PermissionError):
        Listener(Lines("job", 1), print, clock)
