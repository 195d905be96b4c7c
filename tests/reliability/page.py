# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of docs/reliability.md: each proof owns one section."""

from __future__ import annotations

from pathlib import Path

from tools import figures

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


def replace(name: str, text: str, page: Path = PAGE) -> None:
    """Put Markdown into the section with this name, see :func:`tools.figures.replace`."""
    figures.replace(page, name, text)
