# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of edges, what is found, when to look again; and the module as a whole against real servers."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Union

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _tls
from ansible_collections.certops.cdn.plugins.module_utils._edge import (
    EdgeQuery,
    Finding,
    Wanted,
    expected_fingerprint,
    is_address,
    judge,
    targets_of,
)
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._progress import Report
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._tls import Address, Facts, Sight
from ansible_collections.certops.cdn.plugins.modules import edge_cert_verify
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from edges.certificates import Identity, make, make_ca
from edges.servers import Behaviour, edges, hang_up, plain_http, silent

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
NAME = "www.example.com"
ROOT = make_ca()
OLD, NEW = make(NAME, issuer=ROOT), make(NAME, issuer=ROOT)

Play = Callable[..., dict[str, Any]]


# ---- What is asked for ----


@pytest.mark.parametrize(
    ("hosts", "server_name", "expected"),
    [
        (["192.0.2.1"], None, [("192.0.2.1", "192.0.2.1", None)]),
        (["2001:DB8::0001"], None, [("2001:DB8::0001", "2001:db8::1", None)]),
        (["www.example.com"], None, [("www.example.com", "www.example.com", "www.example.com")]),
        ([" WWW.Example.com. "], None, [("WWW.Example.com.", "www.example.com", "www.example.com")]),
        (["bücher.example"], None, [("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example")]),
        (["localhost"], "b.example", [("localhost", "localhost", "b.example")]),
        (["192.0.2.1"], "B.example.", [("192.0.2.1", "192.0.2.1", "b.example")]),
        (["2001:DB8::0001"], "b.example", [("2001:DB8::0001", "2001:db8::1", "b.example")]),
        (["_tls.example.com", "a-b.example"], "x", [("_tls.example.com",) * 2 + ("x",), ("a-b.example",) * 2 + ("x",)]),
    ],
)
def test_targets(hosts: list[str], server_name: str | None, expected: list[tuple[str, str, str | None]]) -> None:
    found = targets_of({"host": hosts, "targets": None, "server_name": server_name, "port": 443})

    assert [(target.written, target.host, target.server_name) for target in found] == expected


@pytest.mark.parametrize(
    ("hosts", "server_name", "message"),
    [
        ([], None, "host is an empty list; name at least one."),
        (["a.example", " "], None, "host contains a blank value."),
        (["a.example", "A.example."], None, "host contains 'A.example.' more than once."),
        (["::1", "0::1"], "a.example", "host contains '0::1' more than once."),
        (["*.example.com"], None, "host: '*.example.com' is a wildcard; name a host that it covers."),
        (["a.example"], " ", "server_name is blank."),
        (["a.example"], "::1", "server_name: '::1' is an address; it must be a host name."),
        (["a.example"], "*.b.example", "server_name: '*.b.example' is a wildcard; name a host that it covers."),
        *(
            ([bad], "a", f"host: '{bad}' is no host name; write it without scheme, port, brackets and path.")
            for bad in (
                "https://a.example",
                "a.example:443",
                "a.example/",
                "[::1]",
                "127.1",
                "1.2.3.4.5",
                "-a.example",
                "a-.example",
                "a..example",
                ".example",
                "a b",
                "x" * 64 + ".example",
                ".".join(["x" * 63] * 4),
                "\udcff.example",
            )
        ),
    ],
)
def test_targets_that_cannot_be_used(hosts: list[str], server_name: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        targets_of({"host": hosts, "targets": None, "server_name": server_name, "port": 443})

    assert str(caught.value) == message


def test_targets_say_themselves_what_the_options_of_all_say_otherwise() -> None:
    given: list[dict[str, Any]] = [
        {"host": "cdn.example.net", "server_name": None, "port": None},
        {"host": "CDN.example.net", "server_name": "b.example", "port": None},
        {"host": "192.0.2.1", "server_name": None, "port": 8443},
        {"host": "192.0.2.1", "server_name": None, "port": 8444},
    ]

    found = targets_of({"host": None, "targets": given, "server_name": "a.example", "port": 443})

    assert [(target.written, target.server_name, target.port) for target in found] == [
        ("cdn.example.net", "a.example", 443),
        ("CDN.example.net", "b.example", 443),
        ("192.0.2.1", "a.example", 8443),
        ("192.0.2.1", "a.example", 8444),
    ]


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "targets is an empty list; name at least one."),
        ([{"host": " "}], "targets contains a blank value."),
        ([{"host": "a.example/"}], "targets: 'a.example/' is no host name; write it without scheme, port, "),
        ([{"host": "a.example", "server_name": " "}], "server_name is blank."),
        ([{"host": "a.example", "server_name": "*.b"}], "server_name: '*.b' is a wildcard; name a host that it covers"),
        ([{"host": "a.example", "port": 0}], "port: 0 was given, but it must be between 1 and 65535."),
        (
            [{"host": "a.example", "server_name": "A.example", "port": 443}, {"host": "a.example"}],
            "targets contains 'a.example' more than once.",
        ),
        (None, "host and targets are all empty (null); one of them must say what is meant."),
    ],
)
def test_targets_of_their_own_that_cannot_be_used(targets: list[dict[str, Any]] | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        targets_of({"host": None, "targets": targets, "server_name": None, "port": 443})

    assert str(caught.value).startswith(message)


def test_expected_fingerprint() -> None:
    def of(fingerprint: str | None = None, certificate: str | None = None) -> str:
        return expected_fingerprint(fingerprint, certificate, Redactor())

    assert of() == ""
    assert of("AB:" * 19 + "AB") == "ab" * 20
    assert of(certificate=f"text before\n{NEW.pem}{ROOT.pem}") == NEW.sha256


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("fingerprint", "", "fingerprint is blank."),
        ("fingerprint", "abc", "fingerprint: 'abc' is none; it must be 32 (MD5), 40 (SHA-1) or 64 (SHA-256) "),
        ("certificate", " \n", "certificate is blank."),
        ("certificate", "example.pem", "certificate contains no PEM certificate; give its text, not its path."),
        (
            "certificate",
            "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----",
            "certificate cannot be read: the PEM block 'CERTIFICATE' is not base64.",
        ),
    ],
)
def test_expected_certificates_that_cannot_be_used(option: str, text: str, message: str) -> None:
    options = {"fingerprint": None, "certificate": None, option: text}

    with pytest.raises(InputError) as caught:
        expected_fingerprint(options["fingerprint"], options["certificate"], Redactor())

    assert str(caught.value).startswith(message)


def test_md5_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    original = hashlib.new

    def fips(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "md5":
            raise ValueError("disabled for FIPS")
        return original(name, *arguments, **options)

    monkeypatch.setattr(hashlib, "new", fips)

    with pytest.raises(InputError, match="this host has no MD5"):
        expected_fingerprint("0" * 32, None, Redactor())


# ---- What is found ----


def sight(begins: float = -10, ends: float = 80.5, names: Sequence[str] = (NAME,), **others: Any) -> Sight:
    validity = (NOW + timedelta(days=begins), NOW + timedelta(days=ends))
    return Sight(b"der", Facts(NAME, tuple(names), "Example CA", *validity), "TLSv1.3", 0.1, **others)


DER = hashlib.sha256(b"der").hexdigest()
BLIND = Sight(b"der", None, "TLSv1.3", 0.1, distrust="unsuitable purpose")


@pytest.mark.parametrize(
    ("seen", "wanted", "findings"),
    [
        (sight(), Wanted(), {}),
        (sight(), Wanted(DER), {}),
        (sight(), Wanted(hashlib.sha1(b"der", usedforsecurity=False).hexdigest()), {}),
        (
            sight(),
            Wanted("0" * 64),
            {"not_expected": "(www.example.com of Example CA, valid from 2026-05-22T00:00:00Z)"},
        ),
        (sight(ends=-1), Wanted(), {"expired": "2026-05-31T00:00:00Z"}),
        (sight(ends=-1), Wanted(days_left=9), {"expired": ""}),
        (sight(ends=0.5), Wanted(), {}),
        (sight(ends=8.9), Wanted(days_left=8), {}),
        (sight(ends=8.9), Wanted(days_left=9), {"few_days_left": "8 of at least 9 days"}),
        (sight(begins=1), Wanted(), {"not_yet_valid": "2026-06-02T00:00:00Z"}),
        (sight(distrust="self-signed"), Wanted(), {"untrusted": "self-signed"}),
        (sight(distrust="self-signed"), Wanted(trusted=False), {}),
        (sight(distrust="expired", out_of_date=True), Wanted(), {"untrusted": "expired (a certificate of its chain)"}),
        (sight(ends=-1, distrust="expired", out_of_date=True), Wanted(), {"expired": ""}),
        (sight(begins=1, distrust="not yet", out_of_date=True), Wanted(), {"not_yet_valid": ""}),
        (sight(ends=-1, distrust="self-signed"), Wanted(), {"expired": "", "untrusted": ""}),
        (sight(names=["*.example.com"]), Wanted(), {}),
        (sight(names=["example.com", "b"]), Wanted(), {"name_not_covered": f"{NAME} (example.com, b)"}),
        (sight(names=["a", "b", "c", "d", "e", "f"]), Wanted(), {"name_not_covered": "(a, b, c, d, e, ...)"}),
        (sight(names=[]), Wanted(), {"name_not_covered": "(no name)"}),
        (sight(weakness="too old"), Wanted(), {"weak_tls": "too old (TLSv1.3)"}),
        (BLIND, Wanted(), {"untrusted": "unsuitable purpose", "unreadable": ""}),
        (BLIND, Wanted("0" * 64, trusted=False), {"not_expected": "than expected", "unreadable": ""}),
    ],
)
def test_findings(seen: Sight, wanted: Wanted, findings: Mapping[str, str]) -> None:
    found = judge(seen, NAME, wanted, NOW)

    assert [finding.value for finding in found] == list(findings)
    for finding, text in findings.items():
        assert text in found[Finding(finding)]


@pytest.mark.parametrize(
    ("names", "address", "expected"),
    [
        (["192.0.2.1"], "192.0.2.1", True),
        (["www.example.com", "2001:db8::1"], "2001:db8::1", True),
        (["192.0.2.2", "*.0.2.1", "www.example.com"], "192.0.2.1", False),
        ([], "192.0.2.1", False),
    ],
)
def test_an_address_must_be_among_those_of_the_certificate(names: list[str], address: str, expected: bool) -> None:
    found = judge(sight(names=names), address, Wanted(), NOW)

    assert (Finding.NAME_NOT_COVERED not in found) is expected


# ---- Looking and waiting, on the test's clock ----


Answer = Union[Identity, CdnError]


class World:
    """Names with addresses, and what these serve, as time passes."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.names: dict[str, list[str] | CdnError] = {}
        self.serves: dict[str, Answer] = {}
        self.changes: list[tuple[float, Callable[[], object]]] = []
        self.looks: list[tuple[float, str, float]] = []
        self.reports: list[Report] = []
        self.began = clock.now()
        self._lock = threading.Lock()

    def after(self, seconds: float, change: Callable[[], object]) -> None:
        self.changes.append((self.began + seconds, change))

    def _catch_up(self) -> None:
        with self._lock:
            for change in [change for change in self.changes if change[0] <= self.clock.now()]:
                self.changes.remove(change)
                change[1]()

    def resolve(self, host: str, port: int, family: int, timeout: float) -> list[Address]:
        assert timeout <= 10
        self._catch_up()
        found = self.names.get(host, [host] if is_address(host) else ["192.0.2.1"])
        if isinstance(found, CdnError):
            raise found
        addresses = [Address(socket.AF_INET6 if ":" in ip else socket.AF_INET, (ip, port)) for ip in found]
        return [address for address in addresses if family in (socket.AF_UNSPEC, address.family)]

    def look(self, address: Address, server_name: str | None, timeout: float) -> Sight:
        self._catch_up()
        self.looks.append((self.clock.now() - self.began, address.ip, timeout))
        served = self.serves[address.ip]
        if isinstance(served, CdnError):
            raise served
        facts = Facts(NAME, (NAME,), "Example CA", NOW, datetime.now(timezone.utc) + timedelta(days=30))
        return Sight(_tls.ssl.PEM_cert_to_DER_cert(served.pem), facts, "TLSv1.3", 0.1)

    def query(self, **params: Any) -> tuple[dict[str, Any], list[CdnError]]:
        options = {name: spec.get("default") for name, spec in argument_spec().items()}
        options.update({"host": [NAME]}, **params)
        settings = Settings(timeout=10, retries=options["retries"], concurrency=4)
        query = EdgeQuery(
            options,
            settings,
            Redactor(),
            client=self,  # type: ignore[arg-type]
            resolver=self.resolve,
            clock=self.clock,
            listener=self.reports.append,
        )
        result, errors = query.run()
        return result, list(errors)


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    found: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge_cert_verify, "run_query", lambda _query, spec, **_options: found.update(spec))
        edge_cert_verify.main()
    return found


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(clock)


def refused() -> CdnError:
    return CdnError("Connection refused", provider="edge", action="handshake", code="ConnectionFailed")


def test_waiting_for_the_last_edge_asks_that_one_alone(world: World) -> None:
    world.names[NAME] = ["192.0.2.2", "192.0.2.1"]
    world.serves = {"192.0.2.1": NEW, "192.0.2.2": OLD}
    world.after(20, lambda: world.serves.update({"192.0.2.2": NEW}))

    result, errors = world.query(fingerprint=NEW.sha256)

    assert errors == []
    assert [(row["address"], row["agreed"]) for row in result["edges"]] == [("192.0.2.1", True), ("192.0.2.2", True)]
    assert [ip for _at, ip, _timeout in world.looks].count("192.0.2.1") == 1
    assert 20 <= world.looks[-1][0] < 30
    assert max(world.clock.sleeps) <= 10
    assert result["summary"] == {"total": 2, "agreed": 2, "disagreed": 0, "unreachable": 0, "with_findings": 0}
    assert [(report.stage, report.limit) for report in world.reports] == [("waiting", 300)] * len(world.reports)
    told = [(report.total, report.done, report.failed) for report in world.reports]
    assert (told[0], told[1], told[-1], set(told)) == ((1, 0, 0), (2, 1, 0), (2, 2, 0), {*told[:2], told[-1]})


def test_the_deadline_tells_all_that_is_known(world: World) -> None:
    world.names[NAME] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    world.serves = {"192.0.2.1": NEW, "192.0.2.2": OLD, "192.0.2.3": refused()}

    result, (error,) = world.query(fingerprint=NEW.sha256, wait_timeout=60)

    assert world.looks[-1][0] == pytest.approx(60)
    assert world.looks[-1][2] == 1.0
    assert [row["agreed"] for row in result["edges"]] == [True, False, False]
    assert [row["findings"] for row in result["edges"]] == [[], ["not_expected"], ["unreachable"]]
    assert result["summary"] == {"total": 3, "agreed": 1, "disagreed": 1, "unreachable": 1, "with_findings": 2}
    assert error.message.startswith("2 of 3 edges are not as they should be. www.example.com at 192.0.2.2:443 serves ")
    assert "www.example.com at 192.0.2.3:443 cannot be reached: Connection refused." in error.message
    assert error.message.endswith(" Waited 60 s for the expected certificate.")
    assert (error.provider, error.code, error.outcome.value) == ("edge", "NotExpected", "refused")


def test_one_edge_is_told_in_one_sentence(world: World) -> None:
    world.serves = {"192.0.2.1": OLD}

    result, (error,) = world.query(host=["192.0.2.1"], server_name=NAME, fingerprint=NEW.sha256, wait=False)

    begin = "192.0.2.1:443, asked for www.example.com, serves another certificate than expected "
    assert error.message.startswith(begin)
    assert error.message.endswith("Z).")
    assert error.as_result() == result["edges"][0]["error"]
    assert len(world.looks) == 1
    assert world.clock.sleeps == []


def test_many_edges_are_not_all_told(world: World) -> None:
    hosts = [f"192.0.2.{number}" for number in range(1, 8)]
    world.serves = dict.fromkeys(hosts, OLD)

    _result, (error,) = world.query(host=hosts, server_name=NAME, fingerprint=NEW.sha256, wait=False)

    assert error.message.startswith("7 of 7 edges are not as they should be. ")
    assert "192.0.2.5:443" in error.message
    assert "192.0.2.6:443" not in error.message
    assert error.message.endswith(" And 2 more, see the result's rows.")


def test_addresses_come_and_go_while_waiting(world: World) -> None:
    world.names[NAME] = ["192.0.2.1", "192.0.2.2"]
    world.serves = {"192.0.2.1": NEW, "192.0.2.2": OLD, "192.0.2.3": OLD}
    world.after(5, lambda: world.names.update({NAME: ["192.0.2.1", "192.0.2.3"]}))
    world.after(15, lambda: world.serves.update({"192.0.2.3": NEW}))

    result, errors = world.query(fingerprint=NEW.sha256)

    assert errors == []
    assert [row["address"] for row in result["edges"]] == ["192.0.2.1", "192.0.2.3"]
    assert [ip for _at, ip, _timeout in world.looks].count("192.0.2.1") == 1


def test_a_name_server_that_fails_while_waiting_changes_nothing(world: World) -> None:
    world.names[NAME] = ["192.0.2.1", "192.0.2.2"]
    world.serves = {"192.0.2.1": OLD, "192.0.2.2": NEW}
    world.after(1, lambda: world.names.update({NAME: CdnError("no answer", code="NameNotResolved")}))
    world.after(9, lambda: world.serves.update({"192.0.2.1": NEW}))

    result, errors = world.query(fingerprint=NEW.sha256)

    assert errors == []
    assert [row["address"] for row in result["edges"]] == ["192.0.2.1", "192.0.2.2"]


def test_a_name_that_gets_its_addresses_late(world: World) -> None:
    world.names[NAME] = CdnError("the name could not be resolved", provider="edge", code="NameNotResolved")
    world.serves = {"192.0.2.1": NEW}
    world.after(9, lambda: world.names.update({NAME: ["192.0.2.1"]}))

    result, errors = world.query(fingerprint=NEW.sha256)

    assert errors == []
    assert [row["address"] for row in result["edges"]] == ["192.0.2.1"]


def test_a_name_without_addresses_has_a_row(world: World) -> None:
    error = CdnError("the name could not be resolved", provider="edge", action="resolve", code="NameNotResolved")
    world.names = {"b.example": error}
    world.serves = {"192.0.2.1": NEW}

    result, (told,) = world.query(host=[NAME, "b.example"], server_name=NAME)

    row = result["edges"][1]
    assert (row["host"], row["address"], row["findings"]) == ("b.example", None, ["unreachable"])
    assert (row["fingerprint"], row["sans"], row["not_after"], row["seconds"]) == (None, [], None, None)
    assert "b.example, asked for www.example.com, cannot be reached: the name could not be resolved." in told.message
    assert (told.action, told.code) == ("resolve", "NameNotResolved")


def test_only_hosts_that_do_not_agree_are_resolved_again(world: World) -> None:
    asked: list[str] = []
    original = world.resolve
    world.resolve = lambda host, *others: asked.append(host) or original(host, *others)  # type: ignore[method-assign,func-returns-value]
    world.names = {"a.example": ["192.0.2.1"], "b.example": ["192.0.2.2"]}
    world.serves = {"192.0.2.1": NEW, "192.0.2.2": OLD}
    world.after(5, lambda: world.serves.update({"192.0.2.2": NEW}))

    result, errors = world.query(host=["b.example", "a.example"], server_name=NAME, fingerprint=NEW.sha256)

    assert errors == []
    assert asked.count("a.example") == 1
    assert asked.count("b.example") > 2
    assert [row["host"] for row in result["edges"]] == ["b.example", "a.example"]


def test_without_an_expected_certificate_unreachable_edges_alone_are_tried_again(world: World) -> None:
    world.names[NAME] = ["192.0.2.1", "192.0.2.2"]
    world.serves = {"192.0.2.1": OLD, "192.0.2.2": refused()}

    result, (error,) = world.query()

    assert [ip for _at, ip, _timeout in world.looks].count("192.0.2.1") == 1
    assert [ip for _at, ip, _timeout in world.looks].count("192.0.2.2") == 3
    assert {timeout for _at, _ip, timeout in world.looks} == {10}
    assert [row["agreed"] for row in result["edges"]] == [None, None]
    assert result["summary"] == {"total": 2, "agreed": 0, "disagreed": 0, "unreachable": 1, "with_findings": 1}
    assert "Waited" not in error.message


def test_findings_need_not_fail_the_task(world: World) -> None:
    world.serves = {"192.0.2.1": refused()}

    result, errors = world.query(fail_on_findings=False, retries=0)

    assert errors == []
    assert result["edges"][0]["findings"] == ["unreachable"]
    assert result["edges"][0]["error"]["code"] == "ConnectionFailed"


@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        ({}, ["192.0.2.1", "192.0.2.9", "2001:db8::1"]),
        ({"all_addresses": False}, ["2001:db8::1"]),
        ({"ip_version": "ipv4"}, ["192.0.2.1", "192.0.2.9"]),
        ({"ip_version": "ipv4", "all_addresses": False}, ["192.0.2.9"]),
        ({"ip_version": "ipv6"}, ["2001:db8::1"]),
        ({"ip_version": "ipv6", "host": ["192.0.2.1"], "server_name": NAME}, ["192.0.2.1"]),
    ],
)
def test_which_addresses(world: World, options: dict[str, Any], addresses: list[str]) -> None:
    world.names[NAME] = ["2001:db8::1", "192.0.2.9", "192.0.2.1"]
    world.serves = dict.fromkeys(["2001:db8::1", "192.0.2.9", "192.0.2.1"], NEW)

    result, errors = world.query(**options)

    assert errors == []
    assert [row["address"] for row in result["edges"]] == addresses


def test_a_defect_with_one_edge_does_not_hide_the_others(world: World) -> None:
    world.names[NAME] = ["192.0.2.1", "192.0.2.2"]
    world.serves = {"192.0.2.1": NEW}  # looking at the other one raises KeyError

    result, (error,) = world.query(retries=0)

    assert [row["findings"] for row in result["edges"]] == [[], ["unreachable"]]
    assert error.code == "Defect"


# ---- The module against real servers ----


@pytest.fixture
def trust(tmp_path: Path) -> str:
    (tmp_path / "root.pem").write_text(ROOT.pem)
    return str(tmp_path / "root.pem")


def verify(play: Play, trust: str, *behaviours: Behaviour, **options: Any) -> dict[str, Any]:
    with edges(*behaviours) as servers:
        hosts = [server.address for server in servers]
        defaults = {"host": hosts, "server_name": NAME, "port": servers[0].port, "ca_path": trust}
        return play(edge_cert_verify.main, {**defaults, **options})


def test_all_edges_agree(play: Play, trust: str) -> None:
    result = verify(play, trust, NEW, NEW, certificate=NEW.pem)

    assert not result["changed"]
    row = result["edges"][1]
    assert (row["host"], row["address"], row["server_name"]) == ("127.0.0.2", "127.0.0.2", NAME)
    assert row["fingerprint"] == NEW.sha256 == result["expected_fingerprint"]
    assert (row["common_name"], row["sans"], row["issuer"]) == (NAME, [NAME], "Example Root CA")
    assert (row["days_left"], row["tls_version"], row["findings"], row["error"]) == (90, "TLSv1.3", [], None)


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_old_certificate_on_one_of_two_edges(play: Play, trust: str, clock: FakeClock, check_mode: bool) -> None:
    with edges(NEW, OLD) as (first, second):
        options = {"host": [first.address, second.address], "server_name": NAME, "port": first.port, "ca_path": trust}
        options["fingerprint"] = ":".join([NEW.sha256[at : at + 2].upper() for at in range(0, 64, 2)])

        result = play(edge_cert_verify.main, {**options, "wait_timeout": 30}, check_mode=check_mode)

        assert result["failed"]
        assert [row["agreed"] for row in result["edges"]] == [True, False]
        assert result["error"]["code"] == "NotExpected"
        assert sum(clock.sleeps) == pytest.approx(30)
        assert len(first.names) == 1
        assert first.received == second.received == b""


def test_a_server_changes_its_certificate_while_waiting(
    play: Play, trust: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with edges(OLD) as (edge,):
        original = clock.sleep

        def sleep(seconds: float) -> None:
            original(seconds)
            if clock.now() >= 1020:
                edge.serve(NEW)

        monkeypatch.setattr(clock, "sleep", sleep)
        options = {"host": ["127.0.0.1"], "server_name": NAME, "port": edge.port, "ca_path": trust}

        result = play(edge_cert_verify.main, {**options, "certificate": NEW.pem, "wait_interval": 3})

    assert result["edges"][0]["agreed"]
    assert 1020 <= clock.now() < 1024


def test_every_finding_at_once(play: Play, trust: str) -> None:
    behaviours: list[Behaviour] = [
        make(NAME, issuer=ROOT, ends=-2),
        make(NAME),
        make("other.example.com", issuer=ROOT),
        make(NAME, issuer=ROOT, ends=5.5),
        make("other.example.com", begins=-9, ends=-3),
        make(NAME, issuer=ROOT, begins=2),
        silent,
        plain_http,
        hang_up,
    ]

    result = verify(play, trust, *behaviours, min_days_left=7, timeout=0.5, retries=0)

    assert [row["findings"] for row in result["edges"]] == [
        ["expired"],
        ["untrusted"],
        ["name_not_covered"],
        ["few_days_left"],
        ["expired", "untrusted", "name_not_covered"],
        ["not_yet_valid"],
        ["unreachable"],
        ["unreachable"],
        ["unreachable"],
    ]
    assert all(row["fingerprint"] and row["not_after"] for row in result["edges"][:6])
    assert [row["error"]["code"] for row in result["edges"][6:8]] == ["Timeout", "HandshakeFailed"]
    assert result["summary"]["with_findings"] == 9
    assert "expired at" in result["edges"][4]["error"]["message"]
    assert "; it is not trusted: " in result["edges"][4]["error"]["message"]


def test_an_untrusted_certificate_may_be_accepted_after_one_handshake(play: Play, trust: str) -> None:
    with edges(make(NAME)) as (edge,):
        options = {"host": edge.address, "server_name": NAME, "port": edge.port, "ca_path": trust}
        result = play(edge_cert_verify.main, {**options, "validate_certs": False})

        assert (result["edges"][0]["findings"], result["edges"][0]["sans"]) == ([], [NAME])
        assert len(edge.names) == 1


def test_an_address_without_a_name_is_asked_for_none(play: Play, trust: str) -> None:
    with edges(make(NAME, "127.0.0.1", issuer=ROOT), make(NAME, issuer=ROOT)) as (right, wrong):
        hosts = [right.address, wrong.address]
        result = play(edge_cert_verify.main, {"hosts": hosts, "port": right.port, "ca_path": trust})

        assert [row["server_name"] for row in result["edges"]] == [None, None]
        assert [row["findings"] for row in result["edges"]] == [[], ["name_not_covered"]]
        assert result["edges"][1]["error"]["message"] == (
            f"127.0.0.2:{wrong.port} serves a certificate that does not cover 127.0.0.2 (www.example.com)."
        )
        assert right.names == wrong.names == [None]


def test_a_name_with_several_addresses(play: Play, trust: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *others: Any) -> list[Any]:
        assert host == NAME
        return [*original("127.0.0.2", port, *others), *original("127.0.0.1", port, *others)]

    with edges(NEW, OLD) as (edge, _other):
        monkeypatch.setattr(_tls.socket, "getaddrinfo", getaddrinfo)
        result = play(edge_cert_verify.main, {"host": NAME, "port": edge.port, "ca_path": trust})

    assert [(row["host"], row["address"]) for row in result["edges"]] == [(NAME, "127.0.0.1"), (NAME, "127.0.0.2")]
    assert [row["fingerprint"] for row in result["edges"]] == [NEW.sha256, OLD.sha256]


def test_targets_on_one_address_are_told_apart(play: Play, trust: str) -> None:
    with edges(OLD) as (edge,):
        edge.serve(OLD, www_example_com=NEW)
        names = ["www.example.com", "b.example"]
        targets = [{"host": "127.0.0.1", "server_name": name, "port": edge.port} for name in names]

        result = play(
            edge_cert_verify.main, {"targets": targets, "ca_path": trust, "fingerprint": NEW.sha256, "wait": False}
        )

        told = [(row["server_name"], row["port"], row["agreed"]) for row in result["edges"]]
        assert told == [("www.example.com", edge.port, True), ("b.example", edge.port, False)]
        assert sorted(str(name) for name in edge.names) == sorted(names)


def test_fifty_edges_are_looked_at_at_the_same_time(play: Play, trust: str) -> None:
    everybody_is_there = threading.Barrier(50, timeout=10)
    addresses = [f"127.0.1.{number}" for number in range(1, 51)]
    with edges(*[NEW] * 50, addresses=addresses) as servers:
        for server in servers:
            server.before = everybody_is_there.wait
        options = {"host": addresses, "server_name": NAME, "port": servers[0].port, "ca_path": trust}

        result = play(edge_cert_verify.main, options)

    assert result["summary"] == {"total": 50, "agreed": 0, "disagreed": 0, "unreachable": 0, "with_findings": 0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 0}, "port: 0 was given, but it must be between 1 and 65535."),
        ({"port": 65536}, "port: 65536 was given, but it must be between 1 and 65535."),
        ({"timeout": 0}, "timeout: 0.0 was given, but it must be greater than 0"),
        ({"concurrency": 0}, "concurrency: 0 was given, but it must be greater than 0"),
        ({"retries": -1}, "retries: -1 was given, but it must not be negative"),
        ({"wait_timeout": -1}, "wait_timeout: -1.0 was given, but it must be greater than 0"),
        ({"wait_interval": 0}, "wait_interval: 0.0 was given, but it must be greater than 0"),
        ({"min_days_left": -1}, "min_days_left: -1 was given, but it must not be negative"),
        ({"ca_path": "/nowhere"}, "ca_path: '/nowhere' does not exist"),
        ({"targets": [{"host": NAME}]}, "parameters are mutually exclusive: host|targets"),
        ({"fingerprint": "x", "certificate": "y"}, "parameters are mutually exclusive: fingerprint|certificate"),
        ({"ip_version": "ipv5"}, "value of ip_version must be one of: any, ipv4, ipv6, got: ipv5"),
    ],
)
def test_options_that_cannot_be_used(play: Play, options: dict[str, Any], message: str) -> None:
    result = play(edge_cert_verify.main, {"host": [NAME], **options})

    assert result["failed"]
    assert result["msg"].startswith(message)


def test_a_private_key_among_the_options_is_refused_and_not_shown(play: Play) -> None:
    result = play(edge_cert_verify.main, {"host": [NAME], "certificate": NEW.pem + NEW.key_pem})

    assert result["msg"] == "certificate contains a private key; give the certificate alone."
    assert "PRIVATE KEY-----" not in str(result)
