# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the filters that modules which only read have in common. All pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.certops.cdn.plugins.module_utils._hostnames import normalise


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern, in which ``*`` stands for any characters and everything else for itself."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def any_matches(patterns: Iterable[str], text: str) -> bool:
    """Whether a text fits any of the patterns."""
    return any(matches(pattern, text) for pattern in patterns)


def any_name_matches(patterns: Iterable[str] | None, names: Iterable[str]) -> bool:
    """Whether any of these host names fits any of the patterns; without patterns, all do."""
    if patterns is None:
        return True
    names = [normalise(name) for name in names]
    return any(matches(normalise(pattern), name) for pattern in patterns for name in names)


def expires_within(days: int | None, left: int | None) -> bool:
    """Whether at most so many days are left; what has expired counts, what has no end does not. None: all do."""
    return days is None or (left is not None and left <= days)
