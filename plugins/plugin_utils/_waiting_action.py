# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""The action plugin of the modules that wait: it runs the module as any other, and shows how far it is.

What it shows goes to the standard error, so that whatever reads the standard output reads the same as without it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.certops.cdn.plugins.module_utils._progress import VARIABLE
from ansible_collections.certops.cdn.plugins.plugin_utils._progress import Lines, Listener, OneLine, Show

PLUGIN = "certops.cdn.progress"

SETTINGS: dict[str, Any] = {
    "progress": {
        "type": "str",
        "default": "auto",
        "env": [{"name": "CERTOPS_CDN_PROGRESS"}],
        "ini": [{"section": "certops_cdn", "key": "progress"}],
        "vars": [{"name": "certops_cdn_progress"}],
    },
    "interval": {
        "type": "float",
        "default": 15,
        "env": [{"name": "CERTOPS_CDN_PROGRESS_INTERVAL"}],
        "ini": [{"section": "certops_cdn", "key": "progress_interval"}],
        "vars": [{"name": "certops_cdn_progress_interval"}],
    },
}
"""How users switch it (docs/progress.md), as plugins tell their options; those of action plugins are not read."""

MODES = {"auto": "auto", "true": "auto", "yes": "auto", "on": "auto", "lines": "lines"}
MODES.update(dict.fromkeys(("off", "false", "no", "none"), "off"))

QUIET_CALLBACKS = {"json", "jsonl", "null", "oneline"}
"""Standard output for programs, or for people who have asked for little."""

UNATTENDED = ("CI", "AWX_ISOLATED_DATA_DIR")
"""Variables of programs that give Ansible a terminal, and put what it writes in a log: CI systems, ansible-runner."""


def terminal_width() -> int:
    """The columns of the terminal that the standard error is; 0 where it is none, or nobody looks at it."""
    try:
        if not os.isatty(2) or os.environ.get("TERM") == "dumb" or any(map(os.environ.get, UNATTENDED)):
            return 0
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 0


# Tasks run in processes of their own, which from ansible-core 2.19 on have no terminal. This file is first loaded
# before they are made.
WIDTH = terminal_width()

display = Display()


class WaitingAction(NormalAction):  # type: ignore[misc]
    """Runs the module that has the action plugin's name."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> Any:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self._shown(task_vars or {}))
            except Exception as exc:  # noqa: BLE001 - a task never fails because its progress cannot be shown
                display.vvv(f"certops.cdn: no progress will be shown: {exc}")
            return super().run(tmp, task_vars)

    @contextlib.contextmanager
    def _shown(self, task_vars: Mapping[str, Any]) -> Iterator[None]:
        """Show the reports of the module that runs meanwhile."""
        show = self._show(task_vars)
        if show is None:
            yield
            return
        listener = Listener(show, put)
        given = self._task.environment
        self._task.environment = [*(given if isinstance(given, list) else [given]), {VARIABLE: str(listener.channel)}]
        try:
            yield
        finally:
            self._task.environment = given
            listener.close()

    def _show(self, task_vars: Mapping[str, Any]) -> Show | None:
        """What shows the reports; None where nothing is to be shown, or where there will be none."""
        if self._task.check_mode or self._task.async_val or self._task.no_log or is_quiet():
            return None
        if self._connection.transport != "local":
            return None
        mode = self._setting("progress", task_vars)
        mode = MODES.get(str(mode).lower()) or self._refused("progress", mode)
        if mode == "off":
            return None
        hosts = task_vars.get("ansible_play_batch") or ()
        alone = len(hosts) < 2 or self._task.run_once
        title = str(self._task.action).rpartition(".")[2]
        if mode == "auto" and WIDTH and alone:
            return OneLine(title, WIDTH)
        if not alone:
            title += f" [{task_vars.get('inventory_hostname')}]"
        return Lines(title, self._interval(task_vars))

    def _interval(self, task_vars: Mapping[str, Any]) -> float:
        value = self._setting("interval", task_vars)
        return float(value if 1 <= value < 10**6 else self._refused("interval", value))

    def _setting(self, name: str, task_vars: Mapping[str, Any]) -> Any:
        """A setting from variables, environment or ansible.cfg; the first of these wins, as for plugins' options."""
        config = constants.config
        config.initialize_plugin_configuration_definitions("action", PLUGIN, SETTINGS)
        names = [entry["name"] for entry in SETTINGS[name]["vars"] if entry["name"] in task_vars]
        variables = {entry: self._templar.template(task_vars[entry]) for entry in names}
        try:
            return config.get_config_value(name, plugin_type="action", plugin_name=PLUGIN, variables=variables)
        except (AnsibleError, ValueError) as exc:
            return self._refused(name, exc)

    def _refused(self, name: str, value: Any) -> Any:
        """The default, and a warning: nothing fails for the sake of progress."""
        default = SETTINGS[name]["default"]
        variable = SETTINGS[name]["vars"][0]["name"]
        display.warning(f"{variable} cannot be used, so '{default}' is: {value}")
        return default


def is_quiet() -> bool:
    """Whether the user, or the program that reads, has asked for less than all that there is to say."""
    callback = str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2]
    return callback in QUIET_CALLBACKS or bool(context.CLIARGS.get("one_line")) or not shows_ok_hosts()


def shows_ok_hosts() -> bool:
    try:
        wanted = constants.config.get_config_value("display_ok_hosts", plugin_type="callback", plugin_name="default")
    except AnsibleError:  # not the callback in use
        return True
    return bool(wanted)


def put(text: str) -> None:
    """Write to the standard error, and complete lines to Ansible's log as well."""
    if text.endswith("\n"):
        display.display(text[:-1], stderr=True)
    else:
        display.display(text, stderr=True, newline=False, screen_only=True)
