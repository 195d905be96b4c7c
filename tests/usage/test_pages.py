# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' pages keep their word: examples run as written, results have the keys that are described, no others.

They also say which options must be given, and which other pages to read."""

import importlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from emulator.process import Running
from usage.conftest import Shell
from usage.modules import MODULES, NAMES, described, page, seen, undocumented

# What ansible-core adds to every result.
CORES_OWN = {"changed", "failed", "msg", "diff", "invocation", "warnings", "deprecations", "exception"}


def collected(shell: Shell, name: str, tasks: list[dict[str, Any]], *options: str) -> list[dict[str, Any]]:
    """Run tasks as they are, and hand back the results of those that use the module."""
    results = []
    for number, task in enumerate(tasks):
        if f"certops.cdn.{name}" in task:
            results.append(task.setdefault("register", f"result_{number}"))
    kept = shell.folder / "results.json"
    content = "{{ [" + ", ".join(results) + "] | to_json }}"
    keep = {"ansible.builtin.copy": {"content": content, "dest": str(kept)}, "check_mode": False}
    done = shell.play([*tasks, keep], *options)
    assert done.code == 0, done.output
    loaded: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return loaded


def test_examples_predict_in_check_mode_and_write_nothing(shell: Shell, emulator: Running) -> None:
    # in an order in which none changes what another is about to find
    firsts = {name: next(t for t in page(name, "EXAMPLES") if f"certops.cdn.{name}" in t) for name in reversed(NAMES)}

    predicted = shell.play_each(firsts, "--check").results
    assert emulator.writes() == []

    results = shell.play_each(firsts).results
    assert [name for name in NAMES if predicted[name]["failed"] or results[name]["failed"]] == []
    assert {name: one["changed"] for name, one in predicted.items()} == {
        n: one["changed"] for n, one in results.items()
    }


STRANGER = {"access_key_id": "demo-access-key-id", "access_key_password": "wrong"}

FAILURES = {
    "zenlayer_domain_cert": {"certificate_label": "other-2026", "domain_names": ["www.example.com"]},
    "zenlayer_certificate": {"state": "absent", "label": "nothing", **STRANGER},
    "zenlayer_certificate_info": STRANGER,
    "zenlayer_domain_cert_info": STRANGER,
    "tencent_cert_resubmit": {"certificate_ids": ["nobody00"]},
    "tencent_cert_info": {"secret_key": "wrong"},
    "vdms_cert_request": {"certificate_id": 1, "description": "nobody"},
    "vdms_cert_request_action": {"certificate_id": 1, "action": "renew"},
    "vdms_cert_request_info": {"client_secret": "wrong"},
    "edge_cert_verify": {"host": "old.example.com"},
}


@pytest.mark.parametrize("name", NAMES)
def test_examples_run_as_written_and_return_what_is_described(name: str, shell: Shell) -> None:
    """One play with all examples and, at its end, a failure: starting Ansible is what takes the time."""
    examples = [dict(task) for task in page(name, "EXAMPLES")]
    failing = {f"certops.cdn.{name}": FAILURES[name], "register": "failure", "ignore_errors": True}

    *results, failure = collected(shell, name, [*examples, failing])

    assert results, "no example uses the module"
    for result in [*results, failure]:
        found = {key: value for key, value in result.items() if key not in CORES_OWN}
        assert undocumented(found, page(name, "RETURN")) == []
    found_anywhere = {path for result in [*results, failure] for path in seen(result)}
    assert sorted(described(page(name, "RETURN")) - found_anywhere) == []
    assert failure["failed"]
    assert not failure["changed"]
    assert failure["error"]["provider"]
    assert set(failure["error"]) == set(page(name, "RETURN")["error"]["contains"])


def test_ansible_doc_shows_the_pages(shell: Shell) -> None:
    done = shell.run("ansible-doc", *(f"certops.cdn.{name}" for name in NAMES))

    assert done.code == 0
    pages = done.output.split("> MODULE ")[1:]
    assert [shown.split()[0] for shown in pages] == [f"certops.cdn.{name}" for name in NAMES]
    for shown in pages:
        for heading in ("OPTIONS", "ATTRIBUTES", "EXAMPLES", "RETURN VALUES", "NOTES"):
            assert heading in shown
        assert "check_mode" in shown


def test_every_module_is_in_its_group_and_in_all() -> None:
    import yaml

    runtime = yaml.safe_load((Path(__file__).resolve().parents[2] / "meta" / "runtime.yml").read_text())
    groups = runtime["action_groups"]

    for name in NAMES:
        documented = page(name, "DOCUMENTATION")["extends_documentation_fragment"]
        provider = name.split("_", maxsplit=1)[0]
        assert name in groups[provider]
        assert f"certops.cdn.attributes.action_group_{provider}" in documented
    assert {f"certops.cdn.{group}" for group in groups if group != "all"} == set(
        groups["all"][0]["metadata"]["extend_group"]
    )


def constraints(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a module demands of its options together, such as ``required_one_of``."""
    module = importlib.import_module(f"{MODULES}.{name}")
    demanded: dict[str, Any] = {}
    for runner in ("run_module", "run_query"):
        monkeypatch.setattr(module, runner, lambda *_arguments, **named: demanded.update(named), raising=False)
    module.main()
    return demanded


def option_texts(name: str) -> dict[str, str]:
    """What a module's page says of each option of its own."""
    return {
        option: str(entry["description"]) for option, entry in page(name, "DOCUMENTATION").get("options", {}).items()
    }


def names_all(text: str, options: Iterable[str]) -> bool:
    return all(re.search(rf"O\({option}[)=]", text) for option in options)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_which_options_must_be_given_and_which_exclude_each_other(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = option_texts(name)
    demanded = constraints(name, monkeypatch)

    for group in demanded.get("required_one_of", ()):
        assert [one for one in group if not (names_all(texts[one], group) and "required" in texts[one])] == []
    for group in demanded.get("mutually_exclusive", ()):
        if group[0] in texts:  # the others are in fragments
            assert any(names_all(text, set(group) - {one}) for one, text in texts.items()), group
    for option, value, needed, *_any in demanded.get("required_if", ()):
        condition = f"O({option}={value})"
        told = all(condition in texts[one] and "Required" in texts[one] for one in needed)
        assert told or names_all(texts[option], needed), needed


@pytest.mark.parametrize("name", NAMES)
def test_a_page_leads_to_the_other_modules_of_its_provider(name: str) -> None:
    provider = name.partition("_")[0]
    siblings = {f"certops.cdn.{other}" for other in NAMES if other.partition("_")[0] == provider and other != name}

    linked = {entry.get("module") for entry in page(name, "DOCUMENTATION")["seealso"]}

    assert sorted(siblings - linked) == []
