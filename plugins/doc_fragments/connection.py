# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether to check the TLS certificate of the API. Switch it off for tests only.
      - E(REQUESTS_CA_BUNDLE) and similar variables have no effect, see O(ca_path).
    type: bool
    default: true
  ca_path:
    description: A file or directory of CA certificates to trust instead of those that C(requests) brings along.
    type: path
  timeout:
    description:
      - Time limit in seconds for a single request, from when it was sent to the last byte of the answer.
      - It counts for the connection too, but is ten seconds there at most. Three times as long is tried for all
        addresses of the host together.
    type: float
    default: 30
  retries:
    description:
      - How often a call is repeated after an error that may pass, with growing pauses.
      - Reads are repeated after any such error, writes only where the provider surely has not executed them.
    type: int
    default: 5
requirements:
  - requests
notes:
  - Environment variables are read on the host where the module runs, which is not always the controller. Inventory
    plugins run on the controller.
  - Proxies are taken from the usual E(HTTPS_PROXY) and E(NO_PROXY).
"""
