# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of fault, as a client sees it and as the record says it."""

import email.utils
import time
from typing import Any

import pytest
import requests

from conformance.emulated import Emulated, until

BIND = {"domainId": "dom-0001", "certificateId": "cert-0002"}
RESUBMIT = {"CertificateId": "rejected"}


def bind(emulator: Emulated, **options: Any) -> requests.Response:
    """A write, the same for all tests."""
    return emulator.zenlayer("ModifyDomainCertificate", BIND, **options)


def last(emulator: Emulated) -> dict[str, Any]:
    """The last call of the record, when it is over."""
    until(lambda: emulator.calls()[-1]["seconds"] is not None)
    return emulator.calls()[-1]


def was_bound(emulator: Emulated) -> bool:
    """Did the write happen?"""
    return bool(emulator.state("zenlayer")["domains"]["dom-0001"]["certificate"] == "cert-0002")


@pytest.mark.parametrize(("kind", "executed"), [("reset_before", False), ("reset_after", True)])
def test_reset(emulator: Emulated, kind: str, executed: bool) -> None:
    emulator.fault(kind)
    with pytest.raises(requests.ConnectionError, match=r"reset by peer|Connection aborted"):
        bind(emulator)
    call = last(emulator)
    assert (call["fault"], call["executed"], call["status"]) == (kind, executed, None)
    assert was_bound(emulator) is executed
    assert bind(emulator).status_code == 200


@pytest.mark.parametrize("execute", [True, False])
def test_timeout(emulator: Emulated, execute: bool) -> None:
    emulator.fault("timeout", seconds=5, execute=execute)
    with pytest.raises(requests.ReadTimeout):
        bind(emulator, timeout=0.3)
    assert last(emulator)["executed"] is execute
    assert was_bound(emulator) is execute
    assert last(emulator)["seconds"] < 2, "the emulator notices that the client has gone"


def test_late_answer(emulator: Emulated) -> None:
    emulator.fault("timeout", seconds=0.2)
    assert bind(emulator).status_code == 200
    assert last(emulator)["seconds"] >= 0.2


def test_timeout_that_ends_without_execution(emulator: Emulated) -> None:
    emulator.fault("timeout", seconds=0.1, execute=False)
    with pytest.raises(requests.ConnectionError):
        bind(emulator)
    assert not was_bound(emulator)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "REQUEST_LIMIT_EXCEEDED"),
        (500, "INTERNAL_SERVER_ERROR"),
        (503, "SERVICE_TEMPORARY_UNAVAILABLE"),
    ],
)
def test_status_in_the_envelope_of_zenlayer(emulator: Emulated, status: int, code: str) -> None:
    emulator.fault("status", status=status)
    answer = bind(emulator)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert last(emulator)["executed"] is False


def test_status_in_the_envelopes_of_the_others(emulator: Emulated) -> None:
    emulator.fault("status", status=503, times=2)
    assert requests.post(emulator.url, json={}, timeout=10).json()["Response"]["Error"]["Code"] == "ServiceUnavailable"
    answer = emulator.vdms("GET", "/certificates")
    assert (answer.status_code, answer.json()["status_code"]) == (503, 503)


def test_status_with_execution_and_headers(emulator: Emulated) -> None:
    emulator.fault(
        "status", status=502, body="<p>oops</p>", content_type="text/html", headers={"X-Y": "z"}, execute=True
    )
    answer = bind(emulator)
    assert (answer.status_code, answer.text, answer.headers["X-Y"]) == (502, "<p>oops</p>", "z")
    assert last(emulator)["executed"] is True
    assert was_bound(emulator)


def test_retry_after(emulator: Emulated) -> None:
    emulator.control(
        "POST",
        "faults",
        json=[
            {"kind": "status", "status": 429, "retry_after": 3},
            {"kind": "status", "status": 429, "retry_after_date": 60},
            {"kind": "status", "status": 429},
        ],
    )
    assert bind(emulator).headers["Retry-After"] == "3"
    moment = email.utils.parsedate_to_datetime(bind(emulator).headers["Retry-After"])
    assert 50 < moment.timestamp() - time.time() <= 61
    assert "Retry-After" not in bind(emulator).headers


@pytest.mark.parametrize(("status", "execute"), [(502, False), (200, True)])
def test_html(emulator: Emulated, status: int, execute: bool) -> None:
    emulator.fault("html", status=status, execute=execute)
    answer = bind(emulator)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert was_bound(emulator) is execute


def test_truncated(emulator: Emulated) -> None:
    emulator.fault("truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        bind(emulator)
    assert last(emulator)["executed"] is True


def test_challenge_and_blocked(emulator: Emulated) -> None:
    emulator.control("POST", "faults", json=[{"kind": "challenge"}, {"kind": "blocked"}])
    answer = bind(emulator)
    assert (answer.status_code, answer.headers["cf-mitigated"]) == (403, "challenge")
    assert bind(emulator).status_code == 451
    assert not was_bound(emulator)


def test_redirect(emulator: Emulated) -> None:
    emulator.fault("redirect", times=2)
    answer = bind(emulator, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"http://localhost:{emulator.port}/redirected")
    bind(emulator)
    assert [call["path"] for call in emulator.calls()] == ["/api/v2/cdn", "/api/v2/cdn", "/redirected"]
    emulator.fault("redirect", status=302, location="https://other.example.com/")
    assert bind(emulator, allow_redirects=False).headers["Location"] == "https://other.example.com/"


def test_clock_skew_shows_in_date(emulator: Emulated) -> None:
    emulator.fault("clock_skew", seconds=-7200)
    moment = email.utils.parsedate_to_datetime(bind(emulator).headers["Date"])
    assert -7230 < moment.timestamp() - time.time() < -7170
    assert last(emulator)["fault"] == "clock_skew"


def test_clock_skew_goes_with_another_fault(emulator: Emulated) -> None:
    emulator.control("POST", "faults", json=[{"kind": "clock_skew", "seconds": 900}, {"kind": "blocked"}])
    assert bind(emulator).status_code == 451
    assert last(emulator)["fault"] == "clock_skew+blocked"


def test_expired_token(emulator: Emulated) -> None:
    emulator.fault("expired_token", times=3)
    assert bind(emulator).json()["code"] == "AUTHFAILURE_INVALID_AUTHORIZATION"
    assert emulator.tencent_call("DescribeCertificates")["Error"] == "AuthFailure.TokenFailure"
    assert emulator.vdms("GET", "/certificates").status_code == 401
    assert bind(emulator).status_code == 200
    assert emulator.vdms("GET", "/certificates").status_code == 401, "the token is gone for good"


def test_drip(emulator: Emulated) -> None:
    emulator.fault("drip", seconds=0.4)
    started = time.monotonic()
    assert "requestId" in bind(emulator).json()
    assert time.monotonic() - started >= 0.3


def test_business_errors(emulator: Emulated) -> None:
    emulator.fault("business", code="INVALID_DOMAIN_NOT_FOUND", message="Gone.", status=404, service="zenlayer")
    emulator.fault("business", code="FailedOperation.CannotGetOrder", service="tencent", execute=True)
    emulator.fault("business", code="conflict", status=409, service="vdms")
    answer = bind(emulator)
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (
        404,
        "INVALID_DOMAIN_NOT_FOUND",
        "Gone.",
    )
    assert emulator.tencent_call("ModifyCertificateResubmit", RESUBMIT)["Error"] == "FailedOperation.CannotGetOrder"
    assert last(emulator)["executed"] is True
    assert emulator.state("tencent")["certificates"]["rejected"]["status"] == 5
    assert emulator.vdms("DELETE", "/certificates/40021").status_code == 409


@pytest.mark.parametrize(
    ("body", "text"), [({"Response": None}, '{"Response": null}'), ([], "[]"), ("not json", "not json"), (None, "null")]
)
def test_json(emulator: Emulated, body: Any, text: str) -> None:
    emulator.fault("json", body=body, content_type="application/json; charset=utf-8")
    answer = bind(emulator)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_huge(emulator: Emulated) -> None:
    emulator.fault("huge", bytes=3_000_000)
    answer = bind(emulator)
    assert len(answer.content) == 3_000_000
    assert set(answer.json()) == {"padding"}


def test_refuse_at_once(emulator: Emulated) -> None:
    assert bind(emulator).status_code == 200
    emulator.fault("refuse", seconds=0.4)
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.post(emulator.url, json={}, timeout=5)
    time.sleep(0.6)
    assert bind(emulator).status_code == 200


def test_refuse_after_an_action(emulator: Emulated) -> None:
    emulator.fault("refuse", seconds=0.4, action="ModifyDomainCertificate")
    assert emulator.zenlayer("DescribeDomains").status_code == 200
    assert bind(emulator).status_code == 200
    with pytest.raises(requests.ConnectionError, match="refused"):
        emulator.zenlayer("DescribeDomains")
    time.sleep(0.6)
    assert emulator.zenlayer("DescribeDomains").status_code == 200
    assert [call["fault"] for call in emulator.calls()] == [None, "refuse", None]


def test_which_calls(emulator: Emulated) -> None:
    emulator.fault("blocked", action="ModifyDomainCertificate", skip=1, times=2)
    assert emulator.zenlayer("DescribeDomains").status_code == 200
    assert [bind(emulator).status_code for _turn in range(4)] == [200, 451, 451, 200]
    emulator.fault("blocked", times=None)
    assert {bind(emulator).status_code for _turn in range(5)} == {451}
    assert emulator.control("GET", "faults")[0]["hits"] == 5
    emulator.control("DELETE", "faults")
    assert bind(emulator).status_code == 200


def test_by_chance(emulator: Emulated) -> None:
    def struck(seed: int, turns: int) -> list[bool]:
        emulator.control("DELETE", "faults")
        emulator.fault("blocked", times=None, probability=0.3, seed=seed)
        return [emulator.zenlayer("DescribeDomains").status_code == 451 for _turn in range(turns)]

    first = struck(1, 60)
    assert 6 < sum(first) < 30
    assert struck(1, 60) == first, "the same seed, the same calls"
    assert struck(2, 60) != first
    assert emulator.control("GET", "faults")[0]["probability"] == 0.3


def test_by_chance_so_many_times(emulator: Emulated) -> None:
    emulator.fault("blocked", times=2, probability=0.5, seed=3)
    statuses = [emulator.zenlayer("DescribeDomains").status_code for _turn in range(40)]
    assert statuses.count(451) == 2
    assert emulator.control("GET", "faults") == []


def test_a_refusal_by_chance_waits_for_a_call(emulator: Emulated) -> None:
    emulator.fault("refuse", seconds=0.4, probability=0.999, seed=1)
    assert [fault["hits"] for fault in emulator.control("GET", "faults")] == [0]
    assert bind(emulator).status_code == 200
    with pytest.raises(requests.ConnectionError, match="refused"):
        bind(emulator)
    time.sleep(0.6)


def test_match(emulator: Emulated) -> None:
    emulator.fault("blocked", match={"domainId": "dom-0002"}, times=None)
    emulator.fault("blocked", match={"path": "*/certificates/40021"}, service="vdms", times=None)
    emulator.fault("blocked", match={"page": "2"}, service="vdms", times=None)
    assert bind(emulator).status_code == 200
    assert emulator.zenlayer("DescribeDomainCertificate", {"domainId": "dom-0002"}).status_code == 451
    assert emulator.vdms("GET", "/certificates/40022").status_code == 200
    assert emulator.vdms("GET", "/certificates/40021").status_code == 451
    assert emulator.vdms("GET", "/certificates?page=2").status_code == 451


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"kind": "nope"},
        {"kind": "status"},
        {"kind": "status", "status": "429"},
        {"kind": "blocked", "time": 2},
        {"kind": "timeout", "seconds": 1, "execute": "no"},
        {"kind": "blocked", "times": True},
        {"kind": "blocked", "times": 0},
        {"kind": "blocked", "skip": None},
        {"kind": "blocked", "probability": 0},
        {"kind": "blocked", "probability": 1.5},
        {"kind": "blocked", "probability": "0.5"},
        {"kind": "blocked", "probability": True},
        {"kind": "blocked", "seed": 0.5},
        [{"kind": "blocked"}, {"kind": "nope"}],
    ],
)
def test_typos_are_refused(emulator: Emulated, order: Any) -> None:
    assert emulator.raw_control("POST", "faults", json=order).status_code == 400
    assert emulator.control("GET", "faults") == []
