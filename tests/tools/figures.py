# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of documentation pages that are measured, not written: each stands between two comments with its name."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

WIDTH = 120
"""Characters of a line of prose."""


def replace(page: Path, name: str, text: str) -> None:
    """Put Markdown between the comments `figures: NAME` and `end of NAME`.

    :raises ValueError: the page has no such section
    """
    begin, end = f"<!-- figures: {name} -->", f"<!-- end of {name} -->"
    before = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(before):
        raise ValueError(f"{page.name} has no section {name}")
    section = f"{begin}\n\n{_wrapped(text.strip())}\n\n{end}"
    page.write_text(pattern.sub(lambda _found: section, before), encoding="utf-8")


def _wrapped(text: str) -> str:
    """Prose in lines of one width; tables, lists and images need theirs as they are."""
    parts = text.split("\n\n")
    return "\n\n".join(
        part if part[:1] in "|-!#" else textwrap.fill(part, WIDTH, break_on_hyphens=False) for part in parts
    )
