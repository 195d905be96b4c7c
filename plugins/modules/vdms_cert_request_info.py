#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vdms_cert_request_info
short_description: List certificate requests of VDMS (Edgecast, Edgio) CPS
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells which certificate requests there are in the Certificate Provisioning System (CPS), with their status and
    dates, what proves the control of their domains, and where to point your own CNAME records.
  - All pages are read, and the status of each request, several at a time. A request has to pass all filters that are
    given.
  - A request that cannot be read does not hide the others. The task fails at the end.
extends_documentation_fragment:
  - certops.cdn.vdms
  - certops.cdn.vdms.request_filters
  - certops.cdn.vdms.dcv
  - certops.cdn.connection
  - certops.cdn.batch
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_vdms
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
  - module: certops.cdn.vdms_cert_request
  - module: certops.cdn.vdms_cert_request_action
  - plugin: certops.cdn.cdn_domains
    plugin_type: inventory
  - name: Role certops.cdn.cert_report
    description: One report of the certificates of all providers.
    link: https://github.com/certops/cdn/blob/main/roles/cert_report/README.md
notes:
  - The provider's service has very probably ended on 15 January 2025. O(api_url) and O(token_url) lead to a successor
    or a private installation. Nothing could be verified against the real service; what that concerns is listed in the
    collection's C(docs/fidelity.md).
  - One request to the provider for 20 certificate requests, and at least one more for each that passes the filters on
    what the list tells. O(certificate_label) without V(*) and O(certificate_ids) are the fastest.
"""

EXAMPLES = r"""
- name: Requests that wait for somebody
  certops.cdn.vdms_cert_request_info:
    requires_attention: true
    dns_zones:
      - example.org
  register: waiting

- name: Show the DNS records to publish
  ansible.builtin.debug:
    msg: "{{ item.1.name }} {{ item.1.type }} {{ item.1.value }}"
  loop: "{{ waiting.certificate_requests | subelements('dcv_records') }}"
  loop_control:
    label: "{{ item.0.certificate_label }}"

- name: Certificates of the shop that expire within half a year
  certops.cdn.vdms_cert_request_info:
    certificate_label: shop-*
    domain: "*.example.org"
    expires_within: 180
  register: ending

- name: Show where to point their names
  ansible.builtin.debug:
    msg: "{{ item.domains | map(attribute='name') | join(', ') }} -> {{ item.target_cname }}"
  loop: "{{ ending.certificate_requests }}"
  loop_control:
    label: "{{ item.certificate_label }}"
"""

RETURN = r"""
certificate_requests:
  description:
    - The requests that pass all filters, in the order of O(certificate_ids), or as the provider lists them. Each has
      the provider's fields in their own names, as in M(certops.cdn.vdms_cert_request), and some more.
    - Fields that the provider adds are passed on. Those that could not be read are V(null), see
      RV(certificate_requests[].error).
  returned: when any could be read
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: int
      sample: 40021
    certificate_label:
      description: Its name.
      type: str
      sample: shop-prod
    description:
      description: Its description.
      type: str
      sample: Shop front
    auto_renew:
      description: Whether the provider renews the certificate by itself.
      type: bool
      sample: true
    certificate_authority:
      description: The certificate authority.
      type: str
      sample: DigiCert
    validation_type:
      description: How much the certificate authority validates.
      type: str
      sample: DV
    dcv_method:
      description: How the control of the domains is proved.
      type: str
      sample: DnsTxtToken
    domains:
      description: The names of the certificate.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the domain.
          type: int
          sample: 91001
        name:
          description: Its name.
          type: str
          sample: shop.example.org
        is_common_name:
          description: Whether it is the common name.
          type: bool
          sample: true
        status:
          description: Its status.
          type: str
          sample: Active
        created:
          description: When it was added, in UTC.
          type: str
          sample: "2024-03-01T09:00:00Z"
        active_date:
          description: When it became active, in UTC. The provider's documentation says that it is always V(null).
          type: str
          sample: null
    organization:
      description: The organization with all its fields. V(null) for DV.
      type: dict
      sample: null
    request_type:
      description: The kind of request.
      type: str
      sample: Enterprise
    thumbprint:
      description: Fingerprint of the certificate. V(null) until it is issued.
      type: str
      sample: 0F3C9A5B7D1E2F4061728394A5B6C7D8E9F00112
    expiration_date:
      description: End of the certificate's validity in UTC. V(null) until it is issued.
      type: str
      sample: "2025-03-01T23:59:59Z"
    days_left:
      description: Whole days until V(expiration_date).
      type: int
      sample: 120
    target_cname:
      description:
        - The host that your own CNAME record has to point to, from the deployment on the platform V(HttpLarge).
        - V(null) until it is deployed, or if there are several.
      type: str
      sample: cs1.wpc.example.net
    created:
      description: When the request was made, in UTC.
      type: str
      sample: "2024-03-01T09:00:00Z"
    created_by:
      description: Who made it. The fields are usually V(null).
      type: dict
      contains:
        user_id:
          description: Id of a user.
          type: int
          sample: null
        portal_type_id:
          description: Kind of portal.
          type: str
          sample: null
        identity_id:
          description: Id of an identity.
          type: str
          sample: null
        identity_type:
          description: Kind of identity.
          type: str
          sample: null
    last_modified:
      description: When it was changed last, in UTC.
      type: str
      sample: "2024-03-02T10:30:00Z"
    modified_by:
      description: Who changed it last, in the shape of V(created_by). Usually V(null).
      type: dict
      sample: null
    deployments:
      description: Where the certificate is deployed. Empty until it is.
      type: list
      elements: dict
      contains:
        delivery_region:
          description: The region.
          type: str
          sample: GlobalStandard
        platform:
          description: The platform.
          type: str
          sample: HttpLarge
        hex_url:
          description: The host name of the deployment, see V(target_cname).
          type: str
          sample: cs1.wpc.example.net
    workflow_error_message:
      description: The provider's error with the request as a whole.
      type: str
      sample: null
    status:
      description:
        - V(Processing), one of those in O(statuses).
        - V(null) if it could not be read.
      type: str
      sample: Active
    requires_attention:
      description: Whether somebody has to do something before it goes on.
      type: bool
      sample: false
    error_message:
      description: The provider's error with the present step. V(null) if there is none.
      type: str
      sample: null
    order_status:
      description: Status of the order at the certificate authority. V(null) until there is one.
      type: str
      sample: Issued
    dcv_records:
      description:
        - What proves the control of the domains while the request waits for that, as DNS records that are ready to be
          published. Else empty.
        - The provider tells tokens and no records. The forms are those that DigiCert documents for its own customers,
          and could not be verified. Compare them with what the provider's portal shows.
      type: list
      elements: dict
      contains:
        domain:
          description: The domain.
          type: str
          sample: img.example.org
        type:
          description: V(TXT) or V(CNAME) for a record, V(Email) for e-mails that have to be answered.
          type: str
          sample: TXT
        name:
          description:
            - Name of the record. A leading V(*.) of the domain is left out.
            - For TXT it is the domain. For CNAME, V(_dnsauth.) stands in front of it for DV, the token for OV and EV.
            - V(null) for e-mails.
          type: str
          sample: img.example.org
        zone:
          description: The longest of O(dns_zones) that the name lies in. V(null) if it lies in none.
          type: str
          sample: example.org
        relative_name:
          description: Name of the record relative to that zone, V(@) for the zone itself. V(null) without a zone.
          type: str
          sample: img
        value:
          description:
            - Content of the record, the token for TXT. For CNAME it is a host of the certificate authority's, for DV
              with the token in front of it.
            - V(null) for e-mails, and if it takes a token that the provider has not made yet.
          type: str
          sample: 7d1e2f4061728394a5b6c7d8e9f00112
        token:
          description: The provider's token. V(null) for e-mails, and as long as it is not made.
          type: str
          sample: 7d1e2f4061728394a5b6c7d8e9f00112
        emails:
          description: The addresses to which the e-mails are sent.
          type: list
          elements: str
          sample: []
        validation_status:
          description: How far the provider is with the domain, such as V(Pending) or V(Approved).
          type: str
          sample: Pending
    error:
      description: What of this request could not be read, in the shape of RV(error). V(null) if all could.
      type: dict
not_found:
  description: Those of O(certificate_ids) that do not exist in this account.
  returned: when any could be read
  type: list
  elements: int
  sample: []
error:
  description: The first error, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    provider:
      description: Name of the provider.
      type: str
      sample: VDMS
    action:
      description: The call that failed; empty if there was none.
      type: str
      sample: GetCertificateRequestStatus
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: bad_request
    message:
      description: What went wrong.
      type: str
      sample: VDMS GetCertificateRequestStatus failed for certificate request 40021.
    http_status:
      description: HTTP status of the answer, if there was one.
      type: int
      sample: 400
    request_id:
      description: Always V(null), as the provider has no such ids.
      type: str
      sample: null
    outcome:
      description: Whether the call was V(not_executed), V(refused), or nobody can tell (V(unknown)).
      type: str
      sample: refused
"""

from ansible_collections.certops.cdn.plugins.module_utils._module import BATCH_OPTIONS, run_query
from ansible_collections.certops.cdn.plugins.module_utils._vdms import DCV_OPTIONS, OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._vdms_cert_request_info import (
    EXCLUSIVE,
    FILTERS,
    RequestQuery,
)


def main() -> None:
    run_query(
        RequestQuery,
        {**FILTERS, **DCV_OPTIONS, **BATCH_OPTIONS, **OPTIONS},
        mutually_exclusive=EXCLUSIVE,
    )


if __name__ == "__main__":
    main()
