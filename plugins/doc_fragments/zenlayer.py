# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that all Zenlayer modules share."""

from __future__ import annotations

from ansible_collections.certops.cdn.plugins.plugin_utils._documentation import as_suboptions


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  access_key_id:
    description:
      - Id of the access key pair. Needs O(access_key_password).
      - If not set, the value of the environment variable E(ZENLAYERCLOUD_ACCESS_KEY_ID) or
        E(ZENLAYER_ACCESS_KEY_ID) is used. Both halves of a pair come from variables of the same family.
      - One half as an option and the other half from a pair in the environment is refused.
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

    DOMAIN_FILTERS = r"""
options:
  domain_ids:
    description:
      - Only domains with these ids. It is no error that some do not exist, but it is told.
      - Not together with O(domain_names).
    type: list
    elements: str
    aliases:
      - domain_id
  domain_names:
    description:
      - Only domains with these names, or names that fit a pattern such as V(*.example.com). A wildcard stands for
        exactly one label, as in M(certops.cdn.zenlayer_domain_cert).
      - It is no error that a name or pattern has no domain, but it is told.
      - Not together with O(domain_ids).
    type: list
    elements: str
    aliases:
      - domain_name
  covered_by:
    description:
      - Only domains that one of these names of a certificate covers, so those that V(all_covered) of
        M(certops.cdn.zenlayer_domain_cert) would choose.
    type: list
    elements: str
  resource_group_id:
    description: Only domains of this resource group.
    type: str
  config_status:
    description:
      - Only domains whose last rollout is in one of these states. V(FAILED) finds failed rollouts.
      - Every other word that the provider tells counts as V(IN_PROGRESS).
    type: list
    elements: str
    choices:
      - IN_PROGRESS
      - DEPLOYED
      - FAILED
  certificate_id:
    description: Only domains that have this certificate bound.
    type: str
  certificate_labels:
    description:
      - Only domains that have a certificate with one of these labels bound. V(*) stands for any characters.
    type: list
    elements: str
    aliases:
      - certificate_label
  unbound:
    description: If V(true), only domains without a certificate. If V(false), only the others.
    type: bool
  expires_within:
    description: Only domains whose certificate has at most so many days left. Those whose has expired are among them.
    type: int
"""

    # Annotated, because ansible-test takes every plain assignment here for a text.
    PLUGIN: str = as_suboptions(
        "zenlayer",
        "Credentials for Zenlayer CDN, and which domains to list.",
        "zenlayer_domain_cert_info",
        DOCUMENTATION,
        DOMAIN_FILTERS,
    )
