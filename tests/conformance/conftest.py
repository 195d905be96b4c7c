# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all tests; each test finds it in the state of the demo scenario."""

from collections.abc import Iterator

import pytest
from conformance.emulated import Emulated, running


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with running(tmp_path_factory.mktemp("emulator")) as emulated:
        yield emulated


@pytest.fixture
def emulator(started: Emulated) -> Emulated:
    started.control("POST", "reset")
    return started
