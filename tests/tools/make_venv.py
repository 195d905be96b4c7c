# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make .venv/test, in which everything of `make` runs, from its lock file. Does nothing when it is up to date.

Needs nothing but the Python that runs it, with venv and pip. Beside the environment it lays
.venv/collections, through which Python and Ansible find the repository, wherever it is cloned,
as the collection certops.cdn.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv" / "test"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "tests" / "requirements"
LOCK = REQUIREMENTS / "test.txt"
COLLECTION = ROOT / ".venv" / "collections" / "ansible_collections" / "certops" / "cdn"


def fingerprint() -> str:
    """What the environment depends on: the lock, this Python, and the place, which its scripts contain."""
    parts = (LOCK.read_text(encoding="utf-8"), sys.version, str(ROOT))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def install() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip_install(PYTHON, REQUIREMENTS / "uv.txt")
    install_locked(PYTHON, LOCK)


def install_locked(python: Path, lock: Path) -> None:
    """Install what is locked, nothing else and nothing with another hash, for a Python that has pip."""
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r"]
    if subprocess.run([*uv, str(lock)], check=False).returncode != 0:
        # uv does not read pip's configuration, where a site may name its mirror
        print("uv could not install the requirements; trying pip", file=sys.stderr)
        pip_install(python, lock)


def pip_install(python: Path, lock: Path) -> None:
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes", "-r"]
    subprocess.run([*pip, str(lock)], check=True)


def link_collection() -> None:
    COLLECTION.parent.mkdir(parents=True, exist_ok=True)
    if not COLLECTION.is_symlink():
        COLLECTION.symlink_to(os.path.relpath(ROOT, COLLECTION.parent), target_is_directory=True)


def main() -> None:
    link_collection()
    stamp = VENV / "fingerprint"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint()):
        print("Making the virtual environment .venv/test", flush=True)
        install()
        stamp.write_text(fingerprint(), encoding="utf-8")


if __name__ == "__main__":
    main()
