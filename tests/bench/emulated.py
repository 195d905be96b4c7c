# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account of any size at the emulator, for measurements."""

from __future__ import annotations

from typing import Any

from emulator.process import Running


class Emulated(Running):
    """A running emulator with an account of any size."""

    zenlayer_token = "bench-api-token"

    @property
    def zenlayer(self) -> dict[str, Any]:
        """Options that lead a Zenlayer module here."""
        return {"api_url": self.url, "access_key_id": "bench-key-id", "access_key_password": "bench-key-password"}

    def account(self, domains: int, latency: float, rollout: float) -> None:
        """A fresh account: `domains` domains that serve the certificate "old", and a certificate "new" for them."""
        names = ["*.bench.example.com"]
        scenario = {
            "settings": {"latency_seconds": latency, "zenlayer.rollout_seconds": rollout},
            "zenlayer": {
                "access_keys": [{"id": "bench-key-id", "password": "bench-key-password"}],
                "api_tokens": [{"token": self.zenlayer_token}],
                "certificates": [{"label": "old", "names": names}, {"label": "new", "names": names}],
                "domains": {"count": domains, "name": "d{n}.bench.example.com", "certificate": "old"},
            },
        }
        self.reset(scenario)
        self.forget()
