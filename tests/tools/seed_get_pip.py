# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give ansible-test the get-pip script that its sanity tests need, from the package index.

ansible-test otherwise downloads the script from a server of the Ansible project, which many networks
cannot reach. Here it is made from the pip wheel of the version that the installed ansible-test asks for,
and put where ansible-test keeps its downloads below HOME.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import ansible_test

SCRIPT = """\
import base64, os, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    wheel = os.path.join(folder, {name!r})
    with open(wheel, "wb") as file:
        file.write(base64.b64decode({data!r}))
    sys.path.insert(0, wheel)
    from pip._internal.cli.main import main
    # get-pip's own options, which pip does not have
    arguments = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
    sys.exit(main(["install", "--upgrade", "--force-reinstall", *arguments]))
"""


def wanted_version() -> str:
    source = Path(str(ansible_test.__file__)).parent / "_internal" / "python_requirements.py"
    match = re.search(r"^\s+pip='([0-9.]+)'", source.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        sys.exit("this ansible-test does not say which pip it wants: look in " + str(source))
    return match.group(1)


def main() -> None:
    version = wanted_version()
    script = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*download, f"pip=={version}"], check=True)
        wheel = next(Path(folder).glob("*.whl"))
        data = base64.b64encode(wheel.read_bytes()).decode()
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(SCRIPT.format(name=wheel.name, data=data), encoding="utf-8")


if __name__ == "__main__":
    main()
