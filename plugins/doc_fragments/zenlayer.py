# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all Zenlayer modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  access_key_id:
    description:
      - Id of the access key pair. Needs O(access_key_password).
      - If not set, the value of the environment variable E(ZENLAYERCLOUD_ACCESS_KEY_ID) or
        E(ZENLAYER_ACCESS_KEY_ID) is used. Both halves of a pair come from variables of the same family.
    type: str
  access_key_password:
    description:
      - Password of the access key pair.
      - If not set, the value of the environment variable E(ZENLAYERCLOUD_ACCESS_KEY_PASSWORD) or
        E(ZENLAYER_ACCESS_KEY_SECRET) is used.
    type: str
  api_token:
    description:
      - An access token, instead of an access key pair.
      - If not set, the value of the environment variable E(ZENLAYER_TOKEN) is used.
      - Credentials of one kind that are given as options win over those of the other kind in the environment.
    type: str
  api_url:
    description:
      - Base URL of the API, without a path.
      - If not set, the value of the environment variable E(ZENLAYERCLOUD_API_URL) is used.
    type: str
    default: https://console.zenlayer.com
"""
