# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""Documentation that modules have and other plugins need in another form."""

from __future__ import annotations

import re
from textwrap import indent


def as_suboptions(option: str, description: str, module: str, *fragments: str) -> str:
    """The options of a module as suboptions of one option, for plugins that read several providers.

    :param fragments: what documents them; each begins with ``options:`` and documents nothing else
    """
    options = "".join(fragment.strip().partition("options:\n")[2] + "\n" for fragment in fragments)
    inside = re.sub(r"\bO\((?=\w)", f"O({option}.", options)
    return f"""
options:
  {option}:
    description:
      - {description}
      - These are the options of M(certops.cdn.{module}).
    type: dict
    suboptions:
{indent(inside, "    ")}"""
