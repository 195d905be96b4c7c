# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that a large estate ends as wanted while one of twenty calls fails, round after round, within the rate cap and
in the same memory.

In a round, all targets get a new wanted state, and a playbook brings them there: a host of the inventory for each
batch, all at the same time. What it tells as failed is tried again until nothing is. A failure at the first go is no
defect: a write that was not executed is repeated once at most, and one that must not be executed twice never is.
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emulator.process import Running, started
from emulator.record import busiest_second
from reliability import page
from reliability.estate import LABELS, Estate, Hosts, Size, busiest, kinds_of
from usage.conftest import Shell

HERE = Path(__file__).resolve().parent
SHARE = 0.05
KINDS = {"domains": "domains bound", "certificates": "resubmits", "requests": "requests changed"}
MOST_GOES = 6
FLAT = 1.1  # times the memory at the beginning: more is growth

SAMPLE = Size(domains=40, domain_hosts=2, certificates=12, requests=2, request_hosts=1)
ALL = Size(domains=1000, domain_hosts=5, certificates=100, requests=200, request_hosts=4)


@dataclass
class Row:
    """What was told of a target."""

    failed: bool
    changed: bool
    code: str


@dataclass
class Round:
    """What happened in a round."""

    goes: int = 0
    seconds: float = 0.0
    calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failed_at_first: dict[str, list[str]] = field(default_factory=dict)  # the error codes of each kind of target
    busiest: int = 0
    in_all: int = 0
    peaks: dict[str, int] = field(default_factory=dict)  # KiB, of each module
    emulator_peak: int = 0


class Load:
    """An emulator with an estate, and the shell of somebody who looks after it."""

    def __init__(self, running: Running, estate: Estate, folder: Path, cap: int, time_limit: float) -> None:
        self.running = running
        self.estate = estate
        self.cap = cap
        self.time_limit = time_limit
        self.shell = Shell(running.url, folder, time_limit=1800)
        self.shell.environment |= {"PYTHONPATH": str(HERE / "peaks"), "ANSIBLE_FORKS": "10"}
        self.host_of = {key: host for host, batch in estate.hosts().items() for key in batch.get("domains", ())}
        self.targets = [target for batch in estate.hosts().values() for targets in batch.values() for target in targets]

    def round(self, wanted: str) -> Round:
        """All targets get a new wanted state, and are brought there."""
        done = Round()
        begin = time.monotonic()
        self.estate.spoil()
        self.running.forget()
        peaks = self.shell.folder / "peaks"
        peaks.write_text("", encoding="utf-8")
        hosts, calls = self.estate.hosts(), []
        while hosts and done.goes < MOST_GOES:
            done.goes += 1
            rows = self.go(hosts, wanted)
            new = self.running.control("DELETE", "calls")
            calls += new
            is_wanted = self.estate.is_wanted(wanted)
            executed = {self.estate.written(call) for call in new if call["executed"]}
            succeeded = [key for key, row in rows.items() if not row.failed]
            assert [key for key in succeeded if not is_wanted[key]] == [], "told as done"
            assert [key for key in succeeded if rows[key].changed != (key in executed)] == [], "changed is not true"
            by_task = busiest(new, self.host_of)
            assert {task: most for task, most in by_task.items() if most > self.cap} == {}, "above the rate cap"
            done.busiest = max(done.busiest, *by_task.values(), 0)
            done.in_all = max(done.in_all, busiest_second(call["time"] for call in new))
            if done.goes == 1:
                assert len(by_task) == self.estate.size.domain_hosts + 1, "each task with a cap was measured"
                done.failed_at_first = {
                    kind: [row.code for key, row in rows.items() if row.failed and key.startswith(kind[0])]
                    for kind in KINDS
                }
            hosts = left(hosts, [key for key, row in rows.items() if row.failed])
        assert hosts == {}, f"these did not end well in {done.goes} goes"
        assert [key for key in self.targets if not is_wanted[key]] == []
        assert self.repeated(calls) == []
        done.calls, done.faults = len(calls), kinds_of(calls)
        for name, peak in (line.split() for line in peaks.read_text(encoding="utf-8").splitlines()):
            done.peaks[name] = max(done.peaks.get(name, 0), int(peak))
        done.seconds = time.monotonic() - begin
        done.emulator_peak = self.running.control("GET", "stats")["peak_memory"]
        return done

    def repeated(self, calls: list[dict[str, Any]]) -> list[str]:
        """The targets that were written to after the same write had been carried out."""
        executed: set[str] = set()
        again = []
        for call in calls:
            if target := self.estate.written(call):
                again += [target] if target in executed else []
                executed |= {target} if call["executed"] else set()
        return again

    def go(self, hosts: Hosts, wanted: str) -> dict[str, Row]:
        """Run the playbook for these; what it told of each target."""
        inventory = self.shell.folder / "inventory.json"
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": local}}), encoding="utf-8")
        options = {"wanted": wanted, "time_limit": self.time_limit, "cap": self.cap, "patience": 5}
        told = self.shell.run(
            *("ansible-playbook", "-i", str(inventory), "-e", json.dumps(options), str(HERE / "load.yml")),
            PEAKS=str(self.shell.folder / "peaks"),
        )
        results = dict(told_by_hosts(told.output))
        assert results.keys() == hosts.keys(), told.output[-4000:]
        return {key: row for host, batch in hosts.items() for key, row in rows_of(batch, results[host]).items()}

    def wait_for(self, domain: str) -> int:
        """Bind the other certificate to a domain and wait for its rollout; the peak memory of that, in KiB."""
        peaks = self.shell.folder / f"peak-of-{domain}"
        options = {"domain_ids": [domain], "certificate_label": LABELS[0], "wait_timeout": 1800, "wait_interval": 1}
        done = self.shell.ad_hoc("zenlayer_domain_cert", json.dumps(options), PEAKS=str(peaks))
        assert done.code == 0, done.output
        assert done.result()["domains"][0]["outcome"] == "bound"
        [(_name, peak)] = [line.split() for line in peaks.read_text(encoding="utf-8").splitlines()]
        return int(peak)


def told_by_hosts(output: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The results that the last task of the playbook shows, of each host."""
    for found in re.finditer(r"^ok: \[(\S+)\] => (?=\{\n    \"msg\")", output, re.MULTILINE):
        yield found[1], json.JSONDecoder().raw_decode(output, found.end())[0]["msg"]


def rows_of(batch: dict[str, list[str]], result: dict[str, Any]) -> dict[str, Row]:
    """What a host's result tells of each of its targets."""
    [(kind, targets)] = batch.items()
    told = result[kind]
    if kind == "requests":
        return {item["item"]: row_of(item["failed"], item) for item in told["results"]}
    rows = {row[f"{kind[:-1]}_id"]: row_of(row["outcome"] in ("failed", "timeout"), row) for row in told.get(kind, [])}
    # A task that could not even read what there is tells no rows.
    return {target: rows.get(target) or row_of(True, told) for target in targets}


def row_of(failed: bool, told: dict[str, Any]) -> Row:
    return Row(failed, told["changed"], str((told.get("error") or {}).get("code")))


def left(hosts: Hosts, failed: list[str]) -> Hosts:
    """The hosts, with these targets alone."""
    remaining = {
        host: {kind: [key for key in batch if key in failed] for kind, batch in variables.items()}
        for host, variables in hosts.items()
    }
    return {host: variables for host, variables in remaining.items() if any(variables.values())}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with started() as address:
        yield address


def test_every_target_ends_as_wanted(full: bool, seed: int, url: str, tmp_path: Path) -> None:
    duration = 600 if full else 0
    least = 3 if full else 2
    waits = {"brief": 1, "long": duration} if full else {}
    running = Running(url)
    estate = Estate(running, ALL if full else SAMPLE, waits)
    load = Load(running, estate, tmp_path, cap=20, time_limit=4)
    estate.fail(SHARE, seconds=8, seed=seed)
    cpu = running.control("GET", "stats")["cpu_seconds"]
    begin = time.monotonic()
    rounds: list[Round] = []
    with ThreadPoolExecutor(2) as pool:
        waiting = {name: pool.submit(load.wait_for, name) for name in waits}
        try:
            while len(rounds) < least or time.monotonic() - begin < duration:
                rounds.append(load.round(LABELS[len(rounds) % 2]))
                print(rounds[-1])  # noqa: T201 - a full run takes its time
        except BaseException:
            running.reset()  # so that those who wait for a rollout end
            raise
        peaks = {name: task.result() for name, task in waiting.items()}
    seconds = time.monotonic() - begin
    used = running.control("GET", "stats")["cpu_seconds"] - cpu

    calls, faults = sum(each.calls for each in rounds), sum((each.faults for each in rounds), Counter())
    assert faults
    assert abs(faults.total() - SHARE * calls) < 6 * math.sqrt(SHARE * calls), "not what was ordered"
    for name, peak in rounds[0].peaks.items():
        assert rounds[-1].peaks[name] < peak * FLAT, name
    assert rounds[-1].emulator_peak < rounds[1].emulator_peak * FLAT
    if full:
        assert peaks["long"] < peaks["brief"] * FLAT
        page.replace("load", figures(load, rounds, seconds, used, peaks))


def figures(load: Load, rounds: list[Round], seconds: float, used: float, peaks: dict[str, int]) -> str:
    """The section of docs/reliability.md."""
    size = load.estate.size
    calls, faults = sum(each.calls for each in rounds), sum((each.faults for each in rounds), Counter())
    kinds = ", ".join(f"`{kind}` {count}" for kind, count in faults.most_common())
    counts = {"domains": size.domains, "certificates": size.certificates, "requests": size.requests}
    rows = [
        ("rounds, all targets in each", f"{len(rounds)} in {seconds / 60:.1f} minutes"),
        ("calls that failed by chance", f"{share(faults.total(), calls)}: {kinds}"),
        ("targets that ended as wanted", f"{size.targets * len(rounds):,} of {size.targets * len(rounds):,}"),
    ]
    for kind, what in KINDS.items():
        codes = Counter(code for each in rounds for code in each.failed_at_first[kind])
        told = ", ".join(f"`{code}` {count}" for code, count in codes.most_common())
        failed = share(codes.total(), counts[kind] * len(rounds))
        rows.append((f"{what}: failed at the first go", f"{failed}: {told}" if codes else failed))
    rows += [
        ("goes until nothing had failed, at most", str(max(each.goes for each in rounds))),
        ("told as done and not done; written twice", "0; 0"),
        (f"calls in a task's busiest second, cap {load.cap}", str(max(each.busiest for each in rounds))),
        ("calls in the busiest second of all", str(max(each.in_all for each in rounds))),
    ]
    for name, first in sorted(rounds[0].peaks.items()):
        rows.append((f"peak memory of `{name}`, first and last round", f"{mb(first)}, {mb(rounds[-1].peaks[name])}"))
    rows += [
        (
            "the same of a task that waited a second, and ten minutes",
            f"{mb(peaks['brief'])}, {mb(peaks['long'])}",
        ),
        (
            "the emulator: peak memory after the second and the last round",
            f"{mb(rounds[1].emulator_peak)}, {mb(rounds[-1].emulator_peak)}",
        ),
        ("the emulator: share of a core", f"{100 * used / seconds:.0f} %"),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {what} | {figure} |" for what, figure in rows)])


def share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.2g} %)"


def mb(kibibytes: int) -> str:
    return f"{kibibytes * 1024 / 1e6:.0f} MB"
