# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils._shape import (
    as_key,
    as_list,
    as_number,
    as_object,
    as_objects,
    as_text,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def test_object_is_returned_as_it_is() -> None:
    assert as_object({"a": 1}) == {"a": 1}


@pytest.mark.parametrize("value", [None, [], "{}", 1, True])
def test_what_is_no_object_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match=f"expected an object, got {type(value).__name__}"):
        as_object(value)


@pytest.mark.parametrize(("value", "expected"), [(None, []), ([], []), ([1, None], [1, None])])
def test_list(value: Any, expected: list[Any]) -> None:
    assert as_list(value) == expected


@pytest.mark.parametrize("value", [{}, "[]", 0, False])
def test_what_is_no_list_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match=f"expected a list, got {type(value).__name__}"):
        as_list(value)


@pytest.mark.parametrize(("value", "expected"), [(None, []), ([], []), ([{}, {"a": 1}], [{}, {"a": 1}])])
def test_list_of_objects(value: Any, expected: list[Any]) -> None:
    assert as_objects(value) == expected


@pytest.mark.parametrize("value", [[None], [{}, "x"], {"a": {}}])
def test_every_item_must_be_an_object(value: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        as_objects(value)


@pytest.mark.parametrize(("value", "expected"), [(None, ""), ("", ""), ("a", "a"), (7, "7"), (1.5, "1.5")])
def test_text(value: Any, expected: str) -> None:
    assert as_text(value) == expected


@pytest.mark.parametrize("value", [True, [], {}])
def test_what_is_no_text_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match=f"expected a string, got {type(value).__name__}"):
        as_text(value)


@pytest.mark.parametrize(("value", "expected"), [("cert-1", "cert-1"), (0, "0")])
def test_key(value: Any, expected: str) -> None:
    assert as_key(value) == expected


@pytest.mark.parametrize("value", [None, ""])
def test_key_must_not_be_empty(value: Any) -> None:
    with pytest.raises(ValueError, match="expected an id, got nothing"):
        as_key(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        ("3", 3),
        (0, 0),
        (-1, -1),
        (True, None),
        (False, None),
        (None, None),
        ("x", None),
        (1.5, None),
        ([], None),
    ],
)
def test_number(value: Any, expected: int | None) -> None:
    assert as_number(value) == expected


@given(JSON)
def test_any_json_is_taken_or_refused_in_words(value: Any) -> None:
    told = []
    for take in (as_object, as_objects, as_list, as_text, as_key, as_number):
        try:
            take(value)
        except ValueError as exc:
            told.append(str(exc))
    assert all(text.startswith("expected ") for text in told)
