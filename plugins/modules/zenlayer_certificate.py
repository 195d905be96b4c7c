#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zenlayer_certificate
short_description: Store a certificate at Zenlayer CDN
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Makes sure that a certificate is stored at Zenlayer CDN, or that one is not.
  - A certificate is recognised by the fingerprint of its content, whatever its label and resource group. So a renewed
    certificate is noticed, and the same one is not uploaded twice, whatever its line ends, its blanks, its label, or
    the order of its issuers.
  - What can be checked is checked before anything is sent. That the private key belongs to the certificate, and that
    the certificate is valid now and comes first. Before an upload also that its issuers are in order, with no gap.
extends_documentation_fragment:
  - certops.cdn.zenlayer
  - certops.cdn.connection
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_zenlayer
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
requirements:
  - cryptography, for the checks. Without it certificates are uploaded all the same, and a warning tells what could not
    be checked.
options:
  state:
    description:
      - Whether the certificate is to be stored.
      - V(present) needs O(certificate) and O(private_key).
      - V(absent) needs exactly one of O(certificate_id), O(fingerprint), O(label) and O(certificate), which tells what
        to remove. O(label) beside O(certificate) is accepted, but has no meaning.
    type: str
    choices:
      - present
      - absent
    default: present
  certificate:
    description:
      - The certificate as PEM text, followed by those of its issuers. Required with O(state=present).
      - With O(state=absent), the certificate that is to be removed. O(label) has no meaning then.
    type: str
  private_key:
    description:
      - The private key of the certificate as PEM text, without a passphrase. Required with O(state=present).
      - It is sent to the provider and shown nowhere.
    type: str
  label:
    description:
      - The label for a certificate that is uploaded, up to 64 characters. If not set, the provider chooses one.
      - Labels are unique, and cannot be changed. If the certificate is stored already, under another label, a warning
        tells so.
      - With O(state=absent), the label of the certificate that is to be removed.
    type: str
  resource_group_id:
    description:
      - The resource group into which a certificate is uploaded. If not set, it is the default one.
      - Certificates are recognised in all resource groups. Only with O(state=absent) and O(label) the search is
        narrowed to this one.
    type: str
  replace_id:
    description:
      - Id of a stored certificate that is to have this content, under the id that it has now.
      - The certificate must cover all names of the one that it replaces. All domains that have it bound are given the
        new one at once; M(certops.cdn.zenlayer_domain_cert) waits for that.
      - It keeps its label, so O(label) cannot be given too.
    type: str
  certificate_id:
    description: Id of the certificate that is to be removed. For O(state=absent) alone.
    type: str
  fingerprint:
    description:
      - Fingerprint of the certificate that is to be removed, in any letter case, with or without colons. For
        O(state=absent) alone.
      - It must be of the digest that the provider uses, which RV(certificate.fingerprint) shows.
    type: str
seealso:
  - module: certops.cdn.zenlayer_certificate_info
  - module: certops.cdn.zenlayer_domain_cert
  - module: certops.cdn.zenlayer_domain_cert_info
  - name: Role certops.cdn.zenlayer_rotate
    description: From a renewed certificate to edges that serve it.
    link: https://github.com/certops/cdn/blob/main/roles/zenlayer_rotate/README.md
  - name: Zenlayer CDN API
    description: The provider's description of the call that uploads a certificate.
    link: https://docs.console.zenlayer.com/api-reference/networking/cdn/certificate/createcertificate
notes:
  - Not verified against the real service, for want of an account. What that concerns is listed in the collection's
    C(docs/fidelity.md).
  - The provider tells nothing of the issuers' certificates. If only these are new, nothing is changed.
"""

EXAMPLES = r"""
- name: The renewed certificate is stored
  certops.cdn.zenlayer_certificate:
    certificate: "{{ lookup('ansible.builtin.file', 'fullchain.pem') }}"
    private_key: "{{ lookup('ansible.builtin.file', 'privkey.pem') }}"
    label: example-2027
  register: stored

- name: All domains that it covers serve it
  certops.cdn.zenlayer_domain_cert:
    certificate_id: "{{ stored.certificate.certificate_id }}"
    all_covered: true
    rollback: true

- name: Show what it supersedes
  ansible.builtin.debug:
    msg: "{{ item.certificate_label }}, {{ item.days_left }} days left"
  loop: "{{ stored.superseded }}"
  loop_control:
    label: "{{ item.certificate_id }}"

- name: A certificate has the renewed content under the id that it always had
  certops.cdn.zenlayer_certificate:
    certificate: "{{ lookup('ansible.builtin.file', 'renewed/fullchain.pem') }}"
    private_key: "{{ lookup('ansible.builtin.file', 'renewed/privkey.pem') }}"
    replace_id: cert-0002

- name: An old certificate is removed
  certops.cdn.zenlayer_certificate:
    label: example-2024
    state: absent

- name: One whose private key was lost is removed
  certops.cdn.zenlayer_certificate:
    fingerprint: 1D:78:A5:41:A1:7B:3C:6C:0F:B0:35:F9:3D:5C:10:9C:4B:0A:DA:07
    state: absent
"""

RETURN = r"""
certificate:
  description:
    - The certificate as it is stored now, or in check mode would be. With O(state=absent), as it was before.
    - V(null) if it is not stored.
  returned: when the stored certificates could be read
  type: dict
  contains:
    certificate_id:
      description: Its id. V(null) if check mode would upload it.
      type: str
      sample: cert-0002
    certificate_label:
      description: Its label. V(null) if check mode would upload it without one.
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
outcome:
  description:
    - V(unchanged) - it was as wanted.
    - V(uploaded), V(replaced) or V(removed) - this was done.
    - V(would_upload), V(would_replace) or V(would_remove) - in check mode, this would be done.
    - V(failed) - see RV(error).
  returned: when the stored certificates could be read
  type: str
  sample: uploaded
request_id:
  description: The provider's id of the request that changed something.
  returned: when the stored certificates could be read
  type: str
  sample: T-11111111
superseded:
  description:
    - Other stored certificates that end earlier and have no name that this one lacks, the one that ends last first.
    - Some may still be bound to domains; the provider then refuses to remove them.
    - V(null) if that cannot be told, because check mode would upload a certificate that cannot be parsed for want of
      C(cryptography).
  returned: with O(state=present), when the stored certificates could be read
  type: list
  elements: dict
  contains:
    certificate_id:
      description: Its id.
      type: str
      sample: cert-0001
    certificate_label:
      description: Its label.
      type: str
      sample: example-2025
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
      sample: CreateCertificate
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: CERTIFICATE_EXPIRED
    message:
      description: What went wrong.
      type: str
      sample: Zenlayer CreateCertificate failed for certificate example-2027.
    http_status:
      description: HTTP status of the answer, if there was one.
      type: int
      sample: 400
    request_id:
      description: The provider's id of the request.
      type: str
      sample: T-11111111
    outcome:
      description: Whether the call was V(not_executed), V(refused), or nobody can tell (V(unknown)).
      type: str
      sample: refused
"""

from ansible_collections.certops.cdn.plugins.module_utils._module import run_module
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_certificate import StoredCertificate


def main() -> None:
    run_module(
        StoredCertificate,
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "certificate": {"type": "str"},
            "private_key": {"type": "str", "no_log": True},
            "label": {"type": "str"},
            "resource_group_id": {"type": "str"},
            "replace_id": {"type": "str"},
            "certificate_id": {"type": "str"},
            "fingerprint": {"type": "str"},
            **OPTIONS,
        },
        required_if=[
            ("state", "present", ("certificate", "private_key")),
            ("state", "absent", ("certificate_id", "label", "fingerprint", "certificate"), True),
        ],
        mutually_exclusive=[
            ("certificate_id", "fingerprint", "label"),
            ("certificate_id", "fingerprint", "certificate"),
            ("label", "replace_id"),
        ],
    )


if __name__ == "__main__":
    main()
