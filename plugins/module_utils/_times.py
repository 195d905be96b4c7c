# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 0: the providers' times, in results always ISO 8601 UTC to the second (DESIGN, rule 12)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

# YYYY-MM-DD, "T" or a blank, hh:mm:ss, 0 to 9 fractional digits, optional zone. fromisoformat() of Python 3.9 and 3.10
# accepts neither "Z" nor an arbitrary number of fractional digits.
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?\s*(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?",
    re.ASCII | re.IGNORECASE,
)

CHINA_STANDARD_TIME = timezone(timedelta(hours=8))
"""The zone of Tencent's times (api/tencent.md 3)."""


def parse_time(value: object, zone: timezone = timezone.utc) -> datetime | None:
    """A provider's time as an aware UTC datetime.

    :param value: a string such as ``2030-01-31T00:00:00Z`` or ``2025-01-02 10:00:00``
    :param zone: the zone of times that name none
    :return: None for anything that is no time, and for placeholders such as ``0001-01-01T00:00:00Z``
    """
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if year < 1970:
        return None
    offset = match.group(7)
    if offset:
        zone = _zone(offset)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str) -> timezone:
    if offset in ("Z", "z"):
        return timezone.utc
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def iso_time(moment: datetime | None) -> str | None:
    """``2030-01-31T00:00:00Z``, or None."""
    return None if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def normalised_time(value: object, zone: timezone = timezone.utc) -> str | None:
    """A provider's time in the form of our results; None for placeholders and for what is no time."""
    return iso_time(parse_time(value, zone))


def days_left(until: datetime | None, now: datetime) -> int | None:
    """Whole days from ``now`` until ``until``, rounded down, so that it is negative once the moment has passed."""
    return None if until is None else (until - now) // timedelta(days=1)
