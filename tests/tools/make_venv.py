# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make .venv/test, in which everything of `make` runs, from its lock file. Does nothing when it is up to date.

Needs nothing but the Python that runs it, with venv and pip. Beside the environment it lays
.venv/collections, through which Python and Ansible find the repository, wherever it is cloned,
as the collection certops.cdn.

With a name it makes .venv/NAME from the lock file of that name: `bench` holds what is measured beside the collection.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "tests" / "requirements"
PYTHON = ROOT / ".venv" / "test" / "bin" / "python"
"""It has uv, which installs into the others too."""
COLLECTION = ROOT / ".venv" / "collections" / "ansible_collections" / "certops" / "cdn"


def fingerprint(lock: Path) -> str:
    """What an environment depends on: the lock, this Python, and the place, which its scripts contain."""
    parts = (lock.read_text(encoding="utf-8"), sys.version, str(ROOT))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def install(venv: Path, lock: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = venv / "bin" / "python"
    if python == PYTHON:
        pip_install(python, REQUIREMENTS / "uv.txt")
    install_locked(python, lock)


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


def main(name: str = "test") -> None:
    venv, lock = ROOT / ".venv" / name, REQUIREMENTS / f"{name}.txt"
    link_collection()
    stamp = venv / "fingerprint"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint(lock)):
        print(f"Making the virtual environment .venv/{name}", flush=True)
        install(venv, lock)
        stamp.write_text(fingerprint(lock), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
