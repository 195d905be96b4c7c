# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templates of the role cert_report let nothing through that providers tell."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

ROLE = Path(__file__).resolve().parents[3] / "roles" / "cert_report"

FIELDS = "affected|certificate|id|name|names|next_step|status|summary|used_by"
TOLD = rf"\.({FIELDS})(?![\w.])|\.values\(\)|\b(names|text|title)\b"
"""What comes from providers or users, as it is written in templates."""

# An escape, a number, or a macro that escapes.
HARMLESS = r"\| e\b|\| length\b|^(anchor|names_of|plural|step_of|title_of)\(|^text\(|^shape\("


def expressions(name: str) -> list[str]:
    text = (ROLE / "templates" / name).read_text(encoding="utf-8")
    return [found.strip() for found in re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL)]


@pytest.mark.parametrize("name", ["report.html.j2", "timeline.html.j2"])
def test_the_page_escapes_whatever_it_is_told(name: str) -> None:
    told = [expression for expression in expressions(name) if re.search(TOLD, expression)]

    assert len(told) >= 3
    assert [expression for expression in told if not re.search(HARMLESS, expression)] == []


def test_the_metrics_escape_whatever_they_are_told() -> None:
    told = [expression for expression in expressions("report.prom.j2") if re.search(TOLD, expression)]

    assert [one for one in told if not re.search(r"^text\(|\| length$|\| replace\(", one)] == []


def test_the_page_admits_its_own_script_and_no_other() -> None:
    script = (ROLE / "files" / "report.js").read_text(encoding="utf-8").rstrip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    policy = re.findall(r"script-src ([^;]*);", (ROLE / "templates" / "report.html.j2").read_text(encoding="utf-8"))
    assert policy == [f"'sha256-{digest}'"]
