# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate requests of VDMS CPS: their states over time, and how the API shows them."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .settings import Settings
from .vdms_lists import ISSUED_STATUSES, NOTIFICATION_TYPES, PENDING_STATUSES

ZERO_DATE = "0001-01-01T00:00:00Z"
YEAR = 365 * 86400
STEPS = {"DomainControlValidation": 3}
NEXT = {
    "Processing": "DomainControlValidation",
    "DomainControlValidation": "OtherValidation",
    "OtherValidation": "Deployment",
    "Deployment": "Active",
}
DURATIONS = {
    "Processing": "vdms.processing_seconds",
    "DomainControlValidation": "vdms.domain_control_validation_seconds",
    "OtherValidation": "vdms.other_validation_seconds",
    "Deployment": "vdms.deployment_seconds",
}
FINISHED = {"PendingReissue": "Issued", "PendingRenewal": "Renewed", "PendingOrgUpdate": "OrgUpdated"}
REJECTED = {"PendingReissue": "ReissueRejected", "PendingRenewal": "RenewalRejected"}


@dataclass
class Domain:
    """A name of a request. `validation` is its domain_validations status."""

    id: int
    name: str
    is_common_name: bool
    created: float
    status: str = "ProvisioningInitiated"
    validation: str = "Pending"


@dataclass
class Change:
    """A reissue, renewal or organization update at the CA; kept for a revert."""

    started: float
    old_domains: list[Domain]
    old_order_status: str | None


@dataclass
class CertificateRequest:
    """One certificate request. `entered` is monotonic, `created` and the like are wall-clock times."""

    id: int
    label: str
    created: float
    domains: list[Domain]
    description: str = ""
    auto_renew: bool = True
    authority: str = "DigiCert"
    validation_type: str = "DV"
    dcv_method: str = "DnsTxtToken"
    organization: dict[str, Any] | None = None
    status: str = "Processing"
    entered: float = 0.0
    hold: bool = False
    order_status: str | None = None
    organization_validation: str = "Pending"
    requires_attention: bool | None = None
    error_message: str | None = None
    workflow_error_message: str | None = None
    last_modified: float = 0.0
    expires: float | None = None
    thumbprint: str | None = None
    deployments: list[dict[str, str]] = field(default_factory=list)
    notifications: dict[str, dict[str, Any]] | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    change: Change | None = None

    @property
    def issued(self) -> bool:
        """Domains and organization can be changed."""
        return self.status in ISSUED_STATUSES

    @property
    def pending(self) -> bool:
        """The CA has not issued it yet."""
        return self.status in PENDING_STATUSES

    def advance(self, ticks: float, wall: float, settings: Settings) -> None:
        """Let the time pass that has passed."""
        while not self.hold and self.status in DURATIONS:
            seconds = settings[DURATIONS[self.status]]
            if seconds is None or ticks < self.entered + seconds:
                break
            self.enter(self._next_status(), self.entered + seconds, wall)
        seconds = settings["vdms.change_seconds"]
        changing = self.change if self.status == "Active" and not self.hold else None
        if changing is not None and seconds is not None and ticks >= changing.started + seconds:
            if settings["vdms.change_result"] == "rejected" and self.order_status in REJECTED:
                self.reject_change(REJECTED[self.order_status])
            else:
                self.finish_change(wall)

    def enter(self, status: str, ticks: float, wall: float) -> None:
        """Take on a status with everything that belongs to it."""
        self.status, self.entered = status, ticks
        if status == "Processing":
            self.order_status = None
        elif status == "DomainControlValidation":
            self.order_status = self.order_status or "Pending"
            self.regenerate_tokens()
            self._mark_domains("AwaitingCertificateAuthority", "Pending")
        elif status == "OtherValidation":
            self.order_status = self.order_status or "Pending"
            self._mark_domains("AwaitingCertificateAuthority", "Approved")
        elif status == "Deployment":
            self.issue(wall, "Issued")
        elif status == "Active":
            if self.thumbprint is None:
                self.issue(wall, "Issued")
            self.deployments = [
                {
                    "delivery_region": "GlobalStandard",
                    "platform": "HttpLarge",
                    "hex_url": f"cs{self.id}.wpc.example.net",
                }
            ]
        elif status == "Deleted":
            self.order_status = "Deleted" if self.thumbprint else "Canceled"
            self.change = None
            self._mark_domains("Delete", "NA")

    def leave_validation(self, ticks: float, wall: float) -> None:
        """The CA has seen the proof of domain control."""
        self.enter(self._next_status(), ticks, wall)

    def issue(self, wall: float, order_status: str) -> None:
        """A new certificate has come from the CA."""
        self.order_status = order_status
        self.organization_validation = "Approved"
        self.expires = wall + YEAR
        self.thumbprint = secrets.token_hex(20).upper()
        self.domains = [domain for domain in self.domains if domain.status != "PendingDelete"]
        self._mark_domains("Active", "Approved")
        self.change = None

    def begin_change(
        self, order_status: str, ticks: float, settings: Settings, old_domains: list[Domain] | None = None
    ) -> None:
        """A new order goes to the CA for an issued certificate."""
        self.change = Change(ticks, self.domains if old_domains is None else old_domains, self.order_status)
        if settings["vdms.status_during_change"] == "Processing":
            self.enter("Processing", ticks, 0.0)
        self.order_status = order_status

    def finish_change(self, wall: float) -> None:
        """The CA has done it."""
        self.issue(wall, FINISHED.get(self.order_status or "", "Issued"))

    def reject_change(self, order_status: str) -> None:
        """The CA has refused it: what was issued before stays."""
        self.revert_change()
        self.order_status = order_status

    def revert_change(self) -> None:
        """Cancel on an active request: back to what it was."""
        if self.change:
            self.domains, self.order_status = self.change.old_domains, self.change.old_order_status
            self.change = None

    def regenerate_tokens(self) -> None:
        """New DCV tokens: one for DV, one for each parent domain otherwise."""
        self.tokens = {self._token_group(domain): secrets.token_hex(16) for domain in self.domains}

    def token(self, domain: Domain) -> str:
        """The DCV token; while processing one that will not be the final one."""
        if self.status == "Processing":
            return f"not-final-{self.id}"
        return self.tokens.setdefault(self._token_group(domain), secrets.token_hex(16))

    def tokens_are_late(self, ticks: float, settings: Settings) -> bool:
        """Whether DCV metadata show no tokens yet."""
        seconds = settings["vdms.dcv_token_seconds"]
        since = self.change.started if self.change else self.entered
        return seconds is None or ticks < since + seconds

    def _token_group(self, domain: Domain) -> str:
        return "" if self.validation_type == "DV" else ".".join(domain.name.split(".")[-2:])

    def _next_status(self) -> str:
        following = NEXT[self.status]
        if following == "OtherValidation" and self.validation_type == "DV":
            return NEXT[following]
        return following

    def _mark_domains(self, status: str, validation: str) -> None:
        for domain in self.domains:
            if domain.status != "PendingDelete":
                domain.status, domain.validation = status, validation

    # How the API shows it

    def certificate(self, settings: Settings) -> dict[str, Any]:
        """The Certificate object, with organization."""
        label = self.label.replace(".", " ") if settings["vdms.rewrite_labels"] == "spaces" else self.label
        expires = ZERO_DATE if self.expires is None else stamp(float(int(self.expires)), settings, self.id)
        return {
            "@id": f"/v2.0/certificates/{self.id}",
            "@type": "Certificate",
            "id": self.id,
            "certificate_label": label,
            "description": self.description,
            "auto_renew": self.auto_renew,
            "certificate_authority": self.authority,
            "validation_type": self.validation_type,
            "dcv_method": self.dcv_method,
            "domains": [self._domain(domain, settings) for domain in self.domains],
            "organization": self.organization,
            "request_type": "Enterprise",
            "thumbprint": self.thumbprint,
            "expiration_date": expires,
            "created": stamp(self.created, settings, self.id),
            "last_modified": stamp(self.last_modified, settings, self.id + 3),
            "created_by": {"user_id": None, "portal_type_id": None, "identity_id": None, "identity_type": None},
            "modified_by": None,
            "deployments": self.deployments,
            "workflow_error_message": self.workflow_error_message,
        }

    def _domain(self, domain: Domain, settings: Settings) -> dict[str, Any]:
        name = domain.name.replace(".", "-") if settings["vdms.rewrite_domains"] == "dashes" else domain.name
        return {
            "id": domain.id,
            "name": name,
            "is_common_name": domain.is_common_name,
            "status": domain.status,
            "created": stamp(domain.created, settings, domain.id),
            "active_date": None,
        }

    def certificate_status(self) -> dict[str, Any]:
        """The CertificateStatus object. Step numbers other than 3 are not known: the field is left out."""
        attention = self.requires_attention
        if attention is None:
            attention = self.status in ("DomainControlValidation", "OtherValidation")
        step = {"step": STEPS[self.status]} if self.status in STEPS else {}
        return {
            "@id": f"/v2.0/certificates/{self.id}/status",
            "@type": "Certificate",
            "id": self.id,
            **step,
            "status": self.status,
            "requires_attention": attention,
            "error_message": self.error_message,
            "order_validation": self._order_validation(),
        }

    def _order_validation(self) -> dict[str, Any] | None:
        if self.order_status is None:
            return None
        organization = "NA" if self.validation_type == "DV" else self.organization_validation
        return {
            "status": self.order_status,
            "organization_validation": {"validation_type": self.validation_type, "status": organization},
            "domain_validations": [
                {"domain_id": domain.id, "domain_names": [domain.name], "status": domain.validation}
                for domain in self.domains
            ],
        }

    def dcv(self, domain: Domain, *, late: bool = False) -> dict[str, Any]:
        """The DomainDcvFull object; without its token where that comes late."""
        if self.dcv_method == "Email":
            parent = ".".join(domain.name.split(".")[-2:])
            return {
                "domain_id": domain.id,
                "dcv_method": self.dcv_method,
                "dcv_token": None,
                "emails": [f"{user}@{parent}" for user in ("admin", "hostmaster", "webmaster")],
            }
        return {
            "domain_id": domain.id,
            "dcv_method": self.dcv_method,
            "dcv_token": None if late else {"token": self.token(domain)},
            "emails": [],
        }

    def as_dict(self, settings: Settings) -> dict[str, Any]:
        """For GET /_emulator/state."""
        return {
            **self.certificate(settings),
            "certificate_label": self.label,
            "status": self.status,
            "order_status": self.order_status,
            "notifications": notification_items(self.notifications),
            "change_pending": self.change is not None,
            "hold": self.hold,
            "domain_validations": {domain.name: domain.validation for domain in self.domains},
        }


def notification_items(config: dict[str, dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """The list form; every type is there."""
    if config is None:
        return None
    return [
        {"notification_type": kind, **config.get(kind, {"enabled": False, "emails": []})} for kind in NOTIFICATION_TYPES
    ]


def stamp(moment: float, settings: Settings, seed: int) -> str:
    """UTC with 0 to 6 fractional digits."""
    digits = settings["vdms.fraction_digits"]
    if digits == "mixed":
        digits = seed % 7
    text = datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text[: 20 + digits].rstrip(".") + "Z"
