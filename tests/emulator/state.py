# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three services of one scenario."""

from collections.abc import Mapping
from typing import Any

from . import scenario
from .certificates import Issuer
from .exchange import Service
from .settings import Settings
from .tencent import Tencent
from .vdms import TOKEN_PATH, Vdms
from .zenlayer import Zenlayer


class State:
    """Everything that a reset makes anew, but the faults and the record."""

    def __init__(self, loaded: Mapping[str, Any]):
        self.settings = Settings()
        self.settings.update(loaded.get("settings") or {})
        self.issuer = Issuer()
        self.zenlayer = Zenlayer(loaded.get("zenlayer") or {}, self.settings, self.issuer)
        self.tencent = Tencent(loaded.get("tencent") or {}, self.settings)
        self.vdms = Vdms(loaded.get("vdms") or {}, self.settings)

    def service(self, raw_path: str) -> Service | None:
        """One port for all: the path tells them apart."""
        if raw_path.startswith("/api/v2/"):
            return self.zenlayer
        if raw_path == "/":
            return self.tencent
        if raw_path == TOKEN_PATH or raw_path.startswith("/sec/cps/"):
            return self.vdms
        return None

    def as_dict(self) -> dict[str, Any]:
        """For GET /_emulator/state."""
        return {one.name: one.state() for one in (self.zenlayer, self.tencent, self.vdms)}


def load(scenario_value: Any) -> State:
    """A state from a scenario mapping; raises ScenarioError or SettingError."""
    return State(scenario.checked(scenario_value))
