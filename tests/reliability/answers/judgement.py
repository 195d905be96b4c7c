# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the end of a run: nothing, if the result is as documented, or the error is a clear one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from usage.modules import page, undocumented

COMMON = {"changed", "deprecations", "diff", "exception", "failed", "invocation", "msg", "warnings"}
"""What any module returns; the page of a module need not tell it."""

PASSED_ON = ("certificate_request.", "certificate_requests.")
"""What a provider tells here beyond the documented fields is told, too."""

TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,), "dict": (dict,), "float": (float, int), "int": (int,), "list": (list,), "str": (str,),
}  # fmt: skip

ERROR_KEYS = {"provider", "action", "code", "message", "http_status", "request_id", "outcome"}


def complaints(module: str, result: dict[str, Any], secrets: list[str]) -> list[str]:
    """What is wrong with a module's result, in words.

    :param secrets: what must not be in it
    """
    try:
        text = json.dumps(result, allow_nan=False)
    except ValueError as exc:
        return [f"no JSON: {exc}"]
    returned = page(module, "RETURN")
    own = {key: value for key, value in result.items() if key not in COMMON}
    return [
        *(f"undocumented: {key}" for key in undocumented(own, returned) if not key.startswith(PASSED_ON)),
        *mistyped(own, returned),
        *_bad_errors(result),
        *(["a traceback"] if "Traceback (most recent call last)" in text else []),
        *(["a secret"] if any(secret in text or json.dumps(secret)[1:-1] in text for secret in secrets) else []),
        *(["a lone surrogate"] if re.search(r"(?<!\\)(?:\\\\)*\\ud[89a-f]", _without_pairs(text)) else []),
    ]


def _without_pairs(text: str) -> str:
    return re.sub(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", "", text)


def _bad_errors(result: dict[str, Any]) -> Iterator[str]:
    """A failure has to be told in words and in fields, and what is told in a row fails the task."""
    errors = list(_errors(result))
    for error in errors:
        if set(error) != ERROR_KEYS:
            yield f"an error with the keys {sorted(error)}"
        elif error["code"] == "Defect":
            yield f"a defect: {error['message']}"
        elif not (error["code"] and error["message"] and error["outcome"]):
            yield f"an error that tells little: {error}"
    if result.get("failed"):
        if not result.get("msg") or not result.get("error"):
            yield "failed without msg or error"
    elif errors:
        yield "not failed, with an error in it"


def _errors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "error" and isinstance(item, dict):
                yield item
            elif key != "invocation":
                yield from _errors(item)
    elif isinstance(value, list):
        for item in value:
            yield from _errors(item)


def mistyped(value: Any, described: dict[str, Any], where: str = "") -> list[str]:
    """The values, at any depth, that are not of the type that RETURN tells. Any of them may be null."""
    found = []
    for key, item in value.items():
        entry = described.get(key)
        if entry is None or item is None:
            continue
        kinds = TYPES[entry["type"]]
        if not isinstance(item, kinds) or (isinstance(item, bool) and bool not in kinds):
            found.append(f"{where}{key} is {type(item).__name__}, not {entry['type']}")
            continue
        elements = entry.get("elements")
        for part in item if isinstance(item, list) else [item]:
            if elements and not isinstance(part, TYPES[elements]):
                found.append(f"an element of {where}{key} is {type(part).__name__}, not {elements}")
            elif isinstance(part, dict):
                found += mistyped(part, entry.get("contains", {}), f"{where}{key}.")
    return found
