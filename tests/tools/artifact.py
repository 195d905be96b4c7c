# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be in the release artifact, and what must not."""

from __future__ import annotations

import fnmatch
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

# The artifact holds what users need and nothing else. What galaxy.yml leaves out is a list of its own, so that a
# mistake in one of them shows.
SHIPPED = (
    "CHANGELOG.md",
    "COPYING",
    "LICENSES/*",
    "README.md",
    "SECURITY.md",
    "changelogs/changelog.yaml",
    "docs/*",
    "extensions/*",
    "meta/*.yml",
    "playbooks/*",
    "plugins/*.py",
    "requirements.txt",
    "roles/*",
)
KEPT_BACK = ("docs/site/*", "extensions/awx/project/*", "extensions/molecule/*")
MADE = {"FILES.json", "MANIFEST.json"}
LARGEST = 200_000  # bytes of a file
# A marker alone may be in code that looks for one.
PEM = re.compile(rb"-----BEGIN [A-Z ]+-----\s+[A-Za-z0-9+/=\s]{64,}")


def contents(artifact: Path) -> dict[str, bytes]:
    """All files in it."""
    with tarfile.open(artifact) as archive:
        found = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in found.items() if file is not None}


def is_shipped(name: str) -> bool:
    """Whether a file of the repository belongs in it."""
    return matches(name, SHIPPED) and not matches(name, KEPT_BACK)


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def complaints(files: dict[str, bytes], repository: Iterable[str]) -> list[str]:
    """What is wrong with an artifact's files, given the names of the repository's."""
    wanted = {name for name in repository if is_shipped(name)} | MADE
    return [
        *(f"{name} does not belong in it" for name in sorted(files.keys() - wanted)),
        *(f"{name} is missing" for name in sorted(wanted - files.keys())),
        *(f"{name} has {len(data)} bytes" for name, data in files.items() if len(data) > LARGEST),
        *(f"{name} contains PEM" for name, data in files.items() if PEM.search(data)),
    ]
