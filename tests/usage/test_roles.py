# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' defaults, argument specs, pages and playbooks tell the same. (test_documents.py runs what pages show.)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.process import Running
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


# ---- Variables that are mistyped ----

# What a run needs, so that it would do something.
NEEDED = {
    "cert_report": {},
    "tencent_resubmit": {"tencent_resubmit_certificate_ids": "rejected"},
    "vdms_issue": {
        "vdms_issue_certificate_label": "img-prod",
        "vdms_issue_domains": "img.example.org",
        "vdms_issue_dns_tasks": "publish.yml",
    },
    "zenlayer_rotate": {
        "zenlayer_rotate_certificate_file": "fullchain.pem",
        "zenlayer_rotate_private_key_file": "privkey.pem",
    },
}

# Numbers that their type alone does not exclude.
OUT_OF_RANGE = {
    "tencent_resubmit_wait_interval": ["0"],
    "vdms_issue_wait_timeout": ["nan"],
    "zenlayer_rotate_edge_port": ["0", 65536],
    "zenlayer_rotate_verify_timeout": [0],
    "zenlayer_rotate_wait_timeout": ["inf"],
}


def mistyped(role: str) -> Iterator[dict[str, Any]]:
    """Variables with wrong values: first one of every kind together, then each that is out of range."""
    described = options(role)
    yield {name: wrong for name, option in described.items() if (wrong := wrong_value(option)) is not None}
    for name, option in described.items():
        if option["type"] in ("int", "float"):
            yield from ({name: value} for value in ("-1", *OUT_OF_RANGE.get(name, [])))


def wrong_value(option: dict[str, Any]) -> Any:
    """A value that is not of the option's type; None where any text is."""
    kind = option["type"]
    if "choices" in option:
        return f"{option['choices'][0]}, wrong" if kind == "list" else "wrong"
    return ["wrong"] if option.get("elements") == "dict" else "5m" if kind in ("int", "float", "bool", "dict") else None


@pytest.mark.parametrize("role", ROLES)
def test_what_is_mistyped_is_refused_before_anything_is_asked(role: str, shell: Shell, emulator: Running) -> None:
    """As the playbooks run the roles: without the check of Ansible's own, which knows no empty answers of surveys."""
    (shell.folder / "publish.yml").write_text("[]\n", encoding="utf-8")
    cases = list(mistyped(role))
    blocks = [
        {
            "block": [
                {
                    "ansible.builtin.include_role": {"name": f"certops.cdn.{role}", "rolespec_validate": False},
                    "vars": {**NEEDED[role], **variables},
                }
            ],
            "rescue": [{"ansible.builtin.set_fact": {f"told_{number}": "{{ ansible_failed_result.msg }}"}}],
        }
        for number, variables in enumerate(cases)
    ]
    told = {f"{number}": f"{{{{ told_{number} | default('') }}}}" for number in range(len(cases))}

    done = shell.play([*blocks, {"name": "Told", "ansible.builtin.debug": {"msg": told}}])

    assert done.code == 0, done.output
    for number, message in done.told("Told").items():
        assert [name for name in cases[int(number)] if not re.search(rf"\b{name}\b", message)] == [], message
        assert message.endswith(".")
    assert emulator.calls() == []


def test_a_playbook_says_of_every_typo_what_it_is(shell: Shell, emulator: Running) -> None:
    files = {name: str(shell.folder / file) for name, file in NEEDED["zenlayer_rotate"].items()}
    typed = {**files, "zenlayer_rotate_verify": "ture", "zenlayer_rotate_rollback": "ture"}
    more = [word for name, value in typed.items() for word in ("-e", f"{name}={value}")]

    done = shell.run("ansible-playbook", "certops.cdn.zenlayer_rotate", *more)

    assert done.code != 0
    assert "zenlayer_rotate_verify" in done.output.partition("fatal:")[2]
    assert "zenlayer_rotate_rollback" in done.output.partition("fatal:")[2]
    assert emulator.calls() == []
