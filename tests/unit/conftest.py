# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every unit test stands on: a clock that nobody waits for, an environment that says nothing, and a way to run
a module's ``main()``."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import hypothesis
import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.certops.cdn.plugins.module_utils import _wait
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock, LocalServer

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core up to 2.18

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()):
            yield


# A busy machine is slow, and that is no failure.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=SLOW)
hypothesis.settings.load_profile("any machine")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Certificates and keys are made anew for each run, so they are no part of a test's name."""
    return "PEM" if isinstance(val, str) and "-----BEGIN " in val else None


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The time of the test. Every clock of the collection shows it, so no unit test sleeps."""
    fake = FakeClock()
    monkeypatch.setattr(_wait.Clock, "now", lambda self: fake.now())
    monkeypatch.setattr(_wait.Clock, "sleep", lambda self, seconds: fake.sleep(seconds))
    return fake


@pytest.fixture(autouse=True)
def silent_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, proxies or certificates from outside."""
    for name in os.environ:
        if name.upper().startswith(("ZENLAYER", "TENCENTCLOUD_", "VDMS_")) or name.upper().endswith(
            ("_PROXY", "_CA_BUNDLE", "NETRC")
        ):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def signals_are_heard() -> Iterator[None]:
    """A job in the background ignores SIGINT, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def serve() -> Iterator[Callable[..., LocalServer]]:
    """Start HTTP servers on loopback; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *answers, **options: stack.enter_context(LocalServer(*answers, **options))


@pytest.fixture
def play(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a module as Ansible does, and return its result."""
    with contextlib.suppress(ImportError):  # ansible-core up to 2.17; 2.18 does not look at it yet
        # The tests of plugins have made it believe that everything runs on the controller's side.
        monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)

    def run(main: Callable[[], None], params: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        warnings._global_warnings.clear()
        capsys.readouterr()
        internal = {"_ansible_check_mode": check_mode, "_ansible_version": "2.16.0"}
        with patch_module_args({**params, **internal}), pytest.raises(SystemExit) as ended:
            main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert bool(result.get("failed")) == bool(ended.value.code)
        # From ansible-core 2.22 on, a module tells the controller what to mask, which keeps that for itself.
        result.pop("_ansible_new_secrets", None)
        # From ansible-core 2.19 on, a warning is more than its text.
        told = [text if isinstance(text, str) else text["event"]["msg"] for text in result.get("warnings", [])]
        result["warnings"] = told
        return result

    return run
