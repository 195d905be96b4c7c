#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zenlayer_certificate_info
short_description: List certificates of Zenlayer CDN
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells which certificates are stored at Zenlayer CDN, when they end, and on demand which domains have them bound.
  - All pages are read, several at a time. A certificate has to pass all filters that are given.
  - There are no private keys in the result; the provider never tells them.
extends_documentation_fragment:
  - certops.cdn.zenlayer
  - certops.cdn.connection
  - certops.cdn.batch
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_zenlayer
attributes:
  check_mode:
    support: full
    details: The module only reads.
  diff_mode:
    support: N/A
    details: The module changes nothing.
  idempotent:
    support: full
options:
  certificate_ids:
    description: Only certificates with these ids. Those that do not exist are in RV(not_found).
    type: list
    elements: str
    aliases:
      - certificate_id
  labels:
    description: Only certificates with one of these labels. V(*) stands for any characters.
    type: list
    elements: str
    aliases:
      - label
  name:
    description:
      - Only certificates that cover this host name. So V(www.example.com) finds those for C(*.example.com) too.
      - A wildcard as the name is covered by the same wildcard only.
    type: str
  resource_group_id:
    description: Only certificates of this resource group.
    type: str
  expired:
    description: If V(true), only certificates that have expired. If V(false), only the others.
    type: bool
  expires_within:
    description:
      - Only certificates with at most so many days left. Those that have expired are among them, unless
        O(expired=false).
    type: int
  unbound:
    description:
      - If V(true), only certificates that no domain has bound. If V(false), only the others.
      - The binding of every domain of the account is read for that, with one call each.
      - If the binding of a domain cannot be read, the task fails, and certificates that cover this domain count neither
        as bound nor as unbound.
    type: bool
  with_domains:
    description:
      - Whether to tell which domains have each certificate bound. O(unbound) tells that too, and needs as many calls.
    type: bool
    default: false
seealso:
  - module: certops.cdn.zenlayer_certificate
  - module: certops.cdn.zenlayer_domain_cert
  - module: certops.cdn.zenlayer_domain_cert_info
  - plugin: certops.cdn.zenlayer_removable
    plugin_type: filter
  - name: Role certops.cdn.cert_report
    description: One report of the certificates of all providers.
    link: https://github.com/certops/cdn/blob/main/roles/cert_report/README.md
notes:
  - Not verified against the real service, for want of an account. What that concerns is listed in the collection's
    C(docs/fidelity.md).
"""

EXAMPLES = r"""
- name: Certificates that end within 30 days, and the domains that have them
  certops.cdn.zenlayer_certificate_info:
    expires_within: 30
    expired: false
    with_domains: true
  register: ending

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.domains | map(attribute='domain_name') | join(', ') }}: {{ item.days_left }} days left"
  loop: "{{ ending.certificates }}"
  loop_control:
    label: "{{ item.certificate_label }}"

- name: Certificates that nobody needs
  certops.cdn.zenlayer_certificate_info:
    unbound: true
    label: example-*

- name: What is there for a host
  certops.cdn.zenlayer_certificate_info:
    name: shop.example.com
"""

RETURN = r"""
certificates:
  description: The certificates, those of O(certificate_ids) in the order asked for.
  returned: when they could be listed
  type: list
  elements: dict
  contains:
    certificate_id:
      description: Its id.
      type: str
      sample: cert-0002
    certificate_label:
      description: Its label.
      type: str
      sample: example-2026
    common_name:
      description: Its common name.
      type: str
      sample: "*.example.com"
    sans:
      description: The names it is valid for.
      type: list
      elements: str
      sample: ["*.example.com", "example.com"]
    fingerprint:
      description: Fingerprint of the certificate in lower case without colons. Its length tells the digest.
      type: str
      sample: 0123456789abcdef0123456789abcdef01234567
    issuer:
      description: Name of the issuer.
      type: str
      sample: Example Issuing CA
    not_before:
      description: Begin of its validity in UTC.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: End of its validity in UTC.
      type: str
      sample: "2026-04-01T00:00:00Z"
    days_left:
      description: Whole days until V(not_after). Negative once it has expired.
      type: int
      sample: 89
    expired:
      description: Whether it has expired.
      type: bool
      sample: false
    domains:
      description:
        - The domains that have it bound. V(null) without O(unbound) and O(with_domains).
        - Rows are those of M(certops.cdn.zenlayer_domain_cert_info), without V(certificate) and V(error).
      type: list
      elements: dict
      contains:
        domain_id:
          description: Id of the domain.
          type: str
          sample: dom-0001
        domain_name:
          description: Name of the domain.
          type: str
          sample: www.example.com
        cname:
          description: The name that the domain's CNAME record points to.
          type: str
          sample: www.example.com.cdn-target.example.net
        config_status:
          description: Status of the last rollout as the provider tells it.
          type: str
          sample: DEPLOYED
        domain_status:
          description: Status of the domain as the provider tells it.
          type: str
          sample: ENABLED
        certificate_id:
          description: Id of the certificate, which is this one.
          type: str
          sample: cert-0002
        days_left:
          description: Whole days until the certificate ends, as above.
          type: int
          sample: 89
not_found:
  description: Those of O(certificate_ids) that do not exist.
  returned: when the certificates could be listed
  type: list
  elements: str
  sample: []
error:
  description: The first error, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    provider:
      description: Name of the provider.
      type: str
      sample: Zenlayer
    action:
      description: The call that failed; empty if there was none.
      type: str
      sample: DescribeCertificates
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: AUTHFAILURE_SIGNATURE_FAILURE
    message:
      description: What went wrong.
      type: str
      sample: Zenlayer DescribeCertificates failed.
    http_status:
      description: HTTP status of the answer, if there was one.
      type: int
      sample: 401
    request_id:
      description: The provider's id of the request.
      type: str
      sample: T-11111111
    outcome:
      description: Whether the call was V(not_executed), V(refused), or nobody can tell (V(unknown)).
      type: str
      sample: refused
"""

from ansible_collections.certops.cdn.plugins.module_utils._module import BATCH_OPTIONS, run_query
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_certificate_info import CertificateQuery


def main() -> None:
    run_query(
        CertificateQuery,
        {
            "certificate_ids": {"type": "list", "elements": "str", "aliases": ["certificate_id"]},
            "labels": {"type": "list", "elements": "str", "aliases": ["label"]},
            "name": {"type": "str"},
            "resource_group_id": {"type": "str"},
            "expired": {"type": "bool"},
            "expires_within": {"type": "int"},
            "unbound": {"type": "bool"},
            "with_domains": {"type": "bool", "default": False},
            **BATCH_OPTIONS,
            **OPTIONS,
        },
    )


if __name__ == "__main__":
    main()
