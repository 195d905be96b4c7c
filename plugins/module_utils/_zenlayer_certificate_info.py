# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: which certificates are stored at Zenlayer, and which domains have them bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError
from ansible_collections.certops.cdn.plugins.module_utils._filters import any_matches, expires_within
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, not_negative, unique
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._times import days_left
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import PROVIDER, Certificate, Domain, Zenlayer
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_lists import Lists


class CertificateQuery:
    """The certificates that pass all filters."""

    provider = PROVIDER

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._ids = None if params["certificate_ids"] is None else unique("certificate_ids", params["certificate_ids"])
        self._labels = None if params["labels"] is None else unique("labels", params["labels"])
        for name in ("name", "resource_group_id"):
            if params[name] is not None:
                not_blank(name, params[name])
        not_negative(params, "expires_within")
        self._params = params
        api = Zenlayer.from_options(params, settings, redact)
        group = params["resource_group_id"] and params["resource_group_id"].strip()
        self._lists = Lists(api, group, settings.concurrency)
        # A domain of another group may have a certificate of this one (api/zenlayer.md 7.20).
        self._everywhere = Lists(api, None, settings.concurrency)
        self._now = datetime.now(timezone.utc)
        # Domains whose binding could not be read.
        self._unread: list[Domain] = []

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        """The rows, the ids that do not exist, and the errors of domains whose binding could not be read.

        :raises CdnError: the certificates or the domains could not be listed
        """
        stored = self._lists.certificates_by_id(self._ids) if self._ids else self._lists.certificates()
        found = [certificate for certificate in stored if self._passes(certificate)]
        users: dict[str, list[Domain]] | None = None
        errors: list[CdnError] = []
        if self._params["with_domains"] or self._params["unbound"] is not None:
            users, errors = self._users(found)
        rows = [
            {**certificate.as_result(self._now), "domains": self._domains(users, certificate)}
            for certificate in found
            if self._passes_unbound(certificate, users)
        ]
        known = {certificate.certificate_id for certificate in stored}
        return {"certificates": rows, "not_found": [key for key in self._ids or () if key not in known]}, errors

    def _passes(self, certificate: Certificate) -> bool:
        params = self._params
        return (
            (self._labels is None or any_matches(self._labels, certificate.label))
            and (params["name"] is None or covered(certificate.names, params["name"]))
            and (params["expired"] is None or certificate.expired(self._now) is params["expired"])
            and expires_within(params["expires_within"], days_left(certificate.not_after, self._now))
        )

    def _users(self, certificates: Sequence[Certificate]) -> tuple[dict[str, list[Domain]], list[CdnError]]:
        """The domains that have each certificate bound, by its id; and the errors of those that could not be read."""
        users: dict[str, list[Domain]] = {certificate.certificate_id: [] for certificate in certificates}
        if not certificates:
            return users, []
        domains = {domain.domain_id: domain for domain in self._everywhere.domains()}
        errors = []
        for key, result in self._everywhere.with_certificates(domains).items():
            if isinstance(result, CdnError):
                errors.append(result)
                self._unread.append(domains[key])
            elif result.certificate_id in users:
                users[result.certificate_id].append(result)
        return users, errors

    def _passes_unbound(self, certificate: Certificate, users: Mapping[str, Sequence[Domain]] | None) -> bool:
        """What may be bound to a domain that could not be read is neither known to be bound nor to be unbound."""
        unbound = self._params["unbound"]
        if unbound is None or users is None:
            return True
        if users[certificate.certificate_id]:
            return not unbound
        unknown = any(covered(certificate.names, domain.name) for domain in self._unread)
        return bool(unbound) and not unknown

    def _domains(
        self, users: Mapping[str, Sequence[Domain]] | None, certificate: Certificate
    ) -> list[dict[str, Any]] | None:
        if users is None:
            return None
        return [domain.as_row(self._now) for domain in users[certificate.certificate_id]]
