# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account of any size at the emulator, which is spoken to over TLS as the services are."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import requests

from emulator.certificates import Issuer
from emulator.process import Running, exported, started

TOKEN = "demo-api-token"
DOMAIN = "d{n}.bench.example.com"
REQUEST = 10000  # the id of VDMS request n is this and n


class Emulated(Running):
    """A running emulator, and the file of certificates that it can be trusted by."""

    def __init__(self, url: str, trust: Path):
        super().__init__(url)
        self.trust = trust

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    @property
    def environment(self) -> dict[str, str]:
        """What a user exports: addresses and credentials."""
        return {**exported(self.url), "BENCH_HOST": self.host, "BENCH_TOKEN": TOKEN, "BENCH_TRUST": str(self.trust)}

    def raw_control(self, method: str, path: str, **options: Any) -> requests.Response:
        return super().raw_control(method, path, verify=str(self.trust), **options)

    def account(self, count: int, *, latency: float = 0.0, rollout: float = 0.0) -> None:
        """A fresh account with `count` of everything, none of it in the state that is wanted.

        Zenlayer: domains that serve the certificate "old", and a certificate "new" for them. Tencent: certificates
        whose review was rejected. VDMS: certificate requests that renew themselves.

        :param latency: seconds that the service takes for each call
        :param rollout: seconds that a binding takes
        """
        names = ["*.bench.example.com"]
        key, secret, client = (
            {"id": "demo-access-key-id", "password": "demo-access-key-password"},
            {"id": "demo-secret-id", "key": "demo-secret-key"},
            {"id": "demo-client-id", "secret": "demo-client-secret", "scopes": ["sec.cps.certificates"]},
        )
        self.reset(
            {
                "settings": {"latency_seconds": latency, "zenlayer.rollout_seconds": rollout},
                "zenlayer": {
                    "access_keys": [key],
                    "api_tokens": [{"token": TOKEN}],
                    "certificates": [{"label": "old", "names": names}, {"label": "new", "names": names}],
                    "domains": {"count": count, "name": DOMAIN, "id": "dom-{n}", "certificate": "old"},
                },
                "tencent": {
                    "secrets": [secret],
                    "certificates": {"count": count, "id": "cert-{n}", "domain": DOMAIN, "status": 2},
                },
                "vdms": {
                    "clients": [client],
                    "requests": [{"id": REQUEST + n, "label": f"r{n}", "domains": [DOMAIN.format(n=n)],
                                  "status": "Active", "auto_renew": True} for n in range(1, count + 1)],
                },
            }
        )  # fmt: skip
        self.forget()

    def done(self) -> dict[str, int]:
        """How many of each service's things are in the state that is wanted."""
        state = self.control("GET", "state")
        new = next((key for key, one in state["zenlayer"]["certificates"].items() if one["label"] == "new"), None)
        return {
            "zenlayer": sum(
                one["certificate"] == new and one["config_status"] == "DEPLOYED"
                for one in state["zenlayer"]["domains"].values()
            ),
            "tencent": sum(one["status"] == 5 for one in state["tencent"]["certificates"].values()),
            "vdms": sum(one["auto_renew"] is False for one in state["vdms"]["requests"].values()),
        }


@contextlib.contextmanager
def emulated() -> Iterator[Emulated]:
    """An emulator over TLS; it ends with the block."""
    pair = Issuer().issue(["localhost", "127.0.0.1"], -1, 30)
    with tempfile.TemporaryDirectory() as name:
        chain, key, trust = (Path(name) / file for file in ("chain.pem", "key.pem", "trust.pem"))
        chain.write_text(pair.chain, encoding="utf-8")
        key.write_text(pair.key, encoding="utf-8")
        # Beside all that a machine trusts, which is what it costs to load.
        issuer = pair.chain.partition("-----END CERTIFICATE-----\n")[2]
        trust.write_text(Path(certifi.where()).read_text(encoding="utf-8") + issuer, encoding="utf-8")
        with started("--tls-cert", str(chain), "--tls-key", str(key)) as url:
            yield Emulated(url, trust)
