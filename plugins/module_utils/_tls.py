# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: what a TLS server shows to a client. Handshakes alone: no data is ever sent.

The certificate is read whatever is wrong with it: where the trust store refuses it, a second handshake verifies nothing
and yields its bytes. The library cryptography parses them. Where that is missing, the standard library has to do, which
parses only what it has verified: one more handshake for each certificate trusts just those bytes.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ansible_collections.certops.cdn.plugins.module_utils import _x509
from ansible_collections.certops.cdn.plugins.module_utils._certificates import Facts
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock, Deadline, within

PROVIDER = "edge"

# OpenSSL's names; the ssl module of Python 3.9 lacks the first and the last, and all lack the second.
X509_V_FLAG_PARTIAL_CHAIN = 0x80000
X509_V_FLAG_NO_CHECK_TIME = 0x200000
SSL_OP_LEGACY_SERVER_CONNECT = 0x4
X509_V_ERR_CERT_NOT_YET_VALID = 9
X509_V_ERR_CERT_HAS_EXPIRED = 10

# How OpenSSL says that the first bytes of the answer were not those of TLS.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
}

_FAMILY_NAMES: Mapping[int, str] = {socket.AF_INET: " to an IPv4 address", socket.AF_INET6: " to an IPv6 address"}


class Address(NamedTuple):
    """Where to connect to."""

    family: int
    sockaddr: tuple[Any, ...]

    @property
    def ip(self) -> str:
        return str(self.sockaddr[0])

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.sockaddr[1]}" if ":" in self.ip else f"{self.ip}:{self.sockaddr[1]}"


@dataclass(frozen=True)
class Sight:
    """What a server has shown.

    :ivar der: its own certificate, the leaf
    :ivar facts: what that says; None where it could not be parsed
    :ivar seconds: what connection and handshake took
    :ivar distrust: why the trust store refuses it; "" where it does not
    :ivar out_of_date: it is refused because it, or a certificate of its chain, has expired or is not valid yet
    :ivar weakness: why a client of today refuses the handshake; "" where it does not
    """

    der: bytes
    facts: Facts | None
    tls_version: str
    seconds: float
    distrust: str = ""
    out_of_date: bool = False
    weakness: str = ""


class _Shown(NamedTuple):
    der: bytes
    parsed: Mapping[str, Any]
    tls_version: str
    seconds: float


def resolve(host: str, port: int, family: int, timeout: float) -> list[Address]:
    """The addresses of a name in the order in which this host prefers them, or the one that it is itself.

    :param timeout: in seconds
    :raises CdnError: it has none, or the name servers do not answer in time
    """
    try:
        found = within(timeout, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
    except OSError as exc:  # TimeoutError is one
        kind = _FAMILY_NAMES.get(family, "")
        reason = (exc.strerror or str(exc)).rstrip(".")
        message = f"the name could not be resolved{kind}: {reason}"
        raise CdnError(message, provider=PROVIDER, action="resolve", code="NameNotResolved") from exc
    return list(dict.fromkeys(Address(entry[0], entry[4]) for entry in found))


def in_order(addresses: Iterable[Address]) -> list[Address]:
    """IPv4 first, then by number: DNS gives the same addresses in another order each time."""
    return sorted(addresses, key=lambda address: (address.family, ipaddress.ip_address(address.ip)))


class TlsClient:
    """Looks at servers. Safe to use from several threads."""

    def __init__(self, ca_path: str | None, clock: Clock | None = None, *, verify: bool = True) -> None:
        """
        :param ca_path: a file or directory of CA certificates, instead of those of certifi or the system
        :param verify: whether it matters what is trusted; without that, nothing is ever distrusted
        :raises InputError: there is no CA certificate in the file
        """
        self._clock = clock or Clock()
        # Made once: reading a trust store takes longer than a handshake.
        self._current = _trusting(_context(), ca_path)
        self._old = _trusting(_lenient(_context()), ca_path)
        self._blind = _lenient(_context())
        for context in (self._blind,) if verify else (self._blind, self._current, self._old):
            context.verify_mode = ssl.CERT_NONE
        # What certificates say that took a handshake to be parsed, or that somebody is about to have parsed.
        self._parsed: dict[bytes, Future[Facts | None]] = {}

    def look(self, address: Address, server_name: str | None, timeout: float) -> Sight:
        """Shake hands, ask for ``server_name``, and see what is shown.

        :param server_name: None asks for no name (no SNI), as clients do that know an address alone
        :param timeout: seconds for connection and handshake; several of them are needed where something is wrong
        :raises CdnError: no handshake came about
        """
        try:
            return self._look(address, server_name, timeout)
        except ssl.SSLError as exc:
            code, reason = "HandshakeFailed", f"the TLS handshake failed: {_reason(exc)}"
        except socket.timeout:
            code, reason = "Timeout", f"no TLS handshake within {timeout:g} s"
        except OSError as exc:
            code, reason = "ConnectionFailed", f"the connection failed: {exc.strerror or exc}"
            if address.family == socket.AF_INET6 and exc.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL):
                reason += " (this host seems to have no IPv6; ip_version=ipv4 leaves such addresses out)"
        raise CdnError(reason, provider=PROVIDER, action="handshake", code=code)

    def _look(self, address: Address, server_name: str | None, timeout: float) -> Sight:
        try:
            return self._seen(self._current, address, server_name, timeout)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise
        except ssl.SSLError as refused:
            # Perhaps its TLS is too old or too weak for a client of today. That is to be told, not to be failed with.
            try:
                return self._seen(self._old, address, server_name, timeout, weakness=_reason(refused))
            except ssl.SSLError:
                raise refused from None

    def _seen(
        self, context: ssl.SSLContext, address: Address, server_name: str | None, timeout: float, weakness: str = ""
    ) -> Sight:
        distrust, out_of_date = "", False
        try:
            shown = self._shake(context, address, server_name, timeout)
        except ssl.SSLCertVerificationError as exc:
            shown = self._shake(self._blind, address, server_name, timeout)
            distrust = exc.verify_message or _reason(exc)
            out_of_date = exc.verify_code in (X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED)
        facts = facts_of(shown.parsed) if shown.parsed else self._facts(shown.der, address, server_name, timeout)
        return Sight(shown.der, facts, shown.tls_version, shown.seconds, distrust, out_of_date, weakness)

    def _facts(self, der: bytes, address: Address, server_name: str | None, timeout: float) -> Facts | None:
        """What a certificate says that was not verified; None where it cannot be parsed.

        Where that takes a handshake, one does for all who see the same certificate, unless that one fails.
        """
        with contextlib.suppress(ImportError, ValueError):
            return _x509.facts_of(der)
        mine: Future[Facts | None] = Future()
        first = self._parsed.setdefault(der, mine)
        if first is not mine:
            return first.result() or self._trusting_it_alone(der, address, server_name, timeout)
        facts = None
        try:
            facts = self._trusting_it_alone(der, address, server_name, timeout)
        finally:
            mine.set_result(facts)
        return facts

    def _trusting_it_alone(self, der: bytes, address: Address, server_name: str | None, timeout: float) -> Facts | None:
        """What a certificate says, by a handshake that trusts this one alone, at any date.

        None where that fails: the server shows another certificate meanwhile, or it is none for TLS servers.
        """
        context = _lenient(_context())
        context.verify_flags |= X509_V_FLAG_NO_CHECK_TIME
        try:
            context.load_verify_locations(cadata=der)
            parsed = self._shake(context, address, server_name, timeout).parsed
        except OSError:
            return None
        return facts_of(parsed) if parsed else None

    def _shake(self, context: ssl.SSLContext, address: Address, server_name: str | None, timeout: float) -> _Shown:
        start = self._clock.now()
        deadline = Deadline(timeout, self._clock)
        with socket.socket(address.family, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(address.sockaddr)
            # The ssl module counts it for the handshake as a whole; 0 would mean "do not block".
            connection.settimeout(max(deadline.remaining(), 0.001))
            with context.wrap_socket(connection, server_hostname=server_name) as tls:
                seconds = self._clock.now() - start
                return _Shown(tls.getpeercert(binary_form=True) or b"", _parsed(tls), tls.version() or "", seconds)


def _context() -> ssl.SSLContext:
    """A client of today that trusts nobody yet. Names are compared by the caller, as a finding of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # What is trusted need not be self-signed: an intermediate CA, or the server's own certificate, will do.
    context.verify_flags |= X509_V_FLAG_PARTIAL_CHAIN
    return context


def _lenient(context: ssl.SSLContext) -> ssl.SSLContext:
    """Whatever OpenSSL still speaks here, so that outdated servers are seen too."""
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with contextlib.suppress(ssl.SSLError):  # old LibreSSL has no such levels, and so nothing to lower
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= SSL_OP_LEGACY_SERVER_CONNECT
    return context


def _trusting(context: ssl.SSLContext, ca_path: str | None) -> ssl.SSLContext:
    if ca_path is None:
        try:
            import certifi
        except ImportError:
            context.set_default_verify_paths()
        else:
            context.load_verify_locations(cafile=certifi.where())
    elif os.path.isdir(ca_path):
        context.load_verify_locations(capath=ca_path)
    else:
        try:
            context.load_verify_locations(cafile=ca_path)
        except ssl.SSLError:
            raise InputError(f"ca_path: there is no CA certificate in '{ca_path}'.") from None
    return context


def _parsed(tls: ssl.SSLSocket) -> Mapping[str, Any]:
    """A certificate that was verified, as Python parses it; empty where that was not done, or Python cannot."""
    try:
        return tls.getpeercert() or {}
    except ValueError:  # text in it is not in the encoding that it should have
        return {}


def _reason(exc: ssl.SSLError) -> str:
    """OpenSSL's reason in words."""
    if exc.reason in _NOT_TLS:
        return "what answers is not TLS"
    return exc.reason.replace("_", " ").lower() if exc.reason else (exc.strerror or str(exc))


def facts_of(parsed: Mapping[str, Any]) -> Facts:
    """What a certificate says, as ``SSLSocket.getpeercert`` tells it."""
    names = parsed.get("subjectAltName", ())
    return Facts(
        common_name=_attribute(parsed.get("subject", ()), "commonName"),
        sans=tuple(_canonical(text.strip()) for kind, text in names if kind in ("DNS", "IP Address")),
        issuer=_attribute(parsed.get("issuer", ()), "commonName", "organizationName"),
        not_before=_moment(parsed.get("notBefore")),
        not_after=_moment(parsed.get("notAfter")),
    )


def _canonical(san: str) -> str:
    """A name as it is, an address in its usual form: OpenSSL writes "2001:DB8:0:0:0:0:0:1"."""
    try:
        return str(ipaddress.ip_address(san))
    except ValueError:
        return san


def _attribute(name: Iterable[Iterable[tuple[str, str]]], *kinds: str) -> str | None:
    """The first attribute of one of these kinds in a distinguished name."""
    found = dict(pair for part in name for pair in part)
    return next((found[kind] for kind in kinds if kind in found), None)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), timezone.utc) if text else None
    except ValueError:
        return None
