#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vdms_cert_request_action
short_description: Renew, resubmit or validate a certificate request of VDMS (Edgecast, Edgio) CPS
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Asks the Certificate Provisioning System (CPS) for something that is no property of a certificate request.
  - The request's status is read first. An action that it forbids is refused before anything is sent.
  - To create, change or remove a request, use M(certops.cdn.vdms_cert_request).
extends_documentation_fragment:
  - certops.cdn.vdms
  - certops.cdn.vdms.dcv
  - certops.cdn.connection
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_vdms
attributes:
  check_mode:
    support: full
    details: RV(sent) tells what would be sent. What it would lead to is not known beforehand.
  diff_mode:
    support: partial
    details: Shows the call that is sent, not what it leads to.
  idempotent:
    support: partial
    details:
      - These are actions and no states. Another run sends the same again where the status still allows it.
      - O(action=renew) is unchanged while a renewal is pending and, with O(expires_within), while there is time.
      - O(action=retrigger) and O(action=check_dcv) lead to statuses in which they are refused.
options:
  action:
    description:
      - V(renew) - order the certificate's renewal now. Its domains may have to be validated again. Needed only if the
        provider does not renew it by itself, see O(certops.cdn.vdms_cert_request#module:auto_renew). The request has to
        be V(Active). If a renewal is pending, nothing is sent.
      - V(retrigger) - submit a request again that has timed out or was rejected, so that it was never issued. Any error
        that the provider tells of a request that is not issued counts as a sign of that.
      - V(check_dcv) - have the certificate authority look for the DNS records now. It looks by itself too, for up to a
        week.
      - V(regenerate_tokens) - make new tokens for the DNS records. The old ones are no longer valid then. Not for
        O(certops.cdn.vdms_cert_request#module:dcv_method=Email).
      - V(resend_emails) - send the e-mails again that prove the control of the domains. Only for
        O(certops.cdn.vdms_cert_request#module:dcv_method=Email).
      - The last three are possible while the request waits for the proof of domain control.
    type: str
    choices:
      - renew
      - retrigger
      - check_dcv
      - regenerate_tokens
      - resend_emails
    required: true
  certificate_id:
    description:
      - Id of the request.
      - Exactly one of O(certificate_id) and O(certificate_label) is required.
    type: int
  certificate_label:
    description:
      - The one live request that has exactly this label.
      - Exactly one of O(certificate_id) and O(certificate_label) is required.
    type: str
  domains:
    description:
      - Only these domains of the request. If not set, all of them.
      - For O(action=check_dcv), O(action=regenerate_tokens) and O(action=resend_emails).
      - All domains of a DV certificate share one token.
    type: list
    elements: str
    aliases:
      - domain
  expires_within:
    description:
      - Renew the certificate only if at most so many days are left. Otherwise nothing is sent.
      - For O(action=renew). With it, a task can run every day.
    type: int
seealso:
  - module: certops.cdn.vdms_cert_request
  - module: certops.cdn.vdms_cert_request_info
  - name: Role certops.cdn.vdms_issue
    description: Has a certificate issued, with tasks of yours for the DNS records.
    link: https://github.com/certops/cdn/blob/main/roles/vdms_issue/README.md
notes:
  - The provider's service has very probably ended on 15 January 2025. O(api_url) and O(token_url) lead to a successor
    or a private installation. Nothing could be verified against the real service; what that concerns is listed in the
    collection's C(docs/fidelity.md).
  - A call whose answer was lost is never sent again. The request is read, and if its status, its dates or its tokens
    show that the call was executed, the task goes on. Otherwise it fails, and nobody can tell. E-mails leave no trace.
  - The module does not wait for what it has asked for. O(certops.cdn.vdms_cert_request#module:wait_for) does.
"""

EXAMPLES = r"""
- name: The shop's certificate is renewed in time
  certops.cdn.vdms_cert_request_action:
    certificate_label: shop-prod
    action: renew
    expires_within: 150

- name: Make new tokens
  certops.cdn.vdms_cert_request_action:
    certificate_label: blog-prod
    action: regenerate_tokens
    dns_zones:
      - example.org
  register: renewed

- name: Show the DNS records to publish
  ansible.builtin.debug:
    msg: "{{ item.relative_name }} in {{ item.zone }}: {{ item.type }} {{ item.value }}"
  loop: "{{ renewed.dcv_records }}"
  loop_control:
    label: "{{ item.domain }}"

- name: Have the records looked for
  certops.cdn.vdms_cert_request_action:
    certificate_id: 40022
    action: check_dcv
    domains:
      - blog.example.org
"""

RETURN = r"""
sent:
  description: The call that was, or in check mode would be, sent. V(null) if none was.
  returned: when the request was found, or is known not to exist
  type: dict
  contains:
    action:
      description: The provider's name of the call.
      type: str
      sample: RenewCertificate
    method:
      description: Its HTTP method.
      type: str
      sample: PUT
    path:
      description: Its path.
      type: str
      sample: /sec/cps/v2.0/certificates/40021/renew
    query:
      description: Its query, with the ids of the O(domains).
      type: dict
      sample: {}
certificate_request:
  description:
    - The request with the provider's fields in their own names, as it is after the call.
    - V(null) if there is none. Fields that the provider adds are passed on.
  returned: when it could be read
  type: dict
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
        - V(Processing), V(DomainControlValidation), V(OtherValidation), V(Deployment) or V(Active).
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
      published. Else empty. After
      O(action=regenerate_tokens) they have the new tokens.
    - The provider tells tokens and no records. The forms are those that DigiCert documents for its own customers, and
      could not be verified. Compare them with what the provider's portal shows.
  returned: when the request was found, or is known not to exist
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
        - Content of the record, the token for TXT. For CNAME it is a host of the certificate authority's, for DV with
          the token in front of it.
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
  description: What went wrong, for C(rescue) blocks.
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
      sample: RenewCertificate
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: bad_request
    message:
      description: What went wrong.
      type: str
      sample: VDMS RenewCertificate failed for certificate request shop-prod (40021).
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

from ansible_collections.certops.cdn.plugins.module_utils._module import run_module
from ansible_collections.certops.cdn.plugins.module_utils._vdms import DCV_OPTIONS, OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._vdms_cert_request_action import RequestAction


def main() -> None:
    run_module(
        RequestAction,
        {
            "action": {
                "type": "str",
                "choices": ["renew", "retrigger", "check_dcv", "regenerate_tokens", "resend_emails"],
                "required": True,
            },
            "certificate_id": {"type": "int"},
            "certificate_label": {"type": "str"},
            "domains": {"type": "list", "elements": "str", "aliases": ["domain"]},
            "expires_within": {"type": "int"},
            **DCV_OPTIONS,
            **OPTIONS,
        },
        mutually_exclusive=[("certificate_id", "certificate_label")],
        required_one_of=[("certificate_id", "certificate_label")],
    )


if __name__ == "__main__":
    main()
