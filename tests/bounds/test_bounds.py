# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules with the oldest libraries that they take. All other tests run with the newest, those of the lock file."""

import os
import re
import subprocess
from typing import Any

from tools import bounds
from usage.conftest import ROOT, Shell
from usage.test_ways_of_use import TASKS

UNIT = ROOT / "tests" / "unit" / "plugins" / "module_utils"
# the tests of what touches requests, urllib3, ssl and cryptography
NEAR_LIBRARIES = ("connections", "http", "signing", "tls", "x509")


def test_the_libraries_are_as_old_as_the_requirements_allow() -> None:
    required = re.findall(r"^(\w+)>=([\d.]+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)

    assert required
    there = bounds.versions()
    assert {name: there[name] for name, _bound in required} == dict(required)


def test_unit_tests() -> None:
    paths = [str(bounds.LIBRARY), str(ROOT / ".venv" / "collections"), str(ROOT / "tests")]
    files = [str(UNIT / f"test_{name}.py") for name in NEAR_LIBRARIES]
    done = subprocess.run(
        [str(bounds.PYTHON), "-m", "pytest", "--quiet", *files],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_modules(shell: Shell) -> None:
    tasks: dict[str, Any] = {name: {f"certops.cdn.{name}": options} for name, (_text, options) in TASKS.items()}
    tasks["setup"] = {"ansible.builtin.setup": {"gather_subset": ["!all", "!min", "python"]}}

    results = shell.play_each(tasks, "-e", f"ansible_python_interpreter={bounds.PYTHON}").results

    assert results.pop("setup")["ansible_facts"]["ansible_python"]["executable"] == str(bounds.PYTHON)
    assert [name for name, result in results.items() if result["failed"] or not result["changed"]] == []
