# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo scenario's account with canaries for credentials, and the tasks of all modules that use them."""

from __future__ import annotations

import uuid
from typing import Any

import yaml

from ansible_collections.certops.cdn.plugins.plugin_utils._estate import PROVIDERS
from edges.certificates import Identity, make
from emulator.scenario import FOLDER
from reliability.canaries import Canaries
from usage.test_ways_of_use import CERTIFICATE, PRIVATE_KEY, QUERIES, TASKS

# Others that run on this machine have other ones.
OWN = uuid.uuid4().hex[:8]

# As many characters as are allowed that one form or another writes in another way.
SECRETS = {
    "access_key_password": f"key+pass/word \"é&<%>'{OWN}45",
    "api_token": f"api.tok+en/{OWN}abcdef==",
    "secret_key": f"secret+key/\"&<%>'{OWN}45",
    "token": f"temporary.tok+en/{OWN}abcdef==",
    "client_secret": f"client+secret/ \"é&<%>'{OWN}45",
    "access_token": f"access.tok+en/{OWN}abcdef==",
}

# Every kind of credentials: the service, and the options.
CREDENTIALS: dict[str, tuple[str, dict[str, str]]] = {
    "access key": ("zenlayer", {"access_key_id": "id", "access_key_password": SECRETS["access_key_password"]}),
    "api token": ("zenlayer", {"api_token": SECRETS["api_token"]}),
    "secret key": ("tencent", {"secret_id": "lasting", "secret_key": SECRETS["secret_key"]}),
    "temporary": (
        "tencent",
        {"secret_id": "temporary", "secret_key": SECRETS["secret_key"], "token": SECRETS["token"]},
    ),
    "client": ("vdms", {"client_id": "id", "client_secret": SECRETS["client_secret"]}),
    "access token": ("vdms", {"access_token": SECRETS["access_token"]}),
}

MODULES = [*TASKS, *QUERIES]


def scenario() -> dict[str, Any]:
    """The demo scenario with these credentials."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / "demo.yml").read_text(encoding="utf-8"))
    content["zenlayer"]["access_keys"] = [{"id": "id", "password": SECRETS["access_key_password"]}]
    content["zenlayer"]["api_tokens"] = [{"token": SECRETS["api_token"]}]
    content["tencent"]["secrets"] = [
        {"id": "lasting", "key": SECRETS["secret_key"]},
        {"id": "temporary", "key": SECRETS["secret_key"], "token": SECRETS["token"]},
    ]
    content["vdms"]["clients"] = [{"id": "id", "secret": SECRETS["client_secret"]}]
    content["vdms"]["access_tokens"] = [{"token": SECRETS["access_token"]}]
    return content


def new_pair() -> Identity:
    """A certificate and a key, which is a canary too."""
    return make("*.example.com", "example.com", ends=397.5)


def canaries(pair: Identity) -> Canaries:
    """All of them."""
    return Canaries(public=pair.pem, private_key=pair.key_pem, **SECRETS)


def service_of(module: str) -> str:
    return module.partition("_")[0]


def credentials_of(service: str) -> list[str]:
    return [kind for kind, (of, _options) in CREDENTIALS.items() if of == service]


def options_of(module: str, pair: Identity | None = None) -> dict[str, Any]:
    """The options of a task, without credentials; with a pair, PEM texts stand in place of their templates."""
    options = dict(TASKS[module][1]) if module in TASKS else {}
    if module in ("zenlayer_domain_cert", "tencent_cert_resubmit"):
        options["wait"] = False
    if pair is not None:
        texts = {CERTIFICATE: pair.pem, PRIVATE_KEY: pair.key_pem}
        options = {
            name: texts.get(value, value) if isinstance(value, str) else value for name, value in options.items()
        }
    return options


def urls_of(service: str, url: str) -> dict[str, str]:
    """The options that lead to the emulator, or to what stands before it."""
    return {"api_url": url, **({"token_url": f"{url}/connect/token"} if service == "vdms" else {})}


def environment_of(service: str, options: dict[str, str]) -> dict[str, str]:
    """The variables of the environment that say what these options do."""
    spec = PROVIDERS[service].argument_spec
    return {spec[name]["fallback"][1][0]: value for name, value in options.items()}
