# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._filters import (
    any_matches,
    any_name_matches,
    expires_within,
    matches,
)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("shop", "shop", True),
        ("shop", "shop-1", False),
        ("shop", "Shop", False),
        ("shop-*", "shop-", True),
        ("shop-*", "shop-1", True),
        ("*-prod", "shop-prod", True),
        ("*-prod", "shop-prod-2", False),
        ("s*p*", "shop-prod", True),
        ("*", "", True),
        ("a.c", "abc", False),
        ("a[b]?*", "a[b]?c", True),
        ("a[b]?", "ab", False),
        ("*", "two\nlines", True),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("patterns", "text", "fits"),
    [
        ([], "shop", False),
        (["shop"], "shop", True),
        (["blog", "sh*"], "shop", True),
        (["blog", "shop-*"], "shop", False),
        (["shop"], "s*", False),
    ],
)
def test_a_text_fits_one_of_the_patterns_at_least(patterns: list[str], text: str, fits: bool) -> None:
    assert any_matches(patterns, text) is fits


@pytest.mark.parametrize(
    ("patterns", "names", "fits"),
    [
        (None, [], True),
        ([], ["www.example.com"], False),
        (["www.example.com"], [], False),
        (["WWW.Example.com."], ["www.example.com"], True),
        (["*.example.com"], ["a.b.example.com"], True),
        (["*.example.com"], ["*.example.com"], True),
        (["*.example.com"], ["example.com"], False),
        (["www.example.com"], ["*.example.com"], False),
        (["münchen.example"], ["xn--mnchen-3ya.example"], True),
        (["x.example.com", "*shop*"], ["my-shop.example.org", "y"], True),
    ],
)
def test_host_names_are_compared_in_one_spelling(patterns: list[str] | None, names: list[str], fits: bool) -> None:
    assert any_name_matches(patterns, names) is fits


@pytest.mark.parametrize(
    ("days", "left", "counts"),
    [(None, None, True), (None, -1, True), (30, None, False), (30, 30, True), (30, 31, False), (0, -5, True)],
)
def test_what_ends_within_some_days(days: int | None, left: int | None, counts: bool) -> None:
    assert expires_within(days, left) is counts
