# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.cdn.plugins.module_utils._errors import ApiError, CdnError, Outcome
from ansible_collections.certops.cdn.plugins.module_utils._parallel import MAX_PAGES, all_pages, chunks, defect, each
from ansible_collections.certops.cdn.tests.unit.plugins.fakes import Room


@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_results_are_in_the_order_of_the_items(concurrency: int) -> None:
    items = [f"item-{number}" for number in range(20)]
    results = each(str.upper, items, concurrency)
    assert list(results) == items
    assert list(results.values()) == [item.upper() for item in items]


def test_no_items_give_no_results() -> None:
    assert each(str.upper, [], 8) == {}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_one_that_fails_does_not_stop_the_others(concurrency: int) -> None:
    bad = ApiError("no")

    def work(item: str) -> str:
        if item == "b":
            raise bad
        return item

    assert each(work, ["a", "b", "c"], concurrency) == {"a": "a", "b": bad, "c": "c"}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_defect_does_not_stop_the_others_either(concurrency: int) -> None:
    def work(item: str) -> str:
        return {"a": "A", "c": "C"}[item]

    results = each(work, ["a", "b", "c"], concurrency)
    assert (results["a"], results["c"]) == ("A", "C")
    assert isinstance(results["b"], CdnError)
    assert results["b"].code == "Defect"


@pytest.mark.parametrize("concurrency", [1, 4])
def test_nobody_waits_for_a_thread_that_was_ended(concurrency: int) -> None:
    def work(item: str) -> str:
        if item == "b":
            raise SystemExit(3)
        return item

    with pytest.raises(SystemExit):
        each(work, ["a", "b", "c"], concurrency)


@pytest.mark.parametrize(("items", "concurrency", "expected"), [(10, 3, 3), (2, 8, 2), (10, 1, 1), (1, 8, 1)])
def test_no_more_work_at_a_time_than_allowed(items: int, concurrency: int, expected: int) -> None:
    room = Room(expected)
    assert not any(each(lambda item: room.visit(), list(range(items)), concurrency).values())
    assert room.most == expected


def test_a_signal_is_not_kept_waiting_and_nothing_more_is_begun() -> None:
    begun: list[int] = []
    ended = threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        if item == 1:
            os.kill(os.getpid(), signal.SIGINT)
        ended.wait(30)

    with pytest.raises(KeyboardInterrupt):
        each(work, list(range(10)), concurrency=2)
    ended.set()
    assert sorted(begun) == [0, 1]


def test_a_single_item_needs_no_thread() -> None:
    assert each(lambda item: threading.current_thread(), ["a"], 8) == {"a": threading.current_thread()}


class Pages:
    """A list in pages that remembers what it was asked for. ``cap``: it gives no more than that, whatever is asked."""

    def __init__(self, items: int, *, tells: bool = True, size: int = 10, cap: int = 10) -> None:
        self.items = list(range(items))
        self.tells = tells
        self.size = min(size, cap)
        self.asked: list[tuple[int, int]] = []
        self.broken: set[int] = set()

    def read(self, number: int, seen: int) -> tuple[int | None, list[int]]:
        self.asked.append((number, seen))
        if number in self.broken:
            raise ApiError(f"page {number}")
        return len(self.items) if self.tells else None, self.items[seen : seen + self.size]


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize(("items", "calls"), [(0, 1), (9, 1), (10, 1), (11, 2), (100, 10), (101, 11)])
def test_all_pages_of_a_list_are_read_once(items: int, calls: int, concurrency: int) -> None:
    pages = Pages(items)
    assert all_pages("ListThem", pages.read, 10, concurrency) == (pages.items, [])
    assert sorted(pages.asked) == [(number, number * 10) for number in range(calls)]


@pytest.mark.parametrize(("items", "calls"), [(0, 1), (9, 1), (10, 2), (25, 3)])
def test_without_a_total_the_pages_end_with_a_short_one(items: int, calls: int) -> None:
    pages = Pages(items, tells=False)
    assert all_pages("ListThem", pages.read, 10, 4) == (pages.items, [])
    assert len(pages.asked) == calls


def test_pages_that_are_smaller_than_asked_for_lose_nothing() -> None:
    pages = Pages(25, cap=7)
    assert all_pages("ListThem", pages.read, 10, 4) == (pages.items, [])
    assert pages.asked == [(0, 0), (1, 7), (2, 14), (3, 21)]


def test_a_total_that_is_too_high_does_not_lead_on_for_ever() -> None:
    pages = Pages(3)
    assert all_pages("ListThem", lambda number, seen: (99, pages.read(number, seen)[1]), 10, 1) == ([0, 1, 2], [])
    assert len(pages.asked) == 2


def test_a_service_that_gives_the_same_page_ever_again_is_noticed() -> None:
    asked: list[int] = []

    def read(number: int, _seen: int) -> tuple[None, list[int]]:
        asked.append(number)
        return None, list(range(10))

    assert all_pages("ListThem", read, 10, 4) == (list(range(10)), [])
    assert asked == [0, 1]


@pytest.mark.parametrize("total", [10**4 + 1, 10**999])
def test_a_list_that_is_said_to_be_absurdly_long_is_not_taken_for_whole(total: int) -> None:
    pages = Pages(10)
    items, errors = all_pages("ListThem", lambda number, seen: (total, pages.read(number, seen)[1]), 10, 4)
    assert items == pages.items
    (error,) = errors
    assert (error.action, error.code, error.outcome) == ("ListThem", "ListTooLong", Outcome.UNKNOWN)
    assert "more than 10000 items" in error.message
    assert len(pages.asked) == 1


def test_the_longest_list_is_read_to_its_end() -> None:
    pages = Pages(10 * MAX_PAGES)
    assert all_pages("ListThem", pages.read, 10, 1) == (pages.items, [])


def test_a_list_without_an_end_is_not_taken_for_whole() -> None:
    pages = Pages(10**6, tells=False)
    items, errors = all_pages("ListThem", pages.read, 10, 4)
    assert items == pages.items[: 10 * MAX_PAGES]
    assert "more than 1000 pages" in errors[0].message
    assert errors[0].action == "ListThem"
    assert len(pages.asked) == MAX_PAGES


@pytest.mark.parametrize("cap", [10, 7])
def test_a_page_that_cannot_be_read_does_not_hide_the_others(cap: int) -> None:
    pages = Pages(25, cap=cap)
    pages.broken.add(1)
    items, errors = all_pages("ListThem", pages.read, 10, 2)
    assert [error.message for error in errors] == ["page 1"]
    assert items == ([*range(10), *range(20, 25)] if cap == 10 else list(range(7)))


def test_without_the_first_page_nothing_is_known() -> None:
    pages = Pages(25)
    pages.broken.add(0)
    with pytest.raises(ApiError):
        all_pages("ListThem", pages.read, 10, 2)


def test_defect_names_kind_and_place_but_not_the_text() -> None:
    def broken() -> None:
        raise KeyError("s3cret")

    with pytest.raises(KeyError) as caught:
        broken()
    error = defect(caught.value)
    assert error.message.startswith("unexpected KeyError in broken, line ")
    assert "s3cret" not in error.message
    assert (error.code, error.outcome) == ("Defect", Outcome.UNKNOWN)


def test_defect_that_was_never_raised_has_no_place() -> None:
    assert defect(KeyError("x")).message.startswith("unexpected KeyError: ")


@given(st.lists(st.integers()), st.integers(1, 10))
def test_chunks_are_full_but_the_last_and_lose_nothing(items: list[int], size: int) -> None:
    parts = list(chunks(items, size))
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])
    assert all(0 < len(part) <= size for part in parts)
