# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.cdn.plugins.filter import cert_report, cert_report_timeline

CERTIFICATE = {
    "certificate_id": "a",
    "domain": "www.example.com",
    "alias": "{{ lookup('env', 'HOME') }}",
    "status_name": "issued",
    "not_after": "2026-12-01T00:00:00Z",
}
RESULTS = {"tencent": [{"certificates": [CERTIFICATE]}]}

report_of = cert_report.FilterModule().filters()["cert_report"]
timeline_of = cert_report_timeline.FilterModule().filters()["cert_report_timeline"]


def test_days_count_from_now() -> None:
    assert report_of(RESULTS, now="2026-11-23T12:00:00Z")["rows"][0]["days_left"] == 7
    assert report_of(RESULTS, now="2026-11-23T12:00:00Z", critical_days="3")["problems"][0]["severity"] == "warning"
    assert report_of({})["date"] == datetime.now(timezone.utc).strftime("%Y-%m-%d")


def test_the_timeline_of_a_report() -> None:
    layout = timeline_of(report_of(RESULTS, now="2026-11-23T12:00:00Z"), columns=20)

    assert [mark["id"] for mark in layout["lanes"][0]["marks"]] == ["a"]


@pytest.mark.parametrize(
    ("results", "options", "message"),
    [
        ([], {}, "a dictionary with a list of results"),
        ({"tencent": {}}, {}, "tencent must be a list of registered results"),
        ({"tencent": ["x"]}, {}, "tencent must be a list of registered results"),
        ({"akamai": []}, {}, "no such provider: akamai"),
        ({}, {"warning_days": 1}, "critical_days is 14 and warning_days is 1"),
        ({}, {"warning_days": "soon"}, "soon"),
        ({}, {"now": "today"}, "now is 'today', but it must be like 2026-11-23T12:00:00Z"),
        ({"tencent": [{"certificates": ["x"]}]}, {}, "cert_report: "),
    ],
)
def test_bad_input_is_explained(results: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        report_of(results, **options)


@pytest.mark.parametrize(
    ("report", "columns", "message"),
    [({}, 10, "the input is no report, it has no 'date'"), ("x", 10, "cert_report_timeline"), ({}, "x", "'x'")],
)
def test_a_timeline_of_something_else_is_explained(report: Any, columns: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        timeline_of(report, columns)
