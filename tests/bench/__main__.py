# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: measure speed, calls and memory of modules and inventory against the emulator.

Every figure is the median of several runs on this machine, after one that does not count. Times depend on the machine,
so what counts is the ratio to a floor that is measured in the same run: the start-up of a bare module, plus the reads
and writes at the given concurrency and latency, plus one rollout.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from bench.emulated import Emulated
from emulator.process import started

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LATENCY = 0.05
ROLLOUT = 2.0
CONCURRENCY = 25
MEMORY_GOAL = 80.0  # MB
INVENTORY_GOAL = 3.0  # seconds beside those of the calls
LOCAL = ["-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"]


@dataclass
class Figure:
    """One line of the table."""

    what: str
    value: str
    floor: str
    ratio: float
    goal: float

    @property
    def met(self) -> bool:
        return self.ratio <= self.goal


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"


class Bench:
    """One emulator, and the ways to run modules against it."""

    def __init__(self, emulated: Emulated, runs: int, home: Path) -> None:
        self.emulated = emulated
        self.runs = runs
        self.environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
            "HOME": str(home),
            "NO_PROXY": "127.0.0.1",
        }

    def ad_hoc(self, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a module as `ansible localhost -m` does; its result."""
        command = [str(BIN / "ansible"), "localhost", *LOCAL, "-m", module]
        if arguments:
            command += ["-a", json.dumps(arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{module} failed:\n{done.stdout}{done.stderr}")
        result: dict[str, Any] = json.loads(done.stdout.partition("=>")[2])
        return result

    def repeat(self, prepare: Callable[[], None], work: Callable[[], None]) -> list[float]:
        """Times of the runs, the first of which does not count."""
        times = []
        for _run in range(self.runs + 1):
            prepare()
            times.append(seconds(work))
        return times[1:]

    def peak_memory(self, module: str, arguments: dict[str, Any]) -> float:
        """Peak resident memory of the module's own process in MB."""
        arguments = {"ANSIBLE_MODULE_ARGS": arguments}
        program = (
            "import atexit, re, runpy, sys\n"
            "def peak():\n"
            "    status = open('/proc/self/status').read()\n"
            "    sys.stderr.write(re.search(r'VmHWM:\\s+(\\d+)', status).group(1))\n"
            "atexit.register(peak)\n"
            f"runpy.run_module('ansible_collections.certops.cdn.plugins.modules.{module}', run_name='__main__')\n"
        )
        environment = {**self.environment, "PYTHONPATH": str(ROOT / ".venv" / "collections")}
        if module_profile_is_needed():
            program = "from ansible.module_utils import basic\nbasic._ANSIBLE_PROFILE = 'legacy'\n" + program
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            input=json.dumps(arguments),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not json.loads(done.stdout).get("changed"):
            raise SystemExit(f"{module} failed:\n{done.stdout}{done.stderr}")
        return int(done.stderr.splitlines()[-1]) / 1000


def module_profile_is_needed() -> bool:
    """Whether this ansible-core wants to be told how the arguments are serialised (2.19 and later)."""
    from ansible.module_utils import basic

    return hasattr(basic, "_ANSIBLE_PROFILE")


def batch(bench: Bench, count: int) -> list[Figure]:
    """Bind a renewed certificate to `count` domains, and again."""
    emulated = bench.emulated
    arguments = {
        "domain_names": ["*.bench.example.com"],
        "certificate_label": "new",
        "concurrency": CONCURRENCY,
        "rate_limit": 1000,
        **emulated.zenlayer,
    }

    def prepare() -> None:
        emulated.account(domains=count, latency=LATENCY, rollout=ROLLOUT)

    def bind() -> None:
        assert bench.ad_hoc("certops.cdn.zenlayer_domain_cert", arguments)["changed"]

    def bind_again() -> None:
        assert not bench.ad_hoc("certops.cdn.zenlayer_domain_cert", arguments)["changed"]

    bare = statistics.median(bench.repeat(lambda: None, lambda: ping(bench)))
    rounds = math.ceil(count / CONCURRENCY) * LATENCY
    select = LATENCY * (1 + math.ceil(count / 100))
    first = bench.repeat(prepare, bind)
    calls = len(emulated.calls())
    again = bench.repeat(emulated.forget, bind_again)
    repeated = len(emulated.calls())
    prepare()
    memory = bench.peak_memory("zenlayer_domain_cert", arguments)
    floor = bare + select + 2 * rounds + ROLLOUT
    floor_again = bare + select + rounds
    return [
        Figure(f"bind {count} domains", medians(first), f"{floor:.2f} s", statistics.median(first) / floor, goal=1.5),
        Figure(
            "the same, nothing to do",
            medians(again),
            f"{floor_again:.2f} s",
            statistics.median(again) / floor_again,
            goal=1.5,
        ),
        Figure(f"calls to bind {count} domains", str(calls), f"{3 * count + 20}", calls / (3 * count + 20), goal=1.0),
        Figure("calls with nothing to do", str(repeated), f"{3 * count + 20}", repeated / (3 * count + 20), goal=1.0),
        Figure(
            "peak memory of the module", f"{memory:.0f} MB", f"{MEMORY_GOAL:.0f} MB", memory / MEMORY_GOAL, goal=1.0
        ),
    ]


def listing(bench: Bench, count: int) -> list[Figure]:
    """List `count` domains with the certificates that are bound to them."""
    emulated = bench.emulated
    emulated.account(domains=count, latency=LATENCY, rollout=0.0)
    arguments = {"concurrency": CONCURRENCY, "rate_limit": 1000, **emulated.zenlayer}

    def work() -> None:
        domains = bench.ad_hoc("certops.cdn.zenlayer_domain_cert_info", arguments)["domains"]
        assert sum(row["certificate"]["certificate_label"] == "old" for row in domains) == count

    bare = statistics.median(bench.repeat(lambda: None, lambda: ping(bench)))
    pages = math.ceil(count / 100)
    # The first page tells how many there are.
    floor = bare + LATENCY * (1 + math.ceil((pages - 1) / CONCURRENCY) + math.ceil(count / CONCURRENCY))
    times = bench.repeat(emulated.forget, work)
    calls = len(emulated.calls())
    return [
        Figure(f"list {count} domains", medians(times), f"{floor:.2f} s", statistics.median(times) / floor, goal=1.5),
        Figure(f"calls to list {count} domains", str(calls), f"{count + pages}", calls / (count + pages), goal=1.0),
    ]


def inventory(bench: Bench, count: int) -> Figure:
    """`ansible-inventory --graph` of `count` domains: what it takes beside the time from its first call to its last."""
    emulated = bench.emulated
    emulated.account(domains=count, latency=LATENCY, rollout=0.0)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "cdn_domains.yml"
        options = {"concurrency": CONCURRENCY, "rate_limit": 1000, "zenlayer": emulated.zenlayer}
        grouping = {"keyed_groups": [{"key": "cdn_certificate.certificate_label", "prefix": "certificate"}]}
        plugin = {"plugin": "certops.cdn.cdn_domains", "strict": True, **options, **grouping}
        source.write_text(json.dumps(plugin), encoding="utf-8")
        command = [str(BIN / "ansible-inventory"), "-i", str(source), "--graph"]

        def graph() -> None:
            done = subprocess.run(command, env=bench.environment, check=True, capture_output=True, text=True)
            assert done.stdout.count("--d") == 2 * count, done.stdout[:1000] + done.stderr

        besides = []
        for _run in range(bench.runs + 1):
            emulated.forget()
            whole = seconds(graph)
            times = [call["time"] for call in emulated.calls()]
            besides.append(whole - (max(times) - min(times)))
    limit = f"{INVENTORY_GOAL:.2f} s"
    what = f"inventory of {count} domains, without its calls"
    return Figure(what, medians(besides[1:]), limit, statistics.median(besides[1:]) / INVENTORY_GOAL, goal=1.0)


def ping(bench: Bench) -> None:
    bench.ad_hoc("ansible.builtin.ping", {})


def single(bench: Bench) -> Figure:
    """One domain with nothing to do, against a task of ansible.builtin.uri that makes as many calls."""
    emulated = bench.emulated
    emulated.account(domains=1, latency=LATENCY, rollout=0.0)
    with tempfile.TemporaryDirectory() as folder:
        playbook = Path(folder) / "single.yml"
        module = {
            "certops.cdn.zenlayer_domain_cert": {
                "domain_names": ["d1.bench.example.com"], "certificate_label": "old", **emulated.zenlayer
            }
        }  # fmt: skip

        def play(task: dict[str, Any]) -> None:
            plays = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
            playbook.write_text(json.dumps(plays), encoding="utf-8")
            command = [str(BIN / "ansible-playbook"), *LOCAL, str(playbook)]
            subprocess.run(command, env=bench.environment, check=True, capture_output=True)

        emulated.forget()
        play(module)
        calls = len(emulated.calls())
        uri = {
            "ansible.builtin.uri": {
                "url": f"{emulated.url}/api/v2/cdn", "method": "POST", "body_format": "json", "body": {},
                "headers": {"x-zc-action": "DescribeDomains", "x-zc-version": "2022-11-20",
                            "Authorization": f"Bearer {emulated.zenlayer_token}"},
            },
            "loop": list(range(calls)),
        }  # fmt: skip
        ours, theirs = [], []
        for _run in range(bench.runs + 1):
            ours.append(seconds(lambda: play(module)))
            theirs.append(seconds(lambda: play(uri)))
    ratio = statistics.median(ours[1:]) / statistics.median(theirs[1:])
    return Figure(
        f"one domain, nothing to do ({calls} calls)",
        medians(ours[1:]),
        f"{medians(theirs[1:])} by uri",
        ratio,
        goal=1.2,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs that count, after one that does not")
    parser.add_argument("--domains", type=int, action="append", help="sizes of the batch (100)")
    parser.add_argument("--listed", type=int, default=1000, help="domains to list (1000)")
    options = parser.parse_args()
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with started() as url, tempfile.TemporaryDirectory() as home:
        bench = Bench(Emulated(url), options.runs, Path(home))
        figures = [figure for count in options.domains or [100] for figure in batch(bench, count)]
        figures += listing(bench, options.listed)
        figures.append(inventory(bench, options.listed))
        figures.append(single(bench))
    table = Table(
        title=f"{LATENCY * 1000:.0f} ms a call, {ROLLOUT:g} s a rollout, concurrency {CONCURRENCY}, "
        f"median of {options.runs} runs (fastest to slowest), requests {requests.__version__}",
        title_justify="left",
    )
    for heading in ("Figure", "Measured", "Floor or limit", "Ratio", "Goal"):
        table.add_column(heading)
    for figure in figures:
        style = "green" if figure.met else "red"
        table.add_row(figure.what, figure.value, figure.floor, f"[{style}]{figure.ratio:.2f}[/]", f"{figure.goal:.2f}")
    Console(width=140).print(table)
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
