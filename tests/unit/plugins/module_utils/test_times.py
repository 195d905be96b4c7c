# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils._times import (
    CHINA_STANDARD_TIME,
    days_left,
    iso_time,
    normalised_time,
    parse_time,
)

FIRST, LAST = datetime(1970, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis wants them so
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(timezone.utc))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-01-31T00:00:00Z", "2030-01-31T00:00:00Z"),
        ("2030-01-31t00:00:00z", "2030-01-31T00:00:00Z"),
        ("  2030-01-31T00:00:00Z\n", "2030-01-31T00:00:00Z"),
        ("2030-01-31 00:00:00", "2030-01-31T00:00:00Z"),
        ("2030-01-31T00:00:00 Z", "2030-01-31T00:00:00Z"),
        ("2030-01-31T00:00:00.9Z", "2030-01-31T00:00:00Z"),
        ("2030-01-31T00:00:00.123456789Z", "2030-01-31T00:00:00Z"),
        ("2030-01-31T08:00:00+08:00", "2030-01-31T00:00:00Z"),
        ("2030-01-31T08:00:00+0800", "2030-01-31T00:00:00Z"),
        ("2030-01-30T18:30:00-05:30", "2030-01-31T00:00:00Z"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)
def test_known_forms(text: str, expected: str) -> None:
    assert normalised_time(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00Z",
        "0000-00-00 00:00:00",
        "1969-12-31T23:59:59Z",
        "",
        "soon",
        "2030-01-31",
        "2030-02-30T00:00:00Z",
        "2030-13-01T00:00:00Z",
        "2030-01-31T24:00:00Z",
        "2030-01-31T00:00:60Z",
        "2030-01-31T00:00:00.Z",
        "2030-01-31T00:00:00.1234567890Z",
        "2030-01-31T00:00:00+25:00",
        "2030-01-31T00:00:00+08:99",
        "2030-01-31T00:00:00Z and more",
        "9999-12-31T23:59:59-01:00",
        None,
        1893456000,
        True,
        {"time": "2030-01-31T00:00:00Z"},
    ],
)
def test_placeholders_and_what_is_no_time_are_none(value: object) -> None:
    assert parse_time(value) is None
    assert normalised_time(value) is None


def test_zone_counts_where_the_text_names_none() -> None:
    assert normalised_time("2025-01-02 10:00:00", CHINA_STANDARD_TIME) == "2025-01-02T02:00:00Z"


def test_zone_of_the_text_wins() -> None:
    assert normalised_time("2025-01-02T10:00:00Z", CHINA_STANDARD_TIME) == "2025-01-02T10:00:00Z"


@given(MOMENTS)
def test_own_form_is_read_back(moment: datetime) -> None:
    assert parse_time(iso_time(moment)) == moment.replace(microsecond=0)


@given(MOMENTS, ZONES)
def test_zones_do_not_matter(moment: datetime, zone: timezone) -> None:
    whole = moment.replace(microsecond=0)
    assert parse_time(whole.astimezone(zone).isoformat()) == whole
    assert parse_time(whole.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"), zone) == whole


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}[-+Z][0-9:]{0,5}", fullmatch=True))
def test_any_text_is_a_time_in_utc_or_none(text: str) -> None:
    moment = parse_time(text)
    assert moment is None or moment.utcoffset() == timedelta(0)


def test_no_time_has_no_text() -> None:
    assert iso_time(None) is None


NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=2), 2),
        (timedelta(days=2) - timedelta(seconds=1), 1),
        (timedelta(seconds=1), 0),
        (timedelta(0), 0),
        (timedelta(seconds=-1), -1),
        (timedelta(days=-1), -1),
        (timedelta(days=-1, seconds=-1), -2),
    ],
)
def test_days_left_are_whole_days_rounded_down(left: timedelta, days: int) -> None:
    assert days_left(NOW + left, NOW) == days


def test_days_left_of_no_time_are_none() -> None:
    assert days_left(None, NOW) is None


@given(MOMENTS, MOMENTS)
def test_days_left_are_negative_exactly_once_the_moment_has_passed(until: datetime, now: datetime) -> None:
    left = days_left(until, now)
    assert left is not None
    assert (left < 0) == (until < now)


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host whose own zone is not UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_the_zone_of_the_host_does_not_matter() -> None:
    moment = parse_time("2030-01-31T00:00:00+02:00")
    assert moment is not None
    assert moment.utcoffset() == timedelta(0)
    assert iso_time(moment) == "2030-01-30T22:00:00Z"
