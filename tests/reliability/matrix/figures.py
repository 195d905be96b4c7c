# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix as a table for docs/reliability.md."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from reliability.matrix.rules import FAULTS, RETRIES, Case
from reliability.matrix.truth import Run

HEAD = """
| fault | cases | survived | told as a failure | of these, after a write that was told |
| --- | ---: | ---: | ---: | ---: |
"""


@dataclass(frozen=True)
class Played:
    """A case, and the run in which something was wrong."""

    case: Case
    run: Run
    survived: bool


def section(played: Sequence[Played]) -> str:
    """The section `faults`. All of these cases ended as they must."""
    tasks = {one.case.task.name for one in played}
    pairs = {(one.case.task.name, one.case.action) for one in played}
    modules = {one.case.task.module for one in played}
    summary = (
        f"{len(played):,} cases: {len(FAULTS)} faults on {len(pairs)} calls of {len(tasks)} tasks of {len(modules)} "
        f"modules, with `retries: {RETRIES}`. All of them ended as they must. "
        f"{sum(one.survived for one in played):,} were survived."
    )
    rows = [row(fault.name, [one for one in played if one.case.fault.name == fault.name]) for fault in FAULTS]
    return "\n".join([textwrap.fill(summary, 120), HEAD.rstrip(), *rows, row("all", played)])


def row(name: str, played: Sequence[Played]) -> str:
    told = [one for one in played if not one.survived]
    after_writes = sum(bool(one.run.executed) for one in told)
    survived = len(played) - len(told)
    return f"| {name.replace('_', ' ')} | {len(played):,} | {survived:,} | {len(told):,} | {after_writes:,} |"
