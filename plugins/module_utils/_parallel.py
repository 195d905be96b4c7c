# Copyright: (c) 2026, certops.cdn contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# This module util is PRIVATE to the collection: it can change at any time.

"""Floor 1: the same work for many targets, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar, Union

from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError, Outcome

K = TypeVar("K")
R = TypeVar("R")

Result = Union[R, CdnError]


def each(work: Callable[[K], R], items: Sequence[K], concurrency: int) -> dict[K, Result[R]]:
    """Do ``work`` for every item, at most ``concurrency`` at a time; one that fails does not stop the others.

    :param items: each of them once
    :return: the result or the error of every item, in the items' order
    """

    def guarded(item: K) -> Result[R]:
        try:
            return work(item)
        except CdnError as error:
            return error
        except Exception as exc:  # noqa: BLE001 - a defect must not hide what was done for the others
            return defect(exc)

    if len(items) < 2 or concurrency < 2:
        return {item: guarded(item) for item in items}
    todo: SimpleQueue[K] = SimpleQueue()
    done: SimpleQueue[tuple[K, Result[R]] | BaseException] = SimpleQueue()
    broken_off = threading.Event()

    def run() -> None:
        try:
            while not broken_off.is_set():
                item = todo.get_nowait()
                done.put((item, guarded(item)))
        except Empty:
            pass
        except BaseException as exc:  # noqa: BLE001 - somebody waits for this thread
            done.put(exc)

    def next_done() -> tuple[K, Result[R]]:
        told = done.get()
        if isinstance(told, BaseException):
            raise told
        return told

    for item in items:
        todo.put(item)
    try:
        # The threads of concurrent.futures would have to end before the program can, even after Ctrl-C.
        for _thread in range(min(concurrency, len(items))):
            threading.Thread(target=run, daemon=True).start()
        results = dict(next_done() for _item in items)
    finally:
        broken_off.set()
    return {item: results[item] for item in items}


MAX_PAGES = 1000
"""Pages of a list that are read at most."""


def all_pages(
    action: str, read: Callable[[int, int], tuple[int | None, list[R]]], size: int, concurrency: int
) -> tuple[list[R], list[CdnError]]:
    """A whole list that comes in pages: the first page, then the others, several at a time.

    Where the first page is shorter than it should be, or does not tell how many items there are, the pages are read one
    after the other, until one is empty, short or the same as the one before, or the total is reached.

    :param action: the provider's name for it, for messages
    :param read: reads a page by its number, from 0, and the number of items before it; returns how many items there are
        in all, None where that is not told, and those of the page
    :return: the items in their order, and the errors of the pages that could not be read
    :raises CdnError: the first page could not be read
    """
    total, page = read(0, 0)
    items = list(page)
    if total is not None and len(items) >= size:
        if total > MAX_PAGES * size:
            return items, [_endless(action, f"more than {MAX_PAGES * size} items are said to be in it")]
        numbers = range(1, -(-total // size))
        pages = each(lambda number: read(number, number * size)[1], numbers, concurrency).values()
        items += [item for page in pages if not isinstance(page, CdnError) for item in page]
        return items, [page for page in pages if isinstance(page, CdnError)]
    number = 1
    while page and (len(page) >= size if total is None else len(items) < total):
        if number == MAX_PAGES:
            return items, [_endless(action, f"it has more than {MAX_PAGES} pages")]
        before = page
        try:
            total, page = read(number, len(items))
        except CdnError as error:
            return items, [error]
        if page == before:
            break  # the service does not heed which page is asked for
        items += page
        number += 1
    return items, []


def _endless(action: str, why: str) -> CdnError:
    return CdnError(
        f"The list that {action} tells was not read to its end: {why}.",
        action=action,
        code="ListTooLong",
        outcome=Outcome.UNKNOWN,
    )


def defect(exc: Exception) -> CdnError:
    """The error for an exception that should not have been possible. Its text may hold anything, so it is not shown."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else ""
    return CdnError(
        f"unexpected {type(exc).__name__}{where}: this is a defect of certops.cdn, please report it",
        code="Defect",
        outcome=Outcome.UNKNOWN,
    )


def chunks(items: Iterable[K], size: int) -> Iterator[list[K]]:
    """The items in lists of at most ``size``."""
    chunk: list[K] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
