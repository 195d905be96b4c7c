#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tencent_cert_info
short_description: List certificates of Tencent Cloud SSL
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells which certificates there are at Tencent Cloud SSL, with their names, review status and dates.
  - All pages are read, several at a time. A certificate has to pass all filters that are given.
  - Neither private keys nor what applicants have submitted is ever asked for.
extends_documentation_fragment:
  - certops.cdn.tencent
  - certops.cdn.tencent.certificate_filters
  - certops.cdn.connection
  - certops.cdn.batch
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_tencent
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
  - module: certops.cdn.tencent_cert_resubmit
  - plugin: certops.cdn.cdn_domains
    plugin_type: inventory
  - name: Role certops.cdn.cert_report
    description: One report of the certificates of all providers.
    link: https://github.com/certops/cdn/blob/main/roles/cert_report/README.md
  - name: DescribeCertificates
    description: The provider's description of the call.
    link: https://www.tencentcloud.com/document/product/1007/36585
notes:
  - Not verified against the real service, for want of an account. What that concerns is listed in the collection's
    C(docs/fidelity.md).
  - Needs the CAM permission C(ssl:DescribeCertificates) and no other.
  - Where a part of a long list cannot be read, the task fails, but RV(certificates) still has the others.
"""

EXAMPLES = r"""
- name: Certificates that expire within a year
  certops.cdn.tencent_cert_info:
    domain: "*.example.com"
    expires_within: 365
  register: ending

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.domain }}: {{ item.days_left }} days left, until {{ item.not_after }}"
  loop: "{{ ending.certificates }}"
  loop_control:
    label: "{{ item.certificate_id }}"

- name: Certificates whose review has failed or was cancelled
  certops.cdn.tencent_cert_info:
    resubmittable: true
  register: stuck

- name: Have the reviews that have failed asked for again, but not those of the blog
  certops.cdn.tencent_cert_resubmit:
    certificate_ids: >-
      {{ stuck.certificates | selectattr('status_name', '==', 'rejected') | rejectattr('alias', '==', 'blog')
      | map(attribute='certificate_id') }}

- name: Two certificates by their ids
  certops.cdn.tencent_cert_info:
    certificate_ids:
      - issued00
      - review00
"""

RETURN = r"""
certificates:
  description:
    - The certificates that pass all filters, in the order of O(certificate_ids), or as the provider lists them.
  returned: when any could be read
  type: list
  elements: dict
  contains:
    certificate_id:
      description: Id of the certificate.
      type: str
      sample: issued00
    alias:
      description: Its alias. V(null) if it has none.
      type: str
      sample: shop
    domain:
      description: Its domain.
      type: str
      sample: www.example.com
    sans:
      description: Its alternative names.
      type: list
      elements: str
      sample: ["www.example.com", "example.com"]
    status:
      description: The provider's number of its status.
      type: int
      sample: 1
    status_name:
      description: The name of that status, one of those in O(statuses). V(null) for a number that is not known.
      type: str
      sample: issued
    status_message:
      description: The provider's text about the status. It can be outdated, so nothing is concluded from it.
      type: str
      sample: CA-REVIEWING
    resubmittable:
      description:
        - Whether M(certops.cdn.tencent_cert_resubmit) can ask for its review again. That is so where it is V(rejected)
          or V(cancelled) and was not uploaded.
      type: bool
      sample: false
    source:
      description: V(bought) through Tencent Cloud, or V(uploaded). V(null) if the provider does not tell.
      type: str
      sample: bought
    certificate_authority:
      description: The provider's word for where it was bought. V(null) for one that was uploaded.
      type: str
      sample: trustasia
    certificate_type:
      description: V(server) or V(client).
      type: str
      sample: server
    product_name:
      description: The provider's name of the product.
      type: str
      sample: OV SSL
    validation_method:
      description: How the control of its domains is proved, such as V(DNS), V(DNS_AUTO) or V(FILE).
      type: str
      sample: DNS
    not_before:
      description: Begin of its validity in UTC. V(null) until it is issued.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: End of its validity in UTC. V(null) until it is issued.
      type: str
      sample: "2027-01-01T00:00:00Z"
    days_left:
      description: Whole days until V(not_after), negative once it has expired.
      type: int
      sample: 265
    created:
      description: When it was applied for or uploaded, in UTC.
      type: str
      sample: "2025-12-30T00:00:00Z"
    renewable:
      description: Whether it can be renewed.
      type: bool
      sample: false
    auto_renew:
      description: Whether the provider renews it by itself.
      type: bool
      sample: false
    deployable:
      description: Whether it can be deployed to other services of the provider's.
      type: bool
      sample: true
    project_id:
      description: Id of its project.
      type: str
      sample: "0"
    tags:
      description: Its tags.
      type: dict
      sample: {}
not_found:
  description: Those of O(certificate_ids) that are no certificates of this account. Empty if not all could be read.
  returned: when any could be read
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
      sample: Tencent Cloud
    action:
      description: The call that failed; empty if there was none.
      type: str
      sample: DescribeCertificates
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: AuthFailure.SignatureFailure
    message:
      description: What went wrong.
      type: str
      sample: Tencent Cloud DescribeCertificates failed.
    http_status:
      description: HTTP status of the answer, if there was one. The provider answers errors with 200 too.
      type: int
      sample: 200
    request_id:
      description: The provider's id of the request.
      type: str
      sample: 6f1f2c9e-0000-4000-8000-000000000003
    outcome:
      description: Whether the call was V(not_executed), V(refused), or nobody can tell (V(unknown)).
      type: str
      sample: refused
"""

from ansible_collections.certops.cdn.plugins.module_utils._module import BATCH_OPTIONS, run_query
from ansible_collections.certops.cdn.plugins.module_utils._tencent import OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._tencent_cert_info import FILTERS, CertificateQuery


def main() -> None:
    run_query(
        CertificateQuery,
        {**FILTERS, **BATCH_OPTIONS, **OPTIONS},
    )


if __name__ == "__main__":
    main()
