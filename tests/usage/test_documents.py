# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation keeps its word: its commands, playbooks and tasks run as written, and print what it says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.process import Running
from usage.conftest import Shell
from usage.documents import COMMANDS, ROOT, SHOWN, Block, blocks, same

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "TESTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.rst")),
    *sorted((ROOT / "roles").glob("*/README.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_blocks_run_as_written(page: Path, shell: Shell, emulator: Running) -> None:
    plays: list[dict[str, Any]] = []
    for block in blocks(page):
        if block.remarked("not run"):
            continue
        orders = [order.split(maxsplit=2) for order in block.remarked("emulator")]
        if block.file:
            file = shell.folder / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
            used = any(block.file in other.text for other in blocks(page) if other != block)
            assert used, f"{block}: nothing uses {block.file}"
        elif block.plays:
            plays += [*([prepared(emulator, orders)] if orders else []), *block.plays]
        else:
            assert block.language in (*COMMANDS, *SHOWN), f"{block}: nobody can run this {block.language}"
            for method, path, body in orders:
                emulator.control(method, path, json=json.loads(body))
            run_commands(block, shell)
    if plays:
        # one run for all: starting Ansible is what takes the time
        playbook = shell.folder / "page.yml"
        playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
        done = shell.run("ansible-playbook", str(playbook))
        assert done.code == 0, f"what {page.name} shows:\n{done.output}"


def prepared(emulator: Running, orders: list[list[str]]) -> dict[str, Any]:
    """A play that has the emulator do something before the next one."""
    calls = [
        {"url": f"{emulator.url}/_emulator/{path}", "method": method, "body": json.loads(body), "body_format": "json"}
        for method, path, body in orders
    ]
    return {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.uri": call} for call in calls]}


PLACES = re.compile(r"`((?:changelogs|docs|extensions|meta|playbooks|plugins|roles|tests)/[\w./*-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_spoken_of_exist(page: Path) -> None:
    told = PLACES.findall(page.read_text(encoding="utf-8"))
    # NAME and THING stand for the reader's own; a fragment is there only until the next release.
    real = [place for place in told if not re.search(r"NAME|WHAT|THING", place)]

    assert [place for place in real if not any(ROOT.glob(place.rstrip("/")))] == []


def run_commands(block: Block, shell: Shell) -> None:
    place, environment = "", {}
    if block.remarked("in a clone"):
        subprocess.run(["git", "clone", "--quiet", ROOT, shell.folder / "clone"], check=True)
        # nothing is installed where the repository itself is the collection
        place, environment = "cd clone\n", {"ANSIBLE_COLLECTIONS_PATH": str(shell.folder / "collections")}
    for command, said in block.commands:
        done = shell.run("bash", "-ec", place + command, **environment)
        assert (done.code != 0) is bool(block.remarked("fails")), f"{block}: {command}\n{done.output}"
        assert same(said, done.output), f"{block} says otherwise than\n$ {command}\n{done.output}"
