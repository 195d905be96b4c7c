# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all VDMS modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  client_id:
    description:
      - Id of the REST API client (OAuth 2.0). Needs O(client_secret).
      - If not set, the value of the environment variable E(VDMS_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the REST API client.
      - If not set, the value of the environment variable E(VDMS_CLIENT_SECRET) is used.
    type: str
  scope:
    description:
      - Scope to ask an access token for. Several are separated by blanks.
      - If not set, the value of the environment variable E(VDMS_SCOPE) is used.
    type: str
    default: sec.cps.certificates
  access_token:
    description:
      - An access token, instead of O(client_id) and O(client_secret). It lives for some minutes and cannot be renewed.
      - If not set, the value of the environment variable E(VDMS_ACCESS_TOKEN) is used.
      - Credentials of one kind that are given as options win over those of the other kind in the environment.
    type: str
  api_url:
    description:
      - Base URL of the API, without a path.
      - If not set, the value of the environment variable E(VDMS_API_URL) is used.
    type: str
    default: https://api.vdms.io
  token_url:
    description:
      - URL of the service that gives out access tokens, with its path.
      - If not set, the value of the environment variable E(VDMS_TOKEN_URL) is used.
    type: str
    default: https://id.vdms.io/connect/token
"""

    DCV = r"""
options:
  dns_zones:
    description:
      - Your DNS zones. They only serve to tell V(zone) and V(relative_name) of the C(dcv_records), which many modules
        that manage DNS records ask for.
    type: list
    elements: str
"""
