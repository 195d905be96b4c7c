# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for Zenlayer's service."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CheckModeError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._http import Call, Reply
from ansible_collections.certops.cdn.plugins.module_utils._wait import Clock, Deadline
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import Envelope

NOW = datetime.now(timezone.utc)


def certificate_info(certificate_id: str, *sans: str, **more: Any) -> dict[str, Any]:
    """A certificate as the service tells it, valid for another month."""
    return {
        "certificateId": certificate_id,
        "certificateLabel": f"label-{certificate_id}",
        "common": sans[0] if sans else "",
        "fingerprint": "AB" * 20,
        "issuer": "Example CA",
        "sans": list(sans),
        "algorithm": "RSA",
        "startTime": (NOW - timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endTime": (NOW + timedelta(days=30, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "expired": False,
        **more,
    }


def domain_info(domain_id: str, name: str, config_status: str = "DEPLOYED", **more: Any) -> dict[str, Any]:
    return {
        "domainId": domain_id,
        "domainName": name,
        "cname": f"{name}.cdn.example.net",
        "configStatus": config_status,
        "domainStatus": "ENABLED",
        **more,
    }


class Account:
    """An account with certificates and domains. Binding a certificate starts a rollout of ten seconds.

    It stands in for the HTTP client too, so that a call is answered where it would have been sent.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.certificates: list[dict[str, Any]] = []
        self.domains: dict[str, dict[str, Any]] = {}
        self.bound: dict[str, str | None] = {}
        self.duration = 10.0
        self.lag = 0.0
        """Seconds for which the status shows what was there before a write."""
        self.ends: dict[tuple[str, str], str] = {}
        """How the rollout of a certificate to a domain ends; DEPLOYED where nothing is said."""
        self.faults: dict[tuple[str, str], list[ApiError]] = {}
        """What becomes of the next calls of an action for a domain, instead of an answer."""
        self.executes_faulty_writes = False
        self.page_limit = 1000
        self.filter_minds_case = False
        """Whether the filter ``domainName`` knows names in the letter case alone in which they are stored."""
        self.check_mode = False
        self._rollouts: dict[str, tuple[str, float, str]] = {}

    # what the test sets up

    def certificate(self, certificate_id: str, *sans: str, **more: Any) -> None:
        self.certificates.append(certificate_info(certificate_id, *sans, **more))

    def domain(self, domain_id: str, name: str, bound: str | None = None, **more: Any) -> None:
        self.domains[domain_id] = domain_info(domain_id, name, **more)
        self.bound[domain_id] = bound

    def roll_out(self, domain_id: str, certificate_id: str) -> None:
        before = self.status(domain_id)
        self.bound[domain_id] = certificate_id
        end = self.ends.get((domain_id, certificate_id), "DEPLOYED")
        self._rollouts[domain_id] = (before, self.clock.now() + self.lag, end)

    def status(self, domain_id: str) -> str:
        before, starts, end = self._rollouts.get(domain_id, ("", 0.0, self.domains[domain_id]["configStatus"]))
        if self.clock.now() < starts:
            return before
        return "DEPLOYING" if self.clock.now() < starts + self.duration else end

    # what the test looks at

    def count(self, action: str) -> int:
        return sum(call.action == action for call in self.calls)

    @property
    def written(self) -> list[str]:
        """The actions of all writes."""
        return [call.action for call in self.calls if call.writes]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(call.body["domainId"], call.body["certificateId"]) for call in self.calls if call.writes]

    # the client

    def call(self, call: Call, parse: Callable[[Any], Any], _deadline: Deadline | None = None) -> Any:
        if call.writes and self.check_mode:
            raise CheckModeError("a write in check mode")
        self.calls.append(call)
        fault = self.faults.get((call.action, call.body.get("domainId", "")))
        error = fault.pop(0) if fault else None
        if error is None or self.executes_faulty_writes:
            result = getattr(self, f"_{call.action}")(call.body)
        if error is not None:
            raise error
        number = f"T-{len(self.calls)}"
        body = {"requestId": number, **({} if result is None else {"response": {"requestId": number, **result}})}
        return parse(Envelope().open(call, Reply(200, {}, json.dumps(body).encode())))

    def _page(self, found: list[dict[str, Any]], body: Mapping[str, Any]) -> dict[str, Any]:
        size = min(body["pageSize"], self.page_limit)
        start = (body["pageNum"] - 1) * size
        return {"totalCount": len(found), "dataSet": found[start : start + size]}

    def _DescribeCertificates(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            info
            for info in self.certificates
            if info["certificateId"] in body.get("certificateIds", [info["certificateId"]])
            and body.get("certificateLabel", "") in info["certificateLabel"]
            and body.get("resourceGroupId") in (None, info.get("resourceGroupId"))
        ]
        return self._page(found, body)

    def _DescribeDomains(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = []
        for domain_id, info in self.domains.items():
            if (
                domain_id not in body.get("domainIds", [domain_id])
                or body.get("domainName", "") not in self._filtered(info["domainName"])
                or body.get("resourceGroupId") not in (None, info.get("resourceGroupId"))
            ):
                continue
            found.append({**info, "configStatus": self.status(domain_id)})
        return self._page(found, body)

    def _filtered(self, name: str) -> str:
        return name if self.filter_minds_case else name.lower()

    def _DescribeDomainCertificate(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        bound = self.bound[body["domainId"]]
        known = {info["certificateId"]: info for info in self.certificates}
        return {"certificate": known.get(bound, certificate_info(bound)) if bound else None}

    def _ModifyDomainCertificate(self, body: Mapping[str, Any]) -> None:  # noqa: N802
        self.roll_out(body["domainId"], body["certificateId"])

    # It does not look into certificates: the content is its fingerprint, and the names are what a test says.

    names_of_uploads: tuple[str, ...] = ("www.example.com",)

    def _content(self, body: Mapping[str, Any], certificate_id: str) -> dict[str, Any]:
        first = body["certificateContent"].partition("-----END CERTIFICATE-----")
        fingerprint = hashlib.sha1(ssl.PEM_cert_to_DER_cert(first[0] + first[1])).hexdigest()  # noqa: S324
        if any(info["fingerprint"].lower() == fingerprint for info in self.certificates):
            raise refusal("CERTIFICATE_DUPLICATED")
        return certificate_info(certificate_id, *self.names_of_uploads, fingerprint=fingerprint.upper())

    def _CreateCertificate(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        info = self._content(body, f"c-{len(self.certificates) + 1}")
        label = body.get("certificateLabel", "")
        if any(label and stored["certificateLabel"] == label for stored in self.certificates):
            raise refusal("CERTIFICATE_DUPLICATED")
        self.certificates.append({**info, "certificateLabel": label or info["certificateLabel"]})
        return {"certificateId": info["certificateId"]}

    def _ModifyCertificate(self, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        (stored,) = [info for info in self.certificates if info["certificateId"] == body["certificateId"]]
        label = stored["certificateLabel"]
        stored.update(self._content(body, body["certificateId"]), certificateLabel=label)
        return {"certificateId": body["certificateId"]}

    def _DeleteCertificate(self, body: Mapping[str, Any]) -> None:  # noqa: N802
        if body["certificateId"] in self.bound.values():
            raise refusal("CERTIFICATE_IS_USING")
        left = [info for info in self.certificates if info["certificateId"] != body["certificateId"]]
        if left == self.certificates:
            raise refusal("INVALID_CERTIFICATE_NOT_FOUND")
        self.certificates = left


def refusal(code: str) -> ApiError:
    return ApiError(f"Zenlayer refused: {code}.", provider="Zenlayer", code=code, outcome=Outcome.REFUSED)
