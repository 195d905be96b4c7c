# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all Tencent Cloud modules share."""

from __future__ import annotations

from ansible_collections.certops.cdn.plugins.plugin_utils._documentation import as_suboptions


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

    CERTIFICATE_FILTERS = r"""
options:
  certificate_ids:
    description: Only certificates with these ids. It is no error that some do not exist, but it is told.
    type: list
    elements: str
    aliases:
      - certificate_id
  domains:
    description:
      - Only certificates that have one of these names, as their domain or among their alternative names.
      - V(*) stands for any characters, dots among them. So V(*.example.com) also fits C(a.b.example.com).
      - Names are compared as they stand in the certificate. V(www.example.com) does not fit a certificate for
        C(*.example.com).
    type: list
    elements: str
    aliases:
      - domain
  alias:
    description: Only certificates with this alias. V(*) stands for any characters.
    type: str
  statuses:
    description: Only certificates in one of these statuses.
    type: list
    elements: str
    choices:
      - reviewing
      - issued
      - rejected
      - expired
      - dns_record_added
      - awaiting_documents
      - cancelling
      - cancelled
      - awaiting_confirmation_letter
      - revoking
      - revoked
      - reissuing
      - awaiting_revocation_letter
      - free_awaiting_documents
      - refunded
      - migrating
    aliases:
      - status
  expires_within:
    description:
      - Only certificates with at most so many days left. Those that have expired are among them, those that are not
        issued yet are not.
    type: int
  resubmittable:
    description:
      - If V(true), only certificates whose review M(certops.cdn.tencent_cert_resubmit) can ask for again. If V(false),
        only the others.
    type: bool
"""

    # Annotated, because ansible-test takes every plain assignment here for a text.
    PLUGIN: str = as_suboptions(
        "tencent",
        "Credentials for Tencent Cloud SSL, and which certificates to list.",
        "tencent_cert_info",
        DOCUMENTATION,
        CERTIFICATE_FILTERS,
    )
