# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _hostnames
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, is_pattern, normalise

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=2, max_size=5).map(".".join)
DISGUISES = st.sampled_from([str.upper, str.title, lambda name: name + ".", lambda name: f" {name}\n"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM", "www.example.com"),
        (" www.example.com. ", "www.example.com"),
        ("*.example.com", "*.example.com"),
        ("_acme-challenge.example.com", "_acme-challenge.example.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("*.münchen.example", "*.xn--mnchen-3ya.example"),
        ("例え.example.", "xn--r8jz45g.example"),
        ("münchen.example。", "xn--mnchen-3ya.example"),
        ("\uff4dünchen.example", "xn--mnchen-3ya.example"),  # a full-width m
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("", ""),
        (" . ", ""),
    ],
)
def test_normalise(name: str, expected: str) -> None:
    assert normalise(name) == expected


@pytest.mark.parametrize("name", ["☃" * 70 + ".example", "\u0080.example", "a\u200d.example"])
def test_what_cannot_be_encoded_is_kept(name: str) -> None:
    assert normalise(name) == name


def test_standard_library_encodes_where_idna_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    without_idna: dict[str, Any] = {}
    source = Path(_hostnames.__file__).read_text(encoding="utf-8")
    exec(compile(source, _hostnames.__file__, "exec"), without_idna)  # noqa: S102 - the module, loaded once more
    assert without_idna["idna"] is None
    assert without_idna["normalise"]("MÜNCHEN.example") == "xn--mnchen-3ya.example"


def test_without_idna_names_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_hostnames, "idna", None)
    assert normalise("*.MÜNCHEN.example.") == "*.xn--mnchen-3ya.example"
    assert normalise("☃" * 70) == "☃" * 70


@given(st.text(max_size=30) | NAMES)
def test_normalising_twice_changes_nothing_more(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("www.example.com", "www.example.com", True),
        ("www.example.com", "WWW.EXAMPLE.COM.", True),
        ("www.example.com", "shop.example.com", False),
        ("*.example.com", "www.example.com", True),
        ("*.EXAMPLE.com", "www.Example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "www.example.org", False),
        ("*.example.com", "wwwexample.com", False),
        ("*.example.com", ".example.com", False),
        ("*.example.com", "*.example.com", True),
        ("*.example.com", "*.shop.example.com", False),
        ("*.*.example.com", "a.b.example.com", False),
        ("www.example.com", "*.example.com", False),
        ("w*.example.com", "www.example.com", False),
        ("*", "localhost", False),
        ("*", "*", True),
        ("example.com", "www.example.com", False),
        ("*.münchen.example", "www.xn--mnchen-3ya.example", True),
        ("", "", False),
        ("", "www.example.com", False),
        ("*.example.com", "", False),
    ],
)
def test_covers(pattern: str, name: str, expected: bool) -> None:
    assert covered([pattern], name) is expected


@given(NAMES, DISGUISES, DISGUISES)
def test_a_name_covers_itself_however_it_is_written(name: str, one: object, other: object) -> None:
    assert covered([one(name)], other(name))  # type: ignore[operator]


@given(LABELS, NAMES)
def test_a_wildcard_covers_every_single_label(label: str, parent: str) -> None:
    assert covered([f"*.{parent}"], f"{label}.{parent}")


@given(st.lists(LABELS, min_size=2, max_size=3).map(".".join), NAMES)
def test_a_wildcard_covers_no_more_than_one_label(labels: str, parent: str) -> None:
    assert not covered([f"*.{parent}"], f"{labels}.{parent}")
    assert not covered([f"*.{parent}"], parent)


@given(NAMES, NAMES)
def test_a_plain_name_covers_nothing_else(one: str, other: str) -> None:
    assert covered([one], other) == (one == other)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["example.com", "*.example.com"], True),
        (["*.example.com", "example.com"], True),
        (["example.com"], False),
        ([], False),
        ([""], False),
    ],
)
def test_covered_by_any_of_the_names(names: list[str], expected: bool) -> None:
    assert covered(names, "www.example.com") is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("*.example.com", True), (" *.example.com", True), ("www.example.com", False), ("*", False), ("w*.com", False)],
)
def test_is_pattern(name: str, expected: bool) -> None:
    assert is_pattern(name) is expected
