# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: certificates stored at Zenlayer: the decisions, and what the stages mean for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.cdn.plugins.module_utils._certificates import given_fingerprint
from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, InputError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covered
from ansible_collections.certops.cdn.plugins.module_utils._http import Settings
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank
from ansible_collections.certops.cdn.plugins.module_utils._parallel import each
from ansible_collections.certops.cdn.plugins.module_utils._plan import Change, Keep, Progress, Refuse, Verdict
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._resource import OneWay, Read, Target
from ansible_collections.certops.cdn.plugins.module_utils._times import iso_time
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import (
    MAX_LABEL,
    PROVIDER,
    Certificate,
    Domain,
    Stored,
    Zenlayer,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_lists import Lists
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer_material import (
    Material,
    checked_pair,
    material_of,
    name_set,
)

CONCURRENCY = 8
RATE_LIMIT = 10
"""Calls at the same time, and in a second: most runs make two or three, but some look at many domains."""

SHOWN_USERS = 10
"""So many domains that use a certificate are named."""

DUPLICATED = "CERTIFICATE_DUPLICATED"
IN_USE = "CERTIFICATE_IS_USING"
GONE = ("INVALID_CERTIFICATE_NOT_FOUND", "OPERATION_FAILED_RESOURCE_NOT_FOUND")

# ---- Decisions, pure -------------------------------------------------------------------------------------------------


def superseded_by(current: Certificate, stored: Sequence[Certificate]) -> list[Certificate] | None:
    """Other certificates all of whose names it has, and that end earlier, the latest first; None where nobody can tell.

    So one whose list of names has grown supersedes what was there before. A name that a wildcard covers is another
    name: who has stored a certificate for that one alone will have had a reason.
    """
    ends, names = current.not_after, name_set(current.names)
    if ends is None:
        return None
    found = [
        (other.not_after, other)
        for other in stored
        if other.certificate_id != current.certificate_id
        and other.not_after is not None
        and other.not_after < ends
        and name_set(other.names)
        and name_set(other.names) <= names
    ]
    return [other for _end, other in sorted(found, key=lambda pair: pair[0], reverse=True)]


def found_in(stored: Sequence[Certificate], material: Material, label: str | None = None) -> Certificate | None:
    """The stored certificate with this content; of several, the one with the label."""
    found = [certificate for certificate in stored if material.is_that_of(certificate)]
    return next((certificate for certificate in found if certificate.label == label), None) or next(iter(found), None)


def decide_upload(material: Material, label: str | None, stored: Sequence[Certificate]) -> Verdict:
    """What to do so that a certificate is stored."""
    found = found_in(stored, material, label)
    if found is not None:
        if label is None or found.label == label:
            return Keep()
        return Keep(f"{found} is stored under that label; labels cannot be changed, so '{label}' was not set.")
    holder = next((certificate for certificate in stored if label is not None and certificate.label == label), None)
    if holder is not None:
        return Refuse(f"{taken(holder)} Nothing was changed.", code="LabelTaken")
    if material.flaw is not None:
        return material.flaw
    return Change("uploaded", "would_upload", note=_unchecked(material) + _alone(material))


def taken(holder: Certificate) -> str:
    """Whose a label is, and what can be done."""
    until = f", valid until {iso_time(holder.not_after)}" if holder.not_after else ""
    return (
        f"The label '{holder.label}' belongs to another certificate, {holder.certificate_id} (fingerprint "
        f"{holder.fingerprint or 'unknown'}{until}). Choose another label, or replace that one with "
        f"replace_id={holder.certificate_id}."
    )


def decide_replacement(material: Material, replace_id: str, stored: Sequence[Certificate]) -> Verdict:
    """What to do so that a stored certificate has this content (api/zenlayer.md 3.7)."""
    old = next((certificate for certificate in stored if certificate.certificate_id == replace_id), None)
    if old is None:
        return Refuse(f"replace_id: '{replace_id}' is not a certificate of this account.", code="NotFound")
    if material.is_that_of(old):
        return Keep()
    elsewhere = found_in(stored, material)
    if elsewhere is not None:
        return Refuse(
            f"{elsewhere} has this content already, and it cannot be stored twice. Use that one, or remove it before "
            f"you replace {replace_id}. Nothing was changed.",
            code="ContentTaken",
        )
    uncovered = [name for name in old.names if name and not covered(material.names, name)] if material.facts else []
    if uncovered:
        return Refuse(
            f"certificate does not cover all names of {old}, which it is to replace: {', '.join(uncovered)}. "
            "Nothing was changed.",
            code="NamesNotCovered",
        )
    if material.flaw is not None:
        return material.flaw
    extra = f"whether it covers all names of {old}"
    return Change("replaced", "would_replace", note=_unchecked(material, extra) + _alone(material))


def decide_removal(
    what: str, found: Sequence[Certificate], unsure: Sequence[Certificate], users: Sequence[Domain]
) -> Verdict:
    """What to do so that a certificate is not stored.

    :param what: what it is to be known by, in words
    :param unsure: those of which nobody can tell whether they are meant
    :param users: domains that are known to use it
    """
    if len(found) > 1:
        ids = ", ".join(sorted(certificate.certificate_id for certificate in found))
        return Refuse(f"{what} matches {len(found)} certificates ({ids}); use certificate_id.", code="Ambiguous")
    if found:
        if users:
            return Refuse(f"{found[0]} is in use. {in_use_by(users)} Nothing was changed.", code="InUse")
        return Change("removed", "would_remove")
    if unsure:
        digests = sorted({_digest(certificate) for certificate in unsure})
        return Refuse(
            f"{what} cannot be compared with the fingerprints of the stored certificates ({', '.join(digests)}), so"
            " nobody knows whether it is among them; use certificate_id or certificate.",
            code="NotComparable",
        )
    return Keep()


def in_use_by(users: Sequence[Domain]) -> str:
    """Which domains use a certificate."""
    if not users:
        return "No domain that it covers has it bound now; a rollout of another certificate may still be running."
    names = ", ".join(f"{domain.name} ({domain.domain_id})" for domain in users[:SHOWN_USERS])
    more = f" and {len(users) - SHOWN_USERS} more" if len(users) > SHOWN_USERS else ""
    return f"It is bound to {names}{more}; bind another certificate there first."


def _digest(certificate: Certificate) -> str:
    return {32: "MD5", 40: "SHA-1", 64: "SHA-256"}.get(len(certificate.fingerprint), "none")


def _unchecked(material: Material, *more: str) -> str:
    if material.facts is not None:
        return ""
    checks = [
        "whether the private key belongs to the certificate",
        "whether that is valid now",
        "whether its chain is in order",
        *more,
    ]
    return (
        "The Python library cryptography is missing on this host, so it could not be checked "
        f"{', '.join(checks[:-1])} and {checks[-1]}."
    )


def _alone(material: Material) -> str:
    if not material.alone:
        return ""
    return "certificate holds no certificate of its issuer; clients may not trust it without the whole chain."


# ---- A stored certificate, as stages ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stock:
    """What is stored, as far as it matters; for a removal in check mode also who uses what is to be removed."""

    certificates: tuple[Certificate, ...]
    users: tuple[Domain, ...] = ()


class StoredCertificate(OneWay):
    """The one certificate that the options give or name."""

    provider = PROVIDER
    all_or_nothing = True
    unwaited_outcome = ""

    def __init__(self, params: Mapping[str, Any], settings: Settings, redact: Redactor) -> None:
        """
        :raises InputError: an option cannot be used
        """
        self._now = datetime.now(timezone.utc)
        self._check_mode = settings.check_mode
        self._absent = params["state"] == "absent"
        self._check(params)
        self._label = _trimmed(params, "label")
        self._group = _trimmed(params, "resource_group_id")
        self._replace_id = _trimmed(params, "replace_id")
        self._id = _trimmed(params, "certificate_id")
        self._material: Material | None = None
        self._key = ""
        if not self._absent:
            self._material, self._key = checked_pair(params["certificate"], params["private_key"], redact, self._now)
        elif params["certificate"] is not None:
            self._material = material_of(params["certificate"], redact)
        elif params["fingerprint"] is not None:
            fingerprint = not_blank("fingerprint", params["fingerprint"])
            self._material = Material(frozenset([given_fingerprint("fingerprint", fingerprint)]))
        settings = replace(settings, concurrency=CONCURRENCY, rate_limit=RATE_LIMIT)
        self._api = Zenlayer.from_options(params, settings, redact)
        self._lists = Lists(self._api, None, CONCURRENCY)
        # What this run has learnt.
        self._fresh: Stock | None = None
        self._stored_meanwhile = False
        self._known: Certificate | None = None
        self._result: Certificate | None = None

    def _check(self, params: Mapping[str, Any]) -> None:
        for name in ("label", "resource_group_id", "replace_id", "certificate_id"):
            if params[name] is not None:
                not_blank(name, params[name])
        if params["label"] is not None and len(params["label"].strip()) > MAX_LABEL:
            raise InputError(f"label is longer than {MAX_LABEL} characters.")
        if self._absent:
            if params["replace_id"] is not None:
                raise InputError("replace_id replaces a certificate that stays; it cannot be used with state=absent.")
            return
        for name in ("certificate_id", "fingerprint"):
            if params[name] is not None:
                raise InputError(
                    f"{name} names a certificate that is to be removed, so it needs state=absent; "
                    "to replace one, name it by replace_id."
                )

    @property
    def repeatable(self) -> bool:
        """Replacing and removing set a state; an upload is never sent twice."""
        return self._absent or self._replace_id is not None

    # select, read

    def select(self) -> list[str]:
        return [self._what()]

    def _what(self) -> str:
        """What the options know the certificate by."""
        if self._id is not None:
            return f"certificate_id: '{self._id}'"
        if self._material is None:
            return f"label: '{self._label}'"
        if self._absent:
            return "certificate" if self._material.content else f"fingerprint: '{min(self._material.digests)}'"
        given = self._material.as_stored([])
        return f"certificate {self._label or given.common_name or given.fingerprint}"

    def name(self, key: str) -> str:
        return str(self._known or key)

    def read(self, keys: Sequence[str]) -> dict[str, Read[Stock]]:
        return dict(each(lambda _key: self._read(), keys, concurrency=1))

    def _read(self) -> Stock:
        stock, self._fresh = self._fresh, None
        if stock is not None:
            return stock
        if self._id is not None:
            stock = Stock(tuple(self._lists.certificates_by_id([self._id])))
        elif self._material is None and self._label is not None:
            stock = Stock(tuple(Lists(self._api, self._group, CONCURRENCY).certificates_labelled(self._label)))
        else:
            stock = Stock(tuple(self._lists.certificates()))
        meant = self._meant(stock)
        if len(meant) == 1 and (self._absent or self._replace_id is not None):
            self._known = meant[0]
        if self._absent and self._check_mode and self._known is not None:
            # A run would be refused by the provider. Only a look at the domains can predict that.
            stock = replace(stock, users=tuple(self._users(self._known)))
        return stock

    def _users(self, certificate: Certificate) -> list[Domain]:
        """The domains that have a certificate bound, as far as they can be read: a matter of messages alone."""
        try:
            domains = self._lists.domains()
        except ApiError:
            return []
        names = [name for name in certificate.names if name]
        candidates = {domain.domain_id: domain for domain in domains if not names or covered(names, domain.name)}
        read = self._lists.with_certificates(candidates).values()
        return [
            domain
            for domain in read
            if isinstance(domain, Domain) and domain.certificate_id == certificate.certificate_id
        ]

    # plan

    def plan(self, key: str, state: Stock) -> Verdict:
        if self._absent:
            unsure = []
            if self._material is not None:
                unsure = [one for one in state.certificates if not self._material.differs_from(one)]
            return decide_removal(key, self._meant(state), unsure, state.users)
        if self._material is None:
            raise RuntimeError("there is always a certificate to be stored")
        if self._replace_id is not None:
            return decide_replacement(self._material, self._replace_id, state.certificates)
        return decide_upload(self._material, self._label, state.certificates)

    def _meant(self, state: Stock | None) -> list[Certificate]:
        """The stored certificates that the options mean."""
        stored = state.certificates if state is not None else ()
        if self._id is not None or self._replace_id is not None:
            return [one for one in stored if one.certificate_id in (self._id, self._replace_id)]
        if self._material is None:
            return [one for one in stored if one.label == self._label]
        if self._absent:
            return [one for one in stored if self._material.is_that_of(one)]
        found = found_in(stored, self._material, self._label)
        return [found] if found else []

    # apply

    def apply(self, target: Target[Stock]) -> None:
        state = target.state or Stock(())
        if self._absent:
            self._remove(target, self._meant(state)[0])
        elif self._replace_id is not None:
            self._replace(target, self._meant(state)[0])
        else:
            self._upload(target)

    def _upload(self, target: Target[Stock]) -> None:
        if self._material is None:
            return
        try:
            stored = self._api.create_certificate(
                self._material.content,
                self._key,
                label=self._label,
                resource_group_id=self._group,
                subject=self.name(target.key),
            )
        except ApiError as error:
            if error.code == DUPLICATED:
                self._explain_duplicate(error, self._material)
            elif error.outcome is Outcome.UNKNOWN:
                error.add("It was not seen to be stored afterwards; a new run looks for it again before it uploads it.")
            raise
        self._accepted(target, stored)

    def _replace(self, target: Target[Stock], old: Certificate) -> None:
        if self._material is None:
            return
        try:
            stored = self._api.replace_certificate(old, self._material.content, self._key)
        except ApiError as error:
            if error.code == DUPLICATED:
                self._explain_duplicate(error, self._material)
            raise
        if stored.certificate_id != old.certificate_id:
            target.remark(f"{old} was replaced, but has another id since: {stored.certificate_id}.")
        self._accepted(target, stored)

    def _explain_duplicate(self, error: ApiError, material: Material) -> None:
        """Tell whether it is the content or the label that is there already (api/zenlayer.md 7.11)."""
        try:
            stock = Stock(tuple(self._lists.certificates()))
        except ApiError as unread:
            error.add(f"Whether that is its content or its label could not be read: {unread.message}")
            return
        found = found_in(stock.certificates, material, self._label)
        holder = next((one for one in stock.certificates if self._label is not None and one.label == self._label), None)
        if found is not None and self._replace_id is None:
            # Somebody else has stored it meanwhile; it will be read as it is here.
            self._stored_meanwhile, self._fresh = True, stock
        elif found is not None:
            error.add(f"{found} has this content already.")
        elif holder is not None:
            error.add(taken(holder))
        else:
            error.add("Neither its content nor its label was found among the certificates that can be listed.")

    def _accepted(self, target: Target[Stock], stored: Stored) -> None:
        """Note what was stored, and read for the result how the provider tells it."""
        target.wrote(stored.request_id)
        if self._material is None:
            return
        others = target.state.certificates if target.state else ()
        replaced = next((one for one in others if one.certificate_id == self._replace_id), None)
        label = replaced.label if replaced else self._label or ""
        self._result = self._material.as_stored(others, stored.certificate_id, label)
        try:
            read = next(iter(self._lists.certificates_by_id([stored.certificate_id])), None)
        except ApiError:
            read = None
        if read is not None and self._material.is_that_of(read):
            self._result = read
        elif read is not None and (replaced is None or read.fingerprint != replaced.fingerprint):
            target.remark(
                f"{read} was stored, but the provider tells another fingerprint than that of the certificate, so the "
                "next run will not recognise it. Please report this."
            )
        kept = tuple(one for one in others if one.certificate_id not in (stored.certificate_id, self._replace_id))
        target.state = Stock((*kept, self._result))

    def _remove(self, target: Target[Stock], certificate: Certificate) -> None:
        try:
            target.wrote(self._api.delete_certificate(certificate))
        except ApiError as error:
            if error.code == IN_USE:
                error.add(in_use_by(self._users(certificate)))
            raise

    def may_be_done_already(self, error: ApiError) -> bool:
        return error.code in GONE if self._absent else self._stored_meanwhile

    def was_executed(self, target: Target[Stock]) -> bool:
        return False

    # settle: whatever is accepted is stored

    def poll(self, keys: Sequence[str], deadline: Deadline) -> dict[str, Read[Stock]]:
        return self.read(keys)

    def progress(self, target: Target[Stock], state: Stock, age: float) -> Progress:
        return Progress.DONE

    def confirms(self, target: Target[Stock], state: Stock) -> bool:
        return True

    def failure(self, target: Target[Stock]) -> CdnError:
        return CdnError(f"{self.name(target.key)} was not stored.", provider=PROVIDER)

    def overdue(self, target: Target[Stock], seconds: float) -> CdnError | None:
        return None

    # report

    def report(self, targets: Sequence[Target[Stock]]) -> dict[str, Any]:
        (target,) = targets
        before = next(iter(self._meant(target.before)), None)
        now = before if self._absent else self._after(target)
        result: dict[str, Any] = {
            "certificate": self._row(now) if now else None,
            "outcome": target.outcome,
            "request_id": target.request_id,
            "diff": [self._diff(target, before)] if target.changed else [],
        }
        if not self._absent:
            others = target.state.certificates if target.state else ()
            found = superseded_by(now, others) if now else []
            result["superseded"] = None if found is None else [self._row(one) for one in found]
        return result

    def _after(self, target: Target[Stock]) -> Certificate | None:
        """The certificate that is, or in check mode would be, stored after the run."""
        if self._result is not None:
            return self._result
        if self._check_mode and target.changed:
            return self._given(target)
        return next(iter(self._meant(target.state)), None)

    def _given(self, target: Target[Stock]) -> Certificate | None:
        """The certificate that is given, in the form in which the provider is expected to tell it."""
        if self._material is None:
            return None
        others = target.before.certificates if target.before else ()
        replaced = next((one for one in others if one.certificate_id == self._replace_id), None)
        label = replaced.label if replaced else self._label or ""
        return self._material.as_stored(others, self._replace_id or "", label)

    def _row(self, certificate: Certificate) -> dict[str, Any]:
        row = certificate.as_result(self._now)
        if certificate.certificate_id:
            return row
        # It is not stored yet: nobody knows its id, nor the label that the provider gives to what has none.
        return {**row, "certificate_id": None, "certificate_label": certificate.label or None}

    def _diff(self, target: Target[Stock], before: Certificate | None) -> dict[str, Any]:
        after = None if self._absent else self._given(target)
        title = self.name(target.key)
        return {
            "before_header": title,
            "after_header": title,
            "before": _content(before),
            "after": _content(after),
        }


def _content(certificate: Certificate | None) -> dict[str, Any]:
    """What a diff shows of a stored certificate."""
    if certificate is None:
        return {"state": "absent"}
    return {
        "state": "present",
        "certificate_label": certificate.label or None,
        "fingerprint": certificate.fingerprint,
        "names": sorted(name for name in certificate.names if name),
        "not_before": iso_time(certificate.not_before),
        "not_after": iso_time(certificate.not_after),
    }


def _trimmed(params: Mapping[str, Any], name: str) -> str | None:
    value: str | None = params[name]
    return None if value is None else value.strip()
