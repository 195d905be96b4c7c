# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: zenlayer_removable
short_description: Which stored certificates nobody needs any more
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Leaves those certificates that no domain has bound, and takes out those that are to be kept, which are the ones that
    were just in use, then the first ones.
positional: _input, keep_last
options:
  _input:
    description:
      - Certificates, as M(certops.cdn.zenlayer_certificate_info) returns them with
        O(certops.cdn.zenlayer_certificate_info#module:with_domains=true).
    type: list
    elements: dict
    required: true
  keep_last:
    description: So many are kept, whether they are bound or not. O(previous) come first, then the first ones.
    type: int
    default: 0
  leaving:
    description: Ids of domains that are about to have another certificate, and so do not count.
    type: list
    elements: str
    default: []
  previous:
    description:
      - Ids of the certificates that were in use until now, such as each C(previous_certificate_id) of
        RV(certops.cdn.zenlayer_domain_cert#module:domains). One of them is what somebody would go back to.
    type: list
    elements: str
    default: []
seealso:
  - module: certops.cdn.zenlayer_domain_cert
  - module: certops.cdn.zenlayer_certificate_info
"""

EXAMPLES = r"""
- name: The certificate is stored
  certops.cdn.zenlayer_certificate:
    certificate: "{{ lookup('ansible.builtin.file', 'fullchain.pem') }}"
    private_key: "{{ lookup('ansible.builtin.file', 'privkey.pem') }}"
  register: stored

- name: See which domains have what it supersedes, the latest first
  certops.cdn.zenlayer_certificate_info:
    certificate_ids: "{{ stored.superseded | map(attribute='certificate_id') }}"
    with_domains: true
  register: old

- name: Remove what nobody needs, but for the last one
  certops.cdn.zenlayer_certificate:
    certificate_id: "{{ item.certificate_id }}"
    state: absent
  loop: "{{ old.certificates | certops.cdn.zenlayer_removable(keep_last=1) }}"
  loop_control:
    label: "{{ item.certificate_label }}"
"""

RETURN = r"""
_value:
  description: The certificates that can be removed.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.certops.cdn.plugins.plugin_utils._rotation import removable
from ansible_collections.certops.cdn.plugins.plugin_utils._rows import over_rows


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"zenlayer_removable": over_rows("zenlayer_removable", removable)}
