# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _http
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._module import (
    BATCH_OPTIONS,
    grouped_notes,
    interruptible,
    register_secret,
    run_module,
    run_query,
    wait_options,
)
from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Progress, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import Target
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock

SPEC = {
    "wait": {"type": "bool", "default": True},
    **wait_options(timeout=60, interval=5),
    "secret_key": {"type": "str", "no_log": True},
    **BATCH_OPTIONS,
}


class Lamps:
    """A provider of lamps, all of which are to burn. Switching one on takes five seconds."""

    provider = "Acme"
    all_or_nothing = False
    repeatable = True
    unwaited_outcome = "pending"

    def __init__(self, **lamps: str) -> None:
        self.lamps = lamps
        self.errors: dict[str, CdnError] = {}
        self.notes: dict[str, str] = {}
        self.defects: dict[str, Exception] = {}
        self.signals: dict[str, signal.Signals] = {}
        self.params: Mapping[str, Any] = {}
        self.settings = Settings()
        self.redact = Redactor()

    def __call__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Lamps:
        """Stands for the class that a module passes to :func:`run_module`."""
        self.params, self.settings, self.redact = params, settings, redact
        self._stumble("made_of")
        return self

    def _stumble(self, where: str) -> None:
        if where in self.signals:
            signal.raise_signal(self.signals[where])
        if where in self.defects:
            raise self.defects[where]

    def select(self) -> list[str]:
        self._stumble("select")
        return list(self.lamps)

    def name(self, key: str) -> str:
        return f"lamp {key}"

    def read(self, keys: Sequence[str]) -> dict[str, str | CdnError]:
        self._stumble("read")
        return {key: self.lamps[key] for key in keys}

    def plan(self, key: str, state: str) -> Verdict:
        return Keep(self.notes.get(key, "")) if state == "on" else Change("switched_on", "would_switch_on")

    def apply(self, target: Target[str]) -> None:
        self._stumble(f"apply {target.key}")
        if target.key in self.errors:
            raise self.errors[target.key]
        self.lamps[target.key] = "on"
        target.wrote()

    def may_be_done_already(self, error: ApiError) -> bool:
        return False

    def was_executed(self, target: Target[str]) -> bool:
        return False

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, str | CdnError]:
        self._stumble("poll")
        return {key: self.lamps[key] for key in keys}

    def progress(self, target: Target[str], state: str, age: float) -> Progress:
        return Progress.DONE if age >= 5 else Progress.RUNNING

    def confirms(self, target: Target[str], state: str) -> bool:
        return state == "on"

    def failure(self, target: Target[str]) -> CdnError:
        raise NotImplementedError

    def overdue(self, target: Target[str], seconds: float) -> CdnError | None:
        return CdnError(f"lamp {target.key} does not burn after {seconds:g} s.", code="Timeout")

    def can_revert(self, target: Target[str]) -> bool:
        return False

    def revert(self, target: Target[str]) -> None:
        raise NotImplementedError

    def report(self, targets: Sequence[Target[str]]) -> dict[str, Any]:
        self._stumble("report")
        return {"lamps": [{"name": target.key, "outcome": target.outcome} for target in targets]}


Play = Callable[..., dict[str, Any]]


@pytest.fixture
def switch_on(play: Play) -> Play:
    """Run the module of the lamps."""

    def run(
        lamps: Lamps, check_mode: bool = False, spec: Mapping[str, Any] | None = None, **params: Any
    ) -> dict[str, Any]:
        return play(lambda: run_module(lamps, SPEC if spec is None else spec), params, check_mode=check_mode)

    return run


# ---- Results ----


def test_nothing_to_do_is_no_change(switch_on: Play) -> None:
    result = switch_on(Lamps(a="on"))
    assert result["changed"] is False
    assert result["lamps"] == [{"name": "a", "outcome": "unchanged"}]
    assert "error" not in result
    assert "msg" not in result


def test_change_is_told_with_the_report(switch_on: Play) -> None:
    result = switch_on(Lamps(a="off", b="on"))
    assert result["changed"] is True
    assert [lamp["outcome"] for lamp in result["lamps"]] == ["switched_on", "unchanged"]


def test_check_mode_predicts_and_tells_the_settings(switch_on: Play) -> None:
    lamps = Lamps(a="off")
    result = switch_on(lamps, check_mode=True)
    assert (result["changed"], result["lamps"][0]["outcome"]) == (True, "would_switch_on")
    assert lamps.lamps == {"a": "off"}
    assert lamps.settings.check_mode is True


def test_failed_target_fails_the_task_and_hides_nothing(switch_on: Play) -> None:
    lamps = Lamps(a="off", b="off", c="on")
    lamps.errors = {
        "b": ApiError(
            "Acme Switch failed for lamp b: no (HTTP 409).",
            provider="Acme",
            action="Switch",
            code="NO",
            http_status=409,
            request_id="r-1",
            outcome=Outcome.REFUSED,
        )
    }
    result = switch_on(lamps)
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"] == "1 of 3 failed. Acme Switch failed for lamp b: no (HTTP 409)."
    assert [lamp["outcome"] for lamp in result["lamps"]] == ["switched_on", "failed", "unchanged"]
    assert result["error"] == {
        "provider": "Acme",
        "action": "Switch",
        "code": "NO",
        "message": "Acme Switch failed for lamp b: no (HTTP 409).",
        "http_status": 409,
        "request_id": "r-1",
        "outcome": "refused",
    }


def test_only_target_is_not_counted(switch_on: Play) -> None:
    lamps = Lamps(a="off")
    lamps.errors = {"a": ApiError("No power.")}
    result = switch_on(lamps)
    assert (result["msg"], result["changed"]) == ("No power.", False)


def test_many_failures_are_told_in_part(switch_on: Play) -> None:
    lamps = Lamps(**{f"l{number}": "off" for number in range(8)})
    lamps.errors = {f"l{number}": ApiError(f"Lamp {number} is broken.") for number in range(8)}
    assert switch_on(lamps)["msg"] == (
        "8 of 8 failed. Lamp 0 is broken. Lamp 1 is broken. Lamp 2 is broken. Lamp 3 is broken. Lamp 4 is broken. "
        "and 3 more, see the result's rows."
    )


def test_what_concerns_all_is_told_once(switch_on: Play) -> None:
    lamps = Lamps(**{f"l{number}": "off" for number in range(8)})
    lamps.errors = {f"l{number}": ApiError("No power.") for number in range(8)}
    assert switch_on(lamps)["msg"] == "8 of 8 failed. No power."


def test_notes_are_warnings(switch_on: Play) -> None:
    lamps = Lamps(a="on", b="on")
    lamps.notes = {"b": "Lamp b flickers."}
    assert switch_on(lamps)["warnings"] == ["Lamp b flickers."]


def test_notes_that_say_the_same_of_many_targets_are_one_warning(switch_on: Play) -> None:
    lamps = Lamps(**dict.fromkeys("abcdefg", "on"))
    lamps.notes = {key: f"lamp {key} flickers (2 Hz). Change it." for key in "abc"}
    lamps.notes |= {key: f"lamp {key}: the switch is loose." for key in "de"}
    lamps.notes |= {"f": "lamp f smokes.", "g": "Nobody pays for the power."}
    assert switch_on(lamps)["warnings"] == [
        "lamp a, lamp b, lamp c: each flickers (2 Hz). Change it.",
        "lamp d, lamp e: the switch is loose.",
        "lamp f smokes.",
        "Nobody pays for the power.",
    ]


def test_many_targets_with_the_same_note_are_named_in_part() -> None:
    told = grouped_notes([(f"lamp {number}", f"lamp {number} flickers.") for number in range(25)])
    assert told == [f"{', '.join(f'lamp {number}' for number in range(20))} and 5 more: each flickers."]


def test_a_note_that_names_no_target_is_told_once() -> None:
    assert grouped_notes([("lamp a", "The fuse is weak."), ("lamp b", "The fuse is weak.")]) == ["The fuse is weak."]


@pytest.mark.parametrize("where", ["made_of", "select"])
def test_input_that_cannot_be_used_is_told(switch_on: Play, where: str) -> None:
    lamps = Lamps(a="off")
    lamps.defects = {where: InputError("names is an empty list; name at least one.")}
    result = switch_on(lamps)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == "names is an empty list; name at least one."
    assert result["error"]["provider"] == "Acme"
    assert (result["error"]["code"], result["error"]["outcome"]) == ("InvalidInput", "not_executed")
    assert lamps.lamps == {"a": "off"}


@pytest.mark.parametrize(
    ("where", "changed"), [("made_of", False), ("select", False), ("read", False), ("poll", True), ("report", True)]
)
def test_defect_is_told_without_its_text_and_conceals_no_write(switch_on: Play, where: str, changed: bool) -> None:
    lamps = Lamps(a="off")
    lamps.defects = {where: KeyError("s3cret")}
    result = switch_on(lamps)
    assert result["msg"].startswith("unexpected KeyError in _stumble, line ")
    assert (result["error"]["code"], result["error"]["outcome"]) == ("Defect", "unknown")
    assert "s3cret" not in str(result)
    assert result["changed"] is changed
    assert (lamps.lamps["a"] == "on") is changed


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_waiting_leaves_a_result(switch_on: Play, sent: signal.Signals) -> None:
    lamps = Lamps(a="off", b="on")
    lamps.signals = {"poll": sent}
    before = signal.getsignal(signal.SIGTERM)
    result = switch_on(lamps)
    assert result["changed"] is True
    assert result["msg"] == (
        "1 of 2 failed. lamp a: interrupted after it was changed, before the end of that was seen. Run again."
    )
    assert (result["error"]["code"], result["error"]["outcome"]) == ("Interrupted", "unknown")
    assert [lamp["outcome"] for lamp in result["lamps"]] == ["failed", "unchanged"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_second_signal_does_not_keep_the_result_back(switch_on: Play) -> None:
    lamps = Lamps(a="off")
    lamps.signals = {"poll": signal.SIGINT, "report": signal.SIGTERM}
    result = switch_on(lamps)
    assert (result["changed"], result["error"]["code"]) == (True, "Interrupted")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_after_the_work_is_too_late(switch_on: Play, sent: signal.Signals) -> None:
    lamps = Lamps(a="off")
    lamps.signals = {"report": sent}
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    result = switch_on(lamps)
    assert result["changed"] is True
    assert "error" not in result
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_before_the_run_is_told(switch_on: Play, sent: signal.Signals) -> None:
    lamps = Lamps(a="off")
    lamps.signals = {"made_of": sent}
    result = switch_on(lamps)
    assert result["msg"] == "Interrupted before anything was read; nothing was changed."
    assert (result["changed"], result["error"]["code"]) == (False, "Interrupted")


def test_ctrl_c_stays_ignored_where_it_was(switch_on: Play) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lamps = Lamps(a="off")
    lamps.signals = {"poll": signal.SIGINT}
    assert "error" not in switch_on(lamps)


@pytest.mark.parametrize("wait", [True, False])
def test_signal_while_writing_tells_what_was_done(switch_on: Play, wait: bool) -> None:
    lamps = Lamps(a="off", b="off", c="off", d="on")
    lamps.signals = {"apply b": signal.SIGTERM}
    result = switch_on(lamps, concurrency=1, wait=wait)
    assert result["changed"] is True
    said_of_a = "lamp a: interrupted after it was changed, before the end of that was seen. Run again. "
    assert result["msg"] == (
        f"{3 if wait else 2} of 4 failed. {said_of_a if wait else ''}lamp b: interrupted while it was changed; nobody "
        "can tell whether that was executed. Run again. lamp c: interrupted before anything was changed. Run again."
    )
    outcomes = ["failed" if wait else "pending", "failed", "failed", "unchanged"]
    assert [lamp["outcome"] for lamp in result["lamps"]] == outcomes
    assert lamps.lamps == {"a": "on", "b": "off", "c": "off", "d": "on"}


def test_module_runs_in_any_thread() -> None:
    done: list[str] = []

    def work() -> None:
        with interruptible():
            done.append("work")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["work"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("select", "Interrupted before anything was read; nothing was changed."),
        ("read", "lamp a: interrupted before anything was changed. Run again."),
    ],
)
def test_signal_before_any_write_changes_nothing(switch_on: Play, where: str, message: str) -> None:
    lamps = Lamps(a="off")
    lamps.signals = {where: signal.SIGTERM}
    result = switch_on(lamps)
    assert (result["msg"], result["changed"], result["error"]["outcome"]) == (message, False, "not_executed")
    assert lamps.lamps == {"a": "off"}


def test_missing_library_is_told_before_anything_else(switch_on: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "Traceback: no module named requests")
    lamps = Lamps(a="off")
    result = switch_on(lamps)
    assert "Failed to import the required Python library (requests)" in result["msg"]
    assert lamps.lamps == {"a": "off"}


# ---- Modules that only read ----


class Meter:
    """Something that is only read."""

    provider = "Acme"

    def __init__(
        self, result: dict[str, Any] | None = None, *errors: CdnError, raises: Exception | None = None
    ) -> None:
        self.result = result or {}
        self.errors = errors
        self.raises = raises
        self.settings = Settings()

    def __call__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Meter:
        self.settings = settings
        return self

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        if self.raises is not None:
            raise self.raises
        return self.result, self.errors


@pytest.fixture
def read_off(play: Play) -> Play:
    """Run the module of a meter."""

    def run(meter: Meter, over_http: bool = True, **params: Any) -> dict[str, Any]:
        return play(lambda: run_query(meter, {"limit": {"type": "int"}}, over_http=over_http), params)

    return run


def test_what_is_read_is_no_change(read_off: Play) -> None:
    result = read_off(Meter({"meters": [1, 2]}), timeout=7)
    assert (result["changed"], result["meters"]) == (False, [1, 2])
    assert "error" not in result


def test_what_could_be_read_is_told_beside_what_could_not(read_off: Play) -> None:
    result = read_off(Meter({"meters": [1]}, ApiError("Meter 2 is down.", code="DOWN"), ApiError("Meter 3 too.")))
    assert (result["failed"], result["changed"], result["meters"]) == (True, False, [1])
    assert result["msg"] == "2 calls failed. Meter 2 is down. Meter 3 too."
    assert result["error"]["code"] == "DOWN"


@pytest.mark.parametrize(
    ("raises", "message", "code"),
    [
        (InputError("No such meter."), "No such meter.", "InvalidInput"),
        (KeyError("s3cret"), "unexpected KeyError", "Defect"),
    ],
)
def test_query_that_comes_to_nothing_is_told(read_off: Play, raises: Exception, message: str, code: str) -> None:
    result = read_off(Meter(raises=raises))
    assert result["msg"].startswith(message)
    assert (result["error"]["provider"], result["error"]["code"]) == ("Acme", code)
    assert result["changed"] is False
    assert "s3cret" not in str(result)


def test_an_option_that_all_share_is_the_fault_of_no_other_provider(read_off: Play, switch_on: Play) -> None:
    assert read_off(Meter(), timeout=0)["error"]["provider"] == "Acme"
    assert switch_on(Lamps(), timeout=0)["error"]["provider"] == "Acme"


def test_an_error_that_names_its_provider_keeps_it(read_off: Play) -> None:
    assert read_off(Meter(raises=ApiError("No.", provider="Other")))["error"]["provider"] == "Other"
    assert read_off(Meter({}, ApiError("No.", provider="Other")))["error"]["provider"] == "Other"
    assert read_off(Meter({}, ApiError("No.")))["error"]["provider"] == "Acme"


def test_query_that_is_interrupted_is_told_as_such(read_off: Play) -> None:
    class Interrupted(Meter):
        def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
            signal.raise_signal(signal.SIGTERM)
            return super().run()

    result = read_off(Interrupted())
    assert (result["msg"], result["error"]["code"]) == ("Interrupted.", "Interrupted")


def test_query_without_http_needs_no_library_and_has_no_such_options(
    read_off: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "Traceback: no module named requests")
    assert "requests" in read_off(Meter({"meters": []}))["msg"]
    assert read_off(Meter({"meters": []}), over_http=False)["meters"] == []
    assert "Unsupported parameters" in read_off(Meter(), over_http=False, retries=1)["msg"]


# ---- Options ----


def test_settings_are_those_of_the_options(switch_on: Play, tmp_path: Path) -> None:
    lamps = Lamps()
    switch_on(
        lamps,
        timeout=7.5,
        retries=0,
        validate_certs=False,
        ca_path=str(tmp_path),
        rate_limit=3,
        concurrency=2,
    )
    settings = lamps.settings
    assert (settings.timeout, settings.retries, settings.validate_certs) == (7.5, 0, False)
    assert (settings.ca_path, settings.rate_limit, settings.concurrency) == (str(tmp_path), 3, 2)
    assert settings.check_mode is False
    assert settings.user_agent == "certops.cdn ansible-core/2.16.0"


def test_defaults_of_the_settings(switch_on: Play) -> None:
    lamps = Lamps()
    switch_on(lamps)
    settings = lamps.settings
    assert (settings.timeout, settings.retries, settings.validate_certs, settings.ca_path) == (30, 5, True, None)
    assert (settings.rate_limit, settings.concurrency) == (10, 8)


def test_module_without_batches_has_no_rate_limit(switch_on: Play) -> None:
    lamps = Lamps()
    switch_on(lamps, spec={"wait": {"type": "bool", "default": True}, **wait_options(60, 5)})
    assert (lamps.settings.rate_limit, lamps.settings.concurrency) == (math.inf, 1)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timeout", 0),
        ("timeout", -1),
        ("wait_timeout", 0),
        ("wait_interval", 0),
        ("concurrency", 0),
        ("rate_limit", 0),
        ("retries", -1),
        ("timeout", "nan"),
        ("wait_timeout", "inf"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(switch_on: Play, option: str, value: Any) -> None:
    lamps = Lamps(a="off")
    result = switch_on(lamps, **{option: value})
    assert result["msg"].startswith(f"{option}: ")
    assert result["error"]["code"] == "InvalidInput"
    assert lamps.lamps == {"a": "off"}


def test_ca_path_must_exist(switch_on: Play, tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    assert switch_on(Lamps(), ca_path=str(missing))["msg"] == (
        f"ca_path: '{missing}' does not exist; it must be a file or directory of CA certificates."
    )


def test_ca_path_must_be_readable(switch_on: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    assert f"ca_path: '{tmp_path}' cannot be read;" in switch_on(Lamps(), ca_path=str(tmp_path))["msg"]


def test_module_waits_within_its_time(switch_on: Play, clock: FakeClock) -> None:
    assert switch_on(Lamps(a="off"))["lamps"][0]["outcome"] == "switched_on"
    assert 5 <= clock.now() - 1000 <= 6


def test_module_does_not_wait_longer_than_it_may(switch_on: Play, clock: FakeClock) -> None:
    result = switch_on(Lamps(a="off"), wait_timeout=3, wait_interval=0.5)
    assert (result["msg"], result["changed"]) == ("lamp a does not burn after 3 s.", True)
    assert max(clock.sleeps) <= 0.5
    assert clock.now() == 1003


def test_module_does_not_wait_where_the_options_say_so(switch_on: Play, clock: FakeClock) -> None:
    assert switch_on(Lamps(a="off"), wait=False)["lamps"][0]["outcome"] == "pending"
    assert clock.sleeps == []


@pytest.mark.parametrize(("wait_for", "outcome"), [("none", "pending"), ("active", "switched_on")])
def test_module_can_say_what_it_waits_for(switch_on: Play, wait_for: str, outcome: str) -> None:
    spec = {"wait_for": {"type": "str", "default": "none"}, **wait_options(60, 5)}
    assert switch_on(Lamps(a="off"), spec=spec, wait_for=wait_for)["lamps"][0]["outcome"] == outcome


# ---- Secrets ----


def test_secret_options_are_redacted(switch_on: Play) -> None:
    lamps = Lamps()
    switch_on(lamps, secret_key="s3cret-option")
    assert lamps.redact("key s3cret-option") == "key ********"


@pytest.mark.parametrize("url", ["https://user:s3cret@example.com", "https://:s3cret@", "x http://u:s3cret@[::1 y"])
def test_passwords_in_urls_are_redacted_and_registered(
    switch_on: Play, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    registered: list[str] = []
    monkeypatch.setattr(f"{run_module.__module__}.register_secret", lambda module, secret: registered.append(secret))
    lamps = Lamps()
    switch_on(lamps, spec={**SPEC, "api_url": {"type": "str"}}, api_url=url)
    assert "s3cret" not in lamps.redact(url)
    assert registered == ["s3cret"]


def test_defect_while_the_result_is_told_is_no_traceback(switch_on: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{run_module.__module__}.told", lambda *_arguments: {}["s3cret"])
    lamps = Lamps(a="off")
    lamps.errors["a"] = CdnError("no")
    result = switch_on(lamps)
    assert result["error"]["code"] == "Defect"
    assert "s3cret" not in str(result)


class FakeModule:
    def __init__(self) -> None:
        self.no_log_values: set[str] = set()


def test_secrets_are_redacted_in_all_that_is_told(switch_on: Play) -> None:
    lamps = Lamps(**{"Bearer abcdefgh12345": "off", "Signature=0123456789abcdef": "off", "plain": "on"})
    lamps.errors["Signature=0123456789abcdef"] = ApiError("Refused: Bearer zyxwvuts98765.", outcome=Outcome.REFUSED)
    lamps.notes["plain"] = "Its token is Bearer mnopqrst55555."
    result = switch_on(lamps)
    assert result["failed"]
    assert "Bearer ********" in result["warnings"][0]
    for secret in ("abcdefgh12345", "0123456789abcdef", "zyxwvuts98765", "mnopqrst55555"):
        assert secret not in json.dumps(result)


def test_secret_is_registered_with_old_and_new_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []
    secrets = types.ModuleType("ansible.module_utils.secrets")
    secrets.register_secret = registered.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ansible.module_utils.secrets", secrets)
    module: Any = FakeModule()
    register_secret(module, "t0ken")
    assert module.no_log_values == {"t0ken"}
    assert registered == ["t0ken"]


def test_secret_is_registered_where_ansible_knows_one_way_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ansible.module_utils.secrets", None)
    module: Any = FakeModule()
    register_secret(module, "t0ken")
    assert module.no_log_values == {"t0ken"}


def test_secret_that_is_learnt_is_registered(switch_on: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    lamps = Lamps()
    registered: list[str] = []
    monkeypatch.setattr(f"{run_module.__module__}.register_secret", lambda module, secret: registered.append(secret))
    switch_on(lamps)
    lamps.redact.learn("t0ken")
    assert registered == ["t0ken"]
