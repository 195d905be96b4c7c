# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at the machine while a command runs: the list of processes, and files that come and go."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

SECONDS = 0.04
"""Between two looks. A module runs five times as long at least."""


def hands_over(path: Path) -> bool:
    """Whether Ansible hands a module its options by this file, which is gone when the module has ended."""
    return b"ansiballz" in path.read_bytes()[:4096].lower()


class Watch:
    """Looks until the block ends.

    :ivar command_lines: those of all processes that were seen and belong to the command that is watched
    :ivar modules: the processes of modules among them
    :ivar files: the files that were seen, kept, with their mode and that of their folder
    """

    def __init__(self, kept: Path, *folders: Path, signal_when: Callable[[], bool] = lambda: False, number: int = 0):
        """
        :param kept: where files go to as they are seen, by a hard link, so that they can be read when they are gone
        :param folders: where to look for files; whoever names one of them, in words or environment, is watched
        :param signal_when: whether to send the signal ``number`` to the modules that run
        """
        self.command_lines: set[str] = set()
        self.modules: set[int] = set()
        self.files: dict[Path, tuple[int, int]] = {}
        self._kept = kept
        self._folders = folders
        self._marks = [str(folder).encode() for folder in folders]
        self._signal_when = signal_when
        self._number = number
        self._seen: set[int] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        for folder in (self._kept, *self._folders):
            folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(SECONDS):
            self._look_at_processes()
            for folder in self._folders:
                self._look_at_files(folder)

    def _look_at_processes(self) -> None:
        wanted = self._signal_when()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
                # What else runs on this machine is not the command's.
                if not any(mark in line or mark in environment for mark in self._marks):
                    continue
                words = line.decode("utf-8", "replace").split("\0")
                self.command_lines.add(" ".join(words))
                if self._is_module(words):
                    self.modules.add(int(process.name))
                    if wanted:
                        os.kill(int(process.name), self._number)

    def _is_module(self, words: Sequence[str]) -> bool:
        """Whether it is a module of the command that is watched: they are started from the folder for them."""
        script = words[1] if len(words) > 1 else ""
        ours = any(script.startswith(f"{folder}/") for folder in self._folders)
        return ours and "python" in words[0] and "AnsiballZ_" in script

    def _look_at_files(self, folder: Path) -> None:
        for parent, _folders, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    path = Path(parent, name)
                    state = path.lstat()
                    if state.st_ino in self._seen or not stat.S_ISREG(state.st_mode):
                        continue
                    kept = self._kept / f"{state.st_ino}-{name}"
                    os.link(path, kept)
                    self._seen.add(state.st_ino)
                    self.files[kept] = (stat.S_IMODE(state.st_mode), stat.S_IMODE(path.parent.stat().st_mode))
