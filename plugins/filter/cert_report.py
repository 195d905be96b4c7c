# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cert_report
short_description: Make one report of what the listing modules tell
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Takes the results of the modules that list certificates, domains and certificate requests, brings them into rows of
    one shape, and decides what is a problem, how severe it is, and what to do next.
  - The role P(certops.cdn.cert_report#role) gathers the results and writes the report as HTML, JSON and metrics. Use
    the filter alone for reports of your own.
  - It asks nobody anything. The same results give the same report until a number of days left changes.
positional: _input
options:
  _input:
    description:
      - For each provider, V(zenlayer), V(tencent) or V(vdms), the list of the registered results of its modules.
      - For V(zenlayer), of M(certops.cdn.zenlayer_certificate_info) and M(certops.cdn.zenlayer_domain_cert_info). Which
        domains have which certificate bound is known from the second, so O(_input) needs it to tell what is unbound.
      - For V(tencent), of M(certops.cdn.tencent_cert_info).
      - For V(vdms), of M(certops.cdn.vdms_cert_request_info).
      - A result that has failed makes a problem of the class V(unread); what it has told all the same is used.
    type: dict
    required: true
  warning_days:
    description: A certificate with at most so many days left is a problem of the severity V(warning).
    type: int
    default: 30
  critical_days:
    description: With at most so many days left it is V(critical).
    type: int
    default: 14
  now:
    description: The moment from which days are counted, as ISO 8601 in UTC. If not set, the present.
    type: str
seealso:
  - plugin: certops.cdn.cert_report_timeline
    plugin_type: filter
notes:
  - "The classes of problems are V(unread) (a provider, or a part of what it has, could not be read), V(expired),
    V(expiring), V(mismatch) (a certificate does not cover the domain that serves it), V(rollout_failed), V(rejected) (a
    review or an order), V(attention) (it waits for somebody), V(cancelled), V(unbound) (no domain has it bound), and
    V(no_certificate) (a domain without one)."
  - "The end of a certificate is V(critical) or V(warning) by the days left. Where nobody can tell whether it is still
    in use, and another one covers the same names and lasts longer, it is less severe."
"""

EXAMPLES = r"""
- name: List what is at Tencent Cloud
  certops.cdn.tencent_cert_info:
  register: tencent
  ignore_errors: true  # what cannot be read becomes a problem in the report

- name: Show what is wrong there
  ansible.builtin.debug:
    msg: "{{ item.severity }}: {{ item.name }}: {{ item.summary }} {{ item.next_step }}"
  loop: "{{ ({'tencent': [tencent]} | certops.cdn.cert_report(warning_days=60)).problems }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    date:
      description: The day from which it looks, in UTC.
      type: str
      sample: "2026-11-23"
    warning_days:
      description: The option of this name.
      type: int
      sample: 30
    critical_days:
      description: The option of this name.
      type: int
      sample: 14
    summary:
      description: The numbers over all providers.
      type: dict
      contains:
        severity:
          description: The worst there is. V(ok), V(notice), V(warning) or V(critical).
          type: str
          sample: critical
        certificates:
          description: How many certificates and certificate requests there are.
          type: int
          sample: 7
        domains:
          description: How many domains there are.
          type: int
          sample: 6
        in_order:
          description: How many of the rows have no problem.
          type: int
          sample: 3
        problems:
          description: How many problems there are of each severity.
          type: dict
          sample: {"critical": 1, "warning": 2, "notice": 3}
        next_expiry:
          description: What expires next of all that is in use or may be. V(null) if nothing does.
          type: dict
          sample:
            provider: zenlayer
            kind: certificate
            id: cert-0001
            name: example-2025
            not_after: "2026-11-28T12:00:00Z"
            days_left: 4
            expires: in 4 days
    providers:
      description: The providers in the order of the report.
      type: list
      elements: dict
      contains:
        provider:
          description: V(zenlayer), V(tencent) or V(vdms).
          type: str
          sample: zenlayer
        name:
          description: Its name for people.
          type: str
          sample: Zenlayer
        complete:
          description: Whether everything could be read.
          type: bool
          sample: true
        certificates:
          description: How many certificates or certificate requests it has.
          type: int
          sample: 4
        domains:
          description: How many domains it has.
          type: int
          sample: 6
        problems:
          description: How many problems there are of each class and each severity that the class can have.
          type: dict
          sample: {"expired": {"critical": 0, "notice": 1}}
        next_expiry:
          description: As in RV(_value.summary.next_expiry).
          type: dict
          sample: null
    problems:
      description: All problems, the worst first.
      type: list
      elements: dict
      contains:
        problem:
          description: Its class.
          type: str
          sample: expiring
        severity:
          description: V(critical), V(warning) or V(notice).
          type: str
          sample: critical
        provider:
          description: The provider.
          type: str
          sample: zenlayer
        kind:
          description: V(certificate), V(request), V(domain), or V(provider) for V(unread).
          type: str
          sample: certificate
        id:
          description: Id of what has the problem.
          type: str
          sample: cert-0001
        name:
          description: Its name.
          type: str
          sample: example-2025
        days_left:
          description: Its days left.
          type: int
          sample: 4
        summary:
          description: What is wrong.
          type: str
          sample: Expires in 4 days.
        next_step:
          description: What to do about it.
          type: str
          sample: Renew it at the provider's console, and deploy the renewed one.
        affected:
          description: The domains that it is about, if the row does not say.
          type: list
          elements: str
          sample: [www.example.com]
    rows:
      description: All certificates, certificate requests and domains. Those with the worst problems, and then those
        that expire first, come first.
      type: list
      elements: dict
      contains:
        provider:
          description: The provider.
          type: str
          sample: zenlayer
        kind:
          description: V(certificate), V(request) or V(domain).
          type: str
          sample: certificate
        id:
          description: Its id.
          type: str
          sample: cert-0001
        name:
          description: Its label, alias or name.
          type: str
          sample: example-2025
        names:
          description: The host names that it is valid for, or the name of the domain.
          type: list
          elements: str
          sample: ["*.example.com", example.com]
        severity:
          description: The worst of its problems. V(ok) without any.
          type: str
          sample: critical
        problems:
          description: The classes of its problems. A domain also has those of its certificate's end.
          type: list
          elements: str
          sample: [expiring]
        status:
          description: Its status in words.
          type: str
          sample: bound to 5 domains
        not_before:
          description: Begin of the certificate's validity in UTC.
          type: str
          sample: "2025-11-28T12:00:00Z"
        not_after:
          description: End of the certificate's validity in UTC. V(null) until it is issued.
          type: str
          sample: "2026-11-28T12:00:00Z"
        days_left:
          description:
            - Whole days until V(not_after), rounded down. So it is V(-1) on the first day after the end, and V(-3) if
              that was less than three days ago.
          type: int
          sample: 4
        expires:
          description: The same in words.
          type: str
          sample: in 4 days
        issuer:
          description: The issuer or the certificate authority, as the provider tells it.
          type: str
          sample: Example Issuing CA
        auto_renew:
          description: Whether the provider renews it by itself. V(null) if it does not tell.
          type: bool
          sample: null
        certificate:
          description: Label of the certificate that a domain has bound.
          type: str
          sample: null
        used_by:
          description: The domains that have it bound. V(null) if nobody can tell.
          type: list
          elements: str
          sample: [www.example.com]
        active:
          description: Whether it is in force or on its way there. V(false) once it was cancelled, revoked or refunded.
          type: bool
          sample: true
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.cdn.plugins.module_utils._times import parse_time
from ansible_collections.certops.cdn.plugins.plugin_utils._cert_report import report_of
from ansible_collections.certops.cdn.plugins.plugin_utils._cert_report_rows import View
from ansible_collections.certops.cdn.plugins.plugin_utils._untrusted import untrusted


def cert_report(
    results: Mapping[str, Any], warning_days: int = 30, critical_days: int = 14, now: str | None = None
) -> dict[str, Any]:
    moment = datetime.now(timezone.utc) if now is None else parse_time(now)
    if moment is None:
        raise AnsibleFilterError(f"cert_report: now is {now!r}, but it must be like 2026-11-23T12:00:00Z")
    try:
        report = report_of(_checked(results), View(moment, int(warning_days), int(critical_days)))
    except (AttributeError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"cert_report: {error}") from error
    return untrusted(report)


def _checked(results: Any) -> Mapping[str, list[Mapping[str, Any]]]:
    if not isinstance(results, Mapping):
        raise ValueError("the input must be a dictionary with a list of results for each provider")
    for provider, items in results.items():
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise ValueError(f"{provider} must be a list of registered results")
    return results


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Any]:
        return {"cert_report": cert_report}
