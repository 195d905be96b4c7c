# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: reading many of Zenlayer's domains and certificates, several at a time, and finding those that are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, InputError
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import covering, is_pattern, normalise
from ansible_collections.certops.cdn.plugins.module_utils._options import unique
from ansible_collections.certops.cdn.plugins.module_utils._parallel import Result, chunks, each
from ansible_collections.certops.cdn.plugins.module_utils._wait import Deadline
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import MAX_IDS, Certificate, Domain, Zenlayer

R = TypeVar("R")

MAX_NAMES_LOOKED_UP = 5
"""Up to so many exact names are looked up one by one; for more, for patterns, and where that does not find all of them,
all domains are listed."""


class Lists:
    """The domains and certificates of an account, or of one of its resource groups."""

    def __init__(self, api: Zenlayer, resource_group_id: str | None, concurrency: int) -> None:
        self._api = api
        self._group = resource_group_id
        self._concurrency = concurrency

    def domains(self) -> list[Domain]:
        """All domains, without their certificates."""
        return self._api.domains(resource_group_id=self._group)

    def listed_domains(self) -> tuple[list[Domain], list[CdnError]]:
        """All domains that could be read, without their certificates, and the errors where some could not.

        :raises CdnError: none could be read
        """
        return self._api.listed_domains(resource_group_id=self._group)

    def domains_by_id(self, ids: Sequence[str], deadline: Deadline | None = None) -> dict[str, Result[Domain]]:
        """The domains with these ids, in this order, and the error where some could not be read.

        Unknown ids are missing in the result.
        """
        batches = {batch[0]: batch for batch in chunks(ids, MAX_IDS)}
        answers = each(
            lambda first: self._api.domains_by_id(batches[first], self._group, deadline),
            list(batches),
            self._concurrency,
        )
        results: dict[str, Result[Domain]] = {}
        for first, answer in answers.items():
            failed = isinstance(answer, CdnError)
            found = dict.fromkeys(batches[first], answer) if isinstance(answer, CdnError) else answer
            results.update({key: found[key] for key in batches[first] if failed or key in found})
        return results

    def domains_by_name(self, names: Sequence[str]) -> dict[str, list[Domain]]:
        """The domains that each of these names, or patterns such as ``*.example.com``, matches.

        :raises CdnError: they could not be read
        """
        if len(names) <= MAX_NAMES_LOOKED_UP and not any(is_pattern(name) for name in names):
            looked_up = each(
                lambda name: self._api.domains(name=normalise(name), resource_group_id=self._group),
                names,
                self._concurrency,
            )
            found = _matching(names, [domain for result in looked_up.values() for domain in value_of(result)])
            if all(found.values()):
                return found
            # The filter may mind letter case, or know the name in another form (api/zenlayer.md 7.3, 8.2).
        return _matching(names, self.domains())

    def with_certificates(self, domains: Mapping[str, Domain]) -> dict[str, Result[Domain]]:
        """The domains with the certificates that are bound to them."""
        bound = each(lambda key: self._api.bound_certificate(domains[key]), list(domains), self._concurrency)
        return {
            key: certificate if isinstance(certificate, CdnError) else replace(domains[key], certificate=certificate)
            for key, certificate in bound.items()
        }

    def certificates(self) -> list[Certificate]:
        """All certificates."""
        return self._api.certificates(resource_group_id=self._group)

    def certificates_by_id(self, ids: Sequence[str]) -> list[Certificate]:
        """The certificates with these ids, in this order; unknown ones are missing."""
        batches = {batch[0]: batch for batch in chunks(ids, MAX_IDS)}
        answers = each(
            lambda first: self._api.certificates(certificate_ids=batches[first], resource_group_id=self._group),
            list(batches),
            self._concurrency,
        )
        found = {one.certificate_id: one for answer in answers.values() for one in value_of(answer)}
        return [found[key] for key in ids if key in found]

    def certificates_labelled(self, label: str) -> list[Certificate]:
        """The certificates with exactly this label."""
        found = self._api.certificates(label=label, resource_group_id=self._group)
        return [certificate for certificate in found if certificate.label == label]


def _matching(names: Sequence[str], domains: Sequence[Domain]) -> dict[str, list[Domain]]:
    """The domains, each once, that each of these names or patterns matches."""
    matching: dict[str, dict[str, Domain]] = {}
    for domain in domains:
        for pattern in covering(domain.name):
            matching.setdefault(pattern, {})[domain.domain_id] = domain
    return {name: list(matching.get(normalise(name), {}).values()) for name in names}


def names_or_patterns(option: str, values: Sequence[str]) -> list[str]:
    """The names of a list option, trimmed, in their order. One may be a pattern such as ``*.example.com``.

    :raises InputError: the list is empty, a name is blank or there twice, or has a wildcard that stands for no label
    """
    names = unique(option, values, normalise)
    for name in names:
        if "*" in (name[2:] if is_pattern(name) else name):
            raise InputError(
                f"{option}: '{name}' is no pattern; a wildcard stands for the whole first label, as in *.example.com."
            )
    return names


def value_of(result: Result[R]) -> R:
    """
    :raises CdnError: it is an error
    """
    if isinstance(result, CdnError):
        raise result
    return result
