# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tasks show their progress, and how; and that nothing of it reaches their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants, context
from ansible.utils.context_objects import CLIArgs

from ansible_collections.certops.cdn.plugins.module_utils._progress import VARIABLE, Channel, Report
from ansible_collections.certops.cdn.plugins.plugin_utils import _waiting_action
from ansible_collections.certops.cdn.plugins.plugin_utils._progress import Lines, OneLine
from ansible_collections.certops.cdn.plugins.plugin_utils._waiting_action import SETTINGS, WaitingAction

ROOT = Path(__file__).resolve().parents[4]
PLUGINS = ROOT / "plugins"
REPORT = Report("waiting", total=4, done=1, failed=0, seconds=0.0)


class Display:
    def __init__(self) -> None:
        self.shown: list[tuple[str, dict[str, Any]]] = []
        self.warnings: list[str] = []
        self.verbose: list[str] = []

    def display(self, text: str, **options: Any) -> None:
        self.shown.append((text, options))

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def vvv(self, text: str) -> None:
        self.verbose.append(text)


@pytest.fixture(autouse=True)
def display(monkeypatch: pytest.MonkeyPatch) -> Display:
    """Ansible's, as at a terminal of 80 columns whose user has set nothing."""
    fake = Display()
    monkeypatch.setattr(_waiting_action, "display", fake)
    monkeypatch.setattr(_waiting_action, "WIDTH", 80)
    monkeypatch.setattr(context, "CLIARGS", CLIArgs({}))
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", "default")
    for setting in SETTINGS.values():
        monkeypatch.delenv(setting["env"][0]["name"], raising=False)
    return fake


def action(transport: str = "local", **task: Any) -> WaitingAction:
    made: WaitingAction = WaitingAction.__new__(WaitingAction)
    made._task = SimpleNamespace(
        **{
            "action": "certops.cdn.zenlayer_domain_cert",
            "async_val": 0,
            "check_mode": False,
            "environment": {},
            "no_log": False,
            "run_once": False,
            **task,
        }
    )
    made._connection = SimpleNamespace(transport=transport)
    made._templar = SimpleNamespace(template=lambda value: value)
    return made


def variables(*hosts: str, **more: Any) -> dict[str, Any]:
    return {"ansible_play_batch": list(hosts or ("localhost",)), "inventory_hostname": "localhost", **more}


def line(show: Any) -> str:
    text: str = show.text(REPORT, 0, 1000)
    return text


# ---- Whether, and how ----


def test_a_single_host_at_a_terminal_has_one_line() -> None:
    show = action()._show(variables())

    assert isinstance(show, OneLine)
    assert line(show).startswith("\rzenlayer_domain_cert: 1 of 4 done")


def test_without_a_terminal_there_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting_action, "WIDTH", 0)

    show = action()._show(variables())

    assert isinstance(show, Lines)
    assert line(show).startswith("zenlayer_domain_cert: 1 of 4 done")


def test_several_hosts_have_lines_that_name_them() -> None:
    show = action()._show(variables("localhost", "other"))

    assert isinstance(show, Lines)
    assert line(show).startswith("zenlayer_domain_cert [localhost]: 1 of 4 done")


def test_a_task_that_runs_once_is_alone() -> None:
    assert isinstance(action(run_once=True)._show(variables("localhost", "other")), OneLine)


@pytest.mark.parametrize("task", [{"check_mode": True}, {"async_val": 60}, {"no_log": True}, {"transport": "ssh"}])
def test_tasks_that_show_nothing(task: dict[str, Any]) -> None:
    assert action(**task)._show(variables()) is None


@pytest.mark.parametrize("callback", ["json", "ansible.posix.json", "ansible.posix.jsonl", "community.general.null"])
def test_nothing_is_shown_beside_output_for_programs(callback: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", callback)
    assert action()._show(variables()) is None


def test_nothing_is_shown_beside_one_line_for_each_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", CLIArgs({"one_line": True}))
    assert action()._show(variables()) is None


def test_nothing_is_shown_where_hosts_that_are_ok_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = {"display_ok_hosts": {"type": "bool", "default": True, "env": [{"name": "ANSIBLE_DISPLAY_OK_HOSTS"}]}}
    before = constants.config.get_plugin_options("callback", "default")
    constants.config.initialize_plugin_configuration_definitions("callback", "default", definition)
    try:
        assert action()._show(variables()) is not None
        monkeypatch.setenv("ANSIBLE_DISPLAY_OK_HOSTS", "no")
        assert action()._show(variables()) is None
    finally:
        constants.config.initialize_plugin_configuration_definitions("callback", "default", before)


# ---- The user's settings ----


@pytest.mark.parametrize("value", ["off", "no", "False", False, "none"])
def test_it_can_be_switched_off(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert action()._show(variables(certops_cdn_progress=value)) is None
    monkeypatch.setenv("CERTOPS_CDN_PROGRESS", str(value))
    assert action()._show(variables()) is None


@pytest.mark.parametrize("value", ["auto", "on", "true", True])
def test_it_can_be_switched_on_again(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTOPS_CDN_PROGRESS", "off")
    assert isinstance(action()._show(variables(certops_cdn_progress=value)), OneLine)


def test_lines_on_a_terminal_for_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTOPS_CDN_PROGRESS", "lines")
    assert isinstance(action()._show(variables()), Lines)


def test_a_setting_that_cannot_be_used_is_told_and_does_no_harm(display: Display) -> None:
    assert isinstance(action()._show(variables(certops_cdn_progress="sometimes")), OneLine)
    assert display.warnings == ["certops_cdn_progress cannot be used, so 'auto' is: sometimes"]


@pytest.mark.parametrize("value", ["often", "0", 0, -1, "nan", 10**7])
def test_an_interval_that_cannot_be_used(value: object, display: Display) -> None:
    assert action()._interval(variables(certops_cdn_progress_interval=value)) == 15
    (warning,) = display.warnings
    assert warning.startswith("certops_cdn_progress_interval cannot be used, so '15' is: ")


@pytest.mark.parametrize("value", ["2.5", 2.5])
def test_an_interval(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert action()._interval(variables(certops_cdn_progress_interval=value)) == 2.5
    monkeypatch.setenv("CERTOPS_CDN_PROGRESS_INTERVAL", str(value))
    assert action()._interval(variables()) == 2.5


def test_settings_can_be_templates() -> None:
    waiting = action()
    waiting._templar = SimpleNamespace(template={"{{ quiet }}": False}.get)
    assert waiting._show(variables(certops_cdn_progress="{{ quiet }}")) is None


def test_settings_are_documented() -> None:
    page = (ROOT / "docs" / "progress.md").read_text(encoding="utf-8")
    for setting in SETTINGS.values():
        names = [setting["vars"][0]["name"], setting["env"][0]["name"], setting["ini"][0]["key"]]
        row = next(text for text in page.splitlines() if text.startswith(f"| `{names[0]}`"))
        assert all(f"`{name}`" in row for name in names)
        assert f"`{setting['default']}`" in row


# ---- The terminal ----


@pytest.mark.parametrize(
    ("environment", "isatty", "columns", "expected"),
    [
        ({}, True, 120, 120),
        ({}, True, 0, 80),
        ({}, False, 120, 0),
        ({"TERM": "dumb"}, True, 120, 0),
        ({"CI": "true"}, True, 120, 0),
        ({"AWX_ISOLATED_DATA_DIR": "/runner"}, True, 120, 0),
    ],
)
def test_width_of_the_terminal(
    environment: Mapping[str, str], isatty: bool, columns: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "CI", "AWX_ISOLATED_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.isatty", lambda _number: isatty)
    monkeypatch.setattr("os.get_terminal_size", lambda _number: SimpleNamespace(columns=columns))

    assert _waiting_action.terminal_width() == expected


def test_a_closed_standard_error_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_number: int) -> bool:
        raise OSError("closed")

    monkeypatch.setattr("os.isatty", closed)
    assert _waiting_action.terminal_width() == 0


# ---- Around the module ----


def run(waiting: WaitingAction, monkeypatch: pytest.MonkeyPatch, module: Callable[[WaitingAction], Any]) -> Any:
    monkeypatch.setattr(_waiting_action.NormalAction, "run", lambda self, _tmp, _task_vars: module(self))
    return waiting.run(task_vars=variables())


@pytest.mark.parametrize(
    ("given", "kept"),
    [({}, [{}]), ({"A": "b"}, [{"A": "b"}]), ([{"A": "b"}, None], [{"A": "b"}, None]), (None, [None])],
)
def test_the_module_is_told_the_channel_while_it_runs(given: Any, kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    waiting = action(environment=given)

    def module(self: WaitingAction) -> dict[str, Any]:
        seen.extend(self._task.environment)
        return {"changed": True}

    assert run(waiting, monkeypatch, module) == {"changed": True}
    assert seen[:-1] == kept
    (name,) = seen[-1]
    assert name == VARIABLE
    assert Channel.named(seen[-1][name])
    assert waiting._task.environment is given


def test_the_environment_is_restored_when_the_module_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = action()
    given = waiting._task.environment

    def module(self: WaitingAction) -> Any:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        run(waiting, monkeypatch, module)
    assert waiting._task.environment is given


def test_without_progress_the_module_runs_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = action(check_mode=True)
    given = waiting._task.environment

    assert run(waiting, monkeypatch, lambda self: self._task.environment) is given


def test_a_defect_of_the_progress_does_not_fail_the_task(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_listener(*_args: object) -> None:
        raise PermissionError("no sockets here")

    monkeypatch.setattr(_waiting_action, "Listener", no_listener)

    assert run(action(), monkeypatch, lambda _self: "result") == "result"
    assert display.verbose == ["certops.cdn: no progress will be shown: no sockets here"]


def test_lines_reach_the_log_and_what_is_written_over_does_not(display: Display) -> None:
    _waiting_action.put("a line\n")
    _waiting_action.put("\rover and over")

    assert display.shown == [
        ("a line", {"stderr": True}),
        ("\rover and over", {"stderr": True, "newline": False, "screen_only": True}),
    ]


def test_every_module_that_waits_has_the_plugin() -> None:
    waiting = {path.stem for path in (PLUGINS / "modules").glob("*.py") if "wait_options(" in path.read_text("utf-8")}
    plugins = {path.stem for path in (PLUGINS / "action").glob("*.py") if "(WaitingAction)" in path.read_text("utf-8")}

    assert waiting == plugins
    assert "zenlayer_domain_cert" in waiting
