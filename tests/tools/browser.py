# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A browser to look at pages with: the machine's own Chromium or Chrome, driven by Playwright.

Where there is none, and it may be installed with apt-get, it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")
PATIENCE = 300


class NoBrowserError(Exception):
    """There is none; the message says why."""


def program() -> str:
    """The browser's path.

    :raises NoBrowserError: there is none, and none can be installed
    """
    found = _found()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        _install()
        found = _found()
    if found is None:
        raise NoBrowserError(f"none of {', '.join(NAMES)} is installed, nor could it be with apt-get as root")
    return found


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--quiet", "--quiet", "--yes", "--no-install-recommends", *PACKAGES]
    # A list of packages that is old, or not there at all, is renewed.
    for command in (install, ["apt-get", "update", "--quiet", "--quiet"], install):
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=PATIENCE)
            if command is install and done.returncode == 0:
                return


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """The browser, without a window.

    :raises NoBrowserError: there is none
    """
    path = program()
    # Chromium's sandbox does not work for root, as whom containers run.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield started
        finally:
            started.close()


@contextlib.contextmanager
def page(
    started: Browser, file: Path, width: int, height: int, *, dark: bool = False, script: bool = True
) -> Iterator[Page]:
    """A file as a page, at this size. What the page asks for beside itself, and what its console says, is refused.

    :raises AssertionError: there was anything of that
    """
    wanted = file.resolve().as_uri()
    unwanted: list[str] = []
    context = started.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
    )
    try:
        shown = context.new_page()
        shown.on("console", lambda message: unwanted.append(message.text))
        shown.on("pageerror", lambda error: unwanted.append(str(error)))
        shown.on(
            "request", lambda request: unwanted.append(request.url) if request.url.split("#")[0] != wanted else None
        )
        shown.goto(wanted)
        yield shown
        if unwanted:
            raise AssertionError("; ".join(unwanted))
    finally:
        context.close()
