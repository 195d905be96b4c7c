# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: measure the collection beside other tools and beside what is possible, and write docs/benchmarks.md.

Times depend on the machine; what counts are ratios of what was measured in the same run. Nothing else should run
meanwhile. The exit code is 1 where a goal was missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from bench import limits, page, plots
from bench.comparison import BIND, CONTENDERS_OF, SIZES, TUNED, measured
from bench.emulated import emulated
from bench.limits import Bound, Goal
from bench.runs import Bench, Times
from bench.signing import Signed, signed
from bench.startup import all_started

console = Console(highlight=False, soft_wrap=True)
began = time.perf_counter()


def say(text: str) -> None:
    """A line for a figure, with the time since the begin."""
    console.print(f"{time.perf_counter() - began:5.0f} s  {text}")


def against_limits(bench: Bench, most: int, signatures: list[Signed]) -> tuple[list[Bound], list[Goal]]:
    """The figures of the section of goals; runs of up to `most` domains."""
    bounds = []
    for count in (size for size in SIZES if size <= most):
        bounds.append(limits.bound(bench, count))
        say(f"bind {count}: {bounds[-1].first}, ratio {bounds[-1].ratio:.2f}; "
            f"again: {bounds[-1].again}, ratio {bounds[-1].ratio_again:.2f}")  # fmt: skip
    goals = []

    def goal(what: str, value: float, limit: float, told: str, against: str) -> None:
        goals.append(Goal(what, value, limit, told, against))
        say(f"{what}: {told} (goal: {against})")

    for bound in bounds:
        if bound.count >= 100:
            goal(f"bind {bound.count:,} domains, ratio to the least", bound.ratio, 1.15, f"{bound.ratio:.2f}", "1.15")
        goal(
            f"{bound.count:,} with nothing to do, ratio to the least",
            bound.ratio_again, 1.15, f"{bound.ratio_again:.2f}", "1.15",
        )  # fmt: skip
    start = statistics.median(bound.start for bound in bounds)
    capped = limits.capped(bench, 100)
    ratio = capped.median / (start + limits.CAPPED.bind(100))
    goal(f"bind 100 domains with rate_limit {limits.CAPPED.rate_limit}, ratio", ratio, 1.15, f"{ratio:.2f}", "1.15")
    seen = max(bounds[SIZES.index(100)].calls.for_one.values())
    goal("calls for a domain whose rollout was seen in progress", seen, 2, str(seen), "2")
    unseen = max(limits.calls_of_short_rollouts(bench, 100).for_one.values())
    goal("calls for a domain whose rollout was over before", unseen, 3, str(unseen), "3")
    last = bounds[-1]
    each = last.calls.polls / (last.calls.looks * -(-last.count // 100))
    goal(f"polls for a hundred domains and look, N = {last.count:,}", each, 1, f"{each:.2f}", "1")
    connections = max(bound.calls.connections for bound in bounds)
    limit = TUNED.concurrency + 1
    goal("connections of one run", connections, limit, str(connections), f"{limit} (concurrency and one)")
    few, some = limits.direct(bench, 10)
    many, more = limits.direct(bench, most)
    memory = many["memory"]
    goal(f"peak memory of the module's process, N = {most:,}", memory, 80, f"{memory:.0f} MB", "80 MB")
    cpu = (many["cpu"] - few["cpu"]) / (more - some) * 1000
    goal("processor time for a call", cpu, 1, f"{cpu:.2f} ms", "1 ms")
    listing = limits.listing(bench, most)
    ratio = listing.median / (start + TUNED.listing(most))
    goal(f"list {most:,} domains, ratio to the least", ratio, 1.5, f"{ratio:.2f}: {listing}", "1.5")
    graph = limits.inventory(bench, most)
    goal(f"`ansible-inventory --graph` of {most:,} domains, beside its calls", graph.median, 3, str(graph), "3 s")
    ours, theirs, calls = limits.single(bench)
    goal(
        f"one domain with nothing to do, {calls} calls, beside `ansible.builtin.uri`",
        ours.median / theirs.median, 1, f"{ours.median / theirs.median:.2f}: {ours}", f"1, that is {theirs}",
    )  # fmt: skip
    for one in signatures:
        goal(
            f"signing, {one.what}, beside the SDK's", 1 / one.ratio, 1 / 2, f"{one.ratio:.1f} x as fast", "2 x as fast"
        )
    return bounds, goals


def compared(bench: Bench, bounds: list[Bound], most: int) -> None:
    """All contenders at all jobs: their tables and plots."""
    sections = []
    for job, contenders in CONTENDERS_OF.items():
        times: dict[str, dict[int, Times]] = {}
        for contender in contenders:
            times[contender.label] = {bound.count: bound.first for bound in bounds} if contender is BIND else {}
            for count in (size for size in contender.runs if size <= most and size not in times[contender.label]):
                times[contender.label][count] = measured(bench, contender, count)
                say(f"{job}, N = {count}: {contender.label}: {times[contender.label][count]}")
        service = contenders[0].job
        floor = {bound.count: bound.start + TUNED.bind(bound.count) for bound in bounds} if BIND in contenders else {}
        name, title = f"bench_{service}", f"{job}: seconds against N, both axes logarithmic"
        plots.comparison(name, title, times, floor)
        sections += [
            f"### {job}",
            page.comparison(contenders, times, [bound.count for bound in bounds]),
            plots.embedded(name, title),
        ]
    page.replace("comparison", *sections)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=page.RUNS, help="runs that count, at most (5)")
    parser.add_argument("--most", type=int, default=SIZES[-1], choices=SIZES[2:], help="the largest N (1000)")
    options = parser.parse_args()
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with emulated() as running, tempfile.TemporaryDirectory() as folder:
        bench = Bench(running, Path(folder), options.runs)
        modules = all_started(bench)
        page.replace("start-up", page.startup(modules))
        for one in modules:
            say(f"first byte of {one.module}: {one.times}")
        signatures = signed(bench.most)
        bounds, goals = against_limits(bench, options.most, signatures)
        page.replace("goals", page.goals(goals))
        page.replace("floor", page.floor(bounds))
        page.replace("parts", page.parts(bounds))
        page.replace("profile", page.profile(limits.direct(bench, options.most, "--profile")[0]["profile"]))
        page.replace("calls", page.calls(bounds))
        page.replace("signing", page.signing(signatures))
        name, title = "bench_timeline", "Calls in flight over time, for 100 domains"
        plots.timeline(name, title, bounds[SIZES.index(100)].calls.record)
        page.replace("timeline", plots.embedded(name, title))
        compared(bench, bounds, options.most)
    page.replace("machine", page.machine(time.perf_counter() - began, options.runs))
    missed = [goal.what for goal in goals if not goal.met]
    for what in missed:
        console.print(f"[red]missed:[/] {what}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
