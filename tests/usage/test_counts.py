# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs, in counts: calls, connections, files that Ansible ships, modules that Python imports.

Times are for `make bench`; these bounds are generous, and what passes them is worse in kind: a call or a connection for
each domain more than there has to be, a provider's files with another's module, a large library for nothing.
"""

import importlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _hostnames, _zenlayer_lists
from ansible_collections.certops.cdn.tests.unit import conftest as unit
from bench.payload import Payload, imported
from emulator.process import Running
from usage.conftest import ROOT, Shell
from usage.test_ways_of_use import GROUPS

# fixtures
play = unit.play
silent_environment = unit.silent_environment

DOMAINS = 120
PAGES = 2
CONCURRENCY = 10
LOOKS = 30

# The files of module_utils that belong to one provider, by its word in their names.
PROVIDERS = ("zenlayer", "tencent", "vdms", "edge")
MODULES = ("zenlayer_domain_cert", "tencent_cert_resubmit", "vdms_cert_request", "edge_cert_verify")
# What somebody may import without noticing what it costs.
LARGE = {"asyncio", "cryptography", "jinja2", "multiprocessing", "unittest", "xml", "yaml"}


def run(play: Callable[..., dict[str, Any]], module: str, url: str, **options: Any) -> dict[str, Any]:
    main = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{module}").main
    shared = {"api_url": url, "concurrency": CONCURRENCY, "rate_limit": 10000}
    return play(main, {**GROUPS[module.partition("_")[0]], **shared, **options})


def test_calls_and_connections_for_many_domains(
    play: Callable[..., dict[str, Any]], emulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = mock.Mock(wraps=_hostnames.normalise)
    for module in (_hostnames, _zenlayer_lists):
        monkeypatch.setattr(module, "normalise", compared)
    key = GROUPS["zenlayer"]
    emulator.reset(
        {
            "settings": {"latency_seconds": 0.01, "zenlayer": {"rollout_seconds": 2}},
            "zenlayer": {
                "access_keys": [{"id": key["access_key_id"], "password": key["access_key_password"]}],
                "certificates": [{"label": label, "names": ["*.example.com"]} for label in ("old", "new")],
                "domains": {"count": DOMAINS, "name": "d{n}.example.com", "certificate": "old"},
            },
        }
    )
    emulator.forget()

    names = [f"d{n}.example.com" for n in range(1, DOMAINS + 1)]
    wanted = {"domain_names": names, "certificate_label": "new"}
    result = run(play, "zenlayer_domain_cert", emulator.url, **wanted)

    calls, stats = emulator.calls(), emulator.control("GET", "stats")
    for_one = Counter(call["body"]["domainId"] for call in calls if "domainId" in call["body"])
    polls = [call for call in calls if "domainIds" in call["body"]]
    assert result["summary"]["changed"] == len(for_one) == stats["writes"] == DOMAINS
    assert max(for_one.values()) <= 3
    assert sum(for_one.values()) <= 2.5 * DOMAINS  # two, but for rollouts that a slow machine has not seen begin
    assert len(polls) <= PAGES * LOOKS
    assert len(calls) - len(polls) - sum(for_one.values()) == 1 + PAGES
    assert stats["service_connections"] <= CONCURRENCY + 1
    assert stats["max_in_flight"] <= CONCURRENCY
    assert compared.call_count <= 20 * DOMAINS  # and not each name with each domain

    emulator.forget()
    assert not run(play, "zenlayer_domain_cert", emulator.url, **wanted)["changed"]
    assert len(emulator.calls()) == DOMAINS + 1 + PAGES


def test_calls_and_connections_for_many_certificates(play: Callable[..., dict[str, Any]], emulator: Running) -> None:
    secret = GROUPS["tencent"]
    emulator.reset(
        {
            "tencent": {
                "secrets": [{"id": secret["secret_id"], "key": secret["secret_key"]}],
                "certificates": {"count": DOMAINS, "id": "cert-{n}", "domain": "d{n}.example.com", "status": 2},
            }
        }
    )
    emulator.forget()
    wanted = {"certificate_ids": [f"cert-{n}" for n in range(1, DOMAINS + 1)]}

    result = run(play, "tencent_cert_resubmit", emulator.url, **wanted)

    calls = emulator.calls()
    reads = [call for call in calls if not call["write"]]
    assert result["summary"]["changed"] == len(calls) - len(reads) == DOMAINS
    assert len(reads) <= PAGES * LOOKS
    # What must not happen twice has a connection of its own; everything else shares some.
    assert len({call["connection"] for call in reads}) <= CONCURRENCY + 1


@pytest.mark.parametrize("module", MODULES)
def test_what_is_shipped_and_imported(module: str, shell: Shell) -> None:
    shipped = Payload.of(f"certops.cdn.{module}", shell.environment)
    foreign = re.compile("|".join(f"_{other}" for other in PROVIDERS if other != module.partition("_")[0]))
    assert f"modules/{module}.py" in shipped.ours
    assert [name for name in shipped.ours if foreign.search(name)] == []
    assert len(shipped.ours) <= 28
    assert sum(shipped.ours.values()) <= 280_000
    assert len(shipped.files) <= 100

    name = f"ansible_collections.certops.cdn.plugins.modules.{module}"
    command = [sys.executable, "-X", "importtime", "-c", f"import {name}"]
    environment = {**shell.environment, "PYTHONPATH": str(ROOT / ".venv" / "collections")}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    modules = imported(done.stderr)
    assert name in modules
    assert {one.partition(".")[0] for one in modules} & LARGE == set()
    assert len(modules) <= 450
