# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to the VDMS account, not to one request: organizations, portal users, default notifications."""

from collections.abc import Mapping
from typing import Any

from . import scenario
from .exchange import RefusedError
from .settings import Settings
from .vdms_lists import NOTIFICATION_TYPES
from .vdms_requests import notification_items
from .vdms_validation import ORGANIZATION_TEXTS, Complaints, check_new_organization, check_organization_shape

SUMMARY = ("id", "company_name", "company_address", "company_address2", "city", "state", "zip_code", "country")
MAX_FOUND = 20


class Account:
    """The customer."""

    def __init__(self, section: Mapping[str, Any]):
        self.licenses = float(section.get("licenses", 25))
        self.portal_users = {str(user).lower() for user in section.get("portal_users") or []}
        self.notifications: dict[str, dict[str, Any]] = {
            kind: {"enabled": False, "emails": []} for kind in NOTIFICATION_TYPES
        }
        fields = ("notification_type", "enabled", "emails")
        for item in scenario.entries(section, "default_notifications", fields, "vdms"):
            kind = scenario.required(item, "notification_type", "vdms.default_notifications")
            self.notifications[kind] = {"enabled": item.get("enabled", False), "emails": item.get("emails") or []}
        texts = ("id", "additional_contacts", *ORGANIZATION_TEXTS)
        self.organizations: dict[int, dict[str, Any]] = {}
        for item in scenario.entries(section, "organizations", texts, "vdms"):
            self._store(item)
        self._digicert = [dict(item) for item in scenario.entries(section, "digicert_organizations", texts, "vdms")]

    def resolve(self, body: Any, validation_type: str, settings: Settings) -> dict[str, Any]:
        """The existing organization that this body means, or a new one: id, then company name, then create."""
        complaints = Complaints()
        if not isinstance(body, dict):
            raise RefusedError("bad_request", "The body must be a JSON object.", 400, "organization")
        check_organization_shape(body, settings, complaints)
        complaints.refuse()
        existing = self.organizations.get(body.get("id") or 0) or self._named(body.get("company_name"))
        if existing is not None:
            return existing
        if body.get("id") == 0:
            registered = self.digicert(body.get("company_name"))
            if registered is not None:
                return self._store({key: value for key, value in registered.items() if key != "id"})
        check_new_organization(body, validation_type, complaints)
        complaints.refuse()
        return self._store({key: value for key, value in body.items() if key != "id"})

    def digicert(self, name: Any) -> dict[str, Any] | None:
        """An organization that only DigiCert knows."""
        found = next((item for item in self._digicert if item.get("company_name") == name), None)
        return None if found is None else {**_full(found), "id": 0}

    def find(self, text: str) -> list[dict[str, Any]]:
        """The "contains" search by name."""
        found = [item for item in self.organizations.values() if text.lower() in item["company_name"].lower()]
        return [{key: item[key] for key in SUMMARY} for item in found[:MAX_FOUND]]

    def as_dict(self) -> dict[str, Any]:
        """For GET /_emulator/state."""
        return {
            "licenses": self.licenses,
            "portal_users": sorted(self.portal_users),
            "organizations": list(self.organizations.values()),
            "notifications": notification_items(self.notifications),
        }

    def _named(self, name: Any) -> dict[str, Any] | None:
        return next((item for item in self.organizations.values() if name and item["company_name"] == name), None)

    def _store(self, item: Mapping[str, Any]) -> dict[str, Any]:
        identity = item.get("id") or max(self.organizations, default=500) + 1
        self.organizations[identity] = {**_full(item), "id": identity}
        return self.organizations[identity]


def _full(item: Mapping[str, Any]) -> dict[str, Any]:
    contacts = [{"id": number, **contact} for number, contact in enumerate(item.get("additional_contacts") or [], 1)]
    return {
        "id": item.get("id"),
        **{name: item.get(name) for name in ORGANIZATION_TEXTS},
        "additional_contacts": contacts,
    }
