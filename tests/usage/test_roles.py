# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' defaults, argument specs, pages and playbooks tell the same. (test_documents.py runs what pages show.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from usage.conftest import ROOT, Shell

ROLES = sorted(path.parents[1].name for path in (ROOT / "roles").glob("*/tasks/main.yml"))


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def options(role: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")
    return found["argument_specs"]["main"]["options"]


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_is_described_everywhere(role: str) -> None:
    defaults = load(ROOT / "roles" / role / "defaults" / "main.yml")
    described = options(role)
    page = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")

    assert [name for name in {*defaults, *described} if not name.startswith(f"{role}_")] == []
    assert sorted(set(defaults) - set(described)) == []
    assert sorted(name for name in described if f"`{name}`" not in page) == []


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_that_are_described(role: str) -> None:
    defaults = load(ROOT / "roles" / role / "defaults" / "main.yml")
    told = {name: option.get("default") for name, option in options(role).items()}

    assert {name: what_is_set(value) for name, value in told.items() if name in defaults} == {
        name: what_is_set(value) for name, value in defaults.items()
    }
    assert [name for name, value in told.items() if what_is_set(value) is not None and name not in defaults] == []


def what_is_set(value: Any) -> Any:
    """A default; None for all that means "not set"."""
    return None if value in ("", [], {}) else value


@pytest.mark.parametrize("role", ROLES)
def test_there_is_a_playbook(role: str) -> None:
    assert f"certops.cdn.{role}\n" in (ROOT / "playbooks" / f"{role}.yml").read_text(encoding="utf-8")


def test_ansible_doc_and_the_list_of_roles_know_them_all(shell: Shell) -> None:
    done = shell.run("ansible-doc", "-t", "role", *(f"certops.cdn.{role}" for role in ROLES))
    page = (ROOT / "roles" / "README.md").read_text(encoding="utf-8")

    assert done.code == 0, done.output
    for role in ROLES:
        assert re.search(rf"certops\.cdn\.{role}\b", done.output, re.IGNORECASE)
        assert f"[`{role}`]({role}/README.md)" in page
