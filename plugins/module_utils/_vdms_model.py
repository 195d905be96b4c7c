# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: VDMS CPS without a call: what a certificate request is, what is wanted of it, and the decisions. All pure.

:mod:`_vdms` reads and writes. "api/vdms.md 4.2" names the section of the API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import is_pattern, normalise
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, unique
from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._shape import (
    as_key,
    as_list,
    as_number,
    as_object,
    as_objects,
    as_text,
)
from ansible_collections.certops.cdn.plugins.module_utils._times import days_left, parse_time
from ansible_collections.certops.cdn.plugins.module_utils._vdms_fields import FIELDS, told_fields

PROVIDER = "VDMS"

DEFAULT_AUTHORITY = "DigiCert"
"""The one documented value (api/vdms.md 2.1, C3)."""

NEEDED_TO_CREATE = ("certificate_label", "validation_type", "dcv_method", "domains")

IMMUTABLE = ("validation_type", "certificate_authority")
"""No call changes them (api/vdms.md 7.11)."""

PATCHED = ("certificate_label", "description", "auto_renew", "dcv_method", "domains")
"""The properties that PATCH carries, in this order.

``dcv_method`` is one of them, as it is a documented field of PATCH (api/vdms.md 2.1, C4). The call
``PUT .../dcv/certificates/{id}/method`` stands in the SDK alone, on no page of the documentation (2.2), and no known
client uses it. Which of the two the service honours after issue is unverified (4.2, note 4).
"""

# ---- Data (api/vdms.md 3) --------------------------------------------------------------------------------------------


class Status(Enum):
    """Where a request is on its way (api/vdms.md 4.1)."""

    PROCESSING = "Processing"
    DOMAIN_CONTROL_VALIDATION = "DomainControlValidation"
    OTHER_VALIDATION = "OtherValidation"
    DEPLOYMENT = "Deployment"
    ACTIVE = "Active"
    DELETED = "Deleted"
    UNKNOWN = ""
    """A word that this collection does not know: treated like Processing (api/vdms.md 4.2, note 3)."""

    @classmethod
    def of(cls, text: str) -> Status:
        """From the provider's word, in any letter case."""
        return next((status for status in cls if status.value.lower() == text.strip().lower()), cls.UNKNOWN)


ISSUED = frozenset({Status.DEPLOYMENT, Status.ACTIVE})
"""Only here domains and organization can be changed (api/vdms.md 4.2)."""

UNDER_WAY = frozenset({"awaitingreissue", "pendingreissue", "awaitingorgupdate", "pendingorgupdate"})
"""Order statuses, lower case, of a change of domains or organization that the CA has not completed."""

RENEWING = frozenset({"awaitingrenewal", "pendingrenewal"})
"""Order statuses, lower case, of a renewal that the CA has not completed."""

HOPELESS = frozenset({"rejected", "canceled", "revoked", "expired", "deleted", "reissuerejected", "renewalrejected"})
"""Order statuses, lower case, from which a request gets no further by itself."""

SETBACKS: Mapping[str, str] = {"renewalrejected": "renewal", "reissuerejected": "reissue"}
"""Those of them, and what was rejected, that an issued certificate outlives."""

PROVED = frozenset({"approved", "na"})
"""Validation statuses, lower case, of domains whose control needs no proof, or no more."""


@dataclass(frozen=True)
class StatusReport:
    """The answer of ``/status`` (api/vdms.md 3.5)."""

    text: str
    requires_attention: bool | None
    error_message: str
    order_status: str | None
    """None until an order exists at the CA."""
    validations: Mapping[str, str] = field(default_factory=dict)
    """How far the validation of each domain is, by its name."""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> StatusReport:
        order = as_object(data.get("order_validation") or {})
        attention = data.get("requires_attention")
        return cls(
            text=as_key(data.get("status")),
            requires_attention=attention if isinstance(attention, bool) else None,
            error_message=as_text(data.get("error_message")),
            order_status=as_text(order.get("status")) if order else None,
            validations={
                normalise(as_text(name)): as_text(item.get("status"))
                for item in as_objects(order.get("domain_validations"))
                for name in as_list(item.get("domain_names"))
            },
        )

    @property
    def status(self) -> Status:
        return Status.of(self.text)

    @property
    def order(self) -> str:
        """The order's status in lower case; "" without one."""
        return (self.order_status or "").lower()

    @property
    def awaits_domains(self) -> bool:
        """Whether the control of domains is to be proved. In Processing no token can be trusted yet (api/vdms.md 2.2).

        Which status is reported while a changed or renewed certificate is validated is unverified (4.1): its order and
        its domains tell it too.
        """
        if self.status is Status.DOMAIN_CONTROL_VALIDATION:
            return True
        pending = "pending" in map(str.lower, self.validations.values())
        return pending and self.status in ISSUED and self.order in UNDER_WAY | RENEWING

    def __str__(self) -> str:
        parts = [f"status {self.text}"]
        if self.order_status:
            parts.append(f"order status {self.order_status}")
        if self.error_message:
            parts.append(f"error: {self.error_message}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Domain:
    """A name of a request. ``name`` is in the form in which names are compared."""

    name: str
    is_common_name: bool = False
    domain_id: int | None = None
    status: str = ""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Domain:
        return cls(
            name=normalise(as_text(data.get("name"))),
            is_common_name=data.get("is_common_name") is True,
            domain_id=as_number(data.get("id")),
            status=as_text(data.get("status")),
        )

    @property
    def stays(self) -> bool:
        """Whether it is neither gone nor on its way out (api/vdms.md 7.4)."""
        return self.status.lower() not in ("delete", "pendingdelete")

    def as_body(self) -> dict[str, Any]:
        return {"name": self.name, "is_common_name": self.is_common_name}


@dataclass(frozen=True)
class Certificate:
    """A certificate request as ``/certificates/{id}`` shows it; its status is elsewhere (api/vdms.md 3.1)."""

    certificate_id: int
    certificate_label: str
    description: str
    auto_renew: bool | None
    certificate_authority: str
    validation_type: str
    dcv_method: str
    domains: tuple[Domain, ...]
    organization: Mapping[str, Any] | None
    fields: Mapping[str, Any]
    """All that the provider told."""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Certificate:
        certificate_id = as_number(data.get("id"))
        if certificate_id is None:
            raise ValueError("expected an id")
        auto_renew, organization = data.get("auto_renew"), data.get("organization")
        return cls(
            certificate_id=certificate_id,
            certificate_label=as_text(data.get("certificate_label")),
            description=as_text(data.get("description")),
            auto_renew=auto_renew if isinstance(auto_renew, bool) else None,
            certificate_authority=as_text(data.get("certificate_authority")),
            validation_type=as_text(data.get("validation_type")),
            dcv_method=as_text(data.get("dcv_method")),
            domains=tuple(Domain.parse(domain) for domain in as_objects(data.get("domains"))),
            organization=None if organization is None else as_object(organization),
            fields=data,
        )

    @property
    def present_domains(self) -> list[Domain]:
        return [domain for domain in self.domains if domain.stays]

    @property
    def organization_is_unknown(self) -> bool:
        """Whether it may have an organization that is not told here: lists leave it out (api/vdms.md 3.1)."""
        return "organization" not in self.fields and self.validation_type.upper() != "DV"

    @property
    def names_by_id(self) -> dict[int, str]:
        """The names of the domains that stay, by the ids that calls about single domains take."""
        return {domain.domain_id: domain.name for domain in self.present_domains if domain.domain_id}

    def with_fields(self, changed: Mapping[str, Any]) -> Certificate:
        """The certificate with some of its fields replaced."""
        return Certificate.parse({**self.fields, **changed})


@dataclass(frozen=True)
class Notification:
    """When which e-mails are sent (api/vdms.md 3.7). ``emails`` is None where they are left as they are."""

    notification_type: str
    enabled: bool
    emails: tuple[str, ...] | None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Notification:
        emails = tuple(as_text(email) for email in as_list(data.get("emails")))
        return cls(as_key(data.get("notification_type")), data.get("enabled") is True, emails)

    def as_body(self) -> dict[str, Any]:
        return {
            "notification_type": self.notification_type,
            "enabled": self.enabled,
            "emails": list(self.emails or ()),
        }

    def same_as(self, present: Notification) -> bool:
        same_emails = self.emails is None or set(map(str.lower, self.emails)) == set(
            map(str.lower, present.emails or ())
        )
        return self.enabled is present.enabled and same_emails


@dataclass(frozen=True)
class DcvRecord:
    """How the control of one domain can be proved (api/vdms.md 3.8)."""

    domain: str
    dcv_method: str
    token: str | None
    emails: tuple[str, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any], names: Mapping[int, str]) -> DcvRecord:
        """
        :param names: the domains' names by id
        """
        token = data.get("dcv_token")
        return cls(
            domain=names.get(as_number(data.get("domain_id")) or 0, ""),
            dcv_method=as_text(data.get("dcv_method")),
            token=None if token is None else as_text(as_object(token).get("token")) or None,
            emails=tuple(as_text(email) for email in as_list(data.get("emails"))),
        )

    @property
    def lacks_token(self) -> bool:
        """Whether it is a DNS record that cannot be told without its token, which may be null (api/vdms.md 3.8)."""
        return self.token is None and self.dcv_method.lower() in DNS_METHODS

    def as_result(self, validation_type: str, validations: Mapping[str, str], zones: Sequence[str]) -> dict[str, Any]:
        """The record to publish.

        :param validations: how far the validation of each domain is
        :param zones: the user's DNS zones, as :func:`dns_zones` tells them
        """
        kind, name_form, value_form = _form_of(self.dcv_method, validation_type)
        parts = {"host": self.domain[2:] if is_pattern(self.domain) else self.domain, "token": self.token or ""}
        name, value = (form.format(**parts) if _complete(form, parts) else None for form in (name_form, value_form))
        zone = zone_of(name, zones)
        return {
            "domain": self.domain,
            "type": kind,
            "name": name,
            "zone": zone,
            "relative_name": None if zone is None or name is None else name[: -len(zone)].rstrip(".") or "@",
            "value": value,
            "token": self.token,
            "emails": list(self.emails),
            "validation_status": validations.get(self.domain),
        }


DCV_FORMS = {
    ("dnstxttoken", "DV"): ("TXT", "{host}", "{token}"),
    ("dnstxttoken", "OV/EV"): ("TXT", "{host}", "{token}"),
    ("dnscnametoken", "DV"): ("CNAME", "_dnsauth.{host}", "{token}.dcv.digicert.com"),
    ("dnscnametoken", "OV/EV"): ("CNAME", "{token}.{host}", "dcv.digicert.com"),
}
"""Type, name and value of the records that prove the control of a domain.

CPS tells tokens. That the one for CNAME belongs in the name for OV and EV is documented; the rest is not in the parts
seen (api/vdms.md 3.8, 10.20). These are the forms that DigiCert, the certificate authority, documents for its own
customers. What is written here is the only place to change them.
"""

DNS_METHODS = frozenset(method for method, _level in DCV_FORMS)
"""The methods, lower case, that take a token."""


def _form_of(dcv_method: str, validation_type: str) -> tuple[str, str, str]:
    level = "DV" if validation_type.upper() == "DV" else "OV/EV"
    return DCV_FORMS.get((dcv_method.lower(), level), (dcv_method, "", ""))


def _complete(form: str, parts: Mapping[str, str]) -> bool:
    return bool(form) and all(value for name, value in parts.items() if f"{{{name}}}" in form)


def dns_zones(option: Sequence[str] | None) -> list[str]:
    """The user's DNS zones in the form in which names are compared.

    :raises InputError: the option cannot be used
    """
    return [] if option is None else [normalise(zone) for zone in unique("dns_zones", option, normalise)]


def zone_of(name: str | None, zones: Iterable[str]) -> str | None:
    """The longest of the zones that a name lies in; None where it lies in none."""
    found = [zone for zone in zones if name is not None and f".{name}".endswith(f".{zone}")]
    return max(found, key=len, default=None)


@dataclass(frozen=True)
class Request:
    """All that was read of a certificate request; without a certificate there is none."""

    certificate: Certificate | None = None
    report: StatusReport | None = None
    notifications: tuple[Notification, ...] = ()
    dcv: tuple[DcvRecord, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be read although it would have been of use."""
    label_taken_by: tuple[int, ...] = ()
    """The ids of other requests that have the label that this one is to get; labels of deleted ones stay taken."""

    @property
    def live(self) -> bool:
        return self.certificate is not None and (self.report is None or self.report.status is not Status.DELETED)

    @property
    def status(self) -> Status:
        return self.report.status if self.report else Status.UNKNOWN

    def as_result(self, now: datetime) -> dict[str, Any] | None:
        """The request's row; every module returns it in this shape. None where there is none."""
        if self.certificate is None or not self.live:
            return None
        return row(self.certificate.fields, self.report, now)

    @property
    def awaits_domains(self) -> bool:
        return self.certificate is not None and self.report is not None and self.report.awaits_domains

    @property
    def lacks_tokens(self) -> bool:
        """Whether the proof of control cannot be given yet, as the provider takes up to 20 minutes to make its tokens
        (api/vdms.md 4.1). Of records that could not be read nobody knows.
        """
        if self.certificate is None or self.report is None or not self.report.awaits_domains:
            return False
        if not self.dcv:
            return not self.notes and self.certificate.dcv_method.lower() in DNS_METHODS
        proved = {name for name, word in self.report.validations.items() if word.lower() in PROVED}
        return any(record.lacks_token and record.domain not in proved for record in self.dcv)

    def dcv_records(self, zones: Sequence[str]) -> list[dict[str, Any]]:
        """What proves the control of the domains, as rows; every module returns them in this shape."""
        validation_type = self.certificate.validation_type if self.certificate else ""
        validations = self.report.validations if self.report else {}
        return [record.as_result(validation_type, validations, zones) for record in self.dcv]


TARGET_PLATFORM = "httplarge"
"""The platform, lower case, whose deployment names the host that the customer's CNAME points to (api/vdms.md 3.3)."""


def row(certificate: Mapping[str, Any], report: StatusReport | None, now: datetime) -> dict[str, Any]:
    """The provider's fields, and what ``/status`` adds to them."""
    return {
        **told_fields(certificate),
        "status": report.text if report else None,
        "requires_attention": report.requires_attention if report else None,
        "error_message": (report.error_message or None) if report else None,
        "order_status": report.order_status if report else None,
        "days_left": days_left_of(certificate, now),
        "target_cname": target_cname(certificate),
    }


def unread_fields(certificate_id: int | None) -> dict[str, Any]:
    """The fields of a request of which nothing else is known."""
    return {**dict.fromkeys(FIELDS), "id": certificate_id, "domains": [], "deployments": []}


def days_left_of(certificate: Mapping[str, Any], now: datetime) -> int | None:
    """Whole days until a certificate expires; None until it is issued."""
    return days_left(parse_time(certificate.get("expiration_date")), now)


def target_cname(certificate: Mapping[str, Any]) -> str | None:
    """The host that the customer's CNAME has to point to; None until it is known, and where it would be a guess."""
    deployments = told_fields({"deployments": certificate.get("deployments")})["deployments"] or []
    hosts = {
        item["hex_url"]
        for item in deployments
        if (item.get("platform") or "").lower() == TARGET_PLATFORM and item.get("hex_url")
    }
    return hosts.pop() if len(hosts) == 1 else None


# ---- What is wanted --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """The properties that the options give; None means "leave it alone". ``False`` and ``""`` are values."""

    certificate_label: str | None = None
    description: str | None = None
    auto_renew: bool | None = None
    certificate_authority: str | None = None
    validation_type: str | None = None
    dcv_method: str | None = None
    domains: tuple[Domain, ...] | None = None
    organization: Mapping[str, Any] | None = None
    notifications: tuple[Notification, ...] | None = None

    @classmethod
    def from_options(cls, params: Mapping[str, Any]) -> Wanted:
        """
        :raises InputError: an option cannot be used
        """
        label = params["certificate_label"]
        return cls(
            certificate_label=None if label is None else not_blank("certificate_label", label),
            description=params["description"],
            auto_renew=params["auto_renew"],
            certificate_authority=params["certificate_authority"],
            validation_type=params["validation_type"],
            dcv_method=params["dcv_method"],
            domains=_wanted_domains(params["domains"]),
            organization=_wanted_organization(params["organization"]),
            notifications=_wanted_notifications(params["notifications"]),
        )

    @property
    def given(self) -> list[str]:
        """The names of the properties that are given."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]

    def create_body(self) -> dict[str, Any]:
        """The body of a create (api/vdms.md 2.1, C3); notifications need a call of their own."""
        body: dict[str, Any] = {
            "certificate_label": self.certificate_label,
            "certificate_authority": self.certificate_authority or DEFAULT_AUTHORITY,
            "validation_type": self.validation_type,
            "dcv_method": self.dcv_method,
            "domains": [domain.as_body() for domain in self.domains or ()],
            "description": self.description,
            "auto_renew": self.auto_renew,
            "organization": self.organization,
        }
        return {name: value for name, value in body.items() if value is not None}


def _wanted_domains(options: Sequence[Mapping[str, Any]] | None) -> tuple[Domain, ...] | None:
    if options is None:
        return None
    names = [as_text(option["name"]) for option in options]
    unique("domains", names, normalise)
    for name in names:
        if any(char.isspace() or char in "/:@," for char in normalise(name)):
            raise InputError(f"domains: '{name}' is not a domain name.", provider=PROVIDER)
    marked = [option["name"] for option in options if option["is_common_name"]]
    if len(marked) > 1:
        raise InputError(
            f"domains: {len(marked)} are marked with is_common_name ({', '.join(marked)}); mark one at most.",
            provider=PROVIDER,
        )
    return tuple(Domain(normalise(option["name"]), bool(option["is_common_name"])) for option in options)


def _wanted_organization(option: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if option is None:
        return None
    given = _without_none(option)
    if not given.get("id") and not as_text(given.get("company_name")).strip():
        raise InputError("organization: give its id or its company_name.", provider=PROVIDER)
    return given


def _without_none(option: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in option.items() if value is not None}
    if "additional_contacts" in given:
        given["additional_contacts"] = [_without_none(contact) for contact in given["additional_contacts"]]
    return given


def _wanted_notifications(options: Sequence[Mapping[str, Any]] | None) -> tuple[Notification, ...] | None:
    if options is None:
        return None
    unique("notifications", [option["notification_type"] for option in options])
    wanted = []
    for option in options:
        kind, emails = option["notification_type"], option["emails"]
        if emails:
            # Several spellings of one address are one address.
            emails = list({email.strip().lower(): email.strip() for email in emails}.values())
            if "" in emails:
                raise InputError(f"notifications: {kind} has a blank e-mail address.", provider=PROVIDER)
        if option["enabled"] and not emails:
            raise InputError(
                f"notifications: {kind} is enabled and has no emails; give some, or enabled: false.", provider=PROVIDER
            )
        wanted.append(Notification(kind, bool(option["enabled"]), None if emails is None else tuple(emails)))
    return tuple(wanted)


# ---- Comparison (api/vdms.md 7) --------------------------------------------------------------------------------------


def differences(present: Request, wanted: Wanted) -> dict[str, Any]:
    """The properties that are to be changed, with the values to send. Those that are never sent do not count."""
    certificate = present.certificate
    if certificate is None:
        return {}
    found: dict[str, Any] = {}
    for name in ("certificate_label", "description", "auto_renew"):
        value = getattr(wanted, name)
        if value is not None and value != getattr(certificate, name):
            found[name] = value
    if wanted.dcv_method is not None and wanted.dcv_method.lower() != certificate.dcv_method.lower():
        found["dcv_method"] = wanted.dcv_method
    if wanted.domains is not None and not same_domains(certificate.present_domains, wanted.domains):
        found["domains"] = [domain.as_body() for domain in domains_to_send(certificate.present_domains, wanted.domains)]
    if wanted.organization is not None and not same_organization(certificate.organization, wanted.organization):
        found["organization"] = wanted.organization
    notifications = notifications_to_send(present.notifications, wanted.notifications or ())
    if notifications:
        found["notifications"] = [notification.as_body() for notification in notifications]
    return found


def same_domains(present: Iterable[Domain], wanted: Iterable[Domain]) -> bool:
    """Compared as a set of names; the common name only where one is marked (api/vdms.md 7.4)."""
    present, wanted = list(present), list(wanted)
    if {domain.name for domain in present} != {domain.name for domain in wanted}:
        return False
    common = {domain.name for domain in wanted if domain.is_common_name}
    return not common or common == {domain.name for domain in present if domain.is_common_name}


def domains_to_send(present: Iterable[Domain], wanted: Sequence[Domain]) -> list[Domain]:
    """The whole wanted list. Where no common name is marked, the present one keeps its mark."""
    if any(domain.is_common_name for domain in wanted):
        return list(wanted)
    common = {domain.name for domain in present if domain.is_common_name}
    return [replace(domain, is_common_name=domain.name in common) for domain in wanted]


def same_organization(present: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """By id, else by name: the service ignores the other fields of an organization that exists (api/vdms.md 7.12)."""
    if present is None:
        return False
    if wanted.get("id"):
        return bool(as_number(present.get("id")) == wanted["id"])
    return as_text(present.get("company_name")).strip() == as_text(wanted.get("company_name")).strip()


def notifications_to_send(present: Iterable[Notification], wanted: Iterable[Notification]) -> list[Notification]:
    """Those of the wanted types that differ, completed with the e-mails that are left as they are."""
    by_type = {notification.notification_type.lower(): notification for notification in present}
    changed = []
    for notification in wanted:
        kind = notification.notification_type
        now = by_type.get(kind.lower(), Notification(kind, enabled=False, emails=()))
        if not notification.same_as(now):
            emails = now.emails if notification.emails is None else notification.emails
            changed.append(replace(notification, emails=emails))
    return changed


# ---- Decisions (DESIGN 4.4, api/vdms.md 4.2) -------------------------------------------------------------------------


def decide(name: str, present: Request, wanted: Wanted, *, by_id: bool) -> Verdict:
    """The decision table of ``state: present``.

    :param name: the request in messages
    :param by_id: an id was given, so that nothing is ever created
    """
    if not present.live:
        return _decide_missing(name, present, wanted, by_id=by_id)
    reason = _immutable_difference(present, wanted) or _forbidden_organization(present, wanted)
    found = differences(present, wanted)
    reason = reason or _forbidden_by_status(present, found)
    if reason:
        return Refuse(f"{name}: {reason} Nothing was changed.")
    if present.label_taken_by:
        return Refuse(
            f"{name}: certificate_label: '{wanted.certificate_label}' is taken by "
            f"{', '.join(map(str, present.label_taken_by))}; the label of a deleted request stays taken too. "
            "Nothing was changed.",
            code="LabelTaken",
        )
    note = notes(name, present)
    if found:
        return Change("updated", "would_update", note=note)
    return Keep(" ".join(filter(None, (note, setback(name, present), missing_tokens(name, present)))))


def _decide_missing(name: str, present: Request, wanted: Wanted, *, by_id: bool) -> Verdict:
    if by_id and present.certificate is not None:
        return Refuse(f"{name} has status Deleted; a deleted request can neither be changed nor brought back.")
    if by_id:
        return Refuse(f"certificate_id: {name} does not exist in this account.", code="NotFound")
    missing = [needed for needed in NEEDED_TO_CREATE if getattr(wanted, needed) is None]
    if missing:
        return Refuse(
            f"{name} does not exist, or is deleted; to have it created, give also: {', '.join(missing)}.",
            code="NotFound",
        )
    if wanted.validation_type == "DV" and wanted.organization is not None:
        return Refuse(f"{name}: an organization must not be given for validation_type DV. Nothing was created.")
    if wanted.validation_type != "DV" and wanted.organization is None:
        return Refuse(f"{name}: validation_type {wanted.validation_type} needs an organization. Nothing was created.")
    return Change("created", "would_create")


def _immutable_difference(present: Request, wanted: Wanted) -> str:
    for name in IMMUTABLE:
        value, now = getattr(wanted, name), getattr(present.certificate, name)
        if value is not None and now and value.lower() != now.lower():
            return f"{name} is {now} and cannot be changed to {value}; that takes a new request with another label."
    return ""


def _forbidden_organization(present: Request, wanted: Wanted) -> str:
    validation_type = present.certificate.validation_type.upper() if present.certificate else ""
    if wanted.organization is not None and validation_type not in ("OV", "EV"):
        return f"a request with validation_type {validation_type} has no organization."
    return ""


def _forbidden_by_status(present: Request, found: Mapping[str, Any]) -> str:
    """Domains and organization can be changed once the certificate is issued (api/vdms.md 4.2)."""
    names = [name for name in ("domains", "organization") if name in found]
    if not names or present.status in ISSUED:
        return ""
    text = present.report.text if present.report else "unknown"
    return f"its status {text} forbids to change {' and '.join(names)}; that is possible in Deployment and Active."


def notes(name: str, present: Request) -> str:
    """What the user should know about what was read."""
    found = list(present.notes)
    if present.report is not None and present.status is Status.UNKNOWN:
        text = present.report.text
        found.append(f"{name}: the status '{text}' is not known to this collection and is treated like Processing.")
    return " ".join(found)


def setback(name: str, present: Request) -> str:
    """What the user should know of a certificate that is live, but was not renewed or changed; "" for nothing."""
    report = present.report
    if report is None or report.status not in ISSUED or report.order not in SETBACKS:
        return ""
    return f"{name}: its last {SETBACKS[report.order]} was rejected ({report}); the certificate from before is kept."


MISSING_TOKENS = "the provider has not made all tokens for dcv_records yet"


def missing_tokens(name: str, present: Request) -> str:
    """What the user should know of a proof of control that nobody waits for; "" for nothing."""
    if not present.lacks_tokens:
        return ""
    return f"{name}: {MISSING_TOKENS}. Run again later, or wait for them with wait_for=validation."


def planned(before: Request, wanted: Wanted) -> list[str]:
    """The names of the properties that a run from this state would change."""
    return list(differences(before, wanted)) if before.live else wanted.given


class Removal(Enum):
    """The two ways to get rid of a request."""

    CANCEL = "cancel"
    DELETE = "delete"

    @property
    def other(self) -> Removal:
        return Removal.DELETE if self is Removal.CANCEL else Removal.CANCEL


def removal(report: StatusReport) -> Removal:
    """The way that a request's status asks for: cancel while the CA has not issued, else delete (api/vdms.md 4.2)."""
    if report.status in ISSUED:
        return Removal.DELETE
    if report.order_status is None:
        not_ordered_yet = report.status in (Status.PROCESSING, Status.UNKNOWN)
        return Removal.CANCEL if not_ordered_yet else Removal.DELETE
    return Removal.CANCEL if report.order == "pending" else Removal.DELETE


# ---- Actions (api/vdms.md 2.1, 2.2, 4.2) -----------------------------------------------------------------------------


class Action(Enum):
    """What can be asked for beside the properties of a request."""

    RENEW = "renew"
    RETRIGGER = "retrigger"
    CHECK_DCV = "check_dcv"
    REGENERATE_TOKENS = "regenerate_tokens"
    RESEND_EMAILS = "resend_emails"

    @property
    def on_domains(self) -> bool:
        """Whether it is about the proof of domain control, and can be asked for single domains."""
        return self in (Action.CHECK_DCV, Action.REGENERATE_TOKENS, Action.RESEND_EMAILS)


# ---- Waiting ---------------------------------------------------------------------------------------------------------


class Goal(Enum):
    """What is waited for."""

    NONE = "none"
    VALIDATION = "validation"
    VALIDATED = "validated"
    DEPLOYMENT = "deployment"
    ACTIVE = "active"


_REACHED_IN: Mapping[Goal, frozenset[Status]] = {
    Goal.NONE: frozenset(Status),
    # In Processing the tokens cannot be trusted yet (api/vdms.md 2.2).
    Goal.VALIDATION: ISSUED | {Status.DOMAIN_CONTROL_VALIDATION, Status.OTHER_VALIDATION},
    Goal.VALIDATED: ISSUED | {Status.OTHER_VALIDATION},
    Goal.DEPLOYMENT: ISSUED,
    Goal.ACTIVE: frozenset({Status.ACTIVE}),
}


def towards(goal: Goal, request: Request, *, ordered: bool = False) -> Progress:
    """What a look at a request means for what is waited for. Without a status report it is gone.

    A change of domains or organization sends a new order to the CA, while the request may stay Active
    (api/vdms.md 4.1): its domains may have to be validated, and deployment and active are reached only when that order
    is done too.

    :param ordered: whether it is this run that has sent the new order
    """
    report = request.report
    if goal is Goal.NONE:
        return Progress.DONE
    if report is None or report.status is Status.DELETED:
        return Progress.FAILED
    reached = report.status in _REACHED_IN[goal]
    rejected = SETBACKS.get(report.order) if report.status in ISSUED else None
    outlived = reached and (rejected == "renewal" or (rejected == "reissue" and not ordered))
    if report.order in HOPELESS and not outlived:
        return Progress.FAILED
    if not reached:
        return Progress.RUNNING
    if goal is Goal.VALIDATION:
        return Progress.RUNNING if request.lacks_tokens else Progress.DONE
    if goal is Goal.VALIDATED:
        return Progress.RUNNING if report.awaits_domains else Progress.DONE
    return Progress.RUNNING if report.order in UNDER_WAY else Progress.DONE


# ---- Results ---------------------------------------------------------------------------------------------------------


def predicted_row(before: Request, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """The request's row as a run would leave it behind, for check mode."""
    if before.certificate is None or not before.live:
        return row({**unread_fields(None), **wanted.create_body()}, None, now)
    found = differences(before, wanted)
    changed = {name: found[name] for name in PATCHED if name in found}
    if "domains" in changed:
        present = as_objects(before.certificate.fields.get("domains"))
        known = {normalise(as_text(domain.get("name"))): domain for domain in present}
        changed["domains"] = [{**known.get(domain["name"], {}), **domain} for domain in changed["domains"]]
    if "organization" in found:
        changed["organization"] = dict(found["organization"])
    return row({**before.certificate.fields, **changed}, before.report, now)


def predicted_dcv(before: Request, wanted: Wanted) -> Request:
    """The request with the proof of domain control as a run would leave it behind, for check mode.

    A change of the method makes new tokens, which nobody knows before.
    """
    method = differences(before, wanted).get("dcv_method")
    if method is None:
        return before
    return replace(before, dcv=tuple(DcvRecord(record.domain, method, None, ()) for record in before.dcv))


def diff(before: Request, wanted: Wanted, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after of the named properties."""
    if before.certificate is None or not before.live:
        return {}, {name: _shown(name, wanted, wanted.domains) for name in names}
    certificate = before.certificate
    wanted_domains = domains_to_send(certificate.present_domains, wanted.domains or ())
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name in names:
        if name == "notifications":
            changed = notifications_to_send(before.notifications, wanted.notifications or ())
            kinds = {notification.notification_type.lower() for notification in changed}
            old[name] = _by_type(item for item in before.notifications if item.notification_type.lower() in kinds)
            new[name] = _by_type(changed)
        else:
            old[name] = _shown(name, certificate, certificate.present_domains)
            new[name] = _shown(name, wanted, wanted_domains)
    return old, new


def _shown(name: str, owner: Certificate | Wanted, domains: Iterable[Domain] | None) -> Any:
    """A property in a diff: domains sorted, an organization by what it is compared by."""
    if name == "domains":
        return [domain.as_body() for domain in sorted(domains or (), key=lambda domain: domain.name)]
    value = getattr(owner, name)
    if name == "organization":
        return {key: value[key] for key in ("id", "company_name") if value and value.get(key)} or None
    if name == "notifications":
        return _by_type(value)
    return value


def _by_type(notifications: Iterable[Notification]) -> dict[str, Any]:
    return {
        notification.notification_type: {"enabled": notification.enabled, "emails": sorted(notification.emails or ())}
        for notification in notifications
    }
