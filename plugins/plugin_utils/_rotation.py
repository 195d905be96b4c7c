# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""The decisions of a rotation at Zenlayer: whom to ask for proof, where to go back to, what to remove. Pure.

Rows are those that the modules return: of domains, of edges, of certificates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, is_pattern, normalise

Row = Mapping[str, Any]

SOME_LABEL = "certificate-check"
"""What a client asks a wildcard domain for, instead of the wildcard: a name that hardly is a domain of its own."""

NOT_OF_THE_CERTIFICATE = {"weak_tls"}
"""Findings that another certificate would not cure."""

BLIND = "no edge at all could be reached from here, which tells nothing of its certificate"
"""Why nothing is gone back to where the way to the edges is closed."""


def edge_targets(domains: Sequence[Row], host: str = "", port: int = 443) -> list[dict[str, Any]]:
    """Where the edges of each domain are, and the name to ask them for.

    :param host: the one address that stands for all edges; "" for the CNAME of each domain
    """
    asked = dict.fromkeys(_asked(domain, host) for domain in domains)
    return [{"host": at, "server_name": name, "port": port} for at, name in asked]


def _asked(domain: Row, host: str) -> tuple[str, str]:
    name, cname = (_some_name(domain[key] or "") for key in ("domain_name", "cname"))
    return host.strip() or cname or name, name


def _some_name(name: str) -> str:
    name = normalise(name)
    return SOME_LABEL + name[1:] if is_pattern(name) else name


def rollback_plan(
    domains: Sequence[Row], edges: Sequence[Row], certificates: Sequence[Row], host: str = ""
) -> list[dict[str, Any]]:
    """The domains whose edges do not prove their certificate, and what is to be bound to each of them instead.

    :param edges: what was found at the targets that :func:`edge_targets` gave
    :param certificates: all that are stored
    """
    stored = {row["certificate_id"]: row for row in certificates}
    blind = all("unreachable" in edge["findings"] for edge in edges) and len(edges) > 0
    plan = []
    for domain in domains:
        found = [edge for edge in edges if (edge["host"], edge["server_name"]) == _asked(domain, host)]
        wrong = [edge for edge in found if edge["findings"]]
        if found and not wrong:
            continue
        certificate, reason = (None, BLIND) if blind else _before(domain, wrong, stored)
        plan.append(
            {
                "domain_id": domain["domain_id"],
                "domain_name": domain["domain_name"],
                "found": wrong[0]["error"]["message"] if wrong else "Its edges were not looked at.",
                "certificate_id": certificate["certificate_id"] if certificate else None,
                "certificate_label": certificate["certificate_label"] if certificate else None,
                "reason": reason,
            }
        )
    return plan


def _before(domain: Row, wrong: Sequence[Row], stored: Mapping[str, Row]) -> tuple[Row | None, str]:
    """The certificate to go back to; None and the reason where there is none."""
    if wrong and all(NOT_OF_THE_CERTIFICATE.issuperset(edge["findings"]) for edge in wrong):
        return None, "another certificate would not cure that"
    before = domain["previous_certificate_id"]
    if not domain["changed"] or before == domain["certificate_id"]:
        # An earlier run has bound it. Edges that do not serve it yet show what was there before.
        others = {key: certificate for key, certificate in stored.items() if key != domain["certificate_id"]}
        shown = {_served(edge, others) for edge in wrong if not edge["agreed"]}
        before = shown.pop() if len(shown) == 1 else None
        if before is None:
            return None, "an earlier run has bound the certificate, and nothing tells which one was bound before"
    if before is None:
        return None, "it had no certificate before"
    certificate = stored.get(before)
    if certificate is None:
        return None, f"its previous certificate ({before}) is not stored any more"
    name = f"its previous certificate {certificate['certificate_label'] or ''} ({before})".replace("  ", " ")
    if certificate["expired"]:
        return None, f"{name} has expired"
    if not covered(_names(certificate), domain["domain_name"]):
        return None, f"{name} does not cover it"
    return certificate, ""


def _served(edge: Row, stored: Mapping[str, Row]) -> str | None:
    """The id of the one stored certificate that an edge serves."""
    found = [key for key, certificate in stored.items() if _is_served(certificate, edge)]
    return found[0] if len(found) == 1 else None


def _is_served(certificate: Row, edge: Row) -> bool:
    if edge["fingerprint"] is None:
        return False
    if len(certificate["fingerprint"]) == len(edge["fingerprint"]):
        return bool(certificate["fingerprint"] == edge["fingerprint"])
    # The provider uses another digest: names and dates tell.
    if any(certificate[date] is None or certificate[date] != edge[date] for date in ("not_before", "not_after")):
        return False
    return {normalise(name) for name in _names(certificate)} == {normalise(name) for name in edge["sans"]}


def _names(certificate: Row) -> Collection[str]:
    return certificate["sans"] or [certificate["common_name"]]


def removable(
    certificates: Sequence[Row], keep_last: int = 0, leaving: Collection[str] = (), previous: Collection[str] = ()
) -> list[Row]:
    """The certificates that no domain has bound, without those that are to be kept.

    :param keep_last: so many of the first ones are kept, bound or not
    :param leaving: ids of domains that are about to have another certificate
    :param previous: ids of certificates that were in use until now; they are kept before the others
    """
    in_use_first = sorted(certificates, key=lambda certificate: certificate["certificate_id"] not in previous)
    kept = {certificate["certificate_id"] for certificate in in_use_first[:keep_last]}
    return [
        certificate
        for certificate in certificates
        if certificate["certificate_id"] not in kept
        and not {domain["domain_id"] for domain in certificate["domains"]}.difference(leaving)
    ]
