# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make what a release consists of, in dist/: the artifact, its bill of materials, and the checksums of both."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools import artifact, sbom
from tools.run_tests import BIN, ROOT, base_environment, copied_tree, repository_files, tree_paths


class ReleaseError(Exception):
    """The artifact is not as it should be; the message says why."""


def build(folder: Path) -> Path:
    """The artifact, in this folder; what it holds has been checked.

    :raises ReleaseError: it holds what it should not, or not all
    """
    with copied_tree() as tree:
        command: list[str | Path] = [BIN / "ansible-galaxy", "collection", "build", "--output-path", folder]
        environment = {**base_environment(), **tree_paths(tree)}
        subprocess.run(command, cwd=tree, env=environment, check=True)
    [built] = folder.glob("*.tar.gz")
    wrong = artifact.complaints(artifact.contents(built), repository_files())
    if wrong:
        raise ReleaseError(f"the artifact is not as it should be: {'; '.join(wrong)}")
    return built


def make(folder: Path) -> None:
    """The files of a release, in an empty folder."""
    built = build(folder)
    bill = folder / built.name.replace(".tar.gz", ".cdx.json")
    bill.write_text(sbom.bill(built), encoding="utf-8")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in (built, bill)]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    print(f"{built.name}, {bill.name} and SHA256SUMS are in {folder}")
    print(f"{len(artifact.contents(built))} files in the artifact")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="an empty folder; without it, dist/ is made anew")
    folder = parser.parse_args().folder
    if folder is None:
        folder = ROOT / "dist"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    elif not folder.is_dir() or any(folder.iterdir()):
        parser.error(f"{folder} is no empty folder")
    try:
        make(folder)
    except (ReleaseError, sbom.SbomError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
