# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""Filters over the rows that modules return."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def over_rows(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """A function as a filter: what is no list of such rows is an error that says so."""

    @functools.wraps(work)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return work(*arguments, **options)
        except (AttributeError, KeyError, TypeError) as exc:
            reason = f"there is no {exc}" if isinstance(exc, KeyError) else str(exc)
            raise AnsibleFilterError(
                f"certops.cdn.{name} needs what the collection's modules return, as its documentation tells: {reason}"
            ) from exc

    return run
