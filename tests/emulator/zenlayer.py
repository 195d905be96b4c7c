# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zenlayer CDN Open API v2: POST /api/v2/cdn, action in x-zc-action."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeVar

from . import scenario
from .certificates import Issuer, Leaf, parse_leaf, public_key_of
from .exchange import NOT_JSON, Call, RefusedError, Reply, json_reply
from .limits import RateLimit
from .settings import Settings
from .signatures import parse_authorization, timestamp_is_fresh, zc2_matches
from .zenlayer_domains import DEPLOYED, FAILED, OVERRIDES, Domain

Kind = TypeVar("Kind")

METHOD = "ZC2-HMAC-SHA256"
VERSIONS = ("2022-11-20", "2024-02-29")
MAX_IDS, MAX_PAGE, DEFAULT_PAGE, MAX_LABEL = 100, 1000, 20, 64
DEFAULT_GROUP = "rg-default"
FAILURES = {
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_TEMPORARY_UNAVAILABLE",
    504: "REQUEST_TIMED_OUT",
}
DOMAIN_FIELDS = (
    "id",
    "name",
    "certificate",
    "config_status",
    "enabled",
    "permitted",
    "resource_group",
    "business_type",
    *OVERRIDES,
)
CERTIFICATE_FIELDS = (
    "id",
    "label",
    "names",
    "common_name",
    "not_before_days",
    "not_after_days",
    "key_type",
    "resource_group",
)


@dataclass
class Certificate:
    """A stored certificate. The key is checked on upload and not kept."""

    id: str
    label: str
    leaf: Leaf
    created: float
    resource_group: str


class Zenlayer:
    """The service: authentication, then one method for each action."""

    name = "zenlayer"

    def __init__(self, section: Mapping[str, Any], settings: Settings, issuer: Issuer):
        scenario.known(section, ("access_keys", "api_tokens", "certificates", "domains"), self.name)
        self._settings = settings
        self._limit = RateLimit()
        self._keys = {
            scenario.required(item, "id", "zenlayer.access_keys"): item.get("password", "")
            for item in scenario.entries(section, "access_keys", ("id", "password"), self.name)
        }
        self._tokens = {
            scenario.required(item, "token", "zenlayer.api_tokens"): _expiry(item.get("expires_in"))
            for item in scenario.entries(section, "api_tokens", ("token", "expires_in"), self.name)
        }
        self.certificates: dict[str, Certificate] = {}
        self.domains: dict[str, Domain] = {}
        self._serial = {"cert": 0, "dom": 0}
        self._add_certificates(section, issuer)
        self._add_domains(section)
        self._actions: dict[str, Callable[[Parameters, Call], dict[str, Any] | None]] = {
            "DescribeDomains": self._describe_domains,
            "DescribeDomainCertificate": self._describe_domain_certificate,
            "ModifyDomainCertificate": self._modify_domain_certificate,
            "DescribeCertificates": self._describe_certificates,
            "CreateCertificate": self._create_certificate,
            "ModifyCertificate": self._modify_certificate,
            "DeleteCertificate": self._delete_certificate,
            "StartDomain": self._start_domain,
            "StopDomain": self._stop_domain,
        }

    # The server's side

    def identify(self, method: str, raw_path: str, headers: Mapping[str, str]) -> tuple[str, bool]:
        """The action stands in a header; whatever does not describe, writes."""
        action = headers.get("x-zc-action", "")
        return action or "(no action)", bool(action) and not action.startswith("Describe")

    def handle(self, call: Call) -> Reply:
        """Authenticate, find the action, run it."""
        try:
            self._check_transport(call)
            self._authenticate(call)
            self._check_version(call)
            action = self._actions.get(call.action)
            if action is None:
                raise RefusedError("AUTHFAILURE_UNAUTHORIZED_OPERATION", f"No permission for {call.action!r}.", 401)
            if not self._limit.allows(call.action, self._settings["zenlayer.rate_limit"], call.ticks):
                return self.failure(429)
            return self._success(action(Parameters(call.json), call))
        except RefusedError as refusal:
            return self.error(refusal.code, refusal.message, refusal.status)

    def error(self, code: str, message: str, status: int | None = None) -> Reply:
        """The flat error envelope."""
        body = {"requestId": _request_id(), "code": code, "message": message}
        return json_reply(status or 400, body, code=code)

    def failure(self, status: int) -> Reply:
        """A common error."""
        code = FAILURES.get(status, "INTERNAL_SERVER_ERROR")
        return self.error(code, code.capitalize().replace("_", " ") + ".", status)

    def state(self) -> dict[str, Any]:
        """Domains by id, certificates by id."""
        return {
            "domains": {item.id: item.as_dict(self._settings) for item in self.domains.values()},
            "certificates": {
                item.id: {
                    "id": item.id,
                    "label": item.label,
                    "names": item.leaf.names,
                    "common_name": item.leaf.common_name,
                    "resource_group": item.resource_group,
                    "not_before": _stamp(item.leaf.not_before),
                    "not_after": _stamp(item.leaf.not_after),
                    "sha1": item.leaf.fingerprint("sha1"),
                    "sha256": item.leaf.fingerprint("sha256"),
                    "pem": item.leaf.pem,
                    "bound_to": sorted(one.id for one in self.domains.values() if one.certificate == item.id),
                }
                for item in self.certificates.values()
            },
        }

    def set_domain(self, key: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Test hook: change a domain from outside. `key` is its id or name."""
        scenario.known(changes, ("certificate", "config_status", "enabled", "permitted", *OVERRIDES), "domain")
        domain = next((item for item in self.domains.values() if key in (item.id, item.name)), None)
        if domain is None:
            raise scenario.ScenarioError(f"there is no domain {key!r}")
        domain.override({name: changes[name] for name in OVERRIDES if name in changes})
        if "certificate" in changes:
            domain.settle(domain.true_status(time.monotonic()))
            domain.certificate = self._reference(changes["certificate"], "domain")
        if "config_status" in changes:
            domain.settle(self._status_word(changes["config_status"]))
        domain.enabled = changes.get("enabled", domain.enabled)
        domain.permitted = changes.get("permitted", domain.permitted)
        return domain.as_dict(self._settings)

    # Scenario

    def _add_certificates(self, section: Mapping[str, Any], issuer: Issuer) -> None:
        for item in scenario.entries(section, "certificates", CERTIFICATE_FIELDS, self.name):
            names = scenario.required(item, "names", "zenlayer.certificates")
            pair = issuer.issue(
                names,
                item.get("not_before_days", -30),
                item.get("not_after_days", 365),
                item.get("key_type", "ec"),
                item.get("common_name"),
            )
            identity = item.get("id") or self._new_id("cert")
            self.certificates[identity] = Certificate(
                identity,
                item.get("label") or identity,
                Leaf(pair.chain),
                time.time(),
                item.get("resource_group", DEFAULT_GROUP),
            )

    def _add_domains(self, section: Mapping[str, Any]) -> None:
        for item in scenario.entries(section, "domains", DOMAIN_FIELDS, self.name):
            name = scenario.required(item, "name", "zenlayer.domains")
            domain = Domain(
                id=item.get("id") or self._new_id("dom"),
                name=name,
                created=time.time(),
                resource_group=item.get("resource_group", DEFAULT_GROUP),
                business_type=item.get("business_type", "Web"),
                status=self._status_word(item.get("config_status", DEPLOYED)),
                certificate=self._reference(item.get("certificate"), f"zenlayer.domains {name}"),
                enabled=item.get("enabled", True),
                permitted=item.get("permitted", True),
            )
            domain.override({key: item[key] for key in OVERRIDES if key in item})
            self.domains[domain.id] = domain

    def _reference(self, value: str | None, where: str) -> str | None:
        if value is None:
            return None
        for certificate in self.certificates.values():
            if value in (certificate.id, certificate.label):
                return certificate.id
        raise scenario.ScenarioError(f"{where}: there is no certificate {value!r}")

    def _status_word(self, word: str) -> str | None:
        return word if word in (DEPLOYED, FAILED) else None

    def _new_id(self, kind: str) -> str:
        self._serial[kind] += 1
        return f"{kind}-{self._serial[kind]:04d}"

    # Authentication

    def _check_transport(self, call: Call) -> None:
        if call.path != "/api/v2/cdn":
            raise RefusedError("OPERATION_FAILED_RESOURCE_NOT_FOUND", "There is no such service.", 404)
        if call.method != "POST":
            raise RefusedError("INVALID_PARAMETER_VALUE", "Only POST is allowed.", 405)
        if not call.headers.get("Content-Type", "").startswith("application/json"):
            raise RefusedError("INVALID_PARAMETER_VALUE", "Content-Type must be application/json.")

    def _authenticate(self, call: Call) -> None:
        text = call.headers.get("Authorization", "")
        if text.startswith("Bearer "):
            expires = self._tokens.get(text.removeprefix("Bearer "), 0.0)
            if call.token_expired or call.ticks >= expires:
                raise RefusedError(self._settings["zenlayer.token_error_code"], "The access token is not valid.", 401)
            return
        if call.token_expired:
            raise RefusedError("AUTHFAILURE_SIGNATURE_EXPIRED", "The signature has expired.", 401)
        auth = parse_authorization(text, METHOD)
        if auth is None or call.headers.get("x-zc-signature-method") != METHOD:
            raise RefusedError("AUTHFAILURE_INVALID_AUTHORIZATION", "The Authorization header is malformed.", 401)
        timestamp = call.headers.get("x-zc-timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise RefusedError("AUTHFAILURE_INVALID_AUTHORIZATION", "x-zc-timestamp must be seconds.", 401)
        if not timestamp_is_fresh(int(timestamp), call.now):
            raise RefusedError("AUTHFAILURE_SIGNATURE_EXPIRED", "The signature has expired.", 401)
        password = self._keys.get(auth.credential)
        if password is None or not zc2_matches(auth, password, call.headers, call.body):
            raise RefusedError("AUTHFAILURE_SIGNATURE_FAILURE", "The signature does not match.", 401)

    def _check_version(self, call: Call) -> None:
        version = call.headers.get("x-zc-version")
        bearer = call.headers.get("Authorization", "").startswith("Bearer ")
        if version is None and not bearer:
            raise RefusedError("MISSING_PARAMETER", "x-zc-version is missing.")
        if version is not None and version not in VERSIONS:
            raise RefusedError("INVALID_PARAMETER_VALUE", f"Version {version!r} does not exist.")

    def _success(self, data: dict[str, Any] | None) -> Reply:
        body: dict[str, Any] = {"requestId": _request_id()}
        if data is not None or self._settings["zenlayer.success_form"] == "long":
            body["response"] = {"requestId": body["requestId"], **(data or {})}
        return json_reply(200, body, executed=True)

    # Domains

    def _describe_domains(self, given: "Parameters", call: Call) -> dict[str, Any]:
        ids = given.texts("domainIds", MAX_IDS)
        name = given.text("domainName")
        filters = {key: given.text(key) for key in ("domainStatus", "configStatus", "resourceGroupId")}
        for unused in ("accelerationRegionId", "businessTypeId"):
            given.text(unused)
        exact = self._settings["zenlayer.domain_name_match"] == "exact"
        minded = self._settings["zenlayer.domain_name_case"] == "minded"
        rows = []
        for domain in self.domains.values():
            if ids is not None and domain.id not in ids:
                continue
            if name is not None and not _text_matches(name, domain.name, exact, minded):
                continue
            row = self._domain_info(domain, call.ticks)
            if all(value is None or value.upper() == str(row.get(key, "")).upper() for key, value in filters.items()):
                rows.append(row)
        return self._page(rows, given)

    def _domain_info(self, domain: Domain, ticks: float) -> dict[str, Any]:
        settings = self._settings
        rollout = domain.shown_status(ticks) or settings["zenlayer.in_progress_word"]
        switch = "ENABLED" if domain.enabled else settings["zenlayer.stopped_word"]
        if settings["zenlayer.status_field"] == "configStatus":
            status = {"domainStatus": switch, "configStatus": rollout}
        else:
            status = {"domainStatus": rollout if domain.enabled else settings["zenlayer.stopped_word"]}
        if settings["zenlayer.status_case"] == "title":
            status = {key: value.capitalize() for key, value in status.items()}
        return {
            "domainId": domain.id,
            "domainName": domain.name,
            "businessType": domain.business_type,
            **status,
            "cname": f"{domain.name}.cdn-target.example.net",
            "createTime": _stamp(datetime.fromtimestamp(domain.created, timezone.utc)),
            "resourceGroupId": domain.resource_group,
        }

    def _describe_domain_certificate(self, given: "Parameters", call: Call) -> dict[str, Any]:
        domain = self._domain(given)
        certificate = self.certificates.get(domain.shown_certificate(call.ticks, self._settings) or "")
        if certificate is not None:
            info = self._certificate_info(certificate, call.now)
            del info["resourceGroupId"]
            return {"certificate": info}
        forms: dict[str, dict[str, Any]] = {
            "null": {"certificate": None},
            "absent": {},
            "empty_object": {"certificate": {}},
            "empty_id": {"certificate": {"certificateId": "", "certificateLabel": "", "sans": []}},
        }
        return forms[self._settings["zenlayer.no_certificate"]]

    def _modify_domain_certificate(self, given: "Parameters", call: Call) -> None:
        domain = self._domain(given)
        certificate = self._certificate(given)
        if not certificate.leaf.covers(domain.name) or _expired(certificate, call.now):
            raise RefusedError(
                "CERT_NOT_MATCH_DOMAIN_OR_EXPIRED", "The certificate does not match the domain or has expired."
            )
        status = domain.true_status(call.ticks)
        if not domain.enabled and self._settings["zenlayer.modify_while_stopped"] == "refuse":
            raise self._wrong_status()
        if status is None and self._settings["zenlayer.modify_while_deploying"] == "refuse":
            raise self._wrong_status()
        same = domain.certificate == certificate.id
        if same and status != FAILED and self._settings["zenlayer.same_binding"] == "noop":
            return
        self._roll_out(domain, certificate.id, call.ticks)

    def _start_domain(self, given: "Parameters", call: Call) -> None:
        domain = self._domain(given)
        if domain.enabled:
            raise self._wrong_status()
        domain.enabled = True
        self._roll_out(domain, domain.certificate, call.ticks)

    def _stop_domain(self, given: "Parameters", call: Call) -> None:
        domain = self._domain(given)
        if not domain.enabled or domain.true_status(call.ticks) != DEPLOYED:
            raise self._wrong_status()
        domain.enabled = False

    def _roll_out(self, domain: Domain, certificate: str | None, ticks: float) -> None:
        failing = self._settings["zenlayer.failing_certificates"]
        stored = self.certificates.get(certificate or "")
        domain.roll_out(
            certificate,
            self._settings,
            ticks,
            fails=stored is not None and (stored.id in failing or stored.label in failing),
        )

    def _domain(self, given: "Parameters") -> Domain:
        domain = self.domains.get(given.needed("domainId"))
        if domain is None:
            raise RefusedError("INVALID_DOMAIN_NOT_FOUND", "The domain does not exist.", 404)
        if not domain.permitted:
            raise RefusedError("DOMAIN_OPERATION_NO_PERMISSION", "No permission for this domain.", 403)
        return domain

    def _wrong_status(self) -> RefusedError:
        return RefusedError(
            self._settings["zenlayer.wrong_status_code"], "The status of the domain does not allow this."
        )

    # Certificates

    def _describe_certificates(self, given: "Parameters", call: Call) -> dict[str, Any]:
        ids = given.texts("certificateIds", MAX_IDS)
        label, san, group = given.text("certificateLabel"), given.text("san"), given.text("resourceGroupId")
        expired = given.flag("expired")
        exact = self._settings["zenlayer.certificate_label_match"] == "exact"
        rows = [
            self._certificate_info(item, call.now)
            for item in self.certificates.values()
            if (ids is None or item.id in ids)
            and (label is None or _text_matches(label, item.label, exact))
            and (san is None or self._has_name(item, san))
            and (group is None or item.resource_group == group)
            and (expired is None or _expired(item, call.now) == expired)
        ]
        return self._page(rows, given)

    def _has_name(self, certificate: Certificate, name: str) -> bool:
        if self._settings["zenlayer.san_match"] == "exact":
            return name.lower() in [item.lower() for item in certificate.leaf.names]
        return certificate.leaf.covers(name)

    def _certificate_info(self, certificate: Certificate, now: float) -> dict[str, Any]:
        leaf = certificate.leaf
        return {
            "certificateId": certificate.id,
            "certificateLabel": certificate.label,
            "common": leaf.common_name,
            "fingerprint": self._fingerprint(leaf),
            "issuer": leaf.issuer,
            "sans": leaf.names,
            "algorithm": leaf.algorithm,
            "createTime": _stamp(datetime.fromtimestamp(certificate.created, timezone.utc)),
            "startTime": _stamp(leaf.not_before),
            "endTime": _stamp(leaf.not_after),
            "expired": _expired(certificate, now),
            "resourceGroupId": certificate.resource_group,
        }

    def _fingerprint(self, leaf: Leaf) -> str:
        text = leaf.fingerprint(self._settings["zenlayer.fingerprint_algorithm"])
        if self._settings["zenlayer.fingerprint_case"] == "upper":
            text = text.upper()
        if self._settings["zenlayer.fingerprint_colons"]:
            text = ":".join(text[place : place + 2] for place in range(0, len(text), 2))
        return text

    def _create_certificate(self, given: "Parameters", call: Call) -> dict[str, Any]:
        leaf = self._uploaded(given, call.now)
        label = given.text("certificateLabel")
        if label is not None and len(label) > MAX_LABEL:
            raise RefusedError("INVALID_PARAMETER_EXCEED_LENGTH", f"certificateLabel is longer than {MAX_LABEL}.")
        if any(item.leaf.der == leaf.der or (label and item.label == label) for item in self.certificates.values()):
            raise RefusedError("CERTIFICATE_DUPLICATED", "The certificate or its label exists already.")
        identity = self._new_id("cert")
        while identity in self.certificates:
            identity = self._new_id("cert")
        self.certificates[identity] = Certificate(
            identity, label or identity, leaf, call.now, given.text("resourceGroupId") or DEFAULT_GROUP
        )
        return {"certificateId": identity}

    def _modify_certificate(self, given: "Parameters", call: Call) -> dict[str, Any]:
        certificate = self._certificate(given)
        leaf = self._uploaded(given, call.now)
        if any(item.leaf.der == leaf.der for item in self.certificates.values() if item is not certificate):
            raise RefusedError("CERTIFICATE_DUPLICATED", "The certificate exists already.")
        if not all(leaf.covers(name) for name in certificate.leaf.names):
            raise RefusedError("CERTIFICATE_NOT_COVER_ALL_DOMAIN", "The new certificate does not cover all domains.")
        certificate.leaf = leaf
        if self._settings["zenlayer.replace_rolls_out"]:
            for domain in self.domains.values():
                if domain.certificate == certificate.id:
                    self._roll_out(domain, certificate.id, call.ticks)
        return {"certificateId": certificate.id}

    def _delete_certificate(self, given: "Parameters", call: Call) -> None:
        certificate = self._certificate(given)
        used = {
            one
            for domain in self.domains.values()
            for one in (domain.certificate, domain.served_certificate(call.ticks))
        }
        if certificate.id in used:
            raise RefusedError("CERTIFICATE_IS_USING", "The certificate is bound to a domain.")
        del self.certificates[certificate.id]

    def _certificate(self, given: "Parameters") -> Certificate:
        certificate = self.certificates.get(given.needed("certificateId"))
        if certificate is None:
            raise RefusedError("INVALID_CERTIFICATE_NOT_FOUND", "The certificate does not exist.", 404)
        return certificate

    def _uploaded(self, given: "Parameters", now: float) -> Leaf:
        content, key = given.needed("certificateContent"), given.needed("certificateKey")
        leaf = parse_leaf(content)
        if leaf is None:
            raise RefusedError("INVALID_CERTIFICATE_CONTENT", "The certificate cannot be read.")
        public_key = public_key_of(key)
        if public_key is None:
            raise RefusedError("INVALID_CERTIFICATE_KEY", "The private key cannot be read.")
        if public_key != leaf.public_key:
            raise RefusedError("CERTIFICATE_CONTENT_NOT_MATCH_KEY", "Certificate and private key do not match.")
        if leaf.not_after.timestamp() <= now:
            raise RefusedError("CERTIFICATE_EXPIRED", "The certificate has expired.")
        return leaf

    def _page(self, rows: list[dict[str, Any]], given: "Parameters") -> dict[str, Any]:
        size = given.number("pageSize", DEFAULT_PAGE)
        number = given.number("pageNum", 1)
        if size > MAX_PAGE:
            if self._settings["zenlayer.oversized_page"] == "refuse":
                raise RefusedError("INVALID_PARAMETER_EXCEED_MAXIMUM", f"pageSize is larger than {MAX_PAGE}.")
            size = MAX_PAGE
        start = (number - 1) * size
        return {"totalCount": len(rows), "dataSet": rows[start : start + size]}


class Parameters:
    """The request body, with the documented complaints. Unknown fields are ignored, null counts as not given."""

    def __init__(self, body: Any):
        if body is NOT_JSON or not isinstance(body, dict):
            raise RefusedError("INVALID_PARAMETER_TYPE", "The body must be a JSON object.")
        self._body = body

    def needed(self, name: str) -> str:
        """A required text."""
        value = self.text(name)
        if not value:
            raise RefusedError("MISSING_PARAMETER", f"{name} is missing.")
        return value

    def text(self, name: str) -> str | None:
        """An optional text."""
        return self._typed(name, str, "a string")

    def flag(self, name: str) -> bool | None:
        """An optional boolean."""
        return self._typed(name, bool, "a boolean")

    def texts(self, name: str, longest: int) -> list[str] | None:
        """An optional list of texts."""
        value = self._typed(name, list, "an array of strings")
        if value is None:
            return None
        if not all(isinstance(item, str) for item in value):
            raise RefusedError("INVALID_PARAMETER_TYPE", f"{name} must be an array of strings.")
        if len(value) > longest:
            raise RefusedError("INVALID_PARAMETER_EXCEED_LENGTH", f"{name} has more than {longest} items.")
        return value

    def number(self, name: str, default: int) -> int:
        """An integer from 1."""
        value = self._body.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError("INVALID_PARAMETER_TYPE", f"{name} must be an integer.")
        if value < 1:
            raise RefusedError("INVALID_PARAMETER_LESS_MINIMUM", f"{name} is smaller than 1.")
        return value

    def _typed(self, name: str, kind: type[Kind], text: str) -> Kind | None:
        value = self._body.get(name)
        if value is None or isinstance(value, kind):
            return value
        raise RefusedError("INVALID_PARAMETER_TYPE", f"{name} must be {text}.")


def _text_matches(wanted: str, name: str, exact: bool, case_minded: bool = False) -> bool:
    if not case_minded:
        wanted, name = wanted.lower(), name.lower()
    return wanted == name if exact else wanted in name


def _expired(certificate: Certificate, now: float) -> bool:
    return certificate.leaf.not_after.timestamp() <= now


def _expiry(seconds: float | None) -> float:
    return float("inf") if seconds is None else time.monotonic() + seconds


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _request_id() -> str:
    return f"T-{uuid.uuid4()}"
