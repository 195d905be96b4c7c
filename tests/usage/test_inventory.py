# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CDN domains as hosts: what ansible-inventory, ansible-doc and playbooks make of the inventory plugin."""

import json
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.certops.cdn.plugins.inventory import cdn_domains
from emulator.process import Running
from reliability.canaries import leaks, text_of
from usage.conftest import Shell

SECRET = "demo-access-key-password"
ALL = {f"{name}.example.com" for name in ("www", "shop", "img", "api", "static", "new")}


def source(shell: Shell, text: str = "", **options: Any) -> str:
    """An inventory file with these options."""
    path = shell.folder / "cdn_domains.yml"
    path.write_text(f"plugin: certops.cdn.cdn_domains\n{yaml.safe_dump(options) if options else ''}{text}")
    return str(path)


def listed(shell: Shell, path: str, *options: str) -> dict[str, Any]:
    done = shell.run("ansible-inventory", "-i", path, "--list", *options)
    assert done.code == 0, done.output
    content: dict[str, Any] = json.loads(done.output)
    return content


def written(shell: Shell) -> str:
    """All that Ansible has written."""
    return text_of(path for path in shell.folder.rglob("*") if path.name not in ("playbook.yml", "privkey.pem"))


def test_examples_run_as_written(shell: Shell, emulator: Running) -> None:
    trees = []
    for text in cdn_domains.EXAMPLES.removeprefix("# fmt: code\n").split("---\n"):
        path = shell.folder / text.partition(":")[0].strip("\n# ")
        path.write_text(text, encoding="utf-8")
        done = shell.run("ansible-inventory", "-i", str(path), "--graph")
        assert done.code == 0, done.output
        assert "WARN" not in done.output
        trees.append({line.strip("| -") for line in done.output.splitlines()})

    first, second, third = trees
    assert first == {"@all:", "@ungrouped:", "@zenlayer:", *ALL}
    assert second == first | {"@certificate_none:", "@expiring:", "@certificate_example_2025:"}
    assert third == {*first, "@tencent:", "@vdms:", "cancelled.example.com", "rejected.example.com"}
    assert emulator.writes() == []


def test_the_cache_saves_the_calls(shell: Shell, emulator: Running) -> None:
    path = source(shell, cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection="kept")

    first = listed(shell, path)
    calls = len(emulator.calls())
    second = listed(shell, path)

    assert calls == 7
    assert len(emulator.calls()) == calls
    assert second == first
    assert first["_meta"]["hostvars"]["www.example.com"]["cdn_certificate"]["certificate_label"] == "example-2025"
    listed(shell, path, "--flush-cache")
    assert len(emulator.calls()) == 2 * calls
    assert leaks([SECRET], written(shell)) == []


def test_secrets_come_from_a_vault_and_are_not_shown(shell: Shell, emulator: Running) -> None:
    (shell.folder / "vault-password").write_text("of-the-vault", encoding="utf-8")
    vault = ("--vault-password-file", "vault-password")
    encrypted = shell.run("ansible-vault", "encrypt_string", *vault, "--name", "access_key_password", SECRET)
    lines = encrypted.output.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("access_key_password: !vault"))
    text = "".join(f"  {line}\n" for line in lines[begin:] if line.startswith((" ", "access_key_password")))
    path = source(shell, f"zenlayer:\n{text}  access_key_id: \"{{{{ lookup('ansible.builtin.env', 'WHO') }}}}\"\n")
    shell.environment["WHO"] = shell.environment.pop("ZENLAYERCLOUD_ACCESS_KEY_ID")
    del shell.environment["ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"]
    shell.environment["ANSIBLE_LOG_PATH"] = str(shell.folder / "log")

    good = listed(shell, path, *vault)
    emulator.fault(kind="json", status=400, body={"body": f"{SECRET} Signature=0123456789abcdef0123"}, times=None)
    bad = shell.run("ansible-inventory", "-i", path, "--list", "-vvvv", *vault)

    assert set(good["_meta"]["hostvars"]) == ALL
    assert "Failed to parse" in bad.output
    assert leaks([SECRET], json.dumps(good) + bad.output) == []
    assert leaks([SECRET], written(shell)) == []


def test_errors_are_those_of_the_module(shell: Shell, emulator: Running) -> None:
    shell.environment["ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"] = "wrong"
    shell.environment["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "true"
    told = shell.ad_hoc("zenlayer_domain_cert_info", "").result()["msg"]

    done = shell.run("ansible-inventory", "-i", source(shell), "--graph")
    typo = shell.run("ansible-inventory", "-i", source(shell, zenlayr={}), "--graph")

    assert done.code != 0
    message = " ".join(done.output.split())
    assert "zenlayer: " + told.partition(" (HTTP")[0] in message
    assert "Traceback" not in done.output
    assert typo.code != 0
    assert "zenlayr is no option of certops.cdn.cdn_domains." in " ".join(typo.output.split())


def test_a_play_takes_domains_one_after_the_other(shell: Shell, emulator: Running) -> None:
    command = ["ansible-playbook", "-i", source(shell), "certops.cdn.zenlayer_rollout", "--limit", "www*,img*"]
    label = ["-e", "zenlayer_rollout_certificate_label=example-2026"]

    first = shell.run(*command, *label, "-e", "zenlayer_rollout_serial=1")
    writes = emulator.writes()
    second = shell.run(*command, *label)

    assert first.code == second.code == 0, first.output + second.output
    assert first.output.count("changed=1 ") == 2
    assert first.output.count("PLAY [") == 2
    assert [call["body"]["domainId"] for call in writes] == ["dom-0001", "dom-0003"]
    assert second.output.count("changed=0 ") == 2
    assert emulator.writes() == writes


def test_hosts_whose_tasks_are_delegated(shell: Shell, emulator: Running) -> None:
    """Where the hosts are to keep a connection of their own."""
    task = {
        "certops.cdn.zenlayer_domain_cert": {
            "domain_ids": "{{ [cdn_domain_id] }}", "certificate_label": "example-2026", "wait": False
        },
        "delegate_to": "localhost",
    }  # fmt: skip
    keywords = {"hosts": "expiring", "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}
    groups = {"expiring": "cdn_certificate is not none and cdn_certificate.days_left < 30"}

    done = shell.play([task], "-i", source(shell, run_locally=False, strict=True, groups=groups), **keywords)

    assert done.code == 0, done.output
    assert done.output.count("changed=1 ") == len(emulator.writes()) == 5


def test_what_a_provider_tells_is_not_evaluated(shell: Shell, emulator: Running) -> None:
    """Neither here nor where the exported inventory is read again, as AWX does."""
    labels = [f"{{{{ lookup('pipe', 'touch {shell.folder}/a') }}}}", f"lookup('pipe', 'touch {shell.folder}/b')"]
    scenario = {
        "zenlayer": {
            "access_keys": [{"id": "demo-access-key-id", "password": SECRET}],
            "certificates": [{"label": label, "names": ["*.example.com"]} for label in labels],
            "domains": [{"name": f"d{n}.example.com", "certificate": label} for n, label in enumerate(labels)],
        }
    }
    emulator.reset(scenario)
    told = "cdn_certificate.certificate_label"
    tasks = [
        {"ansible.builtin.debug": {"msg": f"[{{{{ {told} }}}}]"}},
        {"ansible.builtin.debug": {"var": "ansible_python_interpreter"}, "when": told, "ignore_errors": True},
    ]
    exported = shell.folder / "exported"
    exported.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(listed(shell, source(shell)))}\nEND\n", encoding="utf-8")
    exported.chmod(0o700)

    for inventory in (source(shell), str(exported)):
        done = shell.play(tasks, "-i", inventory, hosts="all")
        assert done.code == 0, done.output
        assert all(json.dumps(f"[{label}]") in done.output for label in labels)
    assert [Path(shell.folder / name).exists() for name in "ab"] == [False, False]


def test_ansible_doc_shows_the_page(shell: Shell) -> None:
    done = shell.run("ansible-doc", "-t", "inventory", "certops.cdn.cdn_domains")

    assert done.code == 0, done.output
    for shown in ("OPTIONS", "NOTES", "EXAMPLES", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", "keyed_groups"):
        assert shown in done.output
