# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be in the release artifact, and what must not."""

from __future__ import annotations

import fnmatch
import json
import posixpath
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

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

LINK = re.compile(r"\]\(([^)\s]+)\)")


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
    repository = set(repository)
    wanted = {name for name in repository if is_shipped(name)} | MADE
    return [
        *(f"{name} does not belong in it" for name in sorted(files.keys() - wanted)),
        *(f"{name} is missing" for name in sorted(wanted - files.keys())),
        *(f"{name} has {len(data)} bytes" for name, data in files.items() if len(data) > LARGEST),
        *(f"{name} contains PEM" for name, data in files.items() if PEM.search(data)),
        *(f"{name}: {link} leads nowhere" for name, link in dead_links(files, repository)),
    ]


def dead_links(files: dict[str, bytes], repository: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Links in an artifact's files that lead nowhere, each with the file that has it.

    Pages may link to what is in the artifact too; and every file to the repository, with its address.
    """
    address = json.loads(files["MANIFEST.json"])["collection_info"]["repository"]
    home = re.compile(rf"{re.escape(address)}/(?:blob|tree)/main/([\w./-]*\w)")
    here, there = places(files), places(repository)
    for name, data in files.items():
        text = data.decode(errors="replace")
        yield from ((name, link[0]) for link in home.finditer(text) if link[1] not in there)
        for link in LINK.findall(text) if name.endswith(".md") else ():
            path = link.partition("#")[0]
            if path and "://" not in path and posixpath.normpath(posixpath.join(name, "..", path)) not in here:
                yield name, link


def places(files: Iterable[str]) -> set[str]:
    """All files, and the folders that they are in."""
    return {str(place) for name in files for place in (PurePosixPath(name), *PurePosixPath(name).parents)}
