# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows how far the module of this name is while it runs."""

from __future__ import annotations

from ansible_collections.certops.cdn.plugins.plugin_utils._waiting_action import WaitingAction


class ActionModule(WaitingAction):
    """Runs the module."""
