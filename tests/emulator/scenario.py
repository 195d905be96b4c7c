# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenario files: read them, expand the shorthand for many, refuse what nobody would understand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "scenarios"
SECTIONS = ("settings", "zenlayer", "tencent", "vdms")


class ScenarioError(ValueError):
    """The scenario cannot be used; the message says where."""


def load_file(path: Path) -> dict[str, Any]:
    """A scenario from a YAML file."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ScenarioError(f"cannot read scenario {path.name}: {error}") from error
    return checked(loaded)


def load_named(name: str) -> dict[str, Any]:
    """A scenario of the scenarios folder, by its name without .yml."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ScenarioError(f"{name!r} is no scenario name")
    return load_file(FOLDER / f"{name}.yml")


def checked(scenario: Any) -> dict[str, Any]:
    """The scenario itself, if its sections are known."""
    return dict(known({} if scenario is None else scenario, SECTIONS, "scenario"))


def known(item: Any, names: Iterable[str], where: str) -> Mapping[str, Any]:
    """Refuse anything but a mapping with these keys."""
    if not isinstance(item, Mapping):
        raise ScenarioError(f"{where}: a mapping is needed")
    unknown = sorted(set(map(str, item)) - set(names))
    if unknown:
        raise ScenarioError(f"{where}: unknown {', '.join(unknown)}; known: {', '.join(sorted(names))}")
    return item


def required(item: Mapping[str, Any], name: str, where: str) -> Any:
    """A value that must be there."""
    if item.get(name) is None:
        raise ScenarioError(f"{where}: {name} is missing")
    return item[name]


def entries(section: Mapping[str, Any], name: str, fields: Iterable[str], service: str) -> Iterator[Mapping[str, Any]]:
    """The items of a list, checked. `{count: 3, name: "d{n}.example.com"}` stands for three items, n = 1, 2, 3."""
    items = section.get(name) or []
    for given in [items] if isinstance(items, Mapping) else items:
        item = dict(known(given, {*fields, "count", "first"}, f"{service}.{name}"))
        count, first = item.pop("count", None), item.pop("first", 1)
        if count is None:
            yield item
        else:
            for number in range(first, first + count):
                yield _numbered(item, number)


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", str(number))
    if isinstance(value, Mapping):
        return {key: _numbered(item, number) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbered(item, number) for item in value]
    return value
