# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection beside what is possible at all, and beside the goals that were set for it."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.comparison import BIND, TUNED, measured, played
from bench.runs import BIN, LOCAL, ROOT, Bench, Times

CAPPED = replace(TUNED, rate_limit=50)
SHORT = replace(TUNED, rollout=0.1)  # over before anybody can see it in progress


@dataclass(frozen=True)
class Goal:
    """A figure, what it must not be above, and the two put next to each other for people."""

    what: str
    value: float
    limit: float
    told: str
    against: str

    @property
    def met(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Calls:
    """What the emulator saw of one run."""

    record: list[dict[str, Any]]
    connections: int

    @classmethod
    def of(cls, bench: Bench) -> Calls:
        stats = bench.emulated.control("GET", "stats")
        return cls(bench.emulated.calls(), stats["service_connections"])

    @property
    def for_one(self) -> Counter[str]:
        """How many calls were about one domain alone, by domain."""
        return Counter(call["body"]["domainId"] for call in self.record if "domainId" in call["body"])

    @property
    def polls(self) -> int:
        """Calls that looked how far rollouts are."""
        return sum("domainIds" in call["body"] for call in self.record)

    @property
    def looks(self) -> int:
        """So many times all of them were looked at: the calls of one look come right after each other."""
        times = sorted(call["time"] for call in self.record if "domainIds" in call["body"])
        return sum(later - earlier > TUNED.latency * 2 for earlier, later in zip([-9.0, *times], times, strict=False))


@dataclass(frozen=True)
class Parts:
    """What a run's time was for, in seconds: until its first call, from there to the end of the last one, and after."""

    until: float
    calls: float
    after: float

    @classmethod
    def of(cls, times: Times, spans: Sequence[tuple[float, float]]) -> Parts:
        """Medians over the runs that count.

        :param spans: begin of the first and end of the last call of each run, of which some may not count
        """
        runs = list(zip(times.began, times.seconds, spans[-len(times.seconds) :], strict=True))
        return cls(
            statistics.median(first - began for began, _seconds, (first, _last) in runs),
            statistics.median(last - first for _began, _seconds, (first, last) in runs),
            statistics.median(began + seconds - last for began, seconds, (_first, last) in runs),
        )


@dataclass(frozen=True)
class Bound:
    """One task that binds a certificate to so many domains, and the same task again.

    :ivar start: seconds that Ansible takes for a play in which nothing is done
    """

    count: int
    start: float
    first: Times
    again: Times
    parts: Parts
    parts_again: Parts
    calls: Calls
    calls_again: Calls

    @property
    def ratio(self) -> float:
        return self.first.median / (self.start + TUNED.bind(self.count))

    @property
    def ratio_again(self) -> float:
        return self.again.median / (self.start + TUNED.nothing_to_do(self.count))


def bound(bench: Bench, count: int) -> Bound:
    """Each run comes right after a play in which nothing is done, which is what Ansible takes of the least possible."""
    ping = bench.playbook("ping", 1)
    starts = []

    def start() -> None:
        starts.append(bench.times(lambda: None, lambda: bench.run(*ping), 1).median)

    spans: list[tuple[float, float]] = []

    def look() -> None:
        spans.append(span(bench))

    first = measured(bench, BIND, count, before=start, after=look)
    parts, calls = Parts.of(first, spans), Calls.of(bench)
    command = BIND.command(bench, count)
    again = bench.times(bench.emulated.forget, lambda: bench.run(*command), check=look, warm=True)
    parts_again, calls_again = Parts.of(again, spans), Calls.of(bench)
    if any(call["write"] for call in calls_again.record):
        raise RuntimeError("a second run has written")
    return Bound(count, statistics.median(starts), first, again, parts, parts_again, calls, calls_again)


def capped(bench: Bench, count: int) -> Times:
    """The same under a rate limit that decides how long it takes."""
    options = {"concurrency": CAPPED.concurrency, "rate_limit": CAPPED.rate_limit}
    return measured(bench, replace(BIND, command=played("bind_task", **options), runs={count: 3}), count)


def calls_of_short_rollouts(bench: Bench, count: int) -> Calls:
    """Calls where no poll can have seen a rollout in progress."""
    bench.emulated.account(count, latency=SHORT.latency, rollout=SHORT.rollout)
    bench.run(*BIND.command(bench, count))
    return Calls.of(bench)


def direct(bench: Bench, count: int, *options: str) -> tuple[dict[str, Any], int]:
    """What the module's process takes to bind a certificate to so many domains, and how many calls that is.

    :param options: of direct.py
    """
    bench.emulated.account(count, latency=TUNED.latency, rollout=TUNED.rollout)
    arguments = {
        "domain_names": ["*.bench.example.com"], "certificate_label": "new", "ca_path": str(bench.emulated.trust),
        "concurrency": TUNED.concurrency, "rate_limit": TUNED.rate_limit,
    }  # fmt: skip
    file = bench.folder / "options.json"
    file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
    command = ("sh", "-c", f'"$0" "$@" < "{file}"', sys.executable, ROOT / "tests" / "bench" / "direct.py")
    done = bench.run(*command, "zenlayer_domain_cert", *options, PYTHONPATH=str(ROOT / ".venv" / "collections"))
    if not json.loads(done.stdout)["changed"]:
        raise RuntimeError(done.stdout)
    return json.loads(done.stderr), len(bench.emulated.calls())


@contextmanager
def listed(bench: Bench, count: int) -> Iterator[dict[str, Any]]:
    """An account of so many domains, and the options to list them."""
    bench.emulated.account(count, latency=TUNED.latency)
    yield {
        "concurrency": TUNED.concurrency, "rate_limit": TUNED.rate_limit, "ca_path": str(bench.emulated.trust)
    }  # fmt: skip


def listing(bench: Bench, count: int) -> Times:
    """List so many domains, with the certificates that are bound to them."""
    with listed(bench, count) as options:
        ad_hoc = (BIN / "ansible", "localhost", *LOCAL, "-m", "certops.cdn.zenlayer_domain_cert_info")

        def work() -> None:
            done = bench.run(*ad_hoc, "-a", json.dumps(options))
            assert done.stdout.count('"certificate_label": "old"') == count

        return bench.times(lambda: None, work)


def inventory(bench: Bench, count: int) -> Times:
    """`ansible-inventory --graph` of so many domains: what it takes beside the time from its first call to its last."""
    with listed(bench, count) as options:
        source = bench.folder / "cdn_domains.yml"
        groups = {"keyed_groups": [{"key": "cdn_certificate.certificate_label", "prefix": "certificate"}]}
        source.write_text(
            json.dumps({"plugin": "certops.cdn.cdn_domains", "zenlayer": {}, **options, **groups}), encoding="utf-8"
        )
        seconds = []

        def graph() -> None:
            done = bench.run(BIN / "ansible-inventory", "-i", source, "--graph")
            assert done.stdout.count("--d") == 2 * count, done.stdout[:1000] + done.stderr

        def look() -> None:
            first, last = span(bench)
            seconds.append(last - first)

        whole = bench.times(bench.emulated.forget, graph, check=look)
        calls = seconds[-len(whole.seconds) :]
        return Times(tuple(one - other for one, other in zip(whole.seconds, calls, strict=True)))


def span(bench: Bench) -> tuple[float, float]:
    """Begin of the first call in the record and end of the last one, as `time.perf_counter` tells them."""
    calls = bench.emulated.calls()
    offset = time.perf_counter() - bench.emulated.control("GET", "stats")["time"]
    return (
        offset + min(call["time"] for call in calls),
        offset + max(call["time"] + call["seconds"] for call in calls),
    )


def single(bench: Bench) -> tuple[Times, Times, int]:
    """A task with nothing to do, tasks of `ansible.builtin.uri` that make as many calls, and how many that is.

    They take turns, so that whatever else the machine does hits both.
    """
    bench.emulated.account(1, latency=TUNED.latency)
    ours = bench.playbook("single_task", 1)
    bench.run(*ours)
    calls = len(bench.emulated.calls())
    theirs = bench.playbook("single_uri", calls)
    times: dict[tuple[Any, ...], list[float]] = {ours: [], theirs: []}
    for _turn in range(bench.most + 1):
        for command, seconds in times.items():
            seconds.append(bench.times(lambda: None, lambda command=command: bench.run(*command), 1).median)
    return Times(tuple(times[ours][1:])), Times(tuple(times[theirs][1:])), calls
