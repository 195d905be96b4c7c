# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: the edges of a CDN as a TLS client meets them: what they serve, what is wrong with it, when they agree."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._certificates import (
    certificates_in,
    fingerprints,
    given_fingerprint,
)
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, normalise
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, not_negative, one_given
from ansible_collections.certops.cdn.plugins.module_utils._parallel import Result, each
from ansible_collections.certops.cdn.plugins.module_utils._progress import Report, Reporter, Stage, Tally
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._times import days_left, iso_time
from ansible_collections.certops.cdn.plugins.module_utils._tls import (
    PROVIDER,
    Address,
    Sight,
    TlsClient,
    in_order,
    resolve,
)
from ansible_collections.certops.cdn.plugins.module_utils._wait import Backoff, Clock, Deadline, poll_pauses

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}

SHOWN_EDGES = 5
"""So many edges with findings are told in the message; the rows have all of them."""

# Labels of letters, digits, hyphens and underscores. The last one is no number: resolvers take "127.1" for an address.
_NAME = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-|[0-9]+\Z)[a-z0-9_-]{1,63}(?<!-)")


class Finding(str, Enum):
    """What can be wrong with an edge."""

    UNREACHABLE = "unreachable"
    NOT_EXPECTED = "not_expected"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNTRUSTED = "untrusted"
    NAME_NOT_COVERED = "name_not_covered"
    FEW_DAYS_LEFT = "few_days_left"
    WEAK_TLS = "weak_tls"
    UNREADABLE = "unreadable"


Findings = Mapping[Finding, str]
"""What was found, and each finding in words that follow the name of an edge."""


@dataclass(frozen=True)
class Target:
    """A host that is looked at: as it is written, as it is resolved, its port, and the name that it is asked for.

    An address can be asked for no name at all. Then its certificate must be for the address.
    """

    written: str
    host: str
    port: int
    server_name: str | None


@dataclass(frozen=True)
class Wanted:
    """What edges are to be like.

    :ivar fingerprint: of any digest; "" where none is expected
    :ivar days_left: so many at least
    :ivar trusted: whether the trust store must accept it
    """

    fingerprint: str = ""
    days_left: int = 0
    trusted: bool = True


@dataclass(frozen=True)
class Edge:
    """One address of a target, or none where the target could not be resolved."""

    target: Target
    address: Address | None
    sight: Result[Sight]
    findings: Findings = field(hash=False)


# ---- What is asked for ----


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def host_name(option: str, text: str) -> str:
    """A host name as it is resolved.

    :raises InputError: it is none
    """
    name = normalise(text)
    if name.startswith("*."):
        raise InputError(f"{option}: '{text}' is a wildcard; name a host that it covers.")
    if not _NAME.fullmatch(name):
        raise InputError(f"{option}: '{text}' is no host name; write it without scheme, port, brackets and path.")
    return name


def targets_of(params: Mapping[str, Any]) -> list[Target]:
    """What the options name, in its order.

    :raises InputError: some of it cannot be used
    """
    one_given(params, "host", "targets")
    option = "host" if params["targets"] is None else "targets"
    given = [{"host": host} for host in params["host"]] if params["targets"] is None else params["targets"]
    if not given:
        raise InputError(f"{option} is an empty list; name at least one.")
    found: dict[tuple[str, int, str | None], Target] = {}
    for entry in given:
        target = _target(option, entry, params)
        key = (target.host, target.port, target.server_name)
        if key in found:
            raise InputError(f"{option} contains '{target.written}' more than once.")
        found[key] = target
    return list(found.values())


def _target(option: str, entry: Mapping[str, Any], params: Mapping[str, Any]) -> Target:
    """One target; what it does not say itself, the options of all say."""
    written: str = entry["host"].strip()
    if not written:
        raise InputError(f"{option} contains a blank value.")
    host = str(ipaddress.ip_address(written)) if is_address(written) else host_name(option, written)
    port = entry.get("port")
    port = params["port"] if port is None else port
    if not 0 < port < 65536:
        raise InputError(f"port: {port} was given, but it must be between 1 and 65535.")
    server_name = entry.get("server_name")
    server_name = params["server_name"] if server_name is None else server_name
    if server_name is None:
        return Target(written, host, port, None if is_address(host) else host)
    server_name = not_blank("server_name", server_name)
    if is_address(server_name):
        raise InputError(f"server_name: '{server_name}' is an address; it must be a host name.")
    return Target(written, host, port, host_name("server_name", server_name))


def expected_fingerprint(fingerprint: str | None, certificate: str | None, redact: Redactor) -> str:
    """The fingerprint that the edges are to have; ``""`` where nothing is expected.

    :raises InputError: it is no fingerprint, or there is no certificate in the text
    """
    if fingerprint is not None:
        expected = given_fingerprint("fingerprint", not_blank("fingerprint", fingerprint))
        if len(expected) not in {len(digest) for digest in fingerprints(b"")}:
            raise InputError("fingerprint: this host has no MD5 (FIPS); give the SHA-256 fingerprint.")
        return expected
    if certificate is None:
        return ""
    leaf = certificates_in("certificate", not_blank("certificate", certificate), redact)[0]
    return max(fingerprints(leaf), key=len)


# ---- What was found ----


def is_for(sans: Sequence[str], name: str) -> bool:
    """Whether a certificate with these names and addresses is for a name, or for an address. Pure."""
    return name in sans if is_address(name) else covered(sans, name)


def judge(sight: Sight, name: str, wanted: Wanted, now: datetime) -> Findings:
    """Everything that is wrong with what an edge shows. Pure.

    :param name: what its certificate must be for, a name or an address
    """
    found = {}
    facts = sight.facts
    if wanted.fingerprint and wanted.fingerprint not in fingerprints(sight.der):
        found[Finding.NOT_EXPECTED] = f"serves another certificate than expected{_described(sight)}"
    left = days_left(facts.not_after, now) if facts else None
    if facts and left is not None and left < 0:
        found[Finding.EXPIRED] = f"serves a certificate that expired at {iso_time(facts.not_after)}"
    elif facts and left is not None and left < wanted.days_left:
        found[Finding.FEW_DAYS_LEFT] = f"serves a certificate with {left} of at least {wanted.days_left} days left"
    if facts and facts.not_before and facts.not_before > now:
        found[Finding.NOT_YET_VALID] = f"serves a certificate that is not valid before {iso_time(facts.not_before)}"
    # Dates are the last thing to be verified. Where those of the leaf explain it, the rest is fine.
    explained = sight.out_of_date and (Finding.EXPIRED in found or Finding.NOT_YET_VALID in found)
    if sight.distrust and wanted.trusted and not explained:
        which = " (a certificate of its chain)" if sight.out_of_date else ""
        found[Finding.UNTRUSTED] = f"is not trusted: {sight.distrust}{which}"
    if facts and not is_for(facts.sans, name):
        names = ", ".join(facts.sans[:5]) + (", ..." if len(facts.sans) > 5 else "")
        found[Finding.NAME_NOT_COVERED] = f"serves a certificate that does not cover {name} ({names or 'no name'})"
    if sight.weakness:
        found[Finding.WEAK_TLS] = f"speaks TLS that a client of today refuses: {sight.weakness} ({sight.tls_version})"
    if facts is None:
        found[Finding.UNREADABLE] = "serves a certificate whose names and dates could not be read"
    return found


def _described(sight: Sight) -> str:
    facts = sight.facts
    if facts is None:
        return ""
    name = facts.common_name or next(iter(facts.sans), "no name")
    return f" ({name} of {facts.issuer or 'no issuer'}, valid from {iso_time(facts.not_before)})"


def agrees(edge: Edge, expected: str) -> bool | None:
    """Whether an edge serves what is expected; None where nothing is."""
    if not expected:
        return None
    return isinstance(edge.sight, Sight) and Finding.NOT_EXPECTED not in edge.findings


def row(edge: Edge, expected: str, now: datetime) -> dict[str, Any]:
    """An edge as it is returned."""
    sight = edge.sight if isinstance(edge.sight, Sight) else None
    facts = sight.facts if sight else None
    error = error_of(edge)
    return {
        "host": edge.target.written,
        "address": edge.address.ip if edge.address else None,
        "port": edge.target.port,
        "server_name": edge.target.server_name,
        "agreed": agrees(edge, expected),
        "findings": [finding.value for finding in edge.findings],
        "fingerprint": max(fingerprints(sight.der), key=len) if sight else None,
        "common_name": facts.common_name if facts else None,
        "sans": list(facts.sans) if facts else [],
        "issuer": facts.issuer if facts else None,
        "not_before": iso_time(facts.not_before) if facts else None,
        "not_after": iso_time(facts.not_after) if facts else None,
        "days_left": days_left(facts.not_after, now) if facts else None,
        "tls_version": sight.tls_version if sight else None,
        "seconds": round(sight.seconds, 3) if sight else None,
        "error": error.as_result() if error else None,
    }


def error_of(edge: Edge) -> CdnError | None:
    """All findings of an edge in one sentence; None where there are none."""
    if not edge.findings:
        return None
    target, sight = edge.target, edge.sight
    where = target.written
    if edge.address is not None:
        where = str(edge.address) if is_address(where) else f"{where} at {edge.address}"
    asked = "" if target.server_name in (None, target.host) else f", asked for {target.server_name},"
    message = f"{where}{asked} " + "; it ".join(edge.findings.values()) + "."
    if isinstance(sight, CdnError):
        return CdnError(message, provider=PROVIDER, action=sight.action, code=sight.code, outcome=sight.outcome)
    code = "".join(word.capitalize() for word in next(iter(edge.findings)).value.split("_"))
    return CdnError(message, provider=PROVIDER, action="handshake", code=code, outcome=Outcome.REFUSED)


def summary(edges: Sequence[Edge], expected: str) -> dict[str, int]:
    """How many edges there are, and how many of them ended how."""
    unreachable = sum(Finding.UNREACHABLE in edge.findings for edge in edges)
    agreed = sum(bool(agrees(edge, expected)) for edge in edges)
    return {
        "total": len(edges),
        "agreed": agreed,
        "disagreed": len(edges) - unreachable - agreed if expected else 0,
        "unreachable": unreachable,
        "with_findings": sum(bool(edge.findings) for edge in edges),
    }


def verdict(edges: Sequence[Edge], waited: float | None) -> CdnError | None:
    """All edges with findings in one error; None where there are none.

    :param waited: for how many seconds, where that was in vain
    """
    errors = [error for error in map(error_of, edges) if error is not None]
    if not errors:
        return None
    first = errors[0]
    told = [error.message for error in errors[:SHOWN_EDGES]]
    if len(edges) > 1:
        told.insert(0, f"{len(errors)} of {len(edges)} edges are not as they should be.")
    if len(errors) > SHOWN_EDGES:
        told.append(f"And {len(errors) - SHOWN_EDGES} more, see the result's rows.")
    if waited is not None:
        told.append(f"Waited {waited:.0f} s for the expected certificate.")
    return CdnError(
        " ".join(told), provider=first.provider, action=first.action, code=first.code, outcome=first.outcome
    )


# ---- Looking and waiting ----


class EdgeQuery:
    """Looks at all edges, and again at those that do not agree yet, until they do or the time is up."""

    provider = ""
    """An option that cannot be used is the fault of no edge."""

    def __init__(
        self,
        params: Mapping[str, Any],
        settings: Settings,
        redact: Redactor,
        *,
        client: TlsClient | None = None,
        resolver: Callable[[str, int, int, float], list[Address]] = resolve,
        clock: Clock | None = None,
        listener: Callable[[Report], None] | None = None,
    ) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._targets = targets_of(params)
        self._expected = expected_fingerprint(params["fingerprint"], params["certificate"], redact)
        not_negative(params, "min_days_left")
        self._wanted = Wanted(self._expected, params["min_days_left"] or 0, settings.validate_certs)
        self._params = params
        self._settings = settings
        self._clock = clock or Clock()
        self._client = client or TlsClient(settings.ca_path, self._clock, verify=settings.validate_certs)
        self._resolver = resolver
        self._listener = listener

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        """The rows, and one error where edges are not as they should be."""
        start = self._clock.now()
        edges = self._look_and_wait()
        in_vain = self._waits() and not all(map(self._settled, edges))
        waited = self._clock.now() - start if in_vain else None
        now = _utc_now()
        rows = [row(edge, self._expected, now) for edge in edges]
        error = verdict(edges, waited) if self._params["fail_on_findings"] else None
        result = {
            "edges": rows,
            "summary": summary(edges, self._expected),
            "expected_fingerprint": self._expected or None,
        }
        return result, [error] if error else []

    def _waits(self) -> bool:
        return bool(self._params["wait"] and self._expected)

    def _look_and_wait(self) -> list[Edge]:
        """One edge for each address that DNS gave last, in the order of the hosts."""
        deadline = Deadline(self._params["wait_timeout"], self._clock)
        timeout = self._settings.timeout
        seen: dict[Target, list[Edge]] = {}
        reporter = Reporter(lambda: self._tally(seen), self._clock, self._listener)
        stage = Stage.WAITING if self._waits() else Stage.READING
        reporter.enter(stage, deadline.seconds if self._waits() else None)
        seen.update(self._look(self._targets, {}, timeout))
        for pause in self._pauses(deadline):
            reporter.update(stage)
            unsettled = [target for target, edges in seen.items() if not all(map(self._settled, edges))]
            if not unsettled:
                break
            self._clock.sleep(pause)
            if self._waits():
                # A last look at the end of a wait still gets a second.
                timeout = min(self._settings.timeout, max(deadline.remaining(), 1.0))
            seen.update(self._look(unsettled, seen, timeout))
        return [edge for target in self._targets for edge in seen[target]]

    def _pauses(self, deadline: Deadline) -> Iterator[float]:
        """The pauses before further looks, as many as there may be."""
        if not self._waits():
            backoff = Backoff()
            yield from (backoff.pause(attempt) for attempt in range(self._settings.retries))
            return
        for pause in poll_pauses(self._params["wait_interval"]):
            if deadline.passed():
                return
            yield min(pause, deadline.remaining())

    def _tally(self, seen: Mapping[Target, Sequence[Edge]]) -> Tally:
        """How many edges are known, a host that was not looked at yet being one, and how many are settled."""
        edges = [edge for found in seen.values() for edge in found]
        total = len(edges) + sum(target not in seen for target in self._targets)
        return Tally(total, sum(map(self._settled, edges)), failed=0)

    def _settled(self, edge: Edge) -> bool:
        """Whether there is no point in looking at it again."""
        return bool(agrees(edge, self._expected)) if self._waits() else Finding.UNREACHABLE not in edge.findings

    def _look(
        self, targets: Sequence[Target], seen: Mapping[Target, Sequence[Edge]], timeout: float
    ) -> dict[Target, list[Edge]]:
        """One look at all addresses of these targets, except for those that are settled."""
        concurrency = self._settings.concurrency
        answers = each(lambda target: self._addresses(target, timeout), targets, concurrency)
        addresses: dict[Target, Sequence[Address]] = {}
        settled: dict[tuple[Target, Address], Edge] = {}
        for target in targets:
            before = {edge.address: edge for edge in seen.get(target, ()) if edge.address is not None}
            settled.update({(target, address): edge for address, edge in before.items() if self._settled(edge)})
            answer = answers[target]
            # A name server that fails now and then does not make known edges go away.
            addresses[target] = list(before) if isinstance(answer, CdnError) else answer
        pairs = [(target, address) for target in targets for address in addresses[target]]
        due = [pair for pair in pairs if pair not in settled]
        sights = each(lambda pair: self._client.look(pair[1], pair[0].server_name, timeout), due, concurrency)
        edges = {**settled, **{pair: self._edge(*pair, sight) for pair, sight in sights.items()}}
        return {
            target: [edges[target, address] for address in addresses[target]]
            or [self._edge(target, None, answers[target])]
            for target in targets
        }

    def _addresses(self, target: Target, timeout: float) -> list[Address]:
        family = FAMILIES["any" if is_address(target.host) else self._params["ip_version"]]
        found = self._resolver(target.host, target.port, family, timeout)
        return in_order(found) if self._params["all_addresses"] else found[:1]

    def _edge(self, target: Target, address: Address | None, sight: Any) -> Edge:
        if not isinstance(sight, Sight):
            return Edge(target, address, sight, {Finding.UNREACHABLE: f"cannot be reached: {sight}"})
        findings = judge(sight, target.server_name or target.host, self._wanted, _utc_now())
        return Edge(target, address, sight, findings)


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)
