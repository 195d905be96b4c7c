# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.common.parameters import set_fallbacks

from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError
from ansible_collections.certops.cdn.plugins.module_utils._options import (
    Credential,
    base_url,
    env,
    env_pair,
    full_url,
    not_blank,
    not_negative,
    pair_of,
    positive,
    unique,
)

# ---- The environment ----


def fallback(spec: dict[str, Any]) -> str | None:
    """The value that Ansible gives an option that is not given."""
    params: dict[str, Any] = {}
    set_fallbacks({"option": spec}, params)
    return params.get("option")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"A": "a"}, "a"),
        ({"B": "b"}, "b"),
        ({"A": "a", "B": "b"}, "a"),
        ({"A": "", "B": "b"}, "b"),
        ({"A": "  ", "B": "b"}, "b"),
        ({"A": "", "B": " "}, None),
    ],
)
def test_first_variable_that_says_something_counts(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"CERTOPS_{name}", value)
    assert fallback(env("CERTOPS_A", "CERTOPS_B")) == expected


def test_option_of_the_environment_is_a_string_and_takes_further_settings() -> None:
    spec = env("CERTOPS_A", secret=True, default="x")
    assert (spec["type"], spec["no_log"], spec["default"]) == ("str", True, "x")
    assert env("CERTOPS_A")["no_log"] is False


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, (None, None)),
        ({"ID1": "i1", "PW1": "p1"}, ("i1", "p1")),
        ({"ID2": "i2", "PW2": "p2"}, ("i2", "p2")),
        ({"ID1": "i1", "PW1": "p1", "ID2": "i2", "PW2": "p2"}, ("i1", "p1")),
        ({"ID1": "i1", "ID2": "i2", "PW2": "p2"}, ("i2", "p2")),
        ({"PW1": "p1", "ID2": "i2", "PW2": "p2"}, ("i2", "p2")),
        ({"ID1": "i1", "PW1": " ", "ID2": "i2", "PW2": "p2"}, ("i2", "p2")),
        ({"ID1": "i1", "PW2": "p2"}, ("i1", None)),
        ({"ID2": "i2", "PW1": "p1"}, (None, "p1")),
        ({"ID1": "i1"}, ("i1", None)),
        ({"PW2": "p2"}, (None, "p2")),
        ({"ID1": "", "PW1": ""}, (None, None)),
    ],
)
def test_halves_of_a_pair_come_from_one_family(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"CERTOPS_{name}", value)
    ids, passwords = ("CERTOPS_ID1", "CERTOPS_ID2"), ("CERTOPS_PW1", "CERTOPS_PW2")
    assert (fallback(env_pair(ids, passwords)), fallback(env_pair(passwords, ids, secret=True))) == expected


def test_half_of_a_pair_can_be_a_secret() -> None:
    assert env_pair(["CERTOPS_A"], ["CERTOPS_B"], secret=True)["no_log"] is True
    assert env_pair(["CERTOPS_A"], ["CERTOPS_B"])["no_log"] is False


@pytest.mark.parametrize(("value", "expected"), [("a", False), ("b", False), ("c", True), (" ", False), (None, False)])
def test_by_option_or_merely_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, value: str | None, expected: bool
) -> None:
    monkeypatch.setenv("CERTOPS_A", "a")
    monkeypatch.setenv("CERTOPS_B", "b")
    credential = Credential("key", ("CERTOPS_A", "CERTOPS_B", "CERTOPS_UNSET"))
    assert credential.by_option({"key": value}) is expected


KEY_ID = Credential("key_id", ("CERTOPS_ID1", "CERTOPS_ID2"))
PASSWORD = Credential("password", ("CERTOPS_PW1", "CERTOPS_PW2"))


@pytest.mark.parametrize(
    ("variables", "params"),
    [
        ({"ID1": "i1", "PW1": "p1"}, {"key_id": "i1", "password": "p1"}),
        ({"ID1": "i1", "PW1": "p1"}, {"key_id": "mine", "password": "mine too"}),
        ({"PW1": "p1"}, {"key_id": "mine", "password": "p1"}),
        ({"ID2": "i2"}, {"key_id": "i2", "password": "mine"}),
        ({"ID1": " ", "PW1": "p1"}, {"key_id": "mine", "password": "p1"}),
    ],
)
def test_pair_comes_from_one_source(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], params: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"CERTOPS_{name}", value)
    assert pair_of(params, KEY_ID, PASSWORD, "Acme") == (params["key_id"], params["password"])


@pytest.mark.parametrize(
    ("variables", "params", "words"),
    [
        (
            {"ID1": "i1", "PW1": "p1"},
            {"key_id": "mine", "password": "p1"},
            r"^key_id is given .* password comes .* CERTOPS_PW1, .* another key_id \(CERTOPS_ID1\): give both",
        ),
        (
            {"ID2": "i2", "PW2": "p2"},
            {"key_id": "i2", "password": "mine"},
            r"^password is given .* key_id comes .* CERTOPS_ID2, .* another password \(CERTOPS_PW2\): give both",
        ),
    ],
)
def test_halves_of_two_pairs_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], params: dict[str, str], words: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"CERTOPS_{name}", value)
    with pytest.raises(InputError, match=words) as caught:
        pair_of(params, KEY_ID, PASSWORD, "Acme")
    assert caught.value.provider == "Acme"
    assert "mine" not in caught.value.message


# ---- Numbers ----


@pytest.mark.parametrize("value", [1, 0.001, 10**9 - 1, None])
def test_positive_numbers_are_accepted(value: float | None) -> None:
    positive({"timeout": value}, "timeout", "absent")


@pytest.mark.parametrize("value", [0, -1, -0.1, math.nan, -math.inf])
def test_what_is_not_positive_is_refused(value: float) -> None:
    with pytest.raises(InputError, match=rf"^timeout: {value} was given, but it must be greater than 0\.$"):
        positive({"timeout": value}, "timeout")


@pytest.mark.parametrize("value", [math.inf, 10**9])
@pytest.mark.parametrize("check", [positive, not_negative])
def test_what_is_no_sensible_number_is_refused(check: Callable[..., None], value: float) -> None:
    with pytest.raises(InputError, match=rf"^timeout: {value} was given, but it must be less than 1000000000\.$"):
        check({"timeout": value}, "timeout")


@pytest.mark.parametrize("value", [0, 5, None])
def test_numbers_that_are_not_negative_are_accepted(value: int | None) -> None:
    not_negative({"retries": value}, "retries", "absent")


@pytest.mark.parametrize("value", [-1, math.nan])
def test_negative_numbers_are_refused(value: float) -> None:
    with pytest.raises(InputError, match=rf"^retries: {value} was given, but it must not be negative\.$"):
        not_negative({"retries": value}, "retries")


# ---- URLs ----


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://api.example.com", "https://api.example.com"),
        (" https://api.example.com\n", "https://api.example.com"),
        ("HTTPS://API.Example.COM", "https://api.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_base_url(value: str, expected: str) -> None:
    assert base_url("api_url", value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "has no scheme http:// or https://"),
        ("", "has no scheme http:// or https://"),
        ("api.example.com", "has no scheme http:// or https://"),
        ("ftp://api.example.com", "has no scheme http:// or https://"),
        ("https://", "has no valid host"),
        ("https://:443", "has no valid host"),
        ("https://api example.com", "has no valid host"),
        ("https://api.example.com:0", "has no valid host"),
        ("https://api.example.com:http", "is not a URL"),
        ("https://api.example.com:99999", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://api.example.com/", "must not end with a slash"),
        ("https://api.example.com/api/v2", r"must not have a path \(/api/v2\)"),
        ("https://api.example.com?a=b", "must not have a query or fragment"),
        ("https://api.example.com#top", "must not have a query or fragment"),
    ],
)
def test_what_is_no_base_url_is_refused(value: str | None, reason: str) -> None:
    with pytest.raises(InputError, match=rf"^api_url: '.*' {reason}.*; write it like https://api\.example\.com\.$"):
        base_url("api_url", value)


def test_credentials_in_a_url_are_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="must not contain a user name or password") as refused:
        base_url("api_url", "https://user:s3cret@api.example.com")
    assert "s3cret" not in refused.value.message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://id.example.com/connect/token", "https://id.example.com/connect/token"),
        ("https://ID.example.com/Connect/Token", "https://id.example.com/Connect/Token"),
        ("https://id.example.com/", "https://id.example.com/"),
    ],
)
def test_full_url_has_a_path(value: str, expected: str) -> None:
    assert full_url("token_url", value) == expected


def test_full_url_has_no_query_either() -> None:
    with pytest.raises(InputError, match=r"write it like https://api\.example\.com/connect/token\.$"):
        full_url("token_url", "https://id.example.com/connect/token?a=b")


# ---- Strings ----


def test_unique_values_are_trimmed_and_keep_their_order() -> None:
    assert unique("names", [" b ", "a", "B"]) == ["b", "a", "B"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "names is an empty list; name at least one."),
        (["a", " "], "names contains a blank value."),
        (["a", "b", " a "], "names contains 'a' more than once."),
    ],
)
def test_lists_that_say_nothing_clear_are_refused(values: list[str], reason: str) -> None:
    with pytest.raises(InputError) as refused:
        unique("names", values)
    assert refused.value.message == reason


def test_what_values_must_differ_in_can_be_told() -> None:
    with pytest.raises(InputError, match="names contains 'A' more than once"):
        unique("names", ["a", "A"], str.lower)


def test_text_is_trimmed() -> None:
    assert not_blank("label", " a b ") == "a b"


@pytest.mark.parametrize("value", ["", " \n"])
def test_blank_text_is_refused(value: str) -> None:
    with pytest.raises(InputError, match=r"^label is blank\.$"):
        not_blank("label", value)
