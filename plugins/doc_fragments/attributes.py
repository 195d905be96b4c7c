# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the attributes that all modules have, and of what those that wait have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
  diff_mode:
    description: Returns details on what has changed, or would be changed in check mode, when in diff mode.
  idempotent:
    description: When run twice in a row, with the same arguments, the second invocation indicates no change.
"""

    ACTION_GROUP_ZENLAYER = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.cdn.zenlayer) or C(group/certops.cdn.all) in C(module_defaults) to set defaults.
    support: full
    membership:
      - certops.cdn.zenlayer
      - certops.cdn.all
"""

    ACTION_GROUP_TENCENT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.cdn.tencent) or C(group/certops.cdn.all) in C(module_defaults) to set defaults.
    support: full
    membership:
      - certops.cdn.tencent
      - certops.cdn.all
"""

    ACTION_GROUP_VDMS = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.cdn.vdms) or C(group/certops.cdn.all) in C(module_defaults) to set defaults.
    support: full
    membership:
      - certops.cdn.vdms
      - certops.cdn.all
"""

    ACTION_GROUP_EDGE = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.cdn.edge) or C(group/certops.cdn.all) in C(module_defaults) to set defaults.
    support: full
    membership:
      - certops.cdn.edge
      - certops.cdn.all
"""

    PROGRESS = r"""
options: {}
notes:
  - Where it runs on the controller, a long task shows how many targets are done, pending and failed, on the standard
    error. The variable C(certops_cdn_progress) set to V(off) prevents that; see the collection's C(docs/progress.md).
"""
