# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a process of its own, with a scenario for measurements."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 20  # seconds


class Emulated:
    """Starts the emulator on a free port, and stops it at the end of a `with` block."""

    zenlayer_token = "bench-api-token"

    def __enter__(self) -> Emulated:
        self._stack = contextlib.ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="certops-cdn-")))
        port_file = folder / "port"
        command = [sys.executable, "-m", "emulator", "--port", "0", "--port-file", str(port_file)]
        process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(ROOT / "tests")}, stdout=subprocess.DEVNULL
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        deadline = time.monotonic() + START_LIMIT
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the emulator did not start")
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{port_file.read_text(encoding='utf-8').strip()}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def zenlayer(self) -> dict[str, Any]:
        """Options that lead a Zenlayer module here."""
        return {"api_url": self.url, "access_key_id": "bench-key-id", "access_key_password": "bench-key-password"}

    def reset(self, domains: int, latency: float, rollout: float) -> None:
        """A fresh account: `domains` domains that serve the certificate "old", and a certificate "new" for them."""
        names = ["*.bench.example.com"]
        scenario = {
            "settings": {"latency_seconds": latency, "zenlayer.rollout_seconds": rollout},
            "zenlayer": {
                "access_keys": [{"id": "bench-key-id", "password": "bench-key-password"}],
                "api_tokens": [{"token": self.zenlayer_token}],
                "certificates": [{"label": "old", "names": names}, {"label": "new", "names": names}],
                "domains": {"count": domains, "name": "d{n}.bench.example.com", "certificate": "old"},
            },
        }
        self._control("post", "reset", json={"scenario": scenario})

    def forget(self) -> None:
        """Empty the record of calls."""
        self._control("delete", "calls")

    def calls(self) -> list[dict[str, Any]]:
        """The record of calls to the services."""
        calls: list[dict[str, Any]] = self._control("get", "calls")
        return calls

    def _control(self, method: str, path: str, **options: Any) -> Any:
        answer = requests.request(method, f"{self.url}/_emulator/{path}", timeout=60, **options)
        answer.raise_for_status()
        return answer.json()
