# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch that is killed at a random point, and run again: all is bound, nothing is written twice, nothing is lost.

A rotation that is killed at every point is in tests/usage/test_rotate.py.
"""

import itertools
import json
import os
import random
import signal
import statistics
import subprocess
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ansible_runner
import pytest

from ansible_collections.certops.cdn.tests.unit import conftest as unit
from emulator.process import Running
from reliability import page
from reliability.batch import CALLS, COUNT, PATIENCE, WANTED, Batch, until, untruths
from reliability.conftest import seed_of

signals_are_heard = unit.signals_are_heard

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TIMES = 50
SAMPLED_TIMES = len(SIGNALS)

TIMES_OF_ANSIBLE = 3
"""So many times for each way to stop it."""

AT_ONCE = 30.0
"""Seconds within which a process has to end after a signal: "a second or so", on a machine that is busy with others."""


@dataclass(frozen=True)
class Killed:
    """What was seen of one that was killed.

    :ivar seconds: from the signal to the end of the process
    :ivar later: so many domains were written after that, by a process that nobody had told to stop
    """

    how: str
    seconds: float
    written: int
    later: int = 0


@pytest.fixture(scope="session")
def killed(full: bool) -> Iterator[list[Killed]]:
    """All that were killed, and were well after one more run. Once all are, in full, the figures are written."""
    all_killed: list[Killed] = []
    yield all_killed
    if full and len(all_killed) == TIMES + TIMES_OF_ANSIBLE * len(WAYS):
        page.replace("crashes", section(all_killed))


@pytest.fixture
def batch(running: Running, tmp_path: Path) -> Batch:
    return Batch(running, tmp_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    full, seed = metafunc.config.getoption("--full"), seed_of(metafunc.config)
    if "turn" in metafunc.fixturenames:
        metafunc.parametrize("turn", range(TIMES if full else SAMPLED_TIMES))
    if "way" in metafunc.fixturenames:
        every = list(itertools.product(WAYS, range(TIMES_OF_ANSIBLE)))
        metafunc.parametrize(("way", "number"), every if full else [random.Random(seed).choice(every)])


def point_of(seed: int, turn: object) -> int:
    """After so many calls the process is killed: some time between its beginning and the last writes."""
    return random.Random(f"{seed} {turn}").randrange(CALLS)


def run_again(batch: Batch) -> None:
    """One more run, and all is well."""
    result = batch.run()

    assert not result.get("failed"), result["msg"]
    assert result["summary"]["total"] == COUNT
    assert batch.state() == WANTED
    assert sorted(batch.executed().values()) == [1] * COUNT


def test_the_module_is_killed_and_run_again(turn: int, seed: int, batch: Batch, killed: list[Killed]) -> None:
    sent, point = SIGNALS[turn % len(SIGNALS)], point_of(seed, turn)
    with batch.module() as process:
        until(lambda: batch.calls() >= point, process)
        assert process.poll() is None
        heard = batch.calls() > 0
        process.send_signal(sent)
        sent_at = time.monotonic()
        output, errors = process.communicate(timeout=PATIENCE)
        seconds = time.monotonic() - sent_at

    assert batch.left() == {"calls": 0, "connections": 0, "processes": 0}
    executed = batch.executed()
    assert seconds < AT_ONCE
    if sent is not signal.SIGKILL and heard:
        assert output, errors
        assert untruths(json.loads(output), executed) == []
    run_again(batch)
    killed.append(Killed(f"the module, {sent.name}", seconds, len(executed)))


# ---- Ways in which Ansible is stopped --------------------------------------------------------------------------------


def stop_ansible(batch: Batch, point: int, stop: Callable[[subprocess.Popen[str]], None]) -> float:
    """Stop ansible-playbook at some point; the seconds it took."""
    command = ["ansible-playbook", str(batch.playbook())]
    with (batch.folder / "output").open("w+") as output:
        process = subprocess.Popen(
            command, env=batch.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True,
            start_new_session=True,
        )  # fmt: skip
        until(lambda: batch.calls() >= point, process)
        assert process.poll() is None
        stop(process)
        stopped_at = time.monotonic()
        process.wait(PATIENCE)
        return time.monotonic() - stopped_at


def terminate(batch: Batch, point: int) -> float:
    return stop_ansible(batch, point, lambda process: process.terminate())


def press_ctrl_c(batch: Batch, point: int) -> float:
    """A terminal sends the signal to all that runs in its foreground."""
    return stop_ansible(batch, point, lambda process: os.killpg(process.pid, signal.SIGINT))


def cancel_job(batch: Batch, point: int) -> float:
    """Cancel a job as AWX does: ansible-runner asks whether to, here often enough to hit any point, and kills."""
    canceled_at: list[float] = []

    def canceled() -> bool:
        if not canceled_at and batch.calls() >= point:
            canceled_at.append(time.monotonic())
        return bool(canceled_at)

    runner = ansible_runner.run(
        private_data_dir=str(batch.folder), playbook=str(batch.playbook()), envvars=batch.environment,
        suppress_env_files=True, quiet=True, cancel_callback=canceled, settings={"pexpect_timeout": 0.05},
    )  # fmt: skip
    assert runner.status == "canceled"
    return time.monotonic() - canceled_at[0]


WAYS = {
    "ansible-playbook, SIGTERM": terminate,
    "ansible-playbook, Ctrl-C": press_ctrl_c,
    "ansible-runner, cancelled as by AWX": cancel_job,
}


def test_ansible_is_stopped_and_the_task_run_again(
    way: str, number: int, seed: int, batch: Batch, killed: list[Killed]
) -> None:
    seconds = WAYS[way](batch, max(1, point_of(seed, (way, number))))
    written = len(batch.executed())

    assert batch.left() == {"calls": 0, "connections": 0, "processes": 0}
    later = len(batch.executed()) - written
    assert seconds < AT_ONCE
    run_again(batch)
    killed.append(Killed(way, seconds, written, later))


# ---- What is wrong is found ------------------------------------------------------------------------------------------


def test_what_is_untrue_is_found() -> None:
    rows = [
        {"domain_id": "made-up", "changed": True, "error": None},
        {"domain_id": "concealed", "changed": False, "error": {"outcome": "not_executed"}},
        {"domain_id": "unclear", "changed": False, "error": {"outcome": "unknown"}},
        {"domain_id": "told", "changed": True, "error": None},
    ]

    assert untruths({"changed": False, "domains": rows}, Counter(["concealed", "unclear", "told"])) == [
        "made-up was not written", "concealed was written, but that is not told", "changed is False",
    ]  # fmt: skip
    assert untruths({"changed": True, "domains": rows[2:]}, Counter(["unclear", "told"])) == []


# ---- Figures ---------------------------------------------------------------------------------------------------------

HEAD = """
| killed | times | ended after: median, longest | written by then | written after that |
| --- | ---: | ---: | ---: | ---: |
"""


def section(all_killed: list[Killed]) -> str:
    """The section `crashes`."""
    summary = (
        f"{len(all_killed)} batches of {COUNT} domains were killed at a random point. After one more run all domains "
        "were bound, none had been written twice, and nothing else had changed."
    )
    groups = itertools.groupby(sorted(all_killed, key=lambda one: one.how), key=lambda one: one.how)
    rows = [row(how, list(group)) for how, group in groups]
    return "\n".join([textwrap.fill(summary, 120), HEAD.rstrip(), *rows])


def row(how: str, group: list[Killed]) -> str:
    seconds, written = [one.seconds for one in group], [one.written for one in group]
    median, longest = statistics.median(seconds), max(seconds)
    spread = f"{min(written)} to {max(written)}" if len(group) > 1 else str(written[0])
    later = max(one.later for one in group)
    return f"| {how} | {len(group)} | {median:.2f} s, {longest:.2f} s | {spread} | {later} |"
