# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the modules that, together, make every call that each module can make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from usage.test_ways_of_use import GROUPS

QUICK = {"timeout": 5, "retries": 2}
BATCH = {"concurrency": 1, "rate_limit": 1000}
WAIT = {"wait_timeout": 30, "wait_interval": 1}

SETTINGS: dict[str, Any] = {
    "zenlayer": {"rollout_seconds": 0.03},
    "tencent": {"cancel_seconds": 0.03},
    "vdms": {"processing_seconds": 0.03, "deployment_seconds": 0.03, "change_seconds": 0.03},
}
"""The emulator's own: what takes its time takes a poll or two."""

ORGANIZATION = {"id": 512, "company_name": "Example Org Ltd", "city": "Springfield", "country": "US"}

VDMS: dict[str, Any] = {
    "vdms": {
        "clients": [{"id": "demo-client-id", "secret": "demo-client-secret"}],
        "portal_users": ["ops@example.com", "security@example.com"],
        "organizations": [ORGANIZATION, {**ORGANIZATION, "id": 513, "company_name": "Other Org Ltd"}],
        "default_notifications": [
            {"notification_type": "CertificateExpiring", "enabled": True, "emails": ["ops@example.com"]}
        ],
        "requests": [
            {"id": 40021, "label": "shop-prod", "domains": ["shop.example.org", "www.shop.example.org"],
             "expires_days": 90.5},
            {"id": 40022, "label": "blog-prod", "domains": ["blog.example.org"], "status": "DomainControlValidation",
             "hold": True},
            {"id": 40024, "label": "bank-prod", "domains": ["bank.example.org"], "validation_type": "EV",
             "organization_id": 512},
            {"id": 40025, "label": "gone-prod", "domains": ["gone.example.org"], "status": "Deleted"},
            {"id": 40026, "label": "late-prod", "domains": ["late.example.org"], "status": "DomainControlValidation",
             "order_status": "Rejected", "hold": True},
            {"id": 40027, "label": "mail-prod", "domains": ["mail.example.org"], "dcv_method": "Email",
             "status": "DomainControlValidation", "hold": True},
        ],
    },
}  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """One run of a module against the emulator.

    :ivar calls: the names of the calls that it makes, see :func:`reliability.answers.recorded.call_of`
    :ivar settings: of the emulator
    :ivar state: the emulator's, instead of the demo scenario
    :ivar faults: ordered at the emulator
    :ivar material: it is given a new certificate and its key
    """

    name: str
    module: str
    options: dict[str, Any]
    calls: frozenset[str]
    settings: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    faults: tuple[dict[str, Any], ...] = ()
    check_mode: bool = False
    material: bool = False

    def __str__(self) -> str:
        return f"{self.module}: {self.name}"

    @property
    def provider(self) -> str:
        return self.module.partition("_")[0]

    def parameters(self, url: str) -> dict[str, Any]:
        """The options of the module, with those of provider and connection."""
        tokens = {"token_url": f"{url}/connect/token"} if self.provider == "vdms" else {}
        return {**GROUPS[self.provider], **QUICK, "api_url": url, **tokens, **self.options}

    @property
    def waits(self) -> bool:
        return "wait_timeout" in self.options


def _scenario(name: str, module: str, calls: str, options: dict[str, Any], **more: Any) -> Scenario:
    return Scenario(name, module, options, frozenset(calls.split()), **more)


NEW_REQUEST = {
    "certificate_label": "img-prod",
    "validation_type": "DV",
    "dcv_method": "DnsTxtToken",
    "domains": [{"name": "img.example.org", "is_common_name": True}],
}
PAGE, ONE, STATUS = "GET/certificates", "GET/certificates/N", "GET/certificates/N/status"
DCV, NOTIFICATIONS = "GET/dcv/certificates/N", "GET/certificates/N/notifications"
FOUND = f"POST/connect/token {PAGE} {STATUS} {ONE}"

SCENARIOS = (
    # Zenlayer
    _scenario(
        "bind", "zenlayer_domain_cert",
        "DescribeCertificates DescribeDomains DescribeDomainCertificate ModifyDomainCertificate",
        {"certificate_label": "example-2026", "domain_names": ["www.example.com", "new.example.com"], **BATCH, **WAIT},
    ),
    _scenario(
        "all that are covered, check mode", "zenlayer_domain_cert",
        "DescribeCertificates DescribeDomains DescribeDomainCertificate",
        {"certificate_id": "cert-0002", "all_covered": True, **BATCH, **WAIT}, check_mode=True,
    ),
    _scenario(
        "roll back", "zenlayer_domain_cert",
        "DescribeCertificates DescribeDomains DescribeDomainCertificate ModifyDomainCertificate",
        {"certificate_id": "cert-0002", "domain_ids": ["dom-0001"], "rollback": True, **BATCH, **WAIT},
        settings={"zenlayer": {"rollout_result": ["FAILED", "DEPLOYED"]}},
    ),
    _scenario(
        "list domains", "zenlayer_domain_cert_info", "DescribeDomains DescribeDomainCertificate", BATCH,
    ),
    _scenario("list certificates", "zenlayer_certificate_info", "DescribeCertificates", BATCH),
    _scenario(
        "upload", "zenlayer_certificate", "DescribeCertificates CreateCertificate", {"label": "example-2027"},
        material=True,
    ),
    _scenario(
        "replace", "zenlayer_certificate", "DescribeCertificates ModifyCertificate", {"replace_id": "cert-0001"},
        material=True,
    ),
    _scenario(
        "remove", "zenlayer_certificate", "DescribeCertificates DeleteCertificate",
        {"label": "example-2024", "state": "absent"},
    ),
    _scenario(
        "remove what is in use", "zenlayer_certificate",
        "DescribeCertificates DeleteCertificate DescribeDomains DescribeDomainCertificate",
        {"certificate_id": "cert-0001", "state": "absent"},
    ),
    # Tencent Cloud
    _scenario(
        "resubmit", "tencent_cert_resubmit", "DescribeCertificates ModifyCertificateResubmit",
        {"certificate_ids": ["rejected", "cancelled"], **BATCH, **WAIT},
    ),
    _scenario(
        "resubmit, the answer lost", "tencent_cert_resubmit",
        "DescribeCertificates ModifyCertificateResubmit DescribeCertificateOperateLogs",
        {"all_resubmittable": True, **BATCH, **WAIT},
        settings={"tencent": {"status_lag_seconds": 3600}},
        faults=({"kind": "html", "action": "ModifyCertificateResubmit", "execute": True, "times": None},),
    ),
    _scenario("list", "tencent_cert_info", "DescribeCertificates", BATCH),
    # VDMS
    _scenario(
        "create", "vdms_cert_request",
        f"POST/connect/token {PAGE} {STATUS} {ONE} {DCV} {NOTIFICATIONS} POST/certificates/cdnprovided "
        "PATCH/certificates/N/notifications",
        {
            **NEW_REQUEST, **WAIT, "wait_for": "validation",
            "notifications": [{"notification_type": "PendingValidations", "emails": ["ops@example.com"]}],
        },
        state=VDMS,
    ),
    _scenario(
        "change", "vdms_cert_request",
        f"{FOUND} {NOTIFICATIONS} PATCH/certificates/N PATCH/certificates/N/notifications",
        {
            "certificate_label": "shop-prod", "description": "new", "domains": [{"name": "shop.example.org"}],
            "notifications": [{"notification_type": "CertificateRenewal", "emails": ["ops@example.com"]}],
            **WAIT, "wait_for": "active",
        },
        state=VDMS,
    ),
    _scenario(
        "change, check mode", "vdms_cert_request", FOUND,
        {"certificate_id": 40021, "certificate_label": "shop-2026"}, state=VDMS, check_mode=True,
    ),
    _scenario(
        "another organization", "vdms_cert_request", f"{FOUND} PUT/certificates/N/organization",
        {"certificate_label": "bank-prod", "organization": {"id": 513}}, state=VDMS,
    ),
    _scenario(
        "cancel", "vdms_cert_request", f"{FOUND} PUT/certificates/N/cancel",
        {"certificate_label": "blog-prod", "state": "absent"}, state=VDMS,
    ),
    _scenario(
        "delete", "vdms_cert_request", f"POST/connect/token {STATUS} {ONE} DELETE/certificates/N",
        {"certificate_id": 40021, "state": "absent"}, state=VDMS,
    ),
    _scenario("list", "vdms_cert_request_info", f"{FOUND} {DCV}", BATCH, state=VDMS),
    *(
        _scenario(
            action, "vdms_cert_request_action", f"{FOUND} {calls}",
            {"certificate_label": label, "action": action, **more}, state=VDMS,
        )
        for action, label, calls, more in (
            ("renew", "shop-prod", "PUT/certificates/N/renew", {"expires_within": 100}),
            ("retrigger", "late-prod", f"PUT/certificates/N/retrigger {DCV}", {}),
            ("check_dcv", "blog-prod", f"PUT/dcv/certificates/N/check {DCV}", {}),
            ("regenerate_tokens", "blog-prod", f"PUT/dcv/certificates/N/token {DCV}", {}),
            ("resend_emails", "mail-prod", f"POST/dcv/certificates/N/emails/resend {DCV}", {}),
        )
    ),
)  # fmt: skip
