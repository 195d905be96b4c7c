# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at real TLS servers on loopback, with certificates of every kind."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _tls
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._parallel import each
from ansible_collections.certops.cdn.plugins.module_utils._tls import Address, Sight, TlsClient, facts_of, resolve
from edges.certificates import Identity, make, make_ca
from edges.servers import Behaviour, Edge, edges, hang_up, plain_http, reset, silent

NAME = "www.example.com"
ROOT = make_ca()
ISSUER = make_ca("Example Issuing CA", ROOT)
EXPIRED_ISSUER = make_ca("Expired Issuing CA", ROOT, begins=-90, ends=-1)

Start = Callable[..., Edge]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start one server; it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda behaviour, *address: stack.enter_context(edges(behaviour, addresses=address or None))[0]


@pytest.fixture
def client(tmp_path: Path) -> TlsClient:
    """A client that trusts the root alone."""
    trust = tmp_path / "root.pem"
    trust.write_text(ROOT.pem)
    return TlsClient(str(trust))


def look(client: TlsClient, edge: Edge, name: str = NAME, timeout: float = 5) -> Sight:
    (address,) = resolve(edge.address, edge.port, socket.AF_UNSPEC, timeout=5)
    return client.look(address, name, timeout)


def failure(client: TlsClient, behaviour: Behaviour, start: Start, timeout: float = 5) -> tuple[CdnError, Edge]:
    edge = start(behaviour)
    with pytest.raises(CdnError) as caught:
        look(client, edge, timeout=timeout)
    assert (caught.value.provider, caught.value.action) == ("edge", "handshake")
    assert caught.value.outcome is Outcome.NOT_EXECUTED
    return caught.value, edge


# ---- Certificates ----


def test_a_good_certificate_takes_one_handshake_and_no_data(client: TlsClient, start: Start) -> None:
    identity = make(NAME, "*.example.org", issuer=ISSUER)
    edge = start(identity)

    sight = look(client, edge)

    assert sight.der == ssl.PEM_cert_to_DER_cert(identity.pem)
    assert sight.facts is not None
    assert (sight.facts.common_name, sight.facts.issuer) == (NAME, "Example Issuing CA")
    assert sight.facts.sans == (NAME, "*.example.org")
    assert sight.facts.not_before == identity.not_before
    assert sight.facts.not_after == identity.not_after
    assert (sight.distrust, sight.out_of_date, sight.weakness) == ("", False, "")
    assert sight.tls_version == "TLSv1.3"
    assert edge.names == [NAME]
    assert edge.received == b""


def hide_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a host without that library; the test's own certificates still need it."""

    def missing(_der: bytes) -> None:
        raise ImportError("No module named 'cryptography'")

    monkeypatch.setattr(_tls._x509, "facts_of", missing)


@pytest.fixture(params=[2, 3], ids=["cryptography", "no cryptography"])
def handshakes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many are needed for a certificate that is not trusted, with and without the library cryptography."""
    if request.param == 3:
        hide_cryptography(monkeypatch)
    return int(request.param)


@pytest.mark.parametrize(
    ("identity", "distrust", "out_of_date"),
    [
        pytest.param(make(NAME, issuer=ISSUER, ends=-1), "expired", True, id="expired"),
        pytest.param(make(NAME, issuer=ISSUER, begins=1), "not yet valid", True, id="not yet valid"),
        pytest.param(make(NAME, issuer=EXPIRED_ISSUER), "expired", True, id="expired issuer"),
        pytest.param(make(NAME), "self.signed", False, id="self-signed"),
        pytest.param(make(NAME, ends=-1), "self.signed", False, id="self-signed and expired"),
        pytest.param(make(NAME, issuer=ISSUER, chained=False), "local issuer", False, id="no chain"),
        pytest.param(make(NAME, issuer=make_ca("Other")), "local issuer|leaf signature", False, id="unknown issuer"),
        pytest.param(make(NAME, issuer=ISSUER, weak=True), "key too (weak|small)", False, id="weak key"),
    ],
)
def test_a_bad_certificate_is_read_all_the_same(
    client: TlsClient, start: Start, *, identity: Identity, distrust: str, out_of_date: bool, handshakes: int
) -> None:
    edge = start(identity)

    sight = look(client, edge)

    assert sight.der == ssl.PEM_cert_to_DER_cert(identity.pem)
    assert re.search(distrust, sight.distrust)
    assert sight.out_of_date is out_of_date
    assert sight.facts is not None
    assert sight.facts.sans == (NAME,)
    assert sight.facts.not_after == identity.not_after
    assert sight.weakness == ""
    assert len(edge.names) == handshakes
    assert edge.received == b""


def test_what_nobody_has_to_trust_takes_one_handshake_less(start: Start, handshakes: int) -> None:
    identity = make(NAME, ends=-1)
    edge = start(identity)
    client = TlsClient(None, verify=False)

    sights = [look(client, edge), look(client, edge)]

    assert [sight.distrust for sight in sights] == ["", ""]
    assert [sight.facts and sight.facts.not_after for sight in sights] == [identity.not_after] * 2
    # The second time it is known what the certificate says.
    assert len(edge.names) == handshakes


def test_without_cryptography_one_handshake_more_does_for_all_edges_with_the_same_certificate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide_cryptography(monkeypatch)
    identity = make(NAME, ends=-1)
    client = TlsClient(None, verify=False)

    with edges(*[identity] * 8) as several:
        by_number = dict(enumerate(several))
        sights = each(lambda number: look(client, by_number[number]), list(by_number), concurrency=8)

        assert {isinstance(sight, Sight) and sight.facts and sight.facts.sans for sight in sights.values()} == {(NAME,)}
        assert sum(len(edge.names) for edge in several) == 8 + 1


def test_a_certificate_that_servers_must_not_use_has_at_least_a_fingerprint(
    client: TlsClient, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_cryptography(monkeypatch)
    identity = make(NAME, issuer=ISSUER, for_clients=True)

    sight = look(client, start(identity))

    assert sight.der == ssl.PEM_cert_to_DER_cert(identity.pem)
    assert sight.facts is None
    assert "purpose" in sight.distrust


def test_a_certificate_that_servers_must_not_use_is_read_by_cryptography(client: TlsClient, start: Start) -> None:
    sight = look(client, start(make(NAME, issuer=ISSUER, for_clients=True)))

    assert sight.facts is not None
    assert sight.facts.sans == (NAME,)
    assert "purpose" in sight.distrust


def test_the_certificate_depends_on_the_name_asked_for(client: TlsClient, start: Start) -> None:
    default, shop = make("default.example.com", issuer=ROOT), make("shop.example.com", issuer=ROOT)
    edge = start(default)
    edge.serve(default, shop_example_com=shop)

    assert look(client, edge, "shop.example.com").der == ssl.PEM_cert_to_DER_cert(shop.pem)
    assert look(client, edge, "other.example.com").der == ssl.PEM_cert_to_DER_cert(default.pem)


@pytest.mark.skipif(not ssl.HAS_TLSv1_1, reason="this OpenSSL does not speak TLS 1.1")
@pytest.mark.parametrize("issuer", [ROOT, None])
def test_outdated_tls_is_seen_and_told(client: TlsClient, start: Start, issuer: Identity | None) -> None:
    identity = make(NAME, issuer=issuer)

    sight = look(client, start(identity.context(newest=ssl.TLSVersion.TLSv1_1)))

    assert sight.tls_version == "TLSv1.1"
    assert "protocol" in sight.weakness
    assert sight.facts is not None
    assert bool(sight.distrust) is (issuer is None)


def test_ipv6(client: TlsClient, start: Start) -> None:
    try:
        edge = start(make(NAME, issuer=ROOT), "::1")
    except OSError:
        pytest.skip("no IPv6 on loopback")

    assert look(client, edge).facts is not None


# ---- No handshake ----


def test_a_server_that_says_nothing(client: TlsClient, start: Start) -> None:
    error, _edge = failure(client, silent, start, timeout=0.2)

    assert (error.code, error.message) == ("Timeout", "no TLS handshake within 0.2 s")


def test_a_server_without_tls(client: TlsClient, start: Start) -> None:
    error, _edge = failure(client, plain_http, start)

    assert (error.code, error.message) == ("HandshakeFailed", "the TLS handshake failed: what answers is not TLS")


@pytest.mark.parametrize("behaviour", [hang_up, reset])
def test_a_connection_that_breaks_is_not_taken_for_outdated_tls(
    client: TlsClient, start: Start, behaviour: Any
) -> None:
    connections = []

    def counted(connection: socket.socket) -> None:
        connections.append(connection)
        behaviour(connection)

    error, _edge = failure(client, counted, start)

    assert error.code in ("HandshakeFailed", "ConnectionFailed")
    assert len(connections) == 1


def test_a_server_that_does_not_know_the_name(client: TlsClient, start: Start) -> None:
    edge = start(silent)
    context = make(NAME, issuer=ROOT).context()
    edge.serve(context)
    context.sni_callback = lambda *_arguments: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    with pytest.raises(CdnError, match=r"the TLS handshake failed: .*unrecognized name") as caught:
        look(client, edge)

    assert caught.value.code == "HandshakeFailed"


def test_a_port_where_nobody_listens(client: TlsClient) -> None:
    with edges(silent) as (edge,):
        pass

    with pytest.raises(CdnError, match=r"^the connection failed: Connection refused$") as caught:
        look(client, edge)

    assert caught.value.code == "ConnectionFailed"


def test_without_ipv6_the_message_says_what_to_do(client: TlsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(_tls.socket.socket, "connect", refuse)

    with pytest.raises(CdnError, match=r"Network is unreachable .*ip_version=ipv4"):
        client.look(Address(socket.AF_INET6, ("2001:db8::1", 443, 0, 0)), NAME, 1)


def test_a_certificate_that_changes_between_handshakes_is_not_mixed_up(
    client: TlsClient, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_cryptography(monkeypatch)
    identities = [make(NAME) for _count in range(3)]
    edge = start(identities[0])
    original = client._shake

    def changing(*arguments: Any) -> Any:
        edge.serve(identities[1] if arguments[0] is client._blind else identities[2])
        return original(*arguments)

    client._shake = changing  # type: ignore[method-assign]

    sight = look(client, edge)

    assert sight.der == ssl.PEM_cert_to_DER_cert(identities[1].pem)
    assert sight.facts is None

    # What could not be parsed once is not given up.
    client._shake = original  # type: ignore[method-assign]
    edge.serve(identities[1])
    again = look(client, edge)
    assert again.der == sight.der
    assert again.facts is not None


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_with_a_name_that_is_no_text_is_shown_but_not_parsed(
    start: Start, tmp_path: Path, trusted: bool
) -> None:
    identity = make(NAME, issuer=ROOT, raw_names=b"\x82\x03w\xff.")
    (tmp_path / "trust.pem").write_text((ROOT if trusted else make_ca()).pem)

    sight = look(TlsClient(str(tmp_path / "trust.pem")), start(identity))

    assert sight.der == ssl.PEM_cert_to_DER_cert(identity.pem)
    assert (sight.facts, bool(sight.distrust)) == (None, not trusted)


# ---- Trust ----


def test_trust_in_a_directory(start: Start, tmp_path: Path) -> None:
    (tmp_path / f"{ROOT.subject_hash}.0").write_text(ROOT.pem)

    assert look(TlsClient(str(tmp_path)), start(make(NAME, issuer=ISSUER))).distrust == ""


@pytest.mark.parametrize("which", ["leaf", "intermediate"])
def test_what_is_trusted_need_not_be_a_root(start: Start, tmp_path: Path, which: str) -> None:
    identity = make(NAME, issuer=ISSUER)
    (tmp_path / "trust.pem").write_text(identity.pem if which == "leaf" else ISSUER.pem)

    assert look(TlsClient(str(tmp_path / "trust.pem")), start(identity)).distrust == ""


def test_trust_by_default_is_that_of_certifi_or_the_system(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    edge = start(make(NAME, issuer=ROOT))
    assert look(TlsClient(None), edge).distrust

    monkeypatch.setitem(sys.modules, "certifi", None)
    assert look(TlsClient(None), edge).distrust


def test_a_file_without_ca_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")

    with pytest.raises(InputError, match=r"^ca_path: there is no CA certificate in '.*empty\.pem'\.$"):
        TlsClient(str(tmp_path / "empty.pem"))


# ---- Names ----


def test_addresses_are_told_once_and_in_order() -> None:
    addresses = [Address(socket.AF_INET, (f"192.0.2.{number}", 443)) for number in (10, 9)]
    six = Address(socket.AF_INET6, ("2001:db8::1", 443, 0, 0))

    assert [address.ip for address in _tls.in_order([six, *addresses])] == ["192.0.2.9", "192.0.2.10", "2001:db8::1"]
    assert [str(address) for address in (addresses[0], six)] == ["192.0.2.10:443", "[2001:db8::1]:443"]


def test_resolving(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("127.0.0.1", 443, socket.AF_UNSPEC, timeout=5) == [Address(socket.AF_INET, ("127.0.0.1", 443))]

    def unknown(*_arguments: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(_tls.socket, "getaddrinfo", unknown)
    with pytest.raises(CdnError, match=r"^the name could not be resolved to an IPv6 address: Name or") as caught:
        resolve("www.example.com", 443, socket.AF_INET6, timeout=5)
    assert (caught.value.code, caught.value.action) == ("NameNotResolved", "resolve")


def test_resolving_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(_tls.socket, "getaddrinfo", lambda *_arguments: ended.wait(30))
    with pytest.raises(CdnError, match=r"^the name could not be resolved: not done within 0\.01 s$"):
        resolve("www.example.com", 443, socket.AF_UNSPEC, timeout=0.01)
    ended.set()


# ---- Facts ----


def test_facts_of_a_certificate_that_says_little() -> None:
    facts = facts_of({"issuer": ((("organizationName", "Example Ltd"),),), "notAfter": "some day"})

    assert (facts.common_name, facts.sans, facts.issuer) == (None, (), "Example Ltd")
    assert (facts.not_before, facts.not_after) == (None, None)


def test_facts_with_addresses_and_other_names() -> None:
    names = (("DNS", "a.example.com"), ("IP Address", "2001:DB8:0:0:0:0:0:1\n"), ("email", "x@example.com"))

    facts = facts_of({"subjectAltName": names, "notBefore": "Jan  5 09:34:43 2026 GMT"})

    assert facts.sans == ("a.example.com", "2001:db8::1")
    assert facts.not_before == datetime(2026, 1, 5, 9, 34, 43, tzinfo=timezone.utc)
