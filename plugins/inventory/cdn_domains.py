# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cdn_domains
short_description: CDN domains and their certificates as hosts
version_added: 0.1.0
author:
  - certops.cdn contributors (@certops)
description:
  - Lists the accelerated domains of Zenlayer CDN as hosts, with the certificate of each as variables. Certificates of
    Tencent Cloud SSL and certificate requests of VDMS CPS are listed on request.
  - So C(--limit), C(forks), C(serial) and the job slices of AWX spread a large estate over many processes and machines.
  - The variables of a host are the row that the provider's info module returns for it. Their names begin with
    O(prefix). V(cdn_provider) tells the provider.
  - The hosts of each provider are in a group that is named after it, C(zenlayer), C(tencent) or C(vdms). It exists
    without hosts, too.
  - The file has to be named C(cdn_domains.yml) or C(cdn_domains.yaml), or something that ends so.
extends_documentation_fragment:
  - certops.cdn.zenlayer.plugin
  - certops.cdn.tencent.plugin
  - certops.cdn.vdms.plugin
  - certops.cdn.connection
  - certops.cdn.batch
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices:
      - certops.cdn.cdn_domains
  providers:
    description: The providers to ask. Each has its own options, under its name.
    type: list
    elements: str
    choices:
      - zenlayer
      - tencent
      - vdms
    default:
      - zenlayer
  hostname:
    description:
      - What the hosts are called.
      - V(name) is the name of a Zenlayer domain, the domain of a Tencent certificate, or the label of a VDMS request.
        Where several would have the same name, all of them get their id added, as in C(www.example.com_dom-0001).
      - V(id) is the provider's id, which stays the same whatever else there is.
      - Characters that mean something in host patterns become C(_). So C(*.example.com) is
        C(_wildcard.example.com).
    type: str
    choices:
      - name
      - id
    default: name
  prefix:
    description: The beginning of the names of all variables.
    type: str
    default: cdn_
  run_locally:
    description:
      - Whether tasks for these hosts run on the controller. Nobody can log in to a domain, and the modules only call
        the provider's API.
      - Sets C(ansible_connection) to V(local) and C(ansible_python_interpreter) to the Python that runs Ansible, for
        the groups of the providers.
    type: bool
    default: true
notes:
  - Templates are allowed in the options of a provider, also with lookups. Values can be encrypted with Ansible Vault.
  - O(rate_limit) and O(concurrency) count for each provider. Zenlayer's API needs one call for each domain, so a
    thousand domains take 100 seconds with the default O(rate_limit). O(cache) saves the next run the calls.
  - Cached are the rows, and neither credentials nor anything else that is secret. V(cdn_days_left) is as old as
    the cache. Other options than before make another entry in the cache.
  - Where the certificate of some domains cannot be read, there is a warning, their V(cdn_error) says why, and nothing
    is cached. Where hosts would be missing, or nothing at all can be read, there is no inventory but an error. With
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) it ends the run.
seealso:
  - module: certops.cdn.zenlayer_domain_cert
  - module: certops.cdn.zenlayer_domain_cert_info
  - module: certops.cdn.tencent_cert_info
  - module: certops.cdn.vdms_cert_request_info
"""

EXAMPLES = r"""# fmt: code
# cdn_domains.yml: all domains of Zenlayer CDN, with the credentials from the environment
plugin: certops.cdn.cdn_domains

---
# shop.cdn_domains.yml: some of them, grouped by what is to be done
plugin: certops.cdn.cdn_domains
zenlayer:
  access_key_id: "{{ lookup('ansible.builtin.env', 'ZENLAYERCLOUD_ACCESS_KEY_ID') }}"
  access_key_password: "{{ lookup('ansible.builtin.env', 'ZENLAYERCLOUD_ACCESS_KEY_PASSWORD') }}"
  domain_names:
    - "*.example.com"
rate_limit: 50
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache/inventory
strict: true
compose:
  certificate_ends: cdn_certificate.not_after if cdn_certificate else none
groups:
  expiring: cdn_certificate is not none and cdn_certificate.days_left <= 30
  unreadable: cdn_error is not none
keyed_groups:
  - key: cdn_certificate.certificate_label if cdn_certificate else ''
    prefix: certificate
    default_value: none

---
# all.cdn_domains.yml: what all three providers have
plugin: certops.cdn.cdn_domains
providers:
  - zenlayer
  - tencent
  - vdms
tencent:
  statuses:
    - rejected
    - cancelled
vdms:
  expires_within: 30
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import release
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.plugin_utils._estate import PROVIDERS, hosts, read
from ansible_collections.certops.cdn.plugins.plugin_utils._untrusted import as_template, untrusted

HARMLESS = re.compile(r"[\w .,:;/*@+&='-]*")
"""Texts that do nothing, whether as a template or as the expression of a conditional."""


def as_told(value: Any) -> Any:
    """What a provider tells is data and never evaluated.

    It is marked as such only where that makes a difference, because exports of the inventory show the mark.
    """
    if isinstance(value, Mapping):
        return {key: as_told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_told(item) for item in value]
    if isinstance(value, str):
        return as_template(value) if HARMLESS.fullmatch(value) else untrusted(value)
    return value


ENDINGS = ("cdn_domains.yml", "cdn_domains.yaml")
"""How the names of files end that are read."""

OURS = re.compile(r"""^plugin: *["']?certops\.cdn\.cdn_domains(?!\w)""", re.MULTILINE)
"""Names this plugin, in a file of any name."""

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
"""Variables that make tasks run on the controller, with the Python that runs Ansible."""

SHARED = ("validate_certs", "ca_path", "timeout", "retries", "concurrency", "rate_limit")
"""The options that count for all providers."""

Rows = dict[str, Sequence[Mapping[str, Any]]]


def _place(option: str) -> str:
    """Where an option of providers belongs, as the end of a sentence; "" where none has it."""
    names = [name for name, provider in PROVIDERS.items() if option in provider.options]
    return f"; it belongs below {' or '.join(names)}" if names else ""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "certops.cdn.cdn_domains"

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path):
            return False
        if path.endswith(ENDINGS):
            return True
        if path.endswith((".yml", ".yaml")) and OURS.search(Path(path).read_text(encoding="utf-8", errors="replace")):
            self.display.warning(f"{path} is not read by {self.NAME}: its name must end in {' or '.join(ENDINGS)}.")
        return False

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        unknown = sorted(str(name) for name in config if name not in self._options)
        if unknown:
            raise AnsibleParserError(" ".join(f"{name} is no option of {self.NAME}{_place(name)}." for name in unknown))
        try:
            self._populate(self._rows(path, cache))
        except CdnError as error:
            raise AnsibleParserError(error.message) from None

    def _rows(self, path: str, may_use_cache: bool) -> Rows:
        """What there is at each provider, from the cache if that is wanted and possible."""
        params = {name: self._params(name) for name in self._providers()}
        if not self.get_option("cache"):
            return self._read(params)[0]
        key = self._key(path, params)
        if may_use_cache:
            try:
                cached: Rows = self._cache[key]
            except KeyError:
                pass
            else:
                return cached
        rows, complete = self._read(params)
        if complete:
            self._cache[key] = rows
        return rows

    def _providers(self) -> list[str]:
        """
        :raises InputError: they are not named sensibly
        """
        names: list[str] = self.get_option("providers")
        if not names:
            raise InputError("providers is an empty list; name at least one.")
        idle = [name for name in PROVIDERS if name not in names and self.get_option(name)]
        if idle:
            raise InputError(f"{', '.join(idle)}: there are options for it, but it is not one of the providers.")
        return list(dict.fromkeys(names))

    def _params(self, provider: str) -> dict[str, Any]:
        """The options of a provider, with templates resolved."""
        self.templar.available_variables = self._vars
        try:
            return PROVIDERS[provider].checked(self.templar.template(self.get_option(provider) or {}))
        except InputError as error:
            raise InputError(f"{provider}: {error.message}") from None
        except AnsibleError as error:
            raise AnsibleParserError(f"{provider}: {error}") from error

    def _read(self, params: Mapping[str, Mapping[str, Any]]) -> tuple[Rows, bool]:
        """What there is at each provider, and whether everything of it could be read."""
        shared = {name: self.get_option(name) for name in SHARED}
        rows: Rows = {}
        complete = True
        for name, options in params.items():
            try:
                reading = read(PROVIDERS[name], options, shared, release.__version__)
            except CdnError as error:
                error.message = f"{name}: {error.message}"
                raise
            for warning in reading.warnings:
                self.display.warning(f"{name}: {warning}")
            rows[name] = reading.rows
            complete = complete and reading.complete
        return rows, complete

    def _key(self, path: str, params: Mapping[str, Mapping[str, Any]]) -> str:
        """Where the cache keeps the rows: they depend on the file, on whom it asks, and for what."""
        asked = {
            name: {key: value for key, value in options.items() if not PROVIDERS[name].argument_spec[key].get("no_log")}
            for name, options in params.items()
        }
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return f"{self.get_cache_key(path)}_{digest[:16]}"

    def _populate(self, rows: Rows) -> None:
        by_name = self.get_option("hostname") == "name"
        found = hosts(rows, by_name=by_name, prefix=self.get_option("prefix"))
        for provider in rows:
            self.inventory.add_group(provider)
            if self.get_option("run_locally"):
                for name, template in LOCAL.items():
                    self.inventory.set_variable(provider, name, as_template(template))
        strict = self.get_option("strict")
        for host in found:
            self.inventory.add_host(host.name, group=host.provider)
            for name, value in host.variables.items():
                self.inventory.set_variable(host.name, name, as_told(value))
            self._set_composite_vars(self.get_option("compose"), self._vars_of(host.name), host.name, strict)
            variables = self._vars_of(host.name)
            groups, keyed = self.get_option("groups"), self.get_option("keyed_groups")
            self._add_host_to_composed_groups(groups, variables, host.name, strict, fetch_hostvars=False)
            self._add_host_to_keyed_groups(keyed, variables, host.name, strict, fetch_hostvars=False)

    def _vars_of(self, name: str) -> dict[str, Any]:
        variables: dict[str, Any] = self.inventory.get_host(name).get_vars()
        return variables
