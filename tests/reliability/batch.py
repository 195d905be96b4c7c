# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred domains that get another certificate, in processes that can be killed, and what has become of them."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from emulator.process import Running, exported
from usage.conftest import BIN, ROOT
from usage.test_rotate import environment

COUNT = 100
PATIENCE = 90.0

WORLD: dict[str, Any] = {
    "settings": {"latency_seconds": 0.005, "zenlayer": {"rollout_seconds": 1.0}},
    "zenlayer": {
        "access_keys": [{"id": "demo-access-key-id", "password": "demo-access-key-password"}],
        "certificates": [
            {"id": "cert-old", "label": "old", "names": ["*.example.com"], "not_after_days": 5},
            {"id": "cert-new", "label": "new", "names": ["*.example.com"], "not_after_days": 300},
            {"id": "cert-other", "label": "other", "names": ["*.example.org"], "not_after_days": 300},
        ],
        "domains": [
            {"name": "d{n}.example.com", "count": COUNT, "certificate": "old"},
            {"name": "www.example.org", "certificate": "other"},
        ],
    },
}

OPTIONS = {"certificate_label": "new", "all_covered": True, "rate_limit": 1000, "wait_interval": 0.5}

CALLS = 2 + 2 * COUNT
"""So many are made until all domains are written: certificate, domains, and one read and one write for each of them."""


class Batch:
    """The task, its processes, and the emulator."""

    def __init__(self, emulator: Running, folder: Path):
        self.emulator = emulator
        self.folder = folder
        self._mark = f"BATCH={uuid.uuid4()}"
        ours = ("ANSIBLE_", "ZENLAYER", "PYTHON")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            **exported(emulator.url),
            **dict([self._mark.split("=")]),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
            "HOME": str(folder),
            "NO_PROXY": "127.0.0.1",
            "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        }
        emulator.reset(WORLD)
        emulator.forget()

    @contextmanager
    def module(self) -> Iterator[subprocess.Popen[str]]:
        """The module, as the process that Ansible starts: its options come on the standard input."""
        command = [sys.executable, "-m", "ansible_collections.certops.cdn.plugins.modules.zenlayer_domain_cert"]
        with subprocess.Popen(
            command, env={**self.environment, "PYTHONPATH": self.environment["ANSIBLE_COLLECTIONS_PATH"]},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": OPTIONS}))
                process.stdin.close()
                process.stdin = None
                yield process
            finally:
                process.kill()

    def run(self) -> dict[str, Any]:
        """The module from its beginning to its end."""
        with self.module() as process:
            output, errors = process.communicate(timeout=PATIENCE)
        assert output, errors
        result: dict[str, Any] = json.loads(output)
        return result

    def playbook(self) -> Path:
        """A playbook with the task."""
        path = self.folder / "playbook.yml"
        tasks = [{"name": "Roll out", "certops.cdn.zenlayer_domain_cert": OPTIONS}]
        path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        return path

    def calls(self) -> int:
        """How many were made."""
        count: int = self.emulator.control("GET", "stats")["calls"]
        return count

    def processes(self) -> list[int]:
        """All that was started for it and still runs."""
        folders = Path("/proc").glob("[0-9]*")
        return [int(folder.name) for folder in folders if self._mark.encode() in environment(folder)]

    def left(self) -> dict[str, int]:
        """What still runs, once nothing does, or after a time in which all of it should have ended."""
        deadline = time.monotonic() + PATIENCE
        while True:
            stats = self.emulator.control("GET", "stats")
            # One connection is that of this question.
            left = {"calls": stats["in_flight"], "connections": stats["open_connections"] - 1}
            left["processes"] = len(self.processes())
            if not any(left.values()) or time.monotonic() > deadline:
                return left
            time.sleep(0.05)

    def executed(self) -> Counter[str]:
        """How often each domain was written."""
        return Counter(call["body"]["domainId"] for call in self.emulator.writes() if call["executed"])

    def state(self) -> dict[str, Any]:
        """What the edges serve, and what is stored."""
        state = self.emulator.state("zenlayer")
        return {
            "served": Counter((one["served_certificate"], one["config_status"]) for one in state["domains"].values()),
            "stored": sorted(state["certificates"]),
        }


WANTED = {
    "served": {("cert-new", "DEPLOYED"): COUNT, ("cert-other", "DEPLOYED"): 1},
    "stored": ["cert-new", "cert-old", "cert-other"],
}


def until(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something, or for the end of a process."""
    deadline = time.monotonic() + PATIENCE
    while not reached() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


def untruths(result: Mapping[str, Any], executed: Counter[str]) -> list[str]:
    """What the result of a module that was broken off tells, and is not so."""
    rows = {row["domain_id"]: row for row in result.get("domains", [])}
    changed = {key for key, row in rows.items() if row["changed"]}
    unclear = {key for key, row in rows.items() if row["error"] is not None and row["error"]["outcome"] == "unknown"}
    found = [f"{key} was not written" for key in changed - set(executed)]
    found += [f"{key} was written, but that is not told" for key in set(executed) - changed - unclear]
    if bool(result["changed"]) != bool(changed):
        found.append(f"changed is {result['changed']}")
    return found
