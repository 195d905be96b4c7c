# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""What there is at the providers, as hosts: read by the queries of the info modules, named and described here.

Only :func:`read` does I/O.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.certops.cdn.plugins.module_utils import (
    _http,
    _tencent,
    _tencent_cert_info,
    _vdms,
    _vdms_cert_request_info,
    _zenlayer,
    _zenlayer_domain_cert_info,
)
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._module import (
    QueryFactory,
    redactor_of,
    settings_of,
    told,
)
from ansible_collections.certops.cdn.plugins.module_utils._parallel import defect
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor


@dataclass(frozen=True)
class Provider:
    """Where the hosts of a provider come from.

    :ivar exclusive: options of which only one can be given
    :ivar rows: the key of the result that holds them
    :ivar identity: the key of a row that holds its id
    :ivar name: the key of a row that holds what people call it
    """

    query: QueryFactory
    argument_spec: Mapping[str, Any]
    exclusive: Sequence[Sequence[str]]
    rows: str
    identity: str
    name: str

    @property
    def options(self) -> set[str]:
        """The names of its options, aliases among them."""
        return {name for key, spec in self.argument_spec.items() for name in (key, *spec.get("aliases", ()))}

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as a module would have them: typed, and with what the environment says.

        :raises InputError: one of them cannot be used
        """
        unknown = sorted(str(name) for name in options if name not in self.options)
        if unknown:
            raise InputError(f"{', '.join(unknown)} is no option; there are {', '.join(sorted(self.argument_spec))}.")
        # Vaulted values are no strings before ansible-core 2.19.
        texts = {key: str(value) if hasattr(value, "__ENCRYPTED__") else value for key, value in options.items()}
        validator = ArgumentSpecValidator(dict(self.argument_spec), mutually_exclusive=self.exclusive)
        result = validator.validate(texts)
        params: dict[str, Any] = result.validated_parameters
        if result.error_messages:
            secrets = [
                str(params[name])
                for name, spec in self.argument_spec.items()
                if spec.get("no_log") and params.get(name)
            ]
            raise InputError(Redactor(*secrets)(". ".join(result.error_messages)))
        return params


PROVIDERS: Mapping[str, Provider] = {
    "zenlayer": Provider(
        _zenlayer_domain_cert_info.DomainQuery,
        {**_zenlayer_domain_cert_info.FILTERS, **_zenlayer.OPTIONS},
        _zenlayer_domain_cert_info.EXCLUSIVE,
        rows="domains",
        identity="domain_id",
        name="domain_name",
    ),
    "tencent": Provider(
        _tencent_cert_info.CertificateQuery,
        {**_tencent_cert_info.FILTERS, **_tencent.OPTIONS},
        (),
        rows="certificates",
        identity="certificate_id",
        name="domain",
    ),
    "vdms": Provider(
        _vdms_cert_request_info.RequestQuery,
        {**_vdms_cert_request_info.FILTERS, **_vdms.DCV_OPTIONS, **_vdms.OPTIONS},
        _vdms_cert_request_info.EXCLUSIVE,
        rows="certificate_requests",
        identity="id",
        name="certificate_label",
    ),
}

RESERVED = frozenset({"all", "ungrouped", "localhost", "127.0.0.1", *PROVIDERS})
"""What Ansible, or this plugin, means something else by."""

_PREFIX = re.compile(r"(?!ansible)[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Reading:
    """What was read from a provider.

    :ivar complete: there is a host for everything; without that, ``warnings`` say what is unknown of some hosts
    """

    rows: Sequence[Mapping[str, Any]]
    warnings: Sequence[str] = ()
    complete: bool = True


def read(provider: Provider, params: Mapping[str, Any], shared: Mapping[str, Any], ansible_version: str) -> Reading:
    """List what there is at a provider.

    :param params: what :meth:`Provider.checked` returns
    :param shared: the options of connections and batches
    :raises CdnError: it could not be listed, or only in part, or nothing is known of anything that was listed
    """
    if _http.REQUESTS_IMPORT_ERROR is not None:
        raise CdnError(missing_required_lib("requests"))
    try:
        settings = settings_of(shared, ansible_version)
        result, errors = provider.query(params, settings, redactor_of(provider.argument_spec, params)).run()
    except CdnError:
        raise
    except Exception as exc:  # noqa: BLE001 - a defect must not end in a traceback that may hold secrets
        raise defect(exc) from None
    rows = result[provider.rows]
    unread = [row for row in rows if row.get("error")]
    # An error without a row of its own means that hosts are missing. That must not pass for a smaller estate.
    if len(errors) > len(unread) or (unread and len(unread) == len(rows)):
        raise CdnError(told(errors))
    missing = [f"nothing there for {', '.join(map(str, result['not_found']))}"] if result["not_found"] else []
    unknown = [told(errors)] if errors else []
    return Reading(rows, (*missing, *unknown), complete=not errors)


@dataclass(frozen=True)
class Host:
    """A host of the inventory."""

    provider: str
    name: str
    variables: Mapping[str, Any]


def hosts(rows: Mapping[str, Sequence[Mapping[str, Any]]], *, by_name: bool, prefix: str) -> list[Host]:
    """The hosts for the rows of each provider. A name that several would have gets the id added, for all of them.

    :param by_name: called by the name that people use, and not by the id
    :param prefix: begins the names of all variables
    :raises InputError: prefix cannot be used, or names cannot be told apart
    """
    if not _PREFIX.fullmatch(prefix):
        raise InputError(
            f"prefix: '{prefix}' was given, but it must be the beginning of a variable's name, and not 'ansible'."
        )
    found = [(provider, row) for provider, listed in rows.items() for row in listed]
    plain = [_host_name(PROVIDERS[provider], row, by_name) for provider, row in found]
    count = Counter(plain)
    names = []
    for name, (provider, row) in zip(plain, found):
        further = row[PROVIDERS[provider].identity] if by_name else provider
        names.append(_safe(f"{name}_{further}") if count[name] > 1 or name in RESERVED else name)
    shared = [name for name, times in Counter(names).items() if times > 1]
    if shared:
        raise InputError(f"hostname: several hosts would be called {', '.join(shared)}; choose the other way.")
    return [Host(provider, name, _variables(provider, row, prefix)) for name, (provider, row) in zip(names, found)]


def _host_name(provider: Provider, row: Mapping[str, Any], by_name: bool) -> str:
    name = str(row[provider.name] or "").strip() if by_name else ""
    return _safe(name or str(row[provider.identity]))


def _safe(name: str) -> str:
    """A name without what has a meaning in host patterns; "_wildcard" is a usual way to write the asterisk."""
    return re.sub(r"[^\w.-]", "_", re.sub(r"\A\*(?=\.)", "_wildcard", name))


def _variables(provider: str, row: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    named = {f"{prefix}{key}": value for key, value in row.items() if key.isidentifier()}
    return {**named, f"{prefix}provider": provider}
