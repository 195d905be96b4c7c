# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What connections do with their time limits. How the client uses them is tested with the client."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._connections import TimedAnswer
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock, json_answer


@pytest.fixture(name="pair")
def fixture_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def answer(connection: socket.socket, clock: FakeClock) -> TimedAnswer:
    return TimedAnswer(connection, method="GET", clock=clock)


def test_answer_is_read(pair: tuple[socket.socket, socket.socket], clock: FakeClock) -> None:
    ours, theirs = pair
    ours.settimeout(5)
    theirs.sendall(json_answer({"id": 1}))
    with answer(ours, clock) as got:
        got.begin()
        assert got.fileno() == ours.fileno()
        assert got.read() == b'{"id": 1}'


def test_limit_counts_for_head_and_body_together(pair: tuple[socket.socket, socket.socket], clock: FakeClock) -> None:
    ours, theirs = pair
    ours.settimeout(5)
    theirs.sendall(json_answer({"id": 1}, content_length="100"))
    with answer(ours, clock) as got:
        got.begin()
        clock.time += 5.1
        theirs.sendall(b" " * 100)
        with pytest.raises(socket.timeout):
            got.read()


def test_next_request_has_the_limit_of_the_socket(pair: tuple[socket.socket, socket.socket], clock: FakeClock) -> None:
    ours, theirs = pair
    ours.settimeout(5)
    with answer(ours, clock) as got:
        clock.time += 4
        theirs.sendall(json_answer({"id": 1}))
        got.begin()
        got.read()
    assert ours.gettimeout() == 5


def test_socket_without_limit_has_none(pair: tuple[socket.socket, socket.socket], clock: FakeClock) -> None:
    ours, theirs = pair
    theirs.sendall(json_answer({"id": 1}))
    with answer(ours, clock) as got:
        clock.time += 1000
        got.begin()
        assert got.read() == b'{"id": 1}'
