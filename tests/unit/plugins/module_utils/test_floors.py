# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floors of docs/architecture.md: an import only ever goes down, and no provider needs another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _errors

FOLDER = Path(_errors.__file__).parent
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}
HERE = r"ansible_collections\.certops\.cdn\.plugins\.module_utils"
PROVIDERS = ("_zenlayer", "_tencent", "_vdms", "_edge")
HIGHEST = 3


def floor_of(name: str) -> int:
    found = re.search(r'^"""Floor (\d): ', TEXTS[name], re.M)
    assert found, f"{name} does not say on which floor it is"
    return int(found.group(1))


def imports_of(name: str) -> set[str]:
    found = re.findall(rf"^ *from {HERE}(?:\.(_\w+))? import (\w+)", TEXTS[name], re.M)
    return {file or imported for file, imported in found}


def provider_of(name: str) -> str | None:
    return next((provider for provider in PROVIDERS if name.startswith(provider)), None)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_imports_never_go_up(name: str) -> None:
    assert floor_of(name) <= HIGHEST
    assert [other for other in imports_of(name) if floor_of(other) > floor_of(name)] == []


@pytest.mark.parametrize("name", sorted(name for name in TEXTS if provider_of(name)))
def test_providers_do_not_know_each_other(name: str) -> None:
    assert {provider_of(other) for other in imports_of(name)} <= {provider_of(name), None}


def test_imports_on_one_floor_have_no_circle() -> None:
    waiting = {name: {other for other in imports_of(name) if floor_of(other) == floor_of(name)} for name in TEXTS}
    while waiting:
        ready = {name for name, others in waiting.items() if not others & waiting.keys()}
        assert ready, f"a circle among {', '.join(sorted(waiting))}"
        waiting = {name: others for name, others in waiting.items() if name not in ready}
