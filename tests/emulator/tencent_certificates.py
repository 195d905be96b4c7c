# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates at Tencent: their review status over time, and how the API shows them."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

CHINA = timezone(timedelta(hours=8))
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
STATUS_NAMES = (
    "reviewing",
    "issued",
    "review failed",
    "expired",
    "DNS record added",
    "waiting for documents",
    "cancelling",
    "cancelled",
    "waiting for confirmation letter",
    "revoking",
    "revoked",
    "reissuing",
    "waiting for revocation letter",
    "free certificate waiting for documents",
    "refunded",
    "migrating",
)
ISSUED = 1
PRIVATE_KEY_CANARY = "-----BEGIN PRIVATE KEY-----\nCANARY-tencent-private-key\n-----END PRIVATE KEY-----\n"
PERSONAL_CANARY = "CANARY-personal-data"


@dataclass(frozen=True)
class Change:
    """From `at` the status is this; reads show it from `visible`. Times are monotonic."""

    at: float
    visible: float
    status: int


@dataclass
class Certificate:
    """One certificate order."""

    id: str
    domain: str
    status: int
    names: list[str]
    inserted: float
    alias: str = ""
    status_msg: str | None = ""
    source: str = "trustasia"
    type: str = "SVR"
    package: str | None = "14"
    package_name: str = "OV SSL"
    project_id: int = 0
    owner_uin: str = "100000000001"
    begins: float | None = None
    ends: float | None = None
    deployable: bool = False
    renewable: bool = False
    hosted: bool = False
    multi_year: bool = False
    is_dv: bool = False
    tags: list[dict[str, str]] = field(default_factory=list)
    after_resubmit: int | None = None
    resubmits: int = 0
    changes: list[Change] = field(default_factory=list)

    def true_status(self, ticks: float) -> int:
        """Without any lag."""
        return next((change.status for change in reversed(self.changes) if change.at <= ticks), self.status)

    def shown_status(self, ticks: float) -> int:
        """As reads show it."""
        return next((change.status for change in reversed(self.changes) if change.visible <= ticks), self.status)

    def plan(self, ticks: float, lag: float, *steps: tuple[float, int]) -> None:
        """Drop what was still to come; these statuses follow, each so many seconds from now."""
        self.changes = [change for change in self.changes if change.at <= ticks]
        self.changes += [Change(ticks + after, ticks + after + lag, status) for after, status in steps]

    def settle(self, status: int) -> None:
        """Test hook: this is the status now."""
        self.changes = []
        self.status = status

    def row(self, ticks: float) -> dict[str, Any]:
        """An element of DescribeCertificates."""
        status = self.shown_status(ticks)
        return {
            "CertificateId": self.id,
            "OwnerUin": self.owner_uin,
            "ProjectId": str(self.project_id),
            "From": self.source,
            "CertificateType": self.type,
            "PackageType": self.package,
            "PackageTypeName": self.package_name,
            "ProductZhName": self.package_name,
            "Domain": self.domain,
            "SubjectAltName": self.names,
            "CertSANs": self.names,
            "Alias": self.alias,
            "Status": status,
            "StatusName": STATUS_NAMES[status],
            "StatusMsg": self.status_msg,
            "VerifyType": "DNS",
            "InsertTime": china_time(self.inserted),
            "CertBeginTime": _time_or_none(self.begins),
            "CertEndTime": _time_or_none(self.ends),
            "ValidityPeriod": "12",
            "IsVip": False,
            "IsDv": self.is_dv,
            "IsWildcard": self.domain.startswith("*."),
            "IsVulnerability": False,
            "RenewAble": self.renewable,
            "Deployable": self.deployable,
            "VulnerabilityStatus": "INACTIVE",
            "Tags": self.tags,
            "ProjectInfo": {"ProjectId": str(self.project_id), "ProjectName": "default"},
            "BoundResource": [],
            "IsIgnore": False,
            "IsSM": False,
            "EncryptAlgorithm": "RSA 2048",
            "AutoRenewFlag": 0,
            "HostingStatus": 0 if self.hosted else -1,
            "IsExpiring": False,
            "AllowDownload": status == ISSUED,
            "IsPackage": False,
            "CertificateExtra": self._extra(),
            "PreAuditInfo": None,
            "CAEncryptAlgorithms": None,
            "CACommonNames": None,
            "CAEndTimes": None,
        }

    def single(self, ticks: float) -> dict[str, Any]:
        """DescribeCertificate: with personal data until the certificate is issued."""
        only_in_lists = (
            "ProjectInfo",
            "BoundResource",
            "IsIgnore",
            "IsSM",
            "EncryptAlgorithm",
            "AutoRenewFlag",
            "HostingStatus",
            "IsExpiring",
            "AllowDownload",
            "IsPackage",
            "PreAuditInfo",
            "CertSANs",
        )
        shown = {key: value for key, value in self.row(ticks).items() if key not in only_in_lists}
        issued = shown["Status"] == ISSUED
        shown |= {
            "OrderId": None,
            "VulnerabilityReport": None,
            "DvRevokeAuthDetail": [],
            "DvAuthDetail": {
                "DvAuthKey": "",
                "DvAuthValue": "",
                "DvAuthDomain": self.domain,
                "DvAuthPath": "",
                "DvAuthKeySubDomain": "",
                "DvAuths": [],
            },
            "SubmittedData": None if issued else self._submitted_data(),
        }
        return shown

    def detail(self, ticks: float) -> dict[str, Any]:
        """DescribeCertificateDetail: with the private key."""
        shown = self.single(ticks)
        shown["TypeName"] = shown.pop("PackageTypeName")
        issued = shown["Status"] == ISSUED
        return shown | {
            "CertificatePrivateKey": PRIVATE_KEY_CANARY if issued else None,
            "CertificatePublicKey": "CANARY-public-key" if issued else None,
            "EncryptCert": None,
            "EncryptPrivateKey": None,
            "RootCert": None,
            "CertChainInfo": [],
            "CertFingerprint": secrets.token_hex(20).upper() if issued else None,
            "EncryptCertFingerprint": None,
            "EncryptAlgorithm": "RSA 2048",
            "DomainType": 1,
            "CertType": "OV",
            "UseCrossSignRoot": False,
            "HostingStatus": 0 if self.hosted else -1,
        }

    def as_dict(self, ticks: float) -> dict[str, Any]:
        """For GET /_emulator/state."""
        return {
            "id": self.id,
            "domain": self.domain,
            "alias": self.alias,
            "status": self.true_status(ticks),
            "shown_status": self.shown_status(ticks),
            "resubmits": self.resubmits,
            "from": self.source,
            "multi_year": self.multi_year,
        }

    def _extra(self) -> dict[str, Any]:
        return {
            "DomainNumber": str(len(self.names)),
            "OriginCertificateId": None,
            "ReplacedBy": None,
            "ReplacedFor": None,
            "RenewOrder": None,
            "SMCert": 0,
            "CompanyType": 2,
        }

    def _submitted_data(self) -> dict[str, Any]:
        return {
            "CsrType": "online",
            "CsrContent": None,
            "CertificateDomain": self.domain,
            "DomainList": self.names,
            "KeyPassword": f"{PERSONAL_CANARY}-key-password",
            "OrganizationName": f"{PERSONAL_CANARY} Ltd",
            "OrganizationDivision": "IT",
            "OrganizationAddress": f"1 {PERSONAL_CANARY} Street",
            "OrganizationCountry": "XX",
            "OrganizationCity": "Nowhere",
            "OrganizationRegion": "Nowhere",
            "PostalCode": "00000",
            "PhoneAreaCode": "000",
            "PhoneNumber": "0000000",
            "AdminFirstName": "Ada",
            "AdminLastName": PERSONAL_CANARY,
            "AdminPhoneNum": "0000000",
            "AdminEmail": f"{PERSONAL_CANARY}@example.com",
            "AdminPosition": "CTO",
            "ContactFirstName": "Bob",
            "ContactLastName": PERSONAL_CANARY,
            "ContactNumber": "0000000",
            "ContactEmail": f"{PERSONAL_CANARY}@example.com",
            "ContactPosition": "CFO",
            "VerifyType": "DNS",
        }


def china_time(moment: float) -> str:
    """Tencent's times are text in GMT+8."""
    return datetime.fromtimestamp(moment, timezone.utc).astimezone(CHINA).strftime(TIME_FORMAT)


def parse_china_time(text: str) -> float | None:
    """None if the text is no such time."""
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=CHINA).timestamp()
    except ValueError:
        return None


def _time_or_none(moment: float | None) -> str | None:
    return None if moment is None else china_time(moment)
