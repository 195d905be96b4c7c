#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zenlayer_domain_cert_info
short_description: List Zenlayer CDN domains and the certificates bound to them
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells which accelerated domains there are at Zenlayer CDN, which certificate each has bound, and whether its last
    rollout is finished.
  - All pages are read, several at a time, and then the bindings, with one call for each domain.
  - A domain has to pass all filters that are given.
  - There are no private keys in the result; the provider never tells them.
extends_documentation_fragment:
  - certops.cdn.zenlayer
  - certops.cdn.zenlayer.domain_filters
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
seealso:
  - module: certops.cdn.zenlayer_domain_cert
  - module: certops.cdn.zenlayer_certificate
  - module: certops.cdn.zenlayer_certificate_info
  - module: certops.cdn.edge_cert_verify
  - plugin: certops.cdn.cdn_domains
    plugin_type: inventory
  - name: Role certops.cdn.cert_report
    description: One report of the certificates of all providers.
    link: https://github.com/certops/cdn/blob/main/roles/cert_report/README.md
notes:
  - Not verified against the real service, for want of an account. What that concerns is listed in the collection's
    C(docs/fidelity.md).
  - Where the binding of a domain cannot be read, its row has V(error) and passes the filters that concern the
    certificate. The task fails, but the other rows are told too.
"""

EXAMPLES = r"""
- name: Domains whose certificate ends within 30 days
  certops.cdn.zenlayer_domain_cert_info:
    domain_names:
      - "*.example.com"
    expires_within: 30
  register: ending

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.domain_name }}: {{ item.days_left }} days left"
  loop: "{{ ending.domains }}"
  loop_control:
    label: "{{ item.domain_id }}"

- name: Domains whose last rollout has failed
  certops.cdn.zenlayer_domain_cert_info:
    config_status: FAILED

- name: Domains without a certificate
  certops.cdn.zenlayer_domain_cert_info:
    unbound: true
"""

RETURN = r"""
domains:
  description: The domains, those of O(domain_ids) and O(domain_names) in the order asked for.
  returned: when they could be listed
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
      description: Id of the certificate that is bound to it. V(null) if there is none.
      type: str
      sample: cert-0002
    days_left:
      description: Whole days until that certificate ends, negative once it has. V(null) if there is none.
      type: int
      sample: 89
    certificate:
      description: The certificate that is bound to it. V(null) if there is none.
      type: dict
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
    error:
      description: Why its binding could not be read, in the shape of RV(error). V(null) if it could.
      type: dict
not_found:
  description: Those of O(domain_ids) or O(domain_names) that match no domain.
  returned: when the domains could be listed
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
      sample: DescribeDomainCertificate
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: DOMAIN_OPERATION_NO_PERMISSION
    message:
      description: What went wrong.
      type: str
      sample: Zenlayer DescribeDomainCertificate failed for domain www.example.com (dom-0001).
    http_status:
      description: HTTP status of the answer, if there was one.
      type: int
      sample: 403
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
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_domain_cert_info import (
    EXCLUSIVE,
    FILTERS,
    DomainQuery,
)


def main() -> None:
    run_query(
        DomainQuery,
        {**FILTERS, **BATCH_OPTIONS, **OPTIONS},
        mutually_exclusive=EXCLUSIVE,
    )


if __name__ == "__main__":
    main()
