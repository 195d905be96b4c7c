# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: zenlayer_edge_targets
short_description: Where the edges of Zenlayer CDN domains are
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells M(certops.cdn.edge_cert_verify) where to connect to, and which names to ask for, to see what the edges of
    domains serve.
  - The edges of a domain are found by its CNAME. They are asked for the domain's own name.
  - A wildcard domain such as C(*.example.com) is asked for C(certificate-check.example.com).
positional: _input, host, port
options:
  _input:
    description:
      - Domains, as M(certops.cdn.zenlayer_domain_cert) and M(certops.cdn.zenlayer_domain_cert_info) return them.
    type: list
    elements: dict
    required: true
  host:
    description: A host that stands for all edges, instead of the CNAME of each domain. If empty, it counts as not set.
    type: str
    default: ''
  port:
    description: The port of the edges.
    type: int
    default: 443
seealso:
  - module: certops.cdn.edge_cert_verify
"""

EXAMPLES = r"""
- name: Find the domain's CNAME
  certops.cdn.zenlayer_domain_cert_info:
    domain_names:
      - www.example.com
  register: found

- name: See what its edges serve
  certops.cdn.edge_cert_verify:
    targets: "{{ found.domains | certops.cdn.zenlayer_edge_targets }}"
    min_days_left: 14
"""

RETURN = r"""
_value:
  description:
    - Targets, each with V(host), V(server_name) and V(port), for the option
      O(certops.cdn.edge_cert_verify#module:targets).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.certops.cdn.plugins.plugin_utils._rotation import edge_targets
from ansible_collections.certops.cdn.plugins.plugin_utils._rows import over_rows


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"zenlayer_edge_targets": over_rows("zenlayer_edge_targets", edge_targets)}
