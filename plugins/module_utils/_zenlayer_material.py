# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 2: a certificate and its key as options give them: what can be wrong with them, and what they are stored as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.certops.cdn.plugins.module_utils._certificates import (
    Facts,
    as_pem,
    certificates_in,
    fingerprints,
    private_key_in,
)
from ansible_collections.certops.cdn.plugins.module_utils._errors import InputError
from ansible_collections.certops.cdn.plugins.module_utils._hostnames import normalise
from ansible_collections.certops.cdn.plugins.module_utils._options import not_blank
from ansible_collections.certops.cdn.plugins.module_utils._plan import Refuse
from ansible_collections.certops.cdn.plugins.module_utils._redaction import Redactor
from ansible_collections.certops.cdn.plugins.module_utils._times import iso_time
from ansible_collections.certops.cdn.plugins.module_utils._x509 import (
    begins_with_leaf,
    facts_of,
    key_belongs_to,
    misplaced,
    self_issued,
    unlinked,
)
from ansible_collections.certops.cdn.plugins.module_utils._zenlayer import Certificate


def name_set(names: Sequence[str]) -> set[str]:
    """The names of a certificate as they are compared."""
    return {normalise(name) for name in names} - {""}


def same_names(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two certificates are valid for the same names."""
    return bool(name_set(some)) and name_set(some) == name_set(others)


@dataclass(frozen=True)
class Material:
    """A certificate as the options give it.

    :ivar digests: the fingerprints by which it can be recognised
    :ivar content: the PEM text of its chain in the canonical form
    :ivar facts: what it says; None where that is not known
    :ivar alone: it needs a certificate above it, and none is given
    :ivar flaw: why its issuers cannot be uploaded with it as they are given; None where they can, or nobody knows
    """

    digests: frozenset[str]
    content: str = ""
    facts: Facts | None = None
    alone: bool = False
    flaw: Refuse | None = None

    def comparable(self, stored: Certificate) -> bool:
        """Whether the fingerprint of a stored certificate is of a digest that is known here too."""
        return bool(stored.fingerprint) and len(stored.fingerprint) in {len(digest) for digest in self.digests}

    def is_that_of(self, stored: Certificate) -> bool:
        """Whether it is what is stored: by the leaf's fingerprint, and where that cannot tell, by names and dates."""
        if self.comparable(stored):
            return stored.fingerprint in self.digests
        if self.facts is None or stored.not_after is None:
            return False
        dates = (stored.not_before, stored.not_after) == (self.facts.not_before, self.facts.not_after)
        return dates and same_names(self.names, stored.names)

    def differs_from(self, stored: Certificate) -> bool:
        """Whether it is surely not what is stored."""
        known = self.comparable(stored) or (self.facts is not None and stored.not_after is not None)
        return known and not self.is_that_of(stored)

    @property
    def names(self) -> list[str]:
        """The names that it is valid for; none where that is not known."""
        return self.as_stored([]).names

    def as_stored(self, others: Sequence[Certificate], certificate_id: str = "", label: str = "") -> Certificate:
        """What the provider will tell of it.

        :param others: certificates that show which digest the provider uses for fingerprints
        """
        told = next((len(other.fingerprint) for other in others if self.comparable(other)), None)
        facts = self.facts or Facts(None, (), None, None, None)
        return Certificate(
            certificate_id=certificate_id,
            label=label,
            common_name=facts.common_name or "",
            sans=facts.sans,
            fingerprint=max(self.digests, key=lambda digest: (len(digest) == told, len(digest)), default=""),
            issuer=facts.issuer or "",
            not_before=facts.not_before,
            not_after=facts.not_after,
            marked_expired=False,
        )


def material_of(certificate: str, redact: Redactor) -> Material:
    """The certificate, without a look at its dates and its chain.

    :raises InputError: it cannot be read
    """
    chain = certificates_in("certificate", not_blank("certificate", certificate), redact)
    facts, alone = None, False
    try:
        facts = facts_of(chain[0])
        alone = len(chain) == 1 and not self_issued(chain[0])
    except ImportError:
        pass
    except ValueError:
        raise InputError("certificate cannot be read: what the PEM text holds is no X.509 certificate.") from None
    return Material(fingerprints(chain[0]), as_pem("CERTIFICATE", *chain), facts, alone)


def checked_pair(certificate: str, private_key: str, redact: Redactor, now: datetime) -> tuple[Material, str]:
    """Certificate and key, as they can be uploaded, unless there is a flaw among the issuers.

    :raises InputError: they cannot be read, do not belong together, are out of date, or an issuer comes first
    """
    key = private_key_in("private_key", not_blank("private_key", private_key), redact)
    material = material_of(certificate, redact)
    if material.facts is None:
        return material, key
    begins, ends = material.facts.not_before, material.facts.not_after
    if ends is not None and ends <= now:
        raise InputError(f"certificate has expired ({iso_time(ends)}).", code="CertificateExpired")
    if begins is not None and begins > now:
        raise InputError(f"certificate is not valid before {iso_time(begins)}.", code="CertificateNotYetValid")
    chain = certificates_in("certificate", certificate, redact)
    try:
        flaw, leaf_first = _flaw(chain), begins_with_leaf(chain)
    except ValueError:
        raise InputError("certificate cannot be read: its chain holds what is no X.509 certificate.") from None
    if flaw is not None and not leaf_first:
        raise InputError(flaw.reason, code=flaw.code)
    try:
        belongs = key_belongs_to(key, chain[0])
    except ValueError:
        raise InputError("private_key cannot be read: what the PEM text holds is no private key.") from None
    if not belongs:
        raise InputError("private_key does not belong to certificate.", code="KeyMismatch")
    return replace(material, flaw=flaw), key


def _flaw(chain: Sequence[bytes]) -> Refuse | None:
    """What is wrong with the order of a chain, or with what is in it; None where nothing is.

    :raises ValueError: there is something in it that cannot be read
    """
    gap, wrong = unlinked(chain), misplaced(chain)
    if gap is not None and begins_with_leaf(chain):
        return Refuse(
            f"certificate: its chain has a gap; it does not lead to certificate {gap + 1} of {len(chain)}. One in"
            " between is missing, or that one does not belong there. Nothing was changed.",
            code="ChainIncomplete",
        )
    if wrong is not None:
        return Refuse(
            f"certificate: its chain is in the wrong order; certificate {wrong + 1} of {len(chain)} did not issue any"
            " of those before it. The certificate itself comes first, then its issuer, and so on. Nothing was changed.",
            code="ChainOrder",
        )
    return None
