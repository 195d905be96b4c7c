# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: covered_by
short_description: Whether a certificate's names cover a host name
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells whether a host name is covered by one of a certificate's names, as TLS clients and CDNs see it.
  - A wildcard stands for exactly one label. Letter case, a final dot and the form of international names do not matter.
options:
  _input:
    description: The host name. A wildcard is covered by the same wildcard only.
    type: str
    required: true
  names:
    description: The names of the certificate.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: The certificate is good for the shop
  ansible.builtin.assert:
    that: "'shop.example.com' is certops.cdn.covered_by(['*.example.com', 'example.com'])"

- name: Which domains are there
  certops.cdn.zenlayer_domain_cert_info:
  register: found

- name: Domains that it does not cover
  ansible.builtin.debug:
    msg: "{{ found.domains | map(attribute='domain_name') | reject('certops.cdn.covered_by', ['www.example.com']) }}"
"""

RETURN = r"""
_value:
  description: Whether it is covered.
  type: bool
"""

from collections.abc import Callable, Collection

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered


def covered_by(name: str, names: Collection[str]) -> bool:
    if not isinstance(name, str) or isinstance(names, str):
        raise AnsibleFilterError("certops.cdn.covered_by needs a host name and the list of a certificate's names.")
    return covered(names, name)


class TestModule:
    def tests(self) -> dict[str, Callable[..., bool]]:
        return {"covered_by": covered_by}
