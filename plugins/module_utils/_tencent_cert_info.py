# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: what there is at Tencent Cloud SSL: certificates with their dates, and the filters for them.

Everything comes from DescribeCertificates, whose rows hold neither keys nor what applicants submitted. Of them, only
the fields named here are kept (api/tencent.md 3.3, 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError
from ansible_collections.certops.cdn.plugins.module_utils._filters import any_name_matches, expires_within, matches
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import normalise
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, not_negative, unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import chunks, each
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._shape import as_list, as_number, as_objects, as_text
from ansible_collections.certops.cdn.plugins.module_utils._tencent import (
    MAX_IDS,
    PROVIDER,
    RESUBMITTABLE,
    Certificate,
    Status,
    Tencent,
    status_filter,
)
from ansible_collections.certops.cdn.plugins.module_utils._times import (
    CHINA_STANDARD_TIME,
    days_left,
    iso_time,
    parse_time,
)

UPLOADED = "upload"
"""The word in ``From`` for certificates that were not bought through Tencent Cloud (api/tencent.md 3.2)."""

FILTERS: dict[str, Any] = {
    "certificate_ids": {"type": "list", "elements": "str", "aliases": ["certificate_id"]},
    "domains": {"type": "list", "elements": "str", "aliases": ["domain"]},
    "alias": {"type": "str"},
    "statuses": {
        "type": "list",
        "elements": "str",
        "choices": [status.label for status in Status],
        "aliases": ["status"],
    },
    "expires_within": {"type": "int"},
    "resubmittable": {"type": "bool"},
}
"""Argument spec of the options that choose certificates."""

_TYPES = {"SVR": "server", "CA": "client"}


@dataclass(frozen=True)
class Details:
    """A certificate with what a list tells of it."""

    certificate: Certificate
    alias: str
    sans: tuple[str, ...]
    origin: str
    not_after: datetime | None
    shown: Mapping[str, Any]
    """The keys of a row that are only passed on."""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Details:
        kind, auto_renew = as_text(data.get("CertificateType")), as_number(data.get("AutoRenewFlag"))
        return cls(
            certificate=Certificate.parse(data),
            alias=as_text(data.get("Alias")),
            sans=tuple(as_text(name) for name in as_list(data.get("SubjectAltName"))),
            origin=as_text(data.get("From")),
            not_after=_time(data.get("CertEndTime")),
            shown={
                "status_message": as_text(data.get("StatusMsg")) or None,
                "certificate_type": _TYPES.get(kind, kind) or None,
                "product_name": as_text(data.get("PackageTypeName")) or as_text(data.get("ProductZhName")) or None,
                "validation_method": as_text(data.get("VerifyType")) or None,
                "not_before": iso_time(_time(data.get("CertBeginTime"))),
                "created": iso_time(_time(data.get("InsertTime"))),
                "renewable": _flag(data.get("RenewAble")),
                "auto_renew": None if auto_renew is None else auto_renew == 1,
                "deployable": _flag(data.get("Deployable")),
                "project_id": as_text(data.get("ProjectId")) or None,
                "tags": {as_text(tag.get("TagKey")): as_text(tag.get("TagValue")) for tag in _tags(data)},
            },
        )

    @property
    def names(self) -> list[str]:
        """All names that it is for, each once."""
        return list(dict.fromkeys(name for name in (self.certificate.domain, *self.sans) if name))

    @property
    def resubmittable(self) -> bool:
        """Whether its review can be asked for again, by its status and because it was bought (api/tencent.md 3.1)."""
        return self.certificate.status in RESUBMITTABLE and self.origin != UPLOADED

    def days_left(self, now: datetime) -> int | None:
        return days_left(self.not_after, now)

    def as_result(self, now: datetime) -> dict[str, Any]:
        """The row. Where tencent_cert_resubmit has a key too, it has the same name and meaning there."""
        uploaded = self.origin == UPLOADED
        return {
            "certificate_id": self.certificate.certificate_id,
            "alias": self.alias or None,
            "domain": self.certificate.domain or None,
            "sans": list(self.sans),
            **self.certificate.status_as_result(),
            **self.shown,
            "resubmittable": self.resubmittable,
            "source": ("uploaded" if uploaded else "bought") if self.origin else None,
            "certificate_authority": None if uploaded else self.origin or None,
            "not_after": iso_time(self.not_after),
            "days_left": self.days_left(now),
        }


def _time(value: object) -> datetime | None:
    return parse_time(value, CHINA_STANDARD_TIME)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _tags(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return as_objects(data.get("Tags"))


@dataclass(frozen=True)
class Filters:
    """What is asked for; None means "all". A certificate has to pass all filters."""

    certificate_ids: Sequence[str] | None = None
    domains: Sequence[str] | None = None
    alias: str | None = None
    statuses: frozenset[Status] | None = None
    expires_within: int | None = None
    resubmittable: bool | None = None

    @classmethod
    def from_options(cls, params: Mapping[str, Any]) -> Filters:
        """
        :raises InputError: an option cannot be used
        """
        not_negative(params, "expires_within")
        ids, domains, alias, statuses = (params[name] for name in ("certificate_ids", "domains", "alias", "statuses"))
        return cls(
            certificate_ids=None if ids is None else unique("certificate_ids", ids),
            domains=None if domains is None else unique("domains", domains, normalise),
            alias=None if alias is None else not_blank("alias", alias),
            statuses=None if statuses is None else _statuses(unique("statuses", statuses)),
            expires_within=params["expires_within"],
            resubmittable=params["resubmittable"],
        )

    def wanted_statuses(self) -> frozenset[Status] | None:
        """The statuses that can pass, where that narrows anything."""
        if self.resubmittable:
            return frozenset(RESUBMITTABLE) & (self.statuses or frozenset(Status))
        return self.statuses

    def passes(self, details: Details, now: datetime) -> bool:
        return (
            (self.alias is None or matches(self.alias, details.alias))
            and (self.statuses is None or details.certificate.status in self.statuses)
            and (self.resubmittable is None or details.resubmittable is self.resubmittable)
            and any_name_matches(self.domains, details.names)
            and expires_within(self.expires_within, details.days_left(now))
        )


def _statuses(labels: Sequence[str]) -> frozenset[Status]:
    return frozenset(status for status in Status if status.label in labels)


class CertificateQuery:
    """The certificates of the account that pass the filters."""

    provider = PROVIDER

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._filters = Filters.from_options(params)
        self._concurrency = settings.concurrency
        self._api = Tencent.from_options(params, settings, redact)
        self._now = datetime.now(timezone.utc)

    def run(self) -> tuple[dict[str, Any], Sequence[CdnError]]:
        ids = self._filters.certificate_ids
        found, errors = self._all() if ids is None else self._by_id(ids)
        # The list can change while its pages are read.
        by_id = {details.certificate.certificate_id: details for details in found}
        keys = list(by_id) if ids is None else [key for key in ids if key in by_id]
        rows = [by_id[key].as_result(self._now) for key in keys if self._filters.passes(by_id[key], self._now)]
        missing = [] if errors else [key for key in ids or () if key not in by_id]
        return {"certificates": rows, "not_found": missing}, errors

    def _all(self) -> tuple[list[Details], list[CdnError]]:
        statuses = self._filters.wanted_statuses()
        if statuses is not None and not statuses:
            return [], []
        filters = {} if statuses is None else status_filter(statuses)
        return self._api.listed(filters, Details.parse, self._concurrency)

    def _by_id(self, ids: Sequence[str]) -> tuple[list[Details], list[CdnError]]:
        batches = {batch[0]: batch for batch in chunks(ids, MAX_IDS)}
        answers = each(
            lambda first: self._api.listed({"CertIds": batches[first]}, Details.parse),
            list(batches),
            self._concurrency,
        )
        found: list[Details] = []
        errors: list[CdnError] = []
        for answer in answers.values():
            if isinstance(answer, CdnError):
                errors.append(answer)
            else:
                found += answer[0]
                errors += answer[1]
        return found, errors
