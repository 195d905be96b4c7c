# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator in a process of its own, for whoever needs one: tests, measurements, the demo."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import yaml

from .scenario import FOLDER

TESTS = Path(__file__).resolve().parents[1]
END_SECONDS = 20


class EmulatorError(RuntimeError):
    """It ended before it was ready; the message is what it said."""


def exported(url: str) -> dict[str, str]:
    """What a user exports to have the collection use this emulator, with the demo scenario's credentials."""
    scenario = yaml.safe_load((FOLDER / "demo.yml").read_text(encoding="utf-8"))
    access_key, secret, client = (
        scenario[service][name][0]
        for service, name in (("zenlayer", "access_keys"), ("tencent", "secrets"), ("vdms", "clients"))
    )
    return {
        "ZENLAYERCLOUD_API_URL": url,
        "ZENLAYERCLOUD_ACCESS_KEY_ID": access_key["id"],
        "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD": access_key["password"],
        "TENCENTCLOUD_API_URL": url,
        "TENCENTCLOUD_SECRET_ID": secret["id"],
        "TENCENTCLOUD_SECRET_KEY": secret["key"],
        "VDMS_API_URL": url,
        "VDMS_TOKEN_URL": f"{url}/connect/token",
        "VDMS_CLIENT_ID": client["id"],
        "VDMS_CLIENT_SECRET": client["secret"],
    }


class Running:
    """A running emulator: its address and its control API."""

    def __init__(self, url: str):
        self.url = url

    def control(self, method: str, path: str, **options: Any) -> Any:
        """Any call of the control API; the answer must be a success."""
        answer = self.raw_control(method, path, **options)
        assert answer.ok, answer.text
        return answer.json()

    def raw_control(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any call of the control API, on a connection of its own."""
        with requests.Session() as session:
            session.trust_env = False  # no proxy: it is on this machine
            return session.request(method, f"{self.url}/_emulator/{path}", timeout=60, **options)

    def reset(self, scenario: str | dict[str, Any] = "demo") -> None:
        """A fresh state: a scenario by name, or as a mapping."""
        self.control("POST", "reset", json={"scenario": scenario})

    def settings(self, **values: Any) -> None:
        """settings(zenlayer={...}) changes these."""
        self.control("PATCH", "settings", json=values)

    def fault(self, kind: str, **order: Any) -> None:
        """Order one fault."""
        self.control("POST", "faults", json={"kind": kind, **order})

    def calls(self, **filters: Any) -> list[dict[str, Any]]:
        """The record of calls."""
        rows: list[dict[str, Any]] = self.control("GET", "calls", params=filters)
        return rows

    def writes(self) -> list[dict[str, Any]]:
        """The record of calls that can change something."""
        return self.calls(writes="true")

    def forget(self) -> None:
        """Empty the record."""
        self.control("DELETE", "calls")

    def state(self, service: str) -> dict[str, Any]:
        """The state of one service."""
        state: dict[str, Any] = self.control("GET", "state")[service]
        return state


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[str]:
    """Start an emulator on a free port with these arguments beside it; its URL. It ends with the block.

    :raises EmulatorError: it ended before it was ready
    """
    command = [sys.executable, "-m", "emulator", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        with process:
            try:
                assert process.stdout is not None
                ready = process.stdout.readline()
                if not ready.startswith("emulator ready on "):
                    process.wait(END_SECONDS)
                    errors.seek(0)
                    raise EmulatorError(f"the emulator did not start:\n{ready}{errors.read()}")
                yield ready.split()[-1]
            finally:
                process.terminate()
                process.wait(END_SECONDS)
