# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: what there is at VDMS CPS: certificate requests, and the filters for them.

Lists tell neither the status nor the organization of a request (api/vdms.md 3.1, 7.7): these are read for each one that
the other filters leave, several at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._filters import any_name_matches, expires_within, matches
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import normalise
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, not_negative, unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import each
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._vdms import Vdms, connect
from ansible_collections.certops.cdn.plugins.module_utils._vdms_model import (
    PROVIDER,
    Certificate,
    Request,
    Status,
    StatusReport,
    days_left_of,
    dns_zones,
    row,
    unread_fields,
)

STATUSES = tuple(status.value for status in Status if status.value)
"""The provider's words, and the choices of the option ``statuses``."""

FILTERS: dict[str, Any] = {
    "certificate_ids": {"type": "list", "elements": "int", "aliases": ["certificate_id"]},
    "certificate_label": {"type": "str"},
    "domains": {"type": "list", "elements": "str", "aliases": ["domain"]},
    "validation_types": {
        "type": "list",
        "elements": "str",
        "choices": ["DV", "OV", "EV"],
        "aliases": ["validation_type"],
    },
    "statuses": {"type": "list", "elements": "str", "choices": list(STATUSES), "aliases": ["status"]},
    "requires_attention": {"type": "bool"},
    "expires_within": {"type": "int"},
}
"""Argument spec of the options that choose requests."""

EXCLUSIVE = (("certificate_ids", "certificate_label"),)
"""Options of which only one can be given."""


@dataclass(frozen=True)
class Filters:
    """What is asked for; None means "all". A request has to pass all filters."""

    certificate_ids: Sequence[int] | None = None
    certificate_label: str | None = None
    domains: Sequence[str] | None = None
    validation_types: Sequence[str] | None = None
    expires_within: int | None = None
    statuses: frozenset[Status] | None = None
    requires_attention: bool | None = None

    @classmethod
    def from_options(cls, params: Mapping[str, Any]) -> Filters:
        """
        :raises InputError: an option cannot be used
        """
        not_negative(params, "expires_within")
        ids, label, domains, statuses, kinds = (
            params[name] for name in ("certificate_ids", "certificate_label", "domains", "statuses", "validation_types")
        )
        if ids is not None:
            unique("certificate_ids", [str(number) for number in ids])
            if min(ids) < 1:
                raise InputError(f"certificate_ids: {min(ids)} is not an id.", provider=PROVIDER)
        return cls(
            certificate_ids=ids,
            certificate_label=None if label is None else not_blank("certificate_label", label),
            domains=None if domains is None else unique("domains", domains, normalise),
            validation_types=None if kinds is None else unique("validation_types", kinds),
            expires_within=params["expires_within"],
            statuses=None if statuses is None else frozenset(map(Status.of, unique("statuses", statuses))),
            requires_attention=params["requires_attention"],
        )

    def pass_certificate(self, certificate: Certificate, now: datetime) -> bool:
        """The filters on what a list tells."""
        kind, label = certificate.validation_type.upper(), self.certificate_label
        return (
            (label is None or matches(label, certificate.certificate_label))
            and (self.validation_types is None or kind in self.validation_types)
            and any_name_matches(self.domains, [domain.name for domain in certificate.present_domains])
            and expires_within(self.expires_within, days_left_of(certificate.fields, now))
        )

    def pass_status(self, report: StatusReport) -> bool:
        """The filters on the status. Deleted requests are told only where they are asked for, be it by their ids."""
        if self.statuses is not None:
            wanted = report.status in self.statuses
        else:
            wanted = self.certificate_ids is not None or report.status is not Status.DELETED
        attention = report.requires_attention is True
        return wanted and (self.requires_attention is None or attention is self.requires_attention)


@dataclass(frozen=True)
class Found:
    """A request, so far as it was read.

    :ivar passes: it has passed all filters, or nobody can tell because of the error
    :ivar error: what of it could not be read
    """

    request: Request
    passes: bool = True
    error: CdnError | None = None


class RequestQuery:
    """The certificate requests of the account that pass the filters."""

    provider = PROVIDER

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._filters = Filters.from_options(params)
        self._zones = dns_zones(params["dns_zones"])
        self._concurrency = settings.concurrency
        self._api: Vdms = connect(params, settings, redact)
        self._now = datetime.now(timezone.utc)

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        ids, label = self._filters.certificate_ids, self._filters.certificate_label
        errors: list[CdnError] = []
        listed: dict[int, Certificate | None] = {}
        if ids is not None:
            listed = dict.fromkeys(ids)
        elif label is not None and "*" not in label:
            listed = dict.fromkeys(self._api.ids_labelled(label))
        else:
            certificates, errors = self._api.listed(Certificate.parse, concurrency=self._concurrency)
            # The list can change while its pages are read.
            listed = {one.certificate_id: one for one in certificates if self._filters.pass_certificate(one, self._now)}
        answers = each(lambda number: self._look(number, listed[number]), list(listed), self._concurrency)
        found = {
            number: Found(Request(listed[number]), error=answer) if isinstance(answer, CdnError) else answer
            for number, answer in answers.items()
        }
        passed = {number: one for number, one in found.items() if one is not None and one.passes}
        result = {
            "certificate_requests": [self._row(number, one) for number, one in passed.items()],
            "not_found": [number for number, one in found.items() if one is None and ids is not None],
        }
        return result, [*errors, *(one.error for one in passed.values() if one.error is not None)]

    def _look(self, number: int, listed: Certificate | None) -> Found | None:
        """What a request's row needs, so far as the filters leave it; None where there is no such request.

        :raises ApiError: nothing at all could be read
        """
        certificate = self._api.certificate(number) if listed is None else listed
        if certificate is None:
            return None
        request = Request(certificate)
        if not self._filters.pass_certificate(certificate, self._now):
            return Found(request, passes=False)
        try:
            report = self._api.status(number)
            if report is None:
                return None
            request = replace(request, report=report)
            if not self._filters.pass_status(report):
                return Found(request, passes=False)
            if certificate.organization_is_unknown:
                certificate = self._api.certificate(number) or certificate
                request = replace(request, certificate=certificate)
            if request.awaits_domains:
                request = replace(request, dcv=self._api.dcv(certificate))
        except CdnError as error:
            return Found(request, error=error)
        return Found(request)

    def _row(self, number: int, found: Found) -> dict[str, Any]:
        request = found.request
        told = request.certificate.fields if request.certificate else {}
        return {
            **row({**unread_fields(number), **told}, request.report, self._now),
            "dcv_records": request.dcv_records(self._zones),
            "error": found.error.as_result() if found.error else None,
        }
