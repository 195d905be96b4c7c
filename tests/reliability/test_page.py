# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of figures: each section is replaced alone, and there is one for each proof."""

from pathlib import Path

import pytest

from reliability import page


def test_a_section_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(
        "a\n<!-- figures: one -->\nold\n<!-- end of one -->\nb\n<!-- figures: two -->\n<!-- end of two -->\n"
    )

    page.replace("one", r"| 1\2 |", file)

    wanted = (
        "a\n<!-- figures: one -->\n\n| 1\\2 |\n\n<!-- end of one -->\nb\n<!-- figures: two -->\n<!-- end of two -->\n"
    )
    assert file.read_text() == wanted


def test_a_section_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("nothing\n")

    with pytest.raises(ValueError, match=r"page\.md has no section faults"):
        page.replace("faults", "text", file)
