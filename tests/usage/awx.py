# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX does with the files of extensions/awx, as far as its documentation and source tell (release 24.6).

It refuses credential types and surveys that break its rules, renders the injectors of credentials, checks the answers
to surveys, and gives each job a part of the inventory's hosts.
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "extensions" / "awx"

NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
FIELD = {
    "id": str, "label": str, "type": str, "help_text": str, "multiline": bool, "secret": bool, "choices": list
}  # fmt: skip
# Variables that AWX keeps for itself.
BLOCKED = """
    VIRTUAL_ENV PATH PYTHONPATH JOB_ID INVENTORY_ID INVENTORY_SOURCE_ID INVENTORY_UPDATE_ID AD_HOC_COMMAND_ID
    REST_API_URL REST_API_TOKEN MAX_EVENT_RES CALLBACK_QUEUE CALLBACK_CONNECTION CACHE JOB_CALLBACK_DEBUG
    INVENTORY_HOSTVARS AWX_HOST PROJECT_REVISION SUPERVISOR_CONFIG_PATH
""".split()  # noqa: SIM905 - nineteen lines otherwise
ANSWERS = {
    "text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": (str, list),
    "integer": int, "float": (int, float),
}  # fmt: skip


def definition(kind: str, name: str) -> dict[str, Any]:
    """A file of credential_types or job_templates."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / kind / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def names(kind: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / kind).glob("*.yml"))


# ---- What AWX refuses ------------------------------------------------------------------------------------------------


def check_credential_type(inputs: dict[str, Any], injectors: dict[str, Any]) -> None:
    """Fail on inputs and injectors that AWX would not accept."""
    assert set(inputs) <= {"fields", "required"}
    ids = [field["id"] for field in inputs["fields"]]
    assert len(set(ids)) == len(ids)
    assert set(inputs.get("required", [])) <= set(ids)
    for field in inputs["fields"]:
        assert set(field) <= set(FIELD), field
        assert {"id", "label"} <= set(field)
        assert all(isinstance(value, FIELD[key]) for key, value in field.items())
        assert NAME.fullmatch(field["id"])
        assert field["id"] != "tower"
        assert field.get("type", "string") in ("string", "boolean")
    assert set(injectors) <= {"file", "env", "extra_vars"}
    for variable, template in injectors.get("env", {}).items():
        assert NAME.fullmatch(variable)
        assert not variable.startswith("ANSIBLE_")
        assert variable not in BLOCKED
        assert template.isascii()
    assert all(re.fullmatch(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?", name) for name in injectors.get("file", {}))
    files = {name.partition(".")[2]: "FILE" for name in injectors.get("file", {})}
    known = {**dict.fromkeys(ids, "EXAMPLE"), "tower": {"filename": files}}
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for templates in injectors.values():
        for template in templates.values():
            strict.from_string(template).render(known)


def check_survey(spec: dict[str, Any]) -> None:
    """Fail on a survey that AWX would not accept."""
    assert isinstance(spec["name"], str)
    assert isinstance(spec["description"], str)
    assert spec["spec"]
    variables = [question["variable"] for question in spec["spec"]]
    assert len(set(variables)) == len(variables)
    for question in spec["spec"]:
        assert all(isinstance(question[key], str) for key in ("type", "question_name", "variable"))
        assert isinstance(question["required"], bool)
        if "default" in question:
            assert isinstance(question["default"], ANSWERS[question["type"]])
        assert all(isinstance(question.get(key, 0), int) for key in ("min", "max"))
        if question["type"].startswith("multi"):
            assert set(str(question.get("default", question["choices"][0])).splitlines()) <= set(question["choices"])
        else:
            assert "choices" not in question


# ---- What AWX does ---------------------------------------------------------------------------------------------------


def injected(name: str, values: dict[str, str], folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The environment and the extra variables that a credential becomes; its files are written to the folder.

    Empty fields are undefined in the templates, and what is undefined is rendered as nothing.
    """
    credential_type = definition("credential_types", name)
    assert set(values) <= {field["id"] for field in credential_type["inputs"]["fields"]}
    sandbox = ImmutableSandboxedEnvironment()
    namespace: dict[str, Any] = {key: value for key, value in values.items() if value}
    injectors = credential_type["injectors"]
    filenames = {}
    for label, template in injectors.get("file", {}).items():
        path = folder / label
        path.write_text(sandbox.from_string(template).render(namespace), encoding="utf-8")
        path.chmod(0o600)
        filenames[label.partition(".")[2]] = str(path)
    namespace["tower"] = {"filename": filenames}
    environment, extra_vars = (
        {key: sandbox.from_string(text).render(namespace) for key, text in injectors.get(kind, {}).items()}
        for kind in ("env", "extra_vars")
    )
    return environment, extra_vars


def answered(spec: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The extra variables of a survey: answers, else defaults, else what the form sends for an empty field."""
    answers: dict[str, Any] = {}
    for question in spec["spec"]:
        variable, kind = question["variable"], question["type"]
        assert variable in given or not question["required"], f"{variable} has to be answered"
        default = question.get("default", "")
        answers[variable] = given.pop(variable, default.splitlines() if kind == "multiselect" else default)
        if kind == "multiselect":
            assert set(answers[variable]) <= set(question["choices"])
        elif answers[variable] != "":
            assert isinstance(answers[variable], ANSWERS[kind])
    assert not given, f"the survey does not ask for {', '.join(given)}"
    return answers


def hosts_of_slice(listed: dict[str, Any], number: int, count: int) -> dict[str, Any]:
    """What a job of a sliced job template has for an inventory, out of `ansible-inventory --list`."""
    chosen = sorted(listed["_meta"]["hostvars"])[number - 1 :: count]
    inventory: dict[str, Any] = {"_meta": {"hostvars": {host: listed["_meta"]["hostvars"][host] for host in chosen}}}
    for group, content in listed.items():
        if "hosts" in content:
            inventory[group] = {"hosts": [host for host in content["hosts"] if host in chosen]}
    return inventory


# ---- The modules of awx.awx ------------------------------------------------------------------------------------------

STUB = """
import json, os
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(json.loads({spec!r}))
        path = os.path.join({folder!r}, "awx.json")
        kept = json.load(open(path)) if os.path.exists(path) else {{}}
        given = {{key: value for key, value in options.items() if value is not None}}
        key = {name!r} + "/" + given["name"]
        if not self._task.check_mode:
            json.dump({{**kept, key: given}}, open(path, "w"))
        return {{"changed": kept.get(key) != given}}
"""


def stub_modules(folder: Path) -> None:
    """A collection awx.awx whose modules take the options of the real ones, refuse others, and keep what they get.

    They are action plugins, which take the least time.
    """
    plugins = folder / "ansible_collections" / "awx" / "awx" / "plugins" / "action"
    plugins.mkdir(parents=True)
    specs = yaml.safe_load((Path(__file__).parent / "awx_modules.yml").read_text(encoding="utf-8"))
    for name, spec in specs.items():
        stub = STUB.format(spec=json.dumps(spec), folder=str(folder), name=name)
        (plugins / f"{name}.py").write_text(stub, encoding="utf-8")
