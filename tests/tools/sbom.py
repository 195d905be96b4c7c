# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials of a release artifact, in CycloneDX: what it is, the files in it, and what it runs with.

All of it is read from the artifact. What it runs with is not part of it but installed by others, so it has ranges of
versions, and licences as the newest releases tell them.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot7
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tools.artifact import contents

OPTIONAL = {"cryptography": ""}
"""What is used where it is there, and the bound of its version."""


class SbomError(Exception):
    """The bill is not valid CycloneDX; the message says why."""


def requirements(files: dict[str, bytes]) -> dict[str, str]:
    """What the collection needs to run, and the bounds of the versions."""
    core = yaml.safe_load(files["meta/runtime.yml"])["requires_ansible"]
    lines = re.findall(r"^([\w-]+)(\S*)$", files["requirements.txt"].decode(), re.MULTILINE)
    return {"ansible-core": core, **dict(lines)}


def bill(artifact: Path) -> str:
    """The bill of this artifact, as JSON. The same artifact has the same bill.

    :raises SbomError: it would not be valid
    """
    files = contents(artifact)
    info = json.loads(files["MANIFEST.json"])["collection_info"]
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    collection = Component(
        type=ComponentType.LIBRARY,
        bom_ref="collection",
        group=info["namespace"],
        name=info["name"],
        version=info["version"],
        description=info["description"],
        licenses=[LicenseFactory().make_from_string(" AND ".join(info["license"]))],
        hashes=[sha256(digest)],
        purl=PackageURL("generic", info["namespace"], info["name"], info["version"], {"checksum": f"sha256:{digest}"}),
        external_references=[
            ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(info["repository"])),
            ExternalReference(type=ExternalReferenceType.ISSUE_TRACKER, url=XsUri(info["issues"])),
        ],
        components=[
            Component(
                type=ComponentType.FILE, bom_ref=name, name=name, hashes=[sha256(hashlib.sha256(data).hexdigest())]
            )
            for name, data in files.items()
        ],
    )
    bounds = {**requirements(files), **OPTIONAL}
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{digest}"))
    bom.metadata.component = collection
    needed = [dependency(name) for name in bounds]
    for component in needed:
        bom.components.add(component)
    bom.register_dependency(collection, needed)
    text = with_ranges(JsonV1Dot7(bom).output_as_string(), bounds)
    error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    if error is not None:
        raise SbomError(str(error))
    return text


def dependency(name: str) -> Component:
    """A package that others install."""
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=name,
        name=name,
        is_external=True,
        scope=ComponentScope.OPTIONAL if name in OPTIONAL else ComponentScope.REQUIRED,
        purl=PackageURL("pypi", name=name),
        licenses=licenses(name),
    )


def licenses(name: str) -> Iterable[License]:
    """The licence of the release that is installed here."""
    about = metadata(name).json
    told = about.get("license_expression") or about.get("license")
    if not told and any("GPLv3+" in text for text in about.get("classifier", ())):
        told = "GPL-3.0-or-later"
    return [LicenseFactory().make_from_string(str(told))] if told else []


def with_ranges(text: str, bounds: dict[str, str]) -> str:
    """The bill with the ranges of versions, which the library cannot write yet; without the time of its making."""
    document: dict[str, Any] = json.loads(text)
    del document["metadata"]["timestamp"]
    for component in document["components"]:
        if bound := bounds[component["name"]]:
            component["versionRange"] = f"vers:pypi/{bound}"
    return json.dumps(document, indent=2) + "\n"


def sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)
