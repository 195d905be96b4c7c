# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of VDMS request bodies. All complaints about one body come in one answer."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .exchange import NOT_JSON, Call, RefusedError
from .settings import Settings
from .vdms_lists import (
    AUTHORITIES,
    CONTACT_TYPES,
    DCV_METHODS,
    NOTIFICATION_TYPES,
    VALIDATION_TYPES,
)

HOST_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]\.?")
ORGANIZATION_TEXTS = (
    "company_name",
    "company_address",
    "company_address2",
    "city",
    "state",
    "zip_code",
    "country",
    "organizational_unit",
    "contact_first_name",
    "contact_last_name",
    "contact_email",
    "contact_phone",
    "contact_title",
)
ORGANIZATION_REQUIRED = (
    "company_name",
    "company_address",
    "city",
    "country",
    "contact_first_name",
    "contact_last_name",
    "contact_email",
    "contact_phone",
)
CONTACT_FIELDS = ("id", "contact_type", "first_name", "last_name", "email", "phone", "title")
CREATE_FIELDS = (
    "certificate_label",
    "certificate_authority",
    "validation_type",
    "dcv_method",
    "domains",
    "auto_renew",
    "description",
    "organization",
)
UPDATE_FIELDS = ("auto_renew", "certificate_label", "dcv_method", "description", "domains")


class Complaints:
    """Collects what is wrong; `refuse` raises if anything is."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def add(self, source: str, text: str) -> None:
        """One detail of the error."""
        self._found.append((source, text))

    def refuse(self) -> None:
        """Answer 400 with all of them."""
        if self._found:
            raise InvalidError(self._found)


class InvalidError(RefusedError):
    """A refused body: (field, text) pairs."""

    def __init__(self, details: list[tuple[str, str]]):
        super().__init__("bad_request", details[0][1], 400, details[0][0])
        self.details = details


def json_object(call: Call) -> Mapping[str, Any]:
    """The body, if it is a JSON object."""
    if call.json is NOT_JSON or not isinstance(call.json, dict):
        raise RefusedError("bad_request", "The body must be a JSON object.", 400, "body")
    return call.json


def check_known(
    body: Mapping[str, Any], fields: Iterable[str], settings: Settings, complaints: Complaints, prefix: str = ""
) -> None:
    """Unknown keys are refused unless a setting says otherwise."""
    if settings["vdms.unknown_fields"] == "refuse":
        for name in sorted(set(body) - set(fields)):
            complaints.add(f"{prefix}{name}", f"The field {name} is not known here.")


def check_simple_fields(body: Mapping[str, Any], complaints: Complaints) -> None:
    """The fields that create and update share; false and "" are values, null is none."""
    if "auto_renew" in body and not isinstance(body["auto_renew"], bool):
        complaints.add("auto_renew", "The value must be true or false.")
    if "description" in body and not isinstance(body["description"], str):
        complaints.add("description", "The value must be a string.")
    if "certificate_label" in body and not (isinstance(body["certificate_label"], str) and body["certificate_label"]):
        complaints.add("certificate_label", "The certificate label must not be empty.")
    if "dcv_method" in body and body["dcv_method"] not in DCV_METHODS:
        complaints.add("dcv_method", "The DCV method is not known.")


def check_domains(domains: Any, settings: Settings, complaints: Complaints) -> None:
    """A non-empty list of {name, is_common_name}, at most one common name, no name twice."""
    if not isinstance(domains, list) or not domains:
        complaints.add("domains", "At least one domain is needed.")
        return
    names: set[str] = set()
    common_names = 0
    for domain in domains:
        if not isinstance(domain, dict) or not isinstance(domain.get("name"), str):
            complaints.add("domains", "A domain needs a name.")
            continue
        check_known(domain, ("name", "is_common_name"), settings, complaints, "domains.")
        name = domain["name"].lower()
        if not HOST_NAME.fullmatch(name) or len(name) > 253:
            complaints.add("domains", f"{domain['name']} is not a domain name.")
        if name.rstrip(".") in names:
            complaints.add("domains", f"{domain['name']} is given twice.")
        names.add(name.rstrip("."))
        marked = domain.get("is_common_name", False)
        if not isinstance(marked, bool):
            complaints.add("domains", "is_common_name must be true or false.")
        common_names += marked is True
    if common_names > 1:
        complaints.add("domains", "Only one domain can be the common name.")


def check_create(body: Mapping[str, Any], settings: Settings) -> Complaints:
    """Everything about a create but labels and organizations that exist."""
    complaints = Complaints()
    check_known(body, CREATE_FIELDS, settings, complaints)
    for name in ("certificate_label", "certificate_authority", "validation_type", "dcv_method"):
        if name not in body:
            complaints.add(name, f"The field {name} is required.")
    check_simple_fields(body, complaints)
    if "certificate_authority" in body and body["certificate_authority"] not in AUTHORITIES:
        complaints.add("certificate_authority", "The certificate authority is not known.")
    if "validation_type" in body and body["validation_type"] not in VALIDATION_TYPES[1:]:
        complaints.add("validation_type", "The validation type is not known.")
    check_domains(body.get("domains"), settings, complaints)
    organization = body.get("organization")
    if body.get("validation_type") == "DV" and organization is not None:
        complaints.add("organization", "An organization must not be given for DV.")
    if body.get("validation_type") in ("OV", "EV") and not isinstance(organization, dict):
        complaints.add("organization", "An organization is required for OV and EV.")
    return complaints


def check_new_organization(body: Mapping[str, Any], validation_type: str, complaints: Complaints) -> None:
    """An organization that does not exist yet needs all its parts."""
    for name in ORGANIZATION_REQUIRED:
        if not body.get(name):
            complaints.add(f"organization.{name}", f"The field {name} is required.")
    country = body.get("country")
    if isinstance(country, str) and country and not re.fullmatch(r"[A-Z]{2}", country):
        complaints.add("organization.country", "The country must be a two-letter code.")
    if country == "US":
        for name in ("state", "zip_code"):
            if not body.get(name):
                complaints.add(f"organization.{name}", f"The field {name} is required in the US.")
    contacts = body.get("additional_contacts")
    kinds = [str(item.get("contact_type")).lower() for item in contacts or [] if isinstance(item, dict)]
    if validation_type == "EV" and "evapprover" not in kinds:
        complaints.add("organization.additional_contacts", "EV needs a contact of type EvApprover.")


def check_organization_shape(body: Mapping[str, Any], settings: Settings, complaints: Complaints) -> None:
    """Types and contact fields."""
    check_known(body, ("id", "additional_contacts", *ORGANIZATION_TEXTS), settings, complaints, "organization.")
    for name in ORGANIZATION_TEXTS:
        if body.get(name) is not None and not isinstance(body[name], str):
            complaints.add(f"organization.{name}", "The value must be a string.")
    if body.get("id") is not None and (not isinstance(body["id"], int) or isinstance(body["id"], bool)):
        complaints.add("organization.id", "The value must be an integer.")
    contacts = body.get("additional_contacts") or []
    if not isinstance(contacts, list) or not all(isinstance(item, dict) for item in contacts):
        complaints.add("organization.additional_contacts", "A list of contacts is needed.")
        return
    known_types = [kind.lower() for kind in CONTACT_TYPES]
    for contact in contacts:
        check_known(contact, CONTACT_FIELDS, settings, complaints, "organization.additional_contacts.")
        if str(contact.get("contact_type")).lower() not in known_types:
            complaints.add("organization.additional_contacts.contact_type", "The contact type is not known.")


def checked_notifications(call: Call, settings: Settings, portal_users: set[str]) -> dict[str, dict[str, Any]]:
    """The bare array as {type: {enabled, emails}}."""
    if call.json is NOT_JSON or not isinstance(call.json, list):
        raise RefusedError("bad_request", "The body must be a JSON array.", 400, "body")
    complaints = Complaints()
    changes: dict[str, dict[str, Any]] = {}
    for item in call.json:
        if not isinstance(item, dict):
            complaints.add("body", "Every item must be an object.")
            continue
        check_known(item, ("notification_type", "enabled", "emails"), settings, complaints)
        kind, enabled, emails = item.get("notification_type"), item.get("enabled", False), item.get("emails")
        emails = [] if emails is None else emails
        if kind not in NOTIFICATION_TYPES or kind in changes:
            complaints.add("notification_type", "The type is not known, or given twice.")
            continue
        if not isinstance(enabled, bool):
            complaints.add("enabled", "The value must be true or false.")
        if not isinstance(emails, list) or not all(isinstance(one, str) for one in emails):
            complaints.add("emails", "The value must be an array of strings.")
            continue
        if enabled and not emails:
            complaints.add("emails", "Enabled notifications need an e-mail address.")
        for one in emails:
            if one.lower() not in portal_users:
                complaints.add("emails", f"{one} does not belong to a portal user.")
        changes[kind] = {"enabled": enabled, "emails": list(emails)}
    complaints.refuse()
    return changes
