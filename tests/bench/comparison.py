# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work, done by the collection and by what people use today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.floors import Conditions
from bench.runs import BIN, CONTENDERS, ROOT, Bench, Times

SIZES = (1, 10, 100, 1000)
TUNED = Conditions()

Command = Callable[[Bench, int], Sequence[str | Path]]


@dataclass(frozen=True)
class Contender:
    """A way to do a job.

    :ivar job: the emulated service that it is done at
    :ivar runs: how many runs count for each number of things: fewer where one takes more than about ten seconds, as all
        of it is to end within a quarter of an hour; what is missing is not run
    """

    job: str
    label: str
    command: Command
    runs: Mapping[int, int]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        return self.label.startswith("`certops.cdn`")


def played(name: str, *options: str, **variables: int) -> Command:
    return lambda bench, count: (*bench.playbook(name, count, **variables), *options)


def script(*program: str | Path, item: str) -> Command:
    return lambda bench, count: (*program, *(item.format(n=n) for n in range(1, count + 1)))


PYTHON = BIN / "python"
ALL = dict.fromkeys(SIZES, 5)
TUNING = {"concurrency": TUNED.concurrency, "rate_limit": TUNED.rate_limit}
# certifi is asked for what to trust, and tccli has no option for it: this answers with the emulator's file.
REDIRECTION = {"PYTHONPATH": str(ROOT / "tests" / "edges" / "redirection")}

BIND = Contender("zenlayer", "`certops.cdn`, one task", played("bind_task", **TUNING), ALL)
CONTENDERS_OF = {
    "Bind a renewed certificate to N Zenlayer domains": [
        BIND,
        Contender(
            "zenlayer", "`certops.cdn`, one task, default options", played("bind_task"),
            {1: 5, 10: 1, 100: 1},
        ),
        Contender("zenlayer", "`certops.cdn`, a loop over single domains", played("bind_loop"), {1: 5, 10: 1}),
        Contender(
            "zenlayer", "Script on the vendor's SDK, a look every 10 s",
            script(PYTHON, CONTENDERS / "bind_sdk.py", item="d{n}.bench.example.com"), {1: 3, 10: 1},
        ),
    ],
    "Ask for the review of N Tencent Cloud certificates again": [
        Contender("tencent", "`certops.cdn`, one task", played("resubmit_task", **TUNING), ALL),
        Contender(
            "tencent", "`certops.cdn`, one task, default options", played("resubmit_task"),
            {1: 5, 10: 5, 100: 1},
        ),
        Contender(
            "tencent", "Script on the official SDK",
            script(PYTHON, CONTENDERS / "resubmit_sdk.py", item="cert-{n}"), {1: 5, 10: 5, 100: 1},
        ),
        Contender(
            "tencent", "`tccli` in a loop",
            script("sh", CONTENDERS / "resubmit_tccli.sh", item="cert-{n}"), {1: 5, 10: 1}, REDIRECTION,
        ),
    ],
    "Update N VDMS certificate requests": [
        Contender("vdms", "`certops.cdn`, a loop", played("update_loop"), {1: 5, 10: 1}),
        Contender("vdms", "`certops.cdn`, a host for each", played("update_hosts"), {1: 5, 10: 5}),
        Contender("vdms", "`ansible.builtin.uri` with `until`", played("update_uri"), {1: 5, 10: 1}),
    ],
}  # fmt: skip


def measured(
    bench: Bench,
    contender: Contender,
    count: int,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> Times:
    """Times of a contender, each run of which has done all of the work. One run for its first number does not count.

    :param before: comes before each run, and does not count; so does `after`
    :raises RuntimeError: it has not
    """
    command = contender.command(bench, count)

    def prepare() -> None:
        before()
        bench.emulated.account(count, latency=TUNED.latency, rollout=TUNED.rollout)

    def work() -> None:
        bench.run(*command, **contender.environment, EDGES_TRUST=str(bench.emulated.trust))

    def check() -> None:
        done = bench.emulated.done()[contender.job]
        if done != count:
            raise RuntimeError(f"{contender.label}: {done} of {count} were done")
        after()

    return bench.times(prepare, work, contender.runs[count], check, warm=count > min(contender.runs))


def prediction(times: Mapping[int, Times], count: int) -> tuple[float, float]:
    """Seconds for one more thing, from the two largest numbers that were measured, and for `count` things."""
    less, more = sorted(times)[-2:]
    each = (times[more].median - times[less].median) / (more - less)
    return each, each * count
