# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a module takes until it sends its first byte, and what for."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

from bench.payload import Payload, imported
from bench.runs import Bench, Times

OPTIONS = {
    "certops.cdn.zenlayer_domain_cert": {"domain_name": "www.example.com", "certificate_label": "new", "retries": 0},
    "certops.cdn.tencent_cert_resubmit": {"certificate_id": "cert-1", "retries": 0},
    "certops.cdn.vdms_cert_request": {"certificate_id": 1, "access_token": "a-token", "retries": 0},
    "ansible.builtin.uri": {"method": "POST", "body": "{}"},
}
GROUPS = (
    ("this collection", ("ansible_collections",)),
    ("Ansible", ("ansible",)),
    ("requests and what it needs", ("requests", "urllib3", "charset_normalizer", "chardet", "idna", "certifi")),
)


@dataclass(frozen=True)
class Started:
    """A module from the start of its process to its first byte.

    :ivar milliseconds: of each run
    :ivar imports: milliseconds and number of modules that were imported, by whose they are
    """

    module: str
    shipped: Payload
    times: Times
    imports: dict[str, tuple[float, int]]


def whose(module: str) -> str:
    top = module.partition(".")[0]
    return next((name for name, tops in GROUPS if top in tops), "Python's own library")


def started(bench: Bench, module: str) -> Started:
    """Run what Ansible ships, against a server that hangs up as soon as it hears something."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        name = "url" if module.endswith(".uri") else "api_url"
        shipped = Payload.of(module, bench.environment, **OPTIONS[module], **{name: url})
        program = bench.folder / "payload.py"
        program.write_bytes(shipped.program)

        def first_byte(*options: str) -> tuple[float, str]:
            command = [sys.executable, *options, str(program)]
            began = time.perf_counter()
            with subprocess.Popen(
                command, env=bench.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            ) as process:
                connection, _address = listener.accept()
                connection.recv(1)
                seconds = time.perf_counter() - began
                connection.close()
                _out, report = process.communicate(timeout=60)
            return seconds, report

        seconds = [first_byte()[0] for _run in range(bench.most + 1)][1:]
        reports = [imported(first_byte("-X", "importtime")[1]) for _run in range(bench.most)]
    taken: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for imported_module in reports[0]:
        taken[whose(imported_module)] += statistics.median(  # type: ignore[assignment]
            report.get(imported_module, 0.0) for report in reports
        )
        number[whose(imported_module)] += 1
    imports = {name: (float(taken[name]), number[name]) for name in taken}
    return Started(module, shipped, Times(tuple(seconds)), imports)


def all_started(bench: Bench) -> list[Started]:
    return [started(bench, module) for module in OPTIONS]
