# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of nox: those of antsibull-nox.toml, and ansible-test with several versions of ansible-core from PyPI.

pip install antsibull-nox ansible-core
nox --list
"""

import shutil
import sys

import nox

try:
    import antsibull_nox
except ImportError:
    sys.exit("antsibull-nox is missing: pip install antsibull-nox ansible-core")

antsibull_nox.load_antsibull_nox_toml()


@nox.session
def ruff(session: nox.Session) -> None:
    """Format and check the Python files, in place, where their settings hold."""
    session.install("ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


def drop_scratch() -> None:
    """antsibull-nox cannot copy nested folders of results back."""
    shutil.rmtree("tests/output/.tmp", ignore_errors=True)


for core in ("2.17", "2.18", "2.19"):
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
