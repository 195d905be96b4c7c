# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is shown, however loud Ansible is, whatever goes wrong, and wherever one looks.

Every module is run by Ansible with canaries for credentials and key. Then everything that was written is searched for
them, in every form: see CHANNELS. What the modules themselves tell is tried more often in test_secrets_in_process.py.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml

from ansible_collections.certops.cdn.tests.unit.plugins.fakes import LocalServer, Received, hang_up, http_answer
from emulator.process import Running
from reliability import accounts, page
from reliability.canaries import Canaries, leaks_of, proof_in, text_of
from reliability.fronts import as_text, forwarded
from reliability.watch import Watch, hands_over
from usage.conftest import ROOT

PAIR = accounts.new_pair()
TIMEOUT = 300

CHANNELS = {
    "standard output": "`-vvvv`, `--diff`, registered results as they are shown",
    "standard error": "warnings, progress, tracebacks",
    "registered results": "as later tasks see them",
    "Ansible's log": "`ANSIBLE_LOG_PATH`",
    "temporary files": "of controller, modules and system, while they are there and afterwards",
    "process list": "`/proc/*/cmdline`, 25 times a second",
    "requests": "`User-Agent`, path and query, as the server receives them",
    "artifacts of ansible-runner": "output, events, facts",
}


# ---- What the modules talk to ----------------------------------------------------------------------------------------


class Gate(LocalServer):
    """Stands before the emulator. It learns the signatures and tokens that pass it, and misbehaves as it is told.

    :ivar manner: what it does: "forward", "repeat", "repeat as an error", "fail", "break off" or "be silent"
    """

    def __init__(self, url: str, canaries: Canaries) -> None:
        self.manner = "forward"
        self.silent = threading.Semaphore(0)
        self._url = url
        self._canaries = canaries
        super().__init__(self._answer)

    def _answer(self, connection: Any, request: Received) -> bytes | None:
        self._canaries.add(proof=proof_in(request.headers.get("authorization", "")))
        if self.manner == "forward" or request.path == "/connect/token":
            return forwarded(self._url, request)
        told = as_text(request)
        if self.manner == "repeat":
            return http_answer(400, f"<pre>{told}</pre>".encode(), content_type="text/html")
        if self.manner == "repeat as an error":
            error = {"code": "INVALID", "message": told, "requestId": "r-1"}
            tencent = {"Error": {"Code": "Invalid", "Message": told}, "RequestId": "r-1"}
            status = 200 if "x-tc-action" in request.headers else 400
            return http_answer(status, json.dumps({**error, "Response": tencent}).encode())
        if self.manner == "fail":
            return http_answer(502, f"<html>{told}</html>".encode(), content_type="text/html")
        if self.manner == "break off":
            hang_up(connection, request)
            return None
        self.silent.release()
        return None

    def requested(self) -> str:
        """What it was sent where no secret belongs."""
        return "\n".join(f"{one.path} {one.headers.get('user-agent')}" for one in self.requests)


# ---- Running Ansible -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Situation:
    """What happens to all modules.

    :ivar manner: that of the gate
    :ivar options: that are given to all modules
    :ivar number: the signal that is sent to each while it waits for an answer
    :ivar refused: the account has other credentials
    :ivar defect: the HTTP library raises what nobody expects, with the whole request in it
    """

    manner: str = "forward"
    options: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    refused: bool = False
    defect: bool = False


SITUATIONS = {
    "success": Situation(),
    "refused credentials": Situation(refused=True),
    "a body that repeats the request": Situation("repeat"),
    "an error that repeats the request": Situation("repeat as an error"),
    "HTTP 502": Situation("fail"),
    "no answer": Situation("break off"),
    "time limit": Situation("be silent", {"timeout": 1}),
    "SIGTERM": Situation("be silent", number=signal.SIGTERM),
    "SIGKILL": Situation("be silent", number=signal.SIGKILL),
    "a defect": Situation(defect=True),
    "a bad option": Situation(options={"timeout": "soon"}),
}

DEFECT = """
import requests.adapters

def send(self, request, *args, **options):
    raise ArithmeticError(f"{request.headers} {request.body}")

requests.adapters.HTTPAdapter.send = send
"""


@dataclass
class Searched:
    """What was found in a run.

    :ivar leaks: what is shown, by channel
    :ivar bytes: how much was searched, by channel
    """

    leaks: dict[str, list[str]]
    bytes: dict[str, int]
    results: dict[str, Any]
    modules: int


class Bench:
    """A folder in which Ansible runs: what it is given lies in one part of it, what is written in another."""

    def __init__(self, folder: Path, emulator: Running, bin_folder: Path) -> None:
        self.given = folder / "given"
        self.written = folder / "written"
        self.canaries = accounts.canaries(PAIR)
        self.emulator = emulator
        for path in (self.given, self.written):
            path.mkdir()
        for name, text in (("fullchain.pem", PAIR.pem), ("privkey.pem", PAIR.key_pem)):
            (self.given / name).write_text(text, encoding="utf-8")
        self._folders = {
            name: self.written / name.lower()
            for name in ("ANSIBLE_REMOTE_TEMP", "ANSIBLE_LOCAL_TEMP", "TMPDIR", "HOME")
        }
        ours = ("ANSIBLE_", "ZENLAYER", "TENCENTCLOUD_", "VDMS_", "PYTHON")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            **{name: str(path) for name, path in self._folders.items()},
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
            "ANSIBLE_LOG_PATH": str(self.written / "log"),
            "ANSIBLE_NOCOLOR": "1",
            "NO_PROXY": "127.0.0.1",
            "PATH": os.pathsep.join([str(bin_folder), os.environ.get("PATH", os.defpath)]),
        }

    def playbook(self, tasks: dict[str, Any], **play: Any) -> str:
        """A playbook that does all tasks, and tells their results in a form that nobody masks."""
        blocks = [
            {"block": [{**task, "register": f"result_of_{name}"}], "rescue": [{"ansible.builtin.meta": "noop"}]}
            for name, task in tasks.items()
        ]
        named = ", ".join(f"'{name}': result_of_{name}" for name in tasks)
        told = f"REGISTERED {{{{ {{{named}}} | to_json | b64encode }}}} END"
        content = [{
            "hosts": "localhost", "gather_facts": False, **play,
            "tasks": [*blocks, {"ansible.builtin.debug": {"msg": told}}],
        }]  # fmt: skip
        path = self.given / "playbook.yml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return str(path)

    def run(self, command: list[str], gate: Gate | None = None, number: int = 0, runner: bool = False) -> Searched:
        """Run a command, or a playbook by ansible-runner, and search all that was written."""
        silent = (lambda: gate.silent.acquire(blocking=False)) if gate is not None else (lambda: False)
        watch = Watch(self.written / "seen", *self._folders.values(), signal_when=silent, number=number)
        with watch:
            output = self._by_runner(command) if runner else self._by_itself(command)
        registered = re.search(r"REGISTERED ([A-Za-z0-9+/=]+) END", output["standard output"])
        results = base64.b64decode(registered[1]).decode() if registered else "{}"
        for path, modes in watch.files.items():
            assert not hands_over(path) or any(mode & 0o077 == 0 for mode in modes), f"others could have read {path}"
        files = [path for path in self.written.rglob("*") if path.is_file() and path.name != "log"]
        files = [path for path in files if path not in watch.files or not hands_over(path)]
        channels = {
            **output,
            "registered results": results,
            "Ansible's log": text_of([self.written / "log"]),
            "temporary files": text_of(files),
            "process list": "\n".join(watch.command_lines),
            "requests": gate.requested() if gate is not None else "",
        }
        sizes = {name: len(text.encode(errors="replace")) for name, text in channels.items()}
        return Searched(leaks_of(channels, self.canaries), sizes, json.loads(results), len(watch.modules))

    def _by_itself(self, command: list[str]) -> dict[str, str]:
        done = subprocess.run(
            command, env=self.environment, cwd=self.given, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        return {"standard output": done.stdout, "standard error": done.stderr}

    def _by_runner(self, command: list[str]) -> dict[str, str]:
        private = self.given.parent / "private"
        private.mkdir()
        runner = ansible_runner.run(
            private_data_dir=str(private), playbook=command[1], cmdline="--diff", verbosity=4, quiet=True,
            envvars=self.environment, suppress_env_files=True, host_cwd=str(self.given), project_dir=str(self.given),
        )  # fmt: skip
        # Its own record of the command has the environment, and so the credentials that are in it.
        files = [path for path in private.rglob("*") if path.name != "command"]
        artifacts = text_of(path for path in files if path.name != "stdout")
        return {"standard output": runner.stdout.read(), "artifacts of ansible-runner": artifacts}


def tasks_for(bench: Bench, url: str, kinds: int, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """A task of each module, with credentials of the first or second kind of its service as options or variables."""
    tasks = {}
    for name in accounts.MODULES:
        service = accounts.service_of(name)
        credentials = accounts.CREDENTIALS[accounts.credentials_of(service)[kinds]][1]
        given = {**accounts.options_of(name), **accounts.urls_of(service, url), "retries": 0, **options}
        if where == "options":
            given.update(credentials)
        else:
            bench.environment.update(accounts.environment_of(service, credentials))
        tasks[name] = {f"certops.cdn.{name}": given}
    return tasks


# ---- The proof -------------------------------------------------------------------------------------------------------

SAMPLE = [("an error that repeats the request", "environment", 0, False), ("success", "options", 1, True)]
# With every other ansible-core.
EACH_CORE = [
    *SAMPLE,
    ("a defect", "options", 0, False),
    ("SIGTERM", "environment", 1, False),
    ("success", "environment", 0, False),
]
ALL = [
    (situation, where, kinds, runner)
    for number, situation in enumerate(SITUATIONS)
    for where, kinds, runner in (("options", 0, number % 2 == 0), ("environment", 1, number % 2 == 1))
]

RUNS: Counter[str] = Counter()
BYTES: Counter[str] = Counter()
CORES: set[str] = set()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The cases for each ansible-core: that of --ansible and, in full, those that `make test-matrix` has made."""
    if "manner" in metafunc.fixturenames:
        manners = ["repeat as an error", "repeat", "forward"]
        metafunc.parametrize("manner", manners if metafunc.config.getoption("--full") else manners[:1])
    if "case" not in metafunc.fixturenames:
        return
    own = Path(metafunc.config.getoption("--ansible")).absolute()
    full = metafunc.config.getoption("--full")
    cases = [(own, case) for case in (ALL if full else SAMPLE)]
    if full:
        matrix = sorted((ROOT / ".venv" / "matrix").glob("core-*/bin"))
        others = {folder.parent.name.partition("-python-")[0]: folder for folder in matrix}  # one Python for each
        cases += [(other, case) for other in others.values() if other != own for case in EACH_CORE]
    names = [f"{folder.parent.name}-{case[0]}-{case[1]}" for folder, case in cases]
    metafunc.parametrize(("bin_folder", "case"), cases, ids=names)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short name: ansible-core 2.22 has sockets in it."""
    with tempfile.TemporaryDirectory(prefix="cdn-") as name:
        yield Path(name)


@pytest.fixture
def bin_folder(request: pytest.FixtureRequest) -> Path:
    """Where the Ansible is that is tested."""
    return Path(request.config.getoption("--ansible")).absolute()


@pytest.fixture
def bench(folder: Path, emulator: Running, bin_folder: Path) -> Bench:
    return Bench(folder, emulator, bin_folder)


@pytest.fixture
def gate(bench: Bench, emulator: Running) -> Iterator[Gate]:
    with Gate(emulator.url, bench.canaries) as gate:
        yield gate


def test_no_secret_is_shown(case: tuple[str, str, int, bool], bench: Bench, gate: Gate) -> None:
    name, where, kinds, runner = case
    situation = SITUATIONS[name]
    bench.emulator.reset("demo" if situation.refused else accounts.scenario())
    gate.manner = situation.manner
    if situation.defect:
        (bench.given / "sitecustomize.py").write_text(DEFECT, encoding="utf-8")
        bench.environment["PYTHONPATH"] = str(bench.given)
    playbook = bench.playbook(tasks_for(bench, gate.url, kinds, where, situation.options))

    searched = bench.run(["ansible-playbook", playbook, "-vvvv", "--diff"], gate, situation.number, runner)

    assert searched.leaks == {}
    assert set(searched.results) == set(accounts.MODULES)
    succeeded = [module for module, result in searched.results.items() if not result.get("failed")]
    assert sorted(succeeded) == (sorted(accounts.MODULES) if name == "success" else []), searched.results
    assert searched.modules > 0, "the process list was not watched"
    RUNS[name] += len(accounts.MODULES)
    BYTES.update(searched.bytes)
    CORES.add(core_of(bench))


def core_of(bench: Bench) -> str:
    """The version of the Ansible that was run."""
    done = subprocess.run(
        ["ansible-playbook", "--version"], env=bench.environment, capture_output=True, text=True, check=True
    )
    return done.stdout.partition("[core ")[2].partition("]")[0]


PLANTS: dict[str, tuple[str, dict[str, Any]]] = {
    # channel: a task that shows the secret there and, as far as can be, nowhere else
    "standard output": ("debug", {"msg": "{{ secret }}"}),
    "registered results": ("set_fact", {"shown": "{{ secret }}"}),
    "temporary files": ("shell", {"cmd": "cat {{ file }} > $TMPDIR/planted; sleep 0.3"}),
    "process list": ("shell", {"cmd": 'python3 -c "import time; time.sleep(0.3)" "$(cat {{ file }})"'}),
    "artifacts of ansible-runner": ("set_fact", {"shown": "{{ secret }}"}),
}


@pytest.mark.parametrize("channel", [*PLANTS, "Ansible's log", "requests", "standard error"])
def test_a_planted_leak_is_found(channel: str, bench: Bench) -> None:
    secret = accounts.SECRETS["api_token"]
    (bench.given / "secret").write_text(secret, encoding="utf-8")
    module, options = PLANTS.get(channel, PLANTS["standard output"])
    variables = {"file": str(bench.given / "secret"), "secret": "{{ lookup('file', file) }}"}
    playbook = bench.playbook({"planted": {f"ansible.builtin.{module}": options, "vars": variables}})
    with Gate(bench.emulator.url, bench.canaries) as gate:
        if channel == "requests":
            gate.requests.append(Received("GET", f"/?token={secret}", {}, b"", 1))
        command = ["ansible-playbook", playbook]
        if channel == "standard error":
            command = ["sh", "-c", f"cat {bench.given}/secret >&2"]
        searched = bench.run(command, gate, runner=channel == "artifacts of ansible-runner")

    assert "api_token as it is" in searched.leaks[channel], searched.leaks


# ---- Inventory and role ----------------------------------------------------------------------------------------------


def test_the_inventory_plugin_shows_no_secret(manner: str, bench: Bench) -> None:
    bench.emulator.reset(accounts.scenario())
    with Gate(bench.emulator.url, bench.canaries) as gate:
        gate.manner = manner
        source: dict[str, Any] = {"plugin": "certops.cdn.cdn_domains", "providers": ["zenlayer", "tencent", "vdms"]}
        for service in source["providers"]:
            credentials = accounts.CREDENTIALS[accounts.credentials_of(service)[0]][1]
            source[service] = {**credentials, **accounts.urls_of(service, gate.url)}
        (bench.given / "cdn_domains.yml").write_text(yaml.safe_dump(source), encoding="utf-8")
        searched = bench.run(["ansible-inventory", "-i", "cdn_domains.yml", "--list", "-vvvv"], gate)

    assert searched.leaks == {}
    assert gate.requests
    RUNS["inventory plugin"] += 1
    BYTES.update(searched.bytes)


def test_the_role_that_is_given_a_key_shows_no_secret(manner: str, bench: Bench) -> None:
    bench.emulator.reset(accounts.scenario())
    bench.emulator.settings(zenlayer={"rollout_seconds": 0})
    variables = {
        "zenlayer_rotate_certificate": PAIR.pem, "zenlayer_rotate_private_key": PAIR.key_pem,
        "zenlayer_rotate_label": "rotated", "zenlayer_rotate_domains": "www.example.com",
        "zenlayer_rotate_verify": False,
    }  # fmt: skip
    (bench.given / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    with Gate(bench.emulator.url, bench.canaries) as gate:
        gate.manner = manner
        credentials = accounts.CREDENTIALS["access key"][1]
        bench.environment.update(accounts.environment_of("zenlayer", {**credentials, "api_url": gate.url}))
        playbook = str(ROOT / "playbooks" / "zenlayer_rotate.yml")
        searched = bench.run(["ansible-playbook", playbook, "-e@variables.json", "-vvvv", "--diff"], gate)

    assert searched.leaks == {}
    assert gate.requests
    RUNS["role zenlayer_rotate"] += 1
    BYTES.update(searched.bytes)


# ---- Figures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def figures(full: bool, request: pytest.FixtureRequest) -> Iterator[None]:
    """Write the page, if everything was run and has gone well."""
    failed = request.session.testsfailed
    yield
    wanted = {*SITUATIONS, "inventory plugin", "role zenlayer_rotate"}
    if full and request.session.testsfailed == failed and set(RUNS) == wanted:
        situations = "\n".join(f"| {name} | {RUNS[name]} |" for name in sorted(wanted, key=list(RUNS).index))
        searched = "\n".join(f"| {name} | {where} | {BYTES[name] / 1e6:.1f} |" for name, where in CHANNELS.items())
        page.replace(
            "secrets",
            f"{sum(RUNS.values())} runs with ansible-core {', '.join(sorted(CORES))}: nothing was found in"
            f" {sum(BYTES.values()) / 1e6:.0f} MB.\n\n"
            f"| channel | what was searched | MB |\n| --- | --- | --- |\n{searched}\n\n"
            f"| situation | runs |\n| --- | --- |\n{situations}",
        )
