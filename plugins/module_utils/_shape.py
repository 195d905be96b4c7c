# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: taking documented shapes out of parsed JSON. What has another shape is a ValueError, never a traceback."""

from __future__ import annotations

from typing import Any


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {type(value).__name__}")
    return value


def as_objects(value: Any) -> list[dict[str, Any]]:
    """A list of JSON objects; a missing or null list is an empty one."""
    return [as_object(item) for item in as_list(value)]


def as_list(value: Any) -> list[Any]:
    """A JSON array; a missing or null one is empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"expected a list, got {type(value).__name__}")
    return value


def as_text(value: Any) -> str:
    """A string; a missing or null one is empty, a number is written out."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"expected a string, got {type(value).__name__}")


def as_key(value: Any) -> str:
    """A string that must not be empty, such as an id."""
    text = as_text(value)
    if not text:
        raise ValueError("expected an id, got nothing")
    return text


def as_number(value: Any) -> int | None:
    """An integer, also one that is written as a string; None where it is missing, null or no number."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        return int(value)
    except ValueError:
        return None
