# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is shown by a module whose answers repeat all that was sent, in whatever form, or that has a defect.

The modules run in this process, so that there can be thousands of runs; what Ansible adds is in test_secrets.py.
"""

from __future__ import annotations

import base64
import html
import importlib
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible.module_utils import basic

from ansible_collections.certops.cdn.plugins.module_utils import _module, _parallel, _redaction, _wait
from ansible_collections.certops.cdn.tests.unit import conftest as unit
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import LocalServer, Received, http_answer
from emulator.process import Running
from reliability import accounts
from reliability.canaries import Canaries, proof_in
from reliability.fronts import as_text, forwarded

# fixtures
clock = unit.clock
play = unit.play
silent_environment = unit.silent_environment

Play = Callable[..., dict[str, Any]]
PAIR = accounts.new_pair()
KINDS = list(accounts.CREDENTIALS)


class Module:
    """A module, run with canaries; what it tells, by any way, is searched."""

    def __init__(self, play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._play = play
        self._capsys = capsys
        self._syslog: list[str] = []
        monkeypatch.setattr(basic, "has_journal", False)
        monkeypatch.setattr(basic.AnsibleModule, "_log_to_syslog", lambda _module, text: self._syslog.append(text))
        self.canaries = accounts.canaries(PAIR)

    def run(self, name: str, url: str, kind: str, **more: Any) -> dict[str, Any]:
        """The result."""
        service, credentials = accounts.CREDENTIALS[kind]
        options = {**accounts.options_of(name, PAIR), **credentials, **accounts.urls_of(service, url), "retries": 0}
        module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{name}")
        return self._play(module.main, {**options, **more})

    def shown(self, result: dict[str, Any]) -> list[str]:
        """The secrets in a result, on the standard error or in the system's log."""
        text = "\n".join([json.dumps(result), json.dumps(result, ensure_ascii=False), *self._syslog])
        self._syslog.clear()
        return self.canaries.found_in(text + self._capsys.readouterr().err)


@pytest.fixture
def module(play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Module:
    return Module(play, capsys, monkeypatch)


@pytest.fixture
def account(emulator: Running) -> Running:
    """The emulator, with an account that has canaries for credentials."""
    emulator.reset(accounts.scenario())
    return emulator


# ---- Answers that repeat what was sent -------------------------------------------------------------------------------

ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": json.dumps,
    "in JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "URL-quoted": lambda text: quote(text, safe=""),
    "URL-quoted but for slashes": quote,
    "form-quoted": quote_plus,
    "in HTML": html.escape,
    "in Python": repr,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in URL-safe base64": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in hexadecimal": lambda text: text.encode().hex(),
    "with line ends": lambda text: text.replace("\\n", "\n"),
    "with line ends of DOS": lambda text: text.replace("\\n", "\r\n"),
    "with blanks for line ends": lambda text: text.replace("\\n", " "),
    "without line ends": lambda text: text.replace("\\n", ""),
    "with the lines reversed": lambda text: "\n".join(reversed(text.replace("\\n", "\n").splitlines())),
}

# How each service would tell it as an error; and a body that is none of its.
ENVELOPES: dict[str, Callable[[str], Any]] = {
    "zenlayer": lambda text: {"code": "INVALID", "message": text, "requestId": "r-1"},
    "tencent": lambda text: {"Response": {"Error": {"Code": "InvalidParameter", "Message": text}, "RequestId": "r-1"}},
    "vdms": lambda text: {"code": "bad", "message": text, "error": text, "error_description": text, "details": [text]},
}


@dataclass
class Repeating:
    """Answers before the emulator: the request that is meant is repeated in an error.

    :ivar target: "token": that for a token; "key": those that have the private key; "call": all but these
    :ivar envelope: whether it is an error as the service writes it
    """

    account: Running
    canaries: Canaries
    target: str
    service: str
    encode: Callable[[str], str]
    envelope: bool = True
    status: int = 400

    def __call__(self, _connection: Any, request: Received) -> bytes:
        asks_for_a_token = request.path == "/connect/token"
        has_the_key = b"PRIVATE KEY" in request.body
        self.canaries.add(proof=proof_in(request.headers.get("authorization", "")))
        if asks_for_a_token == (self.target == "token") and has_the_key == (self.target == "key"):
            told = self.encode(as_text(request))
            body = json.dumps(ENVELOPES[self.service](told)) if self.envelope else told
            kind = "application/json" if self.envelope else "text/html"
            return http_answer(self.status, body.encode(), content_type=kind)
        return forwarded(self.account.url, request)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_answer_that_repeats_the_request_shows_nothing(
    kind: str, encoding: str, full: bool, module: Module, account: Running
) -> None:
    service = accounts.CREDENTIALS[kind][0]
    names = [name for name in accounts.MODULES if accounts.service_of(name) == service]
    for name in names if full else names[:2]:
        targets = ["key" if name == "zenlayer_certificate" else "call", *(["token"] if kind == "client" else [])]
        for target in targets:
            answer = Repeating(account, module.canaries, target, service, ENCODINGS[encoding])
            # Tencent tells errors with 200.
            for answer.envelope, answer.status in (
                (True, 200 if service == "tencent" else 400),
                (False, 400),
                (False, 502),
            ):
                with LocalServer(answer) as server:
                    result = module.run(name, server.url, kind)
                    assert server.requests, result
                assert result["failed"], result
                assert module.shown(result) == [], (name, target, answer.envelope, result["msg"])


def test_the_search_finds_what_no_redactor_took_out(
    module: Module, account: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_redaction.Redactor, "__call__", lambda _self, text, *_secrets: text)
    monkeypatch.setattr(_module, "register_secret", lambda _module, _secret: None)
    missed = []
    for encoding, encode in ENCODINGS.items():
        with LocalServer(Repeating(account, module.canaries, "key", "zenlayer", encode)) as server:
            shown = module.shown(module.run("zenlayer_certificate", server.url, "api token"))
        if not any(name.startswith(("api_token", "private_key")) for name in shown):
            missed.append(encoding)

    # Ansible by itself takes out what is written as it was given.
    assert missed == ["with line ends"]


# ---- Bad options -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", accounts.MODULES)
def test_bad_options_show_nothing(name: str, module: Module) -> None:
    kind = accounts.credentials_of(accounts.service_of(name))[0]
    password = "+word/in the&URL"
    module.canaries.add(password=password)
    bad: list[dict[str, Any]] = [
        {"timeout": -1},
        {"timeout": "soon"},
        {"unknown": 1},
        {"ca_path": "/nowhere"},
        {"api_url": "ftp://example.com"},
        {"api_url": f"https://user:{quote(password, safe='')}@example.com"},
        dict.fromkeys(accounts.CREDENTIALS[kind][1], ""),
        dict.fromkeys(accounts.CREDENTIALS[kind][1], "line\nbreak"),
    ]
    if name == "zenlayer_certificate":
        key = PAIR.key_pem
        bad += [{"private_key": text} for text in (key[:-40], key.replace("M", "?"), key * 2, f"{key}x")]
        bad += [{"certificate": key}, {"certificate": PAIR.pem + key}, {"label": "x", "private_key": "none"}]
    for options in bad:
        result = module.run(name, "http://127.0.0.1:9", kind, **options)
        assert result["failed"], (options, result)
        assert module.shown(result) == [], (options, result)


# ---- Defects ---------------------------------------------------------------------------------------------------------

OURS = str(Path(_redaction.__file__).parent)


# Nobody can catch what a thread raises before it runs anything.
THREADS = {
    code
    for function in (_parallel.each, _wait.within)
    for code in function.__code__.co_consts
    if isinstance(code, CodeType) and code.co_name == "run"
}


def functions_called_by(run: Callable[[], object]) -> list[CodeType]:
    """The functions of the collection that a run enters, in any thread, once the options are known."""
    found: dict[CodeType, bool] = {}

    def enter(frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(OURS) and code not in THREADS:
            found.setdefault(code, _module._settings.__code__ in found)

    for module in (sys, threading):
        module.setprofile(enter)
    try:
        run()
    finally:
        for module in (sys, threading):
            module.setprofile(None)
    return [code for code, knows_options in found.items() if knows_options]


def with_a_defect_in(code: CodeType, text: str, run: Callable[[], Any]) -> Any:
    """What a run returns in which a function raises what nobody expects, with all secrets in it."""

    def enter(frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and frame.f_code is code:
            raise ArithmeticError(text)

    for module in (sys, threading):
        module.settrace(enter)
    try:
        return run()
    finally:
        for module in (sys, threading):
            module.settrace(None)


@pytest.fixture(scope="module")
def chance(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize("name", accounts.MODULES)
def test_a_defect_in_any_function_shows_nothing(
    name: str, full: bool, chance: random.Random, module: Module, account: Running
) -> None:
    kind = accounts.credentials_of(accounts.service_of(name))[0]
    functions = functions_called_by(lambda: module.run(name, account.url, kind))
    text = " ".join([*accounts.SECRETS.values(), PAIR.key_pem])
    told: Counter[str] = Counter()
    for code in functions if full else chance.sample(functions, 5):
        result = with_a_defect_in(code, text, lambda: module.run(name, account.url, kind))
        told["failed" if result.get("failed") else "done"] += 1
        assert module.shown(result) == [], (code, result)
    assert told["failed"]
