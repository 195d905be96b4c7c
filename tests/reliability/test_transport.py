# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is between a module and a provider: certificates, versions of TLS, proxies, redirects, connections, clocks.

The modules run in this process, against real servers with TLS that pass on to the emulator. Each case is tried on every
way on which credentials travel: to the three APIs, and to the identity service of VDMS.
"""

from __future__ import annotations

import base64
import importlib
import json
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from ansible_collections.certops.cdn.tests.unit import conftest as unit
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import hang_up, http_answer
from edges.certificates import Identity, make, make_ca
from edges.servers import Edge
from emulator.process import Running
from reliability import page
from reliability.fronts import Front, Proxy, closing, dropping, forwarded, to
from usage.conftest import Shell
from usage.test_ways_of_use import GROUPS, TASKS

# fixtures
clock = unit.clock
play = unit.play
silent_environment = unit.silent_environment

pytestmark = [
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.filterwarnings("ignore:.*TLSVersion:DeprecationWarning"),
]

Play = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Way:
    """A way on which credentials travel.

    :ivar module: one that writes
    :ivar option: the one whose URL leads to the server that is tested; all others lead to the emulator
    :ivar scheme: that of its Authorization header, as the emulator records it
    """

    module: str
    option: str
    scheme: str

    def __str__(self) -> str:
        return self.service + (" identity" if self.option == "token_url" else "")

    @property
    def service(self) -> str:
        return self.module.partition("_")[0]

    @property
    def path(self) -> str:
        return "/connect/token" if self.option == "token_url" else ""

    @property
    def secret(self) -> str:
        return list(GROUPS[self.service].values())[1]


ZENLAYER = Way("zenlayer_domain_cert", "api_url", "ZC2-HMAC-SHA256")
TENCENT = Way("tencent_cert_resubmit", "api_url", "TC3-HMAC-SHA256")
VDMS = Way("vdms_cert_request", "api_url", "Bearer")
IDENTITY = Way("vdms_cert_request", "token_url", "")
APIS = [ZENLAYER, TENCENT, VDMS]
WAYS = [*APIS, IDENTITY]
WRITES = {ZENLAYER: 2, TENCENT: 1, VDMS: 1, IDENTITY: 1}
every_way = pytest.mark.parametrize("way", WAYS, ids=str)

HOST = "localhost"
ROOT = make_ca("Trusted Root CA")
OTHER_ROOT = make_ca("Other Root CA")
GOOD = make(HOST, issuer=ROOT)


# ---- Running a module ------------------------------------------------------------------------------------------------


class Runs:
    """Runs modules, and remembers how often for which case."""

    def __init__(self, run: Play, emulator: Running, tried: Counter[str]) -> None:
        self._run = run
        self.emulator = emulator
        self._tried = tried

    def __call__(self, case: str, way: Way, url: str, **options: Any) -> dict[str, Any]:
        """The result of a module that is led to this URL. No secret is in it."""
        self._tried[case] += 1
        given = {**GROUPS[way.service], **TASKS[way.module][1], "retries": 2, "timeout": 20}
        given["api_url"] = self.emulator.url
        if way.service == "vdms":
            given["token_url"] = f"{self.emulator.url}/connect/token"
        else:
            given["wait"] = False
        given.update({way.option: url + way.path}, **options)
        module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{way.module}")
        result = self._run(module.main, given)
        assert way.secret not in json.dumps(result)
        return result

    def written(self) -> int:
        """How many writes the emulator has executed."""
        return sum(call["executed"] for call in self.emulator.writes())

    def assert_done(self, way: Way, result: dict[str, Any]) -> None:
        assert result["changed"], result
        assert not result.get("failed"), result
        assert self.written() == WRITES[way]


TRIED: Counter[str] = Counter()

TLS_ERROR = "refused, `TlsError`, nothing was sent"

# What happens in each case, for the page of figures.
HAPPENS = {
    "certificate for another host": TLS_ERROR,
    "expired certificate": TLS_ERROR,
    "certificate that is not valid yet": TLS_ERROR,
    "self-signed certificate": TLS_ERROR,
    "certificate of an unknown CA": TLS_ERROR,
    "certificate with a common name alone": TLS_ERROR,
    "certificate for clients": TLS_ERROR,
    "certificate replaced by one of another CA": f"the next connection is {TLS_ERROR}",
    "trust by options, variables and netrc": "`ca_path` and `validate_certs` alone count; netrc is not read",
    "TLS 1.0 and 1.1": f"{TLS_ERROR}, even where the libraries allow it",
    "edge with TLS 1.0 or 1.1": "`edge_cert_verify` reads the certificate and finds `weak_tls`",
    "proxy of the environment": "used; its password is not shown, and does not reach the provider",
    "host of NO_PROXY": "the proxy is left out",
    "proxy that does not work": "`ConnectionFailed`, nothing was sent, the password is not shown",
    "redirect": "not followed, `Redirect`, one request in all",
    "connection ended between calls": "survived, each write once",
    "connection ended as it was used again": "survived, each write once",
    "connection ended instead of an answer": "each write at most once; a lost resubmission is told as `unknown`",
    "clock that is wrong": "refused by the provider; the message tells the measured difference",
    "through ansible-playbook": "as in process: done with the right `ca_path`, `TlsError` with another",
}


@pytest.fixture(scope="module", autouse=True)
def figures(full: bool, request: pytest.FixtureRequest) -> Iterator[None]:
    """Write the page, if everything was tried and has gone well."""
    failed = request.session.testsfailed
    yield
    if full and request.session.testsfailed == failed and set(TRIED) == set(HAPPENS):
        rows = [f"| {case} | {TRIED[case]} | {happens} |" for case, happens in HAPPENS.items()]
        page.replace(
            "transport",
            f"{sum(TRIED.values())} runs of modules against servers with TLS, on the four ways on which credentials\n"
            "travel: to the APIs of Zenlayer, Tencent Cloud and VDMS, and to the identity service of VDMS.\n\n"
            "| case | runs | what happens |\n| --- | --- | --- |\n" + "\n".join(rows),
        )


@pytest.fixture
def runs(play: Play, emulator: Running) -> Runs:
    return Runs(play, emulator, TRIED)


@pytest.fixture
def front(emulator: Running) -> Iterator[Front]:
    """A server that is as it should be, before the emulator."""
    with Front(to(emulator.url), tls=GOOD) as front:
        yield front


@pytest.fixture
def trusted(tmp_path: Path) -> str:
    """A file with the CA that is to be trusted."""
    return ca_file(tmp_path / "trusted.pem", ROOT)


def ca_file(path: Path, *roots: Identity) -> str:
    path.write_text("".join(root.pem for root in roots), encoding="utf-8")
    return str(path)


def ca_folder(path: Path, root: Identity) -> str:
    path.mkdir()
    ca_file(path / f"{root.subject_hash}.0", root)
    return str(path)


# ---- Servers that are not to be trusted ------------------------------------------------------------------------------

UNTRUSTED: dict[str, tuple[Identity, str]] = {
    "certificate for another host": (make("www.example.com", issuer=ROOT), "not valid for 'localhost'"),
    "expired certificate": (make(HOST, issuer=ROOT, ends=-1), "certificate has expired"),
    "certificate that is not valid yet": (make(HOST, issuer=ROOT, begins=1), "certificate is not yet valid"),
    "self-signed certificate": (make(HOST), "self.signed certificate"),
    "certificate of an unknown CA": (make(HOST, issuer=OTHER_ROOT), "unable to get local issuer certificate"),
    "certificate with a common name alone": (make(issuer=ROOT, common_name=HOST), "not valid for 'localhost'"),
    "certificate for clients": (make(HOST, issuer=ROOT, for_clients=True), "(unsuitable|unsupported) certificate"),
}


def assert_refused(result: dict[str, Any], reason: str, runs: Runs) -> None:
    """It has failed in one clear sentence, was not repeated, and nothing has come to the provider."""
    assert result.get("failed"), result
    assert not result.get("changed"), result
    assert result["error"]["code"] == "TlsError", result
    assert result["error"]["outcome"] == "not_executed"
    assert re.search(reason, result["msg"]), result["msg"]
    assert runs.written() == 0


def refuse_untrusted(case: str, way: Way, runs: Runs, trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    identity, reason = UNTRUSTED[case]
    words = r"localhost:\d+ was not trusted \(check ca_path and validate_certs\): .*"
    with Front(to(runs.emulator.url), tls=identity) as front, Proxy() as proxy:
        for environment in ({}, {"HTTPS_PROXY": proxy.url}):
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            assert_refused(runs(case, way, front.url, ca_path=trusted), words + reason, runs)
            assert front.requests == []
        assert [request.path for request in proxy.requests] == [front.host]


@every_way
@pytest.mark.parametrize("case", UNTRUSTED)
def test_untrusted_server_is_refused_with_and_without_a_proxy(
    case: str, way: Way, runs: Runs, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_untrusted(case, way, runs, trusted, monkeypatch)


@pytest.mark.parametrize("case", UNTRUSTED)
def test_the_proof_finds_a_client_that_trusts_everybody(
    case: str, play: Play, emulator: Running, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = requests.adapters.HTTPAdapter.send

    def trusting(*args: Any, **options: Any) -> Any:
        return send(*args, **{**options, "verify": False})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", trusting)

    with pytest.raises(AssertionError, match=r"get\('failed'\)|'failed'"):
        refuse_untrusted(case, ZENLAYER, Runs(play, emulator, Counter()), trusted, monkeypatch)


@every_way
def test_certificate_that_was_replaced_by_one_of_another_ca_is_refused(
    way: Way, runs: Runs, front: Front, trusted: str
) -> None:
    case = "certificate replaced by one of another CA"
    runs.assert_done(way, runs(case, way, front.url, ca_path=trusted))
    seen = len(front.requests)
    runs.emulator.reset()
    runs.emulator.forget()
    front.replace_certificate(make(HOST, issuer=OTHER_ROOT))

    assert_refused(runs(case, way, front.url, ca_path=trusted), "unable to get local issuer certificate", runs)
    assert len(front.requests) == seen


@pytest.mark.parametrize("way", APIS, ids=str)
def test_certificate_that_is_replaced_between_two_calls_is_refused(
    way: Way, runs: Runs, emulator: Running, trusted: str
) -> None:
    def last(connection: Any, request: Any) -> None:
        front.replace_certificate(make(HOST, issuer=OTHER_ROOT))
        closing(emulator.url)(connection, request)

    with Front(last, tls=GOOD) as front:
        result = runs("certificate replaced by one of another CA", way, front.url, ca_path=trusted)

    assert_refused(result, "unable to get local issuer certificate", runs)
    assert len(front.requests) == 1


# ---- ca_path, validate_certs and the environment ---------------------------------------------------------------------

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

TRUST = {
    # options, what the variables of the environment name, whether the server is trusted
    "ca_path is a file": ({"ca_path": "good.pem"}, None, True),
    "ca_path is a folder": ({"ca_path": "good"}, None, True),
    "ca_path is a folder of other CAs": ({"ca_path": "other"}, None, False),
    "ca_path, the environment trusts nobody else": ({"ca_path": "good.pem"}, "other.pem", True),
    "ca_path, the environment is broken": ({"ca_path": "good.pem"}, "nothing.pem", True),
    "ca_path of another CA, the environment trusts": ({"ca_path": "other.pem"}, "good.pem", False),
    "the environment alone trusts": ({}, "good.pem", False),
    "validate_certs is off": ({"validate_certs": False}, None, True),
    "validate_certs is off, the environment is broken": ({"validate_certs": False}, "nothing.pem", True),
    "validate_certs is off, ca_path of another CA": ({"validate_certs": False, "ca_path": "other.pem"}, None, True),
}


@every_way
@pytest.mark.parametrize("case", TRUST)
def test_trust_is_what_the_options_say(
    case: str, way: Way, *, runs: Runs, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, bundle, is_trusted = TRUST[case]
    for name, root in (("good", ROOT), ("other", OTHER_ROOT)):
        ca_file(tmp_path / f"{name}.pem", root)
        ca_folder(tmp_path / name, root)
    if bundle:
        for variable in VARIABLES:
            monkeypatch.setenv(variable, str(tmp_path / bundle))
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {HOST} login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    if "ca_path" in options:
        options = {**options, "ca_path": str(tmp_path / options["ca_path"])}

    result = runs("trust by options, variables and netrc", way, front.url, **options)

    if is_trusted:
        runs.assert_done(way, result)
        assert {call["auth"] or "" for call in runs.emulator.calls(service=way.service)} <= {way.scheme, "Bearer", ""}
        assert not any("Basic" in request.headers.get("authorization", "") for request in front.requests)
    else:
        assert_refused(result, "was not trusted", runs)
        assert front.requests == []


# ---- Versions of TLS -------------------------------------------------------------------------------------------------

OLD = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]


@pytest.fixture
def lenient_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What urllib3 1.26, Python 3.9 and OpenSSL 1.1 make together: TLS 1.0 is good enough."""
    create = urllib3.util.ssl_.create_urllib3_context

    def lenient(*args: Any, **options: Any) -> ssl.SSLContext:
        context = create(*args, **options)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    for module in (urllib3.util.ssl_, urllib3.connection):
        monkeypatch.setattr(module, "create_urllib3_context", lenient)


@every_way
@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
@pytest.mark.parametrize("validate_certs", [True, False], ids=["validated", "not validated"])
@pytest.mark.usefixtures("lenient_libraries")
def test_old_tls_is_refused_whatever_the_libraries_allow(
    way: Way, version: ssl.TLSVersion, validate_certs: bool, runs: Runs, trusted: str
) -> None:
    with Front(to(runs.emulator.url), tls=GOOD.context(version)) as front:
        result = runs("TLS 1.0 and 1.1", way, front.url, ca_path=trusted, validate_certs=validate_certs)

    assert_refused(result, r"no TLS connection to localhost:\d+ \(.*TLS 1.2 is the least\)", runs)
    assert front.requests == []


@pytest.mark.usefixtures("lenient_libraries")
def test_the_old_servers_are_reached_by_a_client_that_allows_it(trusted: str, emulator: Running) -> None:
    with Front(to(emulator.url), tls=GOOD.context(ssl.TLSVersion.TLSv1_1)) as front, requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{front.url}/_emulator", verify=trusted).status_code == 200


@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_edge_with_old_tls_is_seen_and_told(version: ssl.TLSVersion, play: Play, trusted: str) -> None:
    from ansible_collections.certops.cdn.plugins.modules import edge_cert_verify

    TRIED["edge with TLS 1.0 or 1.1"] += 1
    edge = Edge(GOOD.context(version))
    options = {"host": ["127.0.0.1"], "port": edge.port, "server_name": HOST, "ca_path": trusted}
    try:
        result = play(edge_cert_verify.main, {**options, "fingerprint": GOOD.sha256, "wait": False})
    finally:
        edge.close()

    assert result["failed"]
    assert "speaks TLS that a client of today refuses" in result["msg"], result["msg"]
    assert version.name.replace("_", ".") in result["msg"]
    assert GOOD.sha256 in json.dumps(result)


# ---- Proxies ---------------------------------------------------------------------------------------------------------

PASSWORD = "pr0xy-p/ssword"
CREDENTIALS = f"user:{PASSWORD.replace('/', '%2F')}"
AUTHORIZATION = f"Basic {base64.b64encode(f'user:{PASSWORD}'.encode()).decode()}"


def assert_password_is_hidden(result: dict[str, Any]) -> None:
    text = json.dumps(result)
    for form in (PASSWORD, PASSWORD.replace("/", "%2F"), AUTHORIZATION.partition(" ")[2]):
        assert form not in text, text


@every_way
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_proxy_of_the_environment_is_used_and_told_nothing(
    way: Way, scheme: str, *, runs: Runs, front: Front, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(AUTHORIZATION) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://{CREDENTIALS}@{proxy.host}")
        url = front.url if scheme == "https" else runs.emulator.url
        result = runs("proxy of the environment", way, url, ca_path=trusted)

        runs.assert_done(way, result)
        assert_password_is_hidden(result)
        if scheme == "https":
            assert {(request.method, request.path) for request in proxy.requests} == {("CONNECT", front.host)}
            assert {name for request in proxy.requests for name in request.headers} <= {
                "host", "proxy-authorization", "user-agent", "accept", "accept-encoding", "connection",
            }  # fmt: skip
            assert not any("proxy-authorization" in request.headers for request in front.requests)
        else:
            assert all(request.path.startswith(f"{url}/") for request in proxy.requests)
            assert proxy.requests


@every_way
def test_proxy_is_left_out_for_the_hosts_of_no_proxy(
    way: Way, runs: Runs, front: Front, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", f"example.com,{HOST}")
        runs.assert_done(way, runs("host of NO_PROXY", way, front.url, ca_path=trusted))
        assert proxy.requests == []


@every_way
@pytest.mark.parametrize("trouble", ["refuses", "is not there", "is not found"])
def test_proxy_that_does_not_work_is_told_without_its_password(
    way: Way, trouble: str, runs: Runs, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy("Basic of somebody else") as proxy:
        host = {"refuses": proxy.host, "is not there": "127.0.0.1:9", "is not found": "proxy.invalid:3128"}[trouble]
        monkeypatch.setenv("HTTPS_PROXY", f"http://{CREDENTIALS}@{host}")
        result = runs("proxy that does not work", way, front.url, retries=0)

    assert result["failed"], result
    assert result["error"]["code"] == "ConnectionFailed", result
    assert result["error"]["outcome"] == "not_executed"
    assert_password_is_hidden(result)
    assert front.requests == []


# ---- Redirects -------------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same host", "other host"])
def test_redirect_is_not_followed(way: Way, status: int, elsewhere: bool, runs: Runs, trusted: str) -> None:
    with Front(to(runs.emulator.url), tls=GOOD) as other:

        def redirect(_connection: Any, request: Any) -> bytes:
            target = other.url if elsewhere else front.url
            return http_answer(status, b"moved", location=f"{target.replace('//', '//user:word@')}{request.path}")

        with Front(redirect, tls=GOOD) as front:
            result = runs("redirect", way, front.url, ca_path=trusted)

    assert result["error"]["code"] == "Redirect", result
    assert result["error"]["outcome"] == "refused"
    assert f"points to {other.host if elsewhere else front.host};" in result["msg"]
    assert "user:word" not in json.dumps(result)
    assert (len(front.requests), other.requests, runs.written()) == (1, [], 0)


# ---- Connections that are lost ---------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("ending", [closing, dropping], ids=["announced", "silent"])
def test_connection_that_ends_between_calls_is_survived(way: Way, ending: Any, runs: Runs, trusted: str) -> None:
    with Front(ending(runs.emulator.url), tls=GOOD) as front:
        result = runs("connection ended between calls", way, front.url, ca_path=trusted)

    runs.assert_done(way, result)
    assert len({request.connection for request in front.requests}) == len(front.requests)


@every_way
def test_connection_that_was_kept_too_long_is_survived(way: Way, runs: Runs, trusted: str) -> None:
    used: set[int] = set()
    lost: list[Any] = []

    def answer(connection: Any, request: Any) -> Any:
        if request.connection in used and not lost:
            lost.append(request)
            return hang_up(connection, request)
        used.add(request.connection)
        return forwarded(runs.emulator.url, request)

    with Front(answer, tls=GOOD) as front:
        result = runs("connection ended as it was used again", way, front.url, ca_path=trusted)

    # All requests but one go over connections that were not used before, or there is one request alone.
    assert len(lost) == (way not in (TENCENT, IDENTITY))
    runs.assert_done(way, result)


@every_way
@pytest.mark.parametrize("executed", [False, True], ids=["not executed", "executed"])
@pytest.mark.parametrize("lost", ["read", "write"])
def test_connection_that_ends_instead_of_an_answer_leads_to_no_second_write(
    way: Way, executed: bool, lost: str, runs: Runs, trusted: str
) -> None:
    swallowed: list[Any] = []

    def answer(connection: Any, request: Any) -> Any:
        if swallowed or is_write(request) != (lost == "write"):
            return forwarded(runs.emulator.url, request)
        swallowed.append(request)
        if executed:
            forwarded(runs.emulator.url, request)
        return hang_up(connection, request)

    with Front(answer, tls=GOOD) as front:
        result = runs("connection ended instead of an answer", way, front.url, ca_path=trusted)

    assert len(swallowed) == (way is not IDENTITY or lost == "read")
    if way is TENCENT and lost == "write" and not executed:
        # Asking for a review twice does harm, and whether it was asked for once cannot be told for sure.
        assert result["failed"], result
        assert result["error"]["outcome"] == "unknown"
        assert runs.written() == 0
    else:
        runs.assert_done(way, result)


def is_write(request: Any) -> bool:
    """Whether it changes something, for a request to any of the three."""
    action = request.headers.get("x-zc-action", request.headers.get("x-tc-action", ""))
    return request.method == "PATCH" or action.startswith("Modify")


# ---- Clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [ZENLAYER, TENCENT], ids=str)
@pytest.mark.parametrize("seconds", [400, -400, 86400])
def test_wrong_clock_is_told_with_the_measured_difference(
    way: Way, seconds: int, runs: Runs, front: Front, trusted: str
) -> None:
    runs.emulator.fault("clock_skew", service=way.service, seconds=seconds, times=None)

    result = runs("clock that is wrong", way, front.url, ca_path=trusted)

    assert result["failed"], result
    told = re.search(r"The clock of this host is (\d+) s (behind|ahead of) the provider's", result["msg"])
    assert told, result["msg"]
    assert told[2] == ("behind" if seconds > 0 else "ahead of")
    assert int(told[1]) == pytest.approx(abs(seconds), abs=60)
    assert runs.written() == 0


# ---- Through Ansible -------------------------------------------------------------------------------------------------


@pytest.fixture
def shell(emulator: Running, tmp_path: Path) -> Shell:
    return Shell(emulator.url, tmp_path)


def test_ansible_gets_through_with_the_right_ca_and_not_with_another(
    shell: Shell, front: Front, trusted: str, emulator: Running
) -> None:
    other = ca_file(shell.folder / "other.pem", OTHER_ROOT)
    shell.environment.update(dict.fromkeys(VARIABLES, trusted))
    shell.environment["NO_PROXY"] = HOST
    tasks, refused = {}, []
    for way in APIS:
        options = {**TASKS[way.module][1], "api_url": front.url, "retries": 0}
        options.update({"wait": False} if way is not VDMS else {"token_url": f"{front.url}/connect/token"})
        tasks[f"{way}_refused"] = {f"certops.cdn.{way.module}": {**options, "ca_path": other}}
        tasks[f"{way}_done"] = {f"certops.cdn.{way.module}": {**options, "ca_path": trusted}}
        refused.append(f"{way}_refused")
        TRIED["through ansible-playbook"] += 2

    results = shell.play_each(tasks, "-vvvv").results

    assert sorted(name for name, result in results.items() if result["failed"]) == sorted(refused)
    assert {results[name]["error"]["code"] for name in refused} == {"TlsError"}
    assert sum(call["executed"] for call in emulator.writes()) == sum(WRITES[way] for way in APIS)
