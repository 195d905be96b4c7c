# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This plugin util is PRIVATE to the collection: it can change at any time.

"""One report over all providers: their rows, the problems in them with the worst first, and the numbers. All pure.

Nothing in a report but what depends on the number of days left changes with time alone, so that reports of one state
are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.certops.cdn.plugins.plugin_utils._cert_report_rows import (
    PROBLEMS,
    PROVIDERS,
    WORST_FIRST,
    Problem,
    Row,
    Severity,
    Told,
    View,
)

_FAR = 10**6
"""Days left of what has no end, for sorting."""


@dataclass(frozen=True)
class Part:
    """The part of a report that is about one provider."""

    provider: str
    rows: Sequence[Row]
    messages: Sequence[str]

    @property
    def certificates(self) -> list[Row]:
        return [row for row in self.rows if row.kind != "domain"]

    @property
    def next_expiry(self) -> Row | None:
        """What expires next of all that somebody may depend on, and has not expired."""
        ahead = [row for row in self.certificates if row.watched and row.days_left is not None and row.days_left >= 0]
        return min(ahead, key=lambda row: (row.not_after, row.name), default=None)

    def problems(self) -> list[dict[str, Any]]:
        about_itself = {
            "provider": self.provider,
            "kind": "provider",
            "id": self.provider,
            "name": PROVIDERS[self.provider].name,
            "days_left": None,
        }
        found = []
        if self.messages:
            unread = tuple(row.name for row in self.rows if any(one.problem == "unread" for one in row.problems))
            step = (
                "Do what the message says, and run the report again. "
                "A provider that is not yours does not belong in cert_report_providers."
            )
            found.append(
                _told(Problem("unread", Severity.CRITICAL, " ".join(self.messages), step, unread), about_itself)
            )
        for row in self.rows:
            about = {name: value for name, value in row.as_result(self.provider).items() if name in about_itself}
            found += [_told(problem, about) for problem in row.problems if problem.listed]
        return found

    def as_result(self) -> dict[str, Any]:
        counts = {name: {severity.label: 0 for severity in severities} for name, severities in PROBLEMS.items()}
        for problem in self.problems():
            counts[problem["problem"]][problem["severity"]] += 1
        return {
            "provider": self.provider,
            "name": PROVIDERS[self.provider].name,
            "complete": not self.messages,
            "certificates": len(self.certificates),
            "domains": len(self.rows) - len(self.certificates),
            "problems": counts,
            "next_expiry": _expiry(self.provider, self.next_expiry),
        }


def report_of(results: Mapping[str, Iterable[Mapping[str, Any]]], view: View) -> dict[str, Any]:
    """The report.

    :param results: for each provider, the results of its modules
    :raises ValueError: a provider is not known, or the view makes no sense
    """
    unknown = [name for name in results if name not in PROVIDERS]
    if unknown:
        raise ValueError(f"no such provider: {', '.join(unknown)}; there are {', '.join(PROVIDERS)}")
    if not 0 <= view.critical_days <= view.warning_days:
        raise ValueError(
            f"critical_days is {view.critical_days} and warning_days is {view.warning_days}; "
            "neither may be negative, and critical_days may not be the greater one"
        )
    parts = [_part(name, results[name], view) for name in PROVIDERS if name in results]
    problems = sorted((problem for part in parts for problem in part.problems()), key=_problem_order)
    rows = [(part.provider, row) for part in parts for row in part.rows]
    rows.sort(key=lambda item: (-item[1].severity, _far(item[1].days_left), item[1].name, item[1].id))
    nearest = [part for part in parts if part.next_expiry is not None]
    nearest.sort(key=lambda part: (part.next_expiry and part.next_expiry.not_after, part.provider))
    return {
        "date": view.now.strftime("%Y-%m-%d"),
        "warning_days": view.warning_days,
        "critical_days": view.critical_days,
        "summary": {
            "severity": max((row.severity for _provider, row in rows), default=Severity.OK).label
            if not any(part.messages for part in parts)
            else Severity.CRITICAL.label,
            "certificates": sum(len(part.certificates) for part in parts),
            "domains": sum(len(part.rows) - len(part.certificates) for part in parts),
            "in_order": sum(row.severity is Severity.OK for _provider, row in rows),
            "problems": {
                severity.label: sum(problem["severity"] == severity.label for problem in problems)
                for severity in WORST_FIRST
            },
            "next_expiry": _expiry(nearest[0].provider, nearest[0].next_expiry) if nearest else None,
        },
        "providers": [part.as_result() for part in parts],
        "problems": problems,
        "rows": [row.as_result(provider) for provider, row in rows],
    }


def _part(name: str, results: Iterable[Mapping[str, Any]], view: View) -> Part:
    told = Told.from_results(results)
    return Part(name, PROVIDERS[name].rows(told, view), told.messages)


def _told(problem: Problem, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "problem": problem.problem,
        "severity": problem.severity.label,
        **about,
        "summary": problem.summary,
        "next_step": problem.next_step,
        "affected": list(problem.affected),
    }


def _expiry(provider: str, row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    told = row.as_result(provider)
    return {name: told[name] for name in ("provider", "kind", "id", "name", "not_after", "days_left", "expires")}


def _problem_order(problem: Mapping[str, Any]) -> tuple[Any, ...]:
    labels = [severity.label for severity in WORST_FIRST]
    return (
        labels.index(problem["severity"]),
        list(PROBLEMS).index(problem["problem"]),
        _far(problem["days_left"]),
        list(PROVIDERS).index(problem["provider"]),
        problem["name"],
        problem["id"],
    )


def _far(days: int | None) -> int:
    return _FAR if days is None else days
