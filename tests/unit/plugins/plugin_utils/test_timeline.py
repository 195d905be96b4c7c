# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.plugin_utils._timeline import timeline_of


def mark(not_after: str, severity: str = "ok", **more: Any) -> dict[str, Any]:
    told = {"provider": "vdms", "kind": "request", "id": not_after, "name": "n", "expires": "some day", "active": True}
    return {**told, "severity": severity, "not_after": f"{not_after}T10:00:00Z", **more}


def report(*rows: dict[str, Any], date: str = "2026-11-23") -> dict[str, Any]:
    providers = [{"provider": "zenlayer"}, {"provider": "vdms"}]
    return {"date": date, "warning_days": 30, "critical_days": 14, "providers": providers, "rows": list(rows)}


@pytest.mark.parametrize(
    ("latest", "months"),
    [
        (None, "Oct 2026 to Jan 2027"),
        ("2026-11-30", "Oct 2026 to Jan 2027"),
        ("2027-01-31", "Oct 2026 to Jan 2027"),
        ("2027-02-01", "Oct 2026 to Feb 2027"),
        ("2027-11-30", "Oct 2026 to Nov 2027"),
        ("2029-01-01", "Oct 2026 to Jan 2027"),  # beyond the axis: it does not stretch it
    ],
)
def test_the_axis_goes_as_far_as_the_last_end(latest: str | None, months: str) -> None:
    layout = timeline_of(report(*([mark(latest)] if latest else [])), 52)

    first, *_others, last = layout["months"]
    assert f"{first['month']} {first['year']} to {last['month']} {last['year']}" == months
    assert first["at"] == 0
    assert 0 < layout["today"] < layout["critical"] < layout["warning"] < 1


@pytest.mark.parametrize("date", ["2026-01-31", "2026-12-31", "2027-01-01", "2028-02-29"])
def test_the_axis_around_the_turn_of_the_year(date: str) -> None:
    months = timeline_of(report(date=date), 52)["months"]

    assert len(months) == 4
    assert [month["at"] for month in months] == sorted(month["at"] for month in months)


def test_marks_stand_at_their_day_and_on_top_of_each_other() -> None:
    rows = [mark("2026-11-23", id="a"), mark("2026-11-23", "critical", id="b"), mark("2026-11-24"), mark("2027-01-10")]

    layout = timeline_of(report(*rows), 10)

    lane = layout["lanes"][1]
    assert [one["level"] for one in lane["marks"]] == [0, 1, 2, 0]
    assert lane["levels"] == 3
    assert [one["at"] for one in lane["marks"]][:2] == [layout["today"]] * 2
    assert layout["lanes"][0] == {
        "provider": "zenlayer", "earlier": 0, "later": 0, "levels": 0, "marks": [], "columns": [],
    }  # fmt: skip


def test_columns_count_the_severities_with_the_mild_ones_first() -> None:
    rows = [mark("2026-11-24", "critical"), mark("2026-11-24", "ok"), mark("2026-11-25", "critical")]

    columns = timeline_of(report(*rows, mark("2027-01-31")), 10)["lanes"][1]["columns"]

    assert [column["count"] for column in columns] == [3, 1]
    assert columns[0]["severities"] == [{"severity": "ok", "count": 1}, {"severity": "critical", "count": 2}]
    assert columns[1]["at"] == 0.95


def test_what_lies_outside_is_counted() -> None:
    lane = timeline_of(report(mark("2020-01-01"), mark("2026-09-30"), mark("2026-10-01"), mark("2036-01-01")), 52)[
        "lanes"
    ][1]

    assert (lane["earlier"], lane["later"], len(lane["marks"])) == (2, 1, 1)


def test_only_certificates_in_force_have_marks() -> None:
    rows = [mark("2026-12-01", kind="domain"), mark("2026-12-01", active=False), {**mark("x"), "not_after": None}]

    assert timeline_of(report(*rows), 52)["lanes"][1]["marks"] == []


def test_at_least_one_column() -> None:
    with pytest.raises(ValueError, match="columns is 0"):
        timeline_of(report(), 0)
