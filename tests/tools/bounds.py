# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make .venv/bounds: the oldest Python on this machine that runs modules, and the oldest libraries that they take, from
their lock file. Does nothing when it is up to date."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ansible.release import __version__ as core
from ansible_test._util.target.common import constants

from tools.make_venv import REQUIREMENTS, install_locked
from tools.run_matrix import UV, lay_module_library, pythons
from tools.run_tests import ROOT

VENV = ROOT / ".venv" / "bounds"
PYTHON = VENV / "bin" / "python"
LIBRARY = VENV / "library"
"""What modules find of ansible-core, to be imported from."""
LOCK = REQUIREMENTS / "bounds.txt"


def oldest_python() -> Path:
    """The oldest Python here that runs the modules of the installed ansible-core."""
    known = {*constants.REMOTE_ONLY_PYTHON_VERSIONS, *constants.CONTROLLER_PYTHON_VERSIONS}
    return next((program for version, program in pythons().items() if version in known), Path(sys.executable))


def make() -> None:
    program = oldest_python().resolve()
    content = "\0".join([LOCK.read_text(encoding="utf-8"), str(program), core, str(ROOT)])
    stamp = VENV / "content"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == content:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    # with pip, should uv not be able to install
    subprocess.run([UV, "venv", "--quiet", "--seed", "--python", program, VENV], check=True)
    install_locked(PYTHON, LOCK)
    lay_module_library(LIBRARY, Path(sys.executable))
    stamp.write_text(content, encoding="utf-8")


def versions() -> dict[str, str]:
    """What is in it: the Python, and the libraries by name."""
    code = (
        "import importlib.metadata as m, platform; print('Python', platform.python_version()); "
        "[print(d.metadata['Name'].lower(), d.version) for d in m.distributions()]"
    )
    told = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in told.splitlines())


def main() -> None:
    make()
    there = versions()
    print(", ".join(f"{name} {there[name]}" for name in ("Python", "requests", "urllib3", "cryptography")))


if __name__ == "__main__":
    main()
