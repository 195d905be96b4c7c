# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that are run and timed, in the environment of a user."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.emulated import REQUEST, Emulated

ROOT = Path(__file__).resolve().parents[2]
CONTENDERS = Path(__file__).resolve().parent / "contenders"
BIN = Path(sys.executable).parent
TCCLI = ROOT / ".venv" / "bench" / "bin"
LOCAL = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")
PATIENCE = 600


@dataclass(frozen=True)
class Times:
    """Seconds that each run took that counts.

    :ivar began: when each of them began, as `time.perf_counter` tells it
    """

    seconds: tuple[float, ...]
    began: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        if len(self.seconds) == 1:
            return f"{self.median:.2f} s"
        return f"{self.median:.2f} s ({min(self.seconds):.2f} to {max(self.seconds):.2f})"


class Bench:
    """An emulator, a folder, and the ways to run something against it."""

    def __init__(self, emulated: Emulated, folder: Path, most: int) -> None:
        """
        :param folder: a home directory that is thrown away
        :param most: so many runs of each figure count at most
        """
        self.emulated = emulated
        self.folder = folder
        self.most = most
        # Settings of the caller's own Ansible and Python do not get in. Python keeps bytecode, as it does for users.
        ours = ("ANSIBLE_", "PYTHON", "ZENLAYER", "TENCENTCLOUD_", "VDMS_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            **emulated.environment,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
            "HOME": str(folder),
            "NO_PROXY": "127.0.0.1",
            "PATH": os.pathsep.join([str(BIN), str(TCCLI), os.environ.get("PATH", os.defpath)]),
        }

    def run(self, *command: str | Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        :raises RuntimeError: it has failed, and `check` is true
        """
        done = subprocess.run(
            [str(word) for word in command], env={**self.environment, **environment}, cwd=self.folder,
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def playbook(self, name: str, count: int, **variables: Any) -> tuple[str | Path, ...]:
        """The command that plays a file of contenders/ for `count` things."""
        file = self.folder / f"{name}-{count}.json"
        file.write_text(
            json.dumps(
                {
                    "domain_names": [f"d{n}.bench.example.com" for n in range(1, count + 1)],
                    "certificate_ids": [f"cert-{n}" for n in range(1, count + 1)],
                    "request_ids": [REQUEST + n for n in range(1, count + 1)],
                    **variables,
                }
            ),
            encoding="utf-8",
        )
        return BIN / "ansible-playbook", *LOCAL, "-e", f"@{file}", CONTENDERS / f"{name}.yml"

    def times(
        self,
        prepare: Callable[[], object],
        work: Callable[[], object],
        runs: int = 5,
        check: Callable[[], object] = lambda: None,
        *,
        warm: bool = False,
    ) -> Times:
        """Time the work.

        :param prepare: comes before each run, and does not count
        :param check: comes after each run, and raises where the work has not been done
        :param warm: the same has run just before; else the first run does not count, but where it is the only one
        """
        runs = min(runs, self.most)
        seconds, began = [], []
        for _run in range(runs + (runs > 1 and not warm)):
            prepare()
            began.append(time.perf_counter())
            work()
            seconds.append(time.perf_counter() - began[-1])
            check()
        return Times(tuple(seconds[-runs:]), tuple(began[-runs:]))
