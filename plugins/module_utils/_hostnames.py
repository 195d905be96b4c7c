# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: host names as certificates and CDNs compare them (RFC 6125)."""

from __future__ import annotations

import re
from collections.abc import Iterable

try:
    import idna
except ImportError:  # requests brings it along; a distribution's own requests may not
    idna = None  # type: ignore[assignment]

# The full stops of IDNA (RFC 3490, 3.1), and what may follow the last label.
_FULL_STOPS = re.compile("[\u3002\uff0e\uff61]")
_END = re.compile(r"[\s.]+\Z")


def normalise(name: str) -> str:
    """The name as it is compared: trimmed, lower case, without the final dot, IDNA in its ASCII form.

    A leading ``*.`` and labels with underscores are kept. What cannot be encoded is returned lower-cased, as it is.
    """
    name = _END.sub("", _FULL_STOPS.sub(".", name)).lstrip().lower()
    return name if name.isascii() else ".".join(_ascii_label(label) for label in name.split("."))


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.encode(label, uts46=True).decode("ascii") if idna else label.encode("idna").decode("ascii")
    except UnicodeError:  # idna.IDNAError is one
        return label


def covering(name: str) -> tuple[str, ...]:
    """The names of certificates, normalised, that cover a host name: itself, and the wildcard for its leftmost label.

    A wildcard as ``name`` (an accelerated domain ``*.example.com``) is covered by the same wildcard only.
    """
    name = normalise(name)
    label, _dot, parent = name.partition(".")
    return (name, f"*.{parent}") if label else ()


def covered(names: Iterable[str], name: str) -> bool:
    """Whether any of a certificate's names covers a host name. A wildcard stands for exactly one leftmost label."""
    wanted = covering(name)
    return any(normalise(pattern) in wanted for pattern in names)


def is_pattern(name: str) -> bool:
    """Whether a name is a wildcard such as ``*.example.com``."""
    return name.strip().startswith("*.")
