#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zenlayer_domain_cert
short_description: Bind a certificate to Zenlayer CDN domains
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Makes accelerated domains of Zenlayer CDN serve a certificate, and waits until the rollout is finished.
  - What is bound now is read from the provider. A domain that already serves the certificate is left alone,
    one whose last rollout has failed gets it applied again.
  - Many domains are handled in one task, several at a time, with one wait for all of them.
extends_documentation_fragment:
  - certops.cdn.zenlayer
  - certops.cdn.connection
  - certops.cdn.batch
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_zenlayer
  - certops.cdn.attributes.progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  domain_ids:
    description:
      - Ids of the domains.
      - Exactly one of O(domain_ids), O(domain_names) and O(all_covered) is required.
    type: list
    elements: str
    aliases:
      - domain_id
  domain_names:
    description:
      - Names of the domains, or patterns such as V(*.example.com). A wildcard stands for exactly one label.
      - Every name and every pattern must match, unless O(allow_no_match=true).
      - Exactly one of O(domain_ids), O(domain_names) and O(all_covered) is required.
    type: list
    elements: str
    aliases:
      - domain_name
  all_covered:
    description:
      - All domains that the names of the certificate cover.
      - Exactly one of O(domain_ids), O(domain_names) and O(all_covered) is required.
    type: bool
  certificate_id:
    description:
      - Id of the certificate to bind.
      - Exactly one of O(certificate_id) and O(certificate_label) is required.
    type: str
  certificate_label:
    description:
      - Label of the certificate to bind. It must belong to one certificate only.
      - Exactly one of O(certificate_id) and O(certificate_label) is required.
    type: str
  resource_group_id:
    description: Look for domains, and for O(certificate_label), in this resource group only.
    type: str
  allow_no_match:
    description:
      - Whether it is fine that O(domain_names) or O(all_covered) matches no domain, or that O(domain_ids) or
        O(domain_names) is an empty list.
    type: bool
    default: false
  rollback:
    description:
      - Whether to bind the previous certificate again where a rollout fails or does not end in time.
      - The task fails all the same; the domain's RV(domains[].outcome) is V(rolled_back).
      - Needs O(wait=true). Waiting for the way back takes up to another O(wait_timeout).
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the rollouts are finished.
      - Without it, a certificate is also bound to a domain on which another rollout is running.
    type: bool
    default: true
  wait_timeout:
    description: For how many seconds to wait for all domains together.
    type: float
    default: 600
  wait_interval:
    description: The longest pause between two looks at the rollouts in seconds. The first ones are shorter.
    type: float
    default: 10
seealso:
  - module: certops.cdn.zenlayer_certificate
  - module: certops.cdn.zenlayer_domain_cert_info
  - module: certops.cdn.zenlayer_certificate_info
  - module: certops.cdn.edge_cert_verify
  - plugin: certops.cdn.zenlayer_rollback_plan
    plugin_type: filter
  - name: Role certops.cdn.zenlayer_rotate
    description: From a renewed certificate to edges that serve it.
    link: https://github.com/certops/cdn/blob/main/roles/zenlayer_rotate/README.md
  - name: Zenlayer CDN API
    description: The provider's description of the call that binds a certificate.
    link: https://docs.console.zenlayer.com/api-reference/networking/cdn/domain/modifydomaincertificate
notes:
  - Not verified against the real service, for want of an account. What that concerns is listed in the collection's
    C(docs/fidelity.md).
  - A certificate cannot be unbound; the provider has no call for it.
"""

EXAMPLES = r"""
- name: Every domain that the renewed certificate covers serves it
  certops.cdn.zenlayer_domain_cert:
    certificate_label: example-2026
    all_covered: true

- name: Two domains and all others below example.com, with the way back if a rollout fails
  certops.cdn.zenlayer_domain_cert:
    certificate_label: example-2026
    domain_names:
      - www.example.com
      - shop.example.com
      - "*.example.com"
    rollback: true

- name: Bind without waiting
  certops.cdn.zenlayer_domain_cert:
    certificate_id: cert-0002
    domain_id: dom-0003
    wait: false
  register: binding

- name: Show what was done
  ansible.builtin.debug:
    msg: "{{ item.domain_name }}: {{ item.outcome }} in {{ item.seconds }} s"
  loop: "{{ binding.domains }}"
  loop_control:
    label: "{{ item.domain_name }}"
"""

RETURN = r"""
certificate:
  description: The certificate that the domains are to serve.
  returned: when it was found
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
domains:
  description:
    - One entry for each domain, in the order asked for.
    - What O(domain_ids) or O(domain_names) name, but what is no domain, has an entry too. Then nothing is done for the
      others.
  returned: when the certificate was found, and it could be read which domains there are
  type: list
  elements: dict
  contains:
    domain_id:
      description: Id of the domain. V(null) for one of O(domain_names) that no domain has, or several.
      type: str
      sample: dom-0001
    domain_name:
      description: Name of the domain. V(null) for one of O(domain_ids) that does not exist.
      type: str
      sample: www.example.com
    cname:
      description: The name that the domain's CNAME record points to.
      type: str
      sample: www.example.com.cdn-target.example.net
    changed:
      description: Whether the certificate was, or in check mode would be, bound or applied again.
      type: bool
      sample: true
    outcome:
      description:
        - V(unchanged) - it was as wanted, or nothing was tried because the task was refused as a whole.
        - V(bound) - the certificate was bound and its rollout is finished.
        - V(reapplied) - it was bound, but the rollout had failed; it was applied again.
        - V(would_bind) - in check mode, one of the two would be done.
        - V(pending) - it was bound and not waited for.
        - V(failed) - see RV(domains[].error).
        - V(timeout) - the rollout did not end within O(wait_timeout).
        - V(rolled_back) - the rollout failed or did not end, and the previous certificate was bound again.
      type: str
      sample: bound
    certificate_id:
      description: Id of the certificate that is bound now, or in check mode would be. V(null) if there is none.
      type: str
      sample: cert-0002
    previous_certificate_id:
      description: Id of the certificate that was bound before. V(null) if there was none.
      type: str
      sample: cert-0001
    config_status:
      description: Status of the last rollout as the provider told it last.
      type: str
      sample: DEPLOYED
    domain_status:
      description: Status of the domain as the provider told it last.
      type: str
      sample: ENABLED
    seconds:
      description: Seconds from the write, or the begin of the wait, to the end.
      type: float
      sample: 12.3
    request_id:
      description: The provider's id of the request that bound the certificate.
      type: str
      sample: T-11111111
    error:
      description: What went wrong with this domain, in the shape of RV(error). V(null) if nothing did.
      type: dict
summary:
  description: How many entries RV(domains) has, and how many of them ended how.
  returned: with RV(domains)
  type: dict
  contains:
    total:
      description: All of them.
      type: int
      sample: 3
    changed:
      description: Those that were, or would be, changed.
      type: int
      sample: 2
    unchanged:
      description: Those that were left alone.
      type: int
      sample: 1
    failed:
      description: Those with an error, with timeouts and rolled back ones among them.
      type: int
      sample: 0
    pending:
      description: Those whose rollout was not seen to end.
      type: int
      sample: 0
    rolled_back:
      description: Those that have their previous certificate again.
      type: int
      sample: 0
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
      sample: ModifyDomainCertificate
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: CERT_NOT_MATCH_DOMAIN_OR_EXPIRED
    message:
      description: What went wrong.
      type: str
      sample: Zenlayer ModifyDomainCertificate failed for domain www.example.com (dom-www).
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

from ansible_collections.certops.cdn.plugins.module_utils._module import BATCH_OPTIONS, run_module, wait_options
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_domain_cert import DomainBindings


def main() -> None:
    run_module(
        DomainBindings,
        {
            "domain_ids": {"type": "list", "elements": "str", "aliases": ["domain_id"]},
            "domain_names": {"type": "list", "elements": "str", "aliases": ["domain_name"]},
            "all_covered": {"type": "bool"},
            "certificate_id": {"type": "str"},
            "certificate_label": {"type": "str"},
            "resource_group_id": {"type": "str"},
            "allow_no_match": {"type": "bool", "default": False},
            "rollback": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": True},
            **wait_options(timeout=600, interval=10),
            **BATCH_OPTIONS,
            **OPTIONS,
        },
        mutually_exclusive=[("domain_ids", "domain_names", "all_covered"), ("certificate_id", "certificate_label")],
        required_one_of=[("domain_ids", "domain_names", "all_covered"), ("certificate_id", "certificate_label")],
    )


if __name__ == "__main__":
    main()
