# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: which domains there are at Zenlayer, and which certificates they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError
from ansible_collections.certops.cdn.plugins.module_utils._filters import any_matches, expires_within
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, normalise
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, not_negative, unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import Result
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import PROVIDER, Domain, Rollout, Zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_lists import Lists, names_or_patterns

STATUSES: Mapping[str, Rollout] = {rollout.name: rollout for rollout in Rollout}
"""The words of the option ``config_status``."""

FILTERS: dict[str, Any] = {
    "domain_ids": {"type": "list", "elements": "str", "aliases": ["domain_id"]},
    "domain_names": {"type": "list", "elements": "str", "aliases": ["domain_name"]},
    "covered_by": {"type": "list", "elements": "str"},
    "resource_group_id": {"type": "str"},
    "config_status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
    "certificate_id": {"type": "str"},
    "certificate_labels": {"type": "list", "elements": "str", "aliases": ["certificate_label"]},
    "unbound": {"type": "bool"},
    "expires_within": {"type": "int"},
}
"""Argument spec of the options that choose domains."""

EXCLUSIVE = (("domain_ids", "domain_names"),)
"""Options of which only one can be given."""


class DomainQuery:
    """The domains that pass all filters, with their certificates."""

    provider = PROVIDER

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._ids = None if params["domain_ids"] is None else unique("domain_ids", params["domain_ids"])
        self._names = None
        if params["domain_names"] is not None:
            self._names = names_or_patterns("domain_names", params["domain_names"])
        if params["covered_by"] is not None:
            unique("covered_by", params["covered_by"], normalise)
        self._labels = None
        if params["certificate_labels"] is not None:
            self._labels = unique("certificate_labels", params["certificate_labels"])
        for name in ("certificate_id", "resource_group_id"):
            if params[name] is not None:
                not_blank(name, params[name])
        not_negative(params, "expires_within")
        self._certificate_id = params["certificate_id"] and params["certificate_id"].strip()
        self._params = params
        group = params["resource_group_id"] and params["resource_group_id"].strip()
        self._lists = Lists(Zenlayer.from_options(params, settings, redact), group, settings.concurrency)
        self._now = datetime.now(timezone.utc)

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        """The rows, the ids and names that do not exist, and the errors of what could not be read.

        :raises CdnError: no domains could be listed
        """
        domains, not_found, errors = self._selected()
        wanted, names = self._params["config_status"], self._params["covered_by"]
        chosen = {
            key: domain
            for key, domain in domains.items()
            if (wanted is None or domain.rollout in map(STATUSES.get, wanted))
            and (names is None or covered(names, domain.name))
        }
        read = self._lists.with_certificates(chosen)
        rows = [self._row(chosen[key], result) for key, result in read.items() if self._passes(result)]
        errors += [result for result in read.values() if isinstance(result, CdnError)]
        return {"domains": rows, "not_found": not_found}, errors

    def _selected(self) -> tuple[dict[str, Domain], list[str], list[CdnError]]:
        """The domains that are named, or all; what is named but does not exist; and why some could not be read.

        :raises CdnError: none could be read
        """
        if self._ids is not None:
            read = self._lists.domains_by_id(self._ids)
            found = {key: result for key, result in read.items() if isinstance(result, Domain)}
            # One call is for many ids, which then have its error in common.
            errors = list({id(result): result for result in read.values() if isinstance(result, CdnError)}.values())
            if errors and not found:
                raise errors[0]
            return found, [key for key in self._ids if key not in read], errors
        if self._names is not None:
            by_name = self._lists.domains_by_name(self._names)
            found = {domain.domain_id: domain for domains in by_name.values() for domain in domains}
            return found, [name for name, domains in by_name.items() if not domains], []
        domains, unread = self._lists.listed_domains()
        return {domain.domain_id: domain for domain in domains}, [], unread

    def _passes(self, result: Result[Domain]) -> bool:
        """Whether it is told. What cannot be read is: nobody knows what it would be."""
        if isinstance(result, CdnError):
            return True
        params, certificate = self._params, result.certificate
        return (
            (params["unbound"] is None or (certificate is None) is params["unbound"])
            and self._certificate_id in (None, result.certificate_id)
            and (self._labels is None or (certificate is not None and any_matches(self._labels, certificate.label)))
            and expires_within(params["expires_within"], result.days_left(self._now))
        )

    def _row(self, domain: Domain, result: Result[Domain]) -> dict[str, Any]:
        read = result if isinstance(result, Domain) else domain
        return {
            **read.as_row(self._now),
            "certificate": read.certificate.as_result(self._now) if read.certificate else None,
            "error": result.as_result() if isinstance(result, CdnError) else None,
        }
