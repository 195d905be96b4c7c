# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: the certificates of Zenlayer CDN domains: the decision table, and what the stages mean for a binding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered, is_pattern
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank, one_given, unique
from ansible_collections.certops.cdn.plugins.module_utils._plan import Await, Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._times import iso_time
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import (
    PROVIDER,
    Certificate,
    Domain,
    Rollout,
    Zenlayer,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_lists import Lists, names_or_patterns, value_of

STATUS_LAG = 3.0
"""Seconds for which a status may still show what was there before a write (DESIGN 4.2)."""

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
        self._ids = _listed(params, "domain_ids", unique)
        self._names = _listed(params, "domain_names", names_or_patterns)
        self._api = Zenlayer.from_options(params, settings, redact)
        group = params["resource_group_id"] and params["resource_group_id"].strip()
        self._lists = Lists(self._api, group, settings.concurrency)
        self._now = datetime.now(timezone.utc)
        self._domains: dict[str, Domain] = {}
        # Why what the options name is no domain that can be bound to; it has a stand-in among the domains.
        self._unusable: dict[str, InputError] = {}
        # Domains whose status has just been read, so that reading them again needs the binding only.
        self._fresh: set[str] = set()
        # What was bound when the domains were written.
        self._replaced: dict[str, str | None] = {}
        self.certificate: Certificate | None = None

    @staticmethod
    def _check(params: Mapping[str, Any]) -> None:
        one_given(params, "domain_ids", "domain_names", "all_covered")
        one_given(params, "certificate_id", "certificate_label")
        if params["rollback"] and not params["wait"]:
            raise InputError("rollback needs wait: without it nobody sees a rollout fail.")
        if params["all_covered"] is False:
            raise InputError("all_covered is false, and nothing else says which domains are meant.")
        for name in ("certificate_id", "certificate_label", "resource_group_id"):
            if params[name] is not None:
                not_blank(name, params[name])

    # select

    def select(self) -> list[str]:
        self.certificate = self._find_certificate()
        if self._ids is not None:
            keys = self._select_by_id(self._ids)
        elif self._names is not None:
            keys = self._select_by_name(self._names)
        else:
            keys = self._select_covered(self.certificate)
        expired = self._expired(self.certificate)
        if expired is not None and not keys:
            raise InputError(expired.reason, provider=PROVIDER, code=expired.code)
        self._fresh = set(self._domains)
        return keys

    def _expired(self, certificate: Certificate) -> Refuse | None:
        """The refusal of a certificate that has expired."""
        if not certificate.expired(self._now):
            return None
        ended = iso_time(certificate.not_after)
        return Refuse(f"{certificate} has expired ({ended}); nothing was changed.", code="CertificateExpired")

    def _find_certificate(self) -> Certificate:
        certificate_id, label = self._params["certificate_id"], self._params["certificate_label"]
        if certificate_id is not None:
            wanted = certificate_id.strip()
            option, found = f"certificate_id: '{wanted}'", self._api.certificates(certificate_ids=[wanted])
            found = [certificate for certificate in found if certificate.certificate_id == wanted]
        else:
            wanted = label.strip()
            option, found = f"certificate_label: '{wanted}'", self._lists.certificates_labelled(wanted)
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

    def _select_by_id(self, wanted: Sequence[str]) -> list[str]:
        found = self._lists.domains_by_id(wanted)
        self._domains = {key: value_of(result) for key, result in found.items()}
        return [
            domain_id
            if domain_id in self._domains
            else self._refuse(
                f"domain_ids: '{domain_id}'",
                Domain(domain_id, "", "", "", ""),
                f"domain_ids: no such domain in this account: {domain_id}.",
                "NotFound",
            )
            for domain_id in wanted
        ]

    def _select_by_name(self, wanted: Sequence[str]) -> list[str]:
        keys = []
        for name, domains in self._lists.domains_by_name(wanted).items():
            option, stand_in = f"domain_names: '{name}'", Domain("", name, "", "", "")
            if len(domains) > 1 and not is_pattern(name):
                ids = ", ".join(sorted(domain.domain_id for domain in domains))
                message = f"{option} matches {len(domains)} domains ({ids}); use domain_ids."
                keys.append(self._refuse(option, stand_in, message, "Ambiguous"))
                continue
            if not domains and not self._params["allow_no_match"]:
                message = f"domain_names: no domain of this account matches: {name}."
                keys.append(self._refuse(option, stand_in, message, "NotFound"))
            self._domains.update({domain.domain_id: domain for domain in domains})
            keys += [domain.domain_id for domain in domains]
        return list(dict.fromkeys(keys))

    def _refuse(self, key: str, stand_in: Domain, message: str, code: str) -> str:
        """Note that what an option names is no domain that can be bound to, so that it has a row of its own.

        :param key: no id of a domain can be the same
        :param stand_in: what its row tells of it
        """
        self._domains[key] = stand_in
        self._unusable[key] = InputError(message, provider=PROVIDER, code=code)
        return key

    def _select_covered(self, certificate: Certificate) -> list[str]:
        domains = [domain for domain in self._lists.domains() if covered(certificate.names, domain.name)]
        if not domains and not self._params["allow_no_match"]:
            names = ", ".join(certificate.names)
            raise InputError(
                f"all_covered: no domain is covered by {certificate} ({names}).", provider=PROVIDER, code="NoMatch"
            )
        self._domains = {domain.domain_id: domain for domain in domains}
        return list(self._domains)

    # read

    def name(self, key: str) -> str:
        return key if key in self._unusable else str(self._domains[key])

    def read(self, keys: Sequence[str]) -> dict[str, Read[Domain]]:
        """Status and binding; the status is not read again where that has just been done."""
        stale = [key for key in keys if key not in self._fresh]
        results: dict[str, Read[Domain]] = dict(self._look_up(stale)) if stale else {}
        self._fresh -= set(keys)
        for key in keys:
            if key not in stale:
                results[key] = self._unusable.get(key) or self._domains[key]
        found = {key: domain for key, domain in results.items() if isinstance(domain, Domain)}
        for key, result in self._lists.with_certificates(found).items():
            results[key] = result
            if isinstance(result, Domain):
                self._domains[key] = result
        return results

    def _look_up(self, keys: Sequence[str], deadline: Deadline | None = None) -> dict[str, Read[Domain]]:
        """The domains with these ids; the certificates stay as they were last read."""
        results: dict[str, Read[Domain]] = {}
        for key, domain in self._lists.domains_by_id(keys, deadline).items():
            results[key] = domain
            if isinstance(domain, Domain) and key in self._domains:
                results[key] = replace(domain, certificate=self._domains[key].certificate)
        return results

    # plan

    @property
    def _wanted(self) -> Certificate:
        if self.certificate is None:
            raise RuntimeError("select() comes first")
        return self.certificate

    def plan(self, key: str, state: Domain) -> Verdict:
        expired = self._expired(self._wanted)
        if expired is not None:
            return expired
        if not covered(self._wanted.names, state.name):
            return Refuse(
                f"{self._wanted} does not cover {state}; it is valid for "
                f"{', '.join(self._wanted.names)}. Nothing was changed."
            )
        verdict = decide(state.certificate_id, self._wanted.certificate_id, state.rollout)
        ours = key in self._replaced and self._replaced[key] != state.certificate_id == self._wanted.certificate_id
        if ours and isinstance(verdict, Change):
            # A write whose answer was lost was executed: it is its rollout that has failed.
            return Await(predicted=verdict, unwaited=verdict)
        return verdict

    # apply

    def apply(self, target: Target[Domain]) -> None:
        self._replaced[target.key] = self._domains[target.key].certificate_id
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
            **state.as_result(),
            "changed": target.changed,
            "outcome": target.outcome,
            "certificate_id": bound,
            "previous_certificate_id": before,
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


def _listed(params: Mapping[str, Any], name: str, parse: Callable[[str, Sequence[str]], list[str]]) -> list[str] | None:
    """The values of a list option; None where it is not given. It may be empty where it is fine that nothing matches.

    :raises InputError: they cannot be used
    """
    values: Sequence[str] | None = params[name]
    if values is None:
        return None
    return parse(name, values) if values or not params["allow_no_match"] else []


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
