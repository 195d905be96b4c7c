# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: checks of options that the argument spec cannot express. Each failure is one sentence (DESIGN, rule 9)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.common.parameters import env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError


def env(*names: str, secret: bool = False, **spec: Any) -> dict[str, Any]:
    """The argument spec of a string option that falls back to environment variables.

    :param names: variables in the order in which they are looked at; empty ones count as not set
    """
    return {"type": "str", "no_log": secret, "fallback": (_nonempty_env, list(names)), **spec}


def _nonempty_env(*names: str) -> str:
    found = [name for name in names if os.environ.get(name, "").strip()]
    value: str = env_fallback(*found)
    return value


def env_pair(names: Sequence[str], partners: Sequence[str], secret: bool = False) -> dict[str, Any]:
    """As :func:`env`, for one half of a pair: both halves come from the same family of variables.

    :param partners: the variables of the other half, family by family in the same order as ``names``
    """
    return {"type": "str", "no_log": secret, "fallback": (partial(_env_of_a_pair, partners), list(names))}


def _env_of_a_pair(partners: Sequence[str], *names: str) -> str:
    def is_set(name: str) -> bool:
        return bool(os.environ.get(name, "").strip())

    families = list(zip(names, partners))
    complete = [own for own, partner in families if is_set(own) and is_set(partner)]
    # No family is complete: look at the first one that is begun, so that a half pair is told and not mixed.
    begun = [own for own, partner in families if is_set(own) or is_set(partner)]
    for own in (complete or begun)[:1]:
        if is_set(own):
            return os.environ[own]
    raise AnsibleFallbackNotFound


@dataclass(frozen=True)
class Credential:
    """An option that is a credential, and the environment variables that it falls back to."""

    option: str
    variables: tuple[str, ...]

    def value(self, params: Mapping[str, Any]) -> str:
        """What is given, without the blanks around it; "" for nothing."""
        return (params[self.option] or "").strip()

    def by_option(self, params: Mapping[str, Any]) -> bool:
        """Whether it is given, and not merely by the environment."""
        return bool(self.value(params)) and params[self.option] not in {os.environ.get(name) for name in self.variables}


def pair_of(
    params: Mapping[str, Any], identity: Credential, secret: Credential, provider: str
) -> tuple[str, str] | None:
    """The pair that the options or the environment give; None where neither half is given.

    :raises InputError: half a pair is given, or halves of two pairs
    """
    halves = [half for half in (identity, secret) if half.value(params)]
    if len(halves) == 1:
        (missing,) = {identity, secret} - set(halves)
        raise InputError(
            f"{halves[0].option} is given without {missing.option}: "
            f"set the option {missing.option} or the environment variable {missing.variables[0]}.",
            provider=provider,
        )
    for own, other in ((identity, secret), (secret, identity)):
        if halves and own.by_option(params) and not other.by_option(params):
            _refuse_other_pair(params, own, other, provider)
    return (identity.value(params), secret.value(params)) if halves else None


def _refuse_other_pair(params: Mapping[str, Any], own: Credential, other: Credential, provider: str) -> None:
    """
    :param own: the half that is given by an option
    :param other: the half that comes from the environment
    :raises InputError: the environment has the first half of that pair too, and it is another one
    """
    for variable, partner in zip(other.variables, own.variables):
        if os.environ.get(variable) == params[other.option] and os.environ.get(partner, "").strip():
            raise InputError(
                f"{own.option} is given as an option, but {other.option} comes from the environment variable "
                f"{variable}, which belongs to another {own.option} ({partner}): give both as options, or none.",
                provider=provider,
            )


def pair_or_token(
    params: Mapping[str, Any], identity: Credential, secret: Credential, token: Credential, provider: str
) -> tuple[str, str] | str:
    """The pair of identity and secret that the options or the environment give, or else the token.

    A kind that is given by options wins over one that merely lies in the environment.

    :raises InputError: none, half a pair, or both kinds are given
    """
    if token.value(params) and (identity.value(params) or secret.value(params)):
        pair_by_option = identity.by_option(params) or secret.by_option(params)
        if pair_by_option == token.by_option(params):
            raise InputError(
                "Both kinds of credentials are given: "
                f"use either {token.option} or {identity.option} with {secret.option}.",
                provider=provider,
            )
        if not pair_by_option:
            return token.value(params)
    pair = pair_of(params, identity, secret, provider)
    if pair or token.value(params):
        return pair or token.value(params)
    raise InputError(
        f"No credentials: set {identity.option} and {secret.option}, or {token.option}, as options or as environment "
        f"variables {identity.variables[0]} and {secret.variables[0]}, or {token.variables[0]}.",
        provider=provider,
    )


MAX_NUMBER = 10**9
"""What no time, count or rate in options reaches; the clocks of the system cannot handle any number."""


def positive(params: Mapping[str, Any], *names: str) -> None:
    """Refuse numbers that are not above zero; options that are absent from ``params`` or None are skipped."""
    _numbers(params, names, lambda value: value > 0, "must be greater than 0")


def not_negative(params: Mapping[str, Any], *names: str) -> None:
    """Refuse negative numbers."""
    _numbers(params, names, lambda value: value >= 0, "must not be negative")


def _numbers(
    params: Mapping[str, Any], names: Sequence[str], accept: Callable[[float], bool], requirement: str
) -> None:
    for name in names:
        value = params.get(name)
        # NaN compares false with everything, so it is refused too.
        if value is not None and not accept(value):
            raise InputError(f"{name}: {value} was given, but it {requirement}.")
        if value is not None and value >= MAX_NUMBER:
            raise InputError(f"{name}: {value} was given, but it must be less than {MAX_NUMBER}.")


def base_url(name: str, value: str | None) -> str:
    """A base URL such as ``https://api.example.com``: scheme and host, perhaps a port, and nothing else."""
    return _url(name, value, with_path=False)


def full_url(name: str, value: str | None) -> str:
    """A URL with a path, such as that of a token service."""
    return _url(name, value, with_path=True)


def _url(name: str, value: str | None, with_path: bool) -> str:
    example = "https://api.example.com" + ("/connect/token" if with_path else "")
    shown = f"{name}: '{value}'"
    try:
        parts = urlsplit((value or "").strip())
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise InputError(f"{shown} is not a URL; write it like {example}.") from None
    if "@" in parts.netloc:
        raise InputError(f"{name} must not contain a user name or password.")
    if parts.scheme not in ("http", "https"):
        raise InputError(f"{shown} has no scheme http:// or https://; write it like {example}.")
    if not parts.hostname or not port_is_valid or any(char.isspace() for char in parts.netloc):
        raise InputError(f"{shown} has no valid host; write it like {example}.")
    if parts.query or parts.fragment:
        raise InputError(f"{shown} must not have a query or fragment; write it like {example}.")
    if not with_path and parts.path == "/":
        raise InputError(f"{shown} must not end with a slash; write it like {example}.")
    if not with_path and parts.path:
        raise InputError(f"{shown} must not have a path ({parts.path}); write it like {example}.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"


def one_given(params: Mapping[str, Any], *names: str) -> None:
    """Refuse that all of these are null: for AnsibleModule an option that is given as null is given.

    :raises InputError: all of them are None
    """
    if all(params[name] is None for name in names):
        listed = ", ".join(names[:-1]) + f" and {names[-1]}"
        raise InputError(f"{listed} are all empty (null); one of them must say what is meant.")


def unique(name: str, values: Sequence[str], normalise: Callable[[str], str] = str.strip) -> list[str]:
    """The trimmed values of a list option, in their order.

    :param normalise: what two values must differ in
    :raises InputError: the list is empty, a value is blank, or two are the same
    """
    if not values:
        raise InputError(f"{name} is an empty list; name at least one.")
    seen: dict[str, str] = {}
    for value in values:
        key = normalise(value)
        if not key:
            raise InputError(f"{name} contains a blank value.")
        if key in seen:
            raise InputError(f"{name} contains '{value.strip()}' more than once.")
        seen[key] = value.strip()
    return list(seen.values())


def not_blank(name: str, value: str) -> str:
    """The trimmed value of a string option.

    :raises InputError: nothing is left of it
    """
    if not value.strip():
        raise InputError(f"{name} is blank.")
    return value.strip()
