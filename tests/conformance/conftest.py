# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all tests; each test finds it in the state of the demo scenario."""

from collections.abc import Iterator

import pytest

from conformance.emulated import Emulated
from emulator.process import started


@pytest.fixture(scope="session")
def running() -> Iterator[Emulated]:
    with started() as url:
        yield Emulated(url)


@pytest.fixture
def emulator(running: Emulated) -> Emulated:
    running.reset()
    return running
