# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: Zenlayer CDN. Its actions, its states, its decision table, and what the stages mean for it.

Facts and their evidence are in docs/fidelity.md; "api/zenlayer.md 4.2" names the section of the API reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._certificates import normalise_fingerprint
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, covers, is_pattern, normalise
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, JsonClient, Reply, Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import (
    base_url,
    env,
    env_pair,
    given_by_environment,
    not_blank,
    unique,
)
from ansible_collections.certops.cdn.plugins.module_utils._parallel import chunks, each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._shape import (
    as_key,
    as_list,
    as_number,
    as_object,
    as_objects,
    as_text,
)
from ansible_collections.certops.cdn.plugins.module_utils._signing import BearerAuth, Zc2Auth
from ansible_collections.certops.cdn.plugins.module_utils._times import days_left, iso_time, parse_time
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline

PROVIDER = "Zenlayer"
API_URL = "https://console.zenlayer.com"

API_VERSION = "2022-11-20"
"""Value of ``x-zc-version`` for service cdn; unverified, "2024-02-29" is seen too (api/zenlayer.md 1.3)."""

PAGE_SIZE = 100
"""Items a page; documented maximum 1000 for certificates, unverified for domains (api/zenlayer.md 3.2)."""

MAX_PAGES = 1000

MAX_IDS = 100
"""Ids in one request (api/zenlayer.md 3.5; unverified for domains)."""

MAX_NAMES_LOOKED_UP = 5
"""Up to so many exact names are looked up one by one; for more, or for patterns, all domains are listed."""

STATUS_LAG = 3.0
"""Seconds for which a status may still show what was there before a write (DESIGN 4.2)."""

KEY_ID_VARIABLES = ("ZENLAYERCLOUD_ACCESS_KEY_ID", "ZENLAYER_ACCESS_KEY_ID")
PASSWORD_VARIABLES = ("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", "ZENLAYER_ACCESS_KEY_SECRET")
TOKEN_VARIABLES = ("ZENLAYER_TOKEN",)

OPTIONS: dict[str, Any] = {
    "access_key_id": env_pair(KEY_ID_VARIABLES, PASSWORD_VARIABLES),
    "access_key_password": env_pair(PASSWORD_VARIABLES, KEY_ID_VARIABLES, secret=True),
    "api_token": env(*TOKEN_VARIABLES, secret=True),
    "api_url": env("ZENLAYERCLOUD_API_URL", default=API_URL),
}
"""Argument spec of the options that all Zenlayer modules share."""

# ---- Errors (api/zenlayer.md 5) --------------------------------------------------------------------------------------

_ADVICE = {
    "AUTHFAILURE_INVALID_AUTHORIZATION": "check the credentials",
    "AUTHFAILURE_SIGNATURE_FAILURE": "check access_key_password",
    "AUTHFAILURE_SIGNATURE_EXPIRED": "check the clock of this host",
    "AUTHFAILURE_UNAUTHORIZED_OPERATION": "the key may not use this action",
    "DOMAIN_OPERATION_NO_PERMISSION": "the key may not operate on this domain",
    "CERT_NOT_MATCH_DOMAIN_OR_EXPIRED": "the certificate has expired or does not cover the domain",
    "REQUEST_LIMIT_EXCEEDED": "lower rate_limit or concurrency",
}


class ZenlayerError(ApiError):
    """An error that Zenlayer told, with its code in upper snake case."""

    provider = PROVIDER


def normalise_code(code: str) -> str:
    """Codes are compared in upper snake case: the SDKs also spell them with dots (api/zenlayer.md 5.1)."""
    return code.strip().upper().replace(".", "_").replace("-", "_")


def outcome_of(status: int, code: str) -> Outcome:
    """What an error answer tells about the call (api/zenlayer.md 5.2, 5.3)."""
    if status == 429 or code == "REQUEST_LIMIT_EXCEEDED":
        return Outcome.NOT_EXECUTED
    transient = ("INTERNAL_SERVER_ERROR", "SERVICE_TEMPORARY_UNAVAILABLE", "REQUEST_TIMED_OUT")
    return Outcome.UNKNOWN if status >= 500 or code in transient else Outcome.REFUSED


class Envelope:
    """``{requestId, response}``, without data also ``{requestId}`` alone; errors are flat (api/zenlayer.md 1.5)."""

    provider = PROVIDER

    def open(self, call: Call, reply: Reply) -> dict[str, Any]:
        body = as_object(reply.json())
        inner = body.get("response")
        told = inner if isinstance(inner, dict) else {}
        request_id = as_text(body.get("requestId") or told.get("requestId")) or None
        code = as_text(body.get("code"))
        if code or not 200 <= reply.status < 300:
            code = normalise_code(code or f"HTTP_{reply.status}")
            message = as_text(body.get("message")) or "no message"
            advice = f" ({_ADVICE[code]})" if code in _ADVICE else ""
            raise ZenlayerError(
                message + advice, code=code, request_id=request_id, outcome=outcome_of(reply.status, code)
            )
        return {**({} if inner is None else as_object(inner)), "requestId": request_id}


# ---- Data (api/zenlayer.md 3.1) --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """A stored certificate; PEM and key are never returned by the provider."""

    certificate_id: str
    label: str
    common_name: str
    sans: tuple[str, ...]
    fingerprint: str
    issuer: str
    not_before: datetime | None
    not_after: datetime | None
    marked_expired: bool

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Certificate:
        return cls(
            certificate_id=as_key(data.get("certificateId")),
            label=as_text(data.get("certificateLabel")),
            common_name=as_text(data.get("common")),
            sans=tuple(as_text(name) for name in as_list(data.get("sans"))),
            fingerprint=normalise_fingerprint(data.get("fingerprint")),
            issuer=as_text(data.get("issuer")),
            not_before=parse_time(data.get("startTime")),
            not_after=parse_time(data.get("endTime")),
            marked_expired=data.get("expired") is True,
        )

    @property
    def names(self) -> list[str]:
        """The names it is valid for: its SANs; the common name counts only where there are none (RFC 6125)."""
        return list(self.sans) or [self.common_name]

    def expired(self, now: datetime) -> bool:
        return self.marked_expired or (self.not_after is not None and self.not_after <= now)

    def as_result(self, now: datetime) -> dict[str, Any]:
        """The certificate's row; every module returns it in this shape."""
        return {
            "certificate_id": self.certificate_id,
            "certificate_label": self.label,
            "common_name": self.common_name,
            "sans": list(self.sans),
            "fingerprint": self.fingerprint,
            "issuer": self.issuer,
            "not_before": iso_time(self.not_before),
            "not_after": iso_time(self.not_after),
            "days_left": days_left(self.not_after, now),
            "expired": self.expired(now),
        }


class Rollout(Enum):
    """The state of a domain's last configuration change."""

    IN_PROGRESS = "in progress"
    DEPLOYED = "DEPLOYED"
    FAILED = "FAILED"

    @classmethod
    def of(cls, config_status: str, domain_status: str) -> Rollout:
        """From the two status fields, in any letter case.

        The documentation's prose puts the same words into ``domainStatus``; unknown words are "in progress"
        (api/zenlayer.md 4.2).
        """
        word = config_status.strip().upper() or domain_status.strip().upper()
        return {"DEPLOYED": cls.DEPLOYED, "FAILED": cls.FAILED}.get(word, cls.IN_PROGRESS)


@dataclass(frozen=True)
class Domain:
    """An accelerated domain and, once it was read, the certificate bound to it."""

    domain_id: str
    name: str
    cname: str
    config_status: str
    domain_status: str
    certificate: Certificate | None = None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Domain:
        return cls(
            domain_id=as_key(data.get("domainId")),
            name=as_key(data.get("domainName")),
            cname=as_text(data.get("cname")),
            config_status=as_text(data.get("configStatus")),
            domain_status=as_text(data.get("domainStatus")),
        )

    @property
    def rollout(self) -> Rollout:
        return Rollout.of(self.config_status, self.domain_status)

    @property
    def certificate_id(self) -> str | None:
        return None if self.certificate is None else self.certificate.certificate_id

    def __str__(self) -> str:
        return f"domain {self.name} ({self.domain_id})"


# ---- Decisions (DESIGN 4.2), pure ------------------------------------------------------------------------------------


def decide(bound: str | None, wanted: str, rollout: Rollout) -> Verdict:
    """The decision table for one domain.

    :param bound: id of the certificate that is bound now
    :param wanted: id of the certificate to bind
    """
    bind = Change("bound", "would_bind")
    if bound != wanted:
        return Await(predicted=bind, unwaited=bind) if rollout is Rollout.IN_PROGRESS else bind
    if rollout is Rollout.FAILED:
        return Change("reapplied", "would_bind")
    return Await(predicted=Keep(), unwaited=Keep()) if rollout is Rollout.IN_PROGRESS else Keep()


def rollout_progress(now: Rollout, before: Rollout, seen_running: bool, age: float) -> Progress:
    """What a look at a rollout means ``age`` seconds after the write that started it.

    The status can lag behind the write, so an end is believed only once the rollout was seen in progress, or once the
    lag is over. A FAILED that follows another status is new, whatever was seen (DESIGN 4.2, api/zenlayer.md 4.4).
    """
    if now is Rollout.IN_PROGRESS:
        return Progress.RUNNING
    if now is Rollout.FAILED:
        believed = seen_running or before is not Rollout.FAILED or age >= STATUS_LAG
        return Progress.FAILED if believed else Progress.STALE
    if seen_running:
        return Progress.DONE
    return Progress.CONFIRM if age >= STATUS_LAG else Progress.STALE


# ---- Actions (api/zenlayer.md 3) -------------------------------------------------------------------------------------


class Zenlayer:
    """The actions of service cdn, as methods. All of them raise :class:`ApiError`."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    @classmethod
    def from_options(cls, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> Zenlayer:
        """
        :raises InputError: credentials or URL cannot be used
        """
        url = base_url("api_url", params["api_url"])
        return cls(JsonClient(url, Envelope(), credentials(params), settings, redact))

    def _call(
        self,
        action: str,
        body: Mapping[str, Any],
        parse: Any,
        *,
        writes: bool = False,
        subject: str = "",
        deadline: Deadline | None = None,
    ) -> Any:
        call = Call(
            action=action,
            path="/api/v2/cdn",
            body={name: value for name, value in body.items() if value is not None},
            headers={"x-zc-action": action, "x-zc-version": API_VERSION, "x-zc-service": "cdn"},
            writes=writes,
            subject=subject,
        )
        return self._client.call(call, parse, deadline)

    def _pages(
        self,
        action: str,
        filters: Mapping[str, Any],
        parse_item: Any,
        subject: str = "",
        deadline: Deadline | None = None,
    ) -> Iterator[Any]:
        """All items of a list action, until an empty page or ``totalCount`` is reached (api/zenlayer.md 7.19)."""
        seen = 0
        for number in range(1, MAX_PAGES + 1):
            total, page = self._call(
                action,
                {**filters, "pageSize": PAGE_SIZE, "pageNum": number},
                lambda data: _page(data, parse_item),
                subject=subject,
                deadline=deadline,
            )
            yield from page
            seen += len(page)
            if not page or (total is not None and seen >= total):
                return

    def domains(self, *, name: str | None = None, resource_group_id: str | None = None) -> list[Domain]:
        """DescribeDomains: all domains, each once, without their certificates.

        :param name: a filter of which it is unverified whether it matches exactly: compare the names again
        """
        filters = {"domainName": name, "resourceGroupId": resource_group_id}
        found = self._pages("DescribeDomains", filters, Domain.parse, f"domain {name}" if name else "")
        return list({domain.domain_id: domain for domain in found}.values())

    def domains_by_id(
        self, domain_ids: Sequence[str], resource_group_id: str | None = None, deadline: Deadline | None = None
    ) -> dict[str, Domain]:
        """DescribeDomains for at most :data:`MAX_IDS` ids; unknown ones are missing in the result."""
        filters = {"domainIds": list(domain_ids), "resourceGroupId": resource_group_id}
        found = self._pages("DescribeDomains", filters, Domain.parse, deadline=deadline)
        return {domain.domain_id: domain for domain in found if domain.domain_id in domain_ids}

    def bound_certificate(self, domain: Domain) -> Certificate | None:
        """DescribeDomainCertificate: the binding, the only place that shows it (api/zenlayer.md 3.3)."""
        return self._call(  # type: ignore[no-any-return]
            "DescribeDomainCertificate", {"domainId": domain.domain_id}, _bound_certificate, subject=str(domain)
        )

    def bind_certificate(self, domain: Domain, certificate_id: str) -> str | None:
        """ModifyDomainCertificate: starts a rollout; returns the request id. Writes."""
        body = {"domainId": domain.domain_id, "certificateId": certificate_id}
        return self._call(  # type: ignore[no-any-return]
            "ModifyDomainCertificate", body, lambda data: data["requestId"], writes=True, subject=str(domain)
        )

    def certificates(
        self,
        *,
        certificate_ids: Sequence[str] | None = None,
        label: str | None = None,
        resource_group_id: str | None = None,
    ) -> list[Certificate]:
        """DescribeCertificates: all that match, each once.

        :param label: a filter of which it is unverified whether it matches exactly: compare the labels again
        """
        filters = {
            "certificateIds": list(certificate_ids) if certificate_ids else None,
            "certificateLabel": label,
            "resourceGroupId": resource_group_id,
        }
        found = self._pages("DescribeCertificates", filters, Certificate.parse)
        return list({certificate.certificate_id: certificate for certificate in found}.values())


def _page(data: Mapping[str, Any], parse_item: Any) -> tuple[int | None, list[Any]]:
    return as_number(data.get("totalCount")), [parse_item(item) for item in as_objects(data.get("dataSet"))]


def _bound_certificate(data: Mapping[str, Any]) -> Certificate | None:
    """No certificate is told in four ways: field absent, null, ``{}``, or without an id (api/zenlayer.md 3.3)."""
    certificate = as_object(data.get("certificate") or {})
    return Certificate.parse(certificate) if certificate.get("certificateId") else None


def credentials(params: Mapping[str, Any]) -> Zc2Auth | BearerAuth:
    """The auth object for the access key pair or the token that the options or the environment give.

    A kind that is given by options wins over one that merely lies in the environment.

    :raises InputError: none, half a pair, or both kinds are given
    """
    key_id, password, token = (
        (params[name] or "").strip() for name in ("access_key_id", "access_key_password", "api_token")
    )
    if token and (key_id or password):
        token_by_option = not given_by_environment(params["api_token"], TOKEN_VARIABLES)
        pair_by_option = bool(
            (key_id and not given_by_environment(params["access_key_id"], KEY_ID_VARIABLES))
            or (password and not given_by_environment(params["access_key_password"], PASSWORD_VARIABLES))
        )
        if token_by_option == pair_by_option:
            raise InputError(
                "Both kinds of credentials are given: use either api_token or access_key_id with access_key_password.",
                provider=PROVIDER,
            )
        if pair_by_option:
            token = ""
    if token:
        return BearerAuth(token)
    if key_id and password:
        return Zc2Auth(key_id, password)
    if key_id or password:
        given, missing = ("access_key_id", "access_key_password")[:: 1 if key_id else -1]
        variables = PASSWORD_VARIABLES if key_id else KEY_ID_VARIABLES
        raise InputError(
            f"{given} is given without {missing}: set the option {missing} or the environment variable {variables[0]}.",
            provider=PROVIDER,
        )
    raise InputError(
        "No credentials: set access_key_id and access_key_password, or api_token, as options or as environment "
        f"variables {KEY_ID_VARIABLES[0]} and {PASSWORD_VARIABLES[0]}, or {TOKEN_VARIABLES[0]}.",
        provider=PROVIDER,
    )


# ---- The binding of certificates to domains, as stages ---------------------------------------------------------------


class DomainBindings:
    """The domains that the options select, each of which is to serve one certificate."""

    provider = PROVIDER
    all_or_nothing = True
    repeatable = True  # the same pair sets the same state (api/zenlayer.md 7.9)
    unwaited_outcome = "pending"

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._check(params)
        self._params = params
        self._group = params["resource_group_id"] and params["resource_group_id"].strip()
        self._concurrency = settings.concurrency
        self._api = Zenlayer.from_options(params, settings, redact)
        self._now = datetime.now(timezone.utc)
        self._domains: dict[str, Domain] = {}
        # Domains whose status has just been read, so that reading them again needs the binding only.
        self._fresh: set[str] = set()
        self.certificate: Certificate | None = None

    @staticmethod
    def _check(params: Mapping[str, Any]) -> None:
        if params["domain_ids"] is not None:
            unique("domain_ids", params["domain_ids"])
        if params["domain_names"] is not None:
            unique("domain_names", params["domain_names"], normalise)
        if params["all_covered"] is False:
            raise InputError("all_covered is false, and nothing else says which domains are meant.")
        for name in ("certificate_id", "certificate_label", "resource_group_id"):
            if params[name] is not None:
                not_blank(name, params[name])

    # select

    def select(self) -> list[str]:
        self.certificate = self._find_certificate()
        if self.certificate.expired(self._now):
            raise InputError(
                f"{self._described(self.certificate)} has expired ({iso_time(self.certificate.not_after)}); "
                "nothing was changed.",
                provider=PROVIDER,
                code="CertificateExpired",
            )
        if self._params["domain_ids"] is not None:
            domains = self._select_by_id(unique("domain_ids", self._params["domain_ids"]))
        elif self._params["domain_names"] is not None:
            domains = self._select_by_name(unique("domain_names", self._params["domain_names"], normalise))
        else:
            domains = [domain for domain in self._all_domains() if covered(self.certificate.names, domain.name)]
            if not domains and not self._params["allow_no_match"]:
                names = ", ".join(self.certificate.names)
                raise InputError(
                    f"all_covered: no domain is covered by {self._described(self.certificate)} ({names}).",
                    provider=PROVIDER,
                    code="NoMatch",
                )
        self._domains = {domain.domain_id: domain for domain in domains}
        self._fresh = set(self._domains)
        return list(self._domains)

    def _find_certificate(self) -> Certificate:
        certificate_id, label = self._params["certificate_id"], self._params["certificate_label"]
        if certificate_id is not None:
            wanted = certificate_id.strip()
            option, found = f"certificate_id: '{wanted}'", self._api.certificates(certificate_ids=[wanted])
            found = [certificate for certificate in found if certificate.certificate_id == wanted]
        else:
            wanted = label.strip()
            option, found = (
                f"certificate_label: '{wanted}'",
                self._api.certificates(label=wanted, resource_group_id=self._group),
            )
            found = [certificate for certificate in found if certificate.label == wanted]
        if not found:
            raise InputError(f"{option} is not a certificate of this account.", provider=PROVIDER, code="NotFound")
        if len(found) > 1:
            ids = ", ".join(sorted(certificate.certificate_id for certificate in found))
            raise InputError(
                f"{option} matches {len(found)} certificates ({ids}); use certificate_id.",
                provider=PROVIDER,
                code="Ambiguous",
            )
        return found[0]

    def _select_by_id(self, wanted: Sequence[str]) -> list[Domain]:
        found = self._look_up(wanted)
        for result in found.values():
            if isinstance(result, CdnError):
                raise result
        domains = {key: domain for key, domain in found.items() if isinstance(domain, Domain)}
        missing = [domain_id for domain_id in wanted if domain_id not in domains]
        if missing:
            raise InputError(
                f"domain_ids: no such domain in this account: {', '.join(missing)}.", provider=PROVIDER, code="NotFound"
            )
        return [domains[domain_id] for domain_id in wanted]

    def _select_by_name(self, wanted: Sequence[str]) -> list[Domain]:
        if len(wanted) > MAX_NAMES_LOOKED_UP or any(is_pattern(name) for name in wanted):
            candidates = self._all_domains()
        else:
            looked_up = each(
                lambda name: self._api.domains(name=normalise(name), resource_group_id=self._group),
                wanted,
                self._concurrency,
            )
            candidates = []
            for result in looked_up.values():
                if isinstance(result, CdnError):
                    raise result
                candidates += result
        selected: dict[str, Domain] = {}
        missing = []
        for name in wanted:
            matches = {domain.domain_id: domain for domain in candidates if covers(name, domain.name)}
            if len(matches) > 1 and not is_pattern(name):
                ids = ", ".join(sorted(matches))
                raise InputError(
                    f"domain_names: '{name}' matches {len(matches)} domains ({ids}); use domain_ids.",
                    provider=PROVIDER,
                    code="Ambiguous",
                )
            if not matches:
                missing.append(name)
            selected.update(matches)
        if missing and not self._params["allow_no_match"]:
            raise InputError(
                f"domain_names: no domain of this account matches: {', '.join(missing)}.",
                provider=PROVIDER,
                code="NotFound",
            )
        return list(selected.values())

    def _all_domains(self) -> list[Domain]:
        return self._api.domains(resource_group_id=self._group)

    def _described(self, certificate: Certificate) -> str:
        return f"certificate {certificate.label or certificate.common_name} ({certificate.certificate_id})"

    # read

    def name(self, key: str) -> str:
        return str(self._domains[key])

    def read(self, keys: Sequence[str]) -> dict[str, Read[Domain]]:
        """Status and binding; the status is not read again where that has just been done."""
        stale = [key for key in keys if key not in self._fresh]
        results: dict[str, Read[Domain]] = dict(self._look_up(stale)) if stale else {}
        self._fresh -= set(keys)
        for key in keys:
            if key not in stale:
                results[key] = self._domains[key]
        found = {key: domain for key, domain in results.items() if isinstance(domain, Domain)}
        bound = each(lambda key: self._api.bound_certificate(found[key]), list(found), self._concurrency)
        for key, certificate in bound.items():
            if isinstance(certificate, CdnError):
                results[key] = certificate
            else:
                results[key] = self._domains[key] = replace(found[key], certificate=certificate)
        return results

    def _look_up(self, keys: Sequence[str], deadline: Deadline | None = None) -> dict[str, Read[Domain]]:
        """DescribeDomains for any number of ids; the certificates stay as they were last read."""
        batches = {batch[0]: batch for batch in chunks(keys, MAX_IDS)}
        answers = each(
            lambda first: self._api.domains_by_id(batches[first], self._group, deadline),
            list(batches),
            self._concurrency,
        )
        results: dict[str, Read[Domain]] = {}
        for first, answer in answers.items():
            if isinstance(answer, CdnError):
                results.update(dict.fromkeys(batches[first], answer))
                continue
            for key, domain in answer.items():
                known = self._domains.get(key)
                results[key] = replace(domain, certificate=known.certificate) if known else domain
        return results

    # plan

    @property
    def _wanted(self) -> Certificate:
        if self.certificate is None:
            raise RuntimeError("select() comes first")
        return self.certificate

    def plan(self, key: str, state: Domain) -> Verdict:
        if not covered(self._wanted.names, state.name):
            return Refuse(
                f"{self._described(self._wanted)} does not cover {state}; it is valid for "
                f"{', '.join(self._wanted.names)}. Nothing was changed."
            )
        return decide(state.certificate_id, self._wanted.certificate_id, state.rollout)

    # apply

    def apply(self, target: Target[Domain]) -> None:
        target.wrote(self._api.bind_certificate(self._domains[target.key], self._wanted.certificate_id))

    def may_be_done_already(self, error: ApiError) -> bool:
        return False

    def was_executed(self, target: Target[Domain]) -> bool:
        return False

    # settle

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Domain]]:
        found = self._look_up(keys, deadline)
        for key, domain in found.items():
            if isinstance(domain, Domain):
                self._domains[key] = domain
                self._fresh.add(key)
        return found

    def progress(self, target: Target[Domain], state: Domain, age: float) -> Progress:
        before = Rollout.FAILED if target.reverting else target.before.rollout if target.before else Rollout.DEPLOYED
        return rollout_progress(state.rollout, before, target.seen_running, age)

    def confirms(self, target: Target[Domain], state: Domain) -> bool:
        return state.certificate_id == self._aim(target)

    def _aim(self, target: Target[Domain]) -> str | None:
        if target.reverting and target.before is not None:
            return target.before.certificate_id
        return self._wanted.certificate_id

    def failure(self, target: Target[Domain]) -> CdnError:
        return self._unfinished(target, "RolloutFailed", "has failed")

    def overdue(self, target: Target[Domain], seconds: float) -> CdnError | None:
        return self._unfinished(target, "Timeout", f"has not ended within {seconds:g} s (wait_timeout)")

    def _unfinished(self, target: Target[Domain], code: str, what: str) -> CdnError:
        state = target.state
        seen = f"configStatus '{state.config_status}', domainStatus '{state.domain_status}'" if state else "no status"
        if target.written_at is None:
            whose, advice = "a rollout that was running before", "Run again when it has ended."
        else:
            whose = f"the rollout of certificate {self._aim(target)}"
            advice = "Run again to wait for it or to apply it again."
            if self._params["rollback"] and not self.can_revert(target):
                advice += " There was no certificate before to roll back to."
        return CdnError(
            f"{state}: {whose} {what} ({seen}). {advice}",
            provider=PROVIDER,
            action="ModifyDomainCertificate" if target.written_at is not None else "DescribeDomains",
            code=code,
            request_id=target.request_id,
            outcome=Outcome.UNKNOWN if code == "Timeout" else Outcome.REFUSED,
        )

    # roll back

    def can_revert(self, target: Target[Domain]) -> bool:
        before = target.before.certificate_id if target.before else None
        return bool(self._params["rollback"]) and before not in (None, self._wanted.certificate_id)

    def revert(self, target: Target[Domain]) -> None:
        before = target.before.certificate_id if target.before else None
        if before is not None:
            self._api.bind_certificate(self._domains[target.key], before)

    # report

    def report(self, targets: Sequence[Target[Domain]]) -> dict[str, Any]:
        rows = [self._row(target) for target in targets]
        return {
            "certificate": self._wanted.as_result(self._now),
            "domains": rows,
            "summary": {
                "total": len(rows),
                "changed": sum(row["changed"] for row in rows),
                "unchanged": sum(row["outcome"] == "unchanged" for row in rows),
                "failed": sum(row["error"] is not None for row in rows),
                "pending": sum(row["outcome"] in ("pending", "timeout") for row in rows),
                "rolled_back": sum(row["outcome"] == "rolled_back" for row in rows),
            },
            "diff": [self._diff(target) for target in targets if target.changed],
        }

    def _row(self, target: Target[Domain]) -> dict[str, Any]:
        state = target.state or self._domains[target.key]
        before = target.before.certificate_id if target.before else None
        bound = self._wanted.certificate_id if target.changed else before if target.reverting else state.certificate_id
        return {
            "domain_id": state.domain_id,
            "domain_name": state.name,
            "cname": state.cname or None,
            "changed": target.changed,
            "outcome": target.outcome,
            "certificate_id": bound,
            "previous_certificate_id": before,
            "config_status": state.config_status or None,
            "domain_status": state.domain_status or None,
            "seconds": target.seconds,
            "request_id": target.request_id,
            "error": target.error.as_result() if target.error else None,
        }

    def _diff(self, target: Target[Domain]) -> dict[str, Any]:
        before = target.before.certificate if target.before else None
        title = self.name(target.key)
        return {
            "before_header": title,
            "after_header": title,
            "before": _binding(before, target.before.config_status if target.before else ""),
            "after": _binding(self._wanted, Rollout.DEPLOYED.value),
        }


def _binding(certificate: Certificate | None, config_status: str) -> dict[str, Any]:
    """What a diff shows of a bound certificate."""
    if certificate is None:
        return {"certificate_id": None, "config_status": config_status}
    return {
        "config_status": config_status,
        "certificate_id": certificate.certificate_id,
        "certificate_label": certificate.label,
        "fingerprint": certificate.fingerprint,
        "not_after": iso_time(certificate.not_after),
    }
