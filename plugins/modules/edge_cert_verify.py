#!/usr/bin/python
# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: edge_cert_verify
short_description: Verify which certificate the edges of a CDN serve
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Connects to every address of every host as a TLS client does, and tells which certificate it really gets.
  - With O(fingerprint) or O(certificate), the edges must serve that one. The module waits until all of them do.
  - An expired or untrusted certificate, or one for other names, is read all the same. It is a finding, not a failure
    to connect.
  - Works with any CDN and any TLS server. It needs no account. Nothing but TLS handshakes is sent.
extends_documentation_fragment:
  - certops.cdn.attributes
  - certops.cdn.attributes.action_group_edge
  - certops.cdn.attributes.progress
attributes:
  check_mode:
    support: full
    details: The module only reads. In check mode it does the same, and waits, as in a run.
  diff_mode:
    support: N/A
    details: The module changes nothing.
  idempotent:
    support: full
requirements:
  - cryptography, to read untrusted certificates faster. Without it, further handshakes do that.
options:
  host:
    description:
      - Domains, CNAMEs of the CDN, or addresses.
      - An address is taken as it is, whatever O(ip_version) says. The edges of a CDN serve many domains at one address,
        so there it needs O(server_name).
      - Exactly one of O(host) and O(targets) is required.
    type: list
    elements: str
    aliases:
      - hosts
  targets:
    description:
      - Hosts that are asked for different names, or at different ports. For a CDN, whose edges serve many domains.
      - Exactly one of O(host) and O(targets) is required.
    type: list
    elements: dict
    suboptions:
      host:
        description: As an item of O(host).
        type: str
        required: true
      server_name:
        description: The name to ask this host for. If not set, it is that of O(server_name).
        type: str
      port:
        description: The port of this host. If not set, it is that of O(port).
        type: int
  server_name:
    description:
      - The name to ask all hosts for (SNI), which their certificates must cover.
      - If not set, each host is asked for its own name. An address is asked for no name, without SNI, and its
        certificate must be for this address.
    type: str
  port:
    description: The port of the TLS servers.
    type: int
    default: 443
  fingerprint:
    description:
      - Fingerprint of the expected certificate, MD5, SHA-1 or SHA-256, in any letter case, with or without colons.
      - Not together with O(certificate).
    type: str
  certificate:
    description:
      - The expected certificate as PEM text. Of a chain, the first certificate counts.
      - Not together with O(fingerprint).
    type: str
  all_addresses:
    description: Whether to connect to all addresses of a host, or only to the one that the resolver puts first.
    type: bool
    default: true
  ip_version:
    description:
      - Which addresses of a name to connect to.
      - Without IPv6 on the host where the module runs, V(any) finds IPv6 addresses unreachable. Then choose V(ipv4).
    type: str
    choices:
      - any
      - ipv4
      - ipv6
    default: any
  min_days_left:
    description: For how many more days, at least, a certificate must be valid. If not set, it must not have expired.
    type: int
  validate_certs:
    description: Whether it is a finding that a certificate is not trusted.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory of CA certificates to trust.
      - If not set, those of the Python library C(certifi), which C(requests) brings along, are trusted. Where it is not
        there, those of the system are.
    type: path
  fail_on_findings:
    description: Whether the task fails where an edge has findings. If V(false), they are only told.
    type: bool
    default: true
  timeout:
    description: Time limit in seconds, for the resolution of a name, and for connection and handshake.
    type: float
    default: 10
  retries:
    description:
      - How often an edge that cannot be reached is tried again, with growing pauses.
      - Where the module waits, it tries until O(wait_timeout) instead.
    type: int
    default: 2
  concurrency:
    description: How many edges are looked at at the same time.
    type: int
    default: 50
  wait:
    description:
      - Whether to wait until all edges serve the expected certificate.
      - Without O(fingerprint) and O(certificate), there is nothing to wait for.
    type: bool
    default: true
  wait_timeout:
    description: For how many seconds to wait for all edges together.
    type: float
    default: 300
  wait_interval:
    description: The longest pause between two looks in seconds. The first ones are shorter.
    type: float
    default: 10
seealso:
  - module: certops.cdn.zenlayer_domain_cert
  - module: certops.cdn.zenlayer_domain_cert_info
  - plugin: certops.cdn.zenlayer_edge_targets
    plugin_type: filter
  - name: Role certops.cdn.zenlayer_rotate
    description: From a renewed certificate to edges that serve it.
    link: https://github.com/certops/cdn/blob/main/roles/zenlayer_rotate/README.md
notes:
  - While waiting, the names of the hosts that do not agree yet are resolved anew each time. The result has the
    addresses that DNS gave last. Those that agree already are not asked again.
  - What is seen are the edges that DNS gives to the host where the module runs. Elsewhere in the world there may be
    others.
  - An edge is looked at in one handshake. Where its certificate is not trusted, or it speaks outdated TLS, a second one
    finds out what it is. Without C(cryptography), one more reads each certificate that is not trusted, or that need
    not be trusted for O(validate_certs=false). All are subject to O(timeout) each.
  - In check mode, a play does not bring about what this task waits for. C(when) with C(not ansible_check_mode) leaves
    the task out there.
"""

EXAMPLES = r"""
- name: All edges of the shop serve the renewed certificate
  certops.cdn.edge_cert_verify:
    host: www.example.com
    certificate: "{{ lookup('ansible.builtin.file', 'example-2026.pem') }}"
    wait_timeout: 600

- name: See what the origin serves
  certops.cdn.edge_cert_verify:
    host: 192.0.2.10
    server_name: www.example.com
  register: origin

- name: The CDN serves the same before the domain's CNAME record is changed
  certops.cdn.edge_cert_verify:
    host: www.example.com.cdn-target.example.net
    server_name: www.example.com
    fingerprint: "{{ origin.edges[0].fingerprint }}"

- name: Every domain of the CDN serves the certificate that it has bound
  certops.cdn.edge_cert_verify:
    targets:
      - {host: www.example.com.cdn-target.example.net, server_name: www.example.com}
      - {host: www.example.com.cdn-target.example.net, server_name: example.com}
    certificate: "{{ lookup('ansible.builtin.file', 'example-2026.pem') }}"

- name: Report on certificates without failing
  certops.cdn.edge_cert_verify:
    hosts:
      - www.example.com
      - old.example.com
    min_days_left: 14
    fail_on_findings: false
  register: report

- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ item.host }} at {{ item.address }}: {{ item.findings | join(', ') | default('fine', true) }}"
  loop: "{{ report.edges }}"
  loop_control:
    label: "{{ item.host }}"
"""

RETURN = r"""
edges:
  description:
    - One entry for each address of each host, in the order of the hosts. IPv4 comes before IPv6.
    - A host without an address has one entry.
  returned: when the options could be used
  type: list
  elements: dict
  contains:
    host:
      description: The host as it was given.
      type: str
      sample: www.example.com
    address:
      description: The address. V(null) if the host could not be resolved.
      type: str
      sample: 192.0.2.10
    port:
      description: The port.
      type: int
      sample: 443
    server_name:
      description: The name that the edge was asked for. V(null) for an address that was asked for none.
      type: str
      sample: www.example.com
    agreed:
      description: Whether it serves the expected certificate. V(null) if none is expected.
      type: bool
      sample: true
    findings:
      description:
        - What is wrong. Empty if nothing is.
        - V(unreachable) - the name was not resolved, or no TLS handshake came about.
        - V(not_expected) - it serves another certificate than expected.
        - V(expired) - its certificate has expired.
        - V(not_yet_valid) - its certificate is not valid yet.
        - V(untrusted) - the certificate or its chain is not trusted, for any reason but the dates of the certificate.
          Often, an intermediate certificate is missing.
        - V(name_not_covered) - its certificate does not cover RV(edges[].server_name), or an address that was asked for
          no name.
        - V(few_days_left) - fewer than O(min_days_left) days are left.
        - V(unreadable) - names and dates of its certificate could not be read, usually because it is none for
          TLS servers and C(cryptography) is not there.
        - V(weak_tls) - it speaks only TLS older than 1.2, or with settings that a client of today refuses.
      type: list
      elements: str
      sample: []
    fingerprint:
      description: SHA-256 fingerprint of the certificate in lower case without colons. V(null) if there is none.
      type: str
      sample: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    common_name:
      description: Its common name.
      type: str
      sample: www.example.com
    sans:
      description: The names and addresses it is valid for.
      type: list
      elements: str
      sample: ["www.example.com", "example.com"]
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
      description: Whole days until V(not_after).
      type: int
      sample: 89
    tls_version:
      description: The version of TLS that was agreed on.
      type: str
      sample: TLSv1.3
    seconds:
      description: Seconds that connection and handshake took.
      type: float
      sample: 0.042
    error:
      description: The findings in words, in the shape of RV(error). V(null) if there are none.
      type: dict
summary:
  description: How many edges there are, and how many of them ended how.
  returned: when the options could be used
  type: dict
  contains:
    total:
      description: All edges.
      type: int
      sample: 4
    agreed:
      description: Those that serve the expected certificate.
      type: int
      sample: 3
    disagreed:
      description: Those that serve another one than expected.
      type: int
      sample: 1
    unreachable:
      description: Those without a handshake, and hosts that could not be resolved.
      type: int
      sample: 0
    with_findings:
      description: Those with any finding, the two before among them.
      type: int
      sample: 1
expected_fingerprint:
  description: Fingerprint of the expected certificate in lower case without colons. V(null) if none is expected.
  returned: when the options could be used
  type: str
  sample: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
error:
  description: What was found, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    provider:
      description: Always V(edge), or empty where an option cannot be used.
      type: str
      sample: edge
    action:
      description: What failed, V(resolve) or V(handshake); empty if there was none.
      type: str
      sample: handshake
    code:
      description:
        - The first finding of the first edge, such as V(NotExpected), V(Expired) or V(Untrusted).
        - For one that cannot be reached, V(NameNotResolved), V(ConnectionFailed), V(Timeout) or V(HandshakeFailed).
        - V(InvalidInput) where an option cannot be used.
      type: str
      sample: NotExpected
    message:
      description: What was found.
      type: str
      sample: "www.example.com at 192.0.2.10:443 serves another certificate than expected."
    http_status:
      description: Always V(null).
      type: int
    request_id:
      description: Always V(null).
      type: str
    outcome:
      description: V(refused) for a finding, V(not_executed) where no handshake came about.
      type: str
      sample: refused
"""

from ansible_collections.certops.cdn.plugins.module_utils._edge import FAMILIES, EdgeQuery
from ansible_collections.certops.cdn.plugins.module_utils._module import run_query, wait_options


def main() -> None:
    run_query(
        EdgeQuery,
        {
            "host": {"type": "list", "elements": "str", "aliases": ["hosts"]},
            "targets": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "host": {"type": "str", "required": True},
                    "server_name": {"type": "str"},
                    "port": {"type": "int"},
                },
            },
            "server_name": {"type": "str"},
            "port": {"type": "int", "default": 443},
            "fingerprint": {"type": "str"},
            "certificate": {"type": "str"},
            "all_addresses": {"type": "bool", "default": True},
            "ip_version": {"type": "str", "choices": list(FAMILIES), "default": "any"},
            "min_days_left": {"type": "int"},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "fail_on_findings": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 10},
            "retries": {"type": "int", "default": 2},
            "concurrency": {"type": "int", "default": 50},
            "wait": {"type": "bool", "default": True},
            **wait_options(timeout=300, interval=10),
        },
        over_http=False,
        mutually_exclusive=[("host", "targets"), ("fingerprint", "certificate")],
        required_one_of=[("host", "targets")],
    )


if __name__ == "__main__":
    main()
