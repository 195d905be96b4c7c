# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible ships for a module, and what of it is imported.

As a program it writes what is shipped to the standard output. Arguments: the module's full name, its options as JSON.
It is a process of its own because Ansible's loader of collections and Python's do not go together in one.
"""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

OURS = "ansible_collections/certops/cdn/plugins/"
ARCHIVE = re.compile(rb"[A-Za-z0-9+/]{1000,}={0,2}")
IMPORT = re.compile(r"^import time: +(\d+) \| +\d+ \| *(\S+)$", re.M)


@dataclass(frozen=True)
class Payload:
    """The program that Ansible makes of a module, and the files in it with their sizes in bytes."""

    program: bytes
    files: Mapping[str, int]

    @classmethod
    def of(cls, module: str, environment: Mapping[str, str], **options: object) -> Payload:
        """What Ansible ships for a module with these options.

        :param environment: names the place of the collection
        """
        command = [sys.executable, __file__, module, json.dumps(options)]
        program = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
        archive = max(ARCHIVE.findall(program), key=len)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(archive))) as opened:
            return cls(program, {item.filename: item.file_size for item in opened.infolist() if item.file_size})

    @property
    def ours(self) -> dict[str, int]:
        """The collection's own files, by their names below plugins/."""
        return {name.removeprefix(OURS): size for name, size in self.files.items() if name.startswith(OURS)}


def imported(report: str) -> dict[str, float]:
    """Modules that were imported, and the milliseconds for each alone, out of what `python -X importtime` says."""
    return {name: int(microseconds) / 1000 for microseconds, name in IMPORT.findall(report)}


def main(name: str, options: str) -> None:
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader, module_loader
    from ansible.template import Templar

    init_plugin_loader()
    built = modify_module(
        module_name=name,
        module_path=module_loader.find_plugin_with_context(name).plugin_resolved_path,
        module_args=json.loads(options),
        templar=Templar(DataLoader(), variables={}),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    )
    # up to ansible-core 2.18 it is a tuple
    sys.stdout.buffer.write(getattr(built, "b_module_data", None) or built[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
