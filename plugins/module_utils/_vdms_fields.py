# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the fields of a VDMS certificate request (api/vdms.md 3.1 to 3.4), as results tell them.

What is told to the user and decides nothing is taken leniently: a documented field whose value is of another type is
null, and one that is not documented is told as it is. So what RETURN describes always has the shape that it describes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._shape import as_number
from ansible_collections.certops.cdn.plugins.module_utils._times import normalised_time

Shape = Callable[[Any], Any]
"""Makes a result's value out of the provider's."""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _plain(value: Any) -> Any:
    """As it is, but for links."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if not key.startswith("@")}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _object(fields: Mapping[str, Shape]) -> Shape:
    """An object, of which these fields are documented; those that are missing stay so."""

    def shaped(value: Any) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            return None
        return {name: fields.get(name, _plain)(item) for name, item in value.items() if not name.startswith("@")}

    return shaped


def _objects(fields: Mapping[str, Shape]) -> Shape:
    """A list of such objects."""
    shaped = _object(fields)

    def all_shaped(value: Any) -> list[dict[str, Any]] | None:
        return [shaped(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else None

    return all_shaped


_ACTOR = _object({"user_id": as_number, "portal_type_id": _text, "identity_id": _text, "identity_type": _text})

FIELDS: Mapping[str, Shape] = {
    "id": as_number,
    "certificate_label": _text,
    "description": _text,
    "auto_renew": _flag,
    "certificate_authority": _text,
    "validation_type": _text,
    "dcv_method": _text,
    "domains": _objects(
        {
            "id": as_number,
            "name": _text,
            "is_common_name": _flag,
            "status": _text,
            "created": normalised_time,
            "active_date": normalised_time,
        }
    ),
    "organization": _object({}),
    "request_type": _text,
    "thumbprint": _text,
    "expiration_date": normalised_time,
    "created": normalised_time,
    "created_by": _ACTOR,
    "last_modified": normalised_time,
    "modified_by": _ACTOR,
    "deployments": _objects({"delivery_region": _text, "platform": _text, "hex_url": _text}),
    "workflow_error_message": _text,
}

told_fields = _object(FIELDS)
"""The fields of a certificate request that are there, the documented ones in their documented shape."""
