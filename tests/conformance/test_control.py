# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: record, statistics, settings, reset; and how the emulator starts and ends."""

import concurrent.futures
import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.emulated import Emulated
from emulator import faults, settings, vdms
from emulator.process import TESTS, started

README = (TESTS / "emulator" / "README.md").read_text(encoding="utf-8")


def test_reset_takes_settings_and_the_record_is_handed_over(emulator: Emulated) -> None:
    emulator.zenlayer("DescribeDomains")

    assert [call["action"] for call in emulator.control("DELETE", "calls")] == ["DescribeDomains"]
    assert emulator.calls() == []

    emulator.control("POST", "reset", json={"settings": {"zenlayer.rollout_seconds": 7}})
    assert emulator.control("GET", "settings")["zenlayer"]["rollout_seconds"] == 7
    refused = emulator.raw_control("POST", "reset", json={"settings": {"zenlayer.rollout": 7}})
    assert refused.status_code == 400


def test_record(emulator: Emulated) -> None:
    emulator.zenlayer("DescribeDomains", {"domainName": "www"}, headers={"User-Agent": "me/1"})
    emulator.vdms("PATCH", "/certificates/40021?x=y", json={"description": "d"})
    read, write = emulator.calls()
    assert read["n"] == 1
    assert (read["service"], read["action"], read["write"]) == ("zenlayer", "DescribeDomains", False)
    assert (read["method"], read["path"], read["query"]) == ("POST", "/api/v2/cdn", {})
    assert (read["body"], read["status"], read["executed"]) == ({"domainName": "www"}, 200, True)
    assert (read["user_agent"], read["fault"], read["auth"]) == ("me/1", None, "Bearer")
    assert (write["action"], write["write"], write["query"]) == ("UpdateCertificate", True, {"x": "y"})
    assert read["connection"] == write["connection"], "the session kept its connection"
    assert 0 < read["time"] < write["time"]


def test_record_filters(emulator: Emulated) -> None:
    emulator.zenlayer("DescribeDomains")
    emulator.zenlayer("StopDomain", {"domainId": "nope"})
    emulator.vdms("GET", "/certificates")
    assert [call["action"] for call in emulator.calls(service="zenlayer")] == ["DescribeDomains", "StopDomain"]
    assert [call["action"] for call in emulator.calls(writes="true")] == ["StopDomain"]
    assert [call["action"] for call in emulator.calls(action="ListCertificates")] == ["ListCertificates"]
    assert emulator.calls(writes="true")[0]["code"] == "INVALID_DOMAIN_NOT_FOUND"
    assert emulator.calls(writes="true")[0]["executed"] is False
    assert emulator.raw_control("GET", "calls?write=true").status_code == 400
    emulator.control("DELETE", "calls")
    assert emulator.calls() == []


def test_private_keys_stay_out_of_the_record(emulator: Emulated) -> None:
    made = emulator.control("POST", "certificates", json={"names": ["a.example.com"]})
    body = {"certificateContent": made["certificate"], "certificateKey": made["key"], "note": made["key"]}
    assert emulator.zenlayer("CreateCertificate", body).status_code == 200
    assert "PRIVATE KEY" not in emulator.raw_control("GET", "calls").text
    assert emulator.calls()[0]["body"]["certificateKey"] == "<secret>"


def test_stats(emulator: Emulated) -> None:
    for _turn in range(3):
        emulator.zenlayer("DescribeDomains")
    emulator.vdms("GET", "/certificates")
    stats = emulator.control("GET", "stats")
    assert (stats["calls"], stats["writes"], stats["max_in_flight"], stats["in_flight"]) == (4, 0, 1, 0)
    assert stats["calls_by_action"] == {"DescribeDomains": 3, "ListCertificates": 1}
    assert stats["max_calls_per_second_by_service"] == {"vdms": 1, "zenlayer": 3}
    assert stats["service_connections"] == 1
    assert 0 < stats["cpu_seconds"] < 3600
    assert stats["peak_memory"] > 10_000


def test_two_hundred_connections_at_once(emulator: Emulated) -> None:
    headers = {"Authorization": "Bearer demo-api-token", "x-zc-action": "DescribeDomains"}
    all_connected = threading.Barrier(200)

    def call_twice(number: int) -> list[int]:
        with requests.Session() as session:
            first = session.post(f"{emulator.url}/api/v2/cdn", json={}, headers=headers, timeout=20)
            all_connected.wait(20)
            second = session.post(f"{emulator.url}/api/v2/cdn", json={}, headers=headers, timeout=20)
        return [first.status_code, second.status_code]

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        assert list(pool.map(call_twice, range(200))) == [[200, 200]] * 200
    stats = emulator.control("GET", "stats")
    assert (stats["calls"], stats["service_connections"]) == (400, 200)
    assert stats["max_open_connections"] >= 200


def test_latency(emulator: Emulated) -> None:
    emulator.settings(latency_seconds=0.2)
    started = time.monotonic()
    emulator.zenlayer("DescribeDomains")
    assert time.monotonic() - started >= 0.2


def test_settings(emulator: Emulated) -> None:
    changes: dict[str, Any] = {"zenlayer.rollout_seconds": None, "tencent": {"rate_limit": 3}}
    shown = emulator.control("PATCH", "settings", json=changes)
    assert (shown["zenlayer"]["rollout_seconds"], shown["tencent"]["rate_limit"]) == (None, 3)
    assert emulator.control("GET", "settings") == shown


@pytest.mark.parametrize(
    "changes",
    [
        {"rollout_seconds": 1},
        {"zenlayer": {"rolout_seconds": 1}},
        {"zenlayer": {"rollout_seconds": "1"}},
        {"zenlayer": {"rollout_seconds": -1}},
        {"zenlayer": {"status_case": "lower"}},
        {"vdms": {"deleted_get": 500}},
        {"vdms": {"list_deleted": 1}},
        {"latency_seconds": 1, "nope": 2},
        [],
    ],
)
def test_wrong_settings_change_nothing(emulator: Emulated, changes: Any) -> None:
    before = emulator.control("GET", "settings")
    assert emulator.raw_control("PATCH", "settings", json=changes).status_code == 400
    assert emulator.control("GET", "settings") == before


def test_reset(emulator: Emulated) -> None:
    emulator.zenlayer("ModifyDomainCertificate", {"domainId": "dom-0001", "certificateId": "cert-0002"})
    emulator.settings(latency_seconds=0.1)
    emulator.fault("blocked")
    emulator.control("POST", "reset")
    assert emulator.state("zenlayer")["domains"]["dom-0001"]["certificate"] == "cert-0001"
    assert emulator.control("GET", "settings")["latency_seconds"] == 0
    assert emulator.control("GET", "faults") == emulator.calls() == []


def test_scenario_given_with_the_reset(emulator: Emulated) -> None:
    scenario = {
        "settings": {"zenlayer": {"rollout_seconds": 0}},
        "zenlayer": {
            "api_tokens": [{"token": "t"}],
            "certificates": {"label": "old", "names": ["*.example.com"]},
            "domains": {"count": 1000, "name": "d{n}.example.com", "certificate": "old"},
        },
    }
    emulator.control("POST", "reset", json={"scenario": scenario})
    answer = emulator.zenlayer("DescribeDomains", {"pageSize": 1000}, headers={"Authorization": "Bearer t"}).json()
    assert answer["response"]["totalCount"] == len(answer["response"]["dataSet"]) == 1000
    assert answer["response"]["dataSet"][999]["domainName"] == "d1000.example.com"
    emulator.control("POST", "reset", json={"scenario": "demo"})
    assert len(emulator.state("zenlayer")["domains"]) == 6


@pytest.mark.parametrize(
    "scenario",
    [
        "nope",
        "../demo",
        {"zenlayr": {}},
        {"zenlayer": {"domains": [{"nam": "x"}]}},
        {"zenlayer": {"domains": [{"name": "x.example.com", "certificate": "nope"}]}},
        {"tencent": {"certificates": [{"domain": "x.example.com", "status": 16}]}},
        {"vdms": {"requests": [{"label": "x", "domains": ["x.example.com"], "status": "Nope"}]}},
        {"settings": {"nope": 1}},
    ],
)
def test_wrong_scenarios_change_nothing(emulator: Emulated, scenario: Any) -> None:
    answer = emulator.raw_control("POST", "reset", json={"scenario": scenario})
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert len(emulator.state("zenlayer")["domains"]) == 6


def test_control_typos_are_refused(emulator: Emulated) -> None:
    assert emulator.raw_control("GET", "call").status_code == 400
    assert emulator.raw_control("POST", "calls").status_code == 400
    assert emulator.raw_control("POST", "reset", data="{").status_code == 400
    assert emulator.raw_control("POST", "vdms/requests/40021", json={"state": "Active"}).status_code == 400
    assert emulator.raw_control("POST", "zenlayer/domains/nope", json={}).status_code == 400
    assert emulator.raw_control("POST", "tencent/certificates/rejected", json={"status": "2"}).status_code == 400


def test_https(emulator: Emulated, tmp_path: Path) -> None:
    made = emulator.control("POST", "certificates", json={"names": ["127.0.0.1", "localhost"], "key_type": "rsa"})
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_text(made["certificate"], encoding="utf-8")
    key.write_text(made["key"], encoding="utf-8")
    authority = tmp_path / "ca.pem"
    authority.write_text(made["certificate"].split("-----END CERTIFICATE-----\n", 1)[1], encoding="utf-8")
    with started("--tls-cert", str(chain), "--tls-key", str(key)) as other:
        headers = {"Authorization": "Bearer demo-access-token"}
        url = f"{other}/sec/cps/v2.0/certificates"
        assert requests.get(url, headers=headers, verify=str(authority), timeout=10).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, headers=headers, timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_port_file_and_signals(tmp_path: Path, number: signal.Signals) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "emulator", "--port", "0", "--port-file", str(port_file)]
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"emulator ready on http://127.0.0.1:{int(port_file.read_text())}\n"
        process.send_signal(number)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0


def test_scenario_file_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yml"
    path.write_text("zenlayer: {domain: []}\n", encoding="utf-8")
    command = [sys.executable, "-m", "emulator", "--port", "0", "--scenario", str(path)]
    ended = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert "unknown domain" in ended.stderr


@pytest.mark.parametrize("name", [setting.name for setting in settings.ALL])
def test_readme_has_every_setting_with_its_default(name: str) -> None:
    default = settings.BY_NAME[name].default
    shown = default if isinstance(default, str) else json.dumps(default)
    assert re.search(rf"^\| `{re.escape(name)}` \| `{re.escape(shown)}` \|", README, re.MULTILINE), (name, shown)


def test_readme_has_every_fault_and_action() -> None:
    for kind, parameters in faults.KINDS.items():
        row = re.search(rf"^\| `{kind}` \|.*$", README, re.MULTILINE)
        assert row, kind
        assert not [name for name in parameters if f"`{name}`" not in row[0]]
    for action, method, path in vdms.ROUTES:
        assert f"| `{action}` | `{method} {path}` |" in README


def test_readme_has_every_route(emulator: Emulated) -> None:
    for route in requests.get(f"{emulator.url}/_emulator", timeout=10).json()["routes"]:
        assert f"`{route}`" in README
