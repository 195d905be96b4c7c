#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vdms_cert_request
short_description: Manage a certificate request of VDMS (Edgecast, Edgio) CPS
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Creates, updates and removes a certificate request of the Certificate Provisioning System (CPS).
  - The present properties are read from the provider, and exactly those that differ are sent. Properties that are not
    given are left alone; V(false) and the empty string are values.
  - A change that the request's status forbids is refused before anything is written.
extends_documentation_fragment:
  - certops.cdn.vdms
  - certops.cdn.vdms.dcv
  - certops.cdn.connection
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_vdms
  - certops.cdn.attributes.progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) - the request exists and has these properties. It is created if only O(certificate_label) is given
        and no live request has that label.
      - V(absent) - there is no such request. It is cancelled or deleted, as its status asks for. The other properties
        do not matter then.
    type: str
    choices:
      - present
      - absent
    default: present
  certificate_id:
    description:
      - Id of the request.
      - With it nothing is ever created, and O(certificate_label) is a value to set.
      - At least one of O(certificate_id) and O(certificate_label) is required.
    type: int
  certificate_label:
    description:
      - Name of the request. Without O(certificate_id), the one live request that has exactly this label is meant.
      - At least one of O(certificate_id) and O(certificate_label) is required.
      - The provider's documentation allows letters, digits, V(_) and V(-).
      - Labels are unique, and the label of a deleted request stays taken. One that another request has is refused
        before anything is written.
    type: str
  description:
    description: Description of the request. It can be empty.
    type: str
  auto_renew:
    description: Whether the provider renews the certificate by itself before it expires.
    type: bool
  dcv_method:
    description:
      - How the control of the domains is proved. Needed to create a request.
      - After a change of it while the domains are validated, RV(dcv_records) has the new records.
    type: str
    choices:
      - Email
      - DnsCnameToken
      - DnsTxtToken
  domains:
    description:
      - The names of the certificate, all of them. Needed to create a request.
      - They are compared as a set. Letter case, order, a final dot and the spelling of international names do not
        matter.
      - They can be changed in the statuses V(Deployment) and V(Active) only. That makes the provider order a new
        certificate, whose domains may have to be validated again.
    type: list
    elements: dict
    suboptions:
      name:
        description: The domain name.
        type: str
        required: true
      is_common_name:
        description:
          - Whether it is the common name. One domain at most can be it.
          - If none is marked, the common name that the request has is kept, or the provider chooses one.
        type: bool
        default: false
  validation_type:
    description:
      - How much the certificate authority validates. Needed to create a request.
      - It cannot be changed. A difference on a request that exists is an error.
    type: str
    choices:
      - DV
      - OV
      - EV
  certificate_authority:
    description:
      - The certificate authority. V(DigiCert) if not given when a request is created.
      - It cannot be changed. A difference on a request that exists is an error.
    type: str
    choices:
      - DigiCert
      - LetsEncrypt
  organization:
    description:
      - The organization that the certificate is for. Needed to create a request with O(validation_type=OV) or
        O(validation_type=EV), refused with O(validation_type=DV).
      - The provider takes the organization with the id, else one with exactly that name, and ignores all other fields
        then. Only if there is none, it makes a new one out of them. An organization that exists cannot be edited. So a
        request's organization counts as different if its id differs or, where none is given, its name.
      - It can be changed in the statuses V(Deployment) and V(Active) only.
    type: dict
    suboptions:
      id:
        description: Id of an organization, or V(0) for one that is known to DigiCert only.
        type: int
      company_name:
        description: Name of the organization.
        type: str
      company_address:
        description: First line of the address.
        type: str
      company_address2:
        description: Second line of the address.
        type: str
      city:
        description: City.
        type: str
      state:
        description: Abbreviation of the state. Needed in the US.
        type: str
      zip_code:
        description: Postal code. Needed in the US.
        type: str
      country:
        description: Country as a two-letter code (ISO 3166).
        type: str
      organizational_unit:
        description: Part of the organization.
        type: str
      contact_first_name:
        description: First name of the contact.
        type: str
      contact_last_name:
        description: Last name of the contact.
        type: str
      contact_email:
        description: E-mail address of the contact.
        type: str
      contact_phone:
        description: Phone number of the contact.
        type: str
      contact_title:
        description: Job title of the contact.
        type: str
      additional_contacts:
        description: More contacts. A new organization needs one of type V(EvApprover) for O(validation_type=EV).
        type: list
        elements: dict
        suboptions:
          contact_type:
            description: What the contact is for.
            type: str
            choices:
              - EvApprover
              - OrganizationContact
              - TechnicalContact
            required: true
          first_name:
            description: First name.
            type: str
          last_name:
            description: Last name.
            type: str
          email:
            description: E-mail address.
            type: str
          phone:
            description: Phone number.
            type: str
          title:
            description: Job title.
            type: str
  notifications:
    description: Which e-mails are sent to whom. Types that are not listed are left alone.
    type: list
    elements: dict
    suboptions:
      notification_type:
        description: What the e-mails are about.
        type: str
        choices:
          - CertificateRenewal
          - CertificateExpiring
          - PendingValidations
        required: true
      enabled:
        description: Whether these e-mails are sent.
        type: bool
        default: true
      emails:
        description:
          - The addresses. Needed if they are enabled; else those that are set are left alone if none are given.
          - The provider accepts addresses of its portal's users only.
        type: list
        elements: str
  wait_for:
    description:
      - What to wait for, also where nothing had to be changed. Not in check mode.
      - V(none) - do not wait.
      - V(validation) - the proof of domain control can be given, see RV(dcv_records). It is status
        V(DomainControlValidation) or a later one, and the provider has made the tokens for DNS records. That can take
        some minutes longer than the status.
      - V(validated) - the control of the domains is proved. It is status V(OtherValidation) or a later one, and no
        domain of an order for a changed or renewed certificate is pending.
      - V(deployment) - the certificate is issued. It is status V(Deployment) or V(Active).
      - V(active) - the certificate is live. It is status V(Active).
      - An order that the provider has for changed domains or a changed organization belongs to V(deployment) and
        V(active).
      - An order that was rejected, cancelled or revoked or has expired ends the wait as a failure. But a certificate
        that is issued outlives a renewal that was rejected, and a reissue that was rejected and was not ordered by this
        task. Both are warnings.
      - With O(state=absent), everything but V(none) waits until the request is gone.
    type: str
    choices:
      - none
      - validation
      - validated
      - deployment
      - active
    default: none
  wait_timeout:
    description:
      - For how many seconds to wait.
      - Validation needs a human, and the certificate authority may take hours or days.
    type: float
    default: 1200
  wait_interval:
    description: The longest pause between two looks at the status in seconds. The first ones are shorter.
    type: float
    default: 30
seealso:
  - module: certops.cdn.vdms_cert_request_action
  - module: certops.cdn.vdms_cert_request_info
  - name: Role certops.cdn.vdms_issue
    description: Has a certificate issued, with tasks of yours for the DNS records.
    link: https://github.com/certops/cdn/blob/main/roles/vdms_issue/README.md
  - name: Update Certificate Request
    description: The provider's description of the call that changes a request.
    link: https://developer.edgecast.com/
notes:
  - The provider's service has very probably ended on 15 January 2025. O(api_url) and O(token_url) lead to a successor
    or a private installation. Nothing could be verified against the real service; what that concerns is listed in the
    collection's C(docs/fidelity.md).
  - A request that is deleted keeps its label for ever, so that O(state=absent) followed by O(state=present) fails.
  - Deleting a certificate may also delete the CNAME record that the provider made for it. A later certificate gets a
    new one, and your own CNAME record must be changed.
  - A request can take up to three writes, for its basic properties, its notifications and its organization, in this
    order. Where one fails, RV(changes) tells what was done before. A request that was created is kept, even if its
    notifications are refused.
  - Before a request is created, its label is looked for. A create whose answer was lost is never sent again.
  - No TXT record can stand beside a CNAME record of the same name, which domains of a CDN usually have. DigiCert also
    looks for TXT records at the name with C(_dnsauth.) in front, or choose V(DnsCnameToken).
"""

EXAMPLES = r"""
- name: The shop's certificate covers the checkout too and is renewed by the provider
  certops.cdn.vdms_cert_request:
    certificate_label: shop-prod
    auto_renew: true
    description: Shop and checkout
    domains:
      - name: shop.example.org
        is_common_name: true
      - name: checkout.example.org

- name: Rename a request
  certops.cdn.vdms_cert_request:
    certificate_id: 40021
    certificate_label: shop-2026

- name: Request a certificate and wait until its domains can be validated
  certops.cdn.vdms_cert_request:
    certificate_label: img-prod
    validation_type: DV
    dcv_method: DnsTxtToken
    domains:
      - name: img.example.org
    notifications:
      - notification_type: CertificateExpiring
        emails:
          - ops@example.com
    wait_for: validation
    dns_zones:
      - example.org
  register: request

- name: Show the DNS records to publish
  ansible.builtin.debug:
    msg: "{{ item.relative_name }} in {{ item.zone }}: {{ item.type }} {{ item.value }}"
  loop: "{{ request.dcv_records }}"
  loop_control:
    label: "{{ item.domain }}"

- name: There is no certificate for the blog
  certops.cdn.vdms_cert_request:
    certificate_label: blog-prod
    state: absent
"""

RETURN = r"""
certificate_request:
  description:
    - The request with the provider's fields in their own names, as it is or, in check mode, would be.
    - V(null) if there is none, or would be none. Fields that the provider adds are passed on.
  returned: when it could be read
  type: dict
  contains:
    id:
      description: Its id. V(null) if check mode would create it.
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
        - V(null) if check mode would create the request, or if it could not be read after a write.
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
changes:
  description:
    - The names of the properties that were, or in check mode would be, changed.
    - All that were given if the request is created, V(state) if it is removed.
  returned: when the request was found, or is known not to exist
  type: list
  elements: str
  sample: [description, domains]
dcv_records:
  description:
    - What proves the control of the domains while the request waits for that, as DNS records that are ready to be
      published. Else empty.
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
        - V(null) for e-mails, and if it takes a token that the provider has not made yet. A warning tells that, or
          O(wait_for=validation) waits for it.
      type: str
      sample: 7d1e2f4061728394a5b6c7d8e9f00112
    token:
      description:
        - The provider's token.
        - V(null) for e-mails, as long as it is not made, and in check mode if O(dcv_method) would be changed.
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
      sample: UpdateCertificateRequest
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: bad_request
    message:
      description: What went wrong.
      type: str
      sample: VDMS UpdateCertificateRequest failed for certificate request shop-prod (40021).
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

from ansible_collections.certops.cdn.plugins.module_utils._module import run_module, wait_options
from ansible_collections.certops.cdn.plugins.module_utils._vdms import DCV_OPTIONS, OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._vdms_cert_request import CertificateRequest

CONTACT = {
    "contact_type": {
        "type": "str",
        "choices": ["EvApprover", "OrganizationContact", "TechnicalContact"],
        "required": True,
    },
    "first_name": {"type": "str"},
    "last_name": {"type": "str"},
    "email": {"type": "str"},
    "phone": {"type": "str"},
    "title": {"type": "str"},
}

ORGANIZATION = {
    "id": {"type": "int"},
    "company_name": {"type": "str"},
    "company_address": {"type": "str"},
    "company_address2": {"type": "str"},
    "city": {"type": "str"},
    "state": {"type": "str"},
    "zip_code": {"type": "str"},
    "country": {"type": "str"},
    "organizational_unit": {"type": "str"},
    "contact_first_name": {"type": "str"},
    "contact_last_name": {"type": "str"},
    "contact_email": {"type": "str"},
    "contact_phone": {"type": "str"},
    "contact_title": {"type": "str"},
    "additional_contacts": {"type": "list", "elements": "dict", "options": CONTACT},
}

DOMAIN = {
    "name": {"type": "str", "required": True},
    "is_common_name": {"type": "bool", "default": False},
}

NOTIFICATION = {
    "notification_type": {
        "type": "str",
        "choices": ["CertificateRenewal", "CertificateExpiring", "PendingValidations"],
        "required": True,
    },
    "enabled": {"type": "bool", "default": True},
    "emails": {"type": "list", "elements": "str"},
}


def main() -> None:
    run_module(
        CertificateRequest,
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "certificate_id": {"type": "int"},
            "certificate_label": {"type": "str"},
            "description": {"type": "str"},
            "auto_renew": {"type": "bool"},
            "dcv_method": {"type": "str", "choices": ["Email", "DnsCnameToken", "DnsTxtToken"]},
            "domains": {"type": "list", "elements": "dict", "options": DOMAIN},
            "validation_type": {"type": "str", "choices": ["DV", "OV", "EV"]},
            "certificate_authority": {"type": "str", "choices": ["DigiCert", "LetsEncrypt"]},
            "organization": {"type": "dict", "options": ORGANIZATION},
            "notifications": {"type": "list", "elements": "dict", "options": NOTIFICATION},
            "wait_for": {
                "type": "str",
                "choices": ["none", "validation", "validated", "deployment", "active"],
                "default": "none",
            },
            **wait_options(timeout=1200, interval=30),
            **DCV_OPTIONS,
            **OPTIONS,
        },
        required_one_of=[("certificate_id", "certificate_label")],
    )


if __name__ == "__main__":
    main()
