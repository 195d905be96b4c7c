# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cert_report_timeline
short_description: Lay out the ends of a report's certificates on an axis of months
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Tells where to draw what. Places are fractions of the axis, from V(0) at its beginning to V(1) at its end.
  - The axis begins a month ago, and goes as far as the last end, but at least three months and at most thirteen.
  - The role P(certops.cdn.cert_report#role) draws its timeline with it.
positional: _input
options:
  _input:
    description: A report of P(certops.cdn.cert_report#filter).
    type: dict
    required: true
  columns:
    description: How many marks have room beside each other on the axis, and into how many columns it is divided.
    type: int
    default: 52
seealso:
  - plugin: certops.cdn.cert_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List what is at Tencent Cloud
  certops.cdn.tencent_cert_info:
  register: tencent

- name: Show how many certificates end in each part of the time
  vars:
    report: "{{ {'tencent': [tencent]} | certops.cdn.cert_report }}"
    timeline: "{{ report | certops.cdn.cert_report_timeline(columns=12) }}"
  ansible.builtin.debug:
    msg: "{{ timeline.lanes[0].columns | items2dict(key_name='at', value_name='count') }}"
"""

RETURN = r"""
_value:
  description: The layout.
  type: dict
  contains:
    months:
      description: The months that begin on the axis.
      type: list
      elements: dict
      contains:
        at:
          description: Place of its first day.
          type: float
          sample: 0.07
        month:
          description: Its name.
          type: str
          sample: Nov
        year:
          description: Its year.
          type: int
          sample: 2026
    today:
      description: Place of the report's day.
      type: float
      sample: 0.12
    critical:
      description: Place of the last day that is critical.
      type: float
      sample: 0.15
    warning:
      description: Place of the last day that is a warning.
      type: float
      sample: 0.19
    lanes:
      description: A lane for each provider of the report, in its order.
      type: list
      elements: dict
      contains:
        provider:
          description: The provider.
          type: str
          sample: zenlayer
        earlier:
          description: How many have ended before the axis begins.
          type: int
          sample: 1
        later:
          description: How many end after the axis.
          type: int
          sample: 0
        levels:
          description: How many marks are on top of each other at most.
          type: int
          sample: 2
        marks:
          description: The certificates that end within the axis, from the left to the right.
          type: list
          elements: dict
          contains:
            at:
              description: Place of the day when it ends.
              type: float
              sample: 0.14286
            level:
              description: On top of so many others it does not cover any.
              type: int
              sample: 0
            kind:
              description: As in the report's rows.
              type: str
              sample: certificate
            id:
              description: As in the report's rows.
              type: str
              sample: cert-0001
            name:
              description: As in the report's rows.
              type: str
              sample: example-2025
            severity:
              description: As in the report's rows.
              type: str
              sample: critical
            not_after:
              description: As in the report's rows.
              type: str
              sample: "2026-11-28T12:00:00Z"
            expires:
              description: As in the report's rows.
              type: str
              sample: in 4 days
        columns:
          description: The same summed up, for lanes with too many marks. Only columns with any.
          type: list
          elements: dict
          contains:
            at:
              description: Place of its middle.
              type: float
              sample: 0.14423
            count:
              description: How many certificates end in it.
              type: int
              sample: 2
            severities:
              description: How many of each severity, the mildest first.
              type: list
              elements: dict
              sample: [{"severity": "ok", "count": 1}, {"severity": "critical", "count": 1}]
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.cdn.plugins.plugin_utils._timeline import timeline_of
from ansible_collections.certops.cdn.plugins.plugin_utils._untrusted import untrusted


def cert_report_timeline(report: Mapping[str, Any], columns: int = 52) -> dict[str, Any]:
    try:
        return untrusted(timeline_of(report, int(columns)))
    except KeyError as error:
        raise AnsibleFilterError(f"cert_report_timeline: the input is no report, it has no {error}") from error
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"cert_report_timeline: {error}") from error


class FilterModule:
    """The filter, by its name."""

    def filters(self) -> dict[str, Any]:
        return {"cert_report_timeline": cert_report_timeline}
