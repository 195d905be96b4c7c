# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at each page of the documentation site in a browser, as wide as a phone.

A page may neither be wider than the screen, nor miss anything, nor ask another machine for anything.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from tools.browser import NoBrowserError, browser

PHONE: ViewportSize = {"width": 375, "height": 760}


def complaints(started: Browser, folder: Path) -> list[str]:
    found: list[str] = []
    context = started.new_context(viewport=PHONE)
    page = context.new_page()
    page.on("requestfailed", lambda request: found.append(f"{page.url} misses {request.url}"))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:")) else found.append(f"asks for {request.url}"),
    )
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    for file in sorted(folder.rglob("*.html")):
        page.goto(file.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            found.append(f"{file.relative_to(folder)} is {width} pixels wide")
    context.close()
    return found


def main() -> int:
    folder = Path(sys.argv[1])
    try:
        with browser() as started:
            found = complaints(started, folder)
    except NoBrowserError as reason:
        print(f"the pages were not looked at: {reason}")
        return 0
    print("\n".join(found) or "all pages fit on a phone")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
