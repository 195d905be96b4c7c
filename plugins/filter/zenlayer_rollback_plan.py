# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: zenlayer_rollback_plan
short_description: What to bind again where the edges do not serve a new certificate
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Finds the domains whose edges do not prove that the certificate bound to them is served, and for each of them the
    certificate to go back to.
  - That is the one that M(certops.cdn.zenlayer_domain_cert) has replaced. Where an earlier run had bound the new one
    already, it is the stored certificate that the edges still serve.
  - Where none of all edges could be reached, nothing is gone back to. That tells of the way to them, and not of the
    certificate.
  - A certificate that has expired, is not stored any more, or does not cover the domain, is never gone back to.
positional: _input, edges, certificates
options:
  _input:
    description: Domains, as M(certops.cdn.zenlayer_domain_cert) returns them.
    type: list
    elements: dict
    required: true
  edges:
    description:
      - What M(certops.cdn.edge_cert_verify) has found at the targets that
        P(certops.cdn.zenlayer_edge_targets#filter) gave for these domains.
    type: list
    elements: dict
    required: true
  certificates:
    description: The stored certificates, as M(certops.cdn.zenlayer_certificate_info) returns them.
    type: list
    elements: dict
    required: true
  host:
    description: As for P(certops.cdn.zenlayer_edge_targets#filter).
    type: str
    default: ''
seealso:
  - plugin: certops.cdn.zenlayer_edge_targets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: The domains serve a certificate
  certops.cdn.zenlayer_domain_cert:
    certificate_label: example-2026
    domain_names:
      - www.example.com
  register: bound

- name: The edges prove it
  certops.cdn.edge_cert_verify:
    targets: "{{ bound.domains | certops.cdn.zenlayer_edge_targets }}"
    certificate: "{{ lookup('ansible.builtin.file', 'example-2026.pem') }}"
  register: verified
  ignore_errors: true

- name: See what is stored
  certops.cdn.zenlayer_certificate_info:
  register: stored

- name: Tell what to do
  ansible.builtin.debug:
    msg: "{{ item.domain_name }} goes back to {{ item.certificate_label | default('nothing: ' ~ item.reason, true) }}"
  loop: "{{ bound.domains | certops.cdn.zenlayer_rollback_plan(verified.edges, stored.certificates) }}"
  loop_control:
    label: "{{ item.domain_id }}"
"""

RETURN = r"""
_value:
  description:
    - An entry for each domain without proof. Empty if there is none.
    - V(domain_id) and V(domain_name) tell which domain, V(found) what is wrong in words, V(certificate_id) and
      V(certificate_label) what to bind again.
    - Where there is nothing to go back to, V(certificate_id) is V(null), and V(reason) tells why.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.certops.cdn.plugins.plugin_utils._rotation import rollback_plan
from ansible_collections.certops.cdn.plugins.plugin_utils._rows import over_rows


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"zenlayer_rollback_plan": over_rows("zenlayer_rollback_plan", rollback_plan)}
