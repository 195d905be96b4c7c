#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tencent_cert_resubmit
short_description: Ask Tencent Cloud to review certificates again
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Submits paid certificates of Tencent Cloud SSL for another review where the last one has failed or was cancelled.
  - Whether that is so is read from the provider. A certificate whose review is running, or that is issued, is left
    alone.
  - Many certificates are handled in one task, several at a time, with one wait for all of them.
    One that cannot be resubmitted does not stop the others.
  - A certificate that was resubmitted may wait for documents (status V(awaiting_documents)). Its review then begins
    when the documents have been submitted at Tencent Cloud. The module warns of that.
extends_documentation_fragment:
  - certops.cdn.tencent
  - certops.cdn.connection
  - certops.cdn.batch
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_tencent
  - certops.cdn.attributes.progress
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  certificate_ids:
    description:
      - Ids of the certificates.
      - Exactly one of O(certificate_ids) and O(all_resubmittable) is required.
    type: list
    elements: str
    aliases:
      - certificate_id
  all_resubmittable:
    description:
      - All certificates of the account that are in one of O(from_statuses). It is fine if there are none.
      - Exactly one of O(certificate_ids) and O(all_resubmittable) is required.
    type: bool
  from_statuses:
    description:
      - The statuses from which certificates are resubmitted.
      - Leave V(cancelled) out where somebody may have cancelled an order on purpose, to get a refund for example.
        A certificate in a status that is left out stays as it is, with a warning. So does one that is being cancelled.
    type: list
    elements: str
    choices:
      - rejected
      - cancelled
    default:
      - rejected
      - cancelled
  wait:
    description:
      - Whether to wait until the resubmitted certificates show another status than V(rejected) and V(cancelled).
        That is not the end of the review, which can take days.
      - Also whether to wait until a cancellation that is running has ended, so that the certificate can be resubmitted.
        Without it, such a certificate fails.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds to wait for all certificates together.
      - A resubmitted certificate that does not show another status by then is no failure, but the module warns of it.
    type: float
    default: 60
  wait_interval:
    description: The longest pause between two looks at the certificates in seconds. The first ones are shorter.
    type: float
    default: 3
seealso:
  - module: certops.cdn.tencent_cert_info
  - name: Role certops.cdn.tencent_resubmit
    description: Has reviews asked for again every night, with tasks of yours for the documents.
    link: https://github.com/certops/cdn/blob/main/roles/tencent_resubmit/README.md
  - name: ModifyCertificateResubmit
    description: The provider's description of the call.
    link: https://www.tencentcloud.com/document/product/1007/56960
notes:
  - Not verified against the real service, for want of an account. What that concerns is listed in the collection's
    C(docs/fidelity.md).
  - Resubmitting a cancelled order may take away the option to have it refunded.
  - Needs the CAM permissions C(ssl:DescribeCertificates) and C(ssl:ModifyCertificateResubmit); for check mode the first
    one is enough. With C(ssl:DescribeCertificateOperateLogs) too, the module can find out more about a request whose
    answer was lost.
  - A request whose answer was lost is never sent again. The certificate's status, and the account's operation log, tell
    whether it was executed.
"""

EXAMPLES = r"""
- name: The review of two certificates is asked for again if it has failed or was cancelled
  certops.cdn.tencent_cert_resubmit:
    certificate_ids:
      - rejected
      - cancelled
  register: resubmission

- name: Show what was done
  ansible.builtin.debug:
    msg: "{{ item.domain }}: {{ item.outcome }}, {{ item.previous_status_name }} -> {{ item.status_name }}"
  loop: "{{ resubmission.certificates }}"
  loop_control:
    label: "{{ item.certificate_id }}"

- name: All certificates of the account whose review has failed, but not those that somebody cancelled
  certops.cdn.tencent_cert_resubmit:
    all_resubmittable: true
    from_statuses:
      - rejected

- name: One certificate, without waiting
  certops.cdn.tencent_cert_resubmit:
    certificate_id: review00
    wait: false
"""

RETURN = r"""
certificates:
  description: One entry for each certificate, in the order asked for.
  returned: when the options could be used
  type: list
  elements: dict
  contains:
    certificate_id:
      description: Id of the certificate.
      type: str
      sample: rejected
    domain:
      description: Its domain. V(null) if the certificate was not found.
      type: str
      sample: rejected.example.com
    changed:
      description: Whether it was, or in check mode would be, resubmitted.
      type: bool
      sample: true
    outcome:
      description:
        - V(unchanged) - there was nothing to do, or its status is left out of O(from_statuses).
        - V(resubmitted) - the provider has accepted it for another review.
        - V(would_resubmit) - in check mode, it would be resubmitted.
        - V(failed) - see RV(certificates[].error).
      type: str
      sample: resubmitted
    status:
      description: The provider's number of the status that was seen last. With O(wait=false) that is the previous one.
      type: int
      sample: 5
    status_name:
      description:
        - The name of that status - V(reviewing), V(issued), V(rejected), V(expired), V(dns_record_added),
          V(awaiting_documents), V(cancelling), V(cancelled), V(awaiting_confirmation_letter), V(revoking), V(revoked),
          V(reissuing), V(awaiting_revocation_letter), V(free_awaiting_documents), V(refunded) or V(migrating), for the
          numbers 0 to 15.
        - V(null) for a number that is not known.
      type: str
      sample: awaiting_documents
    previous_status:
      description: The provider's number of the status when the task began.
      type: int
      sample: 2
    previous_status_name:
      description: The name of that status.
      type: str
      sample: rejected
    request_id:
      description: The provider's id of the request that resubmitted the certificate. V(null) if its answer was lost.
      type: str
      sample: 6f1f2c9e-0000-4000-8000-000000000001
    error:
      description: What went wrong with this certificate, in the shape of RV(error). V(null) if nothing did.
      type: dict
summary:
  description: How many certificates there are, and how many of them ended how.
  returned: when the options could be used
  type: dict
  contains:
    total:
      description: All certificates.
      type: int
      sample: 3
    changed:
      description: Those that were, or would be, resubmitted.
      type: int
      sample: 2
    unchanged:
      description: Those that were left alone.
      type: int
      sample: 1
    failed:
      description: Those with an error.
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
      sample: Tencent Cloud
    action:
      description: The call that failed; empty if there was none.
      type: str
      sample: ModifyCertificateResubmit
    code:
      description: The provider's error code, or one of this collection.
      type: str
      sample: FailedOperation.CertificateStatusNotAllowResubmit
    message:
      description: What went wrong.
      type: str
      sample: Tencent Cloud ModifyCertificateResubmit failed for certificate rejected.example.com (rejected).
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

from ansible_collections.certops.cdn.plugins.module_utils._module import BATCH_OPTIONS, run_module, wait_options
from ansible_collections.certops.cdn.plugins.module_utils._tencent import OPTIONS
from ansible_collections.certops.cdn.plugins.module_utils._tencent_cert_resubmit import FROM_STATUSES, Resubmissions


def main() -> None:
    run_module(
        Resubmissions,
        {
            "certificate_ids": {"type": "list", "elements": "str", "aliases": ["certificate_id"]},
            "all_resubmittable": {"type": "bool"},
            "from_statuses": {
                "type": "list",
                "elements": "str",
                "choices": list(FROM_STATUSES),
                "default": list(FROM_STATUSES),
            },
            "wait": {"type": "bool", "default": True},
            **wait_options(timeout=60, interval=3),
            **BATCH_OPTIONS,
            **OPTIONS,
        },
        mutually_exclusive=[("certificate_ids", "all_resubmittable")],
        required_one_of=[("certificate_ids", "all_resubmittable")],
    )


if __name__ == "__main__":
    main()
