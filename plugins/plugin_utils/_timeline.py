# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""Where the ends of certificates lie on an axis of months. Pure; places are fractions of the axis, from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ansible_collections.certops.cdn.plugins.plugin_utils._cert_report_rows import WORST_FIRST, Severity

MONTHS_SHOWN = (3, 13)
"""The fewest and the most months ahead of today. No public certificate is valid for longer than 398 days."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""In English, as all of the report, whatever the controller's locale."""

_MILD_FIRST = [Severity.OK.label, *(severity.label for severity in reversed(WORST_FIRST))]


def timeline_of(report: Mapping[str, Any], columns: int) -> dict[str, Any]:
    """The axis, and a lane for each provider with its marks: one by one, and summed up in columns for crowded lanes.

    :param report: what :func:`_cert_report.report_of` returns
    :param columns: so many marks have room beside each other
    :raises ValueError: the columns make no sense
    """
    if columns < 1:
        raise ValueError(f"columns is {columns}, but it must be at least 1")
    today = date.fromisoformat(report["date"])
    marks = [row for row in report["rows"] if row["kind"] != "domain" and row["active"] and row["not_after"]]
    start = _month(today, -1)
    end = _end([_day(row) for row in marks], today)
    span = (end - start).days

    def at(day: date) -> float:
        return round(min(max((day - start).days / span, 0), 1), 5)

    def lane(provider: str) -> dict[str, Any]:
        own = [row for row in marks if row["provider"] == provider]
        shown = sorted(
            (row for row in own if start <= _day(row) < end), key=lambda row: (row["not_after"], row["name"], row["id"])
        )
        placed = _stacked([(at(_day(row)), row) for row in shown], 1 / columns)
        return {
            "provider": provider,
            "earlier": sum(_day(row) < start for row in own),
            "later": sum(_day(row) >= end for row in own),
            "levels": max((mark["level"] + 1 for mark in placed), default=0),
            "marks": placed,
            "columns": _columns([((_day(row) - start).days * columns // span, row) for row in shown], columns),
        }

    return {
        "months": [
            {"at": at(month), "month": _MONTHS[month.month - 1], "year": month.year} for month in _months(start, end)
        ],
        "today": at(today),
        "critical": at(today + timedelta(days=report["critical_days"])),
        "warning": at(today + timedelta(days=report["warning_days"])),
        "lanes": [lane(provider["provider"]) for provider in report["providers"]],
    }


def _stacked(places: Sequence[tuple[float, Mapping[str, Any]]], width: float) -> list[dict[str, Any]]:
    """Marks at their exact places, from the left to the right, each on the lowest level where it covers no other."""
    ends: list[float] = []  # of the last mark on each level
    placed = []
    for at, row in places:
        level = next((level for level, end in enumerate(ends) if at - end >= width), len(ends))
        ends[level : level + 1] = [at]
        shown = {name: row[name] for name in ("kind", "id", "name", "severity", "not_after", "expires")}
        placed.append({"at": at, "level": level, **shown})
    return placed


def _columns(numbered: Sequence[tuple[int, Mapping[str, Any]]], columns: int) -> list[dict[str, Any]]:
    """How many ends there are in each column that has any."""
    counts: dict[int, dict[str, int]] = {}
    for number, row in numbered:
        severities = counts.setdefault(number, dict.fromkeys(_MILD_FIRST, 0))
        severities[row["severity"]] += 1
    return [
        {
            "at": round((number + 0.5) / columns, 5),
            "count": sum(severities.values()),
            "severities": [{"severity": label, "count": count} for label, count in severities.items() if count],
        }
        for number, severities in counts.items()
    ]


def _day(row: Mapping[str, Any]) -> date:
    return date.fromisoformat(row["not_after"][:10])


def _month(day: date, offset: int) -> date:
    """The first of a month, so many months from that of a day."""
    number = day.year * 12 + day.month - 1 + offset
    return date(number // 12, number % 12 + 1, 1)


def _end(days: list[date], today: date) -> date:
    fewest, most = (_month(today, months) for months in MONTHS_SHOWN)
    latest = max((day for day in days if day < most), default=today)
    return max(fewest, min(_month(latest, 1), most))


def _months(start: date, end: date) -> list[date]:
    months = [start]
    while months[-1] < _month(end, -1):
        months.append(_month(months[-1], 1))
    return months
