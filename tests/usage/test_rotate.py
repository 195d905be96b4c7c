# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rotation that is killed, again and again, and started anew each time."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edges.certificates import make, make_ca
from edges.following import following
from emulator.process import Running
from reliability.canaries import leaks
from usage.conftest import ROOT, Done, Shell

PATIENCE = 180


class Playbook:
    """playbooks/zenlayer_rotate.yml with these variables."""

    def __init__(self, shell: Shell, **variables: Any) -> None:
        self._shell = shell
        file = shell.folder / "variables.json"
        file.write_text(json.dumps({f"zenlayer_rotate_{name}": value for name, value in variables.items()}))
        self._command = ["ansible-playbook", str(ROOT / "playbooks" / "zenlayer_rotate.yml"), f"-e@{file}"]

    def run(self, *options: str) -> Done:
        return self._shell.run(*self._command, *options)

    def kill_when(self, reached: Callable[[], bool]) -> None:
        """Run it, and kill it with all that it has started once this point is reached."""
        mark = f"ROTATION={uuid.uuid4()}"
        with (self._shell.folder / "killed.log").open("w+") as log:
            process = subprocess.Popen(
                self._command, cwd=self._shell.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**self._shell.environment, **dict([mark.split("=")])},
            )  # fmt: skip
            deadline = time.monotonic() + PATIENCE
            while not reached() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            running = process.poll() is None
            kill_all(mark.encode())
            process.wait(PATIENCE)
            log.seek(0)
            assert running, log.read()
            assert reached(), log.read()


def kill_all(mark: bytes) -> None:
    """Kill every process that has this in its environment; Ansible's workers have sessions of their own."""
    while marked := [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if mark in environment(folder)]:
        for pid in marked:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended
        return []


def test_killed_at_every_point_it_finishes_and_writes_nothing_twice(shell: Shell, emulator: Running) -> None:
    root = make_ca()
    pair = make("*.example.com", "example.com", issuer=root, ends=397.5)
    (shell.folder / "root.pem").write_text(root.pem, encoding="utf-8")
    domains = [one["name"] for one in emulator.state("zenlayer")["domains"].values()]

    def executed(action: str) -> int:
        return sum(call["executed"] for call in emulator.calls(action=action))

    with following(emulator.url, pair) as edge:
        playbook = Playbook(
            shell, certificate=pair.pem + root.pem, private_key=pair.key_pem, keep_last=0, domains="", label="chosen",
            edge_host="127.0.0.1", edge_port=edge.edge.port, edge_ca_path=str(shell.folder / "root.pem"),
        )  # fmt: skip

        # The certificate is stored, but nobody was told.
        emulator.fault("timeout", action="CreateCertificate", seconds=PATIENCE)
        playbook.kill_when(lambda: executed("CreateCertificate") == 1)

        # Three domains of six are bound.
        emulator.settings(zenlayer={"rollout_seconds": None})
        emulator.fault("timeout", action="ModifyDomainCertificate", skip=3, times=None, seconds=PATIENCE, execute=False)
        playbook.kill_when(lambda: len(emulator.calls(action="ModifyDomainCertificate")) == len(domains))
        assert executed("ModifyDomainCertificate") == 3
        emulator.control("DELETE", "faults")

        # All are bound, and the rollouts run.
        looks = len(emulator.calls(action="DescribeDomains"))
        playbook.kill_when(lambda: len(emulator.calls(action="DescribeDomains")) > looks + 3)
        assert executed("ModifyDomainCertificate") == len(domains)
        for name in domains:
            emulator.control("POST", f"zenlayer/domains/{name}", json={"config_status": "DEPLOYED"})

        # The edges do not serve it yet.
        edge.stuck = set(domains)
        seen = len(edge.edge.names)
        playbook.kill_when(lambda: len(edge.edge.names) >= seen + 2 * len(domains))
        edge.stuck = set()

        # One of three old certificates is removed, but nobody was told.
        emulator.fault("timeout", action="DeleteCertificate", seconds=PATIENCE)
        playbook.kill_when(lambda: executed("DeleteCertificate") == 1)

        last = playbook.run("-vvvv")
        assert last.code == 0, last.output
        assert leaks([pair.key_pem], last.output, public=pair.pem) == []

    writes = [call for call in emulator.writes() if call["executed"]]
    assert Counter(call["action"] for call in writes) == {
        "CreateCertificate": 1, "ModifyDomainCertificate": len(domains), "DeleteCertificate": 3,
    }  # fmt: skip
    assert len({str(call["body"]) for call in writes}) == len(writes)
    state = emulator.state("zenlayer")
    assert sorted(one["label"] for one in state["certificates"].values()) == ["chosen", "other-2026"]
    (new,) = (one["id"] for one in state["certificates"].values() if one["sha256"].lower() == pair.sha256)
    assert {one["served_certificate"] for one in state["domains"].values()} == {new}
