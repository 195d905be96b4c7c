# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the emulator's control API, whose calls its README lists.

An action plugin answers in Ansible's own process, where a module such as ansible.builtin.uri would take ten times
longer to start than to ask. Options: `call`, such as `POST faults`, and `body`. The answer is `json` in the result,
as that module has it.
"""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

TIMEOUT = 60


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        spec = {"call": {"type": "str", "required": True}, "body": {"type": "raw"}}
        options = self.validate_argument_spec(spec)[1]
        method, path = options["call"].split()
        control = urlsplit(self._templar.template(task_vars["emulator_control"]))
        # no proxy: it is on this machine
        connection = HTTPConnection(control.netloc, timeout=TIMEOUT)
        try:
            connection.request(method, f"{control.path}/{quote(path)}", json.dumps(options["body"]).encode())
            response = connection.getresponse()
            answer = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise AnsibleActionFail(f"the emulator refused {options['call']}: {answer}")
        result.update(changed=False, json=json.loads(answer))
        return result
