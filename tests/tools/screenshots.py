# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make screenshots`: the documentation's pictures of the report, taken of the emulator's scenario `report`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from emulator.process import Running, started
from tools.browser import NoBrowserError, browser, page
from tools.demo import ROOT, environment

IMAGES = ROOT / "docs" / "images"
# width, height, dark
PICTURES = {"cert_report": (1280, 1010, False), "cert_report_phone": (390, 844, True)}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="certops-cdn-") as name, started() as url:
        folder = Path(name)
        Running(url).reset("report")
        command = ["ansible-playbook", str(ROOT / "playbooks" / "cert_report.yml"), "-i", "localhost,"]
        command += ["-e", f"cert_report_directory={folder}"]
        subprocess.run(command, env=environment(url, folder / "home"), check=True, stdout=subprocess.DEVNULL)
        try:
            with browser() as started_browser:
                for picture, (width, height, dark) in PICTURES.items():
                    with page(started_browser, folder / "cert_report.html", width, height, dark=dark) as shown:
                        shown.screenshot(path=IMAGES / f"{picture}.png")
                    print(f"docs/images/{picture}.png")
        except NoBrowserError as reason:
            print(reason, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
