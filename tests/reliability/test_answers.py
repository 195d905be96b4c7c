# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a provider answers, a module ends with a result that is as documented, or with a clear error."""

from __future__ import annotations

import gzip
import random
import socket
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.certops.cdn.plugins.module_utils import _http, _module, _parallel, _wait, _zenlayer
from ansible_collections.certops.cdn.plugins.modules import zenlayer_certificate_info
from ansible_collections.certops.cdn.tests.unit import conftest as unit
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock, LocalServer, Received, http_answer
from emulator.process import Running
from reliability import page
from reliability.answers import strange
from reliability.answers.bench import Bench
from reliability.answers.judgement import complaints
from reliability.answers.recorded import Player
from reliability.answers.scenarios import SCENARIOS, Scenario
from usage.modules import NAMES
from usage.test_ways_of_use import GROUPS

# fixtures
clock = unit.clock
play = unit.play
serve = unit.serve
silent_environment = unit.silent_environment

SAMPLE, ALL = 1000, 22_500
"""Cases of all scenarios together."""

Tally = Counter[tuple[str, str, str]]
"""How many cases there were, by module, kind of strangeness and outcome."""

MEANINGLESS = "without a meaning"

MOST_MEMORY = 400 * 2**20
"""Bytes that Python may hold at most for an answer below the bound: small lists take twenty times their text."""

PEAKS: list[int] = []

LISTS = [scenario for scenario in SCENARIOS if scenario.module.endswith("_info")]


@pytest.fixture
def bench(
    play: Callable[..., dict[str, Any]],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    emulator: Running,
    silent_environment: None,
) -> Bench:
    return Bench(play, clock, monkeypatch, emulator)


@pytest.fixture(scope="session")
def tally() -> Tally:
    return Counter()


@pytest.fixture(scope="session")
def sampled(full: bool, seed: int) -> Callable[[int], bool]:
    """Whether one of many expensive cases, by its number, is among those to run: all of them, or one in 26."""
    return lambda number: full or (number + seed) % 26 == 0


def test_the_scenarios_are_of_all_modules_that_talk_to_a_provider() -> None:
    assert {scenario.module for scenario in SCENARIOS} == {name for name in NAMES if name != "edge_cert_verify"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_strange_answers(scenario: Scenario, bench: Bench, full: bool, seed: int, tally: Tally) -> None:
    exchanges = bench.record(scenario)
    assert {exchange.call for exchange in exchanges} == scenario.calls
    expected, wrong = bench.judged(scenario, Player(exchanges))
    assert wrong == []

    for part in strange.NEUTRAL if full else random.Random(seed).sample(strange.NEUTRAL, 3):
        result, _wrong = bench.judged(scenario, Player(exchanges, strange.always(part)))
        assert result == expected, part
        tally[scenario.module, MEANINGLESS, "correct"] += 1

    @hypothesis.seed(seed)
    @settings(
        max_examples=(ALL if full else SAMPLE) // len(SCENARIOS),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strange.cases(exchanges))
    def ends_well(case: strange.Case) -> None:
        result, wrong = bench.judged(scenario, Player(exchanges, case.against(exchanges)))
        assert wrong == [], result
        tally[scenario.module, case.kind, "clear error" if result.get("failed") else "correct"] += 1

    ends_well()


# ---- Proof that the proof can fail -----------------------------------------------------------------------------------


def _blind_names(certificate: _zenlayer.Certificate) -> list[str]:
    return [certificate.sans[0], *certificate.sans[1:]]


PLANTS: dict[str, tuple[Any, str, Any, str, strange.Part, str]] = {
    "a parser that indexes blindly": (
        _zenlayer.Certificate, "names", property(_blind_names), "zenlayer_domain_cert: roll back",
        strange.Part("missing", "json"), "a defect: unexpected IndexError in _blind_names",
    ),
    "results that nobody redacts": (
        _module.Ending, "_redacted", lambda _self, value: value, "zenlayer_certificate_info: list certificates",
        strange.Part("echo", "json"), "a secret",
    ),
    "numbers that are infinite": (
        _http, "_finite", float, "vdms_cert_request_info: list",
        strange.Part("unknown key", "json", what=("x", strange.Raw("1e999"))), "no JSON",
    ),
    "nesting without a limit": (
        _http, "_check_depth", lambda _value: None, "vdms_cert_request_info: list",
        strange.Part("unknown key", "json", what=("x", strange.Raw("[" * 900 + "]" * 900))), "a defect",
    ),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_defect_is_found(plant: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, planted, which, part, complaint = PLANTS[plant]
    (scenario,) = (scenario for scenario in SCENARIOS if str(scenario) == which)
    exchanges = bench.record(scenario)

    monkeypatch.setattr(owner, name, planted)

    first = {exchange.call: number for number, exchange in reversed(list(enumerate(exchanges)))}
    cases = (
        strange.Case(number, True, (replace(part, where=where),)) for number in first.values() for where in range(20)
    )
    told = (bench.judged(scenario, Player(exchanges, case.against(exchanges)))[1] for case in cases)
    assert any(text.startswith(complaint) for found in told for text in found)


# ---- Too much --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", LISTS, ids=str)
def test_pages_without_an_end(scenario: Scenario, bench: Bench, monkeypatch: pytest.MonkeyPatch, tally: Tally) -> None:
    """The real bound of a thousand pages is the unit tests'."""
    monkeypatch.setattr(_parallel, "MAX_PAGES", 5)
    exchanges = bench.record(scenario)

    player = Player(exchanges, strange.endless())
    result, wrong = bench.judged(scenario, player)

    assert wrong == []
    assert result["error"]["code"] == "ListTooLong"
    assert "more than 5 pages" in result["msg"]
    assert player.calls.count(strange.listing(exchanges)) == 5
    tally[scenario.module, "pages without an end", "clear error"] += 1


@pytest.mark.parametrize("scenario", LISTS, ids=str)
@pytest.mark.parametrize("what", strange.LARGE)
def test_large_answers(
    what: str, scenario: Scenario, bench: Bench, sampled: Callable[[int], bool], tally: Tally
) -> None:
    if not sampled(list(strange.LARGE).index(what) * len(LISTS) + LISTS.index(scenario)):
        return
    exchanges = bench.record(scenario)
    bench.options["retries"] = 0
    player = Player(exchanges, strange.large(what, strange.listing(exchanges)), limit=40_000)
    tracemalloc.start()
    try:
        result, wrong = bench.judged(scenario, player)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert wrong == []
    assert peak < MOST_MEMORY
    tally[scenario.module, "large", "clear error" if result.get("failed") else "correct"] += 1
    PEAKS.append(peak)


# ---- Over a real connection ------------------------------------------------------------------------------------------


def dripping(connection: socket.socket, _request: Received) -> None:
    """A byte now and then, for as long as somebody reads."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def dripping_head(connection: socket.socket, _request: Received) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X")
        time.sleep(0.05)


def without_end(connection: socket.socket, _request: Received) -> None:
    """A body that never ends, as fast as it is read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def without_end_in_chunks(connection: socket.socket, _request: Received) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")


def bomb(times: int) -> bytes:
    """So many mebibytes of zeros, compressed."""
    return http_answer(200, gzip.compress(bytes(times * 2**20)), content_encoding="gzip")


def raw(head: str, body: bytes = b"{}") -> bytes:
    return f"HTTP/1.1 {head}\r\n\r\n".encode("latin-1") + body


CONNECTIONS: dict[str, Any] = {
    "drip": dripping,
    "drip in the head": dripping_head,
    "no end": without_end,
    "no end, in chunks": without_end_in_chunks,
    "compressed zeros": bomb(256),
    "more than the bound": http_answer(200, b" " * (_http.MAX_BODY + 1)),
    "shorter than it says": raw("200 OK\r\nContent-Length: 99\r\nConnection: close"),
    "longer than it says": raw("200 OK\r\nContent-Length: 1"),
    "two lengths": raw("200 OK\r\nContent-Length: 2\r\nContent-Length: 99\r\nConnection: close"),
    "a negative length": raw("200 OK\r\nContent-Length: -5\r\nConnection: close"),
    "a length that is none": raw("200 OK\r\nContent-Length: lots\r\nConnection: close"),
    "length and chunks": raw("200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n"),
    "a chunk of no size": raw("200 OK\r\nTransfer-Encoding: chunked", b"zz\r\n{}\r\n"),
    "a negative chunk": raw("200 OK\r\nTransfer-Encoding: chunked", b"-2\r\n{}\r\n"),
    "a large chunk": raw("200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close", b"FFFFFFFFFFFF\r\n{}"),
    "a thousand headers": raw("200 OK" + "\r\nX-A: b" * 1000 + "\r\nContent-Length: 2"),
    "a header that is too long": raw("200 OK\r\nX-A: " + "b" * 100_000 + "\r\nContent-Length: 2"),
    "no head": b"{}\n" * 20,
    "HTTP/0.9": b"<html>hello</html>",
    "an odd version": b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "no status": b"HTTP/1.1 \r\n\r\n{}",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n{}",
    "a status without end": b"HTTP/1.1 200200200 OK\r\n\r\n{}",
    "a hundred interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 100
    + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "another protocol": b"220 mail.example.com ESMTP\r\n",
    "zeros": bytes(1000),
}


@pytest.mark.usefixtures("clock", "silent_environment")
@pytest.mark.parametrize("what", CONNECTIONS)
def test_strange_connections(
    what: str,
    play: Callable[..., dict[str, Any]],
    serve: Callable[..., LocalServer],
    monkeypatch: pytest.MonkeyPatch,
    tally: Tally,
) -> None:
    monkeypatch.setattr(_wait.Clock, "now", lambda _clock: time.monotonic())  # the peer's time does not stand still
    server = serve(CONNECTIONS[what])
    options = {**GROUPS["zenlayer"], "api_url": server.url, "timeout": 1, "retries": 1}
    began = time.monotonic()
    tracemalloc.start()
    try:
        result = play(zenlayer_certificate_info.main, options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert complaints("zenlayer_certificate_info", result, ["demo-access-key-password"]) == []
    assert time.monotonic() - began < 60
    assert peak < MOST_MEMORY
    assert len(server.requests) <= 2
    tally["zenlayer_certificate_info", "connection", "clear error" if result.get("failed") else "correct"] += 1
    PEAKS.append(peak)


# ---- The page --------------------------------------------------------------------------------------------------------


def test_the_figures(full: bool, tally: Tally, request: pytest.FixtureRequest) -> None:
    """The last one: it writes what the others have counted."""
    if not full or request.session.testsfailed:
        return
    assert sum(tally.values()) >= 20_000
    page.replace("answers", figures(tally, max(PEAKS)))


def figures(tally: Tally, peak: int) -> str:
    """The section of the page."""
    lead = (
        f"{sum(tally.values()):,} runs of the modules, each with at least one strange answer. All of them ended with a "
        "result that is as documented, or with an error that says what is wrong. For the largest answers, Python held "
        f"{peak / 2**20:.0f} MiB at most."
    )
    return "\n".join([lead, "", *_table("module", 0, tally), "", *_table("what was strange", 1, tally)])


def _table(title: str, column: int, tally: Tally) -> list[str]:
    """Cases by one part of the tally's keys."""
    rows = {key[column]: [0, 0] for key in sorted(tally)}
    for key, count in tally.items():
        rows[key[column]][key[2] == "clear error"] += count
    lines = [
        f"| {name} | {correct + errors:,} | {correct:,} | {errors:,} |" for name, (correct, errors) in rows.items()
    ]
    return [f"| {title} | runs | result | error |", "| --- | ---: | ---: | ---: |", *lines]
