# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's shell, as the tests of usage have it, and the environment with the oldest libraries."""

import pytest

from tools import bounds
from usage.conftest import emulator, examples, running, shell

__all__ = ["emulator", "examples", "running", "shell"]


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    bounds.make()
