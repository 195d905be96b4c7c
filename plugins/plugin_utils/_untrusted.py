# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""What providers tell is text and never a template, whatever it looks like; what users write may be one."""

from __future__ import annotations

from typing import TypeVar

from ansible import template

T = TypeVar("T")

if hasattr(template, "trust_as_template"):
    as_template = template.trust_as_template

    def untrusted(value: T) -> T:
        """The value: only texts that are marked are used as templates."""
        return value

else:
    # ansible-core up to 2.18 takes every text for a template that is not marked as data.
    from ansible.utils.unsafe_proxy import wrap_var

    def as_template(text: str) -> str:
        """The text, so marked that it may be used as a template."""
        return text

    def untrusted(value: T) -> T:
        """The value, so marked that no text in it is ever used as a template."""
        return wrap_var(value)  # type: ignore[no-any-return]
