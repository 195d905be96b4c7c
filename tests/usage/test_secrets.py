# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is shown, however loud the output is and whatever goes wrong."""

import re
from itertools import product
from pathlib import Path

import pytest

from emulator.process import Running
from usage.conftest import Shell
from usage.test_ways_of_use import GROUPS, PRIVATE_KEY, QUERIES, TASKS

# Signatures, bearer tokens, private keys and personal data have these marks.
MARKS = [r"Signature=[0-9a-f]", r"Bearer [A-Za-z0-9]", "PRIVATE KEY", "KeyPassword", "SubmittedData", "CANARY"]

FAULTS = {
    "none": None,
    "an answer that repeats the request": {"kind": "json", "status": 400},
    "html": {"kind": "html", "status": 502},
    "reset": {"kind": "reset_before"},
    "challenge": {"kind": "challenge"},
}


def secrets_of(name: str, folder: Path) -> list[str]:
    """The one of a module's credentials that is a secret, and the lines that make a private key which it is given."""
    credential = list(GROUPS[name.split("_", maxsplit=1)[0]].values())[1]
    key = (folder / "privkey.pem").read_text(encoding="utf-8").splitlines()[1:-1]
    return [credential, *(key if name in TASKS and PRIVATE_KEY in TASKS[name][1].values() else [])]


def leaks(secrets: list[str], text: str) -> list[str]:
    return [mark for mark in [*map(re.escape, secrets), *MARKS] if re.search(mark, text)]


def everything_written(folder: Path) -> str:
    given = ("playbook.yml", "privkey.pem")
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in given]
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in files)


WITH_KEY = [name for name in TASKS if PRIVATE_KEY in TASKS[name][1].values()]
WITHOUT_KEY = [name for name in TASKS if name not in WITH_KEY]

# An answer repeats to modules of one service what all of them were given, no more.
CASES = [
    *product([[*TASKS, *QUERIES]], ["none"], ["options"]),
    *product([list(TASKS)], ["none"], ["environment"]),
    *product([list(TASKS)], ["html", "reset", "challenge"], ["environment", "options"]),
    *product([WITH_KEY, WITHOUT_KEY], ["an answer that repeats the request"], ["environment", "options"]),
    *product([QUERIES], ["an answer that repeats the request"], ["options"]),
]


@pytest.mark.parametrize(
    ("names", "fault", "where"), CASES, ids=lambda case: case if isinstance(case, str) else case[0]
)
def test_no_secret_at_the_highest_verbosity(
    names: list[str], fault: str, where: str, shell: Shell, emulator: Running
) -> None:
    secrets = {name: secrets_of(name, shell.folder) for name in names}
    tasks = {}
    for name in names:
        service = name.split("_", maxsplit=1)[0]
        order = FAULTS[fault]
        if order is not None:
            told = f"{secrets[name][0]} {''.join(secrets[name][1:])}"
            repeated = f"<p>{told} Authorization: ZC2-HMAC-SHA256 Signature=0123456789abcdef0123456789abcdef</p>"
            body = {"body": repeated} if order["kind"] == "json" else {}
            emulator.fault(action="*", service=service, times=None, **order, **body)
        options = {**(TASKS[name][1] if name in TASKS else {}), "retries": 0, "timeout": 5}
        if where == "options":
            options.update(GROUPS[service])
        tasks[name] = {f"certops.cdn.{name}": options}
    shell.environment["ANSIBLE_LOG_PATH"] = str(shell.folder / "log")

    done = shell.play_each(tasks, "-vvvv", "--diff")

    assert {name for name, result in done.results.items() if result["failed"]} == set(() if fault == "none" else names)
    every = sorted({secret for found in secrets.values() for secret in found})
    assert leaks(every, done.output) == []
    assert leaks(every, everything_written(shell.folder)) == []


def test_the_search_finds_a_planted_leak(tmp_path: Path) -> None:
    (tmp_path / "leak.txt").write_text("password: hunter2 Signature=0a", encoding="utf-8")

    assert leaks(["hunter2"], everything_written(tmp_path)) == ["hunter2", MARKS[0]]
