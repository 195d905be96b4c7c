# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that a release is what it should be: built alike each time, complete, without strangers, described by its bill
of materials, and working once it is installed; and that what makes it is locked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from emulator.process import Running
from reliability import page
from tools import artifact, bounds, release, sbom
from tools.run_tests import repository_files
from usage.conftest import ROOT, Shell

LOCKS = sorted((ROOT / "tests" / "requirements").glob("*.txt"))
NEWEST = ("requests", "urllib3", "cryptography")
MARKER = "-----BEGIN PRIVATE KEY-----\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module", autouse=True)
def _figures(request: pytest.FixtureRequest, full: bool, built: Path) -> Iterator[None]:
    """Write them, where all tests have passed."""
    failed_before = request.session.testsfailed
    yield
    if full and request.session.testsfailed == failed_before:
        page.replace("supply-chain", figures(built))


def figures(built: Path) -> str:
    """The section of docs/reliability.md."""
    needed = json.loads(sbom.bill(built))["components"]
    bounds.make()
    oldest = bounds.versions()
    rows = [
        (
            "files in the artifact, all as in the repository; a second build is alike",
            str(len(artifact.contents(built))),
        ),
        (
            "its bill of materials",
            f"valid CycloneDX 1.7, with the hash of each of these and {len(needed)} dependencies",
        ),
        *((f"runs with `{each['name']}`", runs_with(each)) for each in needed),
        (
            "tested with",
            ", ".join(f"{name} {oldest[name]}" for name in ("Python", "requests", "urllib3", "cryptography")),
        ),
        ("tested with, as everything else", ", ".join(f"{name} {version(name)}" for name in NEWEST)),
        *((f"locked with hashes in `{lock.name}`", f"{len(entries(lock))} releases") for lock in LOCKS),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {what} | {figure} |" for what, figure in rows)])


def runs_with(component: dict[str, Any]) -> str:
    """The range of versions and the licence of a dependency."""
    [told] = component["licenses"]
    licence = told.get("expression") or told["license"]["id"]
    bound = component.get("versionRange", "any version").removeprefix("vers:pypi/")
    return f"{bound}, {component['scope']}; {licence}"


def test_a_build_holds_what_the_repository_holds(full: bool, built: Path, tmp_path: Path) -> None:
    files = artifact.contents(built)

    assert {name: data for name, data in files.items() if name not in artifact.MADE} == {
        name: (ROOT / name).read_bytes() for name in repository_files() if artifact.is_shipped(name)
    }
    if full:
        assert artifact.contents(release.build(tmp_path)) == files, "a second build"


def test_nothing_is_missing_and_nothing_does_not_belong(built: Path) -> None:
    files = artifact.contents(built)
    repository = repository_files()
    assert artifact.complaints(files, repository) == []

    wrong = {
        **{name: data for name, data in files.items() if name != "plugins/module_utils/_http.py"},
        "tests/unit/conftest.py": b"",
        "docs/key.md": MARKER.encode() + b"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2OF/2",
        "roles/picture.png": bytes(artifact.LARGEST + 1),
        "docs/links.md": b"""[a](#here) [b](start.md#without-an-account) [c](../roles) [d](https://example.com/gone.md)
            [e](../TESTING.md#write-one) [f](https://github.com/certops/cdn/blob/main/TESTING.md#write-one)
            [g](https://github.com/certops/cdn/tree/main/tests) [h](https://github.com/certops/cdn/blob/main/gone.md)""",
    }
    assert artifact.complaints(wrong, [*repository, "docs/key.md", "docs/links.md", "roles/picture.png"]) == [
        "tests/unit/conftest.py does not belong in it",
        "plugins/module_utils/_http.py is missing",
        f"roles/picture.png has {artifact.LARGEST + 1} bytes",
        "docs/key.md contains PEM",
        "docs/links.md: https://github.com/certops/cdn/blob/main/gone.md leads nowhere",
        "docs/links.md: ../TESTING.md#write-one leads nowhere",
    ]


def test_the_bill_of_materials_is_true_and_valid(built: Path) -> None:
    text = sbom.bill(built)
    assert sbom.bill(built) == text, "the same artifact has the same bill"

    document = json.loads(text)
    collection = document["metadata"]["component"]
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert (collection["group"], collection["name"]) == (galaxy["namespace"], galaxy["name"])
    assert collection["version"] == galaxy["version"]
    assert collection["licenses"] == [{"license": {"id": "GPL-3.0-or-later"}}]
    assert collection["hashes"] == [{"alg": "SHA-256", "content": sha256(built.read_bytes())}]
    hashes = {file["name"]: file["hashes"][0]["content"] for file in collection["components"]}
    assert hashes == {name: sha256(data) for name, data in artifact.contents(built).items()}
    ranges = {component["name"]: component.get("versionRange") for component in document["components"]}
    assert ranges == {
        "ansible-core": "vers:pypi/>=2.16.0",
        "requests": "vers:pypi/>=2.25.1",
        "cryptography": None,
    }
    assert all(component["licenses"] and component["isExternal"] for component in document["components"])

    document["components"][0]["version"] = "1"  # beside a range
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(json.dumps(document)) is not None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_module_runs_from_an_installed_artifact(built: Path, emulator: Running, tmp_path: Path) -> None:
    shell = Shell(emulator.url, tmp_path)
    shell.environment["ANSIBLE_COLLECTIONS_PATH"] = str(tmp_path / "installed")
    installed = shell.run("ansible-galaxy", "collection", "install", "--offline", str(built), "-p", "installed")
    assert installed.code == 0, installed.output

    done = shell.ad_hoc("tencent_cert_resubmit", "certificate_id=rejected", "-vvv")

    assert done.code == 0, done.output
    assert f"Using module file {tmp_path}/installed/ansible_collections/certops/cdn/plugins/modules/" in done.output
    assert emulator.state("tencent")["certificates"]["rejected"]["status"] == 5


def entries(lock: Path) -> list[str]:
    """The packages of a lock file, each with its version and hashes."""
    parts = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
    return [part for part in parts if not part.startswith("#")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_all_that_is_locked_has_a_version_and_hashes(lock: Path) -> None:
    assert entries(lock)
    for entry in entries(lock):
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_what_is_wanted_is_locked() -> None:
    """The names in the lists that people edit are in the lock files made of them."""
    for lock in LOCKS:
        locked = set(re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE))
        assert wanted(lock.with_suffix(".in")) <= locked


def wanted(file: Path) -> set[str]:
    """The packages in a list of requirements and those that it refers to."""
    names = set()
    for line in file.read_text(encoding="utf-8").splitlines():
        if other := re.match(r"-r (\S+)", line):
            names |= wanted((file.parent / other[1]).resolve())
        elif name := re.match(r"[\w.-]+", line):
            names.add(name[0].lower())
    return names


def test_actions_of_the_workflow_are_pinned_by_commit() -> None:
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        used = re.findall(r"uses: (\S+)", file.read_text(encoding="utf-8"))
        assert used
        assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []
