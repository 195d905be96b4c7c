# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all Tencent Cloud modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  secret_id:
    description:
      - Id of the API key. Needs O(secret_key).
      - If not set, the value of the environment variable E(TENCENTCLOUD_SECRET_ID) is used.
    type: str
  secret_key:
    description:
      - Secret of the API key.
      - If not set, the value of the environment variable E(TENCENTCLOUD_SECRET_KEY) is used.
    type: str
  token:
    description:
      - Token of temporary credentials, together with their O(secret_id) and O(secret_key).
      - If not set, the value of the environment variable E(TENCENTCLOUD_TOKEN) or E(TENCENTCLOUD_SECURITY_TOKEN) is
        used, unless O(secret_id) and O(secret_key) are both given as options.
    type: str
  api_url:
    description:
      - Base URL of the API, without a path.
      - Accounts of the international site use V(https://ssl.intl.tencentcloudapi.com).
        A region is chosen by a host such as V(https://ssl.ap-guangzhou.tencentcloudapi.com).
      - If not set, the value of the environment variable E(TENCENTCLOUD_API_URL) is used.
    type: str
    default: https://ssl.tencentcloudapi.com
"""
