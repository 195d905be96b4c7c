# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decisions of a rotation, and the filters and the test through which playbooks ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.cdn.plugins.filter import (
    zenlayer_edge_targets,
    zenlayer_removable,
    zenlayer_rollback_plan,
)
from ansible_collections.certops.cdn.plugins.test import covered_by

Row = dict[str, Any]

edge_targets = zenlayer_edge_targets.FilterModule().filters()["zenlayer_edge_targets"]
rollback_plan = zenlayer_rollback_plan.FilterModule().filters()["zenlayer_rollback_plan"]
removable = zenlayer_removable.FilterModule().filters()["zenlayer_removable"]
is_covered = covered_by.TestModule().tests()["covered_by"]

NAMES = ("*.example.com", "example.com")


def domain(name: str = "www.example.com", before: str | None = "c-old", changed: bool = True, **other: Any) -> Row:
    return {
        "domain_id": f"d-{name}",
        "domain_name": name,
        "cname": f"{name}.cdn.example.net",
        "certificate_id": "c-new",
        "previous_certificate_id": before,
        "changed": changed,
        **other,
    }


def certificate(key: str, year: int = 2025, names: Sequence[str] = NAMES, **other: Any) -> Row:
    return {
        "certificate_id": key,
        "certificate_label": f"example-{year}",
        "common_name": "cn.example.com",
        "sans": list(names),
        "fingerprint": f"{year}" * 10,
        "not_before": f"{year}-01-01T00:00:00Z",
        "not_after": f"{year + 1}-01-01T00:00:00Z",
        "expired": False,
        **other,
    }


def edge(*findings: str, name: str = "www.example.com", serves: Row | None = None, **other: Any) -> Row:
    """An edge with these findings; what it serves, its SHA-256 aside, is that of a stored certificate."""
    served = serves or certificate("c-new", 2026)
    return {
        "host": f"{name}.cdn.example.net",
        "server_name": name,
        "agreed": not {"not_expected", "unreachable"}.intersection(findings),
        "findings": list(findings),
        "fingerprint": None if "unreachable" in findings else "0" * 64,
        "sans": served["sans"],
        "not_before": served["not_before"],
        "not_after": served["not_after"],
        "error": {"message": f"{name} has {', '.join(findings)}."} if findings else None,
        **other,
    }


# ---- Where to look ----


@pytest.mark.parametrize(
    ("domains", "arguments", "expected"),
    [
        ([], [], []),
        ([domain("WWW.Example.com.", cname="Edge.example.net")], [], [("edge.example.net", "www.example.com", 443)]),
        ([domain()], [], [("www.example.com.cdn.example.net", "www.example.com", 443)]),
        ([domain(cname=None)], [], [("www.example.com", "www.example.com", 443)]),
        ([domain()], ["", 8443], [("www.example.com.cdn.example.net", "www.example.com", 8443)]),
        ([domain()], [" 127.0.0.1 "], [("127.0.0.1", "www.example.com", 443)]),
        (
            [domain("*.example.com")],
            [],
            [("certificate-check.example.com.cdn.example.net", "certificate-check.example.com", 443)],
        ),
        ([domain("bücher.example", cname="c")], [], [("c", "xn--bcher-kva.example", 443)]),
        (
            [domain("b.example"), domain("a.example"), domain("B.example")],
            ["x"],
            [("x", "b.example", 443), ("x", "a.example", 443)],
        ),
    ],
)  # fmt: skip
def test_edge_targets(domains: list[Row], arguments: list[Any], expected: list[tuple[str, str, int]]) -> None:
    found = edge_targets(domains, *arguments)

    assert [(one["host"], one["server_name"], one["port"]) for one in found] == expected


# ---- What to bind again ----

NEW, OLD = certificate("c-new", 2026), certificate("c-old", 2025)
UNKNOWN = "an earlier run has bound the certificate, and nothing tells which one was bound before"
BLIND = "no edge at all could be reached from here, which tells nothing of its certificate"


@pytest.mark.parametrize(
    ("row", "edges", "stored", "expected"),
    [
        # proven
        (domain(), [edge()], [NEW, OLD], None),
        (domain(), [edge(), edge("not_expected", name="b.example.com")], [NEW, OLD], None),
        # bound by this run
        (domain(), [edge("not_expected")], [NEW, OLD], "c-old"),
        (domain(), [edge(), edge("unreachable")], [NEW, OLD], "c-old"),
        (domain(), [edge("unreachable"), edge(name="b.example.com")], [NEW, OLD], "c-old"),
        (domain(), [edge("unreachable"), edge("untrusted", name="b.example.com")], [NEW, OLD], "c-old"),
        (domain(), [edge("unreachable")], [NEW, OLD], BLIND),
        (domain(), [edge("unreachable"), edge("unreachable", name="b.example.com")], [NEW, OLD], BLIND),
        (domain(), [edge("untrusted")], [NEW, OLD], "c-old"),
        (domain(), [edge("not_expected", "weak_tls")], [NEW, OLD], "c-old"),
        (domain(), [], [NEW, OLD], "c-old"),
        (domain(before=None), [edge("not_expected")], [NEW, OLD], "it had no certificate before"),
        (domain(), [edge("not_expected")], [NEW], "its previous certificate (c-old) is not stored any more"),
        (
            domain(),
            [edge("not_expected")],
            [NEW, {**OLD, "expired": True}],
            "its previous certificate example-2025 (c-old) has expired",
        ),
        (
            domain(),
            [edge("not_expected")],
            [{**OLD, "sans": ["example.com"], "certificate_label": ""}],
            "its previous certificate (c-old) does not cover it",
        ),
        (domain(), [edge("not_expected")], [{**OLD, "sans": [], "common_name": "www.example.com"}], "c-old"),
        (domain(), [edge("weak_tls")], [NEW, OLD], "another certificate would not cure that"),
        # bound by an earlier run: the edges tell
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD)], [NEW, OLD], "c-old"),
        (domain(before="c-new"), [edge("not_expected", serves=OLD)], [NEW, OLD], "c-old"),
        (domain(before="c-new", changed=False), [edge(), edge("not_expected", serves=OLD)], [NEW, OLD], "c-old"),
        (
            domain(before="c-new", changed=False),
            [edge("not_expected", serves=OLD, sans=["EXAMPLE.com", "*.example.com."])],
            [NEW, OLD],
            "c-old",
        ),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD, fingerprint="ab" * 32)],
         [NEW, {**OLD, "fingerprint": "ab" * 32}], "c-old"),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD)],
         [NEW, {**OLD, "fingerprint": "ab" * 32}], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD)],
         [NEW, OLD, {**OLD, "certificate_id": "c-twin"}], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD, not_after=None)],
         [NEW, {**OLD, "not_after": None}], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD)], [NEW], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=NEW)], [NEW, OLD], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("not_expected", serves=OLD, sans=["example.com"])],
         [NEW, OLD], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("unreachable")], [NEW, OLD], BLIND),
        (domain(before="c-new", changed=False), [edge("unreachable"), edge(name="b.example.com")], [NEW, OLD], UNKNOWN),
        (domain(before="c-new", changed=False), [edge("untrusted")], [NEW, OLD], UNKNOWN),
        (domain(before="c-new", changed=False), [], [NEW, OLD], UNKNOWN),
        (
            domain(before="c-new", changed=False),
            [edge("not_expected", serves=OLD), edge("unreachable")],
            [NEW, OLD],
            UNKNOWN,
        ),
        (
            domain(before="c-new", changed=False),
            [edge("not_expected", serves=OLD), edge("not_expected", serves=certificate("c-2024", 2024))],
            [NEW, OLD, certificate("c-2024", 2024)],
            UNKNOWN,
        ),
        (
            domain(before="c-new", changed=False),
            [edge("not_expected", serves=OLD)],
            [NEW, {**OLD, "expired": True}],
            "its previous certificate example-2025 (c-old) has expired",
        ),
    ],
)  # fmt: skip
def test_rollback_plan(row: Row, edges: list[Row], stored: list[Row], expected: str | None) -> None:
    found = [one for one in edges if one["findings"] and one["server_name"] == row["domain_name"]]

    plan = rollback_plan([row], edges, stored)

    if expected is None:
        assert plan == []
        return
    (one,) = plan
    assert (one["domain_id"], one["domain_name"]) == (row["domain_id"], row["domain_name"])
    assert one["found"] == (found[0]["error"]["message"] if found else "Its edges were not looked at.")
    assert (one["certificate_id"] or one["reason"]) == expected
    assert bool(one["certificate_id"]) != bool(one["reason"])
    assert one["certificate_label"] == (OLD["certificate_label"] if one["certificate_id"] else None)


def test_edges_behind_one_host_are_told_apart() -> None:
    names = ["a.example.com", "b.example.com", "*.example.com"]
    asked = ["a.example.com", "b.example.com", "certificate-check.example.com"]
    domains = [domain(name) for name in names]
    edges = [
        edge(*found, name=name, host="127.0.0.1") for name, found in zip(asked, ([], ["unreachable"], ["untrusted"]))
    ]

    plan = rollback_plan(domains, edges, [NEW, OLD], host="127.0.0.1")

    assert [one["domain_name"] for one in plan] == ["b.example.com", "*.example.com"]


# ---- What to remove ----


@pytest.mark.parametrize(
    ("keep_last", "leaving", "previous", "expected"),
    [
        (0, [], [], ["c-3", "c-1"]),
        (1, [], [], ["c-1"]),
        (2, [], [], ["c-1"]),
        (3, [], [], []),
        (9, [], [], []),
        (0, ["d-1"], [], ["c-3", "c-1"]),
        (0, ["d-1", "d-2"], [], ["c-3", "c-2", "c-1"]),
        (1, ["d-1", "d-2"], [], ["c-2", "c-1"]),
        # what was just in use is kept first, then what ends last
        (0, [], ["c-1"], ["c-3", "c-1"]),
        (1, [], ["c-1"], ["c-3"]),
        (1, ["d-1", "d-2"], ["c-2"], ["c-3", "c-1"]),
        (1, ["d-1", "d-2"], ["c-1", "c-2", "elsewhere"], ["c-3", "c-1"]),
        (2, ["d-1", "d-2"], ["c-1"], ["c-2"]),
        (2, ["d-1", "d-2"], ["c-1", "c-2"], ["c-3"]),
    ],
)
def test_removable(keep_last: int, leaving: list[str], previous: list[str], expected: list[str]) -> None:
    bound = [{"domain_id": "d-1"}, {"domain_id": "d-2"}]
    rows = [certificate(key, domains=bound if key == "c-2" else []) for key in ("c-3", "c-2", "c-1")]

    assert [row["certificate_id"] for row in removable(rows, keep_last, leaving, previous)] == expected


# ---- What cannot be used ----


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: removable([certificate("c-1", domains=None)]), "zenlayer_removable needs what .*not iterable"),
        (lambda: removable([certificate("c-1")]), "zenlayer_removable needs what .*: there is no 'domains'"),
        (lambda: edge_targets(["www.example.com"]), "zenlayer_edge_targets needs what "),
        (
            lambda: rollback_plan([{}], [], []),
            "zenlayer_rollback_plan needs what .*: there is no 'previous_certificate_id'",
        ),
        (lambda: is_covered("www.example.com", "www.example.com"), "covered_by needs a host name and the list "),
        (lambda: is_covered(None, []), "covered_by needs a host name and the list "),
    ],
)
def test_what_is_no_row_is_told(work: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        work()


def test_covered_by() -> None:
    assert is_covered("Shop.example.com.", NAMES)
    assert not is_covered("a.shop.example.com", NAMES)
    assert not is_covered("example.com", [])
