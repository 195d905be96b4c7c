# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: run playbooks/demo.yml twice against the emulator, show what it changed, and report on what is there.

The first run has to change something at each provider. The second has to change nothing and to send no write.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from emulator.process import EmulatorError, Running, exported, started

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".venv" / "collections"
BIN = Path(sys.executable).parent
REPORTS = ROOT / ".test-results" / "demo"

console = Console() if sys.stdout.isatty() else Console(width=110)


class DemoError(Exception):
    """The demo did not go as it has to."""


def environment(url: str, home: Path) -> dict[str, str]:
    """What a user would export, with the emulator's URLs and the scenario's credentials."""
    ours = ("ANSIBLE_", "ZENLAYER", "TENCENTCLOUD_", "VDMS_", "PYTHONPATH")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        **exported(url),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
        "HOME": str(home),
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
    }


def play(env: dict[str, str], playbook: str, *options: str) -> int:
    """Run a playbook, showing what it says. How many of its tasks changed something."""
    command = ["ansible-playbook", str(ROOT / "playbooks" / playbook), "-i", "localhost,", *options]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(re.sub(r"\x1b\[[\d;]*m", "", line))
    recap = re.search(r"^localhost\s+:.*\bchanged=(\d+)", "".join(lines), re.MULTILINE)
    if process.returncode != 0 or recap is None:
        raise DemoError(f"the playbook ended with exit code {process.returncode}")
    return int(recap.group(1))


def change(env: dict[str, str], results: Path) -> tuple[dict[str, Any], int]:
    """Run the demo's playbook. Its results, and how many tasks changed something."""
    changed = play(env, "demo.yml", "--diff", "-e", f"demo_results={results}")
    return json.loads(results.read_text(encoding="utf-8")), changed


def rows(results: dict[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """Provider, target, outcome, before and after."""
    label = results["zenlayer"]["certificate"]["certificate_label"]
    for row in results["zenlayer"]["domains"]:
        after = f"{row['certificate_id']} ({label})"
        yield "Zenlayer", row["domain_name"], row["outcome"], brief(row["previous_certificate_id"]), after
    for row in results["tencent"]["certificates"]:
        target = f"{row['domain']} ({row['certificate_id']})"
        yield "Tencent Cloud", target, row["outcome"], row["previous_status_name"], row["status_name"]
    vdms = results["vdms"]
    label = vdms["certificate_request"]["certificate_label"]
    diffs = vdms.get("diff", [])
    for diff in diffs if isinstance(diffs, list) else [diffs]:
        for name in (name for name in vdms["changes"] if name in diff["after"]):
            yield "VDMS", f"{label}: {name}", "changed", brief(diff["before"].get(name)), brief(diff["after"][name])
    if not vdms["changes"]:
        yield "VDMS", label, "unchanged", "", ""


def brief(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(brief(item) for item in value)
    if isinstance(value, dict):
        return str(value.get("name", json.dumps(value)))
    return {None: "-", True: "true", False: "false"}.get(value, str(value))


def show(title: str, results: dict[str, Any]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("Provider", "Target", "Outcome", "Before", "After"):
        table.add_column(heading)
    provider = ""
    for row in rows(results):
        if provider not in ("", row[0]):
            table.add_section()
        name, provider = "" if row[0] == provider else row[0], row[0]
        style = "dim" if row[2] == "unchanged" else "green"
        table.add_row(name, row[1], f"[{style}]{row[2]}[/]", *row[3:])
    console.print(table)


def demo() -> None:
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"  # the emulator is on this machine
    with tempfile.TemporaryDirectory(prefix="certops-cdn-") as name, started() as url:
        folder, emulator = Path(name), Running(url)
        env = environment(url, folder / "home")
        console.rule("First run")
        first, changed = change(env, folder / "first.json")
        show("What the first run changed", first)
        unmoved = [provider for provider, result in first.items() if not result["changed"]]
        if unmoved:
            raise DemoError(f"the first run changed nothing at {', '.join(unmoved)}")
        sent = len(emulator.writes())
        console.rule("Second run")
        _second, changed = change(env, folder / "second.json")
        repeated = emulator.writes()[sent:]
        if changed or repeated:
            actions = ", ".join(call["action"] for call in repeated)
            raise DemoError(f"the second run has changed={changed} and wrote: {actions or 'nothing'}")
        console.rule("Report")
        REPORTS.mkdir(parents=True, exist_ok=True)
        play(env, "cert_report.yml", "-e", f"cert_report_directory={REPORTS}")
    console.print(f"[bold green]The first run sent {sent} writes; the second changed nothing and sent none.[/]")
    console.print(
        f"Open {(REPORTS / 'cert_report.html').relative_to(ROOT)} in a browser: it is the report for your team."
    )


def main() -> int:
    try:
        demo()
    except (DemoError, EmulatorError) as error:
        console.print(f"[bold red]The demo failed:[/] {error}", highlight=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
