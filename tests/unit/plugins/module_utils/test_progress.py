# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._progress import (
    LOOPBACK,
    PACE,
    VARIABLE,
    Channel,
    Report,
    Reporter,
    Stage,
    Tally,
)
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock

CHANNEL = Channel(4711, "word")
REPORT = Report("waiting", total=10, done=3, failed=2, seconds=4.5, limit=600)


def test_pending_is_what_is_left() -> None:
    assert REPORT.pending == 5


def test_a_channel_is_named_in_a_variable() -> None:
    assert Channel.named(str(CHANNEL)) == CHANNEL


@pytest.mark.parametrize("text", ["", "4711", "4711:", ":word", "0:word", "65536:word", "-1:word", "x:word", "auto"])
def test_what_names_no_channel(text: str) -> None:
    assert Channel.named(text) is None


@pytest.mark.parametrize("report", [REPORT, Report("reading", 0, 0, 0, 0.0)])
def test_a_report_arrives_as_it_was_sent(report: Report) -> None:
    assert CHANNEL.decode(CHANNEL.encode(report)) == report


def told(**fields: Any) -> bytes:
    return json.dumps({**json.loads(CHANNEL.encode(REPORT)), **fields}).encode()


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b"1",
        b"{}",
        Channel(4711, "other").encode(REPORT),
        told(stage="\x1b[2J"),
        told(stage=["waiting"]),
        told(total=4),
        told(done=-1),
        told(failed="2"),
        told(done=0.5),
        told(seconds="x"),
        told(seconds=None),
        told(limit=float("inf")),
        told(limit=float("nan")),
        told(more=1),
    ],
)
def test_what_is_no_report_is_left_alone(datagram: bytes) -> None:
    assert CHANNEL.decode(datagram) is None


def test_a_report_is_sent_to_the_port_of_the_channel() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((LOOPBACK, 0))
        receiver.settimeout(5)
        channel = Channel(receiver.getsockname()[1], "word")

        channel.send(REPORT)

        assert channel.decode(receiver.recv(1000)) == REPORT


def test_nobody_need_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    CHANNEL.send(REPORT)

    def no_socket(*_args: object) -> None:
        raise PermissionError("no sockets here")

    monkeypatch.setattr(socket, "socket", no_socket)
    CHANNEL.send(REPORT)


def test_stages_are_told_at_once_and_counts_not_too_often(clock: FakeClock) -> None:
    sent: list[Report] = []
    tally = [5, 0, 0]
    reporter = Reporter(lambda: Tally(*tally), clock, sent.append)

    reporter.enter(Stage.READING)
    reporter.enter(Stage.WRITING)
    for _write in range(4):
        tally[1] += 1
        clock.sleep(PACE / 2)
        reporter.update(Stage.WRITING)
    reporter.enter(Stage.WAITING, 60)
    clock.sleep(PACE)
    reporter.update(Stage.WRITING)

    assert [(report.stage, report.done, report.seconds, report.limit) for report in sent] == [
        ("reading", 0, 0, None),
        ("writing", 0, 0, None),
        ("writing", 2, PACE, None),
        ("writing", 4, 2 * PACE, None),
        ("waiting", 4, 0, 60),
    ]


@pytest.mark.parametrize("variable", ["", "nonsense"])
def test_targets_are_not_even_counted_where_nobody_asks(
    variable: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, variable)

    def count() -> Tally:
        raise AssertionError

    reporter = Reporter(count, clock)
    reporter.enter(Stage.WAITING)
    clock.sleep(10)
    reporter.update(Stage.WAITING)


def test_the_environment_names_the_channel(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((LOOPBACK, 0))
        receiver.settimeout(5)
        channel = Channel(receiver.getsockname()[1], "word")
        monkeypatch.setenv(VARIABLE, str(channel))

        Reporter(lambda: Tally(2, 1, 1), clock).enter(Stage.WAITING, 9)

        assert channel.decode(receiver.recv(1000)) == Report("waiting", 2, 1, 1, seconds=0.0, limit=9)
