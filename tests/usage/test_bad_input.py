# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused in one clear sentence, before anything is written.

The cases are in bad_input/. The modules run in this process, as there are more than a hundred; that Ansible starts them
is tested by the integration targets, with a few cases of each.
"""

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from ansible_collections.certops.cdn.tests.unit import conftest as unit
from emulator.process import Running
from usage.test_ways_of_use import GROUPS

# fixtures
play = unit.play
silent_environment = unit.silent_environment

CASES = sorted((Path(__file__).parent / "bad_input").glob("*.yml.j2"))

# The provider that errors name. The edges belong to nobody before they are looked at.
PROVIDERS = {"zenlayer": "Zenlayer", "tencent": "Tencent Cloud", "vdms": "VDMS", "edge": ""}

# Options beside the credentials.
OPTIONS: dict[str, dict[str, Any]] = {
    "edge_cert_verify": {"host": ["www.example.com"]},
    "vdms_cert_request": {"certificate_label": "shop-prod"},
}

DOMAINS = {
    "zenlayer": {
        "access_keys": [{"id": "demo-access-key-id", "password": "demo-access-key-password"}],
        "api_tokens": [{"token": "demo-api-token"}],
        "certificates": [
            {"id": "cert-good", "label": "good", "names": ["*.example.com"]},
            {
                "id": "cert-expired", "label": "expired", "names": ["*.example.com"],
                "not_before_days": -99, "not_after_days": -9,
            },
            {"id": "cert-other", "label": "other", "names": ["www.example.org"]},
        ],
        "domains": [
            {"id": "dom-1", "name": "www.example.com", "certificate": "good"},
            {"id": "dom-2", "name": "deep.www.example.com"},
        ],
    },
}  # fmt: skip


def certificates(emulator: Running) -> dict[str, Any]:
    """What the cases of zenlayer_certificate are about."""

    def make(**wanted: Any) -> Any:
        return emulator.control("POST", "certificates", json={"names": ["www.example.com"], **wanted})

    good = make()
    leaf, issuer = re.findall(r"-----BEGIN[^-]+-----[^-]+-----END[^-]+-----", good["certificate"])
    return {
        "good": {"certificate": good["certificate"], "private_key": good["key"]},
        "good_sha256": good["sha256"],
        "other": make(),
        "expired": make(not_before_days=-90, not_after_days=-1),
        "future": make(not_before_days=1),
        "reversed_chain": f"{issuer}\n{leaf}",
    }


def cases_of(path: Path, **variables: Any) -> list[dict[str, Any]]:
    """The options and the words of the message of each case."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - it renders YAML
    environment.filters.update(combine=lambda one, other: {**one, **other}, to_json=json.dumps)
    rendered = environment.from_string(path.read_text(encoding="utf-8")).render(variables)
    cases: list[dict[str, Any]] = yaml.safe_load(rendered)
    return cases


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.partition(".")[0])
def test_bad_input_is_refused_in_a_clear_sentence_before_any_write(
    path: Path,
    play: Callable[..., dict[str, Any]],
    emulator: Running,
    tmp_path: Path,
) -> None:
    name = path.name.partition(".")[0]
    module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{name}")
    credentials = GROUPS.get(name.partition("_")[0], {})
    provider = PROVIDERS[name.partition("_")[0]]
    options = {**credentials, **OPTIONS.get(name, {})}
    if credentials:
        options["api_url"] = emulator.url
    if name.startswith("vdms_"):
        options["token_url"] = f"{emulator.url}/connect/token"
    if name == "zenlayer_domain_cert":
        emulator.reset(DOMAINS)
    (tmp_path / "no-ca.json").write_text("{}", encoding="utf-8")
    cases = cases_of(
        path,
        url=emulator.url,
        folder=tmp_path,
        **(certificates(emulator) if name == "zenlayer_certificate" else {}),
    )
    secrets = [*list(credentials.values())[1:], "PRIVATE KEY-----"]

    for case in cases:
        result = play(module.main, {**options, **case["options"]})

        assert result["failed"], case
        assert not result.get("changed"), case
        # What ansible-core refuses by the argument spec has no error.
        assert result.get("error", {}).get("provider", provider) == provider, (case, result["error"])
        assert re.search(case["says"], result["msg"]), (case, result["msg"])
        assert [secret for secret in secrets if secret in json.dumps(result)] == [], case
    assert emulator.writes() == []
