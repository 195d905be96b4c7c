# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate of any size at the emulator: domains, certificates in failed review, requests, and trouble with one of
twenty calls."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from ansible_collections.certops.cdn.plugins.module_utils._tencent_cert_resubmit import LOG_ALLOWANCE
from emulator.process import Running
from emulator.record import busiest_second
from emulator.scenario import FOLDER

LABELS = ("even", "odd")
"""The certificates that take turns at being the wanted one."""
WRITES = {"ModifyDomainCertificate": "domainId", "ModifyCertificateResubmit": "CertificateId"}
"""The field of a write's body that names its target; where a request is written to, the path does."""
AFTER_RESUBMIT = 5

Hosts = dict[str, dict[str, list[str]]]
"""The hosts of an inventory, each with a variable that says which targets it stands for, and of which kind."""


def trouble(seconds: float) -> list[dict[str, Any]]:
    """What goes wrong, each as often as the others; ``seconds`` is beyond the time limit of a request."""
    return [
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "timeout", "seconds": seconds},
        {"kind": "timeout", "seconds": seconds, "execute": False},
        {"kind": "status", "status": 429, "retry_after": 1},
        {"kind": "status", "status": 503},
        {"kind": "html", "status": 502, "execute": True},
        {"kind": "truncated"},
        {"kind": "json", "body": "not JSON", "execute": True},
    ]


@dataclass(frozen=True)
class Size:
    """How many targets there are, and how many hosts of the inventory they are dealt to."""

    domains: int
    domain_hosts: int
    certificates: int
    requests: int
    request_hosts: int

    @property
    def targets(self) -> int:
        return self.domains + self.certificates + self.requests


class Estate:
    """The targets at a running emulator: domains d1, d2, ..., certificates c1, c2, ..., requests r1, r2, ..."""

    def __init__(self, running: Running, size: Size, rollouts: dict[str, float]) -> None:
        """
        :param rollouts: domains beside the others, and how many seconds each one's rollout takes
        """
        self._running = running
        self.size = size
        names = ["*.load.example.com"]
        demo = yaml.safe_load((FOLDER / "demo.yml").read_text(encoding="utf-8"))
        domains = [
            {"count": size.domains, **domain_of("d{n}")},
            *({**domain_of(name), "rollout_seconds": seconds} for name, seconds in rollouts.items()),
        ]
        request = {"label": "r{n}", "domains": ["r{n}.load.example.com"], "status": "Active", "expires_days": 90}
        running.reset(
            {
                "settings": {"zenlayer.rollout_seconds": 2},
                "zenlayer": {
                    "access_keys": demo["zenlayer"]["access_keys"],
                    "certificates": [{"label": label, "names": names} for label in LABELS],
                    "domains": domains,
                },
                "tencent": {
                    "secrets": demo["tencent"]["secrets"],
                    "certificates": {"count": size.certificates, "id": "c{n}", "domain": "c{n}.load.example.com"},
                },
                "vdms": {"clients": demo["vdms"]["clients"], "requests": {"count": size.requests, **request}},
            }
        )
        self._certificates = {row["id"]: row["label"] for row in running.state("zenlayer")["certificates"].values()}
        self._requests = {key: row["certificate_label"] for key, row in running.state("vdms")["requests"].items()}

    def hosts(self) -> Hosts:
        """All targets."""
        size = self.size
        return {
            **dealt("domains", [f"d{n}" for n in range(1, size.domains + 1)], size.domain_hosts),
            **dealt("certificates", [f"c{n}" for n in range(1, size.certificates + 1)], 1),
            **dealt("requests", [f"r{n}" for n in range(1, size.requests + 1)], size.request_hosts),
        }

    def fail(self, share: float, seconds: float, seed: int) -> None:
        """From now on, so many of the calls fail, in any of the ways of :func:`trouble`."""
        kinds = trouble(seconds)
        # Each order is asked only where those before it let the call pass.
        each = [share / len(kinds) / (1 - share * n / len(kinds)) for n in range(len(kinds))]
        orders = [
            {**kind, "times": None, "probability": probability, "seed": seed + n}
            for n, (kind, probability) in enumerate(zip(kinds, each, strict=True))
        ]
        self._running.control("POST", "faults", json=orders)

    def spoil(self) -> None:
        """The reviews of all certificates have failed (again), or were cancelled.

        Reviews take their time: a resubmit seconds ago would be taken for one whose answer is lost now.
        """
        time.sleep(2 * LOG_ALLOWANCE)
        for n in range(1, self.size.certificates + 1):
            self._running.control("POST", f"tencent/certificates/c{n}", json={"status": 7 if n % 3 == 0 else 2})

    def is_wanted(self, wanted: str) -> dict[str, bool]:
        """Whether each target is, at the provider, as it shall be."""
        state = self._running.control("GET", "state")
        is_wanted = {}
        for key, row in state["zenlayer"]["domains"].items():
            serves = self._certificates.get(row["served_certificate"])
            is_wanted[key] = row["config_status"] == "DEPLOYED" and serves == wanted
        for key, row in state["tencent"]["certificates"].items():
            is_wanted[key] = row["status"] == AFTER_RESUBMIT
        for row in state["vdms"]["requests"].values():
            is_wanted[row["certificate_label"]] = row["description"] == wanted
        return is_wanted

    def written(self, call: dict[str, Any]) -> str | None:
        """The target that a call writes to."""
        if call["action"] == "UpdateCertificate":
            return self._requests[call["path"].rpartition("/")[2]]
        field = WRITES.get(call["action"])
        return str(call["body"][field]) if field else None


def domain_of(key: str) -> dict[str, str]:
    return {"id": key, "name": f"{key}.load.example.com", "certificate": LABELS[-1]}


def dealt(kind: str, targets: list[str], hosts: int) -> Hosts:
    """The targets, dealt to so many hosts."""
    return {f"{kind}-{n + 1}": {kind: targets[n::hosts]} for n in range(hosts)}


def busiest(calls: Iterable[dict[str, Any]], host_of: dict[str, str]) -> dict[str, int]:
    """Calls in the busiest second of each task that has a cap, as they arrived.

    A call that names no domain belongs to the task whose connection it came by.

    :param host_of: the host of each domain that counts
    """
    calls = [call for call in calls if call["service"] in ("zenlayer", "tencent")]
    owner: dict[int, str | None] = {}
    for call in calls:
        if call["service"] == "tencent":
            owner[call["connection"]] = "certificates-1"
        elif domain := call["body"].get("domainId") or next(iter(call["body"].get("domainIds", [])), None):
            owner[call["connection"]] = host_of.get(domain)
    times = defaultdict(list)
    for call in calls:
        times[owner.get(call["connection"])].append(call["time"])
    return {host: busiest_second(moments) for host, moments in times.items() if host is not None}


def kinds_of(calls: Iterable[dict[str, Any]]) -> Counter[str]:
    """How many calls had each fault."""
    return Counter(call["fault"] for call in calls if call["fault"])
