# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks with module_defaults, ad-hoc commands with credentials from the environment, the demo's playbook."""

import json
import re
from typing import Any

import pytest

from emulator.process import Running
from usage.conftest import ROOT, Shell

CERTIFICATE = "{{ lookup('ansible.builtin.file', 'fullchain.pem') }}"
PRIVATE_KEY = "{{ lookup('ansible.builtin.file', 'privkey.pem') }}"

# One task of each module that changes something: the options of an ad-hoc command, and the same for a playbook.
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "zenlayer_domain_cert": (
        "certificate_label=example-2026 domain_names=www.example.com,img.example.com",
        {"certificate_label": "example-2026", "domain_names": ["www.example.com", "img.example.com"]},
    ),
    "zenlayer_certificate": (
        f"""certificate="{CERTIFICATE}" private_key="{PRIVATE_KEY}" label=example-2027""",
        {"certificate": CERTIFICATE, "private_key": PRIVATE_KEY, "label": "example-2027"},
    ),
    "tencent_cert_resubmit": ("certificate_id=rejected", {"certificate_ids": ["rejected"]}),
    "vdms_cert_request": (
        "certificate_label=shop-prod description=new",
        {"certificate_label": "shop-prod", "description": "new"},
    ),
    "vdms_cert_request_action": (
        "certificate_label=shop-prod action=renew expires_within=150",
        {"certificate_label": "shop-prod", "action": "renew", "expires_within": 150},
    ),
}

# The modules that list what there is; without options, all of it.
QUERIES = ["zenlayer_certificate_info", "zenlayer_domain_cert_info", "tencent_cert_info", "vdms_cert_request_info"]

# The group's options, for those who do not want them in the environment.
GROUPS: dict[str, dict[str, str]] = {
    "zenlayer": {"access_key_id": "demo-access-key-id", "access_key_password": "demo-access-key-password"},
    "tencent": {"secret_id": "demo-secret-id", "secret_key": "demo-secret-key"},
    "vdms": {"client_id": "demo-client-id", "client_secret": "demo-client-secret"},
}


@pytest.mark.parametrize("name", TASKS)
def test_ad_hoc_with_credentials_from_the_environment(name: str, shell: Shell, emulator: Running) -> None:
    arguments = TASKS[name][0]

    check = shell.ad_hoc(name, arguments, "--check")
    assert check.code == 0, check.output
    assert check.result()["changed"]
    assert emulator.writes() == []

    first = shell.ad_hoc(name, arguments)
    assert first.result()["changed"], first.output
    writes = len(emulator.writes())
    assert writes > 0

    second = shell.ad_hoc(name, arguments)
    assert not second.result()["changed"], second.output
    assert len(emulator.writes()) == writes


@pytest.mark.parametrize("name", QUERIES)
def test_ad_hoc_lists_all_there_is(name: str, shell: Shell, emulator: Running) -> None:
    results = [shell.ad_hoc(name, "", *options).result() for options in (["--check"], [])]

    for result in results:
        assert not result["changed"]
        assert any(isinstance(value, list) and len(value) > 1 for value in result.values())
    assert emulator.writes() == []


def test_a_playbook_with_defaults_for_the_groups(shell: Shell, emulator: Running) -> None:
    defaults = {f"group/certops.cdn.{group}": {**own, "api_url": emulator.url} for group, own in GROUPS.items()}
    defaults["group/certops.cdn.vdms"]["token_url"] = f"{emulator.url}/connect/token"
    for variable in list(shell.environment):
        if variable.startswith(("ZENLAYER", "TENCENTCLOUD_", "VDMS_")):
            del shell.environment[variable]
    tasks = {name: {f"certops.cdn.{name}": options, "diff": True} for name, (_text, options) in TASKS.items()}

    first = shell.play_each(tasks, module_defaults=defaults)
    second = shell.play_each(tasks, module_defaults=defaults)

    assert [name for name, result in first.results.items() if not result["changed"] or result["failed"]] == []
    assert [name for name, result in second.results.items() if result["changed"] or result["failed"]] == []
    changes = re.split(r"^TASK ", first.output, flags=re.M)[1 : 1 + len(tasks)]
    assert [name for name, text in zip(tasks, changes, strict=True) if "+++ after" not in text] == []


# A task of each module that asks a provider.
EACH = {name: {f"certops.cdn.{name}": TASKS[name][1] if name in TASKS else {}} for name in [*TASKS, *QUERIES]}


def test_defaults_for_all_modules(shell: Shell) -> None:
    done = shell.play_each(EACH, module_defaults={"group/certops.cdn.all": {"timeout": -1}})

    for result in done.results.values():
        assert "timeout: -1.0 was given, but it must be greater than 0" in result["msg"]


def test_a_rescue_block_can_tell_errors_apart(shell: Shell) -> None:
    block = {
        "block": [{"certops.cdn.zenlayer_domain_cert": {"certificate_label": "nothing", "all_covered": True}}],
        "rescue": [
            {"ansible.builtin.debug": {"msg": "code {{ ansible_failed_result.error.code }}"}},
        ],
    }

    done = shell.play([block])

    assert done.code == 0, done.output
    assert '"msg": "code NotFound"' in done.output


def test_without_requests_the_message_says_so(shell: Shell) -> None:
    hidden = shell.folder / "hidden"
    hidden.mkdir()
    (hidden / "requests.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    shell.environment["PYTHONPATH"] = str(hidden)

    done = shell.play_each(EACH)

    for result in done.results.values():
        assert result["failed"]
        assert "Failed to import the required Python library (requests)" in result["msg"]


def test_without_credentials_the_message_names_options_and_variables(shell: Shell) -> None:
    variables = [variable for variable in shell.environment if variable.endswith(("_ID", "PASSWORD", "KEY", "SECRET"))]
    for variable in variables:
        del shell.environment[variable]

    done = shell.play_each(EACH)

    for name, result in done.results.items():
        assert result["failed"]
        assert result["msg"].startswith("No credentials: ")
        for option in GROUPS[name.split("_", maxsplit=1)[0]]:
            assert option in result["msg"]
        assert any(variable in result["msg"] for variable in variables)


def test_the_demos_playbook_changes_something_once(shell: Shell, emulator: Running) -> None:
    results = shell.folder / "results.json"
    command = ["ansible-playbook", str(ROOT / "playbooks" / "demo.yml")]

    first = shell.run(*command, "-e", f"demo_results={results}")
    assert first.code == 0, first.output
    assert all(result["changed"] for result in json.loads(results.read_text(encoding="utf-8")).values())
    writes = len(emulator.writes())

    second = shell.run(*command)
    assert "changed=0 " in second.output, second.output
    assert len(emulator.writes()) == writes
