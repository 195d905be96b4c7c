# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _tencent
from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, Reply
from ansible_collections.certops.cdn.plugins.module_utils._plan import (
    Await,
    Change,
    Keep,
    Progress,
    Refuse,
    Verdict,
)
from ansible_collections.certops.cdn.plugins.module_utils._signing import Tc3Auth
from ansible_collections.certops.cdn.plugins.module_utils._tencent import (
    Certificate,
    Envelope,
    Status,
    TencentError,
    advice_on,
    credentials,
    outcome_of,
)
from ansible_collections.certops.cdn.plugins.module_utils._tencent_cert_resubmit import (
    decide,
    resubmit_progress,
    said_of,
)
from ansible_collections.certops.cdn.plugins.modules.tencent_cert_resubmit import main
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import (
    FakeClock,
    LocalServer,
    Received,
    json_answer,
    reset,
)

BOTH = frozenset({Status.REJECTED, Status.CANCELLED})
REJECTED_ONLY = frozenset({Status.REJECTED})
CANCELLED_ONLY = frozenset({Status.CANCELLED})
RESUBMIT = Change("resubmitted", "would_resubmit")

ALL_NAMES = """
    reviewing, issued, rejected, expired, dns_record_added, awaiting_documents, cancelling, cancelled,
    awaiting_confirmation_letter, revoking, revoked, reissuing, awaiting_revocation_letter, free_awaiting_documents,
    refunded, migrating
"""


# ---- Status and decision table (api/tencent.md 4) --------------------------------------------------------------------


def test_names_of_the_statuses_are_those_of_the_interface() -> None:
    assert [Status(number).label for number in range(16)] == ALL_NAMES.replace("\n", " ").replace(" ", "").split(",")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (2, Status.REJECTED),
        ("2", Status.REJECTED),
        (0, Status.REVIEWING),
        ("15", Status.MIGRATING),
        (16, None),
        (-1, None),
        (None, None),
        ("", None),
        ("rejected", None),
        (2.0, None),
        (True, None),
        ([2], None),
    ],
)
def test_status_is_a_number_or_a_number_as_text(told: object, status: Status | None) -> None:
    assert Status.of(told) is status


@pytest.mark.parametrize(
    ("status", "result", "words"),
    [
        (0, Keep, ""),
        (1, Keep, ""),
        (2, Change, ""),
        (3, Refuse, "has expired"),
        (4, Keep, ""),
        (5, Keep, "waits for its documents"),
        (6, Await, ""),
        (7, Change, ""),
        (8, Keep, "waits for its confirmation letter"),
        (9, Refuse, "is being revoked"),
        (10, Refuse, "is revoked"),
        (11, Keep, "is being reissued"),
        (12, Refuse, "waits for the confirmation letter of its revocation"),
        (13, Refuse, "is a free one"),
        (14, Refuse, "was refunded"),
        (15, Refuse, "is being migrated"),
        (16, Refuse, "is not known (16)"),
        (None, Refuse, "is not known (null)"),
        ("waiting", Refuse, "is not known ('waiting')"),
        ({"of": "what"}, Refuse, "is not known (dict)"),
        ("x" * 38, Refuse, "is not known ('" + "x" * 38 + "')"),
        ("x" * 39, Refuse, "is not known (str)"),
    ],
)
def test_decision_table(status: object, result: type, words: str) -> None:
    verdict = decide(status, BOTH)
    assert isinstance(verdict, result)
    if isinstance(verdict, Change):
        assert verdict == RESUBMIT
    elif isinstance(verdict, Keep):
        assert words in verdict.note
        assert bool(words) == bool(verdict.note)
    elif isinstance(verdict, Refuse):
        assert words in verdict.reason


@pytest.mark.parametrize("number", range(16))
def test_every_message_names_the_number_of_the_status(number: int) -> None:
    verdict = decide(number, BOTH)
    text = getattr(verdict, "note", "") or getattr(verdict, "reason", "")
    assert not text or f"(status {number})" in text


@pytest.mark.parametrize(
    ("status", "from_statuses", "result"),
    [
        (2, REJECTED_ONLY, Change),
        (7, REJECTED_ONLY, Keep),
        (2, CANCELLED_ONLY, Keep),
        (7, CANCELLED_ONLY, Change),
    ],
)
def test_from_statuses_leaves_out_with_a_note(status: int, from_statuses: frozenset[Status], result: type) -> None:
    verdict = decide(status, from_statuses)
    assert isinstance(verdict, result)
    if isinstance(verdict, Keep):
        assert "from_statuses" in verdict.note


def test_cancellation_is_waited_for_and_then_resubmitted() -> None:
    verdict = decide(6, BOTH)
    assert isinstance(verdict, Await)
    assert verdict.predicted == RESUBMIT
    assert isinstance(verdict.unwaited, Refuse)
    assert "is being cancelled (status 6)" in verdict.unwaited.reason


def test_cancellation_ends_in_a_status_that_can_be_left_out() -> None:
    verdict = decide(6, REJECTED_ONLY)
    assert isinstance(verdict, Keep)
    assert verdict.note.startswith("is being cancelled (status 6) and was left so")


@pytest.mark.parametrize("told", [*range(17), None])
@pytest.mark.parametrize("from_statuses", [BOTH, REJECTED_ONLY])
def test_notes_and_reasons_are_sentences_about_the_certificate(told: object, from_statuses: frozenset[Status]) -> None:
    def texts(verdict: Verdict) -> Iterator[str]:
        if isinstance(verdict, Await):
            yield from texts(verdict.predicted)
            yield from texts(verdict.unwaited)
        else:
            yield getattr(verdict, "note", "") or getattr(verdict, "reason", "")

    for text in texts(said_of("certificate www (a)", decide(told, from_statuses))):
        assert not text or re.fullmatch(r"certificate www \(a\) (is|has|was|waits) .*[a-z)]\.", text)


def test_what_is_awaited_is_said_of_the_certificate_too() -> None:
    said = said_of("It", Await(predicted=Keep("waits"), unwaited=Refuse("runs")))
    assert said == Await(predicted=Keep("It waits."), unwaited=Refuse("It runs."))


@pytest.mark.parametrize(
    ("status", "waiting", "accepted", "lost"),
    [
        (0, Progress.DONE, Progress.DONE, Progress.DONE),
        (1, Progress.DONE, Progress.DONE, Progress.DONE),
        (2, Progress.DONE, Progress.STALE, Progress.STALE),
        (3, Progress.DONE, Progress.DONE, Progress.FAILED),
        (4, Progress.DONE, Progress.DONE, Progress.DONE),
        (5, Progress.DONE, Progress.DONE, Progress.DONE),
        (6, Progress.RUNNING, Progress.RUNNING, Progress.RUNNING),
        (7, Progress.DONE, Progress.STALE, Progress.STALE),
        (8, Progress.DONE, Progress.DONE, Progress.DONE),
        (11, Progress.DONE, Progress.DONE, Progress.DONE),
        (13, Progress.DONE, Progress.DONE, Progress.FAILED),
        (14, Progress.DONE, Progress.DONE, Progress.FAILED),
        (None, Progress.DONE, Progress.STALE, Progress.STALE),
    ],
)
def test_what_a_look_means(status: int | None, waiting: Progress, accepted: Progress, lost: Progress) -> None:
    state = None if status is None else Status(status)
    assert resubmit_progress(state, written=False, accepted=False) is waiting
    assert resubmit_progress(state, written=True, accepted=True) is accepted
    assert resubmit_progress(state, written=True, accepted=False) is lost


# ---- Errors (api/tencent.md 5) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("RequestLimitExceeded", Outcome.NOT_EXECUTED),
        ("RequestLimitExceeded.IPLimitExceeded", Outcome.NOT_EXECUTED),
        ("RequestLimitExceeded.UinLimitExceeded", Outcome.NOT_EXECUTED),
        ("RequestLimitExceeded.GlobalRegionUinLimitExceeded", Outcome.NOT_EXECUTED),
        ("LimitExceeded.RateLimitExceeded", Outcome.NOT_EXECUTED),
        ("InternalError", Outcome.UNKNOWN),
        ("InternalError.BackendResponseEmpty", Outcome.UNKNOWN),
        ("InternalError.BackendResponseError", Outcome.UNKNOWN),
        ("ServiceUnavailable", Outcome.UNKNOWN),
        ("FailedOperation", Outcome.UNKNOWN),
        ("FailedOperation.NetworkError", Outcome.UNKNOWN),
        ("FailedOperation.SystemError", Outcome.UNKNOWN),
        ("FailedOperation.CannotGetOrder", Outcome.UNKNOWN),
        ("FailedOperation.CancelAuditCertificateFailed", Outcome.UNKNOWN),
        ("FailedOperation.CertificateNotFound", Outcome.REFUSED),
        ("FailedOperation.CertificateStatusNotAllowResubmit", Outcome.REFUSED),
        ("InvalidParameter.CertificateStatusNotAllowResubmit", Outcome.REFUSED),
        ("InvalidParameter.WithDetailReason", Outcome.REFUSED),
        ("FailedOperation.InvalidCertificateStatusCode", Outcome.REFUSED),
        ("FailedOperation.NoRealNameAuth", Outcome.REFUSED),
        ("LimitExceeded", Outcome.REFUSED),
        ("RequestSizeLimitExceeded", Outcome.REFUSED),
        ("ResourceInUse", Outcome.REFUSED),
        ("ResourceUnavailable", Outcome.REFUSED),
        ("UnauthorizedOperation", Outcome.REFUSED),
        ("AuthFailure.SignatureExpire", Outcome.REFUSED),
        ("AuthFailure.SignatureFailure", Outcome.REFUSED),
        ("AuthFailure.TokenFailure", Outcome.REFUSED),
        ("InternalErrorButNotReally", Outcome.REFUSED),
    ],
)
def test_class_of_every_code(code: str, outcome: Outcome) -> None:
    assert outcome_of(200, code) is outcome


@pytest.mark.parametrize(
    ("status", "outcome"), [(429, Outcome.NOT_EXECUTED), (500, Outcome.UNKNOWN), (503, Outcome.UNKNOWN)]
)
def test_status_of_something_in_front_of_the_api_counts_too(status: int, outcome: Outcome) -> None:
    assert outcome_of(status, "Whatever") is outcome


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AuthFailure.SignatureExpire", "clock"),
        ("AuthFailure.SignatureFailure", "secret_key"),
        ("AuthFailure.SecretIdNotFound", "secret_id"),
        ("AuthFailure.TokenFailure", "token"),
        ("UnauthorizedOperation", "ssl:ModifyCertificateResubmit"),
        ("FailedOperation.CAMAuthorizedFail", "ssl:ModifyCertificateResubmit"),
        ("FailedOperation.CertificateNotFound", "api_url"),
    ],
)
def test_advice(code: str, words: str) -> None:
    assert words in advice_on(code, "ModifyCertificateResubmit")


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("RequestLimitExceeded.IPLimitExceeded", "lower rate_limit or concurrency"),
        (
            "InvalidParameter.CertificateStatusNotAllowResubmit",
            "only paid certificates whose review has failed or was cancelled can be submitted again",
        ),
        ("SomethingNew", ""),
    ],
)
def test_advice_to_the_letter(code: str, advice: str) -> None:
    assert advice_on(code, "DescribeCertificates") == advice


def opened(body: object, status: int = 200) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Envelope().open(Call(action="DescribeCertificates"), Reply(status, {}, raw))


def test_envelope_gives_the_inside_of_the_response() -> None:
    inside = {"CertificateId": "a", "RequestId": "r-1"}
    assert opened({"Response": inside}) == inside


def test_envelope_takes_a_null_error_for_none() -> None:
    assert opened({"Response": {"Error": None, "TotalCount": 0}})["TotalCount"] == 0


def test_envelope_tells_an_error_that_comes_with_200() -> None:
    error = {"Code": "AuthFailure.SignatureFailure", "Message": "It does not match."}
    with pytest.raises(TencentError) as caught:
        opened({"Response": {"Error": error, "RequestId": "r-1"}})
    assert caught.value.code == "AuthFailure.SignatureFailure"
    assert caught.value.request_id == "r-1"
    assert caught.value.outcome is Outcome.REFUSED
    assert caught.value.message == "It does not match (check secret_key)"
    assert caught.value.provider == "Tencent Cloud"


def test_envelope_does_not_need_message_and_request_id() -> None:
    with pytest.raises(TencentError) as caught:
        opened({"Response": {"Error": {"Code": "InternalError"}}})
    assert (caught.value.message, caught.value.request_id) == ("no message", None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"Response": null}', 200),
        (b'{"Response": []}', 200),
        (b'{"Response": {"Error": {}}}', 200),
        (b'{"Response": {"Error": "text"}}', 200),
        (b'{"Response": {"Error": {"Code": ["x"]}}}', 200),
        (b'{"Response": {"CertificateId": "a"}}', 500),
        (b'{"Response": {"CertificateId": "a"}}', 204),
    ],
)
def test_envelope_refuses_other_shapes(body: bytes, status: int) -> None:
    with pytest.raises((ValueError, KeyError)):
        opened(body, status)


def test_certificate_keeps_nothing_personal() -> None:
    parsed = Certificate.parse(
        {"CertificateId": "a", "Status": "7", "Domain": None, "SubmittedData": {"KeyPassword": "canary"}}
    )
    assert "canary" not in repr(parsed)
    assert str(parsed) == "certificate a"
    assert parsed.status_as_result("previous_") == {"previous_status": 7, "previous_status_name": "cancelled"}


def test_unknown_number_has_no_name() -> None:
    assert Certificate("a", "", 16).status_as_result() == {"status": 16, "status_name": None}


# ---- Credentials (api/tencent.md 6) ----------------------------------------------------------------------------------


def options(**given: str) -> dict[str, Any]:
    return {"secret_id": None, "secret_key": None, "token": None, **given}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {},
            (
                "No credentials: set secret_id and secret_key as options or as environment variables "
                "TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY."
            ),
        ),
        (
            {"secret_id": "id", "secret_key": " "},
            (
                "secret_id is given without secret_key: set the option secret_key or the environment variable "
                "TENCENTCLOUD_SECRET_KEY."
            ),
        ),
        (
            {"secret_key": "key"},
            (
                "secret_key is given without secret_id: set the option secret_id or the environment variable "
                "TENCENTCLOUD_SECRET_ID."
            ),
        ),
        (
            {"token": "tok"},
            (
                "token is given without the secret_id and secret_key that belong to it: set secret_id and secret_key "
                "as options or as environment variables TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY."
            ),
        ),
        *[
            (
                {"secret_id": "id", "secret_key": bad},
                "secret_key has blanks, line ends or special characters in it; check where the value comes from.",
            )
            for bad in ("key\n", " key", "ke y", "k\u00e9y")
        ],
    ],
)
def test_credentials_that_cannot_be_used(given: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        credentials(options(**given))
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("environment", "given", "token"),
    [
        ({}, {"secret_id": "id", "secret_key": "key"}, None),
        ({}, {"secret_id": "id", "secret_key": "key", "token": "tok"}, "tok"),
        ({"SECRET_ID": "id", "SECRET_KEY": "key", "TOKEN": "tok"}, {}, "tok"),
        ({"SECRET_ID": "id", "SECRET_KEY": "key", "SECURITY_TOKEN": "tok"}, {}, "tok"),
        ({"SECRET_ID": "id", "SECRET_KEY": "key", "TOKEN": "tok", "SECURITY_TOKEN": "other"}, {}, "tok"),
        ({"TOKEN": "tok"}, {"secret_id": "id", "secret_key": "key"}, None),
        ({"TOKEN": "tok", "SECRET_KEY": "key"}, {"secret_id": "id"}, "tok"),
    ],
)
def test_token_goes_with_the_pair_it_belongs_to(
    monkeypatch: pytest.MonkeyPatch,
    tencent: FakeTencent,
    environment: dict[str, str],
    given: dict[str, str],
    token: str | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"TENCENTCLOUD_{name}", value)
    tencent.run(certificate_id="issued", credentials=given)
    headers = tencent.requests[0].headers
    assert headers.get("x-tc-token") == token
    assert headers["authorization"].startswith("TC3-HMAC-SHA256 Credential=id/")
    assert "SignedHeaders=content-type;host;x-tc-action," in headers["authorization"]


def test_signature_is_for_service_ssl() -> None:
    auth = credentials(options(secret_id="id", secret_key="key"))
    assert isinstance(auth, Tc3Auth)


# ---- Whole runs ------------------------------------------------------------------------------------------------------

READ, WRITE, LOG = "DescribeCertificates", "ModifyCertificateResubmit", "DescribeCertificateOperateLogs"

Trouble = Callable[[Any, Received], object]

AS_USUAL = object()


def business_error(code: str, message: str = "No.") -> Trouble:
    """The provider refuses a call."""
    return lambda _connection, _request: json_answer(
        {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "r-error"}}
    )


def meanwhile(change: Callable[[], object]) -> Trouble:
    """Something happens at the provider just before a call is answered as usual."""

    def trouble(_connection: Any, _request: Received) -> object:
        change()
        return AS_USUAL

    return trouble


class FakeTencent:
    """Certificates with a status each, an operation log, and trouble on demand."""

    def __init__(self, play: Callable[..., dict[str, Any]], serve: Callable[..., LocalServer]) -> None:
        self.status: dict[str, Any] = {"rejected": 2, "cancelled": 7, "issued": 1}
        self.after: Any = 5
        """The status that a resubmit leads to."""
        self.log: list[dict[str, Any]] = []
        self.logs_writes = True
        self.clock_ahead = 0.0
        """Seconds that the provider's clock is ahead of this host's."""
        self.trouble: dict[str, list[Trouble | None]] = {}
        """What happens to the calls of an action, one after the other; None is nothing out of the ordinary."""
        self.requests: list[Received] = []
        self._play = play
        self._server = serve(self._answer)

    def run(self, *, check_mode: bool = False, credentials: dict[str, str] | None = None, **params: Any) -> Any:
        given = {"secret_id": "id", "secret_key": "a-secret-key"} if credentials is None else credentials
        url = {"api_url": self._server.url, "rate_limit": 10000}
        return self._play(main, {**url, **given, **params}, check_mode=check_mode)

    def bodies(self, action: str) -> list[Any]:
        return [request.json() for request in self.requests if request.headers["x-tc-action"] == action]

    @property
    def calls(self) -> Counter[str]:
        return Counter(request.headers["x-tc-action"] for request in self.requests)

    def execute(self, certificate_id: str) -> None:
        """What a resubmit does."""
        if self.after is not None:
            self.status[certificate_id] = self.after
        if self.logs_writes:
            self.write_log(certificate_id, "Resubmit", time.time())

    def write_log(self, certificate_id: str, kind: str, at: float) -> None:
        china = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + self.clock_ahead + 8 * 3600))
        self.log.append({"CertId": certificate_id, "Type": kind, "CreatedOn": china, "Action": "text"})

    def lose_answer(self, connection: Any, request: Received) -> None:
        """Execute a resubmit and break the connection."""
        self.execute(request.json()["CertificateId"])
        reset(connection, request)

    def _answer(self, connection: Any, request: Received) -> object:
        self.requests.append(request)
        action = request.headers["x-tc-action"]
        planned = self.trouble.get(action)
        trouble = planned.pop(0) if planned else None
        made = trouble(connection, request) if trouble is not None else AS_USUAL
        if made is not AS_USUAL:
            return made
        body = request.json()
        data = {READ: self._list, WRITE: self._resubmit, LOG: self._logs}[action](body)
        date = formatdate(time.time() + self.clock_ahead, usegmt=True)
        return json_answer({"Response": {**data, "RequestId": f"r-{len(self.requests)}"}}, date=date)

    def _list(self, body: dict[str, Any]) -> dict[str, Any]:
        assert body["Limit"] > 0
        found = [
            {"CertificateId": key, "Status": status, "Domain": f"{key}.example.com", "SubmittedData": "canary"}
            for key, status in self.status.items()
            if key in body.get("CertIds", self.status) and status in body.get("CertificateStatus", [status])
        ]
        return {"TotalCount": len(found), "Certificates": found[body["Offset"] :][: body["Limit"]] or None}

    def _resubmit(self, body: dict[str, Any]) -> dict[str, Any]:
        self.execute(body["CertificateId"])
        return {"CertificateId": body["CertificateId"]}

    def _logs(self, body: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in self.log if row["CreatedOn"] >= body["StartTime"]]
        page = rows[body["Offset"] :][: body["Limit"]]
        return {"AllTotal": len(rows), "TotalCount": len(page), "OperateLogs": page}


@pytest.fixture
def tencent(play: Callable[..., dict[str, Any]], serve: Callable[..., LocalServer]) -> FakeTencent:
    return FakeTencent(play, serve)


def warnings_of(result: dict[str, Any]) -> str:
    return json.dumps(result.get("warnings", []))


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {row["certificate_id"]: row["outcome"] for row in result["certificates"]}


def test_a_resubmitted_certificate(tencent: FakeTencent) -> None:
    result = tencent.run(certificate_ids=["rejected"])
    assert result["changed"] is True
    assert result["certificates"] == [
        {
            "certificate_id": "rejected",
            "domain": "rejected.example.com",
            "changed": True,
            "outcome": "resubmitted",
            "status": 5,
            "status_name": "awaiting_documents",
            "previous_status": 2,
            "previous_status_name": "rejected",
            "request_id": "r-2",
            "error": None,
        }
    ]
    assert result["summary"] == {"total": 1, "changed": 1, "unchanged": 0, "failed": 0}
    assert result["diff"] == [
        {
            "before_header": "certificate rejected.example.com (rejected)",
            "after_header": "certificate rejected.example.com (rejected)",
            "before": {"status": 2, "status_name": "rejected"},
            "after": {"status": 5, "status_name": "awaiting_documents"},
        }
    ]
    assert "waits for its documents (status 5)" in warnings_of(result)


def test_requests_are_those_of_the_documentation(tencent: FakeTencent) -> None:
    tencent.run(certificate_ids=["rejected"])
    assert [(request.method, request.path) for request in tencent.requests] == [("POST", "/")] * 3
    for request in tencent.requests:
        assert request.headers["x-tc-version"] == "2019-12-05"
        assert request.headers["x-tc-language"] == "en-US"
        assert request.headers["content-type"] == "application/json"
        assert "x-tc-region" not in request.headers
        assert "x-tc-token" not in request.headers
    assert tencent.bodies(READ) == [{"CertIds": ["rejected"], "Offset": 0, "Limit": 50}] * 2
    assert tencent.bodies(WRITE) == [{"CertificateId": "rejected"}]
    assert tencent.requests[1].connection != tencent.requests[0].connection


def test_check_mode_predicts_and_sends_no_write(tencent: FakeTencent) -> None:
    result = tencent.run(certificate_ids=["rejected", "issued"], check_mode=True)
    assert outcomes(result) == {"rejected": "would_resubmit", "issued": "unchanged"}
    assert result["changed"] is True
    assert result["certificates"][0]["status"] == 2
    assert [change["after"] for change in result["diff"]] == [{"status": None, "status_name": "resubmitted"}]
    assert tencent.calls == {READ: 1}


def test_second_run_sends_no_write(tencent: FakeTencent) -> None:
    tencent.run(certificate_ids=["rejected", "cancelled"])
    result = tencent.run(certificate_ids=["rejected", "cancelled"])
    assert result["changed"] is False
    assert result["summary"] == {"total": 2, "changed": 0, "unchanged": 2, "failed": 0}
    assert result["diff"] == []
    assert tencent.calls[WRITE] == 2


@pytest.mark.parametrize("status", [*range(16), 16, None, "2", "soon"])
@pytest.mark.parametrize("wait", [True, False])
def test_prediction_equals_the_run(tencent: FakeTencent, status: object, wait: bool) -> None:
    tencent.status = {"it": status}
    predicted = tencent.run(certificate_id="it", wait=wait, check_mode=True)
    if status == 6:
        # The cancellation ends, some time after it was seen.
        tencent.trouble[READ] = [None, meanwhile(lambda: tencent.status.update(it=7))]
    result = tencent.run(certificate_id="it", wait=wait)
    assert result["changed"] == predicted["changed"]
    as_predicted = {"resubmitted": "would_resubmit"}
    assert as_predicted.get(outcomes(result)["it"], outcomes(result)["it"]) == outcomes(predicted)["it"]
    assert result.get("msg") == predicted.get("msg")


def test_without_wait_nobody_looks_again(tencent: FakeTencent, clock: FakeClock) -> None:
    result = tencent.run(certificate_id="rejected", wait=False)
    assert tencent.calls == {READ: 1, WRITE: 1}
    assert result["certificates"][0]["outcome"] == "resubmitted"
    assert result["certificates"][0]["status"] == 2
    assert [change["after"] for change in result["diff"]] == [{"status": None, "status_name": "resubmitted"}]
    assert clock.sleeps == []


def test_one_bad_certificate_does_not_stop_the_others(tencent: FakeTencent) -> None:
    tencent.status["refunded"] = 14
    tencent.status["odd"] = "odd"
    ids = ["refunded", "unknown", "rejected", "odd", "issued"]
    result = tencent.run(certificate_ids=ids)
    assert list(outcomes(result)) == ids
    assert list(outcomes(result).values()) == ["failed", "failed", "resubmitted", "failed", "unchanged"]
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["summary"] == {"total": 5, "changed": 1, "unchanged": 1, "failed": 3}
    rows = {row["certificate_id"]: row for row in result["certificates"]}
    assert rows["unknown"]["error"]["code"] == "FailedOperation.CertificateNotFound"
    assert rows["unknown"]["error"]["action"] == READ
    assert (rows["unknown"]["domain"], rows["unknown"]["status"], rows["unknown"]["previous_status"]) == (None,) * 3
    assert (rows["odd"]["status"], rows["odd"]["status_name"]) == (None, None)
    assert "has a status that is not known ('odd')" in rows["odd"]["error"]["message"]
    assert result["msg"].startswith(
        "3 of 5 failed. certificate refunded.example.com (refunded) was refunded (status 14) and cannot be reviewed "
        "again. certificate unknown is not a certificate of this account"
    )
    assert result["error"] == rows["refunded"]["error"]


def test_many_ids_are_read_in_chunks_of_50(tencent: FakeTencent) -> None:
    tencent.status = {f"c{number:03d}": 1 for number in range(120)}
    result = tencent.run(certificate_ids=list(tencent.status))
    assert sorted(len(body["CertIds"]) for body in tencent.bodies(READ)) == [20, 50, 50]
    assert list(outcomes(result)) == list(tencent.status)
    assert result["summary"]["unchanged"] == 120


def test_a_chunk_that_cannot_be_read_does_not_stop_the_others(tencent: FakeTencent) -> None:
    tencent.status = {f"c{number:03d}": 1 for number in range(60)}
    tencent.trouble[READ] = [business_error("FailedOperation.NoRealNameAuth")]
    result = tencent.run(certificate_ids=list(tencent.status), concurrency=1)
    assert result["summary"] == {"total": 60, "changed": 0, "unchanged": 10, "failed": 50}
    assert result["msg"].count("NoRealNameAuth") == 1


def test_all_resubmittable_lists_page_by_page(tencent: FakeTencent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tencent, "PAGE_SIZE", 2)
    tencent.status = {"a": 2, "b": 1, "c": 7, "d": 2, "e": 0, "f": "2"}
    result = tencent.run(all_resubmittable=True)
    listing = tencent.bodies(READ)[:2]
    assert listing == [{"CertificateStatus": [2, 7], "Offset": offset, "Limit": 2} for offset in (0, 2)]
    assert outcomes(result) == dict.fromkeys("acd", "resubmitted")
    assert tencent.calls[WRITE] == 3
    # What was listed is not read again before the write.
    assert [request.headers["x-tc-action"] for request in tencent.requests[:3]] == [READ, READ, WRITE]


def test_all_resubmittable_filters_again(tencent: FakeTencent) -> None:
    everything = [{"CertificateId": key, "Status": status} for key, status in (("rejected", 2), ("issued", 1))]
    tencent.trouble[READ] = [
        lambda *_: json_answer({"Response": {"TotalCount": 3, "Certificates": everything}}),
        lambda *_: json_answer({"Response": {"TotalCount": 3, "Certificates": everything[:1]}}),
    ]
    result = tencent.run(all_resubmittable=True)
    assert outcomes(result) == {"rejected": "resubmitted"}


def test_all_resubmittable_heeds_from_statuses(tencent: FakeTencent) -> None:
    result = tencent.run(all_resubmittable=True, from_statuses=["cancelled"])
    assert tencent.bodies(READ)[0]["CertificateStatus"] == [7]
    assert outcomes(result) == {"cancelled": "resubmitted"}


def test_all_resubmittable_can_be_none(tencent: FakeTencent) -> None:
    tencent.status = {}
    result = tencent.run(all_resubmittable=True)
    assert (result["changed"], result["certificates"], result["diff"]) == (False, [], [])
    assert result["summary"] == {"total": 0, "changed": 0, "unchanged": 0, "failed": 0}


def test_a_list_that_cannot_be_read_is_one_error(tencent: FakeTencent) -> None:
    tencent.trouble[READ] = [business_error("UnauthorizedOperation")]
    result = tencent.run(all_resubmittable=True)
    assert result["msg"] == (
        "Tencent Cloud DescribeCertificates failed: UnauthorizedOperation: No (the key needs the CAM permission "
        "ssl:DescribeCertificates) (HTTP 200, request id r-error)."
    )
    assert result["error"]["outcome"] == "refused"


def test_what_from_statuses_leaves_out_is_kept_with_a_warning(tencent: FakeTencent) -> None:
    result = tencent.run(certificate_ids=["rejected", "cancelled"], from_statuses=["rejected"])
    assert outcomes(result) == {"rejected": "resubmitted", "cancelled": "unchanged"}
    assert tencent.bodies(WRITE) == [{"CertificateId": "rejected"}]
    assert "cancelled.example.com (cancelled) is cancelled (status 7) and was left so" in warnings_of(result)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"certificate_ids": []}, "certificate_ids is an empty list; name at least one."),
        ({"certificate_ids": ["a", " "]}, "certificate_ids contains a blank value."),
        ({"certificate_ids": ["a", " a"]}, "certificate_ids contains 'a' more than once."),
        (
            {"certificate_ids": None},
            "certificate_ids and all_resubmittable are all empty (null); one of them must say what is meant.",
        ),
        (
            {"all_resubmittable": False},
            "all_resubmittable is false, and nothing else says which certificates are meant.",
        ),
        ({"certificate_id": "a", "from_statuses": []}, "from_statuses is an empty list; name at least one."),
        ({}, "one of the following is required: certificate_ids, all_resubmittable"),
        (
            {"certificate_id": "a", "all_resubmittable": True},
            "parameters are mutually exclusive: certificate_ids|all_resubmittable",
        ),
        (
            {"certificate_id": "a", "from_statuses": ["issued"]},
            "value of from_statuses must be one or more of: rejected, cancelled. Got no match for: issued",
        ),
        (
            {"certificate_id": "a", "api_url": "ssl.tencentcloudapi.com"},
            (
                "api_url: 'ssl.tencentcloudapi.com' has no scheme http:// or https://; write it like "
                "https://api.example.com."
            ),
        ),
    ],
)
def test_bad_input_is_one_sentence(tencent: FakeTencent, params: dict[str, Any], message: str) -> None:
    result = tencent.run(**params)
    assert result["failed"] is True
    assert result["msg"] == message
    assert tencent.requests == []


def test_ids_are_trimmed(tencent: FakeTencent) -> None:
    assert outcomes(tencent.run(certificate_ids=[" issued "])) == {"issued": "unchanged"}


# Waiting


def test_cancellation_is_waited_for(tencent: FakeTencent) -> None:
    tencent.status = {"it": 6}
    tencent.trouble[READ] = [None, None, meanwhile(lambda: tencent.status.update(it=7))]
    result = tencent.run(certificate_id="it")
    row = result["certificates"][0]
    assert (row["outcome"], row["previous_status_name"], row["status_name"]) == (
        "resubmitted",
        "cancelling",
        "awaiting_documents",
    )
    assert tencent.calls[WRITE] == 1


def test_cancellation_that_does_not_end_is_a_failure(tencent: FakeTencent, clock: FakeClock) -> None:
    tencent.status = {"it": 6, "rejected": 2}
    result = tencent.run(certificate_ids=["it", "rejected"], wait_timeout=20)
    assert outcomes(result) == {"it": "failed", "rejected": "resubmitted"}
    row = result["certificates"][0]
    assert (row["changed"], row["status"]) == (False, 6)
    assert row["error"]["message"] == (
        "certificate it.example.com (it) is still being cancelled after 20 s (wait_timeout). Run again later."
    )
    assert row["error"]["code"] == "Timeout"
    assert sum(clock.sleeps) == pytest.approx(20)


def test_cancellation_without_wait_is_a_failure(tencent: FakeTencent) -> None:
    tencent.status = {"it": 6}
    result = tencent.run(certificate_id="it", wait=False)
    assert result["msg"] == (
        "certificate it.example.com (it) is being cancelled (status 6). Run again when that has ended, or with "
        "wait=true."
    )


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("check_mode", [True, False])
def test_cancellation_that_is_left_out_is_not_waited_for(
    tencent: FakeTencent, clock: FakeClock, wait: bool, check_mode: bool
) -> None:
    tencent.status = {"it": 6}
    result = tencent.run(certificate_id="it", from_statuses=["rejected"], wait=wait, check_mode=check_mode)
    assert (outcomes(result), result["changed"], clock.sleeps) == ({"it": "unchanged"}, False, [])
    assert "is being cancelled (status 6) and was left so, because from_statuses" in warnings_of(result)


def test_accepted_but_not_seen_is_changed_with_a_warning(tencent: FakeTencent, clock: FakeClock) -> None:
    tencent.after = None
    result = tencent.run(certificate_id="rejected", wait_timeout=10)
    assert (result["changed"], outcomes(result)) == (True, {"rejected": "resubmitted"})
    assert "after 10 s (wait_timeout) its status is still rejected" in warnings_of(result)
    assert tencent.calls[WRITE] == 1
    assert sum(clock.sleeps) == pytest.approx(10)


@pytest.mark.parametrize("after", [0, 1, 4, 5, 8])
def test_any_status_of_a_review_is_success(tencent: FakeTencent, after: int) -> None:
    tencent.after = after
    result = tencent.run(certificate_id="cancelled")
    assert (outcomes(result), result["certificates"][0]["status"]) == ({"cancelled": "resubmitted"}, after)


def test_an_unexpected_status_afterwards_is_told(tencent: FakeTencent) -> None:
    tencent.after = 14
    result = tencent.run(certificate_id="cancelled")
    assert outcomes(result) == {"cancelled": "resubmitted"}
    assert "was refunded (status 14)" in warnings_of(result)


# Writes that fail


def test_rate_limit_is_sent_again(tencent: FakeTencent, clock: FakeClock) -> None:
    tencent.trouble[WRITE] = [business_error("RequestLimitExceeded"), business_error("LimitExceeded.RateLimitExceeded")]
    result = tencent.run(certificate_id="rejected")
    assert outcomes(result) == {"rejected": "resubmitted"}
    assert tencent.calls[WRITE] == 3


def test_lost_answer_is_judged_by_the_status(tencent: FakeTencent) -> None:
    tencent.trouble[WRITE] = [tencent.lose_answer]
    result = tencent.run(certificate_id="rejected")
    row = result["certificates"][0]
    assert (row["changed"], row["outcome"], row["status"], row["request_id"]) == (True, "resubmitted", 5, None)
    assert tencent.calls[WRITE] == 1
    assert LOG not in tencent.calls
    assert "the answer to the write was lost (ConnectionLost), but the write was executed" in warnings_of(result)
    assert "waits for its documents" in warnings_of(result)


@pytest.mark.parametrize("ahead", [-250.0, 0.0, 250.0])
@pytest.mark.parametrize("wait", [True, False])
def test_lost_answer_is_judged_by_the_operation_log(tencent: FakeTencent, wait: bool, ahead: float) -> None:
    tencent.clock_ahead = ahead
    tencent.after = None  # rejected again at once, or shown late
    tencent.trouble[WRITE] = [tencent.lose_answer]
    result = tencent.run(certificate_id="rejected", wait=wait)
    assert (result["changed"], outcomes(result)) == (True, {"rejected": "resubmitted"})
    assert tencent.calls[WRITE] == 1
    assert tencent.bodies(LOG)[0].keys() == {"StartTime", "Offset", "Limit"}


def test_lost_answer_whose_status_comes_late(tencent: FakeTencent) -> None:
    tencent.logs_writes = False
    tencent.after = None
    tencent.trouble[WRITE] = [tencent.lose_answer]
    tencent.trouble[READ] = [None, None, None, meanwhile(lambda: tencent.status.update(rejected=0))]
    result = tencent.run(certificate_id="rejected")
    assert (result["changed"], outcomes(result)) == (True, {"rejected": "resubmitted"})
    assert tencent.calls[WRITE] == 1


def test_lost_answer_whose_log_row_comes_late(tencent: FakeTencent) -> None:
    tencent.logs_writes = False
    tencent.after = None
    tencent.trouble[WRITE] = [tencent.lose_answer]
    tencent.trouble[LOG] = [None, meanwhile(lambda: tencent.write_log("rejected", "resubmit", time.time()))]
    result = tencent.run(certificate_id="rejected")
    # The first look found nothing; the row was there for the last one.
    assert tencent.calls[LOG] == 2
    assert (result["changed"], outcomes(result)) == (True, {"rejected": "resubmitted"})


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("rejected", "cancel", 0.0)],
        [("cancelled", "Resubmit", 0.0)],
        [("rejected", "Resubmit", -10.0)],
        [("rejected", "Resubmit", -600.0)],
        [("rejected", "Resubmit", -8 * 3600.0)],
    ],
)
@pytest.mark.parametrize(("wait", "ahead"), [(True, 0.0), (False, 0.0), (False, 250.0), (False, -250.0)])
def test_lost_answer_without_evidence_fails_and_is_not_sent_again(
    tencent: FakeTencent, rows: list[tuple[str, str, float]], wait: bool, ahead: float
) -> None:
    tencent.clock_ahead = ahead
    for certificate_id, kind, age in rows:
        tencent.write_log(certificate_id, kind, time.time() + age)
    tencent.trouble[WRITE] = [reset]
    result = tencent.run(certificate_id="rejected", wait=wait)
    assert tencent.calls[WRITE] == 1
    assert (result["changed"], outcomes(result)) == (False, {"rejected": "failed"})
    assert result["error"]["outcome"] == "unknown"
    assert "Nobody can tell whether it was executed; run again" in result["msg"]


@pytest.mark.parametrize(
    "trouble",
    [
        business_error("InternalError"),
        business_error("FailedOperation"),
        business_error("FailedOperation.CannotGetOrder"),
        lambda *_: json_answer({"Response": {"CertificateId": "another", "RequestId": "r"}}),
        lambda *_: json_answer({"Response": {"RequestId": "r"}}),
        lambda *_: json_answer({"Response": {"CertificateId": "rejected"}}, status=502),
        lambda *_: json_answer({"oops": 1}, status=403),
        lambda *_: json_answer([], status=404),
    ],
)
def test_unclear_answers_are_not_sent_again(tencent: FakeTencent, trouble: Trouble) -> None:
    tencent.trouble[WRITE] = [trouble]
    result = tencent.run(certificate_id="rejected")
    assert tencent.calls[WRITE] == 1
    assert tencent.calls[LOG] == 2
    assert outcomes(result) == {"rejected": "failed"}
    assert result["error"]["outcome"] == "unknown"


def test_lost_answer_is_no_success_where_the_order_was_refunded(tencent: FakeTencent) -> None:
    tencent.logs_writes = False
    tencent.after = None
    tencent.trouble[WRITE] = [tencent.lose_answer]
    tencent.trouble[READ] = [None, None, meanwhile(lambda: tencent.status.update(cancelled=14))]
    result = tencent.run(certificate_id="cancelled")
    assert (result["changed"], outcomes(result)) == (False, {"cancelled": "failed"})
    assert result["error"]["code"] == "ConnectionLost"


@pytest.mark.parametrize("trouble", [business_error("UnauthorizedOperation"), business_error("FailedOperation")])
def test_log_that_cannot_be_read_is_no_evidence(tencent: FakeTencent, trouble: Trouble, clock: FakeClock) -> None:
    tencent.after = None
    tencent.trouble[WRITE] = [tencent.lose_answer]
    tencent.trouble[LOG] = [trouble] * 20
    result = tencent.run(certificate_id="rejected", wait=False)
    assert outcomes(result) == {"rejected": "failed"}
    assert sum(clock.sleeps) < 30


def test_one_look_at_the_log_serves_all(tencent: FakeTencent) -> None:
    tencent.status = {f"c{number}": 2 for number in range(10)}
    tencent.after = None
    tencent.trouble[WRITE] = [tencent.lose_answer] * 9
    result = tencent.run(certificate_ids=list(tencent.status), wait=False)
    assert result["summary"]["changed"] == 10
    assert tencent.calls == {READ: 2, WRITE: 10, LOG: 1}


def test_log_is_read_page_by_page(tencent: FakeTencent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tencent, "PAGE_SIZE", 2)
    for _number in range(3):
        tencent.write_log("somebody", "apply", time.time())
    tencent.after = None
    tencent.trouble[WRITE] = [tencent.lose_answer]
    assert outcomes(tencent.run(certificate_id="rejected", wait=False)) == {"rejected": "resubmitted"}
    assert [body["Offset"] for body in tencent.bodies(LOG)] == [0, 2]


@pytest.mark.parametrize("prefix", ["FailedOperation", "InvalidParameter"])
@pytest.mark.parametrize("status", [0, 1, 4, 5, 8, 11])
def test_somebody_else_was_faster(tencent: FakeTencent, prefix: str, status: int) -> None:
    def faster(connection: Any, request: Received) -> object:
        tencent.status["rejected"] = status
        return business_error(f"{prefix}.CertificateStatusNotAllowResubmit")(connection, request)

    tencent.trouble[WRITE] = [faster]
    result = tencent.run(certificate_id="rejected")
    assert (result["changed"], outcomes(result)) == (False, {"rejected": "unchanged"})
    assert result["certificates"][0]["status"] == status
    assert tencent.calls == {READ: 2, WRITE: 1}


@pytest.mark.parametrize("prefix", ["FailedOperation", "InvalidParameter"])
@pytest.mark.parametrize("status", [2, 14])
def test_refused_status_fails_with_status_and_code(tencent: FakeTencent, prefix: str, status: int) -> None:
    def refuse(connection: Any, request: Received) -> object:
        tencent.status["rejected"] = status
        return business_error(f"{prefix}.CertificateStatusNotAllowResubmit")(connection, request)

    tencent.trouble[WRITE] = [refuse]
    result = tencent.run(certificate_id="rejected")
    row = result["certificates"][0]
    assert (row["outcome"], row["changed"], row["status"]) == ("failed", False, status)
    assert row["error"]["code"] == f"{prefix}.CertificateStatusNotAllowResubmit"
    assert row["error"]["outcome"] == "refused"
    assert tencent.calls == {READ: 2, WRITE: 1}


@pytest.mark.parametrize("code", ["FailedOperation.CertificateNotFound", "AuthFailure.SignatureExpire"])
def test_refused_write_is_final(tencent: FakeTencent, code: str) -> None:
    tencent.trouble[WRITE] = [business_error(code)]
    result = tencent.run(certificate_ids=["rejected", "cancelled"], concurrency=1)
    assert outcomes(result) == {"rejected": "failed", "cancelled": "resubmitted"}
    assert tencent.calls[WRITE] == 2
    assert result["error"]["code"] == code


def test_reads_are_repeated_after_unclear_answers(tencent: FakeTencent) -> None:
    tencent.trouble[READ] = [reset, business_error("InternalError"), business_error("RequestLimitExceeded")]
    assert outcomes(tencent.run(certificate_id="issued")) == {"issued": "unchanged"}
    assert tencent.calls == {READ: 4}


# Secrets


def test_no_secret_and_nothing_personal_in_results(tencent: FakeTencent) -> None:
    secrets = {"secret_id": "id", "secret_key": "canary-key-0123", "token": "canary-token-0123"}
    tencent.trouble[WRITE] = [business_error("FailedOperation.Odd", "canary-key-0123 and canary-token-0123")]
    for certificate_id in ("rejected", "issued", "missing"):
        result = tencent.run(certificate_id=certificate_id, credentials=secrets)
        result.pop("invocation", None)  # ansible-core 2.21 leaves it to the controller
        assert "canary" not in json.dumps(result)
    assert all("canary-key" not in json.dumps(dict(request.headers)) for request in tencent.requests)


def test_only_the_documented_actions_are_called(tencent: FakeTencent) -> None:
    tencent.trouble[WRITE] = [tencent.lose_answer]
    tencent.run(all_resubmittable=True)
    assert set(tencent.calls) <= {READ, WRITE, LOG}
