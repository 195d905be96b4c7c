# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of nox: those of antsibull-nox.toml, and ansible-test with several versions of ansible-core from PyPI.

pip install antsibull-nox ansible-core
nox --list
"""

import re
import shutil
import sys
from pathlib import Path

import nox

try:
    import antsibull_nox
except ImportError:
    sys.exit("antsibull-nox is missing: pip install antsibull-nox ansible-core")

LOCK = Path("tests/requirements/test.txt")

antsibull_nox.load_antsibull_nox_toml()


def locked(session: nox.Session, name: str) -> str:
    """A file with a package's entry in the lock: its version and hashes."""
    found = re.search(rf"^{name}==.*?(?=^\S)", LOCK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        session.error(f"{name} is not in {LOCK}")
    file = Path(session.create_tmp()) / f"{name}.txt"
    file.write_text(found[0], encoding="utf-8")
    return str(file)


@nox.session
def ruff(session: nox.Session) -> None:
    """Format and check the Python files, in place, where their settings hold."""
    session.install("--require-hashes", "--requirement", locked(session, "ruff"))
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


def drop_scratch() -> None:
    """antsibull-nox cannot copy nested folders of results back."""
    shutil.rmtree("tests/output/.tmp", ignore_errors=True)


# All that the collection supports and that have been released; `make test-matrix` takes previews too.
for core in ("2.16", "2.17", "2.18", "2.19", "2.20", "2.21"):
    for kind in ("units", "integration"):
        antsibull_nox.add_ansible_test_session(
            name=f"{kind}-{core}",
            description=f"ansible-test {kind} with ansible-core {core}",
            ansible_test_params=[kind, "-v", "--venv", "--requirements"],
            default=False,
            ansible_core_version=core,
            ansible_core_source="pypi",
            callback_after=drop_scratch,
        )

if __name__ == "__main__":
    nox.main()
