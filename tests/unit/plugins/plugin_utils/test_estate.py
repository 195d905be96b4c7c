# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils import _http
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.plugin_utils._estate import PROVIDERS, RESERVED, Reading, hosts, read


def domain(domain_id: str, name: str, **more: Any) -> dict[str, Any]:
    return {"domain_id": domain_id, "domain_name": name, "error": None, **more}


def names(rows: Mapping[str, list[dict[str, Any]]], by_name: bool = True) -> list[str]:
    return [host.name for host in hosts(rows, by_name=by_name, prefix="cdn_")]


# ---- Names and variables ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], []),
        ([("d1", "www.example.com"), ("d2", "a-b.example.com")], ["www.example.com", "a-b.example.com"]),
        ([("d1", "*.example.com")], ["_wildcard.example.com"]),
        ([("d1", "a.example.com"), ("d2", "b.example.com"), ("d3", "a.example.com")],
         ["a.example.com_d1", "b.example.com", "a.example.com_d3"]),
        ([("d1", "*.example.com"), ("d2", "_wildcard.example.com")],
         ["_wildcard.example.com_d1", "_wildcard.example.com_d2"]),
        ([("d1", "all"), ("d2", "localhost"), ("d3", "zenlayer")], ["all_d1", "localhost_d2", "zenlayer_d3"]),
        ([("d1", "a:b,c!d&e~f[1:3]@g h/i")], ["a_b_c_d_e_f_1_3__g_h_i"]),
        ([("d:1", "a.example.com"), ("d,2", "a.example.com")], ["a.example.com_d_1", "a.example.com_d_2"]),
        ([("d1", "  ex.example.com "), ("d2", "übung.example.com")], ["ex.example.com", "übung.example.com"]),
        ([("d3", "\r ")], ["d3"]),
    ],
)  # fmt: skip
def test_names_of_hosts(found: list[tuple[str, str]], expected: list[str]) -> None:
    assert names({"zenlayer": [domain(key, name) for key, name in found]}) == expected


def test_hosts_of_several_providers_do_not_melt_into_one() -> None:
    rows = {
        "zenlayer": [domain("d1", "www.example.com"), domain("d2", "new.example.com")],
        "tencent": [{"certificate_id": "t1", "domain": "www.example.com"}, {"certificate_id": "t2", "domain": None}],
        "vdms": [{"id": 7, "certificate_label": "shop prod"}, {"id": 8, "certificate_label": None}],
    }
    assert names(rows) == ["www.example.com_d1", "new.example.com", "www.example.com_t1", "t2", "shop_prod", "8"]
    assert names(rows, by_name=False) == ["d1", "d2", "t1", "t2", "7", "8"]


def test_one_id_at_two_providers() -> None:
    rows = {"zenlayer": [domain("7", "a.example.com")], "vdms": [{"id": 7, "certificate_label": "shop"}]}
    assert names(rows, by_name=False) == ["7_zenlayer", "7_vdms"]


def test_names_that_cannot_be_told_apart_are_refused() -> None:
    rows = [domain("d1", "a"), domain("d2", "a"), domain("d3", "a_d1")]
    with pytest.raises(InputError, match=r"hostname: several hosts would be called a_d1; choose the other way\."):
        names({"zenlayer": rows})
    assert names({"zenlayer": rows}, by_name=False) == ["d1", "d2", "d3"]


@given(st.lists(st.text(), max_size=6), st.booleans())
def test_names_are_different_and_mean_nothing_in_patterns(found: list[str], by_name: bool) -> None:
    rows = [domain(f"d-{number}", name) for number, name in enumerate(found)]
    try:
        told = names({"zenlayer": rows}, by_name)
    except InputError:
        return
    assert len(set(told)) == len(found)
    assert not set(told) & RESERVED
    assert all(re.fullmatch(r"[\w.-]+", name) for name in told)


def test_variables_are_the_row() -> None:
    (host,) = hosts(
        {"vdms": [{"id": 7, "certificate_label": "shop", "provider": "somebody else", "not-a-name": 1, "domains": []}]},
        by_name=True,
        prefix="edge_",
    )
    assert host.provider == "vdms"
    assert host.variables == {
        "edge_id": 7,
        "edge_certificate_label": "shop",
        "edge_domains": [],
        "edge_provider": "vdms",
    }


@pytest.mark.parametrize("prefix", ["", "1_", "a b", "ansible_", "ansible", "{{ x }}"])
def test_prefix_must_not_reach_the_variables_of_ansible(prefix: str) -> None:
    with pytest.raises(InputError, match=r"prefix: .* must be the beginning of a variable's name"):
        hosts({}, by_name=True, prefix=prefix)


# ---- Options ---------------------------------------------------------------------------------------------------------


def test_options_are_those_of_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENLAYER_ACCESS_KEY_ID", "from the environment")
    monkeypatch.setenv("ZENLAYER_ACCESS_KEY_SECRET", "also")
    params = PROVIDERS["zenlayer"].checked({"domain_name": "a.example.com,b.example.com", "expires_within": "30"})
    assert params["access_key_id"] == "from the environment"
    assert params["access_key_password"] == "also"
    assert params["domain_names"] == ["a.example.com", "b.example.com"]
    assert params["expires_within"] == 30
    assert params["unbound"] is None
    assert params["api_url"] == "https://console.zenlayer.com"


class Vaulted:
    """A value that was encrypted with Ansible Vault, as ansible-core has it up to 2.18."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "plain"


def test_vaulted_values_are_decrypted() -> None:
    assert PROVIDERS["tencent"].checked({"secret_key": Vaulted()})["secret_key"] == "plain"


@pytest.mark.parametrize(
    ("provider", "options", "message"),
    [
        (
            "zenlayer",
            {"domain_nams": ["x"], "rate_limit": 3},
            "domain_nams, rate_limit is no option; there are access_",
        ),
        ("zenlayer", {"domain_names": ["x"], "domain_ids": ["y"]}, "mutually exclusive: domain_ids|domain_names"),
        ("zenlayer", {"config_status": ["BROKEN"]}, "value of config_status must be one or more of: IN_PROGRESS"),
        ("vdms", {"certificate_ids": ["x"]}, "option 'certificate_ids' is of type"),
        ("tencent", {"resubmittable": "perhaps"}, "argument 'resubmittable'"),
    ],
)
def test_options_that_cannot_be_used(provider: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        PROVIDERS[provider].checked(options)
    assert message in refused.value.message


def test_messages_hold_no_secret() -> None:
    with pytest.raises(InputError) as refused:
        PROVIDERS["zenlayer"].checked({"api_token": "hunter2hunter2", "expires_within": "hunter2hunter2"})
    assert "expires_within" in refused.value.message
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_page_documents_the_options_that_there_are(name: str) -> None:
    package = "ansible_collections.certops.cdn.plugins.doc_fragments"
    fragment = importlib.import_module(f"{package}.{name}").ModuleDocFragment.PLUGIN
    documented = yaml.safe_load(fragment)["options"][name]["suboptions"]
    spec = PROVIDERS[name].argument_spec
    assert set(documented) == set(spec)
    for option, entry in documented.items():
        for part in ("type", "elements", "choices", "aliases", "default"):
            assert entry.get(part) == spec[option].get(part), f"{option}: {part}"
        variables = spec[option].get("fallback", (None, []))[1]
        assert all(f"E({variable})" in str(entry["description"]) for variable in variables)
    references = set(re.findall(r"\bO\(([^)=]*)", str(documented)))
    assert references <= {f"{name}.{option}" for option in spec}


# ---- Reading ---------------------------------------------------------------------------------------------------------

SHARED = {
    "validate_certs": True, "ca_path": None, "timeout": 30.0, "retries": 5, "concurrency": 8, "rate_limit": 10
}  # fmt: skip
LOST = ApiError("Acme List failed.")


class Query:
    """Answers what the test says."""

    def __init__(self, rows: list[dict[str, Any]], *errors: CdnError, missing: Any = (), raised: Any = None) -> None:
        self.result = {"domains": rows, "not_found": list(missing)}
        self.errors = list(errors)
        self.raised = raised
        self.made_of: tuple[Mapping[str, Any], Settings, Redactor] | None = None

    def __call__(self, *made_of: Any) -> Query:
        self.made_of = made_of
        return self

    def run(self) -> tuple[dict[str, Any], list[CdnError]]:
        if self.raised:
            raise self.raised
        return self.result, self.errors


def reading_of(query: Query, **shared: Any) -> Reading:
    acme = replace(PROVIDERS["zenlayer"], query=query)
    return read(acme, acme.checked({"api_token": "hunter2hunter2"}), {**SHARED, **shared}, "2.16.0")


def test_reading_passes_options_on() -> None:
    query = Query([domain("d1", "a")])
    assert reading_of(query, rate_limit=7, concurrency=3) == Reading([domain("d1", "a")])
    assert query.made_of is not None
    params, settings, redact = query.made_of
    assert params["api_token"] == "hunter2hunter2"
    assert (settings.rate_limit, settings.concurrency, settings.check_mode) == (7, 3, False)
    assert settings.user_agent == "certops.cdn ansible-core/2.16.0"
    assert redact("hunter2hunter2") == "********"


def test_what_is_not_found_is_told() -> None:
    query = Query([], missing=["x.example.com", 7])
    assert reading_of(query) == Reading([], ("nothing there for x.example.com, 7",))


def test_a_row_that_could_not_be_read_is_a_warning() -> None:
    rows = [domain("d1", "a"), domain("d2", "b", error=LOST.as_result())]
    assert reading_of(Query(rows, LOST)) == Reading(rows, ("Acme List failed.",), complete=False)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query([domain("d1", "a")], LOST), "Acme List failed."),
        (Query([], LOST, ApiError("Page 2 failed.")), "2 calls failed. Acme List failed. Page 2 failed."),
        (Query([domain("d1", "a"), domain("d2", "b", error={})], LOST), "Acme List failed."),
        (Query([domain("d1", "a", error={"code": "x"})], LOST), "Acme List failed."),
        (Query([], raised=LOST), "Acme List failed."),
    ],
)
def test_an_estate_in_part_is_none(query: Query, message: str) -> None:
    with pytest.raises(CdnError) as failed:
        reading_of(query)
    assert failed.value.message == message


def test_a_defect_is_told_without_what_it_says() -> None:
    with pytest.raises(CdnError, match=r"unexpected KeyError .* this is a defect of certops\.cdn") as broken:
        reading_of(Query([], raised=KeyError("hunter2")))
    assert "hunter2" not in broken.value.message
    assert broken.value.__suppress_context__


def test_shared_options_that_cannot_be_used() -> None:
    with pytest.raises(InputError, match=r"timeout: -1\.0 was given, but it must be greater than 0"):
        reading_of(Query([]), timeout=-1.0)


def test_without_requests_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "not here")
    with pytest.raises(CdnError, match=r"Failed to import the required Python library \(requests\)"):
        reading_of(Query([]))
