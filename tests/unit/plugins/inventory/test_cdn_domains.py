# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader

from ansible_collections.certops.cdn.plugins.inventory import cdn_domains
from ansible_collections.certops.cdn.plugins.inventory.cdn_domains import InventoryModule, as_told
from ansible_collections.certops.cdn.plugins.module_utils import _zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError
from ansible_collections.certops.cdn.plugins.module_utils._module import BATCH_OPTIONS, HTTP_OPTIONS
from ansible_collections.certops.cdn.plugins.plugin_utils._untrusted import as_template
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import FakeClock
from ansible_collections.certops.cdn.tests.unit.plugins.zenlayer_account import Account, refusal

DEFAULTS: dict[str, Any] = {
    **{name: entry.get("default") for name, entry in yaml.safe_load(cdn_domains.DOCUMENTATION)["options"].items()},
    **{name: entry.get("default") for name, entry in {**HTTP_OPTIONS, **BATCH_OPTIONS}.items()},
    **dict.fromkeys(["zenlayer", "tencent", "vdms", "compose", "groups", "keyed_groups"]),
    **dict.fromkeys(["strict", "use_extra_vars", "cache"], False),
    "leading_separator": True,
}
"""What ansible-core makes of the page with its fragments, where the file says nothing."""

SECRET = "hunter2hunter2"


class Plugin(InventoryModule):
    """The plugin with the options of the test, and a cache that is a dictionary."""

    ansible_name = InventoryModule.NAME

    def __init__(self, config: dict[str, Any], cache: dict[str, Any]) -> None:
        super().__init__()
        self._config = config
        self._cache = cache
        self.warnings: list[str] = []
        self.display = self

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def _read_config_data(self, path: str) -> dict[str, Any]:
        self._options = {name: self._config.get(name, default) for name, default in DEFAULTS.items()}
        return self._config

    def get_option(self, option: str, hostvars: object = None) -> Any:
        return self._options[option]

    def get_cache_key(self, path: str) -> str:
        return f"key of {path}"


@pytest.fixture
def account(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Account:
    fake = Account(clock)
    fake.certificate("c-new", "*.example.com")
    fake.domain("d-www", "www.example.com", "c-new")
    fake.domain("d-shop", "shop.example.com", None, config_status="FAILED", resourceGroupId="rg-1")
    monkeypatch.setattr(_zenlayer, "JsonClient", lambda *_args: fake)
    return fake


class Parsed:
    """What came of a file."""

    def __init__(self, plugin: Plugin, cache: bool) -> None:
        self.warnings = plugin.warnings
        self.data = InventoryData()
        plugin.parse(self.data, DataLoader(), "cdn_domains.yml", cache=cache)

    def vars(self, host: str) -> dict[str, Any]:
        return dict(self.data.get_host(host).get_vars())

    @property
    def groups(self) -> dict[str, list[str]]:
        return {name: hosts for name, hosts in self.data.get_groups_dict().items() if name not in ("all", "ungrouped")}


Parse = Callable[..., Parsed]


@pytest.fixture
def parse(account: Account) -> Parse:
    """Parse a file with these options; secrets come from it unless it says otherwise."""

    def parsed(*, may_use_cache: bool = True, kept: dict[str, Any] | None = None, **config: Any) -> Parsed:
        config["zenlayer"] = {"api_token": SECRET, **config.get("zenlayer", {})}
        return Parsed(Plugin({"plugin": InventoryModule.NAME, **config}, {} if kept is None else kept), may_use_cache)

    return parsed


def test_domains_are_hosts_with_their_certificates(parse: Parse) -> None:
    parsed = parse()
    assert parsed.groups == {"zenlayer": ["www.example.com", "shop.example.com"]}
    www = parsed.vars("www.example.com")
    assert www["cdn_domain_id"] == "d-www"
    assert www["cdn_provider"] == "zenlayer"
    assert www["cdn_certificate"]["certificate_label"] == "label-c-new"
    assert www["cdn_certificate"]["days_left"] == 30
    assert www["cdn_error"] is None
    assert parsed.vars("shop.example.com")["cdn_certificate"] is None
    assert parsed.warnings == []


def test_tasks_run_on_the_controller_unless_told_otherwise(parse: Parse) -> None:
    group = parse().data.groups["zenlayer"].get_vars()
    assert group["ansible_connection"] == "local"
    assert group["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert parse(run_locally=False).data.groups["zenlayer"].get_vars() == {}


def test_filters_are_those_of_the_module(parse: Parse, account: Account) -> None:
    parsed = parse(zenlayer={"resource_group_id": "rg-1", "unbound": True})
    assert parsed.groups == {"zenlayer": ["shop.example.com"]}
    assert account.calls[0].body["resourceGroupId"] == "rg-1"


def test_no_domain_is_no_error(parse: Parse) -> None:
    parsed = parse(zenlayer={"domain_names": ["nowhere.example.com"]})
    assert parsed.groups == {"zenlayer": []}
    assert parsed.warnings == ["zenlayer: nothing there for nowhere.example.com"]


def test_hosts_have_ids_for_names_and_another_prefix(parse: Parse) -> None:
    parsed = parse(hostname="id", prefix="edge_")
    assert parsed.groups == {"zenlayer": ["d-www", "d-shop"]}
    assert parsed.vars("d-www")["edge_domain_name"] == "www.example.com"


def test_the_same_domain_twice_is_two_hosts(parse: Parse, account: Account) -> None:
    account.domain("d-again", "www.example.com")
    assert parse().groups == {"zenlayer": ["www.example.com_d-www", "shop.example.com", "www.example.com_d-again"]}


def test_variables_and_groups_are_constructed(parse: Parse) -> None:
    parsed = parse(
        strict=True,
        compose={"left": as_template("cdn_certificate.days_left if cdn_certificate else 0")},
        groups={"long lasting": as_template("left | int > 20"), "all new": as_template("false")},
        keyed_groups=[{"key": as_template("cdn_config_status"), "prefix": "rollout"}],
    )
    assert int(parsed.vars("www.example.com")["left"]) == 30  # a text before ansible-core 2.19
    assert parsed.groups == {
        "zenlayer": ["www.example.com", "shop.example.com"],
        "long_lasting": ["www.example.com"],
        "rollout_DEPLOYED": ["www.example.com"],
        "rollout_FAILED": ["shop.example.com"],
    }


def test_strict_refuses_what_cannot_be_evaluated(parse: Parse) -> None:
    broken = {"compose": {"left": as_template("cdn_certificate.days_left")}}
    assert "left" not in parse(**broken).vars("shop.example.com")
    with pytest.raises(Exception, match=r"Could not set left for host shop\.example\.com"):
        parse(strict=True, **broken)


def test_options_of_a_provider_may_be_templates(
    parse: Parse, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANTED", "shop.example.com")
    wanted = as_template("{{ lookup('env', 'WANTED') }}")
    assert parse(zenlayer={"domain_names": [wanted]}).groups == {"zenlayer": ["shop.example.com"]}
    with pytest.raises(AnsibleParserError, match=r"zenlayer: .*nowhere"):
        parse(zenlayer={"domain_names": [as_template("{{ nowhere }}")]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"domain_names": ["x"]}, "domain_names is no option of certops.cdn.cdn_domains; it belongs below zenlayer."),
        (
            {"statuses": ["x"], "zenlayr": {}},
            "statuses is no option of certops.cdn.cdn_domains; it belongs below tencent or vdms. zenlayr is no option",
        ),
        ({"providers": []}, "providers is an empty list; name at least one."),
        ({"tencent": {"alias": "x"}}, "tencent: there are options for it, but it is not one of the providers."),
        ({"zenlayer": {"hunter": 1}}, "zenlayer: hunter is no option; there are access_key_id, "),
        ({"zenlayer": {"domain_names": []}}, "zenlayer: domain_names is an empty list; name at least one."),
        ({"zenlayer": {"api_url": "ftp://x"}}, "zenlayer: api_url: 'ftp://x' has no scheme"),
        ({"zenlayer": {"access_key_id": "x"}}, "zenlayer: Both kinds of credentials are given"),
        ({"zenlayer": {"api_token": ""}}, "zenlayer: No credentials: set access_key_id and access_key_password, or "),
        ({"rate_limit": 0}, "zenlayer: rate_limit: 0 was given, but it must be greater than 0"),
        ({"prefix": "ansible_"}, "prefix: 'ansible_' was given"),
    ],
)
def test_options_that_cannot_be_used(parse: Parse, account: Account, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleParserError) as refused:
        parse(**options)
    assert message in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_failure_is_told_as_the_module_tells_it(parse: Parse, account: Account) -> None:
    account.faults["DescribeDomains", ""] = [ApiError("Zenlayer DescribeDomains failed.")]
    with pytest.raises(AnsibleParserError, match=r"zenlayer: Zenlayer DescribeDomains failed\.") as failed:
        parse()
    assert failed.value.__suppress_context__


def test_a_domain_that_cannot_be_read_is_a_host_and_a_warning(parse: Parse, account: Account) -> None:
    account.faults["DescribeDomainCertificate", "d-www"] = [refusal("DOMAIN_OPERATION_NO_PERMISSION")]
    kept: dict[str, Any] = {}
    parsed = parse(cache=True, kept=kept)
    assert parsed.vars("www.example.com")["cdn_error"]["code"] == "DOMAIN_OPERATION_NO_PERMISSION"
    assert parsed.vars("shop.example.com")["cdn_error"] is None
    assert len(parsed.warnings) == 1
    assert kept == {}


# ---- Cache -----------------------------------------------------------------------------------------------------------


def test_a_second_run_makes_no_calls(parse: Parse, account: Account) -> None:
    kept: dict[str, Any] = {}
    first = parse(cache=True, kept=kept)
    calls = len(account.calls)
    second = parse(cache=True, kept=kept)
    assert len(account.calls) == calls == 3
    assert second.groups == first.groups
    assert second.vars("www.example.com") == first.vars("www.example.com")
    assert SECRET not in str(kept)


def test_the_cache_can_be_refreshed(parse: Parse, account: Account) -> None:
    kept: dict[str, Any] = {}
    parse(cache=True, kept=kept)
    account.domain("d-new", "new.example.com")
    assert "new.example.com" in parse(cache=True, kept=kept, may_use_cache=False).groups["zenlayer"]
    calls = len(account.calls)
    assert "new.example.com" in parse(cache=True, kept=kept).groups["zenlayer"]
    assert len(account.calls) == calls


@pytest.mark.parametrize(
    ("options", "entries"),
    [
        ({"zenlayer": {"unbound": True}}, 2),
        ({"zenlayer": {"api_url": "https://elsewhere.example.com"}}, 2),
        ({"zenlayer": {"api_token": "another"}}, 1),
        ({"hostname": "id", "prefix": "x_"}, 1),
    ],
)
def test_what_is_asked_for_decides_on_the_entry(parse: Parse, options: dict[str, Any], entries: int) -> None:
    kept: dict[str, Any] = {}
    parse(cache=True, kept=kept)
    parse(cache=True, kept=kept, **options)
    assert len(kept) == entries


def test_without_cache_nothing_is_kept(parse: Parse) -> None:
    kept: dict[str, Any] = {}
    parse(kept=kept)
    assert kept == {}


# ---- Files and texts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("cdn_domains.yml", True),
        ("cdn_domains.yaml", True),
        ("shop.cdn_domains.yml", True),
        ("cdn_domains.json", False),
        ("hosts.yml", False),
    ],
)
def test_files_are_known_by_their_names(tmp_path: Path, name: str, ours: bool) -> None:
    (tmp_path / name).touch()
    assert InventoryModule().verify_file(str(tmp_path / name)) is ours
    assert not InventoryModule().verify_file(str(tmp_path / "missing" / "cdn_domains.yml"))


@pytest.mark.parametrize(
    ("name", "content", "warns"),
    [
        ("domains.yml", b"---\nplugin: certops.cdn.cdn_domains\n", True),
        ("domains.yaml", b"plugin: 'certops.cdn.cdn_domains'  # ours\n", True),
        ("domains.yml", b"plugin: certops.cdn.cdn_domains_of_others\n", False),
        ("domains.yml", b"all:\n  hosts:\n    \xff:\n", False),
        ("domains.ini", b"plugin: certops.cdn.cdn_domains\n", False),
        ("cdn_domains.yml", b"plugin: certops.cdn.cdn_domains\n", False),
    ],
)
def test_a_file_that_is_ours_but_for_its_name_is_told(tmp_path: Path, name: str, content: bytes, warns: bool) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    plugin = Plugin({}, {})

    assert plugin.verify_file(str(file)) is (name == "cdn_domains.yml")

    hint = f"{file} is not read by certops.cdn.cdn_domains: its name must end in cdn_domains.yml or cdn_domains.yaml."
    assert plugin.warnings == [hint] * warns


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("www.example.com", True),
        ("C=US, O=Let's Encrypt, CN=R3", True),
        ("2026-01-01T00:00:00Z", True),
        ("*.example.com", True),
        ("", True),
        ("{{ lookup('pipe', 'id') }}", False),
        ("{% x %}", False),
        ("lookup('pipe', 'id')", False),
        ("'id' | pipe", False),
        ("#jinja2: x", False),
        ("a\nb", False),
    ],
)
def test_what_a_provider_tells_is_never_evaluated(text: str, harmless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    marks: list[tuple[str, str]] = []
    monkeypatch.setattr(cdn_domains, "as_template", lambda value: marks.append(("template", value)) or value)
    monkeypatch.setattr(cdn_domains, "untrusted", lambda value: marks.append(("data", value)) or value)
    assert as_told({"rows": [{"label": text, "days": 3, "none": None}]}) == {
        "rows": [{"label": text, "days": 3, "none": None}]
    }
    assert marks == [("template" if harmless else "data", text)]
