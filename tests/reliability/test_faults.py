# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault on every call of every module: survived or told, nothing written twice, nothing concealed.

A test is one fault on the calls of one task; in a sample, on one of them. The seed in the report's head repeats it.
"""

import ast
import dataclasses
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.cdn.plugins.module_utils import _http, _vdms, _wait
from ansible_collections.certops.cdn.plugins.module_utils._errors import CdnError
from ansible_collections.certops.cdn.plugins.module_utils._reconcile import Reconciliation
from ansible_collections.certops.cdn.plugins.module_utils._vdms_cert_request import CertificateRequest
from ansible_collections.certops.cdn.tests.unit import conftest as unit
from emulator.faults import KINDS
from emulator.process import Running, exported
from reliability import page
from reliability.conftest import seed_of
from reliability.matrix.figures import Played, section
from reliability.matrix.rules import FAULTS, Times
from reliability.matrix.stage import Clock, Play, Stage
from reliability.matrix.tasks import NAMES
from usage import modules
from usage.test_ways_of_use import GROUPS

# fixtures
play = unit.play
silent_environment = unit.silent_environment
signals_are_heard = unit.signals_are_heard

FAULT_OF = {fault.name: fault for fault in FAULTS}
CELLS = list(itertools.product(NAMES, FAULT_OF))

SAMPLE = 3
"""So many tasks meet each fault in a sample."""


def sample(seed: int) -> list[tuple[str, str]]:
    """Some tasks for each fault; every task comes equally often."""
    generator = random.Random(seed)
    decks = itertools.chain.from_iterable(generator.sample(NAMES, len(NAMES)) for _again in itertools.count())
    return [(next(decks), fault) for fault in FAULT_OF for _task in range(SAMPLE)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        cells = CELLS if metafunc.config.getoption("--full") else sample(seed_of(metafunc.config))
        metafunc.parametrize("cell", sorted(set(cells)), ids=":".join)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    hasty = Clock()
    monkeypatch.setattr(_wait.Clock, "now", lambda self: hasty.now())
    monkeypatch.setattr(_wait.Clock, "sleep", lambda self, seconds: hasty.sleep(seconds))
    return hasty


@pytest.fixture(scope="session")
def made(running: Running) -> Stage:
    return Stage(running)


@pytest.fixture
def stage(made: Stage, play: Play, clock: Clock, silent_environment: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The emulator and what is played on it, with the credentials in the environment."""
    for name, value in exported(made.emulator.url).items():
        monkeypatch.setenv(name, value)
    made.enter(play, clock)
    return made


@pytest.fixture(scope="session")
def played(full: bool) -> Iterator[dict[tuple[str, str], list[Played]]]:
    """The cases of each cell that has ended as it must. Once all have, in full, the figures are written."""
    cells: dict[tuple[str, str], list[Played]] = {}
    yield cells
    if full and len(cells) == len(CELLS):
        page.replace("faults", section(list(itertools.chain.from_iterable(cells.values()))))


def test_fault(
    cell: tuple[str, str],
    stage: Stage,
    full: bool,
    seed: int,
    played: dict[tuple[str, str], list[Played]],
) -> None:
    task, fault = stage.tasks[cell[0]], FAULT_OF[cell[1]]
    cases = stage.cases(task, fault)
    if not full:
        cases = [random.Random(f"{seed} {cell}").choice(cases)]
    good = stage.good(task)

    outcomes = [(case, *stage.play(case)) for case in cases]

    assert {case.name: complaints for case, _run, complaints in outcomes if complaints} == {}
    played[cell] = [
        Played(case, run, (run.failed, run.state) == (good.failed, good.state)) for case, run, _none in outcomes
    ]


# ---- Nothing is left out ---------------------------------------------------------------------------------------------


def names_in_source() -> set[str]:
    """The names of all calls that the collection can make, as they stand in its source."""
    names = {order[0] for order in _vdms._ORDERS.values()}
    for path in Path(_http.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in ("_call", "_pages", "Call"):
                named = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
                name = (node.args or named)[0]
                value = getattr(_vdms, name.id, None) if isinstance(name, ast.Name) else getattr(name, "value", None)
                names |= {value} if isinstance(value, str) else set()
    return names


def test_every_call_is_made(stage: Stage) -> None:
    for task in stage.tasks.values():
        stage.good(task)

    assert stage.names == names_in_source()
    assert len(stage.names) > 20
    providers = {name for name in modules.NAMES if name.partition("_")[0] in GROUPS}
    assert {task.module for task in stage.tasks.values()} == providers
    assert {fault.order["kind"] for fault in FAULTS} == set(KINDS)


def test_a_sample_has_every_fault_and_every_task(seed: int) -> None:
    chosen = sample(seed)

    assert {fault for _task, fault in chosen} == set(FAULT_OF)
    assert {task for task, _fault in chosen} == set(NAMES)


# ---- What is wrong is found ------------------------------------------------------------------------------------------

pause_before_retry = _http.JsonClient._pause_before_retry


def repeat_blindly(client: Any, call: Any, *more: Any) -> float | None:
    return pause_before_retry(client, dataclasses.replace(call, writes=False), *more)


def believe_in_success(run: Any, target: Any, error: Any) -> None:
    run._written(target)


PLANTS: dict[str, tuple[object, str, Callable[..., Any], tuple[str, str, str, Times], str]] = {
    "writes are repeated blindly": (
        _http.JsonClient, "_pause_before_retry", repeat_blindly,
        ("zenlayer_domain_cert-bind", "reset_after", "ModifyDomainCertificate", Times.EVER), "was executed 4 times",
    ),
    "a resubmit is repeated blindly": (
        _http.JsonClient, "_pause_before_retry", repeat_blindly,
        ("tencent_cert_resubmit-ids", "reset_before", "ModifyCertificateResubmit", Times.FIRST), "was sent 2 times",
    ),
    "nothing is repeated": (
        _http.JsonClient, "_pause_before_retry", lambda *_all: None,
        ("vdms_cert_request_info-all", "status_503", "GetStatus", Times.FIRST), "can be survived was not",
    ),
    "success is told without effect": (
        Reconciliation, "_judge_lost_answer", believe_in_success,
        ("zenlayer_certificate-upload", "timeout", "CreateCertificate", Times.EVER), "nothing was executed",
    ),
    "a write is concealed": (
        CertificateRequest, "_accepted", lambda *_all: None,
        ("vdms_cert_request-update", "forbidden", "UpdateOrganization", Times.EVER), "executed, but not told",
    ),
    "an error lacks a key": (
        CdnError, "as_result", lambda error: {"message": error.message, "outcome": "refused"},
        ("tencent_cert_info-all", "blocked", "DescribeCertificates", Times.EVER), "the error is {",
    ),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_defect_is_found(plant: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, planted, (task, fault, action, times), wanted = PLANTS[plant]
    cases = stage.cases(stage.tasks[task], FAULT_OF[fault])
    (case,) = (case for case in cases if (case.action, case.times) == (action, times))
    monkeypatch.setattr(owner, name, planted)

    _run, complaints = stage.play(case)

    assert any(wanted in complaint for complaint in complaints), complaints
