# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX and automation controller: their files, and the collection's playbooks run by the engine that runs their jobs."""

import json
import re
from dataclasses import dataclass
from typing import Any

import ansible_runner
import pytest
import yaml

from ansible_collections.certops.cdn.plugins.plugin_utils._estate import PROVIDERS
from emulator.process import Running
from reliability.canaries import leaks
from usage import awx
from usage.conftest import ROOT, Shell

# Field of the credential type -> value in the emulator's demo scenario.
CREDENTIALS = {
    "zenlayer": {"access_key_id": "demo-access-key-id", "access_key_password": "demo-access-key-password"},
    "tencent": {"secret_id": "demo-secret-id", "secret_key": "demo-secret-key", "token": ""},
    "vdms": {"client_id": "demo-client-id", "client_secret": "demo-client-secret"},
}
SECRETS = ["demo-access-key-password", "demo-secret-key", "demo-client-secret"]


# ---- Files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", awx.names("credential_types"))
def test_credential_types_are_such_as_awx_accepts(name: str) -> None:
    credential_type = awx.definition("credential_types", name)

    assert set(credential_type) == {"name", "description", "kind", "inputs", "injectors"}
    awx.check_credential_type(credential_type["inputs"], credential_type["injectors"])


@pytest.mark.parametrize("name", PROVIDERS)
def test_credential_types_have_the_options_and_variables_of_the_modules(name: str) -> None:
    credential_type = awx.definition("credential_types", name)
    fields = {field["id"]: field for field in credential_type["inputs"]["fields"]}
    options = {key: spec for key, spec in PROVIDERS[name].argument_spec.items() if "fallback" in spec}

    assert set(fields) == set(options)
    for key, spec in options.items():
        assert fields[key].get("secret", False) is spec["no_log"]
    assert credential_type["injectors"] == {
        "env": {spec["fallback"][1][0]: f"{{{{ {key} }}}}" for key, spec in options.items()}
    }


@pytest.mark.parametrize(
    "injectors",
    [
        {"env": {"ANSIBLE_VAULT_PASSWORD": "{{ a }}"}},
        {"env": {"PATH": "{{ a }}"}},
        {"env": {"A-B": "{{ a }}"}},
        {"env": {"A": "{{ b }}"}},
        {"extra_vars": {"a": "{{ tower.filename.x }}"}},
    ],
)
def test_the_check_finds_what_awx_refuses(injectors: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r".*"):
        awx.check_credential_type({"fields": [{"id": "a", "label": "A"}]}, injectors)


def test_the_guide_shows_the_credential_type_as_it_is() -> None:
    page = (ROOT / "docs" / "awx.md").read_text(encoding="utf-8")
    shown = [yaml.safe_load(text) for text in re.findall(r"```yaml\n((?:fields|env):.*?)```", page, re.DOTALL)]
    zenlayer = awx.definition("credential_types", "zenlayer")

    assert shown == [zenlayer["inputs"], zenlayer["injectors"]]


@pytest.mark.parametrize("name", awx.names("job_templates"))
def test_job_templates_have_surveys_that_awx_accepts(name: str) -> None:
    template = awx.definition("job_templates", name)

    awx.check_survey(template["survey_spec"])
    assert (awx.FOLDER / "project" / template["playbook"]).is_file()
    assert set(template["credentials"]) <= set(awx.names("credential_types"))
    roles = ROOT / "roles" / name / "meta" / "argument_specs.yml"
    source = roles if roles.exists() else ROOT / "playbooks" / f"{name}.yml"
    text = source.read_text(encoding="utf-8")
    assert [q["variable"] for q in template["survey_spec"]["spec"] if q["variable"] not in text] == []


def test_every_playbook_has_a_job_template_and_a_place_in_the_guide() -> None:
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")} - {"awx_setup", "demo"}
    page = (ROOT / "docs" / "awx.md").read_text(encoding="utf-8")

    for name in playbooks:
        assert f"certops.cdn.{name}\n" in (awx.FOLDER / "project" / f"{name}.yml").read_text(encoding="utf-8")
    assert set(awx.names("job_templates")) == playbooks
    assert [name for name in playbooks if f"| {awx.definition('job_templates', name)['name']} |" not in page] == []


def test_awx_is_set_up(shell: Shell) -> None:
    awx.stub_modules(shell.folder)
    shell.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{shell.folder}"
    variables = {
        "awx_setup_project_url": "https://git.example.com/cdn-jobs.git",
        "awx_setup_project_branch": "",
        "awx_setup_execution_environment": None,
        "awx_setup_credentials": [
            {"type": "zenlayer", "name": "Zenlayer production", "inputs": CREDENTIALS["zenlayer"]},
            {"type": "tencent", "name": "Tencent, made by hand"},
            {"type": "vdms", "name": "VDMS, made by hand"},
        ],
    }
    (shell.folder / "variables.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
    command = ["ansible-playbook", "certops.cdn.awx_setup", "-e", "@variables.yml", "-v"]

    first = shell.run(*command)
    second = shell.run(*command)

    assert first.code == 0, first.output
    assert "changed=0 " in second.output, second.output
    assert leaks(SECRETS, first.output + second.output) == []
    kept = json.loads((shell.folder / "awx.json").read_text(encoding="utf-8"))
    for name in awx.names("credential_types"):
        wanted = awx.definition("credential_types", name)
        told = kept[f"credential_type/{wanted['name']}"]
        assert {key: told[key] for key in wanted} == wanted
    for name in awx.names("job_templates"):
        wanted = awx.definition("job_templates", name)
        told = kept[f"job_template/{wanted['name']}"]
        assert {key: told[key] for key in wanted if key != "credentials"} == {
            key: value for key, value in wanted.items() if key != "credentials"
        }
        assert told["survey_enabled"]
        assert told["ask_variables_on_launch"]
    assert kept["job_template/CDN: roll out a certificate"]["credentials"] == ["Zenlayer production"]
    assert kept["job_template/CDN: ask for reviews again"]["credentials"] == ["Tencent, made by hand"]
    assert kept["job_template/CDN: have a certificate issued"]["credentials"] == ["VDMS, made by hand"]
    assert kept["job_template/CDN: report on the certificates"]["credentials"] == [
        "Zenlayer production", "Tencent, made by hand", "VDMS, made by hand",
    ]  # fmt: skip
    assert "execution_environment" not in kept["job_template/CDN: roll out a certificate"]
    assert kept["credential/Zenlayer production"]["inputs"] == CREDENTIALS["zenlayer"]
    assert "credential/Tencent, made by hand" not in kept
    assert kept["inventory_source/CDN domains"]["credential"] == "Zenlayer production"
    assert kept["project/CDN"]["scm_url"] == "https://git.example.com/cdn-jobs.git"
    assert "scm_branch" not in kept["project/CDN"]


def test_setting_up_needs_a_project(shell: Shell) -> None:
    awx.stub_modules(shell.folder)
    shell.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{shell.folder}"

    done = shell.run("ansible-playbook", "certops.cdn.awx_setup")

    assert done.code != 0
    assert "Set awx_setup_project_url to the URL" in done.output
    assert not (shell.folder / "awx.json").exists()


# ---- Jobs ------------------------------------------------------------------------------------------------------------


@dataclass
class Job:
    """A job that has ended."""

    status: str
    stdout: str
    events: list[dict[str, Any]]

    @property
    def changed(self) -> dict[str, int]:
        """Host -> tasks that have changed something."""
        changed: dict[str, int] = self.events[-1]["event_data"]["changed"]
        return changed


class Jobs:
    """A private data directory, in which jobs run as AWX runs them."""

    def __init__(self, shell: Shell, url: str):
        self.folder = shell.folder / "private"
        self._given = shell.folder
        self._url = url
        # A job has the environment that its credentials make, and no credentials from elsewhere.
        ours = ("ZENLAYER", "TENCENTCLOUD_", "VDMS_")
        shell.environment = {key: value for key, value in shell.environment.items() if not key.startswith(ours)}
        self.shell = shell
        for name in ("env", "inventory", "project"):
            (self.folder / name).mkdir(parents=True)
        for path in (awx.FOLDER / "project").glob("*.yml"):
            (self.folder / "project" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")

    def injected(self, *credentials: str) -> tuple[dict[str, str], dict[str, str]]:
        """The environment and the extra variables that credentials make."""
        environment, extra_vars = {}, {}
        for name in credentials:
            values = dict(CREDENTIALS.get(name, {}))
            if name in PROVIDERS:
                values["api_url"] = self._url
            if name == "vdms":
                values["token_url"] = f"{self._url}/connect/token"
            if name == "certificate":
                files = {"certificate": "fullchain.pem", "private_key": "privkey.pem"}
                values = {key: (self._given / file).read_text(encoding="utf-8") for key, file in files.items()}
            more_environment, more_extra_vars = awx.injected(name, values, self.folder / "env")
            environment.update(more_environment)
            extra_vars.update(more_extra_vars)
        return environment, extra_vars

    def inventory(self, listed: dict[str, Any]) -> None:
        """What the jobs have for an inventory: AWX gives them a program that prints it."""
        path = self.folder / "inventory" / "hosts"
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(listed)}\nEND\n", encoding="utf-8")
        path.chmod(0o700)

    def run(self, playbook: str, credentials: list[str], variables: dict[str, Any]) -> Job:
        environment, extra_vars = self.injected(*credentials)
        runner = ansible_runner.run(
            private_data_dir=str(self.folder),
            playbook=playbook,
            envvars={**self.shell.environment, **environment, "ANSIBLE_CACHE_PLUGIN": "jsonfile"},
            extravars={**variables, **extra_vars},
            verbosity=4,
            suppress_env_files=True,
            quiet=True,
        )
        return Job(runner.status, runner.stdout.read(), list(runner.events))

    def run_template(self, name: str, **answers: Any) -> Job:
        template = awx.definition("job_templates", name)
        survey = awx.answered(template["survey_spec"], **answers)
        return self.run(template["playbook"], template["credentials"], survey)

    def leaks(self, *more: str, public: str = "") -> list[str]:
        """The secrets that jobs have left behind: in output, events, facts.

        Not counted are the files of credentials that AWX makes and removes, and the environment in ansible-runner's
        own record of its command.
        """
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        ours = [path for path in files if path.name != "command" and not path.name.startswith("template.")]
        assert {"stdout", "hosts"} <= {path.name for path in ours}
        text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in ours)
        return leaks([*SECRETS, *more], text, public)


@pytest.fixture
def jobs(shell: Shell, emulator: Running) -> Jobs:
    return Jobs(shell, emulator.url)


def test_a_sliced_job_template_binds_every_domain_once(jobs: Jobs, emulator: Running) -> None:
    source = str(jobs.folder / "project" / "cdn_domains.yml")
    environment, _extra_vars = jobs.injected("zenlayer")
    listed = jobs.shell.run("ansible-inventory", "-i", source, "--list", **environment)
    assert listed.code == 0, listed.output
    hosts = json.loads(listed.output)
    assert len(hosts["certificate_example_2025"]["hosts"]) == 5

    parts = []
    for number in (1, 2):
        jobs.inventory(awx.hosts_of_slice(hosts, number, 2))
        job = jobs.run_template("zenlayer_rollout", zenlayer_rollout_certificate_label="example-2026")
        assert job.status == "successful", job.stdout
        parts.append(job.changed)

    assert [list(part.values()) for part in parts] == [[1, 1, 1], [1, 1, 1]]
    assert parts[0].keys() | parts[1].keys() == hosts["_meta"]["hostvars"].keys()
    bound = [call["body"]["domainId"] for call in emulator.writes()]
    assert sorted(bound) == sorted(row["cdn_domain_id"] for row in hosts["_meta"]["hostvars"].values())
    assert leaks(SECRETS, listed.output) == []
    assert jobs.leaks() == []


def test_jobs_leave_no_secret_behind(jobs: Jobs, emulator: Running) -> None:
    jobs.inventory({})

    demo = jobs.run(str(ROOT / "playbooks" / "demo.yml"), ["zenlayer", "tencent", "vdms"], {"demo_results": ""})
    resubmitted = jobs.run_template("tencent_resubmit", tencent_resubmit_domains="*.example.com\n")
    certificate, key = (
        (jobs.shell.folder / f"{name}.pem").read_text(encoding="utf-8") for name in ("fullchain", "privkey")
    )
    wanted = {"zenlayer_rotate_domains": "www.example.com\nimg.example.com", "zenlayer_rotate_verify": "no"}
    rotated = jobs.run_template("zenlayer_rotate", **wanted)
    (jobs.folder / "project" / "publish.yml").write_text("[]\n", encoding="utf-8")
    asked = {"vdms_issue_certificate_label": "img-prod", "vdms_issue_domains": "img.example.org\n"}
    issued = jobs.run_template(
        "vdms_issue", **asked, vdms_issue_dns_tasks="publish.yml", vdms_issue_wait_for="validation"
    )
    reported = jobs.run_template("cert_report", cert_report_providers=["vdms"])

    assert demo.status == "successful", demo.stdout
    assert demo.changed == {"localhost": 3}
    assert resubmitted.status == "successful", resubmitted.stdout
    assert rotated.status == "successful", rotated.stdout
    assert len(emulator.calls(action="CreateCertificate")) == 1
    assert issued.status == "successful", issued.stdout
    assert "img-prod (" in issued.stdout
    assert reported.status == "successful", reported.stdout
    assert " at VDMS: " in reported.stdout
    assert jobs.leaks(key, public=certificate) == []


def test_a_leak_would_be_found(jobs: Jobs) -> None:
    jobs.inventory({})
    task = {"ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.env', 'TENCENTCLOUD_SECRET_KEY') }}"}}
    facts = {
        "ansible.builtin.set_fact": {
            "key": "{{ lookup('ansible.builtin.env', 'VDMS_CLIENT_SECRET') }}",
            "cacheable": True,
        }
    }
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task, facts]}]
    (jobs.folder / "project" / "leak.yml").write_text(yaml.safe_dump(play), encoding="utf-8")

    job = jobs.run("leak.yml", ["tencent", "vdms"], {})

    assert job.status == "successful", job.stdout
    assert jobs.leaks() == ["demo-client-secret as it is", "demo-secret-key as it is"]


# ---- Execution environments ------------------------------------------------------------------------------------------


def test_an_execution_environment_gets_what_the_collection_needs(shell: Shell) -> None:
    wanted = {
        "version": 3,
        "images": {"base_image": {"name": "images.example.com/python:3.12"}},
        "dependencies": {
            "ansible_core": {"package_pip": "ansible-core"},
            "ansible_runner": {"package_pip": "ansible-runner"},
            "galaxy": str(awx.FOLDER / "project" / "collections" / "requirements.yml"),
        },
    }
    (shell.folder / "execution-environment.yml").write_text(yaml.safe_dump(wanted), encoding="utf-8")

    created = shell.run("ansible-builder", "create", "--output-filename", "Containerfile")
    told = shell.run("ansible-builder", "introspect", shell.environment["ANSIBLE_COLLECTIONS_PATH"])

    assert created.code == 0, created.output
    recipe = (shell.folder / "context" / "Containerfile").read_text(encoding="utf-8")
    assert "ansible-galaxy collection install" in recipe
    assert "introspect" in recipe
    assert told.code == 0, told.output
    assert [line.split()[0] for line in yaml.safe_load(told.output)["python"]] == ["requests>=2.25.1"]
    assert yaml.safe_load(told.output)["system"] == []


def test_ansible_navigator_runs_a_playbook(shell: Shell, emulator: Running) -> None:
    command = ["ansible-navigator", "run", str(ROOT / "playbooks" / "demo.yml"), "--ee", "false", "-m", "stdout"]

    done = shell.run(*command, "--pae", "false", "--ll", "debug", "--", "-vv")

    assert done.code == 0, done.output
    assert "changed=3 " in done.output
    assert emulator.writes()
    log = (shell.folder / "ansible-navigator.log").read_text(encoding="utf-8")
    assert leaks(SECRETS, done.output + log) == []
