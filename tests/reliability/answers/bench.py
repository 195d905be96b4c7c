# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module on the bench: its answers are recorded at the emulator, then it has to do with what is made of them."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._redaction import SHORT
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from emulator.process import Running

from .judgement import complaints
from .recorded import Exchange, Player, Recorder, placed, writes
from .scenarios import SETTINGS, Scenario

LONGEST = 1800.0
"""Seconds of the test's clock that a run takes at most: its wait, and the longest Retry-After of a few calls."""


class Bench:
    """Runs one scenario after the other, in this process."""

    def __init__(
        self,
        play: Callable[..., dict[str, Any]],
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
        emulator: Running,
    ) -> None:
        """
        :param play: runs a module's ``main()``
        """
        self._play = play
        self._clock = clock
        self._monkeypatch = monkeypatch
        self._emulator = emulator
        self.options: dict[str, Any] = {}

    def record(self, scenario: Scenario) -> tuple[Exchange, ...]:
        """The answers of the emulator. Later runs have the same options."""
        self._emulator.reset(scenario.state or "demo")
        self._emulator.settings(**SETTINGS)
        self._emulator.settings(**scenario.settings)
        for fault in scenario.faults:
            self._emulator.fault(**fault)
        self.options = scenario.parameters(self._emulator.url)
        if scenario.material:
            wanted = {"names": ["*.example.com", "example.com"], "not_after_days": 398}
            pair = self._emulator.control("POST", "certificates", json=wanted)
            self.options.update(certificate=pair["certificate"], private_key=pair["key"])
        recorder = Recorder()
        sleep = self._clock.sleep

        def sleep_a_little(seconds: float) -> None:
            time.sleep(min(seconds, 0.02))  # the emulator's time does not stand still
            sleep(seconds)

        with self._monkeypatch.context() as patch:
            patch.setattr(self._clock, "sleep", sleep_a_little)
            placed(recorder, patch)
            self.run(scenario)
        return tuple(recorder.exchanges)

    def run(self, scenario: Scenario) -> dict[str, Any]:
        """The result of the module."""
        module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{scenario.module}")
        return self._play(module.main, self.options, check_mode=scenario.check_mode)

    def judged(self, scenario: Scenario, player: Player) -> tuple[dict[str, Any], list[str]]:
        """The result with these answers, and what is wrong with it."""
        placed(player, self._monkeypatch)
        began = self._clock.now()
        self._clock.sleeps.clear()
        result = self.run(scenario)
        found = complaints(scenario.module, result, self._secrets(player))
        changing = [call for call in player.calls if writes(call)]
        if scenario.check_mode and changing:
            found.append(f"writes in check mode: {changing}")
        if result.get("changed") and not changing and not scenario.check_mode:
            found.append("changed without a write")
        if self._clock.now() - began > LONGEST:
            found.append(f"it took {self._clock.now() - began:.0f} s")
        return result, found

    def _secrets(self, player: Player) -> list[str]:
        """The credential that is a secret, the key, and the tokens and signatures that were sent, no short ones."""
        sent = [re.split("Bearer |Signature=", header, maxsplit=1)[-1] for header in player.authorizations]
        key = self.options.get("private_key", "").splitlines()[1:2]
        return [secret for secret in (list(self.options.values())[1], *key, *sent) if len(secret) >= SHORT]
