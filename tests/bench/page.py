# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections of docs/benchmarks.md that are figures, as Markdown. The prose around them is the page's own."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.comparison import TUNED, Contender, prediction
from bench.limits import Bound, Goal, Parts
from bench.runs import ROOT, Times
from bench.signing import Signed
from bench.startup import Started
from reliability import page

FILE = ROOT / "docs" / "benchmarks.md"
RUNS = 5


def replace(name: str, *paragraphs: str) -> None:
    page.replace(name, "\n\n".join(paragraphs), FILE)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def marked(times: Times) -> str:
    """Times, and how many runs they are of where these are fewer than usual."""
    number = len(times.seconds)
    runs = "" if number >= RUNS else f", {number} runs" if number > 1 else ", 1 run"
    return f"{times}{runs}"


def duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def machine(seconds: float, runs: int) -> str:
    """Where, when and with what it was measured."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("ansible-core", "requests", "urllib3", "zenlayercloud-sdk-python", "tencentcloud-sdk-python-ssl")
    system = f"{os.cpu_count()} processors ({cpu[1] if cpu else platform.machine()}), {memory:.0f} GiB"
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    lines = [
        f"{system}, {platform.system()} {platform.release()}; the emulator runs on the same ones",
        f"Python {platform.python_version()}, {versions}, tccli {tccli_version()}",
        f"{TUNED}, unless a line says otherwise; everything over TLS",
        f"{runs} runs of each figure, unless a cell says otherwise",
        f"all of it took {duration(seconds)}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def tccli_version() -> str:
    lock = (ROOT / "tests" / "requirements" / "bench.txt").read_text(encoding="utf-8")
    found = re.search(r"^tccli==(\S+)", lock, re.M)
    return found[1] if found else "?"


def comparison(contenders: Sequence[Contender], times: Mapping[str, Mapping[int, Times]], sizes: Sequence[int]) -> str:
    """How many times as long as the first contender each takes, and how long that is."""
    first = times[contenders[0].label]

    def cell(contender: Contender, count: int) -> str:
        measured = times[contender.label]
        if count not in measured:
            each, whole = prediction(measured, count)
            return f"not run: would take {count:,} x {each:.2f} s = {duration(whole)}"
        if contender is contenders[0] or count not in first:
            return marked(measured[count])
        return f"**{measured[count].median / first[count].median:.1f} x** {marked(measured[count])}"

    rows = [[contender.label, *(cell(contender, count) for count in sizes)] for contender in contenders]
    return table(["", *(f"N = {count:,}" for count in sizes)], rows)


def floor(bounds: Sequence[Bound]) -> str:
    """Ratio to the least possible, and how it grows."""
    rows = []
    for bound in bounds:
        least, least_again = bound.start + TUNED.bind(bound.count), bound.start + TUNED.nothing_to_do(bound.count)
        rows.append(
            [
                f"{bound.count:,}",
                f"**{bound.ratio:.2f}**", f"{marked(bound.first)}", f"{least:.2f} s",
                f"**{bound.ratio_again:.2f}**", f"{marked(bound.again)}", f"{least_again:.2f} s",
            ]
        )  # fmt: skip
    headings = ["N", "bind: ratio", "measured", "least", "nothing to do: ratio", "measured", "least"]
    return table(headings, rows)


def parts(bounds: Sequence[Bound]) -> str:
    """What the time was for."""

    def row(bound: Bound, what: str, found: Parts, least: float) -> list[str]:
        seconds = (bound.start, found.until, found.after, found.until + found.after - bound.start, found.calls)
        return [f"{bound.count:,}", what, *(f"{value:.2f} s" for value in seconds), f"**{found.calls / least:.2f}**"]

    rows = []
    for bound in bounds:
        rows.append(row(bound, "bind", bound.parts, TUNED.bind(bound.count)))
        rows.append(row(bound, "nothing to do", bound.parts_again, TUNED.nothing_to_do(bound.count)))
    headings = [
        "N", "", "a play with `ping`", "until the first call", "after the last one", "more than with `ping`",
        "from the first call to the last", "ratio of that to the least",
    ]  # fmt: skip
    return table(headings, rows)


def profile(found: Mapping[str, Mapping[str, float]]) -> str:
    """Whose code took the processor, in the main thread and in the others."""
    whole = sum(sum(seconds.values()) for seconds in found.values())
    owners = sorted({owner for seconds in found.values() for owner in seconds})
    rows = [
        [owner, *(f"{found[thread].get(owner, 0.0) / whole:.0%}".replace("%", " %") for thread in ("others", "main"))]
        for owner in owners
    ]
    return table(["", "the threads that call", "the main thread"], rows)


def calls(bounds: Sequence[Bound]) -> str:
    """What the calls of one run were for."""
    rows = []
    for bound in bounds:
        made = bound.calls
        rows.append(
            [
                f"{bound.count:,}", f"{len(made.record):,}", f"{sum(made.for_one.values()) / bound.count:.2f}",
                str(max(made.for_one.values())), f"{made.polls} in {made.looks} looks", str(made.connections),
                f"{len(bound.calls_again.record):,}",
            ]
        )  # fmt: skip
    headings = ["N", "calls", "for each domain", "most for one", "polls", "connections", "calls with nothing to do"]
    return table(headings, rows)


def goals(found: Sequence[Goal]) -> str:
    rows = [[one.what, one.told, one.against, "yes" if one.met else "**no**"] for one in found]
    return table(["", "measured", "goal", "met"], rows)


def milliseconds(times: Times) -> str:
    low, median, high = (f"{seconds * 1000:.0f}" for seconds in (min(times.seconds), times.median, max(times.seconds)))
    return f"{median} ms ({low} to {high})"


def startup(modules: Sequence[Started]) -> str:
    rows = []
    for one in modules:
        ours = one.shipped.ours
        rows.append(
            [
                f"`{one.module}`", milliseconds(one.times),
                f"{len(one.shipped.program) / 1000:.0f} kB", str(len(one.shipped.files)),
                f"{len(ours)} ({sum(ours.values()) / 1000:.0f} kB)" if ours else "-",
            ]
        )  # fmt: skip
    names = sorted({name for one in modules for name in one.imports})
    imports = [
        [f"`{one.module}`", *(f"{one.imports[name][0]:.0f} ms, {one.imports[name][1]}" if name in one.imports else "-"
                              for name in names)]
        for one in modules
    ]  # fmt: skip
    headings = ["", "to the first byte", "shipped", "files", "of these, the collection's own source"]
    return "\n\n".join(
        [
            table(headings, rows),
            "What was imported until then: milliseconds, with Python's own measuring, which slows it, and modules.",
            table(["", *names], imports),
        ]
    )


def signing(found: Sequence[Signed]) -> str:
    def micro(times: Times) -> str:
        low, high = (f"{value * 1e6:.1f}" for value in (min(times.seconds), max(times.seconds)))
        return f"{times.median * 1e6:.1f} µs ({low} to {high})"

    rows = [[one.what, f"**{one.ratio:.1f} x** as fast", micro(one.ours), micro(one.theirs)] for one in found]
    return table(["", "", "`certops.cdn`", "the SDK"], rows)
