# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 3: what all modules share: options, secrets, and the one place that calls ``exit_json`` and ``fail_json``.

:func:`settings_of`, :func:`redactor_of` and :func:`told` are for whoever runs a query without a module, too.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.certops.cdn.plugins.module_utils import _http
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._options import not_negative, positive
from ansible_collections.certops.cdn.plugins.module_utils._parallel import defect
from ansible_collections.certops.cdn.plugins.module_utils._reconcile import INTERRUPTED, Reconciliation, Waiting
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import Resource

HTTP_OPTIONS: dict[str, Any] = {
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30},
    "retries": {"type": "int", "default": 5},
}

BATCH_OPTIONS: dict[str, Any] = {
    "concurrency": {"type": "int", "default": 8},
    "rate_limit": {"type": "int", "default": 10},
}


def wait_options(timeout: float, interval: float) -> dict[str, Any]:
    """The options of waiting, with a module's own defaults in seconds."""
    return {
        "wait_timeout": {"type": "float", "default": timeout},
        "wait_interval": {"type": "float", "default": interval},
    }


class Query(Protocol):
    """Something that is only read."""

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        """The result's keys, and what could not be read or is not as expected.

        :raises CdnError: nothing can be told at all
        """


class ResourceFactory(Protocol):
    """A class of resources."""

    @property
    def provider(self) -> str:
        """The provider of errors that name none, such as those about options; "" for nobody."""

    def __call__(self, params: Mapping[str, Any], settings: _http.Settings, redact: Redactor, /) -> Resource[Any]:
        """
        :raises InputError: an option cannot be used
        """


class QueryFactory(Protocol):
    """A class of queries."""

    @property
    def provider(self) -> str:
        """As that of resources."""

    def __call__(self, params: Mapping[str, Any], settings: _http.Settings, redact: Redactor, /) -> Query:
        """
        :raises InputError: an option cannot be used
        """


_URL_PASSWORD = re.compile(r"://[^\s:@]*:([^\s@]+)@")

SHOWN_FAILURES = 5
"""So many failed targets are told in ``msg``; the rows have all of them."""

SHOWN_NAMES = 20
"""So many targets with the same note are named in it."""


def run_module(resource_of: ResourceFactory, argument_spec: Mapping[str, Any], **constraints: Any) -> None:
    """Run a module that brings targets into a wanted state, from its options to its result.

    :param resource_of: makes the provider's resource out of options, connection settings and redactor
    :param argument_spec: the module's own options and those of its provider; the HTTP options are added
    :param constraints: what else AnsibleModule takes, such as ``mutually_exclusive``
    """
    module = _started({**argument_spec, **HTTP_OPTIONS}, constraints)
    ending = Ending(module, resource_of.provider)
    run: Reconciliation[Any] | None = None
    with interruptible() as no_more:
        try:
            settings = _settings(module)
            resource = resource_of(module.params, settings, ending.redact)
            run = Reconciliation(
                resource,
                check_mode=module.check_mode,
                waiting=_waiting(module.params),
                concurrency=settings.concurrency,
            )
            try:
                targets = run.run()
                no_more()
            except KeyboardInterrupt:
                targets = run.broken_off()
            result = resource.report(targets)
            result["changed"] = any(target.changed for target in targets)
            for note in grouped_notes([(resource.name(target.key), target.note) for target in targets if target.note]):
                module.warn(ending.redact(note))
            ending.tell(result, [target.error for target in targets if target.error is not None], len(targets))
        except CdnError as error:
            ending.fail(error, changed=_has_changed(run))
        except KeyboardInterrupt:
            ending.fail(CdnError("Interrupted before anything was read; nothing was changed.", code=INTERRUPTED))
        except Exception as exc:  # noqa: BLE001 - a defect must not end in a traceback that may hold secrets
            ending.fail(defect(exc), changed=_has_changed(run))


def run_query(
    query_of: QueryFactory, argument_spec: Mapping[str, Any], *, over_http: bool = True, **constraints: Any
) -> None:
    """Run a module that only reads. What it tells is returned even where some of it could not be read.

    :param query_of: makes the query out of options, connection settings and redactor
    :param over_http: whether it calls a provider's API: the HTTP options are added, and requests is needed
    """
    spec = {**argument_spec, **HTTP_OPTIONS} if over_http else dict(argument_spec)
    module = _started(spec, constraints, needs_requests=over_http)
    ending = Ending(module, query_of.provider)
    with interruptible() as no_more:
        try:
            result, errors = query_of(module.params, _settings(module), ending.redact).run()
            no_more()
            ending.tell({**result, "changed": False}, errors)
        except CdnError as error:
            ending.fail(error)
        except KeyboardInterrupt:
            ending.fail(CdnError("Interrupted.", code=INTERRUPTED))
        except Exception as exc:  # noqa: BLE001 - as above
            ending.fail(defect(exc))


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Have SIGTERM break the work off as Ctrl-C does, once, so that the module can tell what it has done.

    What comes after the first signal, or after a call of the function that is yielded, takes no time, and is not to be
    broken off: nobody would learn what was done.
    """
    listening = True

    def interrupt(*_signal: Any) -> None:
        if listening:
            no_more()
            raise KeyboardInterrupt

    def no_more() -> None:
        nonlocal listening
        listening = False

    if threading.current_thread() is not threading.main_thread():
        yield no_more  # only the main thread is sent signals
        return
    heard = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as it is in a job in the background
        heard.append(signal.SIGINT)
    before = [(number, signal.signal(number, interrupt)) for number in heard]
    try:
        yield no_more
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _started(
    argument_spec: Mapping[str, Any], constraints: Mapping[str, Any], needs_requests: bool = True
) -> AnsibleModule:
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **constraints)
    if needs_requests and _http.REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=_http.REQUESTS_IMPORT_ERROR)
    return module


def redactor_of(
    argument_spec: Mapping[str, Any], params: Mapping[str, Any], on_new_secret: Callable[[str], None] | None = None
) -> Redactor:
    """Masks the values of the options that are secrets, and the passwords in URLs.

    :param on_new_secret: told of every secret that is learnt later
    """
    secrets = [params[name] for name, spec in argument_spec.items() if spec.get("no_log")]
    redact = Redactor(*secrets, on_new_secret=on_new_secret)
    for value in params.values():
        # Such a URL is refused, but Ansible shows the options as they were given.
        for password in _URL_PASSWORD.findall(value) if isinstance(value, str) else ():
            redact.learn(password)
    return redact


def _has_changed(run: Reconciliation[Any] | None) -> bool:
    """Whether a run that broke off had written before: that is not concealed."""
    return run is not None and any(target.changed for target in run.targets)


class Ending:
    """How a module ends: with its result or with an error, and without any secret that a provider may have repeated.

    :ivar redact: takes the module's secrets out of a text
    """

    def __init__(self, module: AnsibleModule, provider: str) -> None:
        """
        :param provider: the provider of errors that name none; "" for nobody
        """
        self._module = module
        self._provider = provider
        self.redact = redactor_of(module.argument_spec, module.params, lambda secret: register_secret(module, secret))

    def tell(self, result: dict[str, Any], errors: Sequence[CdnError], total: int | None = None) -> None:
        """End with the result; the task has failed if anything in it has.

        :param total: how many targets there are, where each error is that of a target
        """
        if not errors:
            self._module.exit_json(**self._redacted(result))
        self._fail({**result, "msg": told(errors, total)}, errors[0])

    def fail(self, error: CdnError, changed: bool = False) -> None:
        """End with an error alone."""
        self._fail({"msg": error.message, "changed": changed}, error)

    def _fail(self, result: dict[str, Any], error: CdnError) -> None:
        about = {**error.as_result(), "provider": error.provider or self._provider}
        self._module.fail_json(**self._redacted({**result, "error": about}))

    def _redacted(self, value: Any) -> Any:
        # One look at all texts takes a fraction of one at each of a thousand rows, and nearly always is enough.
        everything = "\0".join(_texts(value))
        return value if self.redact(everything) == everything else self._each_redacted(value)

    def _each_redacted(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {key: self._each_redacted(item) for key, item in value.items()}
        return [self._each_redacted(item) for item in value] if isinstance(value, (list, tuple)) else value


def _texts(value: Any) -> Iterator[str]:
    """All texts inside of a result in no certain order, except the keys of mappings."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            todo.extend(item.values())
        elif isinstance(item, (list, tuple)):
            todo.extend(item)


def grouped_notes(by_name: Sequence[tuple[str, str]]) -> list[str]:
    """The notes on targets, those that differ in nothing but the target's name as one. Pure.

    :param by_name: a target's name, and a sentence that may begin with it
    """
    names_of: dict[str, list[str]] = {}
    for name, note in by_name:
        begins = note.startswith((f"{name} ", f"{name}:"))
        names_of.setdefault(note[len(name) :] if begins else note, []).append(name if begins else "")
    return [_note(names, rest) for rest, names in names_of.items()]


def _note(names: Sequence[str], rest: str) -> str:
    if len(names) == 1 or not names[0]:
        return names[0] + rest
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more + (rest if rest.startswith(":") else f": each{rest}")


def told(errors: Sequence[CdnError], total: int | None = None) -> str:
    """The message for several errors.

    :param total: how many targets there are, where each error is that of a target; else the errors alone are counted
    """
    # What concerns all targets alike, such as wrong credentials, is told once.
    messages = list(dict.fromkeys(error.message for error in errors))
    shown = messages[:SHOWN_FAILURES]
    if len(messages) > SHOWN_FAILURES:
        shown.append(f"and {len(messages) - SHOWN_FAILURES} more, see the result's rows.")
    counted = "calls" if total is None else f"of {total}"
    prefix = f"{len(errors)} {counted} failed. " if max(len(errors), total or 0) > 1 else ""
    return prefix + " ".join(shown)


def register_secret(module: AnsibleModule, secret: str) -> None:
    """Have a secret that is no option masked, by ansible-core up to 2.21 and from 2.22 on alike."""
    module.no_log_values.add(secret)
    try:
        from ansible.module_utils.secrets import register_secret as register
    except ImportError:
        return
    register(secret)


def _settings(module: AnsibleModule) -> _http.Settings:
    return settings_of(module.params, module.ansible_version, check_mode=module.check_mode)


def settings_of(params: Mapping[str, Any], ansible_version: str, *, check_mode: bool = False) -> _http.Settings:
    """The connection settings out of the shared options.

    :raises InputError: one of them cannot be used
    """
    positive(params, "timeout", "wait_timeout", "wait_interval", "concurrency", "rate_limit")
    not_negative(params, "retries")
    ca_path = params.get("ca_path")
    if ca_path is not None and not os.access(ca_path, os.R_OK):
        reason = "cannot be read" if os.path.exists(ca_path) else "does not exist"
        raise InputError(f"ca_path: '{ca_path}' {reason}; it must be a file or directory of CA certificates.")
    names = ("timeout", "retries", "validate_certs", "ca_path", "rate_limit", "concurrency")
    return _http.Settings(
        check_mode=check_mode,
        user_agent=f"certops.cdn ansible-core/{ansible_version}",
        **{name: params[name] for name in names if params.get(name) is not None},
    )


def _waiting(params: Mapping[str, Any]) -> Waiting | None:
    """How long to wait; None where the options say not to, or where there is nothing to wait for."""
    wanted = params["wait"] if "wait" in params else params.get("wait_for", "none") != "none"
    return Waiting(params["wait_timeout"], params["wait_interval"]) if wanted else None
