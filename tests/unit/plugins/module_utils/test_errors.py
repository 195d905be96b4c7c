# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.certops.cdn.plugins.module_utils._errors import (
    ApiError,
    CdnError,
    CheckModeError,
    InputError,
    Outcome,
    UnexpectedReplyError,
)


def test_result_has_what_rescue_blocks_read() -> None:
    error = ApiError(
        "it failed",
        provider="Acme",
        action="Bind",
        code="BAD",
        http_status=400,
        request_id="r-1",
        outcome=Outcome.REFUSED,
    )
    assert error.as_result() == {
        "provider": "Acme",
        "action": "Bind",
        "code": "BAD",
        "message": "it failed",
        "http_status": 400,
        "request_id": "r-1",
        "outcome": "refused",
    }


def test_result_is_plain_json() -> None:
    assert json.loads(json.dumps(CdnError("x").as_result()))["outcome"] == "not_executed"


def test_what_is_not_known_is_empty() -> None:
    assert CdnError("x").as_result() == {
        "provider": "",
        "action": "",
        "code": "",
        "message": "x",
        "http_status": None,
        "request_id": None,
        "outcome": "not_executed",
    }


def test_text_is_the_message() -> None:
    assert str(CdnError("one clear sentence")) == "one clear sentence"


def test_sentence_is_added_to_message_and_text() -> None:
    error = CdnError("It failed.")
    error.add("Tried 3 times.")
    assert error.message == str(error) == error.as_result()["message"] == "It failed. Tried 3 times."


def test_provider_of_the_class_is_the_default() -> None:
    class AcmeError(ApiError):
        provider = "Acme"

    assert AcmeError("x").provider == "Acme"
    assert AcmeError("x", provider="Other").provider == "Other"


def test_wrong_input_was_not_executed() -> None:
    error = InputError("name is blank.")
    assert (error.code, error.outcome) == ("InvalidInput", Outcome.NOT_EXECUTED)
    assert (error.message, error.provider) == ("name is blank.", "")
    assert InputError("x", provider="Acme").provider == "Acme"


@pytest.mark.parametrize("kind", [InputError, ApiError, UnexpectedReplyError, CheckModeError])
def test_one_except_clause_catches_all(kind: type[CdnError]) -> None:
    with pytest.raises(CdnError):
        raise kind("x")


def test_no_pause_is_asked_for_by_default() -> None:
    assert ApiError("x").retry_after is None
