# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options of modules that work on many targets."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  concurrency:
    description: How many targets are worked on at the same time.
    type: int
    default: 8
  rate_limit:
    description: The highest number of requests that are sent in any second, over the whole task.
    type: int
    default: 10
"""
