# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of filters and tests keep their word: their examples run as written."""

import importlib
from typing import Any

import yaml

from usage.conftest import ROOT, Shell

KINDS = ("filter", "test")


def test_examples_run_as_written(shell: Shell) -> None:
    tasks: list[dict[str, Any]] = []
    for path in (path for kind in KINDS for path in sorted((ROOT / "plugins" / kind).glob("[a-z]*.py"))):
        plugin = importlib.import_module(f"ansible_collections.certops.cdn.plugins.{path.parent.name}.{path.stem}")
        assert f"certops.cdn.{path.stem}" in plugin.EXAMPLES
        tasks += yaml.safe_load(plugin.EXAMPLES)

    # one play for all: starting Ansible is what takes the time
    done = shell.play(tasks)

    assert done.code == 0, done.output
