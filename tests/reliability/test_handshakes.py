# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a server says instead of a handshake, and whatever its certificate holds, edge_cert_verify ends well."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _tls
from ansible_collections.certops.cdn.plugins.modules import edge_cert_verify
from ansible_collections.certops.cdn.tests.unit import conftest as unit
from edges.certificates import make
from edges.servers import Edge
from reliability import page
from reliability.answers.judgement import complaints

# fixtures
clock = unit.clock
play = unit.play
silent_environment = unit.silent_environment

SAMPLE, ALL = 60, 2500
"""Cases of each kind."""

NAME = "www.example.com"
ROOT = make(common_name="Root", is_ca=True, ends=3650)
LEAF = make(NAME, issuer=ROOT)
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)

TALLY: Counter[tuple[str, str]] = Counter()
"""Cases by what was strange and how they ended."""


# ---- Strange bytes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What becomes of the bytes that a server sends.

    :ivar place: where, as a part of their number
    :ivar data: bytes to put there
    """

    kind: str
    place: float
    data: bytes

    def made_of(self, sent: bytes) -> bytes:
        at = int(self.place * len(sent))
        if self.kind == "cut off":
            return sent[:at]
        if self.kind == "left out":
            return sent[:at] + sent[at + len(self.data) :]
        if self.kind == "put between":
            return sent[:at] + self.data + sent[at:]
        if self.kind == "repeated":
            return sent[:at] + sent
        if self.kind == "something else":
            return self.data
        return sent[:at] + self.data + sent[at + len(self.data) :]


RECORDS = st.builds(
    # Kind, version and length of a record, the last of which may be a lie, and a beginning of what is in it.
    lambda kind, version, length, data: bytes([kind]) + version + length.to_bytes(2, "big") + data,
    st.integers(18, 26), st.sampled_from([b"\3\0", b"\3\1", b"\3\3", b"\3\4", b"HT"]),
    st.integers(0, 65535), st.binary(max_size=40),
)  # fmt: skip
CHANGES = st.builds(
    Change,
    st.sampled_from(["cut off", "left out", "put between", "repeated", "something else", "written over"]),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=60) | RECORDS | st.just(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
)


def changed_handshake(context: ssl.SSLContext, change: Change) -> Callable[[socket.socket], None]:
    """A server that answers the client's first message as TLS wants it, but for the change, and hangs up."""

    def serve(connection: socket.socket) -> None:
        with connection:
            received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
            server = context.wrap_bio(received, sent, server_side=True)
            received.write(connection.recv(65536))
            with contextlib.suppress(ssl.SSLError):
                server.do_handshake()
            connection.sendall(change.made_of(sent.read()))

    return serve


# ---- Strange certificates --------------------------------------------------------------------------------------------

FIELDS = {
    # what of a certificate, and where it begins and ends in its DER
    "serial number": lambda der: (0, der.index(b"\x55\x04\x03")),
    "names and dates": lambda der: (der.index(b"\x55\x04\x03"), der.index(b"\x2a\x86\x48\xce\x3d\x02\x01") - 6),
    "extensions": lambda der: (der.index(b"\x55\x1d"), len(der)),
}


def strange_certificate(field: str, place: float, data: bytes) -> bytes:
    """The leaf, with other bytes somewhere; its signature cannot be right then."""
    der = ssl.PEM_cert_to_DER_cert(LEAF.pem)
    first, last = FIELDS[field](der)
    at = first + int(place * (last - first))
    return der[:at] + data + der[at + len(data) :]


def served(der: bytes) -> ssl.SSLContext | None:
    """What a server with this certificate runs on; None where OpenSSL does not even take it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(LEAF.key_pem + ssl.DER_cert_to_PEM_cert(der))
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except ssl.SSLError:
            return None
    return context


# ---- The proof -------------------------------------------------------------------------------------------------------


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge(LEAF)
    yield edge
    edge.close()


@pytest.fixture(scope="module")
def trusted() -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(ROOT.pem)
        file.flush()
        yield file.name


Look = Callable[[Any], tuple[dict[str, Any], list[str]]]


@pytest.fixture
def look(edge: Edge, trusted: str, play: Callable[..., dict[str, Any]], silent_environment: None) -> Look:
    """Run the module against a server that behaves like this; its result, and what is wrong with that."""

    def run(behaviour: Any) -> tuple[dict[str, Any], list[str]]:
        edge.serve(behaviour)
        target = {"host": "127.0.0.1", "port": edge.port, "server_name": NAME}
        options = {"targets": [target], "ca_path": trusted, "timeout": 5, "retries": 0, "min_days_left": 10}
        result = play(edge_cert_verify.main, options)
        return result, complaints("edge_cert_verify", result, [])

    return run


def ended(result: dict[str, Any]) -> str:
    return "error" if result.get("failed") else "result"


def sampled(full: bool, seed: int) -> Callable[[Any], Any]:
    examples = settings(
        max_examples=ALL if full else SAMPLE, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    return lambda test: hypothesis.seed(seed)(examples(test))


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_the_server_is_fine_as_long_as_nothing_is_strange(version: ssl.TLSVersion, look: Look) -> None:
    result, wrong = look(LEAF.context(version))
    assert (wrong, ended(result)) == ([], "result"), result


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_strange_bytes(version: ssl.TLSVersion, look: Look, full: bool, seed: int) -> None:
    context = LEAF.context(version)

    @sampled(full, seed)
    @hypothesis.given(CHANGES)
    def ends_well(change: Change) -> None:
        result, wrong = look(changed_handshake(context, change))
        assert wrong == [], result
        TALLY[f"bytes: {change.kind}", ended(result)] += 1

    ends_well()


@pytest.mark.parametrize("field", FIELDS)
def test_strange_certificates(field: str, look: Look, full: bool, seed: int) -> None:
    @sampled(full, seed)
    @hypothesis.given(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4))
    def ends_well(place: float, data: bytes) -> None:
        der = strange_certificate(field, place, data)
        context = served(der)
        hypothesis.assume(context is not None)
        result, wrong = look(context)
        assert wrong == [], result
        TALLY[f"certificate: {field}", ended(result)] += 1

    ends_well()


def test_a_defect_is_found(look: Look, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """The proof can fail: a parser that believes in certificates ends in a defect."""
    monkeypatch.setattr(_tls.TlsClient, "_facts", lambda _self, der, *_more: {b"0": None}[der[:1] + b"?"])

    @sampled(full=False, seed=seed)
    @hypothesis.given(st.binary(min_size=1, max_size=4))
    def ends_well(data: bytes) -> None:
        context = served(strange_certificate("names and dates", 0.2, data))
        hypothesis.assume(context is not None)
        _result, wrong = look(context)
        assert wrong == []

    with pytest.raises(AssertionError):
        ends_well()


# ---- Figures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def figures(full: bool, request: pytest.FixtureRequest) -> Iterator[None]:
    """Write the page, if everything was run and has gone well."""
    failed = request.session.testsfailed
    yield
    kinds = sorted({kind for kind, _end in TALLY})
    if full and request.session.testsfailed == failed and len(kinds) == 6 + len(FIELDS):
        rows = [
            f"| {kind} | " + " | ".join(f"{TALLY[kind, end]:,}" for end in ("result", "error")) + " |" for kind in kinds
        ]
        lead = f"{sum(TALLY.values()):,} runs of `edge_cert_verify`, each of which ended as it must."
        page.replace(
            "handshakes", "\n".join([lead, "", "| strange | result | error |", "| --- | ---: | ---: |", *rows])
        )
