# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs share: how much of them to run, the seed of what is random, and an emulator."""

from __future__ import annotations

import random

import pytest

from emulator.process import Running
from usage import conftest as usage
from usage.conftest import BIN

# fixtures
running = usage.running


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("reliability")
    group.addoption("--full", action="store_true", help="all of it, with the figures written into docs/reliability.md")
    group.addoption("--ansible", default=str(BIN), help="the folder of the Ansible to test secrets with")
    group.addoption("--seed", type=int, default=None, help="seed of what is random; a new one for each run by default")


def pytest_report_header(config: pytest.Config) -> str:
    return f"reliability: {'all of it' if config.getoption('--full') else 'a sample'}, --seed {seed_of(config)}"


def seed_of(config: pytest.Config) -> int:
    if config.getoption("--seed") is None:
        config.option.seed = random.SystemRandom().randrange(2**32)
    return int(config.getoption("--seed"))


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether to run all of it, and not a sample."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The seed of what is random; the head of the report tells it, and --seed repeats it."""
    return seed_of(pytestconfig)


@pytest.fixture
def emulator(running: Running) -> Running:
    """The emulator, in the state of the demo scenario, without faults and with an empty record."""
    running.reset()
    running.control("DELETE", "faults")
    running.forget()
    return running
