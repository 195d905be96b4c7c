# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is played: an account at each provider, and tasks that together make every call the collection can make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORGANIZATION = {
    "company_name": "Example Org Ltd", "company_address": "1 High Street", "city": "Springfield", "state": "IL",
    "zip_code": "62701", "country": "US", "contact_first_name": "Ada", "contact_last_name": "Smith",
    "contact_email": "ada@example.com", "contact_phone": "+1 555 0100",
}  # fmt: skip

WORLD: dict[str, Any] = {
    "settings": {
        # The time between a change and its end is the emulator's own, so there is none here.
        "zenlayer": {"rollout_seconds": 0},
        "vdms": {"processing_seconds": 0, "deployment_seconds": 0, "change_seconds": 0},
    },
    "zenlayer": {
        "access_keys": [{"id": "demo-access-key-id", "password": "demo-access-key-password"}],
        "certificates": [
            {"id": "cert-old", "label": "old", "names": ["*.example.com"], "not_after_days": 5},
            {"id": "cert-new", "label": "new", "names": ["*.example.com"], "not_after_days": 300},
            {"id": "cert-bad", "label": "bad", "names": ["*.example.com"], "not_after_days": 300},
            {"id": "cert-unused", "label": "unused", "names": ["www.example.org"]},
        ],
        "domains": [
            {"id": "dom-1", "name": "www.example.com", "certificate": "old"},
            {"id": "dom-2", "name": "shop.example.com", "certificate": "old"},
            {"id": "dom-3", "name": "new.example.com"},
        ],
    },
    "tencent": {
        "secrets": [{"id": "demo-secret-id", "key": "demo-secret-key"}],
        "certificates": [
            {"id": "rejected", "domain": "rejected.example.com", "status": 2},
            {"id": "cancelled", "domain": "cancelled.example.com", "status": 7},
            {"id": "issued00", "domain": "issued.example.com", "status": 1},
        ],
    },
    "vdms": {
        "clients": [{"id": "demo-client-id", "secret": "demo-client-secret"}],
        "portal_users": ["ops@example.com"],
        "organizations": [{"id": 512, **ORGANIZATION}],
        "default_notifications": [
            {"notification_type": "CertificateExpiring", "enabled": True, "emails": ["ops@example.com"]},
        ],
        "requests": [
            {
                "id": 1, "label": "shop", "domains": ["shop.example.org"], "status": "Active", "expires_days": 20,
                "validation_type": "OV", "organization_id": 512,
            },
            {"id": 2, "label": "blog", "domains": ["blog.example.org"], "status": "DomainControlValidation"},
            {
                "id": 3, "label": "mail", "domains": ["mail.example.org"], "status": "DomainControlValidation",
                "dcv_method": "Email",
            },
            {
                "id": 4, "label": "stuck", "domains": ["stuck.example.org"], "status": "DomainControlValidation",
                "order_status": "Rejected", "hold": True,
            },
        ],
    },
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One task of a playbook.

    :ivar rows: the list of the result that has a row for each target, and the field that names the target
    :ivar settings: switches of the emulator
    :ivar always: what goes wrong whatever else does, as orders to the emulator: some calls are made only then
    :ivar state: it brings about a state; otherwise it asks for an action, and each run asks anew
    :ivar forgets: what it brings back after a failure is known to the one run alone
    """

    module: str
    about: str
    options: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[str, str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    always: tuple[Mapping[str, Any], ...] = ()
    state: bool = True
    forgets: bool = False

    @property
    def name(self) -> str:
        return f"{self.module}-{self.about}"

    @property
    def service(self) -> str:
        return self.module.partition("_")[0]

    @property
    def only_reads(self) -> bool:
        return self.module.endswith("_info")


WAIT = {"wait_timeout": 30, "wait_interval": 5}
DOMAINS = ("domains", "domain_id")
CERTIFICATES = ("certificates", "certificate_id")
ALL_DOMAINS = {"domain_ids": ["dom-1", "dom-2", "dom-3"], **WAIT}
RESUBMIT = {"certificate_ids": ["rejected", "cancelled"], **WAIT}


def tasks(pair: Mapping[str, str]) -> dict[str, Task]:
    """All tasks by name.

    :param pair: ``certificate`` and ``key``, PEM, for *.example.com
    """
    stored = {"certificate": pair["certificate"], "private_key": pair["key"]}
    found = [
        Task("zenlayer_domain_cert", "bind", {"certificate_label": "new", **ALL_DOMAINS}, DOMAINS),
        Task(
            "zenlayer_domain_cert", "patterns",
            {"certificate_id": "cert-new", "domain_names": ["*.example.com"], "wait": False}, DOMAINS,
        ),
        Task(
            "zenlayer_domain_cert", "rollback", {"certificate_label": "bad", **ALL_DOMAINS, "rollback": True}, DOMAINS,
            {"zenlayer": {"failing_certificates": ["bad"]}}, state=False, forgets=True,
        ),
        Task("zenlayer_certificate", "upload", {**stored, "label": "renewed"}),
        Task("zenlayer_certificate", "replace", {**stored, "replace_id": "cert-old"}),
        Task("zenlayer_certificate", "remove", {"state": "absent", "certificate_id": "cert-unused"}),
        Task("zenlayer_certificate_info", "all", {"with_domains": True}),
        Task("zenlayer_domain_cert_info", "all"),
        Task("tencent_cert_resubmit", "ids", RESUBMIT, CERTIFICATES),
        Task("tencent_cert_resubmit", "all", {"all_resubmittable": True, **WAIT}, CERTIFICATES),
        Task(
            # The status is late and the answer is lost: only the operation log can tell.
            "tencent_cert_resubmit", "log", RESUBMIT, CERTIFICATES, {"tencent": {"status_lag_seconds": 0.2}},
            ({"kind": "reset_after", "action": "ModifyCertificateResubmit", "times": 2},),
        ),
        Task("tencent_cert_info", "all"),
        Task(
            "vdms_cert_request", "create",
            {
                "certificate_label": "fresh", "domains": [{"name": "fresh.example.org", "is_common_name": True}],
                "validation_type": "DV", "dcv_method": "DnsTxtToken",
                "notifications": [{"notification_type": "CertificateRenewal", "emails": ["ops@example.com"]}],
            },
        ),
        Task(
            "vdms_cert_request", "update",
            {
                "certificate_label": "shop", "description": "changed", "auto_renew": False,
                "notifications": [{"notification_type": "CertificateRenewal", "emails": ["ops@example.com"]}],
                "organization": {**ORGANIZATION, "company_name": "Example Sub Ltd"},
                "wait_for": "active", **WAIT,
            },
        ),
        Task("vdms_cert_request", "cancel", {"certificate_id": 2, "state": "absent"}),
        Task("vdms_cert_request", "delete", {"certificate_label": "shop", "state": "absent"}),
        Task("vdms_cert_request_info", "all"),
        Task("vdms_cert_request_action", "renew", {"certificate_id": 1, "action": "renew", "expires_within": 30}),
        Task("vdms_cert_request_action", "retrigger", {"certificate_id": 4, "action": "retrigger"}, state=False),
        Task(
            "vdms_cert_request_action", "check_dcv", {"certificate_label": "blog", "action": "check_dcv"}, state=False,
        ),
        Task(
            "vdms_cert_request_action", "regenerate_tokens", {"certificate_id": 2, "action": "regenerate_tokens"},
            state=False,
        ),
        Task(
            "vdms_cert_request_action", "resend_emails", {"certificate_id": 3, "action": "resend_emails"}, state=False,
        ),
    ]  # fmt: skip
    return {task.name: task for task in found}


# For the names of tests, which are made before there is a certificate.
NAMES = tuple(tasks({"certificate": "", "key": ""}))
