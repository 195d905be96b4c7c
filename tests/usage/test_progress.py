# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a wait, as it is seen at a terminal, in a pipe and in the output of a job; and where there is none."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml

from emulator.process import Running
from usage.conftest import Shell

BIND = {"certificate_label": "example-2026", "domain_names": ["www.example.com", "img.example.com"]}
COUNTS = r"\d+ of \d+ done, \d+ pending, \d+ failed \(\w+, [\w ]+\)"
LINE = rf"zenlayer_domain_cert: {COUNTS}"

# What a callback for programs does, since ansible-core itself has none: everything at once, in the end.
JSON_CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "json"
    def v2_runner_on_ok(self, result, **kwargs):
        self._display.display(self._dump_results(result._result))
    v2_runner_on_failed = v2_runner_on_ok
"""


@pytest.fixture(autouse=True)
def slow(emulator: Running) -> None:
    """Rollouts take long enough to be shown."""
    emulator.settings(zenlayer={"rollout_seconds": 5})


def at_a_terminal(shell: Shell, *command: str, **environment: str) -> str:
    """Run a command at a terminal of 100 columns; return what the terminal was sent."""
    ours, theirs = pty.openpty()
    subprocess.run(["stty", "-F", os.ttyname(theirs), "cols", "100"], check=True)
    variables = {**shell.environment, "TERM": "xterm", **environment}
    variables.pop("CI", None)
    process = subprocess.Popen(
        command, env=variables, cwd=shell.folder, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    sent = b""
    try:
        while chunk := os.read(ours, 65536):
            sent += chunk
    except OSError:  # the other end was closed
        pass
    os.close(ours)
    assert process.wait(60) == 0, sent.decode()
    return sent.decode()


def on_screen(sent: str) -> list[str]:
    """The lines that a terminal shows after all that it was sent; nothing here moves further back than a line."""
    lines = []
    for row in sent.replace("\r\n", "\n").split("\n"):
        cells: list[str] = []
        for part in row.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


def piped(shell: Shell, playbook: dict[str, Any], *options: str, **environment: str) -> tuple[str, str]:
    """What a playbook writes to its standard output and its standard error."""
    path = shell.folder / "playbook.yml"
    path.write_text(yaml.safe_dump([playbook]), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", str(path), *options], env={**shell.environment, **environment}, cwd=shell.folder,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr


def play(hosts: str = "localhost", **task: Any) -> dict[str, Any]:
    return {
        "hosts": hosts,
        "gather_facts": False,
        "tasks": [{"name": "Bind", "certops.cdn.zenlayer_domain_cert": BIND, **task}],
    }


def test_a_terminal_has_one_line_that_is_gone_in_the_end(shell: Shell) -> None:
    command = ["ansible", "localhost", "-m", "certops.cdn.zenlayer_domain_cert", "-a", "all_covered=true"]

    sent = at_a_terminal(shell, *command[:-1], "certificate_label=example-2026 all_covered=true")

    shown = re.findall(rf"\r({LINE}) *(?=\r)", sent)
    assert len(shown) >= 2, sent
    assert shown[0].startswith("zenlayer_domain_cert: 0 of 6 done, 6 pending, 0 failed (waiting, 2 s of 10 min)")
    assert len(set(shown)) == len(shown)
    assert not [line for line in on_screen(sent) if "zenlayer_domain_cert" in line]
    assert "localhost | CHANGED => {" in on_screen(sent)
    assert "\x1b" not in sent  # ANSIBLE_NOCOLOR is set: no escape sequences


def without_times(result: Any) -> Any:
    """A result without what differs from run to run."""
    if isinstance(result, list):
        return [without_times(item) for item in result]
    if isinstance(result, dict):
        changing = ("seconds", "request_id", "fingerprint", "not_before", "not_after")
        return {key: without_times(value) for key, value in result.items() if key not in changing}
    return result


def test_a_pipe_has_plain_lines_beside_the_same_output(shell: Shell, emulator: Running) -> None:
    (shell.folder / "callback_plugins").mkdir()
    for name in ("json", "programs"):  # the same, but nobody knows that the second one is read by programs
        (shell.folder / "callback_plugins" / f"{name}.py").write_text(JSON_CALLBACK, encoding="utf-8")
    shell.environment["ANSIBLE_CALLBACK_PLUGINS"] = str(shell.folder / "callback_plugins")
    log = shell.folder / "log"
    extra = {"CERTOPS_CDN_PROGRESS_INTERVAL": "1", "ANSIBLE_LOG_PATH": str(log)}

    beside, stderr = piped(shell, play(), ANSIBLE_STDOUT_CALLBACK="programs", **extra)
    emulator.reset()
    emulator.settings(zenlayer={"rollout_seconds": 5})
    without, silence = piped(shell, play(), ANSIBLE_STDOUT_CALLBACK="json")

    lines = [line for line in stderr.splitlines() if "zenlayer_domain_cert" in line]
    assert len(lines) >= 2
    assert all(re.fullmatch(LINE, line) for line in lines), stderr
    assert "\r" not in stderr
    assert re.findall(LINE, log.read_text(encoding="utf-8")) == lines
    assert "zenlayer_domain_cert" not in silence
    assert without_times(json.loads(beside)) == without_times(json.loads(without))
    assert json.loads(without)["summary"]["changed"] == 2


def test_hosts_that_show_something_and_hosts_that_do_not(shell: Shell, emulator: Running) -> None:
    emulator.fault("timeout", action="DescribeDomainCertificate", seconds=4, times=None)
    shell.environment["ANSIBLE_ASYNC_DIR"] = str(shell.folder / "async")
    hosts: dict[str, dict[str, Any]] = {
        "shown": {},
        "checked": {"checked": True},
        "unlogged": {"unlogged": True},
        "off": {"certops_cdn_progress": False},
        "detached": {"seconds": 60},
    }
    defaults = {"checked": False, "unlogged": False, "seconds": 0, "ansible_connection": "local"}
    defaults["ansible_python_interpreter"] = "{{ ansible_playbook_python }}"
    inventory = {"all": {"hosts": hosts, "vars": defaults}}
    (shell.folder / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    task = {
        "certops.cdn.zenlayer_domain_cert": {**BIND, "wait": False},
        "check_mode": "{{ checked }}",
        "no_log": "{{ unlogged }}",
        "async": "{{ seconds }}",
        "poll": 1,
    }

    _stdout, stderr = piped(shell, play("all", **task), "-i", "hosts.yml", "--forks", "5")

    lines = re.findall(rf"zenlayer_domain_cert \[(\w+)\]: {COUNTS}", stderr)
    assert set(lines) == {"shown"}


def test_the_output_of_a_job_has_plain_lines(shell: Shell, tmp_path: Path) -> None:
    project = tmp_path / "job" / "project"
    project.mkdir(parents=True)
    (project / "bind.yml").write_text(yaml.safe_dump([play()]), encoding="utf-8")
    names = {name: value for name, value in shell.environment.items() if name not in os.environ or name == "PATH"}

    job = ansible_runner.run(
        private_data_dir=str(tmp_path / "job"),
        playbook="bind.yml",
        envvars={**names, "HOME": str(tmp_path)},
        quiet=True,
    )

    assert job.status == "successful"
    output = re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", job.stdout.read())
    assert re.search(rf"^{LINE}\r?$", output, re.MULTILINE), output
    assert "\r " not in output
