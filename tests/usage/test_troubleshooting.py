# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/troubleshooting.md tells of messages and codes that the code has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from usage.documents import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
GAP = "…"
# the words of ansible-core's own missing_required_lib()
FROM_ANSIBLE = ("Failed to import the required Python library (requests)",)
MESSAGES = [
    message for line in re.findall(r"^### (.*)$", PAGE, re.M) for message in re.findall(r"`([^`]* [^`]*)`", line)
]


def texts(node: ast.AST) -> Iterator[str]:
    """All texts of a program; a gap stands where values are put in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else GAP for part in child.values]
            yield "".join(map(str, parts))
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        yield from texts(child)


FILES = [
    path
    for folder in ("module_utils", "plugin_utils", "inventory")
    for path in (ROOT / "plugins" / folder).glob("*.py")
]
TEXTS = [text for path in FILES for text in texts(ast.parse(path.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_are_those_of_the_code(message: str) -> None:
    pattern = ".*".join(re.escape(part) for part in message.split(GAP))
    assert message in FROM_ANSIBLE or any(re.search(pattern, text, re.DOTALL) for text in TEXTS)


def test_codes_are_those_of_the_code() -> None:
    told = set(re.findall(r"`([A-Z]\w+)`", PAGE[PAGE.index("## The codes") :]))
    programs = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    given = set(re.findall(r'code(?:: str)?=?\s*=\s*"([A-Z][A-Za-z]+)"', programs))
    words = set(TEXTS) | {"".join(map(str.capitalize, text.split("_"))) for text in TEXTS}

    assert sorted(given - told) == [], "codes that the page does not explain"
    assert sorted(told - words) == [], "codes that the code does not know"
