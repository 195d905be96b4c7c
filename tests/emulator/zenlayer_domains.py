# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accelerated domains and their asynchronous rollouts."""

import copy
import time
from dataclasses import dataclass, field
from typing import Any

from .settings import SettingError, Settings, check

DEPLOYED, FAILED = "DEPLOYED", "FAILED"
OVERRIDES = ("rollout_seconds", "rollout_result", "status_lag_seconds", "binding_lag_seconds")


@dataclass
class Rollout:
    """One rollout: what was shown before, what it binds, how it will end. Times are monotonic."""

    started: float
    seconds: float | None
    result: str
    status_lag: float
    binding_lag: float
    old_status: str | None
    old_certificate: str | None
    new_certificate: str | None

    def phase(self, ticks: float) -> str | None:
        """None while it runs, then its result."""
        if self.seconds is None or ticks < self.started + self.seconds:
            return None
        return self.result


@dataclass
class Domain:
    """One accelerated domain. Without a rollout it shows `status` (None = in progress) and `certificate`."""

    id: str
    name: str
    created: float
    resource_group: str
    business_type: str = "Web"
    status: str | None = DEPLOYED
    certificate: str | None = None
    enabled: bool = True
    permitted: bool = True
    rollout: Rollout | None = None
    rollouts: int = 0
    overrides: dict[str, Any] = field(default_factory=dict)

    def override(self, values: dict[str, Any]) -> None:
        """Settings that hold for this domain only."""
        for name, value in values.items():
            if name not in OVERRIDES:
                raise SettingError(f"a domain has no setting {name!r}")
            check(f"zenlayer.{name}", value)
        self.overrides.update(copy.deepcopy(values))

    def true_status(self, ticks: float) -> str | None:
        """DEPLOYED, FAILED, or None while a rollout runs, without any lag."""
        return self.rollout.phase(ticks) if self.rollout else self.status

    def shown_status(self, ticks: float) -> str | None:
        """The same as DescribeDomains shows it."""
        rollout = self.rollout
        if rollout and ticks < rollout.started + rollout.status_lag:
            return rollout.old_status
        return self.true_status(ticks)

    def shown_certificate(self, ticks: float, settings: Settings) -> str | None:
        """The certificate id as DescribeDomainCertificate shows it."""
        rollout = self.rollout
        if not rollout:
            return self.certificate
        phase = rollout.phase(ticks)
        use_old = (
            ticks < rollout.started + rollout.binding_lag
            or (phase is None and settings["zenlayer.binding_during_rollout"] == "old")
            or (phase == FAILED and settings["zenlayer.binding_after_failure"] == "old")
        )
        return rollout.old_certificate if use_old else rollout.new_certificate

    def served_certificate(self, ticks: float) -> str | None:
        """What the edges really serve: the new certificate only after a rollout that succeeded."""
        rollout = self.rollout
        if not rollout:
            return self.certificate
        return rollout.new_certificate if rollout.phase(ticks) == DEPLOYED else rollout.old_certificate

    def roll_out(self, certificate: str | None, settings: Settings, ticks: float, fails: bool) -> None:
        """Start a rollout that binds this certificate."""
        served, shown = self.served_certificate(ticks), self.shown_status(ticks)
        result = self._next_result(settings)
        self.rollout = Rollout(
            started=ticks,
            seconds=self._setting("rollout_seconds", settings),
            result=FAILED if fails else result,
            status_lag=self._setting("status_lag_seconds", settings),
            binding_lag=self._setting("binding_lag_seconds", settings),
            old_status=shown,
            old_certificate=served,
            new_certificate=certificate,
        )
        self.certificate = certificate
        self.rollouts += 1

    def settle(self, status: str | None) -> None:
        """Test hook: this is the state now, nothing is under way (None: in progress for ever)."""
        self.rollout = None
        self.status = status

    def as_dict(self, settings: Settings) -> dict[str, Any]:
        """For GET /_emulator/state."""
        ticks = time.monotonic()
        in_progress = settings["zenlayer.in_progress_word"]
        return {
            "id": self.id,
            "name": self.name,
            "resource_group": self.resource_group,
            "enabled": self.enabled,
            "permitted": self.permitted,
            "certificate": self.certificate,
            "shown_certificate": self.shown_certificate(ticks, settings),
            "served_certificate": self.served_certificate(ticks),
            "config_status": self.true_status(ticks) or in_progress,
            "shown_config_status": self.shown_status(ticks) or in_progress,
            "rollouts": self.rollouts,
            "overrides": self.overrides,
        }

    def _setting(self, name: str, settings: Settings) -> Any:
        return self.overrides[name] if name in self.overrides else settings[f"zenlayer.{name}"]

    def _next_result(self, settings: Settings) -> str:
        result = self._setting("rollout_result", settings)
        if isinstance(result, list):
            return str(result.pop(0)) if result else DEPLOYED
        return str(result)
