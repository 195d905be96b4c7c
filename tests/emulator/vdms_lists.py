# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The enumerations of VDMS CPS, and the read-only lists of its appendix."""

REQUEST_STATUSES = ("Processing", "DomainControlValidation", "OtherValidation", "Deployment", "Active", "Deleted")
PENDING_STATUSES = REQUEST_STATUSES[:3]
ISSUED_STATUSES = REQUEST_STATUSES[3:5]
ORDER_STATUSES = (
    "Pending",
    "Issued",
    "Deleted",
    "Rejected",
    "Revoked",
    "Canceled",
    "AwaitingRenewal",
    "PendingRenewal",
    "Renewed",
    "PendingReissue",
    "AwaitingReissue",
    "PendingOrgUpdate",
    "OrgUpdated",
    "RenewalRejected",
    "ReissueRejected",
    "Expired",
    "AwaitingOrgUpdate",
)
DOMAIN_STATUSES = (
    "ProvisioningInitiated",
    "AwaitingCertificateAuthority",
    "Active",
    "PendingDelete",
    "Delete",
    "PendingDns",
    "Rejected",
    "TimedOut",
    "PendingReissue",
    "SecretRejected",
)
VALIDATION_STATUSES = ("Unknown", "Pending", "Rejected", "Approved", "NA")
VALIDATION_TYPES = ("None", "DV", "OV", "EV")
DCV_METHODS = ("Email", "DnsCnameToken", "DnsTxtToken")
AUTHORITIES = ("DigiCert", "LetsEncrypt")
NOTIFICATION_TYPES = ("CertificateRenewal", "CertificateExpiring", "PendingValidations")
CONTACT_TYPES = ("EvApprover", "OrganizationContact", "TechnicalContact", "Unknown")
COUNTRIES = {
    "Austria": "AT",
    "Bermuda": "BM",
    "Brazil": "BR",
    "Canada": "CA",
    "China": "CN",
    "France": "FR",
    "Germany": "DE",
    "India": "IN",
    "Japan": "JP",
    "Switzerland": "CH",
    "United Kingdom": "GB",
    "United States": "US",
}

# The names in cancel-actions and product-types are invented: no source has them.
APPENDIX = {
    "cancel-actions": ("CancelRequest", "RevertChange"),
    "certificate-authorities": AUTHORITIES,
    "certificate-statuses": REQUEST_STATUSES,
    "dcv-types": DCV_METHODS,
    "domain-statuses": DOMAIN_STATUSES,
    "order-statuses": ORDER_STATUSES,
    "product-types": ("StandardTls", "MultiDomainTls"),
    "request-types": ("Basic", "Enterprise", "Custom", "AzureCustom"),
    "validation-statuses": VALIDATION_STATUSES,
    "validation-types": VALIDATION_TYPES,
}
