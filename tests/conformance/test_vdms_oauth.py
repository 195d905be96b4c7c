# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent OAuth 2 client against the identity service."""

import time

import pytest
import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests_oauthlib import OAuth2Session

from conformance.emulated import Emulated

SCOPE = ["sec.cps.certificates"]


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def session(emulator: Emulated, secret: str | None = None, scope: list[str] | None = None) -> OAuth2Session:
    """A session with a token."""
    oauth = OAuth2Session(client=BackendApplicationClient("demo-client-id", scope=scope or SCOPE))
    oauth.fetch_token(
        f"{emulator.url}/connect/token",
        client_secret=secret or "demo-client-secret",
        include_client_id=True,
        auth=False,
    )
    return oauth


def error_of(emulator: Emulated, **form: str) -> tuple[int, str]:
    """Change a good token request; an empty value leaves the field out."""
    good = {
        "grant_type": "client_credentials",
        "client_id": "demo-client-id",
        "client_secret": "demo-client-secret",
        "scope": SCOPE[0],
    }
    data = {name: value for name, value in {**good, **form}.items() if value}
    answer = requests.post(f"{emulator.url}/connect/token", data=data, timeout=10)
    return answer.status_code, answer.json()["error"]


def test_client_credentials(emulator: Emulated) -> None:
    oauth = session(emulator)
    assert (oauth.token["token_type"], oauth.token["expires_in"]) == ("Bearer", 300)
    assert oauth.token["scope"] == SCOPE
    answer = oauth.get(f"{emulator.url}/sec/cps/v2.0/certificates/40021")
    assert answer.json()["certificate_label"] == "shop-prod"


def test_secret_stays_out_of_the_record(emulator: Emulated) -> None:
    session(emulator)
    assert emulator.calls(action="Token")[0]["body"]["client_secret"] == "<secret>"
    assert "demo-client-secret" not in emulator.raw_control("GET", "calls").text


def test_wrong_secret(emulator: Emulated) -> None:
    with pytest.raises(OAuth2Error, match="invalid_client"):
        session(emulator, secret="wrong")


def test_wrong_scope(emulator: Emulated) -> None:
    with pytest.raises(OAuth2Error, match="invalid_scope"):
        session(emulator, scope=["sec.cps.certificates", "something.else"])


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("client_id", "", "invalid_client"),
        ("client_id", "unknown", "invalid_client"),
        ("client_secret", "", "invalid_client"),
        ("scope", "", "invalid_scope"),
    ],
)
def test_errors(emulator: Emulated, field: str, value: str, error: str) -> None:
    assert error_of(emulator, **{field: value}) == (400, error)


def test_form_encoding_is_needed(emulator: Emulated) -> None:
    answer = requests.post(f"{emulator.url}/connect/token", json={"grant_type": "client_credentials"}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_tokens_expire(emulator: Emulated) -> None:
    emulator.settings(vdms={"token_seconds": 0.5})
    oauth = session(emulator)
    url = f"{emulator.url}/sec/cps/v2.0/certificates"
    token = oauth.token["access_token"]
    assert emulator.vdms("GET", "/certificates", token=token).status_code == 200
    time.sleep(0.55)
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("authorization", [None, "Bearer unknown", "TOK:demo-access-token", "Basic abc"])
def test_calls_need_a_token(emulator: Emulated, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.get(f"{emulator.url}/sec/cps/v2.0/certificates", headers=headers, timeout=10)
    assert answer.status_code == 401


def test_narrow_scopes(emulator: Emulated) -> None:
    clients = [{"id": "reader", "secret": "s", "scopes": ["sec.cps.certificates:read"]}]
    requests_ = [{"id": 7, "label": "x", "domains": ["x.example.com"]}]
    emulator.control("POST", "reset", json={"scenario": {"vdms": {"clients": clients, "requests": requests_}}})
    form = {
        "grant_type": "client_credentials",
        "client_id": "reader",
        "client_secret": "s",
        "scope": "sec.cps.certificates:read",
    }
    token = requests.post(f"{emulator.url}/connect/token", data=form, timeout=10).json()["access_token"]
    assert emulator.vdms("GET", "/certificates/7", token=token).status_code == 200
    assert emulator.vdms("PATCH", "/certificates/7", token=token, json={"description": "y"}).status_code == 401


def test_revoked_tokens(emulator: Emulated) -> None:
    oauth = session(emulator)
    assert emulator.control("POST", "vdms/revoke-tokens")["revoked"] == 2
    assert oauth.get(f"{emulator.url}/sec/cps/v2.0/certificates").status_code == 401
