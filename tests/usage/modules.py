# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules' own pages say."""

import importlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "plugins" / "modules"
NAMES = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
MODULES = "ansible_collections.certops.cdn.plugins.modules"


@cache
def page(name: str, part: str) -> Any:
    """DOCUMENTATION, EXAMPLES or RETURN of a module, parsed."""
    module = importlib.import_module(f"{MODULES}.{name}")
    return yaml.safe_load(getattr(module, part))


def undocumented(value: Any, described: dict[str, Any], where: str = "") -> list[str]:
    """The keys of a result, at any depth, that RETURN does not describe."""
    if isinstance(value, list):
        return sorted({key for item in value for key in undocumented(item, described, where)})
    if not isinstance(value, dict):
        return []
    found = []
    for key, item in value.items():
        if key not in described:
            found.append(f"{where}{key}")
        elif "contains" in described[key]:
            found += undocumented(item, described[key]["contains"], f"{where}{key}.")
    return found


def seen(value: Any, where: str = "") -> set[str]:
    """The keys of a result, at any depth, as dotted paths."""
    if isinstance(value, list):
        return {path for item in value for path in seen(item, where)}
    if not isinstance(value, dict):
        return set()
    return {f"{where}{key}" for key in value} | {p for key, item in value.items() for p in seen(item, f"{where}{key}.")}


def described(part: dict[str, Any], where: str = "") -> set[str]:
    """The keys that RETURN describes, at any depth, as dotted paths."""
    paths = set()
    for key, entry in part.items():
        paths.add(f"{where}{key}")
        paths |= described(entry.get("contains", {}), f"{where}{key}.")
    return paths
