# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as its users meet it: commands in a shell, with the emulator in place of the services."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from edges.examples import Examples, example_edges
from emulator.process import Running, exported, started

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass
class Done:
    """A command that has ended."""

    code: int
    output: str
    results: dict[str, Any] = field(default_factory=dict)  # of each task that was played

    def result(self) -> dict[str, Any]:
        """The module's result in the output of an ad-hoc command."""
        result: dict[str, Any] = json.loads(self.output[self.output.index("=> {") + 3 : self.output.rindex("}") + 1])
        return result

    def told(self, task: str) -> dict[str, Any]:
        """The dictionary that a debug task of this name has shown."""
        text = self.output.partition(f"TASK [{task}]")[2]
        told: dict[str, Any] = json.JSONDecoder().raw_decode(text, text.index("=> {") + 3)[0]["msg"]
        return told


class Shell:
    """A user's shell: the credentials and the emulator's URLs are in its environment."""

    def __init__(self, url: str, folder: Path, time_limit: float = 120):
        """
        :param time_limit: seconds for a command
        """
        self.time_limit = time_limit
        self.folder = folder
        ours = ("ANSIBLE_", "ZENLAYER", "TENCENTCLOUD_", "VDMS_", "PYTHON")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            **exported(url),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "HOME": str(folder / "home"),
            "NO_PROXY": "127.0.0.1",
            "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        }

    def run(self, *command: str, **environment: str) -> Done:
        """Run a command; variables that are set to "" are taken out of its environment."""
        variables = {name: value for name, value in {**self.environment, **environment}.items() if value}
        done = subprocess.run(
            command, env=variables, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=self.time_limit,
        )  # fmt: skip
        return Done(done.returncode, done.stdout)

    def ad_hoc(self, module: str, arguments: str, *options: str, **environment: str) -> Done:
        """`ansible localhost -m certops.cdn.MODULE -a ARGUMENTS`."""
        command = ("ansible", "localhost", "-m", f"certops.cdn.{module}")
        return self.run(*command, "-a", arguments, *options, **environment)

    def play(self, tasks: list[dict[str, Any]], *options: str, **keywords: Any) -> Done:
        """A playbook with these tasks, run on localhost."""
        play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks, **keywords}
        playbook = self.folder / "playbook.yml"
        playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        return self.run("ansible-playbook", str(playbook), *options)

    def play_each(self, tasks: dict[str, Any], *options: str, **keywords: Any) -> Done:
        """Play a task of each module, whichever of them fail, and tell the results: starting Ansible takes the time."""
        blocks = [
            {"block": [{**task, "register": f"result_of_{name}"}], "rescue": [{"ansible.builtin.meta": "noop"}]}
            for name, task in tasks.items()
        ]
        told = {"name": "Results", "ansible.builtin.debug": {"msg": {n: f"{{{{ result_of_{n} }}}}" for n in tasks}}}
        done = self.play([*blocks, told], *options, **keywords)
        assert done.code == 0, done.output
        done.results = done.told("Results")
        return done


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with started() as url:
        yield Running(url)


@pytest.fixture
def emulator(running: Running) -> Running:
    """The emulator, in the state of the demo scenario, with rollouts and states that take no time to speak of."""
    running.reset()
    running.control("DELETE", "faults")
    running.settings(zenlayer={"rollout_seconds": 0.4})
    running.forget()
    return running


@pytest.fixture(scope="session")
def examples() -> Iterator[Examples]:
    """The TLS servers that the examples of edge_cert_verify connect to."""
    with example_edges() as found:
        yield found


@pytest.fixture
def shell(emulator: Running, examples: Examples, tmp_path: Path) -> Shell:
    shell = Shell(emulator.url, tmp_path)
    shell.environment.update(examples.environment)
    (tmp_path / "example-2026.pem").write_text(examples.current.pem, encoding="utf-8")
    save_pair(emulator, tmp_path)
    save_pair(emulator, tmp_path / "renewed")
    return shell


def save_pair(emulator: Running, folder: Path) -> None:
    """A certificate that outlives those of the demo scenario, and its key, in files as ACME clients name them."""
    folder.mkdir(exist_ok=True)
    wanted = {"names": ["*.example.com", "example.com"], "not_after_days": 398}
    pair = emulator.control("POST", "certificates", json=wanted)
    (folder / "fullchain.pem").write_text(pair["certificate"], encoding="utf-8")
    (folder / "privkey.pem").write_text(pair["key"], encoding="utf-8")
